import Model

/// Goods put away or moved between two storage places: an internal shipment (modules/stock, shipment.py), with our key as its
/// reference, so that it is found again.
///
/// `draft` → `wait` → `assign_try` → `do`, one state at a time and each read back: a repetition goes on from where it stands.
/// `assign_try` says nothing: the state tells whether all of it was found. It takes from places below the source as well
/// where the source has too little (tried on 8.2); that is another bin's stock, so it is given back and refused. Whatever is
/// refused leaves a draft, which reserves nothing.
extension TrytonConnector {
    public func push(_ transfer: TransferPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        var isSecond = false
        while true {
            do throws(TrytonError) {
                return try await attempt(transfer, dry: dry)
            } catch {
                guard !isSecond, error == .stale || error.kind == .unknownOutcome else { throw error.asFault }
                isSecond = true
            }
        }
    }

    private static let model = "stock.shipment.internal"

    private func attempt(_ transfer: TransferPush, dry: Bool) async throws(TrytonError) -> PushOutcome {
        let lines = transfer.lines.filter { $0.quantity > 0 }
        guard !lines.isEmpty else { throw .fault(ERPFault(.rule, "Nothing was moved: there is nothing to push.")) }
        let (from, to) = (try await place(transfer.from), try await place(transfer.to))
        guard from != to else {
            let words = "\(transfer.from) and \(transfer.to) are one place there: nothing moves."
            return .done(id: String(from), words)
        }
        let wants = try await wants(lines)
        var shipment = try await internalShipment([["reference", "=", .string(transfer.key)]])
        if shipment == nil || shipment?.state == "draft" { try await check(wants, at: from, transfer.from) }
        if dry { return .planned(try await plan(transfer, wants, from: from, to: to, there: shipment)) }

        if shipment == nil {
            let id = try await created(Self.creation(transfer, wants, from: from, to: to))[0]
            shipment = try await internalShipment([["id", "=", .int(id)]])
        }
        for _ in 0..<12 {
            guard let now = shipment else { throw .fault(ERPFault(.gone, "The internal shipment is gone.")) }
            guard now.from == from, now.to == to else {
                throw .fault(ERPFault(.conflict, "Internal shipment \(now.number) is between other places there."))
            }
            switch now.state {
            case "draft":
                if now.difference(wants) == nil {
                    try await step("wait", now)
                } else {
                    try await send(Self.correction(now, wants))
                }
            case "waiting":
                if now.hasTransit {
                    try await release(now)
                    let words =
                        "\(transfer.from) and \(transfer.to) are in different warehouses, with a transit between them"
                    throw .fault(
                        ERPFault(.conflict, "\(words): internal shipment \(now.number) is for a person there."))
                }
                guard now.difference(wants) == nil else {
                    try await step("draft", now)
                    break
                }
                try await step("assign_try", now)
                let tried = try await internalShipment([["id", "=", .int(now.id)]])
                if let tried, tried.state == "waiting" {
                    try await release(tried)
                    throw Self.short(tried, wants, transfer.from)
                }
            case "assigned":
                if let other = now.difference(wants) { throw Self.conflict(now, other) }
                guard now.moves.allSatisfy({ $0.from == from }) else {
                    try await release(now)
                    throw Self.short(now, wants, transfer.from)
                }
                do throws(TrytonError) {
                    try await step(lastStep, now)
                } catch {
                    if error.kind == .rule { try await release(now) }
                    throw error
                }
            case "done":
                if let other = now.difference(wants) { throw Self.conflict(now, other) }
                let words = "Internal shipment \(now.number) is done: \(wants.count) lines"
                return .done(id: String(now.id), "\(words) from \(transfer.from) to \(transfer.to).")
            case "cancelled":
                throw .fault(ERPFault(.conflict, "Internal shipment \(now.number) was cancelled there."))
            default:
                throw .fault(ERPFault(.conflict, "Internal shipment \(now.number) is \(now.state) there."))
            }
            shipment = try await internalShipment([["id", "=", .int(now.id)]])
        }
        let words = "The server said yes, but internal shipment \(shipment?.number ?? "") is \(shipment?.state ?? "")."
        throw .fault(ERPFault(.unknownOutcome, words))
    }

    /// A step; a refusal may mean that it was done meanwhile: the state tells.
    private func step(_ name: String, _ shipment: TrytonTransfer) async throws(TrytonError) {
        do throws(TrytonError) {
            try await send(.button(Self.model, name, .int(shipment.id)))
        } catch {
            guard error.kind == .rule,
                try await internalShipment([["id", "=", .int(shipment.id)]])?.state != shipment.state
            else { throw error }
        }
    }

    /// Back to a draft: what was assigned is free again, and what was taken from elsewhere is forgotten.
    private func release(_ shipment: TrytonTransfer) async throws(TrytonError) {
        try await send(.button(Self.model, "wait", .int(shipment.id)))
        try await send(.button(Self.model, "draft", .int(shipment.id)))
    }

    // MARK: Reading

    private func internalShipment(_ domain: JSON) async throws(TrytonError) -> TrytonTransfer? {
        let fields = TrytonTransfer.fields(lots: try await knowsLots())
        let found = try await rows(.search(Self.model, domain, limit: 2, order: Self.byID, fields))
        return found.first.flatMap(TrytonTransfer.init)
    }

