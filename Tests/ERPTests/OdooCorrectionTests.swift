import ERP
import ERPPeers
import Model
import Testing

/// A delivery that was opened again after it was told, against the stand-in.
struct OdooCorrectionTests {
    static let series = [14, 15, 16, 17, 18, 19]
    static let key = "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/correction/17.2"

    static func line(
        _ article: Int, _ change: Quantity, lot: String? = nil, move: Int? = nil
    ) -> CorrectionPush.Line {
        CorrectionPush.Line(
            line: move.map { String($0) }, product: nil, gtin: "0" + OdooServer.gtin(article), lot: lot, change: change)
    }

    static func push(_ lines: [CorrectionPush.Line], receipt: String = "1", key: String = key) -> CorrectionPush {
        CorrectionPush(key: key, receipt: receipt, note: "BL-2026-0001", reason: "counted again", lines: lines)
    }

    /// Receipt 1: 50 of 60 of article 1 and all of article 2 came, the rest is still to come. Receipt 3: lots and
    /// serial numbers.
    static func prepare(_ server: inout OdooServer) {
        server.receive(1, [1: 50, 2: 40])
        server.receive(3, lots: ["L-1", "L-2", "S1", "S2"], validates: true)
    }

    static func fault(_ desk: OdooDesk, _ push: CorrectionPush) async -> ERPFault? {
        await OdooDesk.fault { () async throws(ERPFault) in try await desk.connector().push(push, dry: false) }
    }

    // MARK: More

