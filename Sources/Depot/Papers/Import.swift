import Identifiers
public import Model

/// What an import did, row by row where something was refused.
public struct ImportReport: Equatable, Sendable {
    public struct Refusal: Equatable, Sendable {
        public var line: Int
        /// Why, or what was understood, for the pages to say it in their language.
        public var phrase: Phrase
        /// In English.
        public var reason: String { phrase.text }

        public init(line: Int, reason: Phrase) { (self.line, phrase) = (line, reason) }
    }

    public var accepted = 0
    public var refused: [Refusal] = []
    /// What was understood otherwise than written, or left out on purpose: worth reading, no failure.
    public var remarks: [Refusal] = []
    public var deliveries = 0
    public var parties = 0
    public var products = 0
    public var tags = 0
    /// What each column of a table is taken for; nil where the file is none.
    public var columns: TableColumns?
    /// What would become of it; nil where nobody asked.
    public var changes: ImportChanges?

    public init() {}

    /// A delivery that could not be written after all: somebody began it, or closed it, while the file was read.
    public struct Late: Equatable, Sendable {
        public var reason: Phrase
        /// Lines of it.
        public var lines: Int
    }

    public mutating func add(late: [Late]) {
        for one in late {
            refused.append(.init(line: 1, reason: one.reason))
            (deliveries, accepted) = (max(0, deliveries - 1), max(0, accepted - one.lines))
        }
    }
}

/// What the columns of a table are taken for, for a person to say otherwise.
public struct TableColumns: Equatable, Sendable {
    public struct Field: Equatable, Sendable {
        public var name: String
        /// The column it is read from; nil where there is none.
        public var heading: String?
        /// Nothing can be read without it.
        public var isMissing = false
        /// Which column could be meant, by what is in it.
        public var proposal: String?
    }

    /// Headings that are told.
    static let limit = 200

    public var headings: [String]
    /// What stands below each heading, as far as the first cells go.
    public var samples: [String]
    public var fields: [Field]
    /// How the text was read; nil of a workbook.
    public var reading: TableReading?
    /// As a person said of the last table like it.
    public var isAsBefore = false

    var missing: [String] { fields.filter(\.isMissing).map(\.name) }

    /// How the map is written, or could be.
    fileprivate var way: Phrase {
        proposal.map { "perhaps \($0)" } ?? "--map FIELD=HEADING says which column is which"
    }

    private var proposal: String? {
        let pairs = fields.compactMap { field in field.proposal.map { "--map \(field.name)=\"\($0)\"" } }
        return pairs.isEmpty ? nil : pairs.joined(separator: " ")
    }
}

public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingColumns(TableColumns)
    /// It is no table at all.
    case noTable(Phrase)
    /// A column that a mapping names is not there, or the mapping names no field.
    case badMap(String, found: [String])

    public var description: String { phrase.text }

    public var phrase: Phrase {
        switch self {
        case .missingColumns(let columns):
            "the first line must name the columns \(columns.missing.joined(separator: ", ")); "
                + "found: \(ImportError.shown(columns.headings)); \(columns.way)"
        case .noTable(let reason): reason
        case .badMap(let name, let found): "there is no \"\(name)\" to map; found: \(ImportError.shown(found))"
        }
    }

    /// A file that is no table has one endless name.
    private static func shown(_ names: [String]) -> String {
        names.prefix(20).map { String($0.filter { !$0.isWhitespace || $0 == " " }.prefix(40)) }.joined(separator: ", ")
    }
}

/// Imports of files: good rows are kept, each bad one is refused with its line and reason. What happens to a note that comes
/// twice: see `Again`.
public enum Import {
    /// Largest quantity of a line that is believed.
    static let quantityLimit: Quantity = 1_000_000
    /// What a person may add or take off at once.
    public static let quantities = -quantityLimit...quantityLimit

    /// What a person says of a file.
    public struct Options: Sendable {
        /// Field to heading. Said once, it is remembered for tables with the same headings.
        public var map: [String: String]
        /// For rows of a table that name none.
        public var supplier: String?
        public var note: String?
        /// Lines of a note that is known are added to it, even while it is being received.
        public var isAddition: Bool
        /// How a table that is text is read, where a person says it.
        public var reading: TableReading
        /// How a table like it was read before does not count, and is forgotten where it is taken.
        public var isFresh: Bool

        public init(
            map: [String: String] = [:], supplier: String? = nil, note: String? = nil, isAddition: Bool = false,
            reading: TableReading = TableReading(), isFresh: Bool = false
        ) {
            (self.map, self.supplier, self.note, self.isAddition) = (map, supplier, note, isAddition)
            (self.reading, self.isFresh) = (reading, isFresh)
        }
    }

