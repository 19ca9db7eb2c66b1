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
    /// Longest line, in bytes, and longest call and leg names (cti.md §8).
    static let limit = 16 * 1024
    static let nameLimit = 128
    /// Ids remembered against repeats.
    static let memory = 10_000
    /// Silence after which the sender is gone; it says it is alive every 30 s.
    static let silence: Duration = .seconds(90)

    private let source: String
    private let token: String?
    private var line: [UInt8] = []
    private var overflowing = false
    private var isWelcome = false
    private var isOpen = false
    private var due: Instant?
    private var seen: Set<String> = []
    private var order: [String] = []
    /// Legs of each call that runs.
    private var running: [String: Set<String>] = [:]
    /// Calls that wait in a queue: they do not end with the telephone that did not answer.
    private var queued: Set<String> = []

    init(settings: SessionSettings) {
        source = settings.name
        token = settings.secret
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (line, overflowing, isWelcome, isOpen) = ([], false, token == nil, true)
            due = now + CallFeed.silence
            reaction.condition = token == nil ? .ready : .starting
        case .bytes(let bytes):
            for byte in bytes { take(byte, &reaction) }
            if isOpen { due = now + CallFeed.silence }
        case .tick:
            guard isOpen, let moment = due, now >= moment else { break }
            reaction.condition = .failing(
                code: "silent", text: "the sender has been silent for 90 s: does its script run?")
            reaction.restart = .seconds(1)
        case .closed:
            for call in running.keys.sorted() { end(call, .lost, &reaction) }
            (running, queued, line, overflowing, isOpen, due) = ([:], [], [], false, false, nil)
        case .command(let command): dial(command, &reaction)
        case .closing, .descriptor, .recall, .accepted: break
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
        case .cancel(let other): reaction.send = say([("do", "hangup"), ("id", .string(other))])
        }
    }

    private func say(_ fields: [(String, JSON?)]) -> [UInt8] { JSON.object(fields).text8 + [0x0A] }

    private mutating func take(_ byte: UInt8, _ reaction: inout Reaction) {
        if byte == 0x0A {
            if !overflowing, !line.isEmpty { understand(&reaction) }
            (line, overflowing) = ([], false)
        } else if overflowing {
            reaction.noise += 1
        } else if line.count == CallFeed.limit {
            reaction.noise += line.count + 1
            (line, overflowing) = ([], true)
        } else {
            line.append(byte)
        }
    }

    private mutating func understand(_ reaction: inout Reaction) {
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
        if let id = json["id"]?.text, id.utf8.count <= CallFeed.nameLimit {
            reaction.send += say([("ack", .string(id))])
            guard seen.insert(id).inserted else { return }
            order.append(id)
            if order.count > CallFeed.memory { seen.remove(order.removeFirst()) }
        }
        guard let event = json["event"]?.text else {
            reaction.noise += line.count
            return
        }
        switch event {
        case "alive": break
        case "snapshot": snapshot(json["calls"]?.list ?? [], &reaction)
        default: signal(event, json, &reaction)
        }
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
                    call: json["call"]?.text.map { CallSignals.name($0, of: source) })))
    }

    private static let events: [String: CallSignal.Event] = [
        "offered": .offered, "queued": .queued, "dequeued": .dequeued, "ringing": .ringing, "answered": .answered,
        "held": .held, "resumed": .resumed, "transferred": .transferred, "merged": .merged, "ended": .ended,
    ]

    private mutating func signal(_ event: String, _ json: JSON, _ reaction: inout Reaction) {
        guard let kind = CallFeed.events[event], let name = text(json, "call") else {
            reaction.noise += line.count
            return
        }
        let call = CallSignals.name(name, of: source)
        let desk = text(json, "ext")
        let leg = text(json, "leg") ?? desk
        let cause = json["cause"]?.text.map { CallCause(rawValue: $0) ?? .failed }
        // With the last of its legs a call has ended.
        if kind == .ended {
            if let leg, var legs = running[call] {
                legs.remove(leg)
                running[call] = legs
                var signal = CallSignal(.legEnded, call: call)
                (signal.leg, signal.desk, signal.cause) = (leg, desk, cause ?? .normal)
                reaction.observations.append(.call(signal))
                guard legs.isEmpty, !queued.contains(call) else { return }
            }
            running[call] = nil
            queued.remove(call)
            return end(call, cause ?? .normal, &reaction)
        }
        var signal = CallSignal(kind, call: call)
        signal.leg = leg
        signal.desk = desk
        signal.direction = json["direction"]?.text.flatMap(CallDirection.init)
        signal.caller = party(json["from"])
        signal.called = text(json, "to")
        signal.queue = text(json, "queue")
        if kind == .transferred {
            (signal.how, signal.by, signal.to) = (text(json, "kind"), text(json, "by"), text(json, "to"))
        }
        switch kind {
        case .queued: queued.insert(call)
        case .dequeued, .answered: queued.remove(call)
        default: break
        }
        if kind == .merged {
            guard let into = text(json, "into").map({ CallSignals.name($0, of: source) }), into != call else {
                reaction.noise += line.count
                return
            }
            signal.into = into
            running[into, default: []].formUnion(running.removeValue(forKey: call) ?? [])
            if queued.remove(call) != nil { queued.insert(into) }
        } else if let leg {
            running[call, default: []].insert(leg)
        } else if running[call] == nil {
            running[call] = []
        }
        reaction.observations.append(.call(signal))
    }

    private func end(_ call: String, _ cause: CallCause, _ reaction: inout Reaction) {
        var signal = CallSignal(.ended, call: call)
        signal.cause = cause
        reaction.observations.append(.call(signal))
    }

    /// What runs now: calls that we know and the list does not have ended unseen.
    private mutating func snapshot(_ calls: [JSON], _ reaction: inout Reaction) {
        var listed: [String: Set<String>] = [:]
        for entry in calls {
            guard let name = text(entry, "call") else { continue }
            listed[CallSignals.name(name, of: source)] = []
            for leg in entry["legs"]?.list ?? [] {
                let event: CallSignal.Event
                switch leg["state"]?.text {
                case "ringing": event = .ringing
                case "held": event = .held
                case "talking", "answered": event = .answered
                default: continue
                }
                var signal = CallSignal(event, call: CallSignals.name(name, of: source))
                signal.leg = text(leg, "leg") ?? text(leg, "ext")
                if let leg = signal.leg { listed[CallSignals.name(name, of: source)]?.insert(leg) }
                signal.desk = text(leg, "ext")
                signal.caller = party(entry["from"])
                reaction.observations.append(.call(signal))
            }
        }
        for call in running.keys.sorted() {
            guard let legs = listed[call] else {
                end(call, .lost, &reaction)
                continue
            }
            for leg in (running[call] ?? []).subtracting(legs).sorted() {
                var signal = CallSignal(.legEnded, call: call)
                (signal.leg, signal.cause) = (leg, .lost)
                reaction.observations.append(.call(signal))
            }
        }
        queued.formIntersection(listed.keys)
        running = listed
    }

    private func text(_ json: JSON, _ name: String) -> String? {
        guard let value = json[name]?.text, !value.isEmpty, value.utf8.count <= CallFeed.nameLimit else {
            return nil
        }
        return value
    }

    private func party(_ json: JSON?) -> Party? {
        guard let json, json.isObject else { return nil }
        if json["withheld"]?.truth ?? false { return .hidden }
        return Party(number: json["number"]?.text, name: json["name"]?.text)
    }
}
