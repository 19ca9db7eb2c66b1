import SQLite

/// Tries to sign in, refusals that the trail has not told yet, and what each PIN has left of its day.
struct SignInTable: StoreTable {
    let store: Store

    /// How often one kind and subject was tried from one source.
    struct Tries {
        var count: Int64 = 0
        var until: Int64 = 0
        var at: Int64 = 0
        var known: Int64 = 0

        /// Milliseconds still to wait. Never more than the longest pause, should the clock have been ahead.
        func pause(_ limit: SignInLimit, at now: Int64) -> Int64 { until <= now ? 0 : min(limit.longest, until - now) }
    }

    func tries(_ kind: String, _ subject: String, _ source: String) throws -> Tries {
        try database.first(
            "SELECT count, until, at, known FROM sign_in_try WHERE kind=? AND subject=? AND source=?", .text(kind),
            .text(subject), .text(source)
        ) { Tries(count: $0.integer(0), until: $0.integer(1), at: $0.integer(2), known: $0.integer(3)) } ?? Tries()
    }

    func count(_ kind: String, _ subject: String, _ source: String, _ limit: SignInLimit, at now: Int64) throws {
        let before = try tries(kind, subject, source)
        let count = (before.at < now - limit.memory ? 0 : before.count) + 1
        try database.run(
            """
            INSERT INTO sign_in_try (kind, subject, source, count, until, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET count=?4, until=?5, at=?6
            """, .text(kind), .text(subject), .text(source), .integer(count), .integer(limit.until(count, at: now)),
            .integer(now))
    }

    /// It was right: nothing is counted any more, and the source is known.
    func clear(_ kind: String, _ subject: String, _ source: String, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO sign_in_try (kind, subject, source, count, until, at, known) VALUES (?1, ?2, ?3, 0, 0, ?4, ?4)
            ON CONFLICT DO UPDATE SET count=0, until=0, at=?4, known=?4
            """, .text(kind), .text(subject), .text(source), .integer(now))
    }

    /// One try less. Who has used up the free ones waits on.
    func giveBack(_ kind: String, _ subject: String, _ source: String, _ limit: SignInLimit) throws {
        try database.run(
            """
            UPDATE sign_in_try SET count=max(0, count-1), until=CASE WHEN count-1<?4 THEN 0 ELSE until END
            WHERE kind=?1 AND subject=?2 AND source=?3
            """, .text(kind), .text(subject), .text(source), .integer(limit.free))
    }

    /// Keeps `limit` rows: those of sources that never were right go first.
    func forget(beyond limit: Int64) throws {
        let rows = try database.integer("SELECT count(*) FROM sign_in_try") ?? 0
        guard rows > limit else { return }
        try database.run(
            """
            DELETE FROM sign_in_try WHERE (kind, subject, source) IN
                (SELECT kind, subject, source FROM sign_in_try ORDER BY known>0, at LIMIT ?)
            """, .integer(rows - limit + 100))
    }

    // MARK: refusals

    func refusalCount() throws -> Int64 { try database.integer("SELECT count(*) FROM sign_in_refusal") ?? 0 }

    func refusal(_ subject: String, _ source: String) throws -> Int64? {
        try database.integer(
            "SELECT since FROM sign_in_refusal WHERE subject=? AND source=?", .text(subject), .text(source))
    }

    func add(refusal subject: String, _ source: String, at now: Int64) throws {
        try database.run(
            "INSERT INTO sign_in_refusal (subject, source, since) VALUES (?, ?, ?)", .text(subject), .text(source),
            .integer(now))
    }

    func countAgain(refusal subject: String, _ source: String) throws {
        try database.run(
            "UPDATE sign_in_refusal SET more=more+1 WHERE subject=? AND source=?", .text(subject), .text(source))
    }

    /// Takes out those that are older than `pause`, with how many there were besides the first.
    func takeRefusals(olderThan pause: Int64, at now: Int64) throws -> [(subject: String, source: String, more: Int64)]
    {
        // A row from the future is left over from a clock that was wrong.
        let over = try database.rows(
            "SELECT subject, source, more FROM sign_in_refusal WHERE since<=?1 OR since>?2", .integer(now - pause),
            .integer(now)
        ) { (subject: $0.text(0), source: $0.text(1), more: $0.integer(2)) }
        for row in over {
            try database.run(
                "DELETE FROM sign_in_refusal WHERE subject=? AND source=?", .text(row.subject), .text(row.source))
        }
        return over
    }

    // MARK: the PIN's budget

    /// A new day has all of `budget`; one that is used up within a day stays so.
    func renewPIN(of id: Int64, budget: Int64, at now: Int64) throws {
        try database.run(
            """
            UPDATE user SET pin_wrong=0, pin_since=?2
            WHERE id=?1 AND pin_wrong<?3 AND (pin_since<?2-86400000 OR pin_since>?2)
            """, .integer(id), .integer(now), .integer(budget))
    }

    func isPINLocked(of id: Int64, budget: Int64) throws -> Bool {
        try database.integer("SELECT 1 FROM user WHERE id=? AND pin_wrong>=?", .integer(id), .integer(budget)) != nil
    }

    func spendPIN(of id: Int64) throws {
        try database.run("UPDATE user SET pin_wrong=pin_wrong+1 WHERE id=?", .integer(id))
    }

    func giveBackPIN(of id: Int64) throws {
        try database.run("UPDATE user SET pin_wrong=max(0, pin_wrong-1) WHERE id=?", .integer(id))
    }
}
