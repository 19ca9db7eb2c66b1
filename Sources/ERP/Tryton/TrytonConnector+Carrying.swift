import Model

/// Shipments from a place of ours: internal ones, and returns to a supplier (modules/stock, shipment.py), which go the same way.
///
/// `draft` → `wait` → `assign_try` → `do`, one state at a time and each read back: a repetition goes on from where it stands.
/// `assign_try` says nothing: the state tells whether all of it was found. An internal one takes from places below the source as
/// well where the source has too little (tried on 8.2); that is another bin's stock, so it is given back and refused. Whatever is
/// refused leaves a draft, which reserves nothing.
extension TrytonConnector {
    func carry(
        _ wants: [TrytonTransfer.Want], _ route: TrytonRoute, dry: Bool
    ) async throws(TrytonError) -> PushOutcome {
        let title = route.title
        var shipment = try await carried(route, [["reference", "=", .string(route.key)]])
        if shipment == nil || shipment?.state == "draft" { try await check(wants, route) }
        if dry { return .planned(try await plan(wants, route, there: shipment)) }

        if shipment == nil {
            let id = try await created(.create(route.model, [route.creation(wants)]))[0]
            shipment = try await carried(route, [["id", "=", .int(id)]])
        }
        for _ in 0..<12 {
            guard let now = shipment else { throw .fault(ERPFault(.gone, "The \(title.lowercased()) is gone.")) }
            guard now.from == route.from, now.to == route.to else {
                throw .fault(ERPFault(.conflict, "\(title) \(now.number) is between other places there."))
            }
            switch now.state {
            case "draft":
                if now.difference(wants) == nil {
                    try await step("wait", now, route)
                } else {
                    try await send(route.correction(now, wants))
                }
            case "waiting":
                if now.hasTransit {
                    try await release(now, route)
                    let words =
                        "\(route.fromName) and \(route.toName) are in different warehouses, with a transit between them"
                    throw .fault(
                        ERPFault(.conflict, "\(words): internal shipment \(now.number) is for a person there."))
                }
                guard now.difference(wants) == nil else {
                    try await step("draft", now, route)
                    break
                }
                try await step("assign_try", now, route)
                let tried = try await carried(route, [["id", "=", .int(now.id)]])
                if let tried, tried.state == "waiting" {
                    try await release(tried, route)
                    throw route.short(tried, wants)
                }
            case "assigned":
                if let other = now.difference(wants) { throw route.conflict(now, other) }
                guard now.moves.allSatisfy({ $0.from == route.from }) else {
                    try await release(now, route)
                    throw route.short(now, wants)
                }
                do throws(TrytonError) {
                    try await step(lastStep, now, route)
                } catch {
                    if error.kind == .rule { try await release(now, route) }
                    throw error
                }
            case "done":
                if let other = now.difference(wants) { throw route.conflict(now, other) }
                let words = "\(title) \(now.number) is done: \(wants.count) lines"
                return .done(id: String(now.id), "\(words) from \(route.fromName) to \(route.toName).")
            case "cancelled":
                throw .fault(ERPFault(.conflict, "\(title) \(now.number) was cancelled there."))
            default:
                throw .fault(ERPFault(.conflict, "\(title) \(now.number) is \(now.state) there."))
            }
            shipment = try await carried(route, [["id", "=", .int(now.id)]])
        }
        let words =
            "The server said yes, but \(title.lowercased()) \(shipment?.number ?? "") is \(shipment?.state ?? "")."
        throw .fault(ERPFault(.unknownOutcome, words))
    }

    /// A step; a refusal may mean that it was done meanwhile: the state tells.
    private func step(
        _ name: String, _ shipment: TrytonTransfer, _ route: TrytonRoute
    ) async throws(TrytonError) {
        do throws(TrytonError) {
            try await send(.button(route.model, name, .int(shipment.id)), accepting: route.accepted)
        } catch {
            guard error.kind == .rule,
                try await carried(route, [["id", "=", .int(shipment.id)]])?.state != shipment.state
            else { throw error }
        }
    }

    /// Back to a draft: what was assigned is free again, and what was taken from elsewhere is forgotten.
    private func release(_ shipment: TrytonTransfer, _ route: TrytonRoute) async throws(TrytonError) {
        try await send(.button(route.model, "wait", .int(shipment.id)))
        try await send(.button(route.model, "draft", .int(shipment.id)))
    }

    func carried(_ route: TrytonRoute, _ domain: JSON) async throws(TrytonError) -> TrytonTransfer? {
        let fields = route.fields(lots: try await knowsLots())
        let found = try await rows(.search(route.model, domain, limit: 2, order: Self.byID, fields))
        return found.first.flatMap(TrytonTransfer.init)
    }

    private func plan(
        _ wants: [TrytonTransfer.Want], _ route: TrytonRoute, there: TrytonTransfer?
    ) async throws(TrytonError) -> [ERPRequest] {
        var planned: [ERPRequest] = []
        if let there {
            if there.state == "draft", there.difference(wants) != nil {
                planned += try await plan(route.correction(there, wants))
            }
        } else {
            planned += try await plan(.create(route.model, [route.creation(wants)]))
        }
        let target = there.map { JSON.int($0.id) } ?? "new"
        let steps = ["wait", "assign_try", lastStep]
        let done = ["draft": 0, "waiting": 1, "assigned": 2, "done": 3][there?.state ?? "draft"] ?? 0
        for name in steps.dropFirst(done) { planned += try await plan(.button(route.model, name, target)) }
        return planned
    }
}
