import Model

/// What a call tracker says: signals under its source's name, and how far our own calls have come.
struct CallSignals {
    /// A click to call that was sent and has not ended.
    private struct Dial {
        var last: CommandProgress.State?
        var isCancelled = false
    }

    private let source: String
    private var out: [Observation] = []
    private var dials: [String: Dial] = [:]

    init(source: String) { self.source = source }

    mutating func take() -> [Observation] {
        defer { out = [] }
        return out
    }

    func name(_ call: String) -> String { CallSignals.name(call, of: source) }

    /// A recording has no source.
    static func name(_ call: String, of source: String) -> String { source.isEmpty ? call : "\(source)/\(call)" }

    /// The exchange's id in a call's name, and all of it without the source: `17~2` is the second use of 17.
    func used(_ name: String) -> (id: String, name: String) { CallSignals.used(name, of: source) }

    static func used(_ name: String, of source: String) -> (id: String, name: String) {
        let name = source.isEmpty ? name : String(name.dropFirst(source.count + 1))
        return (String(name.prefix { $0 != "~" }), name)
    }

    mutating func say(_ event: CallSignal.Event, _ call: String, _ fill: (inout CallSignal) -> Void = { _ in }) {
        var signal = CallSignal(event, call: call.isEmpty ? "" : name(call))
        fill(&signal)
        out.append(.call(signal))
    }

    mutating func merge(_ from: String, into: String) {
        let target = name(into)
        say(.merged, from) { $0.into = target }
    }

    // MARK: click to call

    mutating func expect(command: String) { dials[command] = Dial() }
    var isExpecting: Bool { !dials.isEmpty }
    func expects(_ command: String) -> Bool { dials[command] != nil }
    func state(of command: String) -> CommandProgress.State? { dials[command]?.last }
    var expected: [String] { dials.keys.sorted() }
    mutating func cancel(command: String) { dials[command]?.isCancelled = true }

    mutating func progress(_ command: String, _ state: CommandProgress.State, cause: String? = nil, call: String? = nil)
    {
        guard var dial = dials[command], dial.last != state else { return }
        dial.last = state
        dials[command] = state.isFinal ? nil : dial
        out.append(
            .progress(CommandProgress(id: command, state: state, cause: cause, call: call.map { name($0) })))
    }

    /// Its call is over, or never came to be.
    mutating func ended(_ command: String, cause: CallCause, call: String? = nil) {
        guard let dial = dials[command] else { return }
        if dial.last == .talking || cause == .normal {
            progress(command, .done, call: call)
        } else if cause == .lost {
            progress(command, .unknown, cause: "the link to the exchange broke meanwhile", call: call)
        } else {
            progress(command, dial.isCancelled ? .cancelled : .failed, cause: cause.rawValue, call: call)
        }
    }

    /// Nobody can say how they went on.
    mutating func loseCommands(_ cause: String, where isLost: (String) -> Bool = { _ in true }) {
        for command in expected where isLost(command) { progress(command, .unknown, cause: cause) }
    }
}
