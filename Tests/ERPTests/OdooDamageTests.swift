import ERP
import ERPPeers
import Model
import Testing

/// Damage that was found after a receipt was told, and what turned out to be whole, against the stand-in.
struct OdooDamageTests {
    static let series = [14, 15, 16, 17, 18, 19]
    private static let key = OdooCorrectionTests.key
    private static let next = String(key.dropLast()) + "3"

    private static func push(
        _ damaged: [CorrectionPush.Line], receipt: String = "3", key: String = key
    ) -> CorrectionPush {
        CorrectionPush(
            key: key, receipt: receipt, note: "BL-2026-0003", reason: "opened again", lines: [], damaged: damaged)
    }

    @Test(arguments: series)
    func damageFoundAfterwardsIsScrappedOnceWhateverBreaks(series: Int) async throws {
        let push = OdooDamageTests.push([
            OdooCorrectionTests.line(9, 2, lot: "L-1"), OdooCorrectionTests.line(18, 1, lot: "S2"),
            OdooCorrectionTests.line(1, 3),
        ])
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.scrapped(origin: OdooDamageTests.key) == [9: 2, 18: 1, 1: 3], "\(place)")
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 4, "\(place)")
            #expect(["S1", "S2"].map { server.onHand(lotNamed: $0, product: 18) } == [1, 0], "\(place)")
            #expect(server.onHand(product: 1) == 167, "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func whatIsWholeAfterAllComesBackOnceWhateverBreaks(series: Int) async throws {
        let damaged = OdooDamageTests.push([OdooCorrectionTests.line(9, 2, lot: "L-1")])
        let whole = OdooDamageTests.push(
            [OdooCorrectionTests.line(9, -1, lot: "L-1"), OdooCorrectionTests.line(18, 1, lot: "S1")],
            key: OdooDamageTests.next)
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            _ = try await connector.push(damaged, dry: false)
            return try await connector.push(whole, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 5, "\(place)")
            #expect(["S1", "S2"].map { server.onHand(lotNamed: $0, product: 18) } == [0, 1], "\(place)")
            #expect(server.receipts(origin: "\(OdooDamageTests.next)/whole").count == 1, "\(place)")
        }
    }

    @Test(arguments: series)
    func whatWasScrappedAndGoesBackComesFromTheHeapOnceWhateverBreaks(series: Int) async throws {
        let damaged = OdooDamageTests.push([OdooCorrectionTests.line(9, 6, lot: "L-1")])
        var back = OdooDamageTests.push([OdooCorrectionTests.line(9, -6, lot: "L-1")], key: OdooDamageTests.next)
        back.lines = [OdooCorrectionTests.line(9, -6, lot: "L-1")]
        let push = back
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            _ = try await connector.push(damaged, dry: false)
            return try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 0, "\(place)")
            #expect(server.receipts(origin: "\(OdooDamageTests.next)/whole").count == 1, "\(place)")
        }
    }

    @Test(arguments: series)
    func whatElseChangedIsToldWithItOnceWhateverBreaks(series: Int) async throws {
        var push = OdooDamageTests.push([OdooCorrectionTests.line(9, 2, lot: "L-1")])
        push.lines = [OdooCorrectionTests.line(9, -1, lot: "L-1"), OdooCorrectionTests.line(3, 5)]
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 3, "\(place)")
            #expect(server.onHand(product: 3) == 45, "\(place)")
            #expect(server.scrapped(origin: OdooDamageTests.key) == [9: 2], "\(place)")
        }
    }

    @Test(arguments: series)
    func whatWasPutAwayOrPackedIsScrappedWhereItLies(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            let lot = server.lot(named: "L-1", product: 9)
            server.carry(product: 9, lot: lot, from: server.stockLocation, to: server.firstBin, 3)
            server.pack(product: 9, lot: lot, at: server.stockLocation, 2, package: 7)
        }
        let push = OdooDamageTests.push([OdooCorrectionTests.line(9, 6, lot: "L-1")])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.id == "3" && outcome.sentence?.hasPrefix("Scrapped as damaged: 6 ") == true)
        let server = await desk.server
        #expect(server.scrapped(origin: OdooDamageTests.key) == [9: 6])
        #expect(server.onHand(lotNamed: "L-1", product: 9) == 0 && server.packed(product: 9) == 0)
    }

    @Test(arguments: series)
    func whatCannotBeIsRefusedAndNothingIsWritten(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        for (line, kind, words) in [
            (OdooCorrectionTests.line(9, 1), .rule, "say which were set aside"),
            (OdooCorrectionTests.line(9, 7, lot: "L-1"), .conflict, "7 were set aside from there"),
            (OdooCorrectionTests.line(9, -1, lot: "L-1"), .conflict, "1 cannot come back"),
        ] as [(CorrectionPush.Line, ERPFault.Kind, String)] {
            // The rest would go: it must not go alone.
            let fault = await OdooCorrectionTests.fault(
                desk, OdooDamageTests.push([line, OdooCorrectionTests.line(1, 1)]))
            #expect(fault?.kind == kind)
            #expect(fault?.sentence.contains(words) == true, "\(fault?.sentence ?? "")")
        }
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aDryRunShowsTheScrapAndWritesNothing(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let push = OdooDamageTests.push([OdooCorrectionTests.line(9, 2, lot: "L-1")])
        #expect(try await desk.connector().push(push, dry: true).plan.map(\.summary) == ["stock.scrap.create"])
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aDamagedKitIsItsPartsScrapped(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            server.addKit("Kit de pose", code: "KIT", barcode: OdooServer.gtin(77), parts: [(1, 2)])
        }
        let push = OdooDamageTests.push([OdooCorrectionTests.line(77, 2)], receipt: "1")
        _ = try await desk.connector().push(push, dry: false)
        #expect(await desk.server.scrapped(origin: OdooDamageTests.key) == [1: 4])
    }

    /// A rule put half of it elsewhere: neither place alone has what is damaged.
    @Test(arguments: series)
    func damageIsScrappedFromEachPlaceThatTheReceiptWentTo(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 1, by: -server.onHand(product: 1))
            server.putAway(25, of: 1, inReceipt: 1, to: server.firstBin)
        }
        let push = ReceptionPush(
            key: "quai/reception/1", receipt: "1", note: "",
            lines: [.init(line: "19", product: "1", gtin: "", quantity: 60, damaged: 50)])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence?.contains("Scrapped as damaged: 50 ") == true)
        let server = await desk.server
        #expect(server.scrapped(origin: "quai/reception/1") == [1: 50] && server.onHand(product: 1) == 10)
    }
}
