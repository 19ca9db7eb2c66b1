import Model
import SQLite

/// What each person is told of. A row is made by the inbox's follower alone, in the transaction of its watermark; people read, put off
/// and remove their own.
public struct InboxTable: StoreTable {
    let store: Store

    /// Rows of one person: of more the oldest that were read go, then the oldest.
    public static let limit: Int64 = 1000
    /// So many of one type are told one by one within `burst` milliseconds; those beyond are a number on one line.
    static let loose: Int64 = 20
    static let burst: Int64 = 60_000
    /// Rows that one look removes or wakes: others wait no longer.
    static let portion = 500

    /// What a person is to be told.
    public struct New: Equatable, Sendable {
        public var type: NoticeType
        public var subject: String
        public var words: [String: String]
        public var link: String?
        public var team: String?
        /// A subject that a person was told of is not told again, as a call whose end is told twice.
        public var isOnce = false

        public init(
            _ type: NoticeType, _ subject: String, _ words: [String: String], link: String?, team: String? = nil,
            isOnce: Bool = false
        ) {
            (self.type, self.subject, self.words) = (type, subject, words)
            (self.link, self.team, self.isOnce) = (link, team, isOnce)
        }
    }

    // MARK: writing

    /// Tells a person a fact, once: one that is not newer than what they were told is none. Within a transaction.
    public func add(_ new: New, to user: Int64, of entry: Entry) throws {
        let told = try database.integer("SELECT seq FROM inbox_head WHERE user=?", .integer(user)) ?? 0
        guard entry.seq > told, try isWanted(new.type, by: user) else { return }
        if new.isOnce, try has(new.type, new.subject, of: user) { return }
        let begin = entry.at &- InboxTable.burst
        let (sum, overflow) = entry.at.addingReportingOverflow(new.type.life)
        let expires = overflow ? Int64.max : sum
        let recent =
            try database.integer(
                "SELECT coalesce(sum(count), 0) FROM inbox WHERE user=? AND type=? AND at>? AND at<=?", .integer(user),
                .text(new.type.rawValue), .integer(begin), .integer(entry.at)) ?? 0
        let isGroup = recent >= InboxTable.loose
        if isGroup,
            let group = try database.first(
                """
                SELECT id, since FROM inbox WHERE user=? AND type=? AND at>? AND grouped=1 AND since>? AND read IS NULL
                    AND snoozed IS NULL LIMIT 1
                """, .integer(user), .text(new.type.rawValue), .integer(begin), .integer(begin),
                map: { (id: $0.integer(0), since: $0.integer(1)) })
        {
            try database.run(
                "UPDATE inbox SET count=count+1, seq=?2, at=max(at, ?3), expires=max(expires, ?4) WHERE id=?1",
                .integer(group.id), .integer(entry.seq), .integer(entry.at), .integer(expires))
            try store.channels.queue(
                line: group.id, new.type, of: user, isGroup: true, since: group.since, at: entry.at)
        } else {
            try database.run(
                """
                INSERT OR IGNORE INTO inbox (
                    user, fact, seq, type, priority, since, at, grouped, subject, data, link, site, team, expires)
                VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                """, .integer(user), .integer(entry.seq), .text(new.type.rawValue),
                .integer(new.type.priority.rawValue), .integer(entry.at), .bool(isGroup),
                .text(isGroup ? "" : new.subject), .text(isGroup ? "{}" : InboxTable.written(new.words)),
                .text(isGroup ? new.type.page : new.link), .text(entry.site), .text(new.team), .integer(expires))
            if database.changes == 1 {
                try store.channels.queue(
                    line: database.lastInsertID, new.type, of: user, isGroup: isGroup, since: entry.at, at: entry.at)
                if new.type.priority == .critical {
                    try store.escalations.begin(entry.seq, new.type, new.subject, at: entry.at)
                }
            }
        }
        try changed(user, told: entry.seq, dropped: try trim(user))
    }

    /// Whoever was told of a subject need not read it any more: somebody has seen to it, or it has gone.
    public func settle(_ types: [NoticeType], subject: String, at now: Int64) throws {
        let names = types.map { "'\($0.rawValue)'" }.joined(separator: ",")
        let condition = "subject=? AND read IS NULL AND type IN (\(names))"
        for user in try users(condition, .text(subject)) {
            try database.run(
                "UPDATE inbox SET read=?, snoozed=NULL WHERE user=? AND \(condition)", .integer(now), .integer(user),
                .text(subject))
            try changed(user)
        }
    }

