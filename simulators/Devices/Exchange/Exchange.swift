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
    }

    private enum Step {
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

    private(set) var legs: [Int: Leg] = [:]
    private var stories: [Int: Story] = [:]
    private var schedule: [(at: Instant, order: Int, step: Step)] = []
    private var counter = 0
    private var order = 0
    private var queues: [Int: String] = [:]
    private var clicks: [Int: String] = [:]
    /// A call's question to a colleague, while it is asked.
    private var consults: [Int: Int] = [:]
    private var face: any ExchangeFace
    /// From ring signal to a telephone's first ring.
    static let setup: Duration = .milliseconds(50)
    static let heartbeat: Duration = .seconds(20)

    /// How much faster than people the telephones of a click to call are.
    private let pace: Int64

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
            }
        }
    }

    /// Bytes for each connection, and those that are to be closed afterwards.
    public mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { face.takeOutput() }

    // MARK: time

    public var deadline: Instant? { schedule.map(\.at).min() }

    private mutating func plan(_ at: Instant, _ step: Step) {
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

    // MARK: calls

    private static func isDesk(_ number: String) -> Bool { number.count <= 4 && number.allSatisfy(\.isNumber) }

    private mutating func create(
        _ number: String, name: String? = nil, called: String, call: Int?, isOrigin: Bool, at now: Instant
    ) -> Leg {
        counter += 1
        let leg = Leg(
            id: counter, call: call ?? counter, number: number, name: name, isDesk: Exchange.isDesk(number),
            isOrigin: isOrigin, called: called, at: now)
        legs[counter] = leg
        return leg
    }

    @discardableResult
    public mutating func call(_ script: Script, at now: Instant) -> Int {
        let isFromDesk = Exchange.isDesk(script.from)
        var origin = create(
            script.from, name: script.name, called: script.to, call: nil, isOrigin: true, at: now)
        (origin.isPrivate, origin.state) = (script.isPrivate, .dialling)
        legs[origin.id] = origin
        let direction: CallDirection =
            !isFromDesk ? .inbound : Exchange.isDesk(script.to) ? .internal : .outbound
        stories[origin.id] = Story(
            direction: direction, from: script.from, to: script.to, isPrivate: script.isPrivate)
        tell(.began(origin), now)
        if let queue = script.queue {
            queues[origin.id] = queue
            legs[origin.id]?.state = .up
            tell(.queued(legs[origin.id]!, queue: queue), now)
        }
        if script.desks.isEmpty, direction == .outbound {
            let outside = create(script.to, called: script.to, call: origin.id, isOrigin: false, at: now)
            show(outside.id, peerOf: origin)
            tell(.dialled(by: origin, legs[outside.id]!), now)
            plan(now + .milliseconds(200), .ring(outside.id))
        }
        dial(script.desks, from: origin.id, at: now)
        for (after, act) in script.acts { plan(now + after, .act(call: origin.id, act)) }
        return origin.id
    }

    private mutating func dial(_ desks: [String], from origin: Int, at now: Instant) {
        guard let caller = legs[origin] else { return }
        for desk in desks {
            let leg = create(desk, called: desk, call: caller.call, isOrigin: false, at: now)
            show(leg.id, peerOf: caller)
            tell(.dialled(by: caller, legs[leg.id]!), now)
            plan(now + Exchange.setup, .ring(leg.id))
        }
    }

    private mutating func show(_ id: Int, peerOf caller: Leg) {
        legs[id]?.peer = (caller.number, caller.name)
        legs[id]?.isPrivate = caller.isPrivate
        let other = legs[id].map { (number: $0.number, name: $0.name) }
        legs[caller.id]?.peer = other
    }

    private func caller(of call: Int) -> Leg? {
        legs.values.filter { $0.call == call }.sorted { ($0.isOrigin ? 0 : 1, $0.id) < ($1.isOrigin ? 0 : 1, $1.id) }
            .first
    }

    private mutating func ring(_ id: Int, at now: Instant) {
        guard let leg = legs[id], leg.state == .down, let caller = caller(of: leg.call) else { return }
        legs[id]?.state = .ringing
        legs[id]?.at = now
        if leg.isDesk, leg.tag == nil {
            stories[leg.call]?.rings.append((leg.number, now, true))
        }
        tell(.ringing(by: caller, legs[id]!), now)
    }

    private mutating func answer(_ id: Int, at now: Instant) {
        guard let leg = legs[id], leg.state == .ringing, let caller = caller(of: leg.call) else { return }
        if let queue = queues.removeValue(forKey: leg.call) { tell(.dequeued(caller, queue: queue), now) }
        for other in legs.values.filter({ $0.call == leg.call && $0.id != id && $0.state == .ringing }).sorted(by: {
            $0.id < $1.id
        }) {
            end(other.id, .elsewhere, at: now)
        }
        legs[id]?.state = .up
        if caller.state == .dialling { legs[caller.id]?.state = .up }
        if leg.isDesk { stories[leg.call]?.talks.append((leg.number, now)) }
        tell(.answered(by: legs[caller.id]!, legs[id]!), now)
    }

    private mutating func leg(_ desk: String, in call: Int, _ states: Set<Leg.State>) -> Int? {
        legs.values.filter { $0.call == call && $0.number == desk && states.contains($0.state) }.map(\.id).max()
    }

    private mutating func perform(_ act: Script.Act, in call: Int, at now: Instant) {
        switch act {
        case .answer(let desk): if let id = leg(desk, in: call, [.ringing]) { answer(id, at: now) }
        case .answerOutside:
            if let id = legs.values.first(where: { $0.call == call && !$0.isDesk && $0.state == .ringing })?.id {
                answer(id, at: now)
            }
        case .decline(let desk):
            guard let id = leg(desk, in: call, [.ringing]) else { return }
            if let index = stories[call]?.rings.lastIndex(where: { $0.desk == desk }) {
                stories[call]?.rings[index].isMissable = false
            }
            end(id, .declined, at: now)
        case .hold(let desk):
            guard let id = leg(desk, in: call, [.up]) else { return }
            legs[id]?.state = .held
            stories[call]?.holds += 1
            tell(.held(legs[id]!), now)
        case .resume(let desk):
            guard let id = leg(desk, in: call, [.held]) else { return }
            legs[id]?.state = .up
            tell(.resumed(legs[id]!), now)
        case .blind(let desk, let target):
            guard let id = leg(desk, in: call, [.up, .held]), let by = legs[id],
                let other = legs.values.first(where: { $0.call == call && $0.id != id && $0.state == .up })
            else { return }
            stories[call]?.transfers.append("blind")
            tell(.blind(by: by, other: other, to: target), now)
            end(id, .transferred, at: now)
            legs[other.id]?.isOrigin = true
            dial([target], from: other.id, at: now)
        case .consult(let desk, let target):
            guard leg(desk, in: call, [.up, .held]) != nil else { return }
            perform(.hold(desk), in: call, at: now)
            var second = create(desk, called: target, call: nil, isOrigin: true, at: now)
            second.state = .dialling
            legs[second.id] = second
            stories[second.id] = Story(direction: .internal, from: desk, to: target, isPrivate: false)
            consults[call] = second.id
            tell(.began(second), now)
            dial([target], from: second.id, at: now)
            if let asked = legs.values.first(where: { $0.call == second.id && $0.number == target }) {
                plan(now + Exchange.setup * 4, .consultAnswered(asked.id))
            }
        case .complete(let desk): complete(desk, in: call, at: now)
        case .pickup(let desk): pickUp(desk, in: call, at: now)
        case .hangUp: endCall(call, at: now)
        }
    }

    private mutating func complete(_ desk: String, in call: Int, at now: Instant) {
        guard let first = leg(desk, in: call, [.up, .held]).flatMap({ legs[$0] }),
            let second = legs.values.filter({ $0.number == desk && $0.isOrigin && $0.call == $0.id && $0.id != call })
                .max(by: { $0.id < $1.id }),
            let other = legs.values.first(where: { $0.call == call && $0.id != first.id }),
            let target = legs.values.first(where: { $0.call == second.id && $0.id != second.id && $0.state == .up })
        else { return }
        stories[call]?.transfers.append("attended")
        consults[call] = nil
        // What was two calls is one: whoever rang and talked in the second did so in the first.
        if let joined = stories.removeValue(forKey: second.id) {
            stories[call]?.rings += joined.rings
            stories[call]?.talks += joined.talks
            stories[call]?.holds += joined.holds
        }
        tell(.attended(first: first, second: second, other: other, target: target), now)
        legs[target.id]?.call = call
        legs[target.id]?.peer = (other.number, other.name)
        legs[first.id]?.state = .up
        end(first.id, .transferred, at: now)
        end(second.id, .transferred, at: now)
        tell(.over(call: second.id), now)
    }

    private mutating func pickUp(_ desk: String, in call: Int, at now: Instant) {
        guard let target = legs.values.filter({ $0.call == call && $0.state == .ringing }).min(by: { $0.id < $1.id }),
            let caller = caller(of: call)
        else { return }
        var taker = create(desk, called: "*8", call: nil, isOrigin: true, at: now)
        taker.state = .up
        legs[taker.id] = taker
        tell(.began(taker), now)
        stories[call]?.transfers.append("pickup")
        tell(.pickedUp(by: taker, target: target, caller: caller), now)
        legs[taker.id]?.call = call
        legs[taker.id]?.isOrigin = false
        legs[caller.id]?.state = .up
        stories[call]?.talks.append((desk, now))
        for other in legs.values.filter({ $0.call == call && $0.state == .ringing }).sorted(by: { $0.id < $1.id }) {
            end(other.id, .elsewhere, at: now)
        }
    }

    private mutating func end(_ id: Int, _ cause: Cause, at now: Instant) {
        guard let leg = legs.removeValue(forKey: id) else { return }
        if cause == .elsewhere, let index = stories[leg.call]?.rings.lastIndex(where: { $0.desk == leg.number }) {
            stories[leg.call]?.rings[index].isMissable = false
        }
        tell(.ended(by: caller(of: leg.call), leg, cause), now)
    }

    private mutating func endCall(_ call: Int, at now: Instant) {
        let members = legs.values.filter { $0.call == call }.sorted {
            ($0.isOrigin ? 1 : 0, $0.id) < ($1.isOrigin ? 1 : 0, $1.id)
        }
        guard !members.isEmpty else { return }
        if let queue = queues.removeValue(forKey: call), let caller = caller(of: call) {
            tell(.dequeued(caller, queue: queue), now)
        }
        let talked = members.contains { !$0.isOrigin && ($0.state == .up || $0.state == .held) }
        for leg in members {
            end(leg.id, leg.state == .ringing || leg.state == .down || !talked ? .cancelled : .normal, at: now)
        }
        stories[call]?.endedAt = now
        clicks[call] = nil
        tell(.over(call: call), now)
        // Whoever it was about is gone: the two who spoke of it hang up as well.
        if let question = consults.removeValue(forKey: call) {
            plan(now + .milliseconds(200), .act(call: question, .hangUp))
        }
    }

    // MARK: click to call

    private mutating func originate(_ desk: String, _ number: String, _ tag: String, _ now: Instant) {
        var own = create(desk, called: number, call: nil, isOrigin: true, at: now)
        own.tag = tag
        own.peer = (number, nil)
        legs[own.id] = own
        clicks[own.id] = number
        stories[own.id] = Story(direction: .outbound, from: desk, to: number, isPrivate: false)
        tell(.began(own), now)
        plan(now + .milliseconds(100 / pace), .ring(own.id))
        plan(now + .milliseconds(1500 / pace), .dialOut(own: own.id))
    }

    private mutating func dialOut(_ own: Int, at now: Instant) {
        guard var leg = legs[own], leg.state == .ringing, let number = clicks[own] else { return }
        leg.state = .up
        legs[own] = leg
        tell(.answered(by: leg, leg), now)
        if Exchange.isDesk(number) {
            dial([number], from: own, at: now)
            plan(now + .milliseconds(2000 / pace), .act(call: own, .answer(number)))
        } else {
            let outside = create(number, called: number, call: own, isOrigin: false, at: now)
            show(outside.id, peerOf: leg)
            tell(.dialled(by: leg, legs[outside.id]!), now)
            plan(now + .milliseconds(200 / pace), .ring(outside.id))
            plan(now + .milliseconds(2000 / pace), .act(call: own, .answerOutside))
        }
        plan(now + .milliseconds(8000 / pace), .act(call: own, .hangUp))
    }

    private mutating func tell(_ happening: Happening, _ now: Instant) {
        face.tell(happening, legs: legs.values.sorted { $0.id < $1.id }, at: now)
    }
}
