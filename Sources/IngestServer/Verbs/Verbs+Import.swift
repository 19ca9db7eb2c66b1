import ArgumentParser
import Depot
import Glibc
import Model
import Platform

extension FileImports.Kind: ExpressibleByArgument {}

struct ImportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import a file: good rows are kept, bad ones refused with line and reason.",
        discussion: """
            deliveries: delivery_note;supplier;gtin;description;quantity[;unit][;reference][;expected]
                        [;client][;dock][;lot][;expires][;serials][;sscc], JSON, an EDIFACT DESADV or a UBL despatch advice
            parties:    company;name;phone[;mobile][;reference]
            products:   gtin;description[;reference][;supplier][;unit][;tracking][;minimum][;carton_gtin;carton_quantity]
            codes:      gtin;code, further codes of articles: a supplier's reference, an old barcode
            tags:       tag;gtin[;serial][;lot], for tags that are not GS1

            Tables are CSV, text with tabs, or XLSX. Headings of other programs are known by many names; --map says which column
            is which where they are not:
                edge-ingest import deliveries bl.csv --map quantity="Qté cdée" --map gtin=Gencode
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(name: .customLong("dry-run"), help: "Check the file, change nothing.") var dryRun = false
    @Flag(help: "JSON.") var json = false
    @Flag(help: "Print the headings of an empty file of that kind.") var template = false
    @Option(help: ArgumentHelp("Which column is which; kept for tables like it.", valueName: "FIELD=HEADING"))
    var map: [String] = []
    @Option(help: "Whose deliveries they are, where the table does not say.") var supplier: String?
    @Option(help: "Delivery note, where the table does not say.") var note: String?
    @Flag(help: "Add the lines to deliveries that are known, even while they are received, instead of replacing them.")
    var add = false
    @Option(help: "What stands between fields: semicolon, comma, tab or bar; found in the file where it is not said.")
    var separator: String?
    @Option(help: "How the text is encoded: utf-8, windows-1252 or utf-16; found in the file where it is not said.")
    var encoding: String?
    @Option(help: "What stands before decimals, comma or point: 12,000 is then 12 or 12000, and not doubtful.")
    var decimal: String?
    @Flag(help: "How a file like it was read before does not count, and is forgotten.") var fresh = false
    @Option(help: "Where rows that are refused go, each with its reason, to be mended and imported.") var rejects:
        String?
    @Argument(help: "What the file holds: deliveries, parties, products, codes or tags.") var kind: FileImports.Kind
    @Argument(help: "The file, or - for standard input.") var file: String?

    func run() throws {
        if template {
            // As Excel takes it: with a byte order mark.
            print("\u{FEFF}\(Import.template(kind.rawValue) ?? "")", terminator: "")
            return
        }
        guard let file else { throw Exit.say("which file? edge-ingest import \(kind.rawValue) FILE, or --template") }
        let configuration = try options.load()
        let said = Import.Options(
            map: try mapping(), supplier: supplier, note: note, isAddition: add, reading: try reading(),
            isFresh: fresh)
        let report: ImportReport
        do {
            let bytes = try Files.read(file == "-" ? "/dev/stdin" : file)
            try Files.makeFolder(configuration.state)
            let store = try Store(path: configuration.database)
            report = try take(bytes, said, into: store, plan: configuration.plan)
            if let rejects, !report.refused.isEmpty {
                let table = CSV(bytes, reading: report.columns?.reading ?? said.reading)
                try Files.write(Array("\u{FEFF}\(Import.rejects(of: table, report))".utf8), to: rejects)
            }
        } catch { throw Exit.say("\(file): \(error)") }
        if json { print(report.json.description) } else { say(report, of: file) }
        if !report.refused.isEmpty { throw Exit.warnings }
    }

    private func take(
        _ bytes: [UInt8], _ said: Import.Options, into store: Store, plan: NumberPlan
    ) throws -> ImportReport {
        let checked = try kind.check(bytes, plan, said, in: store)
        guard !dryRun else {
            var report = checked.report
            report.changes = try checked.changes(in: store)
            return report
        }
        let who = kind == .tags ? "edge-ingest import" : kind == .deliveries ? "file" : "import"
        return try checked.finish(into: store, dryRun: false, by: who, now: Clocks.wall)
    }

    private func reading() throws -> TableReading {
        func said<Word>(_ name: String, _ text: String?, _ words: [String], _ make: (String) -> Word?) throws -> Word? {
            guard let text else { return nil }
            guard let word = make(text) else {
                throw Exit.say("--\(name) is one of \(words.joined(separator: ", ")); not \"\(text.prefix(40))\"")
            }
            return word
        }
        return TableReading(
            separator: try said("separator", separator, TableReading.Separator.allCases.map(\.rawValue)) {
                TableReading.Separator(said: $0)
            },
            encoding: try said("encoding", encoding, TableReading.Encoding.allCases.map(\.rawValue)) {
                TableReading.Encoding(rawValue: $0.lowercased())
            },
            decimal: try said("decimal", decimal, TableReading.DecimalSign.allCases.map(\.rawValue)) {
                TableReading.DecimalSign(said: $0)
            })
    }

    /// Each row that changes with what stands there now and what would.
    private func say(_ changes: ImportChanges, of file: String) {
        for row in changes.rows {
            let fields = row.fields.map { field in
                row.kind == .new
                    ? "\(field.name) \(field.next ?? "")" : "\(field.name) \(field.now ?? "-") -> \(field.next ?? "-")"
            }
            print("\(file): \(row.kind.rawValue): \(row.title): \(fields.joined(separator: "; "))")
        }
        print("\(changes.new) new, \(changes.changed) changed, \(changes.gone) gone, \(changes.unchanged) unchanged")
    }

    private func mapping() throws -> [String: String] {
        var pairs: [String: String] = [:]
        for pair in map {
            guard let sign = pair.firstIndex(of: "="), sign > pair.startIndex else {
                throw Exit.say("--map is FIELD=HEADING, as in --map quantity=\"Qté livrée\"; not \"\(pair)\"")
            }
            pairs[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
        }
        return pairs
    }

    private func say(_ report: ImportReport, of file: String) {
        for remark in report.remarks { print("\(file):\(remark.line): \(remark.reason)") }
        for refusal in report.refused { print("\(file):\(refusal.line): refused: \(refusal.reason)") }
        if let reading = report.columns?.reading {
            let words = [
                reading.separator.map { "separator \($0.rawValue)" },
                reading.encoding.map { "encoding \($0.rawValue)" },
                reading.decimal.map { "decimal \($0.rawValue)" },
            ]
            print("\(file): read with \(words.compactMap(\.self).joined(separator: ", "))")
        }
        if let changes = report.changes { say(changes, of: file) }
        let what =
            switch kind {
            case .deliveries: "\(report.accepted) lines of \(report.deliveries) deliveries"
            case .parties: "\(report.parties) clients"
            case .products: "\(report.products) products"
            case .codes: "\(report.accepted) codes of \(report.products) products"
            case .tags: "\(report.tags) tags"
            }
        print("\(what) \(dryRun ? "would be imported" : "imported"), \(report.refused.count) rows refused")
        if let rejects, !report.refused.isEmpty { print("they are in \(rejects), each with its reason") }
    }
}
