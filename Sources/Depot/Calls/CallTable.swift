public import Model
import SQLite

/// One call of the history.
public struct CallRow: Equatable, Sendable {
    public var snapshot: CallSnapshot
    public var agent: String
    public var key: String?
    public var missed: Missed?
    public var note: CallNote?

    /// A call that nobody took, and what became of it.
    public struct Missed: Equatable, Sendable {
        public var takenBy: String?
        public var doneBy: String?
        public var isOpen: Bool { doneBy == nil }
    }
}

/// What people wrote about a call.
public struct CallNote: Equatable, Sendable {
    /// Grows with every change.
    public var revision: Int64
    public var note: String
    /// What it was about, a word of the site's own list.
    public var disposition: String?
    /// Who it was, where several clients share the number.
    public var party: Int64?
    public var who: String
    public var at: Int64

    public init(
        revision: Int64, note: String, disposition: String? = nil, party: Int64? = nil, who: String, at: Int64
    ) {
        self.revision = revision
        self.note = note
        self.disposition = disposition
        self.party = party
        self.who = who
        self.at = at
    }

    public static let shape = Shape<CallNote>(
        "CallNote",
        [
            .integer("rev", \.revision), .text("note", \.note), .text("disposition", ifAny: \.disposition),
            .integer("party", ifAny: \.party), .text("who", \.who), .moment("at", \.at),
        ])

    public var json: JSON { CallNote.shape.json(self) }
}

/// Whose calls: those in which one of these telephones or queues took part. Nobody sees another's.
public struct CallScope: Equatable, Sendable {
    public var desks: Set<String>
    public var queues: Set<String>

    public init(desks: Set<String>, queues: Set<String> = []) {
        self.desks = desks
        self.queues = queues
    }

    public func covers(_ snapshot: CallSnapshot) -> Bool {
        snapshot.legs.contains { $0.desk.map(desks.contains) ?? false } || desks.contains(snapshot.caller?.number ?? "")
            || desks.contains(snapshot.called ?? "") || queues.contains(snapshot.queue ?? "")
    }
}

/// Calls with their notes, and what was asked of exchanges.
public struct CallTable: StoreTable {
    let store: Store

    /// What became of a state of a call.
    public enum Filing: Equatable, Sendable {
        case newer
        /// As old as what is here, or older.
        case known
        /// The call, or the one that it is said to be part of, is this other agent's: nothing has changed.
        case foreign(String)
    }

    /// Keeps the newest state of a call; true when this one was newer. `key` is the other side's number as compared.
    public func save(_ snapshot: CallSnapshot, agent: String, key: String?) throws -> Bool {
        try file(snapshot, agent: agent, key: key) == .newer
    }

    /// The same, with the reason. `snapshot` is named as the centre names calls, see `CallSnapshot.filed(under:)`.
    public func file(_ snapshot: CallSnapshot, agent: String, key: String?) throws -> Filing {
        for id in [snapshot.call, snapshot.mergedInto].compactMap(\.self) {
            let owner = try database.text("SELECT agent FROM call WHERE id=?", .text(id))
            if let owner, owner != agent { return .foreign(owner) }
        }
        if let into = snapshot.mergedInto {
            try moveNote(from: snapshot.call, to: into)
            try store.reminders.move(from: snapshot.call, to: into)
            try store.erasure.forget(calls: [snapshot.call])
            return .newer
        }
        let changed = try database.run(
            """
            INSERT INTO call VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT DO UPDATE SET revision=?3, state=?4, direction=?5, key=?6, answered=?8, ended=?9, snapshot=?10,
            queue=?11 WHERE ?3 > revision
            """, .text(snapshot.call), .text(agent), .integer(snapshot.revision), .text(snapshot.state.rawValue),
            .text(snapshot.direction?.rawValue), .text(key), .integer(snapshot.startedAt),
            .integer(snapshot.answeredAt),
            .integer(snapshot.endedAt), .text(snapshot.json.description), .text(snapshot.queue))
        guard changed == 1 else { return .known }
        for desk in snapshot.desks {
            try database.run(
                "INSERT OR IGNORE INTO call_desk VALUES (?, ?, ?)", .text(desk), .integer(snapshot.startedAt),
                .text(snapshot.call))
        }
        if snapshot.isMissed {
            let at = snapshot.endedAt ?? snapshot.startedAt
            try database.run(
                "INSERT INTO missed (call, at) VALUES (?, ?) ON CONFLICT DO NOTHING", .text(snapshot.call), .integer(at)
            )
            // Its record may come after that of the conversation that settled it.
            if let key, key != "withheld", snapshot.direction == .inbound,
                let later = try rows(key: key, limit: 20).first(where: {
                    $0.snapshot.wasReached && ($0.snapshot.answeredAt ?? 0) >= at
                })
            {
                _ = try settleMissed(snapshot.call, who: "call", at: later.snapshot.answeredAt ?? at)
            }
        }
        if snapshot.wasReached { try settle(after: snapshot, key: key) }
        // Lost from sight and found again: it was not missed, or not yet.
        if !snapshot.isMissed {
            try database.run("DELETE FROM missed WHERE call=? AND done IS NULL", .text(snapshot.call))
        }
        if snapshot.state == .ended {
            try store.tell(
                Fact(snapshot.isMissed ? .callMissed : .callEnded, snapshot.call), by: Author(agent),
                at: snapshot.endedAt ?? snapshot.startedAt)
        }
        return .newer
    }

