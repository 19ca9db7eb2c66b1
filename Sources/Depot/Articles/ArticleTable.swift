import Identifiers
public import Model
import SQLite

/// A product as the catalogue has it.
public struct ProductView: Equatable, Sendable {
    public struct Carton: Equatable, Sendable {
        public var gtin: String
        public var quantity: Quantity

        public init(gtin: String, quantity: Quantity) { (self.gtin, self.quantity) = (gtin, quantity) }

        static let shape = Shape<Carton>("Carton", [.text("gtin", \.gtin), .quantity("quantity", \.quantity)])
    }

    public var gtin: String
    public var description: String
    public var reference: String?
    public var supplier: String?
    public var unit: String?
    /// none, lot, serial
    public var tracking = "none"
    /// Below this many in all zones it is short.
    public var minimum: Quantity?
    /// The ERP's product.
    public var erp: String?
    public var cartons: [Carton] = []
    /// Other codes by which it is found: of suppliers, of the ERP, in-house.
    public var codes: [String] = []

    public init(
        gtin: String, description: String, reference: String? = nil, supplier: String? = nil, unit: String? = nil,
        tracking: String = "none", minimum: Quantity? = nil, erp: String? = nil, cartons: [Carton] = []
    ) {
        (self.gtin, self.description, self.reference, self.supplier) = (gtin, description, reference, supplier)
        (self.unit, self.tracking, self.minimum, self.erp, self.cartons) = (unit, tracking, minimum, erp, cartons)
    }

    public static let shape = Shape<ProductView>(
        "Product",
        [
            .text("gtin", \.gtin), .text("description", \.description), .text("reference", ifAny: \.reference),
            .text("supplier", ifAny: \.supplier), .text("unit", ifAny: \.unit), .text("tracking", \.tracking),
            .quantity("minimum", ifAny: \.minimum), .text("erp", ifAny: \.erp),
            .some("cartons", of: Carton.shape, \.cartons), .someTexts("codes", \.codes),
        ])

    public var json: JSON { ProductView.shape.json(self) }
}

/// Articles with their codes and packagings, and labels of tags.
public struct ArticleTable: StoreTable {
    let store: Store

    func packaging(_ gtin: String) -> (gtin: String, quantity: Quantity)? {
        (try? database.first("SELECT product, quantity FROM packaging WHERE gtin=?", .text(gtin)) {
            ($0.text(0), $0.quantity(1))
        }) ?? nil
    }

    /// Adds a product or renews what is said of it; nil fields leave what is known.
    public func save(_ product: ProductView) throws {
        try database.run(ArticleTable.savingOne, arguments: ArticleTable.fields(product))
        try saveCodes(of: product)
    }

    /// Of one statement: more gain nothing.
    private static let together = 100

    /// The same of many, each of them once. A statement by which triggers are called opens a savepoint of its own, and with each the index for
    /// searching writes what it has gathered (https://www.sqlite.org/vtab.html#the_xsavepoint_xrelease_and_xrollbackto_methods): one by one,
    /// each product is a part of the index that has to be joined with the others, three times the time.
    public func save(_ products: [ProductView]) throws {
        var rest = products[...]
        while database.engine == nil, rest.count >= ArticleTable.together {
            let part = rest.prefix(ArticleTable.together)
            rest = rest.dropFirst(part.count)
            try database.run(ArticleTable.savingMany, arguments: part.flatMap(ArticleTable.fields))
            for product in part { try saveCodes(of: product) }
        }
        for product in rest { try save(product) }
    }

    private static let savingOne = saving(1)
    private static let savingMany = saving(together)

    private static func saving(_ count: Int) -> String {
        """
        INSERT INTO product (gtin, description, reference, supplier, unit, tracking, minimum, erp)
        VALUES \(repeatElement("(?, ?, ?, ?, ?, ?, ?, ?)", count: count).joined(separator: ", "))
        ON CONFLICT (gtin) DO UPDATE SET
            description=CASE WHEN excluded.description='' THEN product.description ELSE excluded.description END,
            reference=coalesce(excluded.reference, product.reference), supplier=coalesce(excluded.supplier, product.supplier),
            unit=coalesce(excluded.unit, product.unit),
            tracking=CASE WHEN excluded.tracking='none' AND excluded.erp IS NULL THEN product.tracking ELSE excluded.tracking END,
            minimum=coalesce(excluded.minimum, product.minimum), erp=coalesce(excluded.erp, product.erp)
        """
    }

