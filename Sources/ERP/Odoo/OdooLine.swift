import Model

/// A `stock.move.line` as read: what is, or was, received of one article, lot and place.
struct OdooLine: Equatable, Sendable {
    var id: Int64
    var picking: String?
    var move: Int64?
    var product: Int64
    var productName: String
    /// `quantity` or `qty_done`: what is done or announced, in `unit`.
    var quantity: Double
    /// What was announced on it, in `unit`; from 17 on the same as `quantity`.
    var announced: Double
    /// Counts at the validation: `picked`, or before 17 a quantity that is not zero.
    var isPicked: Bool
    var lot: Int64?
    var lotName: String?
    var from: Int64?
    var to: Int64?
    /// The package that it comes in.
    var into: Int64?
    var unit: Int64?
    /// `unit` is as large as the article's own.
    var isOwnUnit: Bool
    var state: String
    var tracking: Tracking?

    init?(_ record: JSON, _ names: OdooNames) {
        guard let id = record["id"]?.integer, let product = record["product_id"]?.odooID else { return nil }
        self.id = id
        picking = record["picking_id"]?.odooName
        move = record["move_id"]?.odooID
        self.product = product
        productName = record["product_id"]?.odooName ?? "article \(product)"
        quantity = record[names.done]?.double ?? 0
        announced = names.announced.flatMap { record[$0]?.double } ?? quantity
        isPicked = names.hasPicked ? record["picked"]?.truth ?? false : quantity != 0
        lot = record["lot_id"]?.odooID
        lotName = record["lot_id"]?.odooName ?? record["lot_name"]?.odooText
        from = record["location_id"]?.odooID
        to = record["location_dest_id"]?.odooID
        into = record["result_package_id"]?.odooID
        unit = record["product_uom_id"]?.odooID
        isOwnUnit = OdooLine.areSame(
            names.announced.flatMap { record[$0]?.double }, names.announcedOwn.flatMap { record[$0]?.double })
        state = record["state"]?.odooText ?? ""
        tracking = record["tracking"]?.odooText.flatMap { Tracking(rawValue: $0) }
    }

    /// A quantity in two units; nothing says nothing.
    static func areSame(_ one: Double?, _ own: Double?) -> Bool {
        guard let one, let own, one != 0 else { return false }
        return OdooNumber.areEqual(one, own)
    }
}

/// A `stock.move` as read: an announced article.
struct OdooMove: Equatable, Sendable {
    var id: Int64
    var product: Int64
    var productName: String
    var from: Int64?
    var to: Int64?
    var unit: Int64?
    var isOwnUnit: Bool

    static let fields = [
        "product_id", "location_id", "location_dest_id", "product_uom", "product_uom_qty", "product_qty", "state",
    ]

    /// Nil for what is done or cancelled.
    init?(_ record: JSON) {
        guard let id = record["id"]?.integer, let product = record["product_id"]?.odooID,
            !["done", "cancel"].contains(record["state"]?.odooText)
        else { return nil }
        self.id = id
        self.product = product
        productName = record["product_id"]?.odooName ?? "article \(product)"
        from = record["location_id"]?.odooID
        to = record["location_dest_id"]?.odooID
        unit = record["product_uom"]?.odooID
        isOwnUnit = OdooLine.areSame(record["product_uom_qty"]?.double, record["product_qty"]?.double)
    }

    init?(_ line: OdooLine) {
        guard let move = line.move else { return nil }
        id = move
        product = line.product
        productName = line.productName
        from = line.from
        to = line.to
        unit = line.unit
        isOwnUnit = line.isOwnUnit
    }
}

/// A `stock.picking` as read.
struct OdooPicking: Equatable, Sendable {
    enum Standing: Equatable, Sendable { case draft, open, done, cancelled }

    var id: Int64
    var name: String
    var standing: Standing
    /// As Odoo calls it, for people.
    var state: String
    var from: Int64?
    var to: Int64?
    var lines: [OdooLine] = []

    static let fields = ["name", "state", "location_id", "location_dest_id"]

    init?(_ record: JSON) {
        guard let id = record["id"]?.integer else { return nil }
        self.id = id
        name = record["name"]?.odooText ?? "receipt \(id)"
        state = record["state"]?.odooText ?? ""
        standing = OdooPicking.standing(state)
        from = record["location_id"]?.odooID
        to = record["location_dest_id"]?.odooID
    }

    /// From its lines alone, which saves a call; nil where they do not tell. Lines of moves that were given up stay
    /// behind as cancelled.
    init?(id: Int64, lines: [OdooLine]) {
        guard let first = lines.first(where: { $0.state != "cancel" }) else { return nil }
        self.id = id
        name = first.picking ?? "receipt \(id)"
        state = lines.first { $0.state == "done" }?.state ?? first.state
        standing = OdooPicking.standing(state)
        from = first.from
        to = first.to
        self.lines = lines
    }

    private static func standing(_ state: String) -> Standing {
        switch state {
        case "done": .done
        case "cancel": .cancelled
        case "draft": .draft
        default: .open
        }
    }
}

/// A `product.product` as a reception or a stock take needs it.
struct OdooArticle: Equatable, Sendable {
    var id: Int64
    var name: String
    /// 14 digits; nil for what is no GTIN.
    var gtin: String?
    /// `default_code`
    var reference: String?
    var unit: Int64?
    var tracking: Tracking
    var isActive: Bool

    static let fields = ["display_name", "barcode", "default_code", "tracking", "uom_id", "active"]

    /// The article that a line means: by Odoo's id, by GTIN, or by what stands for one where there is none: `#` and its
    /// reference, or `#erp:ID`. Nil where there is none, or two of one reference.
    static func product(_ id: String?, code: String, _ articles: [Int64: OdooArticle]) -> Int64? {
        if let product = id.flatMap({ Int64($0) }) { return product }
        if let product = self.id(ofCode: code) { return product }
        if code.hasPrefix("#") {
            let hits = articles.values.filter { $0.reference == String(code.dropFirst()) }
            let active = hits.filter(\.isActive)
            return active.count == 1 ? active[0].id : hits.count == 1 ? hits.first?.id : nil
        }
        guard let gtin = GTINForm.fourteen(code) else { return nil }
        return articles.values.filter { $0.gtin == gtin }.min {
            ($0.isActive ? 0 : 1, $0.id) < ($1.isActive ? 0 : 1, $1.id)
        }?
        .id
    }

    /// Of `#erp:ID`.
    static func id(ofCode code: String) -> Int64? {
        code.hasPrefix("#erp:") ? Int64(code.dropFirst(5)).flatMap { $0 > 0 ? $0 : nil } : nil
    }

    init?(_ record: JSON) {
        guard let id = record["id"]?.integer else { return nil }
        self.id = id
        name = record["display_name"]?.odooText ?? "article \(id)"
        gtin = record["barcode"]?.odooText.flatMap { GTINForm.fourteen($0) }
        reference = record["default_code"]?.odooText
        unit = record["uom_id"]?.odooID
        isActive = record["active"]?.truth ?? true
        tracking = record["tracking"]?.odooText.flatMap { Tracking(rawValue: $0) } ?? .none
    }
}
