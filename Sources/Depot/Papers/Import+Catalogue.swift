import Identifiers

extension Import {
    /// Products: GTIN, description; perhaps reference, supplier, unit, tracking, minimum, carton's GTIN and quantity.
    public static func products(_ csv: CSV, into store: Store, dryRun: Bool) throws -> ImportReport {
        try check(products: csv).finish(into: store, dryRun: dryRun, by: "import", now: 0)
    }

    /// `store` has what was said of such columns before.
    public static func check(products csv: CSV, options: Options = Options(), in store: Store? = nil) throws
        -> CheckedImport
    {
        let table = try Table(csv, "products", options, in: store)
        try table.require(["gtin", "description"])
        let columns = table.columns
        var report = table.report
        var products: [ProductView] = []
        var seen: Set<String> = []
        for row in table.csv.rows {
            guard row.filled(columns["gtin"]) != nil || !row.isTotal else {
                report.remarks.append(.init(line: row.line, reason: "a total is left out"))
                continue
            }
            do throws(Fault) {
                let product = try product(row, columns)
                guard seen.insert(product.gtin).inserted else {
                    throw Fault(reason: "GTIN \(product.gtin) stands twice")
                }
                products.append(product)
            } catch { report.refused.append(.init(line: row.line, reason: error.reason)) }
        }
        (report.accepted, report.products) = (products.count, products.count)
        return CheckedImport(report, products.map { .product($0) }, memory: table.memory)
    }

    private static func product(_ row: CSV.Row, _ columns: Columns) throws(Fault) -> ProductView {
        if let problem = row.problem { throw Fault(reason: problem) }
        let gtin = try gtin(row.field(columns["gtin"]))
        var product = ProductView(
            gtin: gtin, description: row.field(columns["description"]), reference: row.filled(columns["reference"]),
            supplier: row.filled(columns["supplier"]), unit: row.filled(columns["unit"]))
        if let text = row.filled(columns["tracking"]) {
            guard ["none", "lot", "serial"].contains(text.lowercased()) else {
                throw Fault(reason: "tracking \"\(text)\" is none of none, lot, serial")
            }
            product.tracking = text.lowercased()
        }
        if let text = row.filled(columns["minimum"]) {
            product.minimum = try whole(text, in: 0...quantityLimit, "minimum").get()
        }
        if let text = row.filled(columns["carton_gtin"]) {
            let outer = try self.gtin(text)
            guard case .whole(let count) = Cell.number(row.field(columns["carton_quantity"])),
                (1...quantityLimit).contains(count), outer != gtin
            else {
                throw Fault(reason: "the carton \(text) does not say how many pieces it holds, or is the piece itself")
            }
            product.cartons = [.init(gtin: outer, quantity: count)]
        }
        return product
    }

    private static func gtin(_ text: String) throws(Fault) -> String {
        guard let gtin = GS1.gtin14(Cell.code(text)) else { throw Fault(reason: gtinReason(text)) }
        return gtin
    }

    /// What tags that are not GS1 stand for: tag (hex) or text, GTIN; perhaps serial number, lot.
    public static func tags(_ csv: CSV, into store: Store, dryRun: Bool, by who: String, now: Int64) throws
        -> ImportReport
    {
        try check(tags: csv).finish(into: store, dryRun: dryRun, by: who, now: now)
    }

    public static func check(tags csv: CSV, options: Options = Options(), in store: Store? = nil) throws
        -> CheckedImport
    {
        let table = try Table(csv, "tags", options, in: store)
        try table.require(["tag", "gtin"])
        let columns = table.columns
        var report = table.report
        var labels: [(subject: String, label: Label)] = []
        var articles: [String: String] = [:]
        for row in table.csv.rows {
            do throws(Fault) {
                if let problem = row.problem { throw Fault(reason: problem) }
                let subject = try subject(row.field(columns["tag"]))
                let gtin = try gtin(row.field(columns["gtin"]))
                if let other = articles.updateValue(gtin, forKey: subject), other != gtin {
                    articles[subject] = other
                    throw Fault(reason: "the tag is \(other) above, and \(gtin) here")
                }
                labels.append(
                    (
                        subject,
                        Label(gtin: gtin, serial: row.filled(columns["serial"]), lot: row.filled(columns["lot"]))
                    ))
            } catch { report.refused.append(.init(line: row.line, reason: error.reason)) }
        }
        (report.accepted, report.tags) = (labels.count, labels.count)
        return CheckedImport(report, labels.map { .label($0.label, subject: $0.subject) }, memory: table.memory)
    }

    /// A tag as readers give it: hex digits, however they were grouped and marked; else the text of a label.
    private static func subject(_ text: String) throws(Fault) -> String {
        guard !text.isEmpty, text.count <= 256 else { throw Fault(reason: "a tag has 1 to 256 characters") }
        guard !Cell.isSpoilt(text) else { throw Fault(reason: Cell.spoilt(text)) }
        var hex = text.uppercased().filter { !" -:.\u{A0}\u{202F}".contains($0) }
        if hex.hasPrefix("0X") || hex.hasPrefix("H'") { hex = String(hex.dropFirst(2)) }
        let isHex = hex.count >= 8 && hex.count % 2 == 0 && hex.allSatisfy { $0.isASCII && $0.isHexDigit }
        if isHex { return "tag:\(hex)" }
        guard !text.uppercased().hasPrefix("0X") else {
            throw Fault(reason: "\"\(text.prefix(40))\" is no tag: pairs of hex digits are, four at least")
        }
        return "text:\(text)"
    }
}
