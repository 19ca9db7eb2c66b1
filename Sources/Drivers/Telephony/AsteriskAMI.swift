import Model

extension Driver {
    /// Asterisk Manager Interface, Asterisk 13 to 22. Source: docs.asterisk.org;
    /// tested against recordings of 13.38.3 and 22.10.1.
    public static let asteriskAMI = Driver(
        name: "asterisk-ami", title: "Asterisk Manager Interface", kind: .telephony, line: .tcp(port: 5038),
        sealing: .lines, experimental: false,
        source: "Asterisk 22 AMI documentation; recordings of 13.38.3 and 22.10.1",
        session: { AsteriskAMI(settings: $0) })
}

/// Logs in, takes stock of the running calls, follows them, dials on command and makes sure the link is alive.
struct AsteriskAMI: Session {
    private enum Phase: Equatable {
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
    /// A lookup takes 0.3 ms; the card must not wait longer than this for it.
    static let presentationPatience: Duration = .milliseconds(250)
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

    private let settings: SessionSettings
    private var phase = Phase.idle
    private var parser = AMIParser()
    private var calls: AMICalls
    private var counter = 0
    private var due: Instant?
    private var pingSent: Instant?
    private var losing: Instant?
    /// Presentations asked for, by ActionID.
    private var questions: [String: String] = [:]
    /// Calls that wait for one, and until when.
    private var patience: [String: Instant] = [:]
    /// A list under way: a snapshot, to which the events that came meanwhile are applied (CoreShowChannels).
    private var listing: Listing?
    private var before: Set<String> = []
    private var nextList: Instant?
    /// This connection has had its first list.
    private var isListed = false
    private var dials: [String: Dial] = [:]
    private var saysPresentation = true
    private var processed = Processed()
    /// What our questions to the exchange are about, where a refusal tells which right is missing.
    private var rights: [String: Right] = [:]

    private struct Listing {
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
    private struct Processed {
        var count: Int?
        var seen = 0
        var question = ""
    }

    private enum Right: String {
        case list = "the running calls"
        case originate = "click to call"
    }

    private struct Dial {
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
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
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
            guard case .dial(let desk, let number, _, _) = command.action else { break }
            dials[command.id] = Dial(desk: desk, number: number)
            calls.expect(command: command.id, desk: desk, number: number)
        case .closing:
            if phase == .running { reaction.send += amiAction("Logoff", id: nextID()) }
        case .closed: closed(now, &reaction)
        case .descriptor, .accepted: break
        }
        for question in calls.takeQuestions() where phase == .running {
            let id = nextID()
            questions[id] = question.id
            reaction.send += amiAction(
                "Getvar", id: id, [("Channel", question.channel), ("Variable", "CALLERID(num-pres)")])
        }
        let waiting = calls.waitingCalls
        patience = patience.filter { waiting.contains($0.key) }
        for root in waiting where patience[root] == nil { patience[root] = now + AsteriskAMI.presentationPatience }
        reaction.deadline =
            ([due, losing, nextList, listing?.until] + dials.values.map(\.due) + Array(patience.values))
            .compactMap(\.self).min()
        return reaction
    }

    private mutating func nextID() -> String {
        counter += 1
        return "quai-\(counter)"
    }

    private mutating func connected() {
        (listing, nextList, rights, isListed) = (nil, nil, [:], false)
        before = calls.channelIDs
        questions = [:]
        pingSent = nil
        for id in dials.keys { dials[id]?.isOld = true }
    }

    private mutating func tell(_ signals: [CallSignal], _ reaction: inout Reaction) {
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
                    ("Events", "system,call,agent"),
                ])
        case .loggingIn:
            guard message["response"] == "Success" else { return refuse(message, &reaction) }
            phase = .running
            calls.asksPresentation = saysPresentation
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

    // MARK: lists

