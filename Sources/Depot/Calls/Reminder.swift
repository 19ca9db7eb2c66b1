public import Model

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

    public static let shape = Shape<Reminder>(
        "Reminder",
        [
            .integer("id", \.id), .text("call", \.call), .text("who", \.who), .moment("due", \.due),
            .moment("told", ifAny: \.told), .mark("team", \.isTeams), .text("doneBy", ifAny: \.doneBy),
            .moment("doneAt", ifAny: \.doneAt),
        ])

    public var json: JSON { Reminder.shape.json(self) }
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
        return try store.transaction {
            guard sight.covers(try store.calls.row(call)?.snapshot) else { throw Refusal.noCall }
            let id: Int64
            if let old = try store.reminders.open(call, of: person.id) {
                try store.reminders.move(old, to: due)
                id = old
            } else {
                guard try store.reminders.openCount(of: person.id) < ReminderDesk.limit else { throw Refusal.tooMany }
                id = try store.reminders.add(call, due: due, of: person, at: now)
            }
            try store.tell(Fact(.reminderSet, call), by: person.author, at: now)
            guard let saved = try store.reminders.row(id) else { throw Refusal.noCall }
            return saved
        }
    }

    /// Done, or open again; false when it was so already. Whose it is, and their team where it was told to them.
    public func settle(
        _ id: Int64, done: Bool, of scope: CallScope, by person: Person, at now: Int64
    ) throws -> Bool {
        try store.transaction {
            guard let reminder = try store.reminders.row(id) else { throw Refusal.noCall }
            let covers = try store.calls.row(reminder.call).map { scope.covers($0.snapshot) } ?? false
            guard reminder.user == person.id || reminder.isTeams && covers else { throw Refusal.noCall }
            guard (reminder.doneBy == nil) == done else { return false }
            // Somebody may have set another for this call meanwhile: that one stays.
            if !done, try store.reminders.open(reminder.call, of: reminder.user) != nil { return false }
            try store.reminders.settle(id, by: done ? person.name : nil, at: now)
            try store.tell(Fact(done ? .reminderDone : .reminderUndone, reminder.call), by: person.author, at: now)
            return true
        }
    }

    /// Those whose time has come and of which nobody was told yet, oldest first.
    public func due(at now: Int64) throws -> [Reminder] {
        try store.reminders.due(at: now)
    }

    /// It is time, and is told in this moment: once, whatever restarts. `isTeams` where its person is not there.
    public func tell(_ reminder: Reminder, isTeams: Bool, at now: Int64) throws -> Reminder? {
        try store.transaction {
            guard try store.reminders.markTold(reminder.id, isTeams: isTeams, at: now) else { return nil }
            try store.tell(
                Fact(.reminderDue, reminder.call, isTeams ? "\(reminder.who) is not there" : nil),
                by: Author(reminder.who), at: now)
            return try store.reminders.row(reminder.id)
        }
    }
}
