import Model

/// What FreeSWITCH's channels mean for calls: a value that takes events and says signals (FreeSWITCH, Event List).
///
/// A leg is a channel (`Unique-ID`); its call is what its first event said (`Channel-Call-UUID`), because later ones may
/// name the leg itself again.
struct ESLCalls {
    /// Channels that we started are called by it and the command.
    static let prefix = "quai-"
    /// Channels followed at once; what comes beyond it is not. And ended ones remembered, so that none comes back.
    static let limit = 4000

    struct Leg {
        var call: String
        var desk: String?
        /// Towards a telephone or a carrier; the other kind is the caller's own.
        var isDialled: Bool
        var rang = false
        var up = false
        var held = false

        /// The caller's own channel is answered by the switch itself; it is a talk only where it is a telephone of ours.
        var isTold: Bool { isDialled || desk != nil }
    }

    struct Call {
        var legs: Set<String> = []
        var caller: Party?
        /// The caller may be shown, as far as the switch can know by now.
        var isVouched = true
        var direction: CallDirection
        var isAnswered = false
        var cause: CallCause?
        var command: String?
        /// A telephone that talked and went, while the other side stayed: whoever is dialled next was transferred to.
        var leaver: String?
    }

    var voice: CallSignals
    var plan: DialPlan
    /// Whom each click calls: its own telephone shows who clicked.
    private var numbers: [String: String] = [:]
    var legs: [String: Leg] = [:]
    var calls: [String: Call] = [:]
    private var ended = Ended(limit: ESLCalls.limit)
    /// Sessions that began or were listed for the first time: the switch counts them too.
    var sessions = 0
    /// Calls whose sessions a former run has counted.
    var counted: Set<String> = []

    init(source: String, plan: DialPlan) {
        voice = CallSignals(source: source)
        self.plan = plan
    }

    mutating func takeObservations() -> [Observation] { voice.take() }

    mutating func expect(command: String, number: String) {
        voice.expect(command: command)
        // Clicks that never became a call leave theirs; a handful of characters each.
        if numbers.count >= ESLCalls.limit { numbers = [:] }
        numbers[command] = number
    }

    /// The channel of a click to call that can still be given up.
    mutating func cancel(command: String) -> String? {
        guard voice.expects(command), calls[ESLCalls.prefix + command] != nil else { return nil }
        voice.cancel(command: command)
        return ESLCalls.prefix + command
    }

    /// The channel of one's own telephone in a call that runs, and whether it talks; one that talks before one that rings.
    func leg(of desk: String, in call: String) -> (id: String, isUp: Bool)? {
        let own = legs.filter { $0.value.desk == desk && voice.name($0.value.call) == call }
        let found = own.filter(\.value.up).min { $0.key < $1.key } ?? own.min { $0.key < $1.key }
        return found.flatMap { ESLCalls.isUUID($0.key) ? ($0.key, $0.value.up) : nil }
    }

