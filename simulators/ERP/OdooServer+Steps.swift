import Model

/// Receptions in two steps (addons/stock, stock_rule.py, `_run_push`): what comes in lies at `WH/Input`, and a transfer of Odoo's own, reserved
/// at once, is to bring it to `WH/Stock`.
extension OdooServer {
    /// From now on, what is announced already too. Answers the input place.
    @discardableResult
    public mutating func receiveInTwoSteps() -> Int64 {
        let input = insert(
            "stock.location",
            [
                "name": "Input", "complete_name": "WH/Input", "usage": "internal",
                "location_id": .int(stockLocation - 1), "company_id": 1,
            ])
        set("stock.warehouse", 1, "reception_steps", "two_steps")
        set("stock.picking.type", 1, "default_location_dest_id", .int(input))
        for picking in ids("stock.picking") where pickingState(picking) != "done" {
            set("stock.picking", picking, "location_dest_id", .int(input))
            for move in links("stock.picking", picking, movesField) {
                set("stock.move", move, "location_dest_id", .int(input))
                for line in links("stock.move", move, "move_line_ids") {
                    set("stock.move.line", line, "location_dest_id", .int(input))
                }
            }
        }
        return input
    }

    /// What was received goes on.
    mutating func pushOn(_ picking: Int64) throws(OdooError) {
        guard text("stock.warehouse", 1, "reception_steps") == "two_steps",
            text("stock.picking.type", link("stock.picking", picking, "picking_type_id") ?? 0, "code") == "incoming"
        else { return }
        let moves = links("stock.picking", picking, movesField).filter { text("stock.move", $0, "state") == "done" }
        guard let first = moves.first, let input = link("stock.move", first, "location_dest_id"),
            let type = link("stock.warehouse", 1, "int_type_id")
        else { return }
        let next = try createPicking(
            .object([
                ("picking_type_id", .int(type)), ("location_id", .int(input)),
                ("location_dest_id", .int(stockLocation)), ("origin", raw("stock.picking", picking, "origin")),
            ]))
        for move in moves {
            let made = try createMove(
                .object([
                    ("name", series >= 19 ? nil : "Push"), ("product_id", raw("stock.move", move, "product_id")),
                    ("product_uom_qty", raw("stock.move", move, "product_uom_qty")),
                    ("product_uom", raw("stock.move", move, "product_uom")), ("picking_id", .int(next)),
                    ("location_id", .int(input)), ("location_dest_id", .int(stockLocation)),
                ]))
            set("stock.move", made, "move_orig_ids", [.int(move)])
        }
        try confirm(next)
        try assign(next)
    }

    /// Transfers that go on from receipts: what each still has to move, by article; of what is done nothing.
    public var waitingSteps: [[Int64: Double]] {
        ids("stock.picking").compactMap { picking in
            let moves = links("stock.picking", picking, movesField).filter {
                !links("stock.move", $0, "move_orig_ids").isEmpty
                    && !["done", "cancel"].contains(text("stock.move", $0, "state"))
            }
            guard !moves.isEmpty else { return nil }
            return moves.reduce(into: [:]) {
                $0[link("stock.move", $1, "product_id") ?? 0, default: 0] += number("stock.move", $1, "product_uom_qty")
            }
        }
    }
}
