import Model

/// Products, packagings and receipts. Pages go by id, which no change of a record disturbs.
extension OdooConnector {
    static let pageSize = 200
    private static let cacheTime = Duration.seconds(300)
    static let productFields = ["name", "default_code", "barcode", "tracking", "uom_id"]

    /// All that can lie in stock, with or without a barcode.
    public func products(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPProduct> {
        let found = try await page(
            "product.product", after: cursor, [.clause("type", "!=", "service")], OdooConnector.productFields)
        let ids = found.items.compactMap { $0["id"]?.integer }
        let units = Dictionary(
            found.items.compactMap { record in
                record["id"]?.integer.map { ($0, record["uom_id"]?.odooID) }
            }
        ) { first, _ in first }
        let packagings = try await packagings(of: ids, units: units)
        let products = found.items.compactMap { record -> ERPProduct? in
            guard let id = record["id"]?.integer else { return nil }
            var product = OdooConnector.product(record, id)
            product.packagings = packagings[id] ?? []
            return product
        }
        return ERPPage(items: products, next: found.next)
    }

    private static func product(_ record: JSON, _ id: Int64) -> ERPProduct {
        let barcode = record["barcode"]?.odooText
        let gtin = barcode.flatMap { GTINForm.fourteen($0) }
        return ERPProduct(
            id: String(id), gtins: gtin.map { [$0] } ?? [],
            reference: record["default_code"]?.odooText, description: record["name"]?.odooText ?? "",
            unit: record["uom_id"]?.odooName,
            tracking: record["tracking"]?.odooText.flatMap { Tracking(rawValue: $0) } ?? .none,
            codes: gtin == nil ? barcode.map { [$0] } ?? [] : [])
    }

    func page(
        _ model: String, after cursor: String?, _ domain: [JSON], _ fields: [String]
    ) async throws(ERPFault) -> (items: [JSON], next: String?) {
        let after = try cursor.map { (text) throws(ERPFault) in try id(text, "page") } ?? 0
        let items = try await records(
            .search(
                model, [.clause("id", ">", .int(after))] + domain, fields, order: "id", limit: OdooConnector.pageSize))
        let last = items.count == OdooConnector.pageSize ? items.last?["id"]?.integer : nil
        return (items, last.map { String($0) })
    }

    // MARK: Packagings

    /// Cartons by product: `product.packaging` to 18, `product.uom` from 19 on; none where there is neither.
    private func packagings(
        of products: [Int64], units: [Int64: Int64?]
    ) async throws(ERPFault) -> [Int64: [ERPProduct.Packaging]] {
        guard !products.isEmpty else { return [:] }
        for model in packagingModel.map({ [$0] }) ?? ["product.packaging", "product.uom"] where !model.isEmpty {
            let quantity = model == "product.uom" ? "uom_id" : "qty"
            do {
                let found = try await records(
                    .search(
                        model, [.clause("product_id", "in", .ids(products)), .clause("barcode", "!=", false)],
                        ["product_id", "barcode", quantity], order: "id"))
                packagingModel = model
                // How many reference units each unit is.
                let factors = quantity == "qty" ? [:] : try await signedIn().units.units.mapValues(\.size)
                return OdooConnector.packagings(found, factors: factors, units: units)
            } catch  where [.unsupported, .right].contains(error.kind) {
                continue
            }
        }
        packagingModel = ""
        return [:]
    }

    private static func packagings(
        _ found: [JSON], factors: [Int64: Double], units: [Int64: Int64?]
    ) -> [Int64: [ERPProduct.Packaging]] {
        var packagings: [Int64: [ERPProduct.Packaging]] = [:]
        for record in found {
            guard let product = record["product_id"]?.odooID,
                let gtin = record["barcode"]?.odooText.flatMap({ GTINForm.fourteen($0) })
            else { continue }
            var quantity = record["qty"]?.double
            if let unit = record["uom_id"]?.odooID, let factor = factors[unit] {
                let own = (units[product] ?? nil).flatMap { factors[$0] } ?? 1
                quantity = own > 0 ? factor / own : nil
            }
            // Two and a half metres, but not a third of a dozen: what three decimals do not hold is none.
            guard let quantity, let count = Quantity(nearest: quantity), count > 0,
                OdooNumber.areEqual(quantity, count.double)
            else { continue }
            packagings[product, default: []].append(ERPProduct.Packaging(gtin: gtin, quantity: count))
        }
        return packagings
    }

    // MARK: Receipts

    /// Three calls: receipts, their moves, and the articles that are not known since five minutes; one more for the
    /// suppliers' references where there are purchases.
    public func openReceipts() async throws(ERPFault) -> [ERPReceipt] {
        let names = try await stockNames()
        var fields = ["name", "origin", "partner_id", "scheduled_date"]
        if names.hasPurchase { fields.append("purchase_id") }
        if names.hasTrackingNumber { fields.append("carrier_tracking_ref") }
        let domain =
            [
                JSON.clause("picking_type_code", "=", "incoming"),
                JSON.clause("state", "in", ["assigned", "confirmed", "waiting"]),
                // What goes back to a supplier may be of the same type as what came.
                JSON.clause("location_dest_id.usage", "not in", ["supplier", "customer"]),
            ] + (try await scoped().receipts)
        var pickings: [JSON] = []
        var cursor: String?
        repeat {
            let page = try await page("stock.picking", after: cursor, domain, fields)
            pickings += page.items
            cursor = page.next
        } while cursor != nil
        guard !pickings.isEmpty else { return [] }
        pickings.sort {
            ($0["scheduled_date"]?.odooText ?? "", $0["id"]?.integer ?? 0)
                < ($1["scheduled_date"]?.odooText ?? "", $1["id"]?.integer ?? 0)
        }
        let moves = try await records(
            .search(
                "stock.move",
                [
                    .clause("picking_id", "in", .ids(pickings.compactMap { $0["id"]?.integer })),
                    .clause("state", "not in", ["done", "cancel"]),
                ], ["picking_id", "product_id", "product_qty"], order: "id"))
        let products = try await products(Set(moves.compactMap { $0["product_id"]?.odooID }))
        let orders = try await supplierReferences(Set(pickings.compactMap { $0["purchase_id"]?.odooID }))
        let byPicking = Dictionary(grouping: moves) { $0["picking_id"]?.odooID ?? 0 }
        return pickings.compactMap { picking in
            picking["id"]?.integer.map { id in
                receipt(picking, id, lines: byPicking[id] ?? [], products, orders)
            }
        }
    }

    private func receipt(
        _ picking: JSON, _ id: Int64, lines: [JSON], _ products: [Int64: ERPProduct], _ orders: [Int64: String]
    ) -> ERPReceipt {
        // The origin may name several orders.
        let origin = picking["origin"]?.odooText
        let parts = origin?.split(separator: ",").map { OdooConnector.trimmed($0) } ?? []
        var references: [String] = []
        let all =
            [origin] + (parts.count > 1 ? parts : []).map { Optional($0) } + [
                picking["purchase_id"]?.odooID.flatMap { orders[$0] },
                picking["carrier_tracking_ref"]?.odooText,
            ]
        for case let reference? in all where !reference.isEmpty && !references.contains(reference) {
            references.append(reference)
        }
        return ERPReceipt(
            id: String(id), name: picking["name"]?.odooText ?? "", references: references,
            supplier: picking["partner_id"]?.odooName ?? "", expectedOn: picking["scheduled_date"]?.odooDay,
            lines: lines.compactMap { OdooConnector.line($0, products) }, path: path("stock.picking", id))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func line(_ move: JSON, _ products: [Int64: ERPProduct]) -> ERPReceipt.Line? {
        guard let id = move["id"]?.integer, let product = move["product_id"]?.odooID else { return nil }
        let known = products[product]
        // In the article's own unit: 60 where five dozen are announced.
        let quantity = move["product_qty"]?.double ?? 0
        return ERPReceipt.Line(
            id: String(id), product: String(product), gtin: known?.gtins.first,
            description: known?.description ?? move["product_id"]?.odooName ?? "",
            quantity: Quantity(nearest: quantity) ?? 0, tracking: known?.tracking ?? .none,
            reference: known?.reference, codes: known?.codes ?? [])
    }

    /// Products by id, from the last five minutes where possible, else in one call.
    private func products(_ ids: Set<Int64>) async throws(ERPFault) -> [Int64: ERPProduct] {
        let now = ContinuousClock.now
        products = products.filter { $0.value.until > now }
        let missing = ids.filter { products[$0] == nil }
        if !missing.isEmpty {
            // Receipts may still come of what is archived.
            let found = try await records(
                .search(
                    "product.product", [.clause("id", "in", .ids(missing.sorted()))], OdooConnector.productFields,
                    context: [JSON.Member("active_test", false)]))
            for record in found {
                guard let id = record["id"]?.integer else { continue }
                products[id] = (OdooConnector.product(record, id), now + OdooConnector.cacheTime)
            }
        }
        return products.filter { ids.contains($0.key) }.mapValues(\.product)
    }

    /// The suppliers' own references of purchases; none without the right to see them.
    private func supplierReferences(_ orders: Set<Int64>) async throws(ERPFault) -> [Int64: String] {
        guard !orders.isEmpty else { return [:] }
        do {
            var references: [Int64: String] = [:]
            for order in try await records(.read("purchase.order", orders.sorted(), ["partner_ref"])) {
                if let id = order["id"]?.integer { references[id] = order["partner_ref"]?.odooText }
            }
            return references
        } catch  where [.right, .unsupported].contains(error.kind) {
            return [:]
        }
    }
}