    private static func fields(_ product: ProductView) -> [Value] {
        [
            .text(product.gtin), .text(product.description), .text(product.reference), .text(product.supplier),
            .text(product.unit.flatMap { Measure($0)?.code }), .text(product.tracking), .quantity(product.minimum),
            .text(product.erp),
        ]
    }

    private func saveCodes(of product: ProductView) throws {
        for carton in product.cartons where carton.gtin != product.gtin {
            try database.run(
                "INSERT INTO packaging VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET product=?2, quantity=?3",
                .text(carton.gtin), .text(product.gtin), .quantity(carton.quantity))
        }
        for code in product.codes { try add(code: code, to: product.gtin) }
    }

    /// The GTIN that a code is, where it is one.
    func packageGTIN(_ code: String) -> String? { code.utf8.count > 8 ? GS1.gtin14(code) : nil }

    /// One more code of a product. Another GTIN is a packaging of one.
    public func add(code: String, to gtin: String) throws {
        if let other = packageGTIN(code) {
            guard other != gtin else { return }
            try database.run("INSERT OR IGNORE INTO packaging VALUES (?, ?, 1000)", .text(other), .text(gtin))
            return
        }
        let folded = ArticleTable.folded(reference: code)
        guard folded.utf8.count >= 2 else { return }
        try database.run(
            "INSERT INTO product_code VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET code=?3", .text(folded),
            .text(gtin),
            .text(code))
    }

    public func remove(code: String, of gtin: String) throws {
        try database.run(
            "DELETE FROM product_code WHERE folded=? AND gtin=?", .text(ArticleTable.folded(reference: code)),
            .text(gtin))
    }

    public func product(_ gtin: String) throws -> ProductView? {
        guard
            var view = try database.first(
                "SELECT gtin, description, reference, supplier, unit, tracking, minimum, erp FROM product WHERE gtin=?",
                .text(gtin),
                map: { row in
                    ProductView(
                        gtin: row.text(0), description: row.text(1), reference: row.optionalText(2),
                        supplier: row.optionalText(3), unit: row.optionalText(4).flatMap { Measure($0)?.code },
                        tracking: row.text(5),
                        minimum: row.optionalQuantity(6), erp: row.optionalText(7))
                })
        else { return nil }
        view.cartons = try database.rows(
            "SELECT gtin, quantity FROM packaging WHERE product=? ORDER BY quantity", .text(gtin)
        ) { ProductView.Carton(gtin: $0.text(0), quantity: $0.quantity(1)) }
        view.codes = try database.rows("SELECT code FROM product_code WHERE gtin=? ORDER BY code", .text(gtin)) {
            $0.text(0)
        }
        return view
    }

    /// Products with what is in stock of each, by name, from `offset` on.
    public func products(offset: Int, limit: Int) throws -> [JSON] {
        try database.rows(
            """
            SELECT product.gtin, description, reference, minimum,
                (SELECT coalesce(sum(quantity), 0) FROM stock WHERE stock.gtin=product.gtin), unit
            FROM product ORDER BY description, product.gtin LIMIT ? OFFSET ?
            """, .integer(limit), .integer(offset)
        ) { ArticleTable.stocked.json($0) }
    }

    private static let stocked = Shape<SQLite.Row>(
        "StockedProduct",
        [
            .text("gtin") { $0.text(0) }, .text("description") { $0.text(1) },
            .text("reference", ifAny: { $0.optionalText(2) }), .quantity("minimum", ifAny: { $0.optionalQuantity(3) }),
            .quantity("quantity") { $0.quantity(4) }, .unit("unit") { Measure(catalogue: $0.optionalText(5)) },
        ])

    public static let stockedSchema = stocked.schema

