import Model

/// Which warnings of the server are accepted: what a person decided at the dock is not asked for again.
///
/// - What nobody ordered is a move without origin: `done`. A line of the push without one of the receipt says that somebody took
///   it in.
/// - More than was ordered: `check_move_quantity`. A line that got more than the receipt announced says so. The receipt is written
///   before it is received, so a note on it keeps what was decided in case the process dies between the two.
///
/// Whatever else the server warns of waits, with its text, for a yes of its own: above all `check_move_quantity` where no
/// more came than was announced, which is goods that somebody else received as well.
extension TrytonConnector {
    private static let decision = "Received in excess, as accepted at the dock"

    /// Said before anything is written: the server would refuse the receipt after it was made.
    private static let byKey = TrytonError.fault(
        ERPFault(
            .rule,
            "Tryton warns of what nobody ordered and of more than was ordered, and over REST nobody can say yes: receive it there, or connect with a user and password in place of the key."
        ))

    func accepted(
        _ reception: ReceptionPush, _ wants: [TrytonReceptionPlan.Want], _ shipment: TrytonShipment?, dry: Bool
    ) async throws(TrytonError) -> Set<String> {
        var accepted = Set(reception.accepted.map(TrytonError.kind(ofWarning:)))
        let isOpen = shipment == nil || shipment?.state == "draft"
        if wants.contains(where: { $0.line == nil && $0.total > 0 }) {
            if usesKey, isOpen { throw Self.byKey }
            accepted.insert("done")
        }
        guard let shipment, shipment.state == "draft", !accepted.contains(TrytonError.excess) else { return accepted }
        let over = wants.filter { want in
            guard let first = shipment.live.first(where: { $0.id == want.line }) else { return false }
            // Parts of the line that were cut off by a push before.
            let announced = shipment.live.filter { move in
                move.id == first.id || move.origin == first.origin && !wants.contains { $0.line == move.id }
            }
            return Quantity(nearest: announced.reduce(0) { $0 + $1.quantity }).map { want.total > $0 } ?? false
        }
        if !over.isEmpty {
            if usesKey { throw Self.byKey }
            accepted.insert(TrytonError.excess)
            guard !dry, shipment.id != 0 else { return accepted }
            let names = over.map { "\($0.name) \($0.total)" }.joined(separator: ", ")
            let note = JSON.object([
                ("resource", .string("stock.shipment.in,\(shipment.id)")),
                ("message", .string("\(Self.decision): \(names)\n[\(reception.key)]")),
            ])
            if try await !wasAccepted(shipment.id, reception.key) { _ = try await created(.create("ir.note", [note])) }
        }
        return accepted
    }

    /// Asked only where the server warns: a push before this one has written the receipt.
    func wasAccepted(_ shipment: Int64, _ key: String) async throws(TrytonError) -> Bool {
        try await notes("stock.shipment.in,\(shipment)", key: key).contains { $0.message.hasPrefix(Self.decision) }
    }
}

extension TrytonError {
    /// More of a purchase's line than was ordered (modules/purchase, purchase.py).
    static let excess = "check_move_quantity"

    var isExcess: Bool {
        guard case .warning(let name, _) = self else { return false }
        return Self.kind(ofWarning: name) == Self.excess
    }
}
