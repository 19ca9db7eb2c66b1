import Model

/// What a draft shipment lacks to be what was received, as commands for its `incoming_moves`: all in one write,
/// which is one transaction (tried on 7.0, 8.0 and 8.2). Computed from what is there, so that a second plan is
/// empty.
///
/// - A line that got less keeps its order: the server makes a draft move of the rest at `receive`.
/// - A line that did not come is taken off the shipment with `remove`: its move stays a draft of the order, on no
///   shipment. Quantity 0 would leave an empty move that is done.
/// - A line with several lots is cut: its move takes the first, copies of it (which keep the order) the others.
/// - What nobody ordered is a new move without origin; the server warns about it (kind `done`).
struct TrytonReceptionPlan {
    /// A line of what was received, resolved against the server.
    struct Want: Equatable {
        /// The move; nil for what nobody ordered.
        var line: Int64?
        var product: Int64
        var name: String
        /// Lot number and quantity; a number of nil where the article has no lots.
        var parts: [Part]
        var total: Quantity { parts.reduce(.zero) { $0 + $1.quantity } }
    }

    struct Part: Equatable {
        var lot: String?
        var quantity: Quantity
    }

    struct LotKey: Hashable {
        var product: Int64
        var number: String
    }

    private(set) var commands: [JSON] = []
    /// Moves with an order behind them that did not come.
    private(set) var unseen: [TrytonMove] = []
    private let lots: [LotKey: JSON]

    /// `lots` gives the ids. `givesUp`: what is missing is split off and stays on the shipment as `unseen`, to be
    /// given up. `newMove` writes the values of a move without order.
    init(
        _ shipment: TrytonShipment, wants: [Want], lots: [LotKey: JSON], givesUp: Bool,
        newMove: (Int64, Quantity) -> JSON?
    ) throws(TrytonError) {
        self.lots = lots
        let lines = Set(wants.compactMap(\.line))
        var claimed: Set<Int64> = []
        for want in wants {
            let first = shipment.live.first { $0.id == want.line }
            if let line = want.line, first == nil {
                guard want.total == 0 else {
                    throw .fault(
                        ERPFault(.conflict, "\(want.name): line \(line) is no longer on receipt \(shipment.name)."))
                }
                continue
            }
            let others = shipment.live.filter { move in
                move.product == want.product && !lines.contains(move.id) && !claimed.contains(move.id)
                    && move.origin == first?.origin && (first == nil || first?.origin != nil)
            }
            var slots = (first.map { [$0] } ?? []) + others
            let announced = slots.reduce(0) { $0 + $1.quantity }
            var open: [Part] = []
            for part in want.parts where part.quantity > 0 {
                // A slot that is right already stays as it is; then the one with this lot; the rest is shared out
                // below.
                guard
                    let index = slots.firstIndex(where: {
                        $0.lotNumber == part.lot && $0.quantity == part.quantity.double
                    })
                        ?? slots.firstIndex(where: { $0.lotNumber == part.lot && part.lot != nil })
                else {
                    open.append(part)
                    continue
                }
                claimed.insert(slots[index].id)
                try change(slots.remove(at: index), to: part)
            }
            for part in open {
                if let slot = slots.first {
                    slots.removeFirst()
                    claimed.insert(slot.id)
                    try change(slot, to: part)
                } else if let template = first ?? others.first {
                    try copy(template, part)
                } else {
                    guard let values = newMove(want.product, part.quantity) else {
                        throw .fault(ERPFault(.rule, "\(want.name): the server does not say how to receive it."))
                    }
                    commands.append(["create", [values.with("lot", lot(part, product: want.product))]])
                }
            }
            let missing = announced - want.total.double - slots.reduce(0) { $0 + $1.quantity }
            if givesUp, let first, first.origin != nil, want.total > 0, missing > 0 {
                let amount = try first.amount(Quantity(nearest: missing) ?? 0, isWhole: true)
                commands.append(["copy", [.int(first.id)], .object(amount + [("lot", lotField(.null))])])
            }
        }
        let left = shipment.live.filter { !claimed.contains($0.id) }
        unseen = left.filter { $0.origin != nil }
        if !givesUp, !unseen.isEmpty { commands.append(["remove", .array(unseen.map { .int($0.id) })]) }
        let orphans = left.filter { $0.origin == nil }
        if !orphans.isEmpty { commands.append(["delete", .array(orphans.map { .int($0.id) })]) }
    }

    /// The optimistic lock: the shipment and every move on it.
    static func stamps(_ shipment: TrytonShipment) -> [JSON.Member] {
        let moves = shipment.moves.compactMap { move in move.stamp.map { JSON.Member("stock.move,\(move.id)", $0) } }
        return moves + (shipment.stamp.map { [JSON.Member("stock.shipment.in,\(shipment.id)", $0)] } ?? [])
    }

    /// What was received and what the shipment says, where they differ: by article and lot, whatever moves carry it.
    static func difference(_ shipment: TrytonShipment, _ wants: [Want]) -> String? {
        struct Key: Hashable {
            var product: Int64
            var lot: String?
        }
        var names: [Key: String] = [:]
        var ours: [Key: Quantity] = [:]
        var theirs: [Key: Double] = [:]
        for want in wants {
            for part in want.parts where part.quantity > 0 {
                let key = Key(product: want.product, lot: part.lot)
                ours[key, default: 0] += part.quantity
                names[key] = want.name
            }
        }
        for move in shipment.live where move.quantity != 0 {
            // Lots are compared where we gave some: elsewhere they are the server's affair.
            let known = Key(product: move.product, lot: move.lotNumber)
            let key = ours[Key(product: move.product, lot: nil)] != nil ? Key(product: move.product, lot: nil) : known
            theirs[key, default: 0] += move.quantity
            names[key] = move.productName
        }
        let keys = Set(ours.keys).union(theirs.keys).sorted { ($0.product, $0.lot ?? "") < ($1.product, $1.lot ?? "") }
        for key in keys where (ours[key] ?? 0) != Quantity(nearest: theirs[key] ?? 0) {
            let lot = key.lot.map { ", lot \($0)" } ?? ""
            let there = theirs[key] ?? 0
            let shown = Quantity(nearest: there)?.description ?? "\(there)"
            return "\(names[key] ?? "")\(lot): \(shown) there, \(ours[key] ?? 0) received here"
        }
        return nil
    }

    private mutating func change(_ move: TrytonMove, to part: Part) throws(TrytonError) {
        var values: [(String, JSON?)] = []
        if move.quantity != part.quantity.double { values = try move.amount(part.quantity) }
        if let number = part.lot, number != move.lotNumber { values.append(("lot", lot(part, product: move.product))) }
        guard !values.isEmpty else { return }
        commands.append(["write", [.int(move.id)], .object(values)])
    }

    private mutating func copy(_ move: TrytonMove, _ part: Part) throws(TrytonError) {
        let values = try move.amount(part.quantity, isWhole: true) + [("lot", lot(part, product: move.product))]
        commands.append(["copy", [.int(move.id)], .object(values)])
    }

    private func lot(_ part: Part, product: Int64) -> JSON? {
        part.lot.flatMap { lots[LotKey(product: product, number: $0)] }
    }

    /// The field of a server that has lots.
    private func lotField(_ value: JSON) -> JSON? { lots.isEmpty ? nil : value }
}
