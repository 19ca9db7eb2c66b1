import SQLite

/// Second factors as they are kept: no secret of any.
public struct FactorTable: StoreTable {
    let store: Store

    /// What somebody has.
    public struct Standing: Equatable, Sendable {
        /// When their app was set up.
        public var code: Int64?
        public var passkeys: [Passkey] = []
        public var recovery: Int64 = 0

        public var isAny: Bool { code != nil || !passkeys.isEmpty }

        public static let shape = Shape<Standing>(
            "SecondFactors",
            [
                .moment("code", ifAny: \.code), .list("passkeys", of: Passkey.shape, \.passkeys),
                .integer("recovery", \.recovery),
            ])
    }

    public struct Passkey: Equatable, Sendable {
        public var id: Int64
        public var name: String
        /// The name of the centre that it is bound to: it opens nothing under another one.
        public var site: String
        public var created: Int64
        public var used: Int64?

        public static let shape = Shape<Passkey>(
            "Passkey",
            [
                .integer("id", \.id), .text("name", \.name), .text("site", \.site), .moment("created", \.created),
                .moment("used", ifAny: \.used),
            ])
    }

    public func standing(of user: Int64) throws -> Standing {
        Standing(
            code: try database.integer(
                "SELECT since FROM one_time_code WHERE user=? AND salt IS NOT NULL", .integer(user)),
            passkeys: try database.rows(
                "SELECT id, name, site, created, used FROM passkey WHERE user=? ORDER BY id", .integer(user)
            ) {
                Passkey(
                    id: $0.integer(0), name: $0.text(1), site: $0.text(2), created: $0.integer(3),
                    used: $0.optionalInteger(4))
            },
            recovery: try database.integer(
                "SELECT count(*) FROM recovery_code WHERE user=? AND used IS NULL", .integer(user)) ?? 0)
    }

    func hasAny(_ user: Int64) throws -> Bool {
        try database.integer(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM one_time_code WHERE user=?1 AND salt IS NOT NULL)
                OR EXISTS (SELECT 1 FROM passkey WHERE user=?1)
            """, .integer(user)) != nil
    }

    // MARK: an app's codes

    struct Code {
        var salt: String?
        var mark: String?
        var next: String?
        var step: Int64
        var wrong: Int64
        var wrongSince: Int64
    }

    func code(of user: Int64) throws -> Code? {
        try database.first(
            "SELECT salt, mark, next, step, wrong, wrong_since FROM one_time_code WHERE user=?", .integer(user)
        ) {
            Code(
                salt: $0.optionalText(0), mark: $0.optionalText(1), next: $0.optionalText(2), step: $0.integer(3),
                wrong: $0.integer(4), wrongSince: $0.integer(5))
        }
    }

    func propose(salt: String, to user: Int64) throws {
        try database.run(
            "INSERT INTO one_time_code (user, next) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next=?2", .integer(user),
            .text(salt))
    }

    func confirm(salt: String, mark: String, of user: Int64, step: Int64, at now: Int64) throws {
        try database.run(
            "UPDATE one_time_code SET salt=?2, mark=?3, next=NULL, since=?4, step=?5, wrong=0 WHERE user=?1",
            .integer(user),
            .text(salt), .text(mark), .integer(now), .integer(step))
    }

    func use(step: Int64, of user: Int64) throws {
        try database.run("UPDATE one_time_code SET step=?2, wrong=0 WHERE user=?1", .integer(user), .integer(step))
    }

    func countWrong(of user: Int64, isNewDay: Bool, at now: Int64) throws {
        try database.run(
            """
            UPDATE one_time_code SET wrong=CASE WHEN ?2<>0 THEN 1 ELSE wrong+1 END,
                wrong_since=CASE WHEN ?2<>0 THEN ?3 ELSE wrong_since END WHERE user=?1
            """, .integer(user), .bool(isNewDay), .integer(now))
    }

    func removeCode(of user: Int64) throws {
        try database.run("DELETE FROM one_time_code WHERE user=?", .integer(user))
    }

    // MARK: recovery codes

    func replaceRecovery(_ digests: [String], of user: Int64) throws {
        try database.run("DELETE FROM recovery_code WHERE user=?", .integer(user))
        for digest in digests {
            try database.run("INSERT INTO recovery_code (user, digest) VALUES (?, ?)", .integer(user), .text(digest))
        }
    }

    /// False for one that is none of theirs, or was used.
    func useRecovery(_ digest: String, of user: Int64, at now: Int64) throws -> Bool {
        try database.run(
            "UPDATE recovery_code SET used=? WHERE user=? AND digest=? AND used IS NULL", .integer(now), .integer(user),
            .text(digest)) == 1
    }

    // MARK: passkeys

    struct Kept {
        var id: Int64
        var user: Int64
        var site: String
        var key: [UInt8]
        var counter: Int64
    }

    func passkey(_ credential: String) throws -> Kept? {
        try database.first(
            "SELECT id, user, site, key, counter FROM passkey WHERE credential=?", .text(credential)
        ) { Kept(id: $0.integer(0), user: $0.integer(1), site: $0.text(2), key: $0.blob(3), counter: $0.integer(4)) }
    }

    public func credentials(of user: Int64) throws -> [String] {
        try database.rows("SELECT credential FROM passkey WHERE user=?", .integer(user)) { $0.text(0) }
    }

    func add(
        passkey credential: String, of user: Int64, site: String, key: [UInt8], counter: Int64, name: String,
        at now: Int64
    ) throws {
        try database.run(
            "INSERT INTO passkey (user, credential, site, key, counter, name, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
            .integer(user), .text(credential), .text(site), .blob(key), .integer(counter), .text(name), .integer(now))
    }

    func use(passkey id: Int64, counter: Int64, at now: Int64) throws {
        try database.run(
            "UPDATE passkey SET counter=?2, used=?3 WHERE id=?1", .integer(id), .integer(counter), .integer(now))
    }

    func remove(passkey id: Int64, of user: Int64) throws -> Bool {
        try database.run("DELETE FROM passkey WHERE id=? AND user=?", .integer(id), .integer(user)) == 1
    }

    func removeAll(of user: Int64) throws {
        for table in ["one_time_code", "recovery_code", "passkey"] {
            try database.run("DELETE FROM \(table) WHERE user=?", .integer(user))
        }
    }

    // MARK: where from

    /// From where one person signed in; the oldest are forgotten beyond it.
    static let placeLimit: Int64 = 200

    /// Notes that somebody signed in from there. True where they never did before, and did elsewhere.
    func note(place source: String, of user: Int64, at now: Int64) throws -> Bool {
        let known =
            try database.run(
                "UPDATE sign_in_place SET last=?3 WHERE user=?1 AND source=?2", .integer(user), .text(source),
                .integer(now)) == 1
        guard !known else { return false }
        let others = try database.integer("SELECT count(*) FROM sign_in_place WHERE user=?", .integer(user)) ?? 0
        try database.run(
            "INSERT INTO sign_in_place (user, source, since, last) VALUES (?1, ?2, ?3, ?3)", .integer(user),
            .text(source),
            .integer(now))
        if others >= FactorTable.placeLimit {
            try database.run(
                """
                DELETE FROM sign_in_place WHERE user=?1 AND source IN
                    (SELECT source FROM sign_in_place WHERE user=?1 ORDER BY last LIMIT ?2)
                """, .integer(user), .integer(others - FactorTable.placeLimit + 1))
        }
        return others > 0
    }
}
