internal import CPostgreSQL
import SQLite

/// A statement of ours on the server. Values say their types, so that the server need not guess them; for other types it is prepared
/// once more. Answers are binary.
final class PreparedStatement: EngineStatement {
    private unowned let connection: Connection
    let sql: String
    private var names: [[Oid]: String] = [:]
    private var arguments: [Value] = []
    /// What NULL was, when it was something.
    private var types: [Oid] = []
    private var session = 0
    private var answer: Answer?
    private var result: OpaquePointer? { answer?.result }
    private var row: Int32 = -1
    private(set) var changes = 0
    /// What NULL was taken for, where the server did not see it by itself.
    private var settled: [[Oid]: [Oid]] = [:]
    private var flow: Flow?

    init(_ connection: Connection, _ sql: String) {
        self.connection = connection
        self.sql = sql
    }

    func bind(_ arguments: [Value]) throws(SQLiteError) { self.arguments = arguments }

    func bind(_ index: Int, _ value: Value) {
        if result != nil { forget() }
        while arguments.count < index { arguments.append(.null) }
        arguments[index - 1] = value
    }

    func bindFlow(_ arguments: [Value]) throws(SQLiteError) {
        self.arguments = arguments
        let start = sql.drop(while: \.isWhitespace)
        if start.hasPrefix("SELECT") || start.hasPrefix("WITH") { flow = Flow(connection) }
    }

    func step() throws(SQLiteError) -> Bool {
        if result == nil { try run() }
        row += 1
        if row < PQntuples(result) { return true }
        guard let flow, PQntuples(result) == Flow.part else { return false }
        forget()
        answer = try flow.more().map { Answer($0) }
        row = 0
        return PQntuples(result) > 0
    }

    func reset() {
        forget()
        flow?.close()
        flow = nil
        arguments = []
    }

    private func forget() {
        (answer, row) = (nil, -1)
    }

    private func run() throws(SQLiteError) {
        if flow == nil, let known = connection.foreseen[sql]?[arguments] {
            answer = known
            return
        }
        try connection.revive()
        let name = try prepare(for: arguments)
        if let flow {
            let first = try flow.begin(sql, settled[types] ?? types) { sql, types in
                self.send(sql, types, self.arguments)
            }
            answer = first.map { Answer($0) }
            return
        }
        guard connection.isWrite(sql) else { return try take(execute(name)) }
        connection.foreseen = [:]
        try connection.writing { () throws(SQLiteError) in try self.take(self.execute(name)) }
    }

    private func execute(_ name: String) -> OpaquePointer? {
        send(name, nil, arguments) == 1 ? connection.answer() : nil
    }

    /// It with these arguments, among others.
    func step(_ arguments: [Value]) throws(SQLiteError) -> Step {
        let name = try prepare(for: arguments)
        return Step(sql: sql) { self.send(name, nil, arguments) }
    }

    private func prepare(for arguments: [Value]) throws(SQLiteError) -> String {
        if session != connection.session { (names, session) = ([:], connection.session) }
        while types.count < arguments.count { types.append(0) }
        for (index, value) in arguments.enumerated() where value != .null {
            types[index] = PreparedStatement.type(of: value)
        }
        return try prepare()
    }

