import Identifiers
import Model

extension Import {
    /// Products: GTIN (or, without one, a reference), description; perhaps reference, supplier, unit, tracking, minimum, carton's GTIN and quantity.
    public static func products(_ csv: CSV, into store: Store, dryRun: Bool) throws -> ImportReport {
        try check(products: csv).finish(into: store, dryRun: dryRun, by: "import", now: 0)
    }

    /// `store` has what was said of such columns before.
    public static func check(products csv: CSV, options: Options = Options(), in store: Store? = nil) throws
        -> CheckedImport
    {
        let table = try Table(csv, "products", options, in: store)
        try table.require(
            (table.columns["gtin"] == nil && table.columns["reference"] == nil ? ["gtin"] : []) + ["description"])
        let columns = table.columns
        var report = table.report
        var products: [ProductView] = []
        var seen: Set<String> = []
        for row in table.csv.rows {
            guard row.filled(columns["gtin"]) != nil || row.filled(columns["reference"]) != nil || !row.isTotal else {
                report.remarks.append(.init(line: row.line, reason: "a total is left out"))
                continue
            }
            do throws(Fault) {
                let product = try product(row, columns, decimal: table.decimal, in: store)
                guard seen.insert(product.gtin).inserted else {
                    throw Fault(reason: "GTIN \(product.gtin) stands twice")
                }
                products.append(product)
            } catch { report.refused.append(.init(line: row.line, reason: error.reason)) }
        }
        (report.accepted, report.products) = (products.count, products.count)
        return CheckedImport(report, products.map { .product($0) }, memory: table.memory)
    }

    private static func product(
        _ row: CSV.Row, _ columns: Columns, decimal: TableReading.DecimalSign?, in store: Store?
    ) throws(Fault) -> ProductView {
        if let problem = row.problem { throw Fault(reason: problem) }
        let gtin = try code(row, columns, in: store)
        var product = ProductView(
            gtin: gtin, description: row.field(columns["description"]), reference: row.given(columns["reference"]),
            supplier: row.given(columns["supplier"]), unit: row.given(columns["unit"]))
        if let text = row.given(columns["tracking"]) {
            guard ["none", "lot", "serial"].contains(text.lowercased()) else {
                throw Fault(reason: "tracking \"\(text)\" is none of none, lot, serial")
            }
            product.tracking = text.lowercased()
        }
        let unit = product.unit.map { Measure(catalogue: $0) } ?? (try? store?.articles.measure(of: gtin)) ?? .piece
        if let objection = try? store?.articles.objection(to: unit, of: gtin) { throw Fault(reason: objection) }
        if let text = row.given(columns["minimum"]) {
            let (minimum, measure) = try amount(text, in: 0...quantityLimit, "minimum", decimal: decimal).get()
            guard measure == nil || measure == unit, minimum.isWhole || unit.isDivisible else {
                throw Fault(
                    reason:
                        "minimum \"\(text.prefix(40))\": the article is counted in \(unit.phrase(or: "whole pieces"))"
                )
            }
            product.minimum = minimum
        }
        if let text = row.given(columns["carton_gtin"]) {
            let outer = try self.gtin(text)
            let content = Cell.amount(row.field(columns["carton_quantity"]), decimal: decimal)
            guard case .of(let count, let measure) = content,
                count > 0, count <= quantityLimit, outer != gtin, measure == nil || measure == unit,
                count.isWhole || unit.isDivisible
            else {
                throw Fault(
                    reason:
                        "the carton \(text) does not say how many \(unit.phrase(or: "pieces")) it holds, or is the piece itself"
                )
            }
            product.cartons = [.init(gtin: outer, quantity: count)]
        }
        return product
    }

