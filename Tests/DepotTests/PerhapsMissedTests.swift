import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Calls that a break of the exchange's line has swallowed.
struct PerhapsMissedTests {
    private func lost(_ id: String, queue: String? = nil, rang: [String] = []) -> CallSnapshot {
        var call = CallTests.call(id, at: 1000, queue: queue)
        call.cause = .lost
        call.legs = rang.map { .init(id: "\(id)-\($0)", desk: $0, state: .ended, rangAt: 1000, cause: .lost) }
        call.perhapsMissedBy = rang
        return call
    }

    @Test func whoeverIsPerhapsMissedIsInTheListAndMarked() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try CallTests.save(lost("1", rang: ["101"]), in: store)
        try CallTests.save(lost("2", queue: "support"), in: store)
        try CallTests.save(lost("3"), in: store)
        try CallTests.save(lost("4", rang: ["201"]), in: store)
        let rows = try store.calls.missed(of: CallTests.team)
        #expect(Set(rows.map(\.snapshot.call)) == ["pbx/1", "pbx/2"])
        #expect(rows.allSatisfy { $0.snapshot.isPerhapsMissed })
        #expect(CallSnapshot(json: rows[0].snapshot.json) == rows[0].snapshot)
        #expect(!CallTests.call("5", at: 1, missedBy: ["101"]).isPerhapsMissed)
    }

    /// The exchange was away for longer than calls wait for it, and lists the call all the same.
    @Test func whatIsFoundAgainLeavesTheList() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var call = lost("1", rang: ["101"])
        try CallTests.save(call, in: store)
        #expect(try store.calls.missed(of: CallTests.team).count == 1)
        (call.revision, call.state, call.endedAt, call.cause, call.perhapsMissedBy) = (2, .ringing, nil, nil, [])
        try CallTests.save(call, in: store)
        #expect(try store.calls.missed(of: CallTests.team).isEmpty)
        (call.revision, call.state, call.endedAt, call.cause, call.missedBy) = (3, .ended, 9000, .callerGaveUp, ["101"])
        try CallTests.save(call, in: store)
        let rows = try store.calls.missed(of: CallTests.team)
        #expect(rows.count == 1 && !rows[0].snapshot.isPerhapsMissed)
    }
}
