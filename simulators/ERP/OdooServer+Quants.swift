import Model

/// Stock and its counts (addons/stock, stock_quant.py).
extension OdooServer {
    /// Stock by place and lot: on hand is what lies in internal places.
    func quant(
        _ product: Int64, _ location: Int64, _ lot: Int64?, package: Int64? = nil, owner: Int64? = nil
    ) -> Int64? {
        // By the kept rows: these fields follow from nothing, and every change of stock comes by here.
        var found: Int64?
        for (id, row) in tables.records["stock.quant"] ?? [:]
        where row["product_id"]?.integer == product && row["location_id"]?.integer == location
            && row["lot_id"]?.integer == lot && row["package_id"]?.integer == package
            && row["owner_id"]?.integer == owner
        {
            found = min(found ?? id, id)
        }
        return found
    }

    func ancestry(_ model: String, _ id: Int64) -> [Int64] {
        let parent = model == "stock.location" ? "location_id" : "parent_id"
        var line = [id]
        while let next = link(model, line[line.count - 1], parent), !line.contains(next) { line.append(next) }
        return line
    }

    func isInternal(_ location: Int64) -> Bool { text("stock.location", location, "usage") == "internal" }

    func onHand(lot: Int64) -> Double {
        ids("stock.quant").filter {
            link("stock.quant", $0, "lot_id") == lot && isInternal(link("stock.quant", $0, "location_id") ?? 0)
        }.reduce(0) { $0 + number("stock.quant", $1, "quantity") }
    }

    func stock(product: Int64, location: Int64?) -> Double {
        ids("stock.quant").filter { quant in
            let place = link("stock.quant", quant, "location_id") ?? 0
            return link("stock.quant", quant, "product_id") == product && isInternal(place)
                && (location.map { ancestry("stock.location", place).contains($0) } ?? true)
        }.reduce(0) { $0 + number("stock.quant", $1, "quantity") }
    }

    mutating func addStock(
        _ product: Int64, _ location: Int64, _ lot: Int64?, _ quantity: Double, package: Int64? = nil,
        owner: Int64? = nil
    ) {
        let id =
            quant(product, location, lot, package: package, owner: owner)
            ?? insert(
                "stock.quant",
                [
                    "product_id": .int(product), "location_id": .int(location), "lot_id": lot.map { .int($0) } ?? false,
                    "package_id": package.map { .int($0) } ?? false, "owner_id": owner.map { .int($0) } ?? false,
                ])
        set("stock.quant", id, "quantity", .number(number("stock.quant", id, "quantity") + quantity))
    }

    mutating func moveStock(_ line: Int64, _ quantity: Double) throws(OdooError) {
        let product = link("stock.move.line", line, "product_id") ?? 0
        let lot = link("stock.move.line", line, "lot_id")
        // Where goods come from without end, nothing is kept here.
        if let from = link("stock.move.line", line, "location_id"), isInternal(from) || from == scrapped {
            addStock(
                product, from, lot, -quantity, package: link("stock.move.line", line, "package_id"),
                owner: link("stock.move.line", line, "owner_id"))
        }
        guard let to = link("stock.move.line", line, "location_dest_id") else { return }
        let package = link("stock.move.line", line, "result_package_id")
        addStock(product, to, lot, quantity, package: package, owner: link("stock.move.line", line, "owner_id"))
    }

    // MARK: Counts on quants, 15 and later

    func isOutdated(_ quant: Int64) -> Bool {
        let atCount =
            number("stock.quant", quant, "inventory_quantity") - number("stock.quant", quant, "inventory_diff_quantity")
        return truth("stock.quant", quant, "inventory_quantity_set")
            && atCount != number("stock.quant", quant, "quantity")
    }

    /// Finds the quant of the same article, place and lot by itself.
    mutating func createQuant(_ values: JSON) throws(OdooError) -> Int64 {
        guard let product = values["product_id"]?.integer, let location = values["location_id"]?.integer else {
            throw .validation("The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n")
        }
        let lot = values["lot_id"]?.integer
        var found = quant(product, location, lot)
        if found == nil {
            let values = JSON.object([
                ("product_id", .int(product)), ("location_id", .int(location)), ("lot_id", lot.map { .int($0) }),
            ])
            found = try createPlain("stock.quant", values)
        }
        guard let id = found else { return 0 }
        try writeQuant(id, .object([("inventory_quantity", values["inventory_quantity"])]))
        return id
    }

    mutating func writeQuant(_ id: Int64, _ values: JSON) throws(OdooError) {
        try writePlain("stock.quant", [id], values)
        guard let counted = values["inventory_quantity"]?.double else { return }
        if series < 15 {
            // Before 15 a count is the stock at once.
            set("stock.quant", id, "quantity", .number(counted))
            return
        }
        set("stock.quant", id, "inventory_quantity_set", true)
        set("stock.quant", id, "inventory_diff_quantity", .number(counted - number("stock.quant", id, "quantity")))
    }

