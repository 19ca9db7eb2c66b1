import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// One job that cannot go holds up nothing that does not depend on it.
struct ERPQueueTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia")
    private let hour: Int64 = 3_600_000

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func lines(_ gtins: [String], _ quantity: Quantity = 1) -> JSON {
        .array(gtins.map { .object([("gtin", .string($0)), ("quantity", quantity.json)]) })
    }

    private func reception(_ subject: String, at place: String, _ gtins: [String], now: Int64 = 1) throws -> ERPJob {
        try store.jobs.queue(
            .reception, subject: subject, payload: .object([("place", .string(place)), ("lines", lines(gtins))]),
            by: nadia,
            at: now)
        return try #require(try store.jobs.job(of: .reception, subject: subject))
    }

    private func take(_ subject: String, at place: String, _ gtins: [String], now: Int64 = 2) throws -> ERPJob {
        try store.jobs.queue(
            .take, subject: subject, payload: .object([("location", .string(place)), ("lines", lines(gtins))]),
            by: nadia,
            at: now)
        return try #require(try store.jobs.job(of: .take, subject: subject))
    }

    private func kill(_ job: ERPJob, at now: Int64 = 3) throws {
        #expect(try store.jobs.nextJob(at: now)?.id == job.id)
        try store.jobs.fail(job: job.id, fault: "rule", sentence: "A lot is missing.", due: nil, at: now)
    }

    private func notices() throws -> [String] { try store.stock.openNotices().compactMap { $0["subject"]?.text } }

    @Test func aDeadReceptionHoldsUpOnlyCountsOfItsPlaceAndItsArticles() throws {
        let dead = try reception("1", at: "WH/Stock", ["A"])
        try kill(dead)
        let held = try take("1", at: "WH/Stock", ["A", "B"])
        let otherArticle = try take("2", at: "WH/Stock", ["B"])
        let otherPlace = try take("3", at: "WH/Other", ["A"])
        #expect(held.after == dead.key && held.afterJob == dead.id && held.fault == "after")
        #expect(held.sentence?.contains("quai/reception/1, which waits for a person: A lot is missing.") == true)
        #expect(otherArticle.after == nil && otherPlace.after == nil)
        #expect(try store.jobs.nextJob(at: 5)?.id == otherArticle.id)
        #expect(try store.jobs.nextJob(at: 5)?.id == otherPlace.id)
        #expect(try store.jobs.nextJob(at: 5) == nil)
        // It goes as soon as what it waits for has gone.
        #expect(try store.jobs.retry(job: dead.id, accepted: [], by: nadia, at: 6))
        #expect(try store.jobs.nextJob(at: 6)?.id == dead.id)
        #expect(try store.jobs.finish(job: dead.id, remote: "9", sentence: "", at: 7))
        let next = try #require(try store.jobs.nextJob(at: 7))
        #expect(next.id == held.id && next.after == nil && next.fault == nil && next.sentence == nil)
    }

    @Test func aPlaceInsideAnotherIsThatPlaceToo() throws {
        let inside = try reception("1", at: "WH/Stock/A-01", ["A"])
        #expect(try take("1", at: "WH/Stock", ["A"]).afterJob == inside.id)
        #expect(try take("2", at: "WH/Stock/A-01", ["A"]).afterJob == inside.id)
        #expect(try take("3", at: "WH/Stock/A-0", ["A"]).afterJob == nil, "the beginning of a name is no place")
    }

    @Test func aCountThatWaitedForWhatWasGivenUpAsks() throws {
        let dead = try reception("1", at: "WH", ["A"])
        try kill(dead)
        let held = try (1...9).map { try take("\($0)", at: "WH", ["A"]) }
        #expect(try store.jobs.drop(job: dead.id, by: nadia, at: 5) == false, "without a reason it stays")
        #expect(try store.jobs.drop(job: dead.id, by: Author("Nadia", reason: "booked by hand"), at: 5))
        #expect(try store.jobs.nextJob(at: 9) == nil, "none of them fires by itself")
        #expect(try held.map { try store.jobs.job($0.id)?.fault } == Array(repeating: "stale", count: 9))
        #expect(try store.jobs.retry(job: held[4].id, accepted: [], by: nadia, at: 10))
        #expect(try store.jobs.nextJob(at: 10)?.id == held[4].id, "a person said yes")
    }

    @Test func aCountThatCouldNotBeginForADayAsks() throws {
        let old = try take("1", at: "WH", ["A"], now: 0)
        #expect(try store.jobs.nextJob(at: JobTable.countLife - 1)?.id == old.id)
        // It was tried, and nothing was written.
        try store.jobs.fail(job: old.id, fault: "unreachable", sentence: "no route", due: JobTable.countLife, at: 1)
        #expect(try store.jobs.nextJob(at: JobTable.countLife) == nil)
        let asked = try #require(try store.jobs.job(old.id))
        #expect(asked.state == .dead && asked.fault == "stale")
        #expect(try notices() == [old.key])
        #expect(try store.jobs.retry(job: old.id, accepted: [], by: nadia, at: 30 * hour))
        #expect(try notices().isEmpty)
        #expect(try store.jobs.nextJob(at: 30 * hour)?.id == old.id, "it is not asked again at once")
    }

    @Test func aCountThatHasBegunIsBroughtToItsEnd() throws {
        let old = try take("1", at: "WH", ["A"], now: 0)
        _ = try store.jobs.nextJob(at: 1)
        try store.jobs.trace(job: old.id, summary: "write", written: true, outcome: "?", milliseconds: 1, at: 1)
        try store.jobs.fail(job: old.id, fault: "unknownOutcome", sentence: "no answer", due: 50 * hour, at: 1)
        #expect(try store.jobs.nextJob(at: 50 * hour)?.id == old.id)
    }

    @Test func aZoneThatIsCountedAnewMakesTheOldCountAsk() throws {
        let desk = CountingDesk(store)
        func count(_ zone: String) throws -> Int64 {
            let id = try #require(try desk.open(zone: zone, sources: [], blind: false, by: nadia, at: 1))
            #expect(try desk.change(id, to: .review, by: nadia, at: 2))
            #expect(try desk.post(id, complete: false, by: nadia, at: 3))
            return id
        }
        let (first, other, second) = (try count("shelf"), try count("hall"), try count("shelf"))
        let jobs = try [first, other, second].map { try take(String($0), at: "WH", ["A"]) }
        #expect(try jobs.map { try store.jobs.job($0.id)?.state } == [.dead, .waiting, .waiting])
        #expect(try store.jobs.job(jobs[0].id)?.fault == "stale")
    }

    @Test func whoClosedItIsToldThatItsPushDied() throws {
        let dead = try reception("17", at: "WH", ["A"])
        try kill(dead)
        let notice = try #require(try store.stock.openNotices().first)
        #expect(notice["kind"] == "push-dead" && notice["data"]?["who"] == "Nadia")
        #expect(notice["data"]?["sentence"] == "A lot is missing." && notice["data"]?["job"] == .int(dead.id))
        #expect(try store.ledger.entries(after: 0, limit: 99).contains { $0.fact.kind == .pushDied })
        #expect(try store.jobs.drop(job: dead.id, by: Author("Anne", reason: "wrong"), at: 9))
        #expect(try notices().isEmpty, "it goes when the job does")
    }

    @Test func theNextOfTenThousandIsFoundByItsIndex() throws {
        try store.transaction {
            let first = try reception("0", at: "WH", (0..<50).map { "A\($0)" })
            try store.database.execute("UPDATE erp_job SET state='dead' WHERE id=\(first.id)")
            for n in 1...5000 { _ = try take("\(n)", at: "WH", ["A\(n % 50)"]) }
            for n in 1...5000 { _ = try reception("\(n)", at: "P\(n % 50)", ["B\(n % 9)"], now: 10) }
        }
        // PostgreSQL plans by what a table holds when it last looked.
        let plan =
            TestStore.isServer
            ? ["erp_job_next"]
            : try store.database.rows("EXPLAIN QUERY PLAN \(JobTable.next)", .integer(99)) { $0.text(3) }
        #expect(plan.contains { $0.contains("erp_job_next") } && !plan.contains { $0.contains("TEMP B-TREE") })
        #expect(try store.jobs.nextJob(at: 99)?.subject == "1", "none of the five thousand that wait is in its way")
    }

    @Test func aLineThatTheERPDoesNotKnowIsLeftOutAndTheRestGoes() throws {
        let job = try take("1", at: "WH", ["A", "B"])
        try kill(job)
        #expect(try store.jobs.mend(job: job.id, .leaveOut(article: "C", lot: nil), by: nadia, at: 4) == false)
        #expect(try store.jobs.mend(job: job.id, .leaveOut(article: "A", lot: nil), by: nadia, at: 4))
        let payload = try #require(try store.jobs.job(job.id)).payload
        #expect(payload["lines"]?.list?.compactMap { $0["gtin"]?.text } == ["B"])
        #expect(payload["left"]?.list?.first?["who"] == "Nadia" && payload["left"]?.list?.first?["why"] == "person")
        #expect(try store.database.rows("SELECT gtin FROM erp_touch") { $0.text(0) } == ["B"], "it brings A nowhere")
        #expect(try store.ledger.entries(after: 0, limit: 99).contains { $0.fact.kind == .pushMended })
        #expect(try store.jobs.retry(job: job.id, accepted: [], by: nadia, at: 5))
        #expect(
            try store.jobs.mend(job: job.id, .leaveOut(article: "B", lot: nil), by: nadia, at: 6) == false,
            "it is going")
    }

    @Test func whatWasMendedStaysWhenTheJobIsMadeAnew() throws {
        let job = try reception("1", at: "WH", ["A", "B", "C"])
        try kill(job)
        #expect(try store.jobs.mend(job: job.id, .leaveOut(article: "A", lot: nil), by: nadia, at: 4))
        #expect(try store.jobs.mend(job: job.id, .choose(article: "B", product: "40"), by: nadia, at: 4))
        try store.jobs.renew(
            job: job.id, payload: .object([("place", "WH"), ("lines", lines(["A", "B", "C"], 7))]))
        let payload = try #require(try store.jobs.job(job.id)).payload
        #expect(payload["lines"]?.list?.map { $0["gtin"]?.text } == ["B", "C"])
        #expect(payload["lines"]?.list?.map { $0["product"]?.text } == ["40", nil])
        #expect(payload["lines"]?.list?.first?["quantity"] == 7)
    }
}
