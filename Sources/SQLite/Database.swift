internal import CSQLite
import Glibc

/// What SQLite answered, with the statement that asked.
public struct SQLiteError: Error, CustomStringConvertible, Sendable {
    /// Extended result code.
    public var code: Int32
    public var message: String
    public var statement: String
    /// What the system answered to the last failed operation on a file; 0 where none is known.
    public var system: Int32
    /// PostgreSQL's code, five characters (https://www.postgresql.org/docs/15/errcodes-appendix.html); nil: it is SQLite's error.
    public var state: String?

    public init(code: Int32, message: String, statement: String, system: Int32 = 0, state: String? = nil) {
        self.state = state
        self.code = code
        self.message = message
        self.statement = statement
        self.system = system
    }

    private var primary: Int32 { code & 0xFF }
    /// No room: the disk, its owner's quota or the byte budget is full. The index of the log, and a quota, come as errors of a
    /// file (SQLite result codes, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE).
    public var isFull: Bool {
        switch primary {
        case SQLITE_FULL: true
        case SQLITE_IOERR, SQLITE_CANTOPEN: system == ENOSPC || system == EDQUOT
        default: false
        }
    }
    public var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }
    public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }

    public var description: String {
        "\(state.map { "PostgreSQL \($0)" } ?? "SQLite \(code)"): \(message) [\(statement.prefix(80))]"
    }
}

/// One value of a row or an argument.
public enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    public static func integer(_ value: UInt64) -> Value { .integer(Int64(bitPattern: value)) }
    public static func integer(_ value: Int) -> Value { .integer(Int64(value)) }
    public static func text(_ value: String?) -> Value { value.map { .text($0) } ?? .null }
    public static func integer(_ value: Int64?) -> Value { value.map { .integer($0) } ?? .null }
    public static func bool(_ value: Bool) -> Value { .integer(value ? Int64(1) : Int64(0)) }
}

/// One connection, used by one thread at a time: a thin face of the C API with cached statements.
///
/// Opened with WAL and `synchronous=FULL`: a COMMIT that returned survives a power cut. Both are read back.
public final class Database {
    /// Of SQLite; nil where another engine answers.
    let handle: OpaquePointer?
    package let engine: (any Engine)?
    private var statements: [String: Statement] = [:]
    /// Told each statement that is made: tests look at how it is answered.
    package var witness: ((Database, String) -> Void)?
    public let path: String
    /// How long a statement waits for another connection, in milliseconds.
    static let patience: Int32 = 5000

