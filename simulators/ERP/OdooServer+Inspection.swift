import Model

/// What tests put in and look at.
extension OdooServer {
    @discardableResult
    public mutating func addProduct(
        _ name: String, code: String, barcode: String?, tracking: String = "none", unit: Int64 = 1
    ) -> Int64 {
        insert(
            "product.product",
            [
                "name": .string(name), "default_code": .string(code), "barcode": barcode.map { .string($0) } ?? false,
                "tracking": .string(tracking), "uom_id": .int(unit), "type": series >= 18 ? "consu" : "product",
                "active": true,
            ])
    }

    /// All that is announced comes on this day, such as 2026-11-28: a demonstration is of today.
    public mutating func expectReceipts(on day: String) {
        for id in tables.records["stock.picking", default: [:]].keys {
            set("stock.picking", id, "scheduled_date", .string("\(day) 06:00:00"))
        }
    }

    /// An announced receipt, ready to be scanned.
    @discardableResult
    public mutating func addReceipt(
        supplier: Int64, origin: String, lines: [(product: Int64, quantity: Double)], unit: Int64? = nil,
        type: Int64 = 1
    ) -> Int64 {
        let number = String((tables.next["stock.picking"] ?? 1) + 100_000).dropFirst()
        let id = insert(
            "stock.picking",
            [
                "name": .string("WH/IN/\(number)"), "origin": .string(origin), "partner_id": .int(supplier),
                "scheduled_date": .string(series >= 19 ? "2026-11-21 05:59:12" : "2026-11-21 05:58:03"),
                "picking_type_id": .int(type), "location_id": .int(vendors),
                "location_dest_id": raw("stock.picking.type", type, "default_location_dest_id"),
                "company_id": raw("stock.picking.type", type, "company_id"),
            ])
        for (product, quantity) in lines {
            let move = insert(
                "stock.move",
                [
                    "product_id": .int(product), "product_uom_qty": .number(quantity),
                    "product_uom": .int(unit ?? self.unit(ofProduct: product) ?? 1), "picking_id": .int(id),
                    "state": "assigned", "location_id": .int(vendors),
                    "location_dest_id": raw("stock.picking", id, "location_dest_id"),
                ])
            makeLines(move)
        }
        return id
    }

    /// A contact of a company.
    @discardableResult
    public mutating func addContact(_ name: String, phone: String, of parent: Int64) -> Int64 {
        insert(
            "res.partner",
            ["name": .string(name), "phone": .string(phone), "parent_id": .int(parent), "active": true])
    }

    @discardableResult
    public mutating func addLot(_ name: String, product: Int64) -> Int64 {
        insert(lotModel, ["name": .string(name), "product_id": .int(product), "company_id": 1])
    }

    /// A put-away rule: part of an announced article goes to another place.
    public mutating func putAway(_ quantity: Double, of product: Int64, inReceipt id: Int64, to location: Int64) {
        guard
            let line = links("stock.picking", id, "move_line_ids").first(where: {
                link("stock.move.line", $0, "product_id") == product
            }), var copy = tables.records["stock.move.line"]?[line]
        else { return }
        let field = series >= 17 ? "quantity" : series == 16 ? "reserved_uom_qty" : "product_uom_qty"
        set("stock.move.line", line, field, .number(number("stock.move.line", line, field) - quantity))
        copy[field] = .number(quantity)
        copy["location_dest_id"] = .int(location)
        _ = insert("stock.move.line", copy)
    }

    public func lot(named name: String, product: Int64) -> Int64? {
        ids(lotModel).first { text(lotModel, $0, "name") == name && link(lotModel, $0, "product_id") == product }
    }

    /// Goods that come or go by other hands.
    public mutating func move(product: Int64, location: Int64? = nil, lot: Int64? = nil, by quantity: Double) {
        addStock(product, location ?? stockLocation, lot, quantity)
    }

    /// Somebody validates a receipt with these quantities by article; nothing else comes any more.
    public mutating func receive(_ picking: Int64, _ quantities: [Int64: Double]) {
        for line in links("stock.picking", picking, "move_line_ids") {
            guard let quantity = quantities[link("stock.move.line", line, "product_id") ?? 0] else { continue }
            set("stock.move.line", line, doneField, .number(quantity))
            if series >= 17 { set("stock.move.line", line, "picked", true) }
        }
        _ = try? validate([picking], .object([("skip_backorder", true)]))
    }

    public mutating func cancel(_ picking: Int64) {
        for move in links("stock.picking", picking, movesField) {
            set("stock.move", move, "state", "cancel")
            for line in links("stock.move", move, "move_line_ids") { tables.records["stock.move.line"]?[line] = nil }
        }
    }

    public mutating func delete(_ model: String, _ id: Int64) { tables.records[model]?[id] = nil }

