public import Model
import SQLite

/// What waits for the ERP, and what it told.
public struct JobTable: StoreTable {
    let store: Store

    /// Queues a push in the transaction of what it tells of. The same subject again renews one that has not begun, and changes
    /// nothing otherwise: what was told is told once, under the key it had then.
    public func queue(
        _ kind: ERPJob.Kind, subject: String, payload: JSON, by author: Author, due: Int64? = nil, at now: Int64
    ) throws {
        if let known = try job(of: kind, subject: subject) {
            try database.run(
                "UPDATE erp_job SET due=?2, who=?3, payload=?4 WHERE id=?1 AND state='waiting' AND attempts=0",
                .integer(known.id), .integer(due ?? now), .text(author.who), .text(payload.description))
            if database.changes == 1 { try touch(known.id, kind, payload) }
            return
        }
        try database.run(
            """
            INSERT INTO erp_job (key, kind, subject, state, due, created, who, station, reason, payload)
            VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, ?6, ?7, ?8, ?9)
            """, .text(ERPJob.key(kind, subject, of: try installation(at: now))), .text(kind.rawValue), .text(subject),
            .integer(due ?? now), .integer(now), .text(author.who), .text(author.station), .text(author.reason),
            .text(payload.description))
        let id = database.lastInsertID
        try touch(id, kind, payload)
        try queueUp(id, kind, subject: subject)
        if kind == .take { try outdate(before: id, take: subject, at: now) }
    }

    // MARK: whose keys they are

    /// The name of this installation in the ERP: made once for each database, so that the work of another one, or of the one
    /// before a reinstall, is never taken for ours.
    public func installation(at now: Int64) throws -> String {
        if let known = try remembered("installation") { return known.value }
        return try renewInstallation(at: now)
    }

    /// A database from a backup counts on from the numbers of its day, which others have in the ERP by now: from here on
    /// it is another installation. Jobs that exist keep their key.
    @discardableResult
    public func renewInstallation(at now: Int64) throws -> String {
        var random = SystemRandomNumberGenerator()
        let new = ULID.make(at: now, using: &random)
        try remember("installation", new, at: now)
        return new
    }

    /// Without what is only read.
    public func rows(state: ERPJob.State?, limit: Int) throws -> [ERPJob] {
        try select(
            "kind<>'book' AND (?1 IS NULL OR state=?1 OR ?1='waiting' AND state='running') ORDER BY id DESC LIMIT ?2",
            .text(state?.rawValue), .integer(limit))
    }

    public func job(_ id: Int64) throws -> ERPJob? { try select("id=?1", .integer(id)).first }

    /// By its key, or by what it is called here.
    public func job(key: String) throws -> ERPJob? {
        if let exact = try select("key=?1", .text(key)).first { return exact }
        let parts = ERPJob.name(key: key).split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = ERPJob.Kind(rawValue: String(parts[1])) else { return nil }
        return try job(of: kind, subject: String(parts[2]))
    }

    public func job(of kind: ERPJob.Kind, subject: String) throws -> ERPJob? {
        try select("kind=?1 AND subject=?2 ORDER BY id LIMIT 1", .text(kind.rawValue), .text(subject)).first
    }

    func select(_ condition: String, _ arguments: Value...) throws -> [ERPJob] {
        try database.rows(
            """
            SELECT id, key, kind, subject, state, attempts, due, created, who, station, reason, payload, fault, sentence,
                remote, done, after,
                (SELECT key FROM erp_job AS other WHERE other.id=erp_job.after)
            FROM erp_job WHERE \(condition)
            """, arguments: arguments
        ) { row in
            ERPJob(
                id: row.integer(0), key: row.text(1), kind: ERPJob.Kind(rawValue: row.text(2)) ?? .call,
                subject: row.text(3), state: ERPJob.State(rawValue: row.text(4)) ?? .dead,
                attempts: Int(row.integer(5)), due: row.integer(6), created: row.integer(7), who: row.text(8),
                station: row.optionalText(9), reason: row.optionalText(10),
                payload: (try? JSON(parsing: row.text(11))) ?? .null, fault: row.optionalText(12),
                sentence: row.optionalText(13), remote: row.optionalText(14), done: row.optionalInteger(15),
                afterJob: row.optionalInteger(16),
                after: row.optionalText(17))
        }
    }

    /// The next push that is due, the oldest first; what waits for another is not looked at.
    public func nextJob(at now: Int64) throws -> ERPJob? {
        try expire(at: now)
        while let id = try database.integer(JobTable.next, .integer(now)) {
            guard try isReady(id, at: now) else { continue }
            try database.run(
                "UPDATE erp_job SET state='running', attempts=attempts + 1, fault=NULL WHERE id=?", .integer(id))
            return try job(id)
        }
        return nil
    }

