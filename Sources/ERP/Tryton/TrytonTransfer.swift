import Model

/// An internal shipment, or a return to a supplier, with its moves.
struct TrytonTransfer: Equatable {
    /// A line of what was moved, resolved against the server.
    struct Want: Equatable {
        var product: TrytonProduct
        var lot: Int64?
        var lotNumber: String?
        var quantity: Quantity
        /// What a move of it says besides: its price, what it is of.
        var extra: [JSON.Member] = []

        var name: String { lotNumber.map { "\(product.name), lot \($0)" } ?? product.name }
    }

    struct Move: Equatable {
        var id: Int64
        var product: Int64
        var lot: Int64?
        var quantity: Quantity
        var from: Int64
        var state: String
    }

    var id: Int64
    /// 8.2 gives one when it waits.
    var number: String
    var state: String
    var from: Int64
    var to: Int64
    /// Between warehouses: packed and shipped before it is done.
    var hasTransit: Bool
    var stamp: JSON?
    /// Without the cancelled ones.
    var moves: [Move]

    static func fields(lots: Bool) -> [String] {
        [
            "number", "state", "from_location", "to_location", "_timestamp", "moves.product", "moves.quantity",
            "moves.state", "moves.from_location",
        ] + (lots ? ["moves.lot"] : [])
    }

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let state = row["state"]?.text, let from = row["from_location"]?.integer,
            let to = row["to_location"]?.integer
        else { return nil }
        (self.id, self.state, self.from, self.to) = (id, state, from, to)
        number = row["number"]?.text ?? String(id)
        hasTransit = row["transit_location"]?.integer != nil
        stamp = row["_timestamp"]
        moves = (row["moves."]?.list ?? []).compactMap { move in
            guard let id = move["id"]?.integer, let product = move["product"]?.integer,
                let quantity = move["quantity"]?.double.flatMap({ Quantity(nearest: $0) }),
                let state = move["state"]?.text, state != "cancelled"
            else { return nil }
            return Move(
                id: id, product: product, lot: move["lot"]?.integer, quantity: quantity,
                from: move["from_location"]?.integer ?? 0, state: state)
        }
    }

    /// What was moved and what it says, where they differ: the server splits moves, so sums are compared.
    func difference(_ wants: [Want]) -> String? {
        for want in wants {
            let there = moves.filter { $0.product == want.product.id && $0.lot == want.lot }
                .reduce(Quantity.zero) { $0 + $1.quantity }
            if there != want.quantity { return "\(want.name): \(there) there, \(want.quantity) moved here" }
        }
        let other = moves.first { move in
            move.quantity != 0 && !wants.contains { $0.product.id == move.product && $0.lot == move.lot }
        }
        return other.map { "Article \($0.product): \($0.quantity) there, none moved here" }
    }
}
