import Model

/// What moved under a stock take.
extension OdooStockTake {
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
        let there = OdooNumber.text(group.sum)
        return ERPFault(
            .conflict,
            "Stock of \(group.article) moved in Odoo during the count: \(there) there, "
                + "\(group.expected + group.movedSince) in our book, \(group.result) counted.")
    }

    /// What is not as it should be, read back; nil: all is. By difference: of what our stock moves do not account for.
    func difference() -> String? {
        for group in groups {
            if group.begin != nil {
                guard !OdooNumber.areEqual(group.change, 0) else { continue }
                let applied = OdooNumber.text(group.applied)
                return "Odoo has changed \(group.article) by \(applied) after the count; "
                    + "\(OdooNumber.text(group.change)) is missing."
            }
            if !OdooNumber.areEqual(group.sum, group.result.double) {
                let there = OdooNumber.text(group.sum)
                return "Odoo has \(there) of \(group.article) after the count; it should be \(group.result)."
            }
        }
        return nil
    }

    /// For people: what others moved there since the beginning, and what was left out.
    var remarks: String {
        let moved = groups.filter { !OdooNumber.areEqual($0.movedByOthers, 0) }.map { group in
            "\(group.movedByOthers > 0 ? "+" : "")\(OdooNumber.text(group.movedByOthers)) \(group.article)"
        }
        let parts = [("Moved there meanwhile, and kept", moved), ("Left out", leftOut)]
        return parts.filter { !$0.1.isEmpty }.map { title, list in
            " \(title): \(list.prefix(10).joined(separator: ", "))\(list.count > 10 ? " and \(list.count - 10) more" : "")."
        }.joined()
    }

    /// Articles that a complete count sets to zero, because nobody counted them.
    static func uncounted(_ counts: [Count]) -> String? {
        var names: [String] = []
        for count in counts where count.isUncounted && !names.contains(count.article) { names.append(count.article) }
        guard !names.isEmpty else { return nil }
        return "not counted, becomes zero: \(names.prefix(20).joined(separator: ", "))"
            + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}
