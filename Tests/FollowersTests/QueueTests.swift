import Depot
import Model
import TestSupport
import Testing

@testable import Followers

/// What the ERP is told follows from what happened.
struct QueueTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let queue = QueueFollower(location: { "WH/\($0)" }, plan: { _ in NumberPlan() })
    private let nadia = Author("Nadia", station: "dock-1")
    private let gtin = "03608439390616"

    init() throws {
        store = try Store(path: "\(folder.path)/db")
        try store.run(queue)
    }

    private func closed(_ received: Quantity) throws -> Int64 {
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(supplier: "Rexel", zone: "dock-1", note: nil, day: "2026-11-27", by: nadia, at: 1))
        if received > 0 {
            try desk.decide(Decision(at: 2, who: "Nadia", kind: .adjust, gtin: gtin, quantity: received), on: id)
        }
        #expect(try desk.close(id, .init(extra: .accept, unknown: .accept), by: nadia, at: 3))
        return id
    }

    @Test func aClosedDeliveryIsPushedOnceWhateverIsDoneAgain() throws {
        let id = try closed(4)
        #expect(try store.jobs.job(of: .reception, subject: String(id)) == nil, "nobody has followed yet")
        try store.run(queue)
        let job = try #require(try store.jobs.job(of: .reception, subject: String(id)))
        #expect(job.who == "Nadia")
        #expect(job.payload["lines"]?.list?.first?["quantity"] == 4)
        try store.run(queue)
        #expect(try store.jobs.rows(state: nil, limit: 10).count == 1)
    }

    @Test func nothingReceivedIsNothingToTell() throws {
        _ = try closed(0)
        try store.run(queue)
        #expect(try store.jobs.rows(state: nil, limit: 10).isEmpty)
    }

    @Test func aPostedCountGoesToTheZonesPlace() throws {
        let desk = CountingDesk(store)
        let id = try #require(try desk.open(zone: "shelf", sources: [], blind: false, by: nadia, at: 1))
        #expect(try desk.change(id, to: .review, by: nadia, at: 2))
        #expect(try desk.post(id, complete: false, by: nadia, at: 3))
        try store.run(queue)
        #expect(try store.jobs.job(of: .take, subject: String(id))?.payload["location"] == "WH/shelf")
    }
}
