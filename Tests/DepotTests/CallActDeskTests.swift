import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Whose click hangs up or sends on, and by which line.
struct CallActDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let bruno = Person(id: 2, name: "Bruno", desk: "102")
    private static let plan = NumberPlan(internalPlan: #"[1-8]\d\d"#, outsidePrefix: "0")
    private static let now: Int64 = 1_800_000_000_000

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        try line(can: ["hangup", "transfer"])
    }

    private func line(can: [String], state: String = "ready", online: Bool = true) throws {
        let device = JSON.object([
            ("name", "pbx"), ("kind", "telephony"), ("state", .string(state)), ("can", .array(can.map(JSON.string))),
        ])
        try store.gateways.update(
            agent: "dock", site: nil, online: online, status: JSON.object([("devices", .array([device]))]).description,
            at: 1)
    }

    private func call(_ state: CallSnapshot.Leg.State, desk: String = "101") -> CallSnapshot {
        var call = CallSnapshot(call: "dock/pbx/17", revision: 1, startedAt: Self.now - 1000)
        call.state = state == .ringing ? .ringing : .answered
        call.legs = [.init(id: "1", desk: desk, state: state)]
        return call
    }

    private func desk(_ change: (inout DialRights) -> Void = { _ in }) -> DiallingDesk {
        var rights = DialRights()
        change(&rights)
        return DiallingDesk(store, rights: rights) { _ in Self.plan }
    }

    private func refusal(
        _ call: CallSnapshot?, to number: String? = nil, by person: Person? = nil,
        _ change: (inout DialRights) -> Void = { _ in }
    ) throws -> DialRefusal? {
        var desk = desk(change)
        do {
            if let number {
                _ = try desk.transfer(
                    call, of: "dock", to: number, click: "01CLICK", by: person ?? alice, at: Self.now)
            } else {
                _ = try desk.hangUp(call, of: "dock", click: "01CLICK", by: person ?? alice, at: Self.now)
            }
            return nil
        } catch let refusal as DialRefusal {
            #expect(try store.database.integer("SELECT count(*) FROM command") == 0)
            #expect(try store.ledger.tip() == 0)
            return refusal
        }
    }

    @Test func whoRingsOrTalksHangsUpOnce() throws {
        var desk = desk()
        let (progress, order) = try desk.hangUp(call(.ringing), of: "dock", click: "01A", by: alice, at: Self.now)
        #expect(progress.state == .accepted && order?.agent == "dock")
        #expect(order?.command.action == .hangUp(call: "pbx/17", extension: "101"), "as the agent names it")
        #expect(order?.command.ttl == DiallingDesk.life)
        let again = try desk.hangUp(call(.ringing), of: "dock", click: "01A", by: alice, at: Self.now + 1)
        #expect(again.order == nil)
        let step = try desk.advance(CommandProgress(id: "01A", state: .done), from: "dock")
        #expect(step?.user == 1 && step?.progress.state == .done)
        let entry = try #require(try store.ledger.entries(after: 0, limit: 10).last)
        #expect(entry.fact == Fact(.hungUp, "dock/pbx/17", "101") && entry.author.who == "Alice")
    }

    @Test func aTransferGoesToWhatAClickCouldDial() throws {
        var desk = desk()
        let order = try desk.transfer(
            call(.talking), of: "dock", to: "06 12 34 00 91", click: "01A", by: alice, at: Self.now
        ).order
        #expect(order?.command.action == .transfer(call: "pbx/17", extension: "101", number: "00612340091"))
        let inside = try desk.transfer(call(.held), of: "dock", to: "104", click: "01B", by: alice, at: Self.now).order
        #expect(inside?.command.action == .transfer(call: "pbx/17", extension: "101", number: "104"))
        #expect(
            try store.ledger.entries(after: 0, limit: 10).map(\.fact.detail) == ["101 → 06 12 34 00 91", "101 → 104"])
    }

    @Test(arguments: ["15", "112", "0112", "1 1 2", "0115", "116117"])
    func nobodyIsSentToAnEmergencyNumber(_ number: String) throws {
        #expect(try refusal(call(.talking), to: number) == .number(.emergency, premium: false))
    }

    @Test func theRightsAreThoseOfDialling() throws {
        #expect(try refusal(call(.talking), to: "0899700000") == .number(.subscriber, premium: true))
        #expect(try refusal(call(.talking), to: "3631") == .number(.short, premium: false))
        #expect(try refusal(call(.talking), to: "hello") == .number(.invalid, premium: false))
        #expect(try refusal(call(.talking), to: "+32 2 555 12 12") { $0.abroad = [] } == .noRightAbroad)
        #expect(try refusal(call(.talking), to: "104") { $0.callers = ["Bruno"] } == .noRight)
        #expect(try refusal(call(.talking)) { $0.callers = [] } == .noRight)
        #expect(try refusal(call(.talking), by: Person(id: 3, name: "Zoé", desk: nil)) == .noDesk)
    }

    @Test func onlyWhoTakesPartDoesIt() throws {
        #expect(try refusal(call(.talking), by: bruno) == .noCall)
        #expect(try refusal(call(.ended)) == .noCall)
        #expect(try refusal(nil) == .noCall)
        #expect(try refusal(call(.ringing), to: "104") == .noCall, "nobody is there to be sent on")
        var over = call(.talking)
        over.state = .ended
        #expect(try refusal(over) == .noCall)
    }

    @Test func onlyALineThatSaysSoIsAsked() throws {
        try line(can: ["hangup"])
        #expect(try refusal(call(.talking), to: "104") == .notHere)
        try line(can: [])
        #expect(try refusal(call(.talking)) == .notHere)
        try line(can: ["hangup", "transfer"], state: "lost")
        #expect(try refusal(call(.talking)) == .notHere)
        try line(can: ["hangup", "transfer"], online: false)
        #expect(try refusal(call(.talking)) == .notHere)
        try line(can: ["hangup", "transfer"])
        try GatewayDesk(store).add("dock", site: "lyon", zones: [], mayTelephone: false, by: Author("Nadia"), at: 2)
        var desk = desk()
        #expect(throws: DialRefusal.notHere) {
            try desk.hangUp(call(.talking), of: "dock", click: "01CLICK", by: alice, at: Self.now)
        }
    }

    @Test func soManyAMinuteTogetherWithClicks() throws {
        var desk = desk { $0.perMinute = 1 }
        _ = try desk.dial("104", click: "01A", by: alice, at: Self.now)
        #expect(throws: DialRefusal.tooMany(1)) {
            try desk.transfer(call(.talking), of: "dock", to: "104", click: "01B", by: alice, at: Self.now)
        }
    }
}
