import Model

extension Driver {
    /// CSTA phase III as XML over TCP. Source: ECMA-269, ECMA-323 (annex J: the frame), ECMA-354.
    public static let csta = Driver(
        name: "csta", title: "CSTA XML (ECMA-323)", kind: .telephony, line: .tcp(port: 0),
        acts: [.hangUp, .transfer], source: "ECMA-323 Annex J, ECMA-269, ECMA-354; no capture yet",
        session: { CSTA(settings: $0) })
}

/// Opens an application session, monitors each telephone of the site, asks what rings there now, follows the events.
///
/// States: idle (bytes are a recording), opening (accepts the answer to StartApplicationSession), running.
struct CSTA: Session {
    static let patience: Duration = .seconds(5)
    static let lossPatience: Duration = .seconds(30)
    /// Asked of the server, in seconds; renewed after half of what it grants.
    static let sessionLife = 600
    /// Extensions monitored at most.
    static let limit = 500

    private enum Phase { case idle, opening, running }

    /// What a request that waits for its answer was about.
    private enum Question: Equatable {
        case session, renewal
        case monitor(String)
        case snapshotDevice(String)
        case snapshotCall(String)
        case call(command: String)
        case act(command: String)
        case other
    }

    private let settings: SessionSettings
    private var phase = Phase.idle
    private var pending: [UInt8] = []
    private var questions: [String: (about: Question, until: Instant)] = [:]
    private var number = 0
    private var renewal: Instant?
    /// How long the exchange keeps the session without a renewal, in seconds.
    private var granted = Int64(CSTA.sessionLife)
    private var losing: Instant?
    private var calls: CSTACalls