    private func take(_ answer: OpaquePointer?) throws(SQLiteError) {
        let status = PQresultStatus(answer)
        guard let answer, status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            defer { PQclear(answer) }
            throw connection.failure(answer, sql)
        }
        self.answer = Answer(answer)
        row = -1
        let text = PQcmdTuples(answer).map { String(cString: $0) } ?? ""
        let isRead = String(cString: PQcmdStatus(answer)).hasPrefix("SELECT")
        if !isRead, let count = Int(text) {
            changes = count
            connection.changes = count
            if count > 0 { connection.hasWritten = true }
        }
    }

    private func prepare() throws(SQLiteError) -> String {
        if let name = names[types] { return name }
        let name = connection.nextName()
        // An error would end the transaction, and the server does not always see what a NULL is meant to be.
        let isTried = types.contains(0) && connection.inTransaction
        if isTried { try connection.execute("SAVEPOINT typing") }
        func prepare(_ types: [Oid]) -> OpaquePointer? {
            PQsendPrepare(connection.handle, name, sql, Int32(types.count), types) == 1 ? connection.answer() : nil
        }
        var answer = prepare(types)
        if PQresultStatus(answer) != PGRES_COMMAND_OK, types.contains(0) {
            PQclear(answer)
            if isTried { try connection.execute("ROLLBACK TO typing") }
            settled[types] = types.map { $0 == 0 ? PreparedStatement.text : $0 }
            answer = prepare(settled[types] ?? types)
        }
        defer { PQclear(answer) }
        guard PQresultStatus(answer) == PGRES_COMMAND_OK else { throw connection.failure(answer, sql) }
        if isTried { try connection.execute("RELEASE typing") }
        names[types] = name
        return name
    }

    // MARK: - Values out

    static let text: Oid = 25
    private static func type(of value: Value) -> Oid {
        switch value {
        case .null: 0
        case .integer: 20
        case .real: 701
        case .text: text
        case .blob: 17
        }
    }

    /// What was prepared by this name, or a statement with the types of its values.
    private func send(_ text: String, _ types: [Oid]?, _ arguments: [Value]) -> Int32 {
        // All values stand in one piece of memory, each where its pointer shows.
        var bytes: [UInt8] = []
        var places: [Int?] = []
        var lengths: [Int32] = []
        for value in arguments {
            let start = bytes.count
            switch value {
            case .null: break
            case .integer(let value): withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
            case .real(let value): withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes += $0 }
            // A NUL ends a text in SQLite's column functions, and has no place in one here.
            case .text(let value): bytes += value.utf8.prefix { $0 != 0 }
            case .blob(let value): bytes += value
            }
            places.append(value == .null ? nil : start)
            lengths.append(Int32(bytes.count - start))
        }
        bytes.append(0)
        let formats = [Int32](repeating: 1, count: arguments.count)
        return bytes.withUnsafeBytes { memory in
            let pointers: [UnsafePointer<CChar>?] = places.map { place in
                place.map { memory.baseAddress!.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            let count = Int32(arguments.count)
            guard let types else {
                return PQsendQueryPrepared(connection.handle, text, count, pointers, lengths, formats, 1)
            }
            return PQsendQueryParams(connection.handle, text, count, types, pointers, lengths, formats, 1)
        }
    }

    // MARK: - Values in

    func isNull(_ column: Int) -> Bool { PQgetisnull(result, row, Int32(column)) == 1 }

    func bytes(_ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, Int32(column)), count: Int(PQgetlength(result, row, Int32(column))))
    }

    private func number<T: FixedWidthInteger>(_ column: Int, _: T.Type) -> T {
        T(bigEndian: bytes(column).loadUnaligned(as: T.self))
    }

    func integer(_ column: Int) -> Int64 {
        guard !isNull(column) else { return 0 }
        switch PQftype(result, Int32(column)) {
        case 20: return number(column, Int64.self)
        case 23: return Int64(number(column, Int32.self))
        case 21: return Int64(number(column, Int16.self))
        case 16: return bytes(column)[0] == 0 ? 0 : 1
        case 701, 700, 1700: return Int64(exactly: real(column).rounded(.towardZero)) ?? 0
        default:
            let digits = text(column).map { $0.drop { $0 == " " }.prefix { $0.isNumber || $0 == "-" } } ?? ""
            return Int64(digits) ?? 0
        }
    }

    func real(_ column: Int) -> Double {
        guard !isNull(column) else { return 0 }
        switch PQftype(result, Int32(column)) {
        case 701: return Double(bitPattern: number(column, UInt64.self))
        case 700: return Double(Float(bitPattern: number(column, UInt32.self)))
        case 1700: return numeric(column)
        case 20, 21, 23, 16: return Double(integer(column))
        default: return text(column).flatMap { Double($0) } ?? 0
        }
    }

    /// A numeric: groups of four digits, the first with a weight (src/backend/utils/adt/numeric.c, numeric_send).
    private func numeric(_ column: Int) -> Double {
        let bytes = bytes(column)
        func word(_ at: Int) -> Int {
            Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: at * 2, as: Int16.self)))
        }
        guard bytes.count >= 8 else { return 0 }
        var value = 0.0
        var weight = 1.0
        for _ in 0..<max(0, word(1)) { weight *= 10_000 }
        for _ in 0..<max(0, -word(1)) { weight /= 10_000 }
        for group in 0..<word(0) {
            value += Double(word(4 + group)) * weight
            weight /= 10_000
        }
        return word(2) == 0 ? value : -value
    }

    func text(_ column: Int) -> String? {
        guard !isNull(column) else { return nil }
        switch PQftype(result, Int32(column)) {
        case 20, 21, 23, 16: return String(integer(column))
        case 700, 701, 1700: return String(real(column))
        default: return String(decoding: bytes(column), as: UTF8.self)
        }
    }
}
