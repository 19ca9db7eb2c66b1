import ERP
import ERPPeers
import Model
import Testing

/// Receipts by their names and their rests, articles without a GTIN, damage, expiry, warehouses.
struct OdooDeliveryTests {
    static let series = [14, 15, 16, 17, 18, 19]

    static func receipt(_ desk: OdooDesk, _ id: String) async throws -> ERPReceipt? {
        try await desk.connector().openReceipts().first { $0.id == id }
    }

    static func push(_ lines: [ReceptionPush.Line], receipt: String?) -> ReceptionPush {
        ReceptionPush(key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/reception/9", receipt: receipt, note: "", lines: lines)
    }

    static func fault(_ desk: OdooDesk, _ push: ReceptionPush) async -> ERPFault? {
        await OdooDesk.fault { () async throws(ERPFault) in try await desk.connector().push(push, dry: false) }
    }

    // MARK: Names

    @Test(arguments: series)
    func aReceiptAnswersToItsOrdersAndTheSuppliersNumber(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.addReceipt(supplier: server.firstSupplier, origin: "P00098, P00099", lines: [(1, 5)])
        }
        let first = try #require(try await OdooDeliveryTests.receipt(desk, "1"))
        #expect([first.name] + first.references == ["WH/IN/00001", "P00001", "PO-REF-1001"])
        #expect(
            try await OdooDeliveryTests.receipt(desk, "5")?.references == ["P00098, P00099", "P00098", "P00099"])
    }

    /// Ten ordered, six received by a person: the rest has a new id and the same names.
    @Test(arguments: series)
    func theRestOfAReceiptIsAnotherOneOfTheSameOrder(series: Int) async throws {
        let desk = OdooDesk(series) { $0.receive(1, [1: 36]) }
        let receipts = try await desk.connector().openReceipts()
        #expect(!receipts.contains { $0.id == "1" })
        let rest = try #require(receipts.first { $0.references.first == "P00001" })
        #expect(rest.references == ["P00001", "PO-REF-1001"])
        #expect(rest.lines.first { $0.product == "1" }?.quantity == 24)
    }

    /// 60 announced, of which a rule of Odoo's puts 25 into A-01.
    @Test(arguments: series, [(60, 25), (70, 35), (50, 15), (30, 0)] as [(Quantity, Double)])
    func whatOdooPutsIntoSeveralPlacesStaysThere(series: Int, numbers: (received: Quantity, inBin: Double)) async throws
    {
        let push = OdooDeliveryTests.push(
            [.init(line: "19", product: "1", gtin: "", quantity: numbers.received)], receipt: "1")
        try await OdooDesk.everyCrash(series) { server in
            server.putAway(25, of: 1, inReceipt: 1, to: server.firstBin)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 1, location: server.firstBin) == numbers.inBin, "\(place)")
            #expect(server.onHand(product: 1) == 120 + numbers.received.double, "\(place)")
        }
    }

    // MARK: Articles without a GTIN

    @Test(arguments: series)
    func articlesWithoutAGTINComeAndAreReceived(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let screw = server.addProduct("Vis sans code", code: "VIS", barcode: nil)
            let inner = server.addProduct("Article interne", code: "INT", barcode: "DURET-17")
            server.addReceipt(supplier: server.firstSupplier, origin: "P5", lines: [(screw, 7), (inner, 5), (1, 2)])
        }
        let products = try await desk.connector().products(after: nil).items
        #expect(products.count == 22)
        #expect(products.filter(\.gtins.isEmpty).map(\.reference) == ["VIS", "INT"])
        #expect(products.last?.codes == ["DURET-17"])
        let lines = try #require(try await OdooDeliveryTests.receipt(desk, "5")).lines
        #expect(lines.map(\.reference) == ["VIS", "INT", "DJ16C"])
        #expect(lines.map(\.gtin) == [nil, nil, "0" + OdooServer.gtin(1)] && lines[1].codes == ["DURET-17"])
        let push = OdooDeliveryTests.push(
            [
                .init(line: lines[0].id, product: nil, gtin: "#VIS", quantity: 7),
                .init(line: nil, product: nil, gtin: "#INT", quantity: 5),
                .init(line: nil, product: nil, gtin: "#erp:1", quantity: 2),
            ], receipt: "5")
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect([21, 22, 1].map { server.onHand(product: $0) } == [7, 5, 122])
        let unknown = OdooDeliveryTests.push([.init(line: nil, product: nil, gtin: "#NONE", quantity: 5)], receipt: nil)
        let fault = await OdooDeliveryTests.fault(desk, unknown)
        #expect(fault?.kind == .rule && fault?.sentence == "Odoo has no article with reference #NONE.")
    }

    // MARK: Damage

    private static let damaged = push(
        [
            .init(
                line: "26", product: "9", gtin: "", quantity: 6, lots: [.init(number: "L-1", quantity: 6)], damaged: 2),
            .init(line: "27", product: "10", gtin: "", quantity: 4, lots: [.init(number: "L-2", quantity: 4)]),
            .init(
                line: "28", product: "18", gtin: "", quantity: 2,
                lots: [.init(number: "S1", quantity: 1), .init(number: "S2", quantity: 1, damaged: 1)]),
        ], receipt: "3")

    @Test(arguments: series)
    func damagedGoodsAreScrappedOnceWhateverBreaks(series: Int) async throws {
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(OdooDeliveryTests.damaged, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 4, "\(place)")
            #expect(["S1", "S2"].map { server.onHand(lotNamed: $0, product: 18) } == [1, 0], "\(place)")
            #expect(server.scrapped(origin: OdooDeliveryTests.damaged.key) == [9: 2, 18: 1], "\(place)")
        }
    }

    @Test(arguments: series)
    func damageIsSaidInTheOutcomeAndInThePlan(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooDeliveryTests.push(
            [.init(line: "19", product: "1", gtin: "", quantity: 60, damaged: 3)], receipt: "1")
        let plan = try await desk.connector().push(push, dry: true).plan
        #expect(plan.map(\.summary).last == "stock.scrap.create")
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(
            outcome.sentence == "WH/IN/00001 is done. Scrapped as damaged: 3 [DJ16C] Disjoncteur 16A courbe C.")
        #expect(await desk.server.onHand(product: 1) == 177)
    }

    @Test(arguments: series)
    func damageThatCannotBeIsRefusedBeforeAnythingIsWritten(series: Int) async throws {
        let desk = OdooDesk(series)
        let lots = [ReceptionPush.Lot(number: "A", quantity: 3), ReceptionPush.Lot(number: "B", quantity: 3)]
        for line in [
            ReceptionPush.Line(line: "19", product: "1", gtin: "", quantity: 60, damaged: 61),
            ReceptionPush.Line(line: "26", product: "9", gtin: "", quantity: 6, lots: lots, damaged: 2),
        ] {
            let push = OdooDeliveryTests.push([line], receipt: line.product == "1" ? "1" : "3")
            #expect(await OdooDeliveryTests.fault(desk, push)?.kind == .rule)
        }
        #expect(await desk.server.writes == 0)
    }

    // MARK: Expiry

    @Test(arguments: series)
    func aDateOfExpiryIsToldAndItsAbsenceIsConfirmed(series: Int) async throws {
        let push = OdooDeliveryTests.push(
            [
                .init(
                    line: "26", product: "9", gtin: "", quantity: 6,
                    lots: [.init(number: "L-1", quantity: 6, expires: "2028-06-30")]),
                .init(line: "27", product: "10", gtin: "", quantity: 4, lots: [.init(number: "L-2", quantity: 4)]),
            ], receipt: "3")
        try await OdooDesk.everyCrash(series) { server in
            server.addExpiry(to: [9, 10])
            // Both questions, one after the other.
            server.alwaysAsks = true
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.state(ofReceipt: 3) == "done", "\(place)")
            #expect(server.expiry(ofLot: "L-1", product: 9)?.hasPrefix("2028-06-30") == true, "\(place)")
            #expect(server.onHand(product: 10) == 18, "\(place)")
        }
    }

    // MARK: Warehouses

    @Test(arguments: series)
    func onlyTheReceiptsOfOurWarehouseAreShown(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let lyon = server.addWarehouse("Depot Lyon", code: "WH2")
            let north = server.addWarehouse("Nord", code: "NORD", company: "Duret Nord SARL")
            for type in [lyon.receipts, north.receipts] {
                server.addReceipt(supplier: server.firstSupplier, origin: "P9", lines: [(1, 5)], type: type)
            }
        }
        func connector(_ warehouse: String?, _ company: String? = nil) -> OdooConnector {
            OdooConnector(
                database: "depot", user: "manager", secret: series >= 19 ? "manager-key" : "manager-secret",
                warehouse: warehouse, company: company, wire: desk.peer.wire, today: { "2026-11-22" })
        }
        #expect(try await connector(nil).openReceipts().count == 6)
        for name in ["WH2", "Depot Lyon", "2"] {
            #expect(try await connector(name).openReceipts().map(\.id) == ["5"])
        }
        #expect(try await connector(nil, "Duret Nord SARL").openReceipts().map(\.id) == ["6"])
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector("WH9").openReceipts() }
        #expect(fault?.kind == .rule && fault?.sentence.contains("no warehouse “WH9”") == true)
        // What nobody announced is received where the warehouse receives.
        let blind = OdooDeliveryTests.push([.init(line: nil, product: "1", gtin: "", quantity: 5)], receipt: nil)
        _ = try await connector("WH2").push(blind, dry: false)
        #expect(try await connector(nil).stock(at: "WH2/Stock").map(\.quantity) == [5])
    }
}
