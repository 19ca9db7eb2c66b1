import ERP
import ERPPeers
import Model
import Testing

/// Receptions in two steps: what is put away from the input place is done in the transfer that Odoo has for it, against the stand-in.
struct OdooStepTests {
    static let series = [14, 15, 16, 17, 18, 19]

    /// Receipt 1 is done: 60 of article 1, 40 of article 2 and all else lie at WH/Input.
    private static func prepare(_ server: inout OdooServer) {
        server.receiveInTwoSteps()
        server.receive(1, [1: 60, 2: 40])
    }

    private static func push(_ lines: [TransferPush.Line], to: String = "A-01") -> TransferPush {
        OdooTransferTests.push(lines, from: "WH/Input", to: to)
    }

    @Test(arguments: series)
    func whatIsPutAwayIsDoneInTheTransferThatWaitsForItOnceWhateverBreaks(series: Int) async throws {
        let push = OdooStepTests.push([OdooTransferTests.line(1, 25), OdooTransferTests.line(2, 40)])
        try await OdooDesk.everyCrash(series, prepare: OdooStepTests.prepare) {
            (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            let bin = server.firstBin
            #expect([1, 2].map { server.onHand(product: $0, location: bin) } == [25, 40], "\(place)")
            #expect([1, 2].map { server.onHand(product: $0) } == [180, 120], "\(place)")
            // What was not put away yet goes on waiting, and no transfer of ours stands beside it.
            #expect(server.waitingSteps.first?[1] == 35 && server.waitingSteps.count == 1, "\(place)")
            #expect(server.receipts(origin: OdooTransferTests.key).isEmpty, "\(place)")
            #expect(server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func theNextOneGoesOnWithTheRest(series: Int) async throws {
        let desk = OdooDesk(series, OdooStepTests.prepare)
        _ = try await desk.connector().push(OdooStepTests.push([OdooTransferTests.line(1, 25)]), dry: false)
        var next = OdooStepTests.push([OdooTransferTests.line(1, 35)], to: "A-02")
        next.key = String(OdooTransferTests.key.dropLast()) + "8"
        let outcome = try await desk.connector().push(next, dry: false)
        #expect(outcome.sentence?.contains("from WH/Input to WH/Stock/A-02") == true)
        // Each says the same again, and does nothing.
        let writes = await desk.server.writes
        for push in [OdooStepTests.push([OdooTransferTests.line(1, 25)]), next] {
            let again = try await desk.connector().push(push, dry: false)
            #expect(again.sentence?.hasSuffix("was done already.") == true)
        }
        let server = await desk.server
        #expect(server.writes == writes)
        #expect(server.onHand(product: 1, location: server.firstBin) == 25)
        #expect(server.onHand(product: 1, location: server.firstBin + 1) == 35)
        #expect(server.waitingSteps.allSatisfy { $0[1] == nil })
    }

    @Test(arguments: series)
    func moreThanWaitsIsATransferOfItsOwn(series: Int) async throws {
        let push = OdooStepTests.push([OdooTransferTests.line(1, 65)])
        try await OdooDesk.everyCrash(series) { server in
            let input = server.receiveInTwoSteps()
            server.receive(1, [1: 60, 2: 40])
            // Somebody put five there by hand.
            server.carry(product: 1, from: server.stockLocation, to: input, 5)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 1, location: server.firstBin) == 65, "\(place)")
            #expect(server.onHand(product: 1) == 180, "\(place)")
            #expect(server.receipts(origin: OdooTransferTests.key).count == 1, "\(place)")
        }
    }

    /// Sixty wait to be put away, and seventy go: the package in which the last thirty lie is not in two places in between.
    @Test(arguments: series)
    func aPackageOfWhichAPartWaitsIsTakenApart(series: Int) async throws {
        let push = OdooStepTests.push([OdooTransferTests.line(1, 70)])
        try await OdooDesk.everyCrash(series) { server in
            let input = server.receiveInTwoSteps()
            server.receive(1, [1: 60, 2: 40])
            server.carry(product: 1, from: server.stockLocation, to: input, 10)
            server.pack(product: 1, at: input, 30, package: 7)
        } push: { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 1, location: server.firstBin) == 70, "\(place)")
            // After a death in between the last ten are all of the package, and it stays one.
            let packed = server.onHand(product: 1, location: server.firstBin, package: 7)
            #expect(server.packed(product: 1) == packed && [0, 10].contains(packed), "\(place)")
            #expect(server.onHand(product: 1) == 180, "\(place)")
        }
    }

    /// The dock is set to another place than the one that goods come to.
    @Test(arguments: series)
    func whatIsNotWhereItIsTakenFromIsSaidToBeElsewhere(series: Int) async throws {
        let desk = OdooDesk(series, OdooStepTests.prepare)
        let fault = await OdooTransferTests.fault(desk, OdooTransferTests.push([OdooTransferTests.line(1, 130)]))
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.sentence
                == "Odoo has 120 of [DJ16C] Disjoncteur 16A courbe C in WH/Stock; 130 were moved from there. "
                + "Elsewhere it has: WH/Input 60.")
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aDryRunShowsTheTransferThatWaits(series: Int) async throws {
        let desk = OdooDesk(series, OdooStepTests.prepare)
        let plan = try await desk.connector().push(OdooStepTests.push([OdooTransferTests.line(1, 25)]), dry: true).plan
        #expect(
            plan.map { $0.summary.split(separator: " ")[0] } == [
                "stock.picking.write", "stock.picking.button_validate",
            ])
        #expect(await desk.server.writes == 0)
    }
}
