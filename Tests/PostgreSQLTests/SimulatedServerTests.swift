import FaultyDisk
import Glibc
import SQLite
import StoreSupport
import TestSupport
import Testing
import World

@testable import Depot
@testable import PostgreSQL

/// The simulated world's server beside a real one: the same story on both, told in the same lines. What the world of three centres finds would be
/// worth nothing if its server did other things than PostgreSQL.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct SimulatedServerTests {
    private let folder = TemporaryFolder()

    typealias Line = any Engine & LeaseLine

    /// A server with a table `thing`, as a test handles it.
    private struct Side {
        var line: () throws -> Line
        /// The first of several that a new connection comes to only reads.
        var stray: () throws -> Line
        var serve: (Line, Int64, String) throws -> Void
        /// The server ends every connection.
        var cut: () throws -> Void
        /// The standby stands still, and goes on.
        var standby: (Bool) throws -> Void
        /// The primary says nothing any more, and the standby takes over.
        var primaryStops: () throws -> Void
        var promote: () throws -> Void
        /// Until the server gives up what nobody holds any more.
        var settle: () -> Void
    }

    private func real() throws -> Side {
        let pair = try FailoverTests.Pair(folder.path)
        let limits = Patience(silence: 200, commit: 600)
        func connect(_ address: String) throws -> Connection {
            let line = try Connection(address, limits: limits)
            try line.execute("SET lock_timeout = '300ms'")
            return line
        }
        let first = try Connection(pair.address, limits: limits)
        try first.execute("CREATE SCHEMA quai")
        try first.execute("CREATE TABLE quai.form (turn bigint, version bigint)")
        try first.execute("INSERT INTO quai.form VALUES (0, 1); CREATE TABLE quai.thing (id bigint PRIMARY KEY)")
        try pair.admin(1, "ALTER SYSTEM SET synchronous_standby_names='b'")
        try pair.admin(1, "SELECT pg_reload_conf()")
        return Side(
            line: { try connect(pair.address) },
            stray: {
                // Two names of the one that writes by now; the first connection becomes a reader.
                let twice = pair.address.replacing("read-write", with: "any").replacing("1,2", with: "2,2")
                let line = try connect(twice)
                try line.execute("SET default_transaction_read_only = on")
                return line
            },
            serve: { try ($0 as? Connection)?.serve($1, of: $2) },
            cut: {
                try pair.admin(
                    1,
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE backend_type='client backend' AND pid<>pg_backend_pid()
                    """)
            },
            standby: { try pair.signal("b", $0 ? "CONT" : "STOP") }, primaryStops: { try pair.signal("a", "STOP") },
            promote: { try pair.promote() }, settle: { usleep(100_000) })
    }

    private func simulated() throws -> Side {
        faulty_register()
        let disk = faulty_new()
        let file = "file:/\(disk)/thing.db?vfs=faulty"
        let tables = try Database(path: file)
        try tables.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
        final class Clock {
            var now: Int64 = 1000
            var later: [(at: Int64, what: () -> Void)] = []

            func pass(until end: Int64) {
                now = max(now, end)
                let due = later.filter { $0.at <= now }
                later.removeAll { $0.at <= now }
                for one in due { one.what() }
            }
        }
        final class Road { var now = SimulatedConnection.Road.open }
        let (clock, road) = (Clock(), Road())
        let server = SimulatedServer(
            disk: disk, now: { clock.now }, pass: { clock.pass(until: $0) }, after: { clock.later.append(($0, $1)) })
        func line() throws -> SimulatedConnection {
            try SimulatedConnection(server, file: file, road: { road.now })
        }
        return Side(
            line: line,
            stray: {
                server.nextStrays(1)
                return try line()
            },
            serve: { try ($0 as? SimulatedConnection)?.serve($1, of: $2) }, cut: { server.endAll() },
            standby: { goes in server.fates = { goes ? .answered : .late(20_000) } },
            primaryStops: { road.now = .swallowed },
            promote: {
                server.failOver()
                road.now = .open
            }, settle: { clock.pass(until: clock.now + 5000) })
    }

    private func outcome(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "done"
        } catch { return (error as? SQLiteError).map { "error \($0.code)" } ?? "\(error)" }
    }

    /// Again, as who writes does, until it is done; or whether it was.
    private func again(_ side: Side, _ body: () throws -> Void) -> String {
        for _ in 0..<600 {
            if outcome(body) == "done" { return "done" }
            side.settle()
        }
        return "never"
    }

    private func tell(_ side: Side) throws -> [String] {
        var story: [String] = []
        func say(_ words: String, _ what: String) { story.append("\(words): \(what)") }
        var lines: [Line] = []
        func database() throws -> Database {
            lines.append(try side.line())
            return Database(lines.last!, path: "test")
        }
        func add(_ database: Database, _ id: Int) throws {
            try database.run("INSERT INTO thing VALUES (?)", .integer(id))
        }
        func things(_ database: Database) throws -> String {
            "\(try database.rows("SELECT id FROM thing ORDER BY id") { $0.integer(0) })"
        }

        // The lease, by the product's own statements.
        let seats = try ["a", "b"].map { name in
            try LeaseRow(on: side.line(), id: name, name: "centre-\(name)", version: "1")
        }
        say("a asks", "\(try seats[0].claim(upTo: 9))")
        say("b asks", "\(try seats[1].claim(upTo: 9))")
        say("a renews", "\(try seats[0].renew(1))")
        say("b renews", "\(try seats[1].renew(1))")
        let first = try database()
        try side.serve(lines[0], 1, "a")
        say("a writes", outcome { try add(first, 1) })
        // A transaction that is begun holds the writers' lock; who waits for it is told after a while.
        let other = try database()
        say("a begins", outcome { try lines[0].begin() })
        say("another waits", outcome { try add(other, 90) })
        say("is it within", "\(other.inTransaction)")
        say("a's part", outcome { try add(first, 2) })
        say("a commits", outcome { try first.execute("COMMIT") })
        // It lets go, and may write until the other has it.
        try seats[0].release(1)
        say("a writes on", outcome { try add(first, 3) })
        say("b asks", "\(try seats[1].claim(upTo: 9))")
        say("a's line was ended", outcome { try add(first, 91) })
        say("a is not let in", outcome { try add(first, 91) })
        say("a renews", again(side) { _ = try seats[0].renew(1) })
        say("a has it", "\(try seats[0].renew(1))")
        say("a with b's number", outcome { try side.serve(database().engine as! Line, 2, "a") })
        let second = try database()
        let writing = lines.last!
        try side.serve(writing, 2, "b")
        say("b writes", outcome { try add(second, 4) })

        // Lost in the midst of a transaction: nothing of it goes on by itself.
        let before = try second.engine!.dataVersion()
        say("b begins", outcome { try writing.begin() })
        say("b's part", outcome { try add(second, 92) })
        try side.cut()
        say("b's next part", outcome { try add(second, 93) })
        say("is it within", "\(second.inTransaction)")
        say("b commits", outcome { try second.execute("COMMIT") })
        say("is it within", "\(second.inTransaction)")
        say("b writes again", outcome { try add(second, 5) })
        say("it may be another's", "\(try second.engine!.dataVersion() != before)")
        say("b renews on a line that was lost", outcome { _ = try seats[1].renew(2) })
        say("b renews", "\(try seats[1].renew(2))")
        say("there are", try things(second))

        // A commit in doubt, that came to be.
        try side.standby(false)
        say("a standby that stands still", outcome { try add(second, 6) })
        say("is it within", "\(second.inTransaction)")
        try side.standby(true)
        say("b writes again", again(side) { try add(second, 7) })
        say("there are", try things(second))

        // The primary says nothing; its synchronous standby takes over.
        try side.primaryStops()
        say("nobody answers", outcome { try add(second, 94) })
        say("is it within", "\(second.inTransaction)")
        say("nor lets in", outcome { try add(second, 94) })
        try side.promote()
        say("b writes again", again(side) { try add(second, 8) })
        say("there are", try things(second))
        say("b renews", again(side) { _ = try seats[1].renew(2) })
        say("b has it", "\(try seats[1].renew(2))")
        say("a renews", again(side) { _ = try seats[0].renew(1) })

        // Met by chance: one that only reads.
        let stray = Database(try side.stray(), path: "test")
        say("a reader reads", try things(stray))
        say("a reader writes", outcome { try add(stray, 95) })
        say("and elsewhere", outcome { try add(stray, 9) })
        say("there are", try things(second))
        return story
    }

    @Test func theSameStoryOnARealServer() throws {
        let here = try tell(simulated())
        let there = try tell(real())
        #expect(here == there)
        #expect(here.last == "there are: [1, 2, 3, 4, 5, 6, 7, 8, 9]")
    }
}
