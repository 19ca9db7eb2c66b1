import Model

/// What CSTA's events mean for calls (ECMA-269): a value that takes documents and says signals.
///
/// A leg is a device in a call. One call seen by two monitors brings each event twice; a transfer gives it a new callID.
struct CSTACalls {
    /// Calls followed at once; what comes beyond is not.
    static let limit = 2000
    /// A call that was sent on to a telephone nobody follows is over for us after this long.
    static let outOfSight: Duration = .seconds(10)

    struct Leg {
        enum State { case ringing, talking, held }

        var id: String
        var device: String
        var desk: String?
        var state: State
    }

    struct Call {
        var legs: [String: Leg] = [:]
        var caller: Party?
        var called: String?
        var direction: CallDirection?
        var isAnswered = false
        var isQueued = false
        var cause: CallCause?
        var command: String?
        /// Set when no leg is left and another is expected.
        var sentOn: Instant?
    }

    var voice: CallSignals
    private var plan: DialPlan
    var calls: [String: Call] = [:]
    /// Later callIDs of a call, to its first.
    var aliases: [String: String] = [:]
    private var ended = Ended(limit: CSTACalls.limit)
    /// Calls whose callID had been another's.
    private var again = 1
    /// Clicks of a former run, by the names of their calls, until a list names those.
    var recalled: [String: String] = [:]
    /// What the lists of a new connection have named: calls, and the telephones that were asked; nil when none is under way.
    var listed: Listed?

    struct Listed {
        var calls: Set<String> = []
        var devices: Set<String> = []
        /// `call/device` of each connection.
        var legs: Set<String> = []
    }

    init(source: String, plan: DialPlan) {
        voice = CallSignals(source: source)
        self.plan = plan
    }

    mutating func takeObservations() -> [Observation] { voice.take() }

    // MARK: devices

