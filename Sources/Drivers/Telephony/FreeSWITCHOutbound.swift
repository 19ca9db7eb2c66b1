import Model

extension Driver {
    /// FreeSWITCH's event socket, outbound mode: the dial plan's `socket` application connects to us once for each call.
    public static let freeSWITCHOutbound = Driver(
        name: "freeswitch-outbound", title: "FreeSWITCH event socket, outbound", kind: .telephony,
        line: .gathered(port: 8084), source: "mod_event_socket documentation, outbound mode",
        session: { FreeSWITCHOutbound(settings: $0) })
}

/// Follows the calls that the switch hands us, and hands each on to the dial plan at once.
///
/// On every connection: `connect`, whose reply describes the caller's channel; `linger` and `myevents`, so that its end
/// and its other legs are told; then a transfer to the number that was dialled, in the context that says where it goes. A
/// channel that comes back from there is let through (`resume`, `exit`): the dial plan sends it round in a circle.
struct FreeSWITCHOutbound: Session {
    /// Calls followed at once; the switch is told to go on without us for what comes beyond it.
    static let connectionLimit = 1000

    private struct Connection {
        var parser = ESLParser()
        var channel: String?
    }

    private let settings: SessionSettings
    private var line = GatheredLine()
    private var connections: [Int: Connection] = [:]
    /// Channels that were handed on, oldest first.
    private var handedOn: [String] = []
    private var calls: ESLCalls

    init(settings: SessionSettings) {
        self.settings = settings
        calls = ESLCalls(source: settings.name, plan: DialPlan(pattern: settings.internalPlan))
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            reaction.condition = .ready
            reaction.observations.append(.call(CallSignal(.sourceUp)))
        case .bytes(let bytes):
            let (events, noise) = line.take(bytes)
            reaction.noise += noise
            for event in events { take(event, &reaction) }
        case .command(let command), .recall(let command):
            let cause = "this exchange connects to us only while a call runs: a click needs freeswitch-esl"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .closed:
            calls.end(all: .lost)
            reaction.observations += calls.takeObservations()
            reaction.observations.append(.call(CallSignal(.sourceDown)))
            (line, connections) = (GatheredLine(), [:])
        case .tick, .closing, .descriptor, .accepted: break
        }
        reaction.observations += calls.takeObservations()
        return reaction
    }

    private mutating func take(_ event: GatheredLine.Event, _ reaction: inout Reaction) {
        switch event {
        case .opened(let id):
            guard connections.count < FreeSWITCHOutbound.connectionLimit else {
                reaction.send += GatheredLine.encode(.closed(id))
                return
            }
            connections[id] = Connection()
            say(["connect\n\n"], to: id, &reaction)
        case .bytes(let id, let bytes):
            for step in connections[id]?.parser.take(bytes) ?? [] {
                switch step {
                case .message(let message): take(message, from: id, &reaction)
                case .noise(let count): reaction.noise += count
                }
            }
        case .closed(let id):
            if let channel = connections.removeValue(forKey: id)?.channel { calls.lose(callOf: channel) }
            reaction.observations += calls.takeObservations()
        }
    }

    private mutating func take(_ message: ESLMessage, from id: Int, _ reaction: inout Reaction) {
        guard let event = message.event else { return }
        calls.take(event, body: nil)
        reaction.observations += calls.takeObservations()
        guard connections[id]?.channel == nil, let channel = message.channelData?["Unique-ID"] else { return }
        connections[id]?.channel = channel
        let number = event["Caller-Destination-Number"] ?? ""
        let isSafe =
            !number.isEmpty && number.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+*#._-".contains($0)) }
        if handedOn.contains(channel) || !isSafe {
            let text =
                isSafe
                ? "the context \(context) sends calls back to us: they go on without being followed twice"
                : "a call to something that is no number goes on without us"
            reaction.observations.append(.fault(Fault(code: isSafe ? "circle" : "number", text: text)))
            return say(["resume\n\n", "exit\n\n"], to: id, &reaction)
        }
        handedOn.append(channel)
        if handedOn.count > FreeSWITCHOutbound.connectionLimit { handedOn.removeFirst() }
        say(
            [
                "linger\n\n", "myevents\n\n",
                "sendmsg\ncall-command: execute\nexecute-app-name: transfer\n"
                    + "execute-app-arg: \(number) XML \(context)\n\n",
            ], to: id, &reaction)
    }

    /// The default is Asterisk's word.
    private var context: String { settings.context == "from-internal" ? "default" : settings.context }

    private func say(_ commands: [String], to id: Int, _ reaction: inout Reaction) {
        reaction.send += GatheredLine.encode(.bytes(id, Array(commands.joined().utf8)))
    }
}
