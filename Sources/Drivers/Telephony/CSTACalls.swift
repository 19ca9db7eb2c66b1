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
        enum State { case dialling, ringing, talking, held }

        var id: String
        var device: String
        var desk: String?
        var state: State
        /// It began the call: nothing rings at it, and its end says nothing of those it called.
        var isDialler = false
    }

    struct Call {
        var legs: [String: Leg] = [:]
        var caller: Party?
        var called: String?
        var direction: CallDirection?
        var isAnswered = false
        var isQueued = false
        /// Whoever dialled has their leg, or had it.
        var hasDialler = false
        /// States of telephones in a list, until it is known who calls.
        var listed: [String: String] = [:]
        var cause: CallCause?
        var command: String?
        /// Set when no leg is left and another is expected.
        var sentOn: Instant?

        /// Nobody is left but whoever began it.
        var isDeserted: Bool { legs.values.allSatisfy(\.isDialler) }
    }

    var voice: CallSignals
    private var plan: DialPlan
    var calls: [String: Call] = [:]
    /// Later callIDs of a call, to its first.
    var aliases: [String: String] = [:]
    var names = Names()
    var ended = Ended(limit: CSTACalls.limit)
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

    init(source: String, plan: DialPlan, run: Int = 0, past: SessionSettings.Past? = nil) {
        voice = CallSignals(source: source)
        self.plan = plan
        recall(run: run, past: past?.running ?? [])
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

    // MARK: events

    mutating func take(_ xml: XMLTree, at now: Instant) {
        let name = xml.name.hasSuffix("event") ? String(xml.name.dropLast(5)) : xml.name
        if ["serviceinitiated", "originated", "delivered", "queued"].contains(name), let id = xml["callid"]?.text {
            let isDialled = name == "serviceinitiated" || name == "originated"
            begins(id, CSTACalls.device(in: xml["callingdevice"])?.number, isDialled: isDialled)
        }
        switch name {
        case "serviceinitiated": _ = begin(xml, "initiatedconnection")
        case "originated":
            guard let id = begin(xml, "originatedconnection") else { break }
            dials(id)
            if let command = calls[id]?.command { voice.progress(command, .ringingOther, call: id) }
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

    /// An own telephone dials: who it is comes with the connection. Before it has dialled nobody knows where to.
    private mutating func begin(_ xml: XMLTree, _ name: String) -> String? {
        guard let (id, device) = connection(xml, name), meet(id, xml), let own = desk(device) else { return nil }
        guard calls[id]?.caller == nil else { return id }
        calls[id]?.caller = Party(number: own, name: nil)
        let isInside = calls[id]?.called.map { plan.isExtension($0) }
        if let isInside { calls[id]?.direction = isInside ? .internal : .outbound }
        let call = calls[id]
        voice.say(.identity, id) {
            ($0.direction, $0.caller, $0.called) = (call?.direction ?? .outbound, call?.caller, call?.called)
        }
        return id
    }

    /// A telephone of ours that calls is of the call from here on. Once: whoever has handed a call over does not come back by it.
    mutating func dials(_ id: String, but called: String = "") {
        guard let call = calls[id], !call.hasDialler, let device = call.caller?.number, device != called,
            call.legs[device] == nil, let own = desk(device)
        else { return }
        calls[id]?.hasDialler = true
        let leg = Leg(id: "\(id)/\(own)", device: own, desk: own, state: .dialling, isDialler: true)
        calls[id]?.legs[own] = leg
        tell(.dialling, id, leg)
    }

    private mutating func delivered(_ xml: XMLTree) {
        guard let (id, device) = connection(xml, "connection"), meet(id, xml) else { return }
        let alerting = CSTACalls.device(in: xml["alertingdevice"])?.number ?? device
        guard calls[id]?.legs[alerting] == nil, !alerting.isEmpty else { return }
        dials(id, but: alerting)
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
        dials(id, but: answering)
        answered(id, answering, cause: xml["cause"]?.text)
        if let command = calls[id]?.command, answering != calls[id]?.caller?.number {
            voice.progress(command, .talking, call: id)
        }
    }

    mutating func answered(_ id: String, _ device: String, cause: String?) {
        let old = calls[id]?.legs[device]
        guard old?.state != .talking, old?.state != .held, old?.isDialler != true else { return }
        let leg = old ?? add(device, .talking, to: id)
        calls[id]?.legs[device]?.state = .talking
        calls[id]?.isAnswered = true
        if old == nil, cause == "callPickup" {
            voice.say(.transferred, id) { ($0.how, $0.by, $0.to) = ("pickup", leg.desk, leg.desk) }
        }
        tell(.answered, id, leg)
        connect(id)
    }

    /// Somebody has answered whoever dialled.
    mutating func connect(_ id: String) {
        guard let device = calls[id]?.caller?.number, let leg = calls[id]?.legs[device], leg.state == .dialling else {
            return
        }
        calls[id]?.legs[device]?.state = .talking
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
        if calls[id]?.isDeserted == true { calls[id]?.sentOn = now }
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
        let left = calls[id]?.legs.removeValue(forKey: device)
        if let leg = left {
            let cause = CSTACalls.cause(
                xml["cause"]?.text ?? "", wasTalking: leg.state != .ringing, isAnswered: calls[id]?.isAnswered ?? false)
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, cause) }
            if !leg.isDialler { calls[id]?.cause = cause }
        }
        guard let call = calls[id],
            isOver(call, without: device) || call.isDeserted && (!call.isQueued || call.isAnswered)
                || left?.desk != nil && left?.state != .ringing && call.legs.values.allSatisfy({ $0.desk == nil })
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
        let call = event == .ringing || event == .dialling ? calls[id] : nil
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
        // One that was only lost from sight may be listed again.
        guard cause != .lost else { return lose(id, call.caller) }
        aliases = aliases.filter { $0.value != id }
        ended.insert(id)
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
