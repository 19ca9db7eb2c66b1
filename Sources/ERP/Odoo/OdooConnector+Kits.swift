import Model

/// Kits: an article whose bill of materials is `phantom` is never in stock, its parts are, and a receipt announces these
/// (addons/mrp, stock_move.py). Who scans the kit's own code means so many of each part.
extension OdooConnector {
    /// How much of an article one kit has, in the article's own unit.
    struct Part: Equatable, Sendable {
        var product: Int64
        var each: Double
    }

    /// A reception with parts in place of kits, and the articles with these; as it is where there are none. Asked for
    /// what no move of the receipt is of.
    func withoutKits(
        _ push: ReceptionPush, moves: [OdooMove], articles: [Int64: OdooArticle]
    ) async throws(ERPFault) -> (push: ReceptionPush, articles: [Int64: OdooArticle]) {
        let products = Set(moves.map(\.product))
        let announced = Set(moves.map { String($0.id) })
        var parts = push
        let (lines, all) = try await parted(push.lines, articles, verb: "receive") { line in
            guard line.quantity > 0, line.line.map({ !announced.contains($0) }) ?? true,
                let product = OdooReception.product(of: line, articles), !products.contains(product)
            else { return nil }
            return product
        } into: { (line, share) throws(ERPFault) in
            ReceptionPush.Line(
                line: nil, product: share.product, gtin: share.code, quantity: try share.times(line.quantity),
                damaged: try share.times(line.damaged))
        }
        parts.lines = lines
        return (parts, all)
    }

    /// The same for a correction.
    func withoutKits(
        _ push: CorrectionPush, articles: [Int64: OdooArticle]
    ) async throws(ERPFault) -> (push: CorrectionPush, articles: [Int64: OdooArticle]) {
        var parts = push
        let (lines, all) = try await parted(push.lines, articles, verb: "receive") { line in
            OdooArticle.product(line.product, code: line.gtin, articles)
        } into: { (line, share) throws(ERPFault) in
            CorrectionPush.Line(
                line: nil, product: share.product, gtin: share.code, change: try share.times(line.change))
        }
        parts.lines = lines
        return (parts, all)
    }

    /// The same for what was put away or moved.
    func withoutKits(
        _ push: TransferPush, articles: [Int64: OdooArticle]
    ) async throws(ERPFault) -> (push: TransferPush, articles: [Int64: OdooArticle]) {
        var parts = push
        let (lines, all) = try await parted(push.lines, articles, verb: "move") { line in
            OdooArticle.product(line.product, code: line.gtin, articles)
        } into: { (line, share) throws(ERPFault) in
            TransferPush.Line(
                product: share.product, gtin: share.code, lot: nil, quantity: try share.times(line.quantity))
        }
        parts.lines = lines
        return (parts, all)
    }

    /// A count of a kit by its own code would give stock to what never has any (15 and later refuse it in other words).
    func refuseKits(_ products: Set<Int64>, _ articles: [Int64: OdooArticle]) async throws(ERPFault) {
        let kits = try await kits(products, articles, verb: "count")
        guard let kit = kits.parts.keys.min() else { return }
        throw kits.refusal(kit, "it has no stock of its own")
    }

    // MARK: Parts

    struct Kits: Sendable {
        /// By the kit.
        var parts: [Int64: [Part]] = [:]
        /// Of kits and parts.
        var articles: [Int64: OdooArticle]
        /// What is to be done with the parts: `receive`, `count`, `move`.
        var verb = "receive"

        func name(_ product: Int64) -> String { articles[product]?.name ?? "article \(product)" }

        /// One sentence that names the kit and what is in it.
        func refusal(_ kit: Int64, _ why: String) -> ERPFault {
            let list = (parts[kit] ?? []).map { "\(OdooNumber.text($0.each)) \(name($0.product))" }
            return ERPFault(
                .rule, "\(name(kit)) is a kit in Odoo (\(list.joined(separator: ", "))): \(why), \(verb) its parts.")
        }
    }

