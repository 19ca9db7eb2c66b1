import ArgumentParser
import Certificates
import Depot
import Glibc
import Model
import Platform

extension AgentVerb {
    struct Invite: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask an agent to join: prints the line to be typed at the gateway.",
            discussion: "The token in it counts once, for this agent and site; it is shown here and kept nowhere.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "Its site.") var site = "main"
        @Option(help: "The only zones that it may speak of, with commas; without it any that is not another site's.")
        var zones = ""
        @Option(help: "For how long the token counts.") var hours: Int64 = 24
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.check(name)
            guard Topic.isName(site) else { throw Exit.say("\"\(site)\" is no name of a site") }
            guard EnrolmentDesk.hours.contains(hours) else {
                throw Exit.say("--hours is \(EnrolmentDesk.hours.lowerBound) to \(EnrolmentDesk.hours.upperBound)")
            }
            try AgentVerb.enrol(options) { desk, settings in
                let pin = try AuthorityFolder(path: settings.authority).authority().certificate.digest
                let token = JoinToken(pin: pin)
                do {
                    _ = try desk.invite(
                        name, site: site,
                        zones: zones.split(separator: ",").compactMap { Typed.line(String($0), limit: 64) },
                        hours: hours, token: token, by: AgentVerb.author, at: Clocks.wall)
                } catch EnrolmentDesk.Refusal.reserved {
                    throw Exit.say("\(name) is a user of the broker that is no agent: choose another name")
                } catch EnrolmentDesk.Refusal.tooMany {
                    throw Exit.say("there are \(EnrolmentDesk.limit) invitations already: withdraw one", Exit.warnings)
                }
                print(settings.line("\(token)"))
            }
        }
    }

    struct Invitations: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Agents that are asked to join.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                let rows = try Store(path: try options.load().database).enrolment.invitations()
                let now = Clocks.wall
                if json { return print(JSON.array(rows.map { $0.json(at: now) }).description) }
                if rows.isEmpty { return print("none") }
                for row in rows {
                    let hours = max(0, (row.ends - now) / 3_600_000)
                    let state = row.state(at: now)
                    let left = state == .open ? ", \(hours) h left" : ""
                    print("\(row.agent)  \(row.site)  \(state.rawValue)\(left)  by \(row.who)")
                }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Withdraw the invitation of an agent.")
        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.withStore(options) { store in
                guard try EnrolmentDesk(store).withdraw(name, by: AgentVerb.author, at: Clocks.wall) else {
                    throw Exit.say("there is no invitation for \(name)", Exit.warnings)
                }
                print("\(name) is invited no more")
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an agent's certificates back: the broker refuses it, and nothing that it sends counts.",
            discussion: "Until it is invited again. A gateway that was stolen, or whose disk was read, is revoked.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "The broker's list of revoked certificates.") var list = "/etc/mosquitto/certs/quai-revoked.crl"
        @Argument(help: "Name of the agent.") var name: String

        func run() throws {
            try AgentVerb.check(name)
            try AgentVerb.enrol(options) { desk, settings in
                let folder = AuthorityFolder(path: settings.authority)
                // A replacement that is under way reads the same book.
                try folder.locked(waits: true) {
                    guard try desk.revoke(name, by: AgentVerb.author, at: Clocks.wall) else {
                        throw Exit.say("there is no agent \(name); edge-ingest agent list shows all", Exit.warnings)
                    }
                    try folder.writeList(try desk.given(), at: Clocks.wall)
                    print("\(name) is revoked: nothing that it sends counts")
                    guard Files.exists(list) else {
                        throw Exit.say(
                            "there is no \(list): give \(folder.list) to the broker as its crlfile, and reload it",
                            Exit.warnings)
                    }
                    try SetupFiles.replace(list, try AuthorityFolder.text(folder.list), mode: 0o644)
                    guard SetupService.restartBroker() else {
                        throw Exit.say(
                            "\(list) is written; restart the broker, so that nobody stays connected", Exit.warnings)
                    }
                    print("the broker has read \(list)")
                }
            }
        }
    }

    /// The desk, where this centre signs certificates.
    static func enrol(_ options: ConfigurationOption, _ body: (EnrolmentDesk, EnrolmentSettings) throws -> Void) throws
    {
        guard let settings = try options.load().enrolment else {
            throw Exit.say("there is no [enrolment] in the configuration: sudo edge-ingest setup writes it")
        }
        try withStore(options) { try body(EnrolmentDesk($0), settings) }
    }
}
