import Depot
import Glibc
import Platform
import Rig
import SQLite
import TestSupport
import Testing

@testable import IngestServer

/// Copies of the database, and the way back.
struct BackupTests {
    private let folder = TemporaryFolder("backup")
    private var database: String { "\(folder.path)/ingest.db" }

    private func tell(_ store: Store, _ subject: String) throws {
        try store.tell(Fact(.installationRenewed, subject), by: Author("test"), at: 1_700_000_000_000)
    }

    private func mode(_ path: String) -> mode_t {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o777 : 0
    }

    @Test func aCopyIsOneMomentOfADatabaseThatIsWrittenOn() throws {
        let store = try Store(path: database)
        let path = database
        let (stopping, ended) = (Locked(false), Locked(false))
        let written = Locked(0)
        startThread("writer") {
            defer { ended.change { $0 = true } }
            guard let own = try? Store(path: path) else { return }
            while !stopping.with({ $0 }) {
                let number = written.with { $0 }
                guard (try? own.tell(Fact(.installationRenewed, "\(number)"), by: Author("test"), at: 1)) != nil else {
                    continue
                }
                written.change { $0 += 1 }
            }
        }
        var copies: [Backup.Copy] = []
        for number in 0..<5 {
            // Something is written between two copies.
            let before = written.with { $0 }
            _ = written.wait(timeout: 10_000) { $0 > before ? true : nil }
            copies.append(try Backup.make(of: database, at: "\(folder.path)/copy-\(number).db"))
        }
        stopping.with { $0 = true }
        _ = ended.wait(timeout: 10_000) { $0 ? true : nil }
        let entries = copies.compactMap(\.condition.ledger?.entries)
        #expect(entries.count == 5 && entries == entries.sorted() && entries.first != entries.last)
        for copy in copies {
            #expect(copy.condition.problem == nil && copy.condition.form == Store.newestForm)
            #expect(mode(copy.path) == 0o600 && copy.bytes > 0)
            #expect(try store.ledger.has(link: try #require(copy.condition.ledger).tip))
        }
        #expect(!Files.list(folder.path).contains { $0.hasSuffix(".partial") || $0.hasPrefix("copy-0.db-") })
    }

