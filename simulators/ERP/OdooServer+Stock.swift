import Model

/// Receipts, as series 14 to 19 were seen to treat them (addons/stock, stock_picking.py).
extension OdooServer {
    func pickingState(_ id: Int64) -> String {
        let states = links("stock.picking", id, movesField).map { text("stock.move", $0, "state") }
        if states.isEmpty || states.contains("draft") { return "draft" }
        if states.allSatisfy({ $0 == "cancel" }) { return "cancel" }
        if states.allSatisfy({ ["done", "cancel"].contains($0) }) { return "done" }
        return states.contains { ["assigned", "partially_available"].contains($0) } ? "assigned" : "confirmed"
    }

    private func isOpen(_ move: Int64) -> Bool {
        ["assigned", "partially_available", "confirmed"].contains(text("stock.move", move, "state"))
    }

    /// Takes from stock: transfers, and what goes back.
    private func isTransfer(_ picking: Int64) -> Bool {
        link("stock.picking", picking, "location_id").map { isInternal($0) } == true
    }

    mutating func createPicking(_ values: JSON) throws(OdooError) -> Int64 {
        let type = values["picking_type_id"]?.integer
        let isInternal = type.map { text("stock.picking.type", $0, "code") } == "internal"
        let kin = ids("stock.picking").filter { text("stock.picking", $0, "name").hasPrefix("WH/INT/") }.count
        let number = isInternal ? Int64(kin) + 1 : tables.next["stock.picking"] ?? 1
        let name = "WH/\(isInternal ? "INT" : "IN")/\(String(number + 100_000).dropFirst())"
        var rest = values.with("name", .string(name))
        if let type { rest = rest.with("company_id", raw("stock.picking.type", type, "company_id")) }
        if rest["scheduled_date"] == nil { rest = rest.with("scheduled_date", "2026-11-22 06:00:00") }
        return try createPlain("stock.picking", rest)
    }

    mutating func createMove(_ values: JSON) throws(OdooError) -> Int64 {
        var rest = values
        if rest["state"] == nil { rest = rest.with("state", "draft") }
        if rest["product_uom"] == nil {
            rest = rest.with("product_uom", .int(unit(ofProduct: rest["product_id"]?.integer) ?? 1))
        }
        return try createPlain("stock.move", rest)
    }

    /// Moves of one article become one, and the lines are made.
    mutating func confirm(_ picking: Int64) throws(OdooError) {
        // Moves of one article are one, but for what goes back of different ones (`_prepare_merge_moves_distinct_fields`).
        var first: [[Int64]: Int64] = [:]
        for move in links("stock.picking", picking, movesField) where text("stock.move", move, "state") == "draft" {
            let product = [
                link("stock.move", move, "product_id") ?? 0, link("stock.move", move, "origin_returned_move_id") ?? 0,
            ]
            if let earlier = first[product] {
                let sum =
                    number("stock.move", earlier, "product_uom_qty") + number("stock.move", move, "product_uom_qty")
                set("stock.move", earlier, "product_uom_qty", .number(sum))
                tables.records["stock.move"]?[move] = nil
            } else {
                first[product] = move
                // What is taken from stock waits until it is reserved.
                set("stock.move", move, "state", isTransfer(picking) ? "confirmed" : "assigned")
            }
        }
        guard !isTransfer(picking) else { return }
        for move in first.values.sorted() { makeLines(move) }
    }

    /// What is announced: from 17 on the done quantity says it already.
    mutating func makeLines(_ move: Int64) {
        let product = link("stock.move", move, "product_id") ?? 0
        let demand = number("stock.move", move, "product_uom_qty")
        let isSerial = text("product.product", product, "tracking") == "serial"
        let count = isSerial ? Int(demand) : 1
        for _ in 0..<max(count, 0) {
            let share = JSON.number(isSerial ? 1 : demand)
            var line: Record = [
                "product_id": .int(product), "product_uom_id": raw("stock.move", move, "product_uom"),
                "picking_id": raw("stock.move", move, "picking_id"), "move_id": .int(move),
                "location_id": raw("stock.move", move, "location_id"),
                "location_dest_id": raw("stock.move", move, "location_dest_id"),
            ]
            if series >= 17 { line["quantity"] = share }
            if series == 16 { line["reserved_uom_qty"] = share }
            if series < 16 { line["product_uom_qty"] = share }
            _ = insert("stock.move.line", line)
        }
    }

