import Model

/// What Odoo has, and where: the beginning of a count, and the goods of a transfer.
extension OdooConnector {
    /// Two calls, one more for every 500 articles. Quantities are in the article's own unit, as quants have them.
    public func stock(at location: String) async throws(ERPFault) -> [ERPStock] {
        _ = try await stockNames()
        let place = try await place(location)
        let quants = try await quants(at: place.id, products: nil)
        var sums: [OdooReception.LotKey: Double] = [:]
        var order: [OdooReception.LotKey] = []
        for quant in quants {
            let key = OdooReception.LotKey(product: quant.product, name: quant.lotName ?? "")
            if sums[key] == nil { order.append(key) }
            sums[key, default: 0] += quant.quantity
        }
        let ids = Set(quants.map(\.product)).sorted()
        var articles: [Int64: OdooArticle] = [:]
        for start in stride(from: 0, to: ids.count, by: 500) {
            let part = Set(ids[start..<min(start + 500, ids.count)])
            articles.merge(try await self.articles(ids: part, codes: [])) { first, _ in first }
        }
        return order.compactMap { key in
            guard let quantity = sums[key].flatMap({ Quantity(nearest: $0) }), quantity != 0 else { return nil }
            let article = articles[key.product]
            return ERPStock(
                product: String(key.product), gtin: article?.gtin, reference: article?.reference,
                description: article?.name ?? "", lot: key.name.isEmpty ? nil : key.name, quantity: quantity)
        }
    }

    /// Quants at a place and below it; nil: of every article. `usage`: `inventory` for what was scrapped.
    func quants(
        at place: Int64, products: Set<Int64>?, usage: String = "internal"
    ) async throws(ERPFault) -> [OdooQuant] {
        try await quants([.clause("location_id", "child_of", .int(place))], products: products, usage: usage)
    }

    /// Quants of some articles at any of these places and below them.
    func quants(below places: [Int64], products: Set<Int64>) async throws(ERPFault) -> [OdooQuant] {
        try await quants([.clause("location_id", "child_of", .ids(places))], products: products)
    }

    /// Quants of some articles wherever they lie in a company; nil: in any.
    func quants(ofCompany company: Int64?, products: Set<Int64>) async throws(ERPFault) -> [OdooQuant] {
        let domain = company.map { [JSON.clause("location_id.company_id", "=", .int($0))] } ?? []
        return try await quants(domain, products: products)
    }

    /// How much is in each of these packages, of all articles.
    func contents(_ packages: Set<Int64>) async throws(ERPFault) -> [Int64: Double] {
        guard !packages.isEmpty else { return [:] }
        let found = try await records(
            .search(
                "stock.quant", [.clause("package_id", "in", .ids(packages.sorted())), .clause("quantity", ">", 0)],
                ["package_id", "quantity"], order: "id"))
        var contents: [Int64: Double] = [:]
        for quant in found {
            if let package = quant["package_id"]?.odooID {
                contents[package, default: 0] += quant["quantity"]?.double ?? 0
            }
        }
        return contents
    }

    private func quants(
        _ places: [JSON], products: Set<Int64>?, usage: String = "internal"
    ) async throws(ERPFault) -> [OdooQuant] {
        var domain = places + [JSON.clause("location_id.usage", "=", .string(usage))]
        if let products { domain.insert(.clause("product_id", "in", .ids(products.sorted())), at: 0) }
        var fields = OdooQuant.fields
        // Before 15 a count is no field of the quant.
        if try await !countsOnQuants() { fields.removeAll { $0.hasPrefix("inventory_") || $0 == "is_outdated" } }
        return try await records(.search("stock.quant", domain, fields, order: "id")).compactMap { OdooQuant($0) }
    }
}