    @Test func aSealedCopyIsNobodysWhoHasNoKey() throws {
        let store = try Store(path: database)
        for number in 0..<12 { try tell(store, String(repeating: "a subject of \(number) ", count: 300)) }
        // Of `age-keygen` 1.1.1.
        let recipient = try #require(AgeRecipient("age1t4p8zhxy90lclcxaz927y88927zc24egdns2nmnjv2vqdg9pzpjq3magzz"))
        let target = "\(folder.path)/centre-20261128T060000Z.db.age"
        let copy = try Backup.make(of: database, sealedTo: recipient, at: target)
        let bytes = try Files.read(target)
        #expect(mode(target) == 0o600 && Int64(bytes.count) == copy.bytes && AgeSeal.begins(bytes))
        #expect(Files.list(folder.path).allSatisfy { !$0.hasPrefix(".") })
        #expect(throws: Backup.Refusal.self) { try Backup.restore(from: target, to: database, at: 1_700_000_000_000) }
        for wrong in [
            "age1t4p8zhxy90lclcxaz927y88927zc24egdns2nmnjv2vqdg9pzpjq3magzb", "age1", "",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ] { #expect(AgeRecipient(wrong) == nil) }
        let names = [
            ".backup.7.plain", "..backup.8.plain.8.partial", ".backup.9.plain", "ingest.db", ".backup.x.plain",
        ]
        #expect(Backup.left(behind: names) { $0 == 9 } == [".backup.7.plain", "..backup.8.plain.8.partial"])
    }

    @Test func aRestoredCopyHasTheSameAccounts() throws {
        do {
            let store = try Store(path: database)
            try tell(store, "before")
            try Database(path: database).run(
                "INSERT INTO stream (agent, epoch, frontier, applied, rejected, skipped) VALUES ('dock', 7, 14, 12, 1, 1)"
            )
        }
        let copy = try Backup.make(of: database, at: "\(folder.path)/copy.db")
        #expect(copy.condition.accounts == ["dock/7 12 1 1 14"])
        do { try tell(try Store(path: database), "after") }
        let late = try Store.condition(of: database)
        let (condition, aside) = try Backup.restore(from: copy.path, to: database, at: 1_700_000_000_000)
        #expect(condition == copy.condition)
        #expect(try Store.condition(of: database) == copy.condition && mode(database) == 0o600)
        // What was there is kept whole, with what its log held.
        #expect(aside == "\(database).before-20231114T221320Z")
        #expect(try Store.condition(of: try #require(aside)) == late)
        #expect(try Store(path: database).ledger.verify().broken == nil)
    }

    @Test func whatIsNoGoodCopyIsRefusedBeforeAnythingIsTouched() throws {
        do { try tell(try Store(path: database), "kept") }
        let good = try Backup.make(of: database, at: "\(folder.path)/good.db").path
        let before = try Store.condition(of: database)
        let newer = try Backup.make(of: database, at: "\(folder.path)/newer.db").path
        do { try Database(path: newer).execute("PRAGMA user_version=9999") }
        let torn = "\(folder.path)/torn.db"
        var bytes = try Files.read(good)
        for index in 8192..<min(bytes.count, 8 * 8192) { bytes[index] = 0xFF }
        try Files.write(bytes, to: torn)
        let other = "\(folder.path)/other.db"
        do { try Database(path: other).execute("CREATE TABLE letter (text TEXT)") }
        try Files.write(Array("no database".utf8), to: "\(folder.path)/text.db")
        for file in [newer, torn, other, "\(folder.path)/text.db", "\(folder.path)/none.db"] {
            #expect(throws: (any Error).self, "\(file)") { try Backup.restore(from: file, to: database, at: 1) }
        }
        let refusal = #expect(throws: Backup.Refusal.self) { try Backup.restore(from: newer, to: database, at: 1) }
        #expect(refusal?.description.contains("newer version") == true)
        #expect(try Store.condition(of: database) == before)
        #expect(throws: Backup.Refusal.self) { try Backup.make(of: database, at: database) }
    }

    @Test func onlyOldCopiesOfThisCentreAreRemoved() {
        let folder = BackupFolder(path: "/b", instance: "centre")
        let now: Int64 = 1_795_845_600_000
        #expect(folder.file(at: now) == "/b/centre-20261128T060000Z.db")
        let names = [
            "centre-20261128T060000Z.db", "centre-20261029T060000Z.db", "centre-20261029T055959Z.db",
            "centre-2-20200101T000000Z.db", "centre-yesterday.db", "centre-20200101T000000Z.db.gz", "letter.txt",
            ".centre-20261101T000000Z.db.77.partial", ".centre-20261128T055900Z.db.77.partial",
        ]
        #expect(folder.newest(among: names) == "20261128T060000Z" && folder.newest(among: ["letter.txt"]) == nil)
        #expect(
            folder.old(among: names, days: 30, at: now) == [
                "centre-20261029T055959Z.db", ".centre-20261101T000000Z.db.77.partial",
            ])
    }

    @Test func aCentreThatRunsIsCopiedAndNeverOverwritten() throws {
        let stand = try RoadTests.stand("backup")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startIngest()
        let options = ["--config", "\(stand.folder)/ingest.toml"]
        var copied: (code: Int32, output: String) = (2, "")
        for _ in 0..<200 where copied.code != 0 {
            copied = try RoadTests.run("edge-ingest", ["backup", "\(stand.folder)/copies/", "--keep", "30"] + options)
            usleep(50_000)
        }
        #expect(copied.code == 0, "\(copied.output)")
        let name = try #require(Files.list("\(stand.folder)/copies").first)
        #expect(name.hasPrefix("centre-") && mode("\(stand.folder)/copies/\(name)") == 0o600)
        let restore = ["restore", "\(stand.folder)/copies/\(name)"] + options
        let refused = try RoadTests.run("edge-ingest", restore)
        #expect(refused.code == 2 && refused.output.contains("has \(stand.database) open"))
        #expect(stand.ingest?.isRunning == true)
        stand.ingest?.killHard()
        let restored = try RoadTests.run("edge-ingest", restore)
        #expect(restored.code == 0 && restored.output.contains("what was there is"), "\(restored.output)")
        #expect(try RoadTests.run("edge-ingest", ["audit", "verify"] + options).code == 0)
    }
}
