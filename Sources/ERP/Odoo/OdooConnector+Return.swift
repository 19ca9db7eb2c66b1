import Model

/// Goods of a receipt that go back: Odoo's own wizard makes the return, so that the order and the receipt know of it
/// (stock_picking_return.py). Its key is written with its lines: a return that we made and died before is known by who
/// made it, of which moves, and how much.
extension OdooConnector {
    struct ReturnPlan: Sendable {
        var back: OdooTransfer
        /// The return that is there already, done or not.
        var there: Int64?
        var isDone = false
        /// What the wizard is told, and from where it is taken.
        var moves: [OdooCorrection.Share] = []
        var shares: [OdooTransfer.Share] = []
    }

    /// A move of a return.
    private struct Returned {
        var id: Int64
        var picking: Int64
        var product: Int64
        var of: Int64
        /// In the article's own unit.
        var quantity: Double
        /// In the move's unit: from 19 on the wizard takes our number in that of the receipt.
        var asked: Double
        var isDone: Bool
        var maker: Int64?
        var to: Int64?

        static let fields = [
            "picking_id", "product_id", "product_qty", "product_uom_qty", "origin_returned_move_id", "state",
            "create_uid",
            "location_dest_id",
        ]

        init?(_ record: JSON) {
            guard let id = record["id"]?.integer, let picking = record["picking_id"]?.odooID,
                let product = record["product_id"]?.odooID
            else { return nil }
            (self.id, self.picking, self.product) = (id, picking, product)
            of = record["origin_returned_move_id"]?.odooID ?? 0
            quantity = record["product_qty"]?.double ?? 0
            asked = record["product_uom_qty"]?.double ?? quantity
            isDone = record["state"]?.odooText == "done"
            maker = record["create_uid"]?.odooID
            to = record["location_dest_id"]?.odooID
        }
    }

    /// Throws `.conflict` where the receipt has not so much, or it is nowhere in stock any more.
    func planReturn(
        _ push: CorrectionPush, _ back: OdooTransfer, _ receipt: Corrected, _ family: [Keyed], _ names: OdooNames
    ) async throws(ERPFault) -> ReturnPlan {
        let own = family.first { $0.isOurs && $0.isReturn }
        if let own, own.state == "done" { return ReturnPlan(back: back, there: own.id, isDone: true) }
        let units = try await signedIn().units
        for need in back.needs {
            if let fault = units.refusal(of: need.quantity.double, unit: need.unit, article: need.article) {
                throw fault
            }
        }
        let receipts = [receipt.id] + family.filter { !$0.isReturn && !$0.isOurs && $0.state == "done" }.map(\.id)
        let lines = try await records(
            .search(
                "stock.move.line",
                [
                    .clause("picking_id", "in", .ids(receipts)),
                    .clause("product_id", "in", .ids(Set(back.needs.map(\.product)).sorted())),
                    .clause("state", "=", "done"),
                ], names.lineReading, order: "id")
        ).compactMap { OdooLine($0, names) }
        let moves = Set(lines.compactMap(\.move))
        let returned =
            moves.isEmpty
            ? []
            : try await records(
                .search(
                    "stock.move",
                    [.clause("origin_returned_move_id", "in", .ids(moves.sorted())), .clause("state", "!=", "cancel")],
                    Returned.fields, order: "id")
            ).compactMap { Returned($0) }
        let lots = try await lots(back, of: returned, names)
        let named = OdooConnector.named(push)
        func shares(without picking: Int64?) throws(ERPFault) -> [OdooCorrection.Share] {
            let others = returned.filter { $0.picking != picking }
            let received = OdooConnector.received(lines, back.needs, units, returned: others, lots)
            return try OdooCorrection.shares(of: back.needs, named: named, received, receipt: receipt.name)
        }
        var plan = ReturnPlan(back: back, there: own?.id)
        if own == nil {
            let uid = try await signedIn().uid
            let open = returned.filter { !$0.isDone && (uid == nil || $0.maker == uid) }
            for picking in Set(open.map(\.picking)).sorted() {
                guard let wanted = try? shares(without: picking) else { continue }
                let there = open.filter { $0.picking == picking }
                let isSame =
                    there.count == wanted.count
                    && wanted.allSatisfy { share in
                        there.contains { move in
                            move.of == share.move
                                && [move.quantity, move.asked].contains { OdooNumber.areEqual($0, share.quantity) }
                        }
                    }
                if isSame, try await isUnnamed(picking) {
                    plan.there = picking
                    break
                }
            }
        }
        plan.moves = try shares(without: plan.there)
        plan.shares = try await taken(back, receipt)
        return plan
    }

