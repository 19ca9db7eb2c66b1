import SQLite

/// Webhooks and what waits for them.
public struct WebhookTable: StoreTable {
    let store: Store

    /// How many there may be: each may have a few requests under way at once.
    public static let limit = 32
    /// What of one is kept when it was taken, and when it was given up.
    static let keptDone = 2000
    static let keptDead = 2000
    /// How far behind the ledger one may be that is not there, in entries; then it is told nothing more.
    static let backlog: Int64 = 200_000
    /// Under which it is kept how far the ledger was read for them.
    public static let follower = "webhooks"

    static let columns = """
        id, name, url, types, personal, created, created_by, since, salt, mark, old_salt, old_until, disabled, why, failures,
        rest, answered, status, sentence
        """

    static func made(hook row: SQLite.Row) -> Webhook {
        Webhook(
            id: row.integer(0), name: row.text(1), url: row.text(2),
            types: row.text(3).split(separator: " ").map(String.init), isPersonal: row.bool(4), created: row.integer(5),
            createdBy: row.text(6), since: row.integer(7), salt: row.text(8), mark: row.text(9),
            oldSalt: row.optionalText(10), oldUntil: row.optionalInteger(11), disabled: row.optionalInteger(12),
            why: row.optionalText(13).flatMap(Webhook.Why.init(rawValue:)), failures: row.integer(14),
            rest: row.integer(15), answered: row.optionalInteger(16), status: row.optionalInteger(17),
            sentence: row.optionalText(18))
    }

    // MARK: webhooks

    /// In the order in which they were added.
    public func rows() throws -> [Webhook] {
        try database.rows("SELECT \(WebhookTable.columns) FROM webhook ORDER BY id", map: WebhookTable.made(hook:))
    }

    /// Those that are told something.
    public func active() throws -> [Webhook] {
        try database.rows(
            "SELECT \(WebhookTable.columns) FROM webhook WHERE disabled IS NULL ORDER BY id",
            map: WebhookTable.made(hook:))
    }

    public func isAny() throws -> Bool { try database.integer("SELECT 1 FROM webhook LIMIT 1") != nil }

    public func hook(_ id: Int64) throws -> Webhook? {
        try database.first(
            "SELECT \(WebhookTable.columns) FROM webhook WHERE id=?", .integer(id), map: WebhookTable.made(hook:))
    }

    public func standing(_ hook: Webhook) throws -> WebhookStanding {
        WebhookStanding(
            hook: hook, waiting: try count("waiting", of: hook.id), dead: try count("dead", of: hook.id))
    }

    private func count(_ state: String, of id: Int64) throws -> Int64 {
        try database.integer(
            "SELECT count(*) FROM webhook_delivery WHERE webhook=? AND state='\(state)'", .integer(id)) ?? 0
    }

    func insert(_ new: WebhookDesk.New, since: Int64, by author: Author, at now: Int64) throws -> Int64 {
        try database.run(
            """
            INSERT INTO webhook (name, url, types, personal, created, created_by, since, salt, mark)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .text(new.name), .text(new.url), .text(new.types.joined(separator: " ")), .bool(new.isPersonal),
            .integer(now), .text(author.who), .integer(since), .text(new.key.salt), .text(new.key.mark))
        return database.lastInsertID
    }

    func update(_ hook: Webhook) throws {
        try database.run(
            """
            UPDATE webhook SET name=?2, url=?3, types=?4, personal=?5, since=?6, salt=?7, mark=?8, old_salt=?9, old_until=?10,
                disabled=?11, why=?12, failures=?13, rest=?14, answered=?15, status=?16, sentence=?17 WHERE id=?1
            """, .integer(hook.id), .text(hook.name), .text(hook.url), .text(hook.types.joined(separator: " ")),
            .bool(hook.isPersonal), .integer(hook.since), .text(hook.salt), .text(hook.mark), .text(hook.oldSalt),
            .integer(hook.oldUntil), .integer(hook.disabled), .text(hook.why?.rawValue), .integer(hook.failures),
            .integer(hook.rest), .integer(hook.answered), .integer(hook.status), .text(hook.sentence))
    }

    func remove(_ id: Int64) throws {
        try database.run("DELETE FROM webhook_delivery WHERE webhook=?", .integer(id))
        try database.run("DELETE FROM webhook WHERE id=?", .integer(id))
    }

    // MARK: what is told

    static let joined = """
        SELECT webhook, d.seq, substr(coalesce(e.chain, ''), 1, 16), e.kind, e.subject, e.at, d.state, d.attempts, d.due,
            d.tried, d.status, d.sentence, d.milliseconds
        FROM webhook_delivery AS d JOIN entry AS e ON e.seq=d.seq
        """

    static func made(delivery row: SQLite.Row) -> WebhookDelivery {
        WebhookDelivery(
            webhook: row.integer(0), seq: row.integer(1), message: "\(row.integer(1))-\(row.text(2))",
            type: "quai.\(row.text(3))", subject: row.text(4), at: row.integer(5),
            state: WebhookDelivery.State(rawValue: row.text(6)) ?? .dead, attempts: row.integer(7),
            due: row.integer(8), tried: row.optionalInteger(9), status: row.optionalInteger(10),
            sentence: row.optionalText(11), milliseconds: row.optionalInteger(12))
    }

    /// Tells an entry to a webhook; again, where it was told already and nothing waits.
    public func queue(_ entry: Entry, for id: Int64, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO webhook_delivery (webhook, seq, lane, state, due) VALUES (?1, ?2, ?3, 'waiting', ?4)
            ON CONFLICT DO UPDATE SET state='waiting', attempts=0, due=?4 WHERE state<>'waiting'
            """, .integer(id), .integer(entry.seq), .integer(WebhookDelivery.lane(of: entry.fact)), .integer(now))
    }

