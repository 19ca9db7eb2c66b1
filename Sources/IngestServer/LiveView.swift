import Depot
import Followers
import Model
import Platform

/// What people see while it happens: the running calls with their cards, and every open browser.
///
/// An actor on an executor and with a view of the database of its own: a card must not wait for a million scans that are
/// being written. It reads; what must be written, it posts to the writer.
actor LiveView {
    let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let store: Store
    let plans: SitePlans
    let writer: Writer
    private(set) var link: CardLink?
    private(set) var zoneRules: [String: ZoneRule]
    /// To the agents; nil where telephones are not given names.
    private(set) var names: AgentMail?
    private let mail: AgentMail
    var hub: Hub
    /// What the open pages were told of deliveries and counts, and what they are to be told.
    var told = ToldViews()
    var due = DueTopics()
    /// Views for pages that come back, until something changes.
    var present: [PageTopic: PageMessage] = [:]
    /// How far the ledger is read; `hub.seq` is how far it is told.
    var followed: Int64
    /// The change of the inboxes up to which their people were told.
    var inboxTold: Int64
    var inboxLast = Instant.zero
    var inboxRest = LiveView.inboxPause
    var isInboxWaiting = false
    var isWaiting = false
    var lastTold = Instant.zero
    nonisolated let budget = SocketBudget(limit: BrowserSocket.totalLimit)
    var calls = LiveCalls()
    /// The centre's links, for the docks.
    var health: LinkHealth
    var gatewayNews = GatewayNews()
    /// Agents that say nothing on a line that stands, since when.
    var silences: [String: Int64] = [:]
    var journal = LegJournal()
    private(set) var routing: CallRouting
    /// Asks the ERP about a client who is on the telephone; nil where there is none.
    private(set) var lookUp: (@Sendable (_ call: String, _ party: PartyView) -> Void)?
    /// Woken by a commit, and not come yet.
    private let isWoken = Locked(false)

    /// The database exists: the writer has it open.
    init(configuration: IngestConfiguration, plans: SitePlans, writer: Writer, mail: AgentMail) throws {
        (self.plans, self.writer, self.mail) = (plans, writer, mail)
        names = configuration.namesTelephones ? mail : nil
        link = configuration.cardLink
        store = try Store(reading: configuration.database)
        store.guarded = configuration.people.guarded
        zoneRules = configuration.zones
        followed = try store.ledger.tip()
        hub = Hub(seq: followed)
        inboxTold = try store.inbox.change()
        health = LinkHealth(at: Clocks.wall)
        routing = CallRouting(teams: configuration.teams, internalCards: configuration.internalCards)
        for (user, desk) in try store.people.desks() { routing.desks[user] = desk }
        for (user, name) in try store.people.rows() { routing.names[user] = name }
        routing.limits = try store.roles.callLimits()
        for row in try store.calls.running(since: Clocks.wall - LiveCalls.life) {
            calls.resume(row.snapshot, agent: row.agent, at: Clocks.wall)
        }
        writer.onCommit { [weak self] in
            self?.wake()
            return self != nil
        }
    }

    func attach(lookUp: @escaping @Sendable (String, PartyView) -> Void) { self.lookUp = lookUp }

    /// Other rules of the site, from the next call on.
    func take(_ configuration: IngestConfiguration) {
        link = configuration.cardLink
        names = configuration.namesTelephones ? mail : nil
        zoneRules = configuration.zones
        (routing.teams, routing.internalCards) = (configuration.teams, configuration.internalCards)
    }

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
            for message in replay(since: resume, to: person) where person.sees(message) {
                socket.send(person.shown(message).encoded(seq: hub.seq, at: now))
            }
        }
        socket.send(health.message.encoded(seq: hub.seq, at: now))
        socket.send(
            PageMessage(
                .ready,
                .object([
                    ("person", person.json), ("calls", .array(runningCards(for: person))),
                    ("sites", .array(plans.ownExtensions.map(JSON.string))),
                ])
            ).encoded(seq: hub.seq, at: now))
        if let message = inboxMessage(of: person.id) { socket.send(message.encoded(seq: hub.seq, at: now)) }
        lookUpAgain(for: person)
    }

    func leave(_ id: UInt64) { hub.leave(id, at: Clocks.wall) }

    /// Somebody uses this browser now: of theirs it is the loud one.
    func use(_ id: UInt64) { hub.use(id, at: Clocks.wall) }

    func closeSockets() { hub.closeAll() }

    // MARK: people

    /// Nil: nobody is signed in. Throws what the database says: that is no reason to ask for a password.
    func person(session token: String) throws -> Person? {
        try store.people.person(session: Digests.hex(token), at: Clocks.wall)
    }

    /// The same of a program's token.
    func person(program token: String) throws -> Person? { try store.tokens.person(token: token, at: Clocks.wall) }

    func signedIn(_ person: Person) {
        routing.names[person.id] = person.name
        routing.limits[person.id] = person.isOpenHouse ? nil : .init(person)
    }

    /// After whatever may have changed what people may.
    func limitCalls() {
        if let limits = try? store.roles.callLimits() { routing.limits = limits }
    }

    func signedOut(_ session: String) { hub.close(session: session) }

    func signedOut(person: Int64) { hub.close(person: person) }

    func claimed(_ desk: String?, by person: Person) { routing.desks[person.id] = desk }

    /// What a person shares with their teams.
    func shared(_ person: Person) -> CallScope { routing.shared(person.id) }

    // MARK: what happened

    /// What a transaction brought beside its facts, in the order of the transactions: single reads, what they changed, and calls.
    nonisolated func post(
        _ messages: [PageMessage], changed topics: [PageTopic] = [],
        calls: [(snapshot: CallSnapshot, agent: String)] = [], done: (@Sendable () -> Void)? = nil
    ) {
        executor.run {
            self.assumeIsolated { live in
                for message in messages { live.hub.tellAll(message, at: Clocks.wall) }
                live.changed(topics)
                for (snapshot, agent) in calls { live.call(snapshot, agent: agent) }
            }
            done?()
        }
    }

    nonisolated func post(_ messages: [PageMessage], to person: Int64) {
        executor.run { self.assumeIsolated { live in for message in messages { live.tell(person, message) } } }
    }

    /// After a commit that may have brought facts. Who was woken and has not come yet sees those of this one, too.
    nonisolated func wake() {
        let isFirst = isWoken.with { isWoken in
            defer { isWoken = true }
            return !isWoken
        }
        guard isFirst else { return }
        executor.run {
            self.assumeIsolated { live in
                live.isWoken.with { $0 = false }
                live.followInboxes()
                live.follow()
            }
        }
    }
}
