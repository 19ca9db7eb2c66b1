import Depot
import Glibc
import Model
import Platform
import SQLite
import TestSupport
import Testing
import Uplink

struct SalvageTests {
    private func corrupt(_ path: String, _ random: inout SeededRandom, holes: Int) throws {
        for suffix in ["", "-wal"] where Files.exists(path + suffix) {
            var bytes = try Files.read(path + suffix, limit: 1 << 30)
            guard bytes.count > 8192 else { continue }
            for _ in 0..<holes {
                // Never the first pages, which hold the epoch: without it nothing may be taken in (tested below).
                let at = Int.random(in: 20_000..<max(20_001, bytes.count), using: &random)
                guard at < bytes.count else { continue }
                let count = min(Int.random(in: 1...3000, using: &random), bytes.count - at)
                for index in at..<at + count { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            }
            try Files.write(bytes, to: path + suffix)
        }
    }

    /// Whatever pages are destroyed: every row whose checksum holds reaches the centre, once, also when the centre had it.
    @Test(arguments: 1...12) func everyRowThatIsWholeComesBack(seed: UInt64) throws {
        let road = try RestoreTests.Road(seed: seed)
        for number in 1...1500 {
            // Now and then one that needs overflow pages.
            try road.scan(number % 97 == 0 ? "n\(number)-" + String(repeating: "x", count: 9000) : "n\(number)")
            if number == 400 { try road.send(limit: 30) }
        }
        // Some that the centre has, though the file does not know it.
        try road.send(limit: 5, forget: false)
        let old = "\(road.folder.path)/damaged.db"
        try road.copy(road.path, old)
        if seed == 5 {
            // A file of an agent that was never updated.
            let older = try Database(path: old)
            try older.execute("ALTER TABLE state DROP COLUMN refused; PRAGMA user_version=1")
        }
        try corrupt(old, &road.random, holes: Int(seed % 4) * 3)
        let salvage = try Salvage(path: old)
        #expect(salvage.epoch == road.file.epoch && salvage.forgotten <= road.file.forgotten)
        let missing = salvage.missing.reduce(0) { $0 + UInt64($1.count) }
        #expect(salvage.forgotten + UInt64(salvage.rows.count) + missing == salvage.next - 1, "each is here or named")
        if seed % 4 == 0 {
            #expect(missing == 0 && salvage.damaged == 0 && salvage.next == road.file.next)
            #expect(salvage.forgotten == road.file.forgotten)
        }

        // The agent begins a new file, takes some scans, and then what was salvaged.
        for suffix in ["", "-wal", "-shm"] { unlink(road.path + suffix) }
        try road.restart()
        for number in 1...20 { try road.scan("later\(number)") }
        let taken = try road.file.take(salvage, random: &road.random)
        #expect(taken == salvage.rows.count && road.file.account.isClosed)
        #expect(road.file.refused == 0, "a new epoch, of which the centre has refused nothing")
        // Once more by mistake: the centre knows them.
        if seed % 3 == 0 { _ = try road.file.take(salvage, random: &road.random) }
        try road.restart()
        try road.send()
        #expect(road.file.account.pending == 0)
        let stored = Set(
            try road.store.database.rows("SELECT subject FROM record WHERE kind=3 AND subject IS NOT NULL") {
                $0.text(0)
            })
        for number in 1...20 { #expect(stored.contains("later\(number)")) }
        for row in salvage.rows.values {
            guard case .barcode(_, _, let barcode)? = try? Model.Row.decode(CBOR(decoding: row.body)).row else {
                continue
            }
            #expect(stored.contains(barcode.text), "\(barcode.text.prefix(12))")
        }
        #expect(road.effects == stored.count, "each had its effect once")
    }

    @Test func whatIsNoOutboxGivesNothingAndDoesNotTrap() throws {
        let folder = TemporaryFolder()
        var random = SeededRandom(seed: 4)
        for size in [0, 1, 99, 4096, 40_000] {
            let path = "\(folder.path)/noise-\(size)"
            try Files.write((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }, to: path)
            #expect(try Salvage(path: path).rows.isEmpty)
        }
        // A real one with every byte in doubt.
        let road = try RestoreTests.Road(seed: 9)
        for number in 1...200 { try road.scan("n\(number)") }
        try road.file.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let whole = try Files.read(road.path, limit: 1 << 24)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            try Files.write(bytes, to: "\(folder.path)/doubt")
            let salvage = try Salvage(path: "\(folder.path)/doubt")
            #expect(salvage.rows.count <= 200 && salvage.missing.count <= 1 << 20)
        }
    }

    @Test func theBufferFillsInSteps() throws {
        #expect(BufferLevel(used: 699, budget: 1000) == .roomy && BufferLevel(used: 700, budget: 1000) == .warning)
        #expect(
            BufferLevel(used: 850, budget: 1000) == .saving && BufferLevel(used: 950, budget: 1000) == .deliveriesOnly)
        #expect(BufferLevel(used: 1000, budget: 1000) == .full && BufferLevel(used: 1, budget: 0) == .full)
        #expect(BufferLevel.allCases == BufferLevel.allCases.sorted())
    }

    @Test func theBallastIsMadeAndDropped() throws {
        let folder = TemporaryFolder()
        let ballast = Ballast(folder: folder.path)
        #expect(ballast.load() && ballast.isThere)
        #expect(try Files.read("\(folder.path)/ballast", limit: 1 << 26).count == Int(Ballast.size))
        ballast.drop()
        #expect(!Files.exists("\(folder.path)/ballast") && !ballast.isThere)
        #expect(!Ballast(folder: "\(folder.path)/nowhere").load())
        #expect(Ballast.size(free: 64 << 20) == Ballast.size && Ballast.size(free: .max) == Ballast.size)
        #expect(Ballast.size(free: 6 << 20) == 384 << 10 && Ballast.size(free: 1 << 20) == nil)
    }
}
