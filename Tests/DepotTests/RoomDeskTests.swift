import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What agents, scripts and the ERP ask of the rooms, without a process: statuses, pushed calls, what is pulled.
struct RoomDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desks: Desks

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desks = Desks(store)
    }

    private func kinds() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 100).map(\.fact.kind.rawValue)
    }

    // MARK: statuses

    private func status(_ online: Bool = true, settled: Int64 = 0) -> JSON {
        .object([
            ("online", .bool(online)), ("site", "lyon"), ("epoch", "0000000000000007"),
            ("buffer", .object([("settled", .int(settled))])),
        ])
    }

    @Test func anAgentThatComesAndGoesIsToldOnce() throws {
        for now in 1...3 {
            let (welcome, disagreement) = try desks.gateways.hear(status(), of: "dock", clockOffset: 0, at: Int64(now))
            #expect(welcome == .welcome(site: "lyon") && disagreement == nil)
        }
        _ = try desks.gateways.hear(status(false), of: "dock", clockOffset: 0, at: 4)
        #expect(try store.gateways.agent(named: "dock")?.online == false)
        #expect(try kinds() == ["gateway.online", "gateway.offline"])
        // Who only says that they are gone, and was never here, is not written down.
        let (stranger, _) = try desks.gateways.hear(status(false), of: "nobody", clockOffset: 0, at: 5)
        #expect(stranger == .nobody)
        #expect(try store.gateways.agent(named: "nobody") == nil)
    }

    @Test func aDifferenceBetweenTheAccountsIsToldUntilItIsGone() throws {
        let first = try desks.gateways.hear(status(settled: 5), of: "dock", clockOffset: 0, at: 1)
        #expect(first.disagreement == "records 1 to 5 were let go by the agent and are not here")
        #expect(try store.gateways.agent(named: "dock")?.alarm == "account: " + (first.disagreement ?? ""))
        // The same at the next heartbeat is no news.
        #expect(try desks.gateways.hear(status(settled: 5), of: "dock", clockOffset: 0, at: 2).disagreement == nil)
        _ = try desks.gateways.hear(status(), of: "dock", clockOffset: 0, at: 3)
        #expect(try store.gateways.agent(named: "dock")?.alarm == nil)
        #expect(try kinds() == ["gateway.online", "gateway.alarm", "gateway.healed"])
    }

    // MARK: pushed calls

    private func ringing(_ call: String) -> [UInt8] {
        Array(
            """
            {"v":1,"id":"\(call)-1","event":"ringing","call":"\(call)","leg":"\(call)-1","ext":"101","direction":"inbound",\
            "from":{"number":"0145670002"},"to":"0123456701"}
            """.utf8)
    }

    private func ended(_ call: String) -> [UInt8] {
        Array(
            """
            {"v":1,"id":"\(call)-2","event":"ended","call":"\(call)","leg":"\(call)-1","cause":"no-answer"}
            """.utf8)
    }

    @Test func aFeedsCallsAreKeptBeforeTheyAreAcknowledged() throws {
        var feeds = desks.feeds
        let pushed = try feeds.take(ringing("A") + [0x0A] + Array("nonsense".utf8), from: "script", since: 0, at: 1000)
        #expect(pushed.acks == ["A-1"] && pushed.noise == 1 && pushed.snapshots.count == 1)
        let call = try #require(pushed.snapshots.first?.call)
        #expect(call.hasPrefix("script/"))
        #expect(try store.calls.row(call)?.snapshot.state == .ringing)
    }

    @Test func aFeedGoesOnWithItsCallsAfterARestart() throws {
        var feeds = desks.feeds
        let call = try #require(try feeds.take(ringing("A"), from: "script", since: 0, at: 1000).snapshots.first?.call)
        var again = Desks(store).feeds
        let pushed = try again.take(ended("A"), from: "script", since: 0, at: 5_000_000)
        #expect(pushed.snapshots.map(\.call) == [call])
        #expect(try store.calls.row(call)?.snapshot.state == .ended)
    }

    @Test func aCallThatEndedIsKeptOnce() throws {
        let call = CallTests.call("1", at: 1000, missedBy: ["101"])
        for _ in 0..<2 { try desks.calls.keep(call, of: "dock", plan: NumberPlan()) }
        #expect(try store.calls.row(call.call)?.snapshot.missedBy == ["101"])
        #expect(try !desks.calls.forget(before: 1000))
        #expect(try desks.calls.forget(before: 1001))
        #expect(try store.calls.row(call.call) == nil)
    }

    // MARK: what is pulled

    private func receipt(_ name: String, note: String, id: String) -> PullDesk.Receipt {
        let product = PullDesk.Product(
            ProductView(gtin: "", description: "Breaker"), id: "7", gtins: [InventoryTests.breaker])
        return PullDesk.Receipt(
            id: id, name: name, references: [note], supplier: "Legrand", expectedOn: nil, path: nil,
            lines: [.init(id: "\(id)1", product: product, quantity: 2)])
    }

    @Test func receiptsOfOneNoteAreTwoDeliveriesAndWhatIsGoneThereIsGoneHere() throws {
        let both = [receipt("IN/1", note: "BL-1", id: "1"), receipt("IN/2", note: "BL-1", id: "2")]
        try desks.pulls.take(receipts: both, at: 1)
        #expect(try store.deliveries.id(note: "BL-1") != nil && store.deliveries.id(note: "BL-1 (IN/2)") != nil)
        // Pulled again it is the same two.
        try desks.pulls.take(receipts: both, at: 2)
        #expect(try store.deliveries.rows(closedSince: 0).count == 2)
        try desks.pulls.take(receipts: [both[1]], at: 3)
        #expect(try store.deliveries.id(note: "BL-1") == nil)
        #expect(try store.deliveries.rows(closedSince: 0).map(\.note) == ["BL-1 (IN/2)"])
        #expect(try kinds().filter { $0 == "delivery.pulled" }.count == 3)
    }

    @Test func nothingPulledIsNoFact() throws {
        try desks.pulls.take(products: [], at: 1)
        #expect(try kinds().isEmpty)
        let product = PullDesk.Product(
            ProductView(gtin: "", description: "Breaker"), id: "7", gtins: [InventoryTests.breaker])
        try desks.pulls.take(products: [product], at: 2)
        #expect(try store.articles.product(InventoryTests.breaker)?.erp == "7")
        #expect(try kinds() == ["import.products"])
    }

    // MARK: people

    @Test func aClientIsShownWithTheNumberItWasGiven() throws {
        let alice = Person(id: 1, name: "Alice", desk: "101")
        try store.parties.add(name: "Hélène", company: "Dupont", reference: "C1", numbers: [], by: "test", at: 1)
        let number = PhoneNumber("06 12 34 00 91", internalPlan: #"\d{3}"#)
        #expect(try desks.clients.change(number, true, of: 1, by: alice, at: 2).numbers.count == 1)
        #expect(try desks.clients.change(number, false, of: 1, by: alice, at: 3).numbers.isEmpty)
        #expect(throws: ClientDesk.Refusal.noClient) { try desks.clients.change(number, true, of: 9, by: alice, at: 4) }
    }

    @Test func aNameIsBelievedUntilSomebodyHasAPassword() throws {
        let person = try desks.signIn.believe("Nadia", session: "s", at: 1)
        #expect(person.name == "Nadia")
        #expect(try store.people.person(session: "s", at: 2)?.name == "Nadia")
        try desks.signIn.end(session: "s")
        #expect(try store.people.person(session: "s", at: 3) == nil)
        _ = try desks.accounts.save(
            .init(password: "hash", rights: [.users]), of: "Claire", by: Author("test"), at: 4)
        #expect(throws: SignInRefusal.passwordNeeded) { try desks.signIn.believe("Nadia", session: "t", at: 5) }
    }
}
