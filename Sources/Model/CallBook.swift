/// Folds call signals into snapshots: the one call model, whatever the exchange. Pure; any signal is legal at any time.
public struct CallBook: Sendable {
    /// Running calls kept at once; beyond it the oldest is ended as lost, so that a source that never ends calls
    /// cannot eat the memory.
    public static let limit = 2000

    private var calls: [String: CallSnapshot] = [:]
    /// Ended calls stay known for a while: a late signal must not bring one back. A ring: the oldest is at `oldest`.
    private var ended: [String] = []
    private var oldest = 0
    private var endedSet: Set<String> = []
    /// Calls that were lost from sight: found again, they go on where they were. The oldest first.
    private var lost: [CallSnapshot] = []
    static let lostLimit = 200
    /// Known from a former run and not yet heard of in this one, and of those that were, legs that were not.
    private var unconfirmed: Set<String> = []
    private var unconfirmedLegs: [String: Set<String>] = [:]
    private var revision: Int64

    /// `revisionBase` must grow with every start of the process.
    public init(revisionBase: Int64) { revision = revisionBase }

    /// A call that is known from before, with a revision of its own.
    public mutating func resume(_ call: CallSnapshot) { calls[call.call] = call }

    /// A call that a former run of the process left running: what its exchange does not tell of anew has ended unseen, see
    /// `settle`.
    public mutating func recall(_ call: CallSnapshot) {
        guard calls[call.call] == nil, calls.count < CallBook.limit else { return }
        calls[call.call] = call
        unconfirmed.insert(call.call)
        unconfirmedLegs[call.call] = Set(call.legs.filter { $0.state != .ended }.map(\.id))
    }

    /// The exchange has told what runs: recalled calls, and their legs, that it did not name are over.
    public mutating func settle(at now: Int64) -> [CallSnapshot] {
        guard !unconfirmedLegs.isEmpty else { return [] }
        let (gone, legs) = (unconfirmed, unconfirmedLegs)
        (unconfirmed, unconfirmedLegs) = ([], [:])
        var changed: [CallSnapshot] = []
        for call in legs.keys.sorted() {
            if gone.contains(call) {
                if let call = calls[call] { changed.append(finish(call, cause: .lost, at: now)) }
                continue
            }
            // Whoever began the call stands in the list as a caller, not as a telephone that was called.
            for leg in legs[call, default: []].sorted() where calls[call]?.ownLeg(leg) == false {
                var signal = CallSignal(.legEnded, call: call)
                (signal.leg, signal.cause) = (leg, .lost)
                changed += apply(signal, at: now)
            }
        }
        return changed
    }

    public var running: [CallSnapshot] { calls.values.sorted { ($0.startedAt, $0.call) < ($1.startedAt, $1.call) } }

    /// The snapshots that changed. `now` is Unix milliseconds.
    public mutating func apply(_ signal: CallSignal, at now: Int64) -> [CallSnapshot] {
        guard !signal.call.isEmpty, !endedSet.contains(signal.call) else { return [] }
        var changed: [CallSnapshot] = []
        if !unconfirmed.isEmpty { unconfirmed.remove(signal.call) }
        if !unconfirmedLegs.isEmpty, let leg = signal.leg { unconfirmedLegs[signal.call]?.remove(leg) }
        let known = calls[signal.call]
        if known == nil {
            if signal.event == .legEnded { return signal.how == CallSignal.record ? settleLost(signal) : [] }
            if signal.event == .ended { return [] }
            if calls.count >= CallBook.limit, let oldest = running.first {
                changed.append(finish(oldest, cause: .lost, at: now))
            }
        }
        let back = known == nil ? found(signal.call) : nil
        var call = known ?? back ?? CallSnapshot(call: signal.call, revision: 0, startedAt: now)
        if signal.event == .ended {
            if call.startedAt == now { call.date(ring: signal.ringSeconds, talk: signal.talkSeconds, end: now) }
            changed.append(finish(call, cause: signal.cause ?? .normal, at: now))
            return changed
        }
        if signal.event == .merged, let into = signal.into { return changed + merge(call, into: into, at: now) }
        call.fold(signal, at: now)
        if let known, known.revision != 0, call == known { return changed }
        revision += 1
        call.revision = revision
        calls[signal.call] = call
        changed.append(call)
        return changed
    }

