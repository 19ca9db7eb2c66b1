public import Model
import SQLite

/// What a delivery that was opened again takes from the book, and adds to it. A count that was posted since has seen what lies there:
/// the delivery's movement is written all the same, and beside it what the count's own difference is less by, so that both are right and
/// the book stays as it was counted.
extension StockTable {
    struct Correction {
        var view: DeliveryView
        var reopening: Reopening
        var dock: String
        var author: Author
        var now: Int64
    }

    /// One part of it in one zone.
    private struct Part {
        var gtin: String
        var quantity: Quantity
        var lot: String?
        var subject: String?
        var zone: String
        var isMore: Bool
    }

    private func write(
        _ part: Part, counted: Int64?, running: Int64?, kind: Movement.Kind = .counted, _ correction: Correction
    )
        throws
    {
        let (author, id, now) = (correction.author, correction.view.id, correction.now)
        let (out, into) = (part.isMore ? nil : part.zone, part.isMore ? part.zone : nil)
        // A count that runs has seen it as it is: this is nothing that moved since it began.
        try move(
            Movement(kind: .corrected, from: out, to: into), gtin: part.gtin, quantity: part.quantity, lot: part.lot,
            subject: part.subject, by: author, delivery: id, take: running, at: now)
        guard counted != nil || kind == .arrived else { return }
        try move(
            Movement(kind: kind, from: into, to: out), gtin: part.gtin, quantity: part.quantity, lot: part.lot,
            subject: part.subject, by: author, delivery: id, take: running ?? counted, at: now)
    }

    // MARK: without tags

    /// More of it. What came late lies at this dock; what had been there from the beginning, where the delivery was booked.
    func bring(_ booked: Booked, _ quantity: Quantity, _ correction: Correction) throws {
        var part = Part(
            gtin: booked.gtin, quantity: quantity, lot: booked.lot.isEmpty ? nil : booked.lot, zone: correction.dock,
            isMore: true)
        if correction.reopening.cause == .miscount {
            let at = try places(of: booked.gtin, correction.view.id).first
            let since = at?.since ?? correction.reopening.closedAt
            part.zone = try at?.zone ?? store.deliveries.receivedIn(correction.view.id) ?? correction.dock
            let counted = try count(of: booked.gtin, in: part.zone, since: since)
            return try write(part, counted: counted, running: try count(running: part.zone, since: since), correction)
        }
        // The ERP has the delivery at one place: from there it is moved to where it lies.
        let first = try store.deliveries.receivedIn(correction.view.id) ?? correction.dock
        let isElsewhere = store.rules[first]?.erpLocation != store.rules[correction.dock]?.erpLocation
        if isElsewhere { part.zone = first }
        try write(part, counted: nil, running: nil, correction)
        guard isElsewhere else { return }
        try move(
            Movement(kind: .moved, from: first, to: correction.dock), gtin: part.gtin, quantity: quantity,
            lot: part.lot,
            by: correction.author, delivery: correction.view.id, at: correction.now)
    }

    /// Where closings have put what has no tag of an article, the last first.
    private func places(of gtin: String, _ delivery: Int64) throws -> [(zone: String, quantity: Quantity, since: Int64)]
    {
        try database.rows(
            """
            SELECT zone, sum(quantity), max(CASE WHEN quantity>0 THEN at END) FROM (
                SELECT to_zone AS zone, quantity, at, id FROM movement WHERE delivery=?1 AND gtin=?2 AND subject IS NULL
                    AND to_zone IS NOT NULL AND kind IN ('received', 'corrected', 'moved')
                UNION ALL
                SELECT from_zone, -quantity, at, id FROM movement WHERE delivery=?1 AND gtin=?2 AND subject IS NULL
                    AND from_zone IS NOT NULL AND kind IN ('received', 'corrected', 'moved'))
            GROUP BY zone HAVING sum(quantity)>0 ORDER BY max(id) DESC
            """, .integer(delivery), .text(gtin)
        ) { ($0.text(0), $0.quantity(1), $0.integer(2)) }
    }

    // MARK: less of it

    func takeOff(_ booked: Booked, _ quantity: Quantity, _ correction: Correction) throws {
        guard booked.subject.isEmpty else { return try takeOff(piece: booked, correction) }
        let lot = booked.lot.isEmpty ? nil : booked.lot
        var rest = quantity
        for place in try places(of: booked.gtin, correction.view.id) where rest > 0 {
            let part = Part(
                gtin: booked.gtin, quantity: min(rest, place.quantity), lot: lot, zone: place.zone, isMore: false)
            rest -= part.quantity
            try write(
                part, counted: try count(of: booked.gtin, in: place.zone, since: place.since),
                running: try count(running: place.zone, since: place.since), correction)
        }
        guard rest > 0 else { return }
        try write(
            Part(gtin: booked.gtin, quantity: rest, lot: lot, zone: correction.dock, isMore: false), counted: nil,
            running: nil, correction)
    }

