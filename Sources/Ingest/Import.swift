import Identifiers
import SQLite

/// What an import did, row by row where something was refused.
public struct ImportReport: Equatable, Sendable {
    public struct Refusal: Equatable, Sendable {
        public var line: Int
        public var reason: String
    }

    public var accepted = 0
    public var refused: [Refusal] = []
    public var deliveries = 0
    public var parties = 0
}

public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingColumns([String], found: [String])

    public var description: String {
        switch self {
        case .missingColumns(let names, let found):
            "the first line must name the columns \(names.joined(separator: ", ")); found: \(found.joined(separator: ", "))"
        }
    }
}

/// Imports of files: good rows are kept, each bad one is refused with its line and reason.
public enum Import {
    /// Largest quantity of a line that is believed.
    static let quantityLimit = 1_000_000

    /// Expected deliveries: delivery note, supplier, GTIN, description, quantity; optional date, client.
    public static func deliveries(_ csv: CSV, into store: Store, dryRun: Bool, now: Int64) throws -> ImportReport {
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
        var report = ImportReport()
        var notes: [String: Int] = [:]
        var lines:
            [(
                note: String, supplier: String, gtin: String, description: String, quantity: Int, date: String?,
                client: String?
            )] = []
        var seen: Set<String> = []
        for row in csv.rows {
            func field(_ index: Int?) -> String {
                index.flatMap { $0 < row.fields.count ? row.fields[$0].trimming(" \t") : nil } ?? ""
            }
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            guard row.fields.count >= csv.header.count else {
                refuse("\(row.fields.count) fields instead of \(csv.header.count)")
                continue
            }
            guard !field(note).isEmpty, field(note).count <= 64 else {
                refuse("a delivery note has 1 to 64 characters")
                continue
            }
            guard let code = GS1.gtin14(field(gtin)) else {
                let text = field(gtin)
                let isNumber = !text.isEmpty && text.allSatisfy(\.isWholeNumber)
                refuse(isNumber ? "the check digit of GTIN \(text) is wrong" : "\"\(text)\" is not a GTIN")
                continue
            }
            guard let count = Int(field(quantity)), (1...quantityLimit).contains(count) else {
                refuse("quantity \"\(field(quantity))\" is not a whole number from 1 to \(quantityLimit)")
                continue
            }
            guard seen.insert("\(field(note))\u{1F}\(code)").inserted else {
                refuse("GTIN \(code) stands twice on \(field(note))")
                continue
            }
            if try store.deliveryStatus(note: field(note)).map({ $0 != "expected" }) ?? false {
                refuse("delivery \(field(note)) has begun already")
                continue
            }
            notes[field(note), default: 0] += 1
            lines.append(
                (
                    field(note), field(supplier), code, field(description), count, date.map { _ in field(date) },
                    client.map { _ in field(client) }
                ))
        }
        report.accepted = lines.count
        report.deliveries = notes.count
        guard !dryRun else { return report }
        let accepted = lines
        try store.database.transaction {
            for name in notes.keys { try store.resetExpected(note: name) }
            for line in accepted {
                try store.expect(
                    note: line.note, supplier: line.supplier, gtin: line.gtin, description: line.description,
                    quantity: line.quantity, expected: line.date.flatMap { $0.isEmpty ? nil : $0 },
                    client: line.client.flatMap { $0.isEmpty ? nil : $0 })
            }
        }
        return report
    }

    /// Clients: company, name, phone; optional further phone columns and a reference.
    public static func parties(_ csv: CSV, into store: Store, region: String, dryRun: Bool, now: Int64) throws
        -> ImportReport
    {
        guard let company = csv.column(["company", "société", "societe", "client"]),
            let name = csv.column(["name", "nom", "contact"]),
            let phone = csv.column(["phone", "téléphone", "telephone", "tel"])
        else { throw ImportError.missingColumns(["company", "name", "phone"], found: csv.header) }
        let more = [csv.column(["mobile", "portable"]), csv.column(["phone2", "téléphone 2"])].compactMap(\.self)
        let reference = csv.column(["reference", "référence", "ref", "id"])
        var report = ImportReport()
        var accepted: [(String, String, String?, [PhoneNumber])] = []
        for row in csv.rows {
            func field(_ index: Int?) -> String {
                index.flatMap { $0 < row.fields.count ? row.fields[$0].trimming(" \t") : nil } ?? ""
            }
            guard !field(company).isEmpty || !field(name).isEmpty else {
                report.refused.append(.init(line: row.line, reason: "neither company nor name"))
                continue
            }
            let texts = ([phone] + more).map { field($0) }.filter { !$0.isEmpty }
            let numbers = texts.map { PhoneNumber($0, region: region) }
            if let bad = numbers.first(where: { $0.kind == .withheld || $0.key == "raw:" }) {
                report.refused.append(.init(line: row.line, reason: "\"\(bad.input)\" is not a telephone number"))
                continue
            }
            accepted.append(
                (
                    field(company), field(name),
                    reference.map { _ in field(reference) }.flatMap { $0.isEmpty ? nil : $0 }, numbers
                ))
        }
        report.accepted = accepted.count
        report.parties = accepted.count
        guard !dryRun else { return report }
        let rows = accepted
        try store.database.transaction {
            for (company, name, reference, numbers) in rows {
                try store.addParty(
                    name: name, company: company, reference: reference, numbers: numbers, by: "import", at: now)
            }
        }
        return report
    }
}
