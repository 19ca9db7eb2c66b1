public import Model

/// What people do with the catalogue.
public struct CatalogueDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// What of an article is to be said otherwise; nil leaves what is known.
    public struct Change: Equatable, Sendable {
        public var description: String?
        public var reference: String?
        public var supplier: String?
        public var unit: Measure?
        public var minimum: Quantity?
        /// Cartons and codes more than those that are known.
        public var cartons: [ProductView.Carton]
        public var codes: [String]

        public init(
            description: String? = nil, reference: String? = nil, supplier: String? = nil, unit: Measure? = nil,
            minimum: Quantity? = nil, cartons: [ProductView.Carton] = [], codes: [String] = []
        ) {
            (self.description, self.reference, self.supplier) = (description, reference, supplier)
            (self.unit, self.minimum) = (unit, minimum)
            (self.cartons, self.codes) = (cartons, codes)
        }
    }

    public enum Refusal: Error, Equatable, Sendable {
        /// A new article has a description.
        case noDescription
        /// There is some in stock in the unit of before; why, for people.
        case unitInUse(String)
    }

    /// Adds an article or changes one, by a code as tables have it (`ArticleCode`). Throws `Refusal`; then nothing has changed. The article as it is then.
    public func save(_ change: Change, of gtin: String, by author: Author, at now: Int64) throws -> ProductView {
        try store.transaction {
            var product = try store.articles.product(gtin) ?? ProductView(gtin: gtin, description: "")
            product.description = change.description ?? product.description
            guard !product.description.isEmpty else { throw Refusal.noDescription }
            product.reference = change.reference ?? product.reference ?? ArticleCode.reference(of: gtin)
            product.supplier = change.supplier ?? product.supplier
            if let unit = change.unit, let why = try store.articles.objection(to: unit, of: gtin) {
                throw Refusal.unitInUse(why.text)
            }
            product.unit = change.unit?.code ?? product.unit
            product.minimum = change.minimum ?? product.minimum
            (product.cartons, product.codes) = (change.cartons, change.codes)
            try store.articles.save(product)
            try store.tell(Fact(.productSaved, gtin), by: author, at: now)
            return try store.articles.product(gtin) ?? product
        }
    }
}
