import Identifiers
import Model
import SQLite

/// A closed delivery is opened again: what was counted stays, and the next closing books and tells the difference alone.
extension DeliveryTable {
    func reopenings(of id: Int64) throws -> [Reopening] {
        try database.rows(
            """
            SELECT number, at, who, station, zone, cause, reason, closed, closed_by FROM reopening WHERE delivery=?
            ORDER BY number
            """, .integer(id)
        ) { row in
            Reopening(
                number: Int(row.integer(0)), at: row.integer(1), who: row.text(2), station: row.optionalText(3),
                zone: row.text(4), cause: row.optionalText(5).flatMap(Reopening.Cause.init(rawValue:)),
                reason: row.text(6), closedAt: row.integer(7), closedBy: row.text(8))
        }
    }

    /// Opens a closed delivery at a dock; `author.reason` says why. The answers of its closing are taken back and asked anew, because they
    /// were about other numbers. What is counted, tags that are put aside and accepted serial numbers stay.
    public func reopen(delivery id: Int64, zone: String, cause: Reopening.Cause?, by author: Author, at now: Int64)
        throws
    {
        guard let view = try view(id) else { throw ReopenError.noSuchDelivery }
        let reason = (author.reason ?? "").trimming(" \t\r\n")
        guard Reopening.reasons.contains(reason.count) else { throw ReopenError.reasonNeeded }
        switch view.status {
        case "closed": break
        case "open":
            let last = view.reopenings.last
            throw ReopenError.open(by: last?.who ?? view.openedBy ?? "", zone: view.zone)
        default: throw ReopenError.expected
        }
        let closed = view.closedAt ?? now
        guard now - closed <= Reopening.longest else {
            throw ReopenError.tooOld(days: Reopening.longest / 86_400_000)
        }
        guard view.reopenings.count < Reopening.most else { throw ReopenError.tooOften }
        if let rest = try rest(of: view), rest.isBegun || cause == .late {
            throw ReopenError.rest(id: rest.id, note: rest.note, isBegun: rest.isBegun)
        }
        try withdrawRest(of: id)
        try store.stock.remember(booked: view)
        try database.run(
            "INSERT INTO reopening VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", .integer(id),
            .integer(view.reopenings.count + 1), .integer(now), .text(author.who), .text(author.station), .text(zone),
            .text(cause?.rawValue), .text(reason), .integer(closed), .text(view.closedBy ?? ""))
        // Tells the fact, too.
        let number = try record(
            Decision(
                at: now, who: author.who, station: author.station ?? zone, kind: .reopen, subject: zone, reason: reason),
            delivery: id)
        for decision in view.decisions where decision.undoneBy == nil && decision.isAnswer {
            try database.run("UPDATE decision SET undone_by=? WHERE id=?", .integer(number), .integer(decision.id))
        }
        try database.run(
            "UPDATE delivery SET status='expected', closed=NULL, closed_by=NULL WHERE id=?", .integer(id))
        _ = try open(delivery: id, zone: zone, by: author, at: now)
    }

    /// The back-order that the ERP made of what is missing: it came later, has a name in common and an article that is missing here.
    func rest(of view: DeliveryView) throws -> (id: Int64, note: String, isBegun: Bool)? {
        let missing = Set(view.lines.filter { $0.missing > 0 }.map(\.gtin))
        guard !missing.isEmpty else { return nil }
        var others: Set<Int64> = []
        for name in Set([view.note] + view.names) {
            others.formUnion(
                try database.rows(
                    """
                    SELECT id FROM delivery WHERE note=?1 AND id>?3
                    UNION SELECT delivery FROM delivery_name WHERE folded=?2 AND delivery>?3 LIMIT 50
                    """, .text(name), .text(DeliveryTable.folded(name: name)), .integer(view.id)
                ) { $0.integer(0) })
        }
        var found: (id: Int64, note: String, isBegun: Bool)?
        for other in others.sorted() {
            guard
                let (note, status, supplier) = try database.first(
                    "SELECT note, status, supplier FROM delivery WHERE id=?1 AND source='erp' AND erp IS NOT NULL AND erp IS NOT ?2",
                    .integer(other), .text(view.erp), map: { ($0.text(0), $0.text(1), $0.text(2)) }),
                Again.isSame(supplier, view.supplier)
            else { continue }
            let articles = try database.rows("SELECT gtin FROM delivery_line WHERE delivery=?", .integer(other)) {
                $0.text(0)
            }
            guard !missing.isDisjoint(with: articles) else { continue }
            // One that was begun holds the rest for sure.
            if status != "expected" { return (other, note, true) }
            found = found ?? (other, note, false)
        }
        return found
    }

    /// Closed deliveries that a scanned text names: their note, another name, or a pallet's label; those closed last first.
    public func closed(named text: String) throws -> [DeliveryView] {
        let sscc = ScannedCode(text)?.sscc
        return try database.rows(
            """
            SELECT id FROM delivery WHERE status='closed' AND (note=?1
                OR id IN (SELECT delivery FROM delivery_name WHERE folded=?2)
                OR id IN (SELECT delivery FROM delivery_unit WHERE sscc IN (?1, ?3))) ORDER BY closed DESC LIMIT 5
            """, .text(text), .text(DeliveryTable.folded(name: text)), .text(sscc)
        ) { $0.integer(0) }.compactMap { try view($0) }
    }

    /// A pallet of a delivery that is closed, and of none that is not.
    func isClosed(unit sscc: String) throws -> Bool {
        try database.integer(
            """
            SELECT 1 FROM delivery_unit JOIN delivery ON delivery.id=delivery WHERE sscc=? AND status='closed' LIMIT 1
            """, .text(sscc)) != nil
    }
}

extension Decision {
    /// What a closing asks about quantities: another quantity is another question.
    fileprivate var isAnswer: Bool {
        switch kind {
        case .later, .never: true
        case .accept: subject == nil
        default: false
        }
    }
}
