import Model

/// Goods put away or moved: an internal transfer with our key as its origin (stock_picking.py). Its lines say what is taken
/// where, and of which lot: Odoo's own choice would be the oldest.
extension OdooConnector {
    /// `usage`: of the place that they come from.
    func move(
        _ push: TransferPush, usage: String = "internal", dry: Bool, after: ERPFault?
    ) async throws(ERPFault) -> PushOutcome {
        guard push.lines.contains(where: { $0.quantity > 0 }) else {
            throw ERPFault(.rule, "Nothing was moved: there is no transfer to make.")
        }
        let names = try await stockNames()
        let units = try await signedIn().units
        let known = try await articles(of: push.lines.map { ($0.product, $0.gtin) })
        let (parts, articles) = try await withoutKits(push, articles: known)
        let transfer = try OdooTransfer(parts, articles: articles)
        for need in transfer.needs {
            if let fault = units.refusal(of: need.quantity.double, unit: need.unit, article: need.article) {
                throw fault
            }
        }
        let found = try await keyed(push.key, usage)
        var moving = Moving(rest: transfer, usage: usage, own: found.own)
        for step in found.steps where step["state"]?.odooText == "done" {
            guard let id = step["id"]?.integer else { continue }
            let picking = try await picking(id, names)
            moving.rest = moving.rest.without(picking.lines, units)
            moving.say("\(picking.name) was done already.", id)
        }
        switch found.own?["state"]?.odooText {
        case "cancel": throw ERPFault(.gone, "\(moving.name) is cancelled in Odoo.")
        case "done": return try await confirmed(moving, push, names)
        default: break
        }
        if moving.rest.needs.isEmpty { return moving.outcome }
        return try await carry(push, moving, dry: dry, after: after)
    }

    /// How far a transfer has come.
    private struct Moving: Sendable {
        var rest: OdooTransfer
        var usage: String
        /// The one of our own, where it is made.
        var own: JSON?
        var sentences: [String] = []
        var last: Int64?

        var number: Int64? { own?["id"]?.integer }
        var name: String { own?["name"]?.odooText ?? "transfer \(number ?? 0)" }
        var outcome: PushOutcome { .done(id: last.map { String($0) } ?? "", sentences.joined(separator: " ")) }

        mutating func say(_ sentence: String, _ id: Int64) {
            sentences.append(sentence)
            last = id
        }
    }

    /// Ours was done by an earlier push. What it has no line of was there already, as a serial number may be.
    private func confirmed(
        _ moving: Moving, _ push: TransferPush, _ names: OdooNames
    ) async throws(ERPFault) -> PushOutcome {
        var rest = moving.rest
        let picking = try await picking(moving.number ?? 0, names)
        let others = rest.needs.filter { need in
            need.tracking == .serial && !picking.lines.contains { $0.lotName == need.lot }
        }
        if !others.isEmpty {
            let there = try await quants(at: try await place(push.to).id, products: Set(others.map(\.product)))
            rest.needs.removeAll { others.contains($0) && OdooConnector.holds(there, $0) }
        }
        return try outcome(rest, picking, try await signedIn().units, "\(moving.name) was done already.")
    }

