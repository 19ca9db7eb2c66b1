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
            // What would end or quote a name in a SIP header (RFC 3261, section 25.1) goes, whatever is joined to it.
            let scalars = CallerText.clean(name).unicodeScalars.filter { !"\"\\<>;".unicodeScalars.contains($0) }
            let name = String(String.UnicodeScalarView(scalars)).cut(to: AsteriskAMI.nameLimit)
            let places = calls.places(forName: call)
            guard !places.isEmpty, !name.isEmpty else {
                return report(command.id, .expired, nil, &reaction)
            }
            rights[command.id] = .name
            // The first answer counts: a telephone's, where one rings.
            action = places.flatMap { channel, function in
                amiAction(
                    "Setvar", id: command.id, [("Channel", channel), ("Variable", function), ("Value", name)])
            }
        case .dial, .cancel, .find: return
        }
        acts[command.id] = now + AsteriskAMI.answerPatience
        report(command.id, .accepted, nil, &reaction)
        reaction.send += action
    }

    /// Bytes of a name on a telephone; displays show 16 to 40 letters.
    static let nameLimit = 64

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
    /// How long after its first word, or the beginning of a ring, a call may still be given a name: a display that changes later
    /// says something else than what somebody has just read.
    static let namePatience: Duration = .milliseconds(300)

    /// Where a client's name is to be set: at each telephone that is called, whose display `CONNECTEDLINE(name)` renews, and at
    /// the caller, for telephones that are called later. None for calls that are not from outside, whose number is not known to be
    /// shown, or that have rung for longer.
    func places(forName call: String) -> [(channel: String, function: String)] {
        let running = calls.first { name($0.key) == call && $0.value.direction == .inbound }
        guard let (root, known) = running, known.presentation == .shown, known.caller?.withheld == false,
            let moment = known.rangAt, now <= moment + AMICalls.namePatience
        else { return [] }
        let members = known.members.sorted().compactMap { channels[$0] }
        let called = members.filter { $0.desk != nil && ($0.leg == .ringing || $0.leg == .none && $0.dialled) }
        let caller = members.filter { $0.id == root && $0.desk == nil && !$0.dialled && !$0.isLocal }
        return called.map { ($0.name, "CONNECTEDLINE(name)") } + caller.map { ($0.name, "CALLERID(name)") }
    }

    /// The channel of one's own telephone in a call that runs; the one that talks before one that rings.
    func channel(of desk: String, in call: String) -> AMIChannel? {
        let own = channels.values.filter { $0.desk == desk && !$0.isLocal && name($0.root) == call }
        return own.filter(\.isTalking).min { $0.id < $1.id } ?? own.min { $0.id < $1.id }
    }
}
