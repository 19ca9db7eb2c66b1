import Depot
import Hummingbird
import Identifiers
import Model
import Platform

/// What lies where, articles, the search, and what needs somebody.
struct StockEndpoints {
    let writer: Writer
    let reads: LongReads
    let lists: CallLists
    let orders: AgentOrders
    let personal: PersonalReadLog

    private static let productSchema = ProductView.shape.schema.with(
        [
            .init("stock", .list(.object("ZoneStock", [.init("zone", .text), .init("quantity", .number)]))),
            .init("items", .list(StockTable.itemSchema)), .init("movements", .list(StockTable.movementSchema)),
        ], as: "ProductPage")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/products", "Products with what is in stock: ?offset=&limit=",
                needs: .right(.productsSee),
                answers: .json(
                    .object(
                        "Products", [.init("products", .list(ArticleTable.stockedSchema)), .init("total", .integer)]))
            ) {
                incoming in
                _ = try incoming.who()
                let (offset, limit) = (
                    Int(incoming.query("offset") ?? "") ?? 0, Int(incoming.query("limit") ?? "") ?? 100
                )
                let list = try await reads.read {
                    (
                        try $0.articles.products(offset: max(0, offset), limit: min(500, max(1, limit))),
                        try $0.articles.count(of: .product)
                    )
                }
                return .json(.object([("products", .array(list.0)), ("total", .int(list.1))]))
            },
            Endpoint(
                .get, "/api/v1/products/{gtin}", "A product: where it is, its pieces, its movements",
                needs: .right(.productsSee),
                answers: .json(StockEndpoints.productSchema)
            ) { incoming in
                let reach = try incoming.who().reach
                let gtin = incoming.article("gtin")?.text ?? ""
                let found = try await reads.read { store -> JSON? in
                    guard let product = try store.articles.product(gtin) else { return nil }
                    let stock: [JSON] = try store.stock.rows(gtin: gtin).filter { reach.covers(zone: $0.zone) }.map {
                        .object([("zone", .string($0.zone)), ("quantity", $0.quantity.json)])
                    }
                    return product.json.with("stock", .array(stock))
                        .with(
                            "items",
                            .array(try store.stock.items(epc: nil, gtin: gtin, limit: 200).filter(reach.covers(item:)))
                        )
                        .with(
                            "movements",
                            .array(
                                try store.stock.movements(gtin: gtin, zone: nil, from: nil, to: nil, limit: 50).filter(
                                    reach.covers(movement:))))
                }
                guard let found else { throw APIProblem(.notFound, "no-such-product", "There is no such product.") }
                return .json(found)
            },
            Endpoint(
                .put, "/api/v1/products/{gtin}",
                "Add or change a product", body: SaveProduct.shape, needs: .right(.productsEdit),
                answers: .json(ProductView.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                guard let gtin = incoming.article("gtin")?.text else {
                    throw APIProblem(
                        .badRequest, "bad-gtin",
                        "The address holds no GTIN with a right check digit, nor # and a reference.")
                }
                var change = CatalogueDesk.Change(
                    description: body.description, reference: body.reference, supplier: body.supplier,
                    unit: body.unit.flatMap { Measure($0) }, minimum: body.minimum, codes: body.codes)
                for carton in body.cartons {
                    guard let code = GS1.gtin14(carton.gtin), code != gtin else { throw SaveProduct.Carton.bad }
                    change.cartons.append(.init(gtin: code, quantity: carton.quantity))
                }
                do {
                    let wanted = change
                    let product = try await writer.run {
                        try $0.catalogue.save(wanted, of: gtin, by: person.author, at: $1)
                    }
                    return .json(product.json)
                } catch CatalogueDesk.Refusal.noDescription {
                    throw APIProblem(.badRequest, "description-needed", "A product has a description.")
                } catch CatalogueDesk.Refusal.unitInUse(let why) { throw APIProblem(.conflict, "unit-in-use", why) }
            },
            Endpoint(
                .get, "/api/v1/items", "Tagged pieces, last seen first: ?epc= the beginning of a tag, or ?gtin=",
                needs: .right(.stockSee), answers: .list(StockTable.itemSchema)
            ) {
                incoming in
                let reach = try incoming.who().reach
                let epc = (incoming.query("epc") ?? "").uppercased()
                guard epc.isEmpty || epc.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                    throw FindTag.badTag
                }
                let gtin = incoming.query("gtin").flatMap { ArticleCode(asked: $0)?.text }
                guard !epc.isEmpty || gtin != nil else {
                    throw APIProblem(.badRequest, "bad-epc", "Say which tag or which product.")
                }
                return .json(
                    .array(
                        try await reads.read {
                            try $0.stock.items(epc: epc.isEmpty ? nil : epc, gtin: gtin, limit: 200).filter(
                                reach.covers(item:))
                        }))
            },
            Endpoint(
                .post, "/api/v1/find", "Have every reader tell where it hears a tag, for a minute",
                body: FindTag.shape, needs: .right(.stockFind),
                answers: .json(
                    .object("Looking", [.init("epc", .text), .init("seconds", .integer), .init("gateways", .integer)]))
            ) { incoming, body in
                _ = try incoming.who()
                guard let epc = TagSearchDesk.tag(body.epc) else { throw FindTag.badTag }
                let asked = try await orders.look(for: epc)
                guard asked > 0 else {
                    throw APIProblem(.serviceUnavailable, "no-gateway", "No gateway is connected that could look.")
                }
                return .json(
                    .object([
                        ("epc", .string(epc)), ("seconds", .int(Int64(TagSearchDesk.pause))),
                        ("gateways", .int(Int64(asked))),
                    ]))
            },
            Endpoint(
                .delete, "/api/v1/find/{epc}", "It is found, or given up", needs: .right(.stockFind), answers: .done
            ) {
                incoming in
                _ = try incoming.who()
                guard let epc = TagSearchDesk.tag(incoming.parameters.get("epc") ?? "") else {
                    throw FindTag.badTag
                }
                try await orders.endLooking(for: epc)
                return .json(.members([]))
            },
            Endpoint(
                .get, "/api/v1/movements", "Movements, newest first: ?gtin=&zone=&from=&to=", needs: .right(.stockSee),
                answers: .list(StockTable.movementSchema)
            ) {
                incoming in
                _ = try incoming.who()
                return .json(.array(try await movements(incoming, limit: 200)))
            },
            Endpoint(
                .get, "/api/v1/search",
                "Everything by its words' beginnings: ?q= from two characters, ?kind=product,party,…", needs: .session,
                answers: .json(.object("Found", [.init("found", .list(SearchHit.shape.schema))]))
            ) { incoming in
                let person = try incoming.who()
                let text = String((incoming.query("q") ?? "").prefix(120))
                let asked = incoming.query("kind").map { Set($0.split(separator: ",").map(String.init)) }
                let kinds = Set(
                    SearchTable.Found.allCases.filter {
                        (asked?.contains($0.rawValue) ?? true) && person.may($0.needs)
                    })
                var found = try await reads.read { store in
                    try store.index.search(text, kinds: kinds, limit: 30).filter {
                        try person.reach.covers(hit: $0, store)
                    }
                }
                // Calls are searched by their own rules: nobody finds a call they may not see.
                if person.may(.callsSee), asked?.contains("call") ?? true, text.count >= 3, found.count < 30 {
                    let calls = try await lists.history(for: person, team: true, matching: text, limit: 10)
                    found += calls.map { card in
                        let number = card["number"]?["display"]?.text
                        return SearchHit(
                            kind: "call", ref: card["call"]?.text ?? "",
                            title: card["parties"]?.list?.first?["company"]?.text ?? number, detail: number,
                            at: card["started"]?.integer
                        ).json
                    }
                }
                if found.contains(where: { ["party", "call"].contains($0["kind"]?.text) }) {
                    personal.note(.search, text, by: person)
                }
                return .json(.object([("found", person.shown(.array(found)))]))
            },
            Endpoint(
                .get, "/api/v1/notices", "What needs somebody: low stock, counts that are due",
                needs: .right(.noticesSee),
                answers: .list(StockTable.noticeSchema)
            ) {
                incoming in
                let person = try incoming.who()
                return .json(.array(try await reads.read { try $0.stock.openNotices(for: person) }))
            },
            Endpoint(
                .post, "/api/v1/notices/{id}/done", "It is dealt with", needs: .right(.noticesSettle), answers: .done
            ) {
                incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let isSettled = try await writer.run { try $0.notices.settle(id, by: person, at: $1) }
                guard isSettled else {
                    throw APIProblem(.conflict, "taken", "Somebody has dealt with it.")
                }
                return .json(.members([]))
            },
        ]
            + Endpoint.exports("/api/v1/movements", "Movements (?gtin=&zone=&from=&to=)", needs: .stockSee) {
                incoming in
                (Reports.movements(try await movements(incoming, limit: Reports.movementLimit)), "movements")
            }
    }

    private func movements(_ incoming: Incoming, limit: Int) async throws -> [JSON] {
        let (gtin, zone) = (incoming.query("gtin").flatMap { ArticleCode(asked: $0)?.text }, incoming.query("zone"))
        let (from, to) = (incoming.time("from"), incoming.time("to"))
        let reach = try incoming.who().reach
        return try await reads.read {
            try $0.stock.movements(gtin: gtin, zone: zone, from: from, to: to, limit: limit).filter(
                reach.covers(movement:))
        }
    }
}