    static let next =
        "SELECT id FROM erp_job WHERE state='waiting' AND after IS NULL AND due<=? AND kind<>'file' ORDER BY due, id LIMIT 1"

    public func requeueRunning(at now: Int64) throws {
        try database.run("UPDATE erp_job SET state='waiting', due=? WHERE state='running'", .integer(now))
    }

    /// False when it is no more, or was given up: what it told of was erased meanwhile, and nothing about it is to be written down.
    @discardableResult
    public func finish(job id: Int64, remote: String, sentence: String, at now: Int64) throws -> Bool {
        let isThere =
            try database.run(
                "UPDATE erp_job SET state='done', remote=?, sentence=?, fault=NULL, done=? WHERE id=? AND state<>'dropped'",
                .text(remote),
                .text(sentence), .integer(now), .integer(id)) == 1
        if isThere { try end(id, at: now) }
        return isThere
    }

    /// It did not go: later when `due` is given, otherwise it waits for a person.
    public func fail(job id: Int64, fault: String, sentence: String, due: Int64?, at now: Int64) throws {
        // Given up while the ERP was asked.
        guard try job(id)?.state != .dropped else { return }
        guard let due else { return try die(id, fault, sentence, at: now) }
        try database.run(
            "UPDATE erp_job SET state='waiting', fault=?, sentence=?, due=? WHERE id=?", .text(fault), .text(sentence),
            .integer(due), .integer(id))
    }

    /// A person says: again, now. `accepted` are warnings of the ERP that they have read.
    public func retry(job id: Int64, accepted: [String], by author: Author, at now: Int64) throws -> Bool {
        guard var job = try job(id), job.state == .dead || job.state == .waiting else { return false }
        if !accepted.isEmpty {
            let before = job.payload["accepted"]?.list ?? []
            job.payload = job.payload.with("accepted", .array(before + accepted.map(JSON.string)))
        }
        // Whatever it waits for is tried now, too; a count that is old goes, because somebody was asked.
        try database.run(
            "UPDATE erp_job SET state='waiting', due=?1, asked=?1, payload=?2 WHERE id=?3", .integer(now),
            .text(job.payload.description), .integer(id))
        try database.run(
            "UPDATE erp_job SET due=? WHERE state='waiting' AND id IN (SELECT blocker FROM erp_wait WHERE job=?)",
            .integer(now), .integer(id))
        try wait(id)
        try settle(job.key, at: now)
        try store.tell(
            Fact(.pushRetried, job.key, accepted.isEmpty ? nil : accepted.joined(separator: " ")), by: author, at: now)
        return true
    }

    /// Makes a push that waits for a person anew; what people said of it stays.
    public func renew(job id: Int64, payload: JSON) throws {
        guard let job = try job(id), job.state == .dead else { return }
        let payload = JobTable.mended(payload, as: job.payload)
        try database.run("UPDATE erp_job SET payload=? WHERE id=?", .text(payload.description), .integer(id))
        try touch(id, job.kind, payload)
    }

    /// Given up, with a reason: without one it stays. Counts that waited for it ask before they go.
    public func drop(job id: Int64, by author: Author, at now: Int64) throws -> Bool {
        guard author.reason?.isEmpty == false, let job = try job(id), job.state == .dead || job.state == .waiting
        else { return false }
        try database.run("UPDATE erp_job SET state='dropped', done=? WHERE id=?", .integer(now), .integer(id))
        try outdate(waitingFor: job, at: now)
        try end(id, at: now)
        try store.tell(Fact(.pushDropped, job.key), by: author, at: now)
        return true
    }

    /// The ERP said what it has, or `nil` that it does not; the reading is over, and the count that waited for it goes on.
    public func finish(reading job: ERPJob, _ stock: [RemoteStock]?, sentence: String, at now: Int64) throws {
        guard let state = try self.job(job.id)?.state, state != .dropped else { return }
        if let stock, let take = Int64(job.subject) { try store.takes.begin(take: take, stock, at: now) }
        try finish(job: job.id, remote: "", sentence: sentence, at: now)
    }

    /// A count that was given up needs no reading.
    public func discard(readingOf take: String, at now: Int64) throws {
        guard let job = try job(of: .book, subject: take), job.state != .done else { return }
        try database.run("UPDATE erp_job SET state='dropped', done=? WHERE id=?", .integer(now), .integer(job.id))
        try end(job.id, at: now)
    }

    /// Calls of one push that are kept.
    static let callsKept = 200

