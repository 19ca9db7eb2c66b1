/// A sentence for people whose words are known apart from what stands in them: the pages say it in another language by its
/// template. It is written as a text with interpolations is; its own text is English.
public struct Phrase: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public indirect enum Argument: Hashable, Sendable {
        case text(String)
        /// Words again: why, or what.
        case phrase(Phrase)
    }

    /// The words, with `{}` for each argument: `GTIN {} stands twice`.
    public private(set) var template: String
    public private(set) var arguments: [Argument]

    public init(stringLiteral words: String) { (template, arguments) = (words, []) }

    public init(stringInterpolation parts: StringInterpolation) {
        (template, arguments) = (parts.template, parts.arguments)
    }

    /// Words that nobody has translated: a name, a message of another program.
    public init(verbatim text: String) { (template, arguments) = ("{}", [.text(text)]) }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var template = ""
        fileprivate var arguments: [Argument] = []

        public init(literalCapacity: Int, interpolationCount: Int) { template.reserveCapacity(literalCapacity) }

        public mutating func appendLiteral(_ literal: String) { template += literal }

        public mutating func appendInterpolation(_ phrase: Phrase) { append(.phrase(phrase)) }

        public mutating func appendInterpolation(_ value: some Any) { append(.text("\(value)")) }

        private mutating func append(_ argument: Argument) {
            template += "{}"
            arguments.append(argument)
        }
    }

    /// In English.
    public var text: String {
        let words = template.split(separator: "{}", omittingEmptySubsequences: false)
        return zip(words, arguments.map { $0.text } + [""]).reduce(into: "") { $0 += $1.0 + $1.1 }
    }

    public var description: String { text }

    /// One after the other, with commas.
    static func list(_ phrases: [Phrase]) -> Phrase {
        guard let first = phrases.first else { return "" }
        return phrases.dropFirst().reduce(first) { "\($0), \($1)" }
    }

    /// One sentence of two parts.
    static func + (start: Phrase, end: Phrase) -> Phrase {
        var whole = start
        whole.template += end.template
        whole.arguments += end.arguments
        return whole
    }
}

extension Phrase.Argument {
    public var text: String {
        switch self {
        case .text(let text): text
        case .phrase(let phrase): phrase.text
        }
    }
}
