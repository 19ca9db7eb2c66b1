import Model
import Platform
import Ports
import TestSupport
import Testing
import Uplink

@testable import EdgeAgent

/// Scans of the page at the depot: saved before they are said to be, each once.
struct LocalScansTests {
    /// An outbox whose writer has a thread of its own.
    private final class Buffer {
        let folder = TemporaryFolder()
        let outbox: Outbox
        let feed: Feed
        let scans: LocalScans
        private let ended = Locked(false)

        init(budget: Int64 = 64 << 20) throws {
            var random = SystemRandomNumberGenerator()
            let file = try OutboxFile(path: "\(folder.path)/outbox.db", budget: budget, random: &random)
            let boot = try file.begin(kernel: "k", origin: 0, synced: true, random: &random)
            let outbox = Outbox(file: file, boot: boot, grown: { _ in })
            self.outbox = outbox
            feed = Feed(reads: RecentReads(), goods: LocalGoods(path: "\(folder.path)/expected.json"))
            scans = LocalScans(outbox: outbox, feed: feed)
            let writer = Locked<Outbox.Writer?>(Outbox.Writer(file: file, boot: boot, kernel: "k"))
            startThread("test-outbox") { [ended] in
                if let writer = writer.with({ $0 }) {
                    outbox.run(writer) { (Clocks.now, Clocks.wall, true) }
                }
                ended.change { $0 = true }
            }
        }

        func close() {
            outbox.close()
            _ = ended.wait(timeout: 5000) { $0 ? true : nil }
        }
    }

    private static func scan(_ key: String, _ text: String) throws -> LocalScans.Scan {
        let body = JSON.object([("key", .string(key)), ("zone", "dock-1"), ("text", .string(text))]).text8
        return try #require(LocalScans.Scan(body, zones: ["dock-1"]))
    }

    @Test func aScanIsSavedOnceHoweverOftenItIsAskedFor() throws {
        let buffer = try Buffer()
        defer { buffer.close() }
        let scan = try Self.scan("key-0001", "3608439390616")
        #expect(buffer.scans.take(scan) == .saved)
        #expect(buffer.scans.take(scan) == .saved)
        #expect(buffer.outbox.now.account.produced == 1)
        #expect(buffer.scans.take(try Self.scan("key-0002", "3608439390616")) == .saved)
        #expect(buffer.outbox.now.account.produced == 2)
        let shown = buffer.feed.reads?.list ?? []
        #expect(
            shown.map(\.device) == ["page", "page"] && shown.allSatisfy { $0.refused == nil && $0.zone == "dock-1" })
        #expect(buffer.scans.answer(scan).status == 200)
    }

    @Test func whatIsNotSavedIsSaidSo() throws {
        let buffer = try Buffer()
        buffer.close()
        let scan = try Self.scan("key-0003", "3608439390616")
        #expect(buffer.scans.take(scan) == .refused("outbox-closed"))
        let reply = buffer.scans.answer(scan)
        let said = try JSON(parsing: reply.body)
        #expect(reply.status == 503 && said["saved"]?.truth == false)
        #expect(buffer.feed.reads?.list.first?.refused == "outbox-closed")
    }

    @Test func keysAreForgottenAtSomeTime() throws {
        let buffer = try Buffer()
        defer { buffer.close() }
        for number in 0...LocalScans.keyLimit {
            #expect(buffer.scans.take(try Self.scan("key-\(1000 + number)", "x\(number)")) == .saved)
        }
        #expect(buffer.outbox.now.account.produced == UInt64(LocalScans.keyLimit) + 1)
    }
}
