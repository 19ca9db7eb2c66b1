public import Model
import SQLite

/// Somebody wants to call back at a time. It is about a call, and says nothing that the call does not: with it, it is forgotten.
public struct Reminder: Equatable, Sendable {
    public var id: Int64
    public var call: String
    public var user: Int64
    public var who: String
    /// Unix milliseconds, as all times here.
    public var due: Int64
    /// When somebody was told that it is time.
    public var told: Int64?
    /// Whoever set it was not there when it was time: their team has it too.
    public var isTeams: Bool
    public var doneBy: String?
    public var doneAt: Int64?

    public var json: JSON {
        .object([
            ("id", .int(id)), ("call", .string(call)), ("who", .string(who)), ("due", .int(due)),
            ("told", told.map(JSON.int)), ("team", isTeams ? true : nil), ("doneBy", doneBy.map(JSON.string)),
            ("doneAt", doneAt.map(JSON.int)),
        ])
    }
}

/// Call-backs with a time: set, told once when it is time, done and undone. They are in the database: a restart loses none, and
/// what came due while nothing ran is told at the start.
public struct ReminderDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    public enum Refusal: Error, Equatable, Sendable {
        /// There is none, or it is none of theirs.
        case noCall
        /// In the past, or further away than `reach`.
        case badTime
        /// So many are open already.
        case tooMany
    }

    /// How far ahead one may be set, in milliseconds.
    public static let reach: Int64 = 366 * 86_400_000
    /// What clocks may differ by: a time that has just passed is now.
    static let grace: Int64 = 60_000
    /// Open ones of one person.
    public static let limit: Int64 = 200
    /// How long one that was done stays in its person's list, to be undone, in milliseconds.
    public static let afterglow: Int64 = 600_000

    /// One open reminder of a person for a call: another time takes its place. Throws `Refusal`; then nothing has changed.
    public func set(
        _ call: String, at due: Int64, seeing sight: CallDesk.Sight, by person: Person, at now: Int64
    ) throws -> Reminder {
        let (sum, overflow) = now.addingReportingOverflow(ReminderDesk.reach)
        guard !overflow, due <= sum, due >= now - ReminderDesk.grace else { throw Refusal.badTime }
        return try store.database.transaction {
            guard sight.covers(try store.calls.call(call)?.snapshot) else { throw Refusal.noCall }
            let old = try store.database.integer(
                "SELECT id FROM reminder WHERE call=? AND user=? AND done IS NULL", .text(call), .integer(person.id))
            let id: Int64
            if let old {
                try store.database.run(
                    "UPDATE reminder SET due=?2, told=NULL, team=0 WHERE id=?1", .integer(old), .integer(due))
                id = old
            } else {
                let open = try store.database.integer(
                    "SELECT count(*) FROM reminder WHERE user=? AND done IS NULL", .integer(person.id))
                guard open ?? 0 < ReminderDesk.limit else { throw Refusal.tooMany }
                try store.database.run(
                    "INSERT INTO reminder (call, user, who, due, created) VALUES (?, ?, ?, ?, ?)", .text(call),
                    .integer(person.id), .text(person.name), .integer(due), .integer(now))
                id = store.database.lastInsertID
            }
            try store.tell(Fact(.reminderSet, call), by: person.author, at: now)
            guard let saved = try store.reminder(id) else { throw Refusal.noCall }
            return saved
        }
    }

    /// Done, or open again; false when it was so already. Whose it is, and their team where it was told to them.
    public func settle(
        _ id: Int64, done: Bool, of scope: CallScope, by person: Person, at now: Int64
    ) throws -> Bool {
        try store.database.transaction {
            guard let reminder = try store.reminder(id) else { throw Refusal.noCall }
            let covers = try store.calls.call(reminder.call).map { scope.covers($0.snapshot) } ?? false
            guard reminder.user == person.id || reminder.isTeams && covers else { throw Refusal.noCall }
            guard (reminder.doneBy == nil) == done else { return false }
            // Somebody may have set another for this call meanwhile: that one stays.
            if !done {
                let other = try store.database.integer(
                    "SELECT id FROM reminder WHERE call=? AND user=? AND done IS NULL", .text(reminder.call),
                    .integer(reminder.user))
                guard other == nil else { return false }
            }
            try store.database.run(
                "UPDATE reminder SET done=?2, done_by=?3 WHERE id=?1", .integer(id), .integer(done ? now : nil),
                .text(done ? person.name : nil))
            try store.tell(Fact(done ? .reminderDone : .reminderUndone, reminder.call), by: person.author, at: now)
            return true
        }
    }

    /// Those whose time has come and of which nobody was told yet, oldest first.
    public func due(at now: Int64) throws -> [Reminder] {
        try store.reminders("WHERE done IS NULL AND told IS NULL AND due<=? ORDER BY due LIMIT 100", [.integer(now)])
    }

    /// It is time, and is told in this moment: once, whatever restarts. `isTeams` where its person is not there.
    public func tell(_ reminder: Reminder, isTeams: Bool, at now: Int64) throws -> Reminder? {
        try store.database.transaction {
            let changed = try store.database.run(
                "UPDATE reminder SET told=?2, team=?3 WHERE id=?1 AND told IS NULL AND done IS NULL",
                .integer(reminder.id), .integer(now), .integer(isTeams ? 1 : 0))
            guard changed == 1 else { return nil }
            try store.tell(
                Fact(.reminderDue, reminder.call, isTeams ? "\(reminder.who) is not there" : nil),
                by: Author(reminder.who), at: now)
            return try store.reminder(reminder.id)
        }
    }
}

extension Store {
    public func reminder(_ id: Int64) throws -> Reminder? { try reminders("WHERE id=?", [.integer(id)]).first }

    /// A person's own: open ones, and those done a moment ago; and what their teams have to do for somebody who was not there.
    public func reminders(of person: Int64, seeing scope: CallScope, at now: Int64) throws -> [Reminder] {
        try reminders(
            "WHERE (done IS NULL OR done>?) AND (user=? OR team=1) ORDER BY due LIMIT 500",
            [.integer(now - ReminderDesk.afterglow), .integer(person)]
        ).filter { reminder in
            guard reminder.user != person else { return true }
            return try call(reminder.call).map { scope.covers($0.snapshot) } ?? false
        }
    }

    /// Two calls turned out to be one: what was to be done about the first is about the other.
    func moveReminders(from: String, to: String) throws {
        try database.run(
            """
            UPDATE reminder SET call=?2 WHERE call=?1 AND NOT EXISTS (
                SELECT 1 FROM reminder AS other WHERE other.call=?2 AND other.user=reminder.user AND other.done IS NULL)
            """, .text(from), .text(to))
        try database.run("DELETE FROM reminder WHERE call=?", .text(from))
    }

    func reminders(_ condition: String, _ values: [Value]) throws -> [Reminder] {
        try database.rows(
            "SELECT id, call, user, who, due, told, team, done_by, done FROM reminder " + condition, arguments: values
        ) { row in
            Reminder(
                id: row.integer(0), call: row.text(1), user: row.integer(2), who: row.text(3), due: row.integer(4),
                told: row.optionalInteger(5), isTeams: row.bool(6), doneBy: row.optionalText(7),
                doneAt: row.optionalInteger(8))
        }
    }
}
