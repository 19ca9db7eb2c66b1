import Model

/// A reception: read, write all lines in one call, validate, read again (stock_picking.py). Two writes and two reads
/// where every line names its move and nothing is tracked; one read more for lots, one for articles without a move.
extension OdooConnector {
    func receive(_ push: ReceptionPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        guard push.lines.contains(where: { $0.quantity > 0 }) else {
            // Odoo 17 and later would take all that was announced as received.
            throw ERPFault(.rule, "Nothing was scanned: the receipt is not validated.")
        }
        let names = try await stockNames()
        let units = try await signedIn().units
        let number: Int64
        if let text = push.receipt {
            number = try id(text, "receipt")
        } else if let found = try await receipt(withKey: push.key) {
            number = found
        } else {
            if let after { throw after }
            let (push, articles) = try await withoutKits(
                push, moves: [], articles: try await articles(of: push, moves: [], all: true))
            let reception = try OdooReception(push, moves: [], articles: articles, units: units)
            let create = try await creation(push, reception, names)
            if dry { return try await planned(create, reception, push, names) }
            guard let id = try await send(create).odooIDs.first else {
                throw ERPFault(.conflict, "Odoo made no receipt and did not say why.")
            }
            number = id
        }
        return try await fill(number, push, dry: dry, after: after)
    }

    /// Writes what was received into a receipt that is there, and validates it. `extra`: what else is written with the
    /// lines.
    func fill(
        _ number: Int64, _ push: ReceptionPush, with extra: [JSON.Member] = [], dry: Bool, after: ERPFault?
    ) async throws(ERPFault) -> PushOutcome {
        let names = try await stockNames()
        let units = try await signedIn().units
        var picking = try await picking(number, names)
        var calls: [OdooCall] = []
        if picking.standing == .draft {
            let confirm = OdooCall.act("stock.picking", "action_confirm", [number])
            if dry {
                calls.append(confirm)
            } else {
                _ = try await send(confirm)
                picking = try await self.picking(number, names)
            }
        }
        let moves = try await moves(push, picking)
        let known = try await articles(
            of: push, moves: moves, all: false,
            units: Set(
                picking.lines.filter { !$0.isOwnUnit }.map(\.product) + moves.filter { !$0.isOwnUnit }.map(\.product)))
        let (push, articles) = try await withoutKits(push, moves: moves, articles: known)
        let reception = try OdooReception(push, moves: moves, articles: articles, units: units)
        let damages = try reception.damages(picking.lines)
        switch picking.standing {
        case .cancelled: throw ERPFault(.gone, "\(picking.name) is cancelled in Odoo.")
        case .done:
            let rest = try await remark(onRestOf: picking, push)
            let sentence = "\(picking.name) was done already, with the same quantities.\(rest)"
            return try await scrap(
                damages, push, picking, dry: dry, after: after, try outcome(reception, picking, sentence))
        case .draft, .open: break
        }
        let lots = try await lots(reception.lotKeys(picking.lines))
        let commands = try reception.commands(picking, names, lots: lots)
        let write = OdooCall.write(
            "stock.picking", [number], .members(extra + [JSON.Member("move_line_ids", .array(commands))]))
        if dry {
            return try await planned(
                calls + [write, validation(number, push)] + scrapping(damages, push, picking))
        }
        _ = try await send(write)
        let request = try await validate(number, push, names)
        let result = try await done(number, names, asking: request)
        let rest = try await remark(onRestOf: result, push)
        return try await scrap(
            damages, push, result, dry: false, after: after,
            try outcome(reception, result, "\(result.name) is done.\(rest)"))
    }

    private func outcome(
        _ reception: OdooReception, _ picking: OdooPicking, _ sentence: String
    ) throws(ERPFault) -> PushOutcome {
        if let difference = reception.difference(picking) { throw ERPFault(.conflict, difference) }
        return .done(id: String(picking.id), sentence)
    }

