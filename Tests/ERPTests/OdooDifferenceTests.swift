import ERP
import ERPPeers
import Model
import Testing

/// Stock takes that are measured against what Odoo had when they began.
struct OdooDifferenceTests {
    static let series = [14, 15, 16, 17, 18, 19]
    static let onQuants = [15, 16, 17, 18, 19]

    static func line(
        _ article: Int, begin: Quantity?, counted: Quantity, told: Quantity = 0, movedSince: Quantity = 0,
        lot: String? = nil
    ) -> StockTakePush.Line {
        StockTakePush.Line(
            product: nil, gtin: OdooServer.gtin(article), lot: lot, counted: counted, expected: counted,
            movedSince: movedSince, begin: begin, told: told)
    }

    static func take(
        _ lines: [StockTakePush.Line], at location: String = "WH/Stock", isComplete: Bool = false,
        accepted: [String] = []
    ) -> StockTakePush {
        StockTakePush(
            key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/take/5", location: location, lines: lines, isComplete: isComplete,
            accepted: accepted)
    }

    static func fault(_ desk: OdooDesk, _ push: StockTakePush) async -> ERPFault? {
        await OdooDesk.fault { () async throws(ERPFault) in try await desk.connector().push(push, dry: false) }
    }

    @Test(arguments: series)
    func theBookIsReadByArticleAndLot(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 9, lot: server.addLot("L-2", product: 9), by: 7)
            let screw = server.addProduct("Vis sans code", code: "VIS", barcode: nil)
            server.move(product: screw, location: server.firstBin, by: 50)
            server.move(product: 1, location: server.firstBin, by: 6)
        }
        let stock = try await desk.connector().stock(at: "WH/Stock")
        #expect(stock.first { $0.product == "1" }?.quantity == 126)
        #expect(stock.first { $0.product == "1" }?.gtin == "0" + OdooServer.gtin(1))
        #expect(stock.filter { $0.product == "9" }.map(\.lot) == ["LOT-R2V3G15-0", "L-2"])
        #expect(stock.filter { $0.product == "9" }.map(\.quantity) == [18, 7])
        let screw = try #require(stock.first { $0.reference == "VIS" })
        #expect(screw.gtin == nil && screw.quantity == 50)
        #expect(try await desk.connector().stock(at: "A-01").map(\.quantity).sorted() == [6, 50])
    }

    /// 28 by the book, 20 counted, 6 received by a person: 26. And 15 shipped while the push waited.
    @Test(arguments: series)
    func whatOthersMovedMeanwhileStays(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 1, by: 6)
            server.move(product: 2, by: -15)
        }
        let push = OdooDifferenceTests.take([
            OdooDifferenceTests.line(1, begin: 120, counted: 112), OdooDifferenceTests.line(2, begin: 80, counted: 80),
            // 20 of ours were told since the beginning, and are not among the counted.
            OdooDifferenceTests.line(3, begin: 20, counted: 18, told: 20, movedSince: 20),
        ])
        let outcome = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect([1, 2, 3].map { server.onHand(product: $0) } == [118, 65, 38])
        if series >= 15 {
            #expect(
                outcome.sentence
                    == "The count of WH/Stock is applied. Moved there meanwhile, and kept: +6 [DJ16C] Disjoncteur 16A courbe "
                    + "C, -15 [DJ20C] Disjoncteur 20A courbe C.")
        }
    }

    @Test(arguments: series)
    func aDifferenceIsAppliedOnceWhateverBreaks(series: Int) async throws {
        let push = OdooDifferenceTests.take(
            [
                OdooDifferenceTests.line(1, begin: 120, counted: 112),
                OdooDifferenceTests.line(2, begin: 80, counted: 83),
                OdooDifferenceTests.line(3, begin: 40, counted: 0),
                OdooDifferenceTests.line(9, begin: 18, counted: 16, lot: "LOT-R2V3G15-0"),
                OdooDifferenceTests.line(9, begin: 0, counted: 1, lot: "NEW-1"),
                OdooDifferenceTests.line(20, begin: 34, counted: 34),
            ])
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2, 3, 20].map { server.onHand(product: $0) } == [112, 83, 0, 34], "\(place)")
            #expect(server.onHand(lotNamed: "LOT-R2V3G15-0", product: 9) == 16, "\(place)")
            #expect(server.onHand(lotNamed: "NEW-1", product: 9) == 1, "\(place)")
            #expect(server.waitingCounts == 0, "\(place)")
        }
    }

    /// Somebody ships between our two calls, and again after a crash: the difference is applied, once.
    @Test(arguments: onQuants)
    func theConflictOfOdooIsAnsweredWithTheDifference(series: Int) async throws {
        let push = OdooDifferenceTests.take([
            OdooDifferenceTests.line(8, begin: 1000, counted: 990),
            OdooDifferenceTests.line(1, begin: 120, counted: 119),
        ])
        try await OdooDesk.everyCrash(series) { server in
            server.intrude(before: "stock.quant.action_apply_inventory") { $0.move(product: 8, by: -40) }
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 8].map { server.onHand(product: $0) } == [119, 950], "\(place)")
            #expect(server.waitingCounts == 0, "\(place)")
        }
    }

    /// Goods that come between the application and the next try are not taken for ours.
    @Test(arguments: onQuants)
    func aCountThatWasAppliedIsKnownAgainAfterOthersMoved(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooDifferenceTests.take(
            [OdooDifferenceTests.line(1, begin: 120, counted: 112)], isComplete: false)
        _ = try await desk.connector().push(push, dry: false)
        await desk.peer.change { $0.move(product: 1, by: -100) }
        let again = try await desk.connector().push(push, dry: false)
        #expect(await desk.server.onHand(product: 1) == 12)
        #expect(again.sentence?.hasPrefix("The count of WH/Stock is applied.") == true)
        // Another key is another count.
        var other = push
        other.key = "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/take/51"
        other.lines[0].begin = 12
        other.lines[0].counted = 10
        _ = try await desk.connector().push(other, dry: false)
        #expect(await desk.server.onHand(product: 1) == 10)
    }

    @Test(arguments: onQuants)
    func lessThanNothingIsAConflictOfItsLine(series: Int) async throws {
        let desk = OdooDesk(series) { $0.move(product: 2, by: -78) }
        let lines = [
            OdooDifferenceTests.line(1, begin: 120, counted: 119), OdooDifferenceTests.line(2, begin: 80, counted: 70),
        ]
        let fault = await OdooDifferenceTests.fault(desk, OdooDifferenceTests.take(lines))
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.sentence
                == "[DJ20C] Disjoncteur 20A courbe C: 10 are missing by the count, but Odoo has only 2 there now.")
        #expect(await desk.server.writes == 0)
        let push = OdooDifferenceTests.take(lines, accepted: [OdooServer.gtin(2)])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence == "The count of WH/Stock is applied. Left out: \(OdooServer.gtin(2)).")
        let server = await desk.server
        #expect([1, 2].map { server.onHand(product: $0) } == [119, 2])
    }

    @Test(arguments: onQuants)
    func lessThanNothingBetweenTheCallsLeavesNoCountBehind(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.intrude(before: "stock.quant.action_apply_inventory") { $0.move(product: 2, by: -75) }
        }
        let push = OdooDifferenceTests.take([OdooDifferenceTests.line(2, begin: 80, counted: 70)])
        let fault = await OdooDifferenceTests.fault(desk, push)
        #expect(fault?.kind == .conflict && fault?.sentence.contains("has only 5 there now") == true)
        let server = await desk.server
        #expect(server.onHand(product: 2) == 5 && server.waitingCounts == 0)
    }

    // MARK: Lots and serial numbers

    /// Stock 5551, 7001, 7002; 7002 is missing, 9009 is found.
    @Test(arguments: series)
    func theSerialNumberThatIsMissingGoesAndNoOther(series: Int) async throws {
        let prepare: (inout OdooServer) -> Void = { server in
            for serial in ["7001", "7002", "5551"] {
                server.move(product: 18, lot: server.addLot(serial, product: 18), by: 1)
            }
        }
        let push = OdooDifferenceTests.take([
            OdooDifferenceTests.line(18, begin: 1, counted: 1, lot: "5551"),
            OdooDifferenceTests.line(18, begin: 1, counted: 1, lot: "7001"),
            OdooDifferenceTests.line(18, begin: 1, counted: 0, lot: "7002"),
            OdooDifferenceTests.line(18, begin: 0, counted: 1, lot: "9009"),
        ])
        try await OdooDesk.everyCrash(series, prepare: prepare) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            let there = ["5551", "7001", "7002", "9009"].map { server.onHand(lotNamed: $0, product: 18) }
            #expect(there == [1, 1, 0, 1], "\(place)")
        }
    }

    @Test(arguments: onQuants)
    func whatHasLotsIsNeverCountedWithoutThem(series: Int) async throws {
        let desk = OdooDesk(series)
        for begin in [18, nil] as [Quantity?] {
            let push = OdooDifferenceTests.take([OdooDifferenceTests.line(9, begin: begin, counted: 16)])
            let fault = await OdooDifferenceTests.fault(desk, push)
            #expect(fault?.kind == .rule)
            #expect(
                fault?.sentence
                    == "[R2V3G15] Cable R2V 3G1.5 couronne 100m has lots in Odoo: count it by its lots.")
        }
        // What is as it should be needs no lot.
        let same = OdooDifferenceTests.take([OdooDifferenceTests.line(9, begin: 18, counted: 18)])
        #expect(await OdooDifferenceTests.fault(desk, same) == nil)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: onQuants)
    func oneSerialNumberIsNeverThereTwice(series: Int) async throws {
        let desk = OdooDesk(series) { $0.move(product: 18, lot: $0.addLot("7001", product: 18), by: 1) }
        let twice = OdooDifferenceTests.take([OdooDifferenceTests.line(18, begin: 1, counted: 2, lot: "7001")])
        let fault = await OdooDifferenceTests.fault(desk, twice)
        #expect(fault?.kind == .rule && fault?.sentence.contains("7001") == true)
        let elsewhere = OdooDifferenceTests.take(
            [OdooDifferenceTests.line(18, begin: 0, counted: 1, lot: "7001")], at: "A-01")
        let conflict = await OdooDifferenceTests.fault(desk, elsewhere)
        #expect(conflict?.kind == .conflict && conflict?.sentence.contains("is in WH/Stock by Odoo's book") == true)
        var without = elsewhere
        without.accepted = [OdooServer.gtin(18)]
        let outcome = try await desk.connector().push(without, dry: false)
        #expect(outcome.sentence?.hasSuffix("Left out: \(OdooServer.gtin(18)).") == true)
        #expect(await desk.server.writes == 0)
    }

    // MARK: What is left out, and what becomes zero

    @Test(arguments: series)
    func anUnknownArticleLeavesItsLineOutWhenAPersonSaysSo(series: Int) async throws {
        let desk = OdooDesk(series)
        let lines = [
            OdooDifferenceTests.line(1, begin: 120, counted: 112), OdooDifferenceTests.line(99, begin: 0, counted: 3),
        ]
        let fault = await OdooDifferenceTests.fault(desk, OdooDifferenceTests.take(lines))
        #expect(fault?.kind == .rule && fault?.sentence == "Odoo has no article with GTIN \(OdooServer.gtin(99)).")
        #expect(await desk.server.onHand(product: 1) == 120)
        let push = OdooDifferenceTests.take(lines, accepted: [OdooServer.gtin(99)])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence?.hasSuffix(" Left out: \(OdooServer.gtin(99)).") == true)
        #expect(await desk.server.onHand(product: 1) == 112)
    }

    @Test(arguments: onQuants)
    func aCompleteCountSaysWhatItSetsToZero(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 1, location: server.firstBin, by: 6)
            let screw = server.addProduct("Vis sans code", code: "VIS", barcode: nil)
            server.move(product: screw, location: server.firstBin, by: 50)
        }
        let push = OdooDifferenceTests.take(
            [OdooDifferenceTests.line(1, begin: 6, counted: 5)], at: "A-01", isComplete: true)
        let plan = try await desk.connector().push(push, dry: true).plan
        #expect(plan.contains { $0.summary.contains("not counted, becomes zero: [VIS] Vis sans code") })
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect([1, 21].map { server.onHand(product: $0, location: server.firstBin) } == [5, 0])
    }

    @Test(arguments: onQuants)
    func whatCameAfterTheBeginningOfACompleteCountStays(series: Int) async throws {
        let push = OdooDifferenceTests.take(
            [
                OdooDifferenceTests.line(1, begin: 6, counted: 6),
                // What the ERP had and nobody saw stands among the lines, with nothing.
                OdooDifferenceTests.line(2, begin: 4, counted: 0),
            ], at: "A-01")
        try await OdooDesk.everyCrash(series) { server in
            server.move(product: 1, location: server.firstBin, by: 6)
            // Four at the beginning, seven put there since; another one is new.
            server.move(product: 2, location: server.firstBin, by: 11)
            server.move(product: 4, location: server.firstBin, by: 3)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2, 4].map { server.onHand(product: $0, location: server.firstBin) } == [6, 7, 3], "\(place)")
        }
    }

    @Test(arguments: onQuants)
    func anArticleWithoutAGTINIsCountedByItsReferenceOrId(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            for code in ["VIS", ""] {
                let screw = server.addProduct("Vis \(code)", code: code, barcode: nil)
                server.move(product: screw, by: 50)
            }
        }
        var lines = [
            OdooDifferenceTests.line(1, begin: 50, counted: 48), OdooDifferenceTests.line(1, begin: 50, counted: 47),
        ]
        (lines[0].gtin, lines[1].gtin) = ("#VIS", "#erp:22")
        _ = try await desk.connector().push(OdooDifferenceTests.take(lines), dry: false)
        let server = await desk.server
        #expect([21, 22].map { server.onHand(product: $0) } == [48, 47])
    }

    /// The refusal is a sentence in the user's language; the right is asked for.
    @Test(arguments: [15, 16, 17])
    func whoMayNotApplyCountsIsToldSoInAnyLanguage(series: Int) async throws {
        let desk = OdooDesk(series) { $0.speak("fr_FR", to: "gateway") }
        let push = OdooDifferenceTests.take([OdooDifferenceTests.line(1, begin: 120, counted: 112)])
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector("gateway").push(push, dry: false)
        }
        #expect(fault?.kind == .right && fault?.sentence.hasPrefix("Seul un gestionnaire") == true)
    }
}
