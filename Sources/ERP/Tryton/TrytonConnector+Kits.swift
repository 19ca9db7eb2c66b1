import Model

/// Kits (module product_kit, product.py): an article of type `kit` is never in stock and no move is of it, its components are: what a
/// purchase of kits announces are these. Who scans the kit's own code means so many of each.
extension TrytonConnector {
    /// What one kit has of an article.
    struct KitPart {
        var product: TrytonProduct
        var own: TrytonUnit
        /// In the article's own unit.
        var each: Double
        /// So many whatever the number of kits.
        var isFixed: Bool

        var code: String { product.gtins.first ?? "#erp:\(product.id)" }
    }

    struct Kits {
        /// By the kit.
        var parts: [Int64: [KitPart]] = [:]
        /// What is to be done with the parts: `receive`, `count`, `move`.
        var verb: String

        /// What so many kits have of a part.
        func quantity(_ count: Quantity, _ part: KitPart, of kit: TrytonProduct) throws(TrytonError) -> Quantity {
            let product = count.double * part.each
            guard let quantity = Quantity(nearest: product), abs(quantity.double - product) < 0.000_01,
                part.own.holds(quantity.double)
            else {
                let shown = Quantity(nearest: product)?.description ?? "\(product)"
                throw refusal(kit, "\(shown) of \(part.product.name) cannot be written")
            }
            return quantity
        }

        /// One sentence that names the kit and what is in it.
        func refusal(_ kit: TrytonProduct, _ why: String) -> TrytonError {
            let list = (parts[kit.id] ?? []).map { part in
                "\(Quantity(nearest: part.each)?.description ?? "\(part.each)") \(part.product.name)"
            }
            let words = "\(kit.name) is a kit in Tryton (\(list.joined(separator: ", "))): \(why), \(verb) its parts."
            return .fault(ERPFault(.rule, words))
        }

        /// Lines with parts in place of kits. `make` writes the lines of one part.
        func parted<Line>(
            _ lines: [Line], kit article: (Line) -> TrytonProduct?,
            into make: (Line, TrytonProduct, KitPart) throws(TrytonError) -> [Line]
        ) throws(TrytonError) -> [Line] {
            var parted: [Line] = []
            for line in lines {
                guard let kit = article(line), let parts = parts[kit.id] else {
                    parted.append(line)
                    continue
                }
                for part in parts { parted += try make(line, kit, part) }
            }
            return parted
        }

        /// The articles with those of the parts.
        func with(_ products: [TrytonProduct]) -> [TrytonProduct] {
            var all = products
            for part in parts.values.joined() where !all.contains(where: { $0.id == part.product.id }) {
                all.append(part.product)
            }
            return all
        }
    }

    /// Three calls where there are kits among these, none otherwise. Throws `.rule` where a kit cannot be taken apart by its number alone.
    func kits(_ products: [TrytonProduct], verb: String) async throws(TrytonError) -> Kits {
        var found = Kits(verb: verb)
        let kits = products.filter(\.isKit)
        guard !kits.isEmpty else { return found }
        let ids = JSON.array(kits.map { .int($0.id) })
        var templates: [Int64: Int64] = [:]
        for row in try await rows(.search("product.product", [["id", "in", ids]], ["template"])) {
            if let id = row["id"]?.integer { templates[id] = row["template"]?.integer }
        }
        let known = JSON.array(Set(templates.values).sorted().map { .int($0) })
        let fields =
            ["parent_template", "parent_product", "product", "quantity", "fixed"]
            + TrytonUnit.fields.flatMap { ["unit." + $0, "product.default_uom." + $0] }
        let rows: [JSON]
        do throws(TrytonError) {
            rows = try await self.rows(
                .search("product.component", [["parent_template", "in", known]], order: Self.byID, fields))
        } catch {
            guard error.kind == .right else { throw error }
            let words =
                "\(kits[0].name) is a kit in Tryton, and the user may not see what is in it (product.component): "
            throw .fault(ERPFault(.right, words + "\(verb) its parts."))
        }
        let articles = try await self.products(ids: rows.compactMap { $0["product"]?.integer }, gtins: [])
        for kit in kits {
            let all = rows.filter { $0["parent_template"]?.integer == templates[kit.id] }
            let own = all.filter { $0["parent_product"]?.integer == kit.id }
            // Of this variant, or else of every one.
            let parts = own.isEmpty ? all.filter { ($0["parent_product"] ?? .null) == .null } : own
            found.parts[kit.id] = parts.compactMap { row in
                guard let product = articles.first(where: { $0.id == row["product"]?.integer }),
                    let quantity = row["quantity"]?.double, quantity > 0
                else { return nil }
                let unit = TrytonUnit(row["product."]?["default_uom."])
                return KitPart(
                    product: product, own: unit, each: quantity * TrytonUnit(row["unit."]).ratio(to: unit),
                    isFixed: row["fixed"] == true)
            }
            try check(kit, found)
        }
        return found
    }

