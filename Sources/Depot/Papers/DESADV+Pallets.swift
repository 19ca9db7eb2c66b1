import Model

extension DESADV {
    /// The units of a message: which stands on which, and what is on each.
    struct Pallets {
        private(set) var units: [Announced.Unit] = []
        private(set) var refused: [ImportReport.Refusal] = []
        private let groups: [Reading.Group]
        /// For each group the nearest with labels, itself included.
        private var holders: [Int?] = []
        private var places: [String: Int] = [:]
        private var entries: [String: Int] = [:]

        init(_ groups: [Reading.Group]) {
            self.groups = groups
            var indices: [String: Int] = [:]
            for (index, group) in groups.enumerated() {
                if indices[group.id] != nil {
                    refused.append(group.segment.refusal("the package \(group.id) stands twice: the first one counts"))
                } else {
                    indices[group.id] = index
                }
            }
            for (index, group) in groups.enumerated() {
                var below: Int?
                switch Pallets.chain(from: index, groups, indices) {
                case .success(let chain): below = chain.first { !groups[$0].ssccs.isEmpty }
                case .failure(let fault): refused.append(group.segment.refusal(fault.reason))
                }
                holders.append(group.ssccs.isEmpty ? below : index)
                var parent: String?
                if let below, !group.ssccs.isEmpty {
                    let candidates = groups[below].ssccs
                    if candidates.count == 1 {
                        parent = candidates[0]
                    } else {
                        refused.append(
                            group.segment.refusal(
                                "on which of \(candidates.count) units it stands is not said: it stands alone"
                            ))
                    }
                }
                for sscc in group.ssccs { add(sscc, parent: parent) }
            }
        }

        private mutating func add(_ sscc: String, parent: String?) {
            places[sscc] = units.count
            units.append(.init(sscc: sscc, parent: parent))
        }

        private struct Fault: Error { var reason: Phrase }

        /// The groups below one, nearest first.
        private static func chain(
            from start: Int, _ groups: [Reading.Group], _ indices: [String: Int]
        ) -> Result<[Int], Fault> {
            var chain: [Int] = []
            var at = start
            while !groups[at].parent.isEmpty {
                guard let below = indices[groups[at].parent] else {
                    // Told once, by the package that says so.
                    return at == start
                        ? .failure(Fault(reason: "it is part of a package \(groups[at].parent) that does not exist"))
                        : .success(chain)
                }
                guard below != start, !chain.contains(below) else {
                    return .failure(Fault(reason: "the package \(groups[start].id) is part of itself"))
                }
                chain.append(below)
                guard chain.count < DESADV.levelLimit else {
                    return .failure(Fault(reason: "it lies deeper than \(DESADV.levelLimit) packages"))
                }
                at = below
            }
            return .success(chain)
        }

        /// Puts a line on its units: those that it names itself, else those of its package.
        mutating func load(_ line: Line, gtin: String, parts: [Line.Part]) {
            let labelled = line.marks.filter { !$0.ssccs.isEmpty }
            guard labelled.isEmpty else {
                loadOwn(labelled, of: line, gtin: gtin, parts: parts)
                return
            }
            guard let group = line.group, let holder = holders[group] else { return }
            for part in parts { share(part.quantity, lot: part.lot, gtin, among: groups[holder].ssccs, line) }
        }

        private mutating func loadOwn(_ marks: [Line.Mark], of line: Line, gtin: String, parts: [Line.Part]) {
            let below = line.group.flatMap { holders[$0] }.map { groups[$0].ssccs } ?? []
            for sscc in marks.flatMap(\.ssccs) { add(sscc, parent: below.count == 1 ? below[0] : nil) }
            let total = parts.reduce(Quantity.zero) { $0 + $1.quantity }
            // One package that says nothing of its quantity has all of it.
            let quantities = marks.map { $0.quantity ?? (marks.count == 1 ? total : nil) }
            guard quantities.allSatisfy({ $0 != nil }), quantities.reduce(Quantity.zero, { $0 + $1! }) <= total else {
                refused.append(line.segment.refusal("how many are on which of its units is not said: they stand empty"))
                return
            }
            for (mark, quantity) in zip(marks, quantities) {
                let lot = mark.lots.first ?? (parts.count == 1 ? parts[0].lot : nil)
                share(quantity!, lot: lot, gtin, among: mark.ssccs, line)
            }
        }

        /// Units that are described together are alike: each has its equal share.
        private mutating func share(
            _ quantity: Quantity, lot: String?, _ gtin: String, among ssccs: [String], _ line: Line
        ) {
            guard let each = quantity.divided(by: ssccs.count), each.isWhole || !quantity.isWhole else {
                refused.append(
                    line.segment.refusal(
                        "\(quantity) cannot be shared by \(ssccs.count) units alike: they stand without \(gtin)"))
                return
            }
            for sscc in ssccs {
                guard let place = places[sscc] else { continue }
                let key = "\(sscc)\u{1F}\(gtin)\u{1F}\(lot ?? "")"
                if let entry = entries[key] {
                    units[place].contents[entry].quantity += each
                } else if entries.count < DESADV.contentLimit {
                    entries[key] = units[place].contents.count
                    units[place].contents.append(.init(gtin: gtin, quantity: each, lot: lot))
                } else {
                    refused.append(line.segment.refusal("more than \(DESADV.contentLimit) entries on its units"))
                    return
                }
            }
        }
    }
}
