/// How the text of a table is read: what a person says of it, or what was found in it. Nil where nobody says, or nothing tells.
public struct TableReading: Equatable, Sendable {
    /// What stands between two fields.
    public enum Separator: String, CaseIterable, Sendable {
        case semicolon, comma, tab, bar

        /// By its word, or as it is written.
        public init?(said text: String) {
            guard let one = Separator.allCases.first(where: { $0.rawValue == text || String($0.sign) == text }) else {
                return nil
            }
            self = one
        }

        init?(_ sign: Unicode.Scalar) {
            guard let one = Separator.allCases.first(where: { $0.scalar == sign }) else { return nil }
            self = one
        }

        var scalar: Unicode.Scalar {
            switch self {
            case .semicolon: ";"
            case .comma: ","
            case .tab: "\t"
            case .bar: "|"
            }
        }

        private var sign: Character { Character(scalar) }
    }

    /// Names of RFC 2978's register, in lower case. UTF-16 has the order of its mark, or the one in which it is text.
    public enum Encoding: String, CaseIterable, Sendable {
        case utf8 = "utf-8"
        case windows1252 = "windows-1252"
        case utf16 = "utf-16"
    }

    /// What stands before the decimals; the other of the two groups digits.
    public enum DecimalSign: String, CaseIterable, Sendable {
        case comma, point

        /// By its word, or as it is written.
        public init?(said text: String) {
            guard let one = DecimalSign.allCases.first(where: { $0.rawValue == text || String($0.sign) == text }) else {
                return nil
            }
            self = one
        }

        var sign: Character { self == .comma ? "," : "." }
    }

    public var separator: Separator?
    public var encoding: Encoding?
    public var decimal: DecimalSign?

    public init(separator: Separator? = nil, encoding: Encoding? = nil, decimal: DecimalSign? = nil) {
        (self.separator, self.encoding, self.decimal) = (separator, encoding, decimal)
    }
}

extension Cell {
    /// What stands before the decimals of an amount, where it can be nothing else.
    static func decimalSign(_ text: String) -> TableReading.DecimalSign? {
        let marks = text.filter { ",.".contains($0) }
        guard let last = marks.last, marks.count(where: { $0 == last }) == 1, case .of = amount(text) else {
            return nil
        }
        return last == "," ? .comma : .point
    }

    /// The sign of most of these cells; nil where none has one that is certain.
    static func decimalSign(among cells: some Sequence<String>) -> TableReading.DecimalSign? {
        var (commas, points) = (0, 0)
        for cell in cells {
            switch decimalSign(cell) {
            case .comma: commas += 1
            case .point: points += 1
            case nil: break
            }
        }
        return commas + points == 0 ? nil : commas >= points ? .comma : .point
    }
}
