import Model

/// Receipts. Read, one write for everything, read, `receive`, the last step, read: six calls, four where
/// everything came as announced, one or two more where there are lots.
extension TrytonConnector {
    private typealias Plan = TrytonReceptionPlan

    public func push(_ reception: ReceptionPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await twice { () async throws(TrytonError) in try await self.attempt(reception, dry: dry) }
    }

    private func attempt(_ reception: ReceptionPush, dry: Bool) async throws(TrytonError) -> PushOutcome {
        guard reception.lines.contains(where: { $0.quantity > 0 }) else {
            throw .fault(ERPFault(.rule, "Nothing was received: there is nothing to push."))
        }
        var planned: [ERPRequest] = []
        var shipment = try await existing(reception)
        if shipment == nil, let purchase = reception.receipt.flatMap(TrytonOrder.purchase) {
            shipment = try await self.shipment(of: purchase, reception, dry: dry, planned: &planned)
        }
        let (reception, products) = try await withoutKits(
            reception, shipment, try await products(reception, shipment))
        let wants = try wants(reception, shipment, products)
        let damage = try damage(reception, shipment, products)

        if let shipment, shipment.state == "cancelled" {
            throw .fault(ERPFault(.conflict, "Receipt \(shipment.name) was cancelled there: nothing is booked on it."))
        }
        let accepted = try await accepted(reception, wants, shipment, dry: dry)
        if shipment == nil || shipment?.state == "draft" {
            let lots = try await lots(reception, wants, dry: dry, planned: &planned)
            if let draft = shipment {
                try await settle(draft, reception, wants, lots, products, dry: dry, planned: &planned)
            } else {
                let call = try await creation(reception, wants, lots, products)
                if dry {
                    planned += try await plan(call)
                } else {
                    let id = try await created(call)[0]
                    let zones = try await theWarehouse()
                    shipment = TrytonShipment(
                        .object([
                            ("id", .int(id)), ("state", "draft"), ("supplier", 0),
                            ("warehouse_input", .int(zones.input)), ("warehouse_storage", .int(zones.storage)),
                        ]))
                }
            }
        } else if let shipment, let difference = Plan.difference(shipment, wants) {
            throw .fault(
                ERPFault(
                    .conflict, "Receipt \(shipment.name) is \(shipment.state) with other quantities. \(difference)."))
        }

        let id = shipment?.id
        let target = id.flatMap { $0 == 0 ? nil : JSON.int($0) } ?? "new"
        switch shipment?.state ?? "draft" {
        case "draft":
            try await step("receive", target, from: "draft", reception.key, accepted, dry: dry, planned: &planned)
            if dry || shipment?.input != shipment?.storage {
                try await step(lastStep, target, from: "received", reception.key, accepted, dry: dry, planned: &planned)
            }
        case "received":
            try await step(lastStep, target, from: "received", reception.key, accepted, dry: dry, planned: &planned)
        case "done":
            if let shipment {
                let outcome = PushOutcome.done(id: String(shipment.id), "Receipt \(shipment.name) is done already.")
                return try await setAside(damage, reception.key, from: shipment.storage, dry: dry, outcome)
            }
        default: throw .fault(ERPFault(.conflict, "Receipt \(shipment?.name ?? "") is \(shipment?.state ?? "") there."))
        }
        let storage = if let shipment { shipment.storage } else { try await theWarehouse().storage }
        let outcome = dry ? PushOutcome.planned(planned) : try await confirmed(id ?? 0, wants)
        return try await setAside(damage, reception.key, from: storage, dry: dry, outcome)
    }

    /// What the server has now; only this tells.
    func confirmed(_ id: Int64, _ wants: [TrytonReceptionPlan.Want]) async throws(TrytonError) -> PushOutcome {
        guard let shipment = try await shipment([["id", "=", .int(id)]]) else {
            throw .fault(ERPFault(.gone, "The receipt is gone."))
        }
        if let difference = Plan.difference(shipment, wants) {
            throw .fault(
                ERPFault(
                    .conflict, "Receipt \(shipment.name) is \(shipment.state) with other quantities. \(difference)."))
        }
        guard shipment.state == "done" else {
            throw .fault(
                ERPFault(.unknownOutcome, "The server said yes, but receipt \(shipment.name) is \(shipment.state)."))
        }
        return .done(id: String(shipment.id), "Receipt \(shipment.name) is done.")
    }

