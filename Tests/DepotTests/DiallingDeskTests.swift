import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Whose click is dialled, by which agent, and who hears of it.
struct DiallingDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let bruno = Person(id: 2, name: "Bruno", desk: "102")
    private static let plan = NumberPlan(internalPlan: #"[1-8]\d\d"#, outsidePrefix: "0")
    private static let start: Int64 = 1_800_000_000_000

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        try agent("dock")
    }

    private func agent(
        _ name: String, site: String? = nil, online: Bool = true, kind: String = "telephony", state: String = "ready"
    ) throws {
        let status = JSON.object([
            ("devices", .array([.object([("kind", .string(kind)), ("state", .string(state))])]))
        ])
        try store.gateways.update(agent: name, site: site, online: online, status: status.description, at: 1)
    }

    private func desk(_ change: (inout DialRights) -> Void = { _ in }) -> DiallingDesk {
        var rights = DialRights()
        change(&rights)
        return DiallingDesk(store, rights: rights) { _ in Self.plan }
    }

    /// Why a click is not dialled; nil when it is. Nothing is kept of one that is not.
    private func refusal(
        _ number: String = "0612340091", by person: Person? = nil, _ change: (inout DialRights) -> Void = { _ in }
    ) throws -> DialRefusal? {
        var desk = desk(change)
        let tip = try store.ledger.tip()
        do {
            _ = try desk.dial(number, click: "01CLICK", by: person ?? alice, at: Self.start)
            return nil
        } catch let refusal as DialRefusal {
            #expect(try store.database.integer("SELECT count(*) FROM command") == 0)
            #expect(try store.ledger.tip() == tip)
            return refusal
        }
    }

    // MARK: dialling

    @Test func aClickRingsOnesOwnTelephoneFirst() throws {
        var desk = desk()
        let (progress, order) = try desk.dial("06 12 34 00 91", click: "01CLICK", by: alice, at: Self.start)
        #expect(progress == CommandProgress(id: "01CLICK", state: .accepted))
        #expect(
            order?.agent == "dock" && order?.command.issued == Self.start && order?.command.ttl == DiallingDesk.life)
        guard case .dial(let own, let number, let display, nil)? = order?.command.action else {
            Issue.record("not dialled")
            return
        }
        #expect(own == "101" && number == "00612340091", "with the prefix for a line")
        #expect(display == "06 12 34 00 91")
        let entry = try #require(try store.ledger.entries(after: 0, limit: 100).last)
        #expect(entry.fact == Fact(.dialled, "01CLICK", "101") && entry.author.who == "Alice")
    }

    @Test func anExtensionIsDialledAsItIs() throws {
        var desk = desk { $0.abroad = [] }
        let order = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start).order
        #expect(order?.command.action == .dial(extension: "101", number: "104", display: nil, device: nil))
    }

    @Test func theSameClickDialsOnce() throws {
        var desk = desk { $0.perMinute = 1 }
        #expect(try desk.dial("0612340091", click: "01CLICK", by: alice, at: Self.start).order != nil)
        let again = try desk.dial("0612340091", click: "01CLICK", by: alice, at: Self.start + 1)
        #expect(again.order == nil && again.progress.state == .accepted)
        _ = try desk.advance(CommandProgress(id: "01CLICK", state: .failed, cause: "busy"), from: "dock")
        let later = try desk.dial("0612340091", click: "01CLICK", by: alice, at: Self.start + 2)
        #expect(later.order == nil && later.progress.state == .failed && later.progress.cause == "busy")
        // After a restart too: the command is in the database.
        var restarted = self.desk()
        #expect(try restarted.dial("0612340091", click: "01CLICK", by: alice, at: Self.start + 3).order == nil)
    }

    @Test func anotherPersonsClickIsNotDialledAgainNorShown() throws {
        var desk = desk()
        _ = try desk.dial("0612340091", click: "01CLICK", by: alice, at: Self.start)
        _ = try desk.advance(CommandProgress(id: "01CLICK", state: .failed, cause: "busy"), from: "dock")
        let tip = try store.ledger.tip()
        let other = try desk.dial("0612340091", click: "01CLICK", by: bruno, at: Self.start)
        #expect(other.order == nil && other.progress.state == .accepted && other.progress.cause == "already asked")
        #expect(try store.ledger.tip() == tip)
    }

    // MARK: refusals

    @Test func whoHasNoTelephoneDialsNothing() throws {
        #expect(try refusal(by: Person(id: 3, name: "Nadia", desk: nil)) == .noDesk)
    }

    @Test func onlyWhoMayDialDials() throws {
        #expect(try refusal { $0.callers = ["Bruno"] } == .noRight)
        #expect(try refusal { $0.callers = [] } == .noRight)
        #expect(try refusal { $0.callers = ["Alice"] } == nil)
    }

    @Test(arguments: ["15", "112", "0112", "1 1 2", "tel:112", "0115", "116117"])
    func anEmergencyNumberIsDialledByHand(_ number: String) throws {
        #expect(try refusal(number) == .number(.emergency, premium: false))
        #expect(try refusal(number) { $0.premium = ["Alice"] } == .number(.emergency, premium: false))
    }

    /// Each of them, however the site writes its numbers: in France and overseas, under a plan that takes them for extensions, behind the
    /// prefix for a line, with a right to dial everything. Nor is a client who talks sent on to them.
    @Test(arguments: ["112", "15", "17", "18", "114", "115", "119", "196"], ["FR", "RE", "GP", "YT"])
    func noClickCallsForHelp(number: String, region: String) throws {
        let plans = [
            NumberPlan(region: region), NumberPlan(region: region, internalPlan: #"^\d{2,5}$"#),
            NumberPlan(region: region, internalPlan: ".*", outsidePrefix: "0"),
        ]
        var rights = DialRights()
        rights.premium = ["Alice"]
        try store.gateways.update(
            agent: "dock", site: nil, online: true,
            status: #"{"devices":[{"name":"pbx","kind":"telephony","state":"ready","can":["transfer"]}]}"#, at: 1)
        var call = CallSnapshot(call: "dock/pbx/1", revision: 1, startedAt: Self.start)
        (call.state, call.legs) = (.answered, [.init(id: "a", desk: "101", state: .talking)])
        for plan in plans {
            var desk = DiallingDesk(store, rights: rights) { _ in plan }
            let written =
                [number, " \(number) ", "tel:\(number)", "\(number)#"]
                + (plan.outsidePrefix.map { ["\($0)\(number)"] } ?? [])
            for text in written {
                #expect(throws: DialRefusal.number(.emergency, premium: false), "\(text)") {
                    try desk.dial(text, click: "01CLICK", by: alice, at: Self.start)
                }
                #expect(throws: DialRefusal.number(.emergency, premium: false), "\(text)") {
                    try desk.transfer(call, of: "dock", to: text, click: "01SEND", by: alice, at: Self.start)
                }
            }
        }
        #expect(try store.database.integer("SELECT count(*) FROM command") == 0)
    }

    @Test func whatIsNoNumberIsNotDialled() throws {
        #expect(try refusal("3631") == .number(.short, premium: false))
        #expect(try refusal("anonymous") == .number(.withheld, premium: false))
        #expect(try refusal("") != nil)
        #expect(try refusal("hello") == .number(.invalid, premium: false))
    }

    @Test func premiumNumbersNeedTheirRight() throws {
        #expect(try refusal("0899700000") == .number(.subscriber, premium: true))
        #expect(try refusal("0899700000") { $0.premium = ["Bruno"] } == .number(.subscriber, premium: true))
        #expect(try refusal("0899700000") { $0.premium = ["Alice"] } == nil)
    }

    @Test func abroadMayNeedARight() throws {
        #expect(try refusal("+32 2 555 12 12") { $0.abroad = ["Bruno"] } == .noRightAbroad)
        #expect(try refusal("0612340091") { $0.abroad = [] } == nil)
    }

    @Test func everybodyMayDialAbroadWhereNobodyIsNamed() throws {
        var desk = desk()
        let order = try desk.dial("+32 2 555 12 12", click: "01CLICK", by: alice, at: Self.start).order
        guard case .dial(_, let number, _, _)? = order?.command.action else {
            Issue.record("not dialled")
            return
        }
        #expect(number == "0003225551212")
    }

    @Test func soManyAMinuteAndNoMore() throws {
        var desk = desk { $0.perMinute = 2 }
        for index in 0..<2 {
            #expect(try desk.dial("104", click: "01A\(index)", by: alice, at: Self.start + Int64(index)).order != nil)
        }
        #expect(throws: DialRefusal.tooMany(2)) {
            try desk.dial("104", click: "01A2", by: alice, at: Self.start + 59_999)
        }
        // Neither does a centre that takes over let them begin anew.
        var other = self.desk { $0.perMinute = 2 }
        #expect(throws: DialRefusal.tooMany(2)) {
            try other.dial("104", click: "01A2", by: alice, at: Self.start + 59_999)
        }
        #expect(try desk.dial("104", click: "01B", by: bruno, at: Self.start + 2).order != nil, "each has their own")
        #expect(try desk.dial("104", click: "01A3", by: alice, at: Self.start + 60_000).order != nil)
        #expect(throws: DialRefusal.tooMany(2)) {
            try desk.dial("104", click: "01A4", by: alice, at: Self.start + 60_000)
        }
    }

    @Test func whatIsRefusedDoesNotCountForTheMinute() throws {
        var desk = desk { $0.perMinute = 1 }
        for _ in 0..<5 {
            #expect(throws: DialRefusal.self) { try desk.dial("15", click: "01X", by: alice, at: Self.start) }
        }
        #expect(try desk.dial("104", click: "01A", by: alice, at: Self.start).order != nil)
    }

    // MARK: which agent

    @Test func withoutAWorkingExchangeNothingIsDialled() throws {
        try agent("dock", state: "lost")
        try agent("scanner", kind: "rfid")
        try agent("gone", online: false)
        #expect(try refusal() == .noGateway)
    }

    @Test func whoMayNotTelephoneIsNotAsked() throws {
        try GatewayDesk(store).add(
            "dock", site: "lyon", zones: [], mayTelephone: false, by: Author("Nadia"), at: 2)
        #expect(try refusal() == .noGateway)
    }

    @Test func aTelephoneThatNamesItsSiteIsRungThere() throws {
        try agent("lyon-1", site: "lyon")
        try agent("paris-1", site: "paris")
        var desk = desk()
        let person = Person(id: 5, name: "Paul", desk: "101@paris")
        let order = try desk.dial("104", click: "01CLICK", by: person, at: Self.start).order
        #expect(order?.agent == "paris-1")
        guard case .dial("101", _, _, _)? = order?.command.action else {
            Issue.record("the exchange knows it without its site")
            return
        }
        #expect(try refusal(by: Person(id: 6, name: "Rose", desk: "101@nice"), expecting: 1) == .noGateway)
    }

    /// The same, where commands are kept already.
    private func refusal(by person: Person, expecting kept: Int64) throws -> DialRefusal? {
        var desk = desk()
        do { _ = try desk.dial("104", click: "01OTHER", by: person, at: Self.start) } catch let refusal as DialRefusal {
            #expect(try store.database.integer("SELECT count(*) FROM command") == kept)
            return refusal
        }
        return nil
    }

    @Test func aConfirmedAgentIsAskedBeforeOthers() throws {
        try agent("apprentice", site: "lyon")
        try agent("zebra", site: "lyon")
        try GatewayDesk(store).add("zebra", site: "lyon", zones: [], mayTelephone: true, by: Author("Nadia"), at: 2)
        // It tells of the telephone's calls, and nobody has said that it belongs here.
        try CallTests.tell(CallTests.call("1", at: 5, answeredBy: "101"), by: "apprentice", in: store)
        var desk = desk()
        #expect(try desk.dial("104", click: "01CLICK", by: alice, at: Self.start).order?.agent == "zebra")
    }

    @Test func ofSeveralTheOneThatTellsOfTheTelephoneIsAsked() throws {
        try agent("zebra")
        try CallTests.tell(CallTests.call("1", at: 5, answeredBy: "102"), by: "zebra", in: store)
        var desk = desk()
        #expect(try desk.dial("104", click: "01A", by: alice, at: Self.start).order?.agent == "dock")
        #expect(try desk.dial("104", click: "01B", by: bruno, at: Self.start).order?.agent == "zebra")
    }

    // MARK: afterwards

    @Test func onlyWhoStartedACallGivesItUp() throws {
        var desk = desk()
        _ = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start)
        #expect(try desk.cancel("01CLICK", as: "01STOP", by: bruno, at: Self.start + 1) == nil)
        #expect(try desk.cancel("01OTHER", as: "01STOP", by: alice, at: Self.start + 1) == nil)
        #expect(try store.database.integer("SELECT count(*) FROM command") == 1)
        let order = try #require(try desk.cancel("01CLICK", as: "01STOP", by: alice, at: Self.start + 1))
        #expect(order.agent == "dock", "the one that was asked to dial")
        #expect(order.command.id == "01STOP" && order.command.action == .cancel(command: "01CLICK"))
    }

    @Test func progressIsTakenFromTheAgentThatWasAskedAlone() throws {
        try agent("evil")
        var desk = desk()
        let order = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start).order
        #expect(order?.agent == "dock")
        let failed = CommandProgress(id: "01CLICK", state: .failed, cause: "FORGED", call: "pbx/1")
        #expect(try desk.advance(failed, from: "evil")?.user == nil)
        #expect(try store.calls.progress(ofCommand: "01CLICK", user: 1)?.state == .accepted)
        let ringing = CommandProgress(id: "01CLICK", state: .ringingOwn, call: "pbx/1")
        let step = try #require(try desk.advance(ringing, from: "dock"))
        #expect(step.user == 1 && step.progress.call == "dock/pbx/1", "as the centre names it")
        #expect(try desk.advance(CommandProgress(id: "01NOBODY", state: .done), from: "dock")?.user == nil)
    }

    /// As people read it, and the line by its name.
    @Test func aClickSaysWhichNumberTheOtherSideSees() throws {
        var desk = desk()
        for (click, sent, shown) in [("01A", "+33199000700", "01 99 00 07 00"), ("01B", "101", "101")] {
            _ = try desk.dial("104", click: click, by: alice, at: Self.start)
            var progress = CommandProgress(id: click, state: .accepted, presents: sent)
            progress.line = "pbx"
            let heard = try #require(CommandProgress(json: progress.json))
            let step = try #require(try desk.advance(heard, from: "dock"))
            #expect(step.progress.presents == shown && step.progress.line == "pbx")
        }
    }

    @Test func progressGoesForwardAndEndsOnce() throws {
        var desk = desk()
        _ = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start)
        func say(_ state: CommandProgress.State) throws -> Bool {
            try desk.advance(CommandProgress(id: "01CLICK", state: state), from: "dock") != nil
        }
        #expect(try say(.ringingOther))
        #expect(try !say(.ringingOther), "twice is once")
        #expect(try !say(.ringingOwn), "what comes late is not told")
        #expect(try say(.done))
        #expect(try !say(.failed) && !say(.talking))
    }

    @Test func nobodyIsToldOfACancelThatGoesOn() throws {
        var desk = desk()
        _ = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start)
        _ = try desk.cancel("01CLICK", as: "01STOP", by: alice, at: Self.start)
        #expect(try desk.advance(CommandProgress(id: "01STOP", state: .done), from: "dock")?.user == nil)
    }

    @Test func aClickThatNobodyTookUpExpiresOnce() throws {
        var desk = desk()
        _ = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start)
        _ = try desk.cancel("01CLICK", as: "01STOP", by: alice, at: Self.start)
        let end = Self.start + Int64(DiallingDesk.life) * 1000
        #expect(try desk.expire(at: end).isEmpty)
        let void = try desk.expire(at: end + 1)
        #expect(void.map(\.user) == [1] && void.first?.progress == CommandProgress(id: "01CLICK", state: .expired))
        #expect(try desk.expire(at: end + 2).isEmpty)
        #expect(try desk.advance(CommandProgress(id: "01CLICK", state: .talking), from: "dock")?.user == nil)
    }

    @Test func whatAnAgentTookUpDoesNotExpire() throws {
        var desk = desk()
        _ = try desk.dial("104", click: "01CLICK", by: alice, at: Self.start)
        #expect(try desk.advance(CommandProgress(id: "01CLICK", state: .accepted), from: "dock")?.user == 1)
        #expect(try desk.expire(at: Self.start + 3_600_000).isEmpty)
    }
}
