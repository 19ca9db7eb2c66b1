import Depot
import Dispatch
import Followers
import Logging
import Model
import Platform
import SQLite

/// The one place where records become inventory and history: an actor on an executor of its own, because it writes the
/// database. What people see of it at once is the board's.
actor Centre {
    // A backlog that drains must not keep a call from its card.
    let executor = QueueExecutor("quai.centre", qos: .utility)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Single scans of one transaction that pages are told of.
    static let toldAtOnce = 20

    let configuration: IngestConfiguration
    let store: Store
    let applier: Applier
    private let logger: Logger
    let plans: SitePlans
    let board: Board
    let reads: LongReads
    let callLists: CallLists
    /// Nil where no ERP is configured.
    let queue: QueueFollower?
    /// Which agent may speak of what, as last read: for messages that do not wait for the database.
    let known = Locked(GatewayBook())
    /// How far the agents' clocks are off: heard when a message comes, before it waits for the database.
    let clocks = Locked(ClockBook())
    /// Steps of commands that wait for the database.
    private let steps = Locked(0)
    static let stepLimit = 2000
    let droppedSteps = Locked(UInt64(0))
    /// Urgent messages that were not understood, or spoke of what is not their agent's.
    let refused = Locked(UInt64(0))
    /// What was odd in an agent's last status: said when it changes, not at every heartbeat.
    private var oddStatuses: [String: [String]] = [:]
    private var clones = CloneWatch()
    /// When each agent's refused frames were last said: all are counted, one a minute is said.
    private var complained: [String: Int64] = [:]
    static let complaintPause: Int64 = 60_000
    var dialling: DiallingDesk
    /// What scripts of exchanges have pushed here.
    var feeds: [String: PushedCalls] = [:]
    var send: @Sendable (CentreLink.Outgoing) -> Void = { _ in }
    var counters = Counters()
    private var published: [String: Int64] = [:]

    struct Counters: Sendable {
        var applied: UInt64 = 0
        var known: UInt64 = 0
        var rejected: UInt64 = 0
        var refusedFrames: UInt64 = 0
        var batches: UInt64 = 0
        var applyNanoseconds: UInt64 = 0
        var unknownTags: UInt64 = 0
        var databaseErrors: UInt64 = 0
        /// Times that an agent's account and ours began to differ.
        var disagreements: UInt64 = 0
        var pulledProducts: UInt64 = 0
        var pulledParties: UInt64 = 0
        var pulledReceipts: UInt64 = 0
        var refusedSignIns: UInt64 = 0
    }

    init(configuration: IngestConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        store = try Store(path: configuration.database)
        store.rules = configuration.zones
        try store.parties.readNumbersAgain(configuration.plan)
        let plans = SitePlans(configuration)
        for row in try store.gateways.rows() {
            plans.place(row.name, at: row.site)
            if let offset = row.status?["clockOffset"]?.integer {
                clocks.with { $0.recall(row.name, offset: offset) }
            }
        }
        for (name, feed) in configuration.feeds { plans.place(name, at: feed.site) }
        self.plans = plans
        let zones = configuration.zones
        queue =
            configuration.erp == nil
            ? nil : QueueFollower(location: { zones[$0]?.erpLocation ?? $0 }, plan: { plans.plan(of: $0) })
        applier = Applier(store: store) { plans.plan(of: $0) }
        applier.clockOffset = { [clocks] agent in clocks.with { $0.offset(of: agent) } }
        board = try Board(configuration: configuration, plans: plans)
        reads = try LongReads(database: configuration.database)
        callLists = CallLists(reads: reads, board: board, plans: plans, link: configuration.cardLink)
        dialling = DiallingDesk(store, rights: configuration.dialRights) { plans.plan(of: $0) }
        let book = try applier.gateways.book()
        known.with { $0 = book }
        // What an ERP that was taken away was not told is not told to the next one.
        try store.run(AuditFollower())
        if let queue { try store.run(queue) } else { try store.ledger.forget(follower: QueueFollower.name) }
    }

    func attach(_ send: @escaping @Sendable (CentreLink.Outgoing) -> Void) async {
        self.send = send
        await board.attach { [weak self] in self?.take(ended: $0, agent: $1) }
    }

    // MARK: from the agents

    /// Applies what has arrived when its turn comes, in one transaction, and acknowledges it after the commit.
    nonisolated func take(_ arrived: @escaping @Sendable () -> [Arrival]) {
        executor.run {
            let frames = arrived()
            if !frames.isEmpty { self.assumeIsolated { $0.apply(frames) } }
        }
    }

    /// Returns when everything that was taken is applied; never from the centre itself.
    nonisolated func settle() { executor.wait {} }

    private func apply(_ frames: [Arrival]) {
        let start = Clocks.now
        let now = Clocks.wall
        let result: Applier.Result
        do { result = try applier.apply(frames, at: now) } catch {
            // Not a rejection: no ack, the agents keep it and come again.
            failed(error)
            return
        }
        for (agent, ack) in result.acks { send(.ack(agent: agent, ack)) }
        if let book = try? applier.gateways.book() { known.with { $0 = book } }
        counters.applied += UInt64(result.applied)
        counters.known += UInt64(result.known)
        counters.rejected += UInt64(result.rejected)
        counters.refusedFrames += UInt64(result.refused.count)
        counters.batches += 1
        counters.applyNanoseconds += UInt64((Clocks.now - start).nanoseconds)
        for (agent, reason) in result.refused where now - (complained[agent] ?? 0) >= Centre.complaintPause {
            if complained.count >= 1000 { complained = [:] }
            complained[agent] = now
            logger.warning("frame refused", metadata: ["agent": "\(agent)", "reason": "\(reason)"])
        }
        tell(result.events)
    }

    /// The database did not take something: counted, and said.
    func failed(_ error: any Error) {
        counters.databaseErrors += 1
        logger.error("database unavailable", metadata: ["reason": "\(error)"])
    }

    func tell(_ events: [CentreEvent]) {
        guard !events.isEmpty else { return }
        var changed: [PageTopic] = []
        var messages: [PageMessage] = []
        var calls: [(snapshot: CallSnapshot, agent: String)] = []
        for event in events {
            switch event {
            case .delivery(let id): changed.append(.delivery(id))
            case .counted(let count, _):
                if count.gtin == nil { counters.unknownTags += 1 }
                changed.append(.delivery(count.delivery))
            case .taken(let take, _, _, _, _): changed.append(.take(take))
            case .call(let snapshot, let agent): calls.append((snapshot, agent))
            case .stray, .refused, .device: break
            }
            if let message = PageMessage(event) { messages.append(message) }
        }
        // A backlog that drains brings thousands in a moment: a page shows the last of them, the sums are in the delivery.
        board.post(Array(messages.suffix(Centre.toldAtOnce)), changed: changed, calls: calls)
        board.wake()
    }

    /// What an agent's clock showed in a message that has just come.
    nonisolated func hear(clock: Int64?, of agent: String, isHello: Bool) {
        guard let clock else { return }
        let now = Clocks.wall
        clocks.with { $0.hear(agent, clock: clock, at: now, isHello: isHello) }
    }

    /// In its turn among the frames: what the process before it sent is applied first.
    nonisolated func take(_ hello: Hello, agent: String) {
        executor.run { self.assumeIsolated { $0.greet(hello, agent: agent) } }
    }

    private func greet(_ hello: Hello, agent: String) {
        let now = Clocks.wall
        board.post(greeting: agent, run: Int64(clamping: hello.boot.counter))
        let verdict = clones.greet(agent, nonce: hello.nonce)
        if verdict == .foundAnother {
            alarm(agent, "two machines send with the same buffer; the younger was stopped", at: now)
        }
        if verdict == .cloned {
            var ack = Ack(epoch: hello.epoch, lane: .bulk, cumulative: 0, time: now, hello: hello.nonce)
            ack.verdict = .cloned
            send(.ack(agent: agent, ack))
            return
        }
        do {
            let (ack, lost) = try applier.greet(hello, agent: agent, at: now)
            if !lost.isEmpty {
                let ranges = lost.prefix(8).map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", ")
                logger.critical("records lost here", metadata: ["agent": "\(agent)", "range": "\(ranges)"])
                alarm(
                    agent,
                    "this database is older than what it had acknowledged: records \(ranges) of this agent are missing",
                    at: now)
            }
            send(.ack(agent: agent, ack))
        } catch {
            failed(error)
        }
    }

    /// What an agent says of itself, checked: in its turn among its frames.
    nonisolated func take(status told: JSON, agent: String) {
        executor.run { self.assumeIsolated { $0.status(told, agent: agent) } }
    }

    func status(_ told: JSON, agent: String) {
        let safe = GatewayStatus(json: told)
        let offset = clocks.with { $0.offset(of: agent) }
        let json = safe.json.with("clockOffset", offset == 0 ? nil : .int(offset))
        let now = Clocks.wall
        let online = json["online"]?.truth ?? false
        if !safe.problems.isEmpty, oddStatuses[agent] != safe.problems {
            logger.warning(
                "status mended", metadata: ["agent": "\(agent)", "what": "\(safe.problems.joined(separator: "; "))"])
        }
        oddStatuses[agent] = safe.problems.isEmpty ? nil : safe.problems
        do {
            switch try applier.gateways.admit(json, of: agent, at: now) {
            case .nobody: return
            case .refused: break
            case .welcome(let site):
                plans.place(agent, at: site)
                try store.transaction {
                    let was = try store.gateways.agent(named: agent)?.online
                    try store.gateways.update(
                        agent: agent, site: site, online: online, status: online ? json.description : nil, at: now)
                    if was != online {
                        try store.tell(
                            Fact(online ? .gatewayOnline : .gatewayOffline, agent), by: Author("edge-ingest"),
                            site: site, at: now)
                    }
                }
                if online {
                    compareAccounts(json, agent: agent)
                    try applier.gateways.say(clockOffset: offset, of: agent, at: now)
                }
            }
            let book = try applier.gateways.book()
            known.with { $0 = book }
        } catch { failed(error) }
        follow()
        board.post([], changed: [.gateway(agent)])
    }

    private static func short(_ text: JSON?) -> JSON? { text?.text.map { .string($0.cut(to: 256)) } }

    /// How a command goes on, in the order it was told; only the agent it was sent to says so.
    nonisolated func take(progress: CommandProgress, agent: String, done: @escaping @Sendable () -> Void) {
        // Not acknowledged, it comes again.
        guard
            steps.with({ waiting in
                guard waiting < Centre.stepLimit else { return false }
                waiting += 1
                return true
            })
        else { return droppedSteps.with { $0 += 1 } }
        executor.run {
            self.assumeIsolated { $0.advance(progress, from: agent) }
            self.steps.with { $0 -= 1 }
            done()
        }
    }

    /// Tells the agents what they are to be set to, where it has changed; called now and then.
    func publishConfigurations(all: Bool = false) {
        if all { published = [:] }
        for (agent, configuration) in (try? store.gateways.desired()) ?? []
        where published[agent] != configuration.revision {
            published[agent] = configuration.revision
            send(.configuration(agent: agent, configuration))
        }
    }

    /// Both ends count the same records: a difference is an alarm that names them, until they agree again.
    private func compareAccounts(_ json: JSON, agent: String) {
        guard let epoch = json["epoch"]?.text.flatMap(Hex.word), let settled = json["buffer"]?["settled"]?.integer,
            let row = try? store.gateways.agent(named: agent)
        else { return }
        let found = try? store.gateways.disagreement(
            agent: agent, epoch: epoch, account: Account(json: json["account"]), settled: UInt64(clamping: settled))
        let mark = "account: "
        if let found = found ?? nil {
            guard row.alarm != mark + found else { return }
            logger.critical("account does not close", metadata: ["agent": "\(agent)", "what": "\(found)"])
            counters.disagreements += 1
            alarm(agent, mark + found, at: Clocks.wall)
        } else if row.alarm?.hasPrefix(mark) ?? false {
            alarm(agent, nil, at: Clocks.wall)
        }
    }

    /// Something is wrong with an agent, or no more: a fact, for pages and whoever else follows.
    func alarm(_ agent: String, _ text: String?, at now: Int64) {
        do {
            try store.transaction {
                try store.gateways.alarm(agent: agent, text, at: now)
                try store.tell(
                    Fact(text == nil ? .gatewayHealed : .gatewayAlarm, agent, text), by: Author("edge-ingest"), at: now)
            }
        } catch { failed(error) }
        follow()
    }

    /// After a commit that may have brought facts: the trail and the ERP's queue follow here, where they are written, and pages on the
    /// board.
    func follow() {
        do {
            try store.run(AuditFollower())
            if let queue { try store.run(queue) }
        } catch { failed(error) }
        board.wake()
    }

    /// An urgent message: shown first, recorded when its journal copy comes. `acknowledged` says that it was taken.
    nonisolated func urgent(_ event: JSON, agent: String, acknowledged: @escaping @Sendable (Ack) -> Void) {
        guard let data = event["data"], let id = event["id"]?.text else { return }
        let parts = id.split(separator: "/")
        var ack: Ack?
        if parts.count == 4, let epoch = Hex.word(String(parts[1])), let seq = UInt64(parts[3]), seq > 0 {
            ack = Ack(epoch: epoch, lane: .urgent, cumulative: 0, selective: [seq...seq], time: Clocks.wall)
        }
        let taken: @Sendable () -> Void = { [ack] in if let ack { acknowledged(ack) } }
        switch event["type"]?.text {
        case "quai.call":
            guard let told = CallSnapshot(json: data),
                known.with({ $0.mayTelephone(agent: agent) && $0.mayTell(told, agent: agent) })
            else {
                // Its journal copy says why, as a dead letter.
                refused.with { $0 += 1 }
                return taken()
            }
            let offset = clocks.with { $0.offset(of: agent) }
            let call = plans.plan(of: agent).placed(told).corrected(by: offset, at: Clocks.wall)
            board.post(call.filed(under: agent), agent: agent, done: taken)
        case "quai.found":
            guard known.with({ $0.mayCount(agent: agent, zone: data["zone"]?.text ?? "") }) else {
                refused.with { $0 += 1 }
                return taken()
            }
            board.post([
                PageMessage(
                    .found,
                    .object([
                        ("epc", Centre.short(data["tag"])), ("zone", Centre.short(data["zone"])),
                        ("device", Centre.short(data["device"])), ("rssiDBm", data["rssiDBm"]?.double.map(JSON.number)),
                        ("at", .int(Clocks.wall)),
                    ]))
            ])
            taken()
        case "quai.command":
            guard let progress = CommandProgress(json: data) else {
                refused.with { $0 += 1 }
                return taken()
            }
            take(progress: progress, agent: agent, done: taken)
        default: taken()
        }
    }
}
