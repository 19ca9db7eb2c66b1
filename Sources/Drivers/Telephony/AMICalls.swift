import Model

/// Turns AMI events into call signals, by the rules that reproduced the telephones' own log (observed).
/// A value without a connection: it can be fed a recording, from its middle too.
struct AMICalls {
    /// Channels whose presentation must be asked for before their call may be shown.
    var questions: [Question] = []
    /// True when a live connection can answer such questions; a recording shows what its exchange showed.
    var asksPresentation = false
    /// Channels that were held when a former run last heard of them; no list says it.
    var heldBefore: Set<String> = []

    /// This account may not ask: what no header tells stays masked.
    var masks = false
    /// A call is told at once, without a number where that is not known to be shown; else it waits a little for the answer.
    var isHasty = false
    /// The moment in which it is told something.
    var now = Instant.zero
    /// Asterisk 13 says nothing of a telephone that sends 183 without 180.
    var isSilentOnProgress = false

    /// Telephones whose call ended unheard, by channel: a call record may still tell how.
    var unsettled: [String: AMIChannel] = [:]

    let source: String
    var plan: DialPlan
    var channels: [String: AMIChannel] = [:]
    var calls: [String: AMICall] = [:]
    var aliases: [String: String] = [:]
    var ended = Ended(limit: 4096)
    /// Calls that were lost from sight, or ran when a former run stopped.
    var lost = Ended(limit: 4096)
    /// Names of calls whose Uniqueid had been another's, by that id.
    var renames: [String: String] = [:]
    var again = 1
    var out: [CallSignal] = []

    init(source: String, plan: DialPlan) {
        self.source = source
        self.plan = plan
    }

    func channel(_ id: String) -> AMIChannel? { channels[id] }
    var channelIDs: Set<String> { Set(channels.keys) }
    var roots: Set<String> { Set(calls.keys) }

    /// `decides`: asked when a telephone was called, so that the dial plan has said what it has to say.
    struct Question: Equatable {
        var channel: String
        var id: String
        var root: String
        var decides: Bool
    }

    mutating func takeQuestions() -> [Question] {
        guard !questions.isEmpty else { return [] }
        defer { questions = [] }
        return questions
    }

    /// A click to call is about to appear under this Uniqueid.
    mutating func expect(command: String, desk: String, number: String) {
        calls[command] = AMICall(
            command: command, desk: desk, number: number, isInternal: plan.isExtension(number))
    }

    mutating func forget(command: String) {
        if let call = calls[command], call.members.isEmpty, !call.announced { calls[command] = nil }
    }

    // MARK: events

    mutating func apply(_ message: AMIMessage) -> [CallSignal] {
        guard let event = message.event else { return [] }
        out = []
        switch event {
        case "Newchannel": created(message)
        case "Newstate": if let id = touch(message) { stateChanged(id, message) }
        case "CoreShowChannel", "Status": listed(message)
        case "DialBegin", "AgentCalled":
            let by = touch(message)
            if let id = touch(message, prefix: "dest") { dialled(id, by: by, message) }
            if let by { decide(by, message) }
        case "DialEnd", "DialState": dialEnded(message)
        case "NewCallerid": if let id = touch(message) { renamed(id, message) }
        case "DeviceStateChange": if isSilentOnProgress { progressed(message) }
        case "OriginateResponse":
            if let id = touch(message), message["response"] == "Success" { reached(id, message) }
        case "ConfbridgeJoin", "MeetmeJoin": joined(message)
        case "Hangup": hungUp(message)
        case "Hold": if let id = touch(message) { hold(id) }
        case "Unhold": if let id = touch(message) { resume(id) }
        case "QueueEntry": waits(message)
        case "QueueCallerJoin", "QueueCallerLeave": queue(message, joins: event == "QueueCallerJoin")
        case "BlindTransfer" where message["result"] == nil || message["result"] == "Success":
            touch(message, prefix: "transferee")
            if let id = touch(message, prefix: "transferer") {
                transfer(id, how: "blind", to: message.known("extension"))
            }
        case "AttendedTransfer": attended(message)
        case "Pickup": pickedUp(message)
        case "UnParkedCall":
            touch(message, prefix: "parkee")
            if let id = touch(message, prefix: "retriever") {
                channels[id]?.dialled = true
                if let channel = channels[id], channel.leg == .none { answered(id) }
            }
        case "Rename":
            if let id = message["uniqueid"], let name = message["newname"] { channels[id]?.rename(name, plan: &plan) }
        case "Cdr": recorded(message)
        case "Shutdown": endAll(.pbxStopped)
        default: touch(message)
        }
        return out
    }

    private mutating func created(_ message: AMIMessage) {
        renew(message)
        guard let id = touch(message), let channel = channels[id], !channel.isLocal else { return }
        // A call exists from the moment somebody dials; a telephone that is rung first shows itself when it rings.
        guard message["channelstate"] == "4", let call = calls[channel.root], call.direction != nil else { return }
        announce(channel.root)
        if channel.desk != nil, id == channel.root, !call.isOriginated { dials(id) }
    }

