import ERP
import ERPPeers
import Model
import Testing

/// Kits, back-orders that the operation type decides about, and goods that come back, against the stand-in.
struct OdooKitTests {
    static let series = [14, 15, 16, 17, 18, 19]
    static let kit = OdooServer.gtin(77)

    /// Article 21: five of article 3 and half a coil of article 12, as two kits at once are made of ten and one. Receipt 5
    /// announces the parts of four kits.
    private static func prepare(_ server: inout OdooServer) {
        server.addKit("Kit de pose", code: "KIT", barcode: kit, parts: [(3, 10), (12, 1)], made: 2)
        server.addReceipt(supplier: server.firstSupplier, origin: "P00077", lines: [(3, 20), (12, 2)])
    }

    private static func push(_ lines: [ReceptionPush.Line], receipt: String? = "5") -> ReceptionPush {
        ReceptionPush(
            key: "quai/01JD7E5T0QF3V9Y2K4M8N6P1RS/reception/77", receipt: receipt, note: "", lines: lines)
    }

    private static func kits(_ count: Quantity, damaged: Quantity = 0) -> ReceptionPush.Line {
        ReceptionPush.Line(line: nil, product: nil, gtin: "0" + kit, quantity: count, damaged: damaged)
    }

    @Test(arguments: series, ["5", nil])
    func aKitsOwnCodeMeansItsPartsOnceWhateverBreaks(series: Int, receipt: String?) async throws {
        let push = OdooKitTests.push([OdooKitTests.kits(3)], receipt: receipt)
        try await OdooDesk.everyCrash(series, prepare: OdooKitTests.prepare) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect([3, 12, 21].map { server.onHand(product: $0) } == [55, 46.5, 0], "\(place)")
            if receipt != nil { #expect(server.backorder(of: 5) == [3: 5, 12: 0.5], "\(place)") }
        }
    }

    @Test(arguments: series)
    func aKitAndItsPartsScannedByThemselvesAreOneSum(series: Int) async throws {
        let desk = OdooDesk(series, OdooKitTests.prepare)
        let part = ReceptionPush.Line(line: nil, product: "3", gtin: "0" + OdooServer.gtin(3), quantity: 1)
        let outcome = try await desk.connector().push(
            OdooKitTests.push([OdooKitTests.kits(2, damaged: 1), part]), dry: false)
        #expect(outcome.sentence?.contains("Scrapped as damaged: 5 [DJ32C]") == true)
        #expect(await desk.server.onHand(product: 3) == 46)
        let again = try await desk.connector().push(
            OdooKitTests.push([OdooKitTests.kits(2, damaged: 1), part]), dry: false)
        #expect(again.sentence?.contains("was done already") == true)
    }

