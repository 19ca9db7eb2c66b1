import Identifiers

extension Import {
    /// Expected deliveries as a table: delivery note, supplier, article (GTIN or reference), description, quantity; perhaps day,
    /// client, dock, lot, expiry, serial numbers, pallet.
    public static func deliveries(_ csv: CSV, into store: Store, dryRun: Bool, now: Int64) throws -> ImportReport {
        try check(deliveries: csv, in: store).finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    static func check(deliveries csv: CSV, map: [String: String] = [:], in store: Store) throws -> CheckedImport {
        let columns = try Columns(csv, Columns.deliveries, map: map)
        guard columns["delivery_note"] != nil, columns["gtin"] != nil || columns["reference"] != nil,
            columns["quantity"] != nil
        else {
            throw ImportError.missingColumns(
                ["delivery_note", "supplier", "gtin", "description", "quantity"], found: csv.titles)
        }
        var table = DeliveryTable(columns, csv, store)
        for row in csv.rows { try table.take(row) }
        return table.checked
    }

    /// Deliveries as they come together, row by row.
    private struct DeliveryTable {
        private let columns: Columns
        private let width: Int
        private let store: Store
        private var report = ImportReport()
        private var deliveries: [Announced] = []
        /// Where a note, a line of it and a pallet of it are.
        private var notes: [String: Int] = [:]
        private var lines: [String: Int] = [:]
        private var pallets: [String: Int] = [:]
        /// Notes that may not be announced any more.
        private var refused: [String: String] = [:]

        init(_ columns: Columns, _ csv: CSV, _ store: Store) {
            (self.columns, self.store, width) = (columns, store, csv.header.count)
            guard let guessed = columns.guessed else { return }
            let reason = "the column \"\(guessed)\" is taken for the GTIN: its check digits hold"
            report.remarks.append(.init(line: 1, reason: reason))
        }

        var checked: CheckedImport {
            var report = report
            report.deliveries = deliveries.count
            return CheckedImport(report, deliveries.map { .delivery($0, source: "file") })
        }

        mutating func take(_ row: CSV.Row) throws {
            guard !row.isTotal || row.filled(columns["gtin"]) != nil else {
                return report.remarks.append(.init(line: row.line, reason: "a total is left out"))
            }
            do { try add(row) } catch let fault as Fault {
                report.refused.append(.init(line: row.line, reason: fault.reason))
            }
        }

        private mutating func add(_ row: CSV.Row) throws {
            if let problem = row.problem { throw Fault(reason: problem) }
            let extra = row.fields.dropFirst(width)
            guard extra.allSatisfy({ Cell.text($0).isEmpty }) else {
                throw Fault(
                    reason:
                        "\(row.fields.count) fields instead of \(width): is there a separator in a text without quotes?"
                )
            }
            let name = row.field(columns["delivery_note"])
            guard !name.isEmpty, name.count <= 64 else { throw Fault(reason: "a delivery note has 1 to 64 characters") }
            let code = try article(row)
            let count = try Import.whole(row.field(columns["quantity"]), in: 0...quantityLimit, "quantity").get()
            guard count > 0 else {
                return report.remarks.append(.init(line: row.line, reason: "quantity 0 of \(code): left out"))
            }
            let expires = try day(row, "expires")
            let pallet = row.filled(columns["sscc"]).map(Import.sscc)
            if let pallet, !Import.isSSCC(pallet) {
                throw Fault(reason: "\"\(pallet)\" is not an SSCC: 18 digits with a right check digit")
            }
            let serials = row.field(columns["serials"]).split { ", |".contains($0) }.map(String.init)
            guard serials.isEmpty || serials.count == count else {
                throw Fault(reason: "\(serials.count) serial numbers for a quantity of \(count)")
            }
            let place = try begin(name, row)
            let lot = row.filled(columns["lot"])
            try put(
                .init(
                    gtin: code, description: row.field(columns["description"]), quantity: count, lot: lot,
                    expires: expires, serials: serials), into: place)
            if let pallet { load(.init(gtin: code, quantity: count, lot: lot), on: pallet, of: place) }
            report.accepted += 1
        }

        /// A GTIN, or a reference that the catalogue knows: a reference of digits may look like a GTIN with a wrong check digit.
        private func article(_ row: CSV.Row) throws -> String {
            let code = Cell.code(row.field(columns["gtin"]))
            if let gtin = GS1.gtin14(code) { return gtin }
            let references = [row.filled(columns["gtin"]), row.filled(columns["reference"])].compactMap(\.self)
            for reference in references {
                if let gtin = try store.product(reference: reference) { return gtin }
                if let gtin = GS1.gtin14(Cell.code(reference)) { return gtin }
            }
            guard let first = references.first else { throw Fault(reason: "the row names no article") }
            let reason = Import.gtinReason(columns["gtin"] == nil || code.isEmpty ? first : code)
            throw Fault(
                reason: Cell.isSpoilt(first) ? reason : "\(reason), and the catalogue has no such reference")
        }

        private func day(_ row: CSV.Row, _ field: String) throws -> String? {
            guard let text = row.filled(columns[field]) else { return nil }
            guard let day = Cell.day(text) else {
                throw Fault(reason: "\"\(text.prefix(40))\" is not a date such as 2027-03-31 or 31/03/2027")
            }
            return day
        }

        /// The first row of a note says whose it is and when it is expected.
        private mutating func begin(_ name: String, _ row: CSV.Row) throws -> Int {
            if let place = notes[name] { return place }
            if let reason = refused[name] { throw Fault(reason: reason) }
            switch try Import.again(name, in: store) {
            case .refuse(let reason):
                refused[name] = reason
                throw Fault(reason: reason)
            case .replace(let remark):
                if let remark { report.remarks.append(.init(line: row.line, reason: remark)) }
            }
            var expected: String?
            if let text = row.filled(columns["expected"]) {
                expected = Cell.day(text)
                if expected == nil {
                    let reason = "\"\(text.prefix(40))\" is no date on which \(name) could be expected: left out"
                    report.remarks.append(.init(line: row.line, reason: reason))
                }
            }
            deliveries.append(
                Announced(
                    note: name, supplier: row.field(columns["supplier"]), expectedOn: expected,
                    client: row.filled(columns["client"]), dock: row.filled(columns["dock"])))
            notes[name] = deliveries.count - 1
            return deliveries.count - 1
        }

        /// The same article of the same lot adds, as it does in a DESADV.
        private mutating func put(_ line: Announced.Line, into delivery: Int) throws {
            let key = "\(delivery)\u{1F}\(line.gtin)\u{1F}\(line.lot ?? "")\u{1F}\(line.expires ?? "")"
            guard let place = lines[key] else {
                lines[key] = deliveries[delivery].lines.count
                return deliveries[delivery].lines.append(line)
            }
            guard deliveries[delivery].lines[place].quantity + line.quantity <= Import.quantityLimit else {
                throw Fault(reason: "\(line.gtin) is more than \(Import.quantityLimit) altogether")
            }
            deliveries[delivery].lines[place].quantity += line.quantity
            deliveries[delivery].lines[place].serials += line.serials
        }

        private mutating func load(_ content: Reception.Content, on pallet: String, of delivery: Int) {
            let key = "\(delivery)\u{1F}\(pallet)"
            if let place = pallets[key] {
                deliveries[delivery].units[place].contents.append(content)
            } else {
                pallets[key] = deliveries[delivery].units.count
                deliveries[delivery].units.append(.init(sscc: pallet, contents: [content]))
            }
        }
    }

    /// Some write the application identifier with it, in brackets or without.
    static func sscc(_ text: String) -> String {
        let digits = text.filter { $0.isASCII && $0.isNumber }
        let isMarked = text.allSatisfy { $0.isNumber || " ()".contains($0) }
        return isMarked && digits.count == 20 && digits.hasPrefix("00") ? String(digits.dropFirst(2)) : Cell.code(text)
    }
}