    /// A line with no move joins a move of its article, or makes one; on a done receipt it moves stock at once.
    mutating func createLine(_ values: JSON) throws(OdooError) -> Int64 {
        var rest = values
        guard let product = values["product_id"]?.integer else { return try createPlain("stock.move.line", values) }
        _ = try existing("product.product", [product])
        if rest["picking_id"] == nil, let move = rest["move_id"]?.integer {
            rest = rest.with("picking_id", raw("stock.move", move, "picking_id"))
        }
        let picking = rest["picking_id"]?.integer ?? 0
        let isDone = exists("stock.picking", picking) && pickingState(picking) == "done"
        if rest["move_id"] == nil {
            let moves = links("stock.picking", picking, movesField)
            let fit = moves.first { move in
                link("stock.move", move, "product_id") == product && isOpen(move)
            }
            let made = Record(
                uniqueKeysWithValues: [
                    ("product_id", .int(product)), ("product_uom", rest["product_uom_id"] ?? 1),
                    ("picking_id", .int(picking)), ("state", isDone ? "done" : "assigned"), ("name", "New move"),
                    ("location_id", rest["location_id"] ?? raw("stock.picking", picking, "location_id")),
                    ("location_dest_id", rest["location_dest_id"] ?? raw("stock.picking", picking, "location_dest_id")),
                ])
            let move = fit ?? insert("stock.move", made)
            rest = rest.with("move_id", .int(move))
        }
        let id = try createPlain("stock.move.line", rest)
        if text("stock.move.line", id, "state") == "done" {
            writesOnDone += 1
            try moveStock(id, ownQuantity(id, doneField))
        }
        return id
    }

    mutating func writeLine(_ id: Int64, _ values: JSON) throws(OdooError) {
        let before = ownQuantity(id, doneField)
        let isDone = text("stock.move.line", id, "state") == "done"
        try writePlain("stock.move.line", [id], values)
        guard isDone else { return }
        writesOnDone += 1
        try moveStock(id, ownQuantity(id, doneField) - before)
    }

    mutating func createLot(_ values: JSON) throws(OdooError) -> Int64 {
        let id = try createPlain(lotModel, values)
        let (name, product) = (text(lotModel, id, "name"), link(lotModel, id, "product_id") ?? 0)
        let twins = ids(lotModel).filter {
            text(lotModel, $0, "name") == name && link(lotModel, $0, "product_id") == product
        }
        guard twins.count == 1 else {
            throw .validation(
                "The combination of serial number and product must be unique across a company.\nFollowing combination "
                    + "contains duplicates:\n - Product: \(displayName("product.product", product)), "
                    + "Serial Number: \(name)"
            )
        }
        return id
    }

    // MARK: Validation

    private func isSeen(_ line: Int64) -> Bool {
        series >= 17 ? truth("stock.move.line", line, "picked") : number("stock.move.line", line, "qty_done") != 0
    }