    /// By article and lot, what is moved twice added up.
    private func wants(_ lines: [TransferPush.Line]) async throws(TrytonError) -> [TrytonTransfer.Want] {
        let products = try await products(
            ids: lines.compactMap { $0.product.flatMap { Int64($0) } }, gtins: lines.map(\.gtin))
        var resolved: [(line: TransferPush.Line, product: TrytonProduct)] = []
        for line in lines {
            guard
                let product = products.first(where: { String($0.id) == line.product })
                    ?? products.first(where: { $0.gtins.contains(line.gtin) })
            else { throw .fault(ERPFault(.rule, "The server knows no article with GTIN \(line.gtin).")) }
            if product.tracksLots, line.lot == nil {
                let words = "\(product.name) is kept by lot or serial number: which of them were moved?"
                throw .fault(ERPFault(.rule, words))
            }
            resolved.append((line, product))
        }
        func key(_ line: TransferPush.Line, _ product: TrytonProduct) -> TrytonReceptionPlan.LotKey? {
            guard product.tracksLots else { return nil }
            return line.lot.map { TrytonReceptionPlan.LotKey(product: product.id, number: $0) }
        }
        let lots = try await lots(resolved.compactMap { key($0.line, $0.product) })
        var wants: [TrytonTransfer.Want] = []
        for (line, product) in resolved {
            let key = key(line, product)
            if let key, lots[key] == nil {
                throw .fault(ERPFault(.conflict, "\(product.name): the server has no lot \(key.number) of it."))
            }
            let lot = key.flatMap { lots[$0] }?.integer
            if let index = wants.firstIndex(where: { $0.product.id == product.id && $0.lot == lot }) {
                wants[index].quantity += line.quantity
            } else {
                wants.append(
                    TrytonTransfer.Want(product: product, lot: lot, lotNumber: key?.number, quantity: line.quantity))
            }
        }
        return wants
    }

    /// Refused before anything is written, where it is plain that the source has too little.
    private func check(
        _ wants: [TrytonTransfer.Want], at place: Int64, _ name: String
    ) async throws(TrytonError) {
        let there = try await holdings(at: place, of: Set(wants.map(\.product.id)).sorted())
        for want in wants {
            let has = there.first { $0.product.id == want.product.id && $0.lot == want.lot }?.quantity ?? 0
            guard has < want.quantity else { continue }
            let words = "\(want.name): \(want.quantity) were moved, but the server has only \(has) at \(name)."
            throw .fault(ERPFault(.conflict, words))
        }
    }

    private static func conflict(_ shipment: TrytonTransfer, _ difference: String) -> TrytonError {
        let words = "Internal shipment \(shipment.number) is \(shipment.state) with other quantities. \(difference)."
        return .fault(ERPFault(.conflict, words))
    }

    /// Something is there and belongs to somebody else: it is assigned, or lies in a place below.
    private static func short(
        _ shipment: TrytonTransfer, _ wants: [TrytonTransfer.Want], _ place: String
    ) -> TrytonError {
        let short = wants.first { want in
            let free = shipment.moves.filter {
                $0.product == want.product.id && $0.lot == want.lot && $0.state == "assigned"
                    && $0.from == shipment.from
            }
            return free.reduce(0) { $0 + $1.quantity } < want.quantity
        }
        let words = "\(short?.name ?? wants[0].name): not enough of it is free at \(place)"
        return .fault(
            ERPFault(
                .conflict, "\(words), the rest is reserved. Internal shipment \(shipment.number) is a draft there."))
    }

    // MARK: Writing

    private static func moves(_ wants: [TrytonTransfer.Want], from: Int64, to: Int64) -> JSON {
        .array(
            wants.map { want in
                .object([
                    ("product", .int(want.product.id)), ("lot", want.lot.map { .int($0) }),
                    ("quantity", want.quantity.json), ("unit", .int(want.product.unit)), ("from_location", .int(from)),
                    ("to_location", .int(to)),
                ])
            })
    }

    private static func creation(
        _ transfer: TransferPush, _ wants: [TrytonTransfer.Want], from: Int64, to: Int64
    ) -> TrytonCall {
        .create(
            model,
            [
                .object([
                    ("reference", .string(transfer.key)), ("from_location", .int(from)), ("to_location", .int(to)),
                    ("moves", [["create", moves(wants, from: from, to: to)]]),
                ])
            ])
    }

    /// Our draft with what was moved.
    private static func correction(_ draft: TrytonTransfer, _ wants: [TrytonTransfer.Want]) -> TrytonCall {
        let old: JSON = ["delete", .array(draft.moves.map { .int($0.id) })]
        let new: JSON = ["create", moves(wants, from: draft.from, to: draft.to)]
        let change = TrytonCall.Change(
            ids: [draft.id], values: .object([("moves", draft.moves.isEmpty ? [new] : [old, new])]))
        var call = TrytonCall(model: model, verb: .write([change]))
        call.stamps = draft.stamp.map { [JSON.Member("\(model),\(draft.id)", $0)] } ?? []
        return call
    }

    private func plan(
        _ transfer: TransferPush, _ wants: [TrytonTransfer.Want], from: Int64, to: Int64, there: TrytonTransfer?
    ) async throws(TrytonError) -> [ERPRequest] {
        var planned: [ERPRequest] = []
        if let there {
            if there.state == "draft", there.difference(wants) != nil {
                planned += try await plan(Self.correction(there, wants))
            }
        } else {
            planned += try await plan(Self.creation(transfer, wants, from: from, to: to))
        }
        let target = there.map { JSON.int($0.id) } ?? "new"
        let steps = ["wait", "assign_try", lastStep]
        let done = ["draft": 0, "waiting": 1, "assigned": 2, "done": 3][there?.state ?? "draft"] ?? 0
        for name in steps.dropFirst(done) { planned += try await plan(.button(Self.model, name, target)) }
        return planned
    }
}
