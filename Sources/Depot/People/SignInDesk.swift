import SQLite

/// Who is let in: tries, pauses, the PINs' budgets and sessions. Hashing is the caller's, on a thread of its own, between
/// `admission` and what follows it. Everything counted is in the database: no restart clears a pause.
///
/// A try is counted when it begins: a hundred at once are a hundred. Every admission that says `go` is followed by one of
/// `openSession`, `succeeded`, `refused` and `withdrawn`.
public struct SignInDesk {
    /// Wrong PINs of one person in a day, from everywhere, before the PIN opens nothing any more: a guesser of four digits
    /// has one chance in five hundred, once.
    public static let pinBudget: Int64 = 20
    static let day: Int64 = 86_400_000
    /// A source from which somebody signed in is theirs for this long.
    static let knownLife: Int64 = 90 * day
    /// Rows of tries; the oldest are forgotten beyond it, those of known sources last.
    static let rowLimit: Int64 = 10_000
    /// The trail has one row in this time for each subject and source, with a count.
    static let trailPause: Int64 = 600_000
    /// Subjects and sources that the trail names in that time; further ones are told together.
    static let trailLimit: Int64 = 200

    public enum Admission: Equatable, Sendable {
        case go
        /// Seconds, at least 1.
        case wait(Int64)
        /// The budget is used up: a right password, a new PIN or an administrator opens it again.
        case pinLocked
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    // MARK: before the slow part

    /// Whether this may be tried now; if so it is counted as wrong until it is known better. `source` is the remote address.
    public func admission(of key: SignInKey, from source: String, at now: Int64) throws -> Admission {
        let source = SignInSource.counted(source)
        return try store.database.transaction {
            let pair = try tries(key.kind.rawValue, key.subject, source)
            var pause = pair.pause(SignInDesk.limit(key), at: now)
            // Others' failures from elsewhere, or those of a neighbour, do not slow who signs in from here usually.
            if pair.known == 0 || pair.known < now - SignInDesk.knownLife {
                pause = max(
                    pause, try tries(key.kind.rawValue, key.subject, "").pause(.anywhere, at: now),
                    try tries("source", "", source).pause(.source, at: now))
            }
            guard pause == 0 else { return .wait((pause + 999) / 1000) }
            if key.kind == .pin {
                guard try spend(pinOf: key.subject, at: now) else { return .pinLocked }
            }
            try count(key.kind.rawValue, key.subject, source, SignInDesk.limit(key), at: now)
            try count(key.kind.rawValue, key.subject, "", .anywhere, at: now)
            try count("source", "", source, .source, at: now)
            try forget()
            return .go
        }
    }

    private static func limit(_ key: SignInKey) -> SignInLimit { key.kind == .badge ? .badge : .pair }

    // MARK: after it

    /// It was right: the source is known from now on.
    public func succeeded(_ key: SignInKey, from source: String, at now: Int64) throws {
        try store.database.transaction { try taken(key, SignInSource.counted(source), at: now) }
    }

    /// It was not tried after all, because there was no room: as if it had not been.
    public func withdrawn(_ key: SignInKey, from source: String) throws {
        let source = SignInSource.counted(source)
        try store.database.transaction {
            try giveBack(key.kind.rawValue, key.subject, source, SignInDesk.limit(key))
            try giveBackElsewhere(key, source)
        }
    }

    /// It was wrong, and stays counted; the trail is told. `who` is the person's name where there is such a person, never what
    /// was typed: it may be a password in the wrong field.
    public func refused(
        _ key: SignInKey, who: String?, station: String? = nil, from source: String, at now: Int64
    ) throws {
        let source = SignInSource.counted(source)
        try store.database.transaction {
            try tellWaiting(at: now)
            var (subject, place) = (who ?? (key.kind == .badge ? "a badge" : "an unknown name"), source)
            if try since(subject, place) == nil,
                try store.database.integer("SELECT count(*) FROM sign_in_refusal") ?? 0 >= SignInDesk.trailLimit
            {
                (subject, place) = ("other names", "other places")
            }
            if try since(subject, place) == nil {
                try store.database.run(
                    "INSERT INTO sign_in_refusal (subject, source, since) VALUES (?, ?, ?)", .text(subject),
                    .text(place),
                    .integer(now))
                try store.tell(
                    Fact(.sessionRefused, subject, "from \(place)"), by: Author("-", station: station), at: now)
            } else {
                try store.database.run(
                    "UPDATE sign_in_refusal SET more=more+1 WHERE subject=? AND source=?", .text(subject), .text(place))
            }
            if key.kind == .pin, let who, try isPINLocked(key.subject) {
                try store.tell(
                    Fact(.user(secret: "pin"), who, "locked after \(SignInDesk.pinBudget) wrong tries"),
                    by: Author("-"),
                    at: now)
            }
        }
    }

    /// A session of somebody who has shown who they are. Nil when they were disabled, or their secret was changed, since
    /// `user` was read; that is counted as wrong. A right password opens a locked PIN again.
    public func openSession(
        _ user: PeopleTable.UserRow, by key: SignInKey, station: String?, session digest: String, from source: String,
        at now: Int64
    ) throws -> Person? {
        try store.database.transaction { () -> Person? in
            guard let current = try store.people.user(id: user.id), !current.isDisabled,
                current.password == user.password,
                current.pin == user.pin, current.hasBadge == user.hasBadge
            else { return nil }
            try taken(key, SignInSource.counted(source), at: now)
            if key.kind == .name { try store.people.openPIN(of: user.id) }
            let person = try store.people.openSession(user: user.id, station: station, session: digest, at: now)
            try store.tell(Fact(.sessionOpened, person.name), by: person.author, at: now)
            return person
        }
    }

