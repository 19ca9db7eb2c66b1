import Model

extension Driver {
    /// FreeSWITCH through its event socket, inbound mode. Source: FreeSWITCH, mod_event_socket; recordings of 1.10.12.
    public static let freeSWITCH = Driver(
        name: "freeswitch-esl", title: "FreeSWITCH event socket", kind: .telephony, line: .tcp(port: 8021),
        sealing: .lines, experimental: false, acts: [.hangUp, .transfer],
        source: "mod_event_socket documentation; recordings of 1.10.12",
        session: { FreeSWITCH(settings: $0) })
}

/// Logs in, asks for the events of calls and for the channels that run, follows them, dials on command.
///
/// States: idle (bytes are a recording), greeting (`auth/request`), authenticating (`command/reply`), running.
struct FreeSWITCH: Session {
    static let patience: Duration = .seconds(5)
    /// How long a job about a call that runs may take.
    static let actPatience: Duration = .seconds(10)
    /// The switch sends a heartbeat every 20 s.
    static let silence: Duration = .seconds(70)
    /// Calls of a vanished switch are given up after this long.
    static let lossPatience: Duration = .seconds(30)
    static let events = [
        "CHANNEL_CREATE", "CHANNEL_CALLSTATE", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_BRIDGE", "BACKGROUND_JOB",
        "HEARTBEAT",
        "SHUTDOWN",
    ]

    private enum Phase { case idle, greeting, authenticating, running }

    private let settings: SessionSettings
    private var parser = ESLParser()
    private var phase = Phase.idle
    private var due: Instant?
    private var losing: Instant?
    private var calls: ESLCalls
    /// Sessions that the switch had since its start, when it last said so.
    private var count: Int?
    /// What was asked about calls that run, by job, and until when an answer may come.
    private var acts: [String: Instant] = [:]

