import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import PostgreSQL

/// A real server of the tests' own. Left out where PostgreSQL is not installed (apt-get install postgresql-15).
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct ServerTests {
    private let folder = TemporaryFolder()
    private let address: String
    private let database: Database

    init() throws {
        address = try TestServer.shared.get().address(of: "\(folder.path)/db")
        database = Database(try Connection(address), path: "test")
    }

    @Test func theSchemaIsSQLites() throws {
        let model = try Store(path: "\(folder.path)/model").database
        let tables = try model.tables().filter { !$0.hasPrefix("search") }
        #expect(try database.tables().subtracting(["search"]) == tables)
        for table in tables.sorted() {
            let theirs = try database.columns(of: table)
            let ours = try model.columns(of: table)
            #expect(theirs.map(\.name) == ours.map(\.name) && theirs.map(\.kind) == ours.map(\.kind), "\(table)")
            #expect(theirs.map(\.key) == ours.map(\.key), "\(table)")
            // A key is never NULL there.
            #expect(theirs.map(\.isOptional) == ours.map { $0.isOptional && $0.key == 0 }, "\(table)")
        }
        let indexes = try model.rows("SELECT name FROM sqlite_master WHERE type='index' AND sql IS NOT NULL") {
            $0.text(0)
        }
        let known = Set(try database.rows("SELECT indexname FROM pg_indexes WHERE schemaname='quai'") { $0.text(0) })
        #expect(known.isSuperset(of: indexes))
        #expect(try Store(path: address).form() == Store.newestForm)
    }

    /// A later step brings an older database to where a new one begins.
    @Test func aLaterStepIsOurs() throws {
        let connection = try Connection(address)
        let later = Database(connection, path: "test")
        try later.transaction {
            try connection.renew()
            try connection.step(
                """
                -- What somebody wrote; "text" is a name.
                CREATE TABLE scribble (id INTEGER PRIMARY KEY, text TEXT NOT NULL, user INTEGER, body BLOB);
                ALTER TABLE scribble ADD COLUMN zone TEXT;
                CREATE INDEX scribble_zone ON scribble (zone) WHERE zone IS NOT NULL;
                CREATE TRIGGER scribble_of_nobody AFTER DELETE ON user BEGIN
                    DELETE FROM scribble WHERE user=OLD.id;
                END;
                INSERT INTO user (id, name, created) VALUES (7, 'Ana', 0);
                INSERT INTO scribble (id, text, user) SELECT 1, 'a;b', id FROM user;
                INSERT INTO scribble (text) VALUES ('without a number');
                """, form: Store.newestForm + 1,
                numbered: ["scribble": Blueprint.Numbering(column: "id", isFresh: false)])
        }
        #expect(try later.columns(of: "scribble").map(\.kind) == [.integer, .text, .integer, .blob, .text])
        try later.run("DELETE FROM user WHERE id=?", .integer(7))
        #expect(try later.integer("SELECT count(*) FROM scribble") == 1)
        #expect(try later.integer("SELECT id FROM scribble") == 2)
        #expect(throws: SQLiteError.self) { _ = try Store(path: address) }
    }

    /// A database of any of the last steps is brought to where a new one begins, with what is in it.
    @Test(arguments: (Schema.steps.count - 4)..<Schema.steps.count)
    func aDatabaseOfFormerStepsIsBroughtHere(form: Int) throws {
        let server = try TestServer.shared.get()
        try server.admin("CREATE DATABASE former\(form)")
        do {
            let connection = try Connection(server.address("former\(form)"))
            let former = Database(connection, path: "test")
            try former.transaction {
                try connection.build(Schema.blueprint(of: Schema.model(upTo: form), form: form))
            }
            try former.execute(
                """
                INSERT INTO user (id, name, created) VALUES (7, 'Ana', 0);
                INSERT INTO agent (name, online, status, seen, since) VALUES ('dock', 1,
                    '{"account":{"pending":7},"devices":[{"state":"ready"},{"state":"missing"}]}', 1, 1)
                """)
        }
        let store = try Store(path: server.address("former\(form)"))
        #expect(try store.form() == Store.newestForm)
        let model = try Schema.model()
        for table in try model.tables().filter({ !$0.hasPrefix("search") }).sorted() {
            let (theirs, ours) = (try store.database.columns(of: table), try model.columns(of: table))
            #expect(theirs.map(\.name) == ours.map(\.name) && theirs.map(\.key) == ours.map(\.key), "\(table)")
        }
        #expect(try store.database.text("SELECT name FROM user") == "Ana")
        // Whoever is older than its functions gets them once more.
        try store.database.execute("UPDATE form SET functions='older'; DROP FUNCTION instr(text, text)")
        #expect(try Store(path: server.address("former\(form)")).database.integer("SELECT instr('ab', 'b')") == 2)
    }

    @Test func valuesComeBackAsTheyWent() throws {
        try database.execute("CREATE TABLE value (n bigint, t text, b bytea, r double precision)")
        let values: [[Value]] = [
            [.integer(Int64.min), .text(""), .blob([]), .real(-0.5)],
            [.integer(Int64.max), .text("é\u{10FFFF}'\\"), .blob([0, 255, 39]), .real(1e300)],
            [.null, .null, .null, .null],
        ]
        for value in values { try database.run("INSERT INTO value VALUES (?, ?, ?, ?)", arguments: value) }
        let rows = try database.rows("SELECT n, t, b, r FROM value") { row in
            row.isNull(0)
                ? [Value.null, .null, .null, .null]
                : [.integer(row.integer(0)), .text(row.text(1)), .blob(row.blob(2)), .real(row.real(3))]
        }
        #expect(rows == values)
        #expect(try database.integer("SELECT sum(r) * 0 + 12345678 FROM value") == 12_345_678)
        #expect(
            try database.text("SELECT count(*) FROM value") == "3" && database.integer("SELECT ?1=?1", .text("a")) == 1)
        // A NUL ends a text, as there.
        try database.run("UPDATE value SET t=? WHERE n IS ?", .text("a\0b"), .null)
        #expect(try database.text("SELECT t FROM value WHERE n IS NULL") == "a")
    }

    @Test func whatSQLiteHasByItself() throws {
        let model = try Store(path: "\(folder.path)/model").database
        func answer(_ sql: String, _ arguments: Value...) throws -> String? {
            try database.rows("SELECT \(sql)", arguments: arguments) { $0.optionalText(0) }.first ?? nil
        }
        for (sql, expected) in [
            ("max(3, 20)", "20"), ("min('b', 'a')", "a"), ("max(1, NULL)", nil), ("substr('abcdef', -2)", "ef"),
            ("substr('abcdef', 2, 3)", "bcd"),
            ("instr('abc', 'c')", "3"), ("hex(x'0aff')", "0AFF"),
            ("json_extract('{\"a\":{\"b\":[7,true]}}', '$.a.b[1]')", "1"),
            ("json_valid('{')", "0"), ("CAST('12ab' AS INTEGER)", "12"), ("CAST(x'616200' AS TEXT)", "ab"),
            ("'a.b' GLOB 'a[*]b'", "0"),
            ("'a*b' GLOB 'a[*]b'", "1"), ("'personal.x' GLOB 'personal.*'", "1"), ("'AB' LIKE 'a_'", "1"),
            ("'a\\%' LIKE 'a\\%'", "1"),
            // A text ends at its NUL; a backslash before it may be one itself.
            ("json_extract('{\"a\":\"x\\u0000\\\"y\",\"b\":2}', '$.a')", "x"),
            ("json_extract('{\"a\":\"x\\u0000\\\"y\",\"b\":2}', '$.b')", "2"),
            ("json_extract('[\"\\\\u0000\"]', '$[0]')", "\\u0000"), ("json_valid('[\"\\u0000\"]')", "1"),
            ("(SELECT value FROM json_each('[\"\\u0000a\"]'))", ""),
            ("strftime('%s', '2026-11-29T02:00:00+01:00')", "1795914000"), ("strftime('%s', 'soon')", nil),
            ("char(233)", "é"),
        ] as [(String, String?)] {
            #expect(try answer(sql) == expected, "\(sql)")
            #expect(try model.rows("SELECT \(sql)") { $0.optionalText(0) } == [expected], "\(sql)")
        }
        #expect(try answer("count(*) FROM party WHERE id=?", .text("12")) == "0")
    }

    /// A constraint ends its own part, not the transaction around it.
    @Test func anErrorEndsItsPart() throws {
        let other = Database(try Connection(address), path: "test")
        try database.transaction {
            try database.run("INSERT INTO product (gtin, description) VALUES ('1', 'A')")
            do {
                _ = try database.transaction {
                    try database.run("INSERT INTO product (gtin, description) VALUES (?, 'B')", .text("1"))
                }
                Issue.record("there already")
            } catch let error as SQLiteError {
                #expect(error.isConstraint && error.state == "23505" && !error.description.contains("(1)"))
            }
            try database.run("INSERT INTO product (gtin, description) VALUES ('2', ?)", .text("C"))
            #expect(try other.integer("SELECT count(*) FROM product") == 0)
        }
        #expect(try other.integer("SELECT count(*) FROM product") == 2)
        // What had failed and was not heard is not committed.
        #expect(throws: SQLiteError.self) {
            try database.transaction {
                try database.run("DELETE FROM product")
                _ = try? database.run("INSERT INTO product (gtin) VALUES ('1')")
            }
        }
        #expect(try other.integer("SELECT count(*) FROM product") == 2)
    }

    /// Numbers rise without gaps, also after a way back; those that are never given twice are not.
    @Test func numbersAreGivenAsThere() throws {
        func put(_ table: String) throws -> Int64 {
            let zone = "z\(UInt32.random(in: .min ... .max))"
            let values =
                table == "movement"
                ? "(at, kind, gtin, quantity, who) VALUES (1, 'moved', '1', 1, ?1)"
                : "(secret, name, zone, created, who) VALUES (?1, 'a', ?1, 1, 'c')"
            try database.run("INSERT INTO \(table) \(values)", .text(zone))
            return database.lastInsertID
        }
        #expect(try [put("movement"), put("movement")] == [1, 2])
        struct Back: Error {}
        #expect(throws: Back.self) {
            try database.transaction {
                _ = try put("movement")
                throw Back()
            }
        }
        #expect(try put("movement") == 3)
        try database.run("DELETE FROM movement WHERE id=3")
        #expect(try put("movement") == 3)
        #expect(try [put("screen"), put("screen")] == [1, 2])
        try database.run("DELETE FROM screen WHERE id=2")
        #expect(try put("screen") == 3)
    }

    @Test func aReaderSeesOneMomentAndNeverWrites() throws {
        let reader = Database(try Connection(address, isReading: true), path: "test")
        let engine = try #require(reader.engine)
        let before = try engine.dataVersion()
        try reader.execute(engine.beginReading)
        #expect(try reader.integer("SELECT count(*) FROM party") == 0)
        try database.run("INSERT INTO party (name, company, created) VALUES ('Ana', 'Quai', 1)")
        #expect(try reader.integer("SELECT count(*) FROM party") == 0)
        try reader.execute("COMMIT")
        #expect(try reader.integer("SELECT count(*) FROM party") == 1)
        #expect(try engine.dataVersion() != before)
        #expect(throws: SQLiteError.self) { try reader.run("DELETE FROM party") }
    }

    @Test func aLostServerIsSaid() throws {
        try TestServer.shared.get().admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='\(try database.text("SELECT current_database()") ?? "")'"
        )
        let error = #expect(throws: SQLiteError.self) { try database.run("DELETE FROM party") }
        #expect(error?.code == 10 && ["57P01", "08006"].contains(error?.state))
        let nobody = #expect(throws: SQLiteError.self) {
            _ = try Store(path: "postgresql://quai:secret@/x?host=\(folder.path)")
        }
        #expect(nobody?.state == "08001" && nobody?.description.contains("secret") == false)
    }
}
