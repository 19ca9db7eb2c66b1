import Depot
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// Goods that are put away are told to the ERP, before what is counted where they lie.
struct PutAwayTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let applier: Applier
    private let queue: QueueFollower
    private let nadia = Author("Nadia", station: "dock-1")
    private let gtin = "03608439390616"
    private let sender = Sender()

    private final class Sender { var (next, time): (UInt64, Int64) = (1, 1_000_000) }

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock": ZoneRule(kind: .dock, erpLocation: "WH/Stock"),
            "A-01": ZoneRule(kind: .store, erpLocation: "WH/Stock/A-01"),
            "A-02": ZoneRule(kind: .store, erpLocation: "WH/Stock/A-02"),
            "hall-left": ZoneRule(kind: .store, erpLocation: "WH/Hall"),
            "hall-right": ZoneRule(kind: .store, erpLocation: "WH/Hall"),
            "gate": ZoneRule(kind: .dock, erpLocation: "WH/Hall"), "bench": ZoneRule(kind: .store),
            "table": ZoneRule(kind: .store),
        ]
        let rules = store.rules
        queue = QueueFollower(location: { rules[$0]?.erpLocation ?? $0 }, plan: { _ in NumberPlan() })
        applier = Applier(store: store)
        try store.run(queue)
        try store.articles.save(ProductView(gtin: gtin, description: "Breaker", tracking: "none", erp: "4"))
        try collect(at: 0)
    }

    /// SGTIN-96 (GS1 Tag Data Standard, 14.6.1): company prefix 360843, item 0939061.
    private func tag(_ serial: UInt64) -> TagID {
        let high: UInt64 = 0x30 << 56 | 1 << 53 | 6 << 50 | 360843 << 30 | 939061 << 6
        return TagID(
            .epcGen2,
            (0..<12).map { byte in
                byte < 8
                    ? UInt8(truncatingIfNeeded: high >> (56 - 8 * byte))
                    : UInt8(truncatingIfNeeded: serial >> (88 - 8 * byte))
            })
    }

    private func see(_ serials: ClosedRange<UInt64>, at zone: String) throws {
        for serial in serials {
            sender.time += 1000
            let row = Model.Row.appeared(
                .init(device: "r", zone: zone, tag: tag(serial), rssiDBm: nil, antenna: nil, reads: 1))
            let body = Frame.body(of: [row.encoded(at: 0)])
            let frame = Frame(
                epoch: 7, lane: .bulk, first: sender.next, count: 1, boot: Boot(counter: 1, random: 2),
                origin: sender.time,
                synced: true, codec: .plain, crc: CRC32C.checksum(body), body: body)
            #expect(try applier.apply([("agent", frame.encoded)], at: sender.time).refused.isEmpty)
            sender.next += 1
        }
    }

    private func collect(at now: Int64) throws {
        if try store.jobs.hasMoves(at: now) { try store.transaction { try queue.collect(in: store, at: now) } }
    }

    private func received(_ serials: ClosedRange<UInt64>, seenAt zone: String? = nil) throws -> ERPJob {
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(
                supplier: "Rexel", zone: "dock", note: nil, day: "2026-11-\(sender.next)", by: nadia, at: sender.time))
        try see(serials, at: "dock")
        if let zone { try see(serials, at: zone) }
        sender.time += 1000
        #expect(try desk.close(id, .init(extra: .accept, unknown: .accept), by: nadia, at: sender.time))
        try store.run(queue)
        return try #require(try store.jobs.job(of: .reception, subject: String(id)))
    }

    private func finish(_ kind: ERPJob.Kind) throws -> ERPJob {
        let job = try #require(try store.jobs.nextJob(at: sender.time + 1000))
        #expect(job.kind == kind)
        if kind == .book {
            try store.jobs.finish(reading: job, [], sentence: "", at: sender.time)
        } else {
            try store.jobs.finish(job: job.id, remote: "1", sentence: "", at: sender.time)
        }
        return job
    }

    private func count(_ zone: String, read stock: [RemoteStock]? = nil, more: Quantity = 0) throws -> ERPJob {
        let desk = CountingDesk(store)
        sender.time += 1000
        let id = try #require(try desk.open(zone: zone, sources: [], blind: false, by: nadia, at: sender.time))
        try store.run(queue)
        if let stock {
            let book = try #require(try store.jobs.job(of: .book, subject: String(id)))
            try store.jobs.finish(reading: book, stock, sentence: "", at: sender.time)
        }
        if more != 0 {
            try desk.decide(Decision(at: sender.time, who: "Nadia", kind: .adjust, gtin: gtin, quantity: more), on: id)
        }
        #expect(try desk.change(id, to: .review, by: nadia, at: sender.time))
        #expect(try desk.post(id, complete: false, by: nadia, at: sender.time))
        try store.run(queue)
        return try #require(try store.jobs.job(of: .take, subject: String(id)))
    }

    private func transfers() throws -> [ERPJob] {
        try store.jobs.rows(state: nil, limit: 100).filter { $0.kind == .transfer }.reversed()
    }

    private func amount(_ line: JSON?, _ name: String) -> Quantity? { line?[name].flatMap { Quantity($0) } }

    @Test func aShelfThatIsCountedAfterAPutAwayInventsNothing() throws {
        let reception = try received(1...10)
        try see(1...10, at: "A-01")
        // The count does not wait for the minute to be over.
        let take = try count("A-01", read: [])
        let transfer = try #require(try transfers().first)
        #expect(transfer.payload["from"] == "WH/Stock" && transfer.payload["to"] == "WH/Stock/A-01")
        #expect(
            transfer.payload["lines"]?.list?.count == 1
                && amount(transfer.payload["lines"]?.list?.first, "quantity") == 10)
        #expect(transfer.afterJob == reception.id && take.after != nil)
        _ = try finish(.reception)
        _ = try finish(.transfer)
        let line = try finish(.take).payload["lines"]?.list?.first
        #expect(amount(line, "counted") == 10 && amount(line, "begin") == 0 && amount(line, "told") == 10)
        #expect(amount(line, "change") == 0, "the ERP has them there by the transfer")
    }

    @Test func whatLiesOnItsShelfWhenTheDeliveryClosesIsTransferredToo() throws {
        let reception = try received(1...4, seenAt: "A-02")
        let transfer = try #require(try transfers().first)
        #expect(transfer.payload["to"] == "WH/Stock/A-02" && transfer.afterJob == reception.id)
        #expect(amount(transfer.payload["lines"]?.list?.first, "quantity") == 4)
        try collect(at: sender.time + JobTable.movesRest)
        #expect(try transfers().count == 1, "it is told once")
    }

    @Test func movesAreCollectedUntilNobodyHasMovedForAMinute() throws {
        _ = try received(1...3)
        try see(1...3, at: "A-01")
        try collect(at: sender.time + JobTable.movesRest - 1)
        #expect(try transfers().isEmpty)
        try collect(at: sender.time + JobTable.movesRest)
        #expect(try transfers().count == 1)
        #expect(try transfers()[0].key.contains("/transfer/"))
        // On and back again is no move; on and on is one.
        try see(1...1, at: "A-02")
        try see(1...1, at: "A-01")
        try see(2...2, at: "A-02")
        try see(2...2, at: "hall-left")
        try collect(at: sender.time + JobTable.movesRest)
        let all = try transfers()
        #expect(all.count == 2 && all[1].payload["from"] == "WH/Stock/A-01" && all[1].payload["to"] == "WH/Hall")
    }

    @Test func zonesOfOnePlaceAndZonesOfNoneMoveNothingThere() throws {
        _ = try received(1...2)
        try see(1...2, at: "hall-left")
        try collect(at: sender.time + JobTable.movesRest)
        try see(1...1, at: "hall-right")
        try see(2...2, at: "hall-right")
        try collect(at: sender.time + JobTable.movesRest)
        #expect(try transfers().count == 1)
        try see(1...1, at: "bench")
        try collect(at: sender.time + JobTable.movesRest)
        #expect(try transfers().count == 2, "one of both is a place there: a person is asked which the other is")
        try see(1...1, at: "table")
        try collect(at: sender.time + JobTable.movesRest)
        #expect(try transfers().count == 2)
    }

    @Test func whatMovedBeforeTheERPWasConnectedItKnows() throws {
        let other = try TestStore.open("\(folder.path)/other")
        #expect(try other.jobs.hasMoves(at: 1), "the first look only remembers where it begins")
        #expect(try other.jobs.takeMoves(at: 1) { _, _ in ("a", "b") }.isEmpty)
        #expect(try !other.jobs.hasMoves(at: 2))
    }

    @Test func zonesInsideOnePlaceCountAsOne() throws {
        let left = try count("hall-left", more: 6)
        _ = try finish(.book)
        #expect(try store.jobs.nextJob(at: sender.time) == nil)
        #expect(try store.jobs.job(left.id)?.fault == "shared", "the other half was never counted")
        #expect(try store.jobs.job(left.id)?.sentence?.contains("hall-right") == true)
        let stock = RemoteStock(product: "4", gtin: gtin, description: "Breaker", quantity: 10)
        _ = try count("hall-right", read: [stock], more: 4)
        let line = try finish(.take).payload["lines"]?.list?.first
        #expect(amount(line, "counted") == 10 && amount(line, "change") == 0, "four here, six there")
        // Sent again it has both halves.
        let job = try #require(try store.jobs.job(left.id))
        let renewed = try #require(try queue.renewed(job, in: store))
        #expect(renewed["uncounted"] == nil && amount(renewed["lines"]?.list?.first, "found") == 10)
    }

    @Test func goodsWithoutTagsAtADockOfThePlaceAreNeitherLostNorFoundTwice() throws {
        store.rules["hall-right"] = nil
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(supplier: "R", zone: "gate", note: nil, day: "2026-11-27", by: nadia, at: sender.time))
        try desk.decide(Decision(at: sender.time, who: "N", kind: .adjust, gtin: gtin, quantity: 10), on: id)
        #expect(try desk.close(id, .init(extra: .accept), by: nadia, at: sender.time))
        try store.run(queue)
        _ = try finish(.reception)
        let stock = RemoteStock(product: "4", gtin: gtin, description: "Breaker", quantity: 10)
        for (found, change): (Quantity, Quantity) in [(10, 0), (4, 0)] {
            _ = try count("hall-left", read: [stock], more: found)
            #expect(amount(try finish(.take).payload["lines"]?.list?.first, "change") == change)
        }
    }
}
