internal import CSQLite
import SQLite

/// A statement of the desks at the simulated server: SQLite does it, on the connection that there is.
final class SimulatedStatement: EngineStatement {
    private let connection: SimulatedConnection
    private let sql: String
    private var pointer: OpaquePointer?
    /// Of the connection, on which it was prepared.
    private var session = 0
    private var isRunning = false
    private(set) var changes = 0
    private var arguments: [Int: Value] = [:]

    init(_ connection: SimulatedConnection, _ sql: String) { (self.connection, self.sql) = (connection, sql) }

    deinit { sqlite3_finalize(pointer) }

    func bind(_ arguments: [Value]) throws(SQLiteError) {
        for (index, value) in arguments.enumerated() { self.arguments[index + 1] = value }
    }

    func bindFlow(_ arguments: [Value]) throws(SQLiteError) { try bind(arguments) }
    func bind(_ index: Int, _ value: Value) { arguments[index] = value }
    func bind(_ index: Int, bytes: UnsafeRawBufferPointer) { arguments[index] = .blob(Array(bytes)) }

    func step() throws(SQLiteError) -> Bool {
        if isRunning { return try next() }
        return try connection.run(sql) { () throws(SQLiteError) in
            try self.prepare()
            self.isRunning = true
            return try self.next()
        }
    }

    private func prepare() throws(SQLiteError) {
        if session != connection.session {
            sqlite3_finalize(pointer)
            pointer = nil
            session = connection.session
            guard sqlite3_prepare_v2(connection.handle, sql, -1, &pointer, nil) == SQLITE_OK else {
                throw connection.error(sql)
            }
        }
        sqlite3_reset(pointer)
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (place, value) in arguments {
            let index = Int32(place)
            switch value {
            case .null: sqlite3_bind_null(pointer, index)
            case .integer(let value): sqlite3_bind_int64(pointer, index, value)
            case .real(let value): sqlite3_bind_double(pointer, index, value)
            case .text(let value): sqlite3_bind_text(pointer, index, value, -1, transient)
            case .blob(let value):
                if value.isEmpty {
                    sqlite3_bind_zeroblob(pointer, index, 0)
                } else {
                    sqlite3_bind_blob(pointer, index, value, Int32(value.count), transient)
                }
            }
        }
    }

    private func next() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        isRunning = false
        changes = connection.changes
        let error = code == SQLITE_DONE ? nil : connection.error(sql)
        sqlite3_reset(pointer)
        if let error { throw error }
        return false
    }

    func reset() {
        if isRunning { sqlite3_reset(pointer) }
        isRunning = false
        arguments = [:]
    }

    func integer(_ column: Int) -> Int64 { sqlite3_column_int64(pointer, Int32(column)) }
    func real(_ column: Int) -> Double { sqlite3_column_double(pointer, Int32(column)) }
    func isNull(_ column: Int) -> Bool { sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL }
    func text(_ column: Int) -> String? { sqlite3_column_text(pointer, Int32(column)).map { String(cString: $0) } }
    func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(pointer, Int32(column)), count: Int(sqlite3_column_bytes(pointer, Int32(column)))
        )
    }
}

/// Many new rows of a table at once: kept until the step, as `CopiedRows`.
final class SimulatedRows: RowlessStatement {
    private let connection: SimulatedConnection
    private let one: SimulatedStatement
    private let columns: [Int?]
    private let sharedCount: Int
    private var shared: [Value]
    private var own: [Value] = []
    private(set) var changes = 0

    init(_ connection: SimulatedConnection, into table: String, columns: [Int?]) {
        (self.connection, self.columns) = (connection, columns)
        sharedCount = columns.compactMap { $0 }.max() ?? 0
        shared = Array(repeating: .null, count: sharedCount)
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        one = SimulatedStatement(connection, "INSERT INTO \(table) VALUES (\(places))")
    }

    func bind(_ arguments: [Value]) throws(SQLiteError) {
        for (index, value) in arguments.enumerated() { bind(index + 1, value) }
    }

    func bindFlow(_ arguments: [Value]) throws(SQLiteError) { try bind(arguments) }
    func bind(_ index: Int, _ value: Value) {
        if index > sharedCount { own.append(value) } else { shared[index - 1] = value }
    }
    func bind(_ index: Int, bytes: UnsafeRawBufferPointer) { bind(index, .blob(Array(bytes))) }

    func step() throws(SQLiteError) -> Bool {
        defer { own = [] }
        changes = 0
        var rest = own[...]
        while !rest.isEmpty {
            try one.bind(columns.map { $0.map { shared[$0 - 1] } ?? rest.removeFirst() })
            _ = try one.step()
            changes += one.changes
        }
        return false
    }

    func reset() {}
}
