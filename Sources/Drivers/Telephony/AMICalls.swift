import Model

/// Turns AMI events into call signals, by the rules that reproduced the telephones' own log (observed).
/// A value without a connection: it can be fed a recording, from its middle too.
struct AMICalls {
    struct Channel {
        enum Leg { case none, ringing, talking, held }

        var id: String
        var name: String
        var root: String
        var desk: String?
        var isLocal: Bool
        /// It was called (target of a dial), so that Up means "answered".
        var dialled = false
        var leg = Leg.none
        var connected: (number: String?, name: String?) = (nil, nil)
        var dialStatuses: [String] = []
        var forwarded = false
        var hangupCause: Int?
        /// How often its call had been answered when it began to ring.
        var answersBefore = 0
        /// It has handed its call to somebody else: its end is no news.
        var hasTransferred = false
    }

    private struct Call {
        var members: Set<String> = []
        /// Something was said about it, so its end must be said too.
        var announced = false
        var direction: CallDirection?
        var caller: Party?
        var called: String?
        var presentation = Presentation.shown
        var asked = false
        /// Conversations with somebody other than who began the call.
        var answers = 0
        var lastCause: CallCause?
        var command: String?
        var queue: String?
        /// A telephone that talked and went, while the other side stayed.
        var leaver: String?
        /// Signals that wait until the caller's presentation is known.
        var waiting: [CallSignal]?
    }

    /// Whether the caller's number may be shown. While it is unknown, no number leaves this value.
    private enum Presentation { case shown, hidden, unknown }

    /// Channels whose presentation must be asked for before their call may be shown.
    private(set) var questions: [(channel: String, id: String)] = []
    /// True when a live connection can answer such questions; a recording shows what its exchange showed.
    var asksPresentation = false

    private let source: String
    private var plan: DialPlan
    private var channels: [String: Channel] = [:]
    private var calls: [String: Call] = [:]
    private var aliases: [String: String] = [:]
    private var gone: [String] = []
    private var goneSet: Set<String> = []
    private var out: [CallSignal] = []

    static let goneLimit = 4096

    init(source: String, plan: DialPlan) {
        self.source = source
        self.plan = plan
    }

    func channel(_ id: String) -> Channel? { channels[id] }
    var channelIDs: Set<String> { Set(channels.keys) }
    var roots: Set<String> { Set(calls.keys) }

    mutating func takeQuestions() -> [(channel: String, id: String)] {
        defer { questions = [] }
        return questions
    }

