import ArgumentParser
import Depot
import Glibc
import Model
import Platform

extension UserVerb {
    struct SecondFactor: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "second-factor",
            abstract: "What second factors somebody has; take them away from whoever lost them.",
            discussion: """
                With --reset they sign in with the password alone, and set up another one first where a right of theirs asks for it. \
                It is the way back for the last administrator.
                """)
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Take all of them away; their sessions end.") var reset = false
        @Argument var name: String

        func run() throws {
            do {
                let store = try Store(path: try options.load().database)
                guard let user = try store.people.user(name: name) else {
                    throw Exit.say("there is no \(name); edge-ingest user list shows everybody", Exit.warnings)
                }
                if reset {
                    let isDone = try FactorDesk(store).reset(user, by: .commandLine, at: Clocks.wall)
                    return print(isDone ? "\(name) signs in with the password alone" : "\(name) has no second factor")
                }
                let standing = try store.factors.standing(of: user.id)
                print("app: \(standing.code == nil ? "no" : "yes"), recovery codes: \(standing.recovery)")
                for one in standing.passkeys { print("passkey: \(one.name), at \(one.site)") }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }
}

extension Author {
    /// Whoever types commands on the server.
    static var commandLine: Author {
        Author(getenv("USER").map { String(cString: $0) } ?? "edge-ingest", station: "command line")
    }
}

/// Tokens of programs.
struct TokenVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens with which programs ask the API: list, add, revoke.",
        subcommands: [List.self, Add.self, Revoke.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All of them, without what is secret.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                let store = try Store(path: try options.load().database)
                let rows = try store.tokens.rows()
                if json { return print(JSON.array(rows.map(\.json)).description) }
                if rows.isEmpty { return print("none") }
                for row in rows {
                    let scopes = row.scopes.map(\.rawValue).sorted().joined(separator: ",")
                    let days = (row.expires - Clocks.wall) / 86_400_000
                    let end = row.expires <= Clocks.wall ? "ended" : "\(days) days"
                    print(
                        "\(row.id)  \(row.name)  \(row.who)  \(scopes.isEmpty ? "-" : scopes)\(row.isReader ? " (reads)" : "")  \(end)\(row.used == nil ? "  never used" : "")"
                    )
                }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make one; it is printed once.",
            discussion:
                "It acts for the person, and dies with their account: of their rights it has those that are given here."
        )
        @OptionGroup var options: ConfigurationOption
        @Option(name: .customLong("for"), help: "Whose program it is.") var person: String
        @Option(help: "What it may do, with commas; all for everything that the person may.") var scopes = ""
        @Option(help: "How long it lives, 730 at most.") var days: Int64 = 90
        @Flag(help: "It reads and changes nothing.") var readOnly = false
        @Argument(help: "What it is called.") var name: String

        func validate() throws {
            guard (1...TokenDesk.longest).contains(days) else {
                throw ValidationError("--days takes 1 to \(TokenDesk.longest)")
            }
        }

        func run() throws {
            do {
                guard let name = Typed.line(name, limit: 60) else { throw Exit.say("a name has 1 to 60 characters") }
                let store = try Store(path: try options.load().database)
                guard let user = try store.people.user(name: person) else {
                    throw Exit.say("there is no \(person); edge-ingest user list shows everybody", Exit.warnings)
                }
                var owner = Person(id: user.id, name: user.name, desk: nil)
                (owner.rights, owner.isOpenHouse) = (user.permissions, try store.people.isOpenHouse())
                owner.station = Author.commandLine.station
                let asked = scopes == "all" && !owner.isOpenHouse ? user.permissions : try UserVerb.rights(scopes)
                let made = try TokenDesk(store).make(
                    name, asked, isReader: readOnly, days: days, for: owner, at: Clocks.wall)
                print(made.token)
            } catch let code as ExitCode {
                throw code
            } catch TokenDesk.Refusal.beyondRights(let right) {
                throw Exit.say("\(person) has no right \(right.rawValue)", Exit.warnings)
            } catch TokenDesk.Refusal.tooMany {
                throw Exit.say("there are \(TokenDesk.limit) tokens already: revoke one", Exit.warnings)
            } catch { throw Exit.say("\(error)") }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take one back, by the signs that name it.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: String

        func run() throws {
            do {
                let store = try Store(path: try options.load().database)
                guard try TokenDesk(store).revoke(id, by: .commandLine, at: Clocks.wall) else {
                    throw Exit.say("there is no token \(id); edge-ingest token list shows all", Exit.warnings)
                }
                print("\(id) opens nothing any more")
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }
}
