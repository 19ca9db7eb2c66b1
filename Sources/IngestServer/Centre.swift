import Ingest
import Logging
import Model
import Platform
import SQLite

/// The one place where records become inventory and calls become cards: an actor on an executor of its own, because it
/// owns the database.
actor Centre {
    private let executor = QueueExecutor("quai.centre")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A call that nothing was heard of for this long is over for the pages, in milliseconds.
    static let callLife: Int64 = 4 * 3_600_000
    /// What a restarted agent needs to find the running calls again, in milliseconds.
    static let orphanLife: Int64 = 20_000
    /// Seconds a click to call may wait for its agent.
    static let dialLife = 15

    let configuration: IngestConfiguration
    let store: Store
    private let applier: Applier
    private let logger: Logger
    var hub: BrowserHub
    var calls: [String: LiveCall] = [:]
    var routing: CallRouting
    var journal = LegJournal()
    private let plans: SitePlans
    private var nonces: [String: [UInt64]] = [:]
    private var clones: Set<UInt64> = []
    var dials: [Int64: [Int64]] = [:]
    /// The newest run of each agent, and when it said hello.
    var runs: [String: (counter: Int64, at: Int64)] = [:]
    var send: @Sendable (CentreLink.Outgoing) -> Void = { _ in }
    var counters = Counters()

    struct LiveCall {
        var snapshot: CallSnapshot
        var agent: String
        var heard: Int64
        /// Who has been shown it, and must be told when it changes.
        var told: Set<Int64> = []
        /// Who put it aside, and the legs that rang then: another that rings brings it back.
        var dismissed: [Int64: Set<String>] = [:]
    }

    struct Counters: Sendable {
        var applied: UInt64 = 0
        var known: UInt64 = 0
        var rejected: UInt64 = 0
        var refusedFrames: UInt64 = 0
        var batches: UInt64 = 0
        var applyNanoseconds: UInt64 = 0
        var calls: UInt64 = 0
        var unknownTags: UInt64 = 0
        var databaseErrors: UInt64 = 0
    }

    init(configuration: IngestConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        store = try Store(path: configuration.database)
        let plans = SitePlans(configuration)
        for row in try store.agents() { plans.sites[row.name] = row.site }
        self.plans = plans
        applier = Applier(store: store) { plans.plan(of: $0) }
        hub = BrowserHub(startedAt: Clocks.wall)
        routing = CallRouting(teams: configuration.teams)
        for (user, desk) in try store.desks() { routing.desks[user] = desk }
        for (user, name) in try store.people() { routing.names[user] = name }
        for row in try store.runningCalls(since: Clocks.wall - Centre.callLife) {
            calls[row.snapshot.call] = LiveCall(snapshot: row.snapshot, agent: row.agent, heard: Clocks.wall)
        }
    }

    func plan(of agent: String) -> NumberPlan { plans.plan(of: agent) }

    func attach(_ send: @escaping @Sendable (CentreLink.Outgoing) -> Void) { self.send = send }

    // MARK: from the agents

    /// Applies what arrived in one transaction and acknowledges it after the commit.
    func apply(_ frames: [(agent: String, payload: [UInt8])]) {
        let start = Clocks.now
        let now = Clocks.wall
        let result: Applier.Result
        do { result = try applier.apply(frames, at: now) } catch {
            // Not a rejection: no ack, the agents keep it and come again.
            counters.databaseErrors += 1
            logger.error("database unavailable", metadata: ["reason": "\(error)"])
            return
        }
        for (agent, ack) in result.acks { send(.ack(agent: agent, ack)) }
        counters.applied += UInt64(result.applied)
        counters.known += UInt64(result.known)
        counters.rejected += UInt64(result.rejected)
        counters.refusedFrames += UInt64(result.refused.count)
        counters.batches += 1
        counters.applyNanoseconds += UInt64((Clocks.now - start).nanoseconds)
        for (agent, reason) in result.refused {
            logger.warning("frame refused", metadata: ["agent": "\(agent)", "reason": "\(reason)"])
        }
        tell(result.events, at: now)
    }

    private func tell(_ events: [CentreEvent], at now: Int64) {
        var deliveries: Set<Int64> = []
        for event in events {
            switch event {
            case .delivery(let id): deliveries.insert(id)
            case .counted(let count, let zone):
                if count.verdict == .unknown { counters.unknownTags += 1 }
                deliveries.insert(count.delivery)
                hub.tellAll(
                    "count",
                    .object([
                        ("delivery", .int(count.delivery)), ("zone", .string(zone)),
                        ("verdict", .string(count.verdict.rawValue)),
                        ("subject", .string(count.subject)), ("gtin", count.gtin.map(JSON.string)),
                        ("serial", count.serial.map(JSON.string)),
                    ]), at: now)
            case .stray(let zone, let subject):
                hub.tellAll("stray", .object([("zone", .string(zone)), ("subject", .string(subject))]), at: now)
            case .call(let snapshot, let agent): call(snapshot, agent: agent)
            case .device: break
            }
        }
        for id in deliveries.sorted() {
            if let view = try? store.delivery(id) { hub.tellAll("delivery", view.json, at: now) }
        }
    }

    func greet(_ hello: Hello, agent: String) {
        let now = Clocks.wall
        let counter = Int64(clamping: hello.boot.counter)
        if runs[agent]?.counter != counter { runs[agent] = (counter, now) }
        var known = nonces[agent] ?? []
        if known.last != hello.nonce {
            // A nonce that was replaced and speaks again: two processes live with one buffer. The younger must stop.
            if known.contains(hello.nonce), let younger = known.last {
                clones.insert(younger)
                known.removeAll { $0 == hello.nonce }
                try? store.alarm(
                    agent: agent, "two machines send with the same buffer; the younger was stopped", at: now)
                gatewayChanged(agent)
            }
            known.append(hello.nonce)
            nonces[agent] = Array(known.suffix(8))
        }
        if clones.contains(hello.nonce) {
            var ack = Ack(epoch: hello.epoch, lane: .bulk, cumulative: 0, time: now, hello: hello.nonce)
            ack.verdict = .cloned
            send(.ack(agent: agent, ack))
            return
        }
        do {
            let (ack, lost) = try applier.greet(hello, agent: agent, at: now)
            if let lost {
                logger.critical("records lost here", metadata: ["agent": "\(agent)", "range": "\(lost)"])
                try store.alarm(
                    agent: agent,
                    "this database is older than what it had acknowledged: records \(lost.lowerBound) to "
                        + "\(lost.upperBound) of this agent are missing", at: now)
            }
            send(.ack(agent: agent, ack))
        } catch {
            counters.databaseErrors += 1
            logger.error("database unavailable", metadata: ["reason": "\(error)"])
        }
    }

    func status(_ json: JSON, text: String, agent: String) {
        let online = json["online"]?.truth ?? false
        plans.sites[agent] = json["site"]?.text
        try? store.update(
            agent: agent, site: json["site"]?.text, online: online, status: online ? text : nil, at: Clocks.wall)
        gatewayChanged(agent)
    }

    private func gatewayChanged(_ agent: String) {
        guard let row = try? store.agents().first(where: { $0.name == agent }) else { return }
        hub.tellAll("gateway", Centre.gateway(row), at: Clocks.wall)
    }

    /// An urgent message: shown first, recorded when its journal copy comes.
    func urgent(_ event: JSON, agent: String) {
        guard let data = event["data"], let id = event["id"]?.text else { return }
        switch event["type"]?.text {
        case "quai.call":
            if let snapshot = CallSnapshot(json: data) { call(snapshot, agent: agent) }
        case "quai.command":
            if let progress = CommandProgress(json: data) { advance(progress) }
        default: break
        }
        let parts = id.split(separator: "/")
        if parts.count == 4, let epoch = Hex.word(String(parts[1])), let seq = UInt64(parts[3]), seq > 0 {
            send(
                .ack(
                    agent: agent,
                    Ack(epoch: epoch, lane: .urgent, cumulative: 0, selective: [seq...seq], time: Clocks.wall)))
        }
    }

    // MARK: browsers

    func join(_ socket: BrowserSocket, resume: Int64?, person: Person) {
        let now = Clocks.wall
        hub.join(socket)
        if let resume {
            if let missed = hub.missed(person.id, since: resume) {
                for message in missed { socket.send(message) }
            } else {
                socket.send(JSON.object([("type", "reset"), ("reason", "too old")]).text8)
            }
        }
        let position = hub.position(person.id)
        socket.send(
            JSON.object([
                ("seq", .int(position)), ("type", "ready"), ("at", .int(now)),
                ("data", .object([("person", person.json), ("calls", .array(runningCards(for: person)))])),
            ]).text8)
    }

    func leave(_ id: UInt64) { hub.leave(id) }

    /// Somebody uses this browser now: of theirs it is the loud one.
    func use(_ id: UInt64) { hub.use(id) }

    func closeSockets() { hub.closeAll() }

    // MARK: people

    func person(session token: String) -> Person? {
        try? store.person(session: Digests.hex(token), at: Clocks.wall)
    }

    func signIn(name: String, token: String) throws -> Person {
        let person = try store.signIn(name: name, session: Digests.hex(token), at: Clocks.wall)
        routing.names[person.id] = person.name
        return person
    }

    func signOut(token: String) throws { try store.signOut(session: Digests.hex(token)) }

    func claim(desk: String?, person: Person) throws {
        try store.claim(desk: desk, user: person.id, at: Clocks.wall)
        routing.desks[person.id] = desk
        try store.audit("desk.claim", subject: desk ?? "-", who: person.name, at: Clocks.wall)
    }

    // MARK: deliveries

    func read<T: Sendable>(_ body: @Sendable (Store) throws -> T) rethrows -> T { try body(store) }

    func open(delivery id: Int64, zone: String, person: Person) throws -> Bool {
        defer { applier.forgetReceptions() }
        guard try store.open(delivery: id, zone: zone, who: person.name, at: Clocks.wall) else { return false }
        changed(delivery: id)
        return true
    }

    func close(delivery id: Int64, person: Person) throws -> Bool {
        defer { applier.forgetReceptions() }
        guard try store.close(delivery: id, who: person.name, at: Clocks.wall) else { return false }
        changed(delivery: id)
        return true
    }

    private func changed(delivery id: Int64) {
        for view in (try? store.deliveries(closedSince: Clocks.wall - 86_400_000)) ?? []
        where view.id == id || view.status == "open" {
            hub.tellAll("delivery", view.json, at: Clocks.wall)
        }
    }

    func importDeliveries(_ bytes: [UInt8], dryRun: Bool, person: Person) throws -> ImportReport {
        let report = try Import.deliveries(CSV(bytes), into: store, dryRun: dryRun, now: Clocks.wall)
        if !dryRun {
            try store.audit("deliveries.import", subject: "\(report.deliveries)", who: person.name, at: Clocks.wall)
            applier.forgetReceptions()
            hub.tellAll("deliveries", .object([]), at: Clocks.wall)
        }
        return report
    }

    func importParties(_ bytes: [UInt8], dryRun: Bool, person: Person) throws -> ImportReport {
        try Import.parties(CSV(bytes), into: store, region: configuration.plan.region, dryRun: dryRun, now: Clocks.wall)
    }

    func addParty(name: String, company: String, numbers: [String], person: Person) throws -> PartyView? {
        let parsed = numbers.map { configuration.plan.number($0) }.filter { $0.kind != .withheld }
        let id = try store.database.transaction {
            try store.addParty(
                name: name, company: company, reference: nil, numbers: parsed, by: person.name, at: Clocks.wall)
        }
        try store.audit("party.create", subject: String(id), who: person.name, at: Clocks.wall)
        // Cards that are open know the new client at once.
        let now = Clocks.wall
        for live in calls.values { show(live, at: now) }
        return try store.party(id)
    }

    static func gateway(_ row: Store.AgentRow) -> JSON {
        .object([
            ("name", .string(row.name)), ("site", row.site.map(JSON.string)), ("online", .bool(row.online)),
            ("seen", .int(row.seen)), ("since", .int(row.since)), ("alarm", row.alarm.map(JSON.string)),
            ("status", row.status),
            (
                "centre",
                .object([
                    ("applied", .int(Int64(clamping: row.applied))), ("rejected", .int(Int64(clamping: row.rejected))),
                    ("skipped", .int(Int64(clamping: row.skipped))),
                ])
            ),
        ])
    }

    var browsers: (open: Int, cut: UInt64) { (hub.count, hub.cut) }
}

/// How each agent's site writes telephone numbers. Used on the centre's executor only.
final class SitePlans {
    var sites: [String: String] = [:]
    private let configuration: IngestConfiguration

    init(_ configuration: IngestConfiguration) { self.configuration = configuration }

    func plan(of agent: String) -> NumberPlan {
        sites[agent].flatMap { configuration.sites[$0] } ?? configuration.plan
    }
}
