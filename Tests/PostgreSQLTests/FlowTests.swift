import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import PostgreSQL

/// However many rows a query has, few of them are here at a time.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct FlowTests {
    private let folder = TemporaryFolder()
    private let connection: Connection
    private let database: Database

    init() throws {
        connection = try Connection(try TestServer.shared.get().address(of: "\(folder.path)/db"))
        database = Database(connection, path: "test")
        try database.execute(
            """
            INSERT INTO entry (seq, at, who, kind, subject, chain)
                SELECT n, n, 'Nadia', 'desk.claimed', 'a' || n, 'c' || n FROM generate_series(1, 200000) AS n
            """)
        connection.mostRows = 0
    }

    @Test func twoHundredThousandRowsAreNeverHereAtOnce() throws {
        let ledger = Ledger(database)
        var next: Int64 = 1
        try ledger.linked(after: 0) { entry, link in
            #expect(entry.seq == next && link == "c\(next)")
            next += 1
            return true
        }
        #expect(next == 200_001 && connection.mostRows == Flow.part && !database.inTransaction)
        // Who has seen enough gets no more, and leaves nothing open.
        next = 0
        try ledger.linked(after: 100_000) { entry, _ in
            next += 1
            return next < 700
        }
        #expect(next == 700 && !database.inTransaction)
        #expect(try ledger.verify().broken == 1)
    }

    /// Other questions between two rows, also the same one again; the transaction that it is within goes on.
    @Test func betweenTwoRowsOthersAreAsked() throws {
        let sql = "SELECT seq FROM entry WHERE seq>? ORDER BY seq"
        try database.transaction {
            try database.run("DELETE FROM entry WHERE seq>2000")
            var sums: [Int64] = []
            try database.each(sql, .integer(0)) { row in
                guard row.integer(0) % 1000 == 0 else { return true }
                var sum: Int64 = 0
                try database.each(sql, .integer(row.integer(0) - 3)) { inner in
                    sum += inner.integer(0)
                    return inner.integer(0) < row.integer(0)
                }
                sums.append(sum)
                #expect(try database.integer("SELECT count(*) FROM entry") == 2000)
                return true
            }
            #expect(sums == [2997, 5997])
        }
        #expect(try database.integer("SELECT count(*) FROM entry") == 2000)
        #expect(try database.integer("SELECT count(*) FROM pg_cursors WHERE name<>''") == 0)
        struct Enough: Error {}
        #expect(throws: Enough.self) { try database.each(sql, .integer(0)) { _ in throw Enough() } }
        #expect(throws: SQLiteError.self) { try database.each("SELECT 1/(seq-seq) FROM entry") { _ in true } }
        #expect(!database.inTransaction)
        // A reader's own moment ends with it.
        let reader = Database(
            try Connection(try TestServer.shared.get().address(of: "\(folder.path)/db"), isReading: true), path: "test")
        try reader.each(sql, .integer(0)) { _ in false }
        try database.run("DELETE FROM entry")
        #expect(try reader.integer("SELECT count(*) FROM entry") == 0)
    }

    /// Our own commits are no news, those of others are: also one that is only one statement, and not one that changed nothing.
    @Test func whatOthersWroteIsTold() throws {
        let other = Database(try Connection(try TestServer.shared.get().address(of: "\(folder.path)/db")), path: "test")
        let before = try connection.dataVersion()
        try database.run("DELETE FROM entry WHERE seq=1")
        try database.transaction {
            try database.run("DELETE FROM entry WHERE seq=2")
            _ = try database.transaction { try database.run("DELETE FROM entry WHERE seq=3") }
        }
        try other.run("DELETE FROM entry WHERE seq=1")
        let seen = try other.transaction { try other.integer("SELECT 1") }
        #expect(seen == 1)
        #expect(try connection.dataVersion() == before)
        try other.run("DELETE FROM entry WHERE seq=4")
        let after = try connection.dataVersion()
        #expect(after != before)
        try other.transaction { try other.execute("DELETE FROM entry WHERE seq=5") }
        #expect(try connection.dataVersion() != after)
    }
}
