/// How much of an article: an exact decimal with at most three places, in the unit of the article (`Measure`). Kept in whole
/// thousandths, so that sums are exact wherever they are made. Nothing here traps: what is too large stays at the end of the
/// range, far beyond what any door lets in (`Import.quantities`).
public struct Quantity: Hashable, Sendable {
    public var thousandths: Int64

    public init(thousandths: Int64) { self.thousandths = thousandths }

    public init(_ whole: some BinaryInteger) {
        thousandths = min(max(Int64(clamping: whole), Int64.min / 1000), Int64.max / 1000) * 1000
    }

    /// Nil where it is a part of a unit.
    public var whole: Int? { isWhole ? Int(thousandths / 1000) : nil }
    /// Units that are wholly there, and how many it takes to hold all of it.
    public var floor: Int { Int(thousandths / 1000) - (thousandths % 1000 < 0 ? 1 : 0) }
    public var ceiling: Int { Int(thousandths / 1000) + (thousandths % 1000 > 0 ? 1 : 0) }
    public var isWhole: Bool { thousandths % 1000 == 0 }
    /// For servers that calculate in floating point: the number nearest to it, written with the same digits.
    public var double: Double { Double(thousandths) / 1000 }
    public var magnitude: Quantity { thousandths < 0 ? -self : self }
}

extension Quantity: Comparable, AdditiveArithmetic, ExpressibleByIntegerLiteral {
    public static let zero = Quantity(thousandths: 0)

    public init(integerLiteral value: Int64) { self.init(value) }

    public static func < (a: Quantity, b: Quantity) -> Bool { a.thousandths < b.thousandths }

    public static func + (a: Quantity, b: Quantity) -> Quantity {
        let (sum, overflows) = a.thousandths.addingReportingOverflow(b.thousandths)
        return Quantity(thousandths: overflows ? (a.thousandths < 0 ? Int64.min : Int64.max) : sum)
    }

    public static func - (a: Quantity, b: Quantity) -> Quantity {
        let (rest, overflows) = a.thousandths.subtractingReportingOverflow(b.thousandths)
        return Quantity(thousandths: overflows ? (a.thousandths < 0 ? Int64.min : Int64.max) : rest)
    }

    public static prefix func - (a: Quantity) -> Quantity { zero - a }

    /// So many times as much; nil where three decimals do not hold it.
    public func times(_ factor: Quantity) -> Quantity? {
        let (whole, rest) = (Int128(thousandths) * Int128(factor.thousandths)).quotientAndRemainder(dividingBy: 1000)
        return rest == 0 ? Int64(exactly: whole).map(Quantity.init(thousandths:)) : nil
    }

    /// Split into equal parts; nil where three decimals do not hold one.
    public func divided(by count: Int) -> Quantity? {
        guard count != 0 else { return nil }
        let (part, rest) = Int128(thousandths).quotientAndRemainder(dividingBy: Int128(count))
        return rest == 0 ? Int64(exactly: part).map(Quantity.init(thousandths:)) : nil
    }

    /// In another unit, of which one is `numerator / denominator` of ours; nil where three decimals do not hold it.
    func scaled(by numerator: Int64, over denominator: Int64) -> Quantity? {
        guard denominator != 0 else { return nil }
        let (whole, rest) = (Int128(thousandths) * Int128(numerator)).quotientAndRemainder(
            dividingBy: Int128(denominator))
        return rest == 0 ? Int64(exactly: whole).map(Quantity.init(thousandths:)) : nil
    }
}

// MARK: - texts and numbers

extension Quantity: CustomStringConvertible {
    /// `12`, `-0.75`: a point, and no zeros that say nothing. Nil for anything else, and for a fourth decimal that is not 0.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = parts.first, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Quantity.isDigit) }) else {
            return nil
        }
        self.init(digits: head, decimals: parts.count == 2 ? parts[1] : "", isNegative: isNegative)
    }

    /// Digits before and behind the mark, whatever the mark was. Nil beyond the range and for a fourth decimal that is not 0.
    public init?(digits: some StringProtocol, decimals: some StringProtocol, isNegative: Bool = false) {
        guard digits.utf8.allSatisfy(Quantity.isDigit), decimals.utf8.allSatisfy(Quantity.isDigit),
            decimals.utf8.dropFirst(3).allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return nil }
        let places = decimals.prefix(3) + String(repeating: "0", count: max(0, 3 - decimals.utf8.count))
        guard let number = Int64("\(digits)\(places)") else { return nil }
        thousandths = isNegative ? -number : number
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    public var description: String {
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        guard rest != 0 else { return "\(thousandths < 0 ? "-" : "")\(whole)" }
        var places = String(1000 + rest).dropFirst()
        while places.last == "0" { places = places.dropLast() }
        return "\(thousandths < 0 ? "-" : "")\(whole).\(places)"
    }

    /// Thousandths that a floating-point number tells apart.
    private static let limit = 4e15

    /// Nil where it is not the floating-point number nearest to a decimal with three places.
    public init?(_ double: Double) {
        let nearest = (double * 1000).rounded()
        guard nearest.magnitude < Quantity.limit, Double(Int64(nearest)) / 1000 == double else { return nil }
        self.init(thousandths: Int64(nearest))
    }

    /// Of a server that calculates in floating point, whose sums have lost the last digits: the nearest with three decimals. Nil for
    /// what is no number of goods.
    public init?(nearest double: Double) {
        let nearest = (double * 1000).rounded()
        guard nearest.magnitude < Quantity.limit else { return nil }
        self.init(thousandths: Int64(nearest))
    }

    /// A number of JSON, whole or not; nil for anything else.
    public init?(_ json: JSON) {
        switch json {
        case .int(let whole): self.init(whole)
        case .number(let number): self.init(number)
        default: return nil
        }
    }

    /// A plain number: `12`, `12.5`.
    public var json: JSON { isWhole ? .int(thousandths / 1000) : .number(double) }
}
