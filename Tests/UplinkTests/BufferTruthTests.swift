import FaultyDisk
import Model
import Platform
import SQLite
import TestSupport
import Testing
import Uplink

/// What the buffer says of itself is so: how much it takes, that it refuses and why, and that it accepts again.
struct BufferTruthTests {
    /// An outbox whose turns the test calls, on a clock of its own.
    final class Scene {
        let outbox: Outbox
        private let writer: Outbox.Writer
        private(set) var time = Instant.milliseconds(10_000)
        private let answers: Locked<(saved: Int, refused: [OutboxError])>
        private let told: Locked<[Refusal.News]>

        init(_ path: String, budget: Int64?) throws {
            let (file, boot) = try OutboxTests.open(path, budget: budget)
            let told = Locked<[Refusal.News]>([])
            (self.told, answers) = (told, Locked((0, [])))
            outbox = Outbox(
                file: file, boot: boot, grown: { _ in }, news: { news, _ in told.change { $0.append(news) } })
            writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
        }

        var saved: Int { answers.with { $0.saved } }
        var refused: [OutboxError] { answers.with { $0.refused } }
        var news: [Refusal.News] { told.with { $0 } }

        /// `count` scans at once, of so many characters each.
        func scan(_ count: Int = 1, size: Int = 20, again: Int = 0) {
            let text = String(repeating: "x", count: size)
            let entries = (0..<count).map { Outbox.Entry(OutboxTests.row("\(text)\($0)"), at: time) }
            let answers = answers
            outbox.append(entries, again: again) { outcome in
                answers.change {
                    switch outcome {
                    case .saved: $0.saved += count
                    case .refused(let reason): $0.refused += Array(repeating: reason, count: count - again)
                    }
                }
            }
            turn()
        }

        func beat() {
            outbox.beat(1) { _ in }
            turn()
        }

        func turn(after pause: Duration = .milliseconds(100)) {
            time = time + pause
            _ = outbox.turn(writer, at: (time, 1_800_000_000_000 + time.milliseconds, true))
        }

        func settle() {
            outbox.forget(upTo: outbox.now.next - 1, refused: 0)
            turn()
        }
    }

    static func sizes(_ path: String) throws -> Int64 {
        try ["", "-wal", "-shm"].reduce(0) { sum, suffix in
            sum + (Files.exists(path + suffix) ? Int64(try Files.read(path + suffix, limit: 1 << 28).count) : 0)
        }
    }

