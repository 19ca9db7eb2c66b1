import ERP
import ERPPeers
import Model
import Testing

/// Receptions against the stand-in.
struct OdooReceptionTests {
    static let series = [14, 15, 16, 17, 18, 19]

    /// Receipt 1 announces 60, 40 and 10 of the articles 1, 2 and 4 on the moves 19, 20 and 21.
    private static func push(
        _ lines: [ReceptionPush.Line], receipt: String? = "1", backorder: Bool = true, supplier: String? = nil
    ) -> ReceptionPush {
        ReceptionPush(
            key: "quai/reception/17", receipt: receipt, note: "BL-2026-0001", supplier: supplier, lines: lines,
            backorder: backorder)
    }

    private static func line(
        _ move: Int?, _ article: Int, _ quantity: Quantity, lots: [ReceptionPush.Lot] = [], known: Bool = true
    ) -> ReceptionPush.Line {
        ReceptionPush.Line(
            line: move.map { String($0) }, product: known ? String(article) : nil, gtin: "0" + OdooServer.gtin(article),
            quantity: quantity, lots: lots)
    }

    private static let short = push([line(19, 1, 50), line(20, 2, 30), line(20, 2, 10)])

    @Test(arguments: series)
    func twoHundredLinesAreTwoWritesAndTwoReads(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let first = server.addProduct("Article", code: "A0", barcode: nil)
            let others = (1..<200).map { server.addProduct("Article", code: "A\($0)", barcode: nil) }
            server.addReceipt(
                supplier: server.firstSupplier, origin: "P00099", lines: ([first] + others).map { ($0, 10) })
        }
        let moves = await desk.server.moves(ofReceipt: 5)
        let lines = moves.map { product, moves in
            ReceptionPush.Line(line: String(moves[0]), product: String(product), gtin: "", quantity: 9)
        }
        let connector = desk.connector()
        _ = try await connector.probe()
        await desk.peer.change { $0.forgetCounts() }
        let outcome = try await connector.push(OdooReceptionTests.push(lines, receipt: "5"), dry: false)
        #expect(outcome.id == "5")
        let server = await desk.server
        #expect(server.writes == 2)
        #expect(server.reads == 2)
        #expect(server.backorder(of: 5)?.count == 200)
        #expect(moves.keys.allSatisfy { server.onHand(product: $0) == 9 })
    }

    /// Announced, received and still to come: no number is rounded on its way.
    @Test(arguments: series)
    func metresAreTheSameThereAsHere(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let cable = server.addProduct("Câble", code: "CAB", barcode: nil)
            server.addReceipt(supplier: server.firstSupplier, origin: "P00099", lines: [(cable, 250.5)])
        }
        let connector = desk.connector()
        let receipt = try #require(try await connector.openReceipts().first { $0.id == "5" })
        let announced = try #require(receipt.lines.first)
        #expect(announced.quantity == Quantity(thousandths: 250_500))
        let push = OdooReceptionTests.push(
            [
                .init(
                    line: announced.id, product: announced.product, gtin: "", quantity: Quantity(thousandths: 250_250))
            ], receipt: "5")
        #expect(try await connector.push(push, dry: false).id == "5")
        let product = try #require(Int64(announced.product))
        #expect(await desk.server.onHand(product: product) == 250.25)
        #expect(await desk.server.backorder(of: 5) == [product: 0.25])
        let again = try await desk.connector().push(push, dry: false)
        #expect(again.sentence?.hasSuffix("was done already, with the same quantities.") == true)
    }

    @Test(arguments: series)
    func whatIsMissingIsStillToCome(series: Int) async throws {
        let desk = OdooDesk(series)
        let outcome = try await desk.connector().push(OdooReceptionTests.short, dry: false)
        #expect(outcome == .done(id: "1", "WH/IN/00001 is done."))
        let server = await desk.server
        #expect([1, 2, 4].map { server.onHand(product: $0) } == [170, 120, 25])
        #expect(server.backorder(of: 1) == [1: 10, 4: 10])
        let again = try await desk.connector().push(OdooReceptionTests.short, dry: false)
        #expect(again.sentence == "WH/IN/00001 was done already, with the same quantities.")
        #expect(await desk.server.onHand(product: 1) == 170)
        #expect(await desk.server.writesOnDone == 0)
    }

    @Test(arguments: series)
    func whatIsMissingMayBeGivenUp(series: Int) async throws {
        let desk = OdooDesk(series)
        let push = OdooReceptionTests.push([OdooReceptionTests.line(19, 1, 50)], backorder: false)
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect(server.backorder(of: 1) == nil)
        #expect(server.state(ofReceipt: 1) == "done")
        #expect(server.onHand(product: 1) == 170)
    }

    @Test(arguments: series)
    func moreThanAnnouncedAndWhatNobodyOrderedAreReceived(series: Int) async throws {
        let desk = OdooDesk(series)
        let lines = [
            OdooReceptionTests.line(19, 1, 65), OdooReceptionTests.line(nil, 20, 3, known: false),
            OdooReceptionTests.line(nil, 2, 5),
        ]
        _ = try await desk.connector().push(OdooReceptionTests.push(lines), dry: false)
        let server = await desk.server
        #expect([1, 2, 20].map { server.onHand(product: $0) } == [185, 85, 37])
        #expect(server.backorder(of: 1) == [2: 35, 4: 10])
    }

    @Test func anUnknownArticleIsNamedAndNothingIsWritten() async throws {
        let desk = OdooDesk(17)
        let lines = [OdooReceptionTests.line(19, 1, 60), OdooReceptionTests.line(nil, 99, 3, known: false)]
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooReceptionTests.push(lines), dry: false)
        }
        #expect(fault?.kind == .rule)
        #expect(fault?.sentence.contains("0" + OdooServer.gtin(99)) == true)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func nothingScannedIsNeverValidated(series: Int) async throws {
        let desk = OdooDesk(series)
        for lines in [[], [OdooReceptionTests.line(19, 1, 0)]] {
            let fault = await OdooDesk.fault { () async throws(ERPFault) in
                try await desk.connector().push(OdooReceptionTests.push(lines), dry: false)
            }
            #expect(fault?.kind == .rule)
        }
        #expect(await desk.server.calls.isEmpty)
    }

    // MARK: Lots

    private static let tracked = push(
        [
            line(26, 9, 6, lots: [.init(number: "L-1", quantity: 4), .init(number: "LOT-R2V3G15-0", quantity: 2)]),
            line(27, 10, 4, lots: [.init(number: "L-2", quantity: 4)]),
            line(28, 18, 3, lots: ["S1", "S2", "S3"].map { .init(number: $0, quantity: 1) }),
        ], receipt: "3")

    @Test(arguments: series)
    func lotsThatExistAreUsedAndOthersMade(series: Int) async throws {
        try await OdooDesk.everyCrash(series) { server in
            server.addLot("S2", product: 18)
            // The same name on another article must not be taken.
            server.addLot("L-1", product: 11)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(OdooReceptionTests.tracked, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 4, "\(place)")
            #expect(server.onHand(lotNamed: "LOT-R2V3G15-0", product: 9) == 20, "\(place)")
            #expect(server.onHand(lotNamed: "L-2", product: 10) == 4, "\(place)")
            #expect(["S1", "S2", "S3"].allSatisfy { server.onHand(lotNamed: $0, product: 18) == 1 }, "\(place)")
            #expect(server.onHand(product: 18) == 3 && server.writesOnDone == 0, "\(place)")
        }
    }

    @Test func aMissingSerialNumberIsTheServersOwnSentence() async throws {
        let desk = OdooDesk(19)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(
                OdooReceptionTests.push([OdooReceptionTests.line(28, 18, 1)], receipt: "3"), dry: false)
        }
        #expect(fault?.kind == .rule)
        #expect(fault?.sentence == "You need to supply a Lot/Serial Number for product: - [WB7] Borne de recharge 7kW")
        #expect(await desk.server.state(ofReceipt: 3) == "assigned")
    }

    @Test func aSerialNumberReceivedTwiceIsRefusedHere() async throws {
        let desk = OdooDesk(17)
        let lots = [ReceptionPush.Lot(number: "S1", quantity: 1), ReceptionPush.Lot(number: "S1", quantity: 1)]
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(
                OdooReceptionTests.push([OdooReceptionTests.line(28, 18, 2, lots: lots)], receipt: "3"), dry: false)
        }
        #expect(fault?.kind == .rule)
        #expect(await desk.server.writes == 0)
    }

    // MARK: Nobody announced it

    @Test(arguments: series)
    func aBlindReceptionIsMadeOnceWhateverBreaks(series: Int) async throws {
        let lines = [
            OdooReceptionTests.line(nil, 1, 7, known: false), OdooReceptionTests.line(nil, 1, 3, known: false),
            OdooReceptionTests.line(nil, 5, 2),
            OdooReceptionTests.line(nil, 9, 1, lots: [.init(number: "X", quantity: 1)]),
        ]
        let push = OdooReceptionTests.push(lines, receipt: nil, supplier: "8")
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.receipts(origin: "quai/reception/17").count == 1, "\(place)")
            #expect([1, 5, 9].map { server.onHand(product: $0) } == [130, 14, 19], "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series, [nil, "manager-secret"])
    func aReceiptIsReceivedOnceWhateverBreaks(series: Int, secret: String?) async throws {
        let push = OdooReceptionTests.push(
            OdooReceptionTests.short.lines + [OdooReceptionTests.line(nil, 20, 3, known: false)])
        try await OdooDesk.everyCrash(series, secret: secret) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2, 4, 20].map { server.onHand(product: $0) } == [170, 120, 25, 37], "\(place)")
            #expect(server.backorder(of: 1) == [1: 10, 4: 10], "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    // MARK: Others at work

    @Test(arguments: series)
    func aReceiptThatSomebodyElseDidWithTheSameQuantitiesIsDone(series: Int) async throws {
        let desk = OdooDesk(series) { $0.receive(1, [1: 50, 2: 40]) }
        let outcome = try await desk.connector().push(OdooReceptionTests.short, dry: false)
        #expect(outcome.sentence?.contains("already") == true)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aReceiptThatSomebodyElseDidWithOtherQuantitiesIsForAPerson(series: Int) async throws {
        let desk = OdooDesk(series) { $0.receive(1, [1: 45, 2: 40]) }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooReceptionTests.short, dry: false)
        }
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.sentence
                == "WH/IN/00001 is done with 45 of [DJ16C] Disjoncteur 16A courbe C; 50 were received here.")
        #expect(await desk.server.writes == 0)
        #expect(await desk.server.onHand(product: 1) == 165)
    }

    @Test(arguments: series)
    func aReceiptThatIsCancelledOrDeletedIsGone(series: Int) async throws {
        let cancelled = OdooDesk(series) { $0.cancel(1) }
        let deleted = OdooDesk(series) { server in
            server.cancel(1)
            server.delete("stock.picking", 1)
        }
        for desk in [cancelled, deleted] {
            let fault = await OdooDesk.fault { () async throws(ERPFault) in
                try await desk.connector().push(OdooReceptionTests.short, dry: false)
            }
            #expect(fault?.kind == .gone)
            #expect(await desk.server.writes == 0)
        }
    }

    @Test(arguments: series)
    func somebodyWhoValidatesJustBeforeUsIsNoHarm(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.intrude(before: "stock.picking.button_validate") { $0.receive(1, [:]) }
        }
        let outcome = try await desk.connector().push(OdooReceptionTests.short, dry: false)
        #expect(outcome.id == "1")
        #expect(await desk.server.onHand(product: 1) == 170)
    }

    @Test func theOperationTypesChoiceIsReadBack() async throws {
        for choice in ["ask", "always", "never"] {
            let desk = OdooDesk(17) { $0.createBackorder = choice }
            _ = try await desk.connector().push(OdooReceptionTests.short, dry: false)
            #expect(await desk.server.state(ofReceipt: 1) == "done")
        }
    }

    @Test(arguments: series, [true, false])
    func theQuestionAboutTheRestIsAnswered(series: Int, backorder: Bool) async throws {
        let push = OdooReceptionTests.push([OdooReceptionTests.line(19, 1, 50)], backorder: backorder)
        try await OdooDesk.everyCrash(series) { (server) in
            server.alwaysAsks = true
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.calls.contains { $0.hasPrefix("stock.backorder.confirmation.process") }, "\(place)")
            #expect(server.backorder(of: 1) == (backorder ? [1: 10, 2: 40, 4: 10] : nil), "\(place)")
            #expect(server.onHand(product: 1) == 170, "\(place)")
        }
    }

    @Test(arguments: series)
    func aDryRunWritesNothingAndShowsNoSecret(series: Int) async throws {
        let desk = OdooDesk(series)
        let open = try await desk.connector().push(OdooReceptionTests.short, dry: true).plan
        #expect(open.map(\.summary) == ["stock.picking.write 1", "stock.picking.button_validate 1"])
        let blind = OdooReceptionTests.push([OdooReceptionTests.line(nil, 5, 2)], receipt: nil)
        let made = try await desk.connector().push(blind, dry: true).plan
        #expect(made.map(\.summary).first == "stock.picking.create")
        #expect(made.count == 4)
        #expect((open + made).allSatisfy { $0.isWrite })
        let shown = (open + made).map { "\($0.headers) \($0.body?.description ?? "")" }.joined()
        #expect(!shown.contains("manager-secret") && !shown.contains("manager-key"))
        #expect(await desk.server.writes == 0)
    }
}
