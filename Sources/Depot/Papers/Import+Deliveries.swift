import Identifiers
import Model

extension Import {
    /// Expected deliveries as a table: delivery note, supplier, article (GTIN or reference), description, quantity; perhaps unit, day,
    /// client, dock, lot, expiry, serial numbers, pallet.
    public static func deliveries(_ csv: CSV, into store: Store, dryRun: Bool, now: Int64) throws -> ImportReport {
        try check(deliveries: csv, in: store).finish(into: store, dryRun: dryRun, by: "file", now: now)
    }

    static func check(deliveries csv: CSV, options: Options = Options(), in store: Store) throws -> CheckedImport {
        let table = try Table(csv, "deliveries", options, days: ["expected", "expires"], in: store)
        try table.require(
            (options.note == nil ? ["delivery_note"] : [])
                + (table.columns["gtin"] == nil && table.columns["reference"] == nil ? ["gtin"] : []) + ["quantity"])
        var deliveries = DeliveryTable(table, options, store)
        for row in table.csv.rows { try deliveries.take(row) }
        return deliveries.checked
    }

    /// Deliveries as they come together, row by row.
    private struct DeliveryTable {
        private let table: Table
        private let columns: Columns
        private let options: Options
        private let store: Store
        private let units: PaperUnits
        private var report: ImportReport
        private var deliveries: [Announced] = []
        private var additions: Set<Int> = []
        /// Where a note of each supplier, a line of it and a pallet of it are.
        private var notes: [String: [Int]] = [:]
        private var lines: [String: Int] = [:]
        private var pallets: [String: Int] = [:]
        /// Every note stands on one row alone, as programs export parents with their lines, or there is one note in all.
        private let isMerged: Bool
        private var above: String?
        /// Notes to which rows without one were added.
        private var inheritors: Set<String> = []
        /// Notes that may not be announced any more.
        private var refused: [String: Phrase] = [:]

        init(_ table: Table, _ options: Options, _ store: Store) {
            (self.table, self.options, self.store) = (table, options, store)
            units = PaperUnits { (try? store.articles.counting(of: $0)) ?? ArticleCounting() }
            (columns, report) = (table.columns, table.report)
            let names = table.csv.rows.lazy.compactMap { [columns = table.columns] in
                $0.filled(columns["delivery_note"])
            }
            let distinct = Set(names)
            isMerged = distinct.count == 1 || distinct.count == Array(names).count
        }

        var checked: CheckedImport {
            // A note of which no line is left is no delivery.
            let rows = deliveries.indices.filter { !deliveries[$0].lines.isEmpty }.map {
                CheckedImport.Row.delivery(deliveries[$0], source: "file", isAddition: additions.contains($0))
            }
            var report = report
            report.deliveries = rows.count
            return CheckedImport(report, rows, memory: table.memory)
        }

        /// What stands alone in a cell, or is written once for the rows below it, is the note of the rows without one.
        private var inherited: String? { isMerged ? above : nil }

        mutating func take(_ row: CSV.Row) throws {
            above = row.filled(columns["delivery_note"]) ?? above
            let namesArticle = row.given(columns["gtin"]) != nil || row.given(columns["reference"]) != nil
            guard namesArticle || !row.isTotal else {
                return report.remarks.append(.init(line: row.line, reason: "a total is left out"))
            }
            // A heading or a remark between the rows stands in one cell; more is a row that was cut.
            guard namesArticle || row.problem != nil || row.fields.count(where: { !Cell.text($0).isEmpty }) > 1 else {
                return report.remarks.append(
                    .init(line: row.line, reason: "a row without article and quantity is left out"))
            }
            do { try add(row) } catch let fault as Fault {
                report.refused.append(.init(line: row.line, reason: fault.reason))
            }
        }

