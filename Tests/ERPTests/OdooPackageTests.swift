import ERP
import ERPPeers
import Model
import Testing

/// Goods in packages, and goods of somebody else, against the stand-in.
struct OdooPackageTests {
    static let series = [14, 15, 16, 17, 18, 19]
    private static let owner: Int64 = 9

    /// 120 of article 1: 70 loose, 30 and 20 in packages, of which the second has 4 of article 2 as well.
    private static func pack(_ server: inout OdooServer) {
        server.pack(product: 1, at: server.stockLocation, 30, package: 7)
        server.pack(product: 1, at: server.stockLocation, 20, package: 8)
        server.pack(product: 2, at: server.stockLocation, 4, package: 8)
    }

    @Test(arguments: series)
    func aPackageThatGoesWholeStaysOneOnceWhateverBreaks(series: Int) async throws {
        // 70 loose and package 7; of package 8 nothing.
        let push = OdooTransferTests.push([OdooTransferTests.line(1, 100)])
        try await OdooDesk.everyCrash(series, prepare: OdooPackageTests.pack) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            let bin = server.firstBin
            #expect(server.onHand(product: 1, location: bin, package: 7) == 30, "\(place)")
            #expect(server.onHand(product: 1, location: bin) == 100, "\(place)")
            #expect(server.onHand(product: 1, location: server.stockLocation, package: 8) == 20, "\(place)")
            #expect(server.onHand(product: 1) == 120, "\(place)")
        }
    }

    @Test(arguments: series)
    func aPartOfAPackageIsTakenOutOfIt(series: Int) async throws {
        let desk = OdooDesk(series, OdooPackageTests.pack)
        // All of article 1; of package 8 article 2 stays where it is.
        _ = try await desk.connector().push(OdooTransferTests.push([OdooTransferTests.line(1, 120)]), dry: false)
        let server = await desk.server
        #expect(server.onHand(product: 1, location: server.firstBin) == 120)
        #expect(server.onHand(product: 1, location: server.firstBin, package: 7) == 30)
        #expect(server.onHand(product: 1, location: server.firstBin, package: 8) == 0)
        #expect(server.onHand(product: 2, location: server.stockLocation, package: 8) == 4)
    }

    @Test(arguments: series)
    func whatIsAnnouncedInAPackageComesInItWithAllItsLots(series: Int) async throws {
        let push = ReceptionPush(
            key: "quai/reception/3", receipt: "3", note: "",
            lines: [
                .init(
                    line: "26", product: "9", gtin: "", quantity: 6,
                    lots: [.init(number: "L-1", quantity: 4), .init(number: "L-2", quantity: 2)])
            ])
        try await OdooDesk.everyCrash(series) { server in
            server.pack(product: 9, inReceipt: 3, package: 7)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 9, location: server.stockLocation, package: 7) == 6, "\(place)")
            #expect(["L-1", "L-2"].map { server.onHand(lotNamed: $0, product: 9) } == [4, 2], "\(place)")
        }
    }

    /// A rule puts four of six into A-01: the lots are cut where the places are.
    @Test(arguments: series)
    func lotsThatOdooPutsIntoSeveralPlacesStayThere(series: Int) async throws {
        let push = ReceptionPush(
            key: "quai/reception/3", receipt: "3", note: "",
            lines: [
                .init(
                    line: "26", product: "9", gtin: "", quantity: 6,
                    lots: [.init(number: "L-1", quantity: 3), .init(number: "L-2", quantity: 3)])
            ])
        try await OdooDesk.everyCrash(series) { server in
            server.putAway(4, of: 9, inReceipt: 3, to: server.firstBin)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 9, location: server.firstBin) == 4, "\(place)")
            #expect(["L-1", "L-2"].map { server.onHand(lotNamed: $0, product: 9) } == [3, 3], "\(place)")
        }
    }

    @Test(arguments: series)
    func whatIsAnothersIsPutAwayAsTheirs(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.move(product: 1, by: -110)
            server.consign(product: 1, at: server.stockLocation, 15, owner: OdooPackageTests.owner)
        }
        // Ten are our own, and go first.
        _ = try await desk.connector().push(OdooTransferTests.push([OdooTransferTests.line(1, 18)]), dry: false)
        let server = await desk.server
        #expect(server.onHand(product: 1, location: server.firstBin, owner: nil) == 10)
        #expect(server.onHand(product: 1, location: server.firstBin, owner: OdooPackageTests.owner) == 8)
        #expect(server.onHand(product: 1) == 25)
    }

    /// Receipt 1 is somebody else's.
    private static func consign(_ server: inout OdooServer) {
        server.assign(owner: owner, toReceipt: 1)
        server.receive(1, [1: 60, 2: 40])
    }

    @Test(arguments: series)
    func ofAnothersReceiptTheirGoodsGoBack(series: Int) async throws {
        let desk = OdooDesk(series, OdooPackageTests.consign)
        let push = OdooCorrectionTests.push([OdooCorrectionTests.line(1, -5)])
        _ = try await desk.connector().push(push, dry: false)
        let server = await desk.server
        #expect(server.onHand(product: 1, location: server.stockLocation, owner: OdooPackageTests.owner) == 55)
        #expect(server.onHand(product: 1, location: server.stockLocation, owner: nil) == 120)
    }

    @Test(arguments: series)
    func ofAnothersReceiptTheirGoodsAreScrapped(series: Int) async throws {
        let desk = OdooDesk(series) { $0.assign(owner: OdooPackageTests.owner, toReceipt: 1) }
        let push = ReceptionPush(
            key: "quai/reception/1", receipt: "1", note: "",
            lines: [.init(line: "19", product: "1", gtin: "", quantity: 60, damaged: 3)])
        let outcome = try await desk.connector().push(push, dry: false)
        #expect(outcome.sentence?.contains("Scrapped as damaged: 3 ") == true)
        let server = await desk.server
        #expect(server.onHand(product: 1, location: server.stockLocation, owner: OdooPackageTests.owner) == 57)
        #expect(server.onHand(product: 1, location: server.stockLocation, owner: nil) == 120)
    }
}
