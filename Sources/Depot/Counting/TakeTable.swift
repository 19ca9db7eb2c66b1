import Identifiers
import Model
import SQLite

/// Stock takes.
public struct TakeTable: StoreTable {
    let store: Store

    /// Begins to count a zone; nil when it is being counted already. What fixed readers see there is counted at once.
    public func openTake(zone: String, sources: [String], blind: Bool, by author: Author, at now: Int64) throws
        -> Int64?
    {
        try database.run(
            """
            INSERT OR IGNORE INTO stock_take (zone, blind, status, opened, opened_by, sources, opened_ended)
            VALUES (?, ?, 'counting', ?, ?, ?, ?)
            """, .text(zone), .bool(blind), .integer(now), .text(author.who), .text(sources.joined(separator: "\n")),
            .integer(try store.jobs.lastEnded()))
        guard database.changes == 1 else { return nil }
        let id = database.lastInsertID
        try database.run(
            "INSERT INTO take_expected SELECT ?1, gtin, quantity FROM stock WHERE zone=?2 AND quantity<>0",
            .integer(id),
            .text(zone))
        try database.run(
            """
            INSERT INTO take_counted (take, subject, gtin, serial, quantity, lot, device, at, stream, seq)
            SELECT ?1, 'tag:' || epc, coalesce(packaging.product, item.gtin, label.gtin), item.serial,
                coalesce(packaging.quantity, 1000), label.lot, 'present', last_seen, 0, 0
            FROM item LEFT JOIN label ON label.subject='tag:' || epc LEFT JOIN packaging ON packaging.gtin=item.gtin
            WHERE item.zone=?2 AND present=1
            """, .integer(id), .text(zone))
        // The tag of a pallet is the pallet.
        let pallets = try database.rows(
            "SELECT subject FROM take_counted WHERE take=? AND gtin IS NULL AND (subject LIKE 'tag:31%' OR subject LIKE 'tag:F9%')",
            .integer(id)
        ) { $0.text(0) }
        for subject in pallets {
            guard let bytes = Hex.bytes(subject.dropFirst(4)), let sscc = (try? EPC(bytes))?.sscc else { continue }
            let pallet = Value.text("sscc:\(sscc)")
            // Two tags may be those of one.
            try database.run("DELETE FROM take_counted WHERE take=? AND subject=?", .integer(id), pallet)
            try database.run(
                "UPDATE take_counted SET subject=? WHERE take=? AND subject=?", pallet, .integer(id), .text(subject))
        }
        try store.tell(Fact(.takeOpened, id, zone), by: author, at: now)
        return id
    }

    /// Zones that are being counted now, with those whose readers help.
    func byZone() throws -> [String: StockTake] {
        var takes: [String: StockTake] = [:]
        var helped: [(String, StockTake)] = []
        for (id, zone, sources, mode) in try database.rows(
            "SELECT id, zone, sources, mode FROM stock_take WHERE status='counting' ORDER BY id",
            map: { ($0.integer(0), $0.text(1), $0.text(2), $0.text(3)) })
        {
            var take = StockTake(
                id: id, zone: zone, mode: Reception.Mode(rawValue: mode) ?? .add)
            try database.each(
                "SELECT subject, gtin, serial, quantity FROM take_counted WHERE take=? AND removed IS NULL",
                .integer(id)
            ) { row in
                take.apply(
                    Piece(
                        subject: row.text(0), gtin: row.optionalText(1), serial: row.optionalText(2),
                        quantity: row.quantity(3), lot: nil))
                return true
            }
            // A zone's own count comes before one that it helps.
            takes[zone] = take
            helped += sources.split(separator: "\n").map { (String($0), take) }
        }
        for (name, take) in helped where takes[name] == nil { takes[name] = take }
        return takes
    }

