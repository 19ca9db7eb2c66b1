import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is missing of a paper and comes later is expected under the same note; opening the delivery again takes it back.
struct RestTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia")
    private let gtin = "03608439390616"
    private let other = "04012345000009"

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private var desk: ReceivingDesk { ReceivingDesk(store) }

    private var paper: Announced {
        var paper = Announced(
            note: "BL-7", supplier: "Rexel",
            lines: [
                .init(gtin: gtin, description: "Breaker", quantity: 10),
                .init(gtin: other, description: "Relay", quantity: 5),
            ])
        paper.names = ["CDE-99"]
        return paper
    }

    private func closed(_ short: Decision.Kind = .later, source: String = "file") throws -> Int64 {
        var paper = paper
        if source == "erp" { paper.erp = "17" }
        let id = try #require(try store.deliveries.expect(paper, source: source))
        #expect(try desk.open(id, zone: "dock", by: nadia, at: 1))
        try desk.decide(Decision(at: 2, who: "N", kind: .adjust, gtin: gtin, quantity: 6), on: id)
        try desk.decide(Decision(at: 2, who: "N", kind: .adjust, gtin: other, quantity: 5), on: id)
        #expect(try desk.close(id, .init(short: short), by: nadia, at: 3))
        return id
    }

    private func rest(of id: Int64) throws -> DeliveryView? {
        try store.database.integer("SELECT id FROM delivery WHERE rest_of=?", .integer(id)).flatMap {
            try store.deliveries.view($0)
        }
    }

    @Test func whatComesLaterIsExpectedUnderTheSameNote() throws {
        let id = try closed()
        let rest = try #require(try rest(of: id))
        #expect(rest.status == "expected" && rest.note == "BL-7" && rest.names == ["CDE-99"] && rest.restOf == id)
        #expect(rest.lines.map { "\($0.gtin) \($0.expected)" } == ["\(gtin) 4"])
        #expect(try store.deliveries.openable(named: "BL-7") == [rest.id])
        #expect(try store.deliveries.openable(named: "cde-99") == [rest.id])
        #expect(try store.deliveries.id(note: "BL-7") == rest.id)
    }

    @Test func whatNeverComesOrTheERPKeepsIsNot() throws {
        #expect(try rest(of: try closed(.never)) == nil)
        let store = try RestTests()
        #expect(try store.rest(of: try store.closed(source: "erp")) == nil, "the ERP makes its back-orders itself")
    }

    @Test func theSamePaperAgainIsNotTheRest() throws {
        let id = try closed()
        let rest = try #require(try rest(of: id))
        #expect(try store.deliveries.expect(paper, source: "file") == nil)
        #expect(try Again("BL-7", of: "Rexel", Import.Options(), in: store).refusal != nil)
        #expect(try store.deliveries.view(rest.id)?.lines.map(\.expected) == [4])
        // A paper that leaves the supplier out means one delivery, not two.
        #expect(try store.deliveries.known(note: "BL-7", of: "", source: "file").map(\.id) == [rest.id])
    }

    @Test func openingItAgainTakesTheRestBack() throws {
        let id = try closed()
        let rest = try #require(try rest(of: id)).id
        try desk.reopen(id, zone: "dock", cause: .late, by: Author("B", reason: "late goods"), at: 10)
        #expect(try store.deliveries.view(rest) == nil)
        try desk.decide(Decision(at: 11, who: "N", kind: .adjust, gtin: gtin, quantity: 1), on: id)
        #expect(try desk.close(id, .init(short: .later), by: nadia, at: 12))
        #expect(try self.rest(of: id)?.lines.map(\.expected) == [3])
    }

    @Test func aRestThatHasBegunHoldsIt() throws {
        let id = try closed()
        let rest = try #require(try rest(of: id)).id
        #expect(try desk.open(rest, zone: "dock", by: nadia, at: 10))
        #expect(throws: ReopenError.rest(id: rest, note: "BL-7", isBegun: true)) {
            try desk.reopen(id, zone: "dock", by: Author("B", reason: "late goods"), at: 11)
        }
        #expect(try store.deliveries.view(id)?.status == "closed")
    }
}