    private mutating func finish(_ call: CallSnapshot, cause: CallCause, at now: Int64) -> CallSnapshot {
        var final = call
        final.close(cause: cause, at: now)
        revision += 1
        final.revision = revision
        calls.removeValue(forKey: call.call)
        // A call that was only lost from sight may be found again, under the same identity (docs/reference/calls.md).
        if !unconfirmed.isEmpty { unconfirmed.remove(call.call) }
        if !unconfirmedLegs.isEmpty { unconfirmedLegs[call.call] = nil }
        guard cause != .lost else {
            lost.append(final)
            if lost.count > CallBook.lostLimit { lost.removeFirst() }
            return final
        }
        forget(call.call)
        return final
    }

    /// Nothing of it is heard any more.
    private mutating func forget(_ id: String) {
        if ended.count < CallBook.limit {
            ended.append(id)
        } else {
            endedSet.remove(ended[oldest])
            ended[oldest] = id
            oldest = (oldest + 1) % CallBook.limit
        }
        endedSet.insert(id)
    }

    /// One that was lost and is back.
    private mutating func found(_ id: String) -> CallSnapshot? {
        guard let index = lost.firstIndex(where: { $0.call == id }) else { return nil }
        var call = lost.remove(at: index)
        (call.state, call.endedAt, call.cause) = (.offered, nil, nil)
        (call.missedBy, call.perhapsMissedBy) = ([], [])
        return call
    }

    /// What a record says afterwards of a leg that was lost from sight. The call stays over.
    private mutating func settleLost(_ signal: CallSignal) -> [CallSnapshot] {
        guard let index = lost.firstIndex(where: { $0.call == signal.call }), lost[index].settle(signal) else {
            return []
        }
        revision += 1
        lost[index].revision = revision
        return [lost[index]]
    }

    private mutating func merge(_ from: CallSnapshot, into: String, at now: Int64) -> [CallSnapshot] {
        guard from.call != into, !endedSet.contains(into) else { return [] }
        unconfirmed.remove(into)
        var target = calls[into] ?? CallSnapshot(call: into, revision: 0, startedAt: from.startedAt)
        for leg in from.legs where !target.legs.contains(where: { $0.id == leg.id }) { target.legs.append(leg) }
        target.transfers += from.transfers
        target.refresh()
        var gone = from
        gone.mergedInto = into
        for index in gone.legs.indices { gone.legs[index].state = .ended }
        let final = finish(gone, cause: .normal, at: now)
        revision += 1
        target.revision = revision
        calls[into] = target
        return [final, target]
    }
}

extension CallSnapshot {
    /// A call of which only a record came, after its end: it began as long ago as the record says. At most a day.
    fileprivate mutating func date(ring: Int?, talk: Int?, end: Int64) {
        guard ring != nil || talk != nil else { return }
        let answer = end - Int64(min(max(talk ?? 0, 0), 86_400)) * 1000
        startedAt = answer - Int64(min(max(ring ?? 0, 0), 86_400)) * 1000
        if answeredAt != nil { answeredAt = answer }
        for index in legs.indices {
            if legs[index].rangAt != nil { legs[index].rangAt = startedAt }
            if legs[index].answeredAt != nil { legs[index].answeredAt = answer }
        }
    }

