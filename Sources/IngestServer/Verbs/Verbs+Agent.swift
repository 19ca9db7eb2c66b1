import ArgumentParser
import Depot
import Glibc
import Model
import Platform

/// Agents: which belong here, and what each may speak of.
struct AgentVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Agents: which belong here, and what each may speak of.",
        discussion: """
            An agent that comes by itself is learned: it is bound to the site that it names first, and what it says later does
            not change that. Zones that are named here, or in which a confirmed agent has devices, are that site's: what
            another site's agent reads there counts nowhere and is found under dead-letters (zone-not-yours).
            """,
        subcommands: [
            List.self, Add.self, Confirm.self, Forget.self, Invite.self, Invitations.self, Withdraw.self, Revoke.self,
        ], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every agent with its site, zones and state.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                let grants = try Store(path: try options.load().database).gateways.grants()
                if json { return print(JSON.array(grants.map(\.json)).description) }
                if grants.isEmpty { return print("none yet") }
                for grant in grants {
                    let zones = grant.zones.isEmpty ? "any zone of its site" : grant.zones.joined(separator: ",")
                    let telephone = grant.mayTelephone ? "" : "  no telephone"
                    let state =
                        switch grant.state {
                        case .learned: "  LEARNED: edge-ingest agent confirm \(grant.name)"
                        case .revoked: "  REVOKED"
                        case .confirmed: ""
                        }
                    print("\(grant.name)  \(grant.site ?? "-")  \(zones)\(telephone)\(state)")
                }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say where an agent stands and what it may speak of; one that is there is changed.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "Its site, as in its own file.") var site: String
        @Option(help: "The only zones that it may speak of, with commas; without it any that is not another site's.")
        var zones = ""
        @Flag(name: .customLong("no-telephone"), help: "It may not tell of calls, and is not asked to dial.")
        var noTelephone = false
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.check(name)
            guard Topic.isName(site) else { throw Exit.say("\"\(site)\" is no name of a site") }
            let zones = zones.split(separator: ",").compactMap { Typed.line(String($0), limit: 64) }
            try AgentVerb.open(options) { desk in
                do {
                    try desk.add(
                        name, site: site, zones: zones, mayTelephone: !noTelephone, by: AgentVerb.author,
                        at: Clocks.wall)
                } catch let refusal as GatewayDesk.Refusal { throw Exit.say("\(refusal)", Exit.warnings) }
                print("\(name) is of site \(site)")
            }
        }
    }

    struct Confirm: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that a learned agent belongs here.")
        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.check(name)
            try AgentVerb.open(options) { desk in
                guard try desk.confirm(name, by: AgentVerb.author, at: Clocks.wall) else {
                    throw Exit.say("there is no agent \(name); edge-ingest agent list shows all", Exit.warnings)
                }
                print("\(name) is confirmed")
            }
        }
    }

    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget an agent that nobody wants any more: its calls end, its records stay.",
            discussion:
                "It is learned anew if it comes again: take its certificate or password away at the broker first.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Do not ask.") var yes = false
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.check(name)
            if !yes {
                guard isatty(0) == 1 else { throw Exit.say("nobody is there to ask; add --yes", Exit.warnings) }
                print("Forget \(name)? Its running calls end. [y/N] ", terminator: "")
                fflush(nil)
                guard let answer = readLine(), answer.lowercased().hasPrefix("y") else {
                    throw Exit.say("\(name) is not forgotten", Exit.warnings)
                }
            }
            try AgentVerb.open(options) { desk in
                guard let calls = try desk.forget(name, by: AgentVerb.author, at: Clocks.wall) else {
                    throw Exit.say("there is no agent \(name); edge-ingest agent list shows all", Exit.warnings)
                }
                print("\(name) is forgotten\(calls.isEmpty ? "" : ", \(calls.count) running calls are ended")")
            }
        }
    }

    static func check(_ name: String) throws {
        guard Topic.isName(name) else { throw Exit.say("\"\(name)\" is no name of an agent") }
    }

    static var author: Author {
        Author(getenv("USER").map { String(cString: $0) } ?? "edge-ingest", station: "command line")
    }

    private static func open(_ options: ConfigurationOption, _ body: (GatewayDesk) throws -> Void) throws {
        try withStore(options) { try body(GatewayDesk($0)) }
    }

    static func withStore(_ options: ConfigurationOption, _ body: (Store) throws -> Void) throws {
        let configuration = try options.load()
        do {
            try Files.makeFolder(configuration.state)
            try body(try Store(path: configuration.database))
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }
}