    /// What an operation type has done with the rest where that is not what was asked for. No call where no type of this
    /// server has such a rule, two otherwise.
    private func remark(onRestOf picking: OdooPicking, _ push: ReceptionPush) async throws(ERPFault) -> String {
        let rules = try await signedIn().backorderRules
        let other = push.backorder ? "never" : "always"
        guard rules.values.contains(other) else { return "" }
        let record = try await records(
            .search("stock.picking", [.clause("id", "=", .int(picking.id))], ["picking_type_id"], limit: 1)
        ).first
        guard let type = record?["picking_type_id"], let id = type.odooID, rules[id] == other else { return "" }
        let name = type.odooName ?? "Its operation type"
        if push.backorder {
            // The rest stays in the receipt, cancelled.
            let givenUp = try await records(
                .search(
                    "stock.move", [.clause("picking_id", "=", .int(picking.id)), .clause("state", "=", "cancel")],
                    ["product_id"], order: "id", limit: 1))
            if givenUp.isEmpty { return "" }
            return " \(name) makes no back-orders in Odoo: what is missing is not expected any more."
        }
        let kept = try await records(
            .search("stock.picking", [.clause("backorder_id", "=", .int(picking.id))], ["name"], order: "id", limit: 1)
        ).first?["name"]?.odooText
        guard let kept else { return "" }
        return " \(name) always makes a back-order in Odoo: what is missing is still expected as \(kept)."
    }

    // MARK: Reading

    /// State and lines in one call; one more where there are no lines.
    func picking(_ id: Int64, _ names: OdooNames) async throws(ERPFault) -> OdooPicking {
        let domain = [JSON.clause("picking_id", "=", .int(id))]
        let lines = try await records(.search("stock.move.line", domain, names.lineReading, order: "id"))
            .compactMap { OdooLine($0, names) }
        if let picking = OdooPicking(id: id, lines: lines) { return picking }
        let found = try await records(
            .search("stock.picking", [.clause("id", "=", .int(id))], OdooPicking.fields, limit: 1))
        guard let picking = found.first.flatMap({ OdooPicking($0) }) else {
            throw ERPFault(.gone, "Receipt \(id) is gone from Odoo.")
        }
        return picking
    }

    /// The receipt's moves: from the lines where these are enough, by a call otherwise.
    private func moves(_ push: ReceptionPush, _ picking: OdooPicking) async throws(ERPFault) -> [OdooMove] {
        var moves: [OdooMove] = []
        for move in picking.lines.compactMap({ OdooMove($0) }) where !moves.contains(where: { $0.id == move.id }) {
            moves.append(move)
        }
        let known = Set(moves.map(\.id))
        // A line names a move that has no lines; or there are no lines at all.
        let isMissing = push.lines.contains { line in
            guard line.quantity > 0 else { return false }
            return line.line.flatMap { Int64($0) }.map { !known.contains($0) } ?? known.isEmpty
        }
        guard isMissing, [.open, .draft].contains(picking.standing) else { return moves }
        let domain = [JSON.clause("picking_id", "=", .int(picking.id))]
        for move in try await records(.search("stock.move", domain, OdooMove.fields, order: "id"))
            .compactMap({ OdooMove($0) }) where !known.contains(move.id)
        {
            moves.append(move)
        }
        return moves
    }

    /// Articles of lines that no move answers for, and of `units`: whose own unit is not that of the receipt.
    func articles(
        of push: ReceptionPush, moves: [OdooMove], all: Bool, units: Set<Int64> = []
    ) async throws(ERPFault) -> [Int64: OdooArticle] {
        let known = Set(moves.map(\.id))
        let products = Set(moves.map(\.product))
        var ids = units
        var gtins: Set<String> = []
        for line in push.lines where line.quantity > 0 {
            if let move = line.line.flatMap({ Int64($0) }), known.contains(move) { continue }
            if let product = line.product.flatMap({ Int64($0) }) {
                if all || !products.contains(product) { ids.insert(product) }
            } else {
                gtins.insert(line.gtin)
            }
        }
        return try await articles(ids: ids, codes: gtins)
    }

    // MARK: Validating

    /// `isReturn`: what leaves tells its receiver by SMS, or asks whether it should (module stock_sms): not here.
    func validation(_ id: Int64, _ push: ReceptionPush, isReturn: Bool = false) -> OdooCall {
        var context = [JSON.Member("skip_backorder", true)]
        if isReturn { context.append(JSON.Member("skip_sms", true)) }
        if !push.backorder { context.append(JSON.Member("picking_ids_not_to_backorder", .ids([id]))) }
        return .act("stock.picking", "button_validate", [id], context: context)
    }