    fileprivate mutating func fold(_ signal: CallSignal, at now: Int64) {
        direction = signal.event == .identity ? signal.direction ?? direction : direction ?? signal.direction
        if let party = signal.caller,
            signal.event == .identity || caller == nil || caller == Party(number: nil, name: nil)
        {
            caller = party
        }
        called = (signal.event == .identity ? signal.called ?? called : called ?? signal.called).map {
            String($0.prefix(Party.numberLimit))
        }
        command = command ?? signal.command
        conference = signal.conference.map { String($0.prefix(Party.numberLimit)) } ?? conference
        switch signal.event {
        case .queued:
            queue = signal.queue.map { String($0.prefix(Party.numberLimit)) }
            isQueued = true
        case .dequeued: isQueued = false
        case .transferred:
            guard transfers.count < CallSnapshot.legLimit else { break }
            transfers.append(
                Transfer(how: signal.how ?? "blind", by: signal.by, to: signal.to.map { String($0.prefix(64)) }))
        case .dialling: foldLeg(signal, to: .dialling, at: now)
        case .ringing: foldLeg(signal, to: .ringing, at: now)
        case .answered, .resumed: foldLeg(signal, to: .talking, at: now)
        case .held: foldLeg(signal, to: .held, at: now)
        case .legEnded: foldLeg(signal, to: .ended, at: now)
        default: break
        }
        refresh()
    }

    /// Monotonic: a leg that ended stays ended, one that talks does not ring again.
    private mutating func foldLeg(_ signal: CallSignal, to state: Leg.State, at now: Int64) {
        guard let id = signal.leg else { return }
        guard let index = legs.firstIndex(where: { $0.id == id }) else {
            guard state != .ended else { return }
            // A queue rings the same telephones for an hour: the oldest attempts that came to nothing go.
            if legs.count >= CallSnapshot.legLimit,
                let old = legs.firstIndex(where: { $0.state == .ended && $0.answeredAt == nil }) ?? legs.indices.first
            {
                legs.remove(at: old)
            }
            var leg = Leg(id: id, desk: signal.desk, state: state)
            switch state {
            case .dialling: leg.dialledAt = now
            case .ringing: leg.rangAt = now
            default: leg.answeredAt = now
            }
            if state == .held { leg.holds = 1 }
            legs.append(leg)
            return
        }
        if legs[index].state == .ended, legs[index].cause == .lost, state != .ended {
            // It was only lost from sight.
            let state: Leg.State = legs[index].dialledAt == nil ? .ringing : .dialling
            (legs[index].state, legs[index].endedAt, legs[index].cause) = (state, nil, nil)
        }
        // Who dialled a code that takes a call answers that call.
        if signal.how == "pickup", legs[index].dialledAt != nil, legs[index].state != .ended {
            legs[index].dialledAt = nil
            legs[index].state = .ringing
        }
        let old = legs[index].state
        guard old != .ended, old != state, state != .ringing, state != .dialling else { return }
        // A list calls a telephone that holds a call as answered as any other.
        guard old != .held || signal.event != .answered else { return }
        legs[index].state = state
        legs[index].desk = legs[index].desk ?? signal.desk
        switch state {
        case .talking:
            if legs[index].dialledAt == nil { legs[index].answeredAt = legs[index].answeredAt ?? now }
        case .held: legs[index].holds += 1
        case .ended:
            legs[index].endedAt = now
            legs[index].cause = signal.cause
        case .dialling, .ringing: break
        }
    }

    fileprivate mutating func refresh() {
        var (names, first): ([String], Int64?) = ([], nil)
        // Whoever dialled counts where nobody else is left: in a conference, with an announcement, after a transfer.
        var (all, others): (State?, State?) = (nil, nil)
        for leg in legs {
            if let answered = leg.answeredAt {
                first = min(first ?? answered, answered)
                if let desk = leg.desk, !isOwnLeg(leg), !names.contains(desk) { names.append(desk) }
            }
            let state = leg.state.ofCall
            all = CallSnapshot.stronger(all, state)
            if leg.dialledAt == nil, leg.state != .ended { others = CallSnapshot.stronger(others ?? .offered, state) }
        }
        answeredBy = names
        answeredAt = answeredAt ?? first
        guard state != .ended else { return }
        switch others ?? all {
        case let strong? where strong != .offered: state = strong
        case _ where isQueued: state = .queued
        default: state = answeredAt == nil ? .offered : .answered
        }
    }

