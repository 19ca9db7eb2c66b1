/// A piece of SQL as it is written: what is put together again is what was taken apart.
enum Token: Equatable {
    /// Blanks and comments.
    case space(String)
    /// A name or a word of the language, as it stands.
    case word(String)
    /// `'…'`, `"…"` and `x'…'`, with their marks.
    case string(String)
    case quoted(String)
    case blob(String)
    case number(String)
    /// `?` is nil, `?3` is 3.
    case parameter(Int?)
    case symbol(String)

    /// The word in capitals; nil for whatever is none.
    var keyword: String? { if case .word(let text) = self { text.uppercased() } else { nil } }
    var isSpace: Bool { if case .space = self { true } else { false } }

    var text: String {
        switch self {
        case .space(let text), .word(let text), .string(let text), .quoted(let text), .blob(let text),
            .number(let text),
            .symbol(let text):
            text
        case .parameter(let number): number.map { "?\($0)" } ?? "?"
        }
    }

    private static let pairs: Set<String> = ["||", "<=", ">=", "<>", "!=", "==", "->", "<<", ">>"]

    /// Never fails: what is no SQL is for the server to say.
    static func all(of sql: String) -> [Token] {
        var rest = Substring(sql)
        var out: [Token] = []
        func take(_ count: Int) -> String {
            defer { rest = rest.dropFirst(count) }
            return String(rest.prefix(count))
        }
        func take(while isPart: (Character) -> Bool) -> String {
            let text = rest.prefix(while: isPart)
            rest = rest[text.endIndex...]
            return String(text)
        }
        /// Up to the mark that closes; a doubled one is a part.
        func takeMarked(_ mark: Character) -> String {
            var text = take(1)
            while !rest.isEmpty {
                text += take { $0 != mark }
                text += take(1)
                guard rest.first == mark else { break }
                text += take(1)
            }
            return text
        }
        func isName(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
        while let first = rest.first {
            if first.isWhitespace {
                out.append(.space(take(while: \.isWhitespace)))
            } else if rest.hasPrefix("--") {
                out.append(.space(take { !$0.isNewline }))
            } else if first == "'" {
                out.append(.string(takeMarked("'")))
            } else if first == "\"" {
                out.append(.quoted(takeMarked("\"")))
            } else if rest.hasPrefix("x'") || rest.hasPrefix("X'") {
                out.append(.blob(take(1) + takeMarked("'")))
            } else if first == "?" {
                _ = take(1)
                out.append(.parameter(Int(take(while: \.isNumber))))
            } else if first.isNumber {
                out.append(.number(take { $0.isNumber || $0 == "." }))
            } else if isName(first) {
                out.append(.word(take(while: isName)))
            } else if pairs.contains(String(rest.prefix(2))) {
                out.append(.symbol(take(2)))
            } else {
                out.append(.symbol(take(1)))
            }
        }
        return out
    }
}
