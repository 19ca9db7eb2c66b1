/// Another engine behind the face of `Database`: statements are SQL as the desks write it, values and errors are ours.
package protocol Engine: AnyObject {
    /// Rows changed by the last statement.
    var changes: Int { get }
    /// The number that the database gave to the last new row.
    var lastInsertID: Int64 { get }
    var inTransaction: Bool { get }
    /// Name and version of the server, for people.
    var version: String { get }
    /// Bytes on its disk; nothing where it does not say.
    var footprint: Database.Footprint { get }

    /// Several statements without arguments.
    func execute(_ sql: String) throws(SQLiteError)
    func statement(_ sql: String) throws(SQLiteError) -> any EngineStatement
    /// New rows of one table, many at a time: of each column the number of what all rows share, or nil for a row's own. One that is there
    /// already is an error, told by this or by the next statement.
    func insertion(into table: String, columns: [Int?]) throws(SQLiteError) -> any EngineStatement
    /// `INSERT INTO … (…) VALUES (…) …`, run many times: done before anything else is, many rows at once. `key` says which row it is.
    func gathering(_ sql: String, key: Int) throws(SQLiteError) -> any EngineStatement
    /// Begins a transaction that writes: others wait to write until it ends. What `foreseen` asks is answered with it, in one round.
    func begin(foreseeing foreseen: [Question]) throws(SQLiteError)
    /// Writes with the commit, or before anything else is asked: what it changed nobody needs to know, and an error is told then.
    func later(_ sql: String, _ arguments: [Value]) throws(SQLiteError)
    /// What begins a transaction that reads as of one moment.
    var beginReading: String { get }
    /// The step that the schema has been brought to; 0 is none.
    func form() throws(SQLiteError) -> Int
    /// Another number as soon as anybody has changed something.
    func dataVersion() throws(SQLiteError) -> Int64
    func tables() throws(SQLiteError) -> Set<String>
    func columns(of table: String) throws(SQLiteError) -> [Database.Column]
    /// Writes what holds rows that are gone anew, so that nothing of them is left; false where it could not.
    func rewrite() -> Bool
}

/// What somebody will ask in a transaction, known before it begins.
public struct Question: Sendable {
    package var sql: String
    package var arguments: [Value]

    public init(_ sql: String, _ arguments: Value...) { (self.sql, self.arguments) = (sql, arguments) }
}

/// A statement of another engine, with the row that it stands at.
package protocol EngineStatement: AnyObject {
    /// Rows changed by it.
    var changes: Int { get }

    func bind(_ arguments: [Value]) throws(SQLiteError)
    /// The same where row after row is looked at: they are fetched a part at a time, however many there are.
    func bindFlow(_ arguments: [Value]) throws(SQLiteError)
    /// One argument by its position, from 1 on.
    func bind(_ index: Int, _ value: Value)
    func bind(_ index: Int, number: Int64)
    /// Nil is NULL.
    func bind(_ index: Int, utf8: UnsafeRawBufferPointer?)
    func bind(_ index: Int, bytes: UnsafeRawBufferPointer)
    /// True while there is a row.
    func step() throws(SQLiteError) -> Bool
    func reset()

    func integer(_ column: Int) -> Int64
    func real(_ column: Int) -> Double
    func isNull(_ column: Int) -> Bool
    func text(_ column: Int) -> String?
    /// Valid until the next step.
    func bytes(_ column: Int) -> UnsafeRawBufferPointer
}

extension EngineStatement {
    package func bind(_ index: Int, number: Int64) { bind(index, .integer(number)) }
    package func bind(_ index: Int, utf8: UnsafeRawBufferPointer?) {
        bind(index, .text(utf8.map { String(decoding: $0, as: UTF8.self) }))
    }
    package func bind(_ index: Int, bytes: UnsafeRawBufferPointer) { bind(index, .blob(Array(bytes))) }
}

/// One that stands at no row.
package protocol RowlessStatement: EngineStatement {}

extension RowlessStatement {
    package func integer(_ column: Int) -> Int64 { 0 }
    package func real(_ column: Int) -> Double { 0 }
    package func isNull(_ column: Int) -> Bool { true }
    package func text(_ column: Int) -> String? { nil }
    package func bytes(_ column: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}

extension Database {
    public struct Column: Equatable, Sendable {
        public enum Kind: String, Sendable {
            case integer = "INTEGER"
            case real = "REAL"
            case text = "TEXT"
            case blob = "BLOB"
        }

        public var name: String
        public var kind: Kind
        public var isOptional: Bool
        /// Its place in the primary key, from 1 on; 0: it is no part of it.
        public var key: Int

        public init(name: String, kind: Kind, isOptional: Bool, key: Int) {
            (self.name, self.kind, self.isOptional, self.key) = (name, kind, isOptional, key)
        }
    }

    /// Every table, without those of the engine itself.
    public func tables() throws -> Set<String> {
        if let engine { return try engine.tables() }
        return Set(
            try rows("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'") {
                $0.text(0)
            })
    }

    /// Columns of a table in their order; none of a table that is not there.
    public func columns(of table: String) throws -> [Column] {
        if let engine { return try engine.columns(of: table) }
        return try rows("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", .text(table)) {
            Column(
                name: $0.text(0), kind: Column.Kind(rawValue: $0.text(1)) ?? .text, isOptional: !$0.bool(2),
                key: Int($0.integer(3)))
        }
    }
}