    /// What says more of a call: that somebody talks, holds, is rung; `offered` says nothing.
    private static func stronger(_ one: State?, _ other: State?) -> State? {
        if one == .answered || other == .answered { return .answered }
        if one == .held || other == .held { return .held }
        return one == .ringing || other == .ringing ? .ringing : one ?? other
    }

    fileprivate mutating func close(cause: CallCause, at now: Int64) {
        for index in legs.indices where legs[index].state != .ended {
            legs[index].state = .ended
            legs[index].endedAt = now
            legs[index].cause = legs[index].cause ?? cause
        }
        refresh()
        judge()
        state = .ended
        endedAt = now
        self.cause = cause
    }

    private mutating func judge() {
        missedBy = missed { leg in
            switch leg.cause {
            case .declined, .busy, .answeredElsewhere, .unreachable, .lost: false
            default: true
            }
        }
        perhapsMissedBy = missed { $0.cause == .lost }.filter { !missedBy.contains($0) }
    }

    /// Learns how a leg ended that was lost from sight: `normal` when it was answered. Its times are the record's, counted from the
    /// call's beginning and at most what was taken for its end. False when there is nothing to learn.
    fileprivate mutating func settle(_ signal: CallSignal) -> Bool {
        guard let cause = signal.cause, cause != .lost,
            let index = legs.firstIndex(where: { $0.id == signal.leg && $0.cause == .lost })
        else { return false }
        let end = endedAt ?? startedAt
        func moment(_ seconds: Int?, after start: Int64) -> Int64 {
            min(end, start + Int64(min(max(seconds ?? 0, 0), 86_400)) * 1000)
        }
        let answer = max(moment(signal.ringSeconds, after: startedAt), min(end, legs[index].rangAt ?? startedAt))
        if cause == .normal { legs[index].answeredAt = legs[index].answeredAt ?? answer }
        legs[index].endedAt = moment(signal.talkSeconds, after: legs[index].answeredAt ?? answer)
        legs[index].cause = cause
        refresh()
        judge()
        if cause == .normal || !legs.contains(where: { $0.cause == .lost }) {
            self.cause = answeredAt == nil ? cause : .normal
        }
        return true
    }

    /// Nil where there is no such leg.
    fileprivate func ownLeg(_ id: String) -> Bool? {
        legs.first { $0.id == id }.map { isOwnLeg($0) || direction == .internal && $0.desk == caller?.number }
    }

    /// The desk that a click made ring, or that dialled: its own call cannot be missed by it.
    private func isOwnLeg(_ leg: Leg) -> Bool {
        if leg.dialledAt != nil { return true }
        return direction != .inbound && direction != nil && leg.desk != nil && leg.desk == caller?.number
    }

    /// Rang, was cancelled, and nobody took the call afterwards (docs/reference/calls.md).
    private func missed(_ counts: (Leg) -> Bool) -> [String] {
        guard mergedInto == nil else { return [] }
        var names: [String] = []
        for leg in legs {
            guard let rang = leg.rangAt, leg.answeredAt == nil, let desk = leg.desk, !isOwnLeg(leg), counts(leg),
                !legs.contains(where: { ($0.answeredAt ?? .min) >= rang }), !names.contains(desk)
            else { continue }
            names.append(desk)
        }
        return names
    }
}

extension CallSnapshot.Leg.State {
    /// What a call is by one of its legs; nil where that says nothing.
    fileprivate var ofCall: CallSnapshot.State? {
        switch self {
        case .talking: .answered
        case .held: .held
        case .ringing: .ringing
        case .dialling, .ended: nil
        }
    }
}
