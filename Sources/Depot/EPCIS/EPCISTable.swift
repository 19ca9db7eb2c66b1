import Model
import SQLite

/// Events as EPCIS tells them, and how their capture stands.
public struct EPCISTable: StoreTable {
    let store: Store

    static let columns = "id, event, error, told, body, state, attempts, due, job, sentence"

    static func made(_ row: SQLite.Row) -> StoredEvent {
        StoredEvent(
            id: row.integer(0), event: row.text(1), isError: row.bool(2), told: row.integer(3),
            body: (try? JSON(parsing: row.text(4))) ?? .null,
            state: StoredEvent.State(rawValue: row.text(5)) ?? .dead, attempts: row.integer(6), due: row.integer(7),
            job: row.optionalText(8), sentence: row.optionalText(9))
    }

    // MARK: telling

    /// Once, however often it is told. `subject`: by which it is found when it is corrected. `waits`: for a repository.
    public func add(_ event: EPCISEvent, of subject: String?, waits: Bool, at now: Int64) throws {
        try insert(event, event.json, isError: false, subject, waits: waits, at: now)
    }

    /// Says that an event was wrong: the same again, with an error declaration (EPCIS 2.0 §7.4.1.2) that names what holds instead.
    public func declareWrong(
        _ event: EPCISEvent, of subject: String?, instead: [String], waits: Bool, at now: Int64
    ) throws {
        let declaration = JSON.object([
            ("declarationTime", .string(EPCISEvent.time(now))), ("reason", "incorrect_data"),
            ("correctiveEventIDs", instead.isEmpty ? nil : .array(instead.map(JSON.string))),
        ])
        try insert(
            event, event.json.with("errorDeclaration", declaration), isError: true, subject, waits: waits, at: now)
    }

    private func insert(
        _ event: EPCISEvent, _ body: JSON, isError: Bool, _ subject: String?, waits: Bool, at now: Int64
    ) throws {
        try database.run(
            """
            INSERT INTO epcis_event (event, error, at, told, kind, step, action, subject, body, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, .text(event.id), .bool(isError), .integer(event.at), .integer(now), .text(event.kind.rawValue),
            .text(event.step.rawValue), .text(event.action.rawValue), .text(subject), .text(body.description),
            .text(waits ? "waiting" : "kept"))
    }

    /// What was told of a subject and not said to be wrong since, in its order.
    public func valid(of subject: String) throws -> [EPCISEvent] {
        try database.rows(
            """
            SELECT body FROM epcis_event AS e WHERE subject=? AND error=0
                AND NOT EXISTS (SELECT 1 FROM epcis_event AS w WHERE w.event=e.event AND w.error=1) ORDER BY id
            """, .text(subject)
        ) { (try? JSON(parsing: $0.text(0))).flatMap { EPCISEvent($0) } }.compactMap(\.self)
    }

    // MARK: asking

    /// In the order in which they were told.
    public func events(_ query: EPCISQuery) throws -> [StoredEvent] {
        func words(_ column: String, _ values: [String]) -> String {
            // Words of ours alone.
            values.isEmpty ? "" : "AND \(column) IN (\(values.map { "'\($0)'" }.joined(separator: ", ")))"
        }
        return try database.rows(
            """
            SELECT \(EPCISTable.columns) FROM epcis_event
            WHERE id>?1 AND at>=?2 AND at<?3 AND told>=?4 AND told<?5 \(words("step", query.steps.map(\.rawValue)))
                \(words("action", query.actions.map(\.rawValue))) \(words("kind", query.kinds.map(\.rawValue)))
            ORDER BY id LIMIT ?6
            """, .integer(query.after), .integer(query.happened.from ?? Int64.min),
            .integer(query.happened.to ?? Int64.max), .integer(query.told.from ?? Int64.min),
            .integer(query.told.to ?? Int64.max), .integer(query.limit), map: EPCISTable.made)
    }

    /// Events by the state of their capture.
    public func counts() throws -> [String: Int64] {
        Dictionary(
            try database.rows("SELECT state, count(*) FROM epcis_event GROUP BY state") { ($0.text(0), $0.integer(1)) }
        ) { $0 + $1 }
    }

    public func rows(_ state: StoredEvent.State, limit: Int) throws -> [StoredEvent] {
        try database.rows(
            "SELECT \(EPCISTable.columns) FROM epcis_event WHERE state=? ORDER BY id LIMIT ?", .text(state.rawValue),
            .integer(limit), map: EPCISTable.made)
    }

    // MARK: capture

    /// What waits and is due, in its order: an error is declared after its event.
    public func due(limit: Int, at now: Int64) throws -> [StoredEvent] {
        try database.rows(
            "SELECT \(EPCISTable.columns) FROM epcis_event WHERE state='waiting' AND due<=? ORDER BY id LIMIT ?",
            .integer(now), .integer(limit), map: EPCISTable.made)
    }

    func change(_ ids: [Int64], to state: StoredEvent.State, job: String? = nil, due: Int64 = 0) throws {
        for id in ids {
            try database.run(
                "UPDATE epcis_event SET state=?2, job=?3, due=?4 WHERE id=?1", .integer(id), .text(state.rawValue),
                .text(job), .integer(due))
        }
    }

    func failed(_ ids: [Int64], _ sentence: String, isOver: Bool, due: Int64) throws {
        for id in ids {
            try database.run(
                "UPDATE epcis_event SET state=?2, attempts=attempts + 1, sentence=?3, due=?4, job=NULL WHERE id=?1",
                .integer(id), .text(isOver ? "dead" : "waiting"), .text(sentence), .integer(due))
        }
    }

    /// What was given up waits anew; how many.
    func revive() throws -> Int {
        try database.run("UPDATE epcis_event SET state='waiting', attempts=0, due=0 WHERE state='dead'")
    }

    /// Forgets what was told before, at most `limit`; what waits for a repository stays. How many.
    func forget(before moment: Int64, limit: Int) throws -> Int {
        try database.run(
            """
            DELETE FROM epcis_event WHERE id IN (
                SELECT id FROM epcis_event WHERE told<? AND state IN ('kept', 'done') ORDER BY id LIMIT ?)
            """, .integer(moment), .integer(limit))
    }
}
