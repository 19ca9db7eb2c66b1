import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// What people do with articles, notices, clients and lost tags, without a process.
struct OfficeDeskTests {
    private let depot: InventoryTests
    private let nadia = Author("Nadia", station: "dock")
    private var store: Store { depot.store }
    private var catalogue: CatalogueDesk { CatalogueDesk(store) }

    init() throws { depot = try InventoryTests() }

    private func kinds() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).map(\.fact.kind.rawValue)
    }

    // MARK: articles

    @Test func aNewArticleHasADescription() throws {
        let tip = try store.ledger.tip()
        #expect(throws: CatalogueDesk.Refusal.noDescription) {
            try catalogue.save(.init(reference: "R1"), of: "03608439390999", by: nadia, at: 1)
        }
        #expect(try store.articles.product("03608439390999") == nil)
        #expect(try store.ledger.tip() == tip, "nothing has happened")
        let saved = try catalogue.save(
            .init(
                description: "Box", minimum: 3, cartons: [.init(gtin: "13608439390996", quantity: 12)], codes: ["B-1"]),
            of: "03608439390999", by: nadia, at: 1)
        #expect(saved == (try store.articles.product("03608439390999")))
        #expect(saved.minimum == 3 && saved.codes == ["B-1"] && saved.cartons.map(\.quantity) == [12])
        #expect(try kinds().last == "product.\(Fact.Kind.productSaved.deed)")
    }

    @Test func whatIsNotSaidOfAnArticleStays() throws {
        _ = try catalogue.save(
            .init(description: "Box", reference: "R1", supplier: "S", unit: .piece, minimum: 3, codes: ["B-1"]),
            of: "03608439390999", by: nadia, at: 1)
        let changed = try catalogue.save(.init(minimum: 0, codes: ["B-2"]), of: "03608439390999", by: nadia, at: 2)
        #expect(changed.description == "Box" && changed.reference == "R1" && changed.supplier == "S")
        #expect(changed.unit == Measure.piece.code && changed.minimum == 0)
        #expect(changed.codes == ["B-1", "B-2"], "codes are added")
    }

    // MARK: notices

    @Test func aNoticeIsDealtWithOnce() throws {
        try store.stock.notice(.countDue, subject: "shelf", data: .object([("zone", "shelf")]), at: 1)
        let notices = try store.stock.openNotices()
        #expect(AnswerSchema.list(StockTable.noticeSchema).objection(to: .array(notices)) == nil)
        let id = try #require(notices.first?["id"]?.integer)
        let desk = NoticeDesk(store)
        #expect(try desk.settle(id, by: Person(id: 1, name: "Nadia", desk: nil), at: 2))
        let tip = try store.ledger.tip()
        #expect(try desk.settle(id, by: Person(id: 2, name: "Karim", desk: nil), at: 3) == false)
        #expect(try desk.settle(999, by: Person(id: 1, name: "Nadia", desk: nil), at: 3) == false)
        #expect(try store.stock.openNotices().isEmpty && store.ledger.tip() == tip, "the second changed nothing")
    }

    // MARK: clients

    @Test func aClientIsFoundAgainByItsNumber() throws {
        let plan = NumberPlan()
        let party = try ClientDesk(store).add(
            name: "Jeanne", company: "Dupont", numbers: ["01 45 67 00 02", "anonymous"], plan: plan, by: nadia, at: 1)
        #expect(party.numbers.count == 1, "a number that is withheld is none")
        #expect(try store.parties.rows(key: plan.number("0145670002").key) == [party])
        #expect(try kinds().last == "party.\(Fact.Kind.partyCreated.deed)")
        let again = try ClientDesk(store).add(
            name: "Jeanne", company: "Dupont", numbers: ["0145670003"], plan: plan, by: nadia, at: 2)
        #expect(again.id == party.id && again.numbers.count == 2)
    }

    // MARK: tags

    private func agent(_ name: String, online: Bool) throws {
        try store.gateways.update(agent: name, site: nil, online: online, status: nil, at: 1)
    }

    @Test func everyAgentThatIsThereIsAskedForATag() throws {
        let desk = TagSearchDesk(store)
        var count = 0
        let makeID = {
            count += 1
            return "ID\(count)"
        }
        for row in try store.gateways.rows() { try agent(row.name, online: false) }
        #expect(try desk.look(for: "30", at: 1, makeID: makeID).isEmpty)
        try agent("dock", online: true)
        try agent("shelf", online: true)
        try agent("away", online: false)
        let orders = try desk.look(for: "3034AB", at: 5, makeID: makeID)
        #expect(orders.map(\.agent) == ["dock", "shelf"] && orders.map(\.command.id) == ["ID1", "ID2"])
        #expect(orders.allSatisfy { $0.command.action == .find(tag: "3034AB", seconds: TagSearchDesk.pause) })
        #expect(try store.database.integer("SELECT count(*) FROM command") == 2)
        #expect(try desk.end("3034AB", at: 6, makeID: makeID).first?.command.action == .find(tag: "3034AB", seconds: 0))
        // All are asked or none.
        #expect(throws: SQLiteError.self) { try desk.look(for: "30", at: 7) { "ID1" } }
        #expect(try store.database.integer("SELECT count(*) FROM command") == 4)
    }

    @Test func aTagIsHexadecimal() {
        #expect(TagSearchDesk.tag("3034ab") == "3034AB")
        for text in ["", "303", "30 34", "3034G0", "３０３４", String(repeating: "A", count: 129)] {
            #expect(TagSearchDesk.tag(text) == nil, "\(text)")
        }
    }
}