    /// The first list says who was dialled, the second which number the caller had dialled.
    private mutating func list(_ now: Instant, _ reaction: inout Reaction) {
        let (channels, status) = (nextID(), nextID())
        rights[channels] = .list
        listing = Listing(channels: channels, status: status, until: now + AsteriskAMI.answerPatience)
        nextList = now + AsteriskAMI.listEvery
        reaction.send += amiAction("CoreShowChannels", id: channels)
        reaction.send += amiAction("Status", id: status)
    }

    /// Takes an item of the list, or keeps an event for after it; false when the message is neither.
    private mutating func collect(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) -> Bool {
        // In a recording its first item tells that a list has begun; an empty one has only its end.
        if listing == nil, phase == .idle, ["CoreShowChannel", "CoreShowChannelsComplete"].contains(message.event) {
            listing = Listing(until: now + AsteriskAMI.answerPatience)
        }
        guard var list = listing else { return false }
        let isOurs = message.id != nil && (message.id == list.channels || message.id == list.status)
        switch message.event {
        case "CoreShowChannel": list.items.append(message)
        case "Status" where isOurs && list.usesStatus: list.items.append(message)
        case "CoreShowChannelsComplete":
            listing = list
            settle(now, &reaction)
            return true
        case "StatusComplete" where isOurs && list.usesStatus:
            listing = list
            settle(now, &reaction)
            return true
        default: list.backlog.append(message)
        }
        listing = list
        if list.backlog.count > AsteriskAMI.backlogLimit { forgo(now, &reaction) }
        return true
    }

    /// The list is complete: first the channels that began their calls, then the others, then what happened meanwhile.
    private mutating func settle(_ now: Instant, _ reaction: inout Reaction) {
        guard let list = listing else { return }
        listing = nil
        func begins(_ message: AMIMessage) -> Bool { message["uniqueid"] == message["linkedid"] }
        let known = calls.roots
        for item in list.items.filter(begins) + list.items.filter({ !begins($0) }) {
            tell(calls.apply(item), &reaction)
        }
        let ids = Set(list.items.compactMap { $0["uniqueid"] })
        // A second list of this connection finds what ended without a word; what began meanwhile stands in the backlog.
        let missing = losing == nil && phase == .running && before.isEmpty ? calls.channelIDs : before
        // What hung up while the list was made says so itself, with its reason.
        let explained = Set(list.backlog.filter { $0.event == "Hangup" }.compactMap { $0["uniqueid"] })
        tell(calls.reconcile(listed: ids, known: missing.subtracting(explained)), &reaction)
        (before, losing) = ([], nil)
        if phase == .running { giveUpOldDials(&reaction) }
        processed.seen += calls.roots.subtracting(known).count
        if !isListed {
            // Whether calls came and went unseen is counted, and said when there were any.
            var signal = CallSignal(.resynced)
            signal.doubt = phase == .running ? 0 : nil
            reaction.observations.append(.call(signal))
        }
        isListed = true
        for message in list.backlog { take(message, now, &reaction) }
    }

    /// Clicks from before this connection whose call is nowhere.
    private mutating func giveUpOldDials(_ reaction: inout Reaction) {
        for id in dials.keys.sorted() where dials[id]?.isOld == true && calls.channel(id) == nil {
            progress(id, .unknown, cause: "the link to the exchange broke meanwhile", &reaction)
            calls.forget(command: id)
        }
    }

    /// No list: what comes is followed, and what ran before is given up unless it shows itself.
    private mutating func forgo(_ now: Instant, _ reaction: inout Reaction) {
        guard let list = listing else { return }
        listing = nil
        if !before.isEmpty { losing = losing ?? now + AsteriskAMI.lossPatience }
        for message in list.backlog { take(message, now, &reaction) }
    }

