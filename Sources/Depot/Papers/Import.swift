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
    public var deliveries = 0
    public var parties = 0
    public var products = 0
    public var tags = 0

    public init() {}
}

public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingColumns([String], found: [String])

    public var description: String {
        switch self {
        case .missingColumns(let names, let found):
            // A file that is no table has one endless name.
            let shown = found.prefix(20).map { String($0.filter { !$0.isWhitespace || $0 == " " }.prefix(40)) }
                .joined(separator: ", ")
            return "the first line must name the columns \(names.joined(separator: ", ")); found: \(shown)"
        }
    }
}

/// Imports of files: good rows are kept, each bad one is refused with its line and reason.
public enum Import {
    /// Largest quantity of a line that is believed.
    static let quantityLimit = 1_000_000
    /// What a person may add or take off at once.
    public static let quantities = -quantityLimit...quantityLimit

    /// Expected deliveries: delivery note, supplier, GTIN, description, quantity; optional date, client.
    public static func deliveries(_ csv: CSV, into store: Store, dryRun: Bool, now: Int64) throws -> ImportReport {
        try check(deliveries: csv, in: store).finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    static func check(deliveries csv: CSV, in store: Store) throws -> CheckedImport {
        guard let note = csv.column(["delivery_note", "delivery note", "note", "bl", "bon de livraison"]),
            let supplier = csv.column(["supplier", "fournisseur"]),
            let gtin = csv.column(["gtin", "ean", "code article"]),
            let description = csv.column(["description", "désignation", "designation"]),
            let quantity = csv.column(["quantity", "quantité", "quantite", "qty", "qté"])
        else {
            throw ImportError.missingColumns(
                ["delivery_note", "supplier", "gtin", "description", "quantity"], found: csv.header)
        }
        let date = csv.column(["expected", "date", "expected_on"])
        let client = csv.column(["client", "client_reference", "customer"])
        let dock = csv.column(["dock", "quai"])
        let lot = csv.column(["lot", "batch", "numéro de lot"])
        let expires = csv.column(["expires", "expiry", "dlc", "péremption"])
        let serials = csv.column(["serials", "serial", "numéros de série", "n° de série"])
        let sscc = csv.column(["sscc", "pallet", "palette"])
        var report = ImportReport()
        var deliveries: [String: Announced] = [:]
        var order: [String] = []
        var seen: Set<String> = []
        var begun: [String: Bool] = [:]
        for row in csv.rows {
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            guard row.fields.count >= csv.header.count else {
                refuse("\(row.fields.count) fields instead of \(csv.header.count)")
                continue
            }
            let name = row.field(note)
            guard !name.isEmpty, name.count <= 64 else {
                refuse("a delivery note has 1 to 64 characters")
                continue
            }
            guard let code = GS1.gtin14(row.field(gtin)) else {
                refuse(Import.gtinReason(row.field(gtin)))
                continue
            }
            guard let count = Int(row.field(quantity)), (1...quantityLimit).contains(count) else {
                refuse("quantity \"\(row.field(quantity))\" is not a whole number from 1 to \(quantityLimit)")
                continue
            }
            if let text = row.filled(expires), !Day.isDay(text) {
                refuse("\"\(text)\" is not a date such as 2027-03-31")
                continue
            }
            let pallet = row.filled(sscc)
            if let pallet, !Import.isSSCC(pallet) {
                refuse("\"\(pallet)\" is not an SSCC: 18 digits with a right check digit")
                continue
            }
            guard seen.insert("\(name)\u{1F}\(code)\u{1F}\(row.field(lot))\u{1F}\(pallet ?? "")").inserted else {
                refuse("GTIN \(code) stands twice on \(name)")
                continue
            }
            if begun[name] == nil {
                begun[name] = try store.deliveryStatus(note: name).map { $0 != "expected" } ?? false
            }
            guard begun[name] == false else {
                refuse("delivery \(name) has begun already")
                continue
            }
            let numbers = row.field(serials).split { ", |".contains($0) }.map(String.init)
            if !numbers.isEmpty, numbers.count != count {
                refuse("\(numbers.count) serial numbers for a quantity of \(count)")
                continue
            }
            report.accepted += 1
            var delivery =
                deliveries[name]
                ?? Announced(
                    note: name, supplier: row.field(supplier), expectedOn: row.filled(date), client: row.filled(client),
                    dock: row.filled(dock))
            if deliveries[name] == nil { order.append(name) }
            delivery.lines.append(
                .init(
                    gtin: code, description: row.field(description), quantity: count, lot: row.filled(lot),
                    expires: row.filled(expires), serials: numbers))
            if let pallet {
                let content = Reception.Content(gtin: code, quantity: count, lot: row.filled(lot))
                if let index = delivery.units.firstIndex(where: { $0.sscc == pallet }) {
                    delivery.units[index].contents.append(content)
                } else {
                    delivery.units.append(.init(sscc: pallet, contents: [content]))
                }
            }
            deliveries[name] = delivery
        }
        report.deliveries = deliveries.count
        return CheckedImport(report, order.compactMap { deliveries[$0] }.map { .delivery($0, source: "file") })
    }

    /// Deliveries from a message or a JSON file, read before; those that have begun are refused.
    public static func deliveries(
        _ parsed: (deliveries: [Announced], refused: [ImportReport.Refusal]), into store: Store, dryRun: Bool
    ) throws -> ImportReport {
        try check(parsed, in: store).finish(into: store, dryRun: dryRun, by: "message", now: 0)
    }

    private static func check(
        _ parsed: (deliveries: [Announced], refused: [ImportReport.Refusal]), in store: Store
    ) throws -> CheckedImport {
        var report = ImportReport()
        report.refused = parsed.refused
        var accepted: [Announced] = []
        for delivery in parsed.deliveries {
            if let status = try store.deliveryStatus(note: delivery.note), status != "expected" {
                report.refused.append(.init(line: 1, reason: "delivery \(delivery.note) has begun already"))
            } else {
                accepted.append(delivery)
            }
        }
        report.deliveries = accepted.count
        report.accepted = accepted.reduce(0) { $0 + $1.lines.count }
        return CheckedImport(report, accepted.map { .delivery($0, source: "message") })
    }

    /// Whatever announces deliveries: EDIFACT, JSON or CSV, known by how it begins.
    public static func deliveries(_ bytes: [UInt8], into store: Store, dryRun: Bool, now: Int64) throws -> ImportReport
    {
        try check(deliveries: bytes, in: store).finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    /// Reads all of a file that announces deliveries, and writes nothing: `store` may be one for reading.
    public static func check(deliveries bytes: [UInt8], in store: Store) throws -> CheckedImport {
        let start = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        if start.starts(with: Array("UNA".utf8)) || start.starts(with: Array("UNB".utf8)) {
            return try check(DESADV.parse(bytes), in: store)
        }
        if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "[") {
            return try check(DeliveryJSON.parse(bytes), in: store)
        }
        return try check(deliveries: CSV(bytes), in: store)
    }

    static func gtinReason(_ text: String) -> String {
        let isNumber = !text.isEmpty && text.allSatisfy(\.isWholeNumber)
        return isNumber ? "the check digit of GTIN \(text) is wrong" : "\"\(text)\" is not a GTIN"
    }

    static func isSSCC(_ text: String) -> Bool {
        text.count == 18 && text.allSatisfy { $0.isASCII && $0.isWholeNumber }
            && text.last?.wholeNumberValue == GS1.checkDigit(String(text.dropLast()))
    }

    /// Products: GTIN, description; optional reference, supplier, unit, tracking, minimum, carton's GTIN and quantity.
    public static func products(_ csv: CSV, into store: Store, dryRun: Bool) throws -> ImportReport {
        try check(products: csv).finish(into: store, dryRun: dryRun, by: "import", now: 0)
    }

    public static func check(products csv: CSV) throws -> CheckedImport {
        guard let gtin = csv.column(["gtin", "ean"]),
            let description = csv.column(["description", "désignation", "designation"])
        else { throw ImportError.missingColumns(["gtin", "description"], found: csv.header) }
        let reference = csv.column(["reference", "référence", "ref"])
        let supplier = csv.column(["supplier", "fournisseur"])
        let unit = csv.column(["unit", "unité"])
        let tracking = csv.column(["tracking", "suivi"])
        let minimum = csv.column(["minimum", "stock mini", "min"])
        let carton = csv.column(["carton_gtin", "gtin carton"])
        let cartonQuantity = csv.column(["carton_quantity", "quantité carton", "colisage"])
        var report = ImportReport()
        var products: [ProductView] = []
        var seen: Set<String> = []
        for row in csv.rows {
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            guard let code = GS1.gtin14(row.field(gtin)) else {
                refuse(gtinReason(row.field(gtin)))
                continue
            }
            guard seen.insert(code).inserted else {
                refuse("GTIN \(code) stands twice")
                continue
            }
            var product = ProductView(
                gtin: code, description: row.field(description), reference: row.filled(reference),
                supplier: row.filled(supplier),
                unit: row.filled(unit))
            if let text = row.filled(tracking) {
                guard ["none", "lot", "serial"].contains(text.lowercased()) else {
                    refuse("tracking \"\(text)\" is none of none, lot, serial")
                    continue
                }
                product.tracking = text.lowercased()
            }
            if let text = row.filled(minimum) {
                guard let number = Int(text), (0...quantityLimit).contains(number) else {
                    refuse("minimum \"\(text)\" is not a whole number from 0 to \(quantityLimit)")
                    continue
                }
                product.minimum = number
            }
            if let text = row.filled(carton) {
                guard let outer = GS1.gtin14(text) else {
                    refuse(gtinReason(text))
                    continue
                }
                guard let number = Int(row.field(cartonQuantity)), (1...quantityLimit).contains(number), outer != code
                else {
                    refuse("the carton \(text) does not say how many pieces it holds, or is the piece itself")
                    continue
                }
                product.cartons = [.init(gtin: outer, quantity: number)]
            }
            products.append(product)
        }
        (report.accepted, report.products) = (products.count, products.count)
        return CheckedImport(report, products.map { .product($0) })
    }

    /// What tags that are not GS1 stand for: tag (hex) or text, GTIN; optional serial, lot.
    public static func tags(_ csv: CSV, into store: Store, dryRun: Bool, by who: String, now: Int64) throws
        -> ImportReport
    {
        try check(tags: csv).finish(into: store, dryRun: dryRun, by: who, now: now)
    }

    public static func check(tags csv: CSV) throws -> CheckedImport {
        guard let tag = csv.column(["tag", "epc", "uid", "text", "étiquette"]), let gtin = csv.column(["gtin", "ean"])
        else {
            throw ImportError.missingColumns(["tag", "gtin"], found: csv.header)
        }
        let serial = csv.column(["serial", "numéro de série"])
        let lot = csv.column(["lot", "batch"])
        var report = ImportReport()
        var labels: [(String, Label)] = []
        for row in csv.rows {
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            let name = row.field(tag).uppercased()
            guard !name.isEmpty, name.count <= 256 else {
                refuse("a tag has 1 to 256 characters")
                continue
            }
            guard let code = GS1.gtin14(row.field(gtin)) else {
                refuse(gtinReason(row.field(gtin)))
                continue
            }
            let isHex = name.count >= 8 && name.count % 2 == 0 && name.allSatisfy { $0.isASCII && $0.isHexDigit }
            labels.append(
                (
                    isHex ? "tag:\(name)" : "text:\(row.field(tag))",
                    Label(
                        gtin: code, serial: row.filled(serial), lot: row.filled(lot))
                ))
        }
        (report.accepted, report.tags) = (labels.count, labels.count)
        return CheckedImport(report, labels.map { .label($0.1, subject: $0.0) })
    }

    /// Clients: company, name, phone; optional further phone columns and a reference.
    public static func parties(_ csv: CSV, into store: Store, region: String, dryRun: Bool, now: Int64) throws
        -> ImportReport
    {
        try check(parties: csv, region: region).finish(into: store, dryRun: dryRun, by: "import", now: now)
    }

    public static func check(parties csv: CSV, region: String) throws -> CheckedImport {
        guard let company = csv.column(["company", "société", "societe", "client"]),
            let name = csv.column(["name", "nom", "contact"]),
            let phone = csv.column(["phone", "téléphone", "telephone", "tel"])
        else { throw ImportError.missingColumns(["company", "name", "phone"], found: csv.header) }
        let more = [csv.column(["mobile", "portable"]), csv.column(["phone2", "téléphone 2"])].compactMap(\.self)
        let reference = csv.column(["reference", "référence", "ref", "id"])
        var report = ImportReport()
        var accepted: [(String, String, String?, [PhoneNumber])] = []
        for row in csv.rows {
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            guard !row.field(company).isEmpty || !row.field(name).isEmpty else {
                refuse("neither company nor name")
                continue
            }
            let texts = ([phone] + more).map { row.field($0) }.filter { !$0.isEmpty }
            let numbers = texts.map { PhoneNumber($0, region: region) }
            if let bad = numbers.first(where: { $0.kind == .withheld || $0.key == "raw:" }) {
                refuse("\"\(bad.input)\" is not a telephone number")
                continue
            }
            accepted.append(
                (
                    row.field(company), row.field(name),
                    row.filled(reference), numbers
                ))
        }
        report.accepted = accepted.count
        report.parties = accepted.count
        return CheckedImport(
            report, accepted.map { .party(name: $0.1, company: $0.0, reference: $0.2, numbers: $0.3) })
    }
}
