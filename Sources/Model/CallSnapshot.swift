/// A call as it stands: what travels on both lanes. A higher revision replaces a lower one, so that order,
/// loss and repetition of messages do not matter.
public struct CallSnapshot: Equatable, Sendable {
    public enum State: String, Sendable {
        case offered, queued, ringing, answered, held, ended
    }

    public struct Leg: Equatable, Sendable {
        public enum State: String, Sendable {
            case ringing, talking, held, ended
        }

        public var id: String
        public var desk: String?
        public var state: State
        /// Unix milliseconds, as all times here.
        public var rangAt: Int64?
        public var answeredAt: Int64?
        public var endedAt: Int64?
        public var cause: CallCause?
        public var holds: Int

        public init(
            id: String, desk: String?, state: State, rangAt: Int64? = nil, answeredAt: Int64? = nil,
            endedAt: Int64? = nil, cause: CallCause? = nil, holds: Int = 0
        ) {
            self.id = id
            self.desk = desk
            self.state = state
            self.rangAt = rangAt
            self.answeredAt = answeredAt
            self.endedAt = endedAt
            self.cause = cause
            self.holds = holds
        }
    }

    public struct Transfer: Equatable, Sendable {
        public var how: String
        public var by: String?
        public var to: String?

        public init(how: String, by: String?, to: String?) {
            self.how = how
            self.by = by
            self.to = to
        }
    }

    /// Legs and transfers kept of one call: a snapshot must fit in a frame.
    public static let legLimit = 32
    /// Times and revisions outside are nobody's: the year 2200 in milliseconds, and room above the boot counter.
    static let times: ClosedRange<Int64> = 0...7_258_118_400_000
    static let revisions: ClosedRange<Int64> = 0...1 << 62

    public var call: String
    /// Grows with every change, also across restarts of the agent.
    public var revision: Int64
    public var state: State
    public var direction: CallDirection?
    public var caller: Party?
    public var called: String?
    /// The queue it waits in, or the last one it waited in.
    public var queue: String?
    /// Only while calls are being followed; it does not travel.
    var isQueued = false
    public var legs: [Leg]
    public var transfers: [Transfer]
    public var startedAt: Int64
    public var answeredAt: Int64?
    public var endedAt: Int64?
    public var cause: CallCause?
    public var answeredBy: [String]
    public var missedBy: [String]
    /// The click-to-call command that made it.
    public var command: String?
    /// The call this one turned out to be part of.
    public var mergedInto: String?

    public init(call: String, revision: Int64, startedAt: Int64) {
        self.call = call
        self.revision = revision
        self.state = .offered
        self.legs = []
        self.transfers = []
        self.startedAt = startedAt
        self.answeredBy = []
        self.missedBy = []
    }

    /// Somebody was reached: for a call out, somebody other than the one who called.
    public var wasReached: Bool {
        guard direction == .outbound else { return answeredAt != nil }
        return legs.contains { $0.answeredAt != nil && ($0.desk == nil || $0.desk != caller?.number) }
    }

    /// Extensions that ring at this moment.
    public var ringing: [String] { legs.filter { $0.state == .ringing }.compactMap(\.desk) }
    /// Extensions whose telephone is in conversation or on hold.
    public var talking: [String] { legs.filter { $0.state == .talking || $0.state == .held }.compactMap(\.desk) }
}

extension CallSnapshot {
    public var json: JSON {
        .object([
            ("call", .string(call)),
            ("rev", .int(revision)),
            ("state", .string(state.rawValue)),
            ("direction", direction.map { .string($0.rawValue) }),
            ("caller", caller?.json),
            ("called", called.map(JSON.string)),
            ("queue", queue.map(JSON.string)),
            ("legs", .array(legs.map(\.json))),
            (
                "transfers",
                transfers.isEmpty
                    ? nil
                    : .array(
                        transfers.map {
                            .object([
                                ("how", .string($0.how)), ("by", $0.by.map(JSON.string)),
                                ("to", $0.to.map(JSON.string)),
                            ])
                        })
            ),
            ("started", .int(startedAt)),
            ("answered", answeredAt.map(JSON.int)),
            ("ended", endedAt.map(JSON.int)),
            ("cause", cause.map { .string($0.rawValue) }),
            ("answeredBy", answeredBy.isEmpty ? nil : .array(answeredBy.map(JSON.string))),
            ("missedBy", missedBy.isEmpty ? nil : .array(missedBy.map(JSON.string))),
            ("command", command.map(JSON.string)),
            ("mergedInto", mergedInto.map(JSON.string)),
        ])
    }

    public init?(json: JSON) {
        guard let call = json["call"]?.text, !call.isEmpty, call.utf8.count <= 256, let revision = json["rev"]?.integer,
            CallSnapshot.revisions.contains(revision), let state = json["state"]?.text.flatMap(State.init),
            let started = json["started"]?.integer, CallSnapshot.times.contains(started)
        else { return nil }
        self.init(call: call, revision: revision, startedAt: started)
        self.state = state
        direction = json["direction"]?.text.flatMap(CallDirection.init)
        caller = Party(json: json["caller"])
        called = json["called"]?.text
        queue = json["queue"]?.text
        legs = (json["legs"]?.list ?? []).prefix(CallSnapshot.legLimit).compactMap(Leg.init(json:))
        transfers = (json["transfers"]?.list ?? []).compactMap { item in
            item["how"]?.text.map { Transfer(how: $0, by: item["by"]?.text, to: item["to"]?.text) }
        }
        answeredAt = json["answered"]?.integer
        endedAt = json["ended"]?.integer
        cause = json["cause"]?.text.flatMap(CallCause.init)
        answeredBy = (json["answeredBy"]?.list ?? []).compactMap(\.text)
        missedBy = (json["missedBy"]?.list ?? []).compactMap(\.text)
        command = json["command"]?.text
        mergedInto = json["mergedInto"]?.text
    }
}

extension CallSnapshot.Leg {
    var json: JSON {
        .object([
            ("leg", .string(id)),
            ("desk", desk.map(JSON.string)),
            ("state", .string(state.rawValue)),
            ("rang", rangAt.map(JSON.int)),
            ("answered", answeredAt.map(JSON.int)),
            ("ended", endedAt.map(JSON.int)),
            ("cause", cause.map { .string($0.rawValue) }),
            ("holds", holds == 0 ? nil : .int(Int64(holds))),
        ])
    }

    init?(json: JSON) {
        guard let id = json["leg"]?.text, let state = json["state"]?.text.flatMap(State.init) else { return nil }
        self.init(
            id: id, desk: json["desk"]?.text, state: state, rangAt: json["rang"]?.integer,
            answeredAt: json["answered"]?.integer, endedAt: json["ended"]?.integer,
            cause: json["cause"]?.text.flatMap(CallCause.init), holds: Int(clamping: json["holds"]?.integer ?? 0))
    }
}
