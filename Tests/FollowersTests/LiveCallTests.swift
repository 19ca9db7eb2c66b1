import Depot
import Model
import Testing

@testable import Followers

/// Running calls as pages see them, without a socket and without a database.
final class LiveCallTests {
    private var calls = LiveCalls()
    private let routing: CallRouting

    init() {
        var routing = CallRouting(teams: [
            .init(name: "counter", desks: ["101", "102"], supervisors: ["Zoé"])
        ])
        routing.desks = [1: "101", 2: "102"]
        routing.names = [1: "Alice", 2: "Bruno", 4: "Zoé"]
        self.routing = routing
    }

    private func snapshot(
        _ revision: Int64, _ state: CallSnapshot.State = .ringing, ringing: [String: String] = ["l1": "101"],
        started: Int64 = 1_000, mergedInto: String? = nil
    ) -> CallSnapshot {
        var call = CallSnapshot(call: "pbx/1", revision: revision, startedAt: started)
        call.direction = .inbound
        call.state = state
        call.mergedInto = mergedInto
        call.legs = ringing.sorted { $0.key < $1.key }.map { id, desk in
            CallSnapshot.Leg(id: id, desk: desk, state: state == .ended ? .ended : .ringing, rangAt: started)
        }
        return call
    }

    private func take(_ snapshot: CallSnapshot, at now: Int64 = 2_000) -> LiveCalls.Change? {
        if case .changed(let change) = calls.take(snapshot, agent: "depot", routing: routing, at: now) {
            change
        } else {
            nil
        }
    }

    @Test func aCallIsShownToItsTelephoneAndItsSupervisorAndNobodyElse() throws {
        let change = try #require(take(snapshot(1)))
        #expect(change.audience == [1: .own(desk: "101"), 4: .watching(team: "counter")])
        #expect(change.rang.map(\.id) == ["l1"] && calls.seen == 1)
        #expect(calls.cards(for: 1, routing: routing).map(\.snapshot.call) == ["pbx/1"])
        #expect(calls.cards(for: 2, routing: routing).isEmpty)
    }

    @Test func anOlderRevisionChangesNothingAlsoAfterTheEnd() throws {
        _ = take(snapshot(5))
        #expect(take(snapshot(5)) == nil)
        #expect(take(snapshot(4)) == nil)
        #expect(try #require(take(snapshot(6, .ended))).isOver)
        #expect(calls["pbx/1"] == nil)
        #expect(take(snapshot(5)) == nil)
    }

    @Test func aCopyOfACallThatEndedLongAgoIsHistory() {
        guard case .past(let isMissed) = calls.take(snapshot(1, .ended), agent: "depot", routing: routing, at: 2_000)
        else {
            Issue.record("it was taken for news")
            return
        }
        #expect(isMissed == snapshot(1, .ended).isMissed && calls.seen == 0)
    }

    @Test func whatWasPutAsideComesBackWhenAnotherTelephoneOfTheirsRings() throws {
        _ = take(snapshot(1))
        calls.dismiss("pbx/1", by: 1)
        #expect(calls.cards(for: 1, routing: routing).isEmpty)
        // The same telephone, and a colleague's: still aside.
        #expect(try #require(take(snapshot(2, ringing: ["l1": "101", "l2": "102"]))).call.isDismissed(by: 1))
        #expect(!(try #require(take(snapshot(3, ringing: ["l1": "101", "l3": "101"]))).call.isDismissed(by: 1)))
    }

    @Test func aCallThatBecameAnotherIsFoundUnderItsNewName() {
        _ = take(snapshot(1))
        _ = take(snapshot(2, .ended, mergedInto: "pbx/2"))
        #expect(calls.present("pbx/1") == "pbx/2" && calls.present("pbx/3") == "pbx/3")
    }

    @Test func whoseAgentCameBackWithoutItIsOverSoonAndWhoIsSilentAfterHours() {
        _ = take(snapshot(7 << 32))
        calls.greet("depot", run: 8, at: 10_000)
        #expect(calls.expired(at: 10_000 + LiveCalls.orphanLife).isEmpty)
        #expect(calls.expired(at: 10_001 + LiveCalls.orphanLife).count == 1)
        var others = LiveCalls()
        others.resume(snapshot(1), agent: "depot", at: 0)
        #expect(others.expired(at: LiveCalls.life).isEmpty && others.expired(at: LiveCalls.life + 1).count == 1)
    }

    @Test func theERPIsAskedAboutAClientOncePerCall() {
        _ = take(snapshot(1))
        let asked = [calls.asks(about: 9, for: "pbx/1"), calls.asks(about: 9, for: "pbx/1")]
        let unknown = calls.asks(about: 9, for: "pbx/2")
        #expect(asked == [true, false] && !unknown)
    }

    // MARK: what is told again

    @Test func whatIsTheSameIsNotToldAgain() {
        var told = ToldViews()
        let view = JSON.object([("id", .int(1)), ("lines", .array([.int(1), .int(2)]))])
        let first = told.message(.delivery, view, of: .delivery(1), isOpen: true)
        let again = told.message(.delivery, view, of: .delivery(1), isOpen: true)
        #expect(first != nil && again == nil)
        let next = view.with("lines", .array([.int(1), .int(3)]))
        let message = told.message(.delivery, next, of: .delivery(1), isOpen: true)
        #expect(message == PageMessage(.delivery, Patch.of(next, since: ToldView(view))))
        // Closed, it is forgotten.
        _ = told.message(.delivery, view, of: .delivery(1), isOpen: false)
        #expect(Array(told.topics).isEmpty)
    }

    @Test func whatIsToldIsBounded() {
        var told = ToldViews()
        for id in 0..<100 { _ = told.message(.delivery, .int(Int64(id)), of: .delivery(Int64(id)), isOpen: true) }
        #expect(told.topics.count == ToldViews.limit)
    }

    @Test func aTopicThatIsDueIsTakenOnceInOrder() {
        var due = DueTopics()
        due.add([.missed, .delivery(1)])
        due.add([.delivery(1), .notices])
        let taken = due.take()
        #expect(taken == [.missed, .delivery(1), .notices] && due.isEmpty)
    }
}
