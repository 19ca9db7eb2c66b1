import ArgumentParser
import Depot
import Glibc
import Model
import Platform
import SQLite

/// People: who can sign in, how, and what they may do. Secrets are read from the terminal or standard input, never from
/// the command line.
struct UserVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People who sign in: add, list, password, pin, badge, rights, disable.",
        discussion: """
            Until somebody has a password, PIN or badge, names are believed, on this machine alone. Rights: \
            \(Permission.allCases.map(\.rawValue).joined(separator: ", ")). Roles: edge-ingest role list.
            """,
        subcommands: [
            Add.self, List.self, SetPassword.self, SetPIN.self, SetBadge.self, Rights.self, Roles.self,
            SecondFactor.self, Disable.self, Enable.self,
        ],
        defaultSubcommand: List.self)

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a person with a password.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "What they may do beside their roles, with commas; all for everything.") var rights = ""
        @Option(help: "Their roles, with commas; staff where none is said.") var role: String?
        @Flag(help: "With a PIN for the docks and no password.") var pin = false
        @Argument(help: "Name as they sign in.") var name: String

        func run() throws {
            let rights = try UserVerb.rights(rights)
            let roles = role.map(UserVerb.names)
            if pin {
                let text = try UserVerb.secret("PIN for \(name)")
                guard Password.isPIN(text) else { throw Exit.say("a PIN has 4 to 12 digits, not all the same") }
                return try UserVerb.save(
                    options, name, .init(pin: Password.hash(text), rights: rights, roles: roles), new: true)
            }
            let password = try UserVerb.secret("Password for \(name)")
            if let weakness = Password.weakness(password, name: name) { throw Exit.say("\(weakness)") }
            try UserVerb.save(
                options, name, .init(password: Password.hash(password), rights: rights, roles: roles), new: true)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everybody, with how they sign in and what they may do.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            do {
                let users = try Store(path: try options.load().database).people.users()
                if json { return print(JSON.array(users.map(\.json)).description) }
                if users.isEmpty { return print("nobody yet: names are believed on this machine") }
                for user in users {
                    let ways = [
                        user.password != nil ? "password" : nil,
                        user.pin == nil ? nil : user.isPINLocked ? "PIN (locked)" : "PIN",
                        user.hasBadge ? "badge" : nil,
                    ].compactMap(\.self)
                    let rights = user.rights.map(\.rawValue).sorted().joined(separator: ",")
                    let roles = user.roles.sorted().joined(separator: ",")
                    let scope = user.scope.isEverything ? "" : "  only \(user.scope.text)"
                    print(
                        "\(user.name)  \(ways.isEmpty ? "name only" : ways.joined(separator: ", "))  \(rights.isEmpty ? "-" : rights)  \(roles.isEmpty ? "no role" : roles)\(scope)\(user.isDisabled ? "  DISABLED" : "")"
                    )
                }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct SetPassword: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "password",
            abstract: "Set a password; their sessions and their programs' tokens end, passkeys stay.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Their programs go on with the tokens that they have.") var keepTokens = false
        @Argument var name: String

        func run() throws {
            let password = try UserVerb.secret("New password for \(name)")
            if let weakness = Password.weakness(password, name: name) { throw Exit.say("\(weakness)") }
            try UserVerb.save(options, name, .init(password: Password.hash(password), keepsTokens: keepTokens))
        }
    }

    struct SetPIN: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin", abstract: "Set a PIN for signing in at a dock.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String

        func run() throws {
            let pin = try UserVerb.secret("PIN for \(name)")
            guard Password.isPIN(pin) else { throw Exit.say("a PIN has 4 to 12 digits, not all the same") }
            try UserVerb.save(options, name, .init(pin: Password.hash(pin)))
        }
    }

    struct SetBadge: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "badge",
            abstract: "Give a badge: what a reader or scanner makes of it, read from the terminal.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String

        func run() throws {
            let badge = try UserVerb.secret("Scan the badge of \(name)")
            guard (4...128).contains(badge.count) else { throw Exit.say("a badge has 4 to 128 characters") }
            try UserVerb.save(options, name, .init(badge: Password.badge(badge)))
        }
    }

    struct Rights: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set what a person may do; their sessions end.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String
        @Argument(help: "With commas; all for everything, none for nothing.") var rights: String
        @Flag(help: "Also when nobody is left who can add people.") var force = false

        func run() throws {
            try UserVerb.save(options, name, .init(rights: try UserVerb.rights(rights)), force: force)
        }
    }

    struct Roles: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set somebody's roles and where they hold; their sessions end.")
        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Name as they sign in.") var name: String
        @Argument(help: "With commas; none for none.") var roles: String
        @Option(help: "Only docks, zones and gateways of these sites, with commas.") var site: String?
        @Option(help: "Only these zones.") var zone: String?
        @Option(help: "Only calls of these teams.") var team: String?
        @Option(help: "Only calls of these queues.") var queue: String?
        @Flag(help: "Also when nobody is left who can add people.") var force = false

        func run() throws {
            let told: [(Scope.Kind, String?)] = [(.sites, site), (.zones, zone), (.teams, team), (.queues, queue)]
            let scope = Scope(
                Dictionary(uniqueKeysWithValues: told.map { ($0.0, UserVerb.names($0.1 ?? "")) }))
            try UserVerb.save(
                options, name, .init(roles: roles == "none" ? [] : UserVerb.names(roles), scope: scope), force: force)
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let somebody in no more; their sessions end.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String
        @Flag(help: "Also when nobody is left who can add people.") var force = false
        func run() throws { try UserVerb.save(options, name, .init(isDisabled: true), force: force) }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody in again, with a PIN that wrong tries have locked too.")
        @OptionGroup var options: ConfigurationOption
        @Argument var name: String
        func run() throws { try UserVerb.save(options, name, .init(isDisabled: false)) }
    }

    static func names(_ text: String) -> Set<String> {
        Set(text.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty })
    }

    static func rights(_ text: String) throws -> Set<Permission> {
        if text == "all" { return Set(Permission.allCases) }
        if text == "none" || text.isEmpty { return [] }
        let names = text.split(separator: ",").map(String.init)
        for name in names where Permission(rawValue: name) == nil {
            let all = Permission.allCases.map(\.rawValue).joined(separator: ", ")
            throw Exit.say("\"\(name)\" is no right; there are \(all)")
        }
        return Permission.set(text)
    }

    /// One line, not echoed where it is typed.
    static func secret(_ prompt: String) throws -> String {
        guard let line = try secret(prompt, mayBeEmpty: false) else { throw Exit.say("nothing was typed") }
        return line
    }

    /// The same; nil where nothing was typed and that is an answer.
    static func secret(_ prompt: String, mayBeEmpty: Bool) throws -> String? {
        let isTerminal = isatty(0) == 1
        var before = termios()
        if isTerminal {
            _ = "\(prompt): ".withCString { write(2, $0, strlen($0)) }
            tcgetattr(0, &before)
            var silent = before
            silent.c_lflag &= ~UInt32(ECHO)
            tcsetattr(0, TCSAFLUSH, &silent)
        }
        let line = readLine()
        if isTerminal {
            tcsetattr(0, TCSAFLUSH, &before)
            Terminal.error("")
        }
        guard let line, !line.isEmpty else {
            if mayBeEmpty { return nil }
            throw Exit.say("nothing was typed")
        }
        return line
    }

    private static func save(
        _ options: ConfigurationOption, _ name: String, _ change: PeopleTable.UserChange, new: Bool = false,
        force: Bool = false
    ) throws {
        let configuration = try options.load()
        guard let name = Typed.line(name, limit: 60) else { throw Exit.say("a name has 1 to 60 characters") }
        do {
            try Files.makeFolder(configuration.state)
            let store = try Store(path: configuration.database)
            let known = try store.people.user(name: name)
            if new, known?.password != nil {
                throw Exit.say("\(name) is there already; use edge-ingest user password", Exit.warnings)
            }
            if !new, known == nil {
                throw Exit.say("there is no \(name); edge-ingest user list shows everybody", Exit.warnings)
            }
            let author = Author(getenv("USER").map { String(cString: $0) } ?? "edge-ingest", station: "command line")
            _ = try store.transaction {
                try store.people.save(user: name, change, by: author, force: force, at: Clocks.wall)
            }
            print(new ? "\(name) can sign in" : "\(name) is changed")
        } catch let code as ExitCode {
            throw code
        } catch PeopleTable.UserFault.unknownRole(let role) {
            throw Exit.say("there is no role \(role); edge-ingest role list shows all", Exit.warnings)
        } catch let fault as PeopleTable.UserFault {
            throw Exit.say(fault == .lastAdministrator ? "\(fault); or use --force" : "\(fault)", Exit.warnings)
        } catch { throw Exit.say("\(error)") }
    }
}

/// Rows that could not be applied, and what became of them.
struct DeadLetters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Records that could not be applied, with the reason.")
    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON.") var json = false

    func run() throws {
        do {
            let rows = try Store(path: try options.load().database).records.deadLetters(limit: 1000)
            for row in rows {
                if json {
                    print(row.description)
                } else {
                    print("\(row["record"]?.text ?? "")  \(row["code"]?.text ?? "")  \(row["detail"]?.text ?? "")")
                }
            }
            if rows.isEmpty, !json { print("none") }
            if !rows.isEmpty { throw Exit.warnings }
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }
}
