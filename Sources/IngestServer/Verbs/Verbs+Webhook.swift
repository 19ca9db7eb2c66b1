import ArgumentParser
import Depot
import Followers
import Glibc
import Model
import Platform

/// Programs of others that are told what happens. Secrets are printed once, and never given on the command line.
struct WebhookVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook",
        abstract: "Programs that are told what happens, by HTTP: add, list, test, key, dead letters, replay, remove.",
        subcommands: [
            Add.self, List.self, Remove.self, Test.self, Key.self, Enable.self, Disable.self, Dead.self, Replay.self,
        ],
        defaultSubcommand: List.self)

    private static var author: Author {
        Author(getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "edge-ingest")
    }

    /// Does something with the store, and says in one sentence what was wrong.
    private static func with<T>(
        _ options: ConfigurationOption, _ body: (IngestConfiguration, Store) throws -> T
    ) throws -> T {
        let configuration = try options.load()
        do { return try body(configuration, try Store(path: configuration.database)) } catch let code as ExitCode {
            throw code
        } catch let refusal as WebhookDesk.Refusal {
            switch refusal {
            case .full: throw Exit.say("there are \(WebhookTable.limit) webhooks already: remove one")
            case .noSuchWebhook: throw Exit.say("there is no such webhook: edge-ingest webhook list", Exit.warnings)
            case .isDisabled: throw Exit.say("it is told nothing: edge-ingest webhook enable", Exit.warnings)
            case .badRange: throw Exit.say("name at most \(WebhookDesk.replayLimit) entries, the first one first")
            }
        } catch { throw Exit.say("\(error)") }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add one, and print its secret: once, here.")
        @OptionGroup var options: ConfigurationOption
        @Option(help: "Types of events, with commas: quai.delivery.close,quai.take.*; without it all.") var types = ""
        @Flag(help: "Also clients and calls, who did it, and what people wrote.") var personal = false
        @Flag(help: "JSON.") var json = false
        @Argument(help: "What people call it.") var name: String
        @Argument(help: "https://HOST/PATH.") var url: String

        func run() throws {
            try WebhookVerb.with(options) { configuration, store in
                guard let name = Typed.line(name, limit: 60) else { throw Exit.say("a name has 1 to 60 characters") }
                if let why = WebhookAddress.objection(to: url, mayPlain: configuration.webhooks.mayPlain) {
                    throw Exit.say(why)
                }
                let types = types.split(separator: ",").map(String.init)
                if types.count > Webhook.typeLimits.count {
                    throw Exit.say("at most \(Webhook.typeLimits.count) types are named")
                }
                if let odd = types.first(where: { !Webhook.isType($0) }) {
                    throw Exit.say("\"\(odd)\" is no type of events, such as quai.delivery.close or quai.delivery.*")
                }
                let keys = try configuration.webhooks.keysOrNew(state: configuration.state)
                let hook = try WebhookDesk(store).add(
                    WebhookDesk.New(name: name, url: url, types: types, isPersonal: personal, key: keys.fresh()),
                    by: WebhookVerb.author, at: Clocks.wall)
                WebhookVerb.show(hook, keys, json)
            }
        }
    }

    private static func show(_ hook: Webhook, _ keys: WebhookKeys, _ json: Bool) {
        let (secret, publicKey) = (keys.secret(hook.salt), keys.publicKey(hook.salt))
        if json {
            return print(
                JSON.object([
                    ("id", .int(hook.id)), ("secret", .string(secret)), ("publicKey", .string(publicKey)),
                ]).description)
        }
        print("webhook \(hook.id)  \(hook.name)")
        print("secret      \(secret)  (shown once)")
        print("public key  \(publicKey)")
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All of them, and how they stand; 1 when one is told nothing, or has dead letters.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON, a line each.") var json = false

        func run() throws {
            let isWell = try WebhookVerb.with(options) { _, store in
                let all = try store.webhooks.rows().map { try store.webhooks.standing($0) }
                for one in all { print(json ? WebhookStanding.shape.json(one).description : WebhookVerb.line(one)) }
                return all.allSatisfy { ($0.hook.why ?? .person) == .person && $0.dead == 0 }
            }
            if !isWell { throw Exit.warnings }
        }
    }

    private static func line(_ one: WebhookStanding) -> String {
        let hook = one.hook
        let state = hook.disabled == nil ? hook.failures > 0 ? "FAILING" : "on" : "OFF (\(hook.why?.rawValue ?? "-"))"
        let types = hook.types.isEmpty ? "all" : hook.types.joined(separator: ",")
        return "\(hook.id)  \(hook.name)  \(WebhookAddress.host(ofURL: hook.url))  \(types)  \(state)  "
            + "\(one.waiting) waiting, \(one.dead) dead  \(hook.sentence.map(CleanLog.escaped) ?? "")"
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove one, with everything that waits for it.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: Int64

        func run() throws {
            try WebhookVerb.with(options) { _, store in
                try WebhookDesk(store).remove(id, by: WebhookVerb.author, at: Clocks.wall)
            }
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send it an event that is for nobody else, and say what it answered; the centre must run.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: Int64

        func run() throws {
            try WebhookVerb.with(options) { _, store in
                let seq = try WebhookDesk(store).test(id, by: WebhookVerb.author, at: Clocks.wall)
                let end = Clocks.now + .seconds(20)
                while Clocks.now < end {
                    if let one = try store.webhooks.delivery(seq, of: id), one.attempts > 0 {
                        print("\(CleanLog.escaped(one.sentence ?? ""))  \(one.milliseconds ?? 0) ms")
                        if one.state != .done { throw Exit.warnings }
                        return
                    }
                    usleep(200_000)
                }
                throw Exit.say("it was not tried within 20 s: does edge-ingest run?", Exit.warnings)
            }
        }
    }

    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Another key, printed once; the one of before signs too for a while.")
        @OptionGroup var options: ConfigurationOption
        @Option(name: .customLong("overlap-hours"), help: "0 to 168.") var overlap = RotateWebhook.usual
        @Flag(help: "JSON.") var json = false
        @Argument var id: Int64

        func validate() throws {
            guard (0...168).contains(overlap) else { throw ValidationError("--overlap-hours is from 0 to 168") }
        }

        func run() throws {
            try WebhookVerb.with(options) { configuration, store in
                let keys = try configuration.webhooks.keysOrNew(state: configuration.state)
                let hook = try WebhookDesk(store).rotate(
                    id, keys.fresh(), overlap: overlap * 3_600_000, by: WebhookVerb.author, at: Clocks.wall)
                WebhookVerb.show(hook, keys, json)
            }
        }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell it again what happens, from now on.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: Int64

        func run() throws { try WebhookVerb.change(options, id, isDisabled: false) }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell it nothing more; what waits stays.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: Int64

        func run() throws { try WebhookVerb.change(options, id, isDisabled: true) }
    }

    private static func change(_ options: ConfigurationOption, _ id: Int64, isDisabled: Bool) throws {
        try with(options) { _, store in
            _ = try WebhookDesk(store).change(id, .init(isDisabled: isDisabled), by: author, at: Clocks.wall)
        }
    }

    struct Dead: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What was given up after the last try, newest first, a JSON line each.")
        @OptionGroup var options: ConfigurationOption
        @Argument var id: Int64

        func run() throws {
            try WebhookVerb.with(options) { _, store in
                for one in try store.webhooks.deliveries(of: id, state: .dead, before: nil, limit: 1000) {
                    print(WebhookDelivery.shape.json(one).description)
                }
            }
        }
    }

    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell it again what the ledger has from one entry to another, or what was given up.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "All that was given up.") var dead = false
        @Argument var id: Int64
        @Argument(help: "The first entry's number.") var first: Int64?
        @Argument(help: "The last one's; the first one's without it.") var last: Int64?

        func validate() throws {
            if dead == (first != nil) { throw ValidationError("name entries, or --dead") }
        }

        func run() throws {
            let count = try WebhookVerb.with(options) { _, store in
                let desk = WebhookDesk(store)
                guard let first else { return try desk.replayDead(id, by: WebhookVerb.author, at: Clocks.wall) }
                return try desk.replay(
                    id, from: first, to: last ?? first, tells: { CloudEvent.isTold($1, to: $0) },
                    by: WebhookVerb.author, at: Clocks.wall)
            }
            print("\(count) events are told again")
        }
    }
}
