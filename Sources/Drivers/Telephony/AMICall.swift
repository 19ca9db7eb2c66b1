import Model

/// A call as its channels have told of it: who calls whom, whether that may be shown, how often it was answered.
struct AMICall {
    /// Whether the caller's number may be shown. While it is unknown, no number leaves this value.
    enum Presentation { case shown, hidden, unknown }

    /// Its channels.
    var members: Set<String> = []
    /// Something was said about it, so its end must be said too.
    private(set) var announced = false
    private(set) var direction: CallDirection?
    private(set) var caller: Party?
    var called: String?
    private(set) var presentation = Presentation.shown
    /// The presentation was asked for when the caller appeared, and the answer: what a dial plan does later, it does not know.
    var asked = false
    var wasShown = false
    /// Channels asked when a telephone was called, whose answers decide; one of them said that the number may be shown.
    var deciding: [String] = []
    var isVouched = false
    /// A program began it: who is rung first was not called by the other side, they will be connected.
    private(set) var isOriginated = false
    /// Conversations with somebody other than who began the call.
    private(set) var answers = 0
    private var lastCause: CallCause?
    private(set) var command: String?
    var queue: String?
    /// When it was first told of, or a telephone last began to ring.
    var rangAt: Instant?
    /// A telephone that talked and went, while the other side stayed.
    var leaver: String?
    /// Something has left: a change of what may be shown must be told.
    private var hasSpoken = false
    /// Signals that wait until the caller's presentation is known.
    private var waiting: [CallSignal]?

    /// `waits` keeps what is said of it back until the presentation is known.
    init(presentation: Presentation = .shown, waits: Bool = false) {
        self.presentation = presentation
        waiting = waits ? [] : nil
    }

    /// A click to call, before its first channel shows itself.
    init(command: String, desk: String, number: String, isInternal: Bool) {
        direction = isInternal ? .internal : .outbound
        (caller, called, self.command) = (Party(number: desk, name: nil), number, command)
        isOriginated = true
    }

    var isWaiting: Bool { waiting != nil }

    // MARK: what happened

    /// Learns from the channel that began it, or stands for it in a list, who calls whom.
    mutating func introduce(_ channel: AMIChannel, _ message: AMIMessage, plan: inout DialPlan) {
        guard !channel.isLocal, direction == nil else { return }
        let isCalling = message["channelstate"] == "4" || message["channelstate"] == "6"
        let exten = message.known("exten").flatMap { $0 == "s" || $0 == "h" ? nil : $0 }
        if let desk = channel.desk {
            if isCalling {
                let isInternal = exten.map { plan.isExtension($0) || $0.hasPrefix("*") || $0.hasPrefix("#") } ?? false
                direction = isInternal ? .internal : .outbound
                called = exten
            } else {
                // Rung first, by somebody's originate; whom it will call stands in no header yet.
                direction = .outbound
                isOriginated = true
            }
            caller = Party(number: desk, name: message.known("calleridname").map(CallerText.clean))
        } else if isCalling {
            direction = .inbound
            caller = AMICalls.party(message, "callerid", withheld: AMICalls.isWithheld(message))
            called = exten
        }
    }

    /// A program calls the other side first, and will connect a telephone.
    mutating func originate(_ channel: AMIChannel, number: String?) {
        guard direction == nil else { return }
        (direction, isOriginated) = (.outbound, true)
        if channel.desk == nil, !channel.isLocal { called = number }
    }

    /// Whom a program's call is for, known when it enters the dial plan.
    mutating func reach(_ exten: String, isInternal: Bool) {
        called = exten
        if isInternal { direction = .internal }
    }

    /// In a call that a program began, the first telephone that rings is the one it is for.
    mutating func seat(_ channel: AMIChannel) {
        guard isOriginated, caller == nil, let desk = channel.desk else { return }
        caller = Party(number: desk, name: nil)
    }

    /// The dial plan, or a look-up, has changed who calls: what a telephone shows counts. True when that is news.
    mutating func rename(_ message: AMIMessage) -> Bool {
        guard direction == .inbound, caller?.withheld != true else { return false }
        let new = AMICalls.party(message, "callerid", withheld: false)
        let party = Party(number: new.number ?? caller?.number, name: new.name, withheld: new.withheld)
        guard party != caller else { return false }
        caller = party
        return announced
    }