    init(settings: SessionSettings) {
        self.settings = settings
        calls = ESLCalls(source: settings.name, plan: DialPlan(pattern: settings.internalPlan))
        count = settings.past?.counted
        calls.counted = settings.past?.running ?? []
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (parser, phase, due) = (ESLParser(), .greeting, now + FreeSWITCH.patience)
            reaction.condition = .starting
        case .bytes(let bytes):
            if phase == .running { due = now + FreeSWITCH.silence }
            for step in parser.take(bytes) {
                switch step {
                case .message(let message): take(message, now, &reaction)
                case .noise(let count): reaction.noise += count
                }
            }
        case .tick:
            if let moment = losing, now >= moment {
                losing = nil
                calls.end(all: .lost)
            }
            loseActs(at: now, &reaction)
            guard let moment = due, now >= moment else { break }
            let text = phase == .running ? "no heartbeat for 70 s" : "no answer: is this the event socket (port 8021)?"
            fail("silent", text, .seconds(1), &reaction)
        case .command(let command): obey(command, now, &reaction)
        case .recall(let command):
            // Never dialled again: the next list of channels says whether it still runs.
            guard case .dial(_, let number, _, _) = command.action else {
                reaction.forget(command)
                break
            }
            calls.expect(command: command.id, number: number)
        case .closing: if phase == .running { reaction.send += Array("exit\n\n".utf8) }
        case .closed:
            // The next list says which calls still run; without one they are lost.
            if phase == .running {
                reaction.observations.append(.call(CallSignal(.sourceDown)))
                losing = now + FreeSWITCH.lossPatience
            }
            loseActs(at: nil, &reaction)
            (parser, phase, due) = (ESLParser(), .idle, nil)
        case .descriptor, .accepted: break
        }
        reaction.observations += calls.takeObservations()
        if phase == .running { reaction.counted = count.map { $0 + calls.sessions } }
        reaction.deadline = [due, losing, acts.values.min()].compactMap(\.self).min()
        return reaction
    }

    private mutating func fail(_ code: String, _ text: String, _ pause: Duration, _ reaction: inout Reaction) {
        due = nil
        reaction.condition = .failing(code: code, text: text)
        reaction.restart = pause
    }

    private mutating func take(_ message: ESLMessage, _ now: Instant, _ reaction: inout Reaction) {
        switch message.type {
        case "auth/request" where phase == .greeting:
            let secret = (settings.secret ?? "").filter { !$0.isNewline }
            reaction.send += Array("auth \(secret)\n\n".utf8)
            (phase, due) = (.authenticating, now + FreeSWITCH.patience)
        case "command/reply" where phase == .authenticating:
            guard message.headers["Reply-Text"]?.hasPrefix("+OK") ?? false else {
                return fail(
                    "password", "FreeSWITCH refuses the password of [phone.\(settings.name)]", .seconds(30), &reaction)
            }
            let wanted = FreeSWITCH.events.joined(separator: " ")
            reaction.send += Array("event plain \(wanted)\n\napi show channels as json\n\napi status\n\n".utf8)
            (phase, due, losing) = (.running, now + FreeSWITCH.silence, nil)
            reaction.condition = .ready
            reaction.observations.append(.call(CallSignal(.sourceUp)))
        case "text/rude-rejection":
            fail("refused", "FreeSWITCH's access list refuses this machine", .seconds(30), &reaction)
        case "text/disconnect-notice" where phase != .idle:
            fail("disconnected", "FreeSWITCH ended the connection", .seconds(1), &reaction)
        case "api/response":
            let body = String(decoding: message.body, as: UTF8.self)
            if let json = try? JSON(parsing: message.body), json["row_count"] != nil {
                let unsure = calls.resync(json["rows"]?.list ?? [], doubt: phase == .running ? 0 : nil)
                calls.counted = []
                guard phase == .running else { break }
                for id in unsure { reaction.send += Array("api uuid_dump \(id)\n\n".utf8) }
            } else if body.hasPrefix("Event-Name:") {
                calls.take(ESLMessage.fields(message.body), body: nil)
            } else if phase == .running,
                let line = body.split(separator: "\n").first(where: { $0.hasSuffix("session(s) since startup") })
            {
                compare(line.split(separator: " ").first.flatMap { Int($0) })
            } else if body.hasPrefix("-ERR SQL disabled") {
                let text = "the switch keeps no list of channels (SQL disabled): calls that ran before are not known"
                reaction.observations.append(.fault(Fault(code: "no-list", text: text)))
                _ = calls.resync([])
            }
        default:
            guard let event = message.event else { break }
            if event["Event-Name"] == "BACKGROUND_JOB", let id = event["Job-UUID"], acts.removeValue(forKey: id) != nil
            {
                return acted(id, message.innerBody ?? "", &reaction)
            }
            if event["Event-Name"] == "SHUTDOWN" { calls.end(all: .pbxStopped) }
            calls.take(event, body: message.innerBody)
        }
    }

    /// The sessions of the switch against those that we saw; a call has mostly two, the caller's and the telephone's.
    private mutating func compare(_ total: Int?) {
        guard let total, (0...FreeSWITCH.countLimit).contains(total) else {
            return calls.resynced(doubt: nil)
        }
        defer { (count, calls.sessions) = (total, 0) }
        guard let count else { return calls.resynced(doubt: nil) }
        // Smaller than before: it was restarted, and counts anew.
        let missed = (total >= count ? total - count : total) - calls.sessions
        calls.resynced(doubt: missed > 0 ? (missed + 1) / 2 : -1)
    }

    static let countLimit = 1 << 48

    // MARK: dialling

    private mutating func obey(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        guard phase == .running else {
            let cause = "the exchange is not connected"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
            return
        }
        switch command.action {
        case .dial(let desk, let number, _, _):
            // Commas, braces, quotes and line ends would say something else in an originate.
            guard DialPlan.isDialable(desk), DialPlan.isDialable(number) else {
                let cause = "a number has digits only"
                reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
                return
            }
            // The defaults are Asterisk's words; FreeSWITCH has its own.
            let channel = settings.channel == "PJSIP/%" ? "user/%" : settings.channel
            let context = settings.context == "from-internal" ? "default" : settings.context
            let endpoint = channel.split(separator: "%", omittingEmptySubsequences: false).joined(separator: desk)
            // What the other side sees is who calls, never the number that is called.
            let presents = settings.presents(desk, isInside: calls.plan.isExtension(number))
            let caller = presents ?? desk
            calls.expect(command: command.id, number: number)
            reaction.observations.append(
                .progress(CommandProgress(id: command.id, state: .accepted, presents: presents)))
            reaction.send += Array(
                ("bgapi originate {origination_uuid=\(ESLCalls.prefix)\(command.id),"
                    + "origination_caller_id_number=\(caller)}\(endpoint) \(number) XML \(context)\n"
                    + "Job-UUID: \(command.id)\n\n").utf8)
        case .cancel(let other):
            let channel = calls.cancel(command: other)
            if let channel { reaction.send += Array("bgapi uuid_kill \(channel) ORIGINATOR_CANCEL\n\n".utf8) }
            reaction.observations.append(
                .progress(
                    CommandProgress(
                        id: command.id, state: channel == nil ? .failed : .done,
                        cause: channel == nil ? "there is nothing left to cancel" : nil)))
        case .hangUp, .transfer: act(command, now, &reaction)
        case .find, .update, .name: break  // no exchange's business
        }
    }

    // MARK: calls that run

    /// `uuid_kill` and `uuid_transfer` (FreeSWITCH, mod_commands); the job says how it went.
    private mutating func act(_ command: Command, _ now: Instant, _ reaction: inout Reaction) {
        func report(_ state: CommandProgress.State, _ cause: String? = nil) {
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: state, cause: cause)))
        }
        let line: String
        switch command.action {
        case .hangUp(let call, let desk):
            guard let leg = calls.leg(of: desk, in: call) else { return report(.failed, CallAct.isGone) }
            line = "uuid_kill \(leg.id) \(leg.isUp ? "NORMAL_CLEARING" : "CALL_REJECTED")"
        case .transfer(let call, let desk, let number):
            guard DialPlan.isDialable(number) else { return report(.failed, "a number has digits only") }
            guard let leg = calls.leg(of: desk, in: call), leg.isUp else { return report(.failed, CallAct.isGone) }
            // The channel that ours is bridged to goes; ours is let go.
            let context = settings.context == "from-internal" ? "default" : settings.context
            line = "uuid_transfer \(leg.id) -bleg \(number) XML \(context)"
        case .dial, .cancel, .find, .update, .name: return
        }
        acts[command.id] = now + FreeSWITCH.actPatience
        report(.accepted)
        reaction.send += Array("bgapi \(line)\nJob-UUID: \(command.id)\n\n".utf8)
    }

    private func acted(_ id: String, _ body: String, _ reaction: inout Reaction) {
        let isDone = !body.hasPrefix("-")
        let words = body.drop { $0 != " " }.dropFirst().prefix { !$0.isNewline }
        let cause = isDone ? nil : words.isEmpty ? CallAct.isRefused : String(words.prefix(120))
        reaction.observations.append(
            .progress(CommandProgress(id: id, state: isDone ? .done : .failed, cause: cause)))
    }

    /// Nobody can say any more whether these were done; all of them where no time is given.
    private mutating func loseActs(at now: Instant?, _ reaction: inout Reaction) {
        for id in acts.keys.sorted() {
            if let now, let due = acts[id], now < due { continue }
            acts[id] = nil
            reaction.observations.append(
                .progress(CommandProgress(id: id, state: .unknown, cause: CallAct.isUnanswered)))
        }
    }
}