    /// Nothing when the job is no more, because what it told of was erased meanwhile.
    public func trace(
        job id: Int64, summary: String, written: Bool, outcome: String, milliseconds: Int64, at now: Int64
    )
        throws
    {
        try database.run(
            """
            INSERT INTO erp_call (job, at, summary, written, outcome, milliseconds)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM erp_job WHERE id=?1)
            """, .integer(id), .integer(now), .text(summary), .bool(written), .text(outcome), .integer(milliseconds))
        try database.run(
            """
            DELETE FROM erp_call WHERE job=?1 AND id<=(
                SELECT id FROM erp_call WHERE job=?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, .integer(id), .integer(JobTable.callsKept))
    }

    public func calls(job id: Int64) throws -> [JSON] {
        try database.rows(
            "SELECT at, summary, written, outcome, milliseconds FROM erp_call WHERE job=? ORDER BY id", .integer(id)
        ) { JobTable.erpCall.json($0) }
    }

    private static let erpCall = Shape<SQLite.Row>(
        "ERPCall",
        [
            .moment("at") { $0.integer(0) }, .text("summary") { $0.text(1) }, .truth("written") { $0.bool(2) },
            .text("outcome") { $0.text(3) }, .integer("milliseconds") { $0.integer(4) },
        ])

    public static let erpCallSchema = erpCall.schema

    public func jobCounts() throws -> [String: Int64] {
        Dictionary(
            try database.rows(
                "SELECT CASE state WHEN 'running' THEN 'waiting' ELSE state END, count(*) FROM erp_job WHERE kind<>'book' GROUP BY 1"
            ) {
                ($0.text(0), $0.integer(1))
            }
        ) { $0 + $1 }
    }

    public func oldestJob() throws -> Int64? {
        try database.integer("SELECT min(created) FROM erp_job WHERE state IN ('waiting', 'running') AND kind<>'book'")
    }

    // MARK: what was pulled

    public func remember(_ name: String, _ value: String, at now: Int64) throws {
        try database.run(
            "INSERT INTO erp_state VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value=?2, at=?3", .text(name),
            .text(value), .integer(now))
    }

    public func remembered(_ name: String) throws -> (value: String, at: Int64)? {
        try database.first("SELECT value, at FROM erp_state WHERE name=?", .text(name)) { ($0.text(0), $0.integer(1)) }
    }

    /// A party of the ERP: found again by its id there, or by its code as our reference.
    public func save(
        party erp: String, company: String, name: String, code: String?, numbers: [PhoneNumber], at now: Int64
    ) throws {
        let known = try database.integer("SELECT id FROM party WHERE erp=?", .text(erp))
        let byCode =
            try known == nil && code != nil
            ? database.integer("SELECT id FROM party WHERE reference=?", .text(code)) : nil
        let id: Int64
        if let found = known ?? byCode {
            id = found
            try database.run(
                "UPDATE party SET name=?, company=?, erp=? WHERE id=?", .text(name), .text(company), .text(erp),
                .integer(id))
        } else {
            id = try store.parties.add(name: name, company: company, reference: code, numbers: [], by: "erp", at: now)
            try database.run("UPDATE party SET erp=? WHERE id=?", .text(erp), .integer(id))
        }
        for number in numbers {
            try database.run(
                "INSERT INTO party_number VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO UPDATE SET number=excluded.number WHERE number<>excluded.number",
                .integer(id), .text(number.key), .text(number.display), .text(number.tail))
        }
    }

    /// Receipts that are announced no more and have not begun here: gone there.
    public func forgetReceipts(except remote: Set<String>) throws {
        let ours = try database.rows(
            "SELECT id, erp FROM delivery WHERE source='erp' AND status='expected' AND erp IS NOT NULL"
        ) {
            ($0.integer(0), $0.text(1))
        }
        for (id, erp) in ours where !remote.contains(erp) {
            for table in ["delivery_line", "delivery_serial", "delivery_unit", "delivery_content"] {
                try database.run("DELETE FROM \(table) WHERE delivery=?", .integer(id))
            }
            try database.run("DELETE FROM decision WHERE delivery=?", .integer(id))
            try database.run(
                "DELETE FROM delivery WHERE id=? AND NOT EXISTS (SELECT 1 FROM counted WHERE delivery=?)", .integer(id),
                .integer(id))
        }
    }
}

extension PartyTable {
    /// The ERP's party of a supplier, by its name.
    public func erpParty(company: String) throws -> String? {
        try database.text(
            "SELECT erp FROM party WHERE erp IS NOT NULL AND (company=?1 OR name=?1) ORDER BY id LIMIT 1",
            .text(company))
    }

    /// The ERP has made a record for a client who was entered here.
    public func link(party id: Int64, erp: String) throws {
        try database.run("UPDATE party SET erp=? WHERE id=?", .text(erp), .integer(id))
    }
}
