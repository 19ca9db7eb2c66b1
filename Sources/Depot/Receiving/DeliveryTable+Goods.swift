public import Model
import SQLite

/// What agents show at the depot of deliveries (`ExpectedGoods`).
extension DeliveryTable {
    /// Deliveries that are looked at for it: the open ones, then those to come, in the order of their days.
    private static let goodsReach = 500

    private struct Head {
        var id: Int64
        var place: String?
        var isOpen: Bool
    }

    /// For each agent with a page what stands at the docks of its site, as of one moment: what is counted, and up to which record
    /// of the agent, go together.
    public func expectedGoods(at now: Int64) throws -> [(agent: String, goods: ExpectedGoods)] {
        try database.execute(database.engine?.beginReading ?? "BEGIN")
        defer { try? database.execute("COMMIT") }
        let agents = try database.rows(
            "SELECT name FROM agent WHERE CASE WHEN json_valid(status) THEN json_extract(status, '$.page') END=1 ORDER BY name"
        ) { $0.text(0) }
        guard !agents.isEmpty else { return [] }
        let book = try store.gateways.book()
        let heads = try database.rows(
            """
            SELECT id, coalesce(zone, dock), status='open' FROM delivery WHERE status IN ('open', 'expected')
            ORDER BY status='open' DESC, zone IS NULL, expected IS NULL, substr(expected, 1, 10), id LIMIT ?
            """, .integer(Int64(DeliveryTable.goodsReach))
        ) { Head(id: $0.integer(0), place: $0.optionalText(1), isOpen: $0.bool(2)) }
        var made: [Int64: ExpectedGoods.Delivery] = [:]
        return try agents.map { agent in
            let mine = heads.filter { head in head.place.map { book.mayCount(agent: agent, zone: $0) } ?? true }
            return (agent, try goods(of: agent, mine, &made, at: now))
        }
    }

    private func goods(
        of agent: String, _ heads: [Head], _ made: inout [Int64: ExpectedGoods.Delivery], at now: Int64
    ) throws -> ExpectedGoods {
        let (epoch, frontier) =
            try database.first(
                "SELECT epoch, frontier FROM stream WHERE agent=? ORDER BY id DESC LIMIT 1", .text(agent),
                map: { ($0.word(0), $0.word(1)) }) ?? (0, 0)
        var goods = ExpectedGoods(at: now, epoch: epoch, through: frontier, deliveries: [])
        var room = ExpectedGoods.lineLimit
        for head in heads {
            guard goods.deliveries.count < ExpectedGoods.deliveryLimit, room > 0 else { break }
            guard var delivery = try made[head.id] ?? announced(head) else { continue }
            made[head.id] = delivery
            if delivery.lines.count > room {
                delivery.more += delivery.lines.count - room
                delivery.lines = Array(delivery.lines.prefix(room))
            }
            room -= delivery.lines.count
            goods.deliveries.append(delivery)
            guard head.isOpen else { continue }
            let free = ExpectedGoods.tagLimit - goods.tags.count
            goods.tags.formUnion(try signs(of: head.id, atMost: free))
        }
        goods.more = heads.count - goods.deliveries.count
        return goods
    }

    private func announced(_ head: Head) throws -> ExpectedGoods.Delivery? {
        guard let view = try view(head.id) else { return nil }
        let lines = try view.lines.prefix(ExpectedGoods.lineLimit).map { line in
            ExpectedGoods.Line(
                gtin: line.gtin, label: line.description, reference: line.reference, unit: line.measure.symbol,
                expected: max(0, line.expected), counted: max(0, line.received),
                packs: try store.articles.packs(of: line.gtin).map { .init(gtin: $0.gtin, quantity: $0.quantity) })
        }
        var delivery = ExpectedGoods.Delivery(
            id: view.id, note: view.note, supplier: view.supplier, zone: head.place, isOpen: head.isOpen, lines: lines)
        delivery.more = view.lines.count - lines.count
        delivery.unknown = view.unknown.count
        delivery.proposed = view.proposals.count
        guard !view.units.isEmpty, let reception = try reception(of: head.id) else { return delivery }
        let carriers = Set(view.units.compactMap(\.parent))
        delivery.units = view.units.prefix(ExpectedGoods.unitLimit).compactMap { unit in
            let contents = unit.isVerified ? [] : unit.contents
            // Half of what is on it would be counted as all of it; and of some the paper does not say what that is.
            guard contents.count <= ExpectedGoods.contentLimit,
                unit.isVerified || !contents.isEmpty || carriers.contains(unit.sscc)
            else { return nil }
            return ExpectedGoods.Unit(
                sscc: unit.sscc, parent: unit.parent,
                contents: contents.map { .init(gtin: $0.gtin, quantity: $0.quantity) })
        }
        delivery.claimed = DeliveryTable.packs(reception.claimed)
        delivery.loose = DeliveryTable.packs(reception.loose)
        return delivery
    }

    private static func packs(_ counts: [String: Quantity]) -> [ExpectedGoods.Pack] {
        counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.prefix(ExpectedGoods.lineLimit).map {
            ExpectedGoods.Pack(gtin: $0.key, quantity: $0.value)
        }
    }

    /// Tags that are counted in a delivery.
    private func signs(of id: Int64, atMost limit: Int) throws -> [UInt32] {
        try database.rows(
            "SELECT subject FROM counted WHERE delivery=? AND removed IS NULL AND subject LIKE 'tag:%' LIMIT ?",
            .integer(id), .integer(Int64(max(0, limit)))
        ) { Hex.bytes($0.text(0).dropFirst(4)) }.compactMap { $0.map(ExpectedGoods.sign) }
    }
}

extension ArticleTable {
    /// Packages of an article, the smallest first.
    func packs(of gtin: String) throws -> [(gtin: String, quantity: Quantity)] {
        try database.rows(
            "SELECT gtin, quantity FROM packaging WHERE product=? ORDER BY quantity LIMIT ?", .text(gtin),
            .integer(Int64(ExpectedGoods.packLimit))
        ) { ($0.text(0), $0.quantity(1)) }
    }
}