    private func check(_ kit: TrytonProduct, _ kits: Kits) throws(TrytonError) {
        let parts = kits.parts[kit.id] ?? []
        if parts.isEmpty { throw kits.refusal(kit, "nothing is said of what is in it") }
        if let fixed = parts.first(where: \.isFixed) {
            throw kits.refusal(
                kit, "how many of \(fixed.product.name) it has does not depend on how many kits there are")
        }
        if let tracked = parts.first(where: \.product.tracksLots) {
            throw kits.refusal(kit, "\(tracked.product.name) is kept by lot or serial number")
        }
    }

    // MARK: In place of kits

    /// A reception with parts in place of kits, and the articles with these. What the receipt announces of a part is taken first: its
    /// moves keep their order.
    func withoutKits(
        _ reception: ReceptionPush, _ shipment: TrytonShipment?, _ products: [TrytonProduct]
    ) async throws(TrytonError) -> (ReceptionPush, [TrytonProduct]) {
        let kits = try await kits(products, verb: "receive")
        guard !kits.parts.isEmpty else { return (reception, products) }
        let moves = shipment?.live ?? []
        var room: [Int64: Quantity] = [:]
        for move in moves { room[move.id] = Quantity(nearest: move.quantity) ?? 0 }
        for line in reception.lines {
            if let id = line.line.flatMap({ Int64($0) }), let left = room[id] { room[id] = left - line.quantity }
        }
        func article(_ line: ReceptionPush.Line) -> TrytonProduct? {
            let isOfMove = moves.contains { String($0.id) == line.line }
            return isOfMove || line.quantity <= 0 ? nil : products.article(line.product, line.gtin)
        }
        var push = reception
        push.lines = try kits.parted(reception.lines, kit: article) {
            (line, kit, part) throws(TrytonError) -> [ReceptionPush.Line] in
            var rest = try kits.quantity(line.quantity, part, of: kit)
            var damaged = try kits.quantity(line.damaged, part, of: kit)
            let own = moves.filter { $0.product == part.product.id }
            var lines: [ReceptionPush.Line] = []
            func take(_ quantity: Quantity, _ move: TrytonMove?) {
                let broken = min(damaged, quantity)
                lines.append(
                    ReceptionPush.Line(
                        line: (move?.id).map { String($0) }, product: String(part.product.id),
                        gtin: part.code, quantity: quantity, damaged: broken
                    ))
                (rest, damaged) = (rest - quantity, damaged - broken)
            }
            for move in own where rest > 0 {
                let quantity = min(rest, max(0, room[move.id] ?? 0))
                guard quantity > 0 else { continue }
                room[move.id] = (room[move.id] ?? 0) - quantity
                take(quantity, move)
            }
            if rest > 0 { take(rest, own.first) }
            return lines
        }
        return (push, kits.with(products))
    }

    /// The same of what was put away or moved, or changed since it was received.
    func withoutKits(
        _ lines: [TransferPush.Line], _ products: [TrytonProduct]
    ) async throws(TrytonError) -> ([TransferPush.Line], [TrytonProduct]) {
        let kits = try await kits(products, verb: "move")
        guard !kits.parts.isEmpty else { return (lines, products) }
        let parted = try kits.parted(lines) {
            products.article($0.product, $0.gtin)
        } into: {
            (line, kit, part) throws(TrytonError) -> [TransferPush.Line] in
            [
                TransferPush.Line(
                    product: String(part.product.id), gtin: part.code,
                    quantity: try kits.quantity(line.quantity, part, of: kit))
            ]
        }
        return (parted, kits.with(products))
    }

    func withoutKits(
        _ lines: [CorrectionPush.Line], _ products: [TrytonProduct]
    ) async throws(TrytonError) -> ([CorrectionPush.Line], [TrytonProduct]) {
        let kits = try await kits(products, verb: "correct")
        guard !kits.parts.isEmpty else { return (lines, products) }
        let parted = try kits.parted(lines) {
            products.article($0.product, $0.gtin)
        } into: {
            (line, kit, part) throws(TrytonError) -> [CorrectionPush.Line] in
            [
                CorrectionPush.Line(
                    line: nil, product: String(part.product.id),
                    gtin: part.code, lot: nil,
                    change: try kits.quantity(line.change, part, of: kit))
            ]
        }
        return (parted, kits.with(products))
    }

    /// A kit has no stock of its own, and no inventory takes one.
    func refuseKits(_ products: [TrytonProduct]) async throws(TrytonError) {
        let kits = try await kits(products, verb: "count")
        guard let kit = products.first(where: { kits.parts[$0.id] != nil }) else { return }
        throw kits.refusal(kit, "it has no stock of its own")
    }
}