    /// Its GTIN; without one the article that has its reference, or a new one.
    private static func code(_ row: CSV.Row, _ columns: Columns, in store: Store?) throws(Fault) -> String {
        let text = row.given(columns["gtin"]) ?? ""
        guard text.isEmpty, let reference = row.given(columns["reference"]), !Cell.isSpoilt(reference),
            let own = ArticleCode(reference: reference)?.text
        else { return try gtin(text) }
        return (try? store?.articles.product(reference: reference)) ?? own
    }

    private static func gtin(_ text: String) throws(Fault) -> String {
        guard let gtin = Cell.gtin(text) else { throw Fault(reason: gtinReason(text)) }
        return gtin
    }

    /// Further codes of articles that the catalogue has: GTIN (or a reference that is known), code. A code that is another
    /// article's reference is refused: a scan of it would be both.
    public static func check(codes csv: CSV, options: Options = Options(), in store: Store) throws -> CheckedImport {
        let table = try Table(csv, "codes", options, in: store)
        try table.require(["gtin", "code"])
        let columns = table.columns
        var report = table.report
        var codes: [String: String] = [:]
        for row in table.csv.rows {
            do {
                if let problem = row.problem { throw Fault(reason: problem) }
                let article = row.field(columns["gtin"])
                guard let gtin = try Cell.gtin(article) ?? store.articles.product(reference: article) else {
                    throw Fault(reason: "\(gtinReason(article)), and the catalogue has no such reference")
                }
                guard try store.articles.product(gtin) != nil else {
                    throw Fault(reason: "the catalogue has no GTIN \(gtin): import the product first")
                }
                let code = row.field(columns["code"])
                guard !Cell.isSpoilt(code) else { throw Fault(reason: Cell.spoilt(code)) }
                guard (2...64).contains(code.count) else { throw Fault(reason: "a code has 2 to 64 characters") }
                if let other = try store.articles.product(reference: code), other != gtin {
                    throw Fault(reason: "\(code) is a code of GTIN \(other) already")
                }
                if let other = codes[code], other != gtin {
                    throw Fault(reason: "\(code) is a code of GTIN \(other) above")
                }
                codes[code] = gtin
            } catch let fault as Fault { report.refused.append(.init(line: row.line, reason: fault.reason)) }
        }
        (report.accepted, report.products) = (codes.count, Set(codes.values).count)
        let rows = codes.sorted { $0.key < $1.key }.map { CheckedImport.Row.code($0.key, gtin: $0.value) }
        return CheckedImport(report, rows, memory: table.memory)
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
                let text = row.field(columns["gtin"])
                let known = (try? store?.articles.product(reference: text)) ?? nil
                let gtin: String
                if let found = Cell.gtin(text) ?? known { gtin = found } else { gtin = try Import.gtin(text) }
                if let other = articles.updateValue(gtin, forKey: subject), other != gtin {
                    articles[subject] = other
                    throw Fault(reason: "the tag is \(other) above, and \(gtin) here")
                }
                labels.append(
                    (
                        subject,
                        Label(gtin: gtin, serial: row.given(columns["serial"]), lot: row.given(columns["lot"]))
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
        if let mark = ["0X", "H'", "EPC", "#"].first(where: hex.hasPrefix) { hex = String(hex.dropFirst(mark.count)) }
        // `…H` and the quote of H'…'
        if hex.count > 16, let last = hex.last, last == "H" || last == "'" { hex.removeLast() }
        let isHex = hex.count >= 8 && hex.count % 2 == 0 && hex.allSatisfy { $0.isASCII && $0.isHexDigit }
        if isHex { return "tag:\(hex)" }
        // So long a number in hex is a tag's, of which a digit was lost.
        if hex.count >= 15, hex.allSatisfy({ $0.isASCII && $0.isHexDigit }), hex.contains(where: \.isLetter) {
            throw Fault(reason: "\"\(text.prefix(40))\" has an odd number of hex digits: one was lost")
        }
        guard !text.uppercased().hasPrefix("0X") else {
            throw Fault(reason: "\"\(text.prefix(40))\" is no tag: pairs of hex digits are, four at least")
        }
        return "text:\(text)"
    }
}
