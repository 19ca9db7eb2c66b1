public import Model
import SQLite

/// One call of the history.
public struct CallRow: Equatable, Sendable {
    public var snapshot: CallSnapshot
    public var agent: String
    public var key: String?
    public var missedOpen: Bool

    public var json: JSON {
        .object([
            ("call", snapshot.json), ("agent", .string(agent)), ("missedOpen", .bool(missedOpen)),
        ])
    }
}

extension Store {
    /// Keeps the newest state of a call; true when this one was newer. `key` is the other side's number as compared.
    public func save(_ snapshot: CallSnapshot, agent: String, key: String?) throws -> Bool {
        guard snapshot.mergedInto == nil else {
            try database.run("DELETE FROM call WHERE id=?", .text(snapshot.call))
            try database.run("DELETE FROM missed WHERE call=?", .text(snapshot.call))
            return true
        }
        let changed = try database.run(
            """
            INSERT INTO call VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT DO UPDATE SET revision=?3, state=?4, direction=?5, key=?6, answered=?8, ended=?9, snapshot=?10
            WHERE ?3 > revision
            """, .text(snapshot.call), .text(agent), .integer(snapshot.revision), .text(snapshot.state.rawValue),
            .text(snapshot.direction?.rawValue), .text(key), .integer(snapshot.startedAt),
            .integer(snapshot.answeredAt),
            .integer(snapshot.endedAt), .text(snapshot.json.description))
        guard changed == 1 else { return false }
        if snapshot.state == .ended, !snapshot.missedBy.isEmpty, snapshot.direction != .outbound {
            try database.run(
                "INSERT INTO missed (call, at) VALUES (?, ?) ON CONFLICT DO NOTHING", .text(snapshot.call),
                .integer(snapshot.endedAt ?? snapshot.startedAt))
        }
        // A conversation with the same number in either direction settles what was missed from it.
        if let key, snapshot.wasReached, key != "withheld" {
            try database.run(
                """
                UPDATE missed SET done=?2, done_by='call' WHERE done IS NULL AND at<=?2
                AND call IN (SELECT id FROM call WHERE key=?1)
                """, .text(key), .integer(snapshot.answeredAt ?? snapshot.startedAt))
        }
        return true
    }

    private static let columns =
        "SELECT call.snapshot, call.agent, call.key, missed.call IS NOT NULL AND missed.done IS NULL FROM call LEFT JOIN missed ON missed.call=call.id "

    private static func row(_ row: SQLite.Row) -> CallRow? {
        guard let json = try? JSON(parsing: row.text(0)), let snapshot = CallSnapshot(json: json) else { return nil }
        return CallRow(snapshot: snapshot, agent: row.text(1), key: row.optionalText(2), missedOpen: row.bool(3))
    }

    public func calls(limit: Int) throws -> [CallRow] {
        try database.rows(
            Store.columns + "WHERE state='ended' ORDER BY started DESC LIMIT ?", .integer(limit), map: Store.row
        )
        .compactMap(\.self)
    }

    public func calls(key: String, limit: Int) throws -> [CallRow] {
        try database.rows(
            Store.columns + "WHERE key=? AND state='ended' ORDER BY started DESC LIMIT ?", .text(key), .integer(limit),
            map: Store.row
        ).compactMap(\.self)
    }

    public func missedCalls() throws -> [CallRow] {
        try database.rows(
            Store.columns + "WHERE missed.call IS NOT NULL AND missed.done IS NULL ORDER BY missed.at DESC LIMIT 100",
            map: Store.row
        ).compactMap(\.self)
    }

    public func call(_ id: String) throws -> CallRow? {
        try database.rows(Store.columns + "WHERE call.id=?", .text(id), map: Store.row).compactMap(\.self).first
    }

    public func runningCalls(since: Int64) throws -> [CallRow] {
        try database.rows(Store.columns + "WHERE state<>'ended' AND started>?", .integer(since), map: Store.row)
            .compactMap(\.self)
    }

    public func settleMissed(_ call: String, who: String, at now: Int64) throws -> Bool {
        try database.run(
            "UPDATE missed SET done=?2, done_by=?3 WHERE call=?1 AND done IS NULL", .text(call), .integer(now),
            .text(who)) == 1
    }

    // MARK: commands

    public func add(_ command: Command, agent: String, user: Int64?) throws {
        try database.run(
            "INSERT INTO command VALUES (?, ?, ?, ?, ?, ?, 'sent', NULL, NULL)", .text(command.id), .text(agent),
            .integer(user), .text(command.json.description), .integer(command.issued),
            .integer(command.issued + Int64(command.ttl) * 1000))
    }

    /// Progress only goes forward; a final state stays. Returns whose command it was, when something changed.
    public func advance(_ progress: CommandProgress) throws -> (user: Int64?, agent: String)? {
        guard
            let (state, user, agent) = try database.first(
                "SELECT state, user, agent FROM command WHERE id=?", .text(progress.id),
                map: { ($0.text(0), $0.optionalInteger(1), $0.text(2)) })
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

    public func agent(ofCommand id: String, user: Int64) throws -> String? {
        try database.text("SELECT agent FROM command WHERE id=? AND user=?", .text(id), .integer(user))
    }
}