    mutating func validate(_ pickings: [Int64], _ context: JSON) throws(OdooError) -> JSON {
        for id in pickings {
            switch pickingState(id) {
            case "done" where series >= 18: return true
            case "done":
                throw .user(
                    "You cannot validate a transfer that is done already: nothing to check the availability for.")
            case "cancel": throw .user("You cannot validate a cancelled transfer.")
            case "draft": try confirm(id)
            default: break
            }
            let lines = links("stock.picking", id, "move_line_ids")
            if lines.isEmpty {
                throw .user("You cannot validate a transfer if no quantities are reserved nor done.")
            }
            if !lines.contains(where: { isSeen($0) }) {
                if series < 17 {
                    guard context["skip_immediate"] != true else {
                        throw .user("You cannot validate a transfer if no quantities are reserved nor done.")
                    }
                    return action("Immediate Transfer?", "stock.immediate.transfer", id, context)
                }
                // Nobody scanned anything: all that is announced counts as received.
                for line in lines { set("stock.move.line", line, "picked", true) }
            }
            try checkTracking(lines.filter { isSeen($0) })
            if context["skip_expired"] != true, let question = expiryQuestion(id, lines, context) { return question }
            // Module stock_sms, which is there with every stock to 18: the first delivery asks.
            let code = link("stock.picking", id, "picking_type_id").map { text("stock.picking.type", $0, "code") }
            if series <= 18, code == "outgoing", context["skip_sms"] != true {
                return action("SMS", "confirm.stock.sms", id, context)
            }
            // Before what the caller says.
            let rule = link("stock.picking", id, "picking_type_id").map {
                text("stock.picking.type", $0, "create_backorder")
            }
            let isAsked = rule != "always" && rule != "never"
            if isAsked, isShort(id), alwaysAsks || context["skip_backorder"] != true {
                return action("Create Backorder?", "stock.backorder.confirmation", id, context)
            }
            let given = context["picking_ids_not_to_backorder"]?.list?.compactMap(\.integer) ?? []
            try finish(id, backorder: rule == "always" || rule != "never" && !given.contains(id))
        }
        return true
    }

    private func action(_ name: String, _ model: String, _ picking: Int64, _ context: JSON) -> JSON {
        let view: Int64 = series >= 19 ? 1159 : 1047
        let context = context.with("button_validate_picking_ids", [.int(picking)]).with("default_show_transfers", false)
            .with("default_pick_ids", [[4, .int(picking)]])
        return .object([
            ("name", .string(name)), ("type", "ir.actions.act_window"), ("view_mode", "form"),
            ("res_model", .string(model)), ("views", [[.int(view), "form"]]), ("view_id", .int(view)),
            ("target", "new"), ("context", context),
        ])
    }

    private func checkTracking(_ lines: [Int64]) throws(OdooError) {
        var missing: [String] = []
        for line in lines {
            let product = link("stock.move.line", line, "product_id") ?? 0
            let tracking = text("product.product", product, "tracking")
            guard tracking == "lot" || tracking == "serial" else { continue }
            let name = displayName("product.product", product)
            if link("stock.move.line", line, "lot_id") == nil, text("stock.move.line", line, "lot_name").isEmpty {
                if !missing.contains(name) { missing.append(name) }
            } else if tracking == "serial", ownQuantity(line, doneField) != 1 {
                throw .user("You can only process 1.0 Units of products with unique serial number: \(name).")
            }
        }
        guard missing.isEmpty else {
            let list = missing.map { "\n - \($0)" }.joined()
            throw .user("You need to supply a Lot/Serial Number for product: \(list)")
        }
    }

    private func isShort(_ picking: Int64) -> Bool {
        links("stock.picking", picking, movesField).contains { move in
            isOpen(move)
                && seen(move) < number("stock.move", move, "product_uom_qty")
        }
    }

    private func seen(_ move: Int64) -> Double {
        links("stock.move", move, "move_line_ids").filter { isSeen($0) }
            .reduce(0) {
                $0
                    + converted(
                        number("stock.move.line", $1, doneField), from: link("stock.move.line", $1, "product_uom_id"),
                        to: link("stock.move", move, "product_uom"))
            }
    }

