import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Agents whose clock is wrong: how far is known, and what depends on an age is right all the same.
struct ClockTests {
    static let now: Int64 = 1_795_000_000_000
    static let quarter: Int64 = 15 * 60_000
    static let year: Int64 = 365 * 86_400_000

    let store: Store
    let applier: Applier
    private let folder = TemporaryFolder()

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock)]
        applier = Applier(store: store)
    }

    func announce() throws -> Int64 {
        try #require(
            try store.deliveries.expect(
                Announced(note: "BL-1", supplier: "S", lines: [.init(gtin: InventoryTests.breaker, quantity: 1)]),
                source: "file"))
    }

    /// `captured` and the heard clock are of the agent, `now` is the centre's.
    func send(_ row: Model.Row, captured: Int64, heard: (clock: Int64, at: Int64), at now: Int64) throws {
        var book = ClockBook()
        book.hear("dock-1", clock: heard.clock, at: heard.at)
        applier.clockOffset = { [book] in book.offset(of: $0) }
        _ = try applier.apply(
            [("dock-1", InventoryTests.frame([row.encoded(at: 0)], first: 1, origin: captured))], at: now)
    }

    static func call(at start: Int64) -> Model.Row {
        var call = CallTests.call("1", at: start, missedBy: ["101"])
        call.legs[0].endedAt = start + 10_000
        return .call(device: "pbx", call)
    }

    // MARK: the book

    @Test func aDelayOnTheRoadIsNoWrongClock() {
        var book = ClockBook()
        for delay in [200, 3_600_000, 59_000] as [Int64] {
            book.hear("a", clock: Self.now, at: Self.now + delay, isHello: delay == 200)
            #expect(book.offset(of: "a") == 0)
        }
        book.hear("a", clock: Self.now, at: Self.now + 7_200_000, isHello: false)
        #expect(book.offset(of: "a") == 0, "one that waited is not believed against one that did not")
    }

    @Test func aClockThatIsSetIsFollowedBothWays() {
        var book = ClockBook()
        book.hear("a", clock: Self.now - Self.quarter, at: Self.now + 300)
        #expect(book.offset(of: "a") == Self.quarter)
        book.hear("a", clock: Self.now, at: Self.now)
        #expect(book.offset(of: "a") == 0)
        book.hear("a", clock: Self.now + Self.quarter, at: Self.now)
        #expect(book.offset(of: "a") == -Self.quarter)
        // Back again: the second that says so is believed.
        book.hear("a", clock: Self.now, at: Self.now, isHello: false)
        #expect(book.offset(of: "a") == -Self.quarter)
        book.hear("a", clock: Self.now, at: Self.now, isHello: false)
        #expect(book.offset(of: "a") == 0)
        #expect(book.offset(of: "b") == 0)
    }

    /// The broker keeps the last status of an agent, however old.
    @Test func aStatusCountsBehindAHelloAlone() {
        var book = ClockBook()
        book.hear("a", clock: Self.now - Self.year, at: Self.now, isHello: false)
        #expect(book.offset(of: "a") == 0)
        book.hear("a", clock: Self.now - Self.quarter, at: Self.now)
        book.hear("a", clock: Self.now - Self.year, at: Self.now, isHello: false)
        #expect(book.offset(of: "a") == Self.quarter)
        book.hear("a", clock: Self.now, at: Self.now, isHello: false)
        #expect(book.offset(of: "a") == 0)
    }

    @Test func whatNoClockCanShowIsNotHeard() {
        var book = ClockBook()
        for clock in [0, -1, .min, .max] as [Int64] { book.hear("a", clock: clock, at: Self.now) }
        #expect(book.offset(of: "a") == 0)
        book.recall("a", offset: .min)
        #expect(book.offset(of: "a") == 0)
        #expect(ClockBook.corrected(5, by: .min, at: 9) == 5 && ClockBook.corrected(.max, by: .max, at: 9) == .max)
    }

    @Test func whatWasKnownHoldsUntilTheAgentIsHeard() {
        var book = ClockBook()
        book.recall("a", offset: Self.quarter)
        #expect(book.offset(of: "a") == Self.quarter)
        book.hear("a", clock: Self.now, at: Self.now)
        #expect(book.offset(of: "a") == 0)
        book.recall("a", offset: Self.quarter)
        #expect(book.offset(of: "a") == 0)
    }

    @Test func howFarItIsOffIsSaidRoughly() {
        #expect(ClockBook.words(Self.quarter) == "15 min behind")
        #expect(ClockBook.words(-4 * 3_600_000) == "4 h ahead")
        #expect(ClockBook.words(6 * Self.year) == "2190 days behind")
    }

    @Test func aHelloThatSaysOtherwiseIsBelievedAtOnce() {
        var book = ClockBook()
        book.hear("a", clock: Self.now + Self.year, at: Self.now)
        book.hear("a", clock: Self.now, at: Self.now)
        #expect(book.offset(of: "a") == 0)
    }

    /// A late NTP sets the clock; what comes before the next status is not sent into the future.
    @Test func whatComesJustAfterTheClockWasSetIsTakenAsTold() throws {
        try send(Self.call(at: Self.now), captured: Self.now, heard: (Self.now - 6 * Self.year, Self.now), at: Self.now)
        let call = try #require(try store.calls.row("dock-1/pbx/1")?.snapshot)
        #expect(call.startedAt == Self.now && call.clockCorrection == nil)
    }

    // MARK: ages

    @Test(arguments: [-quarter, quarter, -4 * 3_600_000, -6 * year, 2 * year] as [Int64])
    func whatPassedBeforeTheOpeningIsProposedAtAnySkew(_ skew: Int64) throws {
        let id = try announce()
        try send(
            InventoryTests.tag(1), captured: Self.now + skew, heard: (Self.now + skew - 5000, Self.now - 5000),
            at: Self.now + 1000)
        let proposals = try store.strays.proposals(zone: "dock", at: Self.now + 2000)
        #expect(proposals.compactMap { $0["id"]?.integer } == [id])
        #expect(try store.deliveries.open(delivery: id, zone: "dock", by: Author("Nadia"), at: Self.now + 2000))
        #expect(try store.deliveries.view(id)?.received == 1)
    }

    /// Three hours old with a right clock, and three hours old with a wrong one: neither is proposed now.
    @Test(arguments: [0, -quarter, 4 * 3_600_000] as [Int64])
    func aBacklogKeepsItsAge(_ skew: Int64) throws {
        _ = try announce()
        try send(
            InventoryTests.tag(1), captured: Self.now + skew - 3 * 3_600_000, heard: (Self.now + skew, Self.now),
            at: Self.now)
        #expect(try store.strays.proposals(zone: "dock", at: Self.now).isEmpty)
    }

    // MARK: calls

    @Test(arguments: [-6 * year, 2 * year, -4 * 3_600_000] as [Int64])
    func aCallOfAWrongClockStandsInTheHistoryWhereItBelongs(_ skew: Int64) throws {
        try CallTests.save(CallTests.call("before", at: Self.now - 60_000, answeredBy: "101"), in: store)
        try CallTests.save(CallTests.call("after", at: Self.now + 60_000, answeredBy: "101"), in: store)
        try send(
            Self.call(at: Self.now + skew), captured: Self.now + skew, heard: (Self.now + skew, Self.now), at: Self.now)
        let history = try store.calls.rows(of: CallScope(desks: ["101"]), limit: 10)
        #expect(history.map(\.snapshot.call) == ["pbx/after", "dock-1/pbx/1", "pbx/before"])
        let call = try #require(history.dropFirst().first?.snapshot)
        #expect(call.startedAt == Self.now && call.endedAt == Self.now + 10_000 && call.legs[0].rangAt == Self.now)
        #expect(call.clockCorrection == -skew, "marked")
        #expect(try store.erasure.forgetCalls(before: Self.now - 86_400_000) == 0)
    }

    @Test func aCallOfARightClockIsNotMarked() throws {
        try send(Self.call(at: Self.now - 7), captured: Self.now, heard: (Self.now - 900, Self.now), at: Self.now)
        let call = try #require(try store.calls.row("dock-1/pbx/1")?.snapshot)
        #expect(call.startedAt == Self.now - 7 && call.clockCorrection == nil)
    }

    /// What the agent says of a correction is not believed.
    @Test func anAgentDoesNotCorrectItself() {
        var call = CallSnapshot(call: "pbx/1", revision: 1, startedAt: 5)
        call.clockCorrection = 12
        #expect(call.corrected(by: 0, at: Self.now).clockCorrection == nil)
    }

    // MARK: the alarm

    @Test func aWrongClockIsSaidOnceAndTakenBack() throws {
        let desk = GatewayDesk(store)
        try store.gateways.update(agent: "a", site: nil, online: true, status: nil, at: Self.now)
        let tip = try store.ledger.tip()
        for _ in 0..<3 { try desk.say(clockOffset: Self.quarter, of: "a", at: Self.now) }
        #expect(try store.gateways.agent(named: "a")?.alarm?.hasPrefix("clock: 15 min behind; ") == true)
        #expect(try store.ledger.tip() == tip + 1)
        try desk.say(clockOffset: 0, of: "a", at: Self.now)
        #expect(try store.gateways.agent(named: "a")?.alarm == nil)
        try store.gateways.alarm(agent: "a", "account: differs", at: Self.now)
        for offset in [Self.quarter, 0] { try desk.say(clockOffset: offset, of: "a", at: Self.now) }
        #expect(try store.gateways.agent(named: "a")?.alarm == "account: differs")
    }
}
