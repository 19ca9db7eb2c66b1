import Model

/// Articles, lots, the warehouse and the company's currency, as the pushes need them.
extension TrytonConnector {
    /// Articles of a domain; a server without module stock_lot has no `lot_required`.
    func products(_ domain: JSON, limit: Int? = nil, order: JSON? = nil) async throws(TrytonError) -> [TrytonProduct] {
        try await productRows(domain, limit: limit, order: order).compactMap(TrytonProduct.init)
    }

    func productRows(_ domain: JSON, limit: Int?, order: JSON?) async throws(TrytonError) -> [JSON] {
        let hasLots = try await knowsLots()
        return try await rows(
            .search("product.product", domain, limit: limit, order: order, TrytonProduct.fields(lots: hasLots)))
    }

    /// Asked once: one product with the field in question.
    func knowsLots() async throws(TrytonError) -> Bool {
        if let hasLots { return hasLots }
        do throws(TrytonError) {
            _ = try await rows(.search("product.product", [], limit: 1, ["lot_required"]))
            hasLots = true
        } catch {
            guard error.kind == .unsupported else { throw error }
            hasLots = false
        }
        return hasLots == true
    }

    /// Ids of lots, searched by number and article together (a number alone is not unique); the missing ones are
    /// made in one call. In a dry run a missing lot is its number in words.
    func lots(
        _ keys: [TrytonReceptionPlan.LotKey], expiries: [TrytonReceptionPlan.LotKey: String], dry: Bool,
        planned: inout [ERPRequest]
    ) async throws(TrytonError) -> [TrytonReceptionPlan.LotKey: JSON] {
        var found = try await lots(keys)
        let missing = Set(keys.filter { found[$0] == nil }).sorted { ($0.product, $0.number) < ($1.product, $1.number) }
        guard !missing.isEmpty else { return found }
        func call(expiry: Bool) -> TrytonCall {
            .create(
                "stock.lot",
                missing.map { key in
                    .object([
                        ("number", .string(key.number)), ("product", .int(key.product)),
                        ("expiration_date", expiry ? expiries[key].flatMap(TrytonValue.date) : nil),
                    ])
                })
        }
        if dry {
            planned += try await plan(call(expiry: hasExpiry))
            for key in missing { found[key] = .string("new lot \(key.number)") }
            return found
        }
        var ids: [Int64] = []
        do throws(TrytonError) {
            ids = try await created(call(expiry: hasExpiry))
        } catch {
            // Module stock_lot_sled is not there.
            guard error.kind == .unsupported, hasExpiry, !expiries.isEmpty else { throw error }
            hasExpiry = false
            ids = try await created(call(expiry: false))
        }
        guard ids.count == missing.count else { throw .fault(ERPFault(.foreign, "Not every lot was made.")) }
        for (key, id) in zip(missing, ids) { found[key] = .int(id) }
        return found
    }

    /// Ids of the lots that are there.
    func lots(_ keys: [TrytonReceptionPlan.LotKey]) async throws(TrytonError) -> [TrytonReceptionPlan.LotKey: JSON] {
        guard !keys.isEmpty else { return [:] }
        var found: [TrytonReceptionPlan.LotKey: JSON] = [:]
        let domain: JSON = [
            ["number", "in", .array(Set(keys.map(\.number)).sorted().map { .string($0) })],
            ["product", "in", .array(Set(keys.map(\.product)).sorted().map { .int($0) })],
        ]
        for row in try await rows(.search("stock.lot", domain, order: [["id", "DESC"]], ["number", "product"])) {
            guard let id = row["id"], let number = row["number"]?.text, let product = row["product"]?.integer else {
                continue
            }
            found[TrytonReceptionPlan.LotKey(product: product, number: number)] = id
        }
        return found
    }

    func theWarehouse() async throws(TrytonError) -> TrytonWarehouse {
        if let warehouse { return warehouse }
        var domain: [JSON] = [["type", "=", "warehouse"]]
        if let name = warehouseName {
            domain.append(["OR", [["code", "=", .string(name)]], [["name", "=", .string(name)]]])
        }
        let found = try await rows(
            .search("stock.location", .array(domain), limit: 3, ["input_location", "storage_location"]))
        guard found.count == 1, let only = TrytonWarehouse(found[0]) else {
            let words =
                found.isEmpty
                ? "The server has no warehouse \(warehouseName ?? "")."
                : "The server has several warehouses: one must be named."
            throw .fault(ERPFault(.rule, words))
        }
        warehouse = only
        return only
    }

    func currency() async throws(TrytonError) -> (id: Int64, code: String) {
        if let companyCurrency { return companyCurrency }
        let domain: JSON = companyID.map { [["id", "=", .int($0)]] } ?? []
        let found = try await rows(.search("company.company", domain, limit: 2, ["currency", "currency.code"]))
        guard let row = found.first, let id = row["currency"]?.integer else {
            throw .fault(ERPFault(.rule, "The company has no currency."))
        }
        let currency = (id, row["currency."]?["code"]?.text ?? "")
        companyCurrency = currency
        return currency
    }
}