    @Test(arguments: series)
    func moreGoesIntoTheOpenBackorderOnceWhateverBreaks(series: Int) async throws {
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(1, 4), OdooCorrectionTests.line(5, 2)])
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2, 5].map { server.onHand(product: $0) } == [174, 120, 14], "\(place)")
            // What is still missing of the order is expected in one back-order, as before.
            #expect(server.backorder(of: 5) == [1: 6, 4: 10], "\(place)")
            #expect(server.receipts(origin: OdooCorrectionTests.key).isEmpty, "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func moreThanWasExpectedIsAReceiptOfItsOwnOnceWhateverBreaks(series: Int) async throws {
        let push = OdooCorrectionTests.push(
            [
                OdooCorrectionTests.line(9, 2, lot: "L-9"), OdooCorrectionTests.line(18, 1, lot: "S7"),
                OdooCorrectionTests.line(3, 5),
            ], receipt: "3")
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.receipts(origin: OdooCorrectionTests.key).count == 1, "\(place)")
            #expect(server.onHand(lotNamed: "L-9", product: 9) == 2, "\(place)")
            #expect(server.onHand(lotNamed: "S7", product: 18) == 1, "\(place)")
            #expect([3, 18].map { server.onHand(product: $0) } == [45, 3], "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func theReceiptOfMoreIsTheSuppliersAndSaysWhatItCorrects(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let outcome = try await desk.connector().push(
            OdooCorrectionTests.push([OdooCorrectionTests.line(3, 5)], receipt: "3"), dry: false)
        #expect(outcome.id == "3")
        let server = await desk.server
        let made = try #require(server.receipts(origin: OdooCorrectionTests.key).first)
        #expect(server.value("stock.picking", made, "partner_id") == server.value("stock.picking", 3, "partner_id"))
        #expect(
            server.value("stock.picking", made, "note").contains(
                "Correction of WH/IN/00003: BL-2026-0001: counted again"))
    }

    // MARK: Less

    @Test(arguments: series)
    func lessGoesBackOnceWhateverBreaks(series: Int) async throws {
        let push = OdooCorrectionTests.push(
            [
                OdooCorrectionTests.line(9, -2, lot: "L-1", move: 26), OdooCorrectionTests.line(18, -1, lot: "S2"),
            ], receipt: "3")
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(lotNamed: "L-1", product: 9) == 4, "\(place)")
            #expect(["S1", "S2"].map { server.onHand(lotNamed: $0, product: 18) } == [1, 0], "\(place)")
            #expect(server.returns(ofReceipt: 3) == ["done"], "\(place)")
            #expect(server.receipts(origin: OdooCorrectionTests.key).count == 1, "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func moreOfOneAndLessOfAnotherAreBothDoneOnce(series: Int) async throws {
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(1, 3), OdooCorrectionTests.line(2, -3)])
        try await OdooDesk.everyCrash(series, prepare: OdooCorrectionTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([1, 2].map { server.onHand(product: $0) } == [173, 117], "\(place)")
            #expect(server.returns(ofReceipt: 1) == ["done"], "\(place)")
        }
    }

    @Test(arguments: series)
    func whatWasPutAwayIsTakenFromWhereItLies(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            let lyon = server.addWarehouse("Depot Lyon", code: "WH2")
            let (one, two) = (server.lot(named: "S1", product: 18), server.lot(named: "S2", product: 18))
            server.carry(product: 18, lot: one, from: server.stockLocation, to: server.firstBin, 1)
            server.carry(product: 18, lot: two, from: server.stockLocation, to: lyon.stock, 1)
        }
        let push = OdooCorrectionTests.push(
            [OdooCorrectionTests.line(18, -1, lot: "S1"), OdooCorrectionTests.line(18, -1, lot: "S2")], receipt: "3")
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence?.contains("back from WH/IN/00003") == true)
        let server = await desk.server
        #expect(server.onHand(product: 18) == 0 && server.onHand(product: 18, location: server.firstBin) == 0)
    }

    @Test(arguments: series)
    func whatCannotGoBackIsAConflictAndNothingIsWritten(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            // Sold meanwhile.
            server.move(product: 18, lot: server.lot(named: "S1", product: 18), by: -1)
            server.move(product: 2, by: -110)
        }
        for (line, words) in [
            (OdooCorrectionTests.line(18, -1, lot: "S1"), "Odoo has 0 of [WB7] Borne de recharge 7kW, lot S1 in stock"),
            (OdooCorrectionTests.line(9, -1, lot: "LOT-R2V3G15-0"), "has not received"),
            (OdooCorrectionTests.line(9, -7, lot: "L-1"), "has 6 of [R2V3G15]"),
            (OdooCorrectionTests.line(1, -1), "has 0 of [DJ16C]"),
        ] {
            // The rest would go: it must not go alone.
            let push = OdooCorrectionTests.push([line, OdooCorrectionTests.line(3, 5)], receipt: "3")
            let fault = await OdooCorrectionTests.fault(desk, push)
            #expect(fault?.kind == .conflict)
            #expect(fault?.sentence.contains(words) == true, "\(fault?.sentence ?? "")")
        }
        let short = await OdooCorrectionTests.fault(
            desk, OdooCorrectionTests.push([OdooCorrectionTests.line(2, -20)]))
        #expect(short?.kind == .conflict && short?.sentence.contains("Odoo has 10 of [DJ20C]") == true)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func whatWentBackOfALotDoesNotGoBackAgain(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let first = OdooCorrectionTests.push([OdooCorrectionTests.line(9, -2, lot: "L-1", move: 26)], receipt: "3")
        _ = try await desk.connector().push(first, dry: false)
        let key = OdooCorrectionTests.key.dropLast() + "3"
        let fault = await OdooCorrectionTests.fault(
            desk,
            OdooCorrectionTests.push(
                [OdooCorrectionTests.line(9, -5, lot: "L-1", move: 26)], receipt: "3", key: String(key)))
        #expect(fault?.kind == .conflict && fault?.sentence.contains("has 4 of [R2V3G15]") == true)
        #expect(fault?.sentence.contains("lot L-1 that can go back") == true)
        #expect(await desk.server.onHand(lotNamed: "L-1", product: 9) == 4)
    }

    @Test(arguments: series)
    func whatWasPackedMeanwhileGoesBackOutOfItsPackage(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            let lot = server.lot(named: "L-1", product: 9)
            server.pack(product: 9, lot: lot, at: server.stockLocation, 5, package: 7)
        }
        // One is loose, and goes first.
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(9, -3, lot: "L-1", move: 26)], receipt: "3")
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect(server.packed(product: 9) == 3 && server.onHand(lotNamed: "L-1", product: 9) == 3)
    }

    @Test(arguments: series)
    func whatHasLotsGoesBackByThem(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let fault = await OdooCorrectionTests.fault(
            desk, OdooCorrectionTests.push([OdooCorrectionTests.line(9, -1)], receipt: "3"))
        #expect(fault?.kind == .rule && fault?.sentence.contains("say which were taken back") == true)
    }

    @Test(arguments: series)
    func whatWentBackBeforeCannotGoBackAgain(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let connector = desk.connector()
        _ = try await connector.push(OdooCorrectionTests.push([OdooCorrectionTests.line(2, -30)]), dry: false)
        let next = OdooCorrectionTests.push(
            [OdooCorrectionTests.line(2, -11)], key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/correction/17.20")
        let fault = await OdooCorrectionTests.fault(desk, next)
        #expect(fault?.kind == .conflict && fault?.sentence.contains("has 10 of [DJ20C]") == true)
        var fits = next
        fits.lines[0].change = -10
        _ = try await connector.push(fits, dry: false)
        #expect(await desk.server.onHand(product: 2) == 80)
        #expect(await desk.server.returns(ofReceipt: 1) == ["done", "done"])
    }

    /// A back-order that was corrected keeps its note, and so does its rest.
    @Test(arguments: series)
    func correctionsOfOneDeliveryDoNotMeetEachOther(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let one = OdooCorrectionTests.push([OdooCorrectionTests.line(1, 4)])
        let two = OdooCorrectionTests.push(
            [OdooCorrectionTests.line(1, 3)], key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/correction/17.20")
        for push in [one, two, one, two] { _ = try await desk.connector().push(push, dry: false) }
        #expect(await desk.server.onHand(product: 1) == 177)
        #expect(await desk.server.receipts(origin: OdooCorrectionTests.key).isEmpty)
    }

    /// A person's own return is none of ours, though it is of the same goods.
    @Test(arguments: series)
    func aReturnThatSomebodyPreparesIsLeftAlone(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(2, -3)])
        // Another user of the same server, who died behind the wizard.
        let gateway = desk.connector("gateway")
        await desk.peer.change { $0.misbehave(.page, at: "stock.picking.write") }
        _ = await OdooDesk.fault { () async throws(ERPFault) in try await gateway.push(push, dry: false) }
        #expect(await desk.server.returns(ofReceipt: 1) == ["assigned"])
        _ = try await desk.connector().push(push, dry: false)
        #expect(await desk.server.returns(ofReceipt: 1).sorted() == ["assigned", "done"])
        #expect(await desk.server.onHand(product: 2) == 117)
    }

    // MARK: Plans and refusals

    @Test(arguments: series)
    func aDryRunOfACorrectionWritesNothing(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let plan = try await desk.connector().push(
            OdooCorrectionTests.push([OdooCorrectionTests.line(1, 3), OdooCorrectionTests.line(2, -3)]), dry: true
        ).plan
        let method = series >= 18 ? "action_create_returns" : "create_returns"
        #expect(
            plan.map(\.summary) == [
                "stock.picking.write 5", "stock.picking.button_validate 5", "stock.return.picking.create",
                "stock.return.picking.\(method) 0", "stock.picking.write 0", "stock.picking.button_validate 0",
            ])
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aReceiptThatIsNotDoneOrIsGoneIsNotCorrected(series: Int) async throws {
        let desk = OdooDesk(series) { $0.cancel(2) }
        let open = await OdooCorrectionTests.fault(desk, OdooCorrectionTests.push([OdooCorrectionTests.line(1, 1)]))
        #expect(open?.kind == .conflict && open?.sentence.contains("is not done in Odoo") == true)
        for receipt in ["2", "99"] {
            let gone = await OdooCorrectionTests.fault(
                desk, OdooCorrectionTests.push([OdooCorrectionTests.line(1, 1)], receipt: receipt))
            #expect(gone?.kind == .gone)
        }
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aMissingRightToReturnIsNamed(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCorrectionTests.prepare(&server)
            server.forbid(["stock.return.picking"], to: "manager")
        }
        let fault = await OdooCorrectionTests.fault(desk, OdooCorrectionTests.push([OdooCorrectionTests.line(2, -3)]))
        #expect(fault?.kind == .right && fault?.sentence.contains("stock.return.picking") == true)
        #expect(
            try await desk.connector().probe().remarks.contains {
                $0.contains("may not create stock.return.picking: no corrections")
            })
    }

    @Test(arguments: series)
    func aReturnInDozensIsReadBackInPieces(series: Int) async throws {
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(1, -7)], receipt: "5")
        try await OdooDesk.everyCrash(series) { server in
            let id = server.addReceipt(
                supplier: server.firstSupplier, origin: "P00099", lines: [(1, 5)], unit: server.dozen)
            server.receive(id, [1: 5])
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 1) == 173, "\(place)")
            #expect(server.returns(ofReceipt: 5) == ["done"], "\(place)")
        }
    }

    @Test(arguments: series)
    func aReturnThatSomebodyCancelledIsNotMadeAgain(series: Int) async throws {
        let desk = OdooDesk(series, OdooCorrectionTests.prepare)
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(2, -3)])
        await desk.peer.change { $0.misbehave(.page, at: "stock.picking.button_validate") }
        _ = await OdooCorrectionTests.fault(desk, push)
        await desk.peer.change { server in
            for id in server.receipts(origin: OdooCorrectionTests.key) { server.cancel(id) }
        }
        let fault = await OdooCorrectionTests.fault(desk, push)
        #expect(fault?.kind == .gone && fault?.sentence.contains("is cancelled in Odoo") == true)
    }

    // MARK: Any sequence

    /// More, less and put-aways in turn, with up to three deaths each: Odoo has what is there.
    @Test(arguments: series, 0..<8)
    func afterAnyCorrectionsOdoosStockIsWhatIsThere(series: Int, seed: Int) async throws {
        var dice = OdooPropertyTests.Dice(state: UInt64(seed * 37 + series))
        let desk = OdooDesk(series) { $0.receive(1, [1: 40, 2: 40]) }
        var received = [1: 40, 2: 40]
        for step in 2..<10 {
            let place = "series \(series), seed \(seed), step \(step)"
            let bin = await desk.server.firstBin
            if Bool.random(using: &dice) {
                await desk.peer.change { $0.carry(product: 1, from: $0.stockLocation, to: bin, 9) }
            }
            var lines: [CorrectionPush.Line] = []
            for article in [1, 2] where Bool.random(using: &dice) || article == 2 {
                let change = Int.random(in: -min(9, received[article] ?? 0)...9, using: &dice)
                guard change != 0 else { continue }
                received[article, default: 0] += change
                lines.append(OdooCorrectionTests.line(article, Quantity(change)))
            }
            guard !lines.isEmpty else { continue }
            let push = OdooCorrectionTests.push(
                lines, key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/correction/17.\(step)")
            for _ in 0..<Int.random(in: 0...3, using: &dice) {
                await desk.peer.revive()
                await desk.peer.die(at: Int.random(in: 5...40, using: &dice), afterEffect: Bool.random(using: &dice))
                _ = await OdooCorrectionTests.fault(desk, push)
            }
            await desk.peer.revive()
            _ = try await desk.connector().push(push, dry: false)
            let server = await desk.server
            #expect(server.onHand(product: 1) == Double(120 + (received[1] ?? 0)), "\(place)")
            #expect(server.onHand(product: 2) == Double(80 + (received[2] ?? 0)), "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }
}
