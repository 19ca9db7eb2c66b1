import ArgumentParser
import Depot
import Model
import Platform
import Sheets

struct LabelsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels",
        abstract: "Write labels of articles with QR code and Code 128, as a PDF of A4 sheets.",
        discussion: """
            Sheets: 3x8 (70 × 37 mm), 4x10 (52.5 × 29.7 mm), 2x5 (105 × 57 mm), without margins.
                edge-ingest labels VIS-6x40 09521234000013 --copies 8 --output labels.pdf
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(help: "The articles without a GTIN of the delivery with this note, as many as came.") var delivery: String?
    @Option(help: "Of each article that is named.") var copies = 1
    @Option(help: "3x8, 4x10 or 2x5 labels a sheet.") var sheet = LabelSheet.Format.small.rawValue
    @Option(help: "Places of the first sheet that are used already.") var skip = 0
    @Flag(help: "Each label of an article with a GTIN gets a number of its own.") var serials = false
    @Option(name: .shortAndLong, help: "The PDF.") var output: String
    @Argument(help: "GTINs, references, or # and a reference.") var codes: [String] = []

    func validate() throws {
        guard (1...LabelSheet.limit).contains(copies) else {
            throw ValidationError("--copies is 1 to \(LabelSheet.limit)")
        }
        guard LabelSheet.Format(rawValue: sheet) != nil else {
            let known = LabelSheet.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--sheet is one of \(known)")
        }
        guard !codes.isEmpty || delivery != nil else { throw ValidationError("name articles, or a delivery") }
    }

    func run() throws {
        let configuration = try options.load()
        let bytes: [UInt8]
        do {
            let store = try Store(reading: configuration.database)
            var wanted: [(code: String, copies: Int)] = []
            for text in codes {
                guard let code = try store.articles.code(asked: text) else {
                    throw Exit.say("there is no article \(text)", Exit.warnings)
                }
                wanted.append((code, copies))
            }
            if let delivery {
                let views = try store.deliveries.ids(note: delivery).compactMap { try store.deliveries.view($0) }
                guard let view = views.first else { throw Exit.say("there is no delivery \(delivery)", Exit.warnings) }
                guard views.count == 1 else {
                    throw Exit.say("there are \(views.count) deliveries \(delivery): name the articles", Exit.warnings)
                }
                wanted += ArticleLabels.codes(of: view)
            }
            let labels = try ArticleLabels.labels(of: wanted, serials: serials, in: store, at: Clocks.wall)
            guard !labels.isEmpty else {
                throw Exit.say("every article of \(delivery ?? "") has a GTIN", Exit.warnings)
            }
            bytes = try LabelSheet(
                title: "Labels", format: LabelSheet.Format(rawValue: sheet) ?? .small, labels: labels, skip: skip
            ).pdf()
            try Files.write(bytes, to: output)
            print("\(labels.count) labels in \(output)")
        } catch let code as ExitCode { throw code } catch let unknown as ArticleLabels.Unknown {
            throw Exit.say("there is no article \(unknown.code)", Exit.warnings)
        } catch { throw Exit.say("\(error)") }
    }
}