    /// Whatever announces deliveries: EDIFACT, UBL, JSON or a table, known by how it begins.
    public static func deliveries(
        _ bytes: [UInt8], options: Options = Options(), into store: Store, dryRun: Bool, now: Int64
    ) throws -> ImportReport {
        try check(deliveries: bytes, options: options, in: store)
            .finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    /// Reads all of a file that announces deliveries, and writes nothing: `store` may be one for reading.
    public static func check(deliveries bytes: [UInt8], options: Options = Options(), in store: Store) throws
        -> CheckedImport
    {
        let start = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        let article = { (reference: String) in (try? store.articles.product(reference: reference)) ?? nil }
        let own = { (reference: String) in (try? store.articles.ownCode(paper: reference)) ?? nil }
        if start.starts(with: Array("UNA".utf8)) || start.starts(with: Array("UNB".utf8)) {
            return try check(
                DESADV.parse(bytes, article: article, counting: counting(store), own: own), options, in: store)
        }
        if start.first == UInt8(ascii: "<") || UBL.isWide(bytes) {
            return try check(
                UBL.parse(bytes, article: article, counting: counting(store), own: own), options, in: store)
        }
        if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "[") {
            return try check(
                DeliveryJSON.parse(bytes, article: article, counting: counting(store), own: own), options, in: store)
        }
        return try check(deliveries: CSV(bytes, "deliveries", options, in: store), options: options, in: store)
    }

    /// Deliveries from a message or a JSON file, read before.
    public static func deliveries(
        _ parsed: ParsedDeliveries, options: Options = Options(), into store: Store, dryRun: Bool
    ) throws -> ImportReport {
        try check(parsed, options, in: store).finish(into: store, dryRun: dryRun, by: "message", now: 0)
    }

    private static func check(_ parsed: ParsedDeliveries, _ options: Options, in store: Store) throws -> CheckedImport {
        var report = ImportReport()
        (report.refused, report.remarks) = (parsed.refused, parsed.remarks)
        var rows: [CheckedImport.Row] = []
        for delivery in parsed.deliveries {
            var delivery = delivery
            let orders = delivery.details.filter { $0.kind == .reference && $0.code == "order" }.map(\.value)
            switch try store.deliveries.meant(delivery.note, of: delivery.supplier, orders: orders) {
            case .itself: break
            case .several(let notes):
                report.refused.append(.init(line: 1, reason: Again.several(delivery.note, notes)))
                continue
            case .other(let note, let by):
                guard !rows.contains(where: { $0.isOf(note, delivery.supplier) }) else { break }
                report.remarks.append(.init(line: 1, reason: Again.meant(delivery.note, note, by: by)))
                delivery.names.append(delivery.note)
                delivery.note = note
            }
            let again = try Again(delivery.note, of: delivery.supplier, options, in: store)
            if let remark = again.remark { report.remarks.append(.init(line: 1, reason: remark)) }
            if let reason = again.refusal {
                report.refused.append(.init(line: 1, reason: reason))
                continue
            }
            report.accepted += delivery.lines.count
            rows.append(.delivery(delivery, source: "message", isAddition: again.isAddition))
        }
        report.deliveries = rows.count
        return CheckedImport(report, rows)
    }

    /// How an article is counted, by the catalogue.
    private static func counting(_ store: Store) -> (String) -> ArticleCounting {
        { (try? store.articles.counting(of: $0)) ?? ArticleCounting() }
    }

    static func gtinReason(_ text: String) -> Phrase {
        if Cell.isSpoilt(text) { return Cell.spoilt(text) }
        guard !text.isEmpty else { return "there is no GTIN" }
        let isNumber = [8, 12, 13, 14].contains(text.count) && text.allSatisfy(\.isWholeNumber)
        return isNumber ? "the check digit of GTIN \(text) is wrong" : "\"\(text.prefix(64))\" is not a GTIN"
    }

    static func isSSCC(_ text: String) -> Bool {
        text.count == 18 && text.allSatisfy { $0.isASCII && $0.isWholeNumber }
            && text.last?.wholeNumberValue == GS1.checkDigit(String(text.dropLast()))
    }

    /// An amount within a range, with the unit behind it; or why it is none.
    static func amount(
        _ text: String, in range: ClosedRange<Quantity>, _ what: Phrase, decimal: TableReading.DecimalSign? = nil
    ) -> Result<(Quantity, Measure?), Fault> {
        switch Cell.amount(text, decimal: decimal) {
        case .of(let amount, let measure) where range.contains(amount): return .success((amount, measure))
        case .doubtful(let reason): return .failure(Fault(reason: "\(what) \(reason)"))
        case .of, .no:
            let (least, most) = (range.lowerBound, range.upperBound)
            return .failure(
                Fault(reason: "\(what) \"\(text.prefix(40))\" is not a number from \(least) to \(most)"))
        }
    }

    /// Why a row of a table is refused.
    struct Fault: Error { var reason: Phrase }
}

/// Deliveries that a message or a file announces, with what was refused of it.
public struct ParsedDeliveries: Sendable {
    public var deliveries: [Announced] = []
    public var refused: [ImportReport.Refusal] = []
    public var remarks: [ImportReport.Refusal] = []

    public init(
        deliveries: [Announced] = [], refused: [ImportReport.Refusal] = [], remarks: [ImportReport.Refusal] = []
    ) { (self.deliveries, self.refused, self.remarks) = (deliveries, refused, remarks) }
}
