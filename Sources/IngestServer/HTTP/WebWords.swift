/// The words of the pages for one language: those that the first script names, the rest of them, and the other languages.
///
/// A table of words stands in a module as `  fr: {` … `  },` with `key: "text",` between them, for each language (`i18n.js`, `words-*.js`).
/// Which words a script names is looked for generously: every word of its source that is a key, and every beginning in front of `${`.
struct WebWords: Sendable {
    /// By module, with the first's words alone.
    private(set) var kept: [String: String] = [:]
    /// A module `export const rest = { fr: { … } };`.
    let rest: String
    /// The same of the other languages, whole: `others`.
    let others: String

    private typealias Entry = (key: String, text: Substring)

    init(_ language: String, _ modules: [(name: String, text: String)]) throws {
        var names = Names()
        for (name, text) in modules where !WebWords.isTable(name) { names.add(text) }
        // The functions beside the table name words, too: the tables themselves do not count.
        for (name, text) in modules where name == "i18n.js" { names.add(try WebWords.cut(text, name) { _, _ in [] }) }
        var rest: [String] = []
        var others: [(language: String, entries: [String])] = []
        for (name, text) in modules where WebWords.isTable(name) {
            kept[name] = try WebWords.cut(text, name) { code, entries in
                if code == language {
                    rest += entries.filter { !names.hold($0.key) }.map { String($0.text) }
                    return entries.filter { names.hold($0.key) }.map(\.text)
                }
                let place = others.firstIndex { $0.language == code } ?? others.endIndex
                if place == others.endIndex { others.append((code, [])) }
                others[place].entries += entries.map { String($0.text) }
                return nil
            }
        }
        self.rest = "export const rest = {\n\(language): {\n\(rest.joined(separator: ",\n"))\n},\n};\n"
        let tables = others.map { "\($0.language): {\n\($0.entries.joined(separator: ",\n"))\n},\n" }
        self.others = "export const others = {\n\(tables.joined())};\n"
    }

    static func isTable(_ name: String) -> Bool { name == "i18n.js" || name.hasPrefix("words-") }

    /// A module with what `keep` leaves of each of its tables; nil leaves none of the table.
    private static func cut(
        _ text: String, _ name: String, keep: (String, [Entry]) throws -> [Substring]?
    ) throws -> String {
        var out: [Substring] = []
        var inside: (language: String, entries: [Entry])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let (language, entries) = inside {
                if line == "  }," {
                    if let left = try keep(language, entries) {
                        out.append("  \(language): {")
                        out += left.map { "\($0)," }
                        out.append(line)
                    }
                    inside = nil
                } else {
                    inside = (language, entries + (try self.entries(line, name)))
                }
            } else if line.utf8.count == 7, line.hasPrefix("  "), line.hasSuffix(": {") {
                let code = line.dropFirst(2).prefix(2)
                inside = (String(code), [])
            } else {
                out.append(line)
            }
        }
        guard inside == nil else { throw WebBundle.Failure(description: "\(name): a table of words has no end") }
        return out.joined(separator: "\n")
    }

    /// `key: "text", "other-key": "text",`
    private static func entries(_ line: Substring, _ name: String) throws -> [Entry] {
        let bytes = line.utf8
        var place = bytes.startIndex
        var found: [Entry] = []
        /// After the `"` that ends a text which begins here.
        func end(of start: String.Index) -> String.Index? {
            guard start < bytes.endIndex, bytes[start] == UInt8(ascii: "\"") else { return nil }
            var place = bytes.index(after: start)
            while place < bytes.endIndex, bytes[place] != UInt8(ascii: "\"") {
                if bytes[place] == UInt8(ascii: "\\") { place = bytes.index(after: place) }
                if place < bytes.endIndex { place = bytes.index(after: place) }
            }
            return place < bytes.endIndex ? bytes.index(after: place) : nil
        }
        while true {
            place = bytes[place...].firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ",") } ?? bytes.endIndex
            if place == bytes.endIndex || line[place...].hasPrefix("//") { return found }
            let colon = end(of: place) ?? bytes[place...].firstIndex { !isName($0) } ?? bytes.endIndex
            let key = line[place..<colon].filter { $0 != "\"" }
            guard !key.isEmpty, line[colon...].hasPrefix(": "), let after = end(of: bytes.index(colon, offsetBy: 2))
            else {
                throw WebBundle.Failure(description: "\(name): no words: \(line[place...].prefix(60))")
            }
            found.append((String(key), line[place..<after]))
            place = after
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What a script may ask a table for.
    private struct Names {
        private var whole: Set<Substring> = []
        private var beginnings: Set<Substring> = []

        /// A key may have points and dashes; what stands in front of `${` is a beginning.
        mutating func add(_ text: String) {
            let bytes = text.utf8
            for isWide in [true, false] {
                var start: String.Index?
                for place in bytes.indices {
                    let byte = bytes[place]
                    if isName(byte) || isWide && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")) {
                        start = start ?? place
                        continue
                    }
                    if let from = start {
                        whole.insert(text[from..<place])
                        if isWide, byte == UInt8(ascii: "$"), text[place...].hasPrefix("${") {
                            beginnings.insert(text[from..<place])
                        }
                    }
                    start = nil
                }
            }
            // Refusals are many, and the page waits for their words when there is one (`attempt` in app.js).
            beginnings = beginnings.filter { $0.hasSuffix("_") && $0 != "code_" }
        }

        func hold(_ key: String) -> Bool {
            if whole.contains(key[...]) || beginnings.contains(where: { key.hasPrefix($0) }) { return true }
            // Of a count: the word for one, and where a language has more, for few.
            guard let end = key.lastIndex(of: "_") else { return false }
            return ["one", "two", "few", "many", "zero"].contains(key[end...].dropFirst())
                && whole.contains(key[..<end])
        }
    }
}