    /// `readOnly` opens a second view of a file that another connection writes. `pageSize` is for a file that is made now.
    public init(path: String, readOnly: Bool = false, pageSize: Int? = nil) throws(SQLiteError) {
        _ = Database.lean
        var handle: OpaquePointer?
        let flags =
            (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX
            | SQLITE_OPEN_URI
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteError(code: code, message: "\(message): \(path)", statement: "open")
        }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Database.patience)
        self.handle = handle
        engine = nil
        self.path = path
        if !readOnly {
            if let pageSize { try execute("PRAGMA page_size=\(pageSize)") }
            try execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON")
            // What is deleted is overwritten: Debian's own default, said here so that it holds elsewhere.
            try execute("PRAGMA secure_delete=ON")
            guard try text("PRAGMA journal_mode") == "wal", try integer("PRAGMA synchronous") == 2 else {
                throw SQLiteError(code: SQLITE_MISUSE, message: "not WAL with FULL sync", statement: "open \(path)")
            }
            // A process that was killed between a commit's write and its sync leaves a commit that is read again and yet on no
            // platter: nobody may be told of it before it is. A checkpoint syncs the log first.
            _ = try integer("PRAGMA wal_checkpoint(FULL)")
        }
    }

    /// A database of another engine; `path` is where it is, for people.
    package init(_ engine: any Engine, path: String) {
        handle = nil
        (self.engine, self.path) = (engine, path)
    }

    private static let lean: Void = csqlite_be_lean()

    /// Lets go of pages it keeps, but for those in use: they are read again when they are wanted.
    public func releaseMemory() { if let handle { sqlite3_db_release_memory(handle) } }

    deinit {
        statements = [:]
        sqlite3_close_v2(handle)
    }

    /// Rows changed by the last statement.
    public var changes: Int { engine?.changes ?? Int(sqlite3_changes(handle)) }
    public var lastInsertID: Int64 { engine?.lastInsertID ?? sqlite3_last_insert_rowid(handle) }
    public var inTransaction: Bool { engine?.inTransaction ?? (sqlite3_get_autocommit(handle) == 0) }

    /// Several statements without arguments.
    public func execute(_ sql: String) throws(SQLiteError) {
        if let engine { return try engine.execute(sql) }
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// One statement; returns the rows it changed.
    @discardableResult
    public func run(_ sql: String, _ arguments: Value...) throws(SQLiteError) -> Int {
        try run(sql, arguments: arguments)
    }

    @discardableResult
    public func run(_ sql: String, arguments: [Value]) throws(SQLiteError) -> Int {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments)
        while try statement.step() {}
        return changes
    }

    /// Every row of a query, in order.
    public func rows<T>(_ sql: String, _ arguments: Value..., map: (Row) throws -> T) throws -> [T] {
        try rows(sql, arguments: arguments, map: map)
    }

    public func rows<T>(_ sql: String, arguments: [Value], map: (Row) throws -> T) throws -> [T] {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments)
        var out: [T] = []
        while try statement.step() { out.append(try map(Row(statement: statement))) }
        return out
    }

    /// Row after row of a query, until `body` has seen enough and says false.
    public func each(_ sql: String, _ arguments: Value..., body: (Row) throws -> Bool) throws {
        try each(sql, arguments: arguments, body: body)
    }

    public func each(_ sql: String, arguments: [Value], body: (Row) throws -> Bool) throws {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments, isFlow: true)
        while try statement.step(), try body(Row(statement: statement)) {}
    }

    /// A statement for a loop that runs it a hundred thousand times a second.
    public func hot(_ sql: String) throws(SQLiteError) -> HotStatement { HotStatement(try prepareOwn(sql), self) }

    /// The same of `INSERT INTO … (…) VALUES (…) …`, which another engine does for many rows at once: an error may be told by the next
    /// statement. `key` is the parameter that says which row it is.
    public func hot(_ sql: String, key: Int) throws(SQLiteError) -> HotStatement {
        guard let engine else { return try hot(sql) }
        return HotStatement(Statement(try engine.gathering(sql, key: key), sql: sql), self)
    }

    /// The first row of a query.
    public func first<T>(_ sql: String, _ arguments: Value..., map: (Row) -> T) throws(SQLiteError) -> T? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments)
        return try statement.step() ? map(Row(statement: statement)) : nil
    }

    public func integer(_ sql: String, _ arguments: Value...) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments)
        return try statement.step() ? Row(statement: statement).integer(0) : nil
    }

    public func text(_ sql: String, _ arguments: Value...) throws(SQLiteError) -> String? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        try statement.bind(arguments)
        return try statement.step() ? Row(statement: statement).text(0) : nil
    }

    /// The same in a transaction where nobody asks how many rows it changed, or reads them by a question that was foreseen: another engine
    /// does it with the commit, or before anything else is asked.
    public func later(_ sql: String, _ arguments: Value...) throws(SQLiteError) {
        if let engine, inTransaction { return try engine.later(sql, arguments) }
        try run(sql, arguments: arguments)
    }

    /// All or nothing. Rolls back when `body` or the commit throws. Within another one it is a part of that, by itself all or nothing.
    /// `foreseen` will be asked in it: another engine answers all of that in one round, as it stands at the beginning, until a statement writes
    /// that is neither `later` nor `hot`.
    public func transaction<T>(foreseeing foreseen: [Question] = [], _ body: () throws -> T) throws -> T {
        let isPart = inTransaction
        if let engine, !isPart {
            try engine.begin(foreseeing: foreseen)
        } else {
            try execute(isPart ? "SAVEPOINT part" : "BEGIN IMMEDIATE")
        }
        do {
            let result = try body()
            try execute(isPart ? "RELEASE part" : "COMMIT")
            return result
        } catch {
            if inTransaction { try? execute(isPart ? "ROLLBACK TO part; RELEASE part" : "ROLLBACK") }
            throw error
        }
    }

    private func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        if let cached = statements[sql], !cached.busy { return cached }
        let statement = try prepareOwn(sql)
        if statements[sql] == nil { statements[sql] = statement }
        return statement
    }

    private func prepareOwn(_ sql: String) throws(SQLiteError) -> Statement {
        if let engine { return Statement(try engine.statement(sql), sql: sql) }
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw error(code, sql) }
        witness?(self, sql)
        return Statement(pointer, sql: sql, database: handle)
    }

    /// How SQLite goes about a statement, a step each (sqlite.org/eqp.html); empty of one that it does not explain, and on another engine.
    package func plan(of sql: String) -> [String] {
        var pointer: OpaquePointer?
        guard engine == nil, sqlite3_prepare_v2(handle, "EXPLAIN QUERY PLAN \(sql)", -1, &pointer, nil) == SQLITE_OK
        else {
            return []
        }
        defer { sqlite3_finalize(pointer) }
        var steps: [String] = []
        while sqlite3_step(pointer) == SQLITE_ROW {
            if let text = sqlite3_column_text(pointer, 3) { steps.append(String(cString: text)) }
        }
        return steps
    }

    func error(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(
            code: sqlite3_extended_errcode(handle) == SQLITE_OK ? code : sqlite3_extended_errcode(handle),
            message: String(cString: sqlite3_errmsg(handle)), statement: sql, system: sqlite3_system_errno(handle))
    }
}
