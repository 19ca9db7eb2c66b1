import Model

/// A stock take against the quants of one location, without a call (stock_quant.py).
struct OdooStockTake: Sendable {
    /// One article, or one lot of it, and what is to be there in the end.
    struct Group: Sendable {
        var product: Int64
        var name: String
        /// What our lines call it; empty for what was not counted.
        var codes: [String] = []
        var lot: String?
        var tracking = Tracking.none
        var expected: Quantity
        var movedSince: Quantity
        var result: Quantity
        /// What Odoo had at the beginning and was told since; nil: not known, and the result is what counts.
        var begin: Quantity?
        /// What was counted, in all of its lines.
        var isCounted = true
        var quants: [OdooQuant]
        /// How much of the change Odoo has already, by the stock moves that carry our key.
        var applied = 0.0

        /// Odoo's book agrees with ours: nothing moved there that we do not know.
        var isExplained: Bool { OdooNumber.areEqual(sum, (expected + movedSince).double) }
        var article: String { lot.map { "\(name), lot \($0)" } ?? name }
        var sum: Double { quants.reduce(0) { $0 + $1.quantity } }
        /// How much is to be added, or taken away. Of what nobody counted no more than there still is.
        var change: Double {
            guard let begin else { return result.double - sum }
            let change = (result - begin).double - applied
            return isCounted ? change : max(change, -max(sum, 0))
        }
        /// What others moved there since the beginning.
        var movedByOthers: Double { begin.map { sum - applied - $0.double } ?? 0 }
    }

    /// What is to be in one place.
    struct Count: Equatable, Sendable {
        /// Nil: there is none yet.
        var quant: OdooQuant?
        var product: Int64
        var lot: String?
        var location: Int64
        var quantity: Double
        /// For people.
        var article: String
        /// Nobody counted it: a complete count takes it away.
        var isUncounted = false
        var isSerial = false
    }

    /// How a conflict with what moved after the count is solved.
    enum Solution: Equatable, Sendable { case keepDifference, keepCounted }

    var groups: [Group]
    let location: Int64
    /// Codes of lines that a person allowed to be left out, and that could not go.
    var leftOut: [String] = []
    /// Measured against Odoo's book at the beginning.
    let isByDifference: Bool
    /// Also what is right already: where every line has a count.
    var writesAll = false

