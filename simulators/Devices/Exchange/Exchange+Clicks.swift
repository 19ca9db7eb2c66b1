import Model

/// Click to call: the own telephone rings, is answered, and the number is dialled.
extension Exchange {
    mutating func originate(_ desk: String, _ number: String, _ tag: String, _ now: Instant) {
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

    mutating func dialOut(_ own: Int, at now: Instant) {
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

    // MARK: calls that run

    mutating func leave(_ id: Int, at now: Instant) {
        guard let leg = legs[id] else { return }
        guard leg.state == .ringing else { return endCall(leg.call, at: now) }
        perform(.decline(leg.number), in: leg.call, at: now)
        // Nobody else rings: the caller hears that it is busy.
        if !legs.values.contains(where: { $0.call == leg.call && !$0.isOrigin }) { endCall(leg.call, at: now) }
    }

    mutating func transfer(_ id: Int, to target: String, at now: Instant) {
        guard let leg = legs[id] else { return }
        perform(.blind(by: leg.number, to: target), in: leg.call, at: now)
        plan(
            now + .milliseconds(1500 / pace),
            .act(call: leg.call, Exchange.isDesk(target) ? .answer(target) : .answerOutside))
    }
}
