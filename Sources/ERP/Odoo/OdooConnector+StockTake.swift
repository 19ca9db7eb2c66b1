import Model

/// A stock take (stock_quant.py): read the quants, write the counts, apply them in one call, read again. What is right
/// already is not written, so that pushing again does nothing.
extension OdooConnector {
    func count(_ push: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        let names = try await stockNames()
        let place = try await place(push.location)
        let articles = try await articles(of: push.lines.map { ($0.product, $0.gtin) })
        guard try await countsOnQuants() else {
            try await refuseKits(Set(articles.keys), articles)
            return try await countByInventory(push, place: place, articles: articles, names, dry: dry)
        }
        var take = try await self.take(push, place, articles)
        try check(take, articles, try await signedIn().units)
        try await refuseTwice(&take, push, place)
        let counts = take.counts
        guard !counts.isEmpty else {
            let sentence =
                take.groups.contains { $0.applied != 0 }
                ? "The count of \(place.name) is applied." : "\(place.name) is as counted already."
            return .done(id: String(place.id), sentence + take.remarks)
        }
        if !take.isByDifference, let fault = take.unexplained() { throw fault }
        // What was never here by Odoo's book.
        try await refuseKits(Set(counts.filter { $0.quant == nil && $0.lot == nil }.map(\.product)), articles)
        let lots = try await lotsToBe(of: counts, place: place, names, dry: dry)
        let writes = OdooConnector.writes(of: counts, lots: lots.ids)
        if dry {
            let ids = counts.compactMap { $0.quant?.id }
            return try await planned(lots.missing + writes + [OdooConnector.application(ids, push.key)])
        }
        var ids = Set(counts.compactMap { $0.quant?.id })
        for write in writes {
            let answer = try await send(write)
            if write.method == "create" { ids.formUnion(answer.odooIDs) }
        }
        let answer = try await asManager(OdooConnector.application(ids.sorted(), push.key))
        switch answer["res_model"]?.odooText {
        case "stock.inventory.conflict" where take.isByDifference: try await keepDifference(take, ids: ids, answer)
        case "stock.inventory.conflict": try await solve(push, place, articles, ids: ids, answer)
        case "stock.track.confirmation":
            throw ERPFault(.rule, "Odoo wants lots or serial numbers for what was counted without.")
        default: break
        }
        try await verify(push, place, articles, take)
        return .done(id: String(place.id), "The count of \(place.name) is applied.\(take.remarks)")
    }

    private func check(
        _ take: OdooStockTake, _ articles: [Int64: OdooArticle], _ units: OdooUnits
    ) throws(ERPFault) {
        for group in take.groups where group.isCounted && !OdooNumber.areEqual(group.change, 0) {
            let unit = articles[group.product]?.unit
            if let fault = units.refusal(of: group.result.double, unit: unit, article: group.article) { throw fault }
        }
    }

    private func verify(
        _ push: StockTakePush, _ place: Place, _ articles: [Int64: OdooArticle], _ before: OdooStockTake
    ) async throws(ERPFault) {
        let take = try await self.take(push, place, articles, isReading: true)
        guard let difference = take.difference() else { return }
        // A server that does not keep our key with the move: its book says that it is done.
        let isThere = before.groups.allSatisfy { group in
            let now = take.groups.first { $0.product == group.product && $0.lot == group.lot }
            return OdooNumber.areEqual(now?.sum ?? 0, group.sum + group.change)
        }
        guard before.isByDifference, isThere else { throw ERPFault(.conflict, difference) }
    }

    /// Up to 17 only a manager may apply counts, and the refusal is a sentence in the user's language: the right is
    /// asked for, not read out of it.
    private func asManager(_ call: OdooCall) async throws(ERPFault) -> JSON {
        do {
            return try await send(call)
        } catch {
            guard error.kind == .rule, try await isManager() == false else { throw error }
            throw ERPFault(.right, error.sentence)
        }
    }

    /// Whether the user may apply counts; nil where that is not asked (18 and later).
    func isManager() async throws(ERPFault) -> Bool? {
        guard try await signedIn().major <= 17 else { return nil }
        let call = OdooCall(
            model: "res.users", method: "has_group",
            arguments: [JSON.Member("group_ext_id", "stock.group_stock_manager")])
        do {
            return try await send(call).truth
        } catch  where !error.isPassing && error.kind != .credentials {
            return nil
        }
    }

    /// A serial number that is somewhere else by Odoo's book would be there twice.
    private func refuseTwice(
        _ take: inout OdooStockTake, _ push: StockTakePush, _ place: Place
    ) async throws(ERPFault) {
        let found = take.counts.filter {
            $0.lot != nil && $0.isSerial && $0.quantity > 0 && ($0.quant?.quantity ?? 0) <= 0
        }
        guard !found.isEmpty else { return }
        let quants = try await records(
            .search(
                "stock.quant",
                [
                    .clause("product_id", "in", .ids(Set(found.map(\.product)).sorted())),
                    .clause("lot_id.name", "in", .texts(Set(found.compactMap(\.lot)).sorted())),
                    .clause("location_id.usage", "=", "internal"), .clause("quantity", ">", 0),
                ], ["product_id", "location_id", "lot_id"], order: "id"))
        for quant in quants {
            guard let lot = quant["lot_id"]?.odooName,
                let count = found.first(where: { $0.lot == lot && $0.product == quant["product_id"]?.odooID }),
                quant["location_id"]?.odooID != count.location
            else { continue }
            if take.leaveOut(product: count.product, lot: lot, push) { continue }
            let other = quant["location_id"]?.odooName ?? "another place"
            throw ERPFault(
                .conflict, "\(count.article) is in \(other) by Odoo's book: move it from there, it cannot be twice.")
        }
    }

