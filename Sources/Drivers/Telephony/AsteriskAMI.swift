import Model

extension Driver {
    /// Asterisk Manager Interface, Asterisk 13 to 22. Source: docs.asterisk.org;
    /// tested against recordings of 13.38.3 and 22.10.1.
    public static let asteriskAMI = Driver(
        name: "asterisk-ami", title: "Asterisk Manager Interface", kind: .telephony, line: .tcp(port: 5038),
        sealing: .lines, experimental: false, acts: [.hangUp, .transfer, .name],
        source: "Asterisk 22 AMI documentation; recordings of 13.38.3 and 22.10.1",
        session: { AsteriskAMI(settings: $0) })
}

/// Logs in, takes stock of the running calls, follows them, dials on command and makes sure the link is alive.
struct AsteriskAMI: Session {
    enum Phase: Equatable {
        /// No connection of ours: bytes are a recording.
        case idle
        /// Accepts the banner.
        case greeting
        /// Accept the response to our challenge and to our login.
        case challenging
        case loggingIn
        /// Accepts everything.
        case running
        case refused
    }

    static let greetingPatience: Duration = .seconds(10)
    static let pingEvery: Duration = .seconds(5)
    static let pingPatience: Duration = .seconds(5)
    /// Hammering a refused login trips fail2ban.
    static let refusedPause: Duration = .seconds(60)
    /// Calls of a vanished exchange are given up after this long.
    static let lossPatience: Duration = .seconds(30)
    /// An action of ours that got no answer by then never will: one with too long a line has none (observed).
    static let answerPatience: Duration = .seconds(10)
    /// How long the reason of a failed originate may follow its failure.
    static let reasonPatience: Duration = .seconds(2)
    /// The channels are listed again this often: what ended unseen ends then.
    static let listEvery: Duration = .seconds(60)
    /// Messages kept while a list is under way; a list takes milliseconds.
    static let backlogLimit = 20_000

    let settings: SessionSettings
    var phase = Phase.idle
    private var parser = AMIParser()
    var calls: AMICalls
    private var counter = 0
    var due: Instant?
    private var pingSent: Instant?
    var losing: Instant?
    /// Presentations asked for, by ActionID.
    private var questions: [String: AMICalls.Question] = [:]
    /// Calls that wait for one, and until when.
    private var patience: [String: Instant] = [:]
    /// A list under way: a snapshot, to which the events that came meanwhile are applied (CoreShowChannels).
    var listing: Listing?
    var before: Set<String> = []
    var nextList: Instant?
    /// This connection has had its first list.
    var isListed = false
    var dials: [String: Dial] = [:]
    /// What was asked about calls that run, by ActionID, and until when an answer may come.
    var acts: [String: Instant] = [:]
    private var saysPresentation = true
    var processed = Processed()
    /// What our questions to the exchange are about, where a refusal tells which right is missing.
    var rights: [String: Right] = [:]

    struct Listing {
        /// ActionIDs of ours; empty in a recording.
        var channels = ""
        var status = ""
        /// The channels may not be listed: the other list has to do.
        var usesStatus = false
        var items: [AMIMessage] = []
        var backlog: [AMIMessage] = []
        var until: Instant
    }

    /// Calls that the exchange has counted, against those that we saw.
    struct Processed {
        var count: Int?
        var seen = 0
        var question = ""
        /// What it said before its list of channels was complete.
        var total: Int?
        /// It may not be asked.
        var isRefused = false

        /// How many there are by now, as far as we know.
        var now: Int? { count.map { $0 + seen } }
    }

    enum Right: String {
        case list = "the running calls"
        case originate = "click to call"
        case name = "the name on a telephone"
    }

    struct Dial {
        var desk: String
        var number: String
        var state = CommandProgress.State.accepted
        var cancelled = false
        /// Sent, and not yet answered; or failed, and the reason still to come.
        var due: Instant?
        var hasFailed = false
        /// From before this connection.
        var isOld = false
    }

    init(settings: SessionSettings) {
        self.settings = settings
        calls = AMICalls(source: settings.name, plan: DialPlan(pattern: settings.internalPlan))
        calls.recall(settings.past?.running ?? [], run: settings.run)
        processed.count = settings.past?.counted
        calls.heldBefore = settings.past?.held ?? []
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        calls.now = now
        switch stimulus {
        case .opened:
            parser.reset()
            connected()
            phase = .greeting
            due = now + AsteriskAMI.greetingPatience
            reaction.condition = .starting
        case .bytes(let bytes):
            for step in parser.take(bytes) { accept(step, now, &reaction) }
        case .tick: tick(now, &reaction)
        case .command(let command): obey(command, now, &reaction)
        case .recall(let command):
            // Never dialled again: the next list of channels says whether it still runs.
            guard case .dial(let desk, let number, _, _) = command.action else {
                reaction.forget(command)
                break
            }
            dials[command.id] = Dial(desk: desk, number: number)
            calls.expect(command: command.id, desk: desk, number: number)
        case .closing:
            if phase == .running { reaction.send += amiAction("Logoff", id: nextID()) }
        case .closed: closed(now, &reaction)
        case .descriptor, .accepted: break
        }
        for question in calls.takeQuestions() where phase == .running {
            let id = nextID()
            questions[id] = question
            reaction.send += amiAction(
                "Getvar", id: id, [("Channel", question.channel), ("Variable", "CALLERID(num-pres)")])
        }
        let waiting = calls.waitingCalls
        if !patience.isEmpty { patience = patience.filter { waiting.contains($0.key) } }
        for root in waiting where patience[root] == nil { patience[root] = now + settings.presentationDelay }
        if phase == .running { reaction.counted = processed.now }
        reaction.deadline =
            ([due, losing, nextList, listing?.until, acts.values.min()] + dials.values.map(\.due)
            + Array(patience.values))
            .compactMap(\.self).min()
        return reaction
    }