    mutating func applyCounts(_ quants: [Int64], _ user: User, _ context: JSON) throws(OdooError) -> JSON? {
        if series <= 17, !user.isManager {
            throw .user(
                lang == "fr_FR"
                    ? "Seul un gestionnaire de stock peut valider un ajustement d'inventaire."
                    : "Only a stock manager can validate an inventory adjustment.")
        }
        let outdated = quants.filter { isOutdated($0) }
        let ids = JSON.array(quants.map { .int($0) })
        guard outdated.isEmpty else {
            let context = context.with("default_quant_ids", ids)
                .with("default_quant_to_fix_ids", .array(outdated.map { .int($0) }))
            return .object([
                ("name", "Conflict in Inventory Adjustment"), ("type", "ir.actions.act_window"), ("view_mode", "form"),
                ("views", [[false, "form"]]), ("res_model", "stock.inventory.conflict"), ("target", "new"),
                ("context", context),
            ])
        }
        let untracked = quants.filter { quant in
            let product = link("stock.quant", quant, "product_id") ?? 0
            return ["lot", "serial"].contains(text("product.product", product, "tracking"))
                && link("stock.quant", quant, "lot_id") == nil
                && number("stock.quant", quant, "inventory_quantity") != 0
                && number("stock.quant", quant, "quantity") == 0
        }
        guard untracked.isEmpty else {
            return .object([
                ("name", "Tracked Products in Inventory Adjustment"), ("type", "ir.actions.act_window"),
                ("res_model", "stock.track.confirmation"), ("context", context),
            ])
        }
        for quant in quants where truth("stock.quant", quant, "inventory_quantity_set") {
            let difference = number("stock.quant", quant, "inventory_diff_quantity")
            let quantity = number("stock.quant", quant, "quantity") + difference
            let product = link("stock.quant", quant, "product_id") ?? 0
            if quantity > 1, text("product.product", product, "tracking") == "serial" {
                throw .validation("A serial number should only be linked to a single product.")
            }
            noteAdjustment(quant, difference, user, context)
            set("stock.quant", quant, "quantity", .number(quantity))
            clearCount(quant)
        }
        return nil
    }

    mutating func solveConflict(_ call: OdooInvocation, _ user: User) throws(OdooError) -> JSON? {
        var answer: JSON?
        for wizard in try existing(call.model, call.ids) {
            let quants = links(call.model, wizard, "quant_ids")
            for quant in quants {
                let quantity = number("stock.quant", quant, "quantity")
                if call.method == "action_keep_difference" {
                    let sum = quantity + number("stock.quant", quant, "inventory_diff_quantity")
                    set("stock.quant", quant, "inventory_quantity", .number(sum))
                } else {
                    let difference = number("stock.quant", quant, "inventory_quantity") - quantity
                    set("stock.quant", quant, "inventory_diff_quantity", .number(difference))
                }
            }
            answer = try applyCounts(quants, user, call.context)
        }
        return answer
    }

    // MARK: Series 14

    mutating func startInventory(_ id: Int64) throws(OdooError) {
        guard text("stock.inventory", id, "state") == "draft" else { return }
        let places = links("stock.inventory", id, "location_ids")
        let products = links("stock.inventory", id, "product_ids")
        for quant in ids("stock.quant") {
            let (place, product) = (
                link("stock.quant", quant, "location_id") ?? 0, link("stock.quant", quant, "product_id") ?? 0
            )
            guard ancestry("stock.location", place).contains(where: { places.contains($0) }), isInternal(place),
                products.isEmpty || products.contains(product)
            else { continue }
            let quantity = raw("stock.quant", quant, "quantity")
            _ = insert(
                "stock.inventory.line",
                [
                    "inventory_id": .int(id), "product_id": .int(product), "location_id": .int(place),
                    "product_uom_id": 1,
                    "prod_lot_id": raw("stock.quant", quant, "lot_id"), "theoretical_qty": quantity,
                    "product_qty": quantity,
                ])
        }
        set("stock.inventory", id, "state", "confirm")
    }

    mutating func validateInventory(_ id: Int64, _ user: User) throws(OdooError) {
        guard user.isManager else { throw .user("Only a stock manager can validate an inventory adjustment.") }
        guard text("stock.inventory", id, "state") == "confirm" else {
            throw .user(
                "You can't validate the inventory, maybe this inventory has been validated already or isn't ready.")
        }
        for line in links("stock.inventory", id, "line_ids") {
            let model = "stock.inventory.line"
            let difference = number(model, line, "product_qty") - number(model, line, "theoretical_qty")
            guard difference != 0 else { continue }
            addStock(
                link(model, line, "product_id") ?? 0, link(model, line, "location_id") ?? 0,
                link(model, line, "prod_lot_id"), difference)
        }
        set("stock.inventory", id, "state", "done")
    }
}
