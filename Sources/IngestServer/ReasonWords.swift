import Depot
import Model

/// What an import says, in French: the table of the pages (`words-reasons.js`), read once, so that there is one of it.
struct ReasonWords: Sendable {
    private let words: [String: String]

    init(_ source: [UInt8]) {
        var words: [String: String] = [:]
        // An entry is `"English": "French",`; several may stand in a line. Both are texts of JSON.
        for line in String(decoding: source, as: UTF8.self).split(whereSeparator: \.isNewline)
        where line.contains("\": \"") && line.drop(while: { $0 == " " }).first == "\"" {
            var text = line.drop { $0 == " " }
            while let last = text.last, last == " " || last == "," { text = text.dropLast() }
            if let json = try? JSON(parsing: "{\(text)}"), case .members(let members) = json {
                for member in members { words[member.name] = member.value.text }
            }
        }
        self.words = words
    }

    var count: Int { words.count }

    /// English where nobody has worded it.
    func french(_ phrase: Phrase) -> String {
        guard let pattern = words[phrase.template] else { return phrase.text }
        let arguments = phrase.arguments.map { argument in
            switch argument {
            case .text(let text): text
            case .phrase(let inner): french(inner)
            }
        }
        var (out, rest) = ("", pattern[...])
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open]
            let number = Int(rest[rest.index(after: open)..<close])
            out += number.flatMap { arguments.indices.contains($0) ? arguments[$0] : nil } ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
