public import Model
import SQLite

/// What the ERP had when a count began, and what the count tells it of lots and serial numbers.
extension TakeTable {
    /// When the ERP was asked; nil where it was not, or has not answered.
    struct Begin {
        var readAt: Int64?
        /// Which jobs had ended when the count began, and when the ERP answered.
        var openedEnded: Int64
        var readEnded: Int64
    }

    func begin(of id: Int64) throws -> Begin? {
        try database.first(
            "SELECT begin_at, opened_ended, begin_ended FROM stock_take WHERE id=?", .integer(id),
            map: { Begin(readAt: $0.optionalInteger(0), openedEnded: $0.integer(1), readEnded: $0.integer(2)) })
    }

    /// Keeps what the ERP has at the place of a count. Only the first answer counts.
    public func begin(take id: Int64, _ stock: [RemoteStock], at now: Int64) throws {
        guard let known = try begin(of: id), known.readAt == nil else { return }
        try database.run(
            "UPDATE stock_take SET begin_at=?, begin_ended=? WHERE id=?", .integer(now),
            .integer(try store.jobs.lastEnded()), .integer(id))
        for entry in stock {
            try database.run(
                """
                INSERT INTO take_begin (take, gtin, lot, product, description, quantity)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET quantity=quantity + ?6
                """, .integer(id), .text(try article(entry)), .text(entry.lot ?? ""), .text(entry.product),
                .text(entry.description), .quantity(entry.quantity))
        }
    }

    /// What we call an article of the ERP: by its own code where it has one, as it is counted, else as the catalogue has it.
    private func article(_ entry: RemoteStock) throws -> String {
        if let own = try store.articles.ownCode(erp: entry.product) { return own }
        if let gtin = entry.gtin {
            let known = try database.integer("SELECT 1 FROM product WHERE gtin=?", .text(gtin)) != nil
            if known { return gtin }
        }
        return try database.text("SELECT gtin FROM product WHERE erp=? ORDER BY gtin LIMIT 1", .text(entry.product))
            ?? entry.gtin ?? ArticleCode(erp: entry.product).text
    }

    /// What the ERP has there as far as we know: what it said, and what it was told since or is about to be. Nil where it was not asked.
    func remote(of view: StockTakeView) throws -> [String: (quantity: Quantity, description: String)]? {
        guard let begin = try begin(of: view.id), begin.readAt != nil else { return nil }
        var book: [String: (quantity: Quantity, description: String)] = [:]
        try database.each(
            "SELECT gtin, sum(quantity), max(description) FROM take_begin WHERE take=? GROUP BY gtin", .integer(view.id)
        ) { row in
            book[row.text(0)] = (row.quantity(1), row.text(2))
            return true
        }
        guard let job = try store.jobs.job(of: .book, subject: String(view.id)),
            let place = job.payload["location"]?.text
        else { return book }
        for (key, told) in try store.jobs.told(at: place, since: begin.readEnded, before: Int64.max) {
            book[key.article, default: (0, "")].quantity += told
        }
        return book
    }

    // MARK: lots

    struct LotKey: Hashable {
        var gtin: String
        var lot: String
    }

    /// SQL: by what pieces of an article are told apart; '' where they are not.
    static func lot(_ serial: String, _ lot: String) -> String {
        "CASE product.tracking WHEN 'serial' THEN coalesce(\(serial), '') WHEN 'lot' THEN coalesce(\(lot), '') ELSE '' END"
    }

