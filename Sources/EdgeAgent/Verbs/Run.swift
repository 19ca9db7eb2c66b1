import ArgumentParser
import Drivers
import Glibc
import Logging
import Model
import Platform
import ServiceLifecycle
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the agent until it is told to stop.")

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        let own = try options.load()
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "edge-agent")
        logger.logLevel = Logger.Level(rawValue: own.logLevel) ?? .info
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
            ])
        let group = ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        if let downlink {
            startThread("downlink") { [uplink = agent.uplink] in
                downlink.watch(isDelivering: { uplink.now.open }) { Task { await group.triggerGracefulShutdown() } }
            }
        }
        try await group.run()
        guard downlink?.isRestarting.with({ $0 }) ?? false else { return }
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

    func run() throws {
        let configuration = try options.load()
        for device in configuration.devices {
            do { _ = try device.resolvedSettings() } catch { throw Exit.say("\(device.name): \(error)") }
        }
        let warnings = configuration.warnings
        if json {
            for text in warnings {
                Terminal.line(JSON.object([("severity", "warning"), ("text", .string(text))]).description)
            }
        } else {
            for text in warnings { Terminal.line("warning: \(text)") }
            Terminal.line(
                "agent \(configuration.agent), site \(configuration.site), \(configuration.devices.count) devices: "
                    + (warnings.isEmpty ? "good" : "\(warnings.count) warnings"))
        }
        if !warnings.isEmpty { throw Exit.warnings }
    }
}

extension AgentConfiguration {
    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        var out = devices.compactMap { device in device.driver.map { (device.name, $0) } }.filter { $0.1.experimental }
            .map {
                "\($0.0): driver \($0.1.name) is experimental: it was never tested with a capture of the real device"
            }
        let isLocal =
            uplink.broker.contains("127.0.0.1") || uplink.broker.contains("localhost")
            || uplink.broker.contains("[::1]")
        if uplink.password != nil, uplink.broker.hasPrefix("mqtt://"), !isLocal {
            out.append("[uplink]: the password travels in clear; use mqtts://")
        }
        if devices.isEmpty, !discovery.isEnabled {
            out.append("no [reader.…] and no [phone.…]: this agent will read nothing")
        }
        return out
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @Flag(help: "JSON.") var json = false

    func run() { print(json ? "{\"version\":\"\(Agent.version)\"}" : "edge-agent \(Agent.version)") }
}
