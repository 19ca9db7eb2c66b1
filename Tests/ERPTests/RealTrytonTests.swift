import Curl
import Model
import Synchronization
import TestSupport
import Testing

@testable import ERP

/// The flows and a crash matrix against a real server: `QUAI_TRYTON_URL` is its address, `QUAI_TRYTON_DB` (depot)
/// its database; user gateway. It prints calls and milliseconds of every flow. The server keeps what is done to it,
/// so each test makes orders, receipts and numbers of its own.
@Suite(.enabled(if: environment("QUAI_TRYTON_URL") != nil), .serialized)
struct RealTrytonTests {
    /// Counts, and dies where it is told.
    final class Line: Sendable {
        private struct State: Sendable {
            var calls: [String] = []
            var dieBefore = Int.max
            var dieAfter = Int.max
        }
        private let state = Mutex(State())
        private let wire = CurlWire(url: environment("QUAI_TRYTON_URL") ?? "")

        init(dieBefore: Int = .max, dieAfter: Int = .max) {
            state.withLock {
                $0.dieBefore = dieBefore
                $0.dieAfter = dieAfter
            }
        }

        var calls: [String] { state.withLock { $0.calls } }

        /// Without the question for rights, which only a probe asks.
        var pushCalls: Int { calls.count { $0 != "ir.model.access.get_access" } }

        /// Calls before the work begins.
        var signIn: Int {
            let names = ["common.server.version", "common.db.login", "res.user.get_preferences"]
            return calls.firstIndex { !names.contains($0) } ?? 0
        }

        func send(_ request: ERPRequest) async throws(ERPFault) -> ERPReply {
            let (isDead, isLast) = state.withLock { state in
                state.calls.append(request.summary)
                return (
                    state.calls.count >= state.dieBefore || state.calls.count > state.dieAfter,
                    state.calls.count == state.dieAfter
                )
            }
            if isDead { throw ERPFault(.unreachable, "dead") }
            let reply = try await wire.send(request)
            if isLast { throw ERPFault(.unreachable, "dead") }
            return reply
        }

        var connector: TrytonConnector {
            TrytonConnector(
                database: RealTrytonTests.database, user: "gateway", secret: "gateway-secret", usesKey: false,
                warehouse: nil,
                wire: { request async throws(ERPFault) in try await self.send(request) },
                today: { RealTrytonTests.today })
        }
    }

    static let database = environment("QUAI_TRYTON_DB") ?? "depot"
    static let today = "2026-11-22"
    static let run = String(UInt32.random(in: .min ... .max), radix: 36)

    func timed<Result>(_ name: String, _ line: Line, _ body: (TrytonConnector) async throws -> Result)
        async throws -> Result
    {
        let connector = line.connector
        _ = try await connector.probe()
        let before = line.calls.count
        let start = ContinuousClock.now
        let result = try await body(connector)
        let time = ContinuousClock.now - start
        print("tryton \(name): \(line.calls.count - before) calls, \(time / .milliseconds(1)) ms")
        return result
    }

    private func lines(_ receipt: ERPReceipt, lots: String) -> [ReceptionPush.Line] {
        receipt.lines.map { line in
            let isTracked = line.tracking != .none
            let each =
                isTracked
                ? (0..<line.quantity.floor).map { ReceptionPush.Lot(number: "\(lots)-\($0)", quantity: 1) } : []
            return ReceptionPush.Line(
                line: line.id, product: line.product, gtin: line.gtin ?? "", quantity: line.quantity, lots: each)
        }
    }

    private func receipt(_ id: Int64, _ connector: TrytonConnector) async throws -> ERPReceipt {
        try #require(try await connector.openReceipts().first { $0.id == String(id) })
    }

