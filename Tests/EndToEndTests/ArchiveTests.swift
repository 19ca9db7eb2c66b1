import Glibc
import Model
import Platform
import Rig
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import IngestServer

/// Records of past months go into files: none is lost, none is twice, and none is applied again, wherever it is killed.
struct ArchiveTests {
    /// January, February and March 2026, and a day in July.
    private static let months = (0..<3).map { Month(number: 2026 * 12 + $0).start + 86_400_000 }
    private static let now = Month(number: 2026 * 12 + 6).start + 86_400_000
    private static var limit: Int64 { Month(of: now).adding(-3).start }

    private struct Killed: Error {}
    /// Where the process dies: before a step's commit, after it, or between two.
    private enum Cut: CaseIterable { case before, after, between }

    private let folder = TemporaryFolder("archive")

    private static func frame(_ texts: [String], first: UInt64, epoch: UInt64 = 5, was: Frame.Former? = nil) -> [UInt8]
    {
        let rows = texts.map { Model.Row.barcode(device: "gun", zone: "dock", Barcode(text: $0)) }
        let plain = Frame.body(of: rows.map { $0.encoded(at: 10) })
        return Frame(
            epoch: epoch, lane: .bulk, first: first, count: rows.count, boot: Boot(counter: 1, random: 2), origin: 1000,
            synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain, was: was
        ).encoded
    }

    private static func texts(_ agent: String, _ month: Int) -> [String] {
        (0..<40).map { "\(agent)-\(month)-\($0),\"é\"" }
    }

    /// Two gateways over three months, each with a scan of its own in each row; of the first some rows were lost for good.
    private static func fill(_ store: Store) throws {
        let applier = Applier(store: store)
        for (month, at) in months.enumerated() {
            for agent in ["dock", "shop"] {
                let first = UInt64(month * 50 + 1)
                if month > 0 {
                    // The ten before were never told.
                    _ = try applier.greet(greeting(first), agent: agent, at: at)
                }
                let result = try applier.apply([(agent, frame(texts(agent, month), first: first))], at: at)
                guard result.applied == 40 else { throw Killed() }
            }
        }
    }

    private static func greeting(_ lowest: UInt64) -> Hello {
        Hello(
            epoch: 5, boot: Boot(counter: 1, random: 2), nonce: 1, bulk: .init(lowest: lowest, highest: lowest + 39),
            urgent: .init(lowest: 1, highest: 0), clock: 0)
    }

