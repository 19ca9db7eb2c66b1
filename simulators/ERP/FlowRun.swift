public import ERP
import Model
import Synchronization

/// One delivery of many articles from its announcement to a count, against a stand-in in this process: what each flow costs
/// in calls and in the connector's own time.
public enum FlowRun {
    public struct Figure: Sendable {
        public var flow: String
        public var reads: Int
        public var writes: Int
        /// All of it, and the stand-in's part.
        public var whole: Duration
        public var peer: Duration
        public var connector: Duration { whole - peer }
    }

    public enum Peer: String, CaseIterable, Sendable {
        case odoo17 = "odoo 17"
        case odoo19 = "odoo 19"
        case tryton = "tryton 8.2"
    }

    /// A stand-in and what was asked of it.
    private final class Wire: Sendable {
        struct State: Sendable {
            var odoo: OdooServer?
            var tryton: TrytonServer?
            var reads = 0
            var writes = 0
            var spent = Duration.zero
        }

        let state: Mutex<State>

        init(_ state: State) { self.state = Mutex(state) }

        func send(_ request: ERPRequest) throws(ERPFault) -> ERPReply {
            let reply = state.withLock { state in
                let start = ContinuousClock.now
                let reply = state.odoo?.answer(request) ?? state.tryton?.answer(request)
                state.spent += ContinuousClock.now - start
                if request.isWrite { state.writes += 1 } else { state.reads += 1 }
                return reply
            }
            guard let reply else { throw ERPFault(.unknownOutcome, "No answer in time.") }
            return reply
        }
    }

    private struct Article {
        var id: Int64
        var gtin: String
    }

    /// `lines`: articles of the delivery. Each figure is told as soon as it is known.
    public static func run(
        _ peer: Peer, lines: Int, tell: @Sendable (Figure) -> Void
    ) async throws(ERPFault) {
        let (wire, id, articles, places) = prepared(peer, lines)
        let connector = connector(peer, wire)
        // Signing in is not part of a flow: the centre's connector has done it long before.
        _ = try await connector.probe()
        func measure<Value>(
            _ flow: String, _ body: () async throws(ERPFault) -> Value
        ) async throws(ERPFault) -> Value {
            wire.state.withLock { ($0.reads, $0.writes, $0.spent) = (0, 0, .zero) }
            let start = ContinuousClock.now
            let value = try await body()
            let whole = ContinuousClock.now - start
            tell(
                wire.state.withLock {
                    Figure(flow: flow, reads: $0.reads, writes: $0.writes, whole: whole, peer: $0.spent)
                })
            return value
        }
        let receipts = try await measure("open receipts") { () throws(ERPFault) in try await connector.openReceipts() }
        guard let receipt = receipts.first(where: { $0.id == id }) else {
            throw ERPFault(.gone, "The receipt of \(lines) lines is not offered.")
        }
        let reception = ReceptionPush(
            key: "quai/B/reception/1", receipt: receipt.id, note: "BL-B",
            lines: receipt.lines.map { line in
                ReceptionPush.Line(line: line.id, product: line.product, gtin: line.gtin ?? "", quantity: 10)
            }, backorder: false)
        let outcome = try await measure("reception") { () throws(ERPFault) in
            try await connector.push(reception, dry: false)
        }
        guard case .done(let remote, _) = outcome else { return }
        let correction = CorrectionPush(
            key: "quai/B/correction/1.2", receipt: remote, note: "BL-B", reason: "Counted again",
            lines: receipt.lines.enumerated().map { index, line in
                CorrectionPush.Line(
                    line: line.id, product: line.product, gtin: line.gtin ?? "", change: index % 2 == 0 ? 1 : -1)
            })
        _ = try await measure("correction") { () throws(ERPFault) in try await connector.push(correction, dry: false) }
        let transfer = TransferPush(
            key: "quai/B/move/1", from: places.storage, to: places.bin,
            lines: articles.map { TransferPush.Line(product: String($0.id), gtin: $0.gtin, quantity: 5) })
        _ = try await measure("put away") { () throws(ERPFault) in try await connector.push(transfer, dry: false) }
        let book = try await measure("book of a place") { () throws(ERPFault) in
            try await connector.stock(at: places.bin)
        }
        let begin = Dictionary(book.map { ($0.product, $0.quantity) }) { first, _ in first }
        let take = StockTakePush(
            key: "quai/B/take/1", location: places.bin,
            lines: articles.enumerated().map { index, article in
                let there = begin[String(article.id)] ?? 0
                return StockTakePush.Line(
                    product: String(article.id), gtin: article.gtin, counted: there + (index % 2 == 0 ? 1 : -1),
                    expected: there, begin: there)
            })
        _ = try await measure("stock take") { () throws(ERPFault) in try await connector.push(take, dry: false) }
    }

    private static func connector(_ peer: Peer, _ wire: Wire) -> any ERPConnector {
        let send: ERPWire = { (request) throws(ERPFault) in try wire.send(request) }
        switch peer {
        case .odoo17, .odoo19:
            return OdooConnector(
                database: "depot", user: "manager", secret: peer == .odoo19 ? "manager-key" : "manager-secret",
                wire: send, today: { "2026-11-22" })
        case .tryton:
            return TrytonConnector(
                database: "depot", user: "gateway", secret: "gateway-secret", usesKey: false, warehouse: nil,
                wire: send, today: { "2026-11-22" })
        }
    }

    private static func prepared(
        _ peer: Peer, _ lines: Int
    ) -> (wire: Wire, receipt: String, articles: [Article], places: (storage: String, bin: String)) {
        var articles: [Article] = []
        guard peer == .tryton else {
            var server = OdooServer(series: peer == .odoo19 ? 19 : 17)
            for number in 0..<lines {
                let gtin = OdooServer.gtin(1000 + number)
                let id = server.addProduct("Article \(number)", code: "B\(number)", barcode: gtin)
                articles.append(Article(id: id, gtin: String(repeating: "0", count: 14 - gtin.utf8.count) + gtin))
            }
            let receipt = server.addReceipt(
                supplier: server.firstSupplier, origin: "BL-B", lines: articles.map { ($0.id, 10) })
            return (Wire(Wire.State(odoo: server)), String(receipt), articles, ("WH/Stock", "A-01"))
        }
        var server = TrytonServer(series: "8.2")
        for number in 0..<lines {
            let gtin = TrytonServer.gtin(1000 + number)
            let id = server.addBare("Article \(number)", code: "B\(number)")
            server.store.insert(
                "product.identifier",
                ["product": .int(id), "type": "ean", "code": .string(String(gtin.dropFirst()))])
            articles.append(Article(id: id, gtin: gtin))
        }
        let receipt = server.announce(2, "BL-B", articles.map { ($0.id, 10) })
        return (Wire(Wire.State(tryton: server)), String(receipt), articles, ("Storage", "A-01"))
    }
}
