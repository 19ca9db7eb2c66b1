import Model

/// A small electrical wholesaler's depot, after the recorded one: places input 1, storage 3, lost and found 4,
/// warehouse 5, supplier 6, bin A-01 9; articles 1 to 20, GTIN `952132100NNN` and its check digit; 9, 10 and 18
/// tracked by lot; three announced shipments.
extension TrytonServer {
    public static let input: Int64 = 1
    public static let storage: Int64 = 3
    public static let bin: Int64 = 9

    /// 14 digits.
    public static func gtin(_ product: Int) -> String {
        let digits = String(952_132_100_000 + product)
        let sum = digits.reversed().enumerated().reduce(0) {
            $0 + ($1.element.wholeNumberValue ?? 0) * ($1.offset % 2 == 0 ? 3 : 1)
        }
        return "0" + digits + String((10 - sum % 10) % 10)
    }

    mutating func seed() {
        store.insert("currency.currency", ["code": "EUR"])
        store.insert("company.company", ["currency": 1])
        store.insert("product.uom", ["symbol": "u", "factor": 1, "rate": 1, "rounding": 1])
        store.insert("product.uom", ["symbol": "dz", "factor": 12, "rate": .number(0.083333333333), "rounding": 1])
        store.insert("product.uom", ["symbol": "m", "factor": 1, "rate": 1, "rounding": .number(0.01)])
        store.insert(
            "product.uom",
            ["symbol": "ft", "factor": .number(0.3048), "rate": .number(3.280839895013), "rounding": .number(0.01)])
        store.insert("res.user", ["login": "admin"])
        store.insert("res.user", ["login": "gateway"])
        for (name, type) in [
            ("Input", "storage"), ("Output", "storage"), ("Storage", "storage"), ("Lost", "lost_found"),
            ("Depot Albertville", "warehouse"), ("Supplier", "supplier"), ("Customer", "customer"), ("Drop", "drop"),
            ("A-01", "storage"),
        ] {
            store.insert(
                "stock.location", ["name": .string(name), "code": .string(name), "type": .string(type), "parent": 5])
        }
        store.set("stock.location", Self.bin, ["parent": 3])
        store.set("stock.location", 5, ["input_location": 1, "storage_location": 3, "code": "WH"])
        for number in 1...20 {
            let isTracked = [9, 10, 18].contains(number)
            let id = store.insert(
                "product.product",
                [
                    "rec_name": .string("[A\(number)] Article \(number)"), "name": .string("Article \(number)"),
                    "code": .string("A\(number)"), "type": "goods", "default_uom": 1,
                    "cost_price": .object([("__class__", "Decimal"), ("decimal", "4.10")]),
                    "lot_required": isTracked ? ["supplier", "storage"] : [],
                ])
            store.insert(
                "product.identifier",
                ["product": .int(id), "type": "ean", "code": .string(String(Self.gtin(number).dropFirst()))])
            if number <= 2 {
                store.insert(
                    "product.identifier",
                    ["product": .int(id), "type": "ean", "code": .string("1952132100\(number)000")])
            }
        }
        for name in [
            "Depot", "Sonedis Lyon", "Rexor Annecy", "Cables du Rhone", "Boulangerie Martin", "Menuiserie Petit",
        ] {
            store.insert(
                "party.party",
                [
                    "name": .string(name), "rec_name": .string(name), "code": .string("P-\(name.prefix(3))"),
                    "supplier_location": 6,
                    "receivable": .object([("__class__", "Decimal"), ("decimal", "232.60")]),
                ])
        }
        let mechanisms: [(Int64, JSON, JSON, JSON)] = [
            (5, "phone", "+33 1 99 00 12 34", "+33199001234"), (5, "other", "06 39 98 12 34", "0639981234"),
            (6, "other", "0639985005", "0639985005"),
        ]
        for (party, type, value, compact) in mechanisms {
            store.insert(
                "party.contact_mechanism",
                ["party": .int(party), "type": type, "value": value, "value_compact": compact])
        }
        announce(2, "BL-2026-0001", [(1, 60), (2, 40), (4, 10)])
        announce(3, "BL-2026-0002", [(6, 200), (7, 150), (16, 30), (17, 24)])
        announce(4, "BL-2026-0003", [(9, 6), (10, 4), (18, 2)])
        store.insert(
            "sale.sale",
            [
                "number": "2", "reference": "CMD-2026-02", "party": 5, "state": "processing", "currency": 1,
                "total_amount": .object([("__class__", "Decimal"), ("decimal", "232.60")]),
                "sale_date": .object([("__class__", "date"), ("year", 2026), ("month", 11), ("day", 19)]),
            ])
        store.insert(
            "account.invoice",
            [
                "number": "1", "party": 5, "type": "out", "state": "posted", "currency": 1,
                "amount_to_pay": .object([("__class__", "Decimal"), ("decimal", "232.60")]),
            ])
        lay(3, 40, at: Self.bin)
    }

