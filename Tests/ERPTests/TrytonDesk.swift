import ERPPeers
import Model
import Synchronization

@testable import ERP

/// A stand-in server behind a wire that can die: `dieBefore` the n-th request nothing arrives any more, `dieAfter`
/// the n-th has its effect and nobody hears of it.
final class TrytonDesk: Sendable {
    private struct State: Sendable {
        var server: TrytonServer
        var count = 0
        var dieBefore = Int.max
        var dieAfter = Int.max
    }

    private let state: Mutex<State>

    init(_ server: TrytonServer) { state = Mutex(State(server: server)) }

    convenience init(_ series: String) { self.init(TrytonServer(series: series)) }

    var server: TrytonServer {
        get { state.withLock { $0.server } }
        set { state.withLock { $0.server = newValue } }
    }

    func change(_ body: (inout TrytonServer) -> Void) { state.withLock { body(&$0.server) } }

    func die(before: Int = .max, after: Int = .max) {
        state.withLock {
            $0.count = 0
            $0.dieBefore = before
            $0.dieAfter = after
        }
    }

    func send(_ request: ERPRequest) throws(ERPFault) -> ERPReply {
        // A Mutex wants one kind of error: the result carries ours.
        let result: Result<ERPReply, ERPFault> = state.withLock { state in
            state.count += 1
            guard state.count < state.dieBefore, state.count <= state.dieAfter else {
                return .failure(ERPFault(.unreachable, "dead"))
            }
            let reply = state.server.answer(request)
            guard state.count < state.dieAfter, let reply else {
                return .failure(ERPFault(.unknownOutcome, "No answer in time."))
            }
            return .success(reply)
        }
        return try result.get()
    }

    /// A fresh process.
    func connector(usesKey: Bool = false, secret: String? = nil, warehouse: String? = nil, damaged: String? = nil)
        -> TrytonConnector
    {
        TrytonConnector(
            database: "depot", user: "gateway", secret: secret ?? (usesKey ? "the-key" : "gateway-secret"),
            usesKey: usesKey,
            warehouse: warehouse, damaged: damaged, wire: { request async throws(ERPFault) in try self.send(request) },
            today: { "2026-11-22" })
    }
}

enum Pushes {
    static func line(_ move: (id: Int64, product: Int64, quantity: Double), _ quantity: Int, lots: [String] = [])
        -> ReceptionPush.Line
    {
        let each = lots.isEmpty ? 0 : quantity / lots.count
        return ReceptionPush.Line(
            line: String(move.id), product: String(move.product), gtin: TrytonServer.gtin(Int(move.product)),
            quantity: Quantity(quantity),
            lots: lots.map { ReceptionPush.Lot(number: $0, quantity: Quantity(each)) })
    }

    /// 50 of 60 of article 1, all 40 of article 2; article 4 did not come.
    static func short(_ server: TrytonServer, backorder: Bool = true) -> ReceptionPush {
        let moves = server.lines(of: 1)
        return ReceptionPush(
            key: "quai/reception/1", receipt: "1", note: "BL-2026-0001",
            lines: [line(moves[0], 50), line(moves[1], 40)],
            backorder: backorder)
    }

    /// Ten more than announced, and what nobody ordered: decided at the dock.
    static func excess(_ server: TrytonServer) -> ReceptionPush {
        var push = short(server)
        push.lines[0].quantity = 70
        push.lines.append(ReceptionPush.Line(line: nil, product: nil, gtin: TrytonServer.gtin(8), quantity: 3))
        return push
    }

    /// Three of five of a purchase that had no shipment, and all of its other line.
    static func order(_ server: TrytonServer) -> ReceptionPush {
        let moves = server.toCome(4)
        return ReceptionPush(
            key: "quai/reception/4", receipt: "purchase/4/0", note: "BL-99",
            lines: [line(moves[0], 3), line(moves[1], 4)])
    }

    /// Two lots, two serial numbers.
    static func tracked(_ server: TrytonServer) -> ReceptionPush {
        let moves = server.lines(of: 3)
        return ReceptionPush(
            key: "quai/reception/3", receipt: "3", note: "BL-2026-0003",
            lines: [
                line(moves[0], 6, lots: ["L1", "L2"]), line(moves[1], 4, lots: ["M1"]),
                line(moves[2], 2, lots: ["S1", "S2"]),
            ])
    }

    static let blind = ReceptionPush(
        key: "quai/reception/9", receipt: nil, note: "BL-77", supplier: "2",
        lines: [
            ReceptionPush.Line(line: nil, product: nil, gtin: TrytonServer.gtin(8), quantity: 12),
            ReceptionPush.Line(
                line: nil, product: nil, gtin: TrytonServer.gtin(18), quantity: 1,
                lots: [ReceptionPush.Lot(number: "S9", quantity: 1)]),
        ], accepted: ["done"])

    static let take = StockTakePush(
        key: "quai/take/1", location: "A-01",
        lines: [
            StockTakePush.Line(product: nil, gtin: TrytonServer.gtin(3), counted: 36, expected: 40, movedSince: 2),
            StockTakePush.Line(product: nil, gtin: TrytonServer.gtin(18), lot: "S7", counted: 1, expected: 0),
        ])

    /// 40 at the beginning, 36 found; serial number S1 missing, S7 found.
    static let difference = StockTakePush(
        key: "quai/take/2", location: "A-01",
        lines: [
            StockTakePush.Line(product: nil, gtin: TrytonServer.gtin(3), counted: 36, expected: 40, begin: 40),
            StockTakePush.Line(product: nil, gtin: TrytonServer.gtin(18), lot: "S1", counted: 0, expected: 1, begin: 1),
            StockTakePush.Line(product: nil, gtin: TrytonServer.gtin(18), lot: "S7", counted: 1, expected: 0, begin: 0),
        ])

    /// 12 pieces and a serial number, put away.
    static let transfer = TransferPush(
        key: "quai/move/1", from: "Storage", to: "A-01",
        lines: [
            TransferPush.Line(product: nil, gtin: TrytonServer.gtin(5), quantity: 7),
            TransferPush.Line(product: "5", gtin: "", quantity: 5),
            TransferPush.Line(product: nil, gtin: TrytonServer.gtin(18), lot: "S1", quantity: 1),
        ])

    /// Of the short reception, which is receipt 1: six more of article 1, of which ten are still expected; five fewer of article 2.
    static func correction(_ more: Quantity = 6, _ less: Quantity = -5, number: Int = 2) -> CorrectionPush {
        CorrectionPush(
            key: "quai/correction/1.\(number)", receipt: "1", note: "BL-2026-0001", reason: "Counted again",
            lines: [
                CorrectionPush.Line(line: nil, product: "1", gtin: TrytonServer.gtin(1), change: more),
                CorrectionPush.Line(line: nil, product: nil, gtin: TrytonServer.gtin(2), change: less),
            ].filter { $0.change != 0 })
    }

    static let call = CallPush(
        key: "quai/call/1", party: "5", subject: "Incoming call, 3 min", note: "Wants a quote.",
        callBackOn: "2026-11-23")

    static let party = PartyPush(
        key: "quai/party/1", company: "Atelier Roux", name: "Anne", numbers: ["+33465710044", "+33639981299"])
}

/// What a push or a reading ends in; nil where it succeeds.
func trytonFault(_ body: () async throws -> Void) async -> ERPFault? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ERPFault
    }
}