    /// Tells the trail how many refusals there were besides those it has. Called with each refusal, and now and then.
    public func tellRefusals(at now: Int64) throws {
        guard try store.database.integer("SELECT 1 FROM sign_in_refusal LIMIT 1") != nil else { return }
        try store.database.transaction { try tellWaiting(at: now) }
    }

    private func since(_ subject: String, _ source: String) throws -> Int64? {
        try store.database.integer(
            "SELECT since FROM sign_in_refusal WHERE subject=? AND source=?", .text(subject), .text(source))
    }

    private func tellWaiting(at now: Int64) throws {
        // A row from the future is left over from a clock that was wrong.
        let over = try store.database.rows(
            "SELECT subject, source, more FROM sign_in_refusal WHERE since<=?1 OR since>?2",
            .integer(now - SignInDesk.trailPause), .integer(now)
        ) { (subject: $0.text(0), source: $0.text(1), more: $0.integer(2)) }
        for row in over {
            try store.database.run(
                "DELETE FROM sign_in_refusal WHERE subject=? AND source=?", .text(row.subject), .text(row.source))
            guard row.more > 0 else { continue }
            try store.tell(
                Fact(.sessionRefused, row.subject, "\(row.more) more times from \(row.source)"), by: Author("-"),
                at: now)
        }
    }

    // MARK: counting

    private struct Tries {
        var count: Int64 = 0
        var until: Int64 = 0
        var at: Int64 = 0
        var known: Int64 = 0

        /// Milliseconds still to wait. Never more than the longest pause, should the clock have been ahead.
        func pause(_ limit: SignInLimit, at now: Int64) -> Int64 { until <= now ? 0 : min(limit.longest, until - now) }
    }

    private func tries(_ kind: String, _ subject: String, _ source: String) throws -> Tries {
        try store.database.first(
            "SELECT count, until, at, known FROM sign_in_try WHERE kind=? AND subject=? AND source=?", .text(kind),
            .text(subject), .text(source)
        ) { Tries(count: $0.integer(0), until: $0.integer(1), at: $0.integer(2), known: $0.integer(3)) } ?? Tries()
    }

    private func count(
        _ kind: String, _ subject: String, _ source: String, _ limit: SignInLimit, at now: Int64
    ) throws {
        let before = try tries(kind, subject, source)
        let count = (before.at < now - limit.memory ? 0 : before.count) + 1
        try store.database.run(
            """
            INSERT INTO sign_in_try (kind, subject, source, count, until, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET count=?4, until=?5, at=?6
            """, .text(kind), .text(subject), .text(source), .integer(count), .integer(limit.until(count, at: now)),
            .integer(now))
    }

    private func taken(_ key: SignInKey, _ source: String, at now: Int64) throws {
        try store.database.run(
            """
            INSERT INTO sign_in_try (kind, subject, source, count, until, at, known) VALUES (?1, ?2, ?3, 0, 0, ?4, ?4)
            ON CONFLICT DO UPDATE SET count=0, until=0, at=?4, known=?4
            """, .text(key.kind.rawValue), .text(key.subject), .text(source), .integer(now))
        try giveBackElsewhere(key, source)
    }

    private func giveBackElsewhere(_ key: SignInKey, _ source: String) throws {
        try giveBack(key.kind.rawValue, key.subject, "", .anywhere)
        try giveBack("source", "", source, .source)
        if key.kind == .pin, let person = Int64(key.subject) {
            try store.database.run("UPDATE user SET pin_wrong=max(0, pin_wrong-1) WHERE id=?", .integer(person))
        }
    }

    /// One try less. Who has used up the free ones waits on.
    private func giveBack(_ kind: String, _ subject: String, _ source: String, _ limit: SignInLimit) throws {
        try store.database.run(
            """
            UPDATE sign_in_try SET count=max(0, count-1), until=CASE WHEN count-1<?4 THEN 0 ELSE until END
            WHERE kind=?1 AND subject=?2 AND source=?3
            """, .text(kind), .text(subject), .text(source), .integer(limit.free))
    }

    private func forget() throws {
        let rows = try store.database.integer("SELECT count(*) FROM sign_in_try") ?? 0
        guard rows > SignInDesk.rowLimit else { return }
        try store.database.run(
            """
            DELETE FROM sign_in_try WHERE (kind, subject, source) IN
                (SELECT kind, subject, source FROM sign_in_try ORDER BY known>0, at LIMIT ?)
            """, .integer(rows - SignInDesk.rowLimit + 100))
    }

    // MARK: the PIN's budget

    /// Takes one try from the day's budget; false when it is used up. Nobody's PIN has none, and is slowed by the rest.
    private func spend(pinOf person: String, at now: Int64) throws -> Bool {
        guard let id = Int64(person) else { return true }
        try store.database.run(
            """
            UPDATE user SET pin_wrong=0, pin_since=?2
            WHERE id=?1 AND pin_wrong<?3 AND (pin_since<?2-86400000 OR pin_since>?2)
            """, .integer(id), .integer(now), .integer(SignInDesk.pinBudget))
        guard try !isPINLocked(person) else { return false }
        try store.database.run("UPDATE user SET pin_wrong=pin_wrong+1 WHERE id=?", .integer(id))
        return true
    }

    private func isPINLocked(_ person: String) throws -> Bool {
        guard let id = Int64(person) else { return false }
        return try store.database.integer(
            "SELECT 1 FROM user WHERE id=? AND pin_wrong>=?", .integer(id), .integer(SignInDesk.pinBudget)) != nil
    }
}