    mutating func nextID() -> String {
        counter += 1
        return "quai-\(counter)"
    }

    mutating func connected() {
        (listing, nextList, rights, isListed) = (nil, nil, [:], false)
        (processed.total, processed.isRefused) = (nil, false)
        before = calls.channelIDs
        questions = [:]
        // Whoever may not ask is told so after each break: what was listed then may show who hides.
        saysPresentation = true
        pingSent = nil
        for id in dials.keys { dials[id]?.isOld = true }
    }

    mutating func tell(_ signals: [CallSignal], _ reaction: inout Reaction) {
        for signal in signals {
            follow(signal, &reaction)
            reaction.observations.append(.call(signal))
        }
    }

    private mutating func accept(_ step: AMIParser.Step, _ now: Instant, _ reaction: inout Reaction) {
        switch step {
        case .noise(let count): reaction.noise += count
        case .banner(let version): greet(version, now, &reaction)
        case .message(let message) where message.isResponse: respond(message, now, &reaction)
        case .message(let message): follow(message, now, &reaction)
        }
    }

    // MARK: login

    private mutating func greet(_ version: String, _ now: Instant, _ reaction: inout Reaction) {
        calls.isSilentOnProgress = version.hasPrefix("2.")
        if phase != .greeting {
            connected()  // another connection in a recording
            return
        }
        reaction.observations.append(.identity(Identity(field: "pbx", text: "Asterisk Call Manager/\(version)")))
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 2 else {
            phase = .refused
            reaction.condition = .failing(
                code: "pbx-too-old", text: "AMI \(version) is another protocol: Asterisk 12 or newer is needed")
            reaction.restart = AsteriskAMI.refusedPause
            return
        }
        guard let user = settings.user, settings.secret != nil, !user.isEmpty else {
            phase = .refused
            reaction.condition = .failing(
                code: "no-credentials", text: "set user and secret for this exchange in the agent's configuration")
            reaction.restart = AsteriskAMI.refusedPause
            return
        }
        phase = .challenging
        reaction.send += amiAction("Challenge", id: nextID(), [("AuthType", "MD5")])
    }

    private mutating func respond(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        switch phase {
        case .challenging:
            guard let challenge = message["challenge"] else { return refuse(message, &reaction) }
            phase = .loggingIn
            reaction.send += amiAction(
                "Login", id: nextID(),
                [
                    ("AuthType", "MD5"), ("Username", settings.user ?? ""),
                    ("Key", amiLoginKey(challenge: challenge, secret: settings.secret ?? "")),
                    ("Events", settings.hearsRecords ? "system,call,agent,cdr" : "system,call,agent"),
                ])
        case .loggingIn:
            guard message["response"] == "Success" else { return refuse(message, &reaction) }
            phase = .running
            (calls.asksPresentation, calls.masks) = (saysPresentation, !saysPresentation && !settings.showsUnchecked)
            calls.isHasty = settings.presentationDelay == .zero
            reaction.condition = .ready
            reaction.observations.append(.call(CallSignal(.sourceUp)))
            due = now + AsteriskAMI.pingEvery
            list(now, &reaction)
            processed.question = nextID()
            reaction.send += amiAction("CoreStatus", id: processed.question)
            // Without a channel it does nothing; with the right to it the complaint is another (observed).
            let trial = nextID()
            rights[trial] = .originate
            reaction.send += amiAction("Originate", id: trial)
            // Who waits in which queue, after the list has named the channels; any account may ask.
            reaction.send += amiAction("QueueStatus", id: "quai-queues")
        case .running: answered(message, now, &reaction)
        case .idle, .greeting, .refused: break
        }
    }

    private mutating func refuse(_ message: AMIMessage, _ reaction: inout Reaction) {
        phase = .refused
        due = nil
        reaction.condition = .failing(
            code: "login-refused",
            text:
                "the exchange refuses the login (\(message["message"] ?? "no reason given")): check user, secret and the "
                + "permit line of manager.conf")
        reaction.restart = AsteriskAMI.refusedPause
    }

