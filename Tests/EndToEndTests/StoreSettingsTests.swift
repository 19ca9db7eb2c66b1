import Settings
import Testing

@testable import IngestServer

/// `[store]` says where, and never a password.
struct StoreSettingsTests {
    private func read(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\nstate = \"/s\"\n\(text)", file: "ingest.toml")
    }

    @Test func withoutItAFileKeepsIt() throws {
        let configuration = try read("")
        #expect(configuration.store == nil && configuration.database == "/s/ingest.db")
    }

    @Test func theFileOfPasswordsIsNamedToTheLibrary() throws {
        let plain = try read(
            "[store]\nurl = \"postgresql:///quai?host=/run/postgresql\"\npassfile = \"file:/etc/quai/pgpass\"")
        #expect(plain.database == "postgresql:///quai?host=/run/postgresql&passfile=/etc/quai/pgpass")
        #expect(plain.databaseName == "PostgreSQL" && plain.store?.warnings == [])
        let far = try read("[store]\nurl = \"postgresql://quai@db.example/quai\"")
        #expect(far.database == "postgresql://quai@db.example/quai")
        #expect(far.warnings.contains { $0.hasPrefix("[store]: whether db.example is") })
        // One of several is enough, however they are named.
        for several in ["127.0.0.1:5432,db.example:5432/quai", "/quai?host=/run,127.0.0.1,db.example"] {
            let some = try read("[store]\nurl = \"postgresql://\(several)\"")
            #expect(some.warnings.contains { $0.hasPrefix("[store]: whether db.example is") })
        }
        let sure = try read("[store]\nurl = \"postgresql://quai@db.example/quai?sslmode=verify-full\"")
        #expect(sure.store?.warnings == [])
    }

    @Test(arguments: [
        "url = \"postgresql://quai:secret@db/quai\"", "url = \"postgresql://db/quai?user=a&password=secret\"",
        "url = \"mysql://db/quai\"", "url = \"postgresql://quai@db/quai quai\"", "passfile = \"file:/etc/quai/pgpass\"",
        "url = \"postgresql://db/quai\"\npassfile = \"secret\"",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        let problems = #expect(throws: Problems.self) { _ = try read("[store]\n\(text)") }
        #expect(problems.map { !"\($0)".contains("secret") } == true)
    }
}
