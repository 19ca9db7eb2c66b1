import Broker
import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import SQLite
import ServiceLifecycle
import Uplink

/// Everything that runs in one agent, and how it is wired.
final class Agent: Sendable {
    static let version = "0.1.0"

    let configuration: AgentConfiguration
    /// What this machine's own files say at present.
    let own: Locked<AgentConfiguration>
    let outbox: Outbox
    let uplink: UplinkLoop
    let fleet: Fleet
    let feed: Feed
    let pageUse = Locked(HTTPServer.Use())
    let started = Clocks.wall
    let health: Health
    let findings: Locked<FindingsBook<AgentFindingKind>>
    /// Why the files were not taken when they were read again.
    let refusedFiles = Locked<[String]>([])
    let downlink: Downlink?
    let updating: Updating
    let logger: Logger
    private let boot: Boot
    private let kernel: String
    private let lock: Int32
    // Opened here, then used by the writer's thread alone.
    private let file: Locked<OutboxFile?>

    private struct Wiring: Sendable {
        var uplink: UplinkLoop?
        var fleet: Fleet?
        let finder = Finder()
        let updating: Updating
    }

    init(configuration: AgentConfiguration, downlink: Downlink?, logger: Logger) throws {
        self.configuration = configuration
        own = downlink?.own ?? Locked(configuration)
        self.downlink = downlink
        self.logger = logger
        do { try Files.makeFolder(configuration.state) } catch {
            throw AgentError("\(error.description): the agent keeps its buffer there; create it or set \"state\"")
        }
        let goods = configuration.local.listen.map { _ in LocalGoods(path: "\(configuration.state)/expected.json") }
        feed = Feed(reads: goods.map { _ in RecentReads() }, goods: goods)
        lock = try Agent.lockState(configuration.state)
        kernel = Files.kernelBootID
        let opened = try Agent.open(
            configuration.outbox, budget: configuration.budget ?? Agent.defaultBudget(configuration.state), logger)
        var random = SystemRandomNumberGenerator()
        boot = try opened.begin(
            kernel: kernel, origin: Clocks.wall - Clocks.now.milliseconds, synced: Clocks.isSynchronised,
            wall: Clocks.wall, random: &random)
        let recalled = try opened.unfinished().filter { !$0.isForTheScript }
        file = Locked(opened)
        let names = configuration.devices.map(\.name)
        let health = Health(stages: names)
        self.health = health

        // The parts call each other; what is not there yet is reached through this box.
        let updating = Updating(configuration, logger: logger)
        self.updating = updating
        let wiring = Locked(Wiring(updating: updating))
        let outbox = Outbox(
            file: opened, boot: boot, grown: { _ in wiring.with { $0.uplink }?.grown() },
            news: { news, status in
                BufferReport.log(news, status, logger)
                wiring.with { $0.uplink }?.statusChanged()
            })
        let started = started
        let boot = boot
        let findings = Locked(FindingsBook<AgentFindingKind>())
        self.findings = findings
        var expected: (@Sendable (ExpectedGoods) -> Void)?
        if let goods { expected = { goods.take($0, epoch: outbox.now.epoch) } }
        let uplink = UplinkLoop(
            configuration: configuration, outbox: outbox, logger: logger, beaten: { health.finished($0) },
            commanded: { Agent.route($0, until: $1, wiring.with { $0 }) },
            configured: { downlink?.offer($0) }, expected: expected,
            describe: { status in
                Agent.describe(
                    configuration, outbox.now, status, wiring.with { $0.fleet }?.statuses ?? [], boot: boot,
                    started: started
                ).with("configuration", downlink?.status ?? .null).with("findings", findings.with { $0.json })
                    .with("update", updating.status(at: Clocks.wall))
            })
        let surroundings = DevicePump.Surroundings(
            outbox: outbox, feed: feed, logger: logger, presence: Locked(Presence(rules: [:])), boot: boot,
            urgent: { uplink.post($0, type: $1, data: $2, life: $3) },
            beaten: { device, number in
                health.passed(device, number)
                outbox.beat(number) { uplink.beat($0) }
            },
            changed: { uplink.statusChanged() }, finder: wiring.with { $0.finder },
            state: configuration.state)
        let fleet = Fleet(
            configuration: configuration, recalled: recalled, surroundings: surroundings,
            joined: { health.join($0) }, left: { health.leave($0) })
        wiring.change { ($0.uplink, $0.fleet) = (uplink, fleet) }
        self.outbox = outbox
        self.uplink = uplink
        self.fleet = fleet
    }