    /// What lies in the files, a line each without the head.
    private func lines() -> [String] {
        let script = "cd \(folder.path)/archive && for file in *.csv.gz; do zcat $file | tail -n +2; done > ../lines"
        guard ChildProcess.run("/bin/sh", ["-c", script]) == 0 else { return [] }
        return String(decoding: Fixture.bytes(at: "\(folder.path)/lines"), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }

    private func archiving() throws -> Archiving {
        let place = ArchiveFolder(path: "\(folder.path)/archive")
        try Files.makeFolder(place.path)
        return Archiving(try TestStore.read("\(folder.path)/db"), place)
    }

    private func count(_ store: Store, _ table: String) throws -> Int64 {
        try store.database.integer("SELECT count(*) FROM \(table)") ?? 0
    }

    /// The whole way, one step after the other, by one process or by as many as there are steps.
    private func run(_ store: Store, _ cut: (at: Int, Cut)? = nil) async throws -> [Archiving.Step] {
        nonisolated(unsafe) let store = store
        var steps: [Archiving.Step] = []
        var process = try archiving()
        while steps.last != .idle, steps.count < 60 {
            let dies = cut?.at == steps.count ? cut?.1 : nil
            do {
                let step = try await process.step(before: ArchiveTests.limit, at: ArchiveTests.now) { deed in
                    if dies == .before {
                        return try store.transaction {
                            _ = try deed(store)
                            throw Killed()
                        }
                    }
                    let more = try deed(store)
                    if dies == .after { throw Killed() }
                    return more
                }
                steps.append(step)
                if dies != nil { process = try archiving() }
            } catch is Killed {
                steps.append(.idle)
                steps[steps.count - 1] = .withdrawn
                process = try archiving()
            }
        }
        return steps
    }

    /// All that must hold at the end, whatever happened on the way.
    private func check(_ store: Store, _ why: String) throws {
        let lines = lines()
        let wanted = (0..<3).flatMap { month in
            ["dock", "shop"].flatMap { agent in
                (0..<40).map { "\(agent)/0000000000000005/s/\(month * 50 + 1 + $0),barcode" }
            }
        }
        #expect(
            lines.count == 240
                && Set(lines.map { $0.split(separator: ",").prefix(2).joined(separator: ",") }) == Set(wanted), "\(why)"
        )
        #expect(try count(store, "record") == 0, "\(why)")
        #expect(try store.archive.files().allSatisfy { $0.emptied != nil }, "\(why)")
        #expect(try store.archive.files().reduce(0) { $0 + $1.records } == 240, "\(why)")
        #expect(
            ChildProcess.run("/bin/sh", ["-c", "cd \(folder.path)/archive && sha256sum --quiet -c SHA256SUMS"]) == 0,
            "\(why)")
        let shown = Files.list("\(folder.path)/archive").filter { $0.hasSuffix(".gz") }
        #expect(try shown == store.archive.files().map(\.name), "\(why)")
        #expect(!Files.list("\(folder.path)/archive").contains { $0.hasSuffix(".part") }, "\(why)")
        // What comes once more counts no second time, under its own key or another.
        let applier = Applier(store: store)
        for month in 0..<3 {
            for agent in ["dock", "shop"] {
                let first = UInt64(month * 50 + 1)
                let texts = ArchiveTests.texts(agent, month)
                let again = try applier.apply([(agent, ArchiveTests.frame(texts, first: first))], at: ArchiveTests.now)
                #expect(again.applied == 0 && again.known == 40, "\(why)")
                let moved = ArchiveTests.frame(texts, first: first, epoch: 6, was: .init(epoch: 5, first: first))
                let other = try applier.apply([(agent, moved)], at: ArchiveTests.now)
                #expect(other.applied == 0 && other.known == 40, "\(why)")
            }
        }
        for agent in ["dock", "shop"] {
            let account = Account(produced: 140, committed: 140)
            #expect(
                try store.gateways.disagreement(agent: agent, epoch: 5, account: account, settled: 140) == nil, "\(why)"
            )
        }
        #expect(try store.ledger.verify().broken == nil, "\(why)")
    }

    @Test func pastMonthsLieInFilesAndNothingComesTwice() async throws {
        let store = try TestStore.open("\(folder.path)/db")
        try ArchiveTests.fill(store)
        let steps = try await run(store)
        #expect(steps.prefix(5) == [.written, .registered, .settled, .listed, .removed])
        #expect(steps.count { $0 == .emptied } == 3)
        try check(store, "at once")
        #expect(try store.archive.files().map(\.month) == ["2026-01", "2026-02", "2026-03"])
        let told = try store.ledger.trail(before: nil, subject: "records-2026-02-1.csv.gz", who: nil, limit: 5)
        #expect(told.first?.fact.detail?.hasPrefix("80 records, sha256 ") == true)
    }

    @Test(arguments: 0..<22) func aKillAtAnyStepLosesAndDoublesNothing(_ place: Int) async throws {
        for (number, cut) in Cut.allCases.enumerated() {
            let test = ArchiveTests()
            let store = try TestStore.open("\(test.folder.path)/db")
            try ArchiveTests.fill(store)
            _ = try await test.run(store, (place, cut))
            try test.check(store, "step \(place), \(number)")
        }
    }

    /// What a crash leaves half written, and what somebody took away before a row went.
    @Test func whatIsHalfThereIsWrittenAnewAndWhatIsGoneStopsIt() async throws {
        let store = try TestStore.open("\(folder.path)/db")
        try ArchiveTests.fill(store)
        let place = "\(folder.path)/archive"
        nonisolated(unsafe) let shared = store
        func step(_ process: Archiving) async throws -> Archiving.Step {
            try await process.step(before: ArchiveTests.limit, at: ArchiveTests.now) { try $0(shared) }
        }
        var process = try archiving()
        #expect(try await step(process) == .written)
        // The process died, and the disk kept half of it.
        try Fixture.write("half", at: "\(place)/.records-2026-01-1.csv.gz.part")
        process = try archiving()
        #expect(try await step(process) == .written)
        #expect(try await step(process) == .registered)
        unlink("\(place)/.records-2026-01-1.csv.gz.part")
        process = try archiving()
        #expect(try await step(process) == .withdrawn)
        for wanted in [.written, .registered, .settled, .listed, .removed] as [Archiving.Step] {
            #expect(try await step(process) == wanted)
        }
        let file = "\(place)/records-2026-01-1.csv.gz"
        rename(file, file + ".away")
        process = try archiving()
        await #expect(throws: ArchiveFolder.Refusal.self) { try await step(process) }
        try Fixture.write("something else", at: file)
        await #expect(throws: ArchiveFolder.Refusal.self) { try await step(process) }
        rename(file + ".away", file)
        _ = try await run(store)
        try check(store, "after all of it")
    }

    /// Of people there is nothing in the files: calls and decisions stay where an erasure reaches them, badges are left out.
    @Test func nothingOfPeopleIsInAFile() async throws {
        let store = try TestStore.open("\(folder.path)/db")
        #expect(
            PersonalPlace.of("record").rows
                == "kind IN (\(RecordLine.personal.map { String($0.rawValue) }.joined(separator: ", ")))")
        try store.database.run(
            "INSERT INTO user (id, name, created, badge) VALUES (1, 'Léa', 1, ?)", .text(Password.badge("04A2B9")))
        try store.database.run("INSERT INTO stream (id, agent, epoch, frontier) VALUES (1, 'dock', 5, 5)")
        for (seq, kind, subject) in [
            (1, 3, "pallet"), (2, 6, "pbx/1"), (3, 9, "delivery:1"), (4, 3, "04A2B9"), (5, 3, "=cmd"),
        ] {
            try store.database.run(
                "INSERT INTO record VALUES (1, ?, ?, 1, ?, 1, 'gun', 'dock', ?, ?)", .integer(seq), .integer(kind),
                .integer(ArchiveTests.months[0]), .text(subject), .blob(Array("0612345678".utf8)))
        }
        _ = try await run(store)
        let lines = lines()
        #expect(
            lines.count == 3 && !lines.contains { $0.contains("04A2B9") } && lines.contains { $0.contains(",=cmd,") })
        #expect(lines[1].hasPrefix("dock/0000000000000005/s/4,barcode,") && lines[1].hasSuffix(",1,,,,"))
        #expect(try store.database.rows("SELECT seq FROM record ORDER BY seq") { $0.integer(0) } == [2, 3])
        #expect(try store.records.holes(stream: 1, in: 1...7) == [6...7])
        try store.database.run("DELETE FROM record")
        #expect(try store.records.holes(stream: 1, in: 1...7) == [6...7])
        // Who looks where a counted piece comes from is told where its read is.
        try store.database.execute(
            """
            INSERT INTO delivery (id, note, supplier, status, zone) VALUES (1, 'N', 'S', 'closed', 'dock');
            INSERT INTO counted (delivery, subject, gtin, at, stream, seq, quantity, absorbed) VALUES (1, 'tag:1', '01', 1, 1, 1, 1000, 0);
            """)
        let read = try store.deliveries.trail(delivery: 1, gtin: "01").first
        #expect(read?["archive"]?.text == "records-2026-01-1.csv.gz" && read?["zone"] == nil)
    }

    /// A row that came late, behind others of a later month, is in the file of that one; what is above the frontier waits.
    @Test func whatCameLateIsArchivedLater() async throws {
        let store = try TestStore.open("\(folder.path)/db")
        try store.database.run("INSERT INTO stream (id, agent, epoch, frontier) VALUES (1, 'dock', 5, 4)")
        for (seq, month) in [(1, 0), (2, 1), (3, 0), (4, 2), (6, 0)] {
            try store.database.run(
                "INSERT INTO record VALUES (1, ?, 3, 1, ?, 1, NULL, NULL, 'x', x'80')", .integer(seq),
                .integer(ArchiveTests.months[month]))
        }
        _ = try await run(store)
        #expect(
            try store.archive.files().map { "\($0.month) \($0.records)" } == ["2026-01 1", "2026-02 2", "2026-03 1"])
        #expect(try store.database.rows("SELECT seq FROM record") { $0.integer(0) } == [6])
    }

    /// Programs that are not ours read it.
    @Test func othersReadTheFiles() async throws {
        let store = try TestStore.open("\(folder.path)/db")
        try ArchiveTests.fill(store)
        _ = try await run(store)
        let file = "\(folder.path)/archive/records-2026-01-1.csv.gz"
        if access("/usr/bin/python3", X_OK) == 0 {
            let script = """
                import csv, gzip, datetime
                rows = list(csv.DictReader(gzip.open("\(file)", "rt", encoding="utf-8", newline="")))
                assert len(rows) == 80, len(rows)
                assert {r["subject"] for r in rows if r["record"].startswith("dock/")} == {f'dock-0-{n},"é"' for n in range(40)}
                assert datetime.datetime.fromisoformat(rows[0]["received"].replace("Z", "+00:00")).month == 1
                assert all(bytes.fromhex(r["body"]) for r in rows)
                """
            try Fixture.write(script, at: "\(folder.path)/read.py")
            #expect(ChildProcess.run("/usr/bin/python3", ["\(folder.path)/read.py"]) == 0)
        } else {
            print("python3 is not here: it does not read the archive")
        }
        guard access("/usr/bin/sqlite3", X_OK) == 0 else {
            return print("sqlite3 is not here: it does not read the archive")
        }
        let script =
            "zcat \(file) > \(folder.path)/a.csv && test $(sqlite3 -csv :memory: '.import \(folder.path)/a.csv r' 'SELECT count(DISTINCT record) FROM r WHERE kind=\"barcode\"') = 80"
        #expect(ChildProcess.run("/bin/sh", ["-c", script]) == 0)
    }
}
