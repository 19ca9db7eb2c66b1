import SQLite

/// What papers say beside their lines, and how tables are read.
public struct PaperTable: StoreTable {
    let store: Store

    /// Adds lines to a delivery that is announced or being received. False when it is closed, or when these very lines of this
    /// paper were added before: an import that was cut short is repeated whole.
    func extend(_ announced: Announced, by author: Author, at now: Int64) throws -> Bool {
        let all = try store.deliveries.known(note: announced.note, of: announced.supplier, source: "file")
        guard let known = all.first, known.status != "closed" else { return false }
        guard try remember(paper: announced, delivery: known.id) else { return false }
        try keep(announced.details, delivery: known.id)
        try store.deliveries.keep(names: announced.names, of: known.id)
        var position =
            try database.integer(
                "SELECT coalesce(max(position), 0) FROM delivery_line WHERE delivery=?", .integer(known.id)) ?? 0
        for line in announced.lines {
            let carton = store.articles.packaging(line.gtin)
            let gtin = carton?.gtin ?? line.gtin
            let quantity = line.quantity.packed(carton?.quantity)
            let changed = try database.run(
                """
                UPDATE delivery_line SET quantity=quantity + ?2 WHERE delivery=?1 AND position=(
                    SELECT position FROM delivery_line WHERE delivery=?1 AND gtin=?3 AND lot IS ?4 AND expires IS ?5 LIMIT 1)
                """, .integer(known.id), .quantity(quantity), .text(gtin), .text(line.lot), .text(line.expires))
            if changed == 0 {
                position += 1
                try database.run(
                    "INSERT INTO delivery_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", .integer(known.id),
                    .integer(position), .text(gtin), .text(line.description), .quantity(quantity), .text(line.lot),
                    .text(line.expires), .text(line.erp), .text(line.erpProduct))
            }
            try describe(gtin, line.description)
            try store.articles.learn(line.measure, of: gtin)
            try enter(serials: line.serials, of: gtin, delivery: known.id)
        }
        try enter(announced.units, delivery: known.id)
        try store.tell(
            Fact(.deliveryExtended, known.id, "\(announced.lines.count) lines of \(announced.note)"), by: author,
            at: now)
        return true
    }

    /// Which lines of which note were entered or added. False when they were before.
    @discardableResult
    func remember(paper: Announced, delivery id: Int64) throws -> Bool {
        try database.run(
            "INSERT OR IGNORE INTO delivery_detail VALUES (?, 'addition', ?, '')", .integer(id),
            .text(paper.fingerprint))
            == 1
    }

    /// What a paper calls an article that nobody else has named.
    func describe(_ gtin: String, _ description: String) throws {
        // Without a GTIN it is found by its reference, whatever the paper calls it.
        if let reference = ArticleCode.reference(of: gtin) {
            try database.run(
                "INSERT OR IGNORE INTO product (gtin, description, reference) VALUES (?, ?, ?)", .text(gtin),
                .text(description), .text(reference))
        }
        guard !description.isEmpty else { return }
        try database.run(
            """
            INSERT INTO product (gtin, description) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET description=?2 WHERE erp IS NULL AND reference IS NULL AND description<>?2
            """, .text(gtin), .text(description))
    }

    func enter(serials: [String], of gtin: String, delivery id: Int64) throws {
        for serial in serials {
            try database.run(
                "INSERT OR IGNORE INTO delivery_serial VALUES (?, ?, ?)", .integer(id), .text(gtin), .text(serial))
        }
    }

    func enter(_ units: [Announced.Unit], delivery id: Int64) throws {
        for unit in units {
            try database.run(
                "INSERT OR IGNORE INTO delivery_unit VALUES (?, ?, ?)", .integer(id), .text(unit.sscc),
                .text(unit.parent))
            for content in unit.contents {
                let carton = store.articles.packaging(content.gtin)
                try database.run(
                    """
                    INSERT INTO delivery_content VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT DO UPDATE SET quantity=quantity + ?5
                    """, .integer(id), .text(unit.sscc), .text(carton?.gtin ?? content.gtin),
                    .text(content.lot ?? ""), .quantity(content.quantity.packed(carton?.quantity)))
            }
        }
    }

    // MARK: what the paper says beside its lines

    func keep(_ details: [Announced.Detail], delivery id: Int64) throws {
        for detail in details.prefix(Announced.detailLimit) {
            try database.run(
                "INSERT OR IGNORE INTO delivery_detail VALUES (?, ?, ?, ?)", .integer(id), .text(detail.kind.rawValue),
                .text(detail.code), .text(detail.value))
        }
    }