    /// A step of the shipment. A refusal may mean that the step was done meanwhile: the state tells.
    func step(
        _ name: String, _ target: JSON, from state: String, _ key: String, _ accepted: Set<String>, dry: Bool,
        planned: inout [ERPRequest]
    ) async throws(TrytonError) {
        let call = TrytonCall.button("stock.shipment.in", name, target)
        guard !dry else {
            planned += try await plan(call)
            return
        }
        do throws(TrytonError) {
            do throws(TrytonError) {
                try await send(call, accepting: accepted)
            } catch {
                guard error.isExcess, let id = target.integer, try await wasAccepted(id, key) else { throw error }
                try await send(call, accepting: accepted.union([TrytonError.excess]))
            }
        } catch {
            guard error.kind == .rule else { throw error }
            let rows = try await rows(.search("stock.shipment.in", [["id", "=", target]], ["state"]))
            throw rows.first?["state"]?.text == state ? error : .advanced
        }
    }

    // MARK: Reading

    func shipment(_ domain: JSON) async throws(TrytonError) -> TrytonShipment? {
        try await shipments(domain).first
    }

    func shipments(_ domain: JSON) async throws(TrytonError) -> [TrytonShipment] {
        let hasLots = try await knowsLots()
        return try await rows(.search("stock.shipment.in", domain, limit: 10, TrytonShipment.fields(lots: hasLots)))
            .compactMap(TrytonShipment.init)
    }

    /// The receipt, or for a blind reception the one we made before: our key stands in its reference. A receipt that
    /// somebody else entered under the same delivery note of the same supplier is a conflict.
    private func existing(_ reception: ReceptionPush) async throws(TrytonError) -> TrytonShipment? {
        if let receipt = reception.receipt, TrytonOrder.purchase(receipt) != nil {
            let mine: JSON = [["reference", "like", .string("%(\(reception.key))")]]
            return try await shipments(mine).first { $0.reference.hasSuffix("(\(reception.key))") }
        }
        if let receipt = reception.receipt {
            guard let id = Int64(receipt), let found = try await shipment([["id", "=", .int(id)]]) else {
                throw .fault(ERPFault(.gone, "Receipt \(receipt) is gone."))
            }
            return found
        }
        guard let supplier = reception.supplier.flatMap({ Int64($0) }) else {
            throw .fault(ERPFault(.rule, "A receipt without announcement needs a supplier."))
        }
        let ours = Self.reference(reception)
        var domain: JSON = [["reference", "like", .string("%(\(reception.key))")]]
        if !reception.note.isEmpty {
            let theirs: JSON = [["reference", "=", .string(reception.note)], ["supplier", "=", .int(supplier)]]
            domain = ["OR", domain, theirs]
        }
        let found = try await shipments(domain)
        if let mine = found.first(where: { $0.reference == ours || $0.reference.hasSuffix("(\(reception.key))") }) {
            return mine
        }
        if let other = found.first(where: { $0.state != "cancelled" && $0.reference == reception.note }) {
            let words = "Delivery note \(reception.note) is receipt \(other.number) there already (\(other.state))."
            throw .fault(ERPFault(.conflict, words))
        }
        return nil
    }

    /// The delivery note and our key: 8.2 lets nobody but the server write the number of a shipment, and a note
    /// beside it would be a second transaction.
    static func reference(_ reception: ReceptionPush) -> String {
        reception.note.isEmpty ? "(\(reception.key))" : "\(reception.note) (\(reception.key))"
    }

    /// Articles that are not on the shipment.
    private func products(
        _ reception: ReceptionPush, _ shipment: TrytonShipment?
    ) async throws(TrytonError) -> [TrytonProduct] {
        let onShipment = Set(shipment?.moves.map(\.id) ?? [])
        let others = reception.lines.filter { line in
            line.quantity > 0 && !(line.line.flatMap { Int64($0) }.map(onShipment.contains) ?? false)
        }
        guard !others.isEmpty else { return [] }
        return try await products(
            ids: others.compactMap { $0.product.flatMap { Int64($0) } }, gtins: others.map(\.gtin))
    }

