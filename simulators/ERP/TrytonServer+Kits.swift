import Model

/// Module product_kit: a kit is bought by its name, and its components are what comes and lies in stock.
extension TrytonServer {
    /// A kit of these parts, each in its own unit. Answers its id; its GTIN is `gtin` of it.
    @discardableResult
    public mutating func addKit(
        _ name: String, _ parts: [(product: Int64, quantity: Double)], fixed: Bool = false
    ) -> Int64 {
        let id = addBare(name)
        store.set("product.product", id, ["type": "kit", "template": .int(id)])
        store.insert(
            "product.identifier",
            ["product": .int(id), "type": "ean", "code": .string(String(Self.gtin(Int(id)).dropFirst()))])
        for (product, quantity) in parts {
            store.insert(
                "product.component",
                [
                    "parent_template": .int(id), "parent_product": .null, "product": .int(product),
                    "quantity": .number(quantity),
                    "unit": store.row("product.product", product)?["default_uom"] ?? 1, "fixed": .bool(fixed),
                ])
        }
        return id
    }

    /// An order of kits with its shipment: a move for each part, whose origin is the line's component. Answers the shipment.
    @discardableResult
    public mutating func announceKits(_ supplier: Int64, _ reference: String, kit: Int64, _ count: Int64) -> Int64 {
        let shipment = announce(supplier, reference, [])
        let order = store.all("purchase.purchase").map { TrytonStore.id($0) }.max() ?? 0
        store.insert("purchase.line", ["quantity": .int(count), "unit": 1])
        for part in store.all("product.component", where: { $0["parent_template"] == .int(kit) }) {
            let quantity = JSON.number((part["quantity"]?.double ?? 0) * Double(count))
            let line = store.insert(
                "purchase.line.component",
                ["product": part["product"] ?? .null, "quantity": quantity, "unit": part["unit"] ?? 1])
            store.insert(
                "stock.move",
                [
                    "product": part["product"] ?? .null, "quantity": quantity, "unit": part["unit"] ?? 1,
                    "from_location": 6, "to_location": 1, "state": "draft",
                    "origin": .string("purchase.line.component,\(line)"), "purchase": .int(order),
                    "shipment": .string("stock.shipment.in,\(shipment)"),
                    "unit_price": .object([("__class__", "Decimal"), ("decimal", "2.00")]), "currency": 1,
                ])
        }
        linkOrders()
        return shipment
    }

    /// Moves of orders that were given up: those among the ignored ones of their line.
    public var ignoredMoves: Int {
        ["purchase.line", "purchase.line.component"].reduce(0) { sum, model in
            sum + store.all(model).reduce(0) { $0 + ($1["moves_ignored"]?.list?.count ?? 0) }
        }
    }

    func refuseKit(_ row: TrytonStore.Row) throws(TrytonRefusal) {
        guard store.row("product.product", row["product"]?.integer)?["type"] == "kit" else { return }
        throw .user(
            "The value \"\(row["product"] ?? .null)\" for field \"Product\" is not valid according to its domain.")
    }
}
