import Model

/// A receipt that turned out to be another after it was told (modules/stock, shipment.py; tried on 8.2).
///
/// - More came: a further supplier shipment with our key in its reference. It takes the moves that the purchase's lines still
///   expect; what is beyond them says that it is of the receipt's own move. Made whole in one call (`add`, `write`, `copy` and
///   `create` of its moves), so that one of ours that is a draft lacks nothing but its steps.
/// - Less came: a supplier return from where the goods lie, with our key as its reference. Its moves are of the receipt's as well
///   and not of the purchase's line, which would count them as received once more.
extension TrytonConnector {
    private struct Change {
        var product: TrytonProduct
        var lot: String?
        var expires: String?
        var quantity: Quantity

        var key: TrytonReceptionPlan.LotKey? { lot.map { .init(product: product.id, number: $0) } }
    }

    public func push(_ correction: CorrectionPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await twice { () async throws(TrytonError) in try await self.attempt(correction, dry: dry) }
    }

    private func attempt(_ correction: CorrectionPush, dry: Bool) async throws(TrytonError) -> PushOutcome {
        let receipt = try await corrected(correction.receipt)
        if !correction.damaged.isEmpty, correction.lines.allSatisfy({ $0.change == 0 }) {
            return try await setAside(correction, receipt, dry: dry)
        }
        let changes = try await changes(correction, receipt)
        guard !changes.isEmpty else {
            throw .fault(ERPFault(.rule, "Nothing changed: there is nothing to correct."))
        }
        let (more, less) = (changes.filter { $0.quantity > 0 }, changes.filter { $0.quantity < 0 })
        var (planned, sentences): ([ERPRequest], [String]) = ([], [])
        func add(_ outcome: PushOutcome) {
            switch outcome {
            case .planned(let requests): planned += requests
            case .done(_, let words): sentences.append(words)
            }
        }
        var (whole, broken) = (correction, correction)
        whole.damaged = correction.damaged.filter { $0.change < 0 }
        broken.damaged = correction.damaged.filter { $0.change > 0 }
        // What is whole after all may be what goes back: it is in stock again first.
        if !whole.damaged.isEmpty { add(try await setAside(whole, receipt, dry: dry)) }
        let (wants, route) = try await goingBack(less, correction, receipt)
        // Nothing is written of a correction of which a part cannot be.
        if !more.isEmpty, !wants.isEmpty, try await carried(route, [["reference", "=", .string(route.key)]]) == nil {
            try await check(wants, route)
        }
        if !more.isEmpty { sentences.append(try await receive(more, correction, receipt, dry: dry, &planned)) }
        if !wants.isEmpty { add(try await carry(wants, route, dry: dry)) }
        if !broken.damaged.isEmpty { add(try await setAside(broken, receipt, dry: dry)) }
        if dry { return .planned(planned) }
        return .done(id: String(receipt.id), sentences.joined(separator: " "))
    }

    /// The receipt that is corrected, of a purchase the last that was received.
    private func corrected(_ receipt: String) async throws(TrytonError) -> TrytonShipment {
        var number = Int64(receipt)
        if let purchase = TrytonOrder.purchase(receipt) {
            let domain: JSON = [["purchase", "=", .int(purchase)], ["state", "=", "done"]]
            let moves = try await rows(.search("stock.move", domain, order: Self.byID, ["shipment"]))
            number =
                moves.compactMap { TrytonValue.reference($0["shipment"]) }.last { $0.model == "stock.shipment.in" }?.id
        }
        guard let number, let found = try await shipment([["id", "=", .int(number)]]) else {
            throw .fault(ERPFault(.gone, "Receipt \(receipt) is gone."))
        }
        guard ["done", "received"].contains(found.state) else {
            let words = "Receipt \(found.name) is \(found.state) there: it cannot be corrected."
            throw .fault(ERPFault(.conflict, words))
        }
        return found
    }

    /// By article and lot, what changes twice added up; what comes to nothing is left out.
    private func changes(
        _ correction: CorrectionPush, _ receipt: TrytonShipment
    ) async throws(TrytonError) -> [Change] {
        let lines = correction.lines.filter { $0.change != 0 }
        guard !lines.isEmpty else { return [] }
        let known = try await products(
            ids: lines.compactMap { $0.product.flatMap { Int64($0) } } + receipt.moves.map(\.product),
            gtins: lines.map(\.gtin))
        let (parted, products) = try await withoutKits(lines, known)
        let moves = parted.map { line in receipt.moves.first { String($0.id) == line.line } }
        var changes: [Change] = []
        for (line, move) in zip(parted, moves) {
            let product = try products.known(move.map { String($0.product) } ?? line.product, line.gtin)
            if product.tracksLots, line.lot == nil {
                let words = "\(product.name) is kept by lot or serial number: which of them changed by \(line.change)?"
                throw .fault(ERPFault(.rule, words))
            }
            let lot = product.tracksLots ? line.lot : nil
            if let index = changes.firstIndex(where: { $0.product.id == product.id && $0.lot == lot }) {
                changes[index].quantity += line.change
            } else {
                changes.append(Change(product: product, lot: lot, expires: line.expires, quantity: line.change))
            }
        }
        return changes.filter { $0.quantity != 0 }
    }

