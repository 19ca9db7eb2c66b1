import ArgumentParser
import Depot
import Followers
import Model
import Platform

extension Export {
    struct EPCIS: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "epcis", abstract: "Print EPCIS 2.0 events that were made, one JSON line each, oldest first.")

        @OptionGroup var options: ConfigurationOption
        @Option(help: "Told from this date and time on: 2026-11-28T06:00:00Z, or a date.") var since: String?
        @Flag(help: "One EPCISDocument of at most a thousand.") var document = false

        func run() throws {
            let configuration = try options.load()
            do {
                let store = try Store(reading: configuration.database)
                var query = EPCISQuery()
                query.limit = EPCISQuery.limits.upperBound
                if let since {
                    guard let moment = EPCISEvent.moment(of: since.count == 10 ? "\(since)T00:00:00Z" : since) else {
                        throw Exit.say("--since: \"\(since)\" is no date and time")
                    }
                    query.told.from = moment
                }
                while true {
                    let events = try store.epcis.events(query)
                    if document { return print(EPCISCapture.document(events, at: Clocks.wall).description) }
                    for event in events { print(event.json.description) }
                    guard events.count == query.limit, let last = events.last else { return }
                    query.after = last.id
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }
}

/// How the capture by a repository stands.
struct EPCISVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "epcis", abstract: "Events for an EPCIS repository: how they stand, what it refused, once more.",
        subcommands: [Status.self, Retry.self], defaultSubcommand: Status.self)

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Events by state, and what was refused or given up; 1 where there is any.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false

        func run() throws {
            let configuration = try options.load()
            do {
                let store = try Store(reading: configuration.database)
                let counts = try store.epcis.counts().sorted { $0.key < $1.key }
                let dead = try store.epcis.rows(.dead, limit: 100)
                if json {
                    print(
                        JSON.object([
                            ("states", .object(counts.map { ($0.key, .int($0.value)) })),
                            (
                                "dead",
                                .array(
                                    dead.map {
                                        .object([
                                            ("event", .string($0.event)), ("error", .bool($0.isError)),
                                            ("sentence", $0.sentence.map(JSON.string)),
                                        ])
                                    })
                            ),
                        ]).description)
                } else {
                    print(counts.isEmpty ? "no events" : counts.map { "\($0.key) \($0.value)" }.joined(separator: "  "))
                    for event in dead { print("\(event.event)  \(event.sentence ?? "")") }
                }
                if !dead.isEmpty { throw Exit.warnings }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What was refused or given up waits once more.")
        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let configuration = try options.load()
            do { print("\(try EPCISDesk(try Store(path: configuration.database)).revive()) events wait again") } catch {
                throw Exit.say("\(error)")
            }
        }
    }
}