    /// Missed calls that a conversation has settled since: those with the number of this call.
    public func settle(missedLike call: String, at now: Int64) throws {
        let calls = try database.rows(
            """
            SELECT missed.call FROM call AS other CROSS JOIN call ON call.key=other.key CROSS JOIN missed ON missed.call=call.id
            WHERE other.id=? AND other.key<>'withheld' AND call.started>other.started-?2 AND missed.done IS NOT NULL
            ORDER BY call.started DESC LIMIT 20
            """, .text(call), .integer(NoticeType.callMissed.life)
        ) { $0.text(0) }
        for call in calls { try settle([.callMissed], subject: call, at: now) }
    }

    /// A client has numbers now that nobody knew.
    public func settle(unknownOf party: Int64, at now: Int64) throws {
        let calls = try database.rows(
            """
            SELECT DISTINCT inbox.subject FROM party_number JOIN call ON call.key=party_number.key
            JOIN inbox ON inbox.subject=call.id AND inbox.type='call.unknown_number' WHERE party_number.party=? LIMIT 100
            """, .integer(party)
        ) { $0.text(0) }
        for call in calls { try settle([.unknownNumber], subject: call, at: now) }
    }

    /// Whether they were told already that nobody knows this number.
    public func knows(unknown key: String, user: Int64) throws -> Bool {
        try database.integer(
            """
            SELECT 1 FROM inbox JOIN call ON call.id=inbox.subject WHERE inbox.user=? AND inbox.type='call.unknown_number'
                AND call.key=? LIMIT 1
            """, .integer(user), .text(key)) != nil
    }

    /// Takes away what a person may see no more.
    public func withdraw(_ types: [NoticeType], of user: Int64) throws {
        guard !types.isEmpty else { return }
        let names = types.map { "'\($0.rawValue)'" }.joined(separator: ",")
        if try database.run("DELETE FROM inbox WHERE user=? AND type IN (\(names))", .integer(user)) > 0 {
            try changed(user)
        }
    }

    /// What was told of these calls goes with them.
    func forget(call: String) throws {
        for user in try users("subject=?", .text(call)) {
            try database.run("DELETE FROM inbox WHERE user=? AND subject=?", .integer(user), .text(call))
            try changed(user)
        }
    }

    /// Removes what nobody need read any more, and brings back what was put off until now. True when there may be more.
    public func lookAround(at now: Int64) throws -> Bool {
        let due = try database.rows(
            """
            SELECT id, user, 1 FROM inbox WHERE expires<=?1 UNION ALL
            SELECT id, user, 0 FROM inbox WHERE snoozed<=?1 AND expires>?1 LIMIT ?2
            """, .integer(now), .integer(InboxTable.portion)
        ) { (id: $0.integer(0), user: $0.integer(1), isOver: $0.bool(2)) }
        guard !due.isEmpty else { return false }
        for row in due {
            try database.run(
                row.isOver ? "DELETE FROM inbox WHERE id=?" : "UPDATE inbox SET snoozed=NULL WHERE id=?",
                .integer(row.id))
        }
        for user in Set(due.map(\.user)).sorted() { try changed(user) }
        return due.count == InboxTable.portion
    }

    /// What a person does to their own; how many rows changed. `ids` nil: all that `condition` means.
    func change(_ update: String, where condition: String, of user: Int64, _ values: [Value] = []) throws -> Int {
        let count = try database.run(
            "\(update) WHERE user=?1 AND \(condition)", arguments: [.integer(user)] + values)
        if count > 0 { try changed(user) }
        return count
    }

    /// Says that a person's inbox is another one now.
    private func changed(_ user: Int64, told seq: Int64 = 0, dropped: Int = 0) throws {
        try database.run(
            """
            INSERT INTO inbox_head VALUES (?1, (SELECT coalesce(max(change), 0) + 1 FROM inbox_head), ?2, ?3)
            ON CONFLICT (user) DO UPDATE SET change=excluded.change, seq=max(seq, excluded.seq),
                dropped=dropped + excluded.dropped
            """, .integer(user), .integer(seq), .integer(dropped))
    }

    /// How many rows had to go.
    private func trim(_ user: Int64) throws -> Int {
        let count = try database.integer("SELECT count(*) FROM inbox WHERE user=?", .integer(user)) ?? 0
        guard count > InboxTable.limit else { return 0 }
        return try database.run(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE user=? ORDER BY read IS NULL, seq LIMIT ?)",
            .integer(user), .integer(count - InboxTable.limit))
    }

    private func has(_ type: NoticeType, _ subject: String, of user: Int64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM inbox WHERE subject=? AND user=? AND type=? LIMIT 1", .text(subject), .integer(user),
            .text(type.rawValue)) != nil
    }

    private func users(_ condition: String, _ argument: Value) throws -> [Int64] {
        try database.rows("SELECT DISTINCT user FROM inbox WHERE \(condition) ORDER BY user", argument) {
            $0.integer(0)
        }
    }

    private static func written(_ words: [String: String]) -> String {
        JSON.object(words.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }).description
    }
}