    /// A click to call is about to appear under this Uniqueid.
    mutating func expect(command: String, desk: String, number: String) {
        calls[command] = Call(
            direction: .outbound, caller: Party(number: desk, name: nil), called: number, command: command)
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
            touch(message)
            if let id = touch(message, prefix: "dest") {
                channels[id]?.dialled = true
                if event == "DialBegin" { redirected(to: id) }
            }
        case "DialEnd", "DialState": dialEnded(message)
        case "Hangup": hungUp(message)
        case "Hold": if let id = touch(message) { hold(id) }
        case "Unhold": if let id = touch(message) { resume(id) }
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
                if channels[id]?.leg == Channel.Leg.none { answered(id) }
            }
        case "Rename":
            if let id = message["uniqueid"], let name = message["newname"] { rename(id, name) }
        case "Shutdown": endAll(.pbxStopped)
        default: touch(message)
        }
        return out
    }

    private mutating func created(_ message: AMIMessage) {
        guard let id = touch(message), let channel = channels[id], !channel.isLocal else { return }
        // A call exists from the moment somebody dials; a telephone that is rung first shows itself when it rings.
        if message["channelstate"] == "4", calls[channel.root]?.direction != nil { announce(channel.root) }
    }

    /// Learns from the channel that began a call, or stands for it in a list, who calls whom.
    private mutating func introduce(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], !channel.isLocal, calls[channel.root]?.direction == nil else { return }
        let root = channel.root
        let state = message["channelstate"]
        let called = message.known("exten").flatMap { $0 == "s" || $0 == "h" ? nil : $0 }
        if let desk = channel.desk {
            if state == "4" || state == "6" {
                let isInternal = called.map { plan.isExtension($0) || $0.hasPrefix("*") || $0.hasPrefix("#") } ?? false
                calls[root]?.direction = isInternal ? .internal : .outbound
                calls[root]?.called = called
            } else {
                // Rung first, by somebody's originate; whom it will call stands in no header yet.
                calls[root]?.direction = .outbound
            }
            calls[root]?.caller = Party(number: desk, name: message.known("calleridname").map(CallerText.clean))
        } else if state == "4" || state == "6" {
            calls[root]?.direction = .inbound
            calls[root]?.caller = AMICalls.party(message, "callerid", withheld: AMICalls.isWithheld(message))
            calls[root]?.called = called
        }
    }

    private mutating func stateChanged(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], !channel.isLocal else { return }
        switch message["channelstatedesc"] {
        case "Ringing" where channel.leg == .none:
            rings(id)
        case "Up" where channel.leg == .ringing || channel.leg == .none && channel.dialled: answered(id)
        default: break
        }
    }

    private mutating func rings(_ id: String) {
        guard let root = channels[id]?.root else { return }
        channels[id]?.leg = .ringing
        channels[id]?.answersBefore = calls[root]?.answers ?? 0
        announce(root)
        emit(leg(.ringing, id))
    }

    private mutating func answered(_ id: String) {
        guard let channel = channels[id] else { return }
        channels[id]?.leg = .talking
        if !isOwn(channel) { calls[channel.root]?.answers += 1 }
        calls[channel.root]?.leaver = nil
        announce(channel.root)
        emit(leg(.answered, id))
    }

    /// The telephone of whoever began the call, rung first.
    private func isOwn(_ channel: Channel) -> Bool {
        guard let call = calls[channel.root], call.direction == .outbound, let desk = channel.desk else { return false }
        return call.caller?.number == desk
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
        guard message.event == "DialEnd" else { return }
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
        if channel.leg != .none || (channel.dialled && !channel.isLocal) {
            let cause = cause(of: channel)
            // Why somebody else did not come says more than that the telephone which waited for them hung up.
            if !isOwn(channel) || calls[root]?.lastCause == nil { calls[root]?.lastCause = cause }
            if channel.leg == .talking || channel.leg == .held, !channel.hasTransferred, !isOwn(channel) {
                calls[root]?.leaver = channel.desk
            }
            if channel.leg != .none {
                var signal = leg(.legEnded, id)
                signal.cause = cause
                emit(signal)
            }
        }
        remove(id)
        guard !(calls[root]?.members.contains { channels[$0]?.isLocal == false } ?? false) else { return }
        let cause: CallCause
        if calls[root]?.answers ?? 0 > 0 {
            cause = .normal
        } else if let last = calls[root]?.lastCause, last != .answeredElsewhere {
            cause = last
        } else {
            cause = AMICalls.cause(hangup: channel.hangupCause)
        }
        end(root, cause)
    }

    /// Table 2.7: what DialEnd and the hang-up cause say together.
    private func cause(of channel: Channel) -> CallCause {
        if channel.leg == .talking || channel.leg == .held { return .normal }
        let cancelled = channel.dialStatuses.contains("CANCEL")
        if channel.forwarded { return .forwarded }
        if channel.dialStatuses.contains("BUSY") { return .busy }
        if channel.hangupCause == 21, !cancelled { return .declined }
        let answers = calls[channel.root]?.answers ?? 0
        if channel.hangupCause == 26 || answers > channel.answersBefore { return .answeredElsewhere }
        if channel.dialStatuses.contains("CHANUNAVAIL") || channel.dialStatuses.contains("CONGESTION") {
            return .unreachable
        }
        if channel.dialStatuses.contains("NOANSWER") { return .noAnswer }
        // A telephone rung by an originate has no DialEnd: only the cause tells.
        if channel.dialStatuses.isEmpty { return AMICalls.cause(hangup: channel.hangupCause) }
        return .callerGaveUp
    }

    /// Q.850 numbers as Asterisk uses them.
    static func cause(hangup: Int?) -> CallCause {
        switch hangup {
        case 17: .busy
        case 18, 19: .noAnswer
        case 21: .declined
        case 1, 3, 20, 27: .unreachable
        case 34, 38, 41, 42, 58: .failed
        default: .callerGaveUp
        }
    }

    private mutating func hold(_ id: String) {
        guard channels[id]?.leg == .talking else { return }
        channels[id]?.leg = .held
        emit(leg(.held, id))
    }

    private mutating func resume(_ id: String) {
        guard channels[id]?.leg == .held else { return }
        channels[id]?.leg = .talking
        emit(leg(.resumed, id))
    }

    private mutating func queue(_ message: AMIMessage, joins: Bool) {
        guard let id = touch(message), let root = channels[id]?.root else { return }
        announce(root)
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
        if let second, let from = channels[second]?.root, let into = channels[original]?.root {
            merge(from, into: into)
        }
        let blonde = message["desttype"] == "App"
        // A transfer by the exchange's own code names a Local half: then it is whoever else talks, or rings.
        let to = target.flatMap { channels[$0]?.desk } ?? otherDesk(than: original)
        if let second { channels[second]?.hasTransferred = true }
        transfer(original, how: blonde ? "blonde" : "attended", to: to)
    }

    private func otherDesk(than id: String) -> String? {
        guard let channel = channels[id], let members = calls[channel.root]?.members else { return nil }
        let others = members.sorted().compactMap { channels[$0] }.filter { $0.desk != nil && $0.desk != channel.desk }
        return (others.first { $0.leg == .talking } ?? others.first { $0.leg == .ringing })?.desk
    }

    private mutating func pickedUp(_ message: AMIMessage) {
        guard let taker = touch(message), let target = touch(message, prefix: "target"),
            let from = channels[taker]?.root, let into = channels[target]?.root, channels[taker]?.leg != .talking
        else { return }
        merge(from, into: into)
        transfer(taker, how: "pickup", to: channels[taker]?.desk)
        channels[taker]?.dialled = true
        answered(taker)
    }

    // MARK: lists

    private mutating func listed(_ message: AMIMessage) {
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
            introduce(id, message)
            ask(id)
            if !wasKnown, calls[root]?.announced == true { reintroduce(root) }
        }
        if let number = message.known("dnid"), id == root { correct(root, called: number) }
        announce(root)
        guard isCalled else { return }
        switch message["channelstatedesc"] {
        case "Ringing" where channel.leg == .none: rings(id)
        case "Up" where channel.leg == .none || channel.leg == .ringing: answered(id)
        default: break
        }
    }

    /// The number the caller dialled, where the dial plan has gone on to another extension since.
    private mutating func correct(_ root: String, called: String) {
        guard calls[root]?.called != called, calls[root]?.direction != .outbound else { return }
        calls[root]?.called = called
        if calls[root]?.announced == true { reintroduce(root) }
    }

    /// Says again who calls whom, now that it is known.
    private mutating func reintroduce(_ root: String) {
        var signal = CallSignal(.identity, call: name(root))
        signal.direction = calls[root]?.direction
        signal.caller = calls[root]?.caller
        signal.called = calls[root]?.called
        emit(signal, root)
    }

    /// After a complete list: what was running before and is not listed has ended unseen.
    mutating func reconcile(listed: Set<String>, known: Set<String>) -> [CallSignal] {
        out = []
        for id in known.subtracting(listed).sorted() where channels[id] != nil {
            let channel = channels[id]!
            if channel.leg != .none {
                var signal = leg(.legEnded, id)
                signal.cause = .lost
                emit(signal)
            }
            remove(id, isLost: true)
            if !(calls[channel.root]?.members.contains { channels[$0]?.isLocal == false } ?? false) {
                end(channel.root, .lost)
            }
        }
        return out
    }

    /// Everything ends: the exchange stopped, or it has been away too long.
    mutating func abandon(_ cause: CallCause) -> [CallSignal] {
        out = []
        endAll(cause)
        return out
    }

    private mutating func endAll(_ cause: CallCause) {
        for root in calls.keys.sorted() {
            for id in (calls[root]?.members ?? []).sorted() {
                if channels[id]?.leg != Channel.Leg.none, channels[id] != nil {
                    var signal = leg(.legEnded, id)
                    signal.cause = cause
                    emit(signal)
                }
                remove(id, isLost: cause == .lost)
            }
            end(root, cause)
        }
    }

    // MARK: presentation

    /// What the exchange answers: shown, hidden, or nil when it does not know the channel any more. While that is so, the
    /// call goes on without a number.
    mutating func presented(channel id: String, hidden: Bool?) -> [CallSignal] {
        out = []
        guard let root = channels[id]?.root else { return [] }
        resolve(root, hidden.map { $0 ? .hidden : .shown } ?? .unknown)
        return out
    }

    /// Calls that wait for their caller's presentation.
    var waitingCalls: [String] { calls.filter { $0.value.waiting != nil }.map(\.key) }

    /// No answer in time: the call is told without its number, which follows when the answer comes.
    mutating func stopWaiting(_ root: String) -> [CallSignal] {
        out = []
        release(root)
        return out
    }

    /// Decides what it can from a call's first channel, and asks the exchange for what it cannot.
    private mutating func present(_ id: String, _ message: AMIMessage, _ prefix: String) {
        guard let channel = channels[id], let call = calls[channel.root] else { return }
        // Who is called may hide too; that says nothing about who calls.
        let isCallers = channel.desk == nil && !channel.dialled && call.direction != .outbound
        if prefix.isEmpty, isCallers, AMICalls.isPrivate(message) { return resolve(channel.root, .hidden) }
        if prefix.isEmpty, channel.root == id, channel.desk == nil, AMICalls.isWithheld(message) {
            return resolve(channel.root, .hidden)
        }
        guard call.presentation == .unknown, !call.asked, channel.root == id else { return }
        if channel.desk != nil || channel.isLocal || call.command != nil {
            resolve(channel.root, .shown)
        } else if prefix.isEmpty, message.variable("CALLERID(num-pres)") != nil {
            resolve(channel.root, .shown)
        } else if asksPresentation {
            ask(id)
        }
    }

    private mutating func ask(_ id: String) {
        guard let channel = channels[id], let call = calls[channel.root], call.presentation == .unknown, !call.asked,
            asksPresentation, channel.desk == nil
        else { return }
        calls[channel.root]?.asked = true
        questions.append((channel.name, id))
    }

    private mutating func resolve(_ root: String, _ answer: Presentation) {
        guard let call = calls[root], call.presentation != .hidden else { return }
        let wasTold = call.announced && call.waiting == nil
        let changes = call.presentation != answer
        calls[root]?.presentation = answer
        if answer == .hidden { calls[root]?.caller = .hidden }
        release(root)
        if wasTold, changes { reintroduce(root) }
    }

    private mutating func release(_ root: String) {
        guard let waiting = calls[root]?.waiting else { return }
        calls[root]?.waiting = nil
        for signal in waiting { emit(signal, root) }
    }

    /// What may leave: nobody's number while it is hidden or not known to be shown.
    private func discreet(_ signal: CallSignal, _ root: String) -> CallSignal {
        guard signal.caller != nil, let presentation = calls[root]?.presentation else { return signal }
        var signal = signal
        switch presentation {
        case .shown: break
        case .hidden: signal.caller = .hidden
        case .unknown: signal.caller = Party(number: nil, name: nil)
        }
        return signal
    }

    // MARK: book-keeping

    /// Learns what the headers say about a channel; nil when they name none or one that is gone.
    @discardableResult
    private mutating func touch(_ message: AMIMessage, prefix: String = "") -> String? {
        guard let id = message.known(prefix + "uniqueid"), let name = message[prefix + "channel"], !name.isEmpty,
            !goneSet.contains(id)
        else { return nil }
        let linked = message.known(prefix + "linkedid") ?? id
        if channels[id] == nil {
            let root = resolve(linked)
            channels[id] = Channel(id: id, name: name, root: root, desk: desk(name), isLocal: name.hasPrefix("Local/"))
            if calls[root] == nil, asksPresentation { calls[root] = Call(presentation: .unknown, waiting: []) }
            // An exchange that tells the presentation with each channel has not yet told that of the caller.
            if calls[root] == nil, id != root, message.variable("CALLERID(num-pres)") != nil {
                calls[root] = Call(presentation: .unknown)
            }
            calls[root, default: Call()].members.insert(id)
        } else if let root = channels[id]?.root, let named = message.known(prefix + "linkedid"), resolve(named) != root
        {
            merge(root, into: resolve(named))
        }
        if channels[id]?.name != name { rename(id, name) }
        learn(id, message, prefix)
        if prefix.isEmpty, id == message.known("linkedid"), channels[id]?.dialled == false { introduce(id, message) }
        present(id, message, prefix)
        return id
    }

    private mutating func learn(_ id: String, _ message: AMIMessage, _ prefix: String) {
        guard let root = channels[id]?.root else { return }
        if message[prefix + "connectedlinenum"] != nil {
            channels[id]?.connected = (
                message.known(prefix + "connectedlinenum"),
                message.known(prefix + "connectedlinename").map(CallerText.clean)
            )
        }
        // An originated telephone learns what it dials when it enters the dial plan.
        if calls[root]?.direction == .outbound, calls[root]?.called == nil, id == root || channels[id]?.desk != nil,
            let exten = message.known(prefix + "exten"), exten != "s", exten != "h"
        {
            calls[root]?.called = exten
            if calls[root]?.announced == true {
                var signal = CallSignal(.identity, call: name(root))
                signal.called = exten
                emit(signal, root)
            }
        }
    }

    private mutating func rename(_ id: String, _ name: String) {
        let desk = desk(name)
        channels[id]?.name = name
        channels[id]?.desk = desk
        channels[id]?.isLocal = name.hasPrefix("Local/")
    }

    /// `PJSIP/101-0000004d` is extension 101; the whole name counts, never a part of it.
    private mutating func desk(_ name: String) -> String? {
        guard let slash = name.firstIndex(of: "/"), let dash = name.lastIndex(of: "-"), slash < dash,
            !name.hasPrefix("Local/")
        else { return nil }
        let endpoint = String(name[name.index(after: slash)..<dash])
        return plan.isExtension(endpoint) ? endpoint : nil
    }

    private func resolve(_ linked: String) -> String {
        var root = linked
        while let next = aliases[root] { root = next }
        return root
    }

    private mutating func merge(_ from: String, into: String) {
        let (from, into) = (resolve(from), resolve(into))
        guard from != into, let old = calls.removeValue(forKey: from) else { return }
        aliases[from] = into
        for id in old.members { channels[id]?.root = into }
        var call = calls[into] ?? Call()
        call.members.formUnion(old.members)
        call.answers += old.answers
        call.direction = call.direction ?? old.direction
        call.caller = call.caller ?? old.caller
        call.called = call.called ?? old.called
        call.command = call.command ?? old.command
        // Nobody is shown by joining somebody who is.
        if old.presentation == .hidden || old.presentation == .unknown && call.presentation == .shown {
            (call.presentation, call.asked) = (old.presentation, old.asked)
        }
        calls[into] = call
        for signal in old.waiting ?? [] { emit(signal, into) }
        guard old.announced else { return }
        announce(into)
        var signal = CallSignal(.merged, call: name(from))
        signal.into = name(into)
        emit(signal, into)
    }

    /// One that was only lost from sight may be listed again; any other is over.
    private mutating func remove(_ id: String, isLost: Bool = false) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        calls[channel.root]?.members.remove(id)
        guard !isLost else { return }
        gone.append(id)
        goneSet.insert(id)
        if gone.count > AMICalls.goneLimit { goneSet.remove(gone.removeFirst()) }
    }

    private mutating func end(_ root: String, _ cause: CallCause) {
        guard let call = calls[root] else { return }
        for id in call.members { remove(id, isLost: cause == .lost) }
        if call.announced {
            release(root)
            var signal = CallSignal(.ended, call: name(root))
            signal.cause = cause
            signal.command = call.command
            emit(signal, root)
        }
        calls[root] = nil
        aliases = aliases.filter { $0.value != root }
    }

    private func name(_ root: String) -> String { source.isEmpty ? root : "\(source)/\(root)" }

    private mutating func announce(_ root: String) {
        guard calls[root]?.announced == false, let call = calls[root] else { return }
        calls[root]?.announced = true
        var signal = CallSignal(.offered, call: name(root))
        signal.direction = call.direction
        signal.caller = call.caller
        signal.called = call.called
        signal.command = call.command
        emit(signal, root)
    }

    private func leg(_ event: CallSignal.Event, _ id: String) -> CallSignal {
        guard let channel = channels[id] else { return CallSignal(event) }
        let call = calls[channel.root]
        var signal = CallSignal(event, call: name(channel.root))
        signal.leg = id
        signal.desk = channel.desk
        if event == .ringing {
            signal.direction = call?.direction
            signal.called = call?.called
            signal.queue = call?.queue
            if call?.direction == .outbound, channel.root == id {
                signal.caller = call?.caller
            } else {
                signal.caller =
                    channel.connected.number.map { number in
                        AMICalls.party(number: number, name: channel.connected.name, withheld: false)
                    } ?? call?.caller
            }
        }
        return signal
    }

    private mutating func emit(_ signal: CallSignal, _ root: String? = nil) {
        let root = root ?? signal.leg.flatMap { channels[$0]?.root } ?? ""
        if calls[root]?.waiting != nil {
            calls[root]?.waiting?.append(signal)
        } else {
            out.append(discreet(signal, root))
        }
    }

    // MARK: who calls

    static func hides(_ presentation: String) -> Bool {
        presentation.hasPrefix("prohib") || presentation.hasPrefix("unavailable")
    }

    /// The exchange itself says that this caller hides: by a channel variable, or with a changed caller id.
    private static func isPrivate(_ message: AMIMessage) -> Bool {
        for name in ["CALLERID(num-pres)", "CALLERID(pres)"] {
            if let answer = message.variable(name), hides(answer) { return true }
        }
        if message.variable("CALLERID(name-pres)")?.hasPrefix("prohib") ?? false { return true }
        // `32 (Presentation Prohibited, Not Screened)`
        let presentation = (message["cid-callingpres"] ?? "").lowercased()
        return presentation.contains("prohibited") || presentation.contains("unavailable")
    }

    private static func isWithheld(_ message: AMIMessage) -> Bool {
        if isPrivate(message) || CallerText.isWithheld(message["calleridnum"] ?? "") { return true }
        return message.known("calleridnum") == nil && CallerText.isWithheld(message["calleridname"] ?? "")
    }

    private static func party(_ message: AMIMessage, _ prefix: String, withheld: Bool) -> Party {
        party(
            number: message.known(prefix + "num").map(CallerText.clean),
            name: message.known(prefix + "name").map(CallerText.clean),
            withheld: withheld)
    }

    private static func party(number: String?, name: String?, withheld: Bool) -> Party {
        Party(number: number, name: name, withheld: withheld || CallerText.isWithheld(number ?? ""))
    }
}