    /// A conversation with the same number in either direction settles what was missed from it; between two telephones of
    /// ours, what either had missed from the other.
    private func settle(after snapshot: CallSnapshot, key: String?) throws {
        let at = snapshot.answeredAt ?? snapshot.startedAt
        if snapshot.direction == .internal {
            guard let caller = snapshot.caller?.number else { return }
            let open = try database.rows(
                CallTable.columns
                    + "WHERE direction='internal' AND missed.call IS NOT NULL AND missed.done IS NULL AND missed.at<=? LIMIT 200",
                .integer(at), map: CallTable.row
            ).compactMap(\.self)
            for row in open {
                let (from, by) = (
                    row.snapshot.caller?.number ?? "", row.snapshot.missedBy + row.snapshot.perhapsMissedBy
                )
                let isPair = snapshot.answeredBy.contains {
                    from == caller && by.contains($0) || from == $0 && by.contains(caller)
                }
                if isPair { _ = try settleMissed(row.snapshot.call, who: "call", at: at) }
            }
        } else if let key, key != "withheld" {
            try database.run(
                """
                UPDATE missed SET done=?2, done_by='call' WHERE done IS NULL AND at<=?2
                AND call IN (SELECT id FROM call WHERE key=?1)
                """, .text(key), .integer(at))
        }
    }

    private static let columns = """
        SELECT call.snapshot, call.agent, call.key, missed.call IS NOT NULL, missed.taken_by, missed.done_by,
        missed.done IS NOT NULL, call_note.revision, call_note.note, call_note.disposition, call_note.party,
        call_note.who, call_note.at
        FROM call LEFT JOIN missed ON missed.call=call.id LEFT JOIN call_note ON call_note.call=call.id

        """

    private static func row(_ row: SQLite.Row) -> CallRow? {
        guard let json = try? JSON(parsing: row.text(0)), let snapshot = CallSnapshot(json: json) else { return nil }
        var missed: CallRow.Missed?
        if row.bool(3) {
            missed = CallRow.Missed(
                takenBy: row.optionalText(4), doneBy: row.bool(6) ? row.optionalText(5) ?? "-" : nil)
        }
        return CallRow(
            snapshot: snapshot, agent: row.text(1), key: row.optionalText(2), missed: missed,
            note: row.optionalInteger(7) == nil ? nil : note(row, from: 7))
    }

    static func note(_ row: SQLite.Row, from column: Int) -> CallNote {
        CallNote(
            revision: row.integer(column), note: row.text(column + 1), disposition: row.optionalText(column + 2),
            party: row.optionalInteger(column + 3), who: row.text(column + 4), at: row.integer(column + 5))
    }

    public func rows(key: String, limit: Int) throws -> [CallRow] {
        try database.rows(
            CallTable.columns + "WHERE key=? AND state='ended' ORDER BY started DESC LIMIT ?", .text(key),
            .integer(limit),
            map: CallTable.row
        ).compactMap(\.self)
    }

