import ArgumentParser
import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import ServiceLifecycle
import Settings
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the agent until it is told to stop.")

    @OptionGroup var options: ConfigurationOption
    @Option(help: "How lines of the log are written: text, or json (one object a line).")
    var logFormat: String?

    func run() async throws {
        let wanted = logFormat.flatMap(ProgramLog.Form.init)
        guard logFormat == nil || wanted != nil else { throw Exit.say("--log-format takes text or json") }
        let own = try options.load()
        signal(SIGPIPE, SIG_IGN)
        // Until somebody listens for it, it must not end the agent.
        signal(SIGHUP, SIG_IGN)
        let form = wanted ?? own.logFormat
        let level = Locked(Logger.Level(rawValue: own.logLevel) ?? .info)
        LoggingSystem.bootstrap { _ in ProgramLog("edge-agent", form, level: level) }
        let logger = Logger(label: "edge-agent")
        let (configuration, downlink) = Downlink.load(own, logger)
        let agent: Agent
        let services: [any Service]
        do {
            agent = try Agent(configuration: configuration, downlink: downlink, logger: logger)
            services = try agent.services()
        } catch { throw Exit.say("\(error)") }
        logger.notice(
            "agent started",
            metadata: [
                "agent": "\(configuration.agent)", "devices": "\(configuration.devices.count)",
                "broker": "\(configuration.uplink.broker)", "state": "\(configuration.state)",
                "page": "\(configuration.local.url ?? "-")",
                "configuration": "\(ConfigurationFiles.words(own.files, "agent"))",
            ])
        let group = ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        let startsAgain = Locked(false)
        let hangups = Task { [file = options.file] in
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                Supervisor.notify("RELOADING=1")
                let reloaded = await onOwnThread("reload") { agent.reload(file) }
                level.with { $0 = Logger.Level(rawValue: agent.own.with { $0.logLevel }) ?? .info }
                Supervisor.notify("READY=1")
                guard case .startAgain = reloaded else { continue }
                startsAgain.with { $0 = true }
                await group.triggerGracefulShutdown()
            }
        }
        defer { hangups.cancel() }
        if let downlink {
            startThread("downlink") { [uplink = agent.uplink] in
                downlink.watch(isDelivering: { uplink.now.open }) { Task { await group.triggerGracefulShutdown() } }
            }
        }
        // By this machine's own file: what the centre sets does not move where its certificate comes from.
        if let renewal = Renewal(own) {
            startThread("renewal") { [logger, uplink = agent.uplink] in
                renewal.watch(logger) { uplink.carries($0) }
            }
        }
        try await group.run()
        guard downlink?.isRestarting.with({ $0 }) ?? false || startsAgain.with({ $0 }) else { return }
        // The same process, and so the same for whoever supervises it, from the beginning.
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &arguments)
        throw Exit.say("cannot start again: \(String(cString: strerror(errno)))")
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Read the configuration and report every mistake.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON Lines.") var json = false
    @Flag(help: "Only say whether this version can go on with the buffer that is there.") var data = false
    @Flag(help: "Also sign in at the broker, and try to reach each device.") var connect = false

    func run() throws {
        let configuration = try options.load()
        if data { return try Check.data(configuration) }
        for device in configuration.devices {
            do { _ = try device.resolvedSettings() } catch { throw Exit.say("\(device.name): \(error)") }
        }
        let warnings = configuration.warnings
        let read = ConfigurationFiles.words(configuration.files, "agent")
        if json {
            Terminal.line(JSON.object([("severity", "note"), ("text", .string(read))]).description)
            for text in warnings {
                Terminal.line(JSON.object([("severity", "warning"), ("text", .string(text))]).description)
            }
            if let remark = configuration.regionRemark {
                Terminal.line(JSON.object([("severity", "note"), ("text", .string(remark))]).description)
            }
        } else {
            Terminal.line(read)
            for text in warnings { Terminal.line("warning: \(text)") }
            if let remark = configuration.regionRemark { Terminal.line("note: \(remark)") }
            Terminal.line(
                "agent \(configuration.agent), site \(configuration.site), \(configuration.devices.count) devices: "
                    + (warnings.isEmpty ? "good" : "\(warnings.count) warnings"))
        }
        if connect { try askOthers(configuration) }
        if !warnings.isEmpty { throw Exit.warnings }
    }

    /// What doctor would find of them, and nothing else. The broker is asked here even where the running agent is let in: the files may
    /// have changed since it began.
    private func askOthers(_ configuration: AgentConfiguration) throws {
        var picture = AgentProbes.picture(options.file, isLocal: false)
        if picture.broker == nil || picture.broker == .good { picture.broker = AgentProbes.broker(configuration) }
        let found = picture.findings.filter { AgentFindingKind.ofConnections.contains($0.kind) }
        let diagnosis = AgentDiagnosis(found, version: picture.version, at: picture.now)
        if json {
            Terminal.line(diagnosis.json.description)
        } else {
            Terminal.line(
                diagnosis.findings.isEmpty
                    ? "the broker lets the agent in, and nothing is in the way of its devices" : diagnosis.text)
        }
        if diagnosis.exitCode != 0 { throw ExitCode(diagnosis.exitCode) }
    }
}

