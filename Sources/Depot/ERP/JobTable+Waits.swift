import Model
import SQLite

/// Which job waits for which. A push waits only for those before it that bring or take the same articles at the same place of
/// the ERP: one that cannot go holds up nothing else.
extension JobTable {
    /// A count that could not begin to be sent for this long asks before it goes, in milliseconds: what it says is old by then.
    public static let countLife: Int64 = 24 * 3_600_000
    /// Of another job's sentence, in characters.
    private static let sentenceLimit = 160

    private static let open = "('waiting', 'running', 'dead')"
    /// Something was written for it, so that it has to come to its end.
    static let hasWritten = "EXISTS (SELECT 1 FROM erp_call WHERE erp_call.job=erp_job.id AND written<>0)"

    /// SQL: whether one place is the other, or inside it. `WH/Stock/A-01` is inside `WH/Stock`.
    static func isSame(_ one: String, _ other: String) -> String {
        """
        (\(one)=\(other) OR substr(\(one), 1, length(\(other))+1)=\(other) || '/'
            OR substr(\(other), 1, length(\(one))+1)=\(one) || '/')
        """
    }

    // MARK: what a job brings where

    /// Writes down what a job brings to places of the ERP, and takes from them.
    func touch(_ id: Int64, _ kind: ERPJob.Kind, _ payload: JSON) throws {
        try database.run("DELETE FROM erp_touch WHERE job=?", .integer(id))
        let lines = payload["lines"]?.list ?? []
        switch kind {
        case .reception:
            guard let place = payload["place"]?.text else { return }
            for line in lines {
                var rest = line["quantity"].flatMap { Quantity($0) } ?? 0
                for lot in line["lots"]?.list ?? [] {
                    let quantity = lot["quantity"].flatMap { Quantity($0) } ?? 0
                    try touch(id, place, line, lot["number"]?.text, quantity)
                    rest -= quantity
                }
                try touch(id, place, line, nil, rest)
            }
        case .transfer:
            for line in lines {
                let quantity = line["quantity"].flatMap { Quantity($0) } ?? 0
                try touch(id, payload["from"]?.text ?? "", line, line["lot"]?.text, -quantity)
                try touch(id, payload["to"]?.text ?? "", line, line["lot"]?.text, quantity)
            }
        case .correction:
            for line in lines {
                let quantity = line["quantity"].flatMap { Quantity($0) } ?? 0
                try touch(id, payload["place"]?.text ?? "", line, line["lot"]?.text, quantity)
            }
            // It is taken out of what may be sold.
            for line in payload["damaged"]?.list ?? [] {
                let quantity = line["quantity"].flatMap { Quantity($0) } ?? 0
                try touch(id, payload["place"]?.text ?? "", line, line["lot"]?.text, -quantity)
            }
        case .take:
            for line in lines {
                let change = line["change"].flatMap { Quantity($0) } ?? 0
                try touch(id, payload["location"]?.text ?? "", line, line["lot"]?.text, change)
            }
        case .call, .party, .book, .file: break
        }
    }

    private func touch(_ id: Int64, _ place: String, _ line: JSON, _ lot: String?, _ quantity: Quantity) throws {
        try database.run(
            """
            INSERT INTO erp_touch (gtin, place, lot, job, quantity) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET quantity=quantity + ?5
            """, .text(JobTable.article(line)), .text(place), .text(lot ?? ""), .integer(id), .quantity(quantity))
    }

    /// What a line is of: the GTIN, or what stands for it.
    static func article(_ line: JSON) -> String {
        let gtin = line["gtin"]?.text ?? ""
        return gtin.isEmpty ? line["product"]?.text.map { ArticleCode(erp: $0).text } ?? "" : gtin
    }

    // MARK: waiting

