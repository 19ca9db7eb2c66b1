import ERP
import ERPPeers
import Model
import Testing

/// What a server, a front end or a network does wrong.
struct OdooMisdeedTests {
    static let series = [16, 17, 18, 19]
    static let push = ReceptionPush(
        key: "quai/reception/17", receipt: "1", note: "",
        lines: [
            .init(line: "19", product: "1", gtin: "0" + OdooServer.gtin(1), quantity: 50),
            .init(line: "20", product: "2", gtin: "0" + OdooServer.gtin(2), quantity: 40),
        ])
    static let blind = ReceptionPush(
        key: "quai/reception/18", receipt: nil, note: "",
        lines: [.init(line: nil, product: "1", gtin: "0" + OdooServer.gtin(1), quantity: 7)])
    static let take = StockTakePush(
        key: "quai/take/5", location: "WH/Stock",
        lines: [.init(product: "1", gtin: OdooServer.gtin(1), counted: 118, expected: 120)])

    private static func fault(
        _ series: Int, _ misdeed: OdooMisdeed, at method: String = "", _ push: ReceptionPush = push
    ) async -> (fault: ERPFault?, server: OdooServer) {
        let desk = OdooDesk(series) { $0.misbehave(misdeed, at: method) }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(push, dry: false)
        }
        return (fault, await desk.server)
    }

    static let receptionCalls = ["stock.move.line.search_read", "stock.picking.write", "stock.picking.button_validate"]

    @Test(arguments: series, receptionCalls)
    func aPageInPlaceOfAnAnswerIsForeign(series: Int, method: String) async throws {
        let (fault, server) = await OdooMisdeedTests.fault(series, .page, at: method)
        #expect(fault?.kind == .foreign)
        #expect(fault?.sentence == "A web page answered instead of Odoo (status 200).")
        #expect(server.onHand(product: 1) == 120)
    }

    @Test(arguments: series, receptionCalls)
    func aRedirectIsForeign(series: Int, method: String) async throws {
        let (fault, _) = await OdooMisdeedTests.fault(series, .redirect, at: method)
        #expect(fault?.kind == .foreign)
        #expect(fault?.sentence.contains("/web/database/selector") == true)
    }

    @Test(arguments: series, receptionCalls + [""])
    func aLimitIsObeyed(series: Int, method: String) async throws {
        let (fault, server) = await OdooMisdeedTests.fault(series, .tooMany(retryAfter: 17), at: method)
        #expect(fault?.kind == .busy && fault?.retryAfter == 17)
        #expect(server.onHand(product: 1) == 120)
    }

    @Test(arguments: series, receptionCalls)
    func anErrorOfManyKilobytesIsOneShortSentence(series: Int, method: String) async throws {
        let (fault, _) = await OdooMisdeedTests.fault(series, .hugeError, at: method)
        #expect(fault?.kind == .rule)
        #expect((fault?.sentence.count ?? 999) <= 302)
    }

    @Test(arguments: series)
    func aNoteOrAClientWhoseAnswerGotLostIsNotMadeTwice(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        let note = CallPush(key: "quai/call/1", party: String(party), subject: "Call", note: "")
        var later = note
        later.callBackOn = "2026-11-24"
        let client = PartyPush(key: "quai/party/1", company: "Atelier Roux", name: "", numbers: [])
        for method in ["message_post", "activity_schedule", "create"] {
            for misdeed in [OdooMisdeed.silentBefore, .silentAfter] {
                let desk = OdooDesk(series) { $0.misbehave(misdeed, at: "res.partner.\(method)") }
                let call = method == "message_post" ? note : later
                let fault = await OdooDesk.fault { () async throws(ERPFault) in
                    method == "create"
                        ? try await desk.connector().push(client, dry: false)
                        : try await desk.connector().push(call, dry: false)
                }
                let server = await desk.server
                let made =
                    server.notes(ofPartner: party).count + server.activities(ofPartner: party).count
                    + server.partners(ref: "quai/party/1").count
                // What got lost before it worked is left to the queue: it might still be on its way.
                #expect(fault?.kind == (misdeed == .silentBefore ? .unknownOutcome : nil))
                #expect(made == (misdeed == .silentBefore ? 0 : 1))
                #expect(server.calls.filter { $0 == "res.partner.\(method)" }.count == 1)
            }
        }
    }

    @Test(arguments: [14, 15, 16, 17, 18, 19], receptionCalls)
    func anAnswerThatGotLostIsResolvedByReading(series: Int, method: String) async throws {
        for misdeed in [OdooMisdeed.silentBefore, .silentAfter] {
            let (fault, server) = await OdooMisdeedTests.fault(series, misdeed, at: method)
            #expect(fault == nil)
            #expect([1, 2].map { server.onHand(product: $0) } == [170, 120])
            #expect(server.backorder(of: 1) == [1: 10, 4: 10])
            #expect(server.writesOnDone == 0)
        }
    }

    @Test func aValidationThatWorkedWithoutAnAnswerIsNotRepeated() async throws {
        let (_, server) = await OdooMisdeedTests.fault(17, .silentAfter, at: "stock.picking.button_validate")
        #expect(server.calls.filter { $0 == "stock.picking.button_validate" }.count == 1)
        #expect(server.calls.filter { $0 == "stock.picking.write" }.count == 1)
    }

    @Test func twoAnswersThatGotLostAreForTheQueue() async throws {
        let desk = OdooDesk(17) { server in
            server.misbehave(.silentBefore, at: "stock.picking.button_validate")
            server.misbehave(.silentBefore, at: "stock.picking.button_validate")
        }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooMisdeedTests.push, dry: false)
        }
        #expect(fault?.kind == .unknownOutcome)
        #expect(fault?.isPassing == true)
    }

    /// A new receipt whose answer got lost may still be on its way: it is looked for, and not made twice.
    @Test(arguments: series)
    func aReceiptWhoseMakingGotLostIsNotMadeAgainAtOnce(series: Int) async throws {
        let (lost, one) = await OdooMisdeedTests.fault(
            series, .silentBefore, at: "stock.picking.create", OdooMisdeedTests.blind)
        #expect(lost?.kind == .unknownOutcome)
        #expect(one.calls.filter { $0 == "stock.picking.create" }.count == 1)
        let (found, other) = await OdooMisdeedTests.fault(
            series, .silentAfter, at: "stock.picking.create", OdooMisdeedTests.blind)
        #expect(found == nil)
        #expect(other.receipts(origin: "quai/reception/18").count == 1)
        #expect(other.onHand(product: 1) == 127)
    }

    @Test(arguments: [14, 15, 16, 17, 18, 19])
    func aSuccessThatDidNotHappenIsNoSuccess(series: Int) async throws {
        let (fault, server) = await OdooMisdeedTests.fault(series, .falseSuccess, at: "stock.picking.button_validate")
        #expect(fault?.kind == .conflict)
        #expect(fault?.sentence == "Odoo took the validation of WH/IN/00001, but it is still assigned.")
        #expect(server.onHand(product: 1) == 120)
        let desk = OdooDesk(series) { server in
            server.misbehave(
                .falseSuccess,
                at: server.series >= 15 ? "stock.quant.action_apply_inventory" : "stock.inventory.action_validate")
        }
        let count = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooMisdeedTests.take, dry: false)
        }
        #expect(count?.kind == .conflict)
    }

    /// From 17 on the lines say what was announced: a write that was lost would receive everything.
    @Test(arguments: series)
    func aWriteThatDidNotHappenEndsInAConflict(series: Int) async throws {
        let (fault, server) = await OdooMisdeedTests.fault(series, .falseSuccess, at: "stock.picking.write")
        #expect(fault?.kind == .conflict)
        #expect(server.onHand(product: 1) == (series >= 17 ? 180 : 120))
        #expect(fault?.sentence.contains(series >= 17 ? "done with 60 of" : "Immediate Transfer?") == true)
    }

    @Test(arguments: [14, 15, 16, 17, 18, 19])
    func aCountWhoseAnswerGotLostIsAppliedOnce(series: Int) async throws {
        let names =
            series >= 15
            ? ["stock.quant.create", "stock.quant.action_apply_inventory"]
            : ["stock.inventory.create", "stock.inventory.action_start", "stock.inventory.action_validate"]
        for name in names {
            for misdeed in [OdooMisdeed.silentBefore, .silentAfter] {
                let desk = OdooDesk(series) { $0.misbehave(misdeed, at: name) }
                _ = try await desk.connector().push(OdooMisdeedTests.take, dry: false)
                #expect(await desk.server.onHand(product: 1) == 118)
            }
        }
    }

    @Test(arguments: series)
    func pushesGoOneAtATime(series: Int) async throws {
        let desk = OdooDesk(series)
        let connector = desk.connector()
        let other = ReceptionPush(
            key: "quai/reception/19", receipt: "2", note: "",
            lines: [.init(line: "22", product: "6", gtin: OdooServer.gtin(6), quantity: 200)])
        async let one = connector.push(OdooMisdeedTests.push, dry: false)
        async let two = connector.push(other, dry: false)
        async let three = connector.push(OdooMisdeedTests.push, dry: false)
        _ = try await (one, two, three)
        let calls = await desk.server.calls.filter {
            $0.hasPrefix("stock.picking.") && !$0.hasSuffix("fields_get") && !$0.hasSuffix("search_read")
        }
        #expect(
            calls
                == Array(repeating: ["stock.picking.write", "stock.picking.button_validate"], count: 2).flatMap { $0 })
        let server = await desk.server
        #expect(server.onHand(product: 1) == 170 && server.onHand(product: 6) == 500)
    }
}