    /// A location as resolved.
    struct Place: Sendable {
        var id: Int64
        var name: String
        var company: Int64?
    }

    /// By id, barcode, complete name or name, in this order.
    func place(_ text: String) async throws(ERPFault) -> Place {
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

    func countsOnQuants() async throws(ERPFault) -> Bool {
        if let countsOnQuants { return countsOnQuants }
        let answer = try await send(.fields("stock.quant", ["inventory_quantity_set"]))
        let counts = answer["inventory_quantity_set"] != nil
        countsOnQuants = counts
        return counts
    }

    private func take(
        _ push: StockTakePush, _ place: Place, _ articles: [Int64: OdooArticle], isReading: Bool = false
    ) async throws(ERPFault) -> OdooStockTake {
        let counted = Set(push.lines.compactMap { OdooStockTake.product(of: $0, articles) })
        let products = push.isComplete ? nil : counted
        return try OdooStockTake(
            push, location: place.id, quants: try await quants(at: place.id, products: products), articles: articles,
            applied: push.isByDifference ? try await applied(push.key, products) : [:], isReading: isReading)
    }

    /// What the stock moves that carry our key have changed: how a count that is applied is known again. The name of
    /// such a move is the context's `inventory_name`, in some series with the user's behind it.
    /// `products`: of these; nil: of all.
    private func applied(
        _ key: String, _ products: Set<Int64>?
    ) async throws(ERPFault) -> [OdooReception.LotKey: Double] {
        let names = try await stockNames()
        var domain = [JSON.clause("move_id.reference", "=like", .string("\(key)%")), .clause("state", "=", "done")]
        if let products { domain.insert(.clause("product_id", "in", .ids(products.sorted())), at: 0) }
        let lines = try await records(
            .search(
                "stock.move.line", domain,
                ["reference", "product_id", "lot_id", names.done, "location_id", "location_dest_id"], order: "id")
        ).filter { line in
            let reference = line["reference"]?.odooText
            return reference == key || reference?.hasPrefix("\(key) (") == true
        }
        let ends = Set(lines.flatMap { [$0["location_id"]?.odooID, $0["location_dest_id"]?.odooID] }.compactMap { $0 })
        guard !ends.isEmpty else { return [:] }
        let places = try await records(.read("stock.location", ends.sorted(), ["usage"]))
        let adjustments = Set(
            places.filter { $0["usage"]?.odooText == "inventory" }.compactMap { $0["id"]?.integer })
        var applied: [OdooReception.LotKey: Double] = [:]
        for line in lines {
            guard let product = line["product_id"]?.odooID, let from = line["location_id"]?.odooID else { continue }
            let quantity = line[names.done]?.double ?? 0
            let key = OdooReception.LotKey(product: product, name: line["lot_id"]?.odooName ?? "")
            applied[key, default: 0] += adjustments.contains(from) ? quantity : -quantity
        }
        return applied
    }

    private static let context = [JSON.Member("inventory_mode", true)]

    private static func application(_ ids: [Int64], _ key: String) -> OdooCall {
        .act(
            "stock.quant", "action_apply_inventory", ids,
            context: context + [JSON.Member("inventory_name", .string(key))])
    }

    /// With what a complete count sets to zero, for people.
    static func noted(_ call: OdooCall, _ counts: [OdooStockTake.Count]) -> OdooCall {
        var call = call
        call.note = OdooStockTake.uncounted(counts)
        return call
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
            let call = OdooCall.write(
                "stock.quant", ids,
                .object([("inventory_quantity", .quantity(quantity)), ("inventory_quantity_set", true)]),
                context: context)
            return noted(call, counts.filter { $0.quant.map { ids.contains($0.id) } ?? false })
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

    /// Stock moved between the count and its application: the difference is what was counted. Less than nothing is for
    /// a person, and the counts are taken back.
    private func keepDifference(_ take: OdooStockTake, ids: Set<Int64>, _ action: JSON) async throws(ERPFault) {
        let quants = try await records(.read("stock.quant", ids.sorted(), OdooQuant.fields)).compactMap {
            OdooQuant($0)
        }
        if let short = quants.first(where: { $0.difference < 0 && $0.quantity + $0.difference < -0.000_01 }) {
            let isNew = try await signedIn().major >= 17
            let method = isNew ? "action_clear_inventory_quantity" : "action_set_inventory_quantity_to_zero"
            _ = try? await send(.act("stock.quant", method, ids.sorted(), context: OdooConnector.context))
            let lot = short.lotName.map { ", lot \($0)" } ?? ""
            throw ERPFault(
                .conflict,
                "\(short.productName)\(lot): \(OdooNumber.text(-short.difference)) are missing by the count, but Odoo has "
                    + "only \(OdooNumber.text(short.quantity)) there now.")
        }
        try await answer(
            action, "action_keep_difference", ids: ids, outdated: Set(quants.filter(\.isOutdated).map(\.id)))
    }

    /// The wizard of a conflict.
    private func answer(
        _ action: JSON, _ method: String, ids: Set<Int64>, outdated: Set<Int64>
    ) async throws(ERPFault) {
        let base = (action["context"]?.fields ?? []).filter { !$0.name.hasPrefix("default_quant") }
        let context =
            base + [
                JSON.Member("default_quant_ids", .ids(ids.sorted())),
                JSON.Member("default_quant_to_fix_ids", .ids(ids.intersection(outdated).sorted())),
            ]
        let wizard = OdooCall.create("stock.inventory.conflict", [.members([])], context: context)
        guard let id = try await send(wizard).odooIDs.first else { return }
        _ = try await send(.act("stock.inventory.conflict", method, [id], context: context))
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
            try await answer(action, method, ids: ids, outdated: outdated)
        }
    }
}
