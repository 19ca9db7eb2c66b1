import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// What people do at the dock and the shelves, without a process: two who race, questions, undo, and what is told of it.
struct DeskTests {
    private let depot: InventoryTests
    private let nadia = Author("Nadia", station: "dock")
    private let karim = Author("Karim")
    private var store: Store { depot.store }
    private var receiving: ReceivingDesk { ReceivingDesk(store) }
    private var counting: CountingDesk { CountingDesk(store) }

    init() throws { depot = try InventoryTests() }

    private func kinds() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).map(\.fact.kind.rawValue)
    }

    private func announceTwo() throws -> Int64 {
        try depot.announce([Announced.Line(gtin: InventoryTests.breaker, description: "Breaker", quantity: 2)])
    }

    @Test func oneOpensAndTheOtherIsTold() throws {
        let id = try announceTwo()
        #expect(try receiving.open(id, zone: "dock", by: nadia, at: 1))
        #expect(
            try receiving.open(id, zone: "dock", by: karim, at: 2) == false
                || store.deliveries.view(id)?.openedBy == "Nadia")
        #expect(try kinds().filter { $0 == "delivery.open" }.count >= 1)
    }

    @Test func nothingClosesBeforeEachQuestionIsDecided() throws {
        let id = try announceTwo()
        _ = try receiving.open(id, zone: "dock", by: nadia, at: 1)
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(1)])
        let before = try store.ledger.tip()
        #expect {
            try receiving.close(id, .init(), by: nadia, at: 5)
        } throws: {
            guard case DecisionError.undecided(let questions) = $0 else { return false }
            return questions.map(\.kind) == [.short]
        }
        #expect(try store.ledger.tip() == before, "nothing has happened")
        #expect(try receiving.close(id, .init(short: .later), by: nadia, at: 6))
        #expect(try store.deliveries.view(id)?.status == "closed")
        #expect(try kinds().suffix(2) == ["delivery.later", "delivery.close"])
    }

    @Test func ofTwoWhoCloseOneDoes() throws {
        let id = try announceTwo()
        _ = try receiving.open(id, zone: "dock", by: nadia, at: 1)
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(1)])
        #expect(try receiving.close(id, .init(short: .later), by: nadia, at: 2))
        #expect(try receiving.close(id, .init(short: .later), by: karim, at: 3) == false)
        #expect(try kinds().filter { $0 == "delivery.close" }.count == 1)
        #expect(try store.deliveries.view(id)?.closedBy == "Nadia")
    }

    @Test func aDecisionIsUndoneOnce() throws {
        let id = try announceTwo()
        _ = try receiving.open(id, zone: "dock", by: nadia, at: 1)
        try receiving.decide(
            Decision(at: 2, who: "Nadia", kind: .adjust, gtin: InventoryTests.breaker, quantity: 2), on: id)
        #expect(try store.deliveries.view(id)?.received == 2)
        let made = try #require(try store.deliveries.view(id)?.decisions.first?.id)
        try receiving.decide(Decision(at: 3, who: "Nadia", kind: .undo, quantity: Quantity(made)), on: id)
        #expect(try store.deliveries.view(id)?.received == 0)
        #expect(throws: DecisionError.noSuchDecision) {
            try receiving.decide(Decision(at: 4, who: "Karim", kind: .undo, quantity: Quantity(made)), on: id)
        }
    }

    @Test func aScanInRemoveModeTakesAPieceBack() throws {
        let id = try announceTwo()
        _ = try receiving.open(id, zone: "dock", by: nadia, at: 1)
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(1), InventoryTests.tag(2)])
        #expect(try receiving.set(.remove, on: id, by: nadia, at: 5))
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(2)])
        #expect(try store.deliveries.view(id)?.received == 1)
        #expect(try kinds().contains("delivery.mode"))
    }

    @Test func aNoteIsTakenByOneBlindDelivery() throws {
        let first = try receiving.openBlind(
            supplier: "Rexel", zone: "dock", note: "BL-9", day: "2026-11-27", by: nadia, at: 1)
        #expect(first != nil)
        #expect(
            try receiving.openBlind(supplier: "Rexel", zone: "dock", note: "BL-9", day: "2026-11-27", by: karim, at: 2)
                == nil)
    }

    @Test func aCountIsPostedByOne() throws {
        let id = try #require(try counting.open(zone: "shelf", sources: [], blind: false, by: nadia, at: 1))
        #expect(try counting.open(zone: "shelf", sources: [], blind: false, by: karim, at: 2) == nil)
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(7, at: "shelf")])
        #expect(try counting.change(id, to: .review, by: nadia, at: 5))
        #expect(try counting.post(id, complete: false, by: nadia, at: 6))
        #expect(try counting.post(id, complete: false, by: karim, at: 7) == false)
        #expect(try counting.set(.remove, on: id, by: karim, at: 8) == false)
        #expect(try kinds().filter { $0 == "take.post" }.count == 1)
    }

    @Test func aBufferThatLivesTwiceStopsTheYounger() {
        var watch = CloneWatch()
        #expect(watch.greet("lyon", nonce: 1) == .welcome)
        #expect(watch.greet("lyon", nonce: 1) == .welcome)
        #expect(watch.greet("lyon", nonce: 2) == .welcome, "it started again")
        #expect(watch.greet("lyon", nonce: 1) == .foundAnother, "the first still lives")
        #expect(watch.greet("lyon", nonce: 2) == .cloned)
        #expect(watch.greet("lyon", nonce: 1) == .welcome)
        #expect(watch.greet("paris", nonce: 2) == .cloned, "whatever it calls itself")
    }
}
