import Model

/// A warehouse with its zones: goods come into the input zone and are put away into the storage zone.
struct TrytonWarehouse: Equatable {
    var id: Int64
    var input: Int64
    var storage: Int64

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let input = row["input_location"]?.integer,
            let storage = row["storage_location"]?.integer
        else { return nil }
        self.id = id
        self.input = input
        self.storage = storage
    }
}

/// An article. Quantities are in its own unit.
struct TrytonProduct: Equatable {
    var id: Int64
    var name: String
    var code: String?
    var unit: Int64
    var unitSymbol: String?
    /// Module stock_lot: some move of it demands a lot. A serial number is a lot of one piece.
    var tracksLots: Bool
    /// Decimal text.
    var cost: String?
    /// 14 digits each.
    var gtins: [String]
    /// What else is printed on it.
    var otherCodes: [String]
    /// Module product_kit: it is never in stock, its components are.
    var isKit: Bool

    static func fields(lots: Bool) -> [String] {
        [
            "rec_name", "name", "code", "type", "default_uom", "default_uom.symbol", "cost_price", "identifiers.code",
            "identifiers.type",
        ] + (lots ? ["lot_required"] : [])
    }

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let unit = row["default_uom"]?.integer else { return nil }
        self.id = id
        self.unit = unit
        name = row["rec_name"]?.text ?? ""
        code = row["code"]?.text
        unitSymbol = row["default_uom."]?["symbol"]?.text
        tracksLots = row["lot_required"]?.list?.isEmpty == false
        cost = TrytonValue.decimalText(row["cost_price"])
        gtins = Self.gtins(row["identifiers."])
        otherCodes = Self.otherCodes(row["identifiers."])
        isKit = row["type"]?.text == "kit"
    }

    /// A 14-digit code that begins with another digit than 0 is a carton's, and Tryton does not know how many pieces a
    /// carton holds: it is left out. Codes of other lengths than 8, 12, 13 and 14 are no GTIN.
    static func gtins(_ identifiers: JSON?) -> [String] {
        (identifiers?.list ?? []).compactMap { identifier in
            guard identifier["type"]?.text == "ean", let code = identifier["code"]?.text,
                code.utf8.count < 14 || code.hasPrefix("0")
            else { return nil }
            return GTINForm.fourteen(code)
        }
    }

    /// Of other kinds, as codes printed in the house: of no kind, a manufacturer's part number.
    static func otherCodes(_ identifiers: JSON?) -> [String] {
        (identifiers?.list ?? []).compactMap { identifier in
            identifier["type"]?.text == "ean" ? nil : identifier["code"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        }
    }
}

/// An incoming move: a line of a receipt.
struct TrytonMove: Equatable {
    var id: Int64
    var product: Int64
    var productName: String
    var gtin: String?
    /// The article's own code.
    var code: String?
    var otherCodes: [String]
    var tracksLots: Bool
    /// In the article's own unit.
    var quantity: Double
    /// The article's own unit, and the one that the move is written in: of the purchase.
    var own: TrytonUnit
    var unit: TrytonUnit
    /// For one of the move's unit; decimal text.
    var price: String?
    var currency: Int64?
    var lotNumber: String?
    /// `draft`, `done`, `cancelled`, …
    var state: String
    /// `purchase.line,11`, of a kit `purchase.line.component,5`; nil for what nobody ordered.
    var origin: String?
    var stamp: JSON?

    static func fields(lots: Bool) -> [String] {
        [
            "product", "product.rec_name", "quantity", "unit_price", "currency", "state", "origin", "_timestamp",
        ] + TrytonUnit.fields.flatMap { ["unit." + $0, "product.default_uom." + $0] }
            + (lots ? ["product.lot_required", "lot.number"] : [])
    }

