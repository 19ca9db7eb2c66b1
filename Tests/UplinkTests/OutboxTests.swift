import Depot
import FaultyDisk
import Model
import Platform
import SQLite
import TestSupport
import Testing
import Uplink

struct OutboxTests {
    static func row(_ text: String) -> Model.Row { .barcode(device: "gate", zone: "dock", Barcode(text: text)) }

    static func open(_ path: String, budget: Int64? = nil) throws -> (OutboxFile, Boot) {
        var random = SystemRandomNumberGenerator()
        let file = try OutboxFile(path: path, budget: budget, random: &random)
        let boot = try file.begin(kernel: "k", origin: 1_000_000, synced: true, random: &random)
        return (file, boot)
    }

    @Test func numbersHaveNoHolesAndTheAccountCloses() throws {
        let folder = TemporaryFolder()
        let (file, boot) = try OutboxTests.open("\(folder.path)/outbox.db")
        try file.database.transaction {
            for index in 1...10 { try file.insert(OutboxTests.row("\(index)").encoded(at: 5), boot: boot.counter) }
            try file.store()
        }
        try file.database.transaction {
            try file.forget(upTo: 4, refused: 1)
            try file.store()
        }
        #expect(file.account == Account(produced: 10, committed: 3, pending: 6, rejected: 1, skipped: 0))
        #expect(file.account.isClosed)
        let (again, _) = try OutboxTests.open("\(folder.path)/outbox.db")
        #expect(again.account == file.account && again.next == 11 && again.forgotten == 4 && again.epoch == file.epoch)
    }

