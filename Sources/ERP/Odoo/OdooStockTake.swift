import Model

/// A `stock.quant` as read: what is of one article and lot in one place.
struct OdooQuant: Equatable, Sendable {
    var id: Int64
    var product: Int64
    var productName: String
    var location: Int64
    var lot: Int64?
    var lotName: String?
    /// In a package or somebody else's: a count names it by its id only.
    var isApart: Bool
    var quantity: Double
    /// `inventory_quantity`: a count that waits to be applied, where `isCounted`.
    var counted: Double
    var isCounted: Bool
    /// What the count said against the stock of its moment: `inventory_diff_quantity`.
    var difference: Double
    /// Stock moved after the count.
    var isOutdated: Bool

    static let fields = [
        "product_id", "location_id", "lot_id", "package_id", "owner_id", "quantity", "inventory_quantity",
        "inventory_quantity_set", "inventory_diff_quantity", "is_outdated",
    ]

    init?(_ record: JSON) {
        guard let id = record["id"]?.integer, let product = record["product_id"]?.odooID,
            let location = record["location_id"]?.odooID
        else { return nil }
        self.id = id
        self.product = product
        self.location = location
        productName = record["product_id"]?.odooName ?? "article \(product)"
        lot = record["lot_id"]?.odooID
        lotName = record["lot_id"]?.odooName
        isApart = record["package_id"]?.odooID != nil || record["owner_id"]?.odooID != nil
        quantity = record["quantity"]?.double ?? 0
        counted = record["inventory_quantity"]?.double ?? 0
        isCounted = record["inventory_quantity_set"]?.truth ?? false
        difference = record["inventory_diff_quantity"]?.double ?? 0
        isOutdated = record["is_outdated"]?.truth ?? false
    }
}

/// A stock take against the quants of one location, without a call (stock_quant.py).
struct OdooStockTake: Sendable {
    /// One article, or one lot of it, and what is to be there in the end.
    struct Group: Sendable {
        var product: Int64
        var name: String
        var lot: String?
        var expected: Quantity
        var movedSince: Quantity
        var result: Quantity
        var quants: [OdooQuant]

        /// Odoo's book agrees with ours: nothing moved there that we do not know.
        var isExplained: Bool {
            OdooNumber.areEqual(quants.reduce(0) { $0 + $1.quantity }, (expected + movedSince).double)
        }
        var article: String { lot.map { "\(name), lot \($0)" } ?? name }
    }

    /// What is to be in one place.
    struct Count: Equatable, Sendable {
        /// Nil: there is none yet.
        var quant: OdooQuant?
        var product: Int64
        var lot: String?
        var location: Int64
        var quantity: Double
    }

    /// How a conflict with what moved after the count is solved.
    enum Solution: Equatable, Sendable { case keepDifference, keepCounted }

    var groups: [Group]
    let location: Int64

    /// Throws `.rule` where an article is unknown. Lines of one article and lot are summed.
    init(
        _ push: StockTakePush, location: Int64, quants: [OdooQuant], articles: [Int64: OdooArticle]
    ) throws(ERPFault) {
        self.location = location
        groups = []
        var unknown: [String] = []
        for line in push.lines {
            guard let product = OdooStockTake.product(of: line, articles) else {
                unknown.append(line.gtin)
                continue
            }
            if let index = groups.firstIndex(where: { $0.product == product && $0.lot == line.lot }) {
                groups[index].expected += line.expected
                groups[index].movedSince += line.movedSince
                groups[index].result += line.result
            } else {
                let name =
                    quants.first { $0.product == product }?.productName ?? articles[product]?.name
                    ?? "GTIN \(line.gtin)"
                groups.append(
                    Group(
                        product: product, name: name, lot: line.lot, expected: line.expected,
                        movedSince: line.movedSince, result: line.result, quants: []))
            }
        }
        guard unknown.isEmpty else { throw OdooReception.unknown(unknown) }
        let byLot = Set(groups.filter { $0.lot != nil }.map(\.product))
        for quant in quants {
            // A count without lots is of all of them, unless others of the article name theirs.
            let index = groups.firstIndex { group in
                group.product == quant.product
                    && (group.lot == quant.lotName || group.lot == nil && !byLot.contains(quant.product))
            }
            if let index {
                groups[index].quants.append(quant)
            } else if push.isComplete, quant.quantity != 0 || quant.isCounted {
                groups.append(
                    Group(
                        product: quant.product, name: quant.productName, lot: quant.lotName,
                        expected: Quantity(nearest: quant.quantity) ?? 0, movedSince: 0, result: 0, quants: [quant]))
            }
        }
    }

