import Model

/// Click to call.
extension AsteriskAMI {
    // MARK: click to call

    mutating func obey(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        switch command.action {
        case .dial(let desk, let number, _, _):
            guard phase == .running else {
                return report(command.id, .failed, "not connected to the exchange", &reaction)
            }
            guard DialPlan.isDialable(number), AsteriskAMI.isName(desk) else {
                return report(command.id, .failed, "not a number that can be dialled", &reaction)
            }
            dials[command.id] = Dial(desk: desk, number: number, due: now + AsteriskAMI.answerPatience)
            calls.expect(command: command.id, desk: desk, number: number)
            let presents = settings.presents(desk, isInside: calls.plan.isExtension(number))
            let caller = presents ?? desk
            reaction.send += amiAction(
                "Originate", id: command.id,
                [
                    (
                        "Channel",
                        settings.channel.split(separator: "%", omittingEmptySubsequences: false).joined(separator: desk)
                    ),
                    ("ChannelId", command.id), ("Context", settings.context), ("Exten", number), ("Priority", "1"),
                    ("Timeout", "30000"), ("CallerID", "\"\(caller)\" <\(caller)>"), ("Async", "true"),
                ])
            reaction.observations.append(
                .progress(CommandProgress(id: command.id, state: .accepted, presents: presents)))
        case .cancel(let id):
            guard let channel = calls.channel(id), dials[id] != nil else {
                return report(command.id, .failed, "there is nothing left to cancel", &reaction)
            }
            dials[id]?.cancelled = true
            reaction.send += amiAction("Hangup", id: command.id, [("Channel", channel.name)])
            report(command.id, .done, nil, &reaction)
        case .hangUp, .transfer, .name: act(command, now, &reaction)
        case .find, .update: break  // no exchange's business
        }
    }

    func report(
        _ id: String, _ state: CommandProgress.State, _ cause: String?, _ reaction: inout Reaction
    ) {
        reaction.observations.append(.progress(CommandProgress(id: id, state: state, cause: cause)))
    }

    mutating func progress(
        _ id: String, _ state: CommandProgress.State, cause: String? = nil, _ reaction: inout Reaction
    ) {
        guard let dial = dials[id], dial.state != state else { return }
        dials[id]?.state = state
        report(id, state, cause, &reaction)
        if state.isFinal { dials[id] = nil }
    }

    /// Follows our own calls by the Uniqueid that we chose.
    mutating func follow(_ signal: CallSignal, _ reaction: inout Reaction) {
        guard !dials.isEmpty else { return }
        for id in dials.keys where signal.call == (settings.name.isEmpty ? id : "\(settings.name)/\(id)") {
            switch signal.event {
            case .merged:
                // It has become part of another call: whoever clicked talks, or nobody can say.
                progress(id, dials[id]?.state == .talking ? .done : .unknown, &reaction)
            case .ringing: progress(id, signal.leg == id ? .ringingOwn : .ringingOther, &reaction)
            case .answered: progress(id, signal.leg == id ? .ringingOther : .talking, &reaction)
            case .ended:
                let talked = dials[id]?.state == .talking || signal.cause == .normal
                if dials[id]?.cancelled == true {
                    progress(id, .cancelled, &reaction)
                } else if talked {
                    progress(id, .done, &reaction)
                } else if signal.cause == .lost {
                    // It may have been answered while the exchange could not be heard.
                    progress(id, .unknown, cause: "the link to the exchange broke meanwhile", &reaction)
                } else {
                    progress(id, .failed, cause: signal.cause?.rawValue, &reaction)
                }
            default: break
            }
        }
    }

    mutating func originated(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        guard let id = message.id, let dial = dials[id], message["response"] == "Failure" else { return }
        // Busy and declined look alike here; the hang-up that follows tells them apart.
        guard message["reason"] == "3" || calls.channel(id) == nil else {
            dials[id]?.hasFailed = true
            dials[id]?.due = now + AsteriskAMI.reasonPatience
            return
        }
        let cause = message["reason"] == "3" ? CallCause.noAnswer.rawValue : "failed"
        progress(id, dial.cancelled ? .cancelled : .failed, cause: cause, &reaction)
        calls.forget(command: id)
    }

    /// `OriginateResponse` cannot tell busy from declined; the hang-up of our own channel can.
    mutating func hungUp(_ message: AMIMessage, _ reaction: inout Reaction) {
        guard message.event == "Hangup", let id = message["uniqueid"], let dial = dials[id],
            dial.state == .accepted || dial.state == .ringingOwn
        else { return }
        let cause = AMIChannel.cause(hangup: message["cause"].flatMap { Int($0) })
        progress(id, dial.cancelled ? .cancelled : .failed, cause: cause.rawValue, &reaction)
        calls.forget(command: id)
    }

    static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
                    || $0 == 0x2D || $0 == 0x2E
            }
    }
}
