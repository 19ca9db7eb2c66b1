import ERPPeers
import Model
import Testing

@testable import ERP

/// For every call of each push: the process dies before it, or after its effect; no answer comes; the answer lies.
/// A fresh process pushes again, and the push has been applied exactly once.
struct TrytonCrashTests {
    enum Kind: String, CaseIterable {
        case short, givenUp, excess, order, tracked, blind, take, complete, difference, transfer, correction, damage,
            call, party
    }

    static let cases = ["7.0", "8.0", "8.2", "8.2 REST"].flatMap { series in Kind.allCases.map { (series, $0) } }

    private func push(_ kind: Kind, _ server: TrytonServer, _ connector: TrytonConnector) async throws -> PushOutcome {
        switch kind {
        case .short: return try await connector.push(Pushes.short(server), dry: false)
        case .givenUp: return try await connector.push(Pushes.short(server, backorder: false), dry: false)
        case .excess: return try await connector.push(Pushes.excess(server), dry: false)
        case .order: return try await connector.push(Pushes.order(server), dry: false)
        case .tracked: return try await connector.push(Pushes.tracked(server), dry: false)
        case .blind: return try await connector.push(Pushes.blind, dry: false)
        case .take: return try await connector.push(Pushes.take, dry: false)
        case .complete:
            var take = Pushes.take
            take.isComplete = true
            return try await connector.push(take, dry: false)
        case .difference: return try await connector.push(Pushes.difference, dry: false)
        case .transfer: return try await connector.push(Pushes.transfer, dry: false)
        case .correction: return try await connector.push(Pushes.correction(), dry: false)
        case .damage:
            var push = Pushes.short(server)
            push.lines[0].damaged = 3
            return try await connector.push(push, dry: false)
        case .call: return try await connector.push(Pushes.call, dry: false)
        case .party: return try await connector.push(Pushes.party, dry: false)
        }
    }

    /// Nil: applied exactly once.
    private func wrong(_ kind: Kind, _ server: TrytonServer) -> String? {
        func stock(_ product: Int64, _ quantity: Double, lot: String? = nil, place: Int64 = TrytonServer.storage)
            -> String?
        {
            let there = server.stock(product: product, lot: lot, place: place)
            return there == quantity ? nil : "article \(product) \(lot ?? ""): \(there), not \(quantity)"
        }
        func count(_ model: String, _ number: Int) -> String? {
            server.count(model) == number ? nil : "\(server.count(model)) of \(model), not \(number)"
        }
        let bin = TrytonServer.bin
        switch kind {
        case .short:
            return stock(1, 50) ?? stock(2, 40)
                ?? (server.stillToCome == [1: 10, 4: 10] ? nil : "\(server.stillToCome)")
        case .givenUp:
            return stock(1, 50) ?? stock(2, 40) ?? (server.stillToCome.isEmpty ? nil : "\(server.stillToCome)")
        case .excess:
            return stock(1, 70) ?? stock(2, 40) ?? stock(8, 3)
                ?? (server.stillToCome == [4: 10] ? nil : "\(server.stillToCome)")
        case .order:
            return stock(15, 3) ?? stock(16, 4) ?? count("stock.shipment.in", 4)
                ?? (server.stillToCome == [15: 2] ? nil : "\(server.stillToCome)")
        case .tracked:
            return stock(9, 3, lot: "L1") ?? stock(9, 3, lot: "L2") ?? stock(18, 1, lot: "S1") ?? stock(
                18, 1, lot: "S2")
                ?? count("stock.lot", 5) ?? (server.stillToCome.isEmpty ? nil : "\(server.stillToCome)")
        case .blind:
            return stock(8, 12) ?? stock(18, 1, lot: "S9") ?? count("stock.shipment.in", 4) ?? count("stock.lot", 1)
        case .take, .complete:
            return stock(3, 38, place: bin) ?? stock(18, 1, lot: "S7", place: bin) ?? count("stock.inventory", 1)
                ?? count("ir.note", 1)
        case .difference:
            return stock(3, 40, place: bin) ?? stock(18, 1, lot: "S7", place: bin) ?? stock(
                18, 0, lot: "S1", place: bin)
                ?? count("stock.inventory", 1)
        case .transfer:
            return stock(5, 12, place: bin) ?? stock(5, 8) ?? stock(18, 1, lot: "S1", place: bin) ?? stock(
                18, 0, lot: "S1")
                ?? count("stock.shipment.internal", 1)
        case .correction:
            return stock(1, 56) ?? stock(2, 35) ?? count("stock.shipment.in", 4) ?? count("stock.shipment.in.return", 1)
                ?? (server.stillToCome == [1: 4, 4: 10] ? nil : "\(server.stillToCome)")
        case .damage:
            return stock(1, 47) ?? stock(2, 40) ?? stock(1, 3, place: 4) ?? count("stock.shipment.internal", 1)
        case .call: return count("ir.note", 1)
        case .party: return count("party.party", 7)
        }
    }

