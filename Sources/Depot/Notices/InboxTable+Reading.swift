public import Model
import SQLite

/// What people see of their inboxes.
extension InboxTable {
    private static let columns = """
        id, seq, type, priority, since, at, count, grouped, subject, data, link, site, team, read, snoozed, expires
        """

    /// Nil for a type of a version to come.
    private static func entry(_ row: SQLite.Row) -> InboxEntry? {
        guard let type = NoticeType(rawValue: row.text(2)),
            let priority = NoticeType.Priority(rawValue: Int(clamping: row.integer(3)))
        else { return nil }
        let members = (try? JSON(parsing: row.text(9)))?.fields ?? []
        let words = Dictionary(
            members.compactMap { member in member.value.text.map { (member.name, $0) } }, uniquingKeysWith: { $1 })
        return InboxEntry(
            id: row.integer(0), seq: row.integer(1), type: type, priority: priority, since: row.integer(4),
            at: row.integer(5), count: row.integer(6), isGroup: row.bool(7), subject: row.text(8), words: words,
            link: row.optionalText(10), site: row.optionalText(11), team: row.optionalText(12),
            read: row.optionalInteger(13), snoozed: row.optionalInteger(14), expires: row.integer(15))
    }

    /// Unread ones first, then the newest facts. After `cursor`, or after so many others.
    public func rows(
        of user: Int64, _ filter: InboxFilter = InboxFilter(), after cursor: InboxCursor? = nil, offset: Int = 0,
        limit: Int
    ) throws -> [InboxEntry] {
        var conditions = ["user=?", filter.isSnoozed ? "snoozed IS NOT NULL" : "snoozed IS NULL"]
        var values = [Value.integer(user)]
        if let types = filter.types {
            conditions.append("type IN (\(Array(repeating: "?", count: types.count).joined(separator: ",")))")
            values += types.map(\.rawValue).sorted().map { .text($0) }
        }
        if let priorities = filter.priorities {
            conditions.append("priority IN (\(Array(repeating: "?", count: priorities.count).joined(separator: ",")))")
            values += priorities.sorted().map { .integer($0.rawValue) }
        }
        if let isRead = filter.isRead { conditions.append(isRead ? "read IS NOT NULL" : "read IS NULL") }
        if let cursor {
            // Row values are compared one after the other; the newest come first.
            conditions.append("(CASE WHEN read IS NULL AND snoozed IS NULL THEN 1 ELSE 0 END, seq, id) < (?, ?, ?)")
            values += [.bool(!cursor.isRead), .integer(cursor.seq), .integer(cursor.id)]
        }
        return try database.rows(
            """
            SELECT \(InboxTable.columns) FROM inbox WHERE \(conditions.joined(separator: " AND "))
            ORDER BY (read IS NULL AND snoozed IS NULL) DESC, seq DESC, id DESC LIMIT ? OFFSET ?
            """, arguments: values + [.integer(limit), .integer(offset)], map: InboxTable.entry
        ).compactMap(\.self)
    }

    public func row(_ id: Int64, of user: Int64) throws -> InboxEntry? {
        try database.rows(
            "SELECT \(InboxTable.columns) FROM inbox WHERE id=? AND user=?", .integer(id), .integer(user),
            map: InboxTable.entry
        ).first ?? nil
    }

    /// What waits for a person now. By what is in the table alone, so that no clock makes two answers differ.
    public func counts(of user: Int64) throws -> InboxCounts {
        var counts = InboxCounts()
        counts.change = try database.integer("SELECT change FROM inbox_head WHERE user=?", .integer(user)) ?? 0
        try database.each(
            """
            SELECT priority, count(*) FROM inbox WHERE user=? AND read IS NULL AND snoozed IS NULL GROUP BY priority
            """, .integer(user)
        ) { row in
            switch NoticeType.Priority(rawValue: Int(clamping: row.integer(0))) {
            case .low: counts.low = row.integer(1)
            case .normal: counts.normal = row.integer(1)
            case .high: counts.high = row.integer(1)
            case .critical: counts.critical = row.integer(1)
            case nil: break
            }
            return true
        }
        return counts
    }

    /// The number of the newest change of all inboxes; 0 when there is none.
    public func change() throws -> Int64 { try database.integer("SELECT max(change) FROM inbox_head") ?? 0 }

    /// Whose inboxes changed after a change, in that order.
    public func changed(since change: Int64) throws -> [Int64] {
        try database.rows("SELECT user FROM inbox_head WHERE change>? ORDER BY change", .integer(change)) {
            $0.integer(0)
        }
    }

    /// Rows that went because a person had too many.
    public func dropped() throws -> Int64 { try database.integer("SELECT sum(dropped) FROM inbox_head") ?? 0 }

    /// What is said of something that needs somebody now.
    public func data(ofNotice fact: Fact) throws -> JSON? {
        let text = try database.text(
            "SELECT data FROM notice WHERE kind=? AND subject=? ORDER BY id DESC LIMIT 1", .text(fact.kind.deed),
            .text(fact.subject))
        return text.flatMap { try? JSON(parsing: $0) }
    }

    /// What a notice was about that somebody has dealt with: told by its number, or by its subject where it went by itself; a subject
    /// may be a number, too.
    public func subject(ofNotice told: String, doneAt: Int64) throws -> String {
        guard let id = Int64(told) else { return told }
        return try database.text(
            "SELECT subject FROM notice WHERE id=? AND done=?", .integer(id), .integer(doneAt)) ?? told
    }
}