    static let codes = ["product.code", "product.identifiers.code", "product.identifiers.type"]

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let product = row["product"]?.integer, let quantity = row["quantity"]?.double
        else { return nil }
        self.id = id
        self.product = product
        productName = row["product."]?["rec_name"]?.text ?? "article \(product)"
        gtin = TrytonProduct.gtins(row["product."]?["identifiers."]).first
        code = row["product."]?["code"]?.text
        otherCodes = TrytonProduct.otherCodes(row["product."]?["identifiers."])
        tracksLots = row["product."]?["lot_required"]?.list?.isEmpty == false
        own = TrytonUnit(row["product."]?["default_uom."])
        unit = TrytonUnit(row["unit."])
        price = TrytonValue.decimalText(row["unit_price"])
        currency = row["currency"]?.integer
        self.quantity = unit.convert(quantity, to: own)
        lotNumber = row["lot."]?["number"]?.text
        state = row["state"]?.text ?? ""
        origin = row["origin"]?.text
        stamp = row["_timestamp"]
    }
}

/// A supplier's shipment with its incoming moves.
struct TrytonShipment: Equatable {
    var id: Int64
    var number: String
    var reference: String
    var state: String
    var supplier: Int64
    var supplierName: String
    var supplierLocation: Int64?
    var input: Int64
    var storage: Int64
    var plannedOn: String?
    var origins: String
    var stamp: JSON?
    var moves: [TrytonMove]

    static func fields(lots: Bool, codes: Bool = false) -> [String] {
        [
            "number", "reference", "state", "supplier", "supplier.rec_name", "supplier_location", "warehouse_input",
            "warehouse_storage", "planned_date", "origins", "_timestamp",
        ]
            + (TrytonMove.fields(lots: lots)
            + (codes ? TrytonMove.codes : []))
            .map { "incoming_moves." + $0 }
    }

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let state = row["state"]?.text, let supplier = row["supplier"]?.integer
        else {
            return nil
        }
        self.id = id
        self.state = state
        self.supplier = supplier
        number = row["number"]?.text ?? ""
        reference = row["reference"]?.text ?? ""
        supplierName = row["supplier."]?["rec_name"]?.text ?? ""
        supplierLocation = row["supplier_location"]?.integer
        input = row["warehouse_input"]?.integer ?? 0
        storage = row["warehouse_storage"]?.integer ?? 0
        plannedOn = TrytonValue.day(row["planned_date"])
        origins = row["origins"]?.text ?? ""
        stamp = row["_timestamp"]
        moves = (row["incoming_moves."]?.list ?? []).compactMap(TrytonMove.init).sorted { $0.id < $1.id }
    }

    var live: [TrytonMove] { moves.filter { $0.state != "cancelled" } }

    /// For people: `7 [BL-2026-0001]`.
    var name: String { reference.isEmpty ? number : "\(number) [\(reference)]" }

    /// What papers may say of it: the supplier's note, and the references and numbers of the purchases behind it. `origins` tells them
    /// without the right to read purchases: `1 [PO-REF-1001], 5`. Our own key behind a note is left out.
    var references: [String] {
        var found: [String] = []
        var numbers: [String] = []
        var rest = origins[...]
        while !rest.isEmpty {
            let comma = rest.firstRange(of: ", ")?.lowerBound ?? rest.endIndex
            if let opening = rest.firstIndex(of: "["), opening < comma,
                let closing = rest[opening...].firstIndex(of: "]")
            {
                numbers.append(Self.trimmed(rest[..<opening]))
                found.append(String(rest[rest.index(after: opening)..<closing]))
                rest = rest[rest.index(after: closing)...]
            } else {
                numbers.append(Self.trimmed(rest[..<comma]))
                rest = rest[comma...]
            }
            rest = rest.drop { $0 == "," || $0 == " " }
        }
        var unique: [String] = []
        // The server gives them in any order.
        for name in [Self.note(reference)] + found.sorted() + numbers.sorted()
        where !name.isEmpty && !unique.contains(name) { unique.append(name) }
        return unique
    }

    private static func note(_ reference: String) -> String {
        guard let start = reference.firstRange(of: "(quai/") else { return reference }
        return trimmed(reference[..<start.lowerBound])
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
