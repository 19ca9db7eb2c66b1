import Model

/// A stock take on Odoo 14, whose `stock.inventory` holds the counts until it is validated. Our key is
/// its name.
extension OdooConnector {
    func countByInventory(
        _ push: StockTakePush, place: Place, articles: [Int64: OdooArticle], _ names: OdooNames, dry: Bool
    ) async throws(ERPFault) -> PushOutcome {
        let found = try await records(
            .search(
                "stock.inventory", [.clause("name", "=", .string(push.key)), .clause("state", "!=", "cancel")],
                ["state"], order: "id", limit: 1)
        ).first
        // Throws where an article is unknown, before anything is made.
        let wanted = try OdooStockTake(push, location: place.id, quants: [], articles: articles, isReading: true)
        let products = Set(wanted.groups.map(\.product))
        let done = PushOutcome.done(
            id: found?["id"]?.integer.map { String($0) } ?? "",
            "The count of \(place.name) is applied.")
        if found?["state"]?.odooText == "done" { return done }
        let create = OdooCall.create(
            "stock.inventory",
            [
                .object([
                    ("name", .string(push.key)), ("location_ids", [[6, 0, [.int(place.id)]]]),
                    ("product_ids", push.isComplete ? nil : [[6, 0, .ids(products.sorted())]]),
                ])
            ])
        if dry, found == nil {
            let start = OdooCall.act("stock.inventory", "action_start", [0])
            return try await planned([create, start, .act("stock.inventory", "action_validate", [0])])
        }
        var id = found?["id"]?.integer
        if id == nil { id = try await send(create).odooIDs.first }
        guard let id else { throw ERPFault(.conflict, "Odoo made no stock take and did not say why.") }
        let start = OdooCall.act("stock.inventory", "action_start", [id])
        let validate = OdooCall.act("stock.inventory", "action_validate", [id])
        if found?["state"]?.odooText ?? "draft" == "draft" {
            if dry { return try await planned([start, validate]) }
            _ = try await send(start)
        }
        let lines = try await records(
            .search(
                "stock.inventory.line", [.clause("inventory_id", "=", .int(id))],
                ["product_id", "location_id", "prod_lot_id", "theoretical_qty", "product_qty"], order: "id"))
        var take = try OdooStockTake(
            push, location: place.id, quants: lines.compactMap { OdooConnector.quant(of: $0) }, articles: articles)
        // Lines may be there with a count of zero, as the stock take is set up.
        take.writesAll = true
        let write = try await inventoryLines(take, id: id, place: place, articles, names, dry: dry)
        if dry { return try await planned(write + [validate]) }
        for call in write { _ = try await send(call) }
        let answer = try await send(validate)
        let state = try await records(.read("stock.inventory", [id], ["state"])).first?["state"]?.odooText
        guard state == "done" else {
            let question = answer["name"]?.odooText.map { " and asks “\($0)”" } ?? ""
            throw ERPFault(
                .conflict, "Odoo took the count of \(place.name), but it is still \(state ?? "nowhere")\(question).")
        }
        return .done(id: String(id), "The count of \(place.name) is applied.\(take.remarks)")
    }

    /// A line of the stock take, as if it were a quant: its theoretical quantity is the stock.
    private static func quant(of line: JSON) -> OdooQuant? {
        OdooQuant(
            .object([
                ("id", line["id"]), ("product_id", line["product_id"]), ("location_id", line["location_id"]),
                ("lot_id", line["prod_lot_id"]), ("quantity", line["theoretical_qty"]),
                ("inventory_quantity", line["product_qty"]), ("inventory_quantity_set", true),
            ]))
    }

    /// All counts in one write; lots that are missing before.
    private func inventoryLines(
        _ take: OdooStockTake, id: Int64, place: Place, _ articles: [Int64: OdooArticle], _ names: OdooNames, dry: Bool
    ) async throws(ERPFault) -> [OdooCall] {
        let counts = take.counts
        let (lots, missing) = try await lotsToBe(of: counts, place: place, names, dry: dry)
        let commands: [JSON] = counts.map { count in
            if let line = count.quant {
                return [1, .int(line.id), .object([("product_qty", .quantity(count.quantity))])]
            }
            let lot = count.lot.flatMap { lots[OdooReception.LotKey(product: count.product, name: $0)] }
            let values = JSON.object([
                ("product_id", .int(count.product)), ("location_id", .int(count.location)),
                ("product_uom_id", articles[count.product]?.unit.map { .int($0) }),
                ("prod_lot_id", lot.map { .int($0) }), ("product_qty", .quantity(count.quantity)),
            ])
            return [0, 0, values]
        }
        return missing + [
            OdooConnector.noted(
                .write("stock.inventory", [id], .object([("line_ids", .array(commands))])), counts)
        ]
    }
}