    deinit { close(lock) }

    /// Two agents on one buffer would both believe that they own its numbers.
    static func lockState(_ state: String) throws -> Int32 {
        let descriptor = Glibc.open("\(state)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AgentError("\(state): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw AgentError("another agent runs with \(state); stop it, or give this one another \"state\" folder")
        }
        return descriptor
    }

    /// Opens the buffer; one that fails its integrity check is set aside, never deleted, and a new epoch begins.
    private static func open(_ path: String, budget: Int64, _ logger: Logger) throws -> OutboxFile {
        var random = SystemRandomNumberGenerator()
        do {
            return try OutboxFile(path: path, budget: budget, random: &random)
        } catch {
            guard error.isCorrupt else { throw AgentError("the buffer cannot be opened: \(error)") }
            let aside = "\(path).damaged-\(Clocks.wall)"
            logger.critical(
                "buffer damaged",
                metadata: [
                    "setAside": "\(aside)", "reason": "\(error.message)",
                    "remedy": "edge-agent buffer salvage \(aside)",
                ])
            for suffix in ["", "-wal", "-shm"] where Files.exists(path + suffix) {
                rename(path + suffix, aside + suffix)
            }
        }
        return try OutboxFile(path: path, budget: budget, random: &random)
    }

    /// min(1 GiB, half of the free space), at least 1 MiB (docs/reference/configuration.md). What our own files take counts as
    /// free, or a buffer that waits would halve its room with each start.
    static func defaultBudget(_ folder: String) -> Int64 {
        let own = ["outbox.db", "outbox.db-wal", "outbox.db-shm", "ballast"].reduce(Int64(0)) { sum, name in
            var information = stat()
            return stat("\(folder)/\(name)", &information) == 0 ? sum + Int64(information.st_size) : sum
        }
        let free = Ballast.free(folder)
        return free == .max ? 1 << 30 : max(1 << 20, min(1 << 30, (free + own) / 2))
    }

    private static func route(_ command: Command, until: Instant, _ wiring: Wiring) {
        let phones = wiring.fleet?.pumps.filter(\.device.isTelephone) ?? []
        let target: DevicePump?
        switch command.action {
        case .dial(_, _, _, let device): target = phones.first { device == nil || $0.device.name == device }
        case .cancel: target = phones.first
        case .update(let version, let isBack):
            wiring.uplink?.post(
                .command(command.id), type: "quai.command",
                data: wiring.updating.ask(command.id, version: version, isBack: isBack, until: until).json,
                life: .seconds(60))
            return
        case .hangUp(let call, _), .transfer(let call, _, _), .name(let call, _):
            // A call is named after the link that it came by.
            target = phones.first { call.hasPrefix($0.device.name + "/") } ?? phones.first
        case .find(let tag, let seconds):
            wiring.finder.look(for: tag, seconds: seconds, at: Clocks.now)
            wiring.uplink?.post(
                .command(command.id), type: "quai.command", data: CommandProgress(id: command.id, state: .done).json,
                life: .seconds(60))
            return
        }
        // The one of its name that has taken its place meanwhile.
        func post(_ target: DevicePump?) -> Bool {
            guard let target else { return false }
            let message = DevicePump.Message.command(command, until: until)
            return target.post(message)
                || wiring.fleet?.pumps.first { $0.device.name == target.device.name && $0.device.isTelephone }?
                    .post(message) ?? false
        }
        if !post(target) {
            wiring.uplink?.post(
                .command(command.id), type: "quai.command",
                data: CommandProgress(id: command.id, state: .failed, cause: "this agent has no telephone link").json,
                life: .seconds(60))
        }
    }

    // MARK: running