    /// What is counted of each, with what people said by hand. `isTold`: without what a delivery that is open will tell.
    func countedLots(of view: StockTakeView, isTold: Bool) throws -> [LotKey: Quantity] {
        var lots: [LotKey: Quantity] = [:]
        let receiving =
            """
            AND NOT EXISTS (SELECT 1 FROM counted JOIN delivery ON delivery.id=counted.delivery AND delivery.status='open'
                WHERE counted.subject=take_counted.subject AND counted.removed IS NULL AND counted.subject NOT LIKE 'scan:%'
                    AND NOT EXISTS (SELECT 1 FROM delivery_booked WHERE delivery_booked.delivery=counted.delivery
                        AND delivery_booked.subject=counted.subject))
            """
        try database.each(
            """
            SELECT take_counted.gtin, \(TakeTable.lot("take_counted.serial", "coalesce(take_counted.lot, label.lot)")),
                sum(take_counted.quantity)
            FROM take_counted LEFT JOIN product ON product.gtin=take_counted.gtin
                LEFT JOIN label ON label.subject=take_counted.subject
            WHERE take=? AND removed IS NULL AND take_counted.gtin IS NOT NULL \(isTold ? receiving : "") GROUP BY 1, 2
            """, .integer(view.id)
        ) { row in
            lots[LotKey(gtin: row.text(0), lot: row.text(1))] = row.quantity(2)
            return true
        }
        for decision in view.decisions where decision.undoneBy == nil {
            guard let gtin = decision.gtin, let quantity = decision.quantity else { continue }
            let isTracked = try self.isTracked(gtin)
            let named = LotKey(gtin: gtin, lot: isTracked ? decision.lot ?? "" : "")
            switch decision.kind {
            case .adjust: lots[named, default: 0] += quantity
            case .lot where isTracked:
                lots[named, default: 0] += quantity
                lots[LotKey(gtin: gtin, lot: ""), default: 0] -= quantity
            default: break
            }
        }
        return lots
    }

    func isTracked(_ gtin: String) throws -> Bool {
        try database.integer("SELECT 1 FROM product WHERE gtin=? AND tracking<>'none'", .text(gtin)) != nil
    }

    /// What moved since, of each lot; and of it what others book.
    private func movedLots(of view: StockTakeView) throws -> [LotKey: (moved: Quantity, elsewhere: Quantity)] {
        var moves: [(move: StockTakeView.Moved, lot: String, isOthers: Bool)] = []
        try database.each(
            """
            SELECT movement.gtin, CASE WHEN to_zone=?2 THEN movement.quantity ELSE -movement.quantity END,
                CASE WHEN movement.subject IS NULL THEN NULL ELSE take_counted.subject IS NOT NULL END, movement.subject,
                \(TakeTable.lot("item.serial", "coalesce(movement.lot, label.lot)")),
                movement.kind IN ('arrived', 'departed')
            FROM movement LEFT JOIN take_counted ON take_counted.take=?1 AND take_counted.subject=movement.subject
                AND removed IS NULL
            LEFT JOIN product ON product.gtin=movement.gtin LEFT JOIN item ON item.epc=substr(movement.subject, 5)
            LEFT JOIN label ON label.subject=movement.subject
            WHERE (to_zone=?2 OR from_zone=?2) AND movement.at>=?3 AND movement.take IS NULL ORDER BY movement.id
            """, .integer(view.id), .text(view.zone), .integer(view.openedAt)
        ) { row in
            let move = StockTakeView.Moved(
                gtin: row.text(0), quantity: row.quantity(1), isCounted: row.optionalInteger(2).map { $0 != 0 },
                subject: row.optionalText(3))
            moves.append((move, row.text(4), row.bool(5)))
            return true
        }
        var sums: [LotKey: (moved: Quantity, elsewhere: Quantity)] = [:]
        for (key, part) in Dictionary(grouping: moves, by: { LotKey(gtin: $0.move.gtin, lot: $0.lot) }) {
            let moved = StockTakeView.movedSince(part.map(\.move))[key.gtin] ?? 0
            let last = Dictionary(part.compactMap { one in one.move.subject.map { ($0, one.isOthers) } }) { $1 }
            let others = part.filter { one in one.move.subject.map { last[$0] ?? false } ?? one.isOthers }
            sums[key] = (moved, StockTakeView.movedSince(others.map(\.move))[key.gtin] ?? 0)
        }
        return sums
    }