    @Test func refusedRowsAreCountedOnceHoweverOftenTheTotalIsTold() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let (file, boot) = try OutboxTests.open(path)
        for index in 1...100 { try file.insert(OutboxTests.row("\(index)").encoded(at: 5), boot: boot.counter) }
        try file.forget(upTo: 50, refused: 40)
        try file.forget(upTo: 60, refused: 40)
        // A centre that was restored knows of fewer, and goes on from there.
        try file.forget(upTo: 70, refused: 3)
        try file.forget(upTo: 80, refused: 5)
        #expect(file.account == Account(produced: 100, committed: 38, pending: 20, rejected: 42, skipped: 0))
        try file.store()
        let (again, _) = try OutboxTests.open(path)
        try again.forget(upTo: 90, refused: 8)
        #expect(again.account.rejected == 45 && again.account.isClosed)
    }

    @Test(arguments: [FAULTY_KILL, FAULTY_POWER, FAULTY_EIO, FAULTY_FULL])
    func aMigrationThatDiesIsDoneAgain(fault: faulty_kind) throws {
        faulty_register()
        let (old, disk) = (faulty_new(), faulty_new())
        defer {
            faulty_free(old)
            faulty_free(disk)
        }
        var random = SystemRandomNumberGenerator()
        do {
            // As version 1 left it.
            let (file, boot) = try OutboxTests.open("file:/\(old)/outbox.db?vfs=faulty")
            for index in 1...3 { try file.insert(OutboxTests.row("\(index)").encoded(at: 5), boot: boot.counter) }
            try file.store()
            try file.database.execute("ALTER TABLE state DROP COLUMN refused; PRAGMA user_version=1")
        }
        for operations in Int32(0)..<200 {
            faulty_copy(old, disk)
            faulty_plan(disk, fault, operations, UInt64(operations) + 1)
            let path = "file:/\(disk)/outbox.db?vfs=faulty"
            let isWhole = (try? OutboxFile(path: path, random: &random)) != nil
            faulty_heal(disk)
            let file = try OutboxFile(path: path, random: &random)
            #expect(try file.database.integer("PRAGMA user_version") == OutboxFile.schemaVersion)
            #expect(file.account.pending == 3 && file.account.isClosed)
            if isWhole {
                #expect(operations > 1, "it was killed that often")
                return
            }
        }
        Issue.record("it never came to an end")
    }

    @Test func manyRowsAtOnceAreStoredAsHandedOver() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let (file, boot) = try OutboxTests.open(path)
        var rows = EncodedRows()
        for index in 1...37 { rows.add(OutboxTests.row("é \(index)"), at: .milliseconds(Int64(index))) }
        rows.add(OutboxTests.row(String(repeating: "x", count: OutboxFile.rowLimit)), at: .zero)
        #expect(try file.insert(rows, boot: boot.counter) == 1...38)
        try file.store()
        let stored = try #require(try OutboxFile.rows(in: file.database, from: 1, limit: 100, bytes: 100_000))
        let items = try CBOR(decoding: Frame.body(of: stored.count, joined: stored.bodies)).items ?? []
        let decoded = try items.map { try Model.Row.decode($0) }
        #expect(decoded.count == 38 && decoded[37].row == .skipped(reason: "too large"))
        for index in 1...37 {
            #expect(decoded[index - 1].dt == Int64(index) && decoded[index - 1].row == OutboxTests.row("é \(index)"))
        }
    }

    @Test func aDamagedRowBecomesASkipWithAReason() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let (file, boot) = try OutboxTests.open(path)
        for index in 1...3 { try file.insert(OutboxTests.row("\(index)").encoded(at: 5), boot: boot.counter) }
        try file.store()
        try file.database.run("UPDATE row SET body = x'83000000' WHERE seq = 2")
        let rows = try #require(try OutboxFile.rows(in: file.database, from: 1, limit: 10, bytes: 10_000))
        #expect(rows.count == 3 && rows.boot == boot.counter)
        let items = try CBOR(decoding: Frame.body(of: rows.count, joined: rows.bodies)).items ?? []
        let (_, damaged) = try Model.Row.decode(items[1])
        #expect(damaged == .skipped(reason: "damaged on disk"))
    }

    @Test func frameHoldsRowsOfOneBootOnly() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let (file, first) = try OutboxTests.open(path)
        for index in 1...3 { try file.insert(OutboxTests.row("a\(index)").encoded(at: 5), boot: first.counter) }
        try file.store()
        let (later, second) = try OutboxTests.open(path)
        for index in 1...3 { try later.insert(OutboxTests.row("b\(index)").encoded(at: 5), boot: second.counter) }
        try later.store()
        let builder = try FrameBuilder(path: path)
        try builder.refresh()
        let frame = try #require(try builder.frame(epoch: later.epoch, from: 1))
        #expect(frame.count == 3 && frame.boot == first)
        let next = try #require(try builder.frame(epoch: later.epoch, from: 4))
        #expect(next.count == 3 && next.boot == second)
        #expect(try Frame(decoding: frame.encoded) == frame)
    }

    /// A full disk refuses with a clear word, loses nothing that was accepted, and accepts again when there is room.
    @Test func aFullBufferRefusesAndRecovers() throws {
        let folder = TemporaryFolder()
        let (file, boot) = try OutboxTests.open("\(folder.path)/outbox.db", budget: 300_000)
        let outbox = Outbox(file: file, boot: boot) { _ in }
        let outcomes = Locked<(saved: Int, refused: Int, answers: Int)>((0, 0, 0))
        let box = Locked<OutboxFile?>(file)
        startThread("writer") {
            outbox.run(Outbox.Writer(file: box.with { $0.take()! }, boot: boot, kernel: "k")) {
                (Clocks.now, Clocks.wall, true)
            }
        }
        let long = String(repeating: "x", count: 2000)
        func append(_ count: Int) {
            let before = outcomes.with { $0.answers }
            for index in 0..<count {
                outbox.append([Outbox.Entry(OutboxTests.row("\(index)\(long)"), at: Clocks.now)]) { outcome in
                    outcomes.change {
                        $0.answers += 1
                        if case .saved = outcome { $0.saved += 1 }
                        if case .refused(.full) = outcome { $0.refused += 1 }
                    }
                }
            }
            _ = outcomes.wait(timeout: 20_000) { $0.answers == before + count ? true : nil }
        }
        for _ in 0..<10 { append(30) }
        let full = outcomes.with { $0 }
        #expect(full.refused > 0 && full.saved > 0 && full.saved + full.refused == 300)
        #expect(outbox.now.trouble == .full)
        #expect(outbox.now.account.produced == UInt64(full.saved) && outbox.now.account.isClosed)
        // The centre takes everything: there is room again.
        outbox.forget(upTo: outbox.now.next - 1, refused: 0)
        let end = Clocks.now + .seconds(20)
        while outbox.now.account.pending > 0, Clocks.now < end { _ = waitFor([], milliseconds: 5) }
        append(1)
        #expect(outcomes.with { $0.saved } == full.saved + 1)
        #expect(outbox.now.trouble == nil && outbox.now.account.isClosed)
        outbox.close()
    }

    /// The model's fifth fault: asked twice to leave an epoch, it is left once, and `was` keeps naming it.
    @Test func anEpochIsLeftOnce() throws {
        let folder = TemporaryFolder()
        let (file, boot) = try OutboxTests.open("\(folder.path)/outbox.db")
        let outbox = Outbox(file: file, boot: boot) { _ in }
        let writing = Locked(file)
        startThread("writer") {
            writing.with {
                outbox.run(Outbox.Writer(file: $0, boot: boot, kernel: "k")) { (Clocks.now, Clocks.wall, true) }
            }
        }
        let old = outbox.now.epoch
        let done = Locked(0)
        outbox.append([Outbox.Entry(OutboxTests.row("a"), at: .zero)]) { _ in done.change { $0 += 1 } }
        outbox.reissue(leaving: old) { done.change { $0 += 1 } }
        outbox.reissue(leaving: old) { done.change { $0 += 1 } }
        _ = done.wait(timeout: 10_000) { $0 == 3 ? true : nil }
        let again = try Database(path: "\(folder.path)/outbox.db", readOnly: true)
        let second = outbox.now.epoch
        #expect(second != old)
        #expect(try OutboxFile.formers(in: again).map(\.epoch) == [old])
        // The ninth: what was never sent under the second keeps its first key, and what is new gets the second.
        outbox.append([Outbox.Entry(OutboxTests.row("b"), at: .zero)]) { _ in done.change { $0 += 1 } }
        outbox.reissue(leaving: second) { done.change { $0 += 1 } }
        _ = done.wait(timeout: 10_000) { $0 == 5 ? true : nil }
        let formers = try OutboxFile.formers(in: again)
        #expect(formers.map(\.epoch) == [old, second] && formers.map(\.last) == [1, 2])
        #expect(formers.allSatisfy { $0.shift == 0 })
        outbox.close()
    }

    @Test func aCommandIsBegunOnce() throws {
        let folder = TemporaryFolder()
        let (file, _) = try OutboxTests.open("\(folder.path)/outbox.db")
        let command = Command(
            id: "01J", action: .dial(extension: "101", number: "0145", display: nil, device: nil), issued: 1, ttl: 15)
        #expect(try file.begin(command: command, at: 1))
        #expect(try !file.begin(command: command, at: 2))
        #expect(try file.unfinished() == [command])
        try file.update(CommandProgress(id: "01J", state: .failed, cause: "busy"))
        #expect(try file.unfinished().isEmpty)
        #expect(try file.progress(of: "01J") == CommandProgress(id: "01J", state: .failed, cause: "busy"))
    }
}

