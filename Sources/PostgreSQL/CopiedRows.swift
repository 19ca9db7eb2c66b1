internal import CPostgreSQL
import SQLite

/// New rows of one table by COPY in its binary form (https://www.postgresql.org/docs/15/sql-copy.html): each has what all share and what is
/// its own, bound one after the other. What was bound is sent a part at a time, and ended with the commit or before anything else is asked: the
/// server works while the next rows are made, and what it did not take is told then.
final class CopiedRows: RowlessStatement {
    private unowned let connection: Connection
    private let sql: String
    /// Nil is a row's own.
    private let columns: [Int?]
    private let insertion: String
    private let sharedCount: Int
    private var shared: [Value]
    private var bytes = Bytes(capacity: 64 << 10)
    /// The column that is bound next.
    private var next = 0
    /// Bound since the last `step`, and not sent at all yet.
    private var rows = 0
    private var kept = 0
    /// The server takes rows.
    private var isOpen = false
    private(set) var changes = 0

    /// Bytes that are sent at a time.
    private static let part = 64 << 10
    /// Up to so many rows are inserted one by one, among what is sent with them: a COPY costs two rounds of its own.
    private static let few = 8

    /// "PGCOPY\n\377\r\n\0", flags, and the length of an extension.
    private static let head: [UInt8] = [
        0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    init(_ connection: Connection, into table: String, columns: [Int?]) {
        self.connection = connection
        self.columns = columns
        sql = "COPY \(Token.name(table)) FROM STDIN (FORMAT binary)"
        insertion =
            "INSERT INTO \(Token.name(table)) VALUES (\((1...columns.count).map { "$\($0)" }.joined(separator: ", ")))"
        sharedCount = columns.compactMap { $0 }.max() ?? 0
        shared = Array(repeating: .null, count: sharedCount)
        begin()
    }

    private func begin() {
        bytes.clear()
        CopiedRows.head.withUnsafeBytes { bytes.put($0) }
        (rows, kept, isOpen) = (0, 0, false)
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

    /// What was bound is on its way.
    func step() throws(SQLiteError) -> Bool {
        precondition(next == 0, "a row is bound as a whole")
        changes = rows
        guard rows > 0 else { return false }
        kept += rows
        rows = 0
        do throws(SQLiteError) {
            try connection.writing { () throws(SQLiteError) in
                try self.connection.waiting.copy(self, to: self.connection)
                if self.bytes.count >= CopiedRows.part { try self.push() }
            }
        } catch {
            // What the server has begun to take ends with its transaction.
            if !isOpen { begin() }
            throw error
        }
        return false
    }

    private func push() throws(SQLiteError) {
        let handle = connection.handle
        if !isOpen {
            connection.rounds += 1
            guard PQsendQuery(handle, sql) == 1 else { throw connection.failure(nil, sql) }
            let begun = connection.result()
            defer { PQclear(begun) }
            guard PQresultStatus(begun) == PGRES_COPY_IN else {
                let error = connection.failure(begun, sql)
                PQclear(connection.answer())
                throw error
            }
            isOpen = true
        }
        let memory = bytes.start.assumingMemoryBound(to: CChar.self)
        guard PQputCopyData(handle, memory, Int32(bytes.count)) == 1 else { throw connection.failure(nil, sql) }
        PQflush(handle)
        bytes.clear()
    }

    /// Ends what was sent; of few rows that were not, how each is inserted.
    func finish() throws(SQLiteError) -> [Step] {
        defer { begin() }
        if !isOpen, kept <= CopiedRows.few { return try singles() }
        bytes.put(-1 as Int16)
        try push()
        guard PQputCopyEnd(connection.handle, nil) == 1 else { throw connection.failure(nil, sql) }
        let answer = connection.answer()
        defer { PQclear(answer) }
        guard PQresultStatus(answer) == PGRES_COMMAND_OK else { throw connection.failure(answer, sql) }
        return []
    }

    /// Each row as it stands in `bytes`, field by field, as arguments.
    private func singles() throws(SQLiteError) -> [Step] {
        let (all, name, count) = (
            bytes.taken(from: CopiedRows.head.count), try connection.name(of: insertion), columns.count
        )
        var at = 0
        return (0..<kept).map { _ in
            var places: [Int?] = []
            var lengths: [Int32] = []
            at += 2
            for _ in 0..<count {
                let length = all.withUnsafeBytes {
                    Int32(bigEndian: $0.loadUnaligned(fromByteOffset: at, as: Int32.self))
                }
                at += 4
                places.append(length < 0 ? nil : at)
                lengths.append(max(0, length))
                at += Int(max(0, length))
            }
            return Step(sql: insertion) { [connection, places, lengths] in
                all.withUnsafeBytes { memory in
                    let values = places.map {
                        $0.map { memory.baseAddress!.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
                    }
                    let formats = [Int32](repeating: 1, count: count)
                    return PQsendQueryPrepared(connection.handle, name, Int32(count), values, lengths, formats, 1)
                }
            }
        }
    }

    /// Nothing of it is done.
    func abandon() {
        if isOpen, PQputCopyEnd(connection.handle, "rolled back") == 1 { PQclear(connection.answer()) }
        begin()
    }

    func reset() { precondition(next == 0, "a row is bound as a whole") }
}