    /// What is to be sent now: of each subject only the first that waits, the oldest first.
    public func due(of id: Int64, limit: Int, at now: Int64) throws -> [WebhookDelivery] {
        try database.rows(
            """
            \(WebhookTable.joined) WHERE d.webhook=?1 AND d.state='waiting' AND d.due<=?2 AND NOT EXISTS (
                SELECT 1 FROM webhook_delivery AS o
                WHERE o.webhook=d.webhook AND o.lane=d.lane AND o.state='waiting' AND o.seq<d.seq)
            ORDER BY d.seq LIMIT ?3
            """, .integer(id), .integer(now), .integer(limit), map: WebhookTable.made(delivery:))
    }

    public func delivery(_ seq: Int64, of id: Int64) throws -> WebhookDelivery? {
        try database.rows(
            "\(WebhookTable.joined) WHERE d.webhook=? AND d.seq=?", .integer(id), .integer(seq),
            map: WebhookTable.made(delivery:)
        ).first
    }

    /// The newest first, before the entry `before`.
    public func deliveries(
        of id: Int64, state: WebhookDelivery.State?, before: Int64?, limit: Int
    ) throws -> [WebhookDelivery] {
        // Written out, so that the index of that state is used.
        let condition = state.map { "AND d.state='\($0.rawValue)'" } ?? ""
        return try database.rows(
            "\(WebhookTable.joined) WHERE d.webhook=? AND d.seq<? \(condition) ORDER BY d.seq DESC LIMIT ?",
            .integer(id), .integer(before ?? Int64.max), .integer(limit), map: WebhookTable.made(delivery:))
    }

    /// The entry of the oldest that waits.
    public func oldest(of id: Int64) throws -> Int64? {
        try database.integer(
            "SELECT seq FROM webhook_delivery WHERE webhook=? AND state='waiting' ORDER BY seq LIMIT 1", .integer(id))
    }

    func isBehind(_ id: Int64, at seq: Int64) throws -> Bool {
        try oldest(of: id).map { seq - $0 > WebhookTable.backlog } ?? false
    }

    /// After a try; `due` where it is tried again.
    func note(_ result: TryResult, on delivery: WebhookDelivery, at now: Int64) throws {
        let state: WebhookDelivery.State
        var due = delivery.due
        switch result.fate {
        case .taken: state = .done
        case .never: state = .dead
        case .gone: state = .waiting
        case .later(let moment): (state, due) = (.waiting, moment)
        }
        try database.run(
            """
            UPDATE webhook_delivery SET state=?3, attempts=attempts + 1, due=?4, tried=?5, status=?6, sentence=?7, milliseconds=?8
            WHERE webhook=?1 AND seq=?2
            """, .integer(delivery.webhook), .integer(delivery.seq), .text(state.rawValue), .integer(due),
            .integer(now),
            .integer(result.status), .text(result.sentence), .integer(result.milliseconds))
    }

    /// What it was about was erased meanwhile.
    func void(_ delivery: WebhookDelivery, at now: Int64) throws {
        try database.run(
            "UPDATE webhook_delivery SET state='done', tried=?, sentence='erased' WHERE webhook=? AND seq=?",
            .integer(now), .integer(delivery.webhook), .integer(delivery.seq))
    }

    /// What waits for its next try is tried now.
    func hasten(_ id: Int64, at now: Int64) throws {
        try database.run(
            "UPDATE webhook_delivery SET due=? WHERE webhook=? AND state='waiting' AND due>?", .integer(now),
            .integer(id), .integer(now))
    }

    /// All that were given up wait anew; how many.
    func reviveDead(of id: Int64, at now: Int64) throws -> Int {
        try database.run(
            "UPDATE webhook_delivery SET state='waiting', attempts=0, due=? WHERE webhook=? AND state='dead'",
            .integer(now), .integer(id))
    }

    /// Forgets the older ones of those that are over.
    func forgetOld(of id: Int64) throws {
        for (state, count) in [("done", WebhookTable.keptDone), ("dead", WebhookTable.keptDead)] {
            guard
                let last = try database.integer(
                    """
                    SELECT seq FROM webhook_delivery WHERE webhook=? AND state='\(state)' ORDER BY seq DESC LIMIT 1 OFFSET \(count)
                    """, .integer(id))
            else { continue }
            try database.run(
                "DELETE FROM webhook_delivery WHERE webhook=? AND state='\(state)' AND seq<=?", .integer(id),
                .integer(last))
        }
    }
}
