import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import Followers

/// What EPCIS is told follows from what happened, once; ids are judged by a public implementation of CBV's hash.
struct EPCISTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let names = EPCISNames(instance: "centre", gln: "4012345000009", zones: ["gate": "4012345000016"])
    private let nadia = Author("Nadia", station: "dock-1")
    private let gtin = "03608439390616"
    private let sscc = "340123450000000017"

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock-1": ZoneRule(kind: .dock), "shelf": ZoneRule(kind: .store), "gate": ZoneRule(kind: .exit),
        ]
        try follow(at: 0)
    }

    private func follow(at now: Int64, waits: Bool = false, unpacks: Bool = true) throws {
        try EPCISFollower(names: names, waits: waits, unpacks: unpacks, now: now).catchUp(store)
    }

    private func told(_ query: EPCISQuery = EPCISQuery()) throws -> [StoredEvent] { try store.epcis.events(query) }

    private func announced() throws -> Int64 {
        var paper = Announced(
            note: "BL 7", supplier: "Rexel", erp: "17",
            lines: [.init(gtin: gtin, description: "Breaker", quantity: 12, erp: "1", erpProduct: "4")],
            units: [.init(sscc: sscc, contents: [.init(gtin: gtin, quantity: 10, lot: "L/1")])])
        paper.details = [.init(kind: .reference, code: "order", value: "PO-9")]
        let id = try #require(try store.deliveries.expect(paper, source: "file"))
        #expect(try ReceivingDesk(store).open(id, zone: "dock-1", by: nadia, at: 1000))
        return id
    }

    private func adjust(_ id: Int64, _ quantity: Quantity, at now: Int64) throws {
        try ReceivingDesk(store).decide(
            Decision(at: now, who: "Nadia", kind: .adjust, gtin: gtin, quantity: quantity), on: id)
    }

    private func close(_ id: Int64, at now: Int64) throws {
        #expect(try ReceivingDesk(store).close(id, .init(short: .never, extra: .accept), by: nadia, at: now))
    }

    /// By `epcis-event-hash-generator` 1.9.3 (https://github.com/RalphTro/epcis-event-hash-generator).
    @Test func idsAreThoseOfThePublicImplementation() {
        var event = EPCISEvent(.object, at: 1_795_845_600_000, .observe, .receiving, .inProgress)
        event.names = [
            "https://id.gs1.org/01/04012345123456/21/9", "https://id.gs1.org/00/340123450000000001",
            "urn:quai:centre:tag:E200",
        ]
        (event.seenAt, event.place) = (
            "https://id.gs1.org/414/4012345000009/254/dock-1", "urn:quai:centre:zone:dock"
        )
        event.documents = [.init("desadv", "urn:quai:centre:delivery:A"), .init("po", "urn:quai:centre:order:B")]
        event.amounts = [
            .init("https://id.gs1.org/01/04012345123456/10/L1", Quantity(thousandths: 3500), unit: "MTR"),
            .init("https://id.gs1.org/01/04012345123456", 30),
        ]
        #expect(event.json["eventTime"] == "2026-11-28T06:00:00.000Z")
        #expect(
            event.id
                == "ni:///sha-256;6c91ecefbdefdbde995e8bf6f48a0e020c14735b8162462d39b38fb8fc0a8e81?ver=CBV2.0")
        #expect(EPCISEvent(event.json) == event)

        var packed = EPCISEvent(
            .aggregation, at: 1_795_845_600_123, .delete, .unpacking, parent: "https://id.gs1.org/00/340123450000000001"
        )
        packed.names = ["https://id.gs1.org/00/340123450000000018"]
        packed.amounts = [
            .init("https://id.gs1.org/01/04012345123456", 30),
            .init("https://id.gs1.org/01/04012345123463/10/A%2Fb-c", 2),
        ]
        packed.seenAt = "urn:quai:centre:zone:dock"
        #expect(
            packed.id
                == "ni:///sha-256;38ffe3f68536a3081cc67dfc135737f12c99e43a8d921fffcc78653bae19dd69?ver=CBV2.0")
        #expect(EPCISEvent(packed.json) == packed)

        var papers = EPCISEvent(.transaction, at: 1_795_845_600_000, .add, .accepting, .inProgress)
        papers.names = ["https://id.gs1.org/01/04012345123456/21/9"]
        papers.amounts = [.init("https://id.gs1.org/01/04012345123456", Quantity(thousandths: 125), unit: "KGM")]
        papers.documents = [.init("desadv", "urn:quai:centre:delivery:A")]
        #expect(
            papers.id
                == "ni:///sha-256;0ca5ce52624357915ef5a9a0b9a15d9a3b58aea0ae0d366fcfbe073c9ac17bd4?ver=CBV2.0")
    }

    @Test func aClosedDeliveryBecomesEventsOnce() throws {
        let id = try announced()
        try adjust(id, 12, at: 1100)
        try close(id, at: 2000)
        try follow(at: 2001)
        try follow(at: 2002)
        let events = try told()
        #expect(events.map { $0.body["type"]?.text } == ["ObjectEvent", "TransactionEvent"])
        let whole = try #require(events.first)
        #expect(whole.body["bizStep"] == "receiving" && whole.body["action"] == "OBSERVE")
        #expect(whole.body["readPoint"]?["id"] == "https://id.gs1.org/414/4012345000009/254/dock-1")
        #expect(whole.body["quantityList"]?.list?.first?["epcClass"] == "https://id.gs1.org/01/03608439390616")
        #expect(whole.body["quantityList"]?.list?.first?["quantity"] == 12)
        #expect(
            whole.body["bizTransactionList"]?.list?.compactMap { $0["bizTransaction"]?.text } == [
                "urn:quai:centre:delivery:Rexel:BL%207", "urn:quai:centre:order:PO-9", "urn:quai:centre:receipt:17",
            ])
        #expect(whole.json["recordTime"] == "1970-01-01T00:00:02.001Z" && whole.state == .kept)
    }

    @Test func aPalletIsSeenWithWhatIsOnItAndTakenApart() {
        var view = DeliveryView(
            id: 1, note: "BL", supplier: "Rexel", source: "file", expectedOn: nil, client: nil, status: "closed",
            zone: nil, dock: "dock-1", mode: .add, openedAt: 1, openedBy: nil, closedAt: 2, closedBy: nil, erp: nil,
            erpPath: nil)
        view.units = [
            .init(sscc: sscc, parent: nil, contents: [.init(gtin: gtin, quantity: 10, lot: "L/1")], isVerified: true),
            .init(
                sscc: "340123450000000024", parent: nil, contents: [.init(gtin: gtin, quantity: 1)], isVerified: false),
        ]
        var line = DeliveryView.Line(gtin: gtin, description: "", expected: 11, received: 10)
        (line.damaged, line.refused) = (2, 1)
        view.lines = [line]
        let held = [StockTable.Held(subject: nil, gtin: gtin, lot: "L/1", quantity: 10)]
        var follower = EPCISFollower(names: names, waits: false, unpacks: true)
        let events = follower.received(view, held, in: "dock-1", at: 5)
        #expect(events.map(\.step) == [.receiving, .inspecting, .inspecting, .receiving, .unpacking])
        #expect(events[0].names == ["https://id.gs1.org/00/\(sscc)"])
        #expect(events[1].disposition == .damaged && events[2].disposition == .nonConformant)
        #expect(events[3].parent == "https://id.gs1.org/00/\(sscc)" && events[3].action == .observe)
        #expect(events[3].amounts == [.init("https://id.gs1.org/01/\(gtin)/10/L%2F1", 10)])
        #expect(events[4].action == .delete && events[4].json["childQuantityList"]?.list?.count == 1)
        #expect(Set(events.map(\.id)).count == 5)
        follower = EPCISFollower(names: names, waits: false, unpacks: false)
        #expect(!follower.received(view, held, in: "dock-1", at: 5).contains { $0.action == .delete })
    }

    @Test func whatWasWrongIsDeclaredAndNamesWhatHolds() throws {
        let id = try announced()
        try adjust(id, 12, at: 1100)
        try close(id, at: 2000)
        try follow(at: 2001, waits: true)
        let desk = ReceivingDesk(store)
        try desk.reopen(id, zone: "dock-1", by: Author("Bruno", reason: "counted twice"), at: 3000)
        // Closed as it was: nothing was wrong.
        try close(id, at: 4000)
        try follow(at: 4001, waits: true)
        #expect(try told().count == 2)
        try desk.reopen(id, zone: "dock-1", by: Author("Bruno", reason: "counted twice"), at: 5000)
        try adjust(id, -2, at: 5500)
        try close(id, at: 6000)
        try follow(at: 6001, waits: true)
        let events = try told()
        #expect(events.map(\.isError) == [false, false, false, false, true, true])
        #expect(events.map(\.body).map { $0["quantityList"]?.list?.first?["quantity"] } == [12, 12, 10, 10, 12, 12])
        #expect(events[4].event == events[0].event)
        #expect(events[4].body["errorDeclaration"]?["reason"] == "incorrect_data")
        #expect(events[4].body["errorDeclaration"]?["correctiveEventIDs"] == [.string(events[2].event)])
        #expect(events.allSatisfy { $0.state == .waiting })
    }

    @Test func aCountAndGoodsThatMoveAreSeen() throws {
        let tag = "3034257BF7194E4000001A85"
        let held = [
            StockTable.Held(subject: "tag:\(tag)", gtin: gtin, lot: nil, quantity: 1),
            StockTable.Held(subject: nil, gtin: gtin, lot: "L1", quantity: 3),
        ]
        let follower = EPCISFollower(names: names, waits: false, unpacks: true)
        var view = StockTakeView(
            id: 1, zone: "shelf", sources: [], isBlind: false, status: .posted, mode: .add, openedAt: 1, openedBy: "x",
            closedAt: nil, closedBy: nil, isComplete: true)
        var line = StockTakeView.Line(
            gtin: gtin, description: "", measure: .piece, expected: 0, counted: 6, moved: 0, book: 0)
        view.lines = [line]
        let seen = try #require(follower.counted(view, held, at: 7).first)
        #expect(seen.step == .counting && seen.names == ["https://id.gs1.org/01/80614141123458/21/6789"])
        #expect(seen.amounts.map(\.quantity) == [3, 2])
        line = StockTakeView.Line(
            gtin: gtin, description: "", measure: .piece, expected: 0, counted: 2, moved: 0, book: 0)
        view.lines = [line]
        #expect(follower.counted(view, held, at: 7).first?.amounts.map(\.quantity) == [2])

        func move(_ kind: Movement.Kind, _ at: Int64, _ from: String?, _ to: String?) -> EPCISTable.Move {
            .init(
                id: at, at: at, kind: kind, gtin: gtin, quantity: 1, lot: nil, subject: "tag:\(tag)", from: from, to: to
            )
        }
        let events = try follower.moved(
            [
                move(.moved, 1000, "dock-1", "shelf"), move(.moved, 1500, "dock-1", "shelf"),
                move(.departed, 1600, "gate", nil),
            ]
        ) { _ in .piece }
        #expect(events.map(\.step) == [.storing, .departing])
        #expect(events[0].place == "https://id.gs1.org/414/4012345000009/254/shelf" && events[0].names.count == 1)
        #expect(events[1].seenAt == "https://id.gs1.org/414/4012345000016" && events[1].place == nil)
    }

    @Test func questionsAreAnsweredByTimeStepAndPage() throws {
        for at in 1...5 as ClosedRange<Int64> {
            var event = EPCISEvent(.object, at: at * 1000, .observe, at < 4 ? .storing : .receiving)
            event.names = ["urn:quai:centre:tag:0\(at)"]
            try store.epcis.add(event, of: nil, waits: false, at: at * 1000 + 1)
        }
        var query = EPCISQuery()
        query.limit = 2
        #expect(try told(query).map(\.id) == [1, 2])
        query.after = 2
        query.steps = [.storing]
        #expect(try told(query).map(\.id) == [3])
        query = EPCISQuery()
        query.happened = (
            EPCISEvent.moment(of: "1970-01-01T01:00:03+01:00"), EPCISEvent.moment(of: "1970-01-01T00:00:05.000Z")
        )
        #expect(try told(query).map(\.id) == [3, 4])
        query.actions = [.add]
        #expect(try told(query).isEmpty)
    }

    @Test func momentsAreReadAndWrittenAlike() {
        for at in [0, 1, 951_782_400_000, 1_795_845_600_123, 4_102_444_799_999, -1] as [Int64] {
            #expect(EPCISEvent.moment(of: EPCISEvent.time(at)) == at)
        }
        for odd in [
            "", "2026-11-28", "2026-11-28T06:00:00", "2026-13-28T06:00:00Z", "2026-11-28T06:00:00.Z",
            "2026-11-28T06:00:00+1:00",
        ] {
            #expect(EPCISEvent.moment(of: odd) == nil, "\(odd)")
        }
    }
}