    /// Services in the order of dependency; a graceful shutdown goes backwards.
    func services() throws -> [any Service] {
        // The shortest that libmosquitto takes: the broker tells the will of an agent that is frozen, or cut off, after 7.5 s.
        let options = try brokerOptions(suffix: "", keepAlive: 5, will: true)
        let bulkOptions = try brokerOptions(suffix: ".b", keepAlive: 60, will: false)
        let control = ControlSocket(path: configuration.socket, agent: self)
        var services: [any Service] = [
            ThreadService(name: "outbox", run: { [self] in writeOutbox() }, stop: { [outbox] in outbox.close() }),
            ThreadService(
                name: "uplink",
                run: { [uplink, logger] in
                    do { try uplink.run(options: options, bulkOptions: bulkOptions) } catch {
                        logger.critical("uplink cannot run", metadata: ["reason": "\(error)"])
                    }
                }, stop: { [uplink] in uplink.stop() }),
        ]
        services.append(
            ThreadService(name: "fleet", run: { [fleet] in fleet.run() }, stop: { [fleet] in fleet.stop() }))
        services.append(ThreadService(name: "control", run: { control.run() }, stop: { control.stop() }))
        if let page = pageService() { services.append(page) }
        services.append(
            ThreadService(
                name: "health", run: { [self] in health.run(beat: { beat($0) }) }, stop: { [health] in health.stop() }))
        return services
    }

    /// Through every device and the rest; returns how many times it has to come back.
    private func beat(_ number: UInt64) -> Int {
        if number % Agent.lookEvery == 2 { examine() }
        let pumps = fleet.pumps
        for pump in pumps { pump.post(.beat(number)) }
        if pumps.isEmpty { outbox.beat(number) { [uplink] in uplink.beat($0) } }
        return max(1, pumps.count)
    }

    private func writeOutbox() {
        guard let file = file.with({ $0.take() }) else { return }
        outbox.run(Outbox.Writer(file: file, boot: boot, kernel: kernel)) {
            (Clocks.now, Clocks.wall, Clocks.isSynchronised)
        }
    }

    private func brokerOptions(suffix: String, keepAlive: Int32, will: Bool) throws -> BrokerOptions {
        guard
            var options = BrokerOptions(
                url: configuration.uplink.broker, clientID: configuration.agent + suffix, keepAlive: keepAlive)
        else { throw AgentError("\"\(configuration.uplink.broker)\" is not the address of a broker") }
        options.user = configuration.uplink.user
        if let reference = configuration.uplink.password { options.password = try Files.secret(reference) }
        options.authority = configuration.uplink.authority
        options.certificate = configuration.uplink.certificate
        options.key = configuration.uplink.key
        if will {
            let payload: JSON = .object([
                ("v", 1), ("agent", .string(configuration.agent)), ("site", .string(configuration.site)),
                ("online", false),
            ])
            options.will = .init(topic: Topic(.status, of: configuration.agent).name, payload: payload.text8)
        }
        return options
    }

    // MARK: self-description

    var description: JSON {
        Agent.describe(configuration, outbox.now, uplink.now, fleet.statuses, boot: boot, started: started)
            .with("configuration", downlink?.status ?? .null).with("update", updating.status(at: Clocks.wall))
    }

    private static func describe(
        _ configuration: AgentConfiguration, _ outbox: Outbox.Status, _ uplink: UplinkLoop.Status,
        _ devices: [DeviceStatus],
        boot: Boot, started: Int64
    ) -> JSON {
        .object([
            ("v", 1), ("agent", .string(configuration.agent)), ("site", .string(configuration.site)),
            ("online", true), ("page", configuration.local.listen.map { _ in .bool(true) }),
            ("version", .string(Agent.version)), ("clock", .int(Clocks.wall)),
            ("synced", .bool(Clocks.isSynchronised)), ("started", .int(started)),
            ("epoch", .string(Hex.word(outbox.epoch))), ("boot", .int(Int64(clamping: boot.counter))),
            ("account", outbox.account.json),
            ("buffer", BufferReport.json(outbox, oldest: uplink.oldest)),
            ("uplink", uplink.json), ("devices", .array(devices.map(\.json))),
        ])
    }
}

/// A sentence for the person who started the agent.
struct AgentError: Error, CustomStringConvertible {
    var description: String
    init(_ text: String) { description = text }
}

/// A service whose work is a loop on a thread of its own.
struct ThreadService: Service {
    var name: String
    var run: @Sendable () -> Void
    var stop: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
        self.stop = stop
    }

    func run() async throws {
        // Cancelled or asked to end: either way the loop must hear of it, or it would go on for ever.
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await onOwnThread(name, run)
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
    }
}