    /// Without ballast, as on a disk with less than 64 MiB: the disk is named, not the budget, and the trouble stays until a scan
    /// is saved, however many heartbeats go through.
    @Test func aFullDiskIsNamedAndToldOnce() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let scene = try Scene("file:/\(disk)/outbox.db?vfs=faulty", budget: 64 << 20)
        scene.scan(10)
        #expect(scene.saved == 10 && scene.outbox.now.trouble == nil)
        faulty_now(disk, FAULTY_FULL, 1)
        for _ in 0..<400 { scene.scan(3) }
        let now = scene.outbox.now
        #expect(!scene.refused.isEmpty && scene.refused.allSatisfy { $0 == .diskFull })
        #expect(now.refusal?.reason == .diskFull && now.level == .full && now.fill.level == .roomy)
        #expect(now.refusal?.rows == UInt64(scene.refused.count) && now.refusals == UInt64(scene.refused.count))
        #expect(scene.news.count == 1)
        scene.beat()
        faulty_heal(disk)
        for _ in 0..<5 {
            scene.beat()
            scene.turn()
        }
        #expect(scene.outbox.now.refusal == now.refusal, "nothing was saved since")
        scene.scan()
        #expect(scene.outbox.now.refusal == nil && scene.outbox.now.level == .roomy)
        #expect(scene.news.count == 2 && scene.news.last == now.refusal.map { .ends($0) })
        #expect(scene.outbox.now.account.produced == UInt64(scene.saved) && scene.outbox.now.account.isClosed)
    }

    @Test func aDiskThatFailsIsNoFullBuffer() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let scene = try Scene("file:/\(disk)/outbox.db?vfs=faulty", budget: 64 << 20)
        faulty_plan(disk, FAULTY_EIO, 0, 1)
        scene.scan()
        guard case .broken? = scene.outbox.now.trouble else {
            Issue.record("\(String(describing: scene.outbox.now.trouble))")
            return
        }
        #expect(scene.outbox.now.level == .roomy && scene.outbox.now.refusal?.rows == 1)
        faulty_heal(disk)
        scene.scan()
        #expect(scene.outbox.now.refusal == nil && scene.news.count == 2)
    }

    /// That a heartbeat cannot be stored is a trouble, and no scan was refused: the next one that is stored ends it.
    @Test func aTroubleWithoutScansIsOverWithTheNextCommit() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let scene = try Scene("file:/\(disk)/outbox.db?vfs=faulty", budget: nil)
        faulty_plan(disk, FAULTY_EIO, 0, 1)
        scene.beat()
        #expect(scene.outbox.now.refusal?.rows == 0)
        faulty_heal(disk)
        scene.beat()
        #expect(scene.outbox.now.refusal == nil && scene.news.isEmpty)
    }

    /// A departure that waits in memory is handed over again and again: it is one record.
    @Test func whatIsTriedAgainIsCountedOnce() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let scene = try Scene("file:/\(disk)/outbox.db?vfs=faulty", budget: nil)
        faulty_now(disk, FAULTY_FULL, 1)
        while scene.refused.isEmpty, scene.saved < 5000 { scene.scan(2) }
        #expect(scene.outbox.now.refusals == 2)
        for _ in 0..<5 { scene.scan(2, again: 2) }
        scene.scan(3, again: 2)
        #expect(scene.outbox.now.refusals == 3 && scene.outbox.now.refusal?.rows == 3)
    }

    /// 60 000 scans into 3 MiB, with nobody to take them: log and index lie on the same disk.
    @Test func theBudgetIsWhatLiesOnTheDisk() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let budget: Int64 = 3 << 20
        let scene = try Scene(path, budget: budget)
        for _ in 0..<120 { scene.scan(500) }
        let now = scene.outbox.now
        #expect(scene.saved > 20_000 && scene.saved + scene.refused.count == 60_000)
        #expect(now.trouble == .full && now.level == .full)
        #expect(now.refusal?.rows == UInt64(scene.refused.count) && scene.news.count == 1)
        let lies = try BufferTruthTests.sizes(path)
        #expect(lies <= budget + budget / 16, "\(lies)")
        #expect(now.fill.files.total == lies)
        #expect(abs(now.used - (lies - now.fill.free)) <= budget / 16, "\(now.fill)")
        // The centre takes all of it: there is room, and it is said with the first scan that is saved.
        scene.settle()
        #expect(scene.outbox.now.refusal != nil && scene.outbox.now.fill.level == .roomy)
        scene.scan()
        #expect(scene.outbox.now.refusal == nil && scene.outbox.now.level == .roomy)
        #expect(scene.news.count == 2 && scene.outbox.now.account.isClosed)
    }

    /// A backup that reads for long keeps the log from being used again: it counts, and is cut when the backup is over, also
    /// when nobody scans any more.
    @Test func aLongReaderLeavesNoLongLog() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let scene = try Scene(path, budget: 8 << 20)
        scene.scan(10)
        let reader = try Database(path: path, readOnly: true)
        try reader.execute("BEGIN")
        _ = try reader.integer("SELECT count(*) FROM row")
        for _ in 0..<20 { scene.scan(100, size: 500) }
        let during = scene.outbox.now.fill
        #expect(during.files.log > 1_000_000 && during.used >= during.files.log)
        scene.turn(after: .seconds(2))
        #expect(scene.outbox.now.fill.files.log == during.files.log, "it is still read")
        try reader.execute("COMMIT")
        scene.turn(after: .seconds(2))
        #expect(scene.outbox.now.fill.files.log == 0)
        #expect(try Files.read(path + "-wal").isEmpty)
        #expect(try reader.integer("SELECT count(*) FROM row") == 2010)
    }

    /// What an outage made large is given back once it is delivered; numbers go on.
    @Test func aDeliveredOutageGivesItsRoomBack() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/outbox.db"
        let scene = try Scene(path, budget: 4 << 20)
        for _ in 0..<25 { scene.scan(200, size: 400) }
        let next = scene.outbox.now.next
        #expect(scene.outbox.now.fill.files.database > 2 << 20)
        scene.settle()
        scene.turn(after: .seconds(1))
        #expect(scene.outbox.now.fill.files.total < 512 << 10, "\(scene.outbox.now.fill)")
        scene.scan()
        #expect(scene.outbox.now.next == next + 1 && scene.outbox.now.account.isClosed)
        let builder = try FrameBuilder(path: path)
        try builder.refresh()
        #expect(try builder.frame(epoch: scene.outbox.now.epoch, from: next)?.count == 1)
    }
}
