import Model

/// What the exchange lists after a gap, and what ends with the line.
extension AMICalls {
    // MARK: lists

    mutating func listed(_ message: AMIMessage) {
        guard let id = touch(message), let channel = channels[id], !channel.isLocal else { return }
        let root = channel.root
        let application = message["application"] ?? ""
        let isCalled =
            channel.dialled || application == "AppDial" || application == "AppQueue" || message["channelstate"] == "5"
        if isCalled {
            channels[id]?.dialled = true
        } else if channels[root] == nil || id == root {
            // The channel that began the call may be gone: then the caller that is left stands for it.
            let wasKnown = calls[root]?.direction != nil
            calls[root]?.introduce(channel, message, plan: &plan)
            decide(id, message)
            if !wasKnown, calls[root]?.announced == true { reintroduce(root) }
        }
        if let number = message.known("dnid"), id == root { correct(root, called: number) }
        announce(root)
        guard isCalled else {
            if application == "Queue" { waits(root, message) }
            if channel.desk != nil, id == root, let call = calls[root], !call.isOriginated, channel.leg == .none {
                dials(id)
                if message["channelstatedesc"] == "Up" { connects(id) }
            }
            return
        }
        switch message["channelstatedesc"] {
        case "Ringing" where channel.leg == .none: rings(id)
        case "Up" where channel.leg == .none || channel.leg == .ringing:
            answered(id)
            if heldBefore.remove(id) != nil { hold(id) }
        default: break
        }
    }

    /// A telephone that rang when the line broke is up: nobody heard when it was answered.
    mutating func wasAnswered(_ id: String) -> [CallSignal] {
        out = []
        if channels[id]?.leg == .ringing { answered(id) }
        return out
    }

    // MARK: queues

    /// A caller whom the dial plan has put into a queue: `support,tT,,,60`. In a bridge somebody talks to them already.
    private mutating func waits(_ root: String, _ message: AMIMessage) {
        guard calls[root]?.queue == nil, message.known("bridgeid") == nil,
            let queue = message.known("applicationdata") ?? message.known("data")
        else { return }
        let name = String(queue.prefix { $0 != "," })
        if !name.isEmpty { enqueue(root, name) }
    }

    /// An entry of `QueueStatus`. It names no call: only a channel that the list has named has one.
    mutating func waits(_ message: AMIMessage) {
        guard let id = message.known("uniqueid"), let root = channels[id]?.root, calls[root]?.queue == nil,
            let queue = message.known("queue")
        else { return }
        announce(root)
        enqueue(root, queue)
    }

    mutating func enqueue(_ root: String, _ queue: String) {
        calls[root]?.queue = queue
        var signal = CallSignal(.queued, call: name(root))
        signal.queue = queue
        emit(signal, root)
    }

    /// The number the caller dialled, where the dial plan has gone on to another extension since.
    mutating func correct(_ root: String, called: String) {
        guard calls[root]?.called != called, calls[root]?.direction != .outbound else { return }
        calls[root]?.called = called
        if calls[root]?.announced == true { reintroduce(root) }
    }

    /// Says again who calls whom, now that it is known.
    mutating func reintroduce(_ root: String) {
        if let call = calls[root] { emit(call.identity(as: name(root)), root) }
    }

    /// After a complete list: what was running before and is not listed has ended unseen.
    mutating func reconcile(listed: Set<String>, known: Set<String>) -> [CallSignal] {
        out = []
        for id in known.subtracting(listed).sorted() {
            guard let channel = channels[id] else { continue }
            if channel.leg != .none {
                var signal = leg(.legEnded, id)
                signal.cause = .lost
                emit(signal)
            }
            remove(id, isLost: true)
            if !isAlive(channel.root) { end(channel.root, .lost) }
        }
        return out
    }

    /// A call record (AMI event `Cdr`, one for each telephone that was called) of a telephone that was lost from sight. It comes late
    /// where the exchange writes records in batches (`cdr.conf`).
    mutating func recorded(_ message: AMIMessage) {
        guard let name = message["destinationchannel"], let lost = unsettled.removeValue(forKey: name),
            lost.root == message["uniqueid"] || message["channel"]?.hasPrefix("Local/") == true
        else { return }
        var signal = CallSignal(.legEnded, call: self.name(lost.root))
        (signal.leg, signal.how) = (lost.id, CallSignal.record)
        signal.cause =
            switch message["disposition"] {
            case "ANSWERED": .normal
            case "NO ANSWER", "CANCEL": .noAnswer
            case "BUSY": .busy
            default: .unreachable
            }
        let whole = message["duration"].flatMap { Int($0) } ?? 0
        let talk = message["billableseconds"].flatMap { Int($0) } ?? 0
        if talk >= 0, whole >= talk { (signal.ringSeconds, signal.talkSeconds) = (whole - talk, talk) }
        emit(signal, lost.root)
    }

    /// Everything ends: the exchange stopped, or it has been away too long.
    mutating func abandon(_ cause: CallCause) -> [CallSignal] {
        out = []
        endAll(cause)
        return out
    }

    mutating func endAll(_ cause: CallCause) {
        for root in calls.keys.sorted() {
            for id in (calls[root]?.members ?? []).sorted() {
                if let channel = channels[id], channel.leg != .none {
                    var signal = leg(.legEnded, id)
                    signal.cause = cause
                    emit(signal)
                }
                remove(id, isLost: cause == .lost)
            }
            end(root, cause)
        }
    }
}
