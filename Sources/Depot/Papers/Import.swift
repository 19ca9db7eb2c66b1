import Identifiers

/// What an import did, row by row where something was refused.
public struct ImportReport: Equatable, Sendable {
    public struct Refusal: Equatable, Sendable {
        public var line: Int
        public var reason: String

        public init(line: Int, reason: String) { (self.line, self.reason) = (line, reason) }
    }

    public var accepted = 0
    public var refused: [Refusal] = []
    /// What was understood otherwise than written, or left out on purpose: worth reading, no failure.
    public var remarks: [Refusal] = []
    public var deliveries = 0
    public var parties = 0
    public var products = 0
    public var tags = 0

    public init() {}
}

public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingColumns([String], found: [String])
    /// A column that a mapping names is not there, or the mapping names no field.
    case badMap(String, found: [String])

    public var description: String {
        switch self {
        case .missingColumns(let names, let found):
            "the first line must name the columns \(names.joined(separator: ", ")); found: \(ImportError.shown(found)); "
                + "--map FIELD=HEADING says which column is which"
        case .badMap(let name, let found): "there is no \"\(name)\" to map; found: \(ImportError.shown(found))"
        }
    }

    /// A file that is no table has one endless name.
    private static func shown(_ names: [String]) -> String {
        names.prefix(20).map { String($0.filter { !$0.isWhitespace || $0 == " " }.prefix(40)) }.joined(separator: ", ")
    }
}

/// Imports of files: good rows are kept, each bad one is refused with its line and reason.
///
/// A delivery note that comes twice has one rule, whatever the file's form: one that nobody has begun to receive is replaced
/// and that is said; one that has begun is refused, and what still comes of it needs a note of its own.
public enum Import {
    /// Largest quantity of a line that is believed.
    static let quantityLimit = 1_000_000
    /// What a person may add or take off at once.
    public static let quantities = -quantityLimit...quantityLimit

    /// Whatever announces deliveries: EDIFACT, JSON or a table, known by how it begins.
    public static func deliveries(
        _ bytes: [UInt8], map: [String: String] = [:], into store: Store, dryRun: Bool, now: Int64
    ) throws -> ImportReport {
        try check(deliveries: bytes, map: map, in: store).finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    /// Reads all of a file that announces deliveries, and writes nothing: `store` may be one for reading.
    public static func check(deliveries bytes: [UInt8], map: [String: String] = [:], in store: Store) throws
        -> CheckedImport
    {
        let start = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        let article = { (reference: String) in (try? store.product(reference: reference)) ?? nil }
        if start.starts(with: Array("UNA".utf8)) || start.starts(with: Array("UNB".utf8)) {
            return try check(DESADV.parse(bytes, article: article), in: store)
        }
        if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "[") {
            return try check(DeliveryJSON.parse(bytes, article: article), in: store)
        }
        return try check(deliveries: CSV(bytes), map: map, in: store)
    }

    /// Deliveries from a message or a JSON file, read before; those that have begun are refused.
    public static func deliveries(_ parsed: ParsedDeliveries, into store: Store, dryRun: Bool) throws -> ImportReport {
        try check(parsed, in: store).finish(into: store, dryRun: dryRun, by: "message", now: 0)
    }

    private static func check(_ parsed: ParsedDeliveries, in store: Store) throws -> CheckedImport {
        var report = ImportReport()
        (report.refused, report.remarks) = (parsed.refused, parsed.remarks)
        var accepted: [Announced] = []
        for delivery in parsed.deliveries {
            switch try again(delivery.note, in: store) {
            case .refuse(let reason): report.refused.append(.init(line: 1, reason: reason))
            case .replace(let remark):
                if let remark { report.remarks.append(.init(line: 1, reason: remark)) }
                accepted.append(delivery)
            }
        }
        report.deliveries = accepted.count
        report.accepted = accepted.reduce(0) { $0 + $1.lines.count }
        return CheckedImport(report, accepted.map { .delivery($0, source: "message") })
    }

    /// What happens to a note that may have been announced before.
    enum Again {
        case replace(String?)
        case refuse(String)
    }

    static func again(_ note: String, in store: Store) throws -> Again {
        guard let status = try store.deliveryStatus(note: note) else { return .replace(nil) }
        guard status == "expected" else {
            return .refuse("delivery \(note) has begun already: what still comes of it needs a note of its own")
        }
        return .replace("delivery \(note) was announced before: this file replaces it")
    }

    static func gtinReason(_ text: String) -> String {
        if Cell.isSpoilt(text) { return Cell.spoilt(text) }
        let isNumber = !text.isEmpty && text.allSatisfy(\.isWholeNumber)
        return isNumber ? "the check digit of GTIN \(text) is wrong" : "\"\(text.prefix(64))\" is not a GTIN"
    }

    static func isSSCC(_ text: String) -> Bool {
        text.count == 18 && text.allSatisfy { $0.isASCII && $0.isWholeNumber }
            && text.last?.wholeNumberValue == GS1.checkDigit(String(text.dropLast()))
    }

    /// A whole number within a range, or why it is none.
    static func whole(_ text: String, in range: ClosedRange<Int>, _ what: String) -> Result<Int, Fault> {
        switch Cell.number(text) {
        case .whole(let number) where range.contains(number): return .success(number)
        case .doubtful(let reason): return .failure(Fault(reason: "\(what) \(reason)"))
        case .whole, .no:
            let limits = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            return .failure(Fault(reason: "\(what) \"\(text.prefix(40))\" is not \(limits)"))
        }
    }

    /// Why a row of a table is refused.
    struct Fault: Error { var reason: String }
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