    /// What a move that no order expects says: at which price, and of which of the receipt's moves it is.
    private func origin(_ receipt: TrytonShipment, _ product: TrytonProduct) async throws(TrytonError) -> [JSON.Member]
    {
        let move = receipt.live.first { $0.product == product.id }
        let price = move.flatMap { move in move.price(of: move.own) } ?? product.cost ?? "0"
        let currency = if let known = move?.currency { known } else { try await currency().id }
        let origin = (move ?? receipt.live.first).map { "stock.move,\($0.id)" }
        return [
            JSON.Member("unit_price", TrytonValue.decimal(price)), JSON.Member("currency", .int(currency)),
            JSON.Member("origin", origin.map { .string($0) } ?? .null),
        ]
    }

    // MARK: Less

    /// What goes back, and from where: the storage zone, or the input zone where only that has all of it.
    private func goingBack(
        _ changes: [Change], _ correction: CorrectionPush, _ receipt: TrytonShipment
    ) async throws(TrytonError) -> ([TrytonTransfer.Want], TrytonRoute) {
        var route = TrytonRoute(
            supplier: receipt.supplier, key: correction.key, from: receipt.storage, to: receipt.supplierLocation ?? 0,
            fromName: "", toName: receipt.supplierName, accepted: ["done"])
        guard !changes.isEmpty else { return ([], route) }
        guard receipt.supplierLocation != nil else {
            throw .fault(ERPFault(.rule, "\(receipt.supplierName) has no place that goods go back to."))
        }
        let lots = try await lots(changes.compactMap(\.key))
        var wants: [TrytonTransfer.Want] = []
        for change in changes {
            let lot = change.key.flatMap { lots[$0] }?.integer
            if let number = change.lot, lot == nil {
                throw .fault(ERPFault(.conflict, "\(change.product.name): the server has no lot \(number) of it."))
            }
            wants.append(
                TrytonTransfer.Want(
                    product: change.product, lot: lot, lotNumber: change.lot, quantity: change.quantity.magnitude,
                    extra: try await origin(receipt, change.product)))
        }
        if let there = try await carried(route, [["reference", "=", .string(route.key)]]) {
            route.from = there.from
        } else if receipt.input != receipt.storage {
            let hasAll = try await holdsAll(wants, at: receipt.storage)
            if !hasAll, try await holdsAll(wants, at: receipt.input) { route.from = receipt.input }
        }
        route.fromName = try await name(of: route.from)
        return (wants, route)
    }

    private func holdsAll(_ wants: [TrytonTransfer.Want], at place: Int64) async throws(TrytonError) -> Bool {
        let there = try await holdings(at: place, of: Set(wants.map(\.product.id)).sorted())
        return wants.allSatisfy { want in
            there.contains {
                $0.product.id == want.product.id && $0.lot == want.lot && $0.quantity >= want.quantity
            }
        }
    }

    func name(of place: Int64) async throws(TrytonError) -> String {
        let found = try await rows(.search("stock.location", [["id", "=", .int(place)]], limit: 1, ["name"]))
        return found.first?["name"]?.text ?? "place \(place)"
    }

    // MARK: More

    private func receive(
        _ changes: [Change], _ correction: CorrectionPush, _ receipt: TrytonShipment, dry: Bool,
        _ planned: inout [ERPRequest]
    ) async throws(TrytonError) -> String {
        let key = correction.key
        let mine: JSON = [["reference", "like", .string("%(\(key))")]]
        var further = try await shipments(mine).first { $0.reference.hasSuffix("(\(key))") }
        if further == nil {
            let call = try await creation(changes, correction, receipt, dry: dry, &planned)
            if dry {
                planned += try await plan(call)
            } else {
                let id = try await created(call)[0]
                further = try await shipment([["id", "=", .int(id)]])
            }
        }
        if dry {
            let target = further.map { JSON.int($0.id) } ?? "new"
            let steps = ["draft": 0, "received": 1, "done": 2][further?.state ?? "draft"] ?? 2
            for name in ["receive", lastStep].dropFirst(steps) {
                planned += try await plan(.button("stock.shipment.in", name, target))
            }
            return ""
        }
        guard let further else { throw .fault(ERPFault(.gone, "The further receipt is gone.")) }
        let wants = Dictionary(grouping: changes, by: \.product.id).map { id, changes in
            TrytonReceptionPlan.Want(
                line: nil, product: id, name: changes[0].product.name,
                parts: changes.map { .init(lot: $0.lot, quantity: $0.quantity) })
        }
        if let difference = TrytonReceptionPlan.difference(further, wants) {
            let words = "Receipt \(further.name) is \(further.state) with other quantities. \(difference)."
            throw .fault(ERPFault(.conflict, words))
        }
        switch further.state {
        case "draft", "received":
            let steps = further.state == "draft" ? ["receive", lastStep] : [lastStep]
            for name in further.input == further.storage ? Array(steps.prefix(1)) : steps {
                let state = name == "receive" ? "draft" : "received"
                try await step(name, .int(further.id), from: state, key, ["done"], dry: false, planned: &planned)
            }
        case "done": break
        default: throw .fault(ERPFault(.conflict, "Receipt \(further.name) is \(further.state) there."))
        }
        guard case .done(_, let words) = try await confirmed(further.id, wants) else { throw .advanced }
        return words
    }

