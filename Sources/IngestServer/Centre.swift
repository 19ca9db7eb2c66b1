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
    /// Calls by click for one person within a minute.
    static let dialLimit = 10
    /// Seconds a click to call may wait for its agent.
    static let dialLife = 15

    let configuration: IngestConfiguration
    let store: Store
    private let applier: Applier
    private let logger: Logger
    private var hub: BrowserHub
    private var calls: [String: LiveCall] = [:]
    private var desks: [Int64: String] = [:]
    private var nonces: [String: [UInt64]] = [:]
    private var clones: Set<UInt64> = []
    private var dials: [Int64: [Int64]] = [:]
    /// The newest run of each agent, and when it said hello.
    private var runs: [String: (counter: Int64, at: Int64)] = [:]
    private var send: @Sendable (CentreLink.Outgoing) -> Void = { _ in }
    var counters = Counters()

    struct LiveCall {
        var snapshot: CallSnapshot
        var agent: String
        var heard: Int64
        var told: Set<Int64> = []
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
        applier = Applier(store: store, region: configuration.region)
        hub = BrowserHub(startedAt: Clocks.wall)
        for (user, desk) in try store.desks() { desks[user] = desk }
        for row in try store.runningCalls(since: Clocks.wall - Centre.callLife) {
            calls[row.snapshot.call] = LiveCall(snapshot: row.snapshot, agent: row.agent, heard: Clocks.wall)
        }
    }

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

    // MARK: calls

    private func call(_ snapshot: CallSnapshot, agent: String) {
        let now = Clocks.wall
        var live = calls[snapshot.call] ?? LiveCall(snapshot: snapshot, agent: agent, heard: now)
        guard calls[snapshot.call] == nil || snapshot.revision > live.snapshot.revision else { return }
        // An old journal copy of a call that ended long ago is history, not news.
        if calls[snapshot.call] == nil, snapshot.state == .ended || now &- snapshot.startedAt > Centre.callLife {
            if snapshot.state == .ended, !snapshot.missedBy.isEmpty { missedChanged(snapshot.missedBy) }
            return
        }
        if calls[snapshot.call] == nil { counters.calls += 1 }
        live.snapshot = snapshot
        live.heard = now
        let desks = Set(snapshot.legs.compactMap(\.desk))
        live.told.formUnion(
            self.desks.filter { desks.contains($0.value) || snapshot.isByNumber($0.value) }.map(\.key))
        let card = card(of: live)
        for person in live.told {
            guard let desk = self.desks[person] else { continue }
            hub.tell(person, "call", card.at(desk: desk, snapshot), at: now)
        }
        calls[snapshot.call] = snapshot.state == .ended ? nil : live
        if snapshot.state == .ended {
            _ = try? store.save(snapshot, agent: agent, key: CallKey.of(snapshot, region: configuration.region))
            missedChanged(snapshot.missedBy)
        }
        if calls.count > CallBook.limit { calls = calls.filter { now - $0.value.heard < Centre.callLife } }
    }

    private func missedChanged(_ desks: [String]) {
        for (person, desk) in self.desks where desks.contains(desk) {
            hub.tell(person, "missed", .object([]), at: Clocks.wall)
        }
    }

    private func card(of live: LiveCall) -> CallCard {
        CallCard(live.snapshot, agent: live.agent, store: store, configuration: configuration)
    }

    func runningCards(for person: Person) -> [JSON] {
        guard let desk = person.desk else { return [] }
        return calls.values.filter { live in
            live.snapshot.legs.contains { $0.desk == desk && $0.state != .ended }
                || live.snapshot.isByNumber(desk) && live.snapshot.state != .ended
        }
        .sorted { $0.snapshot.startedAt < $1.snapshot.startedAt }
        .map { card(of: $0).at(desk: desk, $0.snapshot) }
    }

    // MARK: click to call

    enum DialRefusal: Error {
        case noDesk, noGateway, tooMany
        case number(PhoneNumber.Kind, premium: Bool)
    }

    /// Rings the person's own telephone, then theirs. The id comes from the click: the same click dials once.
    func dial(_ number: String, click id: String, person: Person) throws -> CommandProgress {
        guard let desk = person.desk else { throw DialRefusal.noDesk }
        let parsed = PhoneNumber(number, region: configuration.region, internalPlan: configuration.internalPlan)
        guard parsed.kind == .subscriber && !parsed.premium || parsed.kind == .extension else {
            throw DialRefusal.number(parsed.kind, premium: parsed.premium)
        }
        let now = Clocks.wall
        let recent = (dials[person.id] ?? []).filter { now - $0 < 60_000 }
        guard recent.count < Centre.dialLimit else { throw DialRefusal.tooMany }
        guard let agent = try gatewayForCalls() else { throw DialRefusal.noGateway }
        let command = Command(
            id: id,
            action: .dial(extension: desk, number: parsed.dial ?? parsed.input, display: parsed.national, device: nil),
            issued: now, ttl: Centre.dialLife)
        do { try store.add(command, agent: agent, user: person.id) } catch let error as SQLiteError
            where error.isConstraint
        {
            return CommandProgress(id: id, state: .accepted, cause: "already asked")
        }
        dials[person.id] = recent + [now]
        try store.audit("call.dial", subject: id, who: person.name, detail: desk, at: now)
        send(.command(agent: agent, command))
        return CommandProgress(id: id, state: .accepted)
    }

    func cancel(_ id: String, person: Person) throws -> Bool {
        guard let agent = try store.agent(ofCommand: id, user: person.id) else { return false }
        var random = SystemRandomNumberGenerator()
        let now = Clocks.wall
        let command = Command(
            id: ULID.make(at: now, using: &random), action: .cancel(command: id), issued: now, ttl: Centre.dialLife)
        try store.add(command, agent: agent, user: nil)
        send(.command(agent: agent, command))
        return true
    }

    private func gatewayForCalls() throws -> String? {
        try store.agents().first { row in
            row.online
                && (row.status?["devices"]?.list ?? []).contains {
                    $0["kind"]?.text == "telephony" && $0["state"]?.text == "ready"
                }
        }?.name
    }

    private func advance(_ progress: CommandProgress) {
        guard let (user, _) = try? store.advance(progress), let user else { return }
        hub.tell(user, "command", progress.json, at: Clocks.wall)
    }

    /// Ends calls whose agent was restarted and has not taken them up again, and those nobody has spoken of for hours:
    /// no card stays open for ever. Called now and then.
    func expireCalls() {
        let now = Clocks.wall
        for live in calls.values {
            let orphaned =
                runs[live.agent].map { live.snapshot.revision >> 32 < $0.counter && now - $0.at > Centre.orphanLife }
                ?? false
            guard orphaned || now - live.heard > Centre.callLife else { continue }
            var lost = live.snapshot
            lost.revision += 1
            lost.state = .ended
            lost.endedAt = now
            lost.cause = .lost
            for index in lost.legs.indices where lost.legs[index].state != .ended {
                lost.legs[index].state = .ended
                lost.legs[index].endedAt = now
                lost.legs[index].cause = .lost
            }
            call(lost, agent: live.agent)
        }
    }

    /// Tells whoever clicked that nobody took it up; called now and then.
    func expireCommands() throws {
        let now = Clocks.wall
        for (id, user) in try store.expireCommands(at: now) {
            guard let user else { continue }
            hub.tell(user, "command", CommandProgress(id: id, state: .expired).json, at: now)
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

    func closeSockets() { hub.closeAll() }

    // MARK: people

    func person(session token: String) -> Person? {
        try? store.person(session: Digests.hex(token), at: Clocks.wall)
    }

    func signIn(name: String, token: String) throws -> Person {
        try store.signIn(name: name, session: Digests.hex(token), at: Clocks.wall)
    }

    func signOut(token: String) throws { try store.signOut(session: Digests.hex(token)) }

    func claim(desk: String?, person: Person) throws {
        try store.claim(desk: desk, user: person.id, at: Clocks.wall)
        desks[person.id] = desk
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
        try Import.parties(CSV(bytes), into: store, region: configuration.region, dryRun: dryRun, now: Clocks.wall)
    }

    func addParty(name: String, company: String, numbers: [String], person: Person) throws -> PartyView? {
        let parsed = numbers.map { PhoneNumber($0, region: configuration.region) }.filter { $0.kind != .withheld }
        let id = try store.database.transaction {
            try store.addParty(
                name: name, company: company, reference: nil, numbers: parsed, by: person.name, at: Clocks.wall)
        }
        try store.audit("party.create", subject: String(id), who: person.name, at: Clocks.wall)
        // Cards that are open know the new client at once.
        let now = Clocks.wall
        for live in calls.values {
            let card = card(of: live)
            for user in live.told {
                if let desk = desks[user] { hub.tell(user, "call", card.at(desk: desk, live.snapshot), at: now) }
            }
        }
        return try store.party(id)
    }

    func settleMissed(_ call: String, person: Person) throws -> Bool {
        let done = try store.settleMissed(call, who: person.name, at: Clocks.wall)
        if done { for user in desks.keys { hub.tell(user, "missed", .object([]), at: Clocks.wall) } }
        return done
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