    /// A storage place below the storage zone; answers its id.
    public mutating func addBin(_ name: String) -> Int64 {
        store.insert(
            "stock.location",
            ["name": .string(name), "code": .string(name), "type": "storage", "parent": .int(Self.storage)])
    }

    /// An article without a GTIN: with a code, or with nothing. Answers its id.
    @discardableResult
    public mutating func addBare(_ name: String, code: String? = nil, label: String? = nil) -> Int64 {
        let id = store.insert(
            "product.product",
            [
                "rec_name": .string(name), "name": .string(name), "code": code.map { .string($0) } ?? .null,
                "type": "goods", "default_uom": 1, "lot_required": [],
                "cost_price": .object([("__class__", "Decimal"), ("decimal", "0.05")]),
            ])
        if let label {
            store.insert("product.identifier", ["product": .int(id), "type": .null, "code": .string(label)])
        }
        return id
    }

    /// An article that is kept in metres and feet.
    public mutating func keepInMetres(_ product: Int64) { store.set("product.product", product, ["default_uom": 3]) }

    /// Pieces that lie at a place; fewer than none take away.
    public mutating func lay(_ product: Int64, _ quantity: Int64, lot: String? = nil, at place: Int64) {
        let known = store.all("stock.lot") { $0["number"]?.text == lot && $0["product"] == .int(product) }.first
        let number = lot.map { number in
            known.map { TrytonStore.id($0) }
                ?? store.insert("stock.lot", ["number": .string(number), "product": .int(product)])
        }
        store.insert(
            "stock.move",
            [
                "product": .int(product), "quantity": .int(quantity), "from_location": 4, "to_location": .int(place),
                "state": "done", "lot": number.map { .int($0) } ?? .null, "shipment": "stock.none,0",
            ])
    }

    /// An order with its shipment; answers the shipment.
    @discardableResult
    public mutating func announce(
        _ supplier: Int64, _ reference: String, _ lines: [(product: Int64, quantity: Int64)], unit: Int64 = 1
    ) -> Int64 {
        let order = order(supplier, "PO-\(reference)", lines, unit: unit)
        let shipment = store.insert(
            "stock.shipment.in",
            [
                "number": .string("\(store.all("stock.shipment.in").count + 1)"), "reference": .string(reference),
                "state": "draft",
                "supplier": .int(supplier), "supplier_location": 6, "warehouse": 5, "warehouse_input": 1,
                "warehouse_storage": 3,
                "origins": .string("\(order) [PO-\(reference)]"),
                "planned_date": .object([("__class__", "date"), ("year", 2026), ("month", 11), ("day", 22)]),
            ])
        for move in store.all("stock.move", where: { $0["purchase"] == .int(order) }) {
            store.set(
                "stock.move", TrytonStore.id(move), ["shipment": .string("stock.shipment.in,\(shipment)")])
        }
        linkOrders()
        return shipment
    }

