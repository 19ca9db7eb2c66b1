import SQLite

/// In which ways people are told, and what waits for each.
public struct ChannelTable: StoreTable {
    let store: Store

    /// Lines that wait for one channel; what is beyond stays in the inbox, and is counted.
    public static let waitingLimit: Int64 = 500

    private static let columns = "id, user, kind, shown, sealed, created, failures, rest, answered, sentence"

    private static func channel(_ row: SQLite.Row) -> NoticeChannel? {
        guard let kind = NoticeChannel.Kind(rawValue: row.text(2)) else { return nil }
        return NoticeChannel(
            id: row.integer(0), user: row.integer(1), kind: kind, shown: row.text(3), sealed: row.text(4),
            created: row.integer(5), failures: row.integer(6), rest: row.integer(7), answered: row.optionalInteger(8),
            sentence: row.optionalText(9))
    }

    public func channel(_ id: Int64) throws -> NoticeChannel? {
        try database.rows(
            "SELECT \(Self.columns) FROM channel WHERE id=?", .integer(id), map: Self.channel
        ).first ?? nil
    }

    /// As somebody reads pages: `fr`; nil where they never said.
    public func language(of user: Int64) throws -> String? {
        try database.text("SELECT language FROM user WHERE id=?", .integer(user))
    }

    /// Of a person, in the order in which they are tried.
    public func rows(of user: Int64) throws -> [NoticeChannel] {
        let order = NoticeChannel.Kind.allCases
        return try database.rows(
            "SELECT \(Self.columns) FROM channel WHERE user=? ORDER BY id", .integer(user), map: Self.channel
        ).compactMap(\.self).sorted {
            (order.firstIndex(of: $0.kind) ?? 0, $0.id) < (order.firstIndex(of: $1.kind) ?? 0, $1.id)
        }
    }

    public func standings(of user: Int64) throws -> [ChannelStanding] {
        try rows(of: user).map { channel in
            func count(_ state: String) throws -> Int64 {
                try database.integer(
                    "SELECT count(*) FROM channel_line WHERE channel=? AND state=?", .integer(channel.id), .text(state))
                    ?? 0
            }
            return ChannelStanding(channel: channel, waiting: try count("waiting"), dead: try count("dead"))
        }
    }

    /// How many there are, of what waits and what was given up, by kind; and what there was no room for.
    public func sums() throws -> [(kind: NoticeChannel.Kind, channels: Int64, waiting: Int64, dead: Int64, lost: Int64)]
    {
        try database.rows(
            """
            SELECT kind, count(*), sum((SELECT count(*) FROM channel_line WHERE channel=channel.id AND state='waiting')),
                sum((SELECT count(*) FROM channel_line WHERE channel=channel.id AND state='dead')), sum(lost)
            FROM channel GROUP BY kind ORDER BY kind
            """
        ) { row in
            NoticeChannel.Kind(rawValue: row.text(0)).map {
                ($0, row.integer(1), row.integer(2), row.integer(3), row.integer(4))
            }
        }.compactMap(\.self)
    }

    /// Those that gave something up since they worked last: whose, and what was said.
    public func broken() throws -> [(name: String, kind: String, sentence: String)] {
        try database.rows(
            """
            SELECT user.name, channel.kind, coalesce(channel.sentence, '') FROM channel JOIN user ON user.id=channel.user
            WHERE failures>0 AND EXISTS (SELECT 1 FROM channel_line WHERE channel=channel.id AND state='dead')
            ORDER BY channel.id LIMIT 20
            """
        ) { ($0.text(0), $0.text(1), $0.text(2)) }
    }

    // MARK: what waits

    /// A line of somebody's inbox waits for those of their channels that they want it by. Within the inbox's transaction. A line of
    /// several is told when its minute is over, and again when it has grown.
    func queue(line: Int64, _ type: NoticeType, of user: Int64, isGroup: Bool, since: Int64, at now: Int64) throws {
        for channel in try rows(of: user) where try isWanted(type, by: channel.kind, of: user) {
            let due = isGroup ? since + InboxTable.burst : now
            try wait(line, for: channel.id, due: due, at: now, isAgain: isGroup)
        }
    }

    /// False where there was no room, or it had waited before.
    @discardableResult
    func wait(
        _ line: Int64, for channel: Int64, due: Int64, at now: Int64, isRaised: Bool = false, isAgain: Bool = false
    ) throws -> Bool {
        let count =
            try database.integer(
                "SELECT count(*) FROM channel_line WHERE channel=? AND state='waiting'", .integer(channel)) ?? 0
        guard count < Self.waitingLimit else {
            try database.run("UPDATE channel SET lost=lost+1 WHERE id=?", .integer(channel))
            return false
        }
        return try database.run(
            """
            INSERT INTO channel_line (channel, line, state, raised, due, at) VALUES (?1, ?2, 'waiting', ?3, ?4, ?5)
            ON CONFLICT (channel, line) DO UPDATE SET state='waiting', raised=max(raised, ?3), attempts=0,
                due=CASE state WHEN 'waiting' THEN min(due, ?4) ELSE ?4 END, sentence=NULL
            WHERE ?6<>0
            """, .integer(channel), .integer(line), .bool(isRaised), .integer(due), .integer(now),
            .bool(isAgain || isRaised)) > 0
    }

