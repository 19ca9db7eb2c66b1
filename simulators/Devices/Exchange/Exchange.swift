public import Model

/// A telephone exchange with its telephones and a carrier. A value: connections, scripted calls and time go in, bytes for
/// each connection come out, in the language of one face; and beside it a ledger of what the telephones themselves saw.
public struct Exchange: Sendable {
    /// A call as a scenario writes it.
    public struct Script: Equatable, Sendable {
        public enum Act: Equatable, Sendable {
            case answer(String)
            case decline(String)
            case hold(String)
            case resume(String)
            /// Sends the other side on, and is out of it.
            case blind(by: String, to: String)
            /// Calls a colleague first, who answers; then `complete` joins the two.
            case consult(by: String, to: String)
            case complete(by: String)
            /// Another telephone takes the ringing call.
            case pickup(by: String)
            /// The number outside answers.
            case answerOutside
            /// Whoever began the call hangs up.
            case hangUp
        }

        public var from: String
        public var name: String?
        public var to: String
        /// Telephones that ring at once; none for a call to a number outside.
        public var desks: [String]
        /// The queue it waits in, whose members are `desks`.
        public var queue: String?
        /// The carrier sends the number and asks to hide it.
        public var isPrivate: Bool
        /// In time's order, counted from the call's beginning.
        public var acts: [(after: Duration, act: Act)]

        public init(
            from: String, name: String? = nil, to: String, desks: [String], queue: String? = nil,
            isPrivate: Bool = false, acts: [(after: Duration, act: Act)]
        ) {
            (self.from, self.name, self.to, self.desks) = (from, name, to, desks)
            (self.queue, self.isPrivate, self.acts) = (queue, isPrivate, acts)
        }

        /// Somebody calls, perhaps one answers and they talk; otherwise the caller gives up after `patience`.
        public init(
            from: String, name: String? = nil, to: String, desks: [String],
            answer: (desk: String, after: Duration)? = nil, talk: Duration = .seconds(10),
            patience: Duration = .seconds(15), isPrivate: Bool = false
        ) {
            let acts: [(after: Duration, act: Act)] =
                answer.map { [($0.after, .answer($0.desk)), ($0.after + talk, .hangUp)] } ?? [(patience, .hangUp)]
            self.init(from: from, name: name, to: to, desks: desks, isPrivate: isPrivate, acts: acts)
        }

        public static func == (a: Script, b: Script) -> Bool {
            a.from == b.from && a.to == b.to && a.desks == b.desks && a.queue == b.queue
                && a.isPrivate == b.isPrivate && a.acts.map(\.act) == b.acts.map(\.act)
                && a.acts.map(\.after) == b.acts.map(\.after)
        }
    }

    public enum Dialect: String, CaseIterable, Sendable {
        case asterisk = "asterisk-ami"
        case freeSWITCH = "freeswitch-esl"
        case csta
        case fritzBox = "fritzbox"
    }

    /// One end of a call: a telephone, or somebody outside.
    struct Leg {
        enum State { case down, dialling, ringing, up, held }

        /// Grows with every leg; the call is called by its first one.
        var id: Int
        var call: Int
        /// Named by whoever asked for it (click to call).
        var tag: String?
        var number: String
        var name: String?
        var isDesk: Bool
        /// It began the call rather than being dialled.
        var isOrigin: Bool
        /// What it dialled.
        var called: String
        /// The other side, as it shows it.
        var peer: (number: String, name: String?)?
        var isPrivate = false
        var state = State.down
        var at: Instant
    }

    enum Cause { case normal, cancelled, elsewhere, busy, declined, transferred }

    /// What happens, for the faces to tell.
    enum Happening {
        case began(Leg)
        case dialled(by: Leg, Leg)
        case ringing(by: Leg, Leg)
        case answered(by: Leg, Leg)
        case held(Leg)
        case resumed(Leg)
        case queued(Leg, queue: String)
        case dequeued(Leg, queue: String)
        case blind(by: Leg, other: Leg, to: String)
        case attended(first: Leg, second: Leg, other: Leg, target: Leg)
        case pickedUp(by: Leg, target: Leg, caller: Leg)
        case ended(by: Leg?, Leg, Cause)
        case over(call: Int)
    }

    /// What a client asks the exchange for.
    enum Request {
        case originate(desk: String, number: String, tag: String)
        case hangUp(leg: Int)
        /// One telephone leaves: it refuses while it rings, and ends a conversation of two.
        case leave(leg: Int)
        /// Sends whoever talks with this telephone on.
        case transfer(leg: Int, to: String)
        /// Renames whoever calls, or whom a telephone shows.
        case name(leg: Int, String, isCaller: Bool)
    }

    enum Step {
        case ring(Int)
        case act(call: Int, Script.Act)
        case dialOut(own: Int)
        case consultAnswered(Int)
        case heartbeat
    }

    /// What the telephones saw of one call.
    public struct Story: Sendable {
        public var direction: CallDirection
        public var from: String
        public var to: String
        public var isPrivate: Bool
        public var rings: [(desk: String, at: Instant, isMissable: Bool)] = []
        public var talks: [(desk: String, at: Instant)] = []
        public var holds = 0
        public var transfers: [String] = []
        /// The name of the caller that each rung telephone showed last.
        public var displays: [String: String] = [:]
        /// When the last of it was over.
        public var endedAt: Instant?
        public var isOver: Bool { endedAt != nil }

