import Model

/// A `stock.quant` as read: what is of one article and lot in one place.
struct OdooQuant: Equatable, Sendable {
    var id: Int64
    var product: Int64
    var productName: String
    var location: Int64
    var locationName: String
    var lot: Int64?
    var lotName: String?
    /// In a package or somebody else's: a count names it by its id only.
    var isApart: Bool
    /// The package that it lies in.
    var package: Int64?
    /// Whose it is, where it is somebody else's.
    var owner: Int64?
    var quantity: Double
    /// `inventory_quantity`: a count that waits to be applied, where `isCounted`.
    var counted: Double
    var isCounted: Bool
    /// What the count said against the stock of its moment: `inventory_diff_quantity`.
    var difference: Double
    /// Stock moved after the count.
    var isOutdated: Bool

    static let fields = [
        "product_id", "location_id", "lot_id", "package_id", "owner_id", "quantity", "inventory_quantity",
        "inventory_quantity_set", "inventory_diff_quantity", "is_outdated",
    ]

    init?(_ record: JSON) {
        guard let id = record["id"]?.integer, let product = record["product_id"]?.odooID,
            let location = record["location_id"]?.odooID
        else { return nil }
        self.id = id
        self.product = product
        self.location = location
        locationName = record["location_id"]?.odooName ?? "place \(location)"
        productName = record["product_id"]?.odooName ?? "article \(product)"
        lot = record["lot_id"]?.odooID
        lotName = record["lot_id"]?.odooName
        package = record["package_id"]?.odooID
        owner = record["owner_id"]?.odooID
        isApart = package != nil || owner != nil
        quantity = record["quantity"]?.double ?? 0
        counted = record["inventory_quantity"]?.double ?? 0
        isCounted = record["inventory_quantity_set"]?.truth ?? false
        difference = record["inventory_diff_quantity"]?.double ?? 0
        isOutdated = record["is_outdated"]?.truth ?? false
    }
}
