internal import CPostgreSQL
import SQLite

/// One `INSERT … VALUES (…) ON CONFLICT …` for many rows at once, as arrays: what is run is gathered until the commit, or until anything else is
/// asked of the connection. The same row twice is two statements.
final class GatheredRows: RowlessStatement {
    /// Rows of one statement: more gain nothing.
    private static let together = 1000
    /// Parts whose memory is kept.
    private static let spares = 16
    /// Dimensions, whether there is a NULL, the elements' type, how many, and the first one's number.
    private static let head = 20

    private unowned let connection: Connection
    private let statement: String
    private let types: [Oid]
    private let key: Int
    private var columns: [Column]
    /// Memory that was used before.
    private var spare: [[Column]] = []
    private var keys: Set<Int> = []
    private var hash = 0
    private var rows = 0
    private var name: String?
    private var session = 0
    let changes = 1

    /// One parameter of every row, as an array on the wire (src/backend/utils/adt/arrayfuncs.c, array_recv).
    final class Column {
        var bytes = Bytes()
        var hasNull = false
        /// Where the last row's field ends.
        var mark = GatheredRows.head

        func clear() {
            bytes.clear(keeping: GatheredRows.head)
            (hasNull, mark) = (false, GatheredRows.head)
        }

        func finish(_ rows: Int, _ type: Int32) {
            for (index, word) in [1, hasNull ? 1 : 0, type, Int32(rows), 1].enumerated() {
                bytes.put(word, at: index * 4)
            }
        }
    }

    /// `key` is the parameter that says which row it is.
    init(_ connection: Connection, _ sql: String, key: Int) throws(SQLiteError) {
        self.connection = connection
        self.key = key
        guard let made = try GatheredRows.statement(sql, connection) else {
            throw SQLiteError(code: 1, message: "not INSERT INTO … (…) VALUES (…)", statement: sql)
        }
        (statement, types) = made
        columns = types.map { _ in Column() }
        clear()
    }

    private func clear() {
        for column in columns { column.clear() }
        keys.removeAll(keepingCapacity: true)
        rows = 0
    }

    /// `VALUES (?1, ?2)` becomes `SELECT a1, a2 FROM unnest(?1::text[], ?2::bigint[]) AS given (a1, a2)`.
    private static func statement(_ sql: String, _ connection: Connection) throws(SQLiteError) -> (String, [Oid])? {
        var tokens = Token.all(of: sql).map { if case .space = $0 { Token.space(" ") } else { $0 } }
        let dialect = connection.dialect
        guard let into = tokens.firstIndex(where: { $0.keyword == "INTO" }),
            let table = dialect.place(tokens, after: into),
            let values = tokens.firstIndex(where: { $0.keyword == "VALUES" }),
            let close = tokens[values...].firstIndex(of: .symbol(")"))
        else { return nil }
        let names = tokens[(table + 1)..<values].compactMap { token -> String? in
            if case .word(let name) = token { return name }
            return nil
        }
        let given = tokens[values..<close].compactMap { token -> Int? in
            if case .parameter(let number) = token { return number }
            return nil
        }
        guard names.count == given.count, let count = given.max() else { return nil }
        let kinds = Dictionary(
            uniqueKeysWithValues: try connection.columns(of: tokens[table].bare).map { ($0.name, $0.kind) })
        var types: [(name: String, array: Oid)] = Array(repeating: ("", 0), count: count)
        for (name, number) in zip(names, given) {
            switch kinds[name] {
            case .integer: types[number - 1] = ("bigint", 1016)
            case .text: types[number - 1] = ("text", 1009)
            case .blob: types[number - 1] = ("bytea", 1001)
            case .real: types[number - 1] = ("double precision", 1022)
            case nil: return nil
            }
        }
        let all = (1...count).map { "a\($0)" }.joined(separator: ", ")
        let arrays = types.enumerated().map { "?\($0 + 1)::\($1.name)[]" }.joined(separator: ", ")
        let selected = given.map { "a\($0)" }.joined(separator: ", ")
        tokens.replaceSubrange(
            values...close, with: Token.all(of: "SELECT \(selected) FROM unnest(\(arrays)) AS given (\(all))"))
        return (dialect.statement(tokens.map(\.text).joined()), types.map(\.array))
    }