    /// How many calls the exchange has handled since it last said so, beyond those that we saw: they came and went unseen.
    private mutating func count(_ total: Int, _ reaction: inout Reaction) {
        defer { (processed.count, processed.seen) = (total, 0) }
        guard let last = processed.count else { return }
        // Smaller than before: it was restarted, and counts anew.
        let missed = (total >= last ? total - last : total) - processed.seen
        // None is said as well: a break in which nothing happened is over.
        var signal = CallSignal(.resynced)
        signal.doubt = missed > 0 ? missed : -1
        reaction.observations.append(.call(signal))
    }

    /// Which right is missing, said once for each connection.
    private mutating func refused(_ right: Right, _ reaction: inout Reaction) {
        let remedy = right == .list ? "write = reporting (or call)" : "write = originate"
        reaction.observations.append(
            .fault(
                Fault(
                    code: right == .list ? "no-right-list" : "no-right-originate",
                    text: "this account may not use \(right.rawValue): add \(remedy) in manager.conf")))
    }

    // MARK: running

    private mutating func answered(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if message["ping"] != nil { pingSent = nil }
        guard let id = message.id else { return }
        dials[id]?.due = nil
        let isForbidden = message["response"] == "Error" && (message["message"] ?? "").hasPrefix("Permission denied")
        if let right = rights.removeValue(forKey: id), isForbidden {
            if right == .list { listing?.usesStatus = true } else { refused(right, &reaction) }
        }
        if isForbidden, id == listing?.status {
            refused(.list, &reaction)
            forgo(now, &reaction)
        }
        if id == processed.question, let total = message["coreprocessedcalls"].flatMap({ Int($0) }) {
            count(total, &reaction)
        }
        if let channel = questions.removeValue(forKey: id) {
            let failed = message["response"] != "Success"
            let forbidden = failed && message["message"] == "Permission denied"
            if forbidden {
                saysPresentation = false
                calls.asksPresentation = false
                reaction.observations.append(
                    .fault(
                        Fault(
                            code: "presentation-unknown",
                            text: "this account may not ask whether a caller withholds the number: add write = call "
                                + "or reporting, or channelvars = CALLERID(num-pres)")))
            }
            // An account that may never ask sees what the exchange sends, and is told so; any other failure keeps quiet.
            let hidden = failed ? (forbidden ? false : nil) : AMICalls.hides(message["value"] ?? "")
            tell(calls.presented(channel: channel, hidden: hidden), &reaction)
        }
        if dials[id] != nil, message["response"] == "Error" {
            progress(id, .failed, cause: message["message"] ?? "refused by the exchange", &reaction)
            calls.forget(command: id)
        }
    }

    private mutating func follow(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if !collect(message, now, &reaction) { take(message, now, &reaction) }
    }

    private mutating func take(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        if message.event == "OriginateResponse" { originated(message, now, &reaction) }
        // What shows itself on this connection is there.
        if !before.isEmpty {
            for name in ["uniqueid", "destuniqueid"] { message[name].map { _ = before.remove($0) } }
        }
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
        parser.reset()
        connected()
        phase = .idle
        due = nil
        questions = [:]
        for root in calls.waitingCalls.sorted() { tell(calls.stopWaiting(root), &reaction) }
    }

    // MARK: click to call

    private mutating func obey(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        switch command.action {
        case .dial(let desk, let number, let display, _):
            guard phase == .running else {
                return report(command.id, .failed, "not connected to the exchange", &reaction)
            }
            guard DialPlan.isDialable(number), AsteriskAMI.isName(desk) else {
                return report(command.id, .failed, "not a number that can be dialled", &reaction)
            }
            dials[command.id] = Dial(desk: desk, number: number, due: now + AsteriskAMI.answerPatience)
            calls.expect(command: command.id, desk: desk, number: number)
            let name = (display ?? number).filter { $0 != "\"" && $0 != "<" && $0 != ">" && $0 != "\\" }
            reaction.send += amiAction(
                "Originate", id: command.id,
                [
                    (
                        "Channel",
                        settings.channel.split(separator: "%", omittingEmptySubsequences: false).joined(separator: desk)
                    ),
                    ("ChannelId", command.id), ("Context", settings.context), ("Exten", number), ("Priority", "1"),
                    ("Timeout", "30000"), ("CallerID", "\"\(name)\" <\(number)>"), ("Async", "true"),
                ])
            report(command.id, .accepted, nil, &reaction)
        case .cancel(let id):
            guard let channel = calls.channel(id), dials[id] != nil else {
                return report(command.id, .failed, "there is nothing left to cancel", &reaction)
            }
            dials[id]?.cancelled = true
            reaction.send += amiAction("Hangup", id: command.id, [("Channel", channel.name)])
            report(command.id, .done, nil, &reaction)
        case .find: break  // no exchange's business
        }
    }

