import Identifiers
public import Model
import SQLite

/// A delivery with what was counted of it.
public struct DeliveryView: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var gtin: String
        public var description: String
        public var expected: Int
        public var received: Int

        public var missing: Int { max(0, expected - received) }
        public var extra: Int { max(0, received - expected) }
    }

    public struct Stray: Equatable, Sendable {
        /// `tag:HEX` or `text:…`.
        public var subject: String
        public var at: Int64
    }

    public var id: Int64
    public var note: String
    public var supplier: String
    public var expectedOn: String?
    public var client: String?
    /// expected, open, closed
    public var status: String
    public var zone: String?
    public var openedAt: Int64?
    public var openedBy: String?
    public var closedAt: Int64?
    public var closedBy: String?
    public var lines: [Line]
    public var unknown: [Stray]

    public var expected: Int { lines.reduce(0) { $0 + $1.expected } }
    public var received: Int { lines.reduce(0) { $0 + min($1.received, $1.expected) } }
    public var missing: Int { lines.reduce(0) { $0 + $1.missing } }
    public var extra: Int { lines.reduce(0) { $0 + $1.extra } }

    public var summary: JSON {
        .object([
            ("id", .int(id)), ("note", .string(note)), ("supplier", .string(supplier)),
            ("expectedOn", expectedOn.map(JSON.string)), ("client", client.map(JSON.string)),
            ("status", .string(status)),
            ("zone", zone.map(JSON.string)), ("openedAt", openedAt.map(JSON.int)),
            ("openedBy", openedBy.map(JSON.string)),
            ("closedAt", closedAt.map(JSON.int)), ("closedBy", closedBy.map(JSON.string)),
            ("expected", .int(Int64(expected))),
            ("received", .int(Int64(received))), ("missing", .int(Int64(missing))), ("extra", .int(Int64(extra))),
            ("unknown", .int(Int64(unknown.count))), ("lineCount", .int(Int64(lines.count))),
        ])
    }

    public var json: JSON {
        guard case .members(let members) = summary else { return summary }
        let lines: [JSON] = lines.map {
            .object([
                ("gtin", .string($0.gtin)), ("description", .string($0.description)),
                ("expected", .int(Int64($0.expected))),
                ("received", .int(Int64($0.received))), ("missing", .int(Int64($0.missing))),
                ("extra", .int(Int64($0.extra))),
            ])
        }
        let strays: [JSON] = unknown.map { .object([("subject", .string($0.subject)), ("at", .int($0.at))]) }
        return .members(members + [.init("lines", .array(lines)), .init("unknownTags", .array(strays))])
    }
}

extension Store {
    func deliveryStatus(note: String) throws -> String? {
        try database.text("SELECT status FROM delivery WHERE note=?", .text(note))
    }

    /// Forgets the lines of a delivery that has not begun, before an import writes them anew.
    func resetExpected(note: String) throws {
        try database.run(
            "DELETE FROM delivery_line WHERE delivery IN (SELECT id FROM delivery WHERE note=? AND status='expected')",
            .text(note))
    }

    func expect(
        note: String, supplier: String, gtin: String, description: String, quantity: Int, expected: String?,
        client: String?
    ) throws {
        try database.run(
            """
            INSERT INTO delivery (note, supplier, expected, client, status) VALUES (?1, ?2, ?3, ?4, 'expected')
            ON CONFLICT DO UPDATE SET supplier=?2, expected=coalesce(?3, expected), client=coalesce(?4, client)
            """, .text(note), .text(supplier), .text(expected), .text(client))
        let id = try database.integer("SELECT id FROM delivery WHERE note=?", .text(note)) ?? 0
        try database.run(
            """
            INSERT INTO delivery_line VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM delivery_line WHERE delivery=?1),
                ?2, ?3, ?4)
            """, .integer(id), .text(gtin), .text(description), .integer(quantity))
        try database.run(
            "INSERT INTO product VALUES (?1, ?2) ON CONFLICT DO UPDATE SET description=?2", .text(gtin),
            .text(description))
    }

