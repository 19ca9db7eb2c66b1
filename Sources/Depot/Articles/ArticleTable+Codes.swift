import Model
import SQLite

/// Articles of the ERP, with and without a GTIN.
extension ArticleTable {
    /// What an article of the ERP is called here. Once it has a code of our own it keeps that, whatever becomes of its reference, and
    /// also when it is given a GTIN: that counts on it like a package of one.
    public func code(erp id: String, gtin: String?, reference: String?) throws -> String {
        if let own = try ownCode(erp: id) { return own }
        if let gtin { return gtin }
        // Its barcode was taken away there: it is still the same article.
        if let known = try database.text("SELECT gtin FROM product WHERE erp=? ORDER BY gtin LIMIT 1", .text(id)) {
            return known
        }
        if let reference, let code = ArticleCode(reference: reference)?.text {
            let owner = try database.first("SELECT erp FROM product WHERE gtin=?", .text(code)) { $0.optionalText(0) }
            // Nobody's yet, a paper's, or its own; two articles of the ERP may have one reference.
            if owner == nil || owner == .some(nil) || owner == .some(id) { return code }
        }
        return ArticleCode(erp: id).text
    }

    func ownCode(erp id: String) throws -> String? {
        try database.text("SELECT gtin FROM product WHERE erp=? AND gtin LIKE '#%' LIMIT 1", .text(id))
    }

    /// What an article is called that a paper names by reference alone. Nil where the catalogue has articles with this reference or code, so
    /// that one of them is meant, and for what may be a GTIN with a wrong digit or was spoilt by a spreadsheet.
    func ownCode(paper reference: String) throws -> String? {
        let folded = ArticleTable.folded(reference: reference)
        let isNumber = folded.allSatisfy { $0.isASCII && $0.isNumber }
        guard folded.count >= 2, !(isNumber && [8, 12, 13, 14].contains(folded.count)), !Cell.isSpoilt(reference),
            !Cell.isNothing(reference), let code = ArticleCode(reference: reference)
        else { return nil }
        let isTaken = try database.integer(
            """
            SELECT 1 FROM product WHERE reference IS NOT NULL AND \(Schema.foldedReference)=?1
            UNION ALL SELECT 1 FROM product_code WHERE folded=?1 LIMIT 1
            """, .text(folded))
        return isTaken == nil ? code.text : nil
    }

    /// A product as the ERP has it; its `gtin` is not looked at.
    public func take(_ product: ProductView, erp id: String, gtins: [String]) throws {
        var product = product
        product.erp = id
        let own = try ownCode(erp: id)
        guard own != nil || gtins.isEmpty else {
            for gtin in gtins {
                product.gtin = gtin
                try save(product)
            }
            return
        }
        product.gtin = try own ?? code(erp: id, gtin: nil, reference: product.reference)
        product.cartons += gtins.map { .init(gtin: $0, quantity: 1) }
        try save(product)
    }

    /// What a line of the ERP's receipt is of. An article without a GTIN may come with its receipt, before the catalogue does.
    public func lineCode(
        erp id: String, gtin: String?, reference: String?, codes: [String], description: String, tracking: String
    ) throws -> String {
        let code = try code(erp: id, gtin: gtin, reference: reference)
        guard ArticleCode.isOwn(code) else { return code }
        // A receipt may call it otherwise than the catalogue does.
        let isNamed = try database.text("SELECT description FROM product WHERE gtin=?", .text(code))?.isEmpty == false
        var product = ProductView(
            gtin: code, description: isNamed ? "" : description, reference: reference, tracking: tracking, erp: id)
        product.codes = codes
        try save(product)
        return code
    }

    /// A GTIN is an article's wherever it comes from; a code of ours only where the catalogue has it.
    func checkKnown(_ code: String?) throws {
        guard let code, ArticleCode.isOwn(code), try product(code) == nil else { return }
        throw DecisionError.malformed("the catalogue has no article \(code.prefix(70))")
    }
}