/// The real outbox file and the real applier, with files restored from yesterday and batches that abort.
struct RestoreTests {
    final class Road {
        let folder = TemporaryFolder()
        var file: OutboxFile
        var boot: Boot
        var store: Store
        var applier: Applier
        var random: SeededRandom
        var epochs = 0
        /// Rows that had an effect in the centre.
        var effects = 0

        var path: String { "\(folder.path)/outbox.db" }
        var centre: String { "\(folder.path)/ingest.db" }

        init(seed: UInt64) throws {
            random = SeededRandom(seed: seed)
            file = try OutboxFile(path: "\(folder.path)/outbox.db", random: &random)
            boot = try file.begin(kernel: "k", origin: 0, synced: true, random: &random)
            store = try Store(path: "\(folder.path)/ingest.db")
            applier = Applier(store: store)
        }

        func scan(_ text: String) throws {
            try file.database.transaction {
                try file.insert(OutboxTests.row(text).encoded(at: 1), boot: boot.counter)
                try file.store()
            }
        }

        /// A new process on whatever file lies there; greets, and reissues when the centre names a boot it never had.
        func restart() throws {
            file = try OutboxFile(path: path, random: &random)
            boot = try file.begin(kernel: "k", origin: 0, synced: true, random: &random)
        }

        func greet() throws {
            let hello = Hello(
                epoch: file.epoch, boot: boot, nonce: random.next(),
                bulk: .init(lowest: file.forgotten + 1, highest: file.next - 1),
                urgent: .init(lowest: 1, highest: 0), clock: 0)
            let ack = try applier.greet(hello, agent: "dock", at: 0).ack
            let builder = try FrameBuilder(path: path)
            try builder.refresh()
            if ack.tip ?? 0 > file.next - 1
                || ack.boot.map({ !builder.wrote($0, seq: ack.tip ?? ack.cumulative) }) ?? false
            {
                try file.database.transaction { try file.reissue(random: &random) }
                epochs += 1
                try greet()
            }
        }

        func send(limit: Int = .max, forget: Bool = true) throws {
            try greet()
            let builder = try FrameBuilder(path: path)
            try builder.refresh()
            var next = file.forgotten + 1
            var sent = 0
            while sent < limit,
                let frame = try builder.frame(
                    epoch: file.epoch, from: next, count: Int.random(in: 1...7, using: &random))
            {
                let result = try applier.apply([("dock", frame.encoded)], at: 0)
                effects += result.applied
                next = frame.last + 1
                sent += 1
                guard forget, let ack = result.acks.last?.ack else { continue }
                try file.database.transaction {
                    try file.forget(upTo: ack.cumulative, refused: 0)
                    try file.store()
                }
            }
        }

