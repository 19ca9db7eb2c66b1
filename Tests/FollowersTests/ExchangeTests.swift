import Depot
import Glibc
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// An ERP without a connector is told by files, and tells by files: in a real folder, at a time of the test's own.
struct ExchangeTests {
    /// The database with a clock that stands still until it is moved.
    private actor Office: ExchangeDeeds {
        let store: Store
        var now: Int64 = 1_000_000

        init(_ path: String, _ follower: ExchangeFollower) throws {
            store = try TestStore.open(path)
            try store.run(follower)
        }

        func run<T: Sendable>(_ deed: @Sendable (Store, Int64) throws -> T) async throws -> T { try deed(store, now) }
        func wait(_ milliseconds: Int64) { now += milliseconds }
    }

    /// Dies at one of its steps.
    private final class Mortal: ExchangeFiles, @unchecked Sendable {
        let inner = FolderFiles()
        /// Steps until it dies; negative: never. Used by one test, step after step.
        var left = -1
        struct Death: Error {}

        private func step() throws(FolderFault) {
            if left == 0 { throw FolderFault("dead", EIO) }
            if left > 0 { left -= 1 }
        }

        func list(_ folder: String) throws(FolderFault) -> [String: FileLooks.Sight?] { try inner.list(folder) }
        func read(_ path: String, limit: Int) throws(FolderFault) -> [UInt8] { try inner.read(path, limit: limit) }
        func write(_ bytes: [UInt8], to path: String) throws(FolderFault) {
            try step()
            try inner.write(bytes, to: path)
            try step()
        }
        func rename(_ path: String, to new: String) throws(FolderFault) {
            try step()
            try inner.rename(path, to: new)
            try step()
        }
        func remove(_ path: String) throws(FolderFault) { try inner.remove(path) }
        func makeFolder(_ path: String) throws(FolderFault) { try inner.makeFolder(path) }
    }

    private let folder = TemporaryFolder()
    private let follower: ExchangeFollower
    private let office: Office
    private let files = Mortal()
    private static let gtin = "03608439390616"

    init() throws {
        follower = ExchangeFollower(location: { $0 })
        office = try Office("\(folder.path)/db", follower)
        for name in ["in", "out"] { mkdir("\(folder.path)/\(name)", 0o700) }
    }

    private var out: ExchangeOut {
        ExchangeOut(
            folder: "\(folder.path)/out", follower: follower, acknowledgedWithin: 3_600_000, files: files, deeds: office
        )
    }

    private var reader: ExchangeIn {
        ExchangeIn(
            folder: "\(folder.path)/in", files: files, deeds: office,
            check: { [office] name, bytes in
                try await office.run { store, _ in
                    guard let kind = ArrivedKind(name: name, bytes: bytes, in: store) else { return nil }
                    return (
                        kind,
                        kind == .products
                            ? try Import.check(products: CSV(bytes), in: store)
                            : try Import.check(deliveries: bytes, in: store)
                    )
                }
            }, french: { "fr: \($0.text)" })
    }

    private func close(_ quantity: Quantity, daily: ExchangeFollower? = nil) async throws {
        try await office.run { [follower] store, now in
            let (desk, nadia) = (ReceivingDesk(store), Author("Nadia"))
            guard
                let id = try desk.openBlind(
                    supplier: "Rexel", zone: "dock-1", note: nil, day: "2026-11-27", by: nadia, at: now)
            else { return }
            try desk.decide(
                Decision(at: now, who: "Nadia", kind: .adjust, gtin: ExchangeTests.gtin, quantity: quantity), on: id)
            _ = try desk.close(id, .init(extra: .accept, unknown: .accept), by: nadia, at: now)
            try store.run(daily ?? follower)
        }
    }

    private func names(_ place: String) -> [String] {
        ((try? FolderFiles().list("\(folder.path)/\(place)").keys.sorted()) ?? []).filter { !$0.hasPrefix(".") }
    }

    private func job(_ number: Int64 = 1) async throws -> ERPJob? {
        try await office.run { store, _ in try store.jobs.job(of: .file, subject: String(number)) }
    }

    private func write(_ text: String, _ path: String) throws {
        try FolderFiles().write(Array(text.utf8), to: "\(folder.path)/\(path)")
    }

    @Test func aClosedDeliveryIsAFileUntilItIsTaken() async throws {
        try await close(4)
        try await out.pass()
        let name = "quai-000001-reception.csv"
        #expect(names("out") == [name, "taken"])
        let lines = String(decoding: Fixture.bytes(at: "\(folder.path)/out/\(name)"), as: UTF8.self).split(
            separator: "\r\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("file;row;kind;entry;document;order;supplier;gtin;"))
        #expect(lines[1].hasPrefix("1;1;reception;") && lines[1].contains(";Rexel;\(Self.gtin);"))
        #expect(try await job()?.state == .waiting)
        try await out.pass()
        #expect(try await job()?.fault == "written", "whoever does not take it has not got it")
        #expect(unlink("\(folder.path)/out/\(name)") == 0)
        try await out.pass()
        #expect(try await job()?.state == .done)
    }

    @Test func anAcknowledgementPutsItAway() async throws {
        try await close(4)
        try await out.pass()
        try write("", "out/quai-000001-reception.csv.ack")
        try await out.pass()
        #expect(try await job()?.state == .done)
        #expect(names("out") == ["taken"] && names("out/taken") == ["quai-000001-reception.csv"])
    }

    @Test func aRefusalIsDeadWithItsSentenceAndARetryWritesTheSameName() async throws {
        try await close(4)
        try await out.pass()
        try write("unknown article\n", "out/quai-000001-reception.csv.nak")
        try await out.pass()
        let dead = try #require(try await job())
        #expect(dead.state == .dead && dead.sentence == "unknown article")
        #expect(names("out") == ["taken"])
        #expect(
            try await office.run { store, now in
                try QueueDesk(Desks(store), nil).retry(dead.id, accepted: [], by: Author("Nadia"), at: now)
            })
        try await out.pass()
        #expect(names("out") == ["quai-000001-reception.csv", "taken"])
    }

