import Depot
import Model
import Uplink

/// The broker and its lines: late, lost, doubled.
extension World {
    mutating func send(_ message: Message, up: Bool) {
        guard brokerUp, linked else { return }
        if isFaulty, chance(6) { return }
        for _ in 0..<(isFaulty && chance(8) ? 2 : 1) {
            let delay = Int64.random(in: 1...(isFaulty ? 120 : 5), using: &dice)
            var piece = Travelling(at: now + .milliseconds(delay), message: message, connection: connection)
            if up {
                // Hellos and frames come on two connections of one machine: each keeps its order.
                let isBulk = if case .frame = message { true } else { false }
                let before = toCentre.last {
                    let other = if case .frame = $0.message { true } else { false }
                    return other == isBulk && $0.connection == connection
                }
                if let before, before.at > piece.at { piece.at = before.at }
                toCentre.append(piece)
            } else {
                toAgent.append(piece)
            }
        }
    }

    mutating func deliver() {
        let due = toCentre.filter { $0.at <= now }
        toCentre.removeAll { $0.at <= now }
        if !due.isEmpty, !centres.contains(where: { $0 != nil }) { reply(.unheard) }
        for index in centres.indices {
            var frames: [(agent: String, payload: [UInt8])] = []
            for piece in due {
                // Every instance hears everything. Frames and hellos keep their order.
                if case .frame(let bytes) = piece.message {
                    frames.append(("dock", bytes))
                    continue
                }
                apply(&frames, index)
                if case .hello(let hello) = piece.message { greet(hello, index) }
                if case .urgent(let id, let expires) = piece.message, index == 0, centres[0] != nil {
                    if now >= expires { problem = "a stale call reached the centre" }
                    reply(.taken(id: id))
                }
            }
            apply(&frames, index)
        }
        let back = toAgent.filter { $0.at <= now }
        toAgent.removeAll { $0.at <= now }
        for piece in back where linked && piece.connection == connection {
            switch piece.message {
            case .ack(let ack): converse(.ack(ack))
            case .taken(let id):
                converse(.ack(Ack(epoch: 0, lane: .urgent, cumulative: 0, selective: [id...id])))
            case .presence(let index, let lives): converse(.presence(instance: "\(index)", lives: lives))
            case .unheard: converse(.unheard)
            case .frame, .hello, .urgent: break
            }
        }
    }

    /// The broker keeps what an instance last said of itself, and says so of one that broke off. In order, and never lost
    /// while the connection stands.
    mutating func announce(_ index: Int, lives: Bool) {
        guard brokerUp, linked else { return }
        var piece = Travelling(
            at: now + .milliseconds(Int64.random(in: 1...(isFaulty ? 120 : 5), using: &dice)),
            message: .presence(index, lives: lives), connection: connection)
        let before = toAgent.last { if case .presence = $0.message { true } else { false } }
        if let before, before.at > piece.at { piece.at = before.at }
        toAgent.append(piece)
    }
}