    /// Calls of a scope, newest first. `text` finds clients by name or company, numbers by their digits, and notes.
    public func rows(
        of scope: CallScope, matching text: String = "", from: Int64 = 0, to: Int64 = .max, limit: Int
    ) throws -> [CallRow] {
        var conditions = ["state='ended'", "started>=?", "started<?"]
        var values = [Value.integer(from), .integer(to)]
        let text = text.trimming(" ")
        if text.isEmpty, let last = last(of: scope, from, to, limit) {
            conditions.append(last.condition)
            values += last.values
        } else {
            conditions.append(
                """
                (call.id IN (SELECT call FROM call_desk WHERE desk IN (\(CallTable.marks(scope.desks.count))))
                OR queue IN (\(CallTable.marks(scope.queues.count))))
                """)
            values += (scope.desks.sorted() + scope.queues.sorted()).map { Value.text($0) }
        }
        if !text.isEmpty {
            let pattern = "%" + text.filter { $0 != "%" && $0 != "_" } + "%"
            var found = [
                """
                key IN (SELECT key FROM party_number JOIN party ON party.id=party_number.party
                WHERE party.name LIKE ? OR party.company LIKE ?)
                """, "json_extract(call.snapshot, '$.caller.name') LIKE ?", "call_note.note LIKE ?",
                "call_note.disposition=?",
            ]
            values += [.text(pattern), .text(pattern), .text(pattern), .text(pattern), .text(text)]
            // The trunk prefix is not in what is compared.
            let digits = text.filter(\.isASCII).filter(\.isWholeNumber)
            let tail = String(digits.drop { $0 == "0" })
            if tail.count >= 2, text.allSatisfy({ !$0.isLetter }) {
                found.append("key LIKE ?")
                values.append(.text("%\(tail)%"))
            }
            conditions.append("(" + found.joined(separator: " OR ") + ")")
        }
        return try database.rows(
            CallTable.columns + "WHERE " + conditions.joined(separator: " AND ") + " ORDER BY started DESC LIMIT ?",
            arguments: values + [.integer(limit)], map: CallTable.row
        ).compactMap(\.self)
    }

