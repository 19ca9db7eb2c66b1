public import Model

/// What a posted count says of an article, or of one lot or serial number of it.
public struct CountedLot: Equatable, Sendable {
    public var gtin: String
    /// Lot or serial number; nil where the article is not tracked, or nobody knows.
    public var lot: String?
    public var expected: Quantity
    public var counted: Quantity
    public var moved: Quantity
    /// Of what moved: what arrived and left without us, so that the ERP learns of it from others.
    public var elsewhere: Quantity

    public init(
        gtin: String, lot: String? = nil, expected: Quantity = 0, counted: Quantity = 0, moved: Quantity = 0,
        elsewhere: Quantity = 0
    ) {
        (self.gtin, self.lot, self.expected, self.counted) = (gtin, lot, expected, counted)
        (self.moved, self.elsewhere) = (moved, elsewhere)
    }
}
