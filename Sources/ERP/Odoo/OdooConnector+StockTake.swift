import Model

/// A stock take (stock_quant.py): read the quants, write the counts, apply them in one call, read again. What is right
/// already is not written, so that pushing again does nothing.
extension OdooConnector {
    func count(_ push: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        let names = try await stockNames()
        let place = try await place(push.location)
        let articles = try await articles(
            ids: Set(push.lines.compactMap { $0.product.flatMap { Int64($0) } }),
            gtins: Set(push.lines.filter { $0.product.flatMap { Int64($0) } == nil }.map(\.gtin)))
        guard try await countsOnQuants() else {
            return try await countByInventory(push, place: place, articles: articles, names, dry: dry)
        }
        var take = try await self.take(push, place, articles)
        let counts = take.counts
        guard !counts.isEmpty else { return .done(id: String(place.id), "\(place.name) is as counted already.") }
        if let fault = take.unexplained() { throw fault }
        let lots = try await lotsToBe(of: counts, place: place, names, dry: dry)
        let writes = OdooConnector.writes(of: counts, lots: lots.ids)
        if dry {
            let ids = counts.compactMap { $0.quant?.id }
            return try await planned(lots.missing + writes + [OdooConnector.application(ids)])
        }
        var ids = Set(counts.compactMap { $0.quant?.id })
        for write in writes {
            let answer = try await send(write)
            if write.method == "create" { ids.formUnion(answer.odooIDs) }
        }
        let answer = try await send(OdooConnector.application(ids.sorted()))
        switch answer["res_model"]?.odooText {
        case "stock.inventory.conflict": try await solve(push, place, articles, ids: ids, answer)
        case "stock.track.confirmation":
            throw ERPFault(.rule, "Odoo wants lots or serial numbers for what was counted without.")
        default: break
        }
        take = try await self.take(push, place, articles)
        if let difference = take.difference() { throw ERPFault(.conflict, difference) }
        return .done(id: String(place.id), "The count of \(place.name) is applied.")
    }

    /// A location as resolved.
    struct Place: Sendable {
        var id: Int64
        var name: String
        var company: Int64?
    }

    /// By id, barcode, complete name or name, in this order.
    private func place(_ text: String) async throws(ERPFault) -> Place {
        let value = JSON.string(text)
        var domain: [JSON] = [
            "|", "|", .clause("barcode", "=", value), .clause("complete_name", "=", value), .clause("name", "=", value),
        ]
        if let id = Int64(text) { domain = ["|", .clause("id", "=", .int(id))] + domain }
        let found = try await records(
            .search("stock.location", domain, ["complete_name", "barcode", "name", "company_id"], order: "id"))
        let tests: [(JSON) -> Bool] = [
            { $0["id"]?.integer == Int64(text) && Int64(text) != nil }, { $0["barcode"]?.odooText == text },
            { $0["complete_name"]?.odooText == text }, { $0["name"]?.odooText == text },
        ]
        for test in tests {
            let hits = found.filter(test)
            guard let hit = hits.first, let id = hit["id"]?.integer else { continue }
            guard hits.count == 1 else { throw ERPFault(.rule, "Odoo has several locations “\(text)”.") }
            return Place(id: id, name: hit["complete_name"]?.odooText ?? text, company: hit["company_id"]?.odooID)
        }
        throw ERPFault(.gone, "Odoo has no location “\(text)”.")
    }

    private func countsOnQuants() async throws(ERPFault) -> Bool {
        if let countsOnQuants { return countsOnQuants }
        let answer = try await send(.fields("stock.quant", ["inventory_quantity_set"]))
        let counts = answer["inventory_quantity_set"] != nil
        countsOnQuants = counts
        return counts
    }

    private func take(
        _ push: StockTakePush, _ place: Place, _ articles: [Int64: OdooArticle]
    ) async throws(ERPFault) -> OdooStockTake {
        let products = push.lines.compactMap { OdooStockTake.product(of: $0, articles) }
        var domain = [
            JSON.clause("location_id", "child_of", .int(place.id)),
            JSON.clause("location_id.usage", "=", "internal"),
        ]
        if !push.isComplete { domain.insert(.clause("product_id", "in", .ids(Set(products).sorted())), at: 0) }
        let quants = try await records(.search("stock.quant", domain, OdooQuant.fields, order: "id"))
        return try OdooStockTake(
            push, location: place.id, quants: quants.compactMap { OdooQuant($0) }, articles: articles)
    }

