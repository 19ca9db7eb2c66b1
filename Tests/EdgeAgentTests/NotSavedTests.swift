import Drivers
import FaultyDisk
import Logging
import Model
import Platform
import TestSupport
import Testing
import Uplink

@testable import EdgeAgent

/// A scan that is refused: no beep, and whoever looks at the device, the buffer or the log is told the same.
struct NotSavedTests {
    struct Keeper: LogHandler {
        let lines: Locked<[String]>
        var logLevel = Logger.Level.trace
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.change { $0.append(([event.level.rawValue, "\(event.message)"] + words).joined(separator: " ")) }
        }
    }

    /// One reader before an outbox whose turns the test calls.
    final class Dock {
        let outbox: Outbox
        let journal: DeviceJournal
        private let writer: Outbox.Writer
        private let settlements: Locked<(beeps: Int, refused: Int)>
        private let lines: Locked<[String]>
        private var time = Instant.milliseconds(10_000)

        init(_ path: String, budget: Int64, countsStock: Bool = false) throws {
            var random = SystemRandomNumberGenerator()
            let file = try OutboxFile(path: path, budget: budget, random: &random)
            let boot = try file.begin(kernel: "k", origin: 0, synced: true, random: &random)
            let lines = Locked<[String]>([])
            let settlements = Locked<(beeps: Int, refused: Int)>((0, 0))
            (self.lines, self.settlements) = (lines, settlements)
            let logger = Logger(label: "test") { _ in Keeper(lines: lines) }
            outbox = Outbox(
                file: file, boot: boot, grown: { _ in }, news: { BufferReport.log($0, $1, logger) })
            writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
            var rules = Presence.Rules(zone: "dock", departure: .seconds(3))
            rules.countsStock = countsStock
            let status = DeviceStatus(
                name: "gate", driver: "barcode", title: "", kind: "reader", port: "", zone: "dock", state: "ready",
                since: 0)
            journal = DeviceJournal(
                status: status, rules: rules, outbox: outbox, feed: Feed(), logger: logger,
                presence: Locked(Presence(rules: ["gate": rules])), revisionBase: 0, urgent: { _, _, _, _ in },
                changed: {}, finder: Finder(),
                settled: { settlement in
                    settlements.change {
                        switch settlement {
                        case .saved(let count): $0.beeps += count
                        case .refused: $0.refused += 1
                        }
                    }
                })
        }

        var beeps: Int { settlements.with { $0.beeps } }
        func said(_ text: String) -> [String] { lines.with { $0.filter { $0.contains(text) } } }
        var buffer: JSON { BufferReport.json(outbox.now, oldest: nil) }
        /// As `edge-agent devices` shows it.
        var line: String? { BufferReport.line(ofDevice: journal.now.json) }

        func scan(size: Int = 20) {
            journal.take([.barcode(Barcode(text: String(repeating: "7", count: size)))], at: time)
            turn()
        }

        func turn() {
            time = time + .milliseconds(100)
            _ = outbox.turn(writer, at: (time, 1_800_000_000_000 + time.milliseconds, true))
        }
    }

    /// Another program fills the disk, and makes room again.
    @Test func aFullDiskIsTheSameStoryEverywhere() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let dock = try Dock("file:/\(disk)/outbox.db?vfs=faulty", budget: 64 << 20)
        dock.scan()
        #expect(dock.beeps == 1 && dock.line == nil && BufferReport.trouble(dock.buffer) == nil)
        faulty_now(disk, FAULTY_FULL, 1)
        for _ in 0..<400 { dock.scan() }
        let (beeps, refused) = (dock.beeps, dock.journal.now.refused)
        #expect(refused > 0 && UInt64(beeps) + refused == 401, "a refused scan is not confirmed")
        let told = try #require(BufferReport.trouble(dock.buffer))
        #expect(told.contains("the disk is full") && !told.contains("buffer") && told.contains("refused \(refused)"))
        #expect(told.contains("since 20"))
        let room = BufferReport.lines(dock.buffer).joined(separator: "\n")
        #expect(!room.contains("nothing is refused") && room.contains("the disk is full"))
        #expect(dock.buffer["level"]?.text == "full" && dock.buffer["code"]?.text == "disk-full")
        let line = try #require(dock.line)
        #expect(
            line.contains("its scans are refused") && line.contains("\(refused)") && line.contains("the disk is full"))
        #expect(dock.said("scans are refused").count == 1 && dock.said("saved again").isEmpty)
        faulty_heal(disk)
        dock.scan()
        #expect(dock.beeps == beeps + 1 && dock.line == nil && BufferReport.trouble(dock.buffer) == nil)
        #expect(dock.said("scans are refused").count == 1)
        #expect(dock.said("saved again").first?.contains("refused=\(refused)") == true)
    }

    /// The budget is used up: that is the buffer, and the link is what to mend.
    @Test func aFullBufferIsNotCalledAFullDisk() throws {
        let folder = TemporaryFolder()
        let dock = try Dock("\(folder.path)/outbox.db", budget: 300_000)
        for _ in 0..<200 { dock.scan(size: 2000) }
        let told = try #require(BufferReport.trouble(dock.buffer))
        #expect(told.contains("the buffer is full") && told.contains("restore the link"))
        #expect(BufferReport.lines(dock.buffer).first?.contains("NOTHING IS ACCEPTED") == true)
        #expect(dock.line?.contains("the buffer is full") == true)
        #expect(dock.said("scans are refused").count == 1)
        dock.outbox.forget(upTo: dock.outbox.now.next - 1, refused: 0)
        dock.turn()
        #expect(dock.line != nil, "nothing was saved since")
        dock.scan()
        #expect(dock.line == nil && dock.said("saved again").count == 1)
    }

    /// From 95 % a reader that counts stock is refused; a delivery's is not.
    @Test func aStockReaderIsToldThatTheRestIsForDeliveries() throws {
        let folder = TemporaryFolder()
        let dock = try Dock("\(folder.path)/outbox.db", budget: 800_000, countsStock: true)
        for _ in 0..<400 where dock.outbox.now.level < .deliveriesOnly {
            dock.outbox.append([
                Outbox.Entry(
                    .barcode(device: "other", zone: "dock", Barcode(text: String(repeating: "1", count: 2000))),
                    at: .zero)
            ]) { _ in }
            dock.turn()
        }
        #expect(dock.outbox.now.level == .deliveriesOnly && dock.outbox.now.refusal == nil)
        #expect(dock.line?.contains("for deliveries") == true, "also before it is tried")
        for _ in 0..<3 { dock.scan() }
        #expect(dock.beeps == 0 && dock.journal.now.notSaved?.count == 3)
        #expect(dock.said("scans are refused").count == 1)
        dock.outbox.forget(upTo: dock.outbox.now.next - 1, refused: 0)
        dock.turn()
        dock.scan()
        #expect(dock.beeps == 1 && dock.line == nil)
        #expect(dock.said("saved again").first?.contains("refused=3") == true)
    }

    /// Where all readers count stock, one of them has to try whether the disk has room again.
    @Test func aStockReaderGoesOnWhenTheDiskHasRoom() throws {
        faulty_register()
        let disk = faulty_new()
        defer { faulty_free(disk) }
        let dock = try Dock("file:/\(disk)/outbox.db?vfs=faulty", budget: 64 << 20, countsStock: true)
        faulty_now(disk, FAULTY_FULL, 1)
        for _ in 0..<400 { dock.scan() }
        #expect(dock.line?.contains("the disk is full") == true)
        faulty_heal(disk)
        let beeps = dock.beeps
        dock.scan()
        #expect(dock.beeps == beeps + 1 && dock.line == nil)
    }

    /// Whoever stands before another reader is told too: nothing is saved there either.
    @Test func aReaderThatHasNotScannedSaysItToo() {
        var status = DeviceStatus(
            name: "gate", driver: "", title: "", kind: "reader", port: "", zone: "dock", state: "ready", since: 0)
        var outbox = Outbox.Status()
        outbox.refusal = Refusal(reason: .diskFull, since: 1_800_000_000_000, rows: 7)
        status.follow(outbox, countsStock: false)
        #expect(status.notSaved == .init(reason: .diskFull, since: 1_800_000_000_000, count: 0))
        outbox.refusal = nil
        status.follow(outbox, countsStock: false)
        #expect(status.notSaved == nil)
    }
}
