import Model

/// What lies where (modules/stock, product.py; stock_lot, stock.py). A place is counted without the places below it, as the
/// server's own inventories count it: what lies in a bin is the bin's.
extension TrytonConnector {
    /// Two calls, three the first time: the articles, and the lots of those that have them. In the articles' own units.
    public func stock(at location: String) async throws(ERPFault) -> [ERPStock] {
        do throws(TrytonError) {
            let place = try await place(location)
            return try await holdings(at: place).map { holding in
                ERPStock(
                    product: String(holding.product.id), gtin: holding.product.gtins.first,
                    reference: holding.product.code, description: holding.product.name, lot: holding.lotNumber,
                    quantity: holding.quantity)
            }
        } catch {
            throw error.asFault
        }
    }

    /// What lies directly at a place, of all articles or of some; what is 0 is left out.
    func holdings(at place: Int64, of products: [Int64]? = nil) async throws(TrytonError) -> [TrytonHolding] {
        let context = [JSON.Member("locations", [.int(place)]), JSON.Member("with_childs", false)]
        let some: JSON = .array((products ?? []).map { .int($0) })
        let hasLots = try await knowsLots()
        let articles = try await all(
            "product.product", products == nil ? nil : ["id", "in", some],
            TrytonProduct.fields(lots: hasLots) + ["quantity"], context)
        var known: [Int64: TrytonProduct] = [:]
        var rest: [Int64: Quantity] = [:]
        for row in articles {
            guard let product = TrytonProduct(row) else { continue }
            known[product.id] = product
            rest[product.id] = Quantity(nearest: row["quantity"]?.double ?? 0) ?? 0
        }
        var found: [TrytonHolding] = []
        let lots =
            hasLots
            ? try await all(
                "stock.lot", products == nil ? nil : ["product", "in", some], ["number", "product", "quantity"], context
            )
            : []
        // Lots that cancel each other out: their article has 0.
        let hidden = Set(lots.compactMap { $0["product"]?.integer }).filter { known[$0] == nil }.sorted()
        if !hidden.isEmpty {
            for product in try await self.products(ids: hidden, gtins: []) { known[product.id] = product }
        }
        for row in lots {
            guard let id = row["id"]?.integer, let article = row["product"]?.integer, let product = known[article],
                let quantity = Quantity(nearest: row["quantity"]?.double ?? 0), quantity != 0
            else { continue }
            rest[article, default: 0] = (rest[article] ?? 0) - quantity
            found.append(
                TrytonHolding(product: product, lot: id, lotNumber: row["number"]?.text ?? "", quantity: quantity))
        }
        for (article, quantity) in rest where quantity != 0 {
            guard let product = known[article] else { continue }
            found.append(TrytonHolding(product: product, lot: nil, lotNumber: nil, quantity: quantity))
        }
        return found.sorted { ($0.product.id, $0.lot ?? 0) < ($1.product.id, $1.lot ?? 0) }
    }

    /// Every record with a quantity, 500 a call.
    private func all(
        _ model: String, _ clause: JSON?, _ fields: [String], _ context: [JSON.Member]
    ) async throws(TrytonError) -> [JSON] {
        var found: [JSON] = []
        var after: Int64 = 0
        while true {
            let domain = [["quantity", "!=", 0], ["id", ">", .int(after)]] + (clause.map { [$0] } ?? [])
            var call = TrytonCall.search(model, .array(domain), limit: 500, order: Self.byID, fields)
            call.context = context
            let page = try await rows(call)
            found += page
            guard page.count == 500, let last = page.last?["id"]?.integer else { return found }
            after = last
        }
    }

    /// A place by its id, code or name; of several the one in our warehouse.
    func place(_ name: String, kinds: [String] = ["storage"]) async throws(TrytonError) -> Int64 {
        var choices: [JSON] = ["OR", [["code", "=", .string(name)]], [["name", "=", .string(name)]]]
        if let id = Int64(name) { choices.append([["id", "=", .int(id)]]) }
        let domain: JSON = [["type", "in", .array(kinds.map { .string($0) })], .array(choices)]
        var found = try await rows(.search("stock.location", domain, limit: 20, ["code"]))
        if found.count > 1, let id = Int64(name), let exact = found.first(where: { $0["id"]?.integer == id }) {
            found = [exact]
        }
        if found.count > 1 {
            let home = try await theWarehouse().id
            let inside: JSON = [domain, ["parent", "child_of", [.int(home)], "parent"]]
            found = try await rows(.search("stock.location", inside, limit: 2, ["code"]))
        }
        guard found.count == 1, let id = found[0]["id"]?.integer else {
            let words = found.isEmpty ? "The server has no place \(name)." : "The server has several places \(name)."
            throw .fault(ERPFault(.rule, words))
        }
        return id
    }
}

/// What a place has of an article, and of a lot of it.
struct TrytonHolding: Equatable {
    var product: TrytonProduct
    var lot: Int64?
    var lotNumber: String?
    var quantity: Quantity

    /// `[A9] Article 9, lot L1`
    var name: String { lotNumber.map { "\(product.name), lot \($0)" } ?? product.name }
}
