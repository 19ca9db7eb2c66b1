/// Calls as an exchange's own script tells them, one JSON object at a time (docs/how-to/push-calls.md). A value: objects go
/// in, signals come out; what came before under the same `id` says nothing again.
public struct CallFeedFold: Sendable {
    /// Longest call and leg names, in bytes (docs/how-to/push-calls.md).
    public static let nameLimit = 128
    /// Ids remembered against repeats.
    static let memory = 10_000

    private let source: String
    /// Counts calls whose id had been another's, in a later run on from more than any former run came to; 0 in a first run.
    private var again: Int
    private let isLater: Bool
    private var seen: Set<String> = []
    private var order: [String] = []
    /// Legs of each call that runs.
    private var running: [String: Set<String>] = [:]
    /// Calls that wait in a queue: they do not end with the telephone that did not answer.
    private var queued: Set<String> = []
    /// How often an id was used whose calls have all ended: a script that begins to count anew starts new calls. The newest
    /// `memory` of them.
    private var uses: [String: Int] = [:]
    private var used: [String] = []
    /// Calls that were only lost from sight: they may be told on.
    private var lost: Set<String> = []
    private var out: [CallSignal] = []

    /// `source` begins every call's name. From the second `run` on, ids may have been used before, by calls that have ended: only those
    /// `running` are known to go on.
    public init(source: String, run: Int = 0, running: Set<String> = []) {
        (self.source, isLater) = (source, run > 1)
        again = CallSnapshot.uses(before: run)
        for call in running {
            note(call)
            lost.insert(call)
        }
    }

    /// What one object means; nil when it is none of these. `ack` is the `id` that the sender may now forget.
    public mutating func take(_ json: JSON) -> (signals: [CallSignal], ack: String?)? {
        out = []
        var ack: String?
        if let id = json["id"]?.text, id.utf8.count <= CallFeedFold.nameLimit {
            ack = id
            guard seen.insert(id).inserted else { return ([], ack) }
            order.append(id)
            if order.count > CallFeedFold.memory { seen.remove(order.removeFirst()) }
        }
        guard let event = json["event"]?.text else { return ack == nil ? nil : ([], ack) }
        switch event {
        case "alive": break
        case "snapshot": snapshot(json["calls"]?.list ?? [])
        default: guard signal(event, json) else { return ack == nil ? nil : ([], ack) }
        }
        return (out, ack)
    }

    /// A call that is known from before.
    public mutating func resume(_ call: CallSnapshot) {
        running[call.call] = Set(call.legs.filter { $0.state != .ended }.map(\.id))
        if call.state == .queued { queued.insert(call.call) }
        note(call.call)
    }

    /// `17~2` is the second use of 17.
    private mutating func note(_ call: String) {
        let given = source.isEmpty ? call : String(call.dropFirst(source.count + 1))
        let parts = given.split(separator: "~", omittingEmptySubsequences: false)
        let times = parts.count == 2 ? Int(parts[1]).map { min(max($0, 1), 1 << 60) } : nil
        note(times == nil ? given : String(parts[0]), times: times ?? 1)
    }

    private mutating func note(_ given: String, times: Int) {
        if uses.updateValue(times, forKey: given) == nil { used.append(given) }
        if used.count > CallFeedFold.memory { uses[used.removeFirst()] = nil }
    }

    /// What the call of this id is called now.
    public func present(_ given: String) -> String {
        let times = uses[given] ?? 0
        return name(times > 1 ? "\(given)~\(times)" : given)
    }

    /// The sender is gone: nobody says how its calls went on.
    public mutating func end() -> [CallSignal] {
        out = []
        for call in running.keys.sorted() { end(call, .lost) }
        // What a former run left and nobody has told of since may be told on, too.
        lost.formUnion(running.keys)
        if lost.count > CallFeedFold.memory { lost = Set(running.keys) }
        (running, queued) = ([:], [])
        return out
    }