    private func wants(
        _ reception: ReceptionPush, _ shipment: TrytonShipment?, _ products: [TrytonProduct]
    ) throws(TrytonError) -> [Plan.Want] {
        var wants: [Plan.Want] = []
        for line in reception.lines {
            let id = line.line.flatMap { Int64($0) }
            let move = shipment?.moves.first { $0.id == id }
            let product = products.article(line.product, line.gtin)
            if line.quantity == 0, move == nil { continue }
            guard let article = move?.product ?? product?.id else { throw TrytonProduct.unknown(line.gtin) }
            let name = move?.productName ?? product?.name ?? line.gtin
            let isTracked = move?.tracksLots ?? product?.tracksLots ?? false
            var parts = [Plan.Part(lot: nil, quantity: line.quantity)]
            if isTracked, !line.lots.isEmpty {
                let sum = line.lots.reduce(Quantity.zero) { $0 + $1.quantity }
                guard sum == line.quantity else {
                    throw .fault(ERPFault(.rule, "\(name): the lots add up to \(sum), not to \(line.quantity)."))
                }
                parts = line.lots.map { Plan.Part(lot: $0.number, quantity: $0.quantity) }
            }
            // A line that is no longer there (done shipments are compared by article) counts as unordered when not
            // draft.
            let known = move == nil && shipment?.state != "draft" ? nil : id
            if let index = wants.firstIndex(where: { $0.line == known && $0.product == article }) {
                wants[index].parts = merged(wants[index].parts + parts)
            } else {
                wants.append(Plan.Want(line: known, product: article, name: name, parts: merged(parts)))
            }
        }
        return wants
    }

    private func merged(_ parts: [Plan.Part]) -> [Plan.Part] {
        var merged: [Plan.Part] = []
        for part in parts {
            if let index = merged.firstIndex(where: { $0.lot == part.lot }) {
                merged[index].quantity += part.quantity
            } else {
                merged.append(part)
            }
        }
        return merged
    }

    // MARK: Lots

    /// Ids of the lots: searched by number and article, the missing ones made in one call.
    private func lots(
        _ reception: ReceptionPush, _ wants: [Plan.Want], dry: Bool, planned: inout [ERPRequest]
    ) async throws(TrytonError) -> [Plan.LotKey: JSON] {
        let received = reception.lines.flatMap(\.lots)
        var keys: [Plan.LotKey] = []
        var expiries: [Plan.LotKey: String] = [:]
        for want in wants {
            for number in want.parts.compactMap(\.lot) {
                let key = Plan.LotKey(product: want.product, number: number)
                keys.append(key)
                expiries[key] = received.first { $0.number == number && $0.expires != nil }?.expires
            }
        }
        return try await lots(keys, expiries: expiries, dry: dry, planned: &planned)
    }

    // MARK: Writing

    /// Makes a draft what was received.
    private func settle(
        _ draft: TrytonShipment, _ reception: ReceptionPush, _ wants: [Plan.Want], _ lots: [Plan.LotKey: JSON],
        _ products: [TrytonProduct], dry: Bool, planned: inout [ERPRequest]
    ) async throws(TrytonError) {
        let currency = products.isEmpty ? nil : try await currency().id
        func newMove(_ product: Int64, _ quantity: Quantity) -> JSON? {
            guard let product = products.first(where: { $0.id == product }), let currency,
                let from = draft.supplierLocation
            else { return nil }
            return Self.move(product, quantity, from: from, to: draft.input, currency: currency)
        }
        let plan = try Plan(draft, wants: wants, lots: lots, givesUp: !reception.backorder, newMove: newMove)
        if !plan.commands.isEmpty {
            let change = TrytonCall.Change(
                ids: [draft.id], values: .object([("incoming_moves", .array(plan.commands))]))
            var call = TrytonCall(model: "stock.shipment.in", verb: .write([change]))
            call.stamps = Plan.stamps(draft)
            if dry { planned += try await self.plan(call) } else { try await send(call) }
        }
        guard !dry else { return }
        var missing = plan.unseen
        if !plan.commands.isEmpty {
            // What `receive` takes cannot be given back: read once more what it would take.
            guard let written = try await shipment([["id", "=", .int(draft.id)]]) else {
                throw .fault(ERPFault(.gone, "The receipt is gone."))
            }
            let rest = try Plan(written, wants: wants, lots: lots, givesUp: !reception.backorder, newMove: newMove)
            guard rest.commands.isEmpty else {
                throw .fault(ERPFault(.unknownOutcome, "The server said yes, but receipt \(draft.name) is as it was."))
            }
            missing = rest.unseen
        }
        if !reception.backorder { try await giveUp(missing, of: draft.id, key: reception.key) }
    }
}