    /// What can be sent now: of each channel what is due, together. In the quiet hours of a person what was raised, a test, and what is
    /// critical where they want it so.
    public func ready(at now: Int64, _ time: SiteTime, limit: Int) throws -> [ChannelLoad] {
        let channels = try database.rows(
            """
            SELECT \(Self.columns) FROM channel WHERE rest<=?1
                AND user IN (SELECT id FROM user WHERE disabled=0)
                AND EXISTS (SELECT 1 FROM channel_line WHERE channel=channel.id AND state='waiting' AND due<=?1)
            ORDER BY rest, id
            """, .integer(now), map: Self.channel
        ).compactMap(\.self)
        var loads: [ChannelLoad] = []
        // Those in their quiet hours must not keep others from their turn.
        for channel in channels where loads.count < limit {
            if let load = try load(channel, at: now, time) { loads.append(load) }
        }
        return loads
    }

    private func load(_ channel: NoticeChannel, at now: Int64, _ time: SiteTime) throws -> ChannelLoad? {
        let quiet = try store.inbox.quiet(of: channel.user)
        let isQuiet = quiet.map { SiteTime.isWithin(time.minute, $0.from, $0.until) } ?? false
        let isLoud = try habit(of: channel.user).isLoud
        let due = try database.rows(
            """
            SELECT line, attempts, raised, coalesce((SELECT priority FROM inbox WHERE id=line), 0) FROM channel_line
            WHERE channel=?1 AND state='waiting' AND due<=?2 ORDER BY raised DESC, line<>0, line DESC LIMIT ?3
            """, .integer(channel.id), .integer(now), .integer(Self.waitingLimit)
        ) { (line: $0.integer(0), attempts: $0.integer(1), isRaised: $0.bool(2), priority: $0.integer(3)) }
        let open = due.filter {
            !isQuiet || $0.isRaised || $0.line == ChannelLoad.test
                || isLoud && $0.priority == Int64(NoticeType.Priority.critical.rawValue)
        }
        guard let first = open.first else { return nil }
        // A test and a digest go alone, and so does what was raised.
        let together =
            first.line <= 0 || first.isRaised ? [first] : open.filter { $0.line > 0 && !$0.isRaised }
        return ChannelLoad(
            channel: channel, lines: together.map(\.line), attempts: together.map(\.attempts).max() ?? 0,
            isRaised: first.isRaised)
    }

    /// Whether a message has anything to tell: what was read, or has gone, is not told any more.
    public func entries(_ load: ChannelLoad) throws -> [InboxEntry] {
        if load.lines == [ChannelLoad.digest] {
            let since =
                try database.integer(
                    "SELECT since FROM channel_habit WHERE user=?", .integer(load.channel.user)) ?? 0
            var filter = InboxFilter()
            (filter.isRead, filter.priorities) = (false, [.low])
            return try store.inbox.rows(of: load.channel.user, filter, limit: Int(InboxTable.limit))
                .filter { $0.at > since }
        }
        return try load.lines.compactMap { try store.inbox.row($0, of: load.channel.user) }.filter(\.isUnread)
    }

    // MARK: what somebody chose

    func isWanted(_ type: NoticeType, by kind: NoticeChannel.Kind, of user: Int64) throws -> Bool {
        try database.integer(
            "SELECT wanted FROM channel_choice WHERE user=? AND type=? AND kind=?", .integer(user),
            .text(type.rawValue),
            .text(kind.rawValue)
        ).map { $0 != 0 } ?? kind.wants(type.priority)
    }

    func choices(of user: Int64) throws -> [NoticeType: Set<NoticeChannel.Kind>] {
        var wanted: [NoticeType: Set<NoticeChannel.Kind>] = [:]
        for type in NoticeType.allCases {
            wanted[type] = Set(NoticeChannel.Kind.allCases.filter { $0.wants(type.priority) })
        }
        try database.each("SELECT type, kind, wanted FROM channel_choice WHERE user=?", .integer(user)) { row in
            guard let type = NoticeType(rawValue: row.text(0)), let kind = NoticeChannel.Kind(rawValue: row.text(1))
            else {
                return true
            }
            if row.bool(2) { wanted[type]?.insert(kind) } else { wanted[type]?.remove(kind) }
            return true
        }
        return wanted
    }

    func choose(_ wanted: [NoticeType: Set<NoticeChannel.Kind>], of user: Int64) throws {
        try database.run("DELETE FROM channel_choice WHERE user=?", .integer(user))
        for (type, kinds) in wanted {
            for kind in NoticeChannel.Kind.allCases where kinds.contains(kind) != kind.wants(type.priority) {
                try database.run(
                    "INSERT INTO channel_choice VALUES (?, ?, ?, ?)", .integer(user), .text(type.rawValue),
                    .text(kind.rawValue), .bool(kinds.contains(kind)))
            }
        }
    }

    /// Whether what is critical comes in the quiet hours, too; the hour of the day's digest, if any.
    func habit(of user: Int64) throws -> (isLoud: Bool, digest: Int64?) {
        try database.first("SELECT loud, digest FROM channel_habit WHERE user=?", .integer(user)) {
            ($0.bool(0), $0.optionalInteger(1))
        } ?? (false, nil)
    }

    func save(isLoud: Bool, digest: Int64?, of user: Int64, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO channel_habit (user, loud, digest, since) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (user) DO UPDATE SET loud=?2, since=CASE WHEN digest IS NULL THEN ?4 ELSE since END, digest=?3
            """, .integer(user), .bool(isLoud), .integer(digest), .integer(now))
    }
}
