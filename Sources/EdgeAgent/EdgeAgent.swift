import ArgumentParser
import Drivers
import Platform

@main
struct EdgeAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edge-agent",
        abstract: "Reads RFID readers, scanners and telephone exchanges; delivers what they say to the centre, once.",
        version: "edge-agent \(Agent.version)",
        subcommands: [
            Run.self, Join.self, Check.self, Devices.self, Tail.self, Capture.self, Replay.self, ProbeVerb.self,
            Decode.self,
            Calls.self, Buffer.self, MetricsVerb.self, DoctorVerb.self, BundleVerb.self, Top.self, StatusVerb.self,
            Rules.self, Version.self,
        ])
}

/// Exit codes of every verb (docs/reference/verbs.md).
enum Exit {
    static let warnings = ExitCode(1)
    static let broken = ExitCode(2)

    /// Prints a sentence on standard error and gives the code to throw.
    static func say(_ text: String, _ code: ExitCode = broken) -> ExitCode {
        Terminal.error("edge-agent: \(text)")
        return code
    }
}

struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "Configuration file; without it /etc/quai/agent.toml, or the defaults.")
    var config: String?

    /// The one that was named, or the packaged one where it is there.
    var file: String? { ConfigurationFiles.find(config, "agent") }

    func load() throws -> AgentConfiguration {
        do { return try AgentConfiguration.load(file) } catch { throw Exit.say("\(error)") }
    }
}