    private func carry(
        _ push: TransferPush, _ before: Moving, dry: Bool, after: ERPFault?
    ) async throws(ERPFault) -> PushOutcome {
        var moving = before
        let names = try await stockNames()
        let (from, to) = (try await place(push.from), try await place(push.to))
        guard from.id != to.id else { throw ERPFault(.rule, "\(from.name) is both ends of the transfer.") }
        let products = Set(moving.rest.needs.map(\.product))
        let source = try await quants(at: from.id, products: products, usage: moving.usage)
        var there = try await quants(at: to.id, products: products)
        // A serial number that somebody brought there in Odoo is where it is to be.
        let isInside = to.name.hasPrefix(from.name + "/")
        let brought = there.filter { quant in isInside || !source.contains { $0.id == quant.id } }
        for need in moving.rest.needs where need.tracking == .serial && OdooConnector.holds(brought, need) {
            moving.rest.needs.removeAll { $0 == need }
            moving.say("\(need.article) is in \(to.name) already.", moving.last ?? to.id)
        }
        if moving.rest.needs.isEmpty { return moving.outcome }
        // What lies where it goes to is not taken, but for a place that is inside it: back from a bin to its zone.
        if there.contains(where: { $0.location == from.id }) { there = [] }
        var shares: [OdooTransfer.Share]
        do {
            shares = try moving.rest.shares(
                from: from.id, name: from.name, quants: source, there: Set(there.map(\.id)))
        } catch  where error.kind == .conflict {
            throw try await elsewhere(error, moving.rest, source, there, company: from.company)
        }
        shares = OdooTransfer.keepingPackages(shares, contents: try await contents(Set(shares.compactMap(\.package))))
        var plan: [OdooCall] = []
        if moving.number == nil, moving.usage == "internal" {
            for picking in try await follow(
                &shares, push.key, from: from.id, to: to.id, names, dry: dry, &plan)
            {
                moving.say("\(picking.name) is done: from \(from.name) to \(to.name).", picking.id)
            }
            moving.rest = moving.rest.only(shares)
            if moving.rest.needs.isEmpty { return try await dry ? planned(plan) : moving.outcome }
        }
        var number = moving.number
        if number == nil {
            if let after { throw after }
            let create = try await creation(push, moving.rest, from: from, to: to, names)
            if dry {
                let steps = steps(0, shares, to: to.id, moves: [:], old: [], names)
                return try await planned(plan + [create, .act("stock.picking", "action_confirm", [0])] + steps)
            }
            number = try await send(create).odooIDs.first
        }
        guard let number else { throw ERPFault(.conflict, "Odoo made no transfer and did not say why.") }
        if moving.own?["state"]?.odooText ?? "draft" == "draft", !dry {
            _ = try await send(.act("stock.picking", "action_confirm", [number]))
        }
        // One move for each article: the confirmation makes one of several.
        let moves = try await records(
            .search("stock.move", [.clause("picking_id", "=", .int(number))], OdooMove.fields, order: "id")
        ).compactMap { OdooMove($0) }
        let old = try await picking(number, names).lines
        let steps = steps(
            number, shares, to: to.id, moves: Dictionary(moves.map { ($0.product, $0.id) }) { first, _ in first },
            old: old.map(\.id), names)
        if dry { return try await planned(steps) }
        let result = try await done(number, names, asking: try await send(steps))
        moving.say("\(result.name) is done: from \(from.name) to \(to.name).", result.id)
        return try outcome(
            moving.rest, result, try await signedIn().units, moving.sentences.joined(separator: " "))
    }

    /// With where the goods are by Odoo's book, if not at the source: a receipt in two steps, a move that somebody made there.
    private func elsewhere(
        _ fault: ERPFault, _ transfer: OdooTransfer, _ source: [OdooQuant], _ there: [OdooQuant], company: Int64?
    ) async throws(ERPFault) -> ERPFault {
        let known = Set((source + there).map(\.id))
        let all = try await quants(ofCompany: company, products: Set(transfer.needs.map(\.product)))
        let short = transfer.needs.first { need in
            let has = source.filter { quant in
                quant.product == need.product && (need.lot == nil || quant.lotName == need.lot)
                    && !there.contains { $0.id == quant.id }
            }.reduce(0) { $0 + $1.quantity }
            return has < need.quantity.double - 0.000_01
        }
        let far = all.filter { quant in
            !known.contains(quant.id) && quant.quantity > 0 && quant.product == short?.product
                && (short?.lot == nil || quant.lotName == short?.lot)
        }
        guard !far.isEmpty else { return fault }
        let list = far.prefix(3).map { "\($0.locationName) \(OdooNumber.text($0.quantity))" }.joined(separator: ", ")
        return ERPFault(.conflict, "\(fault.sentence) Elsewhere it has: \(list).")
    }

    private static func holds(_ quants: [OdooQuant], _ need: OdooTransfer.Need) -> Bool {
        quants.contains { $0.product == need.product && $0.lotName == need.lot && $0.quantity > 0 }
    }

