import Depot
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// Whom a fact concerns, and what they are told.
struct InboxFollowerTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let follower = InboxFollower(
        teams: [.init(name: "counter", desks: ["101", "102"], queues: ["support"], supervisors: ["Nadia"])])
    private let server = Author("edge-ingest")
    private let alice: Int64
    private let bruno: Int64
    private let nadia: Int64
    private let zoe: Int64

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        let people = store.people
        func add(_ name: String, _ rights: Set<Permission>, desk: String? = nil) throws -> Int64 {
            let id = try people.save(
                user: name, .init(password: "kept", rights: rights), by: Author("root"), at: 1)
            if let desk { try people.claim(desk: desk, user: id, at: 1) }
            return id
        }
        alice = try add("Alice", [.erp], desk: "101")
        bruno = try add("Bruno", [.stock], desk: "102")
        nadia = try add("Nadia", [.users])
        zoe = try add("Zoé", [], desk: "201")
        try store.run(follower)
    }

    private func told(_ user: Int64) throws -> [String] {
        try store.inbox.rows(of: user, limit: 50).map { "\($0.type.rawValue) \($0.subject)" }
    }

    private func unread(_ user: Int64) throws -> Int64 { try store.inbox.counts(of: user).unread }

    private func missed(_ id: String, from number: String? = "0612340091", desk: String, queue: String? = nil) throws {
        var call = CallSnapshot(call: "dock/pbx/\(id)", revision: 1, startedAt: 1000)
        call.state = .ended
        call.direction = .inbound
        call.caller = number.map { Party(number: $0, name: "DUPONT") } ?? .hidden
        call.called = "0123456701"
        call.legs = [.init(id: "\(id)-1", desk: desk, state: .ended, rangAt: 1000)]
        call.missedBy = [desk]
        call.queue = queue
        call.endedAt = 2000
        try store.transaction {
            _ = try store.calls.save(
                call, agent: "dock", key: number.map { NumberPlan().number($0).key } ?? "withheld")
        }
        try store.run(follower)
    }

    @Test func aGatewayThatGoesIsToldEverybodyAndReadWhenItIsBack() throws {
        try store.tell(Fact(.gatewayOffline, "lyon"), by: server, site: "depot", at: 1000)
        try store.run(follower)
        let row = try #require(try store.inbox.rows(of: zoe, limit: 9).first)
        #expect(
            row.type == .gatewayOffline && row.priority == .critical && row.site == "depot" && row.link == "/gateways")
        #expect(row.words == ["subject": "lyon", "site": "depot"])
        #expect(try told(alice) == ["gateway.offline lyon"])
        try store.run(follower)
        #expect(try told(alice).count == 1, "once")
        try store.tell(Fact(.gatewayOnline, "lyon"), by: server, at: 2000)
        try store.run(follower)
        let counts = try store.inbox.counts(of: alice)
        #expect(counts.critical == 0 && counts.low == 1)
        #expect(try told(alice) == ["gateway.online lyon", "gateway.offline lyon"])
    }

    @Test func aMissedCallIsToldThoseWhoShareTheTelephone() throws {
        try missed("1", desk: "101")
        #expect(try told(alice) == ["call.missed dock/pbx/1"])
        #expect(try told(bruno) == ["call.missed dock/pbx/1"], "their team's")
        #expect(try told(nadia) == ["call.missed dock/pbx/1"], "she supervises them")
        #expect(try told(zoe).isEmpty)
        let row = try #require(try store.inbox.rows(of: alice, limit: 1).first)
        #expect(row.words["detail"] == "DUPONT" && row.words["body"] == "06 12 34 00 91" && row.team == "counter")
        // One of them calls back: nobody else need.
        #expect(
            try CallDesk(store).settle(
                missed: "dock/pbx/1", of: CallScope(desks: ["101", "102"]),
                by: Person(id: bruno, name: "Bruno", desk: "102"), at: 5000))
        try store.run(follower)
        #expect(try unread(alice) == 0 && unread(nadia) == 0)
    }

    @Test func aQueueIsItsTeams() throws {
        try missed("1", desk: "300", queue: "support")
        #expect(try told(bruno) == ["call.missed dock/pbx/1"])
        #expect(try told(zoe).isEmpty)
    }

    @Test func theClientIsNamedAndAHiddenNumberIsNot() throws {
        _ = try store.parties.add(
            name: "Jeanne", company: "Dupont SARL", reference: nil, numbers: [PhoneNumber("0612340091")], by: "Nadia",
            at: 1)
        try missed("1", desk: "201")
        try missed("2", from: nil, desk: "201")
        let rows = try store.inbox.rows(of: zoe, limit: 9)
        #expect(rows.last?.words["detail"] == "Dupont SARL")
        #expect(rows.first?.words.isEmpty == true)
    }

    @Test func aDeliveryIsToldAllButWhoOpenedIt() throws {
        let author = Author("Alice", station: "dock-1")
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(supplier: "Rexel", zone: "dock-1", note: "BL-7", day: "2026-11-27", by: author, at: 1000)
        )
        try store.run(follower)
        #expect(try told(alice).isEmpty)
        let row = try #require(try store.inbox.rows(of: bruno, limit: 9).first)
        #expect(row.type == .receiptStarted && row.words["subject"] == "BL-7" && row.words["body"] == "Rexel")
        #expect(row.link == "/receiving?ref=\(id)" && row.priority == .low)
        #expect(try desk.close(id, .init(extra: .accept, unknown: .accept), by: author, at: 2000))
        try store.run(follower)
        #expect(try told(bruno) == ["receipt.completed \(id)", "receipt.started \(id)"])
        #expect(try unread(bruno) == 1, "that it began is no news any more")
    }

    @Test func aDeliveryThatIsNotWhatThePaperSaidIsADifference() throws {
        let (author, desk) = (Author("Alice"), ReceivingDesk(store))
        let id = try #require(
            try store.deliveries.expect(
                Announced(
                    note: "BL-8", supplier: "Rexel",
                    lines: [.init(gtin: "03608439390616", description: "Breaker", quantity: 10)]),
                source: "file"))
        #expect(try desk.open(id, zone: "dock-1", by: author, at: 1000))
        try desk.decide(Decision(at: 2000, who: "Alice", kind: .adjust, gtin: "03608439390616", quantity: 8), on: id)
        #expect(try desk.close(id, .init(short: .never), by: author, at: 3000))
        try store.run(follower)
        let row = try #require(try store.inbox.rows(of: bruno, limit: 9).first)
        #expect(row.type == .receiptDiscrepancy && row.priority == .high && row.words["detail"] == "(−2)")
        #expect(try told(alice).isEmpty)
    }

    @Test func aCountThatFoundSomethingElseIsToldThoseWhoKeepTheBook() throws {
        let (author, desk) = (Author("Alice"), CountingDesk(store))
        for quantity in [Quantity(2), 0] {
            let id = try #require(try desk.open(zone: "shelf", sources: [], blind: false, by: author, at: 1000))
            if quantity > 0 {
                try desk.decide(
                    Decision(at: 1500, who: "Alice", kind: .adjust, gtin: "03608439390616", quantity: quantity), on: id)
            }
            #expect(try desk.change(id, to: .review, by: author, at: 2000))
            #expect(try desk.post(id, complete: false, by: author, at: 3000))
            try store.run(follower)
        }
        let rows = try store.inbox.rows(of: bruno, limit: 9)
        #expect(rows.map(\.type) == [.countDiscrepancy], "the second found nothing else")
        #expect(rows.first?.words["subject"] == "shelf" && rows.first?.words["detail"] == "(1)")
        #expect(try told(zoe).isEmpty)
    }

    @Test func rightsSayWhoIsTold() throws {
        try store.tell(Fact(.stockLow, "03608439390616"), by: server, at: 1000)
        try store.tell(Fact(.pushNoticed, "quai/reception/17"), by: server, at: 1000)
        try store.run(follower)
        #expect(try told(bruno) == ["inventory.low_stock 03608439390616"])
        #expect(try store.inbox.rows(of: bruno, limit: 1).first?.link == "/find?ref=product:03608439390616")
        #expect(try told(alice) == ["erp.push_failed quai/reception/17"])
        #expect(try told(nadia).isEmpty && told(zoe).isEmpty)
        // It has gone by itself.
        try store.tell(Fact(.noticeDone, "03608439390616"), by: server, at: 2000)
        try store.run(follower)
        #expect(try unread(bruno) == 0)
        // Whoever loses a right sees no more what it showed.
        _ = try store.people.save(user: "Alice", .init(rights: []), by: Author("root"), at: 3000)
        try store.run(follower)
        #expect(try told(alice).isEmpty)
    }

    @Test func aWebhookThatIsOffByItselfIsToldWhoKeepsThem() throws {
        let (desk, author) = (WebhookDesk(store), Author("Nadia"))
        let keys = try #require(WebhookKeys(master: "0123456789abcdef0123456789abcdef"))
        let hook = try desk.add(
            .init(name: "ERP", url: "https://erp.example/", types: [], isPersonal: false, key: keys.fresh()),
            by: author, at: 1000)
        try desk.disable(hook.id, .gone, "410 Gone", at: 2000)
        try store.run(follower)
        let row = try #require(try store.inbox.rows(of: nadia, limit: 9).first)
        #expect(row.type == .webhookDisabled && row.words["subject"] == "ERP" && row.words["body"] == "410 Gone")
        #expect(try told(alice).isEmpty && told(zoe).isEmpty)
        _ = try desk.change(hook.id, .init(isDisabled: false), by: author, at: 3000)
        try store.run(follower)
        #expect(try unread(nadia) == 0)
    }

    @Test func refusedSignInsAreToldWhoseNameWasTried() throws {
        try store.tell(Fact(.sessionRefused, "Zoé", "3 more times from 192.0.2.7"), by: Author("-"), at: 1000)
        try store.tell(Fact(.sessionRefused, "an unknown name", "from 192.0.2.7"), by: Author("-"), at: 1000)
        try store.run(follower)
        #expect(try told(zoe) == ["security.sign_ins Zoé"])
        #expect(try told(alice).isEmpty)
    }

    @Test func aCallBackIsItsPersonsAndTheirTeamsWhereTheyAreAway() throws {
        try missed("1", desk: "101")
        for user in [alice, bruno, nadia, zoe] {
            _ = try InboxDesk(store).markAll(upTo: 99, of: Person(id: user, name: "", desk: nil), at: 3000)
        }
        let reminders = ReminderDesk(store)
        let person = Person(id: alice, name: "Alice", desk: "101")
        let sight = CallDesk.Sight(isShown: false, running: nil, scope: CallScope(desks: ["101"]))
        let first = try reminders.set("dock/pbx/1", at: 60_000, seeing: sight, by: person, at: 4000)
        _ = try reminders.tell(first, isTeams: false, at: 60_000)
        try store.run(follower)
        #expect(try unread(alice) == 1 && unread(bruno) == 0 && unread(zoe) == 0)
        let again = try reminders.set("dock/pbx/1", at: 90_000, seeing: sight, by: person, at: 70_000)
        _ = try reminders.tell(again, isTeams: true, at: 90_000)
        try store.run(follower)
        #expect(try unread(alice) == 2 && unread(bruno) == 1 && unread(zoe) == 0)
        #expect(
            try reminders.settle(again.id, done: true, of: CallScope(desks: ["101"]), by: person, at: 91_000))
        try store.run(follower)
        #expect(try unread(alice) == 0 && unread(bruno) == 0)
    }

    @Test func aTestIsToldWhoAskedForIt() throws {
        try InboxDesk(store).test("Hello", by: Person(id: zoe, name: "Zoé", desk: nil), at: 1000)
        try store.run(follower)
        #expect(try store.inbox.rows(of: zoe, limit: 9).map(\.words) == [["detail": "Hello"]])
        #expect(try told(alice).isEmpty)
    }

    @Test func whereNobodyHasAPasswordEverybodyIsToldEverything() throws {
        let store = try TestStore.open("\(folder.path)/open")
        let id = try store.people.save(user: "Camille", .init(), by: Author("root"), at: 1)
        try store.run(follower)
        try store.tell(Fact(.pushNoticed, "quai/reception/17"), by: server, at: 1000)
        try store.run(follower)
        _ = try store.people.save(user: "Camille", .init(rights: [.stock]), by: Author("root"), at: 2000)
        try store.run(follower)
        #expect(try store.inbox.rows(of: id, limit: 9).map(\.type) == [.pushFailed])
    }

    @Test func whoCannotSignInIsToldNothing() throws {
        _ = try store.people.save(user: "Bruno", .init(isDisabled: true), by: Author("root"), at: 1)
        _ = try store.people.save(user: "Guest", .init(), by: Author("root"), at: 1)
        try store.tell(Fact(.gatewayOffline, "lyon"), by: server, at: 1000)
        try store.run(follower)
        #expect(try told(bruno).isEmpty)
        let guest = try #require(try store.people.user(name: "Guest")).id
        #expect(try told(guest).isEmpty)
    }

    @Test func anAddressCarriesWhatIsNotPlain() {
        #expect(InboxFollower.escaped("#VIS-6 x") == "%23VIS-6%20x")
        #expect(InboxFollower.escaped("é\u{1}") == "%C3%A9%01")
    }
}
