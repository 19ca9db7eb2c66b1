import Model
import SQLite

/// Who is to call whom back, and when.
public struct ReminderTable: StoreTable {
    let store: Store

    public func row(_ id: Int64) throws -> Reminder? { try rows("WHERE id=?", [.integer(id)]).first }

    /// A person's own: open ones, and those done a moment ago; and what their teams have to do for somebody who was not there.
    public func rows(of person: Int64, seeing scope: CallScope, at now: Int64) throws -> [Reminder] {
        try rows(
            "WHERE (done IS NULL OR done>?) AND (user=? OR team=1) ORDER BY due LIMIT 500",
            [.integer(now - ReminderDesk.afterglow), .integer(person)]
        ).filter { reminder in
            guard reminder.user != person else { return true }
            return try store.calls.row(reminder.call).map { scope.covers($0.snapshot) } ?? false
        }
    }

    /// Those about a call, oldest first.
    public func rows(ofCall call: String) throws -> [Reminder] {
        try rows("WHERE call=? ORDER BY id LIMIT 500", [.text(call)])
    }

    /// Two calls turned out to be one: what was to be done about the first is about the other.
    func move(from: String, to: String) throws {
        try database.run(
            """
            UPDATE reminder SET call=?2 WHERE call=?1 AND NOT EXISTS (
                SELECT 1 FROM reminder AS other WHERE other.call=?2 AND other.user=reminder.user AND other.done IS NULL)
            """, .text(from), .text(to))
        try database.run("DELETE FROM reminder WHERE call=?", .text(from))
    }

    private func rows(_ condition: String, _ values: [Value]) throws -> [Reminder] {
        try database.rows(
            "SELECT id, call, user, who, due, told, team, done_by, done FROM reminder " + condition, arguments: values
        ) { row in
            Reminder(
                id: row.integer(0), call: row.text(1), user: row.integer(2), who: row.text(3), due: row.integer(4),
                told: row.optionalInteger(5), isTeams: row.bool(6), doneBy: row.optionalText(7),
                doneAt: row.optionalInteger(8))
        }
    }

    /// The open one of a person for a call.
    func open(_ call: String, of user: Int64) throws -> Int64? {
        try database.integer(
            "SELECT id FROM reminder WHERE call=? AND user=? AND done IS NULL", .text(call), .integer(user))
    }

    func openCount(of user: Int64) throws -> Int64 {
        try database.integer("SELECT count(*) FROM reminder WHERE user=? AND done IS NULL", .integer(user)) ?? 0
    }

    func add(_ call: String, due: Int64, of person: Person, at now: Int64) throws -> Int64 {
        try database.run(
            "INSERT INTO reminder (call, user, who, due, created) VALUES (?, ?, ?, ?, ?)", .text(call),
            .integer(person.id), .text(person.name), .integer(due), .integer(now))
        return database.lastInsertID
    }

    func move(_ id: Int64, to due: Int64) throws {
        try database.run("UPDATE reminder SET due=?2, told=NULL, team=0 WHERE id=?1", .integer(id), .integer(due))
    }

    /// `who` did it; nil opens it again.
    func settle(_ id: Int64, by who: String?, at now: Int64) throws {
        try database.run(
            "UPDATE reminder SET done=?2, done_by=?3 WHERE id=?1", .integer(id), .integer(who == nil ? nil : now),
            .text(who))
    }

    /// Those whose time has come and of which nobody was told yet, oldest first.
    func due(at now: Int64) throws -> [Reminder] {
        try rows("WHERE done IS NULL AND told IS NULL AND due<=? ORDER BY due LIMIT 100", [.integer(now)])
    }

    /// False when it was told before, or is done.
    func markTold(_ id: Int64, isTeams: Bool, at now: Int64) throws -> Bool {
        try database.run(
            "UPDATE reminder SET told=?2, team=?3 WHERE id=?1 AND told IS NULL AND done IS NULL", .integer(id),
            .integer(now), .integer(isTeams ? 1 : 0)) == 1
    }
}