    // MARK: running

    mutating func answered(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if message["ping"] != nil { pingSent = nil }
        guard let id = message.id else { return }
        dials[id]?.due = nil
        acted(id, message, &reaction)
        let isForbidden = message["response"] == "Error" && (message["message"] ?? "").hasPrefix("Permission denied")
        if let right = rights.removeValue(forKey: id), isForbidden {
            if right == .list { listing?.usesStatus = true } else { refused(right, &reaction) }
        }
        if isForbidden, id == listing?.status {
            refused(.list, &reaction)
            forgo(now, &reaction)
        }
        if id == processed.question { counted(message, &reaction) }
        if let question = questions.removeValue(forKey: id) {
            let failed = message["response"] != "Success"
            let forbidden = failed && message["message"] == "Permission denied"
            if forbidden {
                saysPresentation = false
                calls.masks = !settings.showsUnchecked
                tell(calls.stopAsking(), &reaction)
                questions = [:]
                reaction.observations.append(
                    .fault(
                        Fault(
                            code: "presentation-unknown",
                            text: "this account may not ask whether a caller withholds the number, so "
                                + (settings.showsUnchecked ? "numbers are shown unchecked" : "numbers stay hidden")
                                + ": add write = call or reporting, or channelvars = CALLERID(num-pres)")))
            }
            let hidden = failed ? nil : AMICalls.hides(message["value"] ?? "")
            tell(calls.presented(question, hidden: hidden), &reaction)
        }
        if dials[id] != nil, message["response"] == "Error" {
            progress(id, .failed, cause: message["message"] ?? "refused by the exchange", &reaction)
            calls.forget(command: id)
        }
    }

    mutating func follow(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if !collect(message, now, &reaction) { take(message, now, &reaction) }
    }

    mutating func take(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if message.event == "OriginateResponse" { originated(message, now, &reaction) }
        // What shows itself on this connection is there.
        if !before.isEmpty { meet(message, &reaction) }
        // The exchange counts what it runs through its dial plan: whoever calls in or out, and both halves of Local pairs.
        if message.event == "Newchannel",
            message["channelstate"] == "4" || message["uniqueid"] == message["linkedid"]
        {
            processed.seen += 1
        }
        tell(calls.apply(message), &reaction)
        hungUp(message, &reaction)
    }

    private mutating func tick(_ now: Instant, _ reaction: inout Reaction) {
        for root in patience.filter({ now >= $0.value }).keys.sorted() { tell(calls.stopWaiting(root), &reaction) }
        if let losing, now >= losing, listing == nil {
            self.losing = nil
            if phase == .running { giveUpOldDials(&reaction) }
            // Without a list only what was there before is given up.
            tell(
                phase == .running ? calls.reconcile(listed: [], known: before) : calls.abandon(.lost), &reaction)
            before = []
        }
        if let until = listing?.until, now >= until {
            if phase == .running {
                reaction.observations.append(
                    .fault(Fault(code: "no-list", text: "the exchange did not list its channels within 10 s")))
            }
            forgo(now, &reaction)
        }
        for id in dials.keys.sorted() {
            guard let moment = dials[id]?.due, now >= moment else { continue }
            dials[id]?.due = nil
            if dials[id]?.hasFailed != true, calls.channel(id) != nil { continue }
            if dials[id]?.hasFailed == true {
                progress(id, dials[id]?.cancelled == true ? .cancelled : .failed, cause: "failed", &reaction)
            } else {
                progress(id, .unknown, cause: "the exchange did not answer", &reaction)
            }
            calls.forget(command: id)
        }
        loseActs(at: now, &reaction)
        if let moment = nextList, now >= moment {
            nextList = nil
            if phase == .running, listing == nil { list(now, &reaction) }
        }
        guard let due, now >= due else { return }
        switch phase {
        case .idle, .refused: self.due = nil
        case .greeting, .challenging, .loggingIn:
            self.due = nil
            reaction.condition = .failing(code: "no-greeting", text: "connected, but no Asterisk manager answers there")
            reaction.restart = .seconds(2)
        case .running where pingSent != nil:
            self.due = nil
            reaction.condition = .failing(code: "link-dead", text: "the exchange stopped answering")
            reaction.restart = .zero
        case .running:
            pingSent = now
            self.due = now + AsteriskAMI.pingPatience
            reaction.send += amiAction("Ping", id: nextID())
        }
    }

    private mutating func closed(_ now: Instant, _ reaction: inout Reaction) {
        if phase == .running {
            reaction.observations.append(.call(CallSignal(.sourceDown)))
            losing = now + AsteriskAMI.lossPatience
        }
        forgo(now, &reaction)
        loseActs(at: nil, &reaction)
        parser.reset()
        connected()
        phase = .idle
        due = nil
        questions = [:]
        for root in calls.waitingCalls.sorted() { tell(calls.stopWaiting(root), &reaction) }
    }
}