    @Test func nobodyWhoTakesItIsTold() async throws {
        try await close(4)
        try await out.pass()
        await office.wait(3_600_000)
        try await out.pass()
        #expect(try await job()?.fault == "late")
        let open = try await office.run { store, _ in try store.stock.openNotices().map { $0["kind"]?.text ?? "" } }
        #expect(open == ["exchange-late"])
        #expect(unlink("\(folder.path)/out/quai-000001-reception.csv") == 0)
        try await out.pass()
        #expect(try await office.run { store, _ in try store.stock.openNotices().isEmpty })
    }

    /// Whatever step it dies at: the file is there once, with the same content, and taken once.
    @Test(arguments: 0..<8) func aDeathBetweenAnyStepsChangesNothing(_ at: Int) async throws {
        try await close(4)
        files.left = at
        _ = try? await out.pass()
        files.left = -1
        await office.wait(120_000)
        try await out.pass()
        #expect(names("out") == ["quai-000001-reception.csv", "taken"])
        #expect(unlink("\(folder.path)/out/quai-000001-reception.csv") == 0)
        await office.wait(120_000)
        try await out.pass()
        #expect(names("out") == ["taken"])
        #expect(try await job()?.state == .done)
    }

    @Test func anEmptyFolderInItsPlaceTakesNothing() async throws {
        try await close(4)
        try await out.pass()
        _ = rename("\(folder.path)/out", "\(folder.path)/gone")
        mkdir("\(folder.path)/out", 0o700)
        await #expect(throws: ExchangeFinding.self) { try await out.pass() }
        #expect(try await job()?.state == .waiting)
    }

    @Test func aFileIsReadWhenItIsAtRestAndOnce() async throws {
        let reader = reader
        try write("delivery_note;supplier;gtin;quantity\r\nBL-7;Rexel;\(Self.gtin);5\r\n", "in/bl.csv")
        try write("half", "in/other.csv.part")
        #expect(try await reader.pass() == 0)
        await office.wait(2000)
        #expect(try await reader.pass() == 1)
        #expect(names("in") == ["done", "other.csv.part", "refused"] && names("in/done") == ["bl.csv"])
        let ids = try await office.run { store, _ in try store.deliveries.ids(note: "BL-7") }
        #expect(ids.count == 1)
        // The same file again says nothing new.
        try write("delivery_note;supplier;gtin;quantity\r\nBL-7;Rexel;\(Self.gtin);5\r\n", "in/bl.csv")
        _ = try await reader.pass()
        await office.wait(2000)
        _ = try await reader.pass()
        #expect(names("in/done") == ["bl.csv", "bl.csv.2"])
    }

    @Test func whatIsRefusedIsSaidRowByRow() async throws {
        let reader = reader
        try write("delivery_note;supplier;gtin;quantity\r\nBL-8;Rexel;\(Self.gtin);many\r\n", "in/bl.csv")
        try write("nothing that is known", "in/what.bin")
        symlink("/etc/passwd", "\(folder.path)/in/products.csv")
        _ = try await reader.pass()
        await office.wait(2000)
        #expect(try await reader.pass() == 2)
        #expect(names("in/refused") == ["bl.csv", "bl.csv.report.csv", "what.bin", "what.bin.report.txt"])
        #expect(names("in").contains("products.csv"), "a link is not followed")
        let report = String(decoding: Fixture.bytes(at: "\(folder.path)/in/refused/bl.csv.report.csv"), as: UTF8.self)
        #expect(report.contains("line;motif;reason") && report.contains("fr: "))
        let kinds = try await office.run { store, _ in try store.stock.openNotices().map { $0["kind"]?.text ?? "" } }
        #expect(kinds == ["exchange-refused", "exchange-refused"])
    }

    @Test func oneFileADayHoldsWhatTheDayBrought() async throws {
        let daily = ExchangeFollower(location: { $0 }, form: .jsonl, day: { _ in ("2026-11-27", 2_000_000) })
        for quantity in [Quantity(1), 2] { try await close(quantity, daily: daily) }
        try await out.pass()
        #expect(names("out") == ["taken"], "the day is not over")
        await office.wait(1_000_000)
        try await out.pass()
        #expect(names("out") == ["quai-000001-2026-11-27.jsonl", "taken"])
        let text = String(
            decoding: Fixture.bytes(at: "\(folder.path)/out/quai-000001-2026-11-27.jsonl"), as: UTF8.self)
        let rows = try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
        #expect(rows.map { $0["quantity"] } == [1, 2] && rows.map { $0["row"] } == [1, 2])
        // What comes later that day has a file of its own: the number before it was given away.
        try await close(3, daily: daily)
        try await out.pass()
        #expect(names("out").contains("quai-000002-2026-11-27.jsonl"))
    }

    @Test func whatWasToldIsToldOnceWhereTheLedgerIsReadAgain() async throws {
        try await close(1)
        let again = follower
        let files = try await office.run { store, _ in
            try store.ledger.mark(ExchangeFollower.name, at: 0)
            _ = try store.run(again)
            return try store.exchange.openFiles().map(\.name)
        }
        #expect(files == ["quai-000001-reception.csv"])
    }
}
