import ArgumentParser
import Depot
import Glibc
import Model
import Platform

/// A version for the gateways. The verbs write it down; the centre that runs does it.
struct RolloutVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Bring a version of the agent to the gateways: canaries first, then in waves.",
        discussion: """
            Each gateway takes the version from its own signed repository by apt, where its technician has let it ([update] by-centre). It stops by itself
            when a gateway that has the version is worse than before, or does not come back with it.
            """,
        subcommands: [Status.self, Start.self, Pause.self, Resume.self, Abandon.self, Back.self],
        defaultSubcommand: Status.self)

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin with the canaries; all gateways, unless sites or gateways are named.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "Only gateways of these sites, with commas.") var sites = ""
        @Option(help: "Only these gateways, with commas.") var gateways = ""
        @Option(help: "Who goes first, with commas; without it one that is there.") var canaries = ""
        @Option(help: "How many go first, where nobody is named.") var first: Int64 = 1
        @Option(help: "Gateways of one wave.") var wave: Int64 = 10
        @Option(help: "Minutes that each is watched with the version.") var watch: Int64 = 10
        @Option(help: "Minutes that it may take to come back with it.") var patience: Int64 = 20
        @Argument(help: "The version of the package quai-agent, as apt has it.") var version: String

        func run() throws {
            guard (1...50).contains(first), Rollout.Plan.waves.contains(wave), Rollout.Plan.watches.contains(watch),
                Rollout.Plan.patiences.contains(patience)
            else {
                throw Exit.say(
                    "--first is 1 to 50, --wave 1 to \(Rollout.Plan.waves.upperBound), --watch 3 to 1440, --patience 5 to 1440"
                )
            }
            func names(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
            var body = NewRollout()
            (body.version, body.sites, body.gateways) = (version, names(sites), names(gateways))
            (body.canaries, body.first, body.wave) = (names(canaries), first, wave)
            (body.watch, body.patience) = (watch, patience)
            try RolloutVerb.run(options) { try $0.start(body.wish, by: RolloutVerb.author, at: Clocks.wall) }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is on its way, or was last, and each gateway's part.",
            discussion: "Exit code 0: it goes, or is done; 1: it stands still, or there is none.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                guard let rollout = try Store(path: try options.load().database).rollouts.last()?.rollout else {
                    throw Exit.say("no version was ever brought to the gateways from here", Exit.warnings)
                }
                print(json ? Rollout.shape.json(rollout).description : RolloutVerb.words(rollout))
                if rollout.state == .stopped || rollout.state == .paused { throw Exit.warnings }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ask no other gateway for now.")
        @OptionGroup var options: ConfigurationOption
        func run() throws { try RolloutVerb.take(.pause, options) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on, also after it stopped by itself; who failed or was left out is asked anew.")
        @OptionGroup var options: ConfigurationOption
        func run() throws { try RolloutVerb.take(.resume, options) }
    }

    struct Abandon: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go no further. Who has the version keeps it.")
        @OptionGroup var options: ConfigurationOption
        func run() throws { try RolloutVerb.take(.abandon, options) }
    }

    struct Back: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All that have the version by it go back to what they had.",
            discussion:
                "Each machine asks that version first whether it can go on with the buffer as it is now (quai-agent-rollback)."
        )
        @OptionGroup var options: ConfigurationOption
        func run() throws { try RolloutVerb.run(options) { try $0.back(by: RolloutVerb.author, at: Clocks.wall) } }
    }

    private static let author = Author("edge-ingest", station: "rollout")

    private static func take(_ deed: Rollout.Deed, _ options: ConfigurationOption) throws {
        try run(options) { try $0.take(deed, by: author, at: Clocks.wall) }
    }

    private static func run(_ options: ConfigurationOption, _ deed: (RolloutDesk) throws -> Rollout) throws {
        try AgentVerb.withStore(options) { store in
            do { print(words(try deed(RolloutDesk(store)))) } catch let refusal as RolloutDesk.Refusal {
                throw Exit.say(NewRollout.problem(refusal).detail, Exit.warnings)
            }
        }
    }

    private static func words(_ rollout: Rollout) -> String {
        let states = Rollout.Member.State.allCases.map { ($0, rollout.count($0)) }.filter { $0.1 > 0 }
        let sums = states.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
        let what = rollout.plan.isBack ? "back from \(rollout.plan.version)" : rollout.plan.version
        var lines = ["\(what): \(rollout.state.rawValue), \(sums); by \(rollout.who)"]
        for member in rollout.members {
            let why = member.reason.map { "  \($0.rule.rawValue): \($0.evidence)" } ?? ""
            lines.append(
                "  \(member.wave == 0 ? "first" : "wave \(member.wave)")  \(member.name)  \(member.state.rawValue)\(why)"
            )
        }
        return lines.joined(separator: "\n")
    }
}
