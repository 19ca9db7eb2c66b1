public import Model
import SQLite

/// The book of stock, its movements and notices.
public struct StockTable: StoreTable {
    let store: Store

    /// Writes a movement and changes the book by it.
    func move(
        _ movement: Movement, gtin: String, quantity: Quantity, lot: String? = nil, subject: String? = nil,
        by author: Author, delivery: Int64? = nil, take: Int64? = nil, stream: Int64? = nil, seq: UInt64? = nil,
        at now: Int64
    ) throws {
        guard quantity != 0 else { return }
        try database.run(
            """
            INSERT INTO movement (at, kind, gtin, quantity, lot, from_zone, to_zone, subject, who, delivery, take, stream, seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .integer(now), .text(movement.kind.rawValue), .text(gtin), .quantity(quantity), .text(lot),
            .text(movement.from), .text(movement.to), .text(subject), .text(author.who), .integer(delivery),
            .integer(take), .integer(stream), .integer(seq.map { Int64(clamping: $0) }))
        for (zone, change) in [(movement.from, -quantity), (movement.to, quantity)] {
            guard let zone else { continue }
            try database.run(
                "INSERT INTO stock VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET quantity=quantity + ?3", .text(zone),
                .text(gtin), .quantity(change))
        }
        try watchStock(gtin, at: now)
    }

    /// A sighting of a tagged piece, by the store.rules of its zone.
    func follow(
        _ row: Model.Row, _ piece: Piece, stream: Int64, seq: UInt64, device: String, at now: Int64
    ) throws {
        guard let tag = row.sightedTag, let gtin = piece.gtin else { return }
        let item = try database.first(
            "SELECT stock_zone, delivery, last_seen FROM item WHERE epc=?", .text(tag.hex),
            map: { ($0.optionalText(0), $0.optionalInteger(1), $0.integer(2)) })
        // A backlog that drains tells the past: the piece has been seen elsewhere since.
        guard let (bookedIn, delivery, lastSeen) = item, now >= lastSeen else { return }
        var isBeingReceived = false
        if bookedIn == nil, let delivery {
            isBeingReceived =
                try database.integer(
                    // One that an earlier closing has booked, and that left since, is not booked again.
                    """
                    SELECT 1 FROM delivery WHERE id=?1 AND status<>'closed' AND NOT EXISTS (
                        SELECT 1 FROM delivery_booked WHERE delivery=?1 AND subject=?2)
                    """, .integer(delivery), .text("tag:\(tag.hex)")) != nil
        }
        guard
            let movement = Movement.decide(
                row, rules: store.rules, bookedIn: bookedIn, isBeingReceived: isBeingReceived)
        else { return }
        try move(
            movement, gtin: gtin, quantity: piece.quantity, subject: "tag:\(tag.hex)", by: Author(device),
            stream: stream, seq: seq,
            at: now)
        try database.run("UPDATE item SET stock_zone=? WHERE epc=?", .text(movement.to), .text(tag.hex))
    }

    // MARK: notices

    /// Says it once, until somebody has dealt with it.
    func notice(_ kind: Notice, subject: String, data: JSON, at now: Int64) throws {
        try database.run(
            "INSERT OR IGNORE INTO notice (at, kind, subject, data) VALUES (?, ?, ?, ?)", .integer(now),
            .text(kind.rawValue), .text(subject), .text(data.description))
        if database.changes == 1 {
            try store.tell(Fact(kind.fact, subject), by: Author("edge-ingest"), at: now)
        }
    }

    func settle(notice kind: Notice, subject: String, at now: Int64) throws {
        let changed = try database.run(
            "UPDATE notice SET done=?, done_by='edge-ingest' WHERE kind=? AND subject=? AND done IS NULL",
            .integer(now),
            .text(kind.rawValue), .text(subject))
        if changed > 0 { try store.tell(Fact(.noticeDone, subject), by: Author("edge-ingest"), at: now) }
    }

    private func watchStock(_ gtin: String, at now: Int64) throws {
        guard
            let (minimum, unit) = try database.first(
                "SELECT minimum, unit FROM product WHERE gtin=? AND minimum IS NOT NULL", .text(gtin),
                map: { ($0.quantity(0), $0.optionalText(1)) })
        else { return }
        let sum = try database.integer("SELECT coalesce(sum(quantity), 0) FROM stock WHERE gtin=?", .text(gtin)) ?? 0
        let total = Quantity(thousandths: sum)
        if total < minimum {
            let name = try database.text("SELECT description FROM product WHERE gtin=?", .text(gtin)) ?? gtin
            try notice(
                .lowStock, subject: gtin,
                data: .object([
                    ("description", .string(name)), ("quantity", total.json), ("minimum", minimum.json),
                    ("unit", Measure(catalogue: unit).json),
                ]),
                at: now)
        } else {
            try settle(notice: .lowStock, subject: gtin, at: now)
        }
    }

    /// Zones whose count is due; looked at now and then.
    public func watchCounts(at now: Int64) throws {
        for (zone, rule) in store.rules {
            guard let days = rule.countDays else { continue }
            let last = try database.integer(
                "SELECT closed FROM stock_take WHERE zone=? AND status='posted' ORDER BY closed DESC LIMIT 1",
                .text(zone))
            // Never counted: since goods have lain there.
            let since =
                try last
                ?? database.integer(
                    "SELECT at FROM movement WHERE to_zone=? ORDER BY at LIMIT 1", .text(zone))
            guard let since else { continue }
            if now - since > Int64(days) * 86_400_000 {
                try notice(
                    .countDue, subject: zone, data: .object([("zone", .string(zone)), ("last", last.map(JSON.int))]),
                    at: now)
            } else {
                try settle(notice: .countDue, subject: zone, at: now)
            }
        }
    }

    /// What waits and this person may see, as they may.
    public func openNotices(for person: Person) throws -> [JSON] {
        try openNotices().filter { try sees($0, person) }.map(person.shown(notice:))
    }

    public func openNotices() throws -> [JSON] {
        try database.rows(
            "SELECT id, at, kind, subject, data FROM notice WHERE done IS NULL ORDER BY at DESC LIMIT 200"
        ) { StockTable.openNotice.json($0) }
    }

    private func sees(_ notice: JSON, _ person: Person) throws -> Bool {
        guard person.reach.sites != nil, let agent = notice["data"]?["agent"]?.text else {
            return person.sees(notice: notice)
        }
        return try person.sees(notice: notice) && person.reach.covers(site: store.gateways.agent(named: agent)?.site)
    }

    private static let openNotice = Shape<SQLite.Row>(
        "Notice",
        [
            .integer("id") { $0.integer(0) }, .moment("at") { $0.integer(1) },
            .json("kind", .words(Notice.self)) { .string($0.text(2)) }, .text("subject") { $0.text(3) },
            // Of a product what is left, of a zone when it was counted last.
            .json("data", .anything) { (try? JSON(parsing: $0.text(4))) ?? .null },
        ])

    public static let noticeSchema = openNotice.schema

    /// False where somebody has dealt with it, and where this person does not see it.
    func settle(notice id: Int64, by person: Person, at now: Int64) throws -> Bool {
        let found = try database.first(
            "SELECT id, at, kind, subject, data FROM notice WHERE id=?", .integer(id), map: StockTable.openNotice.json)
        guard let found, try sees(found, person) else { return false }
        return try settle(notice: id, by: person.author, at: now)
    }

    public func settle(notice id: Int64, by author: Author, at now: Int64) throws -> Bool {
        let changed = try database.run(
            "UPDATE notice SET done=?, done_by=? WHERE id=? AND done IS NULL", .integer(now), .text(author.who),
            .integer(id))
        if changed == 1 { try store.tell(Fact(.noticeDone, id), by: author, at: now) }
        return changed == 1
    }

    // MARK: what is where

    public func rows(gtin: String) throws -> [(zone: String, quantity: Quantity)] {
        try database.rows("SELECT zone, quantity FROM stock WHERE gtin=? AND quantity<>0 ORDER BY zone", .text(gtin)) {
            ($0.text(0), $0.quantity(1))
        }
    }

    /// Movements, newest first, of a product, a zone or a time.
    public func movements(gtin: String?, zone: String?, from: Int64?, to: Int64?, limit: Int) throws -> [JSON] {
        // The last of each end of a zone's movements, by their indexes: whatever else moved is not looked at.
        func last(_ end: String) -> String {
            """
            SELECT id FROM (SELECT id FROM movement WHERE \(end)=?2 AND at>=?3 AND at<?4
                ORDER BY at DESC, id DESC LIMIT ?5) AS \(end)_last
            """
        }
        let which =
            switch (gtin, zone) {
            case (nil, nil): "?1 IS NULL AND ?2 IS NULL AND at>=?3 AND at<?4"
            case (nil, _?): "?1 IS NULL AND movement.id IN (\(last("from_zone")) UNION \(last("to_zone")))"
            case (_?, _): "movement.gtin=?1 AND (?2 IS NULL OR from_zone=?2 OR to_zone=?2) AND at>=?3 AND at<?4"
            }
        return try database.rows(
            """
            SELECT movement.id, at, kind, movement.gtin, coalesce(description, ''), quantity, lot, from_zone, to_zone,
                subject, who, movement.delivery, take, unit
            FROM movement LEFT JOIN product USING (gtin)
            WHERE \(which) ORDER BY at DESC, movement.id DESC LIMIT ?5
            """, .text(gtin), .text(zone), .integer(from ?? 0), .integer(to ?? Int64.max), .integer(limit)
        ) { StockTable.movement.json($0) }
    }

    private static let movement = Shape<SQLite.Row>(
        "Movement",
        [
            .integer("id") { $0.integer(0) }, .moment("at") { $0.integer(1) },
            .json("kind", .words(Movement.Kind.self)) { .string($0.text(2)) }, .text("gtin") { $0.text(3) },
            .text("description") { $0.text(4) }, .quantity("quantity") { $0.quantity(5) },
            .unit("unit") { Measure(catalogue: $0.optionalText(13)) },
            .text("lot", ifAny: { $0.optionalText(6) }), .text("from", ifAny: { $0.optionalText(7) }),
            .text("to", ifAny: { $0.optionalText(8) }), .text("subject", ifAny: { $0.optionalText(9) }),
            .text("who") { $0.text(10) }, .integer("delivery", ifAny: { $0.optionalInteger(11) }),
            .integer("take", ifAny: { $0.optionalInteger(12) }),
        ])

    public static let movementSchema = movement.schema

    /// TID and user memory of a tag, the newest of each; most rows have none.
    func remember(_ sighting: Model.Row.Sighting, at time: Int64) throws(SQLiteError) {
        guard sighting.tid != nil || sighting.userMemory != nil else { return }
        try database.run(
            """
            INSERT INTO tag_memory (epc, tid, user, seen) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET
                tid=CASE WHEN ?4 >= seen THEN coalesce(?2, tid) ELSE coalesce(tid, ?2) END,
                user=CASE WHEN ?4 >= seen THEN coalesce(?3, user) ELSE coalesce(user, ?3) END, seen=max(seen, ?4)
            """, .text(sighting.tag.hex), .text(sighting.tid.map { Hex.string($0) }),
            .text(sighting.userMemory.map { Hex.string($0) }), .integer(time))
    }

    /// Tagged pieces by the beginning of their tag, or of a product: where and when each was last seen.
    public func items(epc prefix: String?, gtin: String?, limit: Int) throws -> [JSON] {
        try database.rows(
            """
            SELECT epc, item.gtin, coalesce(description, ''), serial, item.zone, present, first_seen, last_seen, item.delivery,
                note, stock_zone, tag_memory.tid, tag_memory.user
            FROM item LEFT JOIN product USING (gtin) LEFT JOIN delivery ON delivery.id=item.delivery
                LEFT JOIN tag_memory USING (epc)
            WHERE \(prefix == nil ? "?1 IS NULL" : "epc>=?1 AND epc<?1 || 'G'") AND (?2 IS NULL OR item.gtin=?2)
            \(prefix == nil ? "ORDER BY last_seen DESC" : "") LIMIT ?3
            """, .text(prefix), .text(gtin), .integer(limit)
        ) { StockTable.item.json($0) }
    }

    private static let item = Shape<SQLite.Row>(
        "Item",
        [
            .text("epc") { $0.text(0) }, .text("gtin", ifAny: { $0.optionalText(1) }),
            .text("description") { $0.text(2) }, .text("serial", ifAny: { $0.optionalText(3) }),
            .text("zone", ifAny: { $0.optionalText(4) }), .truth("present") { $0.bool(5) },
            .moment("firstSeen") { $0.integer(6) }, .moment("lastSeen") { $0.integer(7) },
            .integer("delivery", ifAny: { $0.optionalInteger(8) }), .text("note", ifAny: { $0.optionalText(9) }),
            .text("bookedIn", ifAny: { $0.optionalText(10) }), .text("tid", ifAny: { $0.optionalText(11) }),
            .text("user", ifAny: { $0.optionalText(12) }),
        ])

    public static let itemSchema = item.schema
}

extension Model.Row {
    var sightedTag: TagID? {
        switch self {
        case .appeared(let sighting), .moved(let sighting, _), .still(let sighting), .left(let sighting, _, _):
            sighting.tag
        default: nil
        }
    }
}
