import ERP
import ERPPeers
import Model
import Testing

/// Whatever people do here and in Odoo, and whatever breaks: Odoo's stock is what really lies there.
struct OdooPropertyTests {
    /// A small generator: the same sequence on every machine.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mixed = (state ^ (state >> 33)) &* 0xff51_afd7_ed55_8ccd
            return mixed ^ (mixed >> 29)
        }
    }

    /// What lies where: article (and lot) by place.
    struct Thing: Hashable {
        var article: Int
        var lot: String?
    }

    struct World {
        var places: [String: [Thing: Int]] = [:]
        /// What was put away out of WH/Stock.
        var taken: [Thing: Int] = [:]

        func count(_ place: String, _ thing: Thing) -> Int { places[place]?[thing] ?? 0 }
        mutating func add(_ place: String, _ thing: Thing, _ count: Int) {
            places[place, default: [:]][thing, default: 0] += count
        }
    }

    static let things = [
        Thing(article: 1), Thing(article: 2), Thing(article: 9, lot: "LOT-R2V3G15-0"), Thing(article: 9, lot: "L-2"),
    ]
    static let bins = ["A-01", "A-02"]

    /// Pushes until it goes, with up to three deaths on the way.
    private static func insist(
        _ desk: OdooDesk, _ dice: inout Dice, _ push: (OdooConnector) async throws(ERPFault) -> PushOutcome
    ) async throws {
        for _ in 0..<Int.random(in: 0...3, using: &dice) {
            await desk.peer.revive()
            await desk.peer.die(at: Int.random(in: 6...22, using: &dice), afterEffect: Bool.random(using: &dice))
            _ = await OdooDesk.fault { () async throws(ERPFault) in try await push(desk.connector()) }
        }
        await desk.peer.revive()
        _ = try await push(desk.connector())
    }

    private static func compare(_ desk: OdooDesk, _ world: World, _ place: String, _ sequence: String) async {
        let server = await desk.server
        for bin in bins.indices {
            let location = server.firstBin + Int64(bin)
            for article in [1, 2, 9] {
                let there = things.filter { $0.article == article }.reduce(0) { $0 + world.count(bins[bin], $1) }
                #expect(
                    server.onHand(product: Int64(article), location: location) == Double(there), "\(sequence) \(place)")
            }
        }
        for thing in things where thing.lot != nil {
            let there = bins.reduce(0) { $0 + world.count($1, thing) }
            let stock = thing.lot == "L-2" ? 20 : 18
            let inStock = stock - world.number(of: thing)
            #expect(
                server.onHand(lotNamed: thing.lot ?? "", product: Int64(thing.article)) == Double(there + inStock),
                "\(sequence) \(place)")
        }
        #expect(server.waitingCounts == 0 && server.writesOnDone == 0, "\(sequence) \(place)")
    }

    @Test(arguments: [15, 16, 17, 18, 19], 0..<12)
    func odoosStockIsWhatReallyHappened(series: Int, seed: Int) async throws {
        var dice = Dice(state: UInt64(seed * 31 + series))
        let desk = OdooDesk(series) { server in
            server.move(product: 9, lot: server.addLot("L-2", product: 9), by: 20)
        }
        var world = World()
        let first = await desk.server.firstBin
        for step in 0..<12 {
            let sequence = "series \(series), seed \(seed), step \(step)"
            let bin = Int.random(in: 0...1, using: &dice)
            let place = OdooPropertyTests.bins[bin]
            let thing = OdooPropertyTests.things[Int.random(in: 0..<4, using: &dice)]
            switch Int.random(in: 0...3, using: &dice) {
            case 0:
                // Put away, by us.
                let left = (thing.lot == nil ? 60 : thing.lot == "L-2" ? 20 : 18) - world.number(of: thing)
                guard left > 0 else { continue }
                let quantity = Int.random(in: 1...min(5, left), using: &dice)
                let line = TransferPush.Line(
                    product: nil, gtin: OdooServer.gtin(thing.article), lot: thing.lot, quantity: Quantity(quantity))
                let push = TransferPush(key: "quai/X/move/\(step)", from: "WH/Stock", to: place, lines: [line])
                try await OdooPropertyTests.insist(desk, &dice) { (connector) async throws(ERPFault) in
                    try await connector.push(push, dry: false)
                }
                world.add(place, thing, quantity)
                world.taken[thing, default: 0] += quantity
            case 1:
                // Shipped by a person in Odoo.
                let quantity = min(2, world.count(place, thing))
                let lot = thing.lot
                await desk.peer.change { server in
                    let id = lot.flatMap { server.lot(named: $0, product: Int64(thing.article)) }
                    server.move(
                        product: Int64(thing.article), location: first + Int64(bin), lot: id, by: -Double(quantity))
                }
                world.add(place, thing, -quantity)
            default:
                try await count(desk, &world, &dice, place: place, bin: first + Int64(bin), step: step)
            }
            await OdooPropertyTests.compare(desk, world, place, sequence)
        }
    }

    /// Something was lost or found that nobody told of; it is counted, and others move between beginning and push.
    private func count(
        _ desk: OdooDesk, _ world: inout World, _ dice: inout Dice, place: String, bin: Int64, step: Int
    ) async throws {
        let book = try await desk.connector().stock(at: place)
        for thing in OdooPropertyTests.things where Bool.random(using: &dice) {
            world.add(place, thing, Int.random(in: -min(2, world.count(place, thing))...2, using: &dice))
        }
        let lines = OdooPropertyTests.things.map { thing in
            let begin = book.first { $0.product == String(thing.article) && $0.lot == thing.lot }?.quantity
            let counted = Quantity(world.count(place, thing))
            return StockTakePush.Line(
                product: String(thing.article), gtin: OdooServer.gtin(thing.article), lot: thing.lot, counted: counted,
                expected: counted, begin: begin ?? 0)
        }
        let push = StockTakePush(
            key: "quai/X/take/\(step)", location: place, lines: lines)
        // More comes by other hands, before the push or between its calls.
        let comes = Int.random(in: 0...4, using: &dice)
        let come: @Sendable (inout OdooServer) -> Void = { $0.move(product: 2, location: bin, by: Double(comes)) }
        if Bool.random(using: &dice) {
            await desk.peer.change(come)
            world.add(place, Thing(article: 2), comes)
        } else {
            let needs = lines.contains { $0.change != 0 }
            if needs {
                await desk.peer.change { $0.intrude(before: "stock.quant.action_apply_inventory", come) }
                world.add(place, Thing(article: 2), comes)
            }
        }
        try await OdooPropertyTests.insist(desk, &dice) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        }
    }
}

extension OdooPropertyTests.World {
    func number(of thing: OdooPropertyTests.Thing) -> Int { taken[thing] ?? 0 }
}
