import ERP
import ERPPeers
import Model
import Testing

/// Put-away and moves: internal transfers against the stand-in.
struct OdooTransferTests {
    static let series = [14, 15, 16, 17, 18, 19]
    static let key = "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/put-away/7"

    static func line(_ article: Int, _ quantity: Quantity, lot: String? = nil) -> TransferPush.Line {
        TransferPush.Line(product: nil, gtin: OdooServer.gtin(article), lot: lot, quantity: quantity)
    }

    static func push(
        _ lines: [TransferPush.Line], from: String = "WH/Stock", to: String = "A-01"
    ) -> TransferPush {
        TransferPush(key: key, from: from, to: to, lines: lines)
    }

    static func fault(_ desk: OdooDesk, _ push: TransferPush) async -> ERPFault? {
        await OdooDesk.fault { () async throws(ERPFault) in try await desk.connector().push(push, dry: false) }
    }

    /// Two lots, of which the younger is taken; two serial numbers of three; goods of which some lie there already.
    private static func prepare(_ server: inout OdooServer) {
        server.move(product: 9, lot: server.addLot("L-2", product: 9), by: 7)
        for serial in ["7001", "7002", "5551"] {
            server.move(product: 18, lot: server.addLot(serial, product: 18), by: 1)
        }
        server.move(product: 1, location: server.firstBin, by: 4)
    }

    @Test(arguments: series)
    func goodsArePutAwayOnceWhateverBreaks(series: Int) async throws {
        let push = OdooTransferTests.push([
            OdooTransferTests.line(1, 10), OdooTransferTests.line(1, 2), OdooTransferTests.line(9, 5, lot: "L-2"),
            OdooTransferTests.line(18, 1, lot: "7002"), OdooTransferTests.line(18, 1, lot: "5551"),
        ])
        try await OdooDesk.everyCrash(series, prepare: OdooTransferTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            let bin = server.firstBin
            #expect([1, 9, 18].map { server.onHand(product: $0, location: bin) } == [16, 5, 2], "\(place)")
            // In all there is as much as before.
            #expect([1, 9, 18].map { server.onHand(product: $0) } == [124, 25, 3], "\(place)")
            #expect(server.onHand(lotNamed: "L-2", product: 9) == 7, "\(place)")
            #expect(server.receipts(origin: OdooTransferTests.key).count == 1, "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func aTransferIsFoundAgainByItsOrigin(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooTransferTests.push([OdooTransferTests.line(1, 10)])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence == "WH/INT/00001 is done: from WH/Stock to WH/Stock/A-01.")
        let again = try await desk.connector().push(push, dry: false)
        #expect(again.sentence == "WH/INT/00001 was done already." && again.id == outcome.id)
        var other = push
        other.lines[0].quantity = 11
        let fault = await OdooTransferTests.fault(desk, other)
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.sentence == "WH/INT/00001 is done with 10 of [DJ16C] Disjoncteur 16A courbe C; 11 were moved here.")
        #expect(await desk.server.onHand(product: 1) == 120)
    }

    @Test(arguments: series)
    func notEnoughAtTheSourceIsAClearConflict(series: Int) async throws {
        // What lies in A-01 already is below WH/Stock, but cannot be put there again.
        let desk = OdooDesk(series) { $0.move(product: 5, location: $0.firstBin, by: 100) }
        let fault = await OdooTransferTests.fault(desk, OdooTransferTests.push([OdooTransferTests.line(5, 13)]))
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.sentence
                == "Odoo has 12 of [ID63A] Interrupteur differentiel 63A 30mA in WH/Stock; 13 were moved from there.")
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func whatIsReservedForOthersIsMovedAllTheSame(series: Int) async throws {
        let desk = OdooDesk(series)
        var other = OdooTransferTests.push([OdooTransferTests.line(1, 120)], to: "A-02")
        other.key = "quai/other"
        let connector = desk.connector()
        await desk.peer.change { $0.misbehave(.page, at: "stock.picking.button_validate") }
        _ = await OdooTransferTests.fault(desk, other)
        let outcome = try await connector.push(OdooTransferTests.push([OdooTransferTests.line(1, 10)]), dry: false)
        #expect(outcome.id != nil)
        #expect(await desk.server.onHand(product: 1, location: desk.server.firstBin) == 10)
    }

    @Test(arguments: series)
    func whatHasLotsIsMovedWithThem(series: Int) async throws {
        let desk = OdooDesk(series, OdooTransferTests.prepare)
        for (line, word) in [
            (OdooTransferTests.line(9, 5), "say which were moved"),
            (OdooTransferTests.line(18, 2, lot: "7001"), "was moved 2 times"),
        ] {
            let fault = await OdooTransferTests.fault(desk, OdooTransferTests.push([line]))
            #expect(fault?.kind == .rule && fault?.sentence.contains(word) == true)
        }
        let unknown = await OdooTransferTests.fault(
            desk, OdooTransferTests.push([OdooTransferTests.line(9, 1, lot: "NONE")]))
        #expect(unknown?.kind == .conflict && unknown?.sentence.contains("lot NONE") == true)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aSerialNumberThatSomebodyBroughtThereIsNotMovedAgain(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooTransferTests.prepare(&server)
            let lot = server.lot(named: "7001", product: 18)
            server.carry(product: 18, lot: lot, from: server.stockLocation, to: server.firstBin, 1)
        }
        let alone = OdooTransferTests.push([OdooTransferTests.line(18, 1, lot: "7001")])
        let outcome = try await desk.connector().push(alone, dry: false)
        #expect(outcome.sentence?.hasSuffix("lot 7001 is in WH/Stock/A-01 already.") == true)
        #expect(await desk.server.writes == 0)
        let both = OdooTransferTests.push([
            OdooTransferTests.line(18, 1, lot: "7001"), OdooTransferTests.line(18, 1, lot: "7002"),
        ])
        for _ in 0..<2 { _ = try await desk.connector().push(both, dry: false) }
        let server = await desk.server
        #expect(server.onHand(product: 18, location: server.firstBin) == 2 && server.onHand(product: 18) == 3)
    }

    @Test(arguments: series)
    func theTransferIsOneOfTheSourcesWarehouse(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let lyon = server.addWarehouse("Depot Lyon", code: "WH2", company: "Duret Nord SARL")
            server.move(product: 1, location: lyon.stock, by: 30)
        }
        let outcome = try await desk.connector().push(
            OdooTransferTests.push([OdooTransferTests.line(1, 30)], from: "WH2/Stock"), dry: false)
        let id = try #require(outcome.id.flatMap { Int64($0) })
        let server = await desk.server
        #expect(server.value("stock.picking", id, "company_id") == "2")
        #expect(server.onHand(product: 1, location: server.firstBin) == 30)
    }

    @Test(arguments: series)
    func aDryRunOfATransferWritesNothing(series: Int) async throws {
        let desk = OdooDesk(series)
        let plan = try await desk.connector().push(OdooTransferTests.push([OdooTransferTests.line(1, 3)]), dry: true)
            .plan
        #expect(plan.map(\.summary).first == "stock.picking.create" && plan.count == 4)
        #expect(await desk.server.writes == 0)
    }
}
