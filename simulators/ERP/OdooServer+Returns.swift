import Model

/// What goes back, by the wizard (addons/stock, stock_picking_return.py). Nobody works out its form behind a call: lines and,
/// to 17, the place have to be given. More than was received is taken without a word, and stock goes below zero.
extension OdooServer {
    mutating func createWizard(_ values: JSON) throws(OdooError) -> Int64 {
        var values = values
        guard let picking = values["picking_id"]?.integer, exists("stock.picking", picking) else {
            throw .validation("The operation cannot be completed: a return needs a transfer.")
        }
        // Worked out by the server from 17 on.
        if series >= 17, pickingState(picking) != "done" { throw .user("You may only return Done pickings.") }
        if series == 17, values["location_id"] == nil {
            values = values.with("location_id", raw("stock.picking", picking, "location_id"))
        }
        return try createPlain("stock.return.picking", values)
    }

    /// The action that shows the new transfer: confirmed and reserved, under an origin of Odoo's own.
    mutating func createReturn(_ wizard: Int64) throws(OdooError) -> JSON {
        let model = "stock.return.picking"
        let picking = link(model, wizard, "picking_id") ?? 0
        let lines = links(model, wizard, "product_return_moves")
        let place = series <= 17 ? raw(model, wizard, "location_id") : raw("stock.picking", picking, "location_id")
        guard place.integer != nil else {
            throw .validation(
                "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n\nModel: Transfer "
                    + "(stock.picking)\nField: Destination Location (location_dest_id)\n")
        }
        if series <= 17, lines.contains(where: { link("\(model).line", $0, "move_id") == nil }) {
            throw .user("You have manually created product lines, please delete them to proceed.")
        }
        let wanted = lines.filter { number("\(model).line", $0, "quantity") != 0 }
        guard !wanted.isEmpty else { throw .user("Please specify at least one non-zero quantity.") }
        let type = link("stock.picking", picking, "picking_type_id") ?? 1
        let back = link("stock.picking.type", type, "return_picking_type_id") ?? type
        var copy = tables.records["stock.picking"]?[picking] ?? [:]
        let code = text("stock.picking.type", back, "sequence_code")
        copy["name"] = .string("WH/\(code)/\(String((tables.next["stock.picking"] ?? 1) + 100_000).dropFirst())")
        copy["picking_type_id"] = .int(back)
        copy["origin"] = .string("Return of \(text("stock.picking", picking, "name"))")
        copy["location_id"] = raw("stock.picking", picking, "location_dest_id")
        copy["location_dest_id"] = place
        copy["backorder_id"] = false
        let made = insert("stock.picking", copy)
        for line in wanted {
            let move = link("\(model).line", line, "move_id") ?? 0
            let product = link("\(model).line", line, "product_id")
            _ = insert(
                "stock.move",
                [
                    "name": copy["name"] ?? "", "picking_id": .int(made), "state": "draft",
                    "product_id": product.map { .int($0) } ?? false,
                    "product_uom_qty": .number(number("\(model).line", line, "quantity")),
                    // From 19 on a number is in the unit of what comes back.
                    "product_uom": series >= 19
                        ? raw("stock.move", move, "product_uom") : unit(ofProduct: product).map { .int($0) } ?? false,
                    "location_id": raw("stock.move", move, "location_dest_id"), "location_dest_id": place,
                    "origin_returned_move_id": .int(move), "create_uid": .int(current),
                ])
        }
        try confirm(made)
        try assign(made)
        return .object([
            ("name", "Returned Picking"), ("type", "ir.actions.act_window"), ("view_mode", "form"),
            ("res_model", "stock.picking"), ("res_id", .int(made)), ("context", .members([])),
        ])
    }

    // MARK: What tests look at

    /// Returns of a receipt's moves that are not cancelled: their states.
    public func returns(ofReceipt picking: Int64) -> [String] {
        let moves = Set(links("stock.picking", picking, movesField))
        let back = ids("stock.move").filter {
            moves.contains(link("stock.move", $0, "origin_returned_move_id") ?? 0)
        }
        return Set(back.compactMap { link("stock.move", $0, "picking_id") }).sorted().map { pickingState($0) }
            .filter { $0 != "cancel" }
    }

    /// Returns are of the type of what they come from.
    public mutating func removeReturnTypes() {
        for type in ids("stock.picking.type") { set("stock.picking.type", type, "return_picking_type_id", false) }
    }

    /// A customer sends goods back: a receipt of its own, ready to be scanned.
    @discardableResult
    public mutating func addCustomerReturn(
        of lines: [(product: Int64, quantity: Double)], delivery: String = "WH/OUT/00001"
    ) -> Int64 {
        let customers = insert(
            "stock.location", ["name": "Customers", "complete_name": "Partners/Customers", "usage": "customer"])
        let id = addReceipt(supplier: firstCustomer, origin: "Return of \(delivery)", lines: lines)
        set("stock.picking", id, "location_id", .int(customers))
        for move in links("stock.picking", id, movesField) {
            set("stock.move", move, "location_id", .int(customers))
            for line in links("stock.move", move, "move_line_ids") {
                set("stock.move.line", line, "location_id", .int(customers))
            }
        }
        return id
    }

    /// Puts goods from one place of stock to another, as a person does in Odoo.
    public mutating func carry(product: Int64, lot: Int64? = nil, from: Int64, to: Int64, _ quantity: Double) {
        addStock(product, from, lot, -quantity)
        addStock(product, to, lot, quantity)
    }

    /// Packs goods where they lie, as a person does in Odoo.
    public mutating func pack(product: Int64, lot: Int64? = nil, at place: Int64, _ quantity: Double, package: Int64) {
        addStock(product, place, lot, -quantity)
        addStock(product, place, lot, quantity, package: package)
    }

    /// What lies in packages of an article.
    public func packed(product: Int64) -> Double {
        ids("stock.quant").filter {
            link("stock.quant", $0, "product_id") == product && link("stock.quant", $0, "package_id") != nil
        }.reduce(0) { $0 + number("stock.quant", $1, "quantity") }
    }

    /// Open receipts that carry on another one.
    public func openBackorders(of picking: Int64) -> [Int64] {
        ids("stock.picking").filter {
            link("stock.picking", $0, "backorder_id") == picking && !["done", "cancel"].contains(pickingState($0))
        }
    }
}
