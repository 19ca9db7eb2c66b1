import Model
import SQLite

/// What a count tells the ERP is known when everything it waits for has gone: by how much it is wrong, not what it should have.
extension JobTable {
    /// A reading later than this after the count began, and after it ended, does not say any more what was there then, in
    /// milliseconds: a person is asked.
    static let readingLife: Int64 = 3_600_000

    struct LotKey: Hashable {
        var article: String
        var lot: String
    }

    /// What our jobs brought to a place: those that had not ended at `ended`, and were queued before `job`. Counts only when they
    /// are done.
    func told(at place: String, since ended: Int64, before job: Int64, upTo last: Int64 = .max) throws -> [LotKey:
        Quantity]
    {
        var sums: [LotKey: Quantity] = [:]
        try database.each(
            """
            SELECT erp_touch.gtin, lot, sum(quantity) FROM erp_job JOIN erp_touch ON erp_touch.job=erp_job.id
            WHERE (ended>?1 AND ended<=?2 OR ended IS NULL AND ?2=\(Int64.max)) AND erp_job.id<?3
                AND (kind<>'take' OR state='done') AND \(JobTable.isSame("place", "?4")) GROUP BY 1, 2
            """, .integer(ended), .integer(last), .integer(job), .text(place)
        ) { row in
            sums[LotKey(article: row.text(0), lot: row.text(1))] = row.quantity(2)
            return true
        }
        return sums
    }

    /// Whether it may go now. A reading waits for what is half told; a count is given what the ERP had and was told.
    func isReady(_ id: Int64, at now: Int64) throws -> Bool {
        guard let job = try job(id) else { return false }
        switch job.kind {
        case .book:
            let half = try database.integer(
                """
                SELECT erp_job.id FROM erp_job INDEXED BY erp_job_begun CROSS JOIN erp_touch ON erp_touch.job=erp_job.id
                WHERE state='waiting' AND attempts>0 AND kind IN ('reception', 'correction', 'transfer', 'take')
                    AND \(JobTable.hasWritten) AND \(JobTable.isSame("place", "?1")) LIMIT 1
                """, .text(job.payload["location"]?.text))
            guard let half else { return true }
            try database.run("INSERT OR IGNORE INTO erp_wait VALUES (?, ?)", .integer(id), .integer(half))
            try wait(id)
            return false
        case .take:
            let zones = (job.payload["uncounted"]?.list ?? []).compactMap(\.text).joined(separator: ", ")
            if zones.isEmpty { return try measure(job, at: now) }
            let title = job.payload["title"]?.text ?? ""
            try database.transaction {
                try die(
                    id, "shared",
                    "\(title) and \(zones) are one place in the ERP, \(job.payload["location"]?.text ?? ""): count \(zones), too, then send this again.",
                    at: now)
            }
            return false
        case .correction: return try hasReceipt(job, at: now)
        case .reception, .transfer, .call, .party, .file: return true
        }
    }

    /// False when a person has to be asked first.
    private func measure(_ job: ERPJob, at now: Int64) throws -> Bool {
        guard let take = Int64(job.subject), let begin = try store.takes.begin(of: take), let readAt = begin.readAt,
            let place = job.payload["location"]?.text
        else { return true }
        let (opened, closed) =
            try database.first(
                "SELECT opened, coalesce(closed, opened) FROM stock_take WHERE id=?", .integer(take),
                map: { ($0.integer(0), $0.integer(1)) }) ?? (readAt, readAt)
        let isAsked = try database.integer("SELECT 1 FROM erp_job WHERE id=? AND asked>0", .integer(job.id)) != nil
        if !isAsked, readAt > closed, readAt - opened > JobTable.readingLife {
            try database.transaction {
                try die(
                    job.id, "stale",
                    """
                    The ERP could only be asked \((readAt - opened) / 60_000) minutes after the count began: what others moved there
                    meanwhile is not known. Send it all the same?
                    """.split(separator: "\n").joined(separator: " "), at: now)
            }
            return false
        }
        let payload = try measured(job, take, place, begin)
        try database.transaction {
            try database.run(
                "UPDATE erp_job SET payload=? WHERE id=?", .text(payload.description), .integer(job.id))
            try touch(job.id, .take, payload)
        }
        return true
    }

    /// The count with what the ERP had when it began (`begin`), what we told it since (`told`) and what is to be changed. Lots that it
    /// had of a tracked article and nobody saw are not there.
    private func measured(_ job: ERPJob, _ take: Int64, _ place: String, _ begin: TakeTable.Begin) throws -> JSON {
        var book: [LotKey: (quantity: Quantity, product: String)] = [:]
        try database.each("SELECT gtin, lot, quantity, product FROM take_begin WHERE take=?", .integer(take)) { row in
            book[LotKey(article: row.text(0), lot: row.text(1))] = (row.quantity(2), row.text(3))
            return true
        }
        let told = try told(at: place, since: begin.openedEnded, before: job.id)
        let early = try self.told(at: place, since: begin.openedEnded, before: job.id, upTo: begin.readEnded)
        var lines = job.payload["lines"]?.list ?? []
        for article in (job.payload["tracked"]?.list ?? []).compactMap(\.text) {
            let mine = Set(lines.filter { JobTable.article($0) == article }.map { $0["lot"]?.text ?? "" })
            for (key, had) in book.sorted(by: { $0.key.lot < $1.key.lot })
            where key.article == article && had.quantity != 0 && !mine.contains(key.lot) {
                lines.append(
                    .object([
                        ("product", .string(had.product)), ("gtin", .string(article)),
                        ("lot", key.lot.isEmpty ? nil : .string(key.lot)), ("counted", 0), ("expected", 0),
                        ("moved", 0),
                    ]))
            }
        }
        lines = lines.map { line in
            let (article, lot) = (JobTable.article(line), line["lot"]?.text)
            func amount(_ name: String) -> Quantity { line[name].flatMap { Quantity($0) } ?? 0 }
            func sum(_ part: [LotKey: Quantity]) -> Quantity {
                part.filter { $0.key.article == article && (lot == nil || $0.key.lot == lot) }.values.reduce(0, +)
            }
            let had = sum(book.mapValues(\.quantity)) - sum(early)
            let since = sum(told) + amount("elsewhere")
            // Goods without tags that may lie at a dock of the same place, or have been carried off from it.
            let (least, slack) = (amount("found") + amount("moved"), amount("slack"))
            let counted = amount("found") + min(max(had + since - least, 0), slack)
            return
                line
                .with("counted", counted.json).with("begin", had.json).with("told", since.json)
                .with("change", (counted + amount("moved") - had - since).json)
        }
        return job.payload.with("lines", .array(lines)).with("begun", true)
    }
}