    /// A count waits for what came to its place or went from it, and for its own reading; a transfer for what it moves; a correction
    /// for what was told of its delivery before; a call-back's end for its beginning, and the other way round; a reading for what has begun there and may be half told.
    func queueUp(_ id: Int64, _ kind: ERPJob.Kind, subject: String) throws {
        switch kind {
        case .take, .transfer:
            // Receptions of before this was written down have no place.
            try database.run(
                """
                INSERT OR IGNORE INTO erp_wait SELECT ?1, other.id
                FROM erp_touch AS mine JOIN erp_touch AS theirs ON theirs.gtin=mine.gtin AND theirs.job<?1
                    AND \(JobTable.isSame("theirs.place", "mine.place"))
                JOIN erp_job AS other ON other.id=theirs.job AND other.state IN \(JobTable.open)
                    AND (other.kind IN ('reception', 'correction', 'transfer') OR ?2='take' AND other.kind='take' AND other.attempts>0)
                WHERE mine.job=?1 AND (?2='take' OR mine.quantity<0)
                """, .integer(id), .text(kind.rawValue))
            guard kind == .take else { break }
            try database.run(
                """
                INSERT OR IGNORE INTO erp_wait SELECT ?1, id FROM erp_job WHERE id<?1
                    AND (kind='book' AND subject=?2 AND state IN ('waiting', 'running') OR kind='reception'
                        AND state IN \(JobTable.open) AND NOT EXISTS (SELECT 1 FROM erp_touch WHERE job=erp_job.id))
                """, .integer(id), .text(subject))
        case .correction:
            guard let delivery = Int64(subject.prefix { $0 != "." }) else { return }
            for before in try jobs(ofDelivery: delivery) where before.id < id && before.isOpen {
                try database.run("INSERT OR IGNORE INTO erp_wait VALUES (?, ?)", .integer(id), .integer(before.id))
            }
        case .call:
            // That a call-back is done, or open again, is said after what was said of it before.
            guard let before = Reminder.before(subject: subject), let told = try job(of: .call, subject: before),
                told.isOpen
            else { return }
            try database.run("INSERT OR IGNORE INTO erp_wait VALUES (?, ?)", .integer(id), .integer(told.id))
        case .reception, .party, .book, .file: return
        }
        try wait(id)
    }

    /// Says for which of its jobs it waits now; for none: it may go.
    func wait(_ id: Int64) throws {
        let blocker = try database.first(
            """
            SELECT id, key, state, sentence FROM erp_wait JOIN erp_job ON erp_job.id=blocker
            WHERE job=?1 AND state IN \(JobTable.open)
                AND (state<>'dead' OR NOT EXISTS (SELECT 1 FROM erp_job WHERE id=?1 AND kind='book')) ORDER BY state<>'dead', id LIMIT 1
            """, .integer(id), map: { ($0.integer(0), $0.text(1), $0.text(2), $0.optionalText(3)) })
        guard let (other, key, state, why) = blocker else {
            try database.run(
                """
                UPDATE erp_job SET after=NULL, fault=nullif(fault, 'after'), sentence=CASE fault WHEN 'after' THEN NULL
                    ELSE sentence END WHERE id=?
                """, .integer(id))
            return
        }
        let what = state == "dead" ? "which waits for a person" : "which has not gone yet"
        let text = "It waits for \(ERPJob.name(key: key)), \(what)" + (why.map { ": \($0)" } ?? ".")
        try database.run(
            "UPDATE erp_job SET after=?2, fault='after', sentence=?3 WHERE id=?1 AND state='waiting'", .integer(id),
            .integer(other), .text(String(text.prefix(JobTable.sentenceLimit))))
    }

    /// A job has come to its end: what waited for it goes on, or waits for the next.
    func end(_ id: Int64, at now: Int64) throws {
        // Jobs may be erased, and counts know how many had ended: no number comes twice.
        try database.run(
            """
            UPDATE erp_job SET after=NULL, ended=1 + max(coalesce((SELECT max(ended) FROM erp_job), 0),
                coalesce((SELECT max(max(opened_ended, coalesce(begin_ended, 0))) FROM stock_take), 0)) WHERE id=?
            """, .integer(id))
        try database.run("DELETE FROM erp_wait WHERE job=?", .integer(id))
        try waitAnew(for: id)
        if let job = try job(id) { try settle(job.key, at: now) }
        // What was brought where is asked for by counts alone, once its job has ended.
        try database.run(
            """
            DELETE FROM erp_touch WHERE job NOT IN (SELECT id FROM erp_job WHERE state IN \(JobTable.open)) AND NOT EXISTS (
                SELECT 1 FROM stock_take WHERE status IN ('counting', 'review')) AND NOT EXISTS (
                SELECT 1 FROM erp_job WHERE kind IN ('take', 'book') AND state IN \(JobTable.open))
            """)
    }

