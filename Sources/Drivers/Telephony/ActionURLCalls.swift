import Model

/// What telephones' requests mean for calls: a value that takes the fields of a query and says signals.
///
/// Each telephone tells of itself alone. Those that ring for the same number within a moment ring for the same call.
struct ActionURLCalls {
    /// Calls at once; what comes beyond it is not followed.
    static let limit = 1000
    /// How far apart telephones of a group tell that they ring.
    static let together: Duration = .seconds(3)
    /// A telephone that lost its power tells of no end.
    static let ringLife: Duration = .seconds(300)
    static let talkLife: Duration = .seconds(4 * 3600)

    enum Event { case incoming, outgoing, connected, ended, held, resumed }

    /// What the three makes call it, and what people write.
    static let events: [String: Event] = [
        "incoming": .incoming, "incoming_call": .incoming, "ringing": .incoming,
        "outgoing": .outgoing, "outgoing_call": .outgoing,
        "connected": .connected, "established": .connected, "answered": .connected,
        "disconnected": .ended, "terminated": .ended, "ended": .ended, "missed": .ended, "rejected": .ended,
        "held": .held, "hold": .held, "resumed": .resumed, "unhold": .resumed,
    ]

    private struct Leg {
        var call: String
        var desk: String
        /// The exchange's name of it (SIP Call-ID), where the telephone tells it.
        var id: String?
        var remote: String?
        var state: CallSnapshot.Leg.State
        var since: Instant
    }

    private struct Call {
        var caller: Party
        var called: String?
        var direction: CallDirection
        var begun: Instant
        var isAnswered = false
    }

    private var voice: CallSignals
    private var plan: DialPlan
    private var legs: [String: Leg] = [:]
    private var calls: [String: Call] = [:]
    private var number = 0

    init(source: String, plan: DialPlan) {
        voice = CallSignals(source: source)
        self.plan = plan
    }

    mutating func takeObservations() -> [Observation] { voice.take() }

    var deadline: Instant? { legs.values.map(ActionURLCalls.end).min() }

    private static func end(_ leg: Leg) -> Instant { leg.since + (leg.state == .ringing ? ringLife : talkLife) }

    mutating func tick(at now: Instant) {
        for (key, leg) in legs.sorted(by: { $0.key < $1.key }) where now >= ActionURLCalls.end(leg) {
            end(key, .lost)
        }
    }

    mutating func end(all cause: CallCause) {
        for key in legs.keys.sorted() { end(key, cause) }
    }

    /// False for what is no event of a telephone.
    mutating func take(_ fields: [String: String], at now: Instant) -> Bool {
        guard let event = fields["event"].flatMap({ ActionURLCalls.events[$0.lowercased()] }),
            let desk = fields["ext"].flatMap(ActionURLCalls.user), AsteriskAMI.isName(desk)
        else { return false }
        let id = fields["call"].flatMap { ActionURLCalls.value($0).map { String($0.prefix(64)) } }
        let remote = fields["remote"].flatMap(ActionURLCalls.user)
        switch event {
        case .incoming, .outgoing:
            guard leg(desk, id, remote) == nil, legs.count < ActionURLCalls.limit else { return true }
            if event == .incoming {
                ring(desk, id, remote, fields, at: now)
            } else {
                call(desk, id, remote, at: now)
            }
        case .connected: connect(desk, id, remote, at: now)
        case .ended: if let key = leg(desk, id, remote) { end(key, nil) }
        case .held, .resumed:
            guard let key = leg(desk, id, remote), let leg = legs[key], leg.state != .ringing else { break }
            let state: CallSnapshot.Leg.State = event == .held ? .held : .talking
            guard leg.state != state else { break }
            legs[key]?.state = state
            voice.say(event == .held ? .held : .resumed, leg.call) { ($0.leg, $0.desk) = (key, leg.desk) }
        }
        return true
    }

    /// The leg that a telephone speaks of: by its id, by the other side, or the only one that it has.
    private func leg(_ desk: String, _ id: String?, _ remote: String?) -> String? {
        let own = legs.filter { $0.value.desk == desk }
        if let id, let found = own.first(where: { $0.value.id == id }) { return found.key }
        let open = own.filter { id == nil || $0.value.id == nil }
        if let remote { return open.filter { $0.value.remote == remote }.keys.min() }
        return open.count == 1 ? open.first?.key : nil
    }

    private mutating func ring(
        _ desk: String, _ id: String?, _ remote: String?, _ fields: [String: String], at now: Instant
    ) {
        let isHidden = remote.map(CallerText.isWithheld) ?? false
        let name = fields["name"].flatMap(ActionURLCalls.value).map(CallerText.clean)
        let caller = isHidden ? Party.hidden : Party(number: remote, name: name == remote ? nil : name)
        let called = fields["local"].flatMap(ActionURLCalls.user) ?? desk
        let isOwn = remote.map { plan.isExtension($0) } ?? false
        let root = joined(desk, remote, isHidden: isHidden, at: now) ?? begin(desk, id, now)
        if calls[root] == nil {
            calls[root] = Call(
                caller: caller, called: called, direction: isOwn ? .internal : .inbound, begun: now)
        }
        let call = calls[root]
        let key = add(desk, id, remote, .ringing, to: root, at: now)
        voice.say(.ringing, root) {
            ($0.leg, $0.desk, $0.direction) = (key, desk, call?.direction)
            ($0.caller, $0.called) = (call?.caller, call?.called)
        }
    }

