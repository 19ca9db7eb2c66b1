internal import CSQLite

/// The current row of a query; valid inside the closure it is given to.
public struct Row {
    let statement: Statement

    public func integer(_ column: Int) -> Int64 {
        guard let pointer = statement.pointer else { return statement.other.integer(column) }
        return sqlite3_column_int64(pointer, Int32(column))
    }
    public func word(_ column: Int) -> UInt64 { UInt64(bitPattern: integer(column)) }
    public func real(_ column: Int) -> Double {
        guard let pointer = statement.pointer else { return statement.other.real(column) }
        return sqlite3_column_double(pointer, Int32(column))
    }
    public func bool(_ column: Int) -> Bool { integer(column) != 0 }
    public func isNull(_ column: Int) -> Bool {
        guard let pointer = statement.pointer else { return statement.other.isNull(column) }
        return sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL
    }
    public func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }

    public func text(_ column: Int) -> String { optionalText(column) ?? "" }
    public func optionalText(_ column: Int) -> String? {
        guard let pointer = statement.pointer else { return statement.other.text(column) }
        return sqlite3_column_text(pointer, Int32(column)).map { String(cString: $0) }
    }

    public func blob(_ column: Int) -> [UInt8] { Array(bytes(column)) }

    /// The blob where it lies: valid until the closure that was given the row returns.
    public func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        guard let pointer = statement.pointer else { return statement.other.bytes(column) }
        return UnsafeRawBufferPointer(
            start: sqlite3_column_blob(pointer, Int32(column)), count: Int(sqlite3_column_bytes(pointer, Int32(column)))
        )
    }
}

/// A prepared statement bound by position, without a box for each value. What is bound as `bytes:` or `utf8:` must stay where
/// it is until `run` returns; the rest is copied.
public final class HotStatement {
    private let statement: Statement
    private unowned let database: Database

    init(_ statement: Statement, _ database: Database) {
        self.statement = statement
        self.database = database
    }

    public func bind(_ index: Int32, _ value: Int64) {
        guard let pointer = statement.pointer else { return statement.other.bind(Int(index), .integer(value)) }
        sqlite3_bind_int64(pointer, index, value)
    }
    public func bind(_ index: Int32, _ value: UInt64) { bind(index, Int64(bitPattern: value)) }

    public func bind(_ index: Int32, _ text: String?) {
        if statement.pointer == nil { return statement.other.bind(Int(index), .text(text)) }
        guard var text else {
            sqlite3_bind_null(statement.pointer, index)
            return
        }
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                // A nil start would bind NULL, and an empty text is not that.
                sqlite3_bind_text(
                    statement.pointer, index, $0.baseAddress ?? HotStatement.empty, Int32($0.count), transient)
            }
        }
    }

    public func bind(_ index: Int32, _ bytes: [UInt8]) {
        if statement.pointer == nil { return statement.other.bind(Int(index), .blob(bytes)) }
        sqlite3_bind_blob(
            statement.pointer, index, bytes, Int32(bytes.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    public func bind(_ index: Int32, bytes: UnsafeRawBufferPointer) {
        if statement.pointer == nil { return statement.other.bind(Int(index), .blob(Array(bytes))) }
        guard let start = bytes.baseAddress else {
            sqlite3_bind_zeroblob(statement.pointer, index, 0)
            return
        }
        sqlite3_bind_blob(statement.pointer, index, start, Int32(bytes.count), nil)
    }

    /// Text where it lies; nil is NULL.
    public func bind(_ index: Int32, utf8: UnsafeRawBufferPointer?) {
        if statement.pointer == nil {
            return statement.other.bind(Int(index), .text(utf8.map { String(decoding: $0, as: UTF8.self) }))
        }
        guard let utf8 else {
            sqlite3_bind_null(statement.pointer, index)
            return
        }
        let start = utf8.baseAddress?.assumingMemoryBound(to: CChar.self) ?? HotStatement.empty
        sqlite3_bind_text(statement.pointer, index, start, Int32(utf8.count), nil)
    }

    nonisolated(unsafe) private static let empty = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))

    /// Runs it; returns the rows it changed.
    @discardableResult
    public func run() throws(SQLiteError) -> Int {
        guard let pointer = statement.pointer else {
            _ = try statement.other.step()
            return statement.other.changes
        }
        defer { sqlite3_reset(pointer) }
        while try statement.step() {}
        return database.changes
    }
}

final class Statement {
    /// Of SQLite; nil where another engine answers.
    let pointer: OpaquePointer?
    private let engine: (any EngineStatement)?
    private let sql: String
    private let database: OpaquePointer?
    private(set) var busy = false

    init(_ pointer: OpaquePointer, sql: String, database: OpaquePointer?) {
        self.pointer = pointer
        engine = nil
        self.sql = sql
        self.database = database
    }

    init(_ engine: any EngineStatement, sql: String) {
        (pointer, database) = (nil, nil)
        self.engine = engine
        self.sql = sql
    }

    /// The other engine's; only where there is no pointer.
    var other: any EngineStatement { engine.unsafelyUnwrapped }

    deinit { if let pointer { sqlite3_finalize(pointer) } }

    func bind(_ arguments: [Value], isFlow: Bool = false) throws(SQLiteError) {
        busy = true
        guard let pointer else { return try isFlow ? other.bindFlow(arguments) : other.bind(arguments) }
        guard Int32(arguments.count) == sqlite3_bind_parameter_count(pointer) else {
            throw SQLiteError(code: SQLITE_RANGE, message: "wrong number of arguments", statement: sql)
        }
        for (index, value) in arguments.enumerated() {
            let code = bind(value, at: Int32(index + 1), of: pointer)
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    private func bind(_ value: Value, at index: Int32, of pointer: OpaquePointer) -> Int32 {
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(pointer, index)
        case .integer(let value): return sqlite3_bind_int64(pointer, index, value)
        case .real(let value): return sqlite3_bind_double(pointer, index, value)
        case .text(let value): return sqlite3_bind_text(pointer, index, value, -1, transient)
        case .blob(let value): return sqlite3_bind_blob(pointer, index, value, Int32(value.count), transient)
        }
    }

    /// True while there is a row.
    func step() throws(SQLiteError) -> Bool {
        guard let pointer else { return try other.step() }
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    func reset() {
        if let pointer {
            sqlite3_reset(pointer)
            sqlite3_clear_bindings(pointer)
        } else {
            other.reset()
        }
        busy = false
    }

    private func failure(_ code: Int32) -> SQLiteError {
        SQLiteError(
            code: sqlite3_extended_errcode(database), message: String(cString: sqlite3_errmsg(database)),
            statement: sql,
            system: sqlite3_system_errno(database))
    }
}
