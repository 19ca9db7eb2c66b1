public import Depot
public import Model

/// The calls that run, from their first ring to their end: a value. What agents say goes in; who is to be shown what comes out.
public struct LiveCalls: Sendable {
    /// A call that nothing was heard of for this long is over for the pages, in milliseconds.
    public static let life: Int64 = 4 * 3_600_000
    /// What a restarted agent needs to find the running calls again, in milliseconds.
    public static let orphanLife: Int64 = 20_000

    public struct Call: Sendable {
        public internal(set) var snapshot: CallSnapshot
        public internal(set) var agent: String
        var heard: Int64
        /// Who has been shown it, and must be told when it changes.
        public internal(set) var told: Set<Int64> = []
        /// Its telephones have been given the client's name, or there is none.
        var isNamed = false
        /// Clients the ERP was asked about.
        var askedAbout: Set<Int64> = []
        /// Who put it aside, and the legs that rang then: another that rings brings it back.
        var dismissed: [Int64: Set<String>] = [:]

        public func isDismissed(by person: Int64) -> Bool { dismissed[person] != nil }
    }

    /// What a snapshot brought.
    public enum News: Sendable {
        /// It is known, or older than what is known.
        case nothing
        /// A journal copy of a call that ended long ago: history, perhaps of one that was missed, or that was not after all.
        case past(changesMissed: Bool)
        case changed(Change)
    }

    public struct Change: Sendable {
        public var call: Call
        public var audience: [Int64: CallRouting.Place]
        /// Legs that ring since this snapshot.
        public var rang: [CallSnapshot.Leg]

        public var isOver: Bool { call.snapshot.state == .ended }
    }

    private var running: [String: Call] = [:]
    /// The last revision of calls that ended lately, and what they have become part of.
    private var ended: [String: Int64] = [:]
    private var endedOrder: [String] = []
    private var merged: [String: String] = [:]
    /// The newest run of each agent, and when it said hello.
    private var runs: [String: (counter: Int64, at: Int64)] = [:]
    /// Calls seen while they ran.
    public private(set) var seen: UInt64 = 0

    public init() {}

    public var all: some Collection<Call> { running.values }

    public subscript(call: String) -> Call? { running[call] }

    /// The call that this one has become part of, or itself.
    public func present(_ call: String) -> String {
        var call = call
        for _ in 0..<8 { call = merged[call] ?? call }
        return call
    }

    /// One that ran before this process.
    public mutating func resume(_ snapshot: CallSnapshot, agent: String, at now: Int64) {
        running[snapshot.call] = Call(snapshot: snapshot, agent: agent, heard: now)
    }

    public mutating func take(_ snapshot: CallSnapshot, agent: String, routing: CallRouting, at now: Int64) -> News {
        let known = running[snapshot.call]
        if let known, snapshot.revision <= known.snapshot.revision { return .nothing }
        // A late copy from before the end does not open it again; one that was only lost from sight may come back.
        if let last = ended[snapshot.call], snapshot.revision <= last { return .nothing }
        if known == nil {
            if snapshot.state == .ended || now &- snapshot.startedAt > LiveCalls.life {
                // A record that came late may also say that one was not missed.
                return .past(changesMissed: snapshot.isMissed || ended[snapshot.call] != nil)
            }
            seen += 1
        }
        let rang = Set(known?.snapshot.ringingLegs ?? [])
        var call = known ?? Call(snapshot: snapshot, agent: agent, heard: now)
        call.snapshot = snapshot
        call.heard = now
        let audience = routing.audience(of: snapshot)
        call.told.formUnion(audience.keys)
        for (person, legs) in call.dismissed {
            let isNew = snapshot.legs.contains {
                $0.state == .ringing && $0.desk == routing.desks[person] && !legs.contains($0.id)
            }
            if isNew { call.dismissed[person] = nil }
        }
        running[snapshot.call] = snapshot.state == .ended ? nil : call
        if snapshot.state == .ended { end(snapshot) }
        if running.count > CallBook.limit { running = running.filter { now - $0.value.heard < LiveCalls.life } }
        return .changed(
            Change(
                call: call, audience: audience,
                rang: snapshot.legs.filter { $0.state == .ringing && !rang.contains($0.id) }))
    }

    private mutating func end(_ snapshot: CallSnapshot) {
        if ended.updateValue(snapshot.revision, forKey: snapshot.call) == nil { endedOrder.append(snapshot.call) }
        if let into = snapshot.mergedInto { merged[snapshot.call] = into }
        if endedOrder.count > CallBook.limit {
            let old = endedOrder.removeFirst()
            (ended[old], merged[old]) = (nil, nil)
        }
    }

    /// Whether this is the first time that the ERP is to be asked about a client for this call.
    public mutating func asks(about party: Int64, for call: String) -> Bool {
        running[call]?.askedAbout.insert(party).inserted ?? false
    }

    /// Whether its telephones are to be given the client's name now: once, as soon as the number may be shown.
    public mutating func names(_ call: String) -> Bool {
        guard let live = running[call], !live.isNamed, TelephoneName.isDue(live.snapshot) else { return false }
        running[call]?.isNamed = true
        return true
    }

    /// Put aside, until another telephone of theirs rings.
    public mutating func dismiss(_ call: String, by person: Int64) {
        let rings = Set(running[call]?.snapshot.ringingLegs ?? [])
        running[call]?.dismissed[person] = rings
    }

    /// An agent's newest run.
    public mutating func greet(_ agent: String, run counter: Int64, at now: Int64) {
        if runs[agent]?.counter != counter { runs[agent] = (counter, now) }
    }

    /// Calls whose agent was restarted and has not taken them up again, and those nobody has spoken of for hours.
    public func expired(at now: Int64) -> [Call] {
        running.values.filter { call in
            let isOrphan =
                runs[call.agent].map {
                    call.snapshot.revision >> 32 < $0.counter && now - $0.at > LiveCalls.orphanLife
                } ?? false
            return isOrphan || now - call.heard > LiveCalls.life
        }
    }

    /// Those whose card somebody who opens a page now should find, with where they stand; oldest first.
    public func cards(for person: Int64, routing: CallRouting) -> [(
        snapshot: CallSnapshot, agent: String, place: CallRouting.Place
    )] {
        running.values.compactMap { call in
            guard call.dismissed[person] == nil, let place = routing.audience(of: call.snapshot)[person],
                call.snapshot.isRunning(at: place)
            else { return nil }
            return (call.snapshot, call.agent, place)
        }
        .sorted { $0.snapshot.startedAt < $1.snapshot.startedAt }
    }

    /// The call that this one has become by now, and what a person may see of it.
    public func sight(of call: String, by person: Int64, routing: CallRouting) -> (call: String, sight: CallDesk.Sight)
    {
        let call = present(call)
        let live = running[call]
        return (
            call,
            CallDesk.Sight(
                isShown: live?.told.contains(person) ?? false, running: live?.snapshot, scope: routing.shared(person))
        )
    }
}

extension CallSnapshot {
    var ringingLegs: [String] { legs.filter { $0.state == .ringing }.map(\.id) }

    fileprivate func isRunning(at place: CallRouting.Place) -> Bool {
        guard state != .ended else { return false }
        switch place {
        case .own(let desk): return isByNumber(desk) || legs.contains { $0.desk == desk && $0.state != .ended }
        case .watching: return true
        }
    }
}
