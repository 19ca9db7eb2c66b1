import Identifiers
public import Model
import SQLite

/// What was read and counts nowhere yet.
public struct StrayTable: StoreTable {
    let store: Store

    /// How long a read waits for its delivery to be opened, in milliseconds.
    public static let strayLife: Int64 = 10 * 60_000
    /// Reads kept for one zone.
    static let strayLimit = 2000

    func keep(_ piece: Piece, _ away: Receiving.Away, zone: String, at now: Int64, stream: Int64, seq: UInt64)
        throws
    {
        try database.run(
            "INSERT OR REPLACE INTO stray VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", .text(zone),
            .text(piece.subject),
            .text(piece.gtin), .text(piece.serial), .quantity(piece.quantity), .text(piece.lot), .integer(now),
            .integer(stream), .integer(seq), .text(piece.expires), .text(piece.remark),
            .integer(away.rawValue))
    }

    /// Those that are too old, and of each zone those beyond the newest `strayLimit`.
    public func forget(before moment: Int64) throws {
        try database.run("DELETE FROM stray WHERE at<?", .integer(moment))
        for zone in try database.rows("SELECT DISTINCT zone FROM stray", map: { $0.text(0) }) {
            try database.run(
                """
                DELETE FROM stray WHERE zone=?1 AND (at, subject)<=(
                    SELECT at, subject FROM stray WHERE zone=?1 ORDER BY at DESC, subject DESC LIMIT 1 OFFSET ?2)
                """, .text(zone), .integer(StrayTable.strayLimit))
        }
    }

    func takeStrays(zone: String, into reception: inout Reception, at now: Int64) throws {
        let strays = try database.rows(
            """
            SELECT subject, gtin, serial, quantity, lot, at, stream, seq, expires, remark, away FROM stray
            WHERE zone=? AND at>=?
            ORDER BY at, subject
            """, .text(zone), .integer(now - StrayTable.strayLife)
        ) { row in
            (
                Piece(
                    subject: row.text(0), gtin: row.optionalText(1), serial: row.optionalText(2),
                    quantity: row.quantity(3), lot: row.optionalText(4), expires: row.optionalText(8),
                    remark: row.optionalText(9)),
                row.integer(5), row.integer(6),
                row.word(7), Receiving.Away(rawValue: row.integer(10)) ?? .no
            )
        }
        for (piece, at, stream, seq, away) in strays {
            if let sscc = piece.sscc {
                // Another delivery's pallet waits for that one; one that nobody announced is asked about here.
                guard try reception.units[sscc] != nil || store.deliveries.id(unit: sscc) == nil else { continue }
                for count in Receiving.counts(pallet: piece, in: reception) {
                    try store.deliveries.count(count, stream: stream, seq: seq, at: at)
                    reception.apply(count)
                }
                try forget(stray: piece.subject, zone: zone)
                continue
            }
            if piece.subject.hasPrefix("tag:"), try isReceivedElsewhere(piece.subject, than: reception.delivery) {
                guard let count = Receiving.returned(piece, away, in: reception) else { continue }
                try forget(stray: piece.subject, zone: zone)
                try store.deliveries.count(count, stream: stream, seq: seq, at: at)
                reception.apply(count)
                continue
            }
            // What nobody knows was perhaps not meant for it; a product of its list was. The rest waits for its own delivery.
            guard let gtin = piece.gtin, reception.expected.isEmpty || reception.expected[gtin] != nil
            else { continue }
            try forget(stray: piece.subject, zone: zone)
            guard let count = Receiving.count(piece, in: reception) else { continue }
            try store.deliveries.count(count, stream: stream, seq: seq, at: at)
            if piece.subject.hasPrefix("tag:") {
                try database.run(
                    "UPDATE item SET delivery=coalesce(delivery, ?) WHERE epc=?", .integer(reception.delivery),
                    .text(String(piece.subject.dropFirst(4))))
            }
            reception.apply(count)
        }
    }

    private func forget(stray subject: String, zone: String) throws {
        try database.run("DELETE FROM stray WHERE zone=? AND subject=?", .text(zone), .text(subject))
    }

    /// Deliveries that what lies unopened at a dock fits, the best first.
    public func proposals(zone: String, at now: Int64) throws -> [JSON] {
        try database.rows(
            """
            WITH seen AS (
                SELECT gtin, sum(quantity) AS quantity FROM (
                    SELECT gtin, quantity FROM stray WHERE zone=?1 AND at>=?2 AND gtin IS NOT NULL
                    UNION ALL
                    SELECT content.gtin, content.quantity FROM stray
                        CROSS JOIN delivery_unit AS unit ON unit.sscc=substr(stray.subject, 6)
                        CROSS JOIN delivery_content AS content
                            ON content.delivery=unit.delivery AND content.sscc=unit.sscc
                    WHERE zone=?1 AND at>=?2 AND stray.gtin IS NULL AND stray.subject LIKE 'sscc:%')
                GROUP BY gtin),
            line AS (SELECT delivery, gtin, sum(quantity) AS quantity FROM delivery_line GROUP BY delivery, gtin)
            SELECT delivery.id, note, supplier, sum(min(seen.quantity, line.quantity)) AS fits,
                (SELECT sum(quantity) FROM seen) AS pieces
            FROM seen JOIN line USING (gtin) JOIN delivery ON delivery.id=line.delivery
            WHERE status<>'closed' GROUP BY delivery.id ORDER BY fits DESC, delivery.expected, delivery.id LIMIT 5
            """, .text(zone), .integer(now - StrayTable.strayLife)
        ) { StrayTable.proposal.json($0) }
    }

    private static let proposal = Shape<SQLite.Row>(
        "Proposal",
        [
            .integer("id") { $0.integer(0) }, .text("note") { $0.text(1) }, .text("supplier") { $0.text(2) },
            .quantity("fits") { $0.quantity(3) }, .quantity("pieces") { $0.quantity(4) },
        ])

    private static let stray = Shape<SQLite.Row>(
        "Stray",
        [
            .text("subject") { $0.text(0) }, .text("gtin", ifAny: { $0.optionalText(1) }),
            .text("description") { $0.text(2) }, .quantity("quantity") { $0.quantity(3) },
            .unit("unit") { Measure(catalogue: $0.optionalText(5)) },
            .moment("at") { $0.integer(4) },
        ])

    public static let proposalSchema = proposal.schema
    public static let straySchema = stray.schema

    /// What was read at a dock where nothing was open and waits for its delivery, the newest first.
    public func rows(zone: String, at now: Int64, limit: Int = 100) throws -> [JSON] {
        try database.rows(
            """
            SELECT stray.subject, stray.gtin, coalesce(description, ''), stray.quantity, stray.at, unit FROM stray
            LEFT JOIN product ON product.gtin=stray.gtin WHERE stray.zone=? AND stray.at>=?
            ORDER BY stray.at DESC, stray.subject LIMIT ?
            """, .text(zone), .integer(now - StrayTable.strayLife), .integer(limit)
        ) { StrayTable.stray.json($0) }
    }
}
