import Depot
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// A delivery that was told to the ERP, opened again and closed again: the change is told, after what was told before.
struct CorrectionTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let queue: QueueFollower
    private let nadia = Author("Nadia", station: "dock")
    private let bruno = Author("Bruno", reason: "counted twice")
    private let gtin = "03608439390616"

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock": ZoneRule(kind: .dock, erpLocation: "WH/Input"),
            "shelf": ZoneRule(kind: .store, erpLocation: "WH/Stock/A-01"),
        ]
        let rules = store.rules
        queue = QueueFollower(location: { rules[$0]?.erpLocation ?? $0 }, plan: { _ in NumberPlan() })
        try store.run(queue)
        try article("none")
    }

    private func article(_ tracking: String) throws {
        try store.articles.save(ProductView(gtin: gtin, description: "Breaker", tracking: tracking, erp: "p16"))
    }

    private var desk: ReceivingDesk { ReceivingDesk(store) }

    private func closed(_ received: Quantity, lot: String? = nil) throws -> Int64 {
        let id = try #require(
            try store.deliveries.expect(
                Announced(
                    note: "BL-7", supplier: "Rexel", erp: "17",
                    lines: [.init(gtin: gtin, description: "Breaker", quantity: 10, erp: "1", erpProduct: "p16")]),
                source: "erp"))
        #expect(try desk.open(id, zone: "dock", by: nadia, at: 10))
        if received != 0 { try adjust(id, received, lot: lot) }
        try close(id, at: 20)
        return id
    }

    private func adjust(_ id: Int64, _ quantity: Quantity, lot: String? = nil) throws {
        try desk.decide(
            Decision(at: 15, who: "Nadia", kind: .adjust, gtin: gtin, quantity: quantity, lot: lot), on: id)
    }

    private func close(_ id: Int64, at now: Int64) throws {
        #expect(try desk.close(id, .init(short: .never, extra: .accept), by: nadia, at: now))
        try store.run(queue)
    }

    private func again(
        _ id: Int64, _ change: Quantity, lot: String? = nil, cause: Reopening.Cause? = nil, at now: Int64
    )
        throws
    {
        try desk.reopen(id, zone: "dock", cause: cause, by: bruno, at: now)
        try store.run(queue)
        if change != 0 { try adjust(id, change, lot: lot) }
        try close(id, at: now + 5)
    }

    private func reception(_ id: Int64) throws -> ERPJob {
        try #require(try store.jobs.job(of: .reception, subject: String(id)))
    }

    /// The next push, as the link sends it.
    @discardableResult
    private func sent(_ key: String, at now: Int64, remote: String = "WH/IN/1") throws -> ERPJob {
        let job = try #require(try QueueDesk(Desks(store), queue).next(at: now))
        #expect(ERPJob.name(key: job.key) == key)
        try JobDesk(store).finish(job, remote: remote, sentence: "done", at: now)
        return job
    }

    private func dead(_ id: Int64, at now: Int64, fault: String = "rule") throws -> ERPJob {
        let job = try #require(try QueueDesk(Desks(store), queue).next(at: now))
        try JobDesk(store).fail(job, fault: fault, sentence: "refused", due: nil, at: now)
        return job
    }

    private func changes(_ job: ERPJob?) -> [String] {
        (job?.payload["lines"]?.list ?? []).map {
            "\($0["lot"]?.text ?? "-") \($0["quantity"].flatMap { Quantity($0) } ?? 0)"
        }
    }

    // MARK: the change

    @Test(arguments: [(3, "- 3"), (-4, "- -4")])
    func theSecondClosingIsACorrectionOfTheReceipt(change: Int, told: String) throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100, remote: "42")
        try again(id, Quantity(change), at: 200)
        let job = try sent("quai/correction/\(id).2", at: 300)
        #expect(changes(job) == [told] && job.payload["receipt"] == "42" && job.payload["reason"] == "counted twice")
        let line = try #require(job.payload["lines"]?.list?.first)
        #expect(line["line"] == "1" && line["product"] == "p16" && line["gtin"] == .string(gtin))
        #expect(job.key.hasSuffix("/correction/\(id).2") && job.who == "Nadia")
        #expect(try store.jobs.jobs(ofDelivery: id).map(\.kind) == [.reception, .correction])
    }

    @Test func theSameAgainIsNoPush() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try again(id, 0, at: 200)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 1)
    }

    @Test func eachClosingTellsWhatItChanged() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try again(id, 2, at: 200)
        try again(id, -5, at: 300)
        try again(id, 0, at: 400)
        try again(id, 1, at: 500)
        #expect(changes(try sent("quai/correction/\(id).2", at: 600)) == ["- 2"])
        #expect(changes(try sent("quai/correction/\(id).3", at: 600)) == ["- -5"])
        #expect(changes(try sent("quai/correction/\(id).5", at: 600)) == ["- 1"])
    }

    @Test func aLotInPlaceOfAnotherIsTold() throws {
        try article("lot")
        let id = try closed(6, lot: "A")
        try sent("quai/reception/\(id)", at: 100)
        try desk.reopen(id, zone: "dock", by: bruno, at: 200)
        try adjust(id, -2, lot: "A")
        try adjust(id, 3, lot: "B")
        try close(id, at: 205)
        #expect(changes(try sent("quai/correction/\(id).2", at: 300)) == ["A -2", "B 3"])
    }

    @Test func whatIsDamagedSinceIsSaidAndLeftOut() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try desk.reopen(id, zone: "dock", by: bruno, at: 200)
        try desk.decide(Decision(at: 201, who: "N", kind: .damaged, gtin: gtin, quantity: 2), on: id)
        try adjust(id, 1)
        try close(id, at: 205)
        let job = try sent("quai/correction/\(id).2", at: 300)
        #expect(changes(job) == ["- 1"])
        let left = try #require(job.payload["left"]?.list?.first)
        #expect(left["why"] == "damaged" && left["quantity"] == 2)
    }

    private func damage(_ id: Int64, _ quantity: Quantity, by follower: QueueFollower, at now: Int64) throws {
        try desk.reopen(id, zone: "dock", by: bruno, at: now)
        if quantity > 0 {
            try desk.decide(Decision(at: now + 1, who: "N", kind: .damaged, gtin: gtin, quantity: quantity), on: id)
        }
        #expect(try desk.close(id, .init(short: .never, extra: .accept), by: nadia, at: now + 5))
        try store.run(follower)
    }

    @Test func damageAloneIsToldWhereTheERPHasAPlaceForItAndOnce() throws {
        let placed = QueueFollower(location: queue.location, plan: queue.plan, setsAside: true)
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try damage(id, 2, by: queue, at: 150)
        #expect(try QueueDesk(Desks(store), queue).next(at: 160) == nil)
        try damage(id, 0, by: placed, at: 200)
        let job = try sent("quai/correction/\(id).3", at: 300)
        #expect(job.payload["lines"]?.list?.isEmpty == true && job.payload["left"] == nil)
        let aside = try #require(job.payload["damaged"]?.list?.first)
        #expect(aside["gtin"] == .string(gtin) && aside["product"] == "p16" && aside["quantity"] == 2)
        // It is known that this was told.
        try damage(id, 0, by: placed, at: 400)
        #expect(try QueueDesk(Desks(store), placed).next(at: 500) == nil)
        try damage(id, 1, by: placed, at: 600)
        #expect(try sent("quai/correction/\(id).5", at: 700).payload["damaged"]?.list?.first?["quantity"] == 1)
    }

    @Test func damageIsToldWithWhatElseChangedWhereTheERPHasAPlaceForIt() throws {
        let placed = QueueFollower(location: queue.location, plan: queue.plan, setsAside: true)
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try desk.reopen(id, zone: "dock", by: bruno, at: 200)
        try desk.decide(Decision(at: 201, who: "N", kind: .damaged, gtin: gtin, quantity: 2), on: id)
        try adjust(id, 1)
        #expect(try desk.close(id, .init(short: .never, extra: .accept), by: nadia, at: 205))
        try store.run(placed)
        let job = try sent("quai/correction/\(id).2", at: 300)
        #expect(changes(job) == ["- 1"] && job.payload["left"] == nil)
        #expect(job.payload["damaged"]?.list?.first?["quantity"] == 2)
        // And nothing of it once more.
        try damage(id, 0, by: placed, at: 400)
        #expect(try QueueDesk(Desks(store), placed).next(at: 500) == nil)
    }

    // MARK: what it waits for

    @Test func aCorrectionWaitsForWhatWasToldBefore() throws {
        let id = try closed(10)
        let job = try #require(try QueueDesk(Desks(store), queue).next(at: 100))
        try again(id, 2, at: 200)
        try JobDesk(store).fail(job, fault: "unreachable", sentence: "away", due: 900, at: 210)
        try again(id, 1, at: 300)
        let jobs = try store.jobs.jobs(ofDelivery: id)
        #expect(jobs.map(\.kind) == [.reception, .correction, .correction])
        #expect(jobs[1].afterJob == jobs[0].id && jobs[2].afterJob == jobs[0].id)
        #expect(try QueueDesk(Desks(store), queue).next(at: 400) == nil)
        try sent("quai/reception/\(id)", at: 900, remote: "77")
        #expect(try sent("quai/correction/\(id).2", at: 901).payload["receipt"] == "77")
        try sent("quai/correction/\(id).3", at: 902)
    }

    @Test func whatWasNeverTriedSaysAllOfItAtOnce() throws {
        let id = try closed(10)
        try again(id, 2, at: 200)
        try again(id, -5, at: 300)
        let job = try sent("quai/reception/\(id)", at: 400)
        #expect(job.payload["lines"]?.list?.first?["quantity"] == 7)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 1)
        // From there on it is a change again.
        try again(id, 1, at: 500)
        #expect(changes(try sent("quai/correction/\(id).4", at: 600)) == ["- 1"])
    }

    @Test func whatWaitsForAPersonSaysAllOfItWhenItGoes() throws {
        let id = try closed(10)
        let job = try dead(id, at: 100)
        try again(id, 2, at: 200)
        #expect(try reception(id).state == .dead && reception(id).payload["lines"]?.list?.first?["quantity"] == 12)
        #expect(try QueueDesk(Desks(store), queue).retry(job.id, accepted: [], by: nadia, at: 300))
        #expect(try sent("quai/reception/\(id)", at: 400).payload["lines"]?.list?.first?["quantity"] == 12)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 1)
    }

    @Test func correctionsOfWhatDiedAreInItWhenItIsSentAgain() throws {
        let id = try closed(10)
        let job = try #require(try QueueDesk(Desks(store), queue).next(at: 100))
        try again(id, 2, at: 200)
        try JobDesk(store).fail(job, fault: "rule", sentence: "refused", due: nil, at: 300)
        #expect(try QueueDesk(Desks(store), queue).retry(job.id, accepted: [], by: nadia, at: 400))
        #expect(try sent("quai/reception/\(id)", at: 500).payload["lines"]?.list?.first?["quantity"] == 12)
        #expect(try QueueDesk(Desks(store), queue).next(at: 600) == nil)
        try again(id, -1, at: 700)
        #expect(changes(try sent("quai/correction/\(id).3", at: 800)) == ["- -1"])
    }

    @Test func whatWasGivenUpIsToldWholeOnceAPersonSaysSo() throws {
        let id = try closed(10)
        let job = try dead(id, at: 100)
        #expect(try JobDesk(store).drop(job.id, by: Author("Zoé", reason: "by hand"), at: 150))
        try again(id, 2, at: 200)
        let new = try #require(try store.jobs.jobs(ofDelivery: id).last)
        #expect(new.kind == .reception && new.state == .dead && new.fault == "given-up" && new.subject == "\(id).2")
        #expect(try store.stock.openNotices().contains { $0["subject"]?.text == new.key })
        #expect(try QueueDesk(Desks(store), queue).next(at: 300) == nil, "it may have been entered by hand")
        #expect(try QueueDesk(Desks(store), queue).retry(new.id, accepted: [], by: nadia, at: 400))
        #expect(try sent("quai/reception/\(id).2", at: 500).payload["lines"]?.list?.first?["quantity"] == 12)
        try again(id, 3, at: 600)
        #expect(changes(try sent("quai/correction/\(id).3", at: 700)) == ["- 3"])
    }

    @Test func withoutAReceiptThereIsNothingToCorrect() throws {
        let id = try closed(10)
        let job = try #require(try QueueDesk(Desks(store), queue).next(at: 100))
        try again(id, 2, at: 200)
        try JobDesk(store).fail(job, fault: "rule", sentence: "refused", due: nil, at: 300)
        #expect(try JobDesk(store).drop(job.id, by: Author("Zoé", reason: "by hand"), at: 350))
        #expect(try QueueDesk(Desks(store), queue).next(at: 400) == nil)
        #expect(try store.jobs.jobs(ofDelivery: id).last?.state == .dead)
        #expect(try store.jobs.jobs(ofDelivery: id).last?.fault == "gone")
    }

    @Test func whatIsOpenAgainIsToldWhenItIsClosed() throws {
        let id = try closed(0)
        try desk.reopen(id, zone: "dock", by: bruno, at: 100)
        try adjust(id, 4)
        let other = try ReceivingDesk(store).openBlind(
            supplier: "B", zone: "dock-2", note: "B-1", day: "2026-11-28", by: nadia, at: 110)
        #expect(other != nil)
        // The first closing is followed only now: what is counted meanwhile is nobody's yet.
        try store.run(queue)
        #expect(changesWhole(try reception(id)) == [0])
        try close(id, at: 120)
        #expect(changesWhole(try reception(id)) == [4])
    }

    private func changesWhole(_ job: ERPJob) -> [Quantity] {
        (job.payload["lines"]?.list ?? []).map { $0["quantity"].flatMap { Quantity($0) } ?? -1 }
    }

    // MARK: mended by a person

    @Test func aLineThatWasLeftOutIsNotToldByTheNextCorrection() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try again(id, 2, at: 200)
        let job = try dead(id, at: 300)
        #expect(job.kind == .correction)
        #expect(try JobDesk(store).mend(job.id, .leaveOut(article: gtin, lot: nil), by: nadia, at: 310))
        try again(id, 1, at: 400)
        #expect(changes(try store.jobs.jobs(ofDelivery: id).last) == ["- 1"])
    }

    @Test func ofWhichOfSeveralLotsTheDamagedAreNobodyIsToldToGuess() throws {
        try article("lot")
        let placed = QueueFollower(location: queue.location, plan: queue.plan, setsAside: true)
        let id = try closed(6, lot: "A")
        try sent("quai/reception/\(id)", at: 100)
        try damage(id, 1, by: placed, at: 150)
        #expect(try sent("quai/correction/\(id).2", at: 160).payload["damaged"]?.list?.first?["lot"] == "A")
        try desk.reopen(id, zone: "dock", by: bruno, at: 200)
        try adjust(id, 3, lot: "B")
        try desk.decide(Decision(at: 201, who: "N", kind: .damaged, gtin: gtin, quantity: 2), on: id)
        #expect(try desk.close(id, .init(short: .never, extra: .accept), by: nadia, at: 205))
        try store.run(placed)
        let job = try sent("quai/correction/\(id).3", at: 300)
        #expect(changes(job) == ["B 3"] && job.payload["damaged"] == nil)
        #expect(job.payload["left"]?.list?.first?["quantity"] == 2)
    }

    @Test func damageThatWasLeftOutIsNotToldAgain() throws {
        let placed = QueueFollower(location: queue.location, plan: queue.plan, setsAside: true)
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try damage(id, 2, by: placed, at: 200)
        let job = try dead(id, at: 300)
        #expect(try JobDesk(store).mend(job.id, .leaveOut(article: gtin, lot: nil), by: nadia, at: 310))
        let mended = try #require(try store.jobs.job(job.id)).payload
        #expect(mended["damaged"]?.list?.isEmpty == true)
        #expect(mended["left"]?.list?.first?["why"] == "damaged" && mended["left"]?.list?.first?["who"] == "Nadia")
        try damage(id, 1, by: placed, at: 400)
        #expect(try store.jobs.jobs(ofDelivery: id).last?.payload["damaged"]?.list?.first?["quantity"] == 1)
    }

    @Test func anArticleThatWasChosenStays() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        try again(id, 2, at: 200)
        let job = try dead(id, at: 300)
        #expect(try JobDesk(store).mend(job.id, .choose(article: gtin, product: "p99"), by: nadia, at: 310))
        #expect(try QueueDesk(Desks(store), queue).retry(job.id, accepted: [], by: nadia, at: 320))
        #expect(try sent("quai/correction/\(id).2", at: 400).payload["lines"]?.list?.first?["product"] == "p99")
    }

    // MARK: counts

    private func count(_ quantity: Quantity, from opened: Int64, book: Quantity, to posted: Int64) throws -> Int64 {
        let counting = CountingDesk(store)
        let take = try #require(try counting.open(zone: "dock", sources: [], blind: false, by: nadia, at: opened))
        try store.run(queue)
        let reading = try #require(try store.jobs.nextJob(at: opened + 1))
        #expect(reading.kind == .book)
        try store.jobs.finish(
            reading: reading,
            [RemoteStock(product: "p16", gtin: gtin, description: "Breaker", lot: nil, quantity: book)], sentence: "",
            at: opened + 1)
        try counting.decide(
            Decision(at: opened + 2, who: "Nadia", kind: .adjust, gtin: gtin, quantity: quantity), on: take)
        #expect(try counting.change(take, to: .review, by: nadia, at: posted - 1))
        #expect(try counting.post(take, complete: false, by: nadia, at: posted))
        try store.run(queue)
        return take
    }

    @Test func whatACountHasToldIsNotToldTwice() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        let take = try count(8, from: 200, book: 10, to: 300)
        let job = try sent("quai/take/\(take)", at: 400)
        #expect(job.payload["lines"]?.list?.first?["change"].flatMap { Quantity($0) } == -2)
        try again(id, -2, cause: .miscount, at: 500)
        #expect(try store.jobs.jobs(ofDelivery: id).count == 1, "the ERP has 8 already")
        // Goods that come late are new to both.
        try again(id, 3, cause: .late, at: 600)
        #expect(changes(try sent("quai/correction/\(id).3", at: 700)) == ["- 3"])
        try again(id, 0, at: 800)
        #expect(try store.jobs.jobs(ofDelivery: id).count == 2)
    }

    @Test func aCountKnowsWhatACorrectionTellsBeforeIt() throws {
        let id = try closed(10)
        try sent("quai/reception/\(id)", at: 100)
        let counting = CountingDesk(store)
        let take = try #require(try counting.open(zone: "dock", sources: [], blind: false, by: nadia, at: 200))
        try store.run(queue)
        let reading = try #require(try store.jobs.nextJob(at: 201))
        try store.jobs.finish(
            reading: reading,
            [RemoteStock(product: "p16", gtin: gtin, description: "Breaker", lot: nil, quantity: 10)], sentence: "",
            at: 201)
        try again(id, 3, cause: .late, at: 300)
        try counting.decide(Decision(at: 400, who: "Nadia", kind: .adjust, gtin: gtin, quantity: 10), on: take)
        #expect(try counting.change(take, to: .review, by: nadia, at: 401))
        #expect(try counting.post(take, complete: false, by: nadia, at: 402))
        try store.run(queue)
        let waiting = try #require(try store.jobs.job(of: .take, subject: String(take)))
        #expect(waiting.after.map(ERPJob.name) == "quai/correction/\(id).2")
        try sent("quai/correction/\(id).2", at: 500)
        let job = try sent("quai/take/\(take)", at: 600)
        #expect(
            job.payload["lines"]?.list?.first?["change"].flatMap { Quantity($0) } == 0, "ten were there, and three came"
        )
    }

    // MARK: any order

    @Test(arguments: 1...40)
    func whatIsToldIsWhatWasCountedLast(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let id = try closed(5)
        var (now, received): (Int64, Int) = (1000, 5)
        for _ in 0..<12 {
            now += 1000
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                if let job = try QueueDesk(Desks(store), queue).next(at: now) {
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: try JobDesk(store).fail(job, fault: "unreachable", sentence: "", due: now, at: now)
                    case 1: try JobDesk(store).fail(job, fault: "rule", sentence: "", due: nil, at: now)
                    default: try JobDesk(store).finish(job, remote: "42", sentence: "", at: now)
                    }
                }
            case 1:
                if let job = try store.jobs.rows(state: .dead, limit: 1).first {
                    #expect(try QueueDesk(Desks(store), queue).retry(job.id, accepted: [], by: nadia, at: now))
                }
            default:
                let change = Int.random(in: -min(received, 3)...3, using: &random)
                received += change
                try again(id, Quantity(change), at: now)
            }
        }
        for _ in 0..<60 {
            now += 1000
            for job in try store.jobs.rows(state: .dead, limit: 9) {
                _ = try QueueDesk(Desks(store), queue).retry(job.id, accepted: [], by: nadia, at: now)
            }
            guard let job = try QueueDesk(Desks(store), queue).next(at: now) else { continue }
            try JobDesk(store).finish(job, remote: "42", sentence: "", at: now)
        }
        let sum = try store.jobs.jobs(ofDelivery: id).filter { $0.state == .done }
            .flatMap { $0.payload["lines"]?.list ?? [] }
            .reduce(Quantity.zero) { $0 + ($1["quantity"].flatMap { Quantity($0) } ?? 0) }
        #expect(sum == Quantity(received), "seed \(seed)")
        #expect(try store.jobs.jobs(ofDelivery: id).allSatisfy { $0.state == .done || $0.isVoid }, "seed \(seed)")
    }
}