extension AgentConfiguration {
    /// Nobody has said where readers transmit; nil where somebody has, or where none that asks is configured.
    var regionRemark: String? {
        let radios = [Driver.m100, .a0, .uhfreader, .thingmagic, .llrp].map(\.name)
        let open = devices.filter { device in
            device.settings.region == nil && (device.driver.map { radios.contains($0.name) } ?? true)
        }
        guard country == nil, !open.isEmpty else { return nil }
        return
            "no country is set, so \(open.map(\.name).joined(separator: ", ")) will keep the radio region of the reader itself, "
            + #"or not transmit; write country = "FR" (your own) at the top"#
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        experiments + doubts
            + (devices.isEmpty && !discovery.isEnabled
                ? ["no [reader.…] and no [phone.…]: this agent will read nothing"] : [])
    }

    private var experiments: [String] {
        devices.compactMap { device in device.driver.map { (device.name, $0) } }.filter { $0.1.experimental }
            .map {
                "\($0.0): driver \($0.1.name) is experimental: it was never tested with a capture of the real device"
            }
    }

    /// What others on the network could read or do.
    var doubts: [String] {
        var out: [String] = []
        let broker = HostName.ofURL(uplink.broker) ?? uplink.broker
        if uplink.broker.hasPrefix("mqtt://"), !HostName.isLoopback(broker) {
            let what = uplink.password == nil ? "what devices say travels" : "the password and what devices say travel"
            out.append("[uplink]: \(what) to \(broker) in clear; use mqtts://")
        }
        if let warning = local.warning { out.append(warning) }
        out += devices.compactMap(\.warning)
        return out
    }
}

extension AgentConfiguration.Device {
    /// Exchanges' protocols that log in, and tell of every call.
    private static let tellingDrivers = [Driver.asteriskAMI.name, Driver.freeSWITCH.name, Driver.csta.name]

    /// Where whoever connects is believed.
    private static let pushedDrivers = [Driver.jsonl.name, Driver.actionURL.name]

    /// What others on the network could do with it.
    fileprivate var warning: String? {
        guard let driver else { return nil }
        switch address {
        case .listen(let host, _)
        where Self.pushedDrivers.contains(driver.name) && secret == nil && !HostName.isLoopback(host):
            return "\(name): whoever reaches \(address) can report calls; set secret, or listen on 127.0.0.1"
        case .listen(let host, _) where driver.name == Driver.zebraIoT.name && !HostName.isLoopback(host):
            return secret == nil
                ? "\(name): whoever reaches \(address) can report tags; set user and secret, or listen on 127.0.0.1"
                : "\(name): its user and secret travel to \(address) in clear; keep the readers on a network of their own"
        case .tcp(let host, _)
        where driver.name == Driver.impinjIoT.name && secret != nil && !HostName.isLoopback(host):
            return "\(name): user and secret travel to \(host) in clear; use tls:HOST:443"
        case .tcp(let host, _) where Self.tellingDrivers.contains(driver.name) && !HostName.isLoopback(host):
            return "\(name): \(driver.name) speaks with \(host) in clear; use tls:HOST:PORT, or a tunnel that begins "
                + "on this machine"
        case .tls where trust.authority.map({ !Files.exists($0) }) ?? false:
            return "\(name): there is no file \(trust.authority ?? ""), so nobody at \(address) will be believed"
        default: return nil
        }
    }
}

extension AgentConfiguration.Local {
    /// What others on the network could do with it.
    var warning: String? {
        guard let listen, let url else { return nil }
        if listen.port < 1024 {
            return "[local]: ports below 1024 are the system's, and the agent's service may not take \(listen.port); "
                + "choose 1024 to 65535"
        }
        guard !HostName.isLoopback(listen.host) else { return nil }
        return
            "[local]: whoever reaches \(url) sees what is read here\(mayScan ? " and can scan" : ""); keep it on a network of the depot's own, or "
            + "listen on 127.0.0.1" + (mayDecide ? "; PINs that are typed there cross that network in clear" : "")
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @Flag(help: "JSON.") var json = false

    func run() { print(json ? "{\"version\":\"\(Agent.version)\"}" : "edge-agent \(Agent.version)") }
}