    /// All that is announced comes on this day: a demonstration is of today.
    public mutating func expectShipments(year: Int, month: Int, day: Int) {
        let planned = JSON.object([
            ("__class__", "date"), ("year", .int(Int64(year))), ("month", .int(Int64(month))),
            ("day", .int(Int64(day))),
        ])
        for shipment in store.all("stock.shipment.in") {
            store.set("stock.shipment.in", TrytonStore.id(shipment), ["planned_date": planned])
        }
    }

    /// An order whose goods are announced on no shipment; answers its id, which is its number.
    @discardableResult
    public mutating func order(
        _ supplier: Int64, _ reference: String, _ lines: [(product: Int64, quantity: Int64)], unit: Int64 = 1
    ) -> Int64 {
        let order = store.insert(
            "purchase.purchase", ["reference": .string(reference), "party": .int(supplier), "shipments": []])
        store.set("purchase.purchase", order, ["number": .string("\(order)")])
        for (product, quantity) in lines {
            let line = store.insert("purchase.line", ["quantity": .int(quantity), "unit": .int(unit)])
            store.insert(
                "stock.move",
                [
                    "product": .int(product), "quantity": .int(quantity), "unit": .int(unit), "from_location": 6,
                    "to_location": 1, "state": "draft", "origin": .string("purchase.line,\(line)"),
                    "purchase": .int(order), "shipment": .null,
                    "unit_price": .object([("__class__", "Decimal"), ("decimal", "4.10")]), "currency": 1,
                ])
        }
        return order
    }

    /// The shipments of every order, as its moves tell them.
    mutating func linkOrders() {
        for order in store.all("purchase.purchase") {
            let moves = store.all("stock.move") { $0["purchase"] == order["id"] }
            let ids = moves.compactMap { move -> Int64? in
                guard let text = move["shipment"]?.text, text.hasPrefix("stock.shipment.in,") else { return nil }
                return Int64(text.dropFirst("stock.shipment.in,".count))
            }
            store.tables["purchase.purchase"]?[TrytonStore.id(order)]?["shipments"] = .array(
                Set(ids).sorted().map { .int($0) })
        }
    }

    /// Somebody there takes a line of an order onto another shipment.
    public mutating func takeByHand(_ move: Int64, onto shipment: Int64) {
        store.set("stock.move", move, ["shipment": .string("stock.shipment.in,\(shipment)")])
        linkOrders()
    }

    /// Somebody there receives pieces of an order's line on a receipt of their own.
    public mutating func deliverByHand(line: Int64, _ quantity: Int64) {
        let origin = JSON.string("purchase.line,\(line)")
        guard var move = store.all("stock.move", where: { $0["origin"] == origin }).first else { return }
        move["quantity"] = .int(quantity)
        move["to_location"] = 2
        move["state"] = "done"
        move["shipment"] = "stock.none,0"
        store.insert("stock.move", move)
    }

    /// Moves of an order that are on no shipment.
    public func toCome(_ order: Int64) -> [(id: Int64, product: Int64, quantity: Double)] {
        store.all("stock.move") {
            $0["purchase"] == .int(order) && $0["state"] == "draft" && ($0["shipment"] ?? .null) == .null
        }.map { (TrytonStore.id($0), $0["product"]?.integer ?? 0, $0["quantity"]?.double ?? 0) }
    }

    /// Somebody receives a shipment in the ERP itself.
    public mutating func receiveByHand(_ shipment: Int64) throws {
        try button("stock.shipment.in", "receive", shipment, [])
        try button("stock.shipment.in", isModern ? "do" : "done", shipment, [])
    }

    public mutating func cancelByHand(_ shipment: Int64) {
        store.set("stock.shipment.in", shipment, ["state": "cancelled"])
    }

    /// The connector of a move on a shipment: article, quantity, lot.
    public func lines(of shipment: Int64) -> [(id: Int64, product: Int64, quantity: Double)] {
        store.held("stock.shipment.in", "incoming_moves", of: shipment).map {
            (TrytonStore.id($0), $0["product"]?.integer ?? 0, $0["quantity"]?.double ?? 0)
        }
    }

    public func state(_ model: String, _ id: Int64) -> String { store.row(model, id)?["state"]?.text ?? "" }
}
