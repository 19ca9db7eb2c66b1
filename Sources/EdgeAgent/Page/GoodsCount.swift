import Model

/// One scan as far as goods are concerned.
struct GoodsRead: Equatable, Sendable {
    enum What: Equatable, Sendable {
        case tag(sign: UInt32, gtin: String?)
        /// A pallet's tag.
        case pallet(String)
        case code(String)
        case decision(DepotDecision)
    }

    var epoch: UInt64 = 0
    /// The number of its record.
    var seq: UInt64 = 0
    var zone: String
    var what: What

    /// Nil for rows that bring no goods.
    init?(_ row: Row) {
        switch row {
        case .appeared(let sighting), .moved(let sighting, _):
            zone = sighting.zone
            what =
                GoodsCode.sscc(tag: sighting.tag).map(What.pallet)
                ?? .tag(sign: ExpectedGoods.sign(sighting.tag.bytes), gtin: GoodsCode.gtin(tag: sighting.tag))
        case .barcode(_, let zone, let barcode): (self.zone, what) = (zone, .code(barcode.text))
        case .key(_, let zone, let text): (self.zone, what) = (zone, .code(text))
        case .decided(let decided): (zone, what) = (decided.zone, .decision(decided.decision))
        default: return nil
        }
    }
}

/// What the centre knew of the deliveries, with what was read since: a fold, the same whenever it is made. It counts what is plain, and says
/// how much is not: the centre's rules decide when they have it.
struct GoodsCount: Equatable, Sendable {
    struct Open: Equatable, Sendable {
        var zone: String
        var delivery: ExpectedGoods.Delivery
        /// Of the counted ones of each line, read here since.
        var here: [Quantity]
        /// Read here: articles that are not on the list, or more of them than it has.
        var extra = 0
        /// Read here: nobody knows what it is, at least not without the centre.
        var unknown = 0
        /// Decided here, and not at the centre yet.
        var decided: [DepotDecision] = []
        /// As in `ExpectedGoods.Delivery`, and going on from there.
        fileprivate var claimed: [String: Quantity] = [:]
        fileprivate var loose: [String: Quantity] = [:]
        /// Pallets whose label was read here.
        fileprivate var labels: Set<String> = []

        init(_ delivery: ExpectedGoods.Delivery, at zone: String) {
            (self.delivery, self.zone) = (delivery, zone)
            here = Array(repeating: 0, count: delivery.lines.count)
            for pack in delivery.claimed { claimed[pack.gtin] = pack.quantity }
            for pack in delivery.loose { loose[pack.gtin] = pack.quantity }
        }
    }

    /// By zone.
    var open: [Open] = []
    /// Not open anywhere.
    var toCome: [ExpectedGoods.Delivery] = []
    /// Read where no delivery is open.
    var elsewhere = 0

    /// `reads` in their order, those that the centre has counted left out.
    init(_ goods: ExpectedGoods, _ reads: [GoodsRead]) {
        var zones: [String: Int] = [:]
        for (index, delivery) in goods.deliveries.enumerated() {
            if delivery.isOpen, let zone = delivery.zone, zones[zone] == nil { zones[zone] = index }
        }
        var folds: [Int: Open] = [:]
        func fold(_ index: Int, _ zone: String) -> Open {
            var open = folds[index] ?? Open(goods.deliveries[index], at: zone)
            open.zone = zone
            return open
        }
        let notes = Dictionary(goods.deliveries.enumerated().map { ($1.note, $0) }) { first, _ in first }
        var tags = goods.tags
        var pieces: Set<String> = []
        var pallets: [String: Int] = [:]
        for (index, delivery) in goods.deliveries.enumerated() {
            for unit in delivery.units { pallets[unit.sscc] = pallets[unit.sscc] ?? index }
        }
        /// The delivery is open there now, and nowhere else.
        func begin(_ index: Int, at zone: String) {
            for (other, open) in zones where open == index { zones[other] = nil }
            zones[zone] = index
        }
        for read in reads {
            if case .decision(let decision) = read.what {
                guard
                    let index = goods.deliveries.firstIndex(where: {
                        $0.id == decision.delivery && decision.isAbout($0.note)
                    })
                else { continue }
                var open = fold(index, zones.first { $0.value == index }?.key ?? read.zone)
                open.decide(decision)
                folds[index] = open
                continue
            }
            var label: String?
            if case .pallet(let sscc) = read.what { label = sscc }
            if case .code(let text) = read.what {
                if let index = notes[text.trimmed] {
                    begin(index, at: read.zone)
                    continue
                }
                label = GoodsCode.sscc(code: text)
                // A label opens its delivery, a tag that only passes does not.
                if let index = label.flatMap({ pallets[$0] }), zones[read.zone] != index { begin(index, at: read.zone) }
            }
            guard let index = zones[read.zone], label.flatMap({ pallets[$0] }) ?? index == index else {
                elsewhere += 1
                continue
            }
            var open = fold(index, read.zone)
            if let label {
                open.count(label: label)
            } else if case .tag(let sign, let gtin) = read.what {
                guard tags.insert(sign).inserted else { continue }
                open.count(tag: gtin)
            } else if case .code(let text) = read.what {
                let code = GoodsCode.gtin(code: text)
                guard code?.isOne != true || pieces.insert(text).inserted else { continue }
                open.count(code?.gtin ?? text.trimmed, 1)
            }
            folds[index] = open
        }
        open = zones.sorted { $0.key < $1.key }.map { fold($0.value, $0.key) }
        let isOpen = Set(zones.values)
        toCome = goods.deliveries.indices.filter { !isOpen.contains($0) }.map { goods.deliveries[$0] }
    }