    @Test(arguments: series)
    func aKitWithinAKitIsAllItsParts(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooKitTests.prepare(&server)
            server.addKit("Grand kit", code: "KIT2", barcode: OdooServer.gtin(78), parts: [(21, 4), (3, 1)])
        }
        let line = ReceptionPush.Line(line: nil, product: nil, gtin: "0" + OdooServer.gtin(78), quantity: 1)
        _ = try await desk.connector().push(OdooKitTests.push([line]), dry: false)
        #expect(await desk.server.onHand(product: 3) == 61)
        #expect(await desk.server.onHand(product: 12) == 47)
    }

    @Test(arguments: series)
    func aKitThatCannotBeUnderstoodIsRefusedWithItsParts(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooKitTests.prepare(&server)
            server.addKit("Borne en kit", code: "WBK", barcode: OdooServer.gtin(79), parts: [(18, 1), (3, 2)])
        }
        let line = ReceptionPush.Line(line: nil, product: nil, gtin: "0" + OdooServer.gtin(79), quantity: 1)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooKitTests.push([line]), dry: false)
        }
        #expect(fault?.kind == .rule)
        #expect(
            fault?.sentence
                == "[WBK] Borne en kit is a kit in Odoo (1 [WB7] Borne de recharge 7kW, 2 [DJ32C] Disjoncteur 32A "
                + "courbe C): [WB7] Borne de recharge 7kW has serial numbers, receive its parts.")
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: [17, 18, 19])
    func aKitWhoseBillIsHiddenIsRefusedByName(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooKitTests.prepare(&server)
            server.forbid(["mrp.bom"], to: "manager")
        }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooKitTests.push([OdooKitTests.kits(1)]), dry: false)
        }
        #expect(fault?.kind == .right && fault?.sentence.hasPrefix("[KIT] Kit de pose is a kit in Odoo") == true)
        // An article that is none is received as before.
        let plain = ReceptionPush.Line(line: nil, product: "5", gtin: "", quantity: 1)
        _ = try await desk.connector().push(OdooKitTests.push([plain]), dry: false)
        #expect(await desk.server.onHand(product: 5) == 13)
    }

    @Test(arguments: series)
    func aKitThatWentBackTakesItsPartsWithIt(series: Int) async throws {
        let desk = OdooDesk(series, OdooKitTests.prepare)
        _ = try await desk.connector().push(OdooKitTests.push([OdooKitTests.kits(4)]), dry: false)
        let correction = CorrectionPush(
            key: OdooCorrectionTests.key, receipt: "5", note: "", reason: "one was empty",
            lines: [.init(line: nil, product: "21", gtin: "0" + OdooKitTests.kit, change: -1)])
        _ = try await desk.connector().push(correction, dry: false)
        #expect(await desk.server.onHand(product: 3) == 55)
        #expect(await desk.server.onHand(product: 12) == 46.5)
    }

    private static func putAway(_ code: String, _ kits: Quantity, from: String, to: String) -> TransferPush {
        TransferPush(
            key: "quai/X/transfer/77", from: from, to: to,
            lines: [.init(product: nil, gtin: "0" + code, lot: nil, quantity: kits)])
    }

    @Test(arguments: series)
    func aKitThatIsPutAwayMovesItsPartsOnceWhateverBreaks(series: Int) async throws {
        try await OdooDesk.everyCrash(series, prepare: OdooKitTests.prepare) { (connector) async throws(ERPFault) in
            try await connector.push(
                OdooKitTests.putAway(OdooKitTests.kit, 2, from: "WH/Stock", to: "A-01"), dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 3, location: server.firstBin) == 10, "\(place)")
            #expect(server.onHand(product: 12, location: server.firstBin) == 1, "\(place)")
            #expect([3, 12, 21].map { server.onHand(product: $0) } == [40, 45, 0], "\(place)")
        }
    }

    @Test(arguments: series)
    func aKitThatCannotBePutAwayNamesItsParts(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooKitTests.prepare(&server)
            server.addKit("Borne en kit", code: "WBK", barcode: OdooServer.gtin(79), parts: [(18, 1), (3, 2)])
        }
        let push = OdooKitTests.putAway(OdooServer.gtin(79), 1, from: "WH/Stock", to: "A-01")
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(push, dry: false)
        }
        #expect(
            fault?.kind == .rule && fault?.sentence.hasPrefix("[WBK] Borne en kit is a kit in Odoo (1 [WB7]") == true)
        #expect(fault?.sentence.hasSuffix("has serial numbers, move its parts.") == true)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aKitIsCountedByItsParts(series: Int) async throws {
        let desk = OdooDesk(series, OdooKitTests.prepare)
        let take = StockTakePush(
            key: "quai/take/77", location: "WH/Stock",
            lines: [.init(product: nil, gtin: "0" + OdooKitTests.kit, counted: 2, expected: 0, begin: 0)])
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(take, dry: false)
        }
        #expect(fault?.kind == .rule)
        #expect(fault?.sentence.contains("it has no stock of its own, count its parts") == true)
        #expect(await desk.server.writes == 0)
    }

    // MARK: Back-orders

    private static let short = ReceptionPush(
        key: "quai/reception/17", receipt: "1", note: "",
        lines: [.init(line: "19", product: "1", gtin: "0" + OdooServer.gtin(1), quantity: 50)])

    @Test(arguments: [17, 18, 19])
    func aTypeWithoutBackordersGivesTheRestUpAndSaysSo(series: Int) async throws {
        let desk = OdooDesk(series) { $0.createBackorder = "never" }
        let sentence =
            " Depot Albertville: Receipts makes no back-orders in Odoo: what is missing is not expected any more."
        for first in ["WH/IN/00001 is done.", "WH/IN/00001 was done already, with the same quantities."] {
            let outcome = try await desk.connector().push(OdooKitTests.short, dry: false)
            #expect(outcome.sentence == first + sentence)
        }
        #expect(await desk.server.backorder(of: 1) == nil)
        // All of it came: there is no rest to speak of.
        let all = ReceptionPush(
            key: "quai/reception/18", receipt: "4", note: "",
            lines: [
                .init(line: nil, product: "15", gtin: "", quantity: 5),
                .init(line: nil, product: "14", gtin: "", quantity: 10),
            ])
        #expect(try await desk.connector().push(all, dry: false).sentence == "WH/IN/00004 is done.")
    }

    @Test(arguments: [17, 18, 19])
    func aTypeThatAlwaysMakesABackorderKeepsTheRestAndSaysSo(series: Int) async throws {
        let desk = OdooDesk(series) { $0.createBackorder = "always" }
        var push = OdooKitTests.short
        push.backorder = false
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(
            outcome.sentence
                == "WH/IN/00001 is done. Depot Albertville: Receipts always makes a back-order in Odoo: what is missing "
                + "is still expected as WH/IN/00005.")
        #expect(await desk.server.backorder(of: 1) == [1: 10, 2: 40, 4: 10])
    }

    // MARK: What comes back

    @Test(arguments: series)
    func aCustomersReturnIsExpectedAndReceivedLikeADelivery(series: Int) async throws {
        let desk = OdooDesk(series) { $0.addCustomerReturn(of: [(18, 1), (1, 3)]) }
        await desk.peer.change { $0.addLot("S9", product: 18) }
        let receipt = try #require(try await desk.connector().openReceipts().first { $0.id == "5" })
        #expect(receipt.references == ["Return of WH/OUT/00001"] && receipt.supplier == "Boulangerie Martin")
        #expect(receipt.lines.map(\.quantity) == [1, 3])
        let push = ReceptionPush(
            key: "quai/reception/19", receipt: "5", note: "",
            lines: [
                .init(
                    line: receipt.lines[0].id, product: "18", gtin: "", quantity: 1,
                    lots: [.init(number: "S9", quantity: 1)]),
                .init(line: receipt.lines[1].id, product: "1", gtin: "", quantity: 3),
            ])
        _ = try await desk.connector().push(push, dry: false)
        #expect(await desk.server.onHand(lotNamed: "S9", product: 18) == 1)
        #expect(await desk.server.onHand(product: 1) == 123)
    }

    /// Without a type for returns these have the type of the receipt.
    @Test(arguments: series)
    func whatGoesBackToASupplierIsNotExpected(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.receive(1, [1: 60, 2: 40, 4: 10])
            server.removeReturnTypes()
        }
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(2, -3)])
        await desk.peer.change { $0.misbehave(.page, at: "stock.picking.write") }
        _ = await OdooCorrectionTests.fault(desk, push)
        #expect(await desk.server.returns(ofReceipt: 1) == ["assigned"])
        #expect(try await desk.connector().openReceipts().map(\.id) == ["2", "3", "4"])
        _ = try await desk.connector().push(push, dry: false)
        #expect(await desk.server.returns(ofReceipt: 1) == ["done"])
    }
}