    /// Those not closed, and those closed since `since`.
    public func deliveries(closedSince since: Int64) throws -> [DeliveryView] {
        try database.rows(
            """
            SELECT id FROM delivery WHERE status<>'closed' OR closed>=?
            ORDER BY CASE status WHEN 'open' THEN 0 WHEN 'expected' THEN 1 ELSE 2 END, closed DESC, expected, note LIMIT 500
            """, .integer(since)
        ) { $0.integer(0) }.compactMap { try delivery($0) }
    }

    public func deliveries(client reference: String) throws -> [DeliveryView] {
        try database.rows(
            "SELECT id FROM delivery WHERE client=? AND status<>'closed' ORDER BY expected, note LIMIT 20",
            .text(reference)
        ) { $0.integer(0) }.compactMap { try delivery($0) }
    }

    public func delivery(_ id: Int64) throws -> DeliveryView? {
        let head = try database.first(
            """
            SELECT id, note, supplier, expected, client, status, zone, opened, opened_by, closed, closed_by
            FROM delivery WHERE id=?
            """, .integer(id)
        ) { row in
            DeliveryView(
                id: row.integer(0), note: row.text(1), supplier: row.text(2), expectedOn: row.optionalText(3),
                client: row.optionalText(4), status: row.text(5), zone: row.optionalText(6),
                openedAt: row.optionalInteger(7),
                openedBy: row.optionalText(8), closedAt: row.optionalInteger(9), closedBy: row.optionalText(10),
                lines: [],
                unknown: [])
        }
        guard var view = head else { return nil }
        let counted = Dictionary(
            uniqueKeysWithValues: try database.rows(
                "SELECT gtin, count(*) FROM counted WHERE delivery=? AND gtin IS NOT NULL GROUP BY gtin", .integer(id)
            ) { ($0.text(0), Int($0.integer(1))) })
        var ordered: Set<String> = []
        view.lines = try database.rows(
            "SELECT gtin, description, quantity FROM delivery_line WHERE delivery=? ORDER BY position", .integer(id)
        ) { row in
            ordered.insert(row.text(0))
            return DeliveryView.Line(
                gtin: row.text(0), description: row.text(1), expected: Int(row.integer(2)),
                received: counted[row.text(0)] ?? 0)
        }
        for (gtin, count) in counted.sorted(by: { $0.key < $1.key }) where !ordered.contains(gtin) {
            let name = try database.text("SELECT description FROM product WHERE gtin=?", .text(gtin)) ?? ""
            view.lines.append(.init(gtin: gtin, description: name, expected: 0, received: count))
        }
        view.unknown = try database.rows(
            "SELECT subject, at FROM counted WHERE delivery=? AND gtin IS NULL ORDER BY at, subject", .integer(id)
        ) { DeliveryView.Stray(subject: $0.text(0), at: $0.integer(1)) }
        return view
    }

    public func deliveryID(note: String) throws -> Int64? {
        try database.integer("SELECT id FROM delivery WHERE note=?", .text(note))
    }

    /// The delivery that is open at a dock.
    func reception(zone: String) throws -> Reception? {
        guard
            let id = try database.integer(
                "SELECT id FROM delivery WHERE zone=? AND status='open' ORDER BY opened DESC LIMIT 1", .text(zone)),
            let note = try database.text("SELECT note FROM delivery WHERE id=?", .integer(id))
        else { return nil }
        var reception = Reception(delivery: id, note: note, expected: [:])
        for (gtin, quantity) in try database.rows(
            "SELECT gtin, sum(quantity) FROM delivery_line WHERE delivery=? GROUP BY gtin", .integer(id),
            map: { ($0.text(0), Int($0.integer(1))) })
        {
            reception.expected[gtin] = quantity
        }
        for (subject, gtin) in try database.rows(
            "SELECT subject, gtin FROM counted WHERE delivery=?", .integer(id),
            map: { ($0.text(0), $0.optionalText(1)) })
        {
            reception.subjects.insert(subject)
            if let gtin { reception.received[gtin, default: 0] += 1 }
        }
        return reception
    }