    func forgetDetails(delivery id: Int64) throws {
        try database.run("DELETE FROM delivery_detail WHERE delivery=?", .integer(id))
    }

    /// Parties, dates and references of a delivery's papers.
    func details(delivery id: Int64) throws -> [Announced.Detail] {
        try database.rows(
            "SELECT kind, code, value FROM delivery_detail WHERE delivery=? AND kind<>'addition' ORDER BY kind, code, value",
            .integer(id)
        ) { row in
            Announced.Detail.Kind(rawValue: row.text(0)).map { .init(kind: $0, code: row.text(1), value: row.text(2)) }
        }.compactMap(\.self)
    }

    // MARK: columns that a person named

    /// Field to heading, for tables of that kind with these headings; empty where nobody has said anything.
    func columnMap(_ kind: String, headings: String) throws -> [String: String] {
        let pairs = try database.rows(
            "SELECT field, heading FROM import_map WHERE kind=? AND headings=?", .text(kind), .text(headings)
        ) { ($0.text(0), $0.text(1)) }
        return Dictionary(pairs) { first, _ in first }
    }

    /// How a person said that the text of tables of that kind with these headings is read; nil where nobody has.
    func reading(_ kind: String, headings: String) throws -> TableReading? {
        try database.rows(
            "SELECT separator, encoding, decimal FROM import_reading WHERE kind=? AND headings=?", .text(kind),
            .text(headings)
        ) { row in
            TableReading(
                separator: row.optionalText(0).flatMap(TableReading.Separator.init(rawValue:)),
                encoding: row.optionalText(1).flatMap(TableReading.Encoding.init(rawValue:)),
                decimal: row.optionalText(2).flatMap(TableReading.DecimalSign.init(rawValue:)))
        }.first
    }

    /// The readings that were said longest ago make room: `ReadingMemory.limit`.
    private func remember(_ memory: ReadingMemory, _ kind: String) throws {
        try database.run(
            "DELETE FROM import_reading WHERE kind=? AND headings=?", .text(kind), .text(memory.headings))
        let reading = memory.reading
        guard reading != TableReading() else { return }
        try database.run(
            "INSERT INTO import_reading (kind, headings, separator, encoding, decimal) VALUES (?, ?, ?, ?, ?)",
            .text(kind), .text(memory.headings), .text(reading.separator?.rawValue), .text(reading.encoding?.rawValue),
            .text(reading.decimal?.rawValue))
        try database.run(
            "DELETE FROM import_reading WHERE id <= (SELECT max(id) FROM import_reading) - ?",
            .integer(ReadingMemory.limit))
    }

    func remember(_ memory: ColumnMemory) throws {
        if let reading = memory.reading { try remember(reading, memory.kind) }
        guard !memory.map.isEmpty else { return }
        try database.run(
            "DELETE FROM import_map WHERE kind=? AND headings=?", .text(memory.kind), .text(memory.headings))
        guard memory.map.values.contains(where: { !$0.isEmpty }) else { return }
        for (field, heading) in memory.map {
            try database.run(
                "INSERT INTO import_map VALUES (?, ?, ?, ?)", .text(memory.kind), .text(memory.headings), .text(field),
                .text(heading))
        }
    }
}

/// Which column is which in tables of one kind with the same headings, as a person said.
struct ColumnMemory: Equatable, Sendable {
    var kind: String
    /// As `CSV.signature` has them.
    var headings: String
    /// Empty: nobody said anything of the columns now, and what was said before stays.
    var map: [String: String]
    var reading: ReadingMemory?
}

/// How the text of tables with the same headings is read, as a person said; a reading that says nothing is forgotten.
struct ReadingMemory: Equatable, Sendable {
    /// Kinds of files that are remembered.
    static let limit: Int64 = 1000

    /// As `CSV.signature` has them where nobody says how the table is read.
    var headings: String
    var reading: TableReading
}

extension Schema {
    /// What the paper of a delivery says beside its lines, and which additions it had; columns that a person named.
    static let papers = """
        CREATE TABLE delivery_detail (
            delivery INTEGER NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (delivery, kind, code, value)) WITHOUT ROWID;
        CREATE TABLE import_map (
            kind TEXT NOT NULL, headings TEXT NOT NULL, field TEXT NOT NULL, heading TEXT NOT NULL,
            PRIMARY KEY (kind, headings, field)) WITHOUT ROWID;
        """

    /// How a person said that the text of such tables is read.
    static let importReading = """
        CREATE TABLE import_reading (
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, headings TEXT NOT NULL, separator TEXT, encoding TEXT, decimal TEXT,
            UNIQUE (kind, headings));
        """
}