    /// Of which lots the returned are: asked where a lot goes back and something went back before.
    private func lots(
        _ back: OdooTransfer, of returned: [Returned], _ names: OdooNames
    ) async throws(ERPFault) -> [OdooLine] {
        guard !returned.isEmpty, back.needs.contains(where: { $0.lot != nil }) else { return [] }
        return try await records(
            .search(
                "stock.move.line", [.clause("move_id", "in", .ids(returned.map(\.id).sorted()))], names.lineReading,
                order: "id")
        ).compactMap { OdooLine($0, names) }
    }

    /// A return of ours that never got its key; another one's has one.
    private func isUnnamed(_ picking: Int64) async throws(ERPFault) -> Bool {
        let origin = try await records(.read("stock.picking", [picking], ["origin"])).first?["origin"]?.odooText
        return origin?.hasPrefix("quai/") != true
    }

    /// The receipt's move of an article, where a line of the correction names it.
    private static func named(_ push: CorrectionPush) -> [Int64: Int64] {
        var named: [Int64: Int64] = [:]
        for line in push.lines where line.change < 0 {
            if let move = line.line.flatMap({ Int64($0) }), let product = line.product.flatMap({ Int64($0) }) {
                named[product] = move
            }
        }
        return named
    }

    private static func received(
        _ lines: [OdooLine], _ needs: [OdooTransfer.Need], _ units: OdooUnits, returned: [Returned],
        _ backLines: [OdooLine]
    ) -> [OdooCorrection.Received] {
        let own = Dictionary(needs.map { ($0.product, $0.unit) }) { first, _ in first }
        var received: [OdooCorrection.Received] = []
        for line in lines {
            guard let move = line.move else { continue }
            let quantity = units.convert(line.quantity, from: line.unit, to: own[line.product])
            let lots = Set([line.lotName].compactMap { $0 })
            if let index = received.firstIndex(where: { $0.move == move }) {
                received[index].left += quantity
                received[index].lots.formUnion(lots)
                for lot in lots { received[index].ofLot[lot, default: 0] += quantity }
            } else {
                received.append(
                    OdooCorrection.Received(
                        move: move, product: line.product, left: quantity, lots: lots,
                        ofLot: Dictionary(uniqueKeysWithValues: lots.map { ($0, quantity) })))
            }
        }
        let origins = Dictionary(returned.map { ($0.id, $0.of) }) { first, _ in first }
        for line in backLines {
            guard let origin = line.move.flatMap({ origins[$0] }), let lot = line.lotName,
                let index = received.firstIndex(where: { $0.move == origin })
            else { continue }
            // Before 17 what a return reserved, and nobody has marked as done, is announced alone.
            let quantity = line.state == "done" ? line.quantity : max(line.quantity, line.announced)
            received[index].ofLot[lot, default: 0] -= units.convert(quantity, from: line.unit, to: own[line.product])
        }
        for index in received.indices {
            received[index].left -= returned.filter { $0.of == received[index].move }.reduce(0) { $0 + $1.quantity }
        }
        return received
    }

    /// Where the goods are now: where the receipt put them, below it, or else anywhere in the company's stock.
    func taken(
        _ back: OdooTransfer, _ receipt: Corrected
    ) async throws(ERPFault) -> [OdooTransfer.Share] {
        let products = Set(back.needs.map(\.product))
        // Nobody's goods go back for another's.
        let owner = receipt.record["owner_id"]?.odooID
        let near = try await quants(at: receipt.to, products: products).filter { $0.owner == owner }
        do {
            return try back.shares(from: receipt.to, name: "", quants: near, there: [])
        } catch  where error.kind == .conflict {
            let company = receipt.record["company_id"]?.odooID
            let all = try await quants(ofCompany: company, products: products)
            let known = Set(near.map(\.id))
            let far = all.filter { !known.contains($0.id) && $0.owner == owner }
            return try back.shares(from: receipt.to, name: "stock", quants: near + far, there: [])
        }
    }

    // MARK: Writing

