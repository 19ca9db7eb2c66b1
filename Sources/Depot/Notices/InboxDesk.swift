import SQLite

/// What people do to their own inboxes: nobody reads, or empties, another's. Each deed may be done again; it says how many lines it
/// changed.
public struct InboxDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// How far ahead a line may be put off, in milliseconds.
    public static let reach: Int64 = 366 * 86_400_000
    /// Lines that one deed names.
    public static let idLimit = 500
    /// Characters of the text of a test.
    public static let textLimit = 200

    public enum Refusal: Error, Equatable, Sendable {
        /// There is none, or it is none of theirs.
        case noEntry
        /// In the past, or further away than `reach`.
        case badTime
    }

    /// Read, or unread again. What was put off is read then, too. Numbers that are none of theirs are passed over.
    public func mark(_ ids: [Int64], read: Bool, of person: Person, at now: Int64) throws -> Int {
        try store.transaction {
            var count = 0
            for id in ids.prefix(InboxDesk.idLimit) {
                if read { try seen(id, by: person, at: now) }
                count += try store.inbox.change(
                    "UPDATE inbox SET read=?2, snoozed=NULL", where: "id=?3 AND (read IS NULL)=?4", of: person.id,
                    [.integer(read ? now : nil), .integer(id), .bool(read)])
            }
            return count
        }
    }

    /// All that wait now, up to the fact that the person had been told of: what came since stays.
    public func markAll(upTo seq: Int64, of person: Person, at now: Int64) throws -> Int {
        try store.transaction {
            try store.escalations.seen("inbox.snoozed IS NULL AND inbox.seq<=?2", [.integer(seq)], by: person, at: now)
            return try store.inbox.change(
                "UPDATE inbox SET read=?2", where: "read IS NULL AND snoozed IS NULL AND seq<=?3", of: person.id,
                [.integer(now), .integer(seq)])
        }
    }

    /// Puts one off until then: it is unread again when the time has come, for a day at least. Nil brings it back at once. Throws `Refusal`.
    public func snooze(_ id: Int64, until: Int64?, of person: Person, at now: Int64) throws -> Int {
        let (limit, overflow) = now.addingReportingOverflow(InboxDesk.reach)
        if let until {
            guard !overflow, until > now, until <= limit else { throw Refusal.badTime }
        }
        return try store.transaction {
            guard try store.inbox.row(id, of: person.id) != nil else { throw Refusal.noEntry }
            if until != nil { try seen(id, by: person, at: now) }
            return try store.inbox.change(
                """
                UPDATE inbox SET snoozed=?2, read=CASE WHEN ?2 IS NULL THEN read END,
                    expires=max(expires, coalesce(?2 + 86400000, 0))
                """,
                where: "id=?3 AND snoozed IS NOT ?2", of: person.id, [.integer(until), .integer(id)])
        }
    }

    public func remove(_ id: Int64, of person: Person, at now: Int64) throws -> Int {
        try store.transaction {
            try seen(id, by: person, at: now)
            return try store.inbox.change("DELETE FROM inbox", where: "id=?2", of: person.id, [.integer(id)])
        }
    }

    /// What is critical goes on to nobody else.
    private func seen(_ id: Int64, by person: Person, at now: Int64) throws {
        try store.escalations.seen("inbox.id=?2", [.integer(id)], by: person, at: now)
    }

    public func removeRead(of person: Person) throws -> Int {
        try store.transaction {
            try store.inbox.change("DELETE FROM inbox", where: "read IS NOT NULL", of: person.id)
        }
    }

    /// What waits for them now.
    public func counts(of person: Person) throws -> InboxCounts { try store.inbox.counts(of: person.id) }

    /// Tells somebody what they want to be told, the way in which everything is told.
    public func test(_ text: String?, by person: Person, at now: Int64) throws {
        try store.tell(
            Fact(.noticeTested, person.name, text.map { String($0.prefix(InboxDesk.textLimit)) }), by: person.author,
            at: now)
    }

    /// Removes what nobody need read any more, and brings back what was put off. Called now and then; true when there may be more.
    public func lookAround(at now: Int64) throws -> Bool {
        try store.transaction { try store.inbox.lookAround(at: now) }
    }
}
