import ERP
import ERPPeers
import Model
import Testing

/// Stock takes against the stand-in.
struct OdooStockTakeTests {
    static let series = [14, 15, 16, 17, 18, 19]

    private static func take(
        _ lines: [StockTakePush.Line], at location: String = "WH/Stock", isComplete: Bool = false
    ) -> StockTakePush {
        StockTakePush(key: "quai/take/5", location: location, lines: lines, isComplete: isComplete)
    }

    @Test(arguments: series)
    func aCountIsAppliedOnceWhateverBreaks(series: Int) async throws {
        let lines = [
            line(1, counted: 118, expected: 120), line(2, counted: 80, expected: 80), line(3, counted: 0, expected: 40),
            line(4, counted: 25, expected: 25, movedSince: 5, known: false),
            line(9, counted: 16, expected: 18, lot: "LOT-R2V3G15-0"), line(9, counted: 1, expected: 0, lot: "NEW-1"),
        ]
        let push = OdooStockTakeTests.take(lines)
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2, 3, 4].map { server.onHand(product: $0) } == [118, 80, 0, 30], "\(place)")
            #expect(server.onHand(lotNamed: "LOT-R2V3G15-0", product: 9) == 16, "\(place)")
            #expect(server.onHand(lotNamed: "NEW-1", product: 9) == 1, "\(place)")
            #expect(server.onHand(product: 5) == 12, "\(place)")
        }
    }

    private func line(
        _ article: Int, counted: Quantity, expected: Quantity, movedSince: Quantity = 0, lot: String? = nil,
        known: Bool = true
    ) -> StockTakePush.Line {
        StockTakePush.Line(
            product: known ? String(article) : nil, gtin: OdooServer.gtin(article), lot: lot, counted: counted,
            expected: expected, movedSince: movedSince)
    }

    @Test(arguments: series)
    func whatWasNotCountedInACompleteCountIsGone(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 1, location: server.firstBin, by: 6)
            server.move(product: 2, location: server.firstBin, by: 4)
        }
        let bin = await desk.server.firstBin
        for location in ["A-01", String(bin), "WH/Stock/A-01"] {
            let push = OdooStockTakeTests.take([line(1, counted: 5, expected: 6)], at: location, isComplete: true)
            _ = try await desk.connector().push(push, dry: false)
            let server = await desk.server
            #expect([1, 2].map { server.onHand(product: $0, location: bin) } == [5, 0])
            #expect([1, 2].map { server.onHand(product: $0) } == [125, 80])
        }
    }

    @Test func whatIsFoundInAnEmptyPlaceIsPutThere() async throws {
        for series in OdooStockTakeTests.series {
            let desk = OdooDesk(series)
            let push = OdooStockTakeTests.take([line(3, counted: 2, expected: 0)], at: "B-01")
            _ = try await desk.connector().push(push, dry: false)
            let server = await desk.server
            #expect(server.onHand(product: 3, location: server.firstBin + 2) == 2)
        }
    }

    @Test(arguments: series)
    func aCountThatIsRightIsNotWritten(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooStockTakeTests.take([line(1, counted: 120, expected: 120)])
        let connector = desk.connector()
        if series >= 15 {
            let outcome = try await connector.push(push, dry: false)
            #expect(outcome.sentence == "WH/Stock is as counted already.")
            #expect(await desk.server.writes == 0)
        }
    }

    /// Count and application are two calls: what moves in between is an action in place of a result.
    @Test(arguments: [15, 16, 17, 18, 19])
    func whatOurBookKnowsOfAConflictIsNotDoubled(series: Int) async throws {
        // Ten came in during the count; Odoo hears of them only between our two calls.
        let push = OdooStockTakeTests.take([
            line(8, counted: 985, expected: 1000, movedSince: 10), line(1, counted: 119, expected: 120),
        ])
        try await OdooDesk.everyCrash(series) { (server) in
            server.intrude(before: "stock.quant.action_apply_inventory") { $0.move(product: 8, by: 10) }
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 8].map { server.onHand(product: $0) } == [119, 995], "\(place)")
            #expect(!server.calls.contains("stock.inventory.conflict.action_keep_difference"), "\(place)")
        }
    }

    @Test(arguments: [15, 16, 17, 18, 19])
    func theDifferenceIsKeptWhereItGivesTheResult(series: Int) async throws {
        let push = OdooStockTakeTests.take([line(8, counted: 985, expected: 1000, movedSince: 10)])
        let desk = OdooDesk(series) { server in
            server.intrude(before: "stock.quant.action_apply_inventory") { server in
                server.count(quant: 15, product: 8, as: 985)
                server.move(product: 8, by: 10)
            }
        }
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect(server.onHand(product: 8) == 995)
        #expect(server.calls.contains("stock.inventory.conflict.action_keep_difference"))
    }

    @Test(arguments: [15, 16, 17, 18, 19])
    func whatOurBookDoesNotKnowOfAConflictIsForAPerson(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.intrude(before: "stock.quant.action_apply_inventory") { $0.move(product: 8, by: 10) }
        }
        let push = OdooStockTakeTests.take([line(8, counted: 990, expected: 1000), line(1, counted: 1, expected: 120)])
        for _ in 0..<2 {
            let fault = await OdooDesk.fault { () async throws(ERPFault) in
                try await desk.connector().push(push, dry: false)
            }
            #expect(fault?.kind == .conflict)
            #expect(
                fault?.sentence
                    == "Stock of [BE67] Boite d'encastrement 67mm moved in Odoo during the count: 1010 there, "
                    + "1000 in our book, 990 counted.")
            let server = await desk.server
            #expect([1, 8].map { server.onHand(product: $0) } == [120, 1010])
        }
    }

    @Test func theManagersRightIsNeededToSeventeen() async throws {
        for series in OdooStockTakeTests.series {
            let desk = OdooDesk(series)
            let push = OdooStockTakeTests.take([line(1, counted: 118, expected: 120)])
            let fault = await OdooDesk.fault { () async throws(ERPFault) in
                try await desk.connector("gateway").push(push, dry: false)
            }
            #expect(fault?.kind == (series <= 17 ? .right : nil))
        }
    }

    @Test func anUnknownPlaceIsGone() async throws {
        let desk = OdooDesk(18)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooStockTakeTests.take([], at: "C-99"), dry: false)
        }
        #expect(fault?.kind == .gone)
    }

    @Test(arguments: series)
    func aDryRunOfACountWritesNothing(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooStockTakeTests.take([
            line(1, counted: 118, expected: 120), line(9, counted: 1, expected: 0, lot: "NEW"),
        ])
        let plan = try await desk.connector().push(push, dry: true).plan
        #expect(plan.count >= 3)
        #expect(await desk.server.writes == 0)
    }
}