    /// Transfers that have our key: one of our own by its origin, and those of Odoo that it was done in by their note. The rest of such a
    /// one keeps its note, and is none.
    private func keyed(_ key: String, _ usage: String) async throws(ERPFault) -> (own: JSON?, steps: [JSON]) {
        let found = try await records(
            .search(
                "stock.picking", ["|", .clause("origin", "=", .string(key)), .clause("note", "ilike", .string(key))],
                ["name", "state", "origin", "note", "backorder_id"], order: "id"))
        let own = found.first { $0["origin"]?.odooText == key }
        guard usage == "internal" else { return (own, []) }
        let noted = found.filter {
            $0["origin"]?.odooText != key && OdooCorrection.holds($0["note"]?.odooText, key)
        }
        let ids = Set(noted.compactMap { $0["id"]?.integer })
        return (own, noted.filter { !($0["backorder_id"]?.odooID.map(ids.contains) ?? false) })
    }

    /// One call after the other; what Odoo asks instead of doing the last.
    func send(_ calls: [OdooCall]) async throws(ERPFault) -> String? {
        var question: String?
        for call in calls {
            let answer = try await send(call)
            if answer["res_model"] != nil { question = answer["name"]?.odooText }
        }
        return question
    }

    func outcome(
        _ transfer: OdooTransfer, _ picking: OdooPicking, _ units: OdooUnits, _ sentence: String
    ) throws(ERPFault) -> PushOutcome {
        if let difference = transfer.difference(picking, units) { throw ERPFault(.conflict, difference) }
        return .done(id: String(picking.id), sentence)
    }

    /// All lines in one write, absolute: what Odoo reserved, or an earlier push wrote, goes.
    private func steps(
        _ id: Int64, _ shares: [OdooTransfer.Share], to: Int64, moves: [Int64: Int64], old: [Int64], _ names: OdooNames
    ) -> [OdooCall] {
        let new: [JSON] = shares.map { share in
            [0, 0, OdooConnector.values(share, move: moves[share.product], to: to, names)]
        }
        let commands: [JSON] = old.map { [2, .int($0)] } + new
        return [
            .write("stock.picking", [id], .object([("move_line_ids", .array(commands))])),
            .act("stock.picking", "button_validate", [id], context: [JSON.Member("skip_backorder", true)]),
        ]
    }

    private func creation(
        _ push: TransferPush, _ transfer: OdooTransfer, from: Place, to: Place, _ names: OdooNames
    ) async throws(ERPFault) -> OdooCall {
        let type = try await transferType(from)
        let hasName = try await send(.fields("stock.move", ["name"]))["name"] != nil
        var sums: [(need: OdooTransfer.Need, quantity: Quantity)] = []
        for need in transfer.needs {
            if let index = sums.firstIndex(where: { $0.need.product == need.product }) {
                sums[index].quantity += need.quantity
            } else {
                sums.append((need, need.quantity))
            }
        }
        let moves = sums.map { need, quantity in
            OdooConnector.newMove(
                hasName ? need.name : nil, product: need.product, quantity, unit: need.unit, from: from.id, to: to.id)
        }
        return .create(
            "stock.picking",
            [
                .object([
                    ("picking_type_id", .int(type)), ("location_id", .int(from.id)), ("location_dest_id", .int(to.id)),
                    ("origin", .string(push.key)), (names.moves, .array(moves)),
                ])
            ])
    }

    /// The internal transfers of the warehouse that the source is in, or else of its company.
    private func transferType(_ from: Place) async throws(ERPFault) -> Int64 {
        let houses = try await records(
            .search(
                "stock.warehouse", [.clause("view_location_id", "parent_of", .int(from.id))], ["int_type_id"],
                order: "id",
                limit: 1))
        if let type = houses.first?["int_type_id"]?.odooID { return type }
        var domain = [JSON.clause("code", "=", "internal")]
        if let company = from.company { domain.append(.clause("company_id", "=", .int(company))) }
        let types = try await records(.search("stock.picking.type", domain, ["name"], order: "sequence, id", limit: 1))
        guard let type = types.first?["id"]?.integer else {
            throw ERPFault(.unsupported, "Odoo has no operation type for internal transfers.")
        }
        return type
    }
}