        /// Rang, was cancelled, and nobody took the call afterwards (docs/reference/calls.md).
        public var missedBy: [String] {
            guard direction != .outbound else { return [] }
            var missed: [String] = []
            for ring in rings where ring.isMissable && !missed.contains(ring.desk) {
                if !talks.contains(where: { $0.at >= ring.at }) { missed.append(ring.desk) }
            }
            return missed
        }

        /// In one line, as `Exchange.summary` writes a call that a driver made out.
        public var summary: String {
            Exchange.line(
                direction.rawValue, isPrivate ? "withheld" : from, to, rings.map(\.desk), talks.map(\.desk), holds,
                missedBy)
        }

        public var json: JSON {
            func list(_ desks: [String]) -> JSON { .array(desks.sorted().map(JSON.string)) }
            return .object([
                ("direction", .string(direction.rawValue)), ("from", isPrivate ? "withheld" : .string(from)),
                ("to", .string(to)), ("rings", list(rings.map(\.desk))), ("talks", list(talks.map(\.desk))),
                ("holds", .int(Int64(holds))), ("transfers", list(transfers)), ("missedBy", list(missedBy)),
                ("open", .bool(!isOver)),
            ])
        }
    }

    /// A call as a driver made it out, in the words of `Story.summary`.
    public static func summary(of call: CallSnapshot) -> String {
        line(
            call.direction?.rawValue ?? "-",
            call.caller?.withheld == true ? "withheld" : call.caller?.number ?? "-", call.called ?? "-",
            call.legs.filter { $0.rangAt != nil }.compactMap(\.desk),
            call.legs.filter { $0.answeredAt != nil && $0.desk != call.caller?.number }.compactMap(\.desk),
            call.legs.reduce(0) { $0 + $1.holds }, call.missedBy)
    }

    private static func line(
        _ direction: String, _ from: String, _ to: String, _ rings: [String], _ talks: [String], _ holds: Int,
        _ missed: [String]
    ) -> String {
        // A telephone that asks a colleague talks on two lines of its own.
        "\(direction) \(from) > \(to) rings \(rings.sorted()) talks \(Set(talks).sorted()) holds \(holds) "
            + "missed \(missed.sorted())"
    }

    var legs: [Int: Leg] = [:]
    var stories: [Int: Story] = [:]
    private var schedule: [(at: Instant, order: Int, step: Step)] = []
    var counter = 0
    private var order = 0
    var queues: [Int: String] = [:]
    var clicks: [Int: String] = [:]
    /// A call's question to a colleague, while it is asked.
    var consults: [Int: Int] = [:]
    private var face: any ExchangeFace
    /// From ring signal to a telephone's first ring.
    static let setup: Duration = .milliseconds(50)
    static let heartbeat: Duration = .seconds(20)

    /// How much faster than people the telephones of a click to call are.
    let pace: Int64

    public init(_ dialect: Dialect, user: String, secret: String, epoch: Int64 = 1_795_000_000, pace: Int64 = 1) {
        self.pace = pace
        switch dialect {
        case .asterisk: face = AsteriskFace(user: user, secret: secret, epoch: epoch)
        case .freeSWITCH: face = FreeSWITCHFace(secret: secret, epoch: epoch)
        case .csta: face = CSTAFace()
        case .fritzBox: face = FritzBoxFace(epoch: epoch)
        }
    }

    /// What the telephones saw, in the order in which the calls began.
    public var ledger: [Story] { stories.sorted { $0.key < $1.key }.map(\.value) }

    // MARK: connections

    public mutating func connect(_ id: Int, at now: Instant) {
        face.connect(id)
        if !schedule.contains(where: { if case .heartbeat = $0.step { true } else { false } }) {
            plan(now + Exchange.heartbeat, .heartbeat)
        }
    }

    public mutating func disconnect(_ id: Int) { face.disconnect(id) }

    public mutating func receive(_ bytes: [UInt8], on id: Int, at now: Instant) {
        for request in face.receive(bytes, on: id, legs: legs.values.sorted { $0.id < $1.id }) {
            switch request {
            case .originate(let desk, let number, let tag): originate(desk, number, tag, now)
            case .hangUp(let leg): if let call = legs[leg]?.call { endCall(call, at: now) }
            case .leave(let leg): leave(leg, at: now)
            case .transfer(let leg, let target): transfer(leg, to: target, at: now)
            case .name(let leg, let name, let isCaller): rename(leg, name, isCaller: isCaller)
            }
        }
    }

    /// Bytes for each connection, and those that are to be closed afterwards.
    public mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { face.takeOutput() }

    // MARK: time

    public var deadline: Instant? { schedule.map(\.at).min() }

    mutating func plan(_ at: Instant, _ step: Step) {
        order += 1
        schedule.append((at, order, step))
    }

    public mutating func tick(at now: Instant) {
        while let index = schedule.indices.filter({ schedule[$0].at <= now }).min(by: {
            (schedule[$0].at, schedule[$0].order) < (schedule[$1].at, schedule[$1].order)
        }) {
            let due = schedule.remove(at: index)
            perform(due.step, at: due.at)
        }
    }

    private mutating func perform(_ step: Step, at now: Instant) {
        switch step {
        case .ring(let id): ring(id, at: now)
        case .act(let call, let act): perform(act, in: call, at: now)
        case .dialOut(let own): dialOut(own, at: now)
        case .consultAnswered(let id): answer(id, at: now)
        case .heartbeat:
            face.heartbeat()
            plan(now + Exchange.heartbeat, .heartbeat)
        }
    }

    mutating func tell(_ happening: Happening, _ now: Instant) {
        face.tell(happening, legs: legs.values.sorted { $0.id < $1.id }, at: now)
    }
}
