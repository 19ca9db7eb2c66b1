public import Model

/// What an ERP has of one article, and lot of it.
public struct RemoteStock: Equatable, Sendable {
    /// The ERP's own number of the article.
    public var product: String
    /// 14 digits; nil where the ERP knows none.
    public var gtin: String?
    public var description: String
    public var lot: String?
    public var quantity: Quantity

    public init(product: String, gtin: String?, description: String, lot: String? = nil, quantity: Quantity) {
        (self.product, self.gtin, self.description) = (product, gtin, description)
        (self.lot, self.quantity) = (lot, quantity)
    }
}
