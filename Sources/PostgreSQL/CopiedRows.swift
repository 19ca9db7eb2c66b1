internal import CPostgreSQL
import SQLite

/// New rows of one table by COPY in its binary form (https://www.postgresql.org/docs/15/sql-copy.html): each has what all share and what is
/// its own, bound one after the other. Nothing is waited for at the end: the server works while the next rows are made, and what it did not
/// take is told by the next statement, within the same transaction.
final class CopiedRows: EngineStatement {
    private let connection: Connection
    private let sql: String
    /// Nil is a row's own.
    private let columns: [Int?]
    private let own: Int
    private let sharedCount: Int
    private var shared: [Value]
    private var bytes = Bytes(capacity: 64 << 10)
    /// The column that is bound next.
    private var next = 0
    private var rows = 0
    private(set) var changes = 0

    /// "PGCOPY\n\377\r\n\0", flags, and the length of an extension.
    private static let head: [UInt8] = [
        0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    init(_ connection: Connection, into table: String, columns: [Int?]) {
        self.connection = connection
        self.columns = columns
        sql = "COPY \(Token.name(table)) FROM STDIN (FORMAT binary)"
        own = columns.count { $0 == nil }
        sharedCount = columns.compactMap { $0 }.max() ?? 0
        shared = Array(repeating: .null, count: sharedCount)
        begin()
    }

    private func begin() {
        bytes.clear()
        CopiedRows.head.withUnsafeBytes { bytes.put($0) }
        rows = 0
    }

    /// Comes to a row's own column at the place that is being bound.
    private func come() {
        if next == 0 {
            bytes.put(Int16(columns.count))
            rows += 1
        }
        fill()
        next += 1
    }

    /// What is shared and stands next.
    private func fill() {
        while next < columns.count, let place = columns[next] {
            bytes.field(shared[place - 1])
            next += 1
        }
    }

    private func leave() {
        fill()
        if next == columns.count { next = 0 }
    }

    func bind(_ arguments: [Value]) throws(SQLiteError) {
        for (index, value) in arguments.enumerated() { bind(index + 1, value) }
    }

    func bindFlow(_ arguments: [Value]) throws(SQLiteError) { try bind(arguments) }

    func bind(_ index: Int, _ value: Value) {
        guard index > sharedCount else {
            shared[index - 1] = value
            return
        }
        come()
        bytes.field(value)
        leave()
    }

    func bind(_ index: Int, number: Int64) {
        guard index > sharedCount else { return bind(index, .integer(number)) }
        come()
        bytes.field(number)
        leave()
    }

    func bind(_ index: Int, utf8: UnsafeRawBufferPointer?) {
        come()
        if let utf8 { bytes.field(utf8: utf8) } else { bytes.fieldOfNothing() }
        leave()
    }

    func bind(_ index: Int, bytes value: UnsafeRawBufferPointer) {
        come()
        bytes.field(value)
        leave()
    }

    /// Sends what was bound.
    func step() throws(SQLiteError) -> Bool {
        precondition(next == 0, "a row is bound as a whole")
        changes = rows
        defer { begin() }
        guard rows > 0 else { return false }
        bytes.put(-1 as Int16)
        try connection.writing { () throws(SQLiteError) in
            try self.connection.ready()
            self.connection.hasWritten = true
            guard PQsendQuery(self.connection.handle, self.sql) == 1 else {
                throw self.connection.failure(nil, self.sql)
            }
            let begun = self.connection.result()
            defer { PQclear(begun) }
            guard PQresultStatus(begun) == PGRES_COPY_IN else {
                let error = self.connection.failure(begun, self.sql)
                PQclear(self.connection.answer())
                throw error
            }
            let count = Int32(self.bytes.count)
            let memory = self.bytes.start.assumingMemoryBound(to: CChar.self)
            guard PQputCopyData(self.connection.handle, memory, count) == 1,
                PQputCopyEnd(self.connection.handle, nil) == 1
            else { throw self.connection.failure(nil, self.sql) }
            PQflush(self.connection.handle)
            self.connection.owed = self.sql
        }
        return false
    }

    func reset() { precondition(next == 0, "a row is bound as a whole") }

    func integer(_ column: Int) -> Int64 { 0 }
    func real(_ column: Int) -> Double { 0 }
    func isNull(_ column: Int) -> Bool { true }
    func text(_ column: Int) -> String? { nil }
    func bytes(_ column: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}