    @Test(arguments: cases)
    func itIsAppliedExactlyOnce(series: String, kind: Kind) async throws {
        let usesKey = series.hasSuffix("REST")
        var fresh = TrytonServer(series: String(series.prefix(3)))
        if kind == .difference {
            // Four came in after the beginning, which nobody here knows of.
            fresh.lay(3, 4, at: TrytonServer.bin)
            fresh.lay(18, 1, lot: "S1", at: TrytonServer.bin)
        }
        // Nobody accepts warnings over REST.
        if usesKey, kind == .blind || kind == .excess { return }
        if kind == .order { fresh.order(2, "PO-REF-1004", [(15, 5), (16, 4)]) }
        if kind == .transfer {
            fresh.lay(5, 20, at: TrytonServer.storage)
            fresh.lay(18, 1, lot: "S1", at: TrytonServer.storage)
        }
        if kind == .correction {
            let before = TrytonDesk(fresh)
            _ = try await before.connector(usesKey: usesKey).push(Pushes.short(fresh), dry: false)
            fresh = before.server
        }
        let earlier = fresh.requests
        let damaged = kind == .damage ? "Lost" : nil
        let calm = TrytonDesk(fresh)
        _ = try await push(kind, fresh, calm.connector(usesKey: usesKey, damaged: damaged))
        #expect(wrong(kind, calm.server) == nil)
        let calls = calm.server.requests - earlier

        for call in 1...calls {
            for way in 0..<2 {
                let desk = TrytonDesk(fresh)
                if way == 0 { desk.die(before: call) } else { desk.die(after: call) }
                _ = try? await push(kind, fresh, desk.connector(usesKey: usesKey, damaged: damaged))
                desk.die()
                _ = try await push(kind, fresh, desk.connector(usesKey: usesKey, damaged: damaged))
                let wrong = wrong(kind, desk.server)
                #expect(
                    wrong == nil,
                    "\(series) \(kind), died \(way == 0 ? "before" : "after") call \(call): \(wrong ?? "")")
            }
            let troubles: [TrytonServer.Trouble] = [
                .lost, .answerLost, .lie, .reply(ERPReply(status: 502, body: Array("<html>Bad gateway</html>".utf8))),
                .reply(
                    ERPReply(
                        status: 200, headers: ["content-type": "text/html"], body: Array("<html>Welcome</html>".utf8))),
                .reply(ERPReply(status: 302, headers: ["location": "/login"], body: [])),
                .reply(ERPReply(status: 429, headers: ["retry-after": "9"], body: [])),
            ]
            for trouble in troubles {
                let desk = TrytonDesk(fresh)
                desk.change { $0.troubles = [earlier + call: trouble] }
                // Whatever this one says, the next push mends it; and it says `done` only of what is.
                if let outcome = try? await push(kind, fresh, desk.connector(usesKey: usesKey, damaged: damaged)),
                    case .done = outcome
                {
                    #expect(
                        wrong(kind, desk.server) == nil, "\(series) \(kind), \(trouble) at \(call): done, and is not")
                }
                _ = try await push(kind, fresh, desk.connector(usesKey: usesKey, damaged: damaged))
                let wrong = wrong(kind, desk.server)
                #expect(wrong == nil, "\(series) \(kind), \(trouble) at \(call): \(wrong ?? "")")
            }
        }
    }
}
