internal import CPostgreSQL
import Glibc
package import SQLite

/// One connection to a PostgreSQL server, used by one thread at a time, behind the face of `Database`.
///
/// What it says is committed is on the server's disk: `synchronous_commit` is set and read back. Text is UTF-8, whole numbers are
/// `bigint`; names are looked up in the store's own schema first (`Functions`).
package final class Connection: Engine {
    /// Schema of the store in its database.
    static let schema = "quai"
    /// The oldest release that is known to do, as the server numbers it.
    package static let oldest: Int32 = 150_000

    private(set) var handle: OpaquePointer
    private(set) var dialect = Dialect()
    package internal(set) var changes = 0
    private var prepared = 0
    private let isReading: Bool
    /// What is done with the commit, or before anything else is asked.
    let waiting = Waiting()
    /// What was answered with the transaction's beginning, by statement and arguments.
    var foreseen: [String: [[Value]: Answer]] = [:]
    /// Statements of our own SQL that are kept with the connection, and names of the server's.
    var kept: [String: PreparedStatement] = [:]
    var names: [String: String] = [:]
    /// Times that the server was waited for.
    package internal(set) var rounds = 0
    /// Rises with every new connection: what was prepared on the one before is gone.
    package private(set) var session = 0
    /// From its beginning until it was ended by us, also when the server is lost meanwhile: nothing of it is done by itself.
    var isWithin = false
    /// Something was written in the transaction: others are told with its commit.
    var hasWritten = false
    /// Commits of this connection that `dataVersion` has no need to tell it of.
    var ownTurns: Int64 = 0
    /// The server answers again, and what a centre needs of it has not all been had.
    private var isHalf = false
    /// The number under which a centre writes, and its process; nil for whoever is none.
    private(set) var seat: (epoch: Int64, holder: String)?
    /// A server that only reads (a standby met by chance): another is looked for.
    private var isStray = false
    /// Who did not answer for long is not asked by everybody who waits: not before this moment, in milliseconds.
    private var nextTry: Int64 = 0
    /// What was said when it was tried last.
    private var refusal: SQLiteError?
    let limits: Patience
    /// Of the address.
    private let parameters: [(String, String)]
    /// Where it went, for a question beside it (`isAnswering`).
    let place: Place
    /// The most rows that were here at once.
    var mostRows: Int32 = 0

    /// `url` as libpq takes it (https://www.postgresql.org/docs/15/libpq-connect.html, 34.1.1.2); a password comes from the file that
    /// `passfile` names, or none is needed.
    package convenience init(_ url: String, isReading: Bool = false) throws(SQLiteError) {
        try self.init(url, isReading: isReading, limits: Patience())
    }

    init(_ url: String, isReading: Bool = false, limits: Patience) throws(SQLiteError) {
        (self.isReading, self.limits) = (isReading, limits)
        place = Place()
        // The answer never repeats the address: there might be a password in it.
        guard let parameters = Connection.parameters(of: url) else {
            throw SQLiteError(
                code: 14, message: "no address that libpq takes", statement: "connect", state: "08001")
        }
        var seek = Seek(parameters)
        guard let handle = seek.run() else {
            throw SQLiteError(code: 14, message: seek.reason, statement: "connect", state: "08001")
        }
        (self.handle, self.parameters) = (handle, parameters)
        try begin(session: 1)
    }

    deinit { PQfinish(handle) }

    private func begin(session number: Int) throws(SQLiteError) {
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        let release = PQserverVersion(handle)
        guard release >= Connection.oldest else {
            throw SQLiteError(
                code: 1, message: "PostgreSQL \(release / 10_000) is too old: 15 or newer", statement: "connect",
                state: "0A000")
        }
        PQsetnonblocking(handle, 1)
        place.note(handle)
        try execute(
            """
            SET search_path = \(Connection.schema), pg_catalog; SET client_encoding = 'UTF8';
            SET synchronous_commit = on; SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET TimeZone = 'UTC';
            SET plan_cache_mode = auto; \(Patience.server)
            \(isReading ? "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on" : "")
            """)
        guard try value("SHOW synchronous_commit") == "on", try value("SHOW server_encoding") == "UTF8" else {
            throw SQLiteError(
                code: 1, message: "the database is to be of UTF8, with synchronous_commit", statement: "connect",
                state: "0A000")
        }
        session = number
        names = [:]
        try learn()
        if let seat { try admit(seat) }
    }

    /// A server that was lost is asked again, where nothing was begun that would go on as if it had not been. Where there are several, the
    /// one that writes is found.
    func revive() throws(SQLiteError) {
        try ready()
        guard PQstatus(handle) == CONNECTION_BAD || isHalf || isStray, !isWithin else { return }
        let asked = Connection.clock()
        if let refusal, asked < nextTry { throw refusal }
        var seek = Seek(parameters)
        guard let found = seek.run() else {
            let error = SQLiteError(code: 10, message: seek.reason, statement: "connect", state: "08001")
            // As long as it took: who waits in a row behind this waits no longer than that.
            let end = Connection.clock()
            (nextTry, refusal) = (end + min(end - asked, Patience.pause), error)
            throw error
        }
        PQfinish(handle)
        (handle, isHalf, isStray, refusal) = (found, false, false, nil)
        // One of a centre that another took over from is none: it is made anew with the next thing to do.
        do { try begin(session: session + 1) } catch {
            isHalf = true
            throw error
        }
    }

    /// What writes from now on is committed only as long as no other centre has taken over (`LeaseRow`).
    /// `holder` is the process that claimed it; nil: whoever has it now.
    package func serve(_ epoch: Int64, of holder: String? = nil) throws(SQLiteError) {
        var now = holder
        if now == nil { now = try value("SELECT holder FROM \(LeaseRow.schema).lease WHERE epoch = \(epoch)") }
        let seat = (epoch: epoch, holder: now ?? "")
        self.seat = seat
        try admit(seat)
    }

    /// By this name whoever takes over ends what the one before left.
    static func application(of epoch: Int64) -> String { "quai centre \(epoch)" }

    private func admit(_ seat: (epoch: Int64, holder: String)) throws(SQLiteError) {
        _ = try value("SELECT \(LeaseRow.schema).admit(\(seat.epoch), '\(seat.holder)')")
        try execute("SET application_name = '\(Connection.application(of: seat.epoch))'")
    }

    /// Reads what tables there are: statements are made by it.
    package func learn() throws(SQLiteError) {
        var tables: [String: Dialect.Table] = [:]
        var keys: [String: [(place: Int, column: String)]] = [:]
        var optional: Set<String> = []
        for row in try values(
            """
            SELECT c.relname, a.attname, a.attnotnull, array_position(i.indkey::int2[], a.attnum)
            FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace AND n.nspname='\(Connection.schema)'
            JOIN pg_attribute a ON a.attrelid=c.oid AND a.attnum>0 AND NOT a.attisdropped
            LEFT JOIN pg_index i ON i.indrelid=c.oid AND i.indisprimary
            WHERE c.relkind='r' ORDER BY c.relname, a.attnum
            """)
        {
            guard let table = row[0], let column = row[1] else { continue }
            tables[table, default: Dialect.Table()].columns.append(column)
            if row[2] == "f" { optional.insert(column) }
            if let place = row[3].flatMap({ Int($0) }) { keys[table, default: []].append((place, column)) }
        }
        for (table, key) in keys { tables[table]?.key = key.sorted { $0.place < $1.place }.map(\.column) }
        dialect = Dialect(tables: tables, optional: optional)
        kept = [:]
    }

    /// Whether a centre works on it.
    package func isClaimed() throws(SQLiteError) -> Bool {
        try value("SELECT count(*) FROM pg_locks WHERE \(Functions.isCentreLock)") != "0"
    }

    package var inTransaction: Bool {
        isWithin || ![PQTRANS_IDLE, PQTRANS_UNKNOWN].contains(PQtransactionStatus(handle))
    }

    package var lastInsertID: Int64 {
        (try? value("SELECT current_setting('quai.last', true)")).flatMap { $0 }.flatMap { Int64($0) } ?? 0
    }

    package var version: String { "PostgreSQL \(PQserverVersion(handle) / 10_000).\(PQserverVersion(handle) % 10_000)" }

    package var footprint: Database.Footprint {
        let size = (try? value("SELECT pg_database_size(current_database())")).flatMap { $0 }.flatMap { Int64($0) }
        return Database.Footprint(database: size ?? 0)
    }

    package func execute(_ sql: String) throws(SQLiteError) {
        if sql == "COMMIT" { return try commit() }
        foreseen = [:]
        defer { if sql == "ROLLBACK" { (isWithin, hasWritten) = (false, false) } }
        // What was gathered since the point that it goes back to is gone with it.
        if sql.hasPrefix("ROLLBACK") { waiting.abandon() }
        // What is lost is rolled back.
        if sql == "ROLLBACK", PQstatus(handle) == CONNECTION_BAD { return }
        try revive()
        guard !isWrite(sql) else {
            let statements = Token.statements(of: sql).map { dialect.statement($0.map(\.text).joined()) }
            return try writing { () throws(SQLiteError) in
                self.hasWritten = true
                try self.send(statements.joined(separator: "; "))
            }
        }
        try send(sql, patience: sql == "ROLLBACK" ? limits.commit : nil)
        if sql.hasPrefix("BEGIN") { isWithin = true }
    }

    private func send(_ sql: String, patience: Int64? = nil) throws(SQLiteError) {
        guard PQsendQuery(handle, sql) == 1, let result = answer(within: patience) else { throw failure(nil, sql) }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
        default: throw failure(result, sql)
        }
    }

    func isWrite(_ sql: String) -> Bool {
        let start = sql.drop(while: \.isWhitespace)
        return start.hasPrefix("INSERT") || start.hasPrefix("UPDATE") || start.hasPrefix("DELETE")
    }

    /// What writes is a part of the transaction that there is, or one by itself.
    func writing(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        guard !inTransaction else { return try body() }
        try begin()
        do throws(SQLiteError) {
            try body()
            try execute("COMMIT")
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    package var beginReading: String { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }

    package func insertion(into table: String, columns: [Int?]) throws(SQLiteError) -> any EngineStatement {
        CopiedRows(self, into: table, columns: columns)
    }

    package func gathering(_ sql: String, key: Int) throws(SQLiteError) -> any EngineStatement {
        try GatheredRows(self, sql, key: key)
    }

    package func statement(_ sql: String) throws(SQLiteError) -> any EngineStatement {
        PreparedStatement(self, dialect.statement(sql))
    }

    func nextName() -> String {
        prepared += 1
        return "s\(prepared)"
    }

    package func form() throws(SQLiteError) -> Int {
        guard try value("SELECT to_regclass('form')") != nil else { return 0 }
        return try value("SELECT version FROM form").flatMap { Int($0) } ?? 0
    }

    /// Commits of everybody but this connection (`form.turn` counts all), and how often the server was found anew.
    package func dataVersion() throws(SQLiteError) -> Int64 {
        var turn = foreseen[Connection.turn]?[[]]?.number
        if turn == nil { turn = try value(Connection.turn).flatMap { Int64($0) } }
        return (turn ?? 0) - ownTurns + Int64(session) << 40
    }

    package func tables() throws(SQLiteError) -> Set<String> {
        Set(try values("SELECT tablename FROM pg_tables WHERE schemaname='\(Connection.schema)'").compactMap { $0[0] })
            .subtracting(["form", "given"])
    }

    package func columns(of table: String) throws(SQLiteError) -> [Database.Column] {
        let key = dialect.tables[table]?.key ?? []
        return try values(
            """
            SELECT column_name, data_type, is_nullable FROM information_schema.columns
            WHERE table_schema='\(Connection.schema)' AND table_name='\(table.filter { $0.isLetter || $0.isNumber || $0 == "_" })'
            ORDER BY ordinal_position
            """
        ).map { row in
            let kinds: [String: Database.Column.Kind] = ["bigint": .integer, "bytea": .blob, "double precision": .real]
            let name = row[0] ?? ""
            return Database.Column(
                name: name, kind: kinds[row[1] ?? ""] ?? .text, isOptional: row[2] == "YES",
                key: (key.firstIndex(of: name) ?? -1) + 1)
        }
    }

    package func rewrite() -> Bool {
        do {
            try execute("SET statement_timeout = 0")
            try execute("VACUUM FULL")
            try execute("SET statement_timeout = '\(Patience.statement)ms'")
            return true
        } catch { return false }
    }

    // MARK: - Texts alone

    package func value(_ sql: String) throws(SQLiteError) -> String? { try values(sql).first?.first ?? nil }

    package func values(_ sql: String) throws(SQLiteError) -> [[String?]] {
        if session > 0 { try revive() }
        guard PQsendQuery(handle, sql) == 1, let result = answer() else { throw failure(nil, sql) }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK else { throw failure(result, sql) }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    /// The server's answer as an error of the store: by its class full, a constraint, waiting too long, or any other.
    func failure(_ result: OpaquePointer?, _ sql: String) -> SQLiteError {
        let state = result.flatMap { PQresultErrorField($0, 67) }.map { String(cString: $0) }
        if state == "25006", !isReading { isStray = true }
        // What a name or a number of somebody is, stands in the detail: not said.
        let primary = result.flatMap { PQresultErrorField($0, 77) }.map { String(cString: $0) }
        let code: Int32 =
            switch state {
            case let state? where state.hasPrefix("23"): 19
            case "53100"?: 13
            case "55P03"?, "40P01"?, "40001"?: 5
            // Not an error of what was asked: it is asked elsewhere the next time.
            case "25006"?: isReading ? 8 : 10
            case nil: 10
            case let state? where state.hasPrefix("08") || state.hasPrefix("57"): 10
            default: 1
            }
        return SQLiteError(
            code: code, message: primary ?? Connection.line(PQerrorMessage(handle)), statement: sql,
            state: state ?? "08006")
    }

    static func line(_ text: UnsafePointer<CChar>?) -> String {
        text.map { String(cString: $0).split(separator: "\n").first.map(String.init) ?? "" } ?? ""
    }
}