    @Test func whatIsThereIsRead() async throws {
        let line = Line()
        let version = try await line.connector.probe()
        print("tryton \(version)")
        #expect(version.product == "tryton")
        let products = try await timed("products", line) { try await $0.products(after: nil) }
        #expect(products.items.count >= 20 && products.items.contains { $0.tracking == .lot })
        let parties = try await timed("parties", line) { try await $0.parties(after: nil) }
        let client = try #require(parties.items.first { $0.code == "CUS-001" })
        #expect(client.numbers.count == 2)
        _ = try await timed("open receipts", line) { try await $0.openReceipts() }
        let exact = try await timed("caller", line) {
            try await $0.parties(e164: "+33199001234", national: "01 99 00 12 34")
        }
        #expect(exact.map(\.id) == [client.id] && !exact[0].isGuess)
        let raw = try await timed("caller, third step", line) {
            try await $0.parties(e164: "+33639981234", national: "")
        }
        #expect(raw.map(\.id) == [client.id] && raw[0].isGuess)
        let card = try await timed("card", line) { try await $0.card(of: client.id) }
        #expect(card.orders?.isEmpty == false && card.invoices?.isEmpty == false && card.balance != nil)
    }

    @Test func aReceptionIsAppliedOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let storage =
            try await office.rows("stock.location", [["type", "=", "warehouse"]], ["storage_location"])
            .first?["storage_location"]?.integer ?? 0
        let plain = try await office.product("DJ16C")
        let tracked = try await office.product("WB7")
        let calm = Line().connector
        for backorder in [true, false] {
            var total = Int.max
            var (death, signIn) = (0, 0)
            while death <= total {
                for way in 0..<2 where death > 0 || way == 0 {
                    let reference = "BL-\(Self.run)-\(backorder)-\(death)-\(way)"
                    let id = try await office.announce(reference, [("DJ16C", 6), ("ID40A", 2), ("WB7", 2)])
                    let receipt = try await receipt(id, calm)
                    var received = lines(receipt, lots: reference)
                    received.removeAll { $0.product != String(plain) && $0.product != String(tracked) }
                    for index in received.indices where received[index].product == String(plain) {
                        received[index].quantity = 5
                    }
                    let push = ReceptionPush(
                        key: "quai/reception/\(reference)", receipt: receipt.id, note: reference, lines: received,
                        backorder: backorder)
                    let before = (
                        try await office.stock(plain, at: storage), try await office.stock(tracked, at: storage)
                    )
                    let line = death == 0 ? Line() : way == 0 ? Line(dieBefore: death) : Line(dieAfter: death)
                    if death == 0 {
                        _ = try await timed("reception, backorder \(backorder)", line) {
                            try await $0.push(push, dry: false)
                        }
                        total = line.pushCalls
                        signIn = line.signIn
                    } else {
                        _ = try? await line.connector.push(push, dry: false)
                        _ = try await Line().connector.push(push, dry: false)
                    }
                    _ = try await calm.push(push, dry: false)
                    let words: Comment =
                        "died \(way == 0 ? "before" : "after") call \(death) of \(total), backorder \(backorder)"
                    #expect(try await office.stock(plain, at: storage) - before.0 == 5, words)
                    #expect(try await office.stock(tracked, at: storage) - before.1 == 2, words)
                    #expect(try await office.toCome(reference) == (backorder ? 3 : 0), words)
                    let order = try await office.rows(
                        "purchase.purchase", [["reference", "=", .string("PO-" + reference)]], ["shipment_state"])
                    #expect(
                        order.first?["shipment_state"]?.text == (backorder ? "partially shipped" : "received"), words)
                }
                death = max(death + 1, signIn)
            }
            print("tryton reception, backorder \(backorder): died before and after each of \(total - signIn) calls")
        }
    }

    @Test func aBlindReceptionIsAppliedOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let supplier = try #require(
            try await office.rows("party.party", [["code", "=", "SUP-REX"]], []).first?["id"]?.integer)
        var total = Int.max
        var (death, signIn) = (0, 0)
        while death <= total {
            for way in 0..<2 where death > 0 || way == 0 {
                let reference = "BB-\(Self.run)-\(death)-\(way)"
                let push = ReceptionPush(
                    key: "quai/reception/\(reference)", receipt: nil, note: reference, supplier: String(supplier),
                    lines: [ReceptionPush.Line(line: nil, product: nil, gtin: "09521321000087", quantity: 12)],
                    accepted: ["done"])
                let line = death == 0 ? Line() : way == 0 ? Line(dieBefore: death) : Line(dieAfter: death)
                if death == 0 {
                    _ = try await timed("blind reception", line) { try await $0.push(push, dry: false) }
                    total = line.pushCalls
                    signIn = line.signIn
                } else {
                    _ = try? await line.connector.push(push, dry: false)
                    _ = try await Line().connector.push(push, dry: false)
                }
                let found = try await office.rows(
                    "stock.shipment.in", [["reference", "like", .string("\(reference)%")]],
                    ["state", "incoming_moves.quantity"])
                #expect(found.count == 1 && found[0]["state"] == "done", "death \(death), way \(way)")
                #expect(found.first?["incoming_moves."]?.list?.map { $0["quantity"]?.double } == [12])
            }
            death = max(death + 1, signIn)
        }
        print("tryton blind reception: died before and after each of \(total - signIn) calls")
    }

    @Test func aStockTakeIsAppliedOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let product = try await office.product("TB2R")
        let bin = try await office.place("B-02")
        var total = Int.max
        var (death, signIn) = (0, 0)
        while death <= total {
            for way in 0..<2 where death > 0 || way == 0 {
                let key = "quai/take/\(Self.run)-\(death)-\(way)"
                let there = Quantity(Int(try await office.stock(product, at: bin)))
                let take = StockTakePush(
                    key: key, location: "B-02",
                    lines: [
                        StockTakePush.Line(
                            product: String(product), gtin: "", counted: there + 1, expected: there, movedSince: 1)
                    ])
                let line = death == 0 ? Line() : way == 0 ? Line(dieBefore: death) : Line(dieAfter: death)
                if death == 0 {
                    _ = try await timed("stock take", line) { try await $0.push(take, dry: false) }
                    total = line.pushCalls
                    signIn = line.signIn
                } else {
                    _ = try? await line.connector.push(take, dry: false)
                    _ = try await Line().connector.push(take, dry: false)
                }
                #expect(
                    try await Quantity(Int(office.stock(product, at: bin))) == there + 2, "death \(death), way \(way)")
                let drafts = try await office.rows(
                    "stock.inventory", [["location", "=", .int(bin)], ["state", "=", "draft"]], [])
                #expect(drafts.isEmpty, "death \(death), way \(way)")
            }
            death = max(death + 1, signIn)
        }
        print("tryton stock take: died before and after each of \(total - signIn) calls")
    }

    @Test func callsAndClientsAreThereOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let client = try #require(
            try await office.rows("party.party", [["code", "=", "CUS-002"]], []).first?["id"]?.integer)
        let calm = Line().connector
        for death in [0, 4, 5, 6, 7] {
            for way in 0..<2 {
                let mark = "\(Self.run)-\(death)-\(way)"
                let call = CallPush(key: "quai/call/\(mark)", party: String(client), subject: "Incoming call", note: "")
                let party = PartyPush(
                    key: "quai/party/\(mark)", company: "Client \(mark)", name: "", numbers: ["+33639981299"])
                func line() -> Line { death == 0 ? Line() : way == 0 ? Line(dieBefore: death) : Line(dieAfter: death) }
                if death == 0 {
                    _ = try await timed("call", line()) { try await $0.push(call, dry: false) }
                    _ = try await timed("client", line()) { try await $0.push(party, dry: false) }
                } else {
                    _ = try? await line().connector.push(call, dry: false)
                    _ = try? await line().connector.push(party, dry: false)
                }
                _ = try await calm.push(call, dry: false)
                _ = try await calm.push(party, dry: false)
                let notes = try await office.rows(
                    "ir.note",
                    [
                        ["resource", "=", .string("party.party,\(client)")],
                        ["message", "like", .string("%[\(call.key)]%")],
                    ], [])
                #expect(notes.count == 1)
                #expect(
                    try await office.rows("party.party", [["identifiers.code", "=", .string(party.key)]], []).count == 1
                )
            }
        }
    }
}
