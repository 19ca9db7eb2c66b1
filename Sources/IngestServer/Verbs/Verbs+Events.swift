import ArgumentParser
import Depot
import Followers
import Glibc
import Model
import Platform
import Sheets

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the result of a reception, records, calls, or what happened.",
        subcommands: [Reception.self, Records.self, Calls.self, Facts.self, Events.self, EPCIS.self],
        defaultSubcommand: Reception.self)

    struct Reception: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the result of a reception as CSV: what a note alone means.")

        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Delivery note.") var note: String
        @Option(help: "Whose, where several suppliers have that note.") var supplier: String?

        func run() throws {
            let configuration = try options.load()
            do {
                let store = try Store(path: configuration.database)
                let all = try store.deliveries.ids(note: note).compactMap { try store.deliveries.view($0) }
                let chosen = all.filter { supplier == nil || $0.supplier == supplier }
                guard let view = chosen.first else { throw Exit.say("there is no delivery \(note)", Exit.warnings) }
                guard chosen.count == 1 else {
                    let names = chosen.map { "--supplier \"\($0.supplier)\"" }.joined(separator: " or ")
                    throw Exit.say("there are \(chosen.count) deliveries \(note): say which, \(names)", Exit.warnings)
                }
                var sheet = Reports.reception(view)(.machine)
                sheet.decimalMark = "."
                print(String(decoding: sheet.csv(), as: UTF8.self), terminator: "")
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Events: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what happened as CloudEvents 1.0, one JSON line each, oldest first.")

        @OptionGroup var options: ConfigurationOption
        @Option(help: "After the entry of this number, or from this date or time on: 2026-11-28T06:00:00Z.")
        var since = "0"
        @Flag(help: "Also clients and calls, who did it, and what people wrote.") var personal = false

        func run() throws {
            let configuration = try options.load()
            do {
                let ledger = try Store(reading: configuration.database).ledger
                guard let start = try ledger.start(since: since) else {
                    throw Exit.say("--since: \"\(since)\" is no number of an entry, and no date or time")
                }
                try ledger.linked(after: start) { entry, link in
                    if let event = CloudEvent(
                        entry, link: link, instance: configuration.instance, personal: personal)
                    {
                        print(event.json(time: rfc3339(event.at)).description)
                    }
                    return true
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }
}
