import Model

/// Goods put away or moved between two storage places: an internal shipment (modules/stock, shipment.py), with our key as its
/// reference, so that it is found again. How it gets there: TrytonConnector+Carrying.
extension TrytonConnector {
    public func push(_ transfer: TransferPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await twice { () async throws(TrytonError) in
            let (from, to) = (try await self.place(transfer.from), try await self.place(transfer.to))
            let route = TrytonRoute(
                key: transfer.key, from: from, to: to, fromName: transfer.from, toName: transfer.to)
            return try await self.move(transfer.lines, route, dry: dry)
        }
    }

    func move(
        _ lines: [TransferPush.Line], _ route: TrytonRoute, dry: Bool
    ) async throws(TrytonError) -> PushOutcome {
        let lines = lines.filter { $0.quantity > 0 }
        guard !lines.isEmpty else { throw .fault(ERPFault(.rule, "Nothing was moved: there is nothing to push.")) }
        guard route.from != route.to else {
            let words = "\(route.fromName) and \(route.toName) are one place there: nothing moves."
            return .done(id: String(route.from), words)
        }
        return try await carry(try await wants(lines), route, dry: dry)
    }

    /// By article and lot, what is moved twice added up.
    func wants(_ lines: [TransferPush.Line]) async throws(TrytonError) -> [TrytonTransfer.Want] {
        let known = try await products(
            ids: lines.compactMap { $0.product.flatMap { Int64($0) } }, gtins: lines.map(\.gtin))
        let (lines, products) = try await withoutKits(lines, known)
        var resolved: [(line: TransferPush.Line, product: TrytonProduct)] = []
        for line in lines {
            let product = try products.known(line.product, line.gtin)
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
    func check(_ wants: [TrytonTransfer.Want], _ route: TrytonRoute) async throws(TrytonError) {
        let there = try await holdings(at: route.from, of: Set(wants.map(\.product.id)).sorted())
        for want in wants {
            let has = there.first { $0.product.id == want.product.id && $0.lot == want.lot }?.quantity ?? 0
            guard has < want.quantity else { continue }
            let what = route.supplier == nil ? "were moved" : "came less"
            let words = "\(want.name): \(want.quantity) \(what), but the server has only \(has) at \(route.fromName)."
            throw .fault(ERPFault(.conflict, words))
        }
    }
}