    /// The name of a call that runs, or begins: under an id whose call has ended, the next one is `17~2`.
    private mutating func name(_ given: String, begins kind: CallSignal.Event) -> String {
        let last = present(given)
        let isUnknown = isLater && uses[given] == nil && kind != .ended
        guard !isUnknown else { return renamed(given) }
        guard running[last] == nil, lost.remove(last) == nil, [.offered, .queued, .ringing].contains(kind) else {
            return last
        }
        return renamed(given)
    }

    private mutating func renamed(_ given: String) -> String {
        again += 1
        note(given, times: isLater ? again : (uses[given] ?? 0) + 1)
        return present(given)
    }

    /// A call's name among those of all sources.
    private func name(_ call: String) -> String { source.isEmpty ? call : "\(source)/\(call)" }

    private static let events: [String: CallSignal.Event] = [
        "offered": .offered, "queued": .queued, "dequeued": .dequeued, "ringing": .ringing, "answered": .answered,
        "held": .held, "resumed": .resumed, "transferred": .transferred, "merged": .merged, "ended": .ended,
    ]

    private mutating func signal(_ event: String, _ json: JSON) -> Bool {
        guard let kind = CallFeedFold.events[event], let given = text(json, "call") else { return false }
        let call = name(given, begins: kind)
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
                out.append(signal)
                guard legs.isEmpty, !queued.contains(call) else { return true }
            }
            running[call] = nil
            queued.remove(call)
            end(call, cause ?? .normal)
            return true
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
            guard let into = text(json, "into").map(present), into != call else { return false }
            signal.into = into
            running[into, default: []].formUnion(running.removeValue(forKey: call) ?? [])
            if queued.remove(call) != nil { queued.insert(into) }
        } else if let leg, [.ringing, .answered, .held, .resumed].contains(kind) {
            running[call, default: []].insert(leg)
        } else if running[call] == nil {
            running[call] = []
        }
        out.append(signal)
        return true
    }

    private mutating func end(_ call: String, _ cause: CallCause) {
        var signal = CallSignal(.ended, call: call)
        signal.cause = cause
        out.append(signal)
    }

    /// What runs now: calls that we know and the list does not have ended unseen.
    private mutating func snapshot(_ calls: [JSON]) {
        var listed: [String: Set<String>] = [:]
        for entry in calls {
            guard let given = text(entry, "call") else { continue }
            let call = uses[given] == nil ? name(given, begins: .offered) : present(given)
            listed[call] = []
            for leg in entry["legs"]?.list ?? [] {
                let event: CallSignal.Event
                switch leg["state"]?.text {
                case "ringing": event = .ringing
                case "held": event = .held
                case "talking", "answered": event = .answered
                default: continue
                }
                var signal = CallSignal(event, call: call)
                signal.leg = text(leg, "leg") ?? text(leg, "ext")
                if let leg = signal.leg { listed[call]?.insert(leg) }
                signal.desk = text(leg, "ext")
                signal.caller = party(entry["from"])
                out.append(signal)
            }
        }
        for call in running.keys.sorted() {
            guard let legs = listed[call] else {
                end(call, .lost)
                continue
            }
            for leg in (running[call] ?? []).subtracting(legs).sorted() {
                var signal = CallSignal(.legEnded, call: call)
                (signal.leg, signal.cause) = (leg, .lost)
                out.append(signal)
            }
        }
        queued.formIntersection(listed.keys)
        running = listed
    }

    private func text(_ json: JSON, _ name: String) -> String? {
        guard let value = json[name]?.text, !value.isEmpty, value.utf8.count <= CallFeedFold.nameLimit else {
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

extension CallSnapshot {
    /// From where calls whose id had been another's are counted in a run (`17~2000001`): more than any former run comes to.
    public static func uses(before run: Int) -> Int { min(max(run, 0), 1 << 40) * 1_000_000 }
}
