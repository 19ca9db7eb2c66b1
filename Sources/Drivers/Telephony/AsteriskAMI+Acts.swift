import Model

/// Hanging up and sending on from a card, and the name on the telephone (Asterisk documentation, AMI actions `Hangup`,
/// `BlindTransfer` and `Setvar`).
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
        case .name(let call, let name):
            action = calls.naming(call, AsteriskAMI.displayed(name), id: command.id)
            guard !action.isEmpty else { return report(command.id, .expired, nil, &reaction) }
            rights[command.id] = .name
        case .dial, .cancel, .find, .update: return
        }
        acts[command.id] = now + AsteriskAMI.answerPatience
        report(command.id, .accepted, nil, &reaction)
        reaction.send += action
    }

    /// Bytes of a name on a telephone; displays show 16 to 40 letters.
    static let nameLimit = 64

    /// Without what would end or quote a name in a SIP header (RFC 3261, section 25.1), whatever is joined to it.
    static func displayed(_ name: String) -> String {
        let bytes = CallerText.clean(name).utf8.filter {
            switch $0 {
            case 0x22, 0x3B, 0x3C, 0x3E, 0x5C: false
            default: true
            }
        }
        return String(decoding: bytes, as: UTF8.self).cut(to: nameLimit)
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
            (acts[id], rights[id]) = (nil, nil)
            report(id, .unknown, CallAct.isUnanswered, &reaction)
        }
    }
}

extension AMICalls {
    /// How long after its first word, or the beginning of a ring, a call may still be given a name: a display that changes later
    /// says something else than what somebody has just read.
    static let namePatience: Duration = .milliseconds(300)

    /// Sets a client's name at each telephone that is called, whose display `CONNECTEDLINE(name)` renews, and at the caller, for telephones
    /// that are called later. Nothing for calls that are not from outside, whose number is not known to be shown, or that have
    /// rung for longer. The first answer counts: a telephone's, where one rings.
    func naming(_ call: String, _ text: String, id: String) -> [UInt8] {
        var (telephones, caller): ([UInt8], [UInt8]) = ([], [])
        for (root, known) in calls where name(root) == call && known.direction == .inbound && !text.isEmpty {
            guard known.presentation == .shown, known.caller?.withheld == false, let moment = known.rangAt,
                now <= moment + AMICalls.namePatience
            else { continue }
            for member in known.members {
                guard let channel = channels[member], !channel.isLocal else { continue }
                func set(_ function: String) -> [UInt8] {
                    amiAction(
                        "Setvar", id: id, [("Channel", channel.name), ("Variable", function), ("Value", text)])
                }
                if channel.desk == nil {
                    if member == root, !channel.dialled { caller = set("CALLERID(name)") }
                } else if channel.leg == .ringing || channel.leg == .none && channel.dialled {
                    telephones += set("CONNECTEDLINE(name)")
                }
            }
        }
        return telephones + caller
    }

    /// The channel of one's own telephone in a call that runs; the one that talks before one that rings.
    func channel(of desk: String, in call: String) -> AMIChannel? {
        let own = channels.values.filter { $0.desk == desk && !$0.isLocal && name($0.root) == call }
        return own.filter(\.isTalking).min { $0.id < $1.id } ?? own.min { $0.id < $1.id }
    }
}
