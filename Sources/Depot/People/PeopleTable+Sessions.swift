import SQLite

extension PeopleTable {
    /// Which of these sessions are open at `now`: neither ended nor expired, and their person is let in. By the store.rules of
    /// `person(session:at:)`, for many at once. Other processes end sessions too, by command: ask again and again.
    public func liveSessions(among digests: some Collection<String>, at now: Int64) throws -> Set<String> {
        guard !digests.isEmpty else { return [] }
        let asked = Set(digests)
        var live: Set<String> = []
        // The whole table rather than one question for each: thousands of rows take a few milliseconds.
        try database.each(
            """
            SELECT token FROM session JOIN user ON user.id=session.user
            WHERE seen>?1 AND coalesce(expires, ?2 + 1)>?2 AND disabled=0 AND (?3<>0
                OR user.password IS NOT NULL OR user.pin IS NOT NULL OR user.badge IS NOT NULL OR way IS NOT NULL)
            """, .integer(now - PeopleTable.sessionLife), .integer(now), .bool(try isOpenHouse())
        ) { row in
            let token = row.text(0)
            if asked.contains(token) { live.insert(token) }
            return true
        }
        return live
    }

    /// Somebody's open sessions, the last used first; 200 at most.
    public func sessions(of user: Int64, current: String?, at now: Int64) throws -> [SessionRow] {
        try database.rows(
            """
            SELECT token, created, seen, expires, source, browser, station, proof FROM session
            WHERE user=?1 AND seen>?2 AND coalesce(expires, ?3 + 1)>?3 ORDER BY seen DESC, created DESC LIMIT 200
            """, .integer(user), .integer(now - PeopleTable.sessionLife), .integer(now)
        ) { row in
            SessionRow(
                id: String(row.text(0).prefix(SessionRow.idLength)), created: row.integer(1), seen: row.integer(2),
                expires: row.optionalInteger(3), source: row.optionalText(4), browser: row.optionalText(5),
                station: row.optionalText(6), proof: row.optionalText(7).flatMap(SignInProof.init(rawValue:)),
                isThis: row.text(0) == current)
        }
    }

    /// Ends one by what names it; its digest, nil where it is none of theirs.
    func end(session id: String, of user: Int64) throws -> String? {
        guard id.utf8.count == SessionRow.idLength else { return nil }
        let digest = try database.text(
            "SELECT token FROM session WHERE user=? AND substr(token, 1, ?)=?", .integer(user),
            .integer(Int64(SessionRow.idLength)), .text(id))
        if let digest { try database.run("DELETE FROM session WHERE token=?", .text(digest)) }
        return digest
    }

    /// Ends all of somebody's but one: how many.
    @discardableResult
    func end(sessionsOf user: Int64, except digest: String?) throws -> Int {
        try database.run("DELETE FROM session WHERE user=? AND token IS NOT ?", .integer(user), .text(digest))
    }

    /// It has shown a second factor besides.
    func strengthen(session digest: String, by proof: SignInProof) throws {
        try database.run("UPDATE session SET proof=? WHERE token=?", .text(proof.rawValue), .text(digest))
    }

    /// Its person has shown their secret again.
    func show(session digest: String, at now: Int64) throws {
        try database.run("UPDATE session SET shown=? WHERE token=?", .integer(now), .text(digest))
    }
}
