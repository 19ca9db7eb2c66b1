internal import CPostgreSQL
import SQLite

/// Row after row of one query by a cursor (https://www.postgresql.org/docs/15/sql-declare.html): a part of them is here at a time, and
/// other statements may be asked between two rows. Outside a transaction it is one by itself, until it is closed: what is written
/// meanwhile is a part of it.
final class Flow {
    /// Rows fetched at once.
    static let part: Int32 = 500

    private let connection: Connection
    private let name: String
    private var session = 0
    /// Begun here, and ended here.
    private var isOwn = false
    private var isOpen = false

    init(_ connection: Connection) {
        self.connection = connection
        name = connection.nextName()
    }

    /// The first rows; `send` sends a statement with the values and their types.
    func begin(
        _ sql: String, _ types: [Oid], send: (String, [Oid]) -> Int32
    ) throws(SQLiteError) -> OpaquePointer? {
        isOwn = !connection.inTransaction
        if isOwn { try connection.execute("BEGIN") }
        session = connection.session
        isOpen = true
        let declared =
            send("DECLARE \(name) NO SCROLL CURSOR FOR \(sql)", types) == 1 ? connection.answer() : nil
        defer { PQclear(declared) }
        guard PQresultStatus(declared) == PGRES_COMMAND_OK else { throw connection.failure(declared, sql) }
        return try more()
    }

    /// The next rows; none after the last ones.
    func more() throws(SQLiteError) -> OpaquePointer? {
        let sql = "FETCH \(Flow.part) FROM \(name)"
        guard session == connection.session else {
            throw SQLiteError(code: 10, message: "the server was lost between two rows", statement: sql, state: "08006")
        }
        let isSent = PQsendQueryParams(connection.handle, sql, 0, nil, nil, nil, nil, 1) == 1
        let answer = isSent ? connection.answer() : nil
        guard PQresultStatus(answer) == PGRES_TUPLES_OK else {
            defer { PQclear(answer) }
            throw connection.failure(answer, sql)
        }
        return answer
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if isOwn {
            // What failed is not committed; what was only read ends either way.
            do { try connection.execute("COMMIT") } catch { try? connection.execute("ROLLBACK") }
        } else if session == connection.session, PQtransactionStatus(connection.handle) == PQTRANS_INTRANS {
            try? connection.execute("CLOSE \(name)")
        }
    }
}