    /// Receives what was seen; the rest goes to a new receipt, or is given up.
    private mutating func finish(_ picking: Int64, backorder: Bool) throws(OdooError) {
        var rest: [(product: Int64, quantity: Double, move: Int64)] = []
        for move in links("stock.picking", picking, movesField) where isOpen(move) {
            let demand = number("stock.move", move, "product_uom_qty")
            let done = seen(move)
            if done < demand { rest.append((link("stock.move", move, "product_id") ?? 0, demand - done, move)) }
            for line in links("stock.move", move, "move_line_ids") {
                release(line)
                guard isSeen(line) else {
                    tables.records["stock.move.line"]?[line] = nil
                    continue
                }
                if !isTransfer(picking) { try giveLot(line) }
                // Whose a receipt is, its goods are (`_action_done`).
                if let owner = link("stock.picking", picking, "owner_id") {
                    set("stock.move.line", line, "owner_id", .int(owner))
                }
                try moveStock(line, ownQuantity(line, doneField))
            }
            set("stock.move", move, "state", done > 0 ? "done" : "cancel")
            guard done > 0, done < demand else { continue }
            set("stock.move", move, "product_uom_qty", .number(done))
            if !backorder, var given = tables.records["stock.move"]?[move] {
                // What is given up stays behind.
                given["product_uom_qty"] = .number(demand - done)
                given["state"] = "cancel"
                _ = insert("stock.move", given)
            }
        }
        try checkPackages(picking)
        try pushOn(picking)
        guard backorder, !rest.isEmpty else { return }
        let isTransfer = isTransfer(picking)
        var copy = tables.records["stock.picking"]?[picking] ?? [:]
        copy["backorder_id"] = .int(picking)
        copy["name"] = .string("WH/IN/\(String((tables.next["stock.picking"] ?? 1) + 100_000).dropFirst())")
        let other = insert("stock.picking", copy)
        for (_, quantity, move) in rest {
            var record = tables.records["stock.move"]?[move] ?? [:]
            record["picking_id"] = .int(other)
            record["product_uom_qty"] = .number(quantity)
            record["state"] = isTransfer ? "confirmed" : "assigned"
            // A move of which nothing came goes over as it is.
            let moved = text("stock.move", move, "state") == "cancel" ? move : insert("stock.move", record)
            tables.records["stock.move"]?[moved] = record
            if !isTransfer { makeLines(moved) }
        }
        if isTransfer { try assign(other) }
    }

    private mutating func giveLot(_ line: Int64) throws(OdooError) {
        let product = link("stock.move.line", line, "product_id") ?? 0
        let name = text("stock.move.line", line, "lot_name")
        let isSerial = text("product.product", product, "tracking") == "serial"
        if link("stock.move.line", line, "lot_id") == nil, !name.isEmpty {
            let known = ids(lotModel).first {
                text(lotModel, $0, "name") == name && link(lotModel, $0, "product_id") == product
            }
            // A serial number by its name is a new one: a second of that name is refused.
            let values = JSON.object([("name", .string(name)), ("product_id", .int(product)), ("company_id", 1)])
            var lot = isSerial ? nil : known
            if lot == nil {
                let expiry = raw("stock.move.line", line, "expiration_date")
                lot = try createLot(hasExpiry ? values.with("expiration_date", expiry) : values)
            }
            guard let lot else { return }
            set("stock.move.line", line, "lot_id", .int(lot))
        }
        if isSerial, let lot = link("stock.move.line", line, "lot_id"), onHand(lot: lot) > 0 {
            throw .validation(
                "The serial number has already been assigned: \n Product: \(displayName("product.product", product)), "
                    + "Serial Number: \(text(lotModel, lot, "name"))")
        }
    }

    mutating func processBackorder(_ wizard: Int64, _ call: OdooInvocation) throws(OdooError) {
        // Without the action's context the real one does not know what to validate.
        let toValidate = call.context["button_validate_picking_ids"]?.list?.compactMap(\.integer) ?? []
        let lines = links("stock.backorder.confirmation", wizard, "backorder_confirmation_line_ids")
        for picking in links("stock.backorder.confirmation", wizard, "pick_ids") where toValidate.contains(picking) {
            let line = lines.first { link("stock.backorder.confirmation.line", $0, "picking_id") == picking }
            let isWanted = line.map { truth("stock.backorder.confirmation.line", $0, "to_backorder") } ?? true
            if pickingState(picking) == "assigned" {
                try finish(picking, backorder: call.method == "process" && isWanted)
            }
        }
    }
}
