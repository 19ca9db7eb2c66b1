import Model

/// Hanging up and sending on from a card (Asterisk documentation, AMI actions `Hangup` and `BlindTransfer`).
extension AsteriskAMI {
    mutating func act(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        guard phase == .running else {
            return report(command.id, .failed, "not connected to the exchange", &reaction)
        }
        let action: [UInt8]
        switch command.action {
        case .hangUp(let call, let desk):
            guard let channel = calls.channel(of: desk, in: call) else {
                return report(command.id, .failed, CallAct.isGone, &reaction)
            }
            // Q.850: 21 is refused, 16 is over.
            let cause = channel.leg == .ringing ? "21" : "16"
            action = amiAction("Hangup", id: command.id, [("Channel", channel.name), ("Cause", cause)])
        case .transfer(let call, let desk, let number):
            guard DialPlan.isDialable(number) else {
                return report(command.id, .failed, "not a number that can be dialled", &reaction)
            }
            guard let channel = calls.channel(of: desk, in: call), channel.isTalking else {
                return report(command.id, .failed, CallAct.isGone, &reaction)
            }
            // Whoever is bridged to this channel goes to the extension; the channel itself is let go.
            action = amiAction(
                "BlindTransfer", id: command.id,
                [("Channel", channel.name), ("Context", settings.context), ("Exten", number)])
        case .dial, .cancel, .find: return
        }
        acts[command.id] = now + AsteriskAMI.answerPatience
        report(command.id, .accepted, nil, &reaction)
        reaction.send += action
    }

    /// The exchange says at once whether it did it.
    mutating func acted(_ id: String, _ message: AMIMessage, _ reaction: inout Reaction) {
        guard acts.removeValue(forKey: id) != nil else { return }
        let isDone = message["response"] == "Success"
        report(id, isDone ? .done : .failed, isDone ? nil : message["message"] ?? CallAct.isRefused, &reaction)
    }

    /// Nobody can say any more whether these were done; all of them where no time is given.
    mutating func loseActs(at now: Instant?, _ reaction: inout Reaction) {
        for id in acts.keys.sorted() {
            if let now, let due = acts[id], now < due { continue }
            acts[id] = nil
            report(id, .unknown, CallAct.isUnanswered, &reaction)
        }
    }
}

extension AMICalls {
    /// The channel of one's own telephone in a call that runs; the one that talks before one that rings.
    func channel(of desk: String, in call: String) -> AMIChannel? {
        let own = channels.values.filter { $0.desk == desk && !$0.isLocal && name($0.root) == call }
        return own.filter(\.isTalking).min { $0.id < $1.id } ?? own.min { $0.id < $1.id }
    }
}
