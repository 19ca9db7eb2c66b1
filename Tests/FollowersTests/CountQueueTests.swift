import Depot
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// What a count tells the ERP: by how much it is wrong, whatever moved there meanwhile.
struct CountQueueTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let queue: QueueFollower
    private let nadia = Author("Nadia", station: "desk")
    private let gtin = "03608439390616"

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock": ZoneRule(kind: .dock, erpLocation: "WH/Stock"),
            "shelf": ZoneRule(kind: .store, erpLocation: "WH/Stock/A-01"),
        ]
        let rules = store.rules
        queue = QueueFollower(location: { rules[$0]?.erpLocation ?? $0 }, plan: { _ in NumberPlan() })
        try store.run(queue)
        try article(gtin, "none")
    }

    private func article(_ gtin: String, _ tracking: String) throws {
        try store.articles.save(
            ProductView(gtin: gtin, description: "Breaker \(gtin)", tracking: tracking, erp: "p\(gtin.suffix(2))"))
    }

    private func open(_ zone: String = "shelf", at now: Int64 = 100) throws -> Int64 {
        let id = try #require(
            try CountingDesk(store).open(zone: zone, sources: [], blind: false, by: nadia, at: now))
        try store.run(queue)
        return id
    }

    /// The ERP answers, as `ERPLink` does it.
    private func read(_ take: Int64, _ stock: [RemoteStock], at now: Int64) throws {
        let job = try #require(try store.jobs.nextJob(at: now))
        #expect(job.kind == .book && job.subject == String(take))
        try store.jobs.finish(reading: job, stock, sentence: "", at: now)
    }

    private func stock(_ quantity: Quantity, of gtin: String? = nil, lot: String? = nil) -> RemoteStock {
        let gtin = gtin ?? self.gtin
        return RemoteStock(
            product: "p\(gtin.suffix(2))", gtin: gtin, description: "Breaker", lot: lot, quantity: quantity)
    }

    private func count(_ take: Int64, _ quantity: Quantity, of gtin: String? = nil, lot: String? = nil) throws {
        try CountingDesk(store).decide(
            Decision(at: 200, who: "Nadia", kind: .adjust, gtin: gtin ?? self.gtin, quantity: quantity, lot: lot),
            on: take)
    }

    private func post(_ take: Int64, complete: Bool = false, at now: Int64 = 300) throws {
        let desk = CountingDesk(store)
        _ = try desk.change(take, to: .review, by: nadia, at: now)
        #expect(try desk.post(take, complete: complete, by: nadia, at: now))
        try store.run(queue)
    }

    private func receive(_ quantity: Quantity, at now: Int64) throws -> Int64 {
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(supplier: "Rexel", zone: "shelf", note: nil, day: "2026-11-27", by: nadia, at: now))
        try desk.decide(Decision(at: now, who: "Nadia", kind: .adjust, gtin: gtin, quantity: quantity), on: id)
        #expect(try desk.close(id, .init(extra: .accept, unknown: .accept), by: nadia, at: now))
        try store.run(queue)
        return id
    }

    private func pushed(at now: Int64, _ kind: ERPJob.Kind = .take) throws -> ERPJob {
        let job = try #require(try store.jobs.nextJob(at: now))
        #expect(job.kind == kind)
        return job
    }

    private func amount(_ line: JSON?, _ name: String) -> Quantity? { line?[name].flatMap { Quantity($0) } }

    @Test func whatOthersMovedIsNotOverwritten() throws {
        // Book of the ERP 28, counted 20; six are received there by a person meanwhile: 28 + 6 - 8.
        let take = try open()
        try read(take, [stock(28)], at: 110)
        try count(take, 20)
        try post(take)
        let line = try pushed(at: 400).payload["lines"]?.list?.first
        #expect(amount(line, "begin") == 28 && amount(line, "told") == 0 && amount(line, "change") == -8)
        #expect(try store.jobs.job(of: .take, subject: String(take))?.payload["begun"] == true)
    }

    @Test func whatWasReceivedThroughUsIsToldOnce() throws {
        // Counted 250 where the ERP has 255; 150 are received before the count is posted: 400, not 250.
        let take = try open()
        try read(take, [stock(255)], at: 110)
        try count(take, 250)
        _ = try receive(150, at: 150)
        try post(take)
        let reception = try pushed(at: 400, .reception)
        #expect(try store.jobs.nextJob(at: 400) == nil, "the count waits for it")
        try store.jobs.finish(job: reception.id, remote: "1", sentence: "", at: 401)
        let line = try pushed(at: 402).payload["lines"]?.list?.first
        #expect(amount(line, "counted") == 250 && amount(line, "moved") == 150)
        #expect(amount(line, "told") == 150 && amount(line, "change") == -5)
    }

    @Test func aLateAnswerHasWhatWasToldBeforeIt() throws {
        let take = try open()
        _ = try receive(150, at: 150)
        let book = try #require(try store.jobs.nextJob(at: 151))
        try store.jobs.fail(job: book.id, fault: "unreachable", sentence: "away", due: 180, at: 152)
        let reception = try pushed(at: 153, .reception)
        try store.jobs.finish(job: reception.id, remote: "1", sentence: "", at: 154)
        try read(take, [stock(405)], at: 190)
        try count(take, 250)
        try post(take)
        let line = try pushed(at: 400).payload["lines"]?.list?.first
        #expect(amount(line, "begin") == 255, "as it was when the count began")
        #expect(amount(line, "told") == 150 && amount(line, "change") == -5)
    }

    @Test func whatClosedBeforeTheCountAndIsToldAfterItIsNoSurplus() throws {
        _ = try receive(10, at: 50)
        let reception = try pushed(at: 60, .reception)
        try store.jobs.fail(job: reception.id, fault: "rule", sentence: "A lot is missing.", due: nil, at: 61)
        let take = try open()
        try read(take, [stock(0)], at: 110)
        try count(take, 10)
        try post(take)
        #expect(try store.jobs.job(of: .take, subject: String(take))?.afterJob == reception.id)
        #expect(try store.jobs.retry(job: reception.id, accepted: [], by: nadia, at: 310))
        try store.jobs.finish(job: try pushed(at: 311, .reception).id, remote: "1", sentence: "", at: 312)
        #expect(amount(try pushed(at: 313).payload["lines"]?.list?.first, "change") == 0)
    }

    @Test func aCountWaitsForItsReadingAndAsksWhenThatCameTooLate() throws {
        let take = try open()
        try count(take, 7)
        try post(take)
        let job = try #require(try store.jobs.job(of: .take, subject: String(take)))
        #expect(job.after?.hasSuffix("/book/\(take)") == true)
        let late: Int64 = 100 + 2 * 3_600_000
        try read(take, [stock(9)], at: late)
        #expect(try store.jobs.nextJob(at: late) == nil)
        #expect(try store.jobs.job(job.id)?.fault == "stale")
        #expect(try store.jobs.retry(job: job.id, accepted: [], by: nadia, at: late))
        #expect(amount(try pushed(at: late).payload["lines"]?.list?.first, "change") == -2)
    }

    @Test func aCountThatIsGivenUpIsNotReadFor() throws {
        let take = try open()
        #expect(try CountingDesk(store).change(take, to: .cancelled, by: nadia, at: 150))
        try store.run(queue)
        #expect(try store.jobs.nextJob(at: 200) == nil)
        #expect(try store.jobs.jobCounts()["dead"] == nil && store.stock.openNotices().isEmpty)
    }

    @Test func anERPThatCannotSayIsToldAsBefore() throws {
        let take = try open()
        let book = try pushed(at: 110, .book)
        try store.jobs.finish(reading: book, nil, sentence: "This ERP does not tell what it has.", at: 111)
        try count(take, 7)
        try post(take, complete: true)
        let payload = try pushed(at: 400).payload
        #expect(payload["begun"] == nil && payload["complete"] == true)
        #expect(payload["lines"]?.list?.first?["begin"] == nil && payload["lines"]?.list?.first?["counted"] == 7)
    }

    @Test func aCompleteCountNamesWhatTheERPAloneHas() throws {
        let take = try open()
        let other = RemoteStock(product: "40", gtin: nil, description: "Cable without code", quantity: 50)
        try read(take, [stock(7), other], at: 110)
        try count(take, 7)
        #expect(try CountingDesk(store).change(take, to: .review, by: nadia, at: 250))
        let view = try #require(try store.takes.view(take))
        #expect(view.lines.map(\.erp) == [7, 50] && view.lines[1].description == "Cable without code")
        #expect(view.lines[1].difference == 0, "our book knows nothing of it")
        #expect(try CountingDesk(store).post(take, complete: true, by: nadia, at: 300))
        try store.run(queue)
        let lines = try pushed(at: 400).payload["lines"]?.list ?? []
        #expect(lines.count == 2)
        let alone = try #require(lines.first { $0["gtin"] == "#erp:40" })
        #expect(alone["product"] == "40" && amount(alone, "change") == -50)
    }

    /// Given up while the ERP is asked: neither its answer nor its failure brings the reading back.
    @Test func aReadingOfACountThatWasGivenUpIsOver() throws {
        let take = try open()
        let book = try pushed(at: 110, .book)
        #expect(try CountingDesk(store).change(take, to: .cancelled, by: nadia, at: 120))
        try store.run(queue)
        try store.jobs.fail(job: book.id, fault: "unreachable", sentence: "away", due: 130, at: 121)
        #expect(try store.jobs.job(book.id)?.state == .dropped && store.jobs.nextJob(at: 1000) == nil)
        try store.jobs.finish(reading: book, [stock(7)], sentence: "1 entry", at: 122)
        #expect(try store.jobs.job(book.id)?.state == .dropped)
        #expect(try store.database.integer("SELECT count(*) FROM take_begin") == 0)
    }

    @Test func whatAnOldCountWasMeasuredAgainstGoesOnceNothingWaits() throws {
        let take = try open()
        try read(take, [stock(7)], at: 110)
        try count(take, 5)
        try post(take)
        func rows() throws -> [Int64?] {
            try ["take_begin", "take_lot"].map { try store.database.integer("SELECT count(*) FROM \($0)") }
        }
        let old: Int64 = 300 + 91 * 86_400_000
        _ = try CountingDesk(store).forgetBooks(at: old)
        #expect(try rows() == [1, 1], "the push still waits")
        let job = try pushed(at: 400)
        #expect(try store.jobs.finish(job: job.id, remote: "1", sentence: "Done.", at: 410))
        _ = try CountingDesk(store).forgetBooks(at: 500)
        #expect(try rows() == [1, 1], "it is young")
        #expect(try !CountingDesk(store).forgetBooks(at: old))
        #expect(try rows() == [0, 0])
        let view = try #require(try store.takes.view(take))
        #expect(view.lines.map(\.counted) == [5] && view.lines[0].erp == nil)
    }

    @Test func aPartlyCountedPlaceLeavesTheRest() throws {
        let take = try open()
        try read(take, [stock(7), stock(50, of: "03608439390623")], at: 110)
        try count(take, 5)
        try post(take)
        #expect(try pushed(at: 400).payload["lines"]?.list?.count == 1)
    }

    @Test func aMissingSerialIsNamedAndAFoundOneIsAdded() throws {
        let relay = "03608439390623"
        try article(relay, "serial")
        let take = try open()
        try read(take, ["5551", "7001", "7002"].map { stock(1, of: relay, lot: $0) }, at: 110)
        for serial in ["5551", "7001", "9009"] { try count(take, 1, of: relay, lot: serial) }
        try post(take)
        let lines = try pushed(at: 400).payload["lines"]?.list ?? []
        let changes = Dictionary(
            uniqueKeysWithValues: lines.map { ($0["lot"]?.text ?? "", amount($0, "change") ?? 99) })
        #expect(changes == ["5551": 0, "7001": 0, "7002": -1, "9009": 1])
    }

    @Test func theYoungerLotIsReducedWhereTheYoungerIsMissing() throws {
        let paint = "03608439390630"
        try article(paint, "lot")
        let take = try open()
        try read(take, [stock(12, of: paint, lot: "OLD"), stock(8, of: paint, lot: "NEW")], at: 110)
        try count(take, 12, of: paint, lot: "OLD")
        try count(take, 6, of: paint, lot: "NEW")
        try post(take)
        let lines = try pushed(at: 400).payload["lines"]?.list ?? []
        #expect(lines.map { $0["lot"]?.text } == ["NEW", "OLD"])
        #expect(lines.map { amount($0, "change") } == [-2, 0])
    }

    @Test func whatIsTrackedAndHasNoLotIsAskedForAndNotGuessed() throws {
        let paint = "03608439390630"
        try article(paint, "lot")
        let take = try open()
        try read(take, [stock(20, of: paint, lot: "OLD"), stock(5)], at: 110)
        try count(take, 18, of: paint)
        try count(take, 5)
        #expect(try CountingDesk(store).change(take, to: .review, by: nadia, at: 250))
        #expect(try store.takes.view(take)?.lines.first { $0.gtin == paint }?.unlotted == 18)
        try post(take)
        let job = try pushed(at: 400)
        #expect(job.payload["lines"]?.list?.compactMap { $0["gtin"]?.text } == [gtin], "the rest of the count goes")
        #expect(job.payload["left"]?.list?.first?["gtin"]?.text == paint)
    }

    @Test func aLotThatIsNamedInTheReviewIsTold() throws {
        let paint = "03608439390630"
        try article(paint, "lot")
        let take = try open()
        try read(take, [stock(20, of: paint, lot: "OLD")], at: 110)
        try count(take, 18, of: paint)
        try CountingDesk(store).decide(
            Decision(at: 240, who: "Nadia", kind: .lot, gtin: paint, quantity: 18, lot: "OLD"), on: take)
        #expect(try store.takes.view(take)?.lines.first?.counted == 18, "it is no more by that")
        try post(take)
        let lines = try pushed(at: 400).payload["lines"]?.list ?? []
        #expect(lines.count == 1 && lines[0]["lot"] == "OLD" && amount(lines[0], "change") == -2)
    }
}
