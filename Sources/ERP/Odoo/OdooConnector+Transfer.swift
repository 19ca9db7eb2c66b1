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
        var rest = transfer
        var sentences: [String] = []
        var last: Int64?
        for step in found.steps where step["state"]?.odooText == "done" {
            guard let id = step["id"]?.integer else { continue }
            let picking = try await picking(id, names)
            rest = rest.without(picking.lines, units)
            sentences.append("\(picking.name) was done already.")
            last = id
        }
        var number = found.own?["id"]?.integer
        if let number, let state = found.own?["state"]?.odooText {
            let name = found.own?["name"]?.odooText ?? "transfer \(number)"
            if state == "cancel" { throw ERPFault(.gone, "\(name) is cancelled in Odoo.") }
            if state == "done" {
                return try outcome(rest, try await picking(number, names), units, "\(name) was done already.")
            }
        }
        if let last, rest.needs.isEmpty { return .done(id: String(last), sentences.joined(separator: " ")) }
        let (from, to) = (try await place(push.from), try await place(push.to))
        guard from.id != to.id else { throw ERPFault(.rule, "\(from.name) is both ends of the transfer.") }
        let products = Set(rest.needs.map(\.product))
        // What lies where it goes to is not taken, but for a place that is inside it: back from a bin to its zone.
        var there = try await quants(at: to.id, products: products)
        if there.contains(where: { $0.location == from.id }) { there = [] }
        var shares = try rest.shares(
            from: from.id, name: from.name, quants: try await quants(at: from.id, products: products, usage: usage),
            there: Set(there.map(\.id)))
        shares = OdooTransfer.keepingPackages(shares, contents: try await contents(Set(shares.compactMap(\.package))))
        var plan: [OdooCall] = []
        if number == nil, usage == "internal" {
            for picking in try await follow(
                &shares, push.key, from: from.id, to: to.id, names, dry: dry, &plan)
            {
                sentences.append("\(picking.name) is done: from \(from.name) to \(to.name).")
                last = picking.id
            }
            rest = rest.only(shares)
            if rest.needs.isEmpty {
                if dry { return try await planned(plan) }
                return .done(id: last.map { String($0) } ?? "", sentences.joined(separator: " "))
            }
        }
        if number == nil {
            if let after { throw after }
            let create = try await creation(push, rest, from: from, to: to, names)
            if dry {
                let steps = steps(0, shares, to: to.id, moves: [:], old: [], names)
                return try await planned(plan + [create, .act("stock.picking", "action_confirm", [0])] + steps)
            }
            number = try await send(create).odooIDs.first
        }
        guard let number else { throw ERPFault(.conflict, "Odoo made no transfer and did not say why.") }
        if found.own?["state"]?.odooText ?? "draft" == "draft", !dry {
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
        sentences.append("\(result.name) is done: from \(from.name) to \(to.name).")
        return try outcome(rest, result, units, sentences.joined(separator: " "))
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