    private static let context = [JSON.Member("inventory_mode", true)]

    private static func application(_ ids: [Int64]) -> OdooCall {
        .act("stock.quant", "action_apply_inventory", ids, context: context)
    }

    /// `create` finds an existing quant by itself, so that one call carries all counts; a zero and what is in a package
    /// are written by id.
    static func writes(of counts: [OdooStockTake.Count], lots: [OdooReception.LotKey: Int64]) -> [OdooCall] {
        var values: [JSON] = []
        var byQuantity: [(quantity: Double, ids: [Int64])] = []
        for count in counts {
            if let quant = count.quant, quant.isApart || count.quantity == 0 {
                if let index = byQuantity.firstIndex(where: { $0.quantity == count.quantity }) {
                    byQuantity[index].ids.append(quant.id)
                } else {
                    byQuantity.append((count.quantity, [quant.id]))
                }
                continue
            }
            let lot =
                count.quant?.lot ?? count.lot.flatMap { lots[OdooReception.LotKey(product: count.product, name: $0)] }
            values.append(
                .object([
                    ("product_id", .int(count.product)), ("location_id", .int(count.location)),
                    ("lot_id", lot.map { .int($0) }), ("inventory_quantity", .quantity(count.quantity)),
                ]))
        }
        let writes = byQuantity.map { quantity, ids in
            OdooCall.write(
                "stock.quant", ids,
                .object([("inventory_quantity", .quantity(quantity)), ("inventory_quantity_set", true)]),
                context: context)
        }
        return writes + (values.isEmpty ? [] : [.create("stock.quant", values, context: context)])
    }

    /// Lots of counts that have no quant: found, or made. `missing`: the calls that a dry run does not send.
    func lotsToBe(
        of counts: [OdooStockTake.Count], place: Place, _ names: OdooNames, dry: Bool
    ) async throws(ERPFault) -> (ids: [OdooReception.LotKey: Int64], missing: [OdooCall]) {
        var keys: Set<OdooReception.LotKey> = []
        for count in counts where count.quant == nil {
            if let lot = count.lot { keys.insert(OdooReception.LotKey(product: count.product, name: lot)) }
        }
        let found = try await lots(keys)
        let missing = keys.filter { found[$0] == nil }.sorted { ($0.product, $0.name) < ($1.product, $1.name) }
        guard !missing.isEmpty else { return (found, []) }
        let values = missing.map { key in
            JSON.object([
                ("name", .string(key.name)), ("product_id", .int(key.product)),
                ("company_id", place.company.map { .int($0) }),
            ])
        }
        let create = OdooCall.create(names.lot, values)
        if dry { return (found, [create]) }
        _ = try await send(create)
        return (try await lots(keys), [])
    }

    /// Stock moved between the count and its application: nothing is applied yet. Decided by our data.
    private func solve(
        _ push: StockTakePush, _ place: Place, _ articles: [Int64: OdooArticle], ids: Set<Int64>, _ action: JSON
    ) async throws(ERPFault) {
        let take = try await self.take(push, place, articles)
        let solutions = try take.solutions()
        let byDifference = ids.filter { solutions[$0] == .keepDifference }
        let byCount = ids.subtracting(byDifference)
        let outdated = Set(solutions.keys)
        for (ids, method) in [(byDifference, "action_keep_difference"), (byCount, "action_keep_counted_quantity")]
        where !ids.isEmpty {
            let base = (action["context"]?.fields ?? []).filter { !$0.name.hasPrefix("default_quant") }
            let context =
                base + [
                    JSON.Member("default_quant_ids", .ids(ids.sorted())),
                    JSON.Member("default_quant_to_fix_ids", .ids(ids.intersection(outdated).sorted())),
                ]
            let wizard = OdooCall.create("stock.inventory.conflict", [.members([])], context: context)
            guard let id = try await send(wizard).odooIDs.first else { continue }
            _ = try await send(.act("stock.inventory.conflict", method, [id], context: context))
        }
    }
}