    /// `applied`: what Odoo has of this count already. `isReading`: nothing is to be sent, and
    /// what must not be is not looked for. Throws `.rule` where an article is unknown or a lot is missing.
    /// Lines of one article and lot are summed.
    init(
        _ push: StockTakePush, location: Int64, quants: [OdooQuant], articles: [Int64: OdooArticle],
        applied: [OdooReception.LotKey: Double] = [:], isReading: Bool = false
    ) throws(ERPFault) {
        self.location = location
        isByDifference = push.isByDifference
        groups = []
        var unknown: [String] = []
        for line in push.lines {
            guard let product = OdooStockTake.product(of: line, articles), articles[product] != nil else {
                if push.accepted.contains(line.gtin) {
                    leftOut.append(line.gtin)
                } else {
                    unknown.append(line.gtin)
                }
                continue
            }
            add(line, product, quants, articles[product])
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
                add(uncounted: quant, isApplied: !applied.isEmpty)
            }
        }
        for index in groups.indices {
            let group = groups[index]
            groups[index].applied = applied.filter { key, _ in
                key.product == group.product
                    && (key.name == group.lot ?? "" || group.lot == nil && !byLot.contains(group.product))
            }.reduce(0) { $0 + $1.value }
        }
        if !isReading { try check(push, isApplied: !applied.isEmpty) }
    }

    private mutating func add(
        _ line: StockTakePush.Line, _ product: Int64, _ quants: [OdooQuant], _ article: OdooArticle?
    ) {
        let begin = line.begin.map { $0 + line.told }
        if let index = groups.firstIndex(where: { $0.product == product && $0.lot == line.lot }) {
            groups[index].expected += line.expected
            groups[index].movedSince += line.movedSince
            groups[index].result += line.result
            groups[index].codes.append(line.gtin)
            groups[index].begin = groups[index].begin.flatMap { sum in begin.map { sum + $0 } }
            return
        }
        let name = quants.first { $0.product == product }?.productName ?? article?.name ?? "GTIN \(line.gtin)"
        groups.append(
            Group(
                product: product, name: name, codes: [line.gtin], lot: line.lot, tracking: article?.tracking ?? .none,
                expected: line.expected, movedSince: line.movedSince, result: line.result, begin: begin, quants: []))
    }

    /// What is there and was not counted: all of it goes.
    private mutating func add(uncounted quant: OdooQuant, isApplied: Bool) {
        let there = Quantity(nearest: quant.quantity) ?? 0
        if let index = groups.firstIndex(where: {
            !$0.isCounted && $0.product == quant.product && $0.lot == quant.lotName
        }) {
            groups[index].quants.append(quant)
            groups[index].expected += there
            return
        }
        let group = Group(
            product: quant.product, name: quant.productName, lot: quant.lotName, expected: there, movedSince: 0,
            result: 0, isCounted: false, quants: [quant])
        // Applied in one call with the rest: what is there now came after.
        if isByDifference, isApplied { return }
        groups.append(group)
    }

    /// What must not be sent, although Odoo would take it: a count without lot of what has lots, one serial number
    /// twice, and less than nothing.
    private mutating func check(_ push: StockTakePush, isApplied: Bool) throws(ERPFault) {
        var kept: [Group] = []
        for var group in groups {
            // A line of before, without the beginning, goes with the others: all were applied in one call.
            if isByDifference, group.begin == nil, isApplied {
                group.begin = group.result - (Quantity(nearest: group.applied) ?? 0)
            }
            guard let fault = fault(of: group) else {
                kept.append(group)
                continue
            }
            guard !group.codes.isEmpty, group.codes.allSatisfy({ push.accepted.contains($0) }) else { throw fault }
            leftOut += group.codes
        }
        groups = kept
    }

    /// Where a person allows it; false: the line stays.
    mutating func leaveOut(product: Int64, lot: String, _ push: StockTakePush) -> Bool {
        guard let index = groups.firstIndex(where: { $0.product == product && $0.lot == lot }) else { return false }
        let codes = groups[index].codes
        guard !codes.isEmpty, codes.allSatisfy({ push.accepted.contains($0) }) else { return false }
        leftOut += codes
        groups.remove(at: index)
        return true
    }

    private func fault(of group: Group) -> ERPFault? {
        guard !OdooNumber.areEqual(group.change, 0) else { return nil }
        if group.tracking != .none, group.lot == nil,
            group.quants.contains(where: { $0.lot != nil }) || group.change > 0
        {
            let what = group.tracking == .lot ? "lots" : "serial numbers"
            return ERPFault(.rule, "\(group.name) has \(what) in Odoo: count it by its \(what).")
        }
        let result = group.sum + group.change
        if group.tracking == .serial, group.lot != nil, result > 1.000_01 {
            return ERPFault(
                .rule,
                "Serial number \(group.lot ?? "") of \(group.name) would be there \(OdooNumber.text(result)) times.")
        }
        guard isByDifference, group.change < 0, result < -0.000_01 else { return nil }
        return ERPFault(
            .conflict,
            "\(group.article): \(OdooNumber.text(-group.change)) are missing by the count, but Odoo has only "
                + "\(OdooNumber.text(group.sum)) there now.")
    }

    static func product(of line: StockTakePush.Line, _ articles: [Int64: OdooArticle]) -> Int64? {
        OdooArticle.product(line.product, code: line.gtin, articles)
    }

    /// What is missing in the counts: everything that is not as it should be, or waits with a count already. What is
    /// too much for a location with places below it is taken from the location itself first.
    var counts: [Count] {
        groups.flatMap { group -> [Count] in
            // What an earlier push has counted goes first: its counts must not stay behind.
            func rank(_ quant: OdooQuant) -> Int {
                (isByDifference && quant.isCounted ? 0 : 4) + (quant.isApart ? 2 : 0)
                    + (quant.location != location ? 1 : 0)
            }
            let quants = group.quants.sorted { (rank($0), $0.id) < (rank($1), $1.id) }
            var change = group.change
            var counts: [Count] = []
            for quant in quants {
                let quantity = max(isByDifference ? min(0, quant.quantity) : 0, quant.quantity + change)
                change -= quantity - quant.quantity
                let isDue = !OdooNumber.areEqual(quantity, quant.quantity)
                guard isDue || writesAll || quant.isCounted && !isByDifference else { continue }
                counts.append(
                    Count(
                        quant: quant, product: quant.product, lot: quant.lotName, location: quant.location,
                        quantity: quantity, article: group.article, isUncounted: !group.isCounted,
                        isSerial: group.tracking == .serial))
            }
            if quants.isEmpty, change > 0, !OdooNumber.areEqual(change, 0) {
                counts.append(
                    Count(
                        quant: nil, product: group.product, lot: group.lot, location: location, quantity: change,
                        article: group.article, isSerial: group.tracking == .serial))
            }
            return counts
        }
    }
}
