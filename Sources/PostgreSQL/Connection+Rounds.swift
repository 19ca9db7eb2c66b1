internal import CPostgreSQL
package import SQLite

/// What the server said, kept for as long as somebody reads it.
final class Answer {
    let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    /// The first column of the first row, where that is a `bigint`.
    var number: Int64? {
        guard PQntuples(result) > 0, PQgetisnull(result, 0, 0) == 0, PQftype(result, 0) == 20 else { return nil }
        return Int64(bigEndian: UnsafeRawPointer(PQgetvalue(result, 0, 0)).loadUnaligned(as: Int64.self))
    }
}

/// One statement among several that are sent together.
struct Step {
    /// For an error.
    var sql: String
    /// Hands it to libpq; 1 where that took it.
    var send: () -> Int32
}

extension Connection {
    static let turn = "SELECT turn FROM form"
    private static let turns = "UPDATE form SET turn=turn+1"

    /// Sends all in one go and waits once (https://www.postgresql.org/docs/15/libpq-pipeline-mode.html). After one that fails the server does
    /// none of the rest: its error is thrown. Each has been prepared. `patience` is of all: the server says nothing before the last is done.
    @discardableResult
    func together(_ steps: [Step], within patience: Int64? = nil) throws(SQLiteError) -> [Answer] {
        guard let first = steps.first else { return [] }
        rounds += 1
        guard PQenterPipelineMode(handle) == 1 else { throw failure(nil, first.sql) }
        var error: SQLiteError?
        var sent = 0
        for step in steps where error == nil {
            if step.send() == 1 { sent += 1 } else { error = failure(nil, step.sql) }
        }
        if PQpipelineSync(handle) != 1, error == nil { error = failure(nil, first.sql) }
        var answers: [Answer] = []
        for step in steps.prefix(sent) {
            guard let result = result(within: patience) else {
                if error == nil { error = failure(nil, step.sql) }
                break
            }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: answers.append(Answer(result))
            case let status:
                if error == nil, status != PGRES_PIPELINE_ABORTED { error = failure(result, step.sql) }
                PQclear(result)
            }
            // The end of its answer.
            if let more = self.result() { PQclear(more) }
        }
        leave()
        if let error { throw error }
        return answers
    }

    /// Up to the answer to the end of what was sent; a line on which that does not come is of no use any more.
    private func leave() {
        var silences = 0
        while PQstatus(handle) == CONNECTION_OK, silences < 2 {
            guard let last = result() else {
                silences += 1
                continue
            }
            silences = 0
            let isEnd = PQresultStatus(last) == PGRES_PIPELINE_SYNC
            PQclear(last)
            if isEnd { break }
        }
        guard PQexitPipelineMode(handle) != 1, PQstatus(handle) == CONNECTION_OK else { return }
        drop()
    }

    /// A statement without arguments; prepared where it was not yet, by a round of its own.
    func step(_ sql: String) throws(SQLiteError) -> Step {
        let name = try name(of: sql)
        return Step(sql: sql) { [handle] in
            PQsendQueryPrepared(handle, name, 0, nil, nil, nil, 1)
        }
    }

    func name(of sql: String) throws(SQLiteError) -> String {
        if let name = names[sql] { return name }
        let name = nextName()
        let answer = PQsendPrepare(handle, name, sql, 0, nil) == 1 ? answer() : nil
        defer { PQclear(answer) }
        guard PQresultStatus(answer) == PGRES_COMMAND_OK else { throw failure(answer, sql) }
        names[sql] = name
        return name
    }

    /// The statement of our SQL that stays with the connection.
    private func keep(_ sql: String) -> PreparedStatement {
        if let known = kept[sql] { return known }
        let statement = PreparedStatement(self, dialect.statement(sql))
        kept[sql] = statement
        return statement
    }

    // MARK: - A transaction's ends

    /// One writer at a time, from the beginning of its transaction on, as SQLite's BEGIN IMMEDIATE.
    package func begin(foreseeing questions: [Question] = []) throws(SQLiteError) {
        try revive()
        foreseen = [:]
        do {
            var steps = [try step("BEGIN"), try step("SELECT pg_advisory_xact_lock(\(Functions.writers))")]
            // By a snapshot of after the lock: who took over had it, too.
            if let seat {
                steps.append(try step("SELECT \(LeaseRow.schema).admit(\(seat.epoch), '\(seat.holder)')"))
            }
            let count = steps.count
            var asked: [(sql: String, arguments: [Value])] = []
            if !questions.isEmpty {
                steps.append(try step(Connection.turn))
                asked.append((Connection.turn, []))
            }
            for question in questions {
                let statement = keep(question.sql)
                steps.append(try statement.step(question.arguments))
                asked.append((statement.sql, question.arguments))
            }
            let answers = try together(steps)
            isWithin = true
            for (one, answer) in zip(asked, answers.dropFirst(count)) {
                foreseen[one.sql, default: [:]][one.arguments] = answer
            }
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// What waited goes with it.
    func commit() throws(SQLiteError) {
        defer { (isWithin, hasWritten, foreseen) = (false, false, [:]) }
        guard PQstatus(handle) != CONNECTION_BAD else {
            waiting.abandon()
            throw failure(nil, "COMMIT")
        }
        if !isWithin { try revive() }
        let turns = hasWritten
        let end = try (turns ? [step(Connection.turns)] : []) + [step("COMMIT")]
        let last = try finish(end).last
        // A transaction in which something failed is not committed, and the server says so only by the name of what it did.
        if let last, String(cString: PQcmdStatus(last.result)) == "ROLLBACK" {
            throw SQLiteError(
                code: 1, message: "something in the transaction had failed", statement: "COMMIT", state: "25P02")
        }
        if turns { ownTurns += 1 }
    }

    // MARK: - What is not waited for

    package func later(_ sql: String, _ arguments: [Value]) throws(SQLiteError) {
        try waiting.add(keep(sql), arguments, to: self)
    }

    func ready() throws(SQLiteError) { _ = try finish([]) }

    /// Does what waits, and then `end`.
    private func finish(_ end: [Step]) throws(SQLiteError) -> [Answer] {
        guard !waiting.isEmpty || !end.isEmpty else { return [] }
        let steps = try waiting.taken(by: self)
        return try together(steps + end, within: end.isEmpty ? nil : limits.commit)
    }
}
