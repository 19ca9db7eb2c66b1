/// Takes out of a text what is somebody's: names that are known, telephone numbers, addresses of e-mail, secrets.
public struct Redaction: Sendable {
    /// Words of each name in small letters, by the first of them; the longest first.
    private var names: [String: [[String]]] = [:]
    private let secrets: [String]

    /// Names of fewer letters are left: too much else has them.
    private static let shortest = 3
    /// A number of fewer digits calls nobody outside.
    private static let digits = 6

    public init(names: [String], secrets: [String]) {
        self.secrets = secrets.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
        for name in Set(names) {
            let text = Array(name)
            let words = Redaction.words(of: text).map { String(text[$0]).lowercased() }
            guard let first = words.first, words.reduce(0, { $0 + $1.count }) >= Redaction.shortest else { continue }
            self.names[first, default: []].append(words)
        }
        for first in self.names.keys { self.names[first]?.sort { $0.count > $1.count } }
    }

    public func clean(_ text: String) -> String { lines(text) { withoutNumbers(withoutNames(withoutAddresses($0))) } }

    /// Leaves numbers where all of them are measured.
    public func cleanFigures(_ text: String) -> String { lines(text) { withoutNames($0) } }

    private func lines(_ text: String, _ clean: (String) -> String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { (part: Substring) -> String in
            var line = String(part)
            for secret in secrets where line.contains(secret) { line = line.replacing(secret, with: "<secret>") }
            return clean(line)
        }.joined(separator: "\n")
    }

    /// `nadia@firm.example`; `101@nice`, a telephone of a site, is none.
    private func withoutAddresses(_ line: String) -> String {
        guard line.contains("@") else { return line }
        return line.split(separator: " ", omittingEmptySubsequences: false).map { (part: Substring) -> String in
            guard let at = part.firstIndex(of: "@"), part[at...].contains(".") else { return String(part) }
            func isIn(_ character: Character) -> Bool {
                character.isLetter || character.isNumber || "@.-_+%".contains(character)
            }
            let start = part[..<at].lastIndex { !isIn($0) }.map(part.index(after:)) ?? part.startIndex
            let end = part[at...].firstIndex { !isIn($0) } ?? part.endIndex
            return "\(part[..<start])<address>\(withoutAddresses(String(part[end...])))"
        }.joined(separator: " ")
    }

    private func withoutNames(_ line: String) -> String {
        guard !names.isEmpty else { return line }
        let text = Array(line)
        let words = Redaction.words(of: text)
        let lower = words.map { String(text[$0]).lowercased() }
        var out = ""
        var (place, index) = (0, 0)
        while index < words.count {
            let name = names[lower[index]]?.first { lower[index...].starts(with: $0) }
            guard let name else {
                index += 1
                continue
            }
            out += String(text[place..<words[index].lowerBound]) + "<name>"
            index += name.count
            place = words[index - 1].upperBound
        }
        return out + String(text[place...])
    }

    /// Letters and digits that stand together.
    private static func words(of text: [Character]) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var start: Int?
        for index in text.indices {
            let isIn = text[index].isLetter || text[index].isNumber
            if isIn, start == nil { start = index }
            if !isIn, let begin = start {
                out.append(begin..<index)
                start = nil
            }
        }
        if let begin = start { out.append(begin..<text.count) }
        return out
    }

    /// Six digits or more with what people write between them, alone or behind a plus. No dates, no addresses of machines.
    private func withoutNumbers(_ line: String) -> String {
        let text = Array(line)
        var out = ""
        var index = 0
        while index < text.count {
            let isStart = text[index].isASCII && text[index].isNumber || text[index] == "+"
            let isInWord = index > 0 && (text[index - 1].isLetter || text[index - 1].isNumber)
            guard isStart, !isInWord else {
                out.append(text[index])
                index += 1
                continue
            }
            let end = Redaction.end(ofNumber: text, from: index)
            let part = String(text[index..<end])
            out += isTelephone(part) && !(end < text.count && text[end].isLetter) ? "<number>" : part
            index = end
        }
        return out
    }

    /// Behind the last digit of what begins here; at least one character.
    private static func end(ofNumber text: [Character], from start: Int) -> Int {
        var (end, index) = (start + 1, start + 1)
        while index < text.count, text[index].isASCII && text[index].isNumber || " .-/()".contains(text[index]) {
            // Two in a row only where brackets stand: `+33 (0)6`.
            let isGap = " .-/".contains(text[index]) && " .-/".contains(text[index - 1])
            if isGap { break }
            index += 1
            if text[index - 1].isNumber { end = index }
        }
        return end
    }

    private func isTelephone(_ part: String) -> Bool {
        guard part.count(where: \.isNumber) >= Redaction.digits else { return false }
        if part.first == "+" { return true }
        let dashed = part.split(separator: "-", omittingEmptySubsequences: false).map(\.count)
        // 2026-11-28, and 2026-11-28 06 as the day and hour of a moment.
        if part.prefix(10).split(separator: "-").map(\.count) == [4, 2, 2], dashed.count == 3 { return false }
        let dotted = part.split(separator: ".", omittingEmptySubsequences: false).map(\.count)
        // 192.168.7.20 and 5.15.0 are no numbers, 06.12.34.00.91 is one.
        return dotted.count == 1 || dotted.allSatisfy { $0 == 2 } && dotted.count != 4
    }
}