    /// What has not begun to be told, and is so no more: as if it had never been queued. False where it has begun, or is not there.
    public func withdraw(_ kind: ERPJob.Kind, subject: String) throws -> Bool {
        guard let job = try job(of: kind, subject: subject), job.state == .waiting, job.attempts == 0 else {
            return false
        }
        try database.run("DELETE FROM erp_wait WHERE job=?", .integer(job.id))
        try database.run("DELETE FROM erp_job WHERE id=?", .integer(job.id))
        return true
    }

    private func waitAnew(for id: Int64) throws {
        let waiting = try database.rows("SELECT id FROM erp_job WHERE after=?", .integer(id)) { $0.integer(0) }
        for id in waiting { try wait(id) }
    }

    /// What the last job that ended was numbered.
    func lastEnded() throws -> Int64 { try database.integer("SELECT max(ended) FROM erp_job") ?? 0 }

    // MARK: waiting for a person

    /// Only a person can help now: told to whoever has the ledger open, and to who did it.
    func die(_ id: Int64, _ fault: String, _ sentence: String, at now: Int64) throws {
        try database.run(
            "UPDATE erp_job SET state='dead', after=NULL, fault=?, sentence=? WHERE id=?", .text(fault),
            .text(sentence), .integer(id))
        guard let job = try job(id) else { return }
        try store.tell(Fact(.pushDied, job.key, sentence), by: Author("edge-ingest"), at: now)
        try store.stock.notice(
            .pushDead, subject: job.key,
            data: .object([
                ("job", .int(id)), ("kind", .string(job.kind.rawValue)),
                ("title", .string(job.payload["title"]?.text ?? job.subject)), ("who", .string(job.who)),
                ("fault", .string(fault)), ("sentence", .string(sentence)),
            ]), at: now)
        try waitAnew(for: id)
    }

    func settle(_ key: String, at now: Int64) throws {
        try store.stock.settle(notice: .pushDead, subject: key, at: now)
    }

    /// Counts that could not begin for a day.
    func expire(at now: Int64) throws {
        let old = try database.rows(
            """
            SELECT id FROM erp_job INDEXED BY erp_job_count WHERE state='waiting' AND kind='take' AND created<=?1 AND coalesce(asked, 0)<=?1
                AND NOT \(JobTable.hasWritten)
            """, .integer(now - JobTable.countLife)
        ) { $0.integer(0) }
        guard !old.isEmpty else { return }
        try database.transaction {
            for id in old {
                try die(
                    id, "stale",
                    "It could not be sent for \(JobTable.countLife / 3_600_000) hours: send it all the same?",
                    at: now)
            }
        }
    }

    /// A count makes those of its zone before it old, where they have not begun.
    func outdate(before id: Int64, take: String, at now: Int64) throws {
        let old = try database.rows(
            """
            SELECT erp_job.id FROM stock_take AS new JOIN stock_take ON stock_take.zone=new.zone AND stock_take.id<>new.id
                CROSS JOIN erp_job ON erp_job.kind='take' AND erp_job.subject=CAST(stock_take.id AS TEXT)
            WHERE new.id=?1 AND erp_job.id<?2 AND (state='dead' OR state='waiting' AND NOT \(JobTable.hasWritten))
            """, .integer(Int64(take)), .integer(id)
        ) { $0.integer(0) }
        for one in old {
            try die(one, "stale", "The zone was counted anew since: send this older count all the same?", at: now)
        }
    }

    /// Whether the ERP has what a job told that was given up, nobody knows: counts that waited for it ask.
    func outdate(waitingFor job: ERPJob, at now: Int64) throws {
        let counts = try database.rows(
            """
            SELECT id FROM erp_wait JOIN erp_job ON erp_job.id=job
            WHERE blocker=? AND kind='take' AND state='waiting' AND NOT \(JobTable.hasWritten)
            """, .integer(job.id)
        ) { $0.integer(0) }
        for id in counts {
            try die(
                id, "stale",
                "It waited for \(ERPJob.name(key: job.key)), which was given up. It is sent as if the ERP had those goods: send it?",
                at: now)
        }
    }
}
