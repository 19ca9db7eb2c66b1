import Depot
import Followers
import Model
import Platform

/// What people see while it happens: the running calls with their cards, and every open browser.
///
/// An actor on an executor and with a view of the database of its own: a card must not wait for a million scans that are
/// being written. It reads; what must be written, it posts to the writer.
actor Board {
    let executor = QueueExecutor("quai.board")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A call that nothing was heard of for this long is over for the pages, in milliseconds.
    static let callLife: Int64 = 4 * 3_600_000
    /// What a restarted agent needs to find the running calls again, in milliseconds.
    static let orphanLife: Int64 = 20_000

    let store: Store
    let plans: SitePlans
    private let writer: Writer
    private let link: CardLink?
    var hub: Hub
    /// How each open delivery and count was told last: what changed since is told next.
    var told: [PageTopic: JSON] = [:]
    var toldLast: [PageTopic] = []
    /// What changed and is not told yet.
    var due: [PageTopic] = []
    var isDue: Set<PageTopic> = []
    /// Views for pages that come back, until something changes.
    var present: [PageTopic: PageMessage] = [:]
    /// How far the ledger is read; `hub.seq` is how far it is told.
    var followed: Int64
    var isWaiting = false
    var lastTold = Instant.zero
    nonisolated let budget = SocketBudget(limit: BrowserSocket.totalLimit)
    var calls: [String: LiveCall] = [:]
    private(set) var routing: CallRouting
    /// The last revision of calls that ended lately, and what they have become part of.
    private var ended: [String: Int64] = [:]
    private var endedOrder: [String] = []
    private var merged: [String: String] = [:]
    private var journal = LegJournal()
    /// The newest run of each agent, and when it said hello.
    private var runs: [String: (counter: Int64, at: Int64)] = [:]
    /// Asks the ERP about a client who is on the telephone.
    private var lookUp: @Sendable (_ call: String, _ party: PartyView) -> Void = { _, _ in }
    /// Calls seen while they ran.
    private(set) var seen: UInt64 = 0

    struct LiveCall {
        var snapshot: CallSnapshot
        var agent: String
        var heard: Int64
        /// Who has been shown it, and must be told when it changes.
        var told: Set<Int64> = []
        /// Clients the ERP was asked about.
        var askedAbout: Set<Int64> = []
        /// Who put it aside, and the legs that rang then: another that rings brings it back.
        var dismissed: [Int64: Set<String>] = [:]
    }

    /// The database exists: the writer has it open.
    init(configuration: IngestConfiguration, plans: SitePlans, writer: Writer) throws {
        (self.plans, self.writer) = (plans, writer)
        link = configuration.cardLink
        store = try Store(reading: configuration.database)
        followed = try store.ledger.tip()
        hub = Hub(seq: followed)
        routing = CallRouting(teams: configuration.teams)
        for (user, desk) in try store.people.desks() { routing.desks[user] = desk }
        for (user, name) in try store.people.rows() { routing.names[user] = name }
        for row in try store.calls.runningCalls(since: Clocks.wall - Board.callLife) {
            calls[row.snapshot.call] = LiveCall(snapshot: row.snapshot, agent: row.agent, heard: Clocks.wall)
        }
        writer.onCommit { [weak self] in self?.wake() }
    }

    func attach(lookUp: @escaping @Sendable (String, PartyView) -> Void) { self.lookUp = lookUp }

    /// Reads what is committed, without waiting for what is being written.
    func read<T: Sendable>(_ body: @Sendable (Store) throws -> T) rethrows -> T { try body(store) }

    // MARK: to browsers

    func tell(_ person: Int64, _ message: PageMessage) { hub.tell(person, message, at: Clocks.wall) }

    var browsers: (open: Int, cut: UInt64, waiting: Int) { (hub.count, hub.cut, budget.bytes) }

    func join(_ socket: BrowserSocket, resume: Int64?, person: Person) {
        let now = Clocks.wall
        catchUp()
        // Once is enough: each time costs a replay.
        guard hub.join(socket, at: now) else { return }
        if let resume {
            for message in replay(since: resume, to: person) { socket.send(message.encoded(seq: hub.seq, at: now)) }
        }
        socket.send(
            PageMessage(
                .ready,
                .object([
                    ("person", person.json), ("calls", .array(runningCards(for: person))),
                    ("sites", .array(plans.ownExtensions.map(JSON.string))),
                ])
            ).encoded(seq: hub.seq, at: now))
        lookUpAgain(for: person)
    }

    /// A page that was opened again has lost what the ERP said of the clients on the telephone.
    private func lookUpAgain(for person: Person) {
        for live in calls.values where live.told.contains(person.id) {
            for party in clients(of: live.snapshot, agent: live.agent) { lookUp(live.snapshot.call, party) }
        }
    }

    func leave(_ id: UInt64) { hub.leave(id, at: Clocks.wall) }

    /// Somebody uses this browser now: of theirs it is the loud one.
    func use(_ id: UInt64) { hub.use(id, at: Clocks.wall) }

    func closeSockets() { hub.closeAll() }

    // MARK: people

    func person(session token: String) -> Person? {
        try? store.people.person(session: Digests.hex(token), at: Clocks.wall)
    }

    func signedIn(_ person: Person) { routing.names[person.id] = person.name }

    func signedOut(_ session: String) { hub.close(session: session) }

    func signedOut(person: Int64) { hub.close(person: person) }

    func claimed(_ desk: String?, by person: Person) { routing.desks[person.id] = desk }

    /// What a person shares with their teams.
    func shared(_ person: Person) -> CallScope { routing.shared(person.id) }

    // MARK: calls

    /// What an agent says of a call, as soon as it comes; `done` afterwards.
    nonisolated func post(_ snapshot: CallSnapshot, agent: String, done: @escaping @Sendable () -> Void) {
        executor.run {
            self.assumeIsolated { $0.call(snapshot, agent: agent) }
            done()
        }
    }

    /// What a transaction brought beside its facts, in the order of the transactions: single reads, what they changed, and calls.
    nonisolated func post(
        _ messages: [PageMessage], changed topics: [PageTopic] = [],
        calls: [(snapshot: CallSnapshot, agent: String)] = []
    ) {
        executor.run {
            self.assumeIsolated { board in
                for message in messages { board.hub.tellAll(message, at: Clocks.wall) }
                board.changed(topics)
                for (snapshot, agent) in calls { board.call(snapshot, agent: agent) }
            }
        }
    }

    nonisolated func post(_ messages: [PageMessage], to person: Int64) {
        executor.run { self.assumeIsolated { board in for message in messages { board.tell(person, message) } } }
    }

    /// The card of a call about which something was written elsewhere.
    nonisolated func post(again call: String) { executor.run { self.assumeIsolated { $0.showAgain(call) } } }

    /// After a commit that may have brought facts.
    nonisolated func wake() { executor.run { self.assumeIsolated { $0.follow() } } }

    /// An agent's newest run.
    nonisolated func post(greeting agent: String, run counter: Int64) {
        executor.run {
            self.assumeIsolated { board in
                if board.runs[agent]?.counter != counter { board.runs[agent] = (counter, Clocks.wall) }
            }
        }
    }

    func call(_ snapshot: CallSnapshot, agent: String) {
        let now = Clocks.wall
        var live = calls[snapshot.call] ?? LiveCall(snapshot: snapshot, agent: agent, heard: now)
        guard calls[snapshot.call] == nil || snapshot.revision > live.snapshot.revision else { return }
        // A late copy from before the end does not open it again; one that was only lost from sight may come back.
        if let last = ended[snapshot.call], snapshot.revision <= last { return }
        let rang = Set(calls[snapshot.call]?.snapshot.ringingLegs ?? [])
        // An old journal copy of a call that ended long ago is history, not news.
        if calls[snapshot.call] == nil, snapshot.state == .ended || now &- snapshot.startedAt > Board.callLife {
            if snapshot.isMissed { missedChanged() }
            return
        }
        if calls[snapshot.call] == nil { seen += 1 }
        live.snapshot = snapshot
        live.heard = now
        let audience = routing.audience(of: snapshot)
        live.told.formUnion(audience.keys)
        for (person, legs) in live.dismissed {
            let isNew = snapshot.legs.contains {
                $0.state == .ringing && $0.desk == routing.desks[person] && !legs.contains($0.id)
            }
            if isNew { live.dismissed[person] = nil }
        }
        let clients = live.told.isEmpty || snapshot.state == .ended ? [] : clients(of: snapshot, agent: agent)
        let unasked = clients.filter { live.askedAbout.insert($0.id).inserted }
        calls[snapshot.call] = snapshot.state == .ended ? nil : live
        if snapshot.state == .ended {
            keep(snapshot, agent)
            forget(snapshot)
        }
        show(live, to: audience, at: now)
        for leg in snapshot.legs where leg.state == .ringing && !rang.contains(leg.id) {
            note(leg, of: snapshot, at: now)
        }
        // The name is on its way; what the ERP knows comes when it comes.
        for party in unasked { lookUp(snapshot.call, party) }
        if calls.count > CallBook.limit { calls = calls.filter { now - $0.value.heard < Board.callLife } }
    }

    /// A call that has ended is written down, in the order of the ends.
    private func keep(_ snapshot: CallSnapshot, _ agent: String) {
        let plan = plans.plan(of: agent)
        writer.post { [weak self] desks, _ in
            // What was written about it goes along: the other's card shows it then.
            defer { if let into = snapshot.mergedInto { self?.post(again: into) } }
            try desks.calls.keep(snapshot, of: agent, plan: plan)
        }
    }

    private func forget(_ snapshot: CallSnapshot) {
        if ended.updateValue(snapshot.revision, forKey: snapshot.call) == nil { endedOrder.append(snapshot.call) }
        if let into = snapshot.mergedInto { merged[snapshot.call] = into }
        if endedOrder.count > CallBook.limit {
            let old = endedOrder.removeFirst()
            (ended[old], merged[old]) = (nil, nil)
        }
    }

    /// The call that this one has become part of, or itself.
    func present(_ call: String) -> String {
        var call = call
        for _ in 0..<8 { call = merged[call] ?? call }
        return call
    }

    /// To everybody who may see it, and to whoever was shown it before and may no more: for them it is over.
    private func show(_ live: LiveCall, to audience: [Int64: CallRouting.Place]? = nil, at now: Int64) {
        guard !live.told.isEmpty else { return }
        let card = card(live.snapshot, agent: live.agent)
        let audience = audience ?? routing.audience(of: live.snapshot)
        for person in live.told {
            var json = card.json(in: audience[person], live.snapshot)
            if live.dismissed[person] != nil { json = json.with("dismissed", true) }
            hub.tell(person, PageMessage(.call, json), at: now)
        }
    }

    private func note(_ leg: CallSnapshot.Leg, of snapshot: CallSnapshot, at now: Int64) {
        guard let desk = leg.desk else { return }
        let people = routing.claimants(of: desk)
        journal.rang(
            LegJournal.Entry(
                at: now, call: snapshot.call, leg: leg.id, desk: desk,
                people: people.map { routing.names[$0] ?? "?" }, browsers: people.flatMap { hub.labels(of: $0) }))
    }

    /// A browser says that it has drawn the card.
    func shown(_ call: String, by socket: BrowserSocket) {
        guard let desk = routing.desks[socket.person] else { return }
        journal.shown(call, desk: desk, browser: socket.label, at: Clocks.wall)
    }

    /// The last legs that rang, with what became of their cards: those of one's own telephone and of one's teams.
    func explanations(for person: Person) -> [JSON] {
        let scope = routing.shared(person.id)
        return journal.entries.filter { scope.desks.contains($0.desk) }.map(\.json)
    }

    func missedChanged() {
        for person in Set(routing.desks.keys).union(routing.names.keys) {
            guard !routing.shared(person).desks.isEmpty else { continue }
            hub.tell(person, PageMessage(.missed), at: Clocks.wall)
        }
    }

    func card(_ snapshot: CallSnapshot, agent: String) -> CallCard {
        CallCard(snapshot, agent: agent, plan: plans.plan(of: agent), store: store, routing: routing, link: link)
    }

    /// Who it may be, as the ERP knows them: at most three.
    private func clients(of snapshot: CallSnapshot, agent: String) -> [PartyView] {
        let outbound = snapshot.direction == .outbound
        guard outbound || snapshot.caller?.withheld != true,
            let raw = outbound ? snapshot.called : snapshot.caller?.number
        else { return [] }
        let number = plans.plan(of: agent).number(raw, dialled: outbound)
        guard number.kind != .extension else { return [] }
        return ((try? store.parties.rows(key: number.key)) ?? []).filter { $0.erp != nil }.prefix(3).map(\.self)
    }

    /// What the ERP knows of a client, to whoever has the card; money for those who may see it.
    func client(_ party: Int64, on call: String, plain: JSON, withPrices: JSON) {
        guard let live = calls[call] else { return }
        for person in live.told {
            var rights: Set<Permission> = []
            var isOpen = false
            if let row = try? store.people.user(id: person) { rights = row.rights }
            if let open = try? store.people.isOpenHouse() { isOpen = open }
            let json = isOpen || rights.contains(.prices) ? withPrices : plain
            tell(
                person,
                PageMessage(.client, .object([("call", .string(call)), ("party", .int(party)), ("erp", json)])))
        }
    }

    func runningCards(for person: Person) -> [JSON] {
        calls.values.compactMap { live -> (Int64, JSON)? in
            guard live.dismissed[person.id] == nil,
                let place = routing.audience(of: live.snapshot)[person.id], live.snapshot.isRunning(at: place)
            else { return nil }
            return (live.snapshot.startedAt, card(live.snapshot, agent: live.agent).json(in: place, live.snapshot))
        }
        .sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Put aside in one place, gone in all.
    func dismiss(_ call: String, person: Person) {
        let rings = Set(calls[call]?.snapshot.ringingLegs ?? [])
        calls[call]?.dismissed[person.id] = rings
        tell(person.id, PageMessage(.dismissed, .object([("call", .string(call))])))
    }

    /// Every open card, with what has become known meanwhile.
    func showAll() {
        let now = Clocks.wall
        for live in calls.values { show(live, at: now) }
    }

    /// One that runs: something was written about it elsewhere.
    func showAgain(_ call: String) {
        if let live = calls[call] { show(live, at: Clocks.wall) }
    }

    /// The call that this one has become by now, and what a person may see of it. Throws `CallDesk.Refusal.ambiguous`.
    func sight(of call: String, by person: Person) throws -> (call: String, sight: CallDesk.Sight) {
        let call = present(try CallDesk(store).name(of: call))
        let live = calls[call]
        return (
            call,
            CallDesk.Sight(
                isShown: live?.told.contains(person.id) ?? false, running: live?.snapshot,
                scope: routing.shared(person.id))
        )
    }

    /// Ends calls whose agent was restarted and has not taken them up again, and those nobody has spoken of for hours:
    /// no card stays open for ever. Called now and then.
    func expireCalls() {
        let now = Clocks.wall
        for live in calls.values {
            let orphaned =
                runs[live.agent].map { live.snapshot.revision >> 32 < $0.counter && now - $0.at > Board.orphanLife }
                ?? false
            guard orphaned || now - live.heard > Board.callLife else { continue }
            call(live.snapshot.lost(at: now), agent: live.agent)
        }
    }
}

extension CallSnapshot {
    var ringingLegs: [String] { legs.filter { $0.state == .ringing }.map(\.id) }

    /// Whether somebody who opens a page now should find its card.
    fileprivate func isRunning(at place: CallRouting.Place) -> Bool {
        guard state != .ended else { return false }
        switch place {
        case .own(let desk): return isByNumber(desk) || legs.contains { $0.desk == desk && $0.state != .ended }
        case .watching: return true
        }
    }
}
