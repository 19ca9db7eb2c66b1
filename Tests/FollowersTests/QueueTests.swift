import Depot
import Model
import StoreSupport
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
        store = try TestStore.open("\(folder.path)/db")
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

    private func announced() throws -> Int64 {
        let id = try #require(
            try store.deliveries.expect(
                Announced(
                    note: "BL-7", supplier: "Rexel", erp: "17",
                    lines: [.init(gtin: gtin, description: "Breaker", quantity: 10, erp: "1", erpProduct: "4")]),
                source: "erp"))
        #expect(try ReceivingDesk(store).open(id, zone: "dock-1", by: nadia, at: 1))
        return id
    }

    @Test func whatWasOpenedByMistakeIsExpectedAgain() throws {
        let (desk, id) = (ReceivingDesk(store), try announced())
        #expect(try desk.close(id, .init(short: .later), by: nadia, at: 2))
        try store.run(queue)
        let view = try #require(try store.deliveries.view(id))
        #expect(view.status == "expected" && view.zone == nil && view.openedAt == nil)
        #expect(try store.deliveries.rows(closedSince: 0).map(\.id) == [id], "it is listed")
        #expect(try store.jobs.rows(state: nil, limit: 9).isEmpty, "the ERP expects it as before")
        // When it comes, what is missing is asked anew.
        #expect(try desk.open(id, zone: "dock-1", by: nadia, at: 3))
        try desk.decide(Decision(at: 4, who: "Nadia", kind: .adjust, gtin: gtin, quantity: 6), on: id)
        #expect(throws: DecisionError.self) { try desk.close(id, .init(), by: nadia, at: 5) }
        #expect(try desk.close(id, .init(short: .later), by: nadia, at: 6))
        try store.run(queue)
        #expect(try store.deliveries.view(id)?.status == "closed")
        #expect(try store.jobs.job(of: .reception, subject: String(id))?.payload["backorder"] == true)
    }

    @Test func whatNeverComesIsToldTheERP() throws {
        let id = try announced()
        #expect(try ReceivingDesk(store).close(id, .init(short: .never), by: nadia, at: 2))
        try store.run(queue)
        #expect(try store.deliveries.view(id)?.status == "closed")
        let payload = try #require(try store.jobs.job(of: .reception, subject: String(id))).payload
        #expect(payload["backorder"] == false && payload["lines"]?.list?.first?["quantity"] == 0)
    }
}
