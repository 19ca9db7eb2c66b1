import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// What is answered is what its schema says.
struct ShapeTests {
    private struct Crate {
        var label: String
        var lot: String?
        var count = 2
        var isOpen = false
        var parts: [Crate] = []
    }

    private static let part = Shape<Crate>("Part", [.text("label", \.label)])
    private static let crate = Shape<Crate>(
        "Crate",
        [
            .text("label", \.label), .text("lot", ifAny: \.lot), .count("count", \.count), .mark("open", \.isOpen),
            .some("parts", of: part, \.parts),
        ])

    @Test func whatIsNotThereIsLeftOutAndNotRequired() {
        #expect(ShapeTests.crate.json(Crate(label: "a")) == .object([("label", "a"), ("count", 2)]))
        let schema = ShapeTests.crate.schema.components.first { $0.name == "Crate" }?.schema.json
        #expect(schema?["required"] == ["label", "count"])
        #expect(schema?["properties"]?["parts"]?["items"]?["$ref"]?.text == "#/components/schemas/Part")
        #expect(ShapeTests.crate.schema.components.map(\.name) == ["Crate", "Part"])
    }

    @Test func aValueThatIsOtherwiseIsNamedWithItsPlace() {
        let schema = ShapeTests.crate.schema
        let good = ShapeTests.crate.json(
            Crate(label: "a", lot: "b", isOpen: true, parts: [Crate(label: "c"), Crate(label: "d")]))
        #expect(schema.objection(to: good) == nil)
        #expect(schema.objection(to: good.with("label", 1)) == "answer.label is no text")
        #expect(schema.objection(to: good.with("colour", "red")) == "answer.colour is not in the schema")
        #expect(schema.objection(to: ["a"]) == "answer is no object")
        #expect(schema.objection(to: .object([("label", "a")])) == "answer.count is missing")
        let nested = good.with("parts", .array([.object([("label", "c")]), .members([])]))
        #expect(schema.objection(to: nested) == "answer.parts[1].label is missing")
        #expect(AnswerSchema.word(["a", "b"]).objection(to: "c") == "answer is none of [\"a\", \"b\"]")
        #expect(AnswerSchema.either([.text, .integer]).objection(to: 5) == nil)
        #expect(AnswerSchema.either([.text, .integer]).objection(to: true) != nil)
        #expect(
            AnswerSchema.map(.integer).objection(to: .object([("x", 1), ("y", "2")])) == "answer.y is no whole number")
    }

    @Test func moreMembersReplaceThoseOfTheSameName() {
        let more = ShapeTests.crate.schema.with([.init("lot", .integer), .init("zone", .text)], as: "Placed")
        #expect(more.members.map(\.name) == ["label", "count", "open", "parts", "lot", "zone"])
        #expect(more.members.first { $0.name == "lot" }?.schema == .integer)
        #expect(more.json["$ref"]?.text == "#/components/schemas/Placed")
    }

    @Test func aPartsMembersAreThoseOfTheWhole() {
        let whole = Shape<(crate: Crate, zone: String)>(
            "Whole", ShapeTests.part.fields(of: { $0.crate }) + [.text("zone") { $0.zone }])
        let json = whole.json((crate: Crate(label: "a"), zone: "dock"))
        #expect(json == .object([("label", "a"), ("zone", "dock")]))
        #expect(whole.schema.objection(to: json) == nil)
    }

    /// Rows of the database, too: a delivery that was opened, counted and decided about, its trail and its stock.
    @Test func everyViewOfAReceptionFitsItsSchema() throws {
        let depot = try InventoryTests()
        let store = depot.store
        let id = try depot.announce([Announced.Line(gtin: InventoryTests.breaker, description: "Breaker", quantity: 2)])
        let receiving = ReceivingDesk(store)
        _ = try receiving.open(id, zone: "dock", by: Author("Nadia"), at: 1)
        depot.applier.forgetReceptions()
        try depot.send([InventoryTests.tag(1), InventoryTests.tag(2), InventoryTests.tag(3)])
        let decision = Decision(
            at: 5, who: "Nadia", kind: .adjust, gtin: InventoryTests.breaker, quantity: 1, reason: "by hand")
        try receiving.decide(decision, on: id)
        let view = try #require(try store.deliveries.view(id))
        #expect(DeliveryView.shape.schema.objection(to: view.json) == nil)
        #expect(DeliveryView.summaryShape.schema.objection(to: view.summary) == nil)
        let trail = try store.deliveries.trail(delivery: id, gtin: InventoryTests.breaker)
        #expect(trail.count >= 2)
        #expect(AnswerSchema.list(DeliveryTable.trailSchema).objection(to: .array(trail)) == nil)
        let items = try store.stock.items(epc: nil, gtin: InventoryTests.breaker, limit: 10)
        #expect(!items.isEmpty && AnswerSchema.list(StockTable.itemSchema).objection(to: .array(items)) == nil)
        let entries = try store.ledger.entries(after: 0, limit: 100)
        #expect(!entries.isEmpty)
        for entry in entries { #expect(Entry.shape.schema.objection(to: entry.json) == nil) }
        let found = try store.index.search("Breaker", kinds: Set(SearchTable.Found.allCases), limit: 10)
        #expect(AnswerSchema.list(SearchHit.shape.schema).objection(to: .array(found)) == nil)
    }
}
