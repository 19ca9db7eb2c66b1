import Model

/// A receipt without announcement, and moves without order. The client fills what the screens would have filled
/// (modules/stock, shipment.py).
extension TrytonConnector {
    /// A receipt that nobody announced, with its moves, in one call.
    func creation(
        _ reception: ReceptionPush, _ wants: [TrytonReceptionPlan.Want],
        _ lots: [TrytonReceptionPlan.LotKey: JSON], _ products: [TrytonProduct]
    ) async throws(TrytonError) -> TrytonCall {
        let supplier = reception.supplier.flatMap { Int64($0) } ?? 0
        let warehouse = try await theWarehouse()
        let currency = try await currency().id
        let parties = try await rows(.search("party.party", [["id", "=", .int(supplier)]], ["supplier_location"]))
        guard let from = parties.first?["supplier_location"]?.integer else {
            throw .fault(ERPFault(.gone, "Supplier \(supplier) is gone, or has no place that goods come from."))
        }
        var moves: [JSON] = []
        for want in wants {
            guard let product = products.first(where: { $0.id == want.product }) else { continue }
            for part in want.parts where part.quantity > 0 {
                let lot = part.lot.flatMap { lots[TrytonReceptionPlan.LotKey(product: want.product, number: $0)] }
                moves.append(
                    Self.move(product, part.quantity, from: from, to: warehouse.input, currency: currency).with(
                        "lot", lot))
            }
        }
        return .create(
            "stock.shipment.in",
            [
                .object([
                    ("supplier", .int(supplier)), ("reference", .string(Self.reference(reception))),
                    ("warehouse", .int(warehouse.id)), ("warehouse_input", .int(warehouse.input)),
                    ("warehouse_storage", .int(warehouse.storage)), ("planned_date", TrytonValue.date(today())),
                    ("incoming_moves", [["create", .array(moves)]]),
                ])
            ])
    }

    /// A move without order. Its price is the article's cost: nobody agreed on another.
    static func move(_ product: TrytonProduct, _ quantity: Quantity, from: Int64, to: Int64, currency: Int64) -> JSON {
        .object([
            ("product", .int(product.id)), ("quantity", quantity.json), ("unit", .int(product.unit)),
            ("from_location", .int(from)), ("to_location", .int(to)),
            ("unit_price", TrytonValue.decimal(product.cost ?? "0")), ("currency", .int(currency)),
        ])
    }
}
