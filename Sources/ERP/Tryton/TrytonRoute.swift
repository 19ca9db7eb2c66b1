import Model

/// From where to where, and under which reference.
struct TrytonRoute {
    /// Whom it goes back to; nil for what stays in the house.
    var supplier: Int64?
    var key: String
    var from: Int64
    var to: Int64
    var fromName: String
    var toName: String
    /// Kinds of warnings.
    var accepted: Set<String> = []

    var model: String { supplier == nil ? "stock.shipment.internal" : "stock.shipment.in.return" }
    var title: String { supplier == nil ? "Internal shipment" : "Supplier return" }

    func fields(lots: Bool) -> [String] {
        TrytonTransfer.fields(lots: lots) + (supplier == nil ? ["transit_location"] : [])
    }

    private func moves(_ wants: [TrytonTransfer.Want]) -> JSON {
        .array(
            wants.map { want in
                .members(
                    [
                        JSON.Member("product", .int(want.product.id)), JSON.Member("quantity", want.quantity.json),
                        JSON.Member("unit", .int(want.product.unit)), JSON.Member("from_location", .int(from)),
                        JSON.Member("to_location", .int(to)),
                    ] + (want.lot.map { [JSON.Member("lot", .int($0))] } ?? []) + want.extra)
            })
    }

    func creation(_ wants: [TrytonTransfer.Want]) -> JSON {
        .object([
            ("supplier", supplier.map { .int($0) }), ("reference", .string(key)), ("from_location", .int(from)),
            ("to_location", .int(to)), ("moves", [["create", moves(wants)]]),
        ])
    }

    /// Our draft with what was moved.
    func correction(_ draft: TrytonTransfer, _ wants: [TrytonTransfer.Want]) -> TrytonCall {
        let old: JSON = ["delete", .array(draft.moves.map { .int($0.id) })]
        let new: JSON = ["create", moves(wants)]
        let change = TrytonCall.Change(
            ids: [draft.id], values: .object([("moves", draft.moves.isEmpty ? [new] : [old, new])]))
        var call = TrytonCall(model: model, verb: .write([change]))
        call.stamps = draft.stamp.map { [JSON.Member("\(model),\(draft.id)", $0)] } ?? []
        return call
    }

    func conflict(_ shipment: TrytonTransfer, _ difference: String) -> TrytonError {
        let words = "\(title) \(shipment.number) is \(shipment.state) with other quantities. \(difference)."
        return .fault(ERPFault(.conflict, words))
    }

    /// Something is there and belongs to somebody else: it is assigned, or lies in a place below.
    func short(_ shipment: TrytonTransfer, _ wants: [TrytonTransfer.Want]) -> TrytonError {
        let short = wants.first { want in
            let free = shipment.moves.filter {
                $0.product == want.product.id && $0.lot == want.lot && $0.state == "assigned"
                    && $0.from == shipment.from
            }
            return free.reduce(0) { $0 + $1.quantity } < want.quantity
        }
        let words = "\(short?.name ?? wants.first?.name ?? ""): not enough of it is free at \(fromName)"
        return .fault(
            ERPFault(.conflict, "\(words), the rest is reserved. \(title) \(shipment.number) is a draft there."))
    }
}
