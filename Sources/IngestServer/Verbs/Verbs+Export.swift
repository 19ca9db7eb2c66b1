import ArgumentParser
import Depot
import Followers
import Model
import Platform

/// What the verbs that print rows for other programs have in common.
struct RowOptions: ParsableArguments {
    @Option(help: "From this date or time on: 2026-11-28, 2026-11-28T06:00:00Z.") var from: String?
    @Option(help: "Until before this date or time.") var to: String?
    @Option(help: "Of the gateways of one site.") var site: String?
    @Option(help: "csv, with a line of names, or jsonl.") var format = "csv"

    func validate() throws {
        guard ["csv", "jsonl"].contains(format) else { throw ValidationError("--format is csv or jsonl") }
    }

    /// The store, and which rows of it. `people` is what is printed where it names them: the trail says that somebody asked for it.
    func open(_ configuration: IngestConfiguration, naming people: String? = nil) throws -> (Store, ExportTable.Range) {
        let store = try people == nil ? Store(reading: configuration.database) : Store(path: configuration.database)
        let range = try range(store)
        if let people {
            try store.tell(Fact(.read(.export), people), by: Author("edge-ingest export"), at: Clocks.wall)
        }
        return (store, range)
    }

    private func range(_ store: Store) throws -> ExportTable.Range {
        var range = ExportTable.Range(site: site)
        if let from { range.from = try moment(from, "--from", store) }
        if let to { range.to = try moment(to, "--to", store) }
        return range
    }

    private func moment(_ text: String, _ name: String, _ store: Store) throws -> Int64 {
        guard let moment = try store.export.moment(text) else {
            throw Exit.say("\(name): \"\(text)\" is no date or time")
        }
        return moment
    }

    /// Prints the line of names where there is one.
    func head(_ columns: [String]) { if format == "csv" { put(PlainCSV.line(columns)) } }

    /// A text that a spreadsheet would run as a formula is defused.
    func put(_ fields: [(name: String, text: String?)]) {
        put(
            format == "csv"
                ? PlainCSV.line(fields.map { $0.text ?? "" }, isDefused: true)
                : JSON.object(fields.map { ($0.name, $0.text.map(JSON.string)) }).description + "\n")
    }

    func put(_ text: String) { print(text, terminator: "") }
}

extension Export {
    struct Records: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print records as gateways brought them, without those of calls and decisions.",
            discussion:
                "By when they came, each gateway's in the order of its numbers. What lies in the archive is told at the end."
        )

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var rows: RowOptions

        func run() throws {
            let configuration = try options.load()
            do {
                let (store, range) = try rows.open(configuration)
                rows.head(RecordLine.columns)
                try store.export.records(range) { line in
                    rows.put(Array(zip(RecordLine.columns, line.fields(rfc3339))).map { ($0, $1.isEmpty ? nil : $1) })
                }
                let (from, to) = (Month(of: max(range.from, 0)).name, Month(of: min(range.to, Clocks.wall)).name)
                for file in try store.archive.files() where file.month >= from && file.month <= to {
                    Terminal.error("older: \(file.records) records of \(file.month) are in \(file.name)")
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }

    struct Calls: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print calls that are over, by when they began; numbers and notes only with --personal.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var rows: RowOptions
        @Flag(help: "Also who called whom, and what people wrote. That it was asked for is in the trail.")
        var personal = false

        static let columns = [
            "call", "site", "direction", "queue", "started", "answered", "ended", "answeredBy", "missedBy", "outcome",
            "disposition",
        ]
        static let personalColumns = ["caller", "called", "note", "by"]

        func run() throws {
            let configuration = try options.load()
            do {
                let (store, range) = try rows.open(configuration, naming: personal ? "calls" : nil)
                rows.head(Calls.columns + (personal ? Calls.personalColumns : []))
                try store.export.calls(range) { row, site in
                    let call = row.snapshot
                    var fields: [(name: String, text: String?)] = [
                        ("call", call.call), ("site", site), ("direction", call.direction?.rawValue),
                        ("queue", call.queue), ("started", rfc3339(call.startedAt)),
                        ("answered", call.answeredAt.map(rfc3339)), ("ended", call.endedAt.map(rfc3339)),
                        ("answeredBy", call.answeredBy.isEmpty ? nil : call.answeredBy.joined(separator: " ")),
                        ("missedBy", call.missedBy.isEmpty ? nil : call.missedBy.joined(separator: " ")),
                        ("outcome", call.isMissed ? "missed" : call.wasReached ? "reached" : nil),
                        ("disposition", row.note?.disposition),
                    ]
                    if personal {
                        fields += [
                            ("caller", call.caller?.number), ("called", call.called), ("note", row.note?.note),
                            ("by", row.note?.who),
                        ]
                    }
                    rows.put(fields)
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }

    struct Facts: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what happened, oldest first, as other programs are told it.",
            discussion: "The same facts as export events, in columns. Who did what, with what proves it: audit export.")

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var rows: RowOptions
        @Flag(help: "Also clients and calls, who did it, and what people wrote. That it was asked for is in the trail.")
        var personal = false

        static let columns = ["id", "time", "type", "subject", "site"]
        static let personalColumns = ["who", "station", "reason", "detail"]

        func run() throws {
            let configuration = try options.load()
            do {
                let (store, range) = try rows.open(configuration, naming: personal ? "facts" : nil)
                rows.head(Facts.columns + (personal ? Facts.personalColumns : []))
                try store.export.facts(range) { entry, link in
                    guard
                        let event = CloudEvent(
                            entry, link: link, instance: configuration.instance, personal: personal)
                    else { return }
                    var fields: [(name: String, text: String?)] = [
                        ("id", event.id), ("time", rfc3339(event.at)), ("type", event.type), ("subject", event.subject),
                        ("site", entry.site),
                    ]
                    if personal {
                        fields += [
                            ("who", entry.author.who), ("station", entry.author.station),
                            ("reason", entry.author.reason), ("detail", entry.fact.detail),
                        ]
                    }
                    rows.put(fields)
                }
            } catch let code as ExitCode { throw code } catch {
                throw Exit.say("\(configuration.databaseName): \(error)")
            }
        }
    }
}