    /// One part in place of a kit.
    struct KitShare {
        var kit: Int64
        var part: Part
        var kits: Kits

        var product: String { String(part.product) }
        var code: String { kits.articles[part.product]?.gtin ?? "#erp:\(part.product)" }

        /// Of so many kits.
        func times(_ count: Quantity) throws(ERPFault) -> Quantity {
            let product = count.double * part.each
            guard let quantity = Quantity(nearest: product), OdooNumber.areEqual(quantity.double, product) else {
                throw kits.refusal(kit, "\(OdooNumber.text(product)) of \(kits.name(part.product)) cannot be written")
            }
            return quantity
        }
    }

    /// Lines with a line for each part in place of one of a kit, and the articles with those of the parts. `kit`: the article of a line
    /// that may be one; nil leaves the line as it is.
    private func parted<Item>(
        _ lines: [Item], _ articles: [Int64: OdooArticle], verb: String, kit: (Item) -> Int64?,
        into make: (Item, KitShare) throws(ERPFault) -> Item
    ) async throws(ERPFault) -> (lines: [Item], articles: [Int64: OdooArticle]) {
        let products = lines.map(kit)
        let kits = try await kits(Set(products.compactMap { $0 }), articles, verb: verb)
        guard !kits.parts.isEmpty else { return (lines, articles) }
        var parted: [Item] = []
        for (line, product) in zip(lines, products) {
            guard let product, let parts = kits.parts[product] else {
                parted.append(line)
                continue
            }
            for part in parts { parted.append(try make(line, KitShare(kit: product, part: part, kits: kits))) }
        }
        return (parted, articles.merging(kits.articles) { first, _ in first })
    }

    /// Three calls where there are kits, kits within kits apart; one the first time where Odoo has none.
    private func kits(
        _ products: Set<Int64>, _ articles: [Int64: OdooArticle], verb: String
    ) async throws(ERPFault) -> Kits {
        var kits = Kits(articles: articles, verb: verb)
        guard !products.isEmpty, try await knowsKits() else { return kits }
        let units = try await signedIn().units
        var asked: Set<Int64> = []
        var open = products
        // A kit within itself would never end.
        for _ in 0..<6 where !open.isEmpty {
            asked.formUnion(open)
            let found = try await bills(open, kits, units)
            open = Set(found.values.flatMap { $0 }.map(\.product)).subtracting(asked)
            let missing = Set(found.values.flatMap { $0 }.map(\.product)).filter { kits.articles[$0] == nil }
            if !missing.isEmpty {
                kits.articles.merge(try await self.articles(ids: missing, codes: [])) { first, _ in first }
            }
            for (kit, parts) in found {
                kits.parts[kit] = parts.map { part in
                    let own = kits.articles[part.product]?.unit
                    return Part(product: part.product, each: units.convert(part.each, from: part.unit, to: own))
                }
            }
        }
        for kit in kits.parts.keys.sorted() {
            kits.parts[kit] = OdooConnector.flat(kit, kits.parts, depth: 6)
        }
        kits.parts = kits.parts.filter { products.contains($0.key) }
        for (kit, parts) in kits.parts.sorted(by: { $0.key < $1.key }) {
            let tracked = parts.first { kits.articles[$0.product].map { $0.tracking != .none } ?? false }
            guard let tracked, let article = kits.articles[tracked.product] else { continue }
            let what = article.tracking == .lot ? "lots" : "serial numbers"
            throw kits.refusal(kit, "\(article.name) has \(what)")
        }
        return kits
    }

    private static func flat(_ kit: Int64, _ parts: [Int64: [Part]], depth: Int) -> [Part] {
        var flat: [Part] = []
        for part in parts[kit] ?? [] {
            let inner =
                parts[part.product] == nil || depth == 0
                ? [Part(product: part.product, each: 1)] : self.flat(part.product, parts, depth: depth - 1)
            for one in inner {
                if let index = flat.firstIndex(where: { $0.product == one.product }) {
                    flat[index].each += one.each * part.each
                } else {
                    flat.append(Part(product: one.product, each: one.each * part.each))
                }
            }
        }
        return flat
    }

