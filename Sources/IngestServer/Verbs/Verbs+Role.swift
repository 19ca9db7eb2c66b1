import ArgumentParser
import Depot
import Glibc
import Logging
import Model
import Platform

/// Roles: what each may, and a house's own ones.
struct RoleVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles and what each may: list, set, forget.",
        discussion: "Who has a role: edge-ingest user roles NAME ROLE,ROLE.",
        subcommands: [List.self, SetActions.self, Forget.self, Table.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every role with its actions.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                let roles = try Store(path: try options.load().database).roles.all()
                if json { return print(JSON.array(roles.map(Role.shape.json)).description) }
                for role in roles {
                    print("\(role.name)\(role.isBuiltIn ? "" : "  (own)")  \(Permission.text(role.permissions))")
                }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct SetActions: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Make a role or change it; whoever has it signs in again.")
        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Small letters, digits and hyphens.") var name: String
        @Argument(help: "Actions with commas; none for nothing.") var actions: String

        func run() throws {
            let actions = try UserVerb.rights(actions)
            let holders = try RoleVerb.change(options) {
                try $0.set(role: name, actions, by: RoleVerb.author, at: Clocks.wall)
            }
            print("\(name) is set\(holders.isEmpty ? "" : "; \(holders.count) people sign in again")")
        }
    }

    struct Forget: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Forget an own role that nobody has.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String

        func run() throws {
            try RoleVerb.change(options) { try $0.forget(role: name, by: RoleVerb.author, at: Clocks.wall) }
            print("\(name) is forgotten")
        }
    }

    struct Table: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who may what, as docs/reference/rights.md: built-in roles by action, endpoint and message.")

        /// Of a centre that is never started, over an empty folder.
        func run() throws {
            var name = Array("/tmp/quai-role-table-XXXXXX".utf8CString)
            guard mkdtemp(&name) != nil else { throw Exit.say("no folder can be made in /tmp") }
            let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            defer {
                for file in Files.list(folder) { unlink("\(folder)/\(file)") }
                rmdir(folder)
            }
            do {
                var configuration = IngestConfiguration()
                configuration.state = folder
                let wiring = try Wiring(configuration, logger: Logger(label: "edge-ingest"))
                print(RightsPage.text(Endpoints.list(wiring)), terminator: "")
            } catch { throw Exit.say("\(error)") }
        }
    }

    private static var author: Author {
        Author(getenv("USER").map { String(cString: $0) } ?? "edge-ingest", station: "command line")
    }

    private static func change<T>(_ options: ConfigurationOption, _ body: (AccountDesk) throws -> T) throws -> T {
        do {
            return try body(AccountDesk(try Store(path: try options.load().database)))
        } catch let code as ExitCode {
            throw code
        } catch let refusal as RoleRefusal {
            throw Exit.say("\(refusal)", Exit.warnings)
        } catch let fault as PeopleTable.UserFault { throw Exit.say("\(fault)", Exit.warnings) } catch {
            throw Exit.say("\(error)")
        }
    }
}
