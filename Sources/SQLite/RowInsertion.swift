/// Inserts rows of one shape into one table, sixteen to a statement; another engine takes all at once. Within a transaction that whoever
/// inserts rolls back where it fails: rows before the one that failed may stay.
public final class RowInsertion {
    /// What becomes of a row that is there already. As `ON CONFLICT` says it, SQLite would keep a copy of each page that a statement of
    /// many rows changes, in a file of its own, in case one of them is refused (https://www.sqlite.org/tempfiles.html, 2.4): a third of
    /// the time.
    public enum Clash {
        /// It is left out, as is one without what its columns need.
        case leftOut
        case refused
    }

    /// Rows of one statement of SQLite: more gain nothing.
    private static let together = 16

    private let isCopied: Bool
    private let one: HotStatement
    private let many: HotStatement
    private let shared: Int32
    private let own: Int32

    /// `row` is one row of VALUES: `?1`, `?2`, … up to `shared` are the same for all rows of a call, each `*` is a row's own.
    public init(
        _ database: Database, into table: String, row: String, shared: Int32 = 0, whereThere clash: Clash
    ) throws(SQLiteError) {
        let own = Int32(row.utf8.count { $0 == UInt8(ascii: "*") })
        func statement(_ rows: Int) throws(SQLiteError) -> HotStatement {
            var number = shared
            let values = (0..<rows).map { _ in
                row.reduce(into: "") { text, character in
                    if character == "*" { number += 1 }
                    text += character == "*" ? "?\(number)" : String(character)
                }
            }
            let isOurs = database.engine == nil
            let verb = isOurs ? clash == .leftOut ? "INSERT OR IGNORE" : "INSERT OR FAIL" : "INSERT"
            let otherwise = !isOurs && clash == .leftOut ? " ON CONFLICT DO NOTHING" : ""
            return try database.hot("\(verb) INTO \(table) VALUES \(values.joined(separator: ", "))\(otherwise)")
        }
        isCopied = database.engine != nil
        if let engine = database.engine {
            let columns = row.dropFirst().dropLast().split(separator: ",").map { Int($0.filter(\.isNumber)) }
            let copied = try engine.insertion(into: table, columns: columns)
            (one, many) = (try statement(1), HotStatement(Statement(copied, sql: "COPY \(table)"), database))
        } else {
            (one, many) = (try statement(1), try statement(RowInsertion.together))
        }
        (self.shared, self.own) = (shared, own)
    }

    /// Inserts `count` rows and returns how many were new. `common` binds what they share; `each` binds the row of an index, its
    /// first parameter being the one given. What is bound where it lies must stay there until this returns. Where another engine takes many at
    /// once, none of them may be there, whatever was said of that: it is told then, or by the next statement. `areNew`: none is, not even one.
    public func run(
        _ count: Int, areNew: Bool = false, common: (HotStatement) -> Void,
        each: (HotStatement, _ row: Int, _ first: Int32) -> Void
    ) throws(SQLiteError) -> Int {
        var inserted = 0
        var row = 0
        while row < count {
            let isMany = isCopied ? areNew || count > 1 : count - row >= RowInsertion.together
            let statement = isMany ? many : one
            common(statement)
            for place in 0..<(isMany ? isCopied ? count : RowInsertion.together : 1) {
                each(statement, row, shared + 1 + (isCopied ? 0 : Int32(place) * own))
                row += 1
            }
            inserted += try statement.run()
        }
        return inserted
    }
}