    /// Another telephone of a group, or the one that is called from a telephone of ours.
    private func joined(_ desk: String, _ remote: String?, isHidden: Bool, at now: Instant) -> String? {
        guard let remote, !isHidden else { return nil }
        return calls.filter { root, call in
            guard call.caller.number == remote, call.direction == .inbound || call.called == desk,
                now - call.begun <= ActionURLCalls.together, !call.isAnswered
            else { return false }
            // Two calls of one number reach one telephone as two.
            return !legs.values.contains { $0.call == root && $0.desk == desk }
        }.min { ($0.value.begun, $0.key) < ($1.value.begun, $1.key) }?.key
    }

    private mutating func call(_ desk: String, _ id: String?, _ remote: String?, at now: Instant) {
        let root = begin(desk, id, now)
        let isInside = remote.map { plan.isExtension($0) } ?? false
        let direction: CallDirection = isInside ? .internal : .outbound
        calls[root] = Call(
            caller: Party(number: desk, name: nil), called: remote, direction: direction, begun: now)
        _ = add(desk, id, remote, .ringing, to: root, at: now)
        // Their telephone rings, not one's own.
        voice.say(.offered, root) {
            ($0.direction, $0.caller, $0.called) = (direction, Party(number: desk, name: nil), remote)
        }
        if !isInside { voice.say(.ringing, root) { $0.leg = ActionURLCalls.outside } }
    }

    private static let outside = "outside"

    private mutating func connect(_ desk: String, _ id: String?, _ remote: String?, at now: Instant) {
        // An agent that was started in the middle of a call hears of it here.
        if leg(desk, id, remote) == nil {
            guard legs.count < ActionURLCalls.limit else { return }
            let root = begin(desk, id, now)
            let isHidden = remote.map(CallerText.isWithheld) ?? false
            let caller = isHidden ? Party.hidden : Party(number: remote, name: nil)
            calls[root] = Call(caller: caller, called: desk, direction: .inbound, begun: now)
            _ = add(desk, id, remote, .ringing, to: root, at: now)
            voice.say(.offered, root) { ($0.direction, $0.caller, $0.called) = (.inbound, caller, desk) }
        }
        guard let key = leg(desk, id, remote), let leg = legs[key], leg.state == .ringing else { return }
        legs[key]?.state = .talking
        legs[key]?.since = now
        calls[leg.call]?.isAnswered = true
        if !isDialler(leg) { voice.say(.answered, leg.call) { ($0.leg, $0.desk) = (key, desk) } }
        if calls[leg.call]?.direction == .outbound {
            voice.say(.answered, leg.call) { $0.leg = ActionURLCalls.outside }
        }
    }

    /// Whoever calls a colleague: the call is the colleague's to answer.
    private func isDialler(_ leg: Leg, in call: Call? = nil) -> Bool {
        guard let call = call ?? calls[leg.call] else { return false }
        return call.direction == .internal && call.caller.number == leg.desk
    }

    private mutating func end(_ key: String, _ cause: CallCause?) {
        guard let leg = legs.removeValue(forKey: key), let call = calls[leg.call] else { return }
        let others = legs.values.filter { $0.call == leg.call }
        let isElsewhere = leg.state == .ringing && call.isAnswered
        let own = cause ?? (leg.state != .ringing ? .normal : isElsewhere ? .answeredElsewhere : .callerGaveUp)
        // One that dials shows itself only when it talks.
        if !isDialler(leg, in: call), leg.state != .ringing || call.caller.number != leg.desk {
            voice.say(.legEnded, leg.call) { ($0.leg, $0.desk, $0.cause) = (key, leg.desk, own) }
        }
        guard others.isEmpty else { return }
        if call.direction == .outbound {
            voice.say(.legEnded, leg.call) { ($0.leg, $0.cause) = (ActionURLCalls.outside, own) }
        }
        calls[leg.call] = nil
        voice.say(.ended, leg.call) { $0.cause = cause ?? (call.isAnswered ? .normal : .callerGaveUp) }
    }

    /// A name that no other call has, after a restart neither: a SIP Call-ID is one's own in all the world (RFC 3261 8.1.1.4).
    private mutating func begin(_ desk: String, _ id: String?, _ now: Instant) -> String {
        number += 1
        return "\(desk)-\(id ?? "\(now.milliseconds)-\(number)")"
    }

    private mutating func add(
        _ desk: String, _ id: String?, _ remote: String?, _ state: CallSnapshot.Leg.State, to root: String,
        at now: Instant
    ) -> String {
        number += 1
        let key = "\(desk)-\(number)"
        legs[key] = Leg(call: root, desk: desk, id: id, remote: remote, state: state, since: now)
        return key
    }

    // MARK: values

    /// Nil where it is empty, or the telephone has not filled it in: `$call_id`.
    static func value(_ text: String) -> String? {
        let text = String(text.drop { $0 == " " })
        return text.isEmpty || text.hasPrefix("$") ? nil : text
    }

    /// The user of a SIP URI, with or without a name before it: `"Dupont" <sip:0612345678@10.0.0.1;user=phone>`.
    static func user(_ text: String) -> String? {
        guard var text = value(text) else { return nil }
        if let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") {
            text = String(text[text.index(after: start)..<end])
        }
        for scheme in ["sips:", "sip:", "tel:"] where text.lowercased().hasPrefix(scheme) {
            text = String(text.dropFirst(scheme.count))
        }
        text = String(text.prefix { $0 != "@" && $0 != ";" }.prefix(Party.numberLimit))
        return text.isEmpty ? nil : text
    }
}