        private mutating func add(_ row: CSV.Row) throws {
            if let problem = row.problem { throw Fault(reason: problem) }
            let width = table.csv.header.count
            let extra = row.fields.dropFirst(width)
            guard !table.csv.isText || extra.allSatisfy({ Cell.text($0).isEmpty }) else {
                throw Fault(
                    reason:
                        "\(row.fields.count) fields instead of \(width): is there a separator in a text without quotes?"
                )
            }
            let name = row.filled(columns["delivery_note"]) ?? options.note ?? inherited ?? ""
            guard !name.isEmpty, name.count <= 64 else { throw Fault(reason: "a delivery note has 1 to 64 characters") }
            if row.filled(columns["delivery_note"]) == nil, options.note == nil, inheritors.insert(name).inserted {
                report.remarks.append(
                    .init(line: row.line, reason: "rows without a delivery note are of the one above: \(name)"))
            }
            let code = try article(row)
            let (written, behind) = try Import.amount(
                row.field(columns["quantity"]), in: 0...quantityLimit, "quantity", decimal: table.decimal
            ).get()
            guard written > 0 else {
                return report.remarks.append(.init(line: row.line, reason: "quantity 0 of \(code): left out"))
            }
            let beside = row.given(columns["unit"]).flatMap { Measure($0) }
            if let behind, let beside, behind != beside {
                throw Fault(reason: "the quantity is in \(behind), and the unit beside it is \(beside)")
            }
            let (rule, converted) = try units.rule(code, written, in: behind ?? beside).mapError {
                Fault(reason: $0.reason)
            }.get()
            guard let count = rule(written) else { throw Fault(reason: "quantity \(written) cannot be converted") }
            let expires = try table.day(row, "expires", month: true).get()
            let pallet = row.given(columns["sscc"]).map(Import.sscc)
            if let pallet, !Import.isSSCC(pallet) {
                throw Fault(
                    reason: Cell.isSpoilt(pallet)
                        ? Cell.spoilt(pallet) : "\"\(pallet)\" is not an SSCC: 18 digits with a right check digit")
            }
            let serials = (row.given(columns["serials"]) ?? "").split { ", |".contains($0) }.map(String.init)
            guard serials.isEmpty || Quantity(serials.count) == count else {
                throw Fault(reason: "\(serials.count) serial numbers for a quantity of \(count)")
            }
            let place = try begin(name, row)
            let lot = row.given(columns["lot"])
            try put(
                .init(
                    gtin: rule.gtin, description: row.field(columns["description"]), quantity: count,
                    measure: rule.learned, lot: lot, expires: expires, serials: serials), into: place)
            if let converted { report.remarks.append(.init(line: row.line, reason: converted)) }
            if let pallet { load(.init(gtin: rule.gtin, quantity: count, lot: lot), on: pallet, of: place) }
            report.accepted += 1
        }

        /// A GTIN, or a reference that the catalogue knows: a reference of digits may look like a GTIN with a wrong check digit. A
        /// reference alone that nobody knows is that of an article without a GTIN.
        private func article(_ row: CSV.Row) throws -> String {
            let code = Cell.code(row.given(columns["gtin"]) ?? "")
            if let gtin = Cell.gtin(code) { return gtin }
            let references = [row.given(columns["gtin"]), row.given(columns["reference"])].compactMap(\.self)
            for reference in references {
                if let gtin = try store.articles.product(reference: reference) { return gtin }
                if let gtin = Cell.gtin(reference) { return gtin }
            }
            if code.isEmpty, let reference = row.given(columns["reference"]),
                let own = try store.articles.ownCode(paper: reference)
            {
                return own
            }
            guard let first = references.first else { throw Fault(reason: "the row names no article") }
            let reason = Import.gtinReason(columns["gtin"] == nil || code.isEmpty ? first : code)
            throw Fault(
                reason: Cell.isSpoilt(first) ? reason : "\(reason), and the catalogue has no such reference")
        }

        /// The first row of a note says whose it is and when it is expected.
        private mutating func begin(_ name: String, _ row: CSV.Row) throws -> Int {
            let supplier = row.given(columns["supplier"]) ?? options.supplier ?? ""
            // The nearest above, where a row does not say whose it is.
            if let place = notes[name]?.last(where: { Again.isSame(deliveries[$0].supplier, supplier) }) {
                return place
            }
            guard notes[name]?.count ?? 0 < Again.supplierLimit else {
                throw Fault(reason: "the note \(name) has more than \(Again.supplierLimit) suppliers")
            }
            let whose = "\(name)\u{1F}\(supplier)"
            if let reason = refused[whose] { throw Fault(reason: reason) }
            var note = name
            switch try store.deliveries.meant(name, of: supplier, orders: []) {
            case .itself: break
            case .several(let notes):
                refused[whose] = Again.several(name, notes)
                throw Fault(reason: Again.several(name, notes))
            case .other(let known, let by):
                guard !deliveries.contains(where: { $0.note == known && Again.isSame($0.supplier, supplier) }) else {
                    break
                }
                report.remarks.append(.init(line: row.line, reason: Again.meant(name, known, by: by)))
                note = known
            }
            let again = try Again(note, of: supplier, options, in: store)
            if let reason = again.refusal {
                refused[whose] = reason
                throw Fault(reason: reason)
            }
            if let remark = again.remark { report.remarks.append(.init(line: row.line, reason: remark)) }
            var expected: String?
            switch table.day(row, "expected") {
            case .success(let day): expected = day
            case .failure(let fault):
                report.remarks.append(
                    .init(line: row.line, reason: "when \(name) is expected is left out: \(fault.reason)"))
            }
            if again.isAddition { additions.insert(deliveries.count) }
            var announced = Announced(
                note: note, supplier: supplier, expectedOn: expected, client: row.given(columns["client"]),
                dock: row.given(columns["dock"]))
            announced.names = note == name ? [] : [name]
            deliveries.append(announced)
            notes[name, default: []].append(deliveries.count - 1)
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
