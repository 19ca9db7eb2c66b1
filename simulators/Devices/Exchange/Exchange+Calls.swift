public import Model

/// Calls as a scenario writes them: who rings, who answers, who is sent on.
extension Exchange {
    static func isDesk(_ number: String) -> Bool { number.count <= 4 && number.allSatisfy(\.isNumber) }

    mutating func create(
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

    mutating func dial(_ desks: [String], from origin: Int, at now: Instant) {
        guard let caller = legs[origin] else { return }
        for desk in desks {
            let leg = create(desk, called: desk, call: caller.call, isOrigin: false, at: now)
            show(leg.id, peerOf: caller)
            tell(.dialled(by: caller, legs[leg.id]!), now)
            plan(now + Exchange.setup, .ring(leg.id))
        }
    }

    mutating func show(_ id: Int, peerOf caller: Leg) {
        legs[id]?.peer = (caller.number, caller.name)
        legs[id]?.isPrivate = caller.isPrivate
        let other = legs[id].map { (number: $0.number, name: $0.name) }
        legs[caller.id]?.peer = other
    }

    /// A client has set a name: of the caller, for telephones that are dialled from now on, or on one telephone at once.
    mutating func rename(_ id: Int, _ name: String, isCaller: Bool) {
        guard let leg = legs[id] else { return }
        if isCaller {
            legs[id]?.name = name
        } else {
            legs[id]?.peer?.name = name
            if leg.state == .ringing { stories[leg.call]?.displays[leg.number] = name }
        }
    }

    func caller(of call: Int) -> Leg? {
        legs.values.filter { $0.call == call }.sorted { ($0.isOrigin ? 0 : 1, $0.id) < ($1.isOrigin ? 0 : 1, $1.id) }
            .first
    }

    mutating func ring(_ id: Int, at now: Instant) {
        guard let leg = legs[id], leg.state == .down, let caller = caller(of: leg.call) else { return }
        legs[id]?.state = .ringing
        legs[id]?.at = now
        if leg.isDesk, leg.tag == nil {
            stories[leg.call]?.rings.append((leg.number, now, true))
            stories[leg.call]?.displays[leg.number] = leg.peer?.name
        }
        tell(.ringing(by: caller, legs[id]!), now)
    }

    mutating func answer(_ id: Int, at now: Instant) {
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

    mutating func leg(_ desk: String, in call: Int, _ states: Set<Leg.State>) -> Int? {
        legs.values.filter { $0.call == call && $0.number == desk && states.contains($0.state) }.map(\.id).max()
    }

    mutating func perform(_ act: Script.Act, in call: Int, at now: Instant) {
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

    mutating func complete(_ desk: String, in call: Int, at now: Instant) {
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

    mutating func pickUp(_ desk: String, in call: Int, at now: Instant) {
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

    mutating func end(_ id: Int, _ cause: Cause, at now: Instant) {
        guard let leg = legs.removeValue(forKey: id) else { return }
        if cause == .elsewhere, let index = stories[leg.call]?.rings.lastIndex(where: { $0.desk == leg.number }) {
            stories[leg.call]?.rings[index].isMissable = false
        }
        tell(.ended(by: caller(of: leg.call), leg, cause), now)
    }

    mutating func endCall(_ call: Int, at now: Instant) {
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
}