    private func creation(
        _ changes: [Change], _ correction: CorrectionPush, _ receipt: TrytonShipment, dry: Bool,
        _ planned: inout [ERPRequest]
    ) async throws(TrytonError) -> TrytonCall {
        guard let supplierLocation = receipt.supplierLocation else {
            throw .fault(ERPFault(.rule, "\(receipt.supplierName) has no place that goods come from."))
        }
        var expiries: [TrytonReceptionPlan.LotKey: String] = [:]
        for change in changes { if let key = change.key { expiries[key] = change.expires } }
        let lots = try await lots(changes.compactMap(\.key), expiries: expiries, dry: dry, planned: &planned)
        var expected = try await expected(Set(changes.map(\.product.id)), receipt)
        var (taken, writes, others): ([JSON], [JSON], [JSON]) = ([], [], [])
        for change in changes {
            let lot = change.key.flatMap { lots[$0] }
            var rest = change.quantity
            for index in expected.indices where expected[index].move.product == change.product.id && rest > 0 {
                let move = expected[index].move
                let part = min(rest, expected[index].rest)
                guard part > 0 else { continue }
                if taken.contains(.int(move.id)) {
                    let values = try move.amount(part, isWhole: true) + [("lot", lot)]
                    others.append(["copy", [.int(move.id)], .object(values)])
                } else {
                    taken.append(.int(move.id))
                    writes.append(["write", [.int(move.id)], .object(try move.amount(part) + [("lot", lot)])])
                }
                expected[index].rest = expected[index].rest - part
                rest = rest - part
            }
            guard rest > 0 else { continue }
            let move = JSON.members(
                [
                    JSON.Member("product", .int(change.product.id)), JSON.Member("quantity", rest.json),
                    JSON.Member("unit", .int(change.product.unit)),
                    JSON.Member("from_location", .int(supplierLocation)),
                    JSON.Member("to_location", .int(receipt.input)),
                ] + (try await origin(receipt, change.product)))
            others.append(["create", [move.with("lot", lot)]])
        }
        let commands = (taken.isEmpty ? [] : [["add", .array(taken)]]) + writes + others
        let note = correction.note.isEmpty ? "(\(correction.key))" : "\(correction.note) (\(correction.key))"
        return .create(
            "stock.shipment.in",
            [
                .object([
                    ("supplier", .int(receipt.supplier)), ("reference", .string(note)),
                    ("warehouse", .int(try await theWarehouse().id)), ("warehouse_input", .int(receipt.input)),
                    ("warehouse_storage", .int(receipt.storage)), ("planned_date", TrytonValue.date(today())),
                    ("incoming_moves", .array(commands)),
                ])
            ])
    }

    /// What the purchases' lines behind the receipt still expect, on no shipment, with what is left of it.
    private func expected(
        _ products: Set<Int64>, _ receipt: TrytonShipment
    ) async throws(TrytonError) -> [(move: TrytonMove, rest: Quantity)] {
        let origins = receipt.live.filter { products.contains($0.product) }.compactMap(\.origin)
            .filter { $0.hasPrefix("purchase.line,") || $0.hasPrefix("purchase.line.component,") }
        guard !origins.isEmpty else { return [] }
        let domain: JSON = [
            ["origin", "in", .array(Set(origins).sorted().map { .string($0) })], ["state", "=", "draft"],
            ["shipment", "=", .null],
        ]
        let fields = TrytonMove.fields(lots: try await knowsLots())
        return try await rows(.search("stock.move", domain, order: Self.byID, fields)).compactMap(TrytonMove.init)
            .map { ($0, Quantity(nearest: $0.quantity) ?? 0) }
    }
}