    init(settings: SessionSettings) {
        self.settings = settings
        calls = CSTACalls(
            source: settings.name, plan: DialPlan(pattern: settings.internalPlan), run: settings.run,
            past: settings.past)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (phase, pending, questions) = (.opening, [], [:])
            reaction.condition = .starting
            guard !settings.extensions.isEmpty else {
                fail("no-extensions", "write extensions = [\"201\", …] for [phone.\(settings.name)]", &reaction)
                reaction.restart = .seconds(60)
                break
            }
            ask(
                .session,
                "<StartApplicationSession xmlns=\"http://www.ecma-international.org/standards/ecma-354/appl_session\">"
                    + "<applicationInfo><applicationID>quai</applicationID></applicationInfo><requestedProtocolVersions>"
                    + "<protocolVersion>\(CSTA.namespace)</protocolVersion></requestedProtocolVersions>"
                    + "<requestedSessionDuration>\(CSTA.sessionLife)</requestedSessionDuration>"
                    + "</StartApplicationSession>", now, &reaction)
        case .bytes(let bytes):
            pending += bytes
            while let step = CSTAFrame.take(from: &pending) {
                switch step {
                case .noise(let count): reaction.noise += count
                case .frame(let frame): take(frame, now, &reaction)
                }
            }
        case .tick: tick(now, &reaction)
        case .command(let command): obey(command, now, &reaction)
        case .recall(let command):
            // Never dialled again; a list names the call that it made, where a former run had heard of one.
            switch command.action {
            case .hangUp, .transfer: reaction.forget(command)
            default:
                if let call = settings.past?.commands.first(where: { $0.value == command.id })?.key {
                    calls.recall(command: command.id, call: call)
                } else {
                    reaction.observations.append(.progress(CommandProgress(id: command.id, state: .unknown)))
                }
            }
        case .closing:
            if phase == .running { ask(.other, "<StopApplicationSession/>", now, &reaction) }
        case .closed:
            if phase == .running {
                reaction.observations.append(.call(CallSignal(.sourceDown)))
                losing = now + CSTA.lossPatience
            }
            for case .call(let command) in questions.values.map(\.about) {
                calls.made(command, call: nil, refusal: nil)
            }
            for case .act(let command) in questions.values.map(\.about) { lost(command, &reaction) }
            (phase, pending, questions, renewal) = (.idle, [], [:], nil)
        case .descriptor, .accepted: break
        }
        reaction.observations += calls.takeObservations()
        let asked = questions.values.map(\.until).min()
        reaction.deadline = [asked, renewal, losing, calls.deadline(from: now)].compactMap(\.self).min()
        return reaction
    }

    private static let namespace = "http://www.ecma-international.org/standards/ecma-323/csta/ed4"

    private mutating func ask(_ about: Question, _ xml: String, _ now: Instant, _ reaction: inout Reaction) {
        number = number % 9998 + 1
        let digits = String(number)
        let invoke = String(repeating: "0", count: 4 - digits.count) + digits
        questions[invoke] = (about, now + CSTA.patience)
        let text = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\(xml)".utf8)
        reaction.send += CSTAFrame(invoke: invoke, xml: text).encoded
    }

    /// A request in the namespace of ECMA-323.
    private mutating func request(
        _ about: Question, _ name: String, _ body: String, _ now: Instant, _ reaction: inout Reaction
    ) { ask(about, "<\(name) xmlns=\"\(CSTA.namespace)\">\(body)</\(name)>", now, &reaction) }

    private func fail(_ code: String, _ text: String, _ reaction: inout Reaction) {
        reaction.condition = .failing(code: code, text: text)
        reaction.restart = .seconds(5)
    }

    // MARK: answers

    private mutating func take(_ frame: CSTAFrame, _ now: Instant, _ reaction: inout Reaction) {
        guard let xml = XMLTree(parsing: frame.xml[...]) else {
            reaction.noise += CSTAFrame.head + frame.xml.count
            return
        }
        if frame.invoke == CSTAFrame.event { return calls.take(xml, at: now) }
        switch xml.name {
        case "systemstatus", "requestsystemstatus":
            // The server asks whether we live; the answer carries its number.
            let text = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?><SystemStatusResponse/>".utf8)
            if phase != .idle { reaction.send += CSTAFrame(invoke: frame.invoke, xml: text).encoded }
        default: answer(xml, questions.removeValue(forKey: frame.invoke)?.about ?? .other, now, &reaction)
        }
    }

    private mutating func answer(_ xml: XMLTree, _ about: Question, _ now: Instant, _ reaction: inout Reaction) {
        let refusal = xml.name == "cstaerrorcode" ? xml.children.first?.text ?? "refused" : nil
        switch about {
        case .session where phase == .opening:
            if xml.name == "startapplicationsessionnegresponse" {
                let text = xml.children.first?.text ?? xml.children.first?.children.first?.name ?? ""
                return fail(
                    "session-refused", "the exchange refuses the session (\(text)): is CTI licensed?", &reaction)
            }
            let life = xml["actualsessionduration"].flatMap { Int64($0.text) } ?? Int64(CSTA.sessionLife)
            // Servers without sessions answer with an error and serve all the same.
            granted = max(20, life)
            renewal = refusal == nil ? now + .seconds(granted / 2) : nil
            start(now, &reaction)
        case .monitor(let desk):
            if let refusal {
                let text = "extension \(desk) cannot be followed: \(refusal)"
                reaction.observations.append(.fault(Fault(code: "monitor-refused", text: text)))
            } else {
                let body = "<snapshotObject><deviceID>\(desk)</deviceID></snapshotObject>"
                request(.snapshotDevice(desk), "SnapshotDevice", body, now, &reaction)
            }
        case .snapshotDevice(let desk):
            for call in calls.snapshot(of: desk, xml) {
                let body =
                    "<snapshotObject><callID>\(call.call.escaped)</callID><deviceID>\(call.device.escaped)</deviceID>"
                    + "</snapshotObject>"
                request(.snapshotCall(call.call), "SnapshotCall", body, now, &reaction)
            }
        case .snapshotCall(let call): calls.introduce(call, xml)
        case .call(let command): calls.made(command, call: xml["callid"]?.text, refusal: refusal)
        case .act(let command):
            let state: CommandProgress.State = refusal == nil ? .done : .failed
            reaction.observations.append(.progress(CommandProgress(id: command, state: state, cause: refusal)))
        case .renewal:
            guard refusal == nil, !xml.name.contains("negresponse") else {
                renewal = nil
                return fail("session-lost", "the exchange has ended the session", &reaction)
            }
            granted = xml["actualsessionduration"].flatMap { Int64($0.text) }.map { max(20, $0) } ?? granted
            renewal = now + .seconds(granted / 2)
        case .session, .other: break
        }
        settle(&reaction)
    }

    private mutating func start(_ now: Instant, _ reaction: inout Reaction) {
        (phase, losing) = (.running, nil)
        reaction.condition = .ready
        reaction.observations.append(.call(CallSignal(.sourceUp)))
        calls.beginSnapshot()
        for desk in settings.extensions.prefix(CSTA.limit) {
            let body = "<monitorObject><deviceObject>\(desk.escaped)</deviceObject></monitorObject>"
            request(.monitor(desk), "MonitorStart", body, now, &reaction)
        }
    }

    /// With the last answer about what runs, what was not listed has ended unseen.
    private mutating func settle(_ reaction: inout Reaction) {
        let isAsking = questions.values.contains { question in
            switch question.about {
            case .monitor, .snapshotDevice, .snapshotCall: true
            default: false
            }
        }
        if phase == .running, !isAsking { calls.endSnapshot() }
    }

    private mutating func tick(_ now: Instant, _ reaction: inout Reaction) {
        calls.tick(at: now)
        if let moment = losing, now >= moment {
            losing = nil
            calls.end(all: .lost)
        }
        if let moment = renewal, now >= moment, phase == .running {
            renewal = now + .seconds(granted / 2)
            ask(
                .renewal,
                "<ResetApplicationSessionTimer xmlns=\"http://www.ecma-international.org/standards/ecma-354/"
                    + "appl_session\"><requestedSessionDuration>\(CSTA.sessionLife)</requestedSessionDuration>"
                    + "</ResetApplicationSessionTimer>", now, &reaction)
        }
        let late = questions.filter { now >= $0.value.until }
        guard !late.isEmpty else { return }
        for (invoke, question) in late {
            questions[invoke] = nil
            switch question.about {
            case .session where phase == .opening: fail("silent", "connected, but no CSTA server answers", &reaction)
            case .renewal: fail("link-dead", "the exchange stopped answering", &reaction)
            case .call(let command): calls.made(command, call: nil, refusal: nil)
            case .act(let command): lost(command, &reaction)
            default: break
            }
        }
        settle(&reaction)
    }

    // MARK: dialling

    private mutating func obey(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        func report(_ state: CommandProgress.State, _ cause: String? = nil) {
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: state, cause: cause)))
        }
        guard phase == .running else { return report(.failed, "the exchange is not connected") }
        switch command.action {
        case .dial(let desk, let number, _, _):
            guard DialPlan.isDialable(desk), DialPlan.isDialable(number) else {
                return report(.failed, "not a number that can be dialled")
            }
            calls.expect(command: command.id)
            report(.accepted)
            request(
                .call(command: command.id), "MakeCall",
                "<callingDevice>\(desk)</callingDevice><calledDirectoryNumber>\(number)</calledDirectoryNumber>"
                    + "<autoOriginate>prompt</autoOriginate>", now, &reaction)
        case .cancel(let other):
            guard let (call, device) = calls.cancel(command: other) else {
                return report(.failed, "there is nothing left to cancel")
            }
            report(.done)
            request(
                .other, "ClearConnection",
                "<connectionToBeCleared><callID>\(call.escaped)</callID><deviceID>\(device.escaped)</deviceID>"
                    + "</connectionToBeCleared>", now, &reaction)
        case .hangUp(let call, let desk):
            guard let (id, leg) = calls.leg(of: desk, in: call) else { return report(.failed, CallAct.isGone) }
            report(.accepted)
            // ECMA-269, Clear Connection: one device leaves the call.
            request(
                .act(command: command.id), "ClearConnection",
                "<connectionToBeCleared>\(CSTA.connection(id, leg.device))</connectionToBeCleared>", now, &reaction)
        case .transfer(let call, let desk, let number):
            guard DialPlan.isDialable(number) else { return report(.failed, "not a number that can be dialled") }
            guard let (id, leg) = calls.leg(of: desk, in: call), leg.state != .ringing, leg.state != .dialling else {
                return report(.failed, CallAct.isGone)
            }
            report(.accepted)
            // ECMA-269, Single Step Transfer Call: the active call goes to the new device without a consultation.
            request(
                .act(command: command.id), "SingleStepTransferCall",
                "<activeCall>\(CSTA.connection(id, leg.device))</activeCall><transferredTo>\(number)</transferredTo>",
                now, &reaction)
        case .find, .update, .name: break  // no exchange's business
        }
    }

    private static func connection(_ call: String, _ device: String) -> String {
        "<callID>\(call.escaped)</callID><deviceID>\(device.escaped)</deviceID>"
    }

    private func lost(_ command: String, _ reaction: inout Reaction) {
        reaction.observations.append(
            .progress(CommandProgress(id: command, state: .unknown, cause: CallAct.isUnanswered)))
    }
}

extension String {
    /// As text between tags.
    fileprivate var escaped: String {
        reduce(into: "") { out, character in
            switch character {
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "&": out += "&amp;"
            default: out.append(character)
            }
        }
    }
}