    /// Whether module mrp is there.
    private func knowsKits() async throws(ERPFault) -> Bool {
        if let hasKits { return hasKits }
        var has = false
        do {
            has = try await send(.fields("mrp.bom", ["type"]))["type"] != nil
        } catch  where [.right, .unsupported].contains(error.kind) {}
        hasKits = has
        return has
    }

    /// A line of a bill of materials, of one kit, still in its own unit.
    private struct Line {
        var product: Int64
        var each: Double
        var unit: Int64?
    }

    private func bills(
        _ products: Set<Int64>, _ kits: Kits, _ units: OdooUnits
    ) async throws(ERPFault) -> [Int64: [Line]] {
        let templates = Dictionary(
            try await records(.read("product.product", products.sorted(), ["product_tmpl_id"])).compactMap { record in
                record["id"]?.integer.flatMap { id in record["product_tmpl_id"]?.odooID.map { (id, $0) } }
            }
        ) { first, _ in first }
        let domain: [JSON] = [
            .clause("type", "=", "phantom"), .clause("product_tmpl_id", "in", .ids(Set(templates.values).sorted())),
        ]
        let boms: [JSON]
        do {
            boms = try await records(
                .search(
                    "mrp.bom", domain, ["product_id", "product_tmpl_id", "product_qty", "product_uom_id"],
                    order: "sequence, id"))
        } catch  where error.kind == .right {
            try await refuseUnseen(products, kits)
            return [:]
        }
        // Of this variant, or of every one.
        var bills: [Int64: JSON] = [:]
        for (product, template) in templates {
            let own = boms.filter { $0["product_tmpl_id"]?.odooID == template }
            bills[product] =
                own.first { $0["product_id"]?.odooID == product } ?? own.first { $0["product_id"]?.odooID == nil }
        }
        guard !bills.isEmpty else { return [:] }
        let ids = Set(bills.values.compactMap { $0["id"]?.integer })
        let lines = try await records(
            .search(
                "mrp.bom.line", [.clause("bom_id", "in", .ids(ids.sorted()))],
                [
                    "bom_id", "product_id", "product_qty", "product_uom_id", "bom_product_template_attribute_value_ids",
                ], order: "id"))
        var found: [Int64: [Line]] = [:]
        for (product, bill) in bills {
            let own = lines.filter { $0["bom_id"]?.odooID == bill["id"]?.integer }
            if own.contains(where: { !($0["bom_product_template_attribute_value_ids"]?.list ?? []).isEmpty }) {
                throw kits.refusal(product, "its parts depend on the variant")
            }
            let made = units.convert(
                bill["product_qty"]?.double ?? 1, from: bill["product_uom_id"]?.odooID,
                to: kits.articles[product]?.unit)
            let parts = own.compactMap { line -> Line? in
                guard let part = line["product_id"]?.odooID, made > 0 else { return nil }
                return Line(
                    product: part, each: (line["product_qty"]?.double ?? 0) / made,
                    unit: line["product_uom_id"]?.odooID)
            }
            // A kit without parts is an article like others.
            if !parts.isEmpty { found[product] = parts }
        }
        return found
    }

    /// Whoever may not see bills of materials may still be told which article has one (17 and later).
    private func refuseUnseen(_ products: Set<Int64>, _ kits: Kits) async throws(ERPFault) {
        guard try await send(.fields("product.product", ["is_kits"]))["is_kits"] != nil else { return }
        let found = try await records(.read("product.product", products.sorted(), ["is_kits"]))
        guard let kit = found.first(where: { $0["is_kits"]?.truth == true })?["id"]?.integer else { return }
        throw ERPFault(
            .right,
            "\(kits.name(kit)) is a kit in Odoo, and user \(user) may not see its parts (mrp.bom): \(kits.verb) its parts."
        )
    }
}