    /// A tagged piece is not of this delivery. Where the book does not have it any more, it has gone already.
    private func takeOff(piece booked: Booked, _ correction: Correction) throws {
        let own = try database.first(
            """
            SELECT coalesce(sum(CASE WHEN to_zone IS NULL THEN -quantity ELSE quantity END), 0), max(at) FROM movement
            WHERE subject=?1 AND delivery=?2 AND kind IN ('received', 'corrected')
            """, .text(booked.subject), .integer(correction.view.id), map: { ($0.quantity(0), $0.integer(1)) })
        // Found before it was closed: the book did not have it from here.
        guard let (quantity, since) = own, quantity > 0 else { return }
        let epc = String(booked.subject.dropFirst(4))
        let bookedIn = try database.text(
            "SELECT stock_zone FROM item WHERE epc=? AND stock_zone IS NOT NULL", .text(epc))
        var part = Part(
            gtin: booked.gtin, quantity: quantity, subject: booked.subject, zone: bookedIn ?? correction.dock,
            isMore: false)
        let running = try count(running: part.zone, since: since)
        if bookedIn != nil {
            let counted = try database.integer(
                """
                SELECT stock_take.id FROM take_counted JOIN stock_take ON stock_take.id=take
                WHERE subject=? AND removed IS NULL AND status='posted' AND opened>=? AND stock_take.zone=?
                ORDER BY stock_take.id DESC LIMIT 1
                """, .text(booked.subject), .integer(since), .text(bookedIn))
            try write(part, counted: counted, running: running, correction)
            guard counted == nil else { return }
            try database.run("UPDATE item SET stock_zone=NULL WHERE epc=?", .text(epc))
            return
        }
        let last = try database.first(
            """
            SELECT kind, coalesce(from_zone, to_zone), coalesce(to_zone, from_zone) FROM movement WHERE subject=?
            ORDER BY id DESC LIMIT 1
            """, .text(booked.subject), map: { ($0.text(0), $0.text(1), $0.text(2)) })
        let hasDeparted = last?.0 == Movement.Kind.departed.rawValue
        part.zone = (hasDeparted ? last?.1 : last?.2) ?? correction.dock
        let counted = hasDeparted ? nil : try count(of: booked.gtin, in: part.zone, since: since)
        try write(part, counted: counted, running: nil, kind: counted == nil ? .arrived : .counted, correction)
    }

    // MARK: counts in between

    /// The last count that was posted since, and looked at an article of a zone.
    private func count(of gtin: String, in zone: String, since: Int64) throws -> Int64? {
        try database.integer(
            """
            SELECT stock_take.id FROM stock_take JOIN take_line ON take_line.take=stock_take.id
            WHERE stock_take.zone=? AND status='posted' AND opened>=? AND take_line.gtin=? ORDER BY stock_take.id DESC LIMIT 1
            """, .text(zone), .integer(since), .text(gtin))
    }

    private func count(running zone: String, since: Int64) throws -> Int64? {
        try database.integer(
            "SELECT id FROM stock_take WHERE zone=? AND status IN ('counting', 'review') AND opened>=?", .text(zone),
            .integer(since))
    }

    /// What counts, and goods that left by themselves, have settled of a delivery's corrections since a movement: the ERP has that
    /// already. By article, and lot or serial number where it is tracked.
    public func settled(delivery id: Int64, after movement: Int64) throws -> [String: [String: Quantity]] {
        var sums: [String: [String: Quantity]] = [:]
        try database.each(
            """
            SELECT movement.gtin, \(TakeTable.lot("item.serial", "coalesce(movement.lot, label.lot)")),
                sum(CASE WHEN to_zone IS NULL THEN -movement.quantity ELSE movement.quantity END)
            FROM movement LEFT JOIN product ON product.gtin=movement.gtin LEFT JOIN item ON item.epc=substr(movement.subject, 5)
                LEFT JOIN label ON label.subject=movement.subject
            WHERE movement.delivery=?1 AND movement.id>?2 AND movement.kind IN ('counted', 'arrived') GROUP BY 1, 2
            """, .integer(id), .integer(movement)
        ) { row in
            sums[row.text(0), default: [:]][row.text(1)] = row.quantity(2)
            return true
        }
        return sums
    }

    public func lastMovement() throws -> Int64 { try database.integer("SELECT max(id) FROM movement") ?? 0 }
}
