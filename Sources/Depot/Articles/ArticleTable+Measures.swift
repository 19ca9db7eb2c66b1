public import Model
import SQLite

/// Quantities as the tables have them: whole thousandths of the article's unit, so that SQL's sums are exact.
extension Value {
    static func quantity(_ value: Quantity) -> Value { .integer(value.thousandths) }
    static func quantity(_ value: Quantity?) -> Value { .integer(value?.thousandths) }
}

extension SQLite.Row {
    func quantity(_ column: Int) -> Quantity { Quantity(thousandths: integer(column)) }
    func optionalQuantity(_ column: Int) -> Quantity? { optionalInteger(column).map(Quantity.init(thousandths:)) }
}

extension Measure {
    /// As answers have it: its code; nothing for pieces.
    var json: JSON? { isPiece ? nil : .string(code) }

    /// Of what the catalogue says; what it says nothing of is counted in pieces.
    init(catalogue text: String?) { self = text.flatMap { Measure($0) } ?? .piece }
}

extension ArticleTable {
    /// What an article is counted in.
    public func measure(of gtin: String) throws -> Measure {
        Measure(catalogue: try database.text("SELECT unit FROM product WHERE gtin=?", .text(gtin)))
    }

    /// What papers have to know of an article, or of a package of one.
    func counting(of gtin: String) throws -> ArticleCounting {
        if let (product, factor) = packaging(gtin) {
            return ArticleCounting(package: .init(gtin: product, holds: factor, measure: try measure(of: product)))
        }
        if let unit = try database.text("SELECT unit FROM product WHERE gtin=?", .text(gtin)) {
            return ArticleCounting(measure: Measure(unit))
        }
        // What has been counted until now was pieces.
        let isCounted = try database.integer("SELECT 1 FROM movement WHERE gtin=? LIMIT 1", .text(gtin)) != nil
        return ArticleCounting(measure: isCounted ? .piece : nil)
    }

    /// Why an article cannot have another unit than somebody named: some of it is in stock, in the old one.
    public func objection(to measure: Measure, of gtin: String) throws -> Phrase? {
        guard let unit = try database.text("SELECT unit FROM product WHERE gtin=?", .text(gtin)),
            let old = Measure(unit), old != measure,
            let sum = try database.integer("SELECT sum(quantity) FROM stock WHERE gtin=?", .text(gtin)), sum != 0
        else { return nil }
        return "\(Quantity(thousandths: sum)) \(old) of \(gtin) are in stock: its unit cannot become \(measure)"
    }

    /// A paper's unit becomes that of an article for which nobody has named one.
    func learn(_ measure: Measure?, of gtin: String) throws {
        guard let measure else { return }
        try database.run(
            "INSERT INTO product (gtin, description, unit) VALUES (?1, '', ?2) ON CONFLICT DO UPDATE SET unit=?2 WHERE unit IS NULL",
            .text(gtin), .text(measure.code))
    }
}

extension Schema {
    /// Quantities in thousandths of the unit.
    static let quantities = """
        UPDATE product SET minimum=minimum*1000 WHERE minimum IS NOT NULL;
        UPDATE packaging SET quantity=quantity*1000;
        UPDATE delivery_line SET quantity=quantity*1000;
        UPDATE delivery_content SET quantity=quantity*1000;
        UPDATE counted SET quantity=quantity*1000, absorbed=absorbed*1000;
        UPDATE decision SET quantity=quantity*1000 WHERE quantity IS NOT NULL;
        UPDATE stray SET quantity=quantity*1000;
        UPDATE stock SET quantity=quantity*1000;
        UPDATE movement SET quantity=quantity*1000;
        UPDATE take_expected SET quantity=quantity*1000;
        UPDATE take_counted SET quantity=quantity*1000;
        UPDATE take_line SET expected=expected*1000, counted=counted*1000, moved=moved*1000, book=book*1000;
        """
}