    func giveBack(
        _ push: CorrectionPush, _ plan: ReturnPlan, _ receipt: Corrected, _ names: OdooNames, dry: Bool,
        after: ERPFault?
    ) async throws(ERPFault) -> PushOutcome {
        let units = try await signedIn().units
        if let there = plan.there, plan.isDone {
            let picking = try await picking(there, names)
            return try outcome(plan.back, picking, units, "\(picking.name) was done already.")
        }
        let asReception = ReceptionPush(key: push.key, receipt: nil, note: "", lines: [], backorder: false)
        var number = plan.there
        if number == nil {
            if let after { throw after }
            let isOld = try await send(.fields("stock.return.picking", ["location_id"]))["location_id"] != nil
            let wizard = OdooConnector.wizard(plan, receipt, isOld: isOld)
            // `create_returns` to 17, where the wizard asks for the place, too.
            let method = isOld ? "create_returns" : "action_create_returns"
            if dry {
                let write = try fill(0, push, plan, [], old: [], receipt, names)
                return try await planned([
                    wizard, .act("stock.return.picking", method, [0]), write,
                    validation(0, asReception, isReturn: true),
                ])
            }
            guard let id = try await send(wizard).odooIDs.first,
                let made = try await send(.act("stock.return.picking", method, [id]))["res_id"]?.integer
            else { throw ERPFault(.conflict, "Odoo made no return of \(receipt.name) and did not say why.") }
            number = made
        }
        guard let number else { throw ERPFault(.conflict, "Odoo made no return of \(receipt.name).") }
        let moves = try await records(
            .search(
                "stock.move", [.clause("picking_id", "=", .int(number)), .clause("state", "!=", "cancel")],
                Returned.fields, order: "id")
        ).compactMap { Returned($0) }
        let old = try await picking(number, names).lines
        let write = try fill(number, push, plan, moves, old: old.map(\.id), receipt, names)
        if dry { return try await planned([write, validation(number, asReception, isReturn: true)]) }
        _ = try await send(write)
        let question = try await validate(number, asReception, names, isReturn: true)
        let result = try await done(number, names, asking: question)
        let list = plan.back.needs.map { "\($0.quantity) \($0.article)" }.joined(separator: ", ")
        return try outcome(plan.back, result, units, "\(result.name) is done, back from \(receipt.name): \(list).")
    }

    /// Its lines are ours: nobody works out the form behind a call (`onchange`).
    private static func wizard(_ plan: ReturnPlan, _ receipt: Corrected, isOld: Bool) -> OdooCall {
        let lines: [JSON] = plan.moves.map { share in
            let values = JSON.object([
                ("product_id", .int(share.product)), ("quantity", .quantity(share.quantity)),
                ("move_id", .int(share.move)),
            ])
            return [0, 0, values]
        }
        return .create(
            "stock.return.picking",
            [
                .object([
                    ("picking_id", .int(receipt.id)), ("location_id", isOld ? .int(receipt.from) : nil),
                    ("product_return_moves", .array(lines)),
                ])
            ])
    }

    /// Key and lines in one write, absolute: what Odoo reserved, or an earlier push wrote, goes.
    private func fill(
        _ id: Int64, _ push: CorrectionPush, _ plan: ReturnPlan, _ moves: [Returned], old: [Int64],
        _ receipt: Corrected, _ names: OdooNames
    ) throws(ERPFault) -> OdooCall {
        var left = moves.map(\.quantity)
        var commands: [JSON] = old.map { [2, .int($0)] }
        for share in plan.shares {
            var rest = share.quantity
            func line(_ quantity: Double, _ move: Returned?) {
                let values = JSON.object([
                    ("move_id", (move?.id).map { .int($0) }), ("product_id", .int(share.product)),
                    ("product_uom_id", .int(share.unit)), ("lot_id", share.lot.map { .int($0) }),
                    ("package_id", share.package.map { .int($0) }), ("owner_id", share.owner.map { .int($0) }),
                    ("location_id", .int(share.from)), ("location_dest_id", .int(move?.to ?? receipt.from)),
                    (names.done, .quantity(quantity)), ("picked", names.hasPicked ? true : nil),
                ])
                commands.append([0, 0, values])
            }
            let own = moves.indices.filter { moves[$0].product == share.product }
            for index in own where rest > 0.000_01 {
                let isLast = index == own.last
                let quantity = isLast ? rest : min(rest, left[index])
                guard quantity > 0.000_01 else { continue }
                left[index] -= quantity
                rest -= quantity
                line(quantity, moves[index])
            }
            if own.isEmpty { line(rest, nil) }
        }
        let reason = ["Return of \(receipt.name)", push.note, push.reason].filter { !$0.isEmpty }
        return .write(
            "stock.picking", [id],
            .object([
                ("origin", .string(push.key)), ("note", .string(OdooText.html(reason.joined(separator: ": ")))),
                ("move_line_ids", .array(commands)),
            ]))
    }
}
