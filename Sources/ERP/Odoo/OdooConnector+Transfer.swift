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
        let found = try await records(
            .search(
                "stock.picking", [.clause("origin", "=", .string(push.key))], ["name", "state"], order: "id", limit: 1)
        ).first
        var number = found?["id"]?.integer
        if let number, let state = found?["state"]?.odooText {
            let name = found?["name"]?.odooText ?? "transfer \(number)"
            if state == "cancel" { throw ERPFault(.gone, "\(name) is cancelled in Odoo.") }
            if state == "done" {
                return try outcome(transfer, try await picking(number, names), units, "\(name) was done already.")
            }
        }
        let (from, to) = (try await place(push.from), try await place(push.to))
        guard from.id != to.id else { throw ERPFault(.rule, "\(from.name) is both ends of the transfer.") }
        let products = Set(transfer.needs.map(\.product))
        // What lies where it goes to is not taken, but for a place that is inside it: back from a bin to its zone.
        var there = try await quants(at: to.id, products: products)
        if there.contains(where: { $0.location == from.id }) { there = [] }
        let shares = try transfer.shares(
            from: from.id, name: from.name, quants: try await quants(at: from.id, products: products, usage: usage),
            there: Set(there.map(\.id)))
        if number == nil {
            if let after { throw after }
            let create = try await creation(push, transfer, from: from, to: to, names)
            if dry {
                let steps = steps(0, shares, to: to.id, moves: [:], old: [], names)
                return try await planned([create, .act("stock.picking", "action_confirm", [0])] + steps)
            }
            number = try await send(create).odooIDs.first
        }
        guard let number else { throw ERPFault(.conflict, "Odoo made no transfer and did not say why.") }
        if found?["state"]?.odooText ?? "draft" == "draft", !dry {
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
        var question: String?
        for step in steps {
            let answer = try await send(step)
            if answer["res_model"] != nil { question = answer["name"]?.odooText }
        }
        let result = try await done(number, names, asking: question)
        return try outcome(transfer, result, units, "\(result.name) is done: from \(from.name) to \(to.name).")
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
            let values = JSON.object([
                ("move_id", moves[share.product].map { .int($0) }), ("product_id", .int(share.product)),
                ("product_uom_id", .int(share.unit)), ("lot_id", share.lot.map { .int($0) }),
                ("location_id", .int(share.from)), ("location_dest_id", .int(to)),
                (names.done, .quantity(share.quantity)), ("picked", names.hasPicked ? true : nil),
            ])
            return [0, 0, values]
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
