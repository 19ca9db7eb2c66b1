import Model

/// Moves between places, scrap, dates of expiry and the trail of counts (addons/stock, addons/product_expiry).
extension OdooServer {
    func reference(ofMove move: Int64) -> JSON {
        if let picking = link("stock.move", move, "picking_id") { return raw("stock.picking", picking, "name") }
        return tables.records["stock.move"]?[move]?[series >= 19 ? "inventory_name" : "name"] ?? false
    }

    // MARK: Reservation

    /// Takes what is free at the source, oldest quant first.
    mutating func assign(_ picking: Int64) throws(OdooError) {
        for move in links("stock.picking", picking, movesField) {
            guard ["confirmed", "partially_available"].contains(text("stock.move", move, "state")) else { continue }
            let product = link("stock.move", move, "product_id") ?? 0
            let from = link("stock.move", move, "location_id") ?? 0
            var missing =
                converted(
                    number("stock.move", move, "product_uom_qty"), from: link("stock.move", move, "product_uom"),
                    to: unit(ofProduct: product))
                - links("stock.move", move, "move_line_ids").reduce(0) {
                    $0 + number("stock.move.line", $1, "_reserved")
                }
            for quant in ids("stock.quant") where missing > 0 && link("stock.quant", quant, "product_id") == product {
                let place = link("stock.quant", quant, "location_id") ?? 0
                guard isInternal(place), ancestry("stock.location", place).contains(from) else { continue }
                let free = number("stock.quant", quant, "quantity") - number("stock.quant", quant, "reserved_quantity")
                let share = min(free, missing)
                guard share > 0 else { continue }
                reserve(share, of: quant, for: move)
                missing -= share
            }
            let hasLines = !links("stock.move", move, "move_line_ids").isEmpty
            set("stock.move", move, "state", missing <= 0 ? "assigned" : hasLines ? "partially_available" : "confirmed")
        }
    }

    private mutating func reserve(_ share: Double, of quant: Int64, for move: Int64) {
        let product = link("stock.quant", quant, "product_id")
        let reserved = number("stock.quant", quant, "reserved_quantity") + share
        set("stock.quant", quant, "reserved_quantity", .number(reserved))
        var line: Record = [
            "product_id": product.map { .int($0) } ?? false,
            "product_uom_id": unit(ofProduct: product).map { .int($0) } ?? false,
            "picking_id": raw("stock.move", move, "picking_id"), "move_id": .int(move),
            "location_id": raw("stock.quant", quant, "location_id"), "lot_id": raw("stock.quant", quant, "lot_id"),
            "package_id": raw("stock.quant", quant, "package_id"), "owner_id": raw("stock.quant", quant, "owner_id"),
            "location_dest_id": raw("stock.move", move, "location_dest_id"), "_reserved": .number(share),
            "_quant": .int(quant),
        ]
        if series >= 17 { line["quantity"] = .number(share) }
        if series == 16 { line["reserved_uom_qty"] = .number(share) }
        if series < 16 { line["product_uom_qty"] = .number(share) }
        _ = insert("stock.move.line", line)
    }

    mutating func release(_ line: Int64) {
        guard let record = tables.records["stock.move.line"]?[line], let quant = record["_quant"]?.integer,
            let share = record["_reserved"]?.double
        else { return }
        let rest = number("stock.quant", quant, "reserved_quantity") - share
        set("stock.quant", quant, "reserved_quantity", .number(max(0, rest)))
        set("stock.move.line", line, "_reserved", .number(0))
    }

    // MARK: Counts

    mutating func clearCount(_ quant: Int64) {
        set("stock.quant", quant, "inventory_quantity_set", false)
        set("stock.quant", quant, "inventory_quantity", .number(0))
        set("stock.quant", quant, "inventory_diff_quantity", .number(0))
    }

    /// The stock move of a count: `inventory_name` of the context is its name, in some series with the user's behind.
    mutating func noteAdjustment(_ quant: Int64, _ difference: Double, _ user: User, _ context: JSON) {
        var name = context["inventory_name"]?.text ?? "Product Quantity \(difference == 0 ? "Confirmed" : "Updated")"
        if series >= 16 { name += " (\(user.login))" }
        let place = raw("stock.quant", quant, "location_id")
        let product = raw("stock.quant", quant, "product_id")
        let ends: (from: JSON, to: JSON) = difference < 0 ? (place, .int(adjustments)) : (.int(adjustments), place)
        let unit = unit(ofProduct: product.integer).map { JSON.int($0) } ?? false
        let move = insert(
            "stock.move",
            [
                series >= 19 ? "inventory_name" : "name": .string(name), "is_inventory": true, "state": "done",
                "product_id": product, "product_uom": unit, "product_uom_qty": .number(difference.magnitude),
                "location_id": ends.from, "location_dest_id": ends.to, "date": "2026-11-22 06:00:00",
            ])
        _ = insert(
            "stock.move.line",
            [
                "move_id": .int(move), "product_id": product, "product_uom_id": unit,
                doneField: .number(difference.magnitude), "lot_id": raw("stock.quant", quant, "lot_id"),
                "location_id": ends.from, "location_dest_id": ends.to, "date": "2026-11-22 06:00:00",
            ])
    }

