import ERP
import Model
import Synchronization

/// A stand-in of either ERP behind a wire that may die, as the sequences see it: a storage zone, two bins, articles with and
/// without lots.
final class StockPeer: Sendable {
    enum Kind: Equatable, Sendable {
        case odoo(series: Int)
        case tryton(series: String, usesKey: Bool)
    }

    /// One of the two is there, and is changed where it lies: a copy for every call would be most of the work.
    private struct State: Sendable {
        var odoo: OdooServer?
        var tryton: TrytonServer?
        /// Since the last `revive`.
        var calls = 0
        var total = 0
        var death: (call: Int, isAfter: Bool)?
    }

    let kind: Kind
    private let state: Mutex<State>

    init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .odoo(let series): state = Mutex(State(odoo: Self.odoos[series] ?? Self.odoo(series)))
        case .tryton(let series, _): state = Mutex(State(tryton: Self.trytons[series] ?? Self.tryton(series)))
        }
    }

    /// Made once: filling one takes longer than a call.
    private static let odoos = Dictionary(uniqueKeysWithValues: (15...19).map { ($0, odoo($0)) })
    private static let trytons = Dictionary(uniqueKeysWithValues: ["7.0", "8.0", "8.2"].map { ($0, tryton($0)) })

    private static func odoo(_ series: Int) -> OdooServer {
        var server = OdooServer(series: series)
        server.move(product: 9, lot: server.addLot("L-2", product: 9), by: 20)
        return server
    }

    private static func tryton(_ series: String) -> TrytonServer {
        var server = TrytonServer(series: series)
        _ = server.addBin("A-02")
        let opening = opening(.tryton(series: series, usesKey: false))
        // In one order: ids are given in it.
        for (thing, quantity) in opening.sorted(by: {
            ($0.key.article, $0.key.lot ?? "") < ($1.key.article, $1.key.lot ?? "")
        }) {
            server.lay(thing.article, Int64(quantity), lot: thing.lot, at: TrytonServer.storage)
        }
        return server
    }

    /// What lies in the storage zone at the beginning.
    static func opening(_ kind: Kind) -> [StockThing: Int] {
        let lot = if case .odoo = kind { "LOT-R2V3G15-0" } else { "L-1" }
        return [
            StockThing(article: 1): 120, StockThing(article: 2): 80, StockThing(article: 9, lot: lot): 18,
            StockThing(article: 9, lot: "L-2"): 20,
        ]
    }

    var places: [String] {
        if case .odoo = kind { ["WH/Stock", "A-01", "A-02"] } else { ["Storage", "A-01", "A-02"] }
    }

    func gtin(_ article: Int64) -> String {
        if case .odoo = kind { OdooServer.gtin(Int(article)) } else { TrytonServer.gtin(Int(article)) }
    }

    var total: Int { state.withLock { $0.total } }

    func die(at call: Int, isAfter: Bool) { state.withLock { ($0.calls, $0.death) = (0, (call, isAfter)) } }
    func revive() { state.withLock { ($0.calls, $0.death) = (0, nil) } }

    /// A fresh process.
    var connector: any ERPConnector {
        let wire: ERPWire = { (request) throws(ERPFault) in try self.send(request) }
        switch kind {
        case .odoo(let series):
            return OdooConnector(
                database: "depot", user: "manager", secret: series >= 19 ? "manager-key" : "manager-secret",
                wire: wire, today: { "2026-11-22" })
        case .tryton(_, let usesKey):
            return TrytonConnector(
                database: "depot", user: "gateway", secret: usesKey ? "the-key" : "gateway-secret", usesKey: usesKey,
                warehouse: nil, wire: wire, today: { "2026-11-22" })
        }
    }

    private func send(_ request: ERPRequest) throws(ERPFault) -> ERPReply {
        let result: Result<ERPReply, ERPFault> = state.withLock { state in
            state.calls += 1
            state.total += 1
            let death = state.death
            let isDead = death.map { state.calls >= $0.call } ?? false
            if isDead, !(state.calls == death?.call && death?.isAfter == true) {
                return .failure(ERPFault(.unreachable, "The connector is dead."))
            }
            let reply = state.odoo?.answer(request) ?? state.tryton?.answer(request)
            if isDead { return .failure(ERPFault(.unreachable, "The connector is dead.")) }
            return reply.map { .success($0) } ?? .failure(ERPFault(.unknownOutcome, "No answer in time."))
        }
        return try result.get()
    }

    // MARK: What people do there

    /// A receipt that is announced; answers its id.
    func announce(_ lines: [(article: Int64, quantity: Int)], _ name: String) -> String {
        state.withLock { state in
            let supplier = state.odoo?.firstSupplier ?? 2
            let id =
                state.odoo?.addReceipt(
                    supplier: supplier, origin: name, lines: lines.map { ($0.article, Double($0.quantity)) })
                ?? state.tryton?.announce(supplier, name, lines.map { ($0.article, Int64($0.quantity)) })
            return String(id ?? 0)
        }
    }

    /// Comes by other hands; fewer than none are shipped.
    func add(_ thing: StockThing, _ quantity: Int, place: Int) {
        state.withLock { state in
            if let server = state.odoo {
                let lot = thing.lot.flatMap { server.lot(named: $0, product: thing.article) }
                let location = Self.location(place, server)
                state.odoo?.move(product: thing.article, location: location, lot: lot, by: Double(quantity))
            }
            state.tryton?.lay(thing.article, Int64(quantity), lot: thing.lot, at: Self.location(place))
        }
    }

    /// What the books say of things at every place, by place; read in one go.
    func books(_ things: [StockThing]) -> [[StockThing: Double]] {
        state.withLock { state in
            guard let server = state.odoo else {
                guard let server = state.tryton else { return places.map { _ in [:] } }
                let sum = server.onHand
                return places.indices.map { place in
                    let location = Self.location(place)
                    let pairs = things.map { thing in
                        (thing, server.stock(sum, product: thing.article, lot: thing.lot, place: location))
                    }
                    return Dictionary(pairs) { first, _ in first }
                }
            }
            let lots = things.map { thing in thing.lot.flatMap { server.lot(named: $0, product: thing.article) } }
            return places.indices.map { place in
                let location = Self.location(place, server)
                let pairs = zip(things, lots).map { thing, lot -> (StockThing, Double) in
                    guard thing.lot == nil || lot != nil else { return (thing, 0) }
                    let quant = server.quant(thing.article, location, lot)
                    return (thing, quant.map { server.number("stock.quant", $0, "quantity") } ?? 0)
                }
                return Dictionary(pairs) { first, _ in first }
            }
        }
    }

    /// What must not be there after a push that went: counts that wait, writes on what is done.
    var leftover: String? {
        state.withLock { state in
            guard let server = state.odoo, server.waitingCounts + server.writesOnDone > 0 else { return nil }
            return "\(server.waitingCounts) counts wait, \(server.writesOnDone) writes on what was done"
        }
    }

    private static func location(_ place: Int, _ server: OdooServer) -> Int64 {
        place == 0 ? server.stockLocation : server.firstBin + Int64(place - 1)
    }

    private static func location(_ place: Int) -> Int64 {
        [TrytonServer.storage, TrytonServer.bin, TrytonServer.bin + 1][place]
    }
}

/// An article, or a lot of it.
struct StockThing: Hashable, Sendable {
    var article: Int64
    var lot: String?
}
