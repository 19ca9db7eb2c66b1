/// A call as it stands: what travels on both lanes. A higher revision replaces a lower one, so that order,
/// loss and repetition of messages do not matter.
public struct CallSnapshot: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case offered, queued, ringing, answered, held, ended
    }

    public struct Leg: Equatable, Sendable {
        public enum State: String, Sendable, CaseIterable {
            case dialling, ringing, talking, held, ended
        }

        public var id: String
        public var desk: String?
        public var state: State
        /// It called somebody: since when it is of the call. Such a leg neither rang nor was it answered. Unix milliseconds, as
        /// all times here.
        public var dialledAt: Int64?
        public var rangAt: Int64?
        public var answeredAt: Int64?
        public var endedAt: Int64?
        public var cause: CallCause?
        public var holds: Int

        public init(
            id: String, desk: String?, state: State, rangAt: Int64? = nil, answeredAt: Int64? = nil,
            endedAt: Int64? = nil, cause: CallCause? = nil, holds: Int = 0, dialledAt: Int64? = nil
        ) {
            self.id = id
            self.desk = desk
            self.state = state
            self.dialledAt = dialledAt
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
    /// Telephones named of one call: who took it, who missed it.
    static let deskLimit = 128
    /// How often a leg may have been held.
    static let holds: ClosedRange<Int64> = 0...1_000_000

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
    /// Telephones that rang when the line to the exchange broke, and of which nobody can say whether they took the call.
    public var perhapsMissedBy: [String] = []
    /// The click-to-call command that made it.
    public var command: String?
    /// The conference that it sits in, or the last one it sat in.
    public var conference: String?
    /// The call this one turned out to be part of.
    public var mergedInto: String?
    /// Milliseconds that the centre added to the times, because the agent's clock is wrong; an agent does not say it.
    public var clockCorrection: Int64?

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

    /// Somebody was reached: other than the one who called.
    public var wasReached: Bool {
        guard direction == .outbound || direction == .internal else { return answeredAt != nil }
        return legs.contains { $0.answeredAt != nil && ($0.desk == nil || $0.desk != caller?.number) }
    }

    /// Of a person's telephones the one that says most: what talks, else what is held, rings, dials; of those that ended one that talked.
    public func leg(of desk: String) -> Leg? {
        func rank(_ leg: Leg) -> Int {
            switch leg.state {
            case .talking: 5
            case .held: 4
            case .ringing: 3
            case .dialling: 2
            case .ended: leg.answeredAt == nil ? 0 : 1
            }
        }
        var best: Leg?
        for leg in legs where leg.desk == desk {
            if let known = best, rank(known) > rank(leg) { continue }
            best = leg
        }
        return best
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
            ("perhapsMissedBy", perhapsMissedBy.isEmpty ? nil : .array(perhapsMissedBy.map(JSON.string))),
            ("command", command.map(JSON.string)),
            ("conference", conference.map(JSON.string)),
            ("mergedInto", mergedInto.map(JSON.string)),
            ("corrected", clockCorrection.map(JSON.int)),
        ])
    }

    /// Nil for what is no call, and where any number of it or of a leg is out of range: a reader of the history would meet it
    /// later. Texts are cut, lists end at their limits.
    public init?(json: JSON) {
        let legs = (json["legs"]?.list ?? []).prefix(CallSnapshot.legLimit)
        guard let call = json["call"]?.text, !call.isEmpty, call.utf8.count <= Bounded.nameLimit,
            let revision = json.bounded("rev", in: Bounded.revisions),
            let state = json["state"]?.text.flatMap(State.init),
            let started = json.bounded("started", in: Bounded.times), json.allows("answered", in: Bounded.times),
            json.allows("ended", in: Bounded.times), legs.allSatisfy(Leg.isBounded)
        else { return nil }
        self.init(call: call, revision: revision, startedAt: started)
        self.state = state
        direction = json["direction"]?.text.flatMap(CallDirection.init)
        caller = Party(json: json["caller"])
        called = json.name("called")
        queue = json.name("queue")
        self.legs = legs.compactMap(Leg.init(json:))
        transfers = (json["transfers"]?.list ?? []).prefix(CallSnapshot.legLimit).compactMap { item in
            item.name("how").map { Transfer(how: $0, by: item.name("by"), to: item.name("to")) }
        }
        answeredAt = json.bounded("answered", in: Bounded.times)
        endedAt = json.bounded("ended", in: Bounded.times)
        cause = json["cause"]?.text.flatMap(CallCause.init)
        func desks(_ name: String) -> [String] {
            (json[name]?.list ?? []).prefix(CallSnapshot.deskLimit).compactMap { $0.text?.cut(to: Bounded.nameLimit) }
        }
        answeredBy = desks("answeredBy")
        missedBy = desks("missedBy")
        perhapsMissedBy = desks("perhapsMissedBy")
        command = json.name("command")
        conference = json.name("conference")
        mergedInto = json.name("mergedInto")
        clockCorrection = json.bounded("corrected", in: Bounded.offsets)
    }
}

extension CallSnapshot.Leg {
    var json: JSON {
        .object([
            ("leg", .string(id)),
            ("desk", desk.map(JSON.string)),
            ("state", .string(state.rawValue)),
            ("dialled", dialledAt.map(JSON.int)),
            ("rang", rangAt.map(JSON.int)),
            ("answered", answeredAt.map(JSON.int)),
            ("ended", endedAt.map(JSON.int)),
            ("cause", cause.map { .string($0.rawValue) }),
            ("holds", holds == 0 ? nil : .int(Int64(holds))),
        ])
    }

    /// Whether every number is in its range.
    static func isBounded(_ json: JSON) -> Bool {
        ["dialled", "rang", "answered", "ended"].allSatisfy { json.allows($0, in: Bounded.times) }
            && json.allows("holds", in: CallSnapshot.holds)
    }

    init?(json: JSON) {
        guard let id = json.name("leg"), let state = json["state"]?.text.flatMap(State.init) else { return nil }
        self.init(
            id: id, desk: json.name("desk"), state: state, rangAt: json.bounded("rang", in: Bounded.times),
            answeredAt: json.bounded("answered", in: Bounded.times),
            endedAt: json.bounded("ended", in: Bounded.times),
            cause: json["cause"]?.text.flatMap(CallCause.init),
            holds: Int(json.bounded("holds", in: CallSnapshot.holds) ?? 0),
            dialledAt: json.bounded("dialled", in: Bounded.times))
    }
}