    static func product(of line: StockTakePush.Line, _ articles: [Int64: OdooArticle]) -> Int64? {
        if let product = line.product.flatMap({ Int64($0) }) { return product }
        guard let gtin = GTINForm.fourteen(line.gtin) else { return nil }
        return articles.values.filter { $0.gtin == gtin }.map(\.id).min()
    }

    /// What is missing in the counts: everything that is not as it should be, or waits with a count already. What is
    /// too much for a location with places below it is taken from the location itself first.
    var counts: [Count] {
        groups.flatMap { group -> [Count] in
            let quants = group.quants.sorted {
                ($0.location != location ? 1 : 0, $0.id) < ($1.location != location ? 1 : 0, $1.id)
            }
            var change = group.result.double - quants.reduce(0) { $0 + $1.quantity }
            var counts: [Count] = []
            for quant in quants {
                let quantity = max(0, quant.quantity + change)
                change -= quantity - quant.quantity
                guard quant.isCounted || !OdooNumber.areEqual(quantity, quant.quantity) else { continue }
                counts.append(
                    Count(
                        quant: quant, product: quant.product, lot: quant.lotName, location: quant.location,
                        quantity: quantity))
            }
            if quants.isEmpty, change > 0 {
                counts.append(
                    Count(quant: nil, product: group.product, lot: group.lot, location: location, quantity: change))
            }
            return counts
        }
    }

    /// Counts that an earlier push left, and that something unknown has moved under since: not ours to overwrite.
    func unexplained() -> ERPFault? {
        let counts = counts
        for group in groups where !group.isExplained {
            for count in counts {
                guard let quant = count.quant, group.quants.contains(quant), quant.isCounted, quant.isOutdated else {
                    continue
                }
                let ours = [count.quantity, (group.result - group.movedSince).double]
                if ours.contains(where: { OdooNumber.areEqual($0, quant.counted) }) { return conflict(group) }
            }
        }
        return nil
    }

    /// How every outdated quant is to be solved: by what gives our result. Throws `.conflict` where Odoo's book moved
    /// by what we do not know: then neither the count nor the difference is surely right.
    func solutions() throws(ERPFault) -> [Int64: Solution] {
        var solutions: [Int64: Solution] = [:]
        for group in groups {
            let outdated = group.quants.filter { $0.isCounted && $0.isOutdated }
            guard !outdated.isEmpty else { continue }
            guard group.isExplained else { throw conflict(group) }
            let still = group.quants.filter { !outdated.contains($0) }.reduce(0) {
                $0 + ($1.isCounted ? $1.counted : $1.quantity)
            }
            let byDifference = outdated.reduce(still) { $0 + $1.quantity + $1.difference }
            let byCount = outdated.reduce(still) { $0 + $1.counted }
            let solution: Solution
            if OdooNumber.areEqual(byDifference, group.result.double) {
                solution = .keepDifference
            } else if OdooNumber.areEqual(byCount, group.result.double) {
                solution = .keepCounted
            } else {
                throw conflict(group)
            }
            for quant in outdated { solutions[quant.id] = solution }
        }
        return solutions
    }

    private func conflict(_ group: Group) -> ERPFault {
        let there = OdooNumber.text(group.quants.reduce(0) { $0 + $1.quantity })
        return ERPFault(
            .conflict,
            "Stock of \(group.article) moved in Odoo during the count: \(there) there, "
                + "\(group.expected + group.movedSince) in our book, \(group.result) counted.")
    }

    /// What is not as it should be, read back; nil: all is.
    func difference() -> String? {
        for group in groups {
            let there = group.quants.reduce(0) { $0 + $1.quantity }
            if !OdooNumber.areEqual(there, group.result.double) {
                let there = OdooNumber.text(there)
                return "Odoo has \(there) of \(group.article) after the count; it should be \(group.result)."
            }
        }
        return nil
    }
}