    /// Letters, digits and hyphens: it goes into a command of one line.
    private static func isUUID(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
        }
    }

    // MARK: events

    mutating func take(_ event: [String: String], body: String?) {
        let name = event["Event-Name"] ?? ""
        if name == "BACKGROUND_JOB" { return job(event["Job-UUID"] ?? "", body ?? "") }
        guard let id = event["Unique-ID"], !id.isEmpty else { return }
        present(id, event)
        switch name {
        case "CHANNEL_CREATE":
            if legs[id] == nil { sessions += 1 }
            create(id, event)
        case "CHANNEL_CALLSTATE", "CHANNEL_DATA": change(id, event["Channel-Call-State"] ?? "", event)
        case "CHANNEL_BRIDGE": if let other = event["Other-Leg-Unique-ID"] { bridge(id, other) }
        case "CHANNEL_HANGUP_COMPLETE": hangUp(id, event["Hangup-Cause"] ?? "")
        default: break
        }
    }

    private mutating func create(_ id: String, _ event: [String: String]) {
        let name = event["Channel-Name"] ?? ""
        guard legs[id] == nil, !ended.contains(id), legs.count < ESLCalls.limit, !name.hasPrefix("loopback/") else {
            return
        }
        let isDialled = event["Call-Direction"] == "outbound"
        let other = event["Other-Leg-Unique-ID"]
        // An event from the middle of a call may name the leg itself; the leg that it belongs to knows better.
        let known = other.flatMap { legs[$0]?.call }
        let call = known ?? event["Channel-Call-UUID"].flatMap { $0.isEmpty ? nil : $0 } ?? id
        let called = event["Caller-Destination-Number"] ?? ""
        let caller = event["Caller-Caller-ID-Number"] ?? ""
        // A dialled leg belongs to the telephone it goes to, the caller's own to the telephone it comes from. After an
        // originate was answered its destination is the other side; its channel's name stays.
        let endpoint = ESLCalls.endpoint(name) ?? (isDialled ? called : caller)
        let leg = Leg(call: call, desk: desk(endpoint) ?? desk(isDialled ? called : caller), isDialled: isDialled)
        legs[id] = leg
        if calls[call] != nil {
            calls[call]?.legs.insert(id)
            present(id, event)
            return isDialled ? transferred(to: leg) : dials(id)
        }
        if isDialled, call == id {
            // Nobody called: the switch was told to ring this telephone first, and shows it whom it will call.
            let command = call.hasPrefix(ESLCalls.prefix) ? String(call.dropFirst(ESLCalls.prefix.count)) : nil
            let isFirstRing = endpoint == called
            let clicked = command.flatMap { numbers.removeValue(forKey: $0) }
            calls[call] = Call(
                legs: [id], caller: leg.desk.map { Party(number: $0, name: nil) },
                direction: clicked.map { plan.isExtension($0) } == true ? .internal : .outbound, command: command)
            offer(call, called: clicked ?? (isFirstRing ? caller : called))
        } else {
            // In the middle of a call the other leg is there too, though its own events were missed.
            let number = isDialled ? event["Other-Leg-Destination-Number"] ?? called : called
            let own = isDialled ? desk(caller) : leg.desk
            let party = party(event)
            let direction: CallDirection =
                own == nil ? .inbound : plan.isExtension(number) || number.hasPrefix("*") ? .internal : .outbound
            calls[call] = Call(
                legs: [id], caller: party.withheld ? party : own.map { Party(number: $0, name: party.name) } ?? party,
                isVouched: direction != .inbound || isDialled && event["Event-Name"] != nil, direction: direction)
            offer(call, called: number)
            if !isDialled { dials(id) }
            if isDialled, let other, legs[other] == nil, !ended.contains(other) {
                legs[other] = Leg(call: call, desk: own, isDialled: false, up: leg.up)
                calls[call]?.legs.insert(other)
                dials(other)
            }
        }
    }

    /// A telephone of ours that calls is of the call from here on, and nothing rings at it.
    private mutating func dials(_ id: String) {
        if let leg = legs[id], leg.desk != nil { tell(.dialling, id, leg) }
    }

    private mutating func desk(_ text: String) -> String? { plan.isExtension(text) ? text : nil }

    /// `sofia/internal/104@10.0.0.4:5060` is 104.
    private static func endpoint(_ name: String) -> String? {
        guard let slash = name.lastIndex(of: "/") else { return nil }
        var user = name[name.index(after: slash)...].prefix { $0 != "@" && $0 != ";" }
        if user.hasPrefix("sip:") { user = user.dropFirst(4) }
        return user.isEmpty ? nil : String(user)
    }

    private mutating func change(_ id: String, _ state: String, _ event: [String: String]) {
        if legs[id] == nil, state != "HANGUP" {
            create(id, event)
            present(id, event)
        }
        guard var leg = legs[id] else { return }
        switch state {
        case "RINGING", "EARLY":
            guard leg.isDialled, !leg.rang, !leg.up else { return }
            leg.rang = true
            legs[id] = leg
            tell(.ringing, id, leg)
            if let command = calls[leg.call]?.command {
                voice.progress(command, leg.call == id ? .ringingOwn : .ringingOther, call: leg.call)
            }
        case "ACTIVE" where !leg.up:
            leg.up = true
            legs[id] = leg
            if leg.isTold { tell(.answered, id, leg) }
            if leg.isDialled { calls[leg.call]?.isAnswered = true }
            if let command = calls[leg.call]?.command, leg.call != id {
                voice.progress(command, .talking, call: leg.call)
            }
        case "HELD" where !leg.held && leg.isTold:
            leg.held = true
            legs[id] = leg
            tell(.held, id, leg)
        case "UNHELD", "ACTIVE":
            guard leg.held else { return }
            leg.held = false
            legs[id] = leg
            tell(.resumed, id, leg)
        default: break
        }
    }

    /// Two legs of different calls talk: an attended transfer, or a call picked up by another telephone.
    private mutating func bridge(_ a: String, _ b: String) {
        guard let one = legs[a], let two = legs[b], one.call != two.call, let first = calls[one.call],
            let second = calls[two.call]
        else { return }
        // The caller from outside is whom the card is about.
        let isFirst = first.direction == .inbound || second.direction != .inbound
        let (into, from) = isFirst ? (one.call, two.call) : (two.call, one.call)
        let (kept, joined) = isFirst ? (first, second) : (second, first)
        let newcomer = isFirst ? two : one
        let isPickup = !kept.isAnswered
        for leg in joined.legs { legs[leg]?.call = into }
        calls[into]?.legs.formUnion(joined.legs)
        calls[into]?.isAnswered = true
        calls[into]?.leaver = nil
        calls[from] = nil
        voice.merge(from, into: into)
        // Who leads a second call of its own is the one who transfers.
        let by = isPickup ? newcomer.desk : joined.caller?.number.flatMap { desk($0) }
        voice.say(.transferred, into) { ($0.how, $0.by, $0.to) = (isPickup ? "pickup" : "attended", by, newcomer.desk) }
        for id in [a, b] {
            guard let leg = legs[id], leg.isTold else { continue }
            // It dialled the code that takes the call.
            let takes = isPickup && !leg.isDialled && id == (isFirst ? b : a)
            guard takes || !leg.up else { continue }
            legs[id]?.up = true
            tell(.answered, id, leg, how: takes ? "pickup" : nil)
        }
    }

    private mutating func transferred(to leg: Leg) {
        guard leg.isDialled, let leaver = calls[leg.call]?.leaver else { return }
        calls[leg.call]?.leaver = nil
        voice.say(.transferred, leg.call) { ($0.how, $0.by, $0.to) = ("blind", leaver, leg.desk) }
    }

    private mutating func hangUp(_ id: String, _ reason: String) {
        guard let leg = legs.removeValue(forKey: id) else { return }
        ended.insert(id)
        let cause = ESLCalls.cause(reason, wasUp: leg.up)
        if leg.isTold {
            // That whoever called hangs up says nothing of those they called.
            let own = leg.isDialled ? cause : .normal
            voice.say(.legEnded, leg.call) { ($0.leg, $0.desk, $0.cause) = (id, leg.desk, own) }
        }
        guard var call = calls[leg.call] else { return }
        call.legs.remove(id)
        // Why the caller's own leg ended says why the call did.
        if !leg.isDialled || call.cause == nil { call.cause = cause }
        if leg.isDialled, leg.up { call.leaver = leg.desk }
        calls[leg.call] = call
        guard call.legs.isEmpty else { return }
        calls[leg.call] = nil
        end(leg.call, call.isAnswered ? .normal : call.cause ?? .failed)
        if let command = call.command { voice.ended(command, cause: call.cause ?? cause, call: leg.call) }
    }

    /// The switch has stopped, or stayed away too long: nobody says how they went on.
    mutating func end(all cause: CallCause) {
        for call in calls.keys.sorted() { end(call, cause) }
        // Only lost from sight, they may be listed again.
        if cause != .lost { for id in legs.keys { ended.insert(id) } }
        (calls, legs) = ([:], [:])
        voice.loseCommands("the link to the exchange broke")
    }

    /// Nobody tells any more how the call of this channel goes on.
    mutating func lose(callOf channel: String) {
        guard let call = legs[channel]?.call else { return }
        for id in (calls.removeValue(forKey: call)?.legs ?? []).sorted() {
            guard let leg = legs.removeValue(forKey: id) else { continue }
            ended.insert(id)
            if leg.isTold { voice.say(.legEnded, call) { ($0.leg, $0.desk, $0.cause) = (id, leg.desk, .lost) } }
        }
        end(call, .lost)
    }

    /// What runs now (`show channels as json`); channels that it leaves out have ended unseen.
    /// `doubt` is 0 where the switch will say how many sessions it had. The channels whose privacy must be asked for: no list says it.
    mutating func resync(_ rows: [JSON], doubt: Int? = nil) -> [String] {
        let listed = Set(rows.compactMap { $0["uuid"]?.text })
        for id in legs.keys.sorted() where !listed.contains(id) {
            let leg = legs.removeValue(forKey: id)!
            ended.insert(id)
            if leg.isTold {
                voice.say(.legEnded, leg.call) { ($0.leg, $0.desk, $0.cause) = (id, leg.desk, .lost) }
            }
            calls[leg.call]?.legs.remove(id)
            guard calls[leg.call]?.legs.isEmpty == true else { continue }
            calls[leg.call] = nil
            end(leg.call, .lost)
        }
        // The caller's own legs first: they say who calls whom; of a click that is the telephone that was rung first.
        func rank(_ row: JSON) -> Int {
            row["direction"]?.text == "inbound" ? 0 : row["uuid"]?.text == row["call_uuid"]?.text ? 1 : 2
        }
        var unsure: [String] = []
        for row in rows.sorted(by: { rank($0) < rank($1) }) {
            guard let id = row["uuid"]?.text else { continue }
            let event = [
                "Unique-ID": id, "Channel-Call-UUID": row["call_uuid"]?.text ?? "",
                "Channel-Name": row["name"]?.text ?? "",
                "Call-Direction": row["direction"]?.text ?? "", "Caller-Caller-ID-Number": row["cid_num"]?.text ?? "",
                "Caller-Caller-ID-Name": row["cid_name"]?.text ?? "",
                "Caller-Destination-Number": row["dest"]?.text ?? "",
            ]
            let isNew = legs[id] == nil
            create(id, event)
            change(id, row["callstate"]?.text ?? "", event)
            if let leg = legs[id], !leg.isDialled, leg.desk == nil, calls[leg.call]?.caller?.withheld == false,
                ESLCalls.isUUID(id)
            {
                unsure.append(id)
            }
            if isNew, !counted.contains(legs[id].map { voice.name($0.call) } ?? "") { sessions += 1 }
        }
        voice.loseCommands("the link to the exchange broke meanwhile") { calls[ESLCalls.prefix + $0] == nil }
        resynced(doubt: doubt)
        return unsure
    }

    mutating func resynced(doubt: Int?) { voice.say(.resynced, "") { $0.doubt = doubt } }

    // MARK: saying

    private mutating func offer(_ call: String, called: String) {
        guard let known = calls[call] else { return }
        voice.say(.offered, call) {
            ($0.direction, $0.caller, $0.command) = (known.direction, known.shown, known.command)
            $0.called = called.isEmpty ? nil : called
        }
    }

    private mutating func tell(_ event: CallSignal.Event, _ id: String, _ leg: Leg, how: String? = nil) {
        let call = event == .ringing || event == .dialling ? calls[leg.call] : nil
        voice.say(event, leg.call) {
            ($0.leg, $0.desk, $0.direction, $0.caller) = (id, leg.desk, call?.direction, call?.shown)
            $0.how = how
        }
    }

    private mutating func end(_ call: String, _ cause: CallCause) { voice.say(.ended, call) { $0.cause = cause } }

    private mutating func job(_ id: String, _ body: String) {
        guard body.hasPrefix("-ERR"), calls[ESLCalls.prefix + id] == nil else { return }
        let reason = body.dropFirst(4).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        voice.ended(id, cause: ESLCalls.cause(reason, wasUp: false))
    }

    static func cause(_ reason: String, wasUp: Bool) -> CallCause {
        switch reason {
        case "NORMAL_CLEARING", "ATTENDED_TRANSFER", "BLIND_TRANSFER", "NONE": wasUp ? .normal : .callerGaveUp
        case "ORIGINATOR_CANCEL": .callerGaveUp
        case "LOSE_RACE", "PICKED_OFF": .answeredElsewhere
        case "USER_BUSY": .busy
        case "NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT": .noAnswer
        case "CALL_REJECTED": .declined
        case "REDIRECTION_TO_NEW_DESTINATION": .forwarded
        case "SYSTEM_SHUTDOWN": .pbxStopped
        case "UNALLOCATED_NUMBER", "NO_ROUTE_DESTINATION", "USER_NOT_REGISTERED", "SUBSCRIBER_ABSENT",
            "DESTINATION_OUT_OF_ORDER":
            .unreachable
        default: .failed
        }
    }
}
