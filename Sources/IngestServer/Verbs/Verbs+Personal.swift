import ArgumentParser
import Depot
import Glibc
import Model
import Platform
import Sheets

extension AuditVerb.Verify {
    /// Lines with what proves them, without the database.
    func verify(_ file: String) throws {
        guard let lines = fopen(file == "-" ? "/dev/stdin" : file, "r") else {
            throw Exit.say("\(file): \(String(cString: strerror(errno)))")
        }
        defer { fclose(lines) }
        var trail = SealedTrail()
        var (buffer, size): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
        defer { free(buffer) }
        while case let count = getline(&buffer, &size, lines), count > 0, let buffer {
            let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
            guard trail.take(String(decoding: bytes, as: UTF8.self)) else { break }
        }
        if json {
            print(trail.json.description)
        } else if let broken = trail.broken {
            print("broken at line \(broken): it is not as it was written, or does not follow the one before")
        } else {
            print(
                "\(trail.lines) lines are as they were written, \(trail.erased) of them erased; \(trail.gaps) gaps where others stand, \(trail.again) told again; last link \(trail.link)"
            )
        }
        if trail.broken != nil { throw Exit.warnings }
        if let tip, tip != trail.link {
            throw Exit.say("the last line is not the link given with --tip", Exit.warnings)
        }
    }
}

struct PersonVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "Everything that is kept about a number or a person, as one file.",
        subcommands: [Export.self], defaultSubcommand: Export.self)

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print it: JSON, or HTML to read and print (GDPR, article 15).",
            discussion: """
                A number in any form, or the whole name of a client or of somebody who signs in here. What the ERP knows, backups and
                what agents have not sent yet are not in it.
                """)

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "HTML instead of JSON.") var html = false
        @Option(help: "Of the HTML: fr or en.") var lang = "fr"
        @Argument(help: "The number or the name.") var of: String

        func run() throws {
            let configuration = try options.load()
            guard let subject = AccessTable.Subject(of, configuration.plan) else {
                throw Exit.say("\(of) is no number, and no name", Exit.warnings)
            }
            do {
                let store = try Store(path: configuration.database)
                let file = try store.access.file(of: subject, plan: configuration.plan, at: Clocks.wall)
                // Whoever may read the database may look; that they did is in the trail.
                try store.tell(Fact(.read(.access), subject.text), by: Author("edge-ingest person"), at: Clocks.wall)
                print(
                    html ? AccessPage(file, lang == "fr" ? .fr : .en).text : file.json.description,
                    terminator: html ? "" : "\n")
            } catch { throw Exit.say("\(configuration.databaseName): \(error)") }
        }
    }
}

struct ProcessingVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "processing",
        abstract: "The record of processing (GDPR, article 30), from the configuration as it is.")

    @OptionGroup var options: ConfigurationOption
    @Option(help: "fr or en.") var lang = "fr"
    @Flag(help: "JSON.") var json = false
    @Option(help: "Write a PDF there.") var pdf: String?

    func run() throws {
        let configuration = try options.load()
        let language = lang == "fr" ? ReportLanguage.fr : .en
        let record = ProcessingRecord(configuration)
        if let pdf {
            do { try Files.write(try record.sheet(language).pdf(), to: pdf, mode: 0o600) } catch {
                throw Exit.say("\(pdf): \(error)")
            }
            return
        }
        let activities = record.activities(language)
        guard !json else {
            let list = activities.map {
                JSON.object([
                    ("purpose", .string($0.purpose)), ("people", .string($0.people)), ("data", .string($0.data)),
                    ("recipients", .string($0.recipients)), ("period", .string($0.period)),
                ])
            }
            return print(
                JSON.object([
                    ("instance", .string(configuration.instance)), ("activities", .array(list)),
                    ("measures", .array(record.measures(language).map(JSON.string))),
                ]).description)
        }
        for one in activities {
            print("\(one.purpose)\n  \(one.people): \(one.data)\n  → \(one.recipients)\n  \(one.period)\n")
        }
        for measure in record.measures(language) { print("- \(measure)") }
    }
}