    // MARK: Scrap

    /// An action in place of a result where there is not enough: of the lot, in the package that is named or in none, in
    /// the place itself and none below it (`check_available_qty`).
    mutating func scrap(_ id: Int64) throws(OdooError) -> JSON? {
        guard text("stock.scrap", id, "state") != "done" else { return nil }
        let product = link("stock.scrap", id, "product_id") ?? 0
        let location = link("stock.scrap", id, "location_id") ?? stockLocation
        let lot = link("stock.scrap", id, "lot_id")
        if text("product.product", product, "tracking") != "none", lot == nil {
            throw .user(
                "You need to supply a Lot/Serial Number for product: \n - \(displayName("product.product", product))")
        }
        let quantity = converted(
            number("stock.scrap", id, "scrap_qty"), from: link("stock.scrap", id, "product_uom_id"),
            to: unit(ofProduct: product))
        let (package, owner) = (link("stock.scrap", id, "package_id"), link("stock.scrap", id, "owner_id"))
        guard let quant = quant(product, location, lot, package: package, owner: owner),
            number("stock.quant", quant, "quantity") >= quantity
        else {
            return .object([
                ("name", "Insufficient Quantity To Scrap"), ("type", "ir.actions.act_window"),
                ("res_model", "stock.warn.insufficient.qty.scrap"), ("view_mode", "form"), ("target", "new"),
            ])
        }
        addStock(product, location, lot, -quantity, package: package, owner: owner)
        addStock(product, link("stock.scrap", id, "scrap_location_id") ?? scrapped, lot, quantity, owner: owner)
        set("stock.scrap", id, "state", "done")
        return nil
    }

    // MARK: Expiry

    var hasExpiry: Bool { schema[lotModel]?.contains { $0.name == "expiration_date" } == true }

    /// From 19 on a new lot without a date is asked about.
    func expiryQuestion(_ picking: Int64, _ lines: [Int64], _ context: JSON) -> JSON? {
        guard series >= 19, hasExpiry else { return nil }
        let isMissing = lines.contains { line in
            truth("product.product", link("stock.move.line", line, "product_id") ?? 0, "use_expiration_date")
                && truth("stock.move.line", line, "picked") && link("stock.move.line", line, "lot_id") == nil
                && text("stock.move.line", line, "expiration_date").isEmpty
        }
        guard isMissing else { return nil }
        let context = context.with("button_validate_picking_ids", [.int(picking)])
            .with("default_picking_ids", [[6, 0, [.int(picking)]]]).with("default_lot_ids", [[6, 0, []]])
        return .object([
            ("name", "Confirmation"), ("type", "ir.actions.act_window"),
            ("res_model", "expiry.picking.confirmation"), ("view_mode", "form"), ("views", [[1441, "form"]]),
            ("view_id", 1441), ("target", "new"), ("context", context),
        ])
    }

    /// Module product_expiry; these articles have a date.
    public mutating func addExpiry(to products: [Int64]) {
        let series = series
        func field(_ text: String) -> [OdooField] { OdooField.list(text, series: series) }
        schema["product.product"]?.append(contentsOf: field("use_expiration_date:boolean"))
        schema["stock.move.line"]?.append(contentsOf: field("expiration_date:datetime"))
        schema[lotModel]?.append(contentsOf: field("expiration_date:datetime"))
        schema["expiry.picking.confirmation"] = field(
            "id:integer picking_ids:many2many>stock.picking lot_ids:many2many>\(lotModel)")
        for product in products { set("product.product", product, "use_expiration_date", true) }
    }

    public func expiry(ofLot name: String, product: Int64) -> String? {
        ids(lotModel).first { text(lotModel, $0, "name") == name && link(lotModel, $0, "product_id") == product }
            .map { text(lotModel, $0, "expiration_date") }
    }
}
