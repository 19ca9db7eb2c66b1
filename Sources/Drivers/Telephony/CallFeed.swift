import Model

extension Driver {
    /// Whatever a script of an exchange can push. Source: docs/how-to/push-calls.md.
    public static let jsonl = Driver(
        name: "jsonl", title: "Calls pushed by an exchange's own script, as JSON lines", kind: .telephony,
        line: .tcp(port: 0), sealing: .lines, experimental: false, source: "docs/how-to/push-calls.md",
        session: { CallFeed(settings: $0) })
}

/// One event a line, acknowledged one by one; what was acknowledged once is not told again.
struct CallFeed: Session {
    /// Longest line, in bytes (docs/how-to/push-calls.md).
    static let limit = 16 * 1024
    /// Silence after which the sender is gone; it says it is alive every 30 s.
    static let silence: Duration = .seconds(90)

    private let source: String
    private let token: String?
    private var lines = LineBuffer(limit: CallFeed.limit)
    private var isWelcome = false
    private var isOpen = false
    private var due: Instant?
    private var fold: CallFeedFold

    init(settings: SessionSettings) {
        source = settings.name
        token = settings.secret
        fold = CallFeedFold(source: settings.name, run: settings.run, running: settings.past?.running ?? [])
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (isWelcome, isOpen) = (token == nil, true)
            lines.reset()
            due = now + CallFeed.silence
            reaction.condition = token == nil ? .ready : .starting
        case .bytes(let bytes):
            for byte in bytes {
                if let line = lines.take(byte, noise: &reaction.noise) { understand(line, &reaction) }
            }
            if isOpen { due = now + CallFeed.silence }
        case .tick:
            guard isOpen, let moment = due, now >= moment else { break }
            reaction.condition = .failing(
                code: "silent", text: "the sender has been silent for 90 s: does its script run?")
            reaction.restart = .seconds(1)
        case .closed:
            reaction.observations += fold.end().map(Observation.call)
            (isOpen, due) = (false, nil)
            lines.reset()
        case .command(let command): dial(command, &reaction)
        // Whoever pushes says nothing of what was asked before.
        case .recall(let command):
            reaction.observations.append(
                .progress(CommandProgress(id: command.id, state: .unknown, cause: CallAct.isAnew)))
        case .closing, .descriptor, .accepted: break
        }
        reaction.deadline = due
        return reaction
    }

    private func dial(_ command: Command, _ reaction: inout Reaction) {
        guard isOpen, isWelcome else {
            let cause = "nobody is connected"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
            return
        }
        switch command.action {
        case .dial(let desk, let number, _, _):
            reaction.send = say([
                ("do", "call"), ("id", .string(command.id)), ("ext", .string(desk)), ("number", .string(number)),
            ])
        case .cancel(let other):
            reaction.send = say([("do", "hangup"), ("id", .string(other))])
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .done)))
        case .hangUp, .transfer:
            let cause = "a pushed line cannot do this"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .find, .update, .name: break  // no exchange's business
        }
    }

    private func say(_ fields: [(String, JSON?)]) -> [UInt8] { JSON.object(fields).text8 + [0x0A] }

    private mutating func understand(_ line: [UInt8], _ reaction: inout Reaction) {
        guard let json = try? JSON(parsing: line), json.isObject else {
            reaction.noise += line.count
            return
        }
        if let hello = json["hello"] { return welcome(hello, &reaction) }
        guard isWelcome || !isOpen else {
            reaction.noise += line.count
            return
        }
        if let id = json["done"]?.text { return done(id, json, &reaction) }
        guard let (signals, ack) = fold.take(json) else {
            reaction.noise += line.count
            return
        }
        if let ack { reaction.send += say([("ack", .string(ack))]) }
        reaction.observations += signals.map(Observation.call)
    }

    private mutating func welcome(_ hello: JSON, _ reaction: inout Reaction) {
        if token == nil || hello["token"]?.text == token {
            isWelcome = true
            reaction.condition = .ready
            reaction.send += say([("welcome", .string(source))])
        } else {
            reaction.condition = .failing(code: "token", text: "the sender's token is not the configured one")
            reaction.restart = .seconds(5)
        }
    }

    private func done(_ id: String, _ json: JSON, _ reaction: inout Reaction) {
        let isGood = json["ok"]?.truth ?? false
        reaction.observations.append(
            .progress(
                CommandProgress(
                    id: id, state: isGood ? .done : .failed, cause: json["cause"]?.text,
                    call: json["call"]?.text.map(fold.present))))
    }
}
