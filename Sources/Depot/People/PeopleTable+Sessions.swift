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
            WHERE seen>?1 AND coalesce(expires, ?2 + 1)>?2 AND disabled=0 AND (?3
                OR user.password IS NOT NULL OR user.pin IS NOT NULL OR user.badge IS NOT NULL OR way IS NOT NULL)
            """, .integer(now - PeopleTable.sessionLife), .integer(now), .bool(try isOpenHouse())
        ) { row in
            let token = row.text(0)
            if asked.contains(token) { live.insert(token) }
            return true
        }
        return live
    }
}