    var json: JSON {
        .object([
            ("open", .array(open.map(\.json))), ("toCome", .array(toCome.map(GoodsCount.head))),
            ("elsewhere", .int(Int64(elsewhere))),
        ])
    }

    /// A delivery without its lines.
    static func head(_ delivery: ExpectedGoods.Delivery) -> JSON {
        .object([
            ("id", .int(delivery.id)),
            ("note", .string(delivery.note)), ("supplier", .string(delivery.supplier)),
            ("zone", delivery.zone.map(JSON.string)), ("lines", .int(Int64(delivery.lines.count + delivery.more))),
        ])
    }
}

extension GoodsCount.Open {
    /// A piece that stands on a pallet whose label has counted it is not one more.
    fileprivate mutating func count(tag gtin: String?) {
        if let gtin, let left = claimed[gtin], left > 0 {
            claimed[gtin] = left - 1
            return
        }
        count(gtin, 1)
        if let gtin { loose[gtin, default: 0] += 1 }
    }

    /// Everything on a pallet, and on what stands on it, is there as its label says; what readers have seen of it before is not
    /// counted again.
    fileprivate mutating func count(label sscc: String) {
        guard delivery.units.contains(where: { $0.sscc == sscc }) else {
            if labels.insert(sscc).inserted { unknown += 1 }
            return
        }
        var waiting = [sscc]
        while let next = waiting.popLast() {
            // A label that was read is done, and so is a pallet that would stand on itself.
            guard labels.insert(next).inserted else { continue }
            waiting += delivery.units.filter { $0.parent == next }.map(\.sscc)
            for content in delivery.units.first(where: { $0.sscc == next })?.contents ?? [] { count(content) }
        }
    }

    private mutating func count(_ content: ExpectedGoods.Pack) {
        let absorbed = min(content.quantity, max(0, loose[content.gtin] ?? 0))
        let rest = content.quantity - absorbed
        loose[content.gtin, default: 0] -= absorbed
        claimed[content.gtin, default: 0] += rest
        if rest > 0 { count(content.gtin, rest) }
    }

    /// An article's GTIN, its package's, or the supplier's reference.
    fileprivate mutating func count(_ code: String?, _ quantity: Quantity) {
        guard let code else {
            unknown += 1
            return
        }
        var match = delivery.lines.indices.filter {
            delivery.lines[$0].gtin == code || delivery.lines[$0].reference == code
        }
        var quantity = quantity
        if match.isEmpty {
            for index in delivery.lines.indices {
                guard let pack = delivery.lines[index].packs.first(where: { $0.gtin == code }) else { continue }
                if match.isEmpty { quantity = quantity.times(pack.quantity) ?? quantity }
                match.append(index)
            }
        }
        // What is measured says on its label how much it is: the centre reads that.
        match.removeAll { delivery.lines[$0].unit != nil }
        guard let last = match.last else {
            if code.utf8.count == 14, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                extra += 1
            } else {
                unknown += 1
            }
            return
        }
        // Two lines of one product: the first is filled first, and the last takes what is over.
        let index = match.first { total($0) + quantity <= delivery.lines[$0].expected } ?? last
        if total(index) + quantity > delivery.lines[index].expected { extra += 1 }
        here[index] += quantity
    }

    /// What it does to the count, as far as that is plain: so many in all. The rest is the centre's to say.
    fileprivate mutating func decide(_ decision: DepotDecision) {
        decided.append(decision)
        guard decision.kind == .count, let quantity = decision.quantity else { return }
        let lines = delivery.lines.indices.filter { delivery.lines[$0].gtin == decision.gtin }
        // Two lines of one product: the first is filled first, and the last takes what is over.
        var left = quantity
        for index in lines {
            let part = index == lines.last ? left : min(left, delivery.lines[index].expected)
            here[index] = part - delivery.lines[index].counted
            left -= part
        }
    }

    func total(_ index: Int) -> Quantity { delivery.lines[index].counted + here[index] }

    /// For people: without its key.
    private func told(_ decision: DepotDecision) -> JSON {
        .object([
            ("kind", .string(decision.kind.rawValue)), ("name", .string(decision.name)),
            ("gtin", decision.gtin.map(JSON.string)), ("quantity", decision.quantity?.json),
            ("reason", decision.reason.map(JSON.string)),
        ])
    }

    var json: JSON {
        let lines = delivery.lines.indices.map { index -> JSON in
            let line = delivery.lines[index]
            return .object([
                ("gtin", .string(line.gtin)), ("label", .string(line.label)), ("unit", line.unit.map(JSON.string)),
                ("expected", line.expected.json), ("counted", total(index).json),
                ("here", here[index] > 0 ? here[index].json : nil),
            ])
        }
        return GoodsCount.head(delivery).with("zone", .string(zone)).with("list", .array(lines))
            .with("decided", decided.isEmpty ? nil : .array(decided.map(told)))
            .with("proposed", delivery.proposed > 0 ? .int(Int64(delivery.proposed)) : nil)
            .with("extra", .int(Int64(extra))).with("unknown", .int(Int64(delivery.unknown + unknown)))
    }
}

extension String {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