    func count(_ piece: Piece, take: Int64, device: String, stream: Int64, seq: UInt64, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO take_counted (take, subject, gtin, serial, quantity, lot, device, at, stream, seq, remark)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT DO UPDATE SET removed=NULL, at=?8, stream=?9, seq=?10, remark=?11 WHERE removed IS NOT NULL
            """, .integer(take), .text(piece.subject), .text(piece.gtin), .text(piece.serial),
            .quantity(piece.quantity), .text(piece.lot), .text(device), .integer(now), .integer(stream), .integer(seq),
            .text(piece.remark))
    }

    func uncount(_ subject: String, take: Int64, by author: Author, at now: Int64) throws {
        let id = try store.deliveries.record(
            Decision(at: now, who: author.who, station: author.station, kind: .remove, subject: subject), take: take)
        try database.run(
            "UPDATE take_counted SET removed=?3 WHERE take=?1 AND subject=?2 AND removed IS NULL", .integer(take),
            .text(subject), .integer(id))
    }

    public func rows(closedSince since: Int64) throws -> [StockTakeView] {
        try database.rows(
            """
            SELECT id FROM stock_take WHERE status IN ('counting', 'review') OR closed>=? ORDER BY opened DESC LIMIT 100
            """, .integer(since)
        ) { $0.integer(0) }.compactMap { try view($0) }
    }

    /// Nil: there is no such count.
    public func zone(of id: Int64) throws -> String? {
        try database.text("SELECT zone FROM stock_take WHERE id=?", .integer(id))
    }

    public func view(_ id: Int64) throws -> StockTakeView? {
        guard
            var view = try database.first(
                """
                SELECT id, zone, sources, blind, status, mode, opened, opened_by, closed, closed_by, complete FROM stock_take
                WHERE id=?
                """, .integer(id),
                map: { row in
                    StockTakeView(
                        id: row.integer(0), zone: row.text(1),
                        sources: row.text(2).split(separator: "\n").map(String.init),
                        isBlind: row.bool(3), status: StockTakeView.Status(rawValue: row.text(4)) ?? .cancelled,
                        mode: Reception.Mode(rawValue: row.text(5)) ?? .add, openedAt: row.integer(6),
                        openedBy: row.text(7), closedAt: row.optionalInteger(8), closedBy: row.optionalText(9),
                        isComplete: row.bool(10))
                })
        else { return nil }
        view.decisions = try store.deliveries.decisions(take: id)
        view.lines =
            view.status == .posted || view.status == .cancelled ? try postedLines(id) : try lines(of: view)
        view.unknown = try database.rows(
            "SELECT subject, at FROM take_counted WHERE take=? AND removed IS NULL AND gtin IS NULL ORDER BY at, subject LIMIT 500",
            .integer(id)
        ) { DeliveryView.Stray(subject: $0.text(0), at: $0.integer(1)) }
        view.remarks = try database.rows(
            """
            SELECT subject, gtin, remark, at FROM take_counted WHERE take=? AND removed IS NULL AND remark IS NOT NULL
            ORDER BY at, subject LIMIT ?
            """, .integer(id), .integer(DeliveryView.remarkLimit)
        ) { .init(subject: $0.text(0), gtin: $0.optionalText(1), text: $0.text(2), at: $0.integer(3)) }
        return view
    }

    private func postedLines(_ id: Int64) throws -> [StockTakeView.Line] {
        try database.rows(
            """
            SELECT take_line.gtin, coalesce(product.description, (SELECT max(description) FROM take_begin
                WHERE take_begin.take=take_line.take AND take_begin.gtin=take_line.gtin), '') AS name, expected, counted, moved,
                book, unit
            FROM take_line LEFT JOIN product USING (gtin) WHERE take=? ORDER BY name, take_line.gtin
            """, .integer(id)
        ) { row in
            StockTakeView.Line(
                gtin: row.text(0), description: row.text(1), measure: Measure(catalogue: row.optionalText(6)),
                expected: row.quantity(2), counted: row.quantity(3), moved: row.quantity(4), book: row.quantity(5))
        }
    }

    private func lines(of view: StockTakeView) throws -> [StockTakeView.Line] {
        func sums(_ sql: String, _ argument: Value) throws -> [String: Quantity] {
            Dictionary(try database.rows(sql, argument) { ($0.text(0), $0.quantity(1)) }) { $0 + $1 }
        }
        let expected = try sums("SELECT gtin, quantity FROM take_expected WHERE take=?", .integer(view.id))
        var counted = try sums(
            "SELECT gtin, sum(quantity) FROM take_counted WHERE take=? AND removed IS NULL AND gtin IS NOT NULL GROUP BY gtin",
            .integer(view.id))
        let book = try sums("SELECT gtin, quantity FROM stock WHERE zone=? AND quantity<>0", .text(view.zone))
        for decision in view.decisions where decision.undoneBy == nil && decision.kind == .adjust {
            if let gtin = decision.gtin { counted[gtin, default: 0] += decision.quantity ?? 0 }
        }
        let moves = try database.rows(
            """
            SELECT movement.gtin, CASE WHEN to_zone=?2 THEN movement.quantity ELSE -movement.quantity END,
                CASE WHEN movement.subject IS NULL THEN NULL ELSE take_counted.subject IS NOT NULL END, movement.subject
            FROM movement LEFT JOIN take_counted ON take_counted.take=?1 AND take_counted.subject=movement.subject
                AND removed IS NULL
            WHERE (to_zone=?2 OR from_zone=?2) AND movement.at>=?3 AND movement.take IS NULL ORDER BY movement.id
            """, .integer(view.id), .text(view.zone), .integer(view.openedAt)
        ) { row in
            StockTakeView.Moved(
                gtin: row.text(0), quantity: row.quantity(1), isCounted: row.optionalInteger(2).map { $0 != 0 },
                subject: row.optionalText(3))
        }
        let moved = StockTakeView.movedSince(moves)
        // What was not counted is on the list as long as nobody has said that the rest stays as it is; in the review also what
        // the ERP alone has.
        let remote = view.showsBook ? try remote(of: view) : nil
        let isReview = view.status == .review
        let theirs = isReview ? (remote ?? [:]).filter { $0.value.quantity != 0 } : [:]
        let unlotted = isReview ? try countedLots(of: view, isTold: false).filter { $0.key.lot.isEmpty } : [:]
        return try Set(expected.keys).union(counted.keys).union(moved.keys).union(book.keys).union(theirs.keys).map {
            gtin in
            let own = try description(of: gtin)
            var line = StockTakeView.Line(
                gtin: gtin, description: own.isEmpty ? remote?[gtin]?.description ?? "" : own,
                measure: try store.articles.measure(of: gtin), expected: expected[gtin] ?? 0,
                counted: counted[gtin] ?? 0, moved: moved[gtin] ?? 0, book: book[gtin] ?? 0)
            line.erp = remote.map { $0[gtin]?.quantity ?? 0 }
            let loose = unlotted[LotKey(gtin: gtin, lot: "")] ?? 0
            if loose != 0, try isTracked(gtin) { line.unlotted = loose }
            return line
        }.sorted { ($0.description, $0.gtin) < ($1.description, $1.gtin) }
    }

    func description(of gtin: String) throws -> String {
        try database.text("SELECT description FROM product WHERE gtin=?", .text(gtin)) ?? ""
    }

    /// A decision about a count: `adjust`, `lot`, `remove`, `associate`, `undo`.
    public func decide(_ decision: Decision, take id: Int64) throws {
        guard let view = try view(id) else { throw DecisionError.noSuchDelivery }
        guard view.status == .counting || view.status == .review else { throw DecisionError.closed }
        try store.articles.checkKnown(decision.gtin)
        switch decision.kind {
        case .adjust:
            let line = view.lines.first { $0.gtin == decision.gtin }
            let counted = line?.counted ?? 0
            guard decision.gtin != nil, let quantity = decision.quantity, quantity != 0,
                Import.quantities.contains(quantity), counted + quantity >= 0
            else { throw DecisionError.malformed("an adjustment names a product and leaves 0 or more") }
            if line?.book.isWhole ?? true, counted.isWhole {
                try DeliveryTable.checkParts(quantity, of: try decision.gtin.map(store.articles.measure(of:)) ?? .piece)
            }
            try store.deliveries.record(decision, take: id)
        case .lot:
            guard let gtin = decision.gtin, decision.lot != nil, let quantity = decision.quantity, quantity > 0,
                Import.quantities.contains(quantity), try isTracked(gtin)
            else {
                throw DecisionError.malformed("name a product that has lots, how many, and the lot or serial number")
            }
            try store.deliveries.record(decision, take: id)
        case .remove:
            guard let subject = decision.subject else { throw DecisionError.malformed("what was read is not named") }
            try uncount(
                subject, take: id, by: Author(decision.who, station: decision.station, reason: decision.reason),
                at: decision.at)
        case .associate:
            guard let subject = decision.subject, let gtin = decision.gtin else {
                throw DecisionError.malformed("name what was read and the product")
            }
            try store.deliveries.record(decision, take: id)
            try database.run(
                "INSERT INTO label VALUES (?1, ?2, NULL, NULL, ?3, ?4) ON CONFLICT DO UPDATE SET gtin=?2, who=?3, at=?4",
                .text(subject), .text(gtin), .text(decision.who), .integer(decision.at))
            try database.run(
                "UPDATE take_counted SET gtin=? WHERE take=? AND subject=?", .text(gtin), .integer(id), .text(subject))
        case .undo:
            guard let target = decision.quantity?.whole.map({ Int64($0) }),
                let undone = view.decisions.first(where: { $0.id == target && $0.undoneBy == nil && $0.kind != .undo })
            else { throw DecisionError.noSuchDecision }
            let number = try store.deliveries.record(decision, take: id)
            try database.run("UPDATE decision SET undone_by=? WHERE id=?", .integer(number), .integer(target))
            try database.run(
                "UPDATE take_counted SET removed=NULL WHERE take=? AND removed=?", .integer(id), .integer(undone.id))
            if undone.kind == .associate, let subject = undone.subject {
                try database.run("DELETE FROM label WHERE subject=?", .text(subject))
                try database.run(
                    "UPDATE take_counted SET gtin=NULL WHERE take=? AND subject=?", .integer(id), .text(subject))
            }
        default: throw DecisionError.malformed("\(decision.kind.rawValue) is not decided about a count")
        }
    }

    /// counting ⇄ review, and cancelled. False when it was no longer so.
    public func change(take id: Int64, to status: StockTakeView.Status, by author: Author, at now: Int64) throws -> Bool
    {
        let from = status == .review ? "'counting'" : status == .counting ? "'review'" : "'counting', 'review'"
        let changed = try database.run(
            """
            UPDATE stock_take SET status=?2, reviewed=CASE WHEN ?2='review' THEN ?3 ELSE reviewed END,
                closed=CASE WHEN ?2='cancelled' THEN ?3 END, closed_by=CASE WHEN ?2='cancelled' THEN ?4 END
            WHERE id=?1 AND status IN (\(from))
            """, .integer(id), .text(status.rawValue), .integer(now), .text(author.who))
        if changed == 1 { try store.tell(Fact(.take(status), id), by: author, at: now) }
        return changed == 1
    }

    public func setMode(_ mode: Reception.Mode, take id: Int64, by author: Author, at now: Int64) throws -> Bool {
        let changed = try database.run(
            "UPDATE stock_take SET mode=? WHERE id=? AND status='counting'", .text(mode.rawValue), .integer(id))
        if changed == 1 { try store.tell(Fact(.takeMode, id, mode.rawValue), by: author, at: now) }
        return changed == 1
    }

    /// The count becomes the book. `complete`: what was not counted is not there; otherwise products that nobody counted
    /// stay as they are. Nil when somebody else closed it before.
    public func post(take id: Int64, complete: Bool, by author: Author, at now: Int64) throws -> StockTakeView? {
        guard let view = try view(id), view.status == .review else { return nil }
        // Pieces that the book has elsewhere are here: moved, not found.
        let elsewhere = try database.rows(
            """
            SELECT subject, take_counted.gtin, stock_zone FROM take_counted JOIN item ON epc=substr(subject, 5)
            WHERE take=?1 AND removed IS NULL AND subject LIKE 'tag:%' AND take_counted.gtin IS NOT NULL
                AND stock_zone IS NOT NULL AND stock_zone<>?2
                AND NOT EXISTS (SELECT 1 FROM movement WHERE subject=take_counted.subject AND from_zone=?2 AND at>=?3
                    AND take IS NULL)
            """, .integer(id), .text(view.zone), .integer(view.openedAt)
        ) { ($0.text(0), $0.text(1), $0.text(2)) }
        for (subject, gtin, from) in elsewhere {
            try store.stock.move(
                Movement(kind: .moved, from: from, to: view.zone), gtin: gtin, quantity: 1, subject: subject,
                by: author,
                take: id, at: now)
        }
        var posted = view
        posted.lines = try lines(of: view).filter { complete || $0.counted != 0 }
        for line in posted.lines {
            try database.run(
                "INSERT INTO take_line VALUES (?, ?, ?, ?, ?, ?)", .integer(id), .text(line.gtin),
                .quantity(line.expected), .quantity(line.counted), .quantity(line.moved), .quantity(line.book))
            let difference = line.difference
            try store.stock.move(
                Movement(
                    kind: .counted, from: difference < 0 ? view.zone : nil, to: difference > 0 ? view.zone : nil),
                gtin: line.gtin, quantity: difference.magnitude, by: author, take: id, at: now)
        }
        try keepLots(of: posted)
        // Tags the book had here and nobody saw are not here; nobody knows where.
        try database.run(
            """
            UPDATE item SET stock_zone=NULL WHERE stock_zone=?1 AND last_seen<?2
                AND EXISTS (SELECT 1 FROM take_line WHERE take=?3 AND take_line.gtin=item.gtin)
                AND NOT EXISTS (
                    SELECT 1 FROM take_counted WHERE take=?3 AND subject='tag:' || epc AND removed IS NULL)
            """, .text(view.zone), .integer(view.openedAt), .integer(id))
        try database.run(
            """
            UPDATE item SET stock_zone=?2 WHERE epc IN (
                SELECT substr(subject, 5) FROM take_counted
                WHERE take=?1 AND removed IS NULL AND gtin IS NOT NULL AND subject LIKE 'tag:%')
                AND NOT EXISTS (SELECT 1 FROM movement WHERE subject='tag:' || epc AND from_zone=?2 AND at>=?3 AND take IS NULL)
            """, .integer(id), .text(view.zone), .integer(view.openedAt))
        try database.run(
            "UPDATE stock_take SET status='posted', closed=?2, closed_by=?3, complete=?4 WHERE id=?1", .integer(id),
            .integer(now), .text(author.who), .bool(complete))
        try store.tell(Fact(.takePosted, id, complete ? "complete" : "partial"), by: author, at: now)
        (posted.status, posted.isComplete, posted.closedAt, posted.closedBy) = (.posted, complete, now, author.who)
        try store.stock.watchCounts(at: now)
        return posted
    }

    public func open() throws -> [Int64] {
        try database.rows("SELECT id FROM stock_take WHERE status IN ('counting', 'review') ORDER BY id") {
            $0.integer(0)
        }
    }
}