    /// A telephone that dials is of the call from here on.
    mutating func dials(_ id: String) {
        guard channels[id]?.leg == AMIChannel.Leg.none else { return }
        channels[id]?.leg = .dialling
        channels[id]?.isDialler = true
        emit(leg(.dialling, id))
    }

    private mutating func dialled(_ id: String, by: String?, _ message: AMIMessage) {
        guard let channel = channels[id] else { return }
        channels[id]?.dialled = true
        guard message.event == "DialBegin" else { return }
        if channel.desk == nil { channels[id]?.number = message.known("destcalleridnum") }
        // Nobody dials: a program has begun the call, and this is whom it calls first.
        if by == nil, message["channel"] == nil, id == channel.root {
            let number = message.known("dialstring").map { String($0.prefix { $0 != "@" }) }
            calls[id]?.originate(channel, number: number.flatMap { DialPlan.isDialable($0) ? $0 : nil })
        }
        redirected(to: id)
    }

    private mutating func renamed(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], channel.root == id, channel.desk == nil, !channel.dialled else { return }
        if calls[id]?.rename(message) == true { reintroduce(id) }
    }

    /// The caller hears something before anybody has answered: the one telephone that is called, and has not said so, rings.
    private mutating func progressed(_ message: AMIMessage) {
        guard message["state"] == "INUSE", let device = message["device"] else { return }
        for (root, call) in calls {
            guard let caller = channels[root], caller.name.hasPrefix(device + "-"), caller.desk == nil else { continue }
            let called = call.members.filter { channels[$0]?.dialled == true && channels[$0]?.isLocal == false }
            guard called.count == 1, let id = called.first, channels[id]?.leg == AMIChannel.Leg.none,
                channels[id]?.desk != nil
            else { continue }
            return rings(id)
        }
    }

    private mutating func joined(_ message: AMIMessage) {
        guard let id = touch(message), let channel = channels[id],
            let room = message.known("conference") ?? message.known("meetme")
        else { return }
        decide(id, message)
        announce(channel.root)
        var signal = CallSignal(.identity, call: name(channel.root))
        signal.conference = room
        emit(signal, channel.root)
    }

    private mutating func stateChanged(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], !channel.isLocal else { return }
        switch message["channelstatedesc"] {
        case "Ringing" where channel.leg == .none:
            rings(id)
        case "Up" where channel.awaitsAnswer: answered(id)
        case "Up" where channel.leg == .dialling: connects(id)
        default: break
        }
    }

    /// Whoever dialled is connected: somebody has answered, or the exchange itself.
    mutating func connects(_ id: String) {
        channels[id]?.leg = .talking
        emit(leg(.answered, id))
    }

    mutating func rings(_ id: String) {
        guard let root = channels[id]?.root else { return }
        channels[id]?.leg = .ringing
        channels[id]?.answersBefore = calls[root]?.answers ?? 0
        if let channel = channels[id] { calls[root]?.seat(channel) }
        calls[root]?.rangAt = now
        announce(root)
        emit(leg(.ringing, id))
    }

    mutating func answered(_ id: String, how: String? = nil) {
        guard let channel = channels[id] else { return }
        channels[id]?.leg = .talking
        calls[channel.root]?.answered(by: channel)
        // Called before this connection was there.
        if asksPresentation, let call = calls[channel.root], call.presentation == .unknown, call.deciding.isEmpty {
            inquire(channel.root)
        }
        announce(channel.root)
        var signal = leg(.answered, id)
        signal.how = how
        emit(signal)
    }

    /// The other side was sent from a telephone that talked to another one, and no event said so (AMI `Redirect`).
    private mutating func redirected(to id: String) {
        guard let channel = channels[id], !channel.isLocal, let leaver = calls[channel.root]?.leaver else { return }
        calls[channel.root]?.leaver = nil
        var signal = CallSignal(.transferred, call: name(channel.root))
        (signal.how, signal.by, signal.to) = ("redirect", leaver, channel.desk)
        emit(signal, channel.root)
    }

    private mutating func dialEnded(_ message: AMIMessage) {
        touch(message)
        guard let id = touch(message, prefix: "dest") else { return }
        channels[id]?.dialled = true
        guard message.event == "DialEnd" else {
            // 183 without 180: its caller hears something, so it rings.
            if message["dialstatus"] == "PROGRESS", let channel = channels[id], !channel.isLocal,
                channel.leg == AMIChannel.Leg.none
            {
                rings(id)
            }
            return
        }
        if isSilentOnProgress, let status = message["dialstatus"], ["ANSWER", "CANCEL", "NOANSWER"].contains(status),
            let channel = channels[id], channel.desk != nil, !channel.isLocal, channel.leg == AMIChannel.Leg.none,
            !channel.forwarded, message.known("forward") == nil
        {
            rings(id)
        }
        if let status = message["dialstatus"] {
            channels[id]?.dialStatuses.append(status)
            // Joined in the middle of a call, this may be the first that is heard of its being answered.
            if status == "ANSWER", let channel = channels[id], !channel.isLocal,
                channel.leg == .none || channel.leg == .ringing
            {
                answered(id)
            }
        }
        if let target = message.known("forward"), let channel = channels[id], !channel.forwarded {
            channels[id]?.forwarded = true
            guard let desk = channel.desk else { return }
            announce(channel.root)
            var signal = CallSignal(.transferred, call: name(channel.root))
            (signal.how, signal.by) = ("forward", desk)
            // `Local/102@internal` is 102.
            signal.to = String((target.split(separator: "/").last ?? "").prefix { $0 != "@" })
            emit(signal, channel.root)
        }
    }

    private mutating func hungUp(_ message: AMIMessage) {
        guard let id = touch(message), var channel = channels[id] else { return }
        channel.hangupCause = message["cause"].flatMap { Int($0) }
        let root = channel.root
        if channel.isDialler {
            var signal = leg(.legEnded, id)
            signal.cause = .normal
            emit(signal)
        } else if channel.leg != .none || (channel.dialled && !channel.isLocal) {
            let cause = channel.cause(answers: calls[root]?.answers ?? 0)
            calls[root]?.left(by: channel, cause)
            if channel.leg != .none {
                var signal = leg(.legEnded, id)
                signal.cause = cause
                emit(signal)
            }
        }
        remove(id)
        if !isAlive(root), let call = calls[root] { end(root, call.cause(hangup: channel.hangupCause)) }
    }

    /// A call lives as long as one of its channels is more than a half in between.
    func isAlive(_ root: String) -> Bool { calls[root]?.members.contains { channels[$0]?.isLocal == false } ?? false }

    mutating func hold(_ id: String) {
        guard channels[id]?.leg == .talking else { return }
        channels[id]?.leg = .held
        emit(leg(.held, id))
    }

    private mutating func resume(_ id: String) {
        guard channels[id]?.leg == .held else { return }
        channels[id]?.leg = .talking
        emit(leg(.resumed, id))
    }

    mutating func queue(_ message: AMIMessage, joins: Bool) {
        guard let id = touch(message), let root = channels[id]?.root else { return }
        if joins { decide(id, message) }
        announce(root)
        if !joins, calls[root]?.queue == nil, let queue = message.known("queue") { enqueue(root, queue) }
        calls[root]?.queue = joins ? message.known("queue") : nil
        var signal = CallSignal(joins ? .queued : .dequeued, call: name(root))
        signal.queue = message.known("queue")
        emit(signal, root)
    }

    private mutating func transfer(_ id: String, how: String, to: String?) {
        guard let channel = channels[id] else { return }
        channels[id]?.hasTransferred = true
        calls[channel.root]?.leaver = nil
        announce(channel.root)
        var signal = CallSignal(.transferred, call: name(channel.root))
        signal.how = how
        signal.by = channel.desk
        signal.to = to
        emit(signal, channel.root)
    }

    private mutating func attended(_ message: AMIMessage) {
        guard message["result"] == nil || message["result"] == "Success",
            let original = touch(message, prefix: "origtransferer")
        else { return }
        let second = touch(message, prefix: "secondtransferer")
        touch(message, prefix: "transferee")
        let target = touch(message, prefix: "transfertarget")
        var outside = second.flatMap { channels[$0]?.root }.flatMap { calls[$0] }
        if outside?.direction != .outbound { outside = nil }
        if let second, let from = channels[second]?.root, let into = channels[original]?.root {
            merge(from, into: into)
        }
        let blonde = message["desttype"] == "App"
        // A transfer by the exchange's own code names a Local half: then it is whoever else talks, or rings.
        let to =
            target.flatMap { channels[$0]?.desk } ?? outside?.called ?? otherDesk(than: original)
            ?? message.known("transfertargetcalleridnum")
        if let second { channels[second]?.hasTransferred = true }
        transfer(original, how: blonde ? "blonde" : "attended", to: to)
    }

    private func otherDesk(than id: String) -> String? {
        guard let channel = channels[id], let members = calls[channel.root]?.members else { return nil }
        let others = members.sorted().compactMap { channels[$0] }.filter {
            !$0.isDialler && ($0.desk != nil && $0.desk != channel.desk || $0.number != nil)
        }
        let other =
            others.first { $0.leg == .talking && $0.desk != nil } ?? others.first {
                $0.leg == .ringing && $0.desk != nil
            }
            ?? others.first { $0.isTalking || $0.leg == .ringing }
        return other.flatMap { $0.desk ?? $0.number }
    }

    private mutating func pickedUp(_ message: AMIMessage) {
        guard let taker = touch(message), let target = touch(message, prefix: "target"),
            let from = channels[taker]?.root, let into = channels[target]?.root, let channel = channels[taker],
            channel.leg != .talking || channel.isDialler
        else { return }
        merge(from, into: into)
        transfer(taker, how: "pickup", to: channels[taker]?.desk)
        channels[taker]?.dialled = true
        channels[taker]?.isDialler = false
        answered(taker, how: "pickup")
    }
}