    /// `201`, `N<3021061290002>;noa=nk`, `N<786>Name;uid=…`, `tel:+33…`; nil for notKnown, notRequired, restricted.
    static func device(_ text: String) -> (number: String, name: String?)? {
        var number = text
        var name: String?
        if let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") {
            number = String(text[text.index(after: start)..<end])
            let rest = text[text.index(after: end)...].prefix { $0 != ";" }
            if !rest.isEmpty { name = CallerText.clean(String(rest)) }
        } else if let semicolon = text.firstIndex(of: ";") {
            number = String(text[..<semicolon])
        }
        for scheme in ["tel:", "sip:"] where number.lowercased().hasPrefix(scheme) {
            number = String(number.dropFirst(4))
        }
        number = String(number.prefix { $0 != "@" })
        number = number.filter { !$0.isWhitespace && !$0.isNewline }
        return number.isEmpty ? nil : (number, name)
    }

    /// The device an element names. `restricted` and `notKnown` say that somebody hides.
    static func device(in element: XMLTree?) -> (number: String, name: String?)? {
        guard let element else { return nil }
        let text =
            (element["deviceidentifier"] ?? element["deviceid"])?.text ?? (element.children.isEmpty ? element.text : "")
        return device(text)
    }

    private func party(_ element: XMLTree?) -> Party? {
        guard let element else { return nil }
        if element["restricted"] != nil || element["notknown"] != nil { return .hidden }
        return CSTACalls.device(in: element).map { found in
            CallerText.isWithheld(found.number) ? .hidden : Party(number: found.number, name: found.name)
        }
    }

    mutating func desk(_ number: String) -> String? { plan.isExtension(number) ? number : nil }

    func root(_ call: String) -> String {
        var call = call
        while let first = aliases[call] { call = first }
        return call
    }

    // MARK: events

    mutating func take(_ xml: XMLTree, at now: Instant) {
        let name = xml.name.hasSuffix("event") ? String(xml.name.dropLast(5)) : xml.name
        // A callID is one call's while it lives; small exchanges use it again.
        if ["serviceinitiated", "originated", "delivered", "queued"].contains(name), let id = xml["callid"]?.text,
            ended.contains(root(id))
        {
            again += 1
            aliases[id] = "\(id)-\(again)"
        }
        switch name {
        case "serviceinitiated": _ = begin(xml, "initiatedconnection")
        case "originated":
            if let command = begin(xml, "originatedconnection").flatMap({ calls[$0]?.command }) {
                voice.progress(command, .ringingOther, call: root(xml["callid"]?.text ?? ""))
            }
        case "delivered": delivered(xml)
        case "established": established(xml)
        case "held": move(xml, "heldconnection", to: .held)
        case "retrieved": move(xml, "retrievedconnection", to: .talking)
        case "diverted": diverted(xml, at: now)
        case "queued": queued(xml)
        case "transferred", "transfered": transferred(xml)
        case "conferenced": joined(xml)
        case "failed": failed(xml)
        case "connectioncleared": cleared(xml)
        case "callcleared":
            if let call = xml["clearedcall"]?["callid"]?.text { end(root(call), nil) }
        default: break
        }
    }

    func connection(_ xml: XMLTree, _ name: String) -> (call: String, device: String)? {
        guard let element = xml[name], let call = element["callid"]?.text, !call.isEmpty else { return nil }
        let device = element["deviceid"].flatMap { CSTACalls.device($0.text)?.number } ?? ""
        return (root(call), device)
    }

    /// Learns who calls whom; false when there are too many calls, or this one is over.
    mutating func meet(_ id: String, _ xml: XMLTree) -> Bool {
        guard !ended.contains(id) else { return false }
        let isNew = calls[id] == nil
        guard !isNew || calls.count < CSTACalls.limit else { return false }
        var call = calls[id] ?? Call(command: recalled.removeValue(forKey: voice.name(id)))
        let before = (call.caller, call.called)
        call.caller = call.caller ?? party(xml["callingdevice"])
        call.called = call.called ?? CSTACalls.device(in: xml["calleddevice"])?.number
        call.sentOn = nil
        if call.direction == nil, let caller = call.caller {
            let isOwn = caller.number.map { plan.isExtension($0) } ?? false
            let isInside = call.called.map { plan.isExtension($0) } ?? false
            call.direction = !isOwn ? .inbound : isInside ? .internal : call.called == nil ? nil : .outbound
        }
        calls[id] = call
        listed?.calls.insert(id)
        if isNew || before != (call.caller, call.called) {
            voice.say(isNew ? .offered : .identity, id) {
                ($0.direction, $0.caller, $0.called) = (call.direction, call.caller, call.called)
                $0.command = call.command
            }
        }
        return true
    }

    /// An own telephone dials: who it is comes with the connection.
    private mutating func begin(_ xml: XMLTree, _ name: String) -> String? {
        guard let (id, device) = connection(xml, name), meet(id, xml), let own = desk(device) else { return nil }
        if calls[id]?.caller == nil {
            calls[id]?.caller = Party(number: own, name: nil)
            let isInside = calls[id]?.called.map { plan.isExtension($0) } ?? false
            calls[id]?.direction = isInside ? .internal : .outbound
            let call = calls[id]
            voice.say(.identity, id) {
                ($0.direction, $0.caller, $0.called) = (call?.direction, call?.caller, call?.called)
            }
        }
        return id
    }

    private mutating func delivered(_ xml: XMLTree) {
        guard let (id, device) = connection(xml, "connection"), meet(id, xml) else { return }
        let alerting = CSTACalls.device(in: xml["alertingdevice"])?.number ?? device
        guard calls[id]?.legs[alerting] == nil, !alerting.isEmpty else { return }
        let leg = add(alerting, .ringing, to: id)
        tell(.ringing, id, leg)
        guard let command = calls[id]?.command else { return }
        voice.progress(
            command, leg.desk != nil && leg.desk == calls[id]?.caller?.number ? .ringingOwn : .ringingOther, call: id)
    }

    mutating func established(_ xml: XMLTree) {
        guard let (id, device) = connection(xml, "establishedconnection"), meet(id, xml) else { return }
        let answering = CSTACalls.device(in: xml["answeringdevice"])?.number ?? device
        guard !answering.isEmpty else { return }
        answered(id, answering, cause: xml["cause"]?.text)
        if let command = calls[id]?.command, answering != calls[id]?.caller?.number {
            voice.progress(command, .talking, call: id)
        }
    }

    mutating func answered(_ id: String, _ device: String, cause: String?) {
        let old = calls[id]?.legs[device]
        guard old?.state != .talking, old?.state != .held else { return }
        let leg = old ?? add(device, .talking, to: id)
        calls[id]?.legs[device]?.state = .talking
        calls[id]?.isAnswered = true
        if old == nil, cause == "callPickup" {
            voice.say(.transferred, id) { ($0.how, $0.by, $0.to) = ("pickup", leg.desk, leg.desk) }
        }
        tell(.answered, id, leg)
    }

    private mutating func move(_ xml: XMLTree, _ name: String, to state: Leg.State) {
        guard let (id, device) = connection(xml, name), meet(id, xml), !device.isEmpty else { return }
        let leg = calls[id]?.legs[device] ?? add(device, .talking, to: id)
        guard leg.state != state else { return }
        calls[id]?.legs[device]?.state = state
        tell(state == .held ? .held : .resumed, id, leg)
    }

    private mutating func diverted(_ xml: XMLTree, at now: Instant) {
        guard let (id, device) = connection(xml, "connection"), meet(id, xml) else { return }
        let from = device.isEmpty ? CSTACalls.device(in: xml["divertingdevice"])?.number ?? "" : device
        let to = CSTACalls.device(in: xml["newdestination"])?.number
        let cause: CallCause =
            xml["cause"]?.text.lowercased().contains("pickup") ?? false ? .answeredElsewhere : .forwarded
        if let leg = calls[id]?.legs.removeValue(forKey: from) {
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause, $0.to) = (leg.id, leg.desk, cause, to) }
        } else if let desk = desk(from) {
            // It had not rung here: said all the same, so that nobody waits for it.
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause, $0.to) = ("\(id)/\(from)", desk, cause, to) }
        }
        calls[id]?.cause = cause
        if calls[id]?.legs.isEmpty == true { calls[id]?.sentOn = now }
    }

    private mutating func queued(_ xml: XMLTree) {
        guard let (id, _) = connection(xml, "queuedconnection"), meet(id, xml) else { return }
        let queue = CSTACalls.device(in: xml["queue"])?.number
        calls[id]?.isQueued = true
        voice.say(.queued, id) { $0.queue = queue }
    }

    private mutating func failed(_ xml: XMLTree) {
        guard let (id, device) = connection(xml, "failedconnection"), meet(id, xml) else { return }
        let cause = CSTACalls.cause(xml["cause"]?.text ?? "", wasTalking: false, isAnswered: false)
        calls[id]?.cause = cause
        if let leg = calls[id]?.legs.removeValue(forKey: device) {
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, cause) }
        }
    }

    private mutating func cleared(_ xml: XMLTree) {
        guard let (id, device) = connection(xml, "droppedconnection"), calls[id] != nil else { return }
        if let leg = calls[id]?.legs.removeValue(forKey: device) {
            let cause = CSTACalls.cause(
                xml["cause"]?.text ?? "", wasTalking: leg.state != .ringing, isAnswered: calls[id]?.isAnswered ?? false)
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, cause) }
            calls[id]?.cause = cause
        }
        guard let call = calls[id],
            isOver(call, without: device) || call.legs.isEmpty && (!call.isQueued || call.isAnswered)
        else { return }
        end(id, nil)
    }

    /// The caller has left while nobody of ours talks: the rings that are left end with the call.
    private func isOver(_ call: Call, without device: String) -> Bool {
        device == call.caller?.number && !call.isAnswered
    }

    // MARK: time

    func deadline(from now: Instant) -> Instant? {
        calls.values.compactMap(\.sentOn).min().map { $0 + CSTACalls.outOfSight }
    }

    mutating func tick(at now: Instant) {
        for (id, call) in calls.sorted(by: { $0.key < $1.key }) {
            if let sent = call.sentOn, now - sent >= CSTACalls.outOfSight { end(id, .forwarded) }
        }
    }

    // MARK: click to call

    mutating func expect(command: String, desk: String, number: String) { voice.expect(command: command) }

    /// The exchange has answered MakeCall: under this callID it will be seen.
    mutating func made(_ command: String, call: String?, refusal: String?) {
        guard voice.expects(command) else { return }
        if let refusal { return voice.progress(command, .failed, cause: refusal) }
        guard let call, !call.isEmpty else {
            return voice.progress(command, .unknown, cause: "the exchange did not answer")
        }
        let id = root(call)
        guard !ended.contains(id) else { return }
        let isNew = calls[id] == nil
        calls[id, default: Call()].command = command
        if isNew {
            calls[id]?.direction = .outbound
            voice.say(.offered, id) { ($0.direction, $0.command) = (.outbound, command) }
        }
        voice.progress(command, .ringingOwn, call: id)
    }

    mutating func cancel(command: String) -> (call: String, device: String)? {
        guard voice.expects(command), let found = calls.first(where: { $0.value.command == command }) else {
            return nil
        }
        voice.cancel(command: command)
        return (found.key, found.value.caller?.number ?? found.value.legs.keys.sorted().first ?? "")
    }

    // MARK: saying

    mutating func add(_ device: String, _ state: Leg.State, to id: String) -> Leg {
        listed?.legs.insert("\(id)/\(device)")
        let leg = Leg(id: "\(id)/\(device)", device: device, desk: desk(device), state: state)
        calls[id]?.legs[device] = leg
        if state == .ringing, calls[id]?.isQueued == true {
            calls[id]?.isQueued = false
            voice.say(.dequeued, id)
        }
        return leg
    }

    mutating func tell(_ event: CallSignal.Event, _ id: String, _ leg: Leg) {
        let call = event == .ringing ? calls[id] : nil
        voice.say(event, id) {
            ($0.leg, $0.desk) = (leg.id, leg.desk)
            ($0.direction, $0.caller, $0.called) = (call?.direction, call?.caller, call?.called)
        }
    }

    mutating func end(_ id: String, _ cause: CallCause?) {
        guard let call = calls.removeValue(forKey: id) else { return }
        let cause = cause ?? (call.isAnswered ? .normal : call.cause ?? .callerGaveUp)
        for leg in call.legs.values.sorted(by: { $0.id < $1.id }) {
            let own: CallCause = cause == .lost ? .lost : leg.state == .ringing ? cause : .normal
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, own) }
        }
        voice.say(.ended, id) { $0.cause = cause }
        if let command = call.command { voice.ended(command, cause: cause, call: id) }
        aliases = aliases.filter { $0.value != id }
        // One that was only lost from sight may be listed again.
        if cause != .lost { ended.insert(id) }
    }

    mutating func end(all cause: CallCause) {
        for id in calls.keys.sorted() { end(id, cause) }
        voice.loseCommands("the link to the exchange broke")
    }

    /// EventCause of ECMA-269 §17.7.
    static func cause(_ text: String, wasTalking: Bool, isAnswered: Bool) -> CallCause {
        if wasTalking { return .normal }
        switch text.lowercased() {
        case "busy", "calleebusy", "networkcongestion", "trunksbusy": return .busy
        case "callnotanswered", "noanswer", "callforwardnoanswer", "noavailableagents": return .noAnswer
        case "callrejected", "rejected", "donotdisturb": return .declined
        case "callpickup", "multiplealerting", "answeredelsewhere": return .answeredElsewhere
        case "blocked", "invalidaccountcode", "callbarred": return .rejected
        case "destnotobtainable", "destoutoforder", "incompatibledestination", "invalidnumberformat",
            "unauthorisednumber":
            return .unreachable
        case "redirected", "transfer", "transferred": return .forwarded
        default: return isAnswered ? .answeredElsewhere : .callerGaveUp
        }
    }
}