    private func report(
        _ id: String, _ state: CommandProgress.State, _ cause: String?, _ reaction: inout Reaction
    ) {
        reaction.observations.append(.progress(CommandProgress(id: id, state: state, cause: cause)))
    }

    private mutating func progress(
        _ id: String, _ state: CommandProgress.State, cause: String? = nil, _ reaction: inout Reaction
    ) {
        guard let dial = dials[id], dial.state != state else { return }
        dials[id]?.state = state
        report(id, state, cause, &reaction)
        if state.isFinal { dials[id] = nil }
    }

    /// Follows our own calls by the Uniqueid that we chose.
    private mutating func follow(_ signal: CallSignal, _ reaction: inout Reaction) {
        guard !dials.isEmpty else { return }
        for id in dials.keys where signal.call == (settings.name.isEmpty ? id : "\(settings.name)/\(id)") {
            switch signal.event {
            case .merged:
                // It has become part of another call: whoever clicked talks, or nobody can say.
                progress(id, dials[id]?.state == .talking ? .done : .unknown, &reaction)
            case .ringing: progress(id, signal.leg == id ? .ringingOwn : .ringingOther, &reaction)
            case .answered: progress(id, signal.leg == id ? .ringingOther : .talking, &reaction)
            case .ended:
                let talked = dials[id]?.state == .talking || signal.cause == .normal
                if dials[id]?.cancelled == true {
                    progress(id, .cancelled, &reaction)
                } else if talked {
                    progress(id, .done, &reaction)
                } else if signal.cause == .lost {
                    // It may have been answered while the exchange could not be heard.
                    progress(id, .unknown, cause: "the link to the exchange broke meanwhile", &reaction)
                } else {
                    progress(id, .failed, cause: signal.cause?.rawValue, &reaction)
                }
            default: break
            }
        }
    }

    private mutating func originated(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) {
        guard let id = message.id, let dial = dials[id], message["response"] == "Failure" else { return }
        // Busy and declined look alike here; the hang-up that follows tells them apart.
        guard message["reason"] == "3" || calls.channel(id) == nil else {
            dials[id]?.hasFailed = true
            dials[id]?.due = now + AsteriskAMI.reasonPatience
            return
        }
        let cause = message["reason"] == "3" ? CallCause.noAnswer.rawValue : "failed"
        progress(id, dial.cancelled ? .cancelled : .failed, cause: cause, &reaction)
        calls.forget(command: id)
    }

    /// `OriginateResponse` cannot tell busy from declined; the hang-up of our own channel can.
    private mutating func hungUp(_ message: AMIMessage, _ reaction: inout Reaction) {
        guard message.event == "Hangup", let id = message["uniqueid"], let dial = dials[id],
            dial.state == .accepted || dial.state == .ringingOwn
        else { return }
        let cause = AMICalls.cause(hangup: message["cause"].flatMap { Int($0) })
        progress(id, dial.cancelled ? .cancelled : .failed, cause: cause.rawValue, &reaction)
        calls.forget(command: id)
    }

    private static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
                    || $0 == 0x2D || $0 == 0x2E
            }
    }
}