    /// The product with this reference, or another of its codes: as it is written, else without regard to case, spaces, hyphens, dots and slashes. Two
    /// suppliers may use the same: then the one that an open delivery expects, or none. Our own code of an article, as its label has it, is one
    /// of its codes.
    func product(reference: String) throws -> String? {
        if ArticleCode.isOwn(reference),
            let own = try database.text("SELECT gtin FROM product WHERE gtin=?", .text(reference))
        {
            return own
        }
        let folded = ArticleTable.folded(reference: reference)
        let exact = try only(
            """
            SELECT gtin FROM product WHERE reference=?1
            UNION SELECT gtin FROM product_code WHERE folded=?2 AND code=?1 LIMIT 3
            """, reference, folded)
        guard exact.isEmpty, folded.utf8.count >= 2 else { return exact.gtin }
        return try only(
            """
            SELECT gtin FROM product WHERE reference IS NOT NULL AND \(Schema.foldedReference)=?1
            UNION SELECT gtin FROM product_code WHERE folded=?1 LIMIT 3
            """, folded
        ).gtin
    }

    private func only(_ sql: String, _ texts: String...) throws -> (isEmpty: Bool, gtin: String?) {
        var found = try database.rows(sql, arguments: texts.map { .text($0) }) { $0.text(0) }
        guard found.count > 1 else { return (found.isEmpty, found.first) }
        let awaited = try found.filter {
            try database.integer(
                """
                SELECT 1 FROM delivery_line JOIN delivery ON delivery.id=delivery WHERE gtin=? AND status='open' LIMIT 1
                """, .text($0)) != nil
        }
        if awaited.count == 1 { return (false, awaited[0]) }
        // What a paper named before the catalogue did is no other article than the one that has this reference since.
        try found.removeAll {
            try ArticleCode.isOwn($0)
                && database.integer("SELECT 1 FROM product WHERE gtin=? AND erp IS NULL", .text($0)) != nil
        }
        return (false, found.count == 1 ? found[0] : nil)
    }

    static func folded(reference: String) -> String {
        String(
            decoding: reference.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case 0x20, 0x2D, 0x2E, 0x2F, 0x5F: nil
                case 0x61...0x7A: byte - 0x20
                default: byte
                }
            }, as: UTF8.self)
    }

    public func count(of table: CountedTable) throws -> Int64 {
        try database.integer("SELECT count(*) FROM \(table.rawValue)") ?? 0
    }

    public enum CountedTable: String, Sendable { case product, party, delivery, label, movement }

    /// What a person said that a tag or text is, outside any delivery.
    public func save(_ label: Label, subject: String, by author: Author, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO label VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO UPDATE SET gtin=?2, serial=?3, lot=?4, who=?5, at=?6
            """, .text(subject), .text(label.gtin), .text(label.serial), .text(label.lot), .text(author.who),
            .integer(now))
    }
}

/// The catalogue as the database has it.
struct StoredCatalogue: Catalogue {
    /// Packagings that were asked for since it was last forgotten: a batch of tags is of few articles.
    final class Memory {
        var packagings: [String: (gtin: String, quantity: Quantity)?] = [:]
    }

    let store: Store
    /// Nil: it is asked each time.
    var memory: Memory?

    func forget() { memory?.packagings.removeAll(keepingCapacity: true) }

    func packaging(_ gtin: String) -> (gtin: String, quantity: Quantity)? {
        guard let memory else { return store.articles.packaging(gtin) }
        if let known = memory.packagings[gtin] { return known }
        let packaging = store.articles.packaging(gtin)
        memory.packagings[gtin] = .some(packaging)
        return packaging
    }

    func label(_ subject: String) -> Label? {
        (try? store.database.first("SELECT gtin, serial, lot FROM label WHERE subject=?", .text(subject)) {
            Label(gtin: $0.text(0), serial: $0.optionalText(1), lot: $0.optionalText(2))
        }) ?? nil
    }

    func measure(_ gtin: String) -> Measure { (try? store.articles.measure(of: gtin)) ?? .piece }

    func product(reference: String) -> String? { (try? store.articles.product(reference: reference)) ?? nil }

    func knows(_ gtin: String) -> Bool {
        let found = try? store.database.integer(
            """
            SELECT 1 FROM product WHERE gtin=?1 UNION ALL SELECT 1 FROM packaging WHERE gtin=?1
            UNION ALL SELECT 1 FROM delivery_line WHERE gtin=?1 LIMIT 1
            """, .text(gtin))
        return (found ?? nil) != nil
    }
}
