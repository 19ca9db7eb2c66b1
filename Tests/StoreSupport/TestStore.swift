public import Depot
import Glibc
import PostgreSQL
import SQLite
import Synchronization
import TestSupport

/// The stores of tests: files of SQLite, or with `QUAI_TEST_STORE=postgresql` databases of a server of their own. The same tests judge
/// both; which path a store has, is which database.
public enum TestStore {
    /// Whether PostgreSQL answers in this run.
    public static let isServer = environment("QUAI_TEST_STORE") == "postgresql"

    public static func open(_ path: String) throws -> Store { PlanWitness.watch(try Store(path: try place(path))) }
    public static func read(_ path: String) throws -> Store {
        PlanWitness.watch(try Store(reading: try place(path)))
    }

    /// Where the store of this path is: the path itself, or the address of its database, which is made.
    public static func place(_ path: String) throws -> String {
        isServer ? try TestServer.shared.get().address(of: path) : path
    }
}

/// A PostgreSQL server of one test process: on a socket in a folder of its own, without a sync, gone with the process.
public struct TestServer: Sendable {
    public static let shared = Result { try TestServer() }

    public struct Failure: Error { public var sentence: String }

    let folder: String
    private let tables: Int
    /// Those that begin with a row.
    private let begun: [String]

    /// The programs' folder; nil where PostgreSQL is not installed.
    public static let programs: String? = (15...30).reversed().lazy.map { "/usr/lib/postgresql/\($0)/bin" }
        .first { access("\($0)/initdb", X_OK) == 0 }

    init() throws {
        guard let programs = TestServer.programs else {
            throw Failure(sentence: "PostgreSQL is not installed: apt-get install postgresql-15")
        }
        let folder = "/tmp/quai-postgresql-\(getpid())"
        // The server refuses to be root. Whatever becomes of the tests, who waits for their end puts it away.
        let script = """
            set -e; mkdir -m 700 \(folder); cd \(folder); run=
            if [ "$(id -u)" = 0 ]; then chown nobody \(folder); run="runuser -u nobody --"; fi
            $run \(programs)/initdb -D \(folder)/data -A trust -U quai --no-locale -E UTF8 -N >\(folder).log 2>&1
            $run \(programs)/pg_ctl -D \(folder)/data -l \(folder)/log -w -o "-k \(folder) -c listen_addresses= -c fsync=off \
            -c full_page_writes=off -c max_connections=300 -c shared_buffers=32MB -c autovacuum=off" start >>\(folder).log 2>&1
            (while kill -0 \(getpid()) 2>/dev/null; do sleep 1; done
            $run \(programs)/pg_ctl -D \(folder)/data -m immediate stop; rm -rf \(folder) \(folder).log) >/dev/null 2>&1 </dev/null &
            """
        guard system(script) == 0 else { throw Failure(sentence: "no server: see \(folder).log") }
        self.folder = folder
        try Connection("postgresql://quai@/postgres?host=\(folder)").execute("CREATE DATABASE form")
        // Two of them are the engine's own.
        let form = try Store(path: "postgresql://quai@/form?host=\(folder)").database
        tables = try form.tables().count + 2
        begun = try form.tables().filter { try form.integer("SELECT 1 FROM \"\($0)\" LIMIT 1") != nil }
        try form.execute("CREATE SCHEMA begun")
        for table in begun { try form.execute("CREATE TABLE begun.\(table) AS TABLE quai.\(table)") }
    }

    private struct Databases {
        var known: [String: String] = [:]
        /// Nobody's now, with what the one before left in it.
        var free: [String] = []
        var made = 0
    }

    private static let databases = Mutex(Databases())

    /// The database of a path in a test's folder, from when it is asked for first until the folder goes.
    public func address(of path: String) throws -> String {
        try TestServer.databases.withLock { databases in
            if let name = databases.known[path] { return address(name) }
            let name = try clean(databases.free.popLast()) ?? make(&databases.made)
            databases.known[path] = name
            TemporaryFolder.removals.withLock { hooks in
                hooks[String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), default: []].append {
                    TestServer.databases.withLock { $0.free += [$0.known.removeValue(forKey: path)].compactMap { $0 } }
                }
            }
            return address(name)
        }
    }

    private func make(_ count: inout Int) throws -> String {
        count += 1
        try admin("CREATE DATABASE t\(count) TEMPLATE form")
        return "t\(count)"
    }

    /// Making one takes longer than most tests; nil where a test has changed its tables.
    private func clean(_ name: String?) throws -> String? {
        guard let name else { return nil }
        try admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='\(name)'")
        let isGood: Void? = try? Connection(address(name)).execute(
            """
            SET session_replication_role = replica; DROP SCHEMA IF EXISTS quai_centres CASCADE;
            DO $$ DECLARE one name; BEGIN
                IF (SELECT version FROM form) <> \(Store.newestForm) OR (SELECT count(*) FROM pg_tables WHERE schemaname='quai') <> \(tables) THEN
                    RAISE 'changed';
                END IF;
                FOR one IN SELECT tablename FROM pg_tables WHERE schemaname='quai' AND tablename<>'form' LOOP
                    EXECUTE format('DELETE FROM %I', one);
                END LOOP;
            END $$;
            \(begun.map { "INSERT INTO quai.\($0) SELECT * FROM begun.\($0)" }.joined(separator: "; "))
            """)
        return isGood.map { name }
    }

    public func address(_ database: String) -> String { "postgresql://quai@/\(database)?host=\(folder)" }

    public func admin(_ sql: String) throws { try Connection(address("postgres")).execute(sql) }
}
