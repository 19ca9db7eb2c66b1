import Model
import Platform

/// What waits to be sent to agents: anybody posts, the link to the broker takes.
final class AgentMail: Sendable {
    enum Message: Sendable {
        case ack(agent: String, Ack)
        case command(agent: String, Command)
        case configuration(agent: String, DesiredConfiguration)
        case expected(agent: String, [UInt8])
        /// To whoever listens, no agent.
        case said(Said)
    }

    struct Said: Sendable {
        var topic: String
        var payload: [UInt8]
        var retain = false
        /// MQTT 5's content type.
        var type: String?
        /// The entry of the ledger that it tells of, where somebody wants to know that the broker has it.
        var seq: Int64?
    }

    private struct Box {
        var messages: [Message] = []
        /// Where the last acknowledgement for each agent's lane stands in `messages`.
        var acks: [AckKey: Int] = [:]
    }

    private struct AckKey: Hashable {
        var agent: String
        var epoch: UInt64
        var lane: Lane
    }

    /// Messages that wait for the connection; beyond it they are dropped. Acknowledgements come again, a command expires, a
    /// configuration is published again when the broker is back.
    static let limit = 20_000

    private let box = Locked(Box())
    private let dropped = Locked(UInt64(0))
    /// Signalled when there is something.
    let wake = Wakeup()

    /// Messages beyond what may wait.
    var unsent: UInt64 { dropped.with { $0 } }

    func post(_ message: Message) { post([message]) }

    func post(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        let untaken = box.with { box in messages.count { !AgentMail.put($0, in: &box) } }
        if untaken > 0 { dropped.with { $0 += UInt64(untaken) } }
        wake.signal()
    }

    private static func put(_ message: Message, in box: inout Box) -> Bool {
        // Only the acknowledgement of what is committed replaces the one before: answers to a hello, single numbers and
        // refusals are each said, and nothing newer before them.
        var key: AckKey?
        if case .ack(let agent, let ack) = message {
            let place = AckKey(agent: agent, epoch: ack.epoch, lane: ack.lane)
            if ack.hello == nil, ack.verdict == .welcome, ack.selective.isEmpty, ack.rejected.isEmpty {
                if let index = box.acks[place], case .ack(_, let before) = box.messages[index] {
                    if ack.cumulative >= before.cumulative { box.messages[index] = message }
                    return true
                }
                key = place
            } else {
                box.acks[place] = nil
            }
        }
        guard box.messages.count < AgentMail.limit else { return false }
        if let key { box.acks[key] = box.messages.count }
        box.messages.append(message)
        return true
    }

    /// Everything that waits, in order.
    func take() -> [Message] {
        box.with { box in
            let messages = box.messages
            box = Box()
            return messages
        }
    }
}