        func copy(_ from: String, _ to: String) throws {
            for suffix in ["", "-wal", "-shm"] {
                if Files.exists(from + suffix) {
                    try Files.write(try Files.read(from + suffix), to: to + suffix)
                } else {
                    _ = try? Files.write([], to: to + suffix)
                }
            }
        }
    }

    @Test func aDifferenceBetweenTheAccountsNamesTheRecords() throws {
        let road = try Road(seed: 6)
        for number in 1...9 { try road.scan("n\(number)") }
        func compare() throws -> String? {
            try road.store.gateways.disagreement(
                agent: "dock", epoch: road.file.epoch, account: road.file.account, settled: road.file.forgotten)
        }
        #expect(try compare() == nil, "nothing was ever sent")
        try road.send()
        #expect(try compare() == nil)
        try road.store.database.run("DELETE FROM record WHERE seq BETWEEN 4 AND 5")
        #expect(try compare() == nil, "the sums still agree: nobody looks")
        try road.store.database.run("UPDATE stream SET applied = applied - 2")
        #expect(try compare() == "records 4 to 5 are missing among those that are acknowledged")
        try road.store.database.run("UPDATE stream SET frontier = 3, applied = 3")
        #expect(try compare() == "records 4 to 5 were let go by the agent and are not here")
        var open = road.file.account
        open.committed -= 1
        #expect(
            try road.store.gateways.disagreement(agent: "dock", epoch: road.file.epoch, account: open, settled: 9)
                == "the agent produced 9 records and accounts for 8")
        #expect(
            try road.store.gateways.disagreement(agent: "dock", epoch: 1, account: Account(), settled: 4)
                == "records 1 to 4 were let go by the agent and are not here")
    }

    /// The model's sixth fault: what is declared lost is lost, and what is there is not.
    @Test func onlyWhatIsMissingIsDeclaredLost() throws {
        let road = try Road(seed: 5)
        for number in 1...6 { try road.scan("n\(number)") }
        let builder = try FrameBuilder(path: road.path)
        try builder.refresh()
        for seq in [2, 3, 5] as [UInt64] {
            let frame = try #require(try builder.frame(epoch: road.file.epoch, from: seq, count: 1))
            _ = try road.applier.apply([("dock", frame.encoded)], at: 0)
        }
        let hello = Hello(
            epoch: road.file.epoch, boot: road.boot, nonce: 1, bulk: .init(lowest: 7, highest: 6),
            urgent: .init(lowest: 1, highest: 0), clock: 0)
        let (ack, lost) = try road.applier.greet(hello, agent: "dock", at: 0)
        #expect(lost == [1...1, 4...4, 6...6] && ack.cumulative == 6 && ack.tip == 6)
        try road.store.gateways.update(agent: "dock", site: nil, online: true, status: nil, at: 0)
        let row = try #require(try road.store.gateways.rows().first)
        #expect(row.applied == 3 && row.skipped == 3)
    }

    @Test(arguments: 1...40)
    func aRestoredBufferLosesNothingAndDoublesNothing(seed: Int) throws {
        let road = try Road(seed: UInt64(seed))
        var scans: [String] = []
        func scan(_ count: Int, _ name: String) throws {
            for index in 0..<count {
                scans.append("\(name)\(index)")
                try road.scan("\(name)\(index)")
            }
        }
        try scan(Int.random(in: 1...12, using: &road.random), "a")
        try road.send(limit: Int.random(in: 0...3, using: &road.random), forget: Bool.random(using: &road.random))
        try road.copy(road.path, "\(road.folder.path)/backup.db")
        let atBackup = scans.count
        try scan(Int.random(in: 0...10, using: &road.random), "b")
        try road.send(limit: Int.random(in: 0...4, using: &road.random))
        // What was scanned since the backup and not delivered is gone with the disk: that is no fault of delivery.
        let delivered = Set(try road.store.database.rows("SELECT subject FROM record") { $0.text(0) })
        scans = Array(scans[..<atBackup]) + scans[atBackup...].filter { delivered.contains($0) }
        try road.copy("\(road.folder.path)/backup.db", road.path)
        try road.restart()
        try scan(Int.random(in: 0...15, using: &road.random), "c")
        try road.send()
        try scan(2, "d")
        try road.send()
        var counts: [String: Int] = [:]
        // A row that was known under its former key is kept without effect: count effects by text.
        for text in try road.store.database.rows(
            "SELECT DISTINCT subject FROM record WHERE kind=3", map: { $0.text(0) })
        {
            counts[text, default: 0] += 1
        }
        #expect(Set(counts.keys) == Set(scans), "seed \(seed)")
        #expect(road.effects == scans.count, "seed \(seed): each had its effect once")
        #expect(road.file.account.isClosed)
    }
}
