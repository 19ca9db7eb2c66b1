import Glibc
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import PostgreSQL

/// A primary and its synchronous standby, as a company's people have them: whatever becomes of one, the store says it and finds the other.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct FailoverTests {
    private let folder = TemporaryFolder()

    /// Two servers on sockets of one folder, with their ports' names; they go with the folder.
    struct Pair {
        let folder: String
        let run: String

        init(_ folder: String) throws {
            self.folder = folder
            let programs = TestServer.programs ?? ""
            run = getuid() == 0 ? "runuser -u nobody --" : ""
            try Pair.shell(
                """
                set -e; cd \(folder); chmod 755 .; mkdir -m 700 pair; [ -z "\(run)" ] || chown nobody pair; cd pair
                \(run) \(programs)/initdb -D a -A trust -U quai --no-locale -E UTF8 -N
                echo "listen_addresses=''
                unix_socket_directories='\(folder)/pair'
                shared_buffers=16MB
                fsync=off
                wal_receiver_timeout=2s" >>a/postgresql.conf
                \(run) \(programs)/pg_ctl -D a -l a.log -w -o "-p 1" start
                \(run) \(programs)/pg_basebackup -D b -R -X stream -h \(folder)/pair -p 1 -U quai
                sed -i "s/user=quai/user=quai application_name=b/" b/postgresql.auto.conf
                \(run) \(programs)/pg_ctl -D b -l b.log -w -o "-p 2" start
                """)
            for name in ["a", "b"] {
                try Pair.shell("head -n 1 \(folder)/pair/\(name)/postmaster.pid >\(folder)/pair/\(name).pid")
            }
            // Whatever becomes of the test: who waits for its end ends them.
            try Pair.shell(
                """
                a=$(cat \(folder)/pair/a.pid) b=$(cat \(folder)/pair/b.pid)
                (while kill -0 \(getpid()) && [ -d \(folder)/pair/a ]; do sleep 1; done
                for one in $a $b; do kill -9 -$one; done; rm -f /tmp/quai-pair-\(getpid()).log) >/dev/null 2>&1 </dev/null &
                """)
        }

        static func shell(_ script: String) throws {
            guard system("(\(script)\n) >>/tmp/quai-pair-\(getpid()).log 2>&1") == 0 else {
                throw SQLiteError(code: 14, message: "see /tmp/quai-pair-\(getpid()).log", statement: script)
            }
        }

        var address: String {
            "postgresql://quai@/postgres?host=\(folder)/pair,\(folder)/pair&port=1,2&target_session_attrs=read-write"
        }

        func admin(_ port: Int, _ sql: String) throws {
            try Pair.shell("psql -h \(folder)/pair -p \(port) -U quai -d postgres -c \"\(sql)\"")
        }

        /// Every process of a server: its own and those of its connections.
        func signal(_ name: String, _ signal: String) throws {
            try Pair.shell("p=$(cat \(folder)/pair/\(name).pid); kill -\(signal) $p $(ps -o pid= --ppid $p)")
        }

        func promote() throws {
            try Pair.shell("cd \(folder)/pair; \(run) \(TestServer.programs ?? "")/pg_ctl -D b -w promote")
        }
    }

    private func code<T>(_ body: () throws -> T) -> String? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? SQLiteError).map { "\($0.code)" } ?? "\(error)" }
    }

    @Test func theOtherServerTakesOver() throws {
        let pair = try Pair(folder.path)
        let limits = Patience(silence: 200, commit: 600)
        let database = Database(try Connection(pair.address, limits: limits), path: "test")
        try database.execute("CREATE SCHEMA quai")
        try database.execute("CREATE TABLE form (turn bigint); CREATE TABLE thing (id bigint PRIMARY KEY)")
        try database.execute("INSERT INTO form VALUES (0)")
        try pair.admin(1, "ALTER SYSTEM SET synchronous_standby_names='b'")
        try pair.admin(1, "SELECT pg_reload_conf()")
        try database.run("INSERT INTO thing VALUES (1)")
        func things() throws -> [Int64] { try database.rows("SELECT id FROM thing ORDER BY id") { $0.integer(0) } }

        // A standby that does not answer: the commit is in doubt, and soon said to be.
        try pair.signal("b", "STOP")
        #expect(code { try database.run("INSERT INTO thing VALUES (2)") } == "10")
        #expect(!database.inTransaction)
        try pair.signal("b", "CONT")
        var tries = 0
        while tries < 300, code({ try database.run("INSERT INTO thing VALUES (3)") }) != nil { tries += 1 }
        #expect(try things() == [1, 2, 3])

        // The primary no longer answers anything, as behind a network that swallows packets.
        try pair.signal("a", "STOP")
        let begin = Connection.clock()
        #expect(code { try database.transaction { try database.run("INSERT INTO thing VALUES (4)") } } == "10")
        #expect(Connection.clock() - begin < 30_000 && !database.inTransaction)
        // Nobody writes there yet.
        #expect(code { try database.run("INSERT INTO thing VALUES (4)") } == "10")
        try pair.promote()
        tries = 0
        while tries < 3000, code({ try database.run("INSERT INTO thing VALUES (5)") }) != nil {
            tries += 1
            usleep(10_000)
        }
        #expect(try things() == [1, 2, 3, 5])
        #expect(try database.text("SELECT current_setting('port')") == "2")

        // Met by chance: one that has become a reader is left for one that writes.
        let chance = Database(
            try Connection(
                "\(pair.address.replacing("read-write", with: "any").replacing("1,2", with: "2,2"))", limits: limits),
            path: "test")
        try chance.execute("SET default_transaction_read_only = on")
        #expect(code { try chance.run("INSERT INTO thing VALUES (6)") } == "10")
        #expect(code { try chance.run("INSERT INTO thing VALUES (7)") } == nil)
        try? pair.signal("a", "CONT")
    }

    /// What begins on a line that is broken has not begun.
    @Test func nothingBeginsOnABrokenLine() throws {
        let connection = try Connection(try TestServer.shared.get().address(of: "\(folder.path)/db"))
        let database = Database(connection, path: "test")
        let name = try database.text("SELECT current_database()") ?? ""
        for begin in [connection.beginReading, "BEGIN"] {
            try TestServer.shared.get().admin(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname='\(name)'")
            #expect(throws: SQLiteError.self) { try database.execute(begin) }
            #expect(!database.inTransaction)
            #expect(try database.integer("SELECT 1") == 1)
        }
        // What was begun and lost is ended by us, and goes on nowhere.
        #expect(throws: SQLiteError.self) {
            try database.transaction {
                try TestServer.shared.get().admin(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname='\(name)'")
                for _ in 0..<2 { _ = try? database.run("INSERT INTO product (gtin, description) VALUES ('1', 'A')") }
            }
        }
        #expect(try database.integer("SELECT count(*) FROM product") == 0)
    }
}
