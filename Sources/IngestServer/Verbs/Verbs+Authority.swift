import ArgumentParser
import Certificates
import Depot
import Glibc
import Model
import Platform

/// The site's authority, and how another one takes its place while everybody goes on working.
struct AuthorityVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authority", abstract: "The site's authority, and its replacement by a new one without a gap.",
        discussion: """
            rotate makes a new one, and the broker believes both; gateways fetch a certificate of it by themselves, within a quarter of an
            hour. show says who has come. finish gives the broker and the pages certificates of the new one and forgets the former;
            abandon leads everybody back. Each may be run again when it was interrupted.
            """, subcommands: [Show.self, Rotate.self, Finish.self, Abandon.self], defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which authority counts, until when, and who carries it.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "Whoever was not seen for so many days keeps nobody waiting.") var days = AuthorityRotation
            .usualDays
        @Flag(help: "JSON.") var json = false

        func run() throws {
            try AuthorityVerb.with(options, days) { site in
                let view = try site.view()
                print(json ? view.json.description : view.lines.joined(separator: "\n"))
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin with a new authority beside the present one.")
        @OptionGroup var options: ConfigurationOption
        @OptionGroup var broker: BrokerOption
        @Flag(name: .customLong("dry-run"), help: "Write nothing; say what would be done.") var isDry = false

        func run() throws {
            try AuthorityVerb.with(options) { site in
                let stage = try site.rotation.stage
                if stage == .overlap { return print(try site.view().lines.joined(separator: "\n")) }
                guard try stage != .none || site.rotation.folder.believed().count == 1 else {
                    throw Exit.say(
                        "authority.crt holds a chain of another authority: rotate replaces one alone that setup made")
                }
                if isDry { return print(site.plan("a new authority would be made, and the broker would believe both")) }
                if stage == .none {
                    let name = AuthorityRotation.name(after: try site.rotation.folder.authority().certificate.name)
                    try site.rotation.make(named: name, at: site.now)
                }
                // The broker first: nobody may carry a certificate that it does not believe.
                try site.tell(broker, try site.rotation.both(), "rotate")
                guard let next = try site.rotation.folder.next() else { return }
                try site.note(.authorityRotated, next.certificate)
                try site.rotation.begin()
                unlink(site.rotation.folder.back)
                print("the new authority is \(next.certificate.name), \(next.certificate.mark)")
                print("gateways come over by themselves within a quarter of an hour; see edge-ingest authority")
                print("devices that show the pages install /ca-next.crt beside the former one before you finish")
            }
        }
    }

    struct Finish: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget the former authority, when everybody carries the new one.")
        @OptionGroup var options: ConfigurationOption
        @OptionGroup var broker: BrokerOption
        @Option(help: "Whoever was not seen for so many days keeps nobody waiting.") var days = AuthorityRotation
            .usualDays
        @Flag(help: "Also where gateways are cut off by it, which are named; they have to join again.") var force =
            false
        @Flag(name: .customLong("dry-run"), help: "Write nothing; say what would be done.") var isDry = false

        func run() throws {
            try AuthorityVerb.with(options, days) { site in
                let view = try site.view()
                guard view.stage == .overlap || view.stage == .back else {
                    throw Exit.say("no authority is being replaced: edge-ingest authority rotate begins", Exit.warnings)
                }
                if !view.waiting.isEmpty, !force {
                    throw Exit.say(
                        "these would be cut off, and have to join again (edge-agent join --again): \(view.words(view.waiting)). Wait, or "
                            + "say --force", Exit.warnings)
                }
                let strays = try site.strays(besides: view.winner).joined(separator: ", ")
                if !strays.isEmpty {
                    let words = "signed by the authority that is forgotten, and not made anew here: \(strays)"
                    guard force else {
                        throw Exit.say(
                            "\(words). Have them signed by \(view.winner.name) first, or say --force", Exit.warnings)
                    }
                    print(words)
                }
                for line in view.losses { print(line) }
                if isDry { return print(site.plan("the former authority would be forgotten")) }
                let winner = try site.rotation.winner()
                try site.serve(winner)
                try site.tell(broker, [winner], "finish")
                try site.note(
                    view.stage == .overlap ? .authorityFinished : .authorityAbandoned, winner.certificate)
                try site.rotation.end()
                print("\(winner.certificate.name), \(winner.certificate.mark), is the only authority now")
                print("the pages show their new certificate within 20 seconds")
            }
        }
    }

    struct Abandon: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Stay with the present authority after all.")
        @OptionGroup var options: ConfigurationOption
        @OptionGroup var broker: BrokerOption
        @Flag(name: .customLong("dry-run"), help: "Write nothing; say what would be done.") var isDry = false

        func run() throws {
            try AuthorityVerb.with(options) { site in
                let (stage, rotation) = (try site.rotation.stage, site.rotation)
                guard stage != .none else { throw Exit.say("no authority is being replaced", Exit.warnings) }
                if isDry { return print(site.plan("gateways would come back to the present authority")) }
                if stage == .overlap,
                    try rotation.folder.authority().certificate.digest == rotation.folder.next()?.certificate.digest
                {
                    throw Exit.say("the former key is gone: edge-ingest authority finish", Exit.warnings)
                }
                if stage == .overlap, let since = try rotation.since,
                    try site.desk.given().contains(where: { $0.made >= since })
                {
                    // Also after a finish that was interrupted: nobody may carry what the broker does not believe, and everybody believes
                    // what the former made.
                    try site.serve(rotation.folder.authority())
                    try site.tell(broker, try rotation.both(), "abandon")
                    try rotation.turn()
                    return print(
                        "gateways come back by themselves within a quarter of an hour; then: edge-ingest authority finish"
                    )
                }
                if stage == .back {
                    return print("it is abandoned already; edge-ingest authority finish, when all are back")
                }
                // Nobody has anything of the new one.
                try rotation.turn()
                // A renewal may have come in between.
                if let since = try rotation.since, try site.desk.given().contains(where: { $0.made >= since }) {
                    try site.tell(broker, try rotation.both(), "abandon")
                    return print("somebody came over meanwhile, and comes back; then: edge-ingest authority finish")
                }
                let former = try rotation.folder.authority()
                try site.serve(former)
                try site.tell(broker, [former], "finish")
                try site.note(.authorityAbandoned, former.certificate)
                try rotation.end()
                print("\(former.certificate.name), \(former.certificate.mark), is the only authority")
            }
        }
    }

    struct BrokerOption: ParsableArguments {
        @Flag(
            name: .customLong("broker-ready"),
            help: "The broker is somebody else's, or is restarted by hand, and has the files that were named.")
        var isReady = false
    }

    static func with(
        _ options: ConfigurationOption, _ days: Int64 = AuthorityRotation.usualDays,
        _ body: (AuthoritySite) throws -> Void
    ) throws {
        guard (1...3650).contains(days) else { throw Exit.say("--days is 1 to 3650") }
        try AgentVerb.enrol(options) { desk, settings in
            let folder = AuthorityFolder(path: settings.authority)
            // Two at once would undo each other.
            try folder.locked {
                let configuration = try options.load()
                let used = [("[broker]", configuration.certificate), ("[http]", configuration.pages?.certificate)]
                try AgentVerb.withStore(options) { store in
                    try body(
                        AuthoritySite(
                            rotation: AuthorityRotation(folder: folder), store: store, desk: desk, days: days,
                            now: Clocks.wall, used: used.compactMap { section, path in path.map { (section, $0) } }))
                }
            }
        }
    }
}