    private static func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ",")
    }

    /// What a team still has to call back, newest first.
    public func missed(of scope: CallScope, limit: Int = 200) throws -> [CallRow] {
        try database.rows(
            CallTable.columns
                + "WHERE missed.call IS NOT NULL AND missed.done IS NULL ORDER BY missed.at DESC LIMIT 2000",
            map: CallTable.row
        ).lazy.compactMap(\.self).filter { scope.missed($0.snapshot) }.prefix(limit).map(\.self)
    }

    public func row(_ id: String) throws -> CallRow? {
        try database.rows(CallTable.columns + "WHERE call.id=?", .text(id), map: CallTable.row).compactMap(\.self).first
    }

    public func running(since: Int64) throws -> [CallRow] {
        try database.rows(CallTable.columns + "WHERE state<>'ended' AND started>?", .integer(since), map: CallTable.row)
            .compactMap(\.self)
    }

    public func settleMissed(_ call: String, who: String, at now: Int64) throws -> Bool {
        let changed = try database.run(
            "UPDATE missed SET done=?2, done_by=?3 WHERE call=?1 AND done IS NULL", .text(call), .integer(now),
            .text(who))
        if changed == 1 { try store.tell(Fact(.missedDone, call), by: Author(who), at: now) }
        return changed == 1
    }

    /// One person says that they will call back; false when somebody else has, or nobody need. Nil gives it back.
    public func takeMissed(_ call: String, who: String?, by person: String, at now: Int64) throws -> Bool {
        let changed = try database.run(
            """
            UPDATE missed SET taken=?2, taken_by=?3 WHERE call=?1 AND done IS NULL AND (taken_by IS NULL OR taken_by=?4)
            """, .text(call), .integer(who == nil ? nil : now), .text(who), .text(person))
        if changed == 1 {
            try store.tell(Fact(who == nil ? .missedGivenBack : .missedTaken, call), by: Author(person), at: now)
        }
        return changed == 1
    }

    // MARK: commands

    public func add(_ command: Command, agent: String, user: Int64?) throws {
        try database.run(
            "INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, 'sent', NULL, NULL)", .text(command.id), .text(agent),
            .integer(user), .text(command.json.description), .integer(command.issued),
            .integer(command.issued + Int64(command.ttl) * 1000))
    }

    /// How a click of this person went; nil when there was none with this id.
    public func progress(ofCommand id: String, user: Int64) throws -> CommandProgress? {
        try database.first(
            "SELECT state, cause FROM command WHERE id=? AND user=?", .text(id), .integer(user)
        ) {
            CommandProgress(
                id: id, state: CommandProgress.State(rawValue: $0.text(0)) ?? .accepted, cause: $0.optionalText(1))
        }
    }

    /// Progress only goes forward; a final state stays. It is taken from the agent that was asked and from no other. Returns
    /// whose command it was, when something changed.
    public func advance(_ progress: CommandProgress, from sender: String) throws -> (user: Int64?, agent: String)? {
        guard
            let (state, user, agent) = try database.first(
                "SELECT state, user, agent FROM command WHERE id=?", .text(progress.id),
                map: { ($0.text(0), $0.optionalInteger(1), $0.text(2)) }), agent == sender
        else { return nil }
        let order: [CommandProgress.State] = [.accepted, .ringingOwn, .ringingOther, .talking]
        if let current = CommandProgress.State(rawValue: state) {
            if current.isFinal { return nil }
            if !progress.state.isFinal, let a = order.firstIndex(of: current),
                let b = order.firstIndex(of: progress.state), b <= a
            {
                return nil
            }
        }
        try database.run(
            "UPDATE command SET state=?, cause=?, call=coalesce(?, call) WHERE id=?", .text(progress.state.rawValue),
            .text(progress.cause), .text(progress.call), .text(progress.id))
        return (user, agent)
    }

    /// Commands that no agent took up in time are void; returns them with their owners.
    public func expireCommands(at now: Int64) throws -> [(id: String, user: Int64?)] {
        let void = try database.rows("SELECT id, user FROM command WHERE state='sent' AND expires<?", .integer(now)) {
            ($0.text(0), $0.optionalInteger(1))
        }
        if !void.isEmpty {
            try database.run("UPDATE command SET state='expired' WHERE state='sent' AND expires<?", .integer(now))
        }
        return void.map { (id: $0.0, user: $0.1) }
    }

    /// Of `agents` the one that told most of the last calls of a telephone: one that is forged draws nothing to its teller.
    public func teller(ofDesk desk: String, among agents: [String]) throws -> String? {
        try database.text(
            """
            SELECT agent FROM (
                SELECT call.agent AS agent, call_desk.started AS started FROM call_desk JOIN call ON call.id=call_desk.call
                WHERE desk=?1 AND call.agent IN (SELECT value FROM json_each(?2)) ORDER BY call_desk.started DESC LIMIT 20)
            GROUP BY agent ORDER BY count(*) DESC, max(started) DESC LIMIT 1
            """, .text(desk), .text(JSON.array(agents.map(JSON.string)).description))
    }

    public func agent(ofCommand id: String, user: Int64) throws -> String? {
        try database.text("SELECT agent FROM command WHERE id=? AND user=?", .text(id), .integer(user))
    }

    /// The last clicks of a person, with how they stand.
    public func commands(of user: Int64, since moment: Int64) throws -> [CommandProgress] {
        try database.rows(
            "SELECT id, state, cause FROM command WHERE user=? AND issued>=? ORDER BY issued LIMIT 20", .integer(user),
            .integer(moment)
        ) {
            CommandProgress(
                id: $0.text(0), state: CommandProgress.State(rawValue: $0.text(1)) ?? .accepted,
                cause: $0.optionalText(2))
        }
    }
}

extension CallSnapshot {
    /// Telephones that took part.
    public var desks: Set<String> {
        var desks = Set(legs.compactMap(\.desk))
        if direction == .internal || direction == .outbound, let desk = caller?.number { desks.insert(desk) }
        // Where an exchange says only which number was called, also once somebody took it; and a line's own number.
        if direction == .inbound, let called, isByNumber(called) { desks.insert(called) }
        return desks
    }

    /// An exchange that says only which number was called, never which telephones ring.
    var isSilent: Bool { direction == .inbound && called != nil && queue == nil && !legs.contains { $0.rangAt != nil } }

    /// Somebody wanted us and reached nobody: a telephone rang in vain, or the queue let them go.
    public var isMissed: Bool {
        if isSilent, state == .ended, !wasReached, cause == .callerGaveUp || cause == .noAnswer { return true }
        return
            state == .ended && direction != .outbound
            && (!missedBy.isEmpty || queue != nil && !wasReached && cause != .lost || isPerhapsMissed)
    }

    /// A telephone rang, or somebody waited in a queue, when the line to the exchange broke; nobody can say whether they
    /// were reached. Better called back once too often than never.
    public var isPerhapsMissed: Bool {
        state == .ended && direction != .outbound && missedBy.isEmpty
            && (!perhapsMissedBy.isEmpty || queue != nil && !wasReached && cause == .lost)
    }
}
