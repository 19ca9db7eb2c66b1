import SQLite

/// A critical fact that nobody has read yet.
public struct Escalation: Equatable, Sendable {
    public var fact: Int64
    public var type: NoticeType
    public var subject: String
    public var steps: Int64

    /// One step, as its notice shows it.
    public struct Step: Equatable, Sendable {
        public var who: String
        public var kind: NoticeChannel.Kind
        public var at: Int64

        public static let shape = Shape<Step>(
            "NoticeStep", [.text("who", \.who), .word("channel", \.kind), .moment("at", \.at)])
    }

    /// The channels that are told next; none: there is nobody left. `duty` in their order; only who was told of it counts, so that a duty
    /// shows nobody what they may not see.
    static func rung(duty: [Int64], told: [Int64], ways: [Int64: [Int64]], used: Set<Int64>) -> [Int64] {
        func next(_ user: Int64) -> Int64? { ways[user]?.first { !used.contains($0) } }
        let onDuty = duty.filter { told.contains($0) && !(ways[$0] ?? []).isEmpty }
        return onDuty.isEmpty ? told.compactMap(next) : onDuty.lazy.compactMap(next).prefix(1).map { $0 }
    }
}

/// What was read by nobody, and who was told then.
public struct EscalationTable: StoreTable {
    let store: Store

    /// A critical line was told. Within the inbox's transaction.
    func begin(_ fact: Int64, _ type: NoticeType, _ subject: String, at now: Int64) throws {
        try database.run(
            "INSERT OR IGNORE INTO escalation (fact, type, subject, begun, last) VALUES (?1, ?2, ?3, ?4, ?4)",
            .integer(fact), .text(type.rawValue), .text(subject), .integer(now))
    }

    func due(at moment: Int64, limit: Int) throws -> [Escalation] {
        try database.rows(
            "SELECT fact, type, subject, steps FROM escalation WHERE done IS NULL AND last<=? ORDER BY last LIMIT ?",
            .integer(moment), .integer(limit)
        ) { row in
            NoticeType(rawValue: row.text(1)).map {
                Escalation(fact: row.integer(0), type: $0, subject: row.text(2), steps: row.integer(3))
            }
        }.compactMap(\.self)
    }

    /// The line of each person who was told and has not seen it; nil where one of them has, or none is left.
    func unread(_ fact: Int64) throws -> [Int64: Int64]? {
        var lines: [Int64: Int64] = [:]
        var isSeen = false
        try database.each(
            "SELECT user, id, read IS NOT NULL OR snoozed IS NOT NULL FROM inbox WHERE fact=? AND priority=3",
            .integer(fact)
        ) { row in
            lines[row.integer(0)] = row.integer(1)
            isSeen = isSeen || row.bool(2)
            return true
        }
        return isSeen || lines.isEmpty ? nil : lines
    }

    /// Channels by which it was told already.
    func used(_ fact: Int64) throws -> Set<Int64> {
        Set(
            try database.rows(
                """
                SELECT channel FROM channel_line WHERE state IN ('waiting', 'done') AND line IN (SELECT id FROM inbox WHERE fact=?1 AND priority=3)
                UNION SELECT channel FROM escalation_step WHERE fact=?1
                """, .integer(fact)
            ) { $0.integer(0) })
    }

    func note(_ fact: Int64, _ channel: NoticeChannel, at now: Int64) throws {
        try database.run(
            "INSERT OR REPLACE INTO escalation_step VALUES (?, ?, ?, ?, ?)", .integer(fact), .integer(channel.id),
            .integer(channel.user), .text(channel.kind.rawValue), .integer(now))
    }

    func stepped(_ fact: Int64, at now: Int64) throws {
        try database.run("UPDATE escalation SET steps=steps+1, last=?2 WHERE fact=?1", .integer(fact), .integer(now))
    }

    func end(_ fact: Int64, by who: String?, at now: Int64) throws {
        try database.run(
            "UPDATE escalation SET done=?2, done_by=?3 WHERE fact=?1 AND done IS NULL", .integer(fact), .integer(now),
            .text(who))
    }

    /// Somebody reads, puts off or removes lines of theirs: what stands behind them goes on to nobody else. Before their deed; `condition`
    /// is one of the inbox's.
    func seen(_ condition: String, _ values: [Value], by person: Person, at now: Int64) throws {
        let open = try database.rows(
            """
            SELECT escalation.fact, escalation.type, escalation.subject, steps FROM escalation JOIN inbox ON inbox.fact=escalation.fact
            WHERE done IS NULL AND inbox.read IS NULL AND inbox.user=?1 AND \(condition)
            """, arguments: [.integer(person.id)] + values
        ) { row in
            NoticeType(rawValue: row.text(1)).map {
                Escalation(fact: row.integer(0), type: $0, subject: row.text(2), steps: row.integer(3))
            }
        }.compactMap(\.self)
        for one in open {
            try end(one.fact, by: person.name, at: now)
            try database.run(
                """
                UPDATE channel_line SET state='void' WHERE state='waiting' AND raised=1
                    AND line IN (SELECT id FROM inbox WHERE fact=? AND priority=3)
                """, .integer(one.fact))
            if one.steps > 0 {
                try store.tell(Fact(.noticeSeen, one.subject, one.type.rawValue), by: person.author, at: now)
            }
        }
    }

    /// The steps of lines, by line.
    public func steps(of lines: [Int64]) throws -> [Int64: [Escalation.Step]] {
        guard !lines.isEmpty else { return [:] }
        var steps: [Int64: [Escalation.Step]] = [:]
        try database.each(
            """
            SELECT inbox.id, coalesce((SELECT name FROM user WHERE id=step.user), ''), step.kind, step.at FROM inbox
            JOIN escalation_step AS step ON step.fact=inbox.fact
            WHERE inbox.id IN (\(lines.map(String.init).joined(separator: ","))) ORDER BY step.at, step.channel
            """
        ) { row in
            if let kind = NoticeChannel.Kind(rawValue: row.text(2)) {
                steps[row.integer(0), default: []].append(.init(who: row.text(1), kind: kind, at: row.integer(3)))
            }
            return true
        }
        return steps
    }

    /// What is over for long, with its steps.
    public func forget(before moment: Int64) throws {
        try database.run(
            "DELETE FROM escalation_step WHERE fact IN (SELECT fact FROM escalation WHERE done<?)", .integer(moment))
        try database.run("DELETE FROM escalation WHERE done<?", .integer(moment))
    }

    /// Those that go on still.
    public func open() throws -> Int64 {
        try database.integer("SELECT count(*) FROM escalation WHERE done IS NULL AND steps>0") ?? 0
    }
}
