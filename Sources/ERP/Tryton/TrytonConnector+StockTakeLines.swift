import Model

/// What was counted, resolved against the server's articles and lots; and what a person is told of it.
extension TrytonConnector {
    /// Lines by article and lot, what was counted twice added up; and the lines of articles that the server does not know.
    func counted(
        _ take: StockTakePush, dry: Bool, planned: inout [ERPRequest]
    ) async throws(TrytonError) -> (lines: [TrytonCount], unknown: [StockTakePush.Line]) {
        guard !take.lines.isEmpty else { return ([], []) }
        let products = try await products(
            ids: take.lines.compactMap { $0.product.flatMap { Int64($0) } }, gtins: take.lines.map(\.gtin))
        var resolved: [(line: StockTakePush.Line, product: TrytonProduct)] = []
        var unknown: [StockTakePush.Line] = []
        for line in take.lines {
            guard let product = products.article(line.product, line.gtin) else {
                // Nothing was found of what the server does not know: they agree.
                if line.result != 0 { unknown.append(line) }
                continue
            }
            // Of a kit nothing is there, by either book.
            if product.isKit, line.result == 0 { continue }
            resolved.append((line, product))
        }
        try await refuseKits(resolved.map(\.product))
        func key(_ line: StockTakePush.Line, _ product: TrytonProduct) -> TrytonReceptionPlan.LotKey? {
            guard product.tracksLots else { return nil }
            return line.lot.map { TrytonReceptionPlan.LotKey(product: product.id, number: $0) }
        }
        // A lot of which nothing was found is looked for and not made.
        let found = resolved.filter { $0.line.result > 0 }.compactMap { key($0.line, $0.product) }
        let missing = resolved.compactMap { key($0.line, $0.product) }.filter { !found.contains($0) }
        var lots = try await lots(found, expiries: [:], dry: dry, planned: &planned)
        lots.merge(try await self.lots(missing)) { first, _ in first }

        var counts: [TrytonCount] = []
        for (line, product) in resolved {
            let key = key(line, product)
            let lot = key.flatMap { lots[$0] }
            guard line.result >= 0 else {
                throw .fault(ERPFault(.rule, "\(product.name): more went out than was counted (\(line.result))."))
            }
            if key != nil, lot == nil { continue }
            if product.tracksLots, line.lot == nil, let change = line.change {
                guard change != 0 else { continue }
                let words = "\(product.name) is kept by lot or serial number: which of them differ by \(change)?"
                throw .fault(ERPFault(.rule, words))
            }
            let count = TrytonCount(
                product: product.id, name: key.map { "\(product.name), lot \($0.number)" } ?? product.name, lot: lot,
                result: line.result, expected: line.expected + line.movedSince, known: line.begin.map { $0 + line.told }
            )
            if let index = counts.firstIndex(where: { $0.product == product.id && $0.lot == lot }) {
                counts[index] = counts[index] + count
            } else {
                counts.append(count)
            }
        }
        return (counts, unknown)
    }

    // MARK: Words

    static func conflict(_ inventory: TrytonInventory, _ count: TrytonCount) -> TrytonError {
        guard let line = inventory.line(of: count) else {
            return .fault(
                ERPFault(.rule, "\(count.name) is not in inventory \(inventory.number): no stock is kept of it."))
        }
        let there = line.quantity.map { shown($0) } ?? "none"
        let words =
            "Inventory \(inventory.number) is \(inventory.state) with other quantities. \(count.name): \(there) there"
        return .fault(ERPFault(.conflict, "\(words), \(count.goal(expecting: line.expected)) counted here."))
    }

    /// More is missing than the server has left: somebody took it out as well.
    static func shortage(_ count: TrytonCount, there: Quantity) -> TrytonError {
        let missing = (count.change ?? 0).magnitude
        let words =
            "\(count.name): \(missing) fewer were counted than the server had at the beginning, but it has only \(there) now."
        return .fault(ERPFault(.conflict, "\(words) Somebody booked them out meanwhile: count it again."))
    }

    static func shortage(_ count: TrytonCount, in inventory: TrytonInventory) -> TrytonError {
        shortage(count, there: Quantity(nearest: inventory.line(of: count)?.expected ?? 0) ?? 0)
    }

    /// What others moved since the beginning, and what the server expected otherwise.
    static func moved(_ inventory: TrytonInventory, _ counts: [TrytonCount]) -> String {
        var kept: [String] = []
        var surprises: [String] = []
        for count in counts {
            guard let line = inventory.line(of: count), let expected = Quantity(nearest: line.expected) else {
                continue
            }
            if let known = count.known {
                let since = expected - known
                if since != 0 { kept.append("\(count.name) \(since > 0 ? "+" : "")\(since)") }
            } else if expected != count.expected {
                surprises.append("\(count.name) \(expected), counted \(count.result)")
            }
        }
        var words = ""
        if !kept.isEmpty { words += " Others moved meanwhile, and it stays: \(few(kept))." }
        if let first = surprises.first {
            words += " The server expected other quantities in \(surprises.count): \(first)."
        }
        return words
    }

    static func zeroed(_ lines: [TrytonInventory.Line]) -> String {
        lines.isEmpty
            ? "" : " Set to 0, because nobody counted them: \(few(lines.map { "\($0.name) (\(shown($0.expected)))" }))."
    }

    /// The question that the lines of unknown articles leave; empty where there are none.
    static func leftOut(_ lines: [StockTakePush.Line]) -> String {
        guard !lines.isEmpty else { return "" }
        let names = lines.map { line in "\(line.gtin)\(line.lot.map { ", lot \($0)" } ?? "") (\(line.result) counted)" }
        return " Left out, because the server knows no article with GTIN \(few(names)): which article is it there?"
    }

    private static func few(_ names: [String]) -> String {
        names.prefix(5).joined(separator: "; ") + (names.count > 5 ? "; and \(names.count - 5) more" : "")
    }

    private static func shown(_ quantity: Double) -> String {
        Quantity(nearest: quantity)?.description ?? "\(quantity)"
    }
}

extension TrytonCount {
    func matches(_ holding: TrytonHolding) -> Bool { product == holding.product.id && lot?.integer == holding.lot }
}
