import ArgumentParser
import Depot
import Glibc
import Model
import Platform

struct AuditVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "What happened, and whether somebody has changed it since.",
        subcommands: [Verify.self, Trail.self, Export.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walk along the whole ledger: every fact must be as it was written, none missing in between.",
            discussion: """
                The last link is printed: keep it elsewhere, and give it with --tip later to know that nothing was cut off the end.
                """)

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON.") var json = false
        @Option(help: "A link that was printed before: it must be in the chain.") var tip: String?
        @Option(help: "Lines of an export, or of a collector of syslog, instead of the database; - for standard input.")
        var file: String?

        func run() throws {
            if let file { return try verify(file) }
            let configuration = try options.load()
            let verdict: Ledger.Verdict
            var isThere = true
            do {
                let ledger = try Store(reading: configuration.database).ledger
                verdict = try ledger.verify()
                if let tip { isThere = try ledger.has(link: tip) }
            } catch { throw Exit.say("\(configuration.databaseName): \(error)") }
            if json {
                print(verdict.json.with("tipFound", tip == nil ? nil : .bool(isThere)).description)
            } else if let broken = verdict.broken {
                print("broken at entry \(broken): it, or the one before it, is not as it was written")
            } else {
                print(
                    "\(verdict.entries) entries are as they were written, \(verdict.erased) of them erased; last link \(verdict.tip)"
                )
            }
            if verdict.broken != nil { throw Exit.warnings }
            guard isThere else {
                throw Exit.say("the link given with --tip is not in the chain: entries were cut off", Exit.warnings)
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the trail oldest first, each line with what proves it (audit verify --file).")

        @OptionGroup var options: ConfigurationOption
        @Option(help: "jsonl or csv.") var form = "jsonl"
        @Option(help: "Only what this person or program did.") var who: String?
        @Option(help: "Only what happened to this.") var subject: String?
        @Option(help: "A room (delivery), a kind (delivery.close), reads or deeds.") var kind: String?
        @Option(help: "After the entry of this number, or from this date or time on: 2026-11-28T06:00:00Z.")
        var since = "0"

        func validate() throws {
            guard ["jsonl", "csv"].contains(form) else { throw ValidationError("--form is jsonl or csv") }
        }

        func run() throws {
            let configuration = try options.load()
            do {
                let store = try Store(reading: configuration.database)
                guard let start = try store.ledger.start(since: since) else {
                    throw Exit.say("--since: \"\(since)\" is no number of an entry, and no date or time")
                }
                print(TrailLines.head(form), terminator: "")
                try store.trail.sealed(.init(who: who, subject: subject, kind: kind), after: start) { line in
                    print(TrailLines.line(line, form), terminator: "")
                    return true
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }

    struct Trail: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Print the last facts, newest first, as JSON lines.")

        @OptionGroup var options: ConfigurationOption
        @Option(help: "Only what this person or program did.") var who: String?
        @Option(help: "Only what happened to this.") var subject: String?
        @Option(help: "How many at most.") var limit = 50

        func run() throws {
            let configuration = try options.load()
            do {
                let trail = try Store(reading: configuration.database).ledger.trail(
                    before: nil, subject: subject, who: who, limit: max(1, min(limit, 100_000)))
                for entry in trail { print(entry.json.description) }
            } catch { throw Exit.say("\(configuration.databaseName): \(error)") }
        }
    }
}
