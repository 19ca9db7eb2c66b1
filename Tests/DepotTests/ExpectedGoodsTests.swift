import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// What agents with a page are told of deliveries.
struct ExpectedGoodsTests {
    private let depot: InventoryTests
    private var store: Store { depot.store }

    init() throws { depot = try InventoryTests() }

    private func hear(page: Bool?) throws {
        let status = JSON.object([("online", true), ("page", page.map(JSON.bool))])
        try store.gateways.update(agent: "dock-1", site: "lyon", online: true, status: status.description, at: 1)
    }

    @Test func onlyWhoHasAPageIsTold() throws {
        try hear(page: nil)
        #expect(try store.deliveries.expectedGoods(at: 9).isEmpty)
        try hear(page: true)
        #expect(try store.deliveries.expectedGoods(at: 9).map(\.agent) == ["dock-1"])
        // As it comes from an agent.
        #expect(GatewayStatus(json: .object([("online", true), ("page", true)])).json["page"]?.truth == true)
    }

    @Test func whatIsCountedGoesTogetherWithTheRecordsItIsFrom() throws {
        try store.articles.save(
            ProductView(
                gtin: InventoryTests.breaker, description: "Disjoncteur",
                cartons: [.init(gtin: InventoryTests.carton, quantity: 12)]))
        let id = try depot.announce([
            Announced.Line(gtin: InventoryTests.breaker, description: "Disjoncteur", quantity: 3),
            Announced.Line(gtin: InventoryTests.lamp, description: "Lampe", quantity: 2),
        ])
        try depot.open(id)
        try depot.send([InventoryTests.tag(1), InventoryTests.tag(1), InventoryTests.tag(2)])
        try hear(page: true)
        let goods = try #require(try store.deliveries.expectedGoods(at: 9).first).goods
        #expect(goods.at == 9 && goods.epoch == 7 && goods.through == 3 && goods.more == 0)
        let delivery = try #require(goods.deliveries.first)
        #expect(delivery.note == "BL-1" && delivery.isOpen && delivery.zone == "dock" && delivery.supplier == "Rexel")
        #expect(delivery.lines.map(\.counted) == [2, 0] && delivery.lines.map(\.expected) == [3, 2])
        #expect(delivery.lines[0].packs == [.init(gtin: InventoryTests.carton, quantity: 12)])
        let signs = [1, 2].map { ExpectedGoods.sign(InventoryTests.epc($0).bytes) }
        #expect(goods.tags == Set(signs))
        // It is read as it was written.
        #expect(ExpectedGoods(json: try JSON(parsing: goods.json.text8)) == goods)
    }

    @Test func palletsAreToldWithWhatIsOnThemUntilTheirLabelHasCountedIt() throws {
        let (sscc, gtin) = ("340123450000000017", InventoryTests.breaker)
        let id = try depot.announce(
            [Announced.Line(gtin: gtin, description: "Disjoncteur", quantity: 10)],
            units: [Announced.Unit(sscc: sscc, contents: [.init(gtin: gtin, quantity: 10)])])
        try depot.open(id)
        try hear(page: true)
        func told() throws -> ExpectedGoods.Delivery {
            try #require(try store.deliveries.expectedGoods(at: 9).first?.goods.deliveries.first)
        }
        try depot.send([InventoryTests.tag(1)])
        let before = try told()
        #expect(before.units == [.init(sscc: sscc, contents: [.init(gtin: gtin, quantity: 10)])])
        #expect(before.loose == [.init(gtin: gtin, quantity: 1)] && before.claimed.isEmpty)
        try depot.send([InventoryTests.scan("00" + sscc, "]C1")])
        let after = try told()
        #expect(after.units == [.init(sscc: sscc, contents: [])] && after.lines.map(\.counted) == [10])
        #expect(after.claimed == [.init(gtin: gtin, quantity: 9)] && after.loose.isEmpty)
    }

    @Test func theOpenOnesComeFirstAndTheRestIsCounted() throws {
        for number in 1...60 {
            let announced = Announced(
                note: "N-\(number)", supplier: "Rexel",
                lines: [Announced.Line(gtin: InventoryTests.breaker, description: "Disjoncteur", quantity: 1)])
            let id = try #require(try store.deliveries.expect(announced, source: "file"))
            if number == 60 { try depot.open(id) }
        }
        try hear(page: true)
        let goods = try #require(try store.deliveries.expectedGoods(at: 9).first).goods
        #expect(goods.deliveries.count == ExpectedGoods.deliveryLimit && goods.more == 20)
        #expect(goods.deliveries.first?.note == "N-60" && goods.deliveries.first?.isOpen == true)
    }
}