    /// A new password for a user; the old one and the key are refused from now on.
    public mutating func changePassword(of login: String, to password: String) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].password = password
        users[index].key = password
    }

    public mutating func forbid(_ models: Set<String>, to login: String) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].forbidden.formUnion(models)
    }

    /// Without module phone_validation.
    public mutating func removePhoneModule() {
        schema["res.partner"]?.removeAll { ["phone_sanitized", "phone_mobile_search"].contains($0.name) }
    }

    /// In a location and the places below it; nil: everywhere.
    public func onHand(product: Int64, location: Int64? = nil) -> Double { stock(product: product, location: location) }

    public func onHand(lotNamed name: String, product: Int64) -> Double {
        ids(lotModel).filter { text(lotModel, $0, "name") == name && link(lotModel, $0, "product_id") == product }
            .reduce(0) { $0 + onHand(lot: $1) }
    }

    /// `draft`, `assigned`, `done`, `cancel`; nil: gone.
    public func state(ofReceipt id: Int64) -> String? { exists("stock.picking", id) ? pickingState(id) : nil }

    public func receipts(origin: String) -> [Int64] {
        ids("stock.picking").filter { text("stock.picking", $0, "origin") == origin }
    }

    /// What came out of another: announced quantities by article.
    public func backorder(of id: Int64) -> [Int64: Double]? {
        guard let other = ids("stock.picking").first(where: { link("stock.picking", $0, "backorder_id") == id }) else {
            return nil
        }
        var quantities: [Int64: Double] = [:]
        for move in links("stock.picking", other, movesField) {
            quantities[link("stock.move", move, "product_id") ?? 0, default: 0] += number(
                "stock.move", move, "product_uom_qty")
        }
        return quantities
    }

    /// The moves of a receipt by article.
    public func moves(ofReceipt id: Int64) -> [Int64: [Int64]] {
        Dictionary(grouping: links("stock.picking", id, movesField)) { link("stock.move", $0, "product_id") ?? 0 }
    }

    /// The texts of the notes on a client, as HTML.
    public func notes(ofPartner id: Int64) -> [String] {
        ids("mail.message").filter { link("mail.message", $0, "res_id") == id }.map { text("mail.message", $0, "body") }
    }

    public func activities(ofPartner id: Int64) -> [String] {
        ids("mail.activity").filter { link("mail.activity", $0, "res_id") == id }.map {
            text("mail.activity", $0, "summary")
        }
    }

    /// Whose the activities on a client are.
    public func assignees(ofPartner id: Int64) -> [Int64] {
        ids("mail.activity").filter { link("mail.activity", $0, "res_id") == id }.map {
            link("mail.activity", $0, "user_id") ?? 0
        }
    }

    public func partners(ref: String) -> [Int64] {
        ids("res.partner").filter { text("res.partner", $0, "ref") == ref }
    }

    public func value(_ model: String, _ id: Int64, _ name: String) -> String { raw(model, id, name).description }
}

extension OdooServer {
    /// Gives the lines of a receipt these lots in turn, marks them as seen, and validates it where wanted.
    public mutating func receive(_ picking: Int64, lots: [String], validates: Bool) {
        for (line, lot) in zip(links("stock.picking", picking, "move_line_ids"), lots) {
            set("stock.move.line", line, "lot_name", .string(lot))
            if series >= 17 { set("stock.move.line", line, "picked", true) }
            if series < 17, validates {
                let announced = series == 16 ? "reserved_uom_qty" : "product_uom_qty"
                set("stock.move.line", line, "qty_done", raw("stock.move.line", line, announced))
            }
        }
        if validates { _ = try? validate([picking], .object([("skip_backorder", true)])) }
    }

    /// Somebody counts: a quant of the Stock location, made where there is none.
    public mutating func count(quant id: Int64, product: Int64, as quantity: Double) {
        if !exists("stock.quant", id) {
            _ = insert("stock.quant", ["product_id": .int(product), "location_id": .int(stockLocation)], id: id)
        }
        try? writeQuant(id, .object([("inventory_quantity", .number(quantity))]))
    }

    /// Another warehouse, maybe of another company: its types of operation, `CODE/Stock`.
    @discardableResult
    public mutating func addWarehouse(
        _ name: String, code: String, company: String? = nil
    ) -> (id: Int64, stock: Int64, receipts: Int64, transfers: Int64) {
        let owner = company.map { insert("res.company", ["name": .string($0)]) } ?? 1
        let base: Record = ["company_id": .int(owner)]
        let view = insert(
            "stock.location",
            base.merging(["name": .string(code), "complete_name": .string(code), "usage": "view"]) { $1 })
        let stock = insert(
            "stock.location",
            base.merging([
                "name": "Stock", "complete_name": .string("\(code)/Stock"), "usage": "internal",
                "location_id": .int(view),
            ]) { $1 })
        let house = insert(
            "stock.warehouse",
            base.merging([
                "name": .string(name), "code": .string(code), "lot_stock_id": .int(stock),
                "view_location_id": .int(view), "reception_steps": "one_step",
            ]) { $1 })
        let common = base.merging(["warehouse_id": .int(house), "default_location_dest_id": .int(stock)]) { $1 }
        let receipts = insert(
            "stock.picking.type",
            common.merging([
                "name": "Receipts", "code": "incoming", "sequence": 1, "sequence_code": "IN",
                "default_location_src_id": .int(vendors),
            ]) { $1 })
        let transfers = insert(
            "stock.picking.type",
            common.merging([
                "name": "Internal Transfers", "code": "internal", "sequence": 4, "sequence_code": "INT",
                "default_location_src_id": .int(stock),
            ]) { $1 })
        set("stock.warehouse", house, "in_type_id", .int(receipts))
        set("stock.warehouse", house, "int_type_id", .int(transfers))
        return (house, stock, receipts, transfers)
    }

    /// Scrapped quantities by article, of what is done.
    public func scrapped(origin: String) -> [Int64: Double] {
        var sums: [Int64: Double] = [:]
        for id in ids("stock.scrap") where text("stock.scrap", id, "origin") == origin {
            guard text("stock.scrap", id, "state") == "done" else { continue }
            sums[link("stock.scrap", id, "product_id") ?? 0, default: 0] += number("stock.scrap", id, "scrap_qty")
        }
        return sums
    }

    /// Counts that wait to be applied.
    public var waitingCounts: Int {
        ids("stock.quant").filter { truth("stock.quant", $0, "inventory_quantity_set") }.count
    }
}