    /// Answers what is ours to answer: the rest is still to come or not, and a lot without a date of expiry is one. Gives
    /// what Odoo asks where it asks something that is not ours to answer: the state read next tells.
    func validate(
        _ id: Int64, _ push: ReceptionPush, _ names: OdooNames, isReturn: Bool = false
    ) async throws(ERPFault) -> String? {
        var answer: JSON
        do {
            answer = try await send(validation(id, push, isReturn: isReturn))
        } catch  where error.kind == .rule {
            // Whoever loses a race on 17 gets an unrelated error: it may be done all the same (observed).
            guard try await picking(id, names).standing == .done else { throw error }
            return nil
        }
        // At most one of each.
        for _ in 0..<2 {
            guard let model = answer["res_model"]?.odooText else { return nil }
            let context = answer["context"]?.fields ?? []
            var values = JSON.members([])
            var step = "process"
            switch model {
            case "stock.backorder.confirmation":
                let line = JSON.object([("picking_id", .int(id)), ("to_backorder", .bool(push.backorder))])
                values = .object([
                    ("pick_ids", [[6, 0, .ids([id])]]), ("backorder_confirmation_line_ids", [[0, 0, line]]),
                ])
                if !push.backorder { step = "process_cancel_backorder" }
            case "expiry.picking.confirmation": break
            default: return answer["name"]?.odooText ?? model
            }
            guard let wizard = try await send(.create(model, [values], context: context)).odooIDs.first else {
                return answer["name"]?.odooText ?? model
            }
            answer = try await send(.act(model, step, [wizard], context: context))
        }
        return answer["res_model"] == nil ? nil : answer["name"]?.odooText
    }

    // MARK: A receipt that nobody announced

    /// A backorder has the same origin as what it comes from: the first one is ours.
    private func receipt(withKey key: String) async throws(ERPFault) -> Int64? {
        try await records(
            .search("stock.picking", [.clause("origin", "=", .string(key))], ["state"], order: "id", limit: 1)
        ).first?["id"]?.integer
    }

    private func creation(
        _ push: ReceptionPush, _ reception: OdooReception, _ names: OdooNames
    ) async throws(ERPFault) -> OdooCall {
        let types = try await records(
            .search(
                "stock.picking.type", [.clause("code", "=", "incoming")] + (try await scoped().types),
                ["default_location_src_id", "default_location_dest_id"], order: "sequence, id", limit: 1))
        guard let type = types.first, let to = type["default_location_dest_id"]?.odooID, let id = type["id"]?.integer
        else { throw ERPFault(.unsupported, "Odoo has no operation type for receipts.") }
        var from = type["default_location_src_id"]?.odooID
        if from == nil {
            let found = try await records(
                .search("stock.location", [.clause("usage", "=", "supplier")], ["usage"], order: "id", limit: 1))
            from = found.first?["id"]?.integer
        }
        guard let from else { throw ERPFault(.unsupported, "Odoo has no location for suppliers.") }
        let hasName = try await send(.fields("stock.move", ["name"]))["name"] != nil
        let moves: [JSON] = reception.targets.map { target in
            let article = reception.articles[target.product]
            return OdooConnector.newMove(
                hasName ? article?.name ?? push.key : nil, product: target.product, target.quantity,
                unit: article?.unit, from: from, to: to)
        }
        let partner = try push.supplier.map { (text) throws(ERPFault) in JSON.int(try self.id(text, "supplier")) }
        let values = JSON.object([
            ("picking_type_id", .int(id)), ("partner_id", partner), ("origin", .string(push.key)),
            ("note", push.note.isEmpty ? nil : .string(OdooText.html(push.note))), ("location_id", .int(from)),
            ("location_dest_id", .int(to)), (names.moves, .array(moves)),
        ])
        return .create("stock.picking", [values])
    }

    /// What a new receipt would take: its lines are the server's after the confirmation, so they are shown as new ones.
    func planned(
        _ create: OdooCall, _ reception: OdooReception, _ push: ReceptionPush, _ names: OdooNames
    ) async throws(ERPFault) -> PushOutcome {
        let values = create.arguments.first?.value.list?.first
        let record = JSON.object([
            ("id", 0), ("state", "draft"), ("location_id", values?["location_id"]),
            ("location_dest_id", values?["location_dest_id"]),
        ])
        guard let picking = OdooPicking(record) else { return try await planned([create]) }
        let commands = try reception.commands(picking, names, lots: [:])
        let write = OdooCall.write("stock.picking", [0], .object([("move_line_ids", .array(commands))]))
        return try await planned([create, .act("stock.picking", "action_confirm", [0]), write, validation(0, push)])
    }
}