    func isReceivedElsewhere(_ subject: String, than delivery: Int64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM counted WHERE subject=? AND delivery<>? LIMIT 1", .text(subject), .integer(delivery)) != nil
    }

    /// Opens a delivery at a dock; another one that is open there waits until it is opened again.
    public func open(delivery id: Int64, zone: String, who: String, at now: Int64) throws -> Bool {
        let changed = try database.run(
            """
            UPDATE delivery SET status='open', zone=?2, opened=coalesce(opened, ?3), opened_by=coalesce(opened_by, ?4)
            WHERE id=?1 AND status<>'closed'
            """, .integer(id), .text(zone), .integer(now), .text(who))
        guard changed == 1 else { return false }
        try database.run(
            "UPDATE delivery SET zone=NULL WHERE zone=? AND id<>? AND status='open'", .text(zone), .integer(id))
        try audit("delivery.open", subject: String(id), who: who, detail: zone, at: now)
        return true
    }

    /// False when it was closed before: two people closing one reception close it once.
    public func close(delivery id: Int64, who: String, at now: Int64) throws -> Bool {
        let changed = try database.run(
            "UPDATE delivery SET status='closed', closed=?2, closed_by=?3, zone=NULL WHERE id=?1 AND status='open'",
            .integer(id), .integer(now), .text(who))
        guard changed == 1 else { return false }
        try audit("delivery.close", subject: String(id), who: who, at: now)
        return true
    }

    func count(_ count: Count, stream: Int64, seq: UInt64, at now: Int64) throws {
        try database.run(
            "INSERT INTO counted VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", .integer(count.delivery),
            .text(count.subject), .text(count.gtin), .text(count.serial), .integer(now), .integer(stream), .integer(seq)
        )
    }

    /// Where a tagged piece was last seen.
    func see(_ sighting: Model.Row.Sighting, present: Bool, delivery: Int64?, at: Int64) throws {
        let epc = sighting.tag.scheme == .epcGen2 ? try? EPC(sighting.tag.bytes) : nil
        let statement = try upsertItem.get()
        statement.bind(1, sighting.tag.hex)
        statement.bind(2, epc?.gtin)
        statement.bind(3, epc?.serial)
        statement.bind(4, sighting.zone)
        statement.bind(5, present ? 1 : 0 as Int64)
        statement.bind(6, at)
        if let delivery { statement.bind(7, delivery) } else { statement.bind(7, nil) }
        try statement.run()
    }

    /// Notes that a scan at a dock may open.
    func openableNotes() throws -> Set<String> {
        Set(try database.rows("SELECT note FROM delivery WHERE status<>'closed'") { $0.text(0) })
    }

    /// Zones that readers have reported, for choosing a dock.
    public func zones() throws -> [String] {
        try database.rows(
            "SELECT DISTINCT zone FROM (SELECT zone FROM item UNION SELECT zone FROM delivery) WHERE zone IS NOT NULL ORDER BY zone"
        ) { $0.text(0) }
    }

    /// The result of a reception as CSV for Excel: UTF-8 with BOM.
    public func export(delivery id: Int64) throws -> String? {
        guard let view = try delivery(id) else { return nil }
        var text =
            "\u{FEFF}"
            + CSV.line(["delivery_note", "supplier", "gtin", "description", "expected", "received", "missing", "extra"])
        for line in view.lines {
            text += CSV.line([
                view.note, view.supplier, line.gtin, line.description, String(line.expected), String(line.received),
                String(line.missing), String(line.extra),
            ])
        }
        for stray in view.unknown {
            text += CSV.line([view.note, view.supplier, "", stray.subject, "0", "1", "0", "1"])
        }
        return text
    }
}