    /// The telephone of whoever began the call, rung first.
    func isOwn(_ channel: AMIChannel) -> Bool {
        guard direction == .outbound || isOriginated, let desk = channel.desk else { return false }
        return caller?.number == desk
    }

    mutating func answered(by channel: AMIChannel) {
        if !isOwn(channel) { answers += 1 }
        leaver = nil
    }

    /// A channel that rang, talked or was called has gone.
    mutating func left(by channel: AMIChannel, _ cause: CallCause) {
        // Why somebody else did not come says more than that the telephone which waited for them hung up.
        if !isOwn(channel) || lastCause == nil { lastCause = cause }
        if channel.isTalking, !channel.hasTransferred, !isOwn(channel) { leaver = channel.desk }
    }

    /// Why it ended, when its last channel went for this reason.
    func cause(hangup: Int?) -> CallCause {
        if answers > 0 { return .normal }
        if let lastCause, lastCause != .answeredElsewhere { return lastCause }
        return AMIChannel.cause(hangup: hangup)
    }

    /// Takes over another call that turned out to be this one.
    mutating func absorb(_ old: AMICall) {
        members.formUnion(old.members)
        answers += old.answers
        direction = direction ?? old.direction
        caller = caller ?? old.caller
        called = called ?? old.called
        command = command ?? old.command
        isOriginated = isOriginated || old.isOriginated
        // Nobody is shown by joining somebody who is.
        if old.presentation == .hidden || old.presentation == .unknown && presentation == .shown {
            (presentation, asked, wasShown) = (old.presentation, old.asked, old.wasShown)
        }
    }

    /// What is known of the presentation now; false when nobody has to be told. Hidden stays hidden.
    mutating func settle(_ answer: Presentation) -> Bool {
        let changes = announced && hasSpoken && presentation != answer
        presentation = answer
        if answer == .hidden { caller = .hidden }
        return changes
    }

    // MARK: what is said

    /// Its first word; nil when that was said before.
    mutating func offer(as name: String) -> CallSignal? {
        guard !announced else { return nil }
        announced = true
        var signal = identity(.offered, as: name)
        signal.command = command
        return signal
    }

    /// Who calls whom.
    func identity(_ event: CallSignal.Event = .identity, as name: String) -> CallSignal {
        var signal = CallSignal(event, call: name)
        (signal.direction, signal.caller, signal.called) = (direction, caller, called)
        return signal
    }

    func leg(_ event: CallSignal.Event, of channel: AMIChannel, as name: String) -> CallSignal {
        var signal = CallSignal(event, call: name)
        (signal.leg, signal.desk) = (channel.id, channel.desk)
        guard event == .ringing || event == .dialling else { return signal }
        (signal.direction, signal.called, signal.queue) = (direction, called, queue)
        guard event == .ringing else {
            signal.caller = caller
            return signal
        }
        // A telephone shows whom it is connected with; the one that began the call shows its own.
        let shown = channel.connected.number.map {
            AMICalls.party(number: $0, name: channel.connected.name, withheld: false)
        }
        signal.caller = isOwn(channel) || direction == .outbound && channel.desk == nil ? caller : shown ?? caller
        return signal
    }

    /// What may leave of a signal: nil while it waits, and nobody's number while it is hidden or not known to be shown.
    mutating func pass(_ signal: CallSignal) -> CallSignal? {
        guard waiting == nil else {
            waiting?.append(signal)
            return nil
        }
        hasSpoken = true
        guard signal.caller != nil, presentation != .shown else { return signal }
        var signal = signal
        signal.caller = presentation == .hidden ? .hidden : Party(number: nil, name: nil)
        return signal
    }

    /// What is said of it from now on waits until the presentation is known.
    mutating func wait() { waiting = waiting ?? [] }

    /// What has waited, in order; nothing waits from now on.
    mutating func release() -> [CallSignal] {
        defer { waiting = nil }
        return waiting ?? []
    }
}
