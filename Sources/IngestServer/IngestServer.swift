import ArgumentParser
import Platform

@main
struct IngestServer: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "edge-ingest",
        abstract: "Applies what the gateways deliver, once; serves the pages for receiving and calls.",
        version: "edge-ingest \(version)",
        subcommands: [
            Run.self, SetupVerb.self, Check.self, DoctorVerb.self, TopVerb.self, StatusVerb.self, ImportVerb.self,
            Export.self,
            LabelsVerb.self,
            EPCVerb.self,
            GS1Verb.self, PhoneVerb.self, UserVerb.self, RoleVerb.self, TokenVerb.self, AgentVerb.self,
            AuthorityVerb.self,
            RolloutVerb.self,
            AuditVerb.self, DeadLetters.self, Erase.self, PersonVerb.self, ProcessingVerb.self, Configure.self,
            ArchiveVerb.self, BackupVerb.self, MigrateVerb.self, RestoreVerb.self, Restored.self, BundleVerb.self,
            ExchangeVerb.self,
            WebhookVerb.self,
            EPCISVerb.self, Version.self,
        ])
}

/// Exit codes of every verb (docs/reference/verbs.md).
enum Exit {
    static let warnings = ExitCode(1)
    static let broken = ExitCode(2)

    static func say(_ text: String, _ code: ExitCode = broken) -> ExitCode {
        Terminal.error("edge-ingest: \(text)")
        return code
    }
}

struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "Configuration file; without it /etc/quai/ingest.toml, or the defaults.")
    var config: String?

    /// The one that was named, or the packaged one where it is there.
    var file: String? { ConfigurationFiles.find(config, "ingest") }

    func load() throws -> IngestConfiguration {
        do { return try IngestConfiguration.load(file) } catch { throw Exit.say("\(error)") }
    }
}
