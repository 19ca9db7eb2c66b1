import SQLite

/// Somebody is on duty: on some days of the week, from one minute of the day until another.
public struct Duty: Equatable, Sendable {
    public var user: Int64
    /// As people know them; empty where they are none any more.
    public var name: String
    /// Bit 0 is Monday.
    public var days: Int64
    public var from: Int64
    /// Not this minute itself; before `from` it is the next day's, the same one is a whole day.
    public var until: Int64

    /// Rows of the list.
    public static let limit = 100
    public static let everyDay: Int64 = 0x7F

    public init(user: Int64, name: String = "", days: Int64, from: Int64, until: Int64) {
        (self.user, self.name, self.days) = (user, name, days)
        (self.from, self.until) = (from, until)
    }

    public static let shape = Shape<Duty>(
        "Duty",
        [
            .integer("user", \.user), .text("name", \.name), .integer("days", \.days), .integer("from", \.from),
            .integer("until", \.until),
        ])

    /// A night belongs to the day on which it begins.
    public func covers(_ time: SiteTime) -> Bool {
        guard SiteTime.isWithin(time.minute, from, until) else { return false }
        let begun = from >= until && time.minute < from && from != until
        let day = begun ? (time.weekday + 6) % 7 : time.weekday
        return days & (1 << day) != 0
    }
}

/// Who is on duty, in the order in which they are told what nobody has read.
public struct DutyTable: StoreTable {
    let store: Store

    public func rows() throws -> [Duty] {
        try database.rows(
            """
            SELECT user, coalesce((SELECT name FROM user WHERE id=duty.user), ''), days, start, stop FROM duty
            ORDER BY position
            """
        ) {
            Duty(
                user: $0.integer(0), name: $0.text(1), days: $0.integer(2), from: $0.integer(3), until: $0.integer(4))
        }
    }

    /// Each once.
    func people(at time: SiteTime) throws -> [Int64] {
        var seen: Set<Int64> = []
        return try rows().filter { $0.covers(time) }.map(\.user).filter { seen.insert($0).inserted }
    }

    func replace(_ rows: [Duty]) throws {
        try database.run("DELETE FROM duty")
        for (position, row) in rows.enumerated() {
            try database.run(
                "INSERT INTO duty (user, days, start, stop, position) VALUES (?, ?, ?, ?, ?)", .integer(row.user),
                .integer(row.days), .integer(row.from), .integer(row.until), .integer(position))
        }
    }
}

/// Who is told what nobody has read, and how it goes on until somebody has.
public struct DutyDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    private static let server = Author("edge-ingest")
    /// Those that one look takes a step further.
    static let portion = 50

    public enum Refusal: Error, Equatable, Sendable {
        case noSuchPerson(Int64)
        case full
    }

    /// The whole list at once. Throws `Refusal`.
    public func set(_ rows: [Duty], by author: Author, at now: Int64) throws -> [Duty] {
        guard rows.count <= Duty.limit else { throw Refusal.full }
        return try store.transaction {
            for row in rows where try store.people.user(id: row.user) == nil { throw Refusal.noSuchPerson(row.user) }
            try store.duty.replace(rows)
            let list = try store.duty.rows()
            try store.tell(
                Fact(.dutySet, Int64(list.count), Set(list.map(\.name)).sorted().joined(separator: ", ")), by: author,
                at: now)
            return list
        }
    }

    /// What is critical and was read by nobody for `patience` milliseconds goes on: to the next channel of whoever is on duty, then to the
    /// next of them; where nobody is, to the next channel of everybody who was told.
    public func lookAround(at now: Int64, _ time: SiteTime, patience: Int64) throws {
        let due = try store.escalations.due(at: now - patience, limit: DutyDesk.portion)
        guard !due.isEmpty else { return }
        let onDuty = try store.duty.people(at: time)
        for one in due { try store.transaction { try step(one, onDuty, at: now) } }
    }

    /// What was over ninety days ago, as the longest of the notices.
    public func forget(at now: Int64) throws {
        try store.transaction { try store.escalations.forget(before: now - 90 * 86_400_000) }
    }

    private func step(_ one: Escalation, _ onDuty: [Int64], at now: Int64) throws {
        guard let lines = try store.escalations.unread(one.fact) else {
            // Somebody has seen to it, or it has gone.
            return try store.escalations.end(one.fact, by: nil, at: now)
        }
        let used = try store.escalations.used(one.fact)
        var ways: [Int64: [NoticeChannel]] = [:]
        for user in lines.keys { ways[user] = try store.channels.rows(of: user) }
        let rung = Escalation.rung(
            duty: onDuty, told: lines.keys.sorted(), ways: ways.mapValues { $0.map(\.id) }, used: used)
        guard !rung.isEmpty else {
            if one.steps > 0 {
                try store.tell(
                    Fact(.noticeUnseen, one.subject, "\(one.type.rawValue): \(one.steps)"), by: Self.server, at: now)
            }
            return try store.escalations.end(one.fact, by: nil, at: now)
        }
        var names: [String] = []
        for id in rung {
            guard let channel = try store.channels.channel(id), let line = lines[channel.user] else { continue }
            try store.channels.wait(line, for: id, due: now, at: now, isRaised: true)
            try store.escalations.note(one.fact, channel, at: now)
            names.append("\(try store.people.user(id: channel.user)?.name ?? ""): \(channel.kind.rawValue)")
        }
        try store.escalations.stepped(one.fact, at: now)
        try store.tell(
            Fact(.noticeRaised, one.subject, "\(one.type.rawValue): \(names.joined(separator: ", "))"), by: Self.server,
            at: now)
    }
}