    /// Writes down what the count says of each lot, before the book forgets which piece was not seen.
    func keepLots(of posted: StockTakeView) throws {
        var lots: [LotKey: CountedLot] = [:]
        func change(_ key: LotKey, _ by: (inout CountedLot) -> Void) {
            by(&lots[key, default: CountedLot(gtin: key.gtin, lot: key.lot.isEmpty ? nil : key.lot)])
        }
        let articles = Set(posted.lines.map(\.gtin))
        for line in posted.lines { change(LotKey(gtin: line.gtin, lot: "")) { $0.expected = line.expected } }
        for (key, counted) in try countedLots(of: posted, isTold: true) where articles.contains(key.gtin) {
            change(key) { $0.counted += counted }
        }
        for (key, sum) in try movedLots(of: posted) where articles.contains(key.gtin) {
            change(key) { ($0.moved, $0.elsewhere) = (sum.moved, sum.elsewhere) }
        }
        // Pieces of ours that the count did not see: their serial or lot is not there.
        try database.each(
            """
            SELECT item.gtin, \(TakeTable.lot("item.serial", "label.lot")), count(*) FROM item
            JOIN product ON product.gtin=item.gtin AND product.tracking<>'none'
            LEFT JOIN label ON label.subject='tag:' || epc
            WHERE stock_zone=?1 AND last_seen<?2 AND NOT EXISTS (
                SELECT 1 FROM take_counted WHERE take=?3 AND subject='tag:' || epc AND removed IS NULL)
            GROUP BY 1, 2
            """, .text(posted.zone), .integer(posted.openedAt), .integer(posted.id)
        ) { row in
            let key = LotKey(gtin: row.text(0), lot: row.text(1))
            if articles.contains(key.gtin), !key.lot.isEmpty { change(key) { $0.expected = Quantity(row.integer(2)) } }
            return true
        }
        for lot in lots.values {
            try database.run(
                "INSERT INTO take_lot VALUES (?, ?, ?, ?, ?, ?, ?)", .integer(posted.id), .text(lot.gtin),
                .text(lot.lot ?? ""), .quantity(lot.expected), .quantity(lot.counted), .quantity(lot.moved),
                .quantity(lot.elsewhere))
        }
    }

    /// What a posted count says, by article and lot.
    public func lots(take id: Int64) throws -> [CountedLot] {
        try database.rows(
            "SELECT gtin, lot, expected, counted, moved, elsewhere FROM take_lot WHERE take=? ORDER BY gtin, lot",
            .integer(id)
        ) { row in
            CountedLot(
                gtin: row.text(0), lot: row.text(1).isEmpty ? nil : row.text(1), expected: row.quantity(2),
                counted: row.quantity(3), moved: row.quantity(4), elsewhere: row.quantity(5))
        }
    }
}

extension TakeTable {
    /// What lies in other zones of the same place, which a count of one zone did not look at.
    public struct Others: Equatable, Sendable {
        /// By lot; '' is none.
        public var lots: [String: Quantity] = [:]
        /// In the book at docks without tags: perhaps there, perhaps carried off since.
        public var slack: Quantity = 0
    }

    public func others(of gtin: String, stores: [String], docks: [String]) throws -> Others {
        var others = Others()
        let isTracked = try isTracked(gtin)
        for zone in stores + docks {
            var tagged: Quantity = 0
            try database.each(
                """
                SELECT \(TakeTable.lot("item.serial", "label.lot")), count(*) FROM item
                LEFT JOIN product ON product.gtin=item.gtin LEFT JOIN label ON label.subject='tag:' || epc
                WHERE stock_zone=? AND item.gtin=? GROUP BY 1
                """, .text(zone), .text(gtin)
            ) { row in
                others.lots[row.text(0), default: 0] += Quantity(row.integer(1))
                tagged += Quantity(row.integer(1))
                return true
            }
            let book =
                try database.first(
                    "SELECT quantity FROM stock WHERE zone=? AND gtin=?", .text(zone), .text(gtin),
                    map: { $0.quantity(0) })
                ?? 0
            let loose = max(book - tagged, 0)
            if docks.contains(zone) {
                others.slack += loose
            } else if !isTracked {
                others.lots["", default: 0] += loose
            }
        }
        return others
    }

    /// Zones that were never counted.
    public func uncounted(among zones: [String]) throws -> [String] {
        try zones.filter {
            try database.integer("SELECT 1 FROM stock_take WHERE zone=? AND status='posted' LIMIT 1", .text($0)) == nil
        }
    }
}