    func bind(_ arguments: [Value]) throws(SQLiteError) {
        for (index, value) in arguments.enumerated() { bind(index + 1, value) }
    }

    func bindFlow(_ arguments: [Value]) throws(SQLiteError) { try bind(arguments) }

    func bind(_ index: Int, _ value: Value) {
        if index == key {
            var hasher = Hasher()
            if case .text(var text) = value { text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) } }
            if case .integer(let number) = value { hasher.combine(number) }
            hash = hasher.finalize()
        }
        columns[index - 1].bytes.field(value)
        if value == .null { columns[index - 1].hasNull = true }
    }

    func bind(_ index: Int, number: Int64) {
        if index == key { hash = number.hashValue }
        columns[index - 1].bytes.field(number)
    }

    func bind(_ index: Int, utf8: UnsafeRawBufferPointer?) {
        guard let utf8 else { return bind(index, .null) }
        if index == key {
            var hasher = Hasher()
            hasher.combine(bytes: utf8)
            hash = hasher.finalize()
        }
        columns[index - 1].bytes.field(utf8: utf8)
    }

    func bind(_ index: Int, bytes: UnsafeRawBufferPointer) { columns[index - 1].bytes.field(bytes) }

    /// Gathers the row that was bound.
    func step() throws(SQLiteError) -> Bool {
        guard connection.inTransaction else {
            defer { clear() }
            rows = 1
            try connection.writing { () throws(SQLiteError) in
                try self.connection.waiting.gather(self, to: self.connection)
            }
            return false
        }
        if rows > 0, !keys.insert(hash).inserted {
            // The same row twice in one statement is an error there: those before it are a statement.
            let last = columns.map { $0.bytes.taken(from: $0.mark) }
            for column in columns { column.bytes.clear(keeping: column.mark) }
            try seal()
            for (column, field) in zip(columns, last) {
                field.withUnsafeBytes { column.bytes.put($0) }
                if field.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]) { column.hasNull = true }
            }
        }
        if rows == 0 {
            keys.insert(hash)
            try connection.waiting.gather(self, to: connection)
        }
        rows += 1
        for column in columns { column.mark = column.bytes.count }
        if rows == GatheredRows.together { try seal() }
        return false
    }

    /// Rows of one statement.
    struct Part {
        fileprivate var columns: [Column]
        let rows: Int
    }

    /// What is gathered is a statement of its own.
    func seal() throws(SQLiteError) {
        guard rows > 0 else { return }
        let part = Part(columns: columns, rows: rows)
        columns = spare.popLast() ?? types.map { _ in Column() }
        clear()
        try connection.waiting.add(part, of: self, to: connection)
    }

    func step(_ part: Part) throws(SQLiteError) -> Step {
        try prepare()
        return Step(sql: statement) { [self] in
            for (column, type) in zip(part.columns, types) {
                column.finish(part.rows, GatheredRows.element(of: type))
            }
            let values = part.columns.map { Optional($0.bytes.start.assumingMemoryBound(to: CChar.self)) }
            let lengths = part.columns.map { Int32($0.bytes.count) }
            let formats = [Int32](repeating: 1, count: types.count)
            defer { if spare.count < GatheredRows.spares { spare.append(part.columns) } }
            return PQsendQueryPrepared(connection.handle, name, Int32(types.count), values, lengths, formats, 1)
        }
    }

    private func prepare() throws(SQLiteError) {
        guard session != connection.session else { return }
        let name = connection.nextName()
        let isSent = PQsendPrepare(connection.handle, name, statement, Int32(types.count), types) == 1
        let answer = isSent ? connection.answer() : nil
        defer { PQclear(answer) }
        guard PQresultStatus(answer) == PGRES_COMMAND_OK else { throw connection.failure(answer, statement) }
        (self.name, session) = (name, connection.session)
    }

    /// Nothing of it is done.
    func abandon() { clear() }

    private static func element(of array: Oid) -> Int32 {
        switch array {
        case 1016: 20
        case 1009: 25
        case 1001: 17
        default: 701
        }
    }

    func reset() {}
}
