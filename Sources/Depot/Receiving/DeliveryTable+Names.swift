import SQLite

/// Further names of deliveries. One of an ERP answers to the receipt's own name, the order's, the supplier's number of it and that of the
/// carrier; one of a paper to what the paper calls itself, where the ERP had announced it under another name.
extension DeliveryTable {
    /// In characters: a shorter text is as likely a piece of goods.
    static let nameLengths = 3...64

    /// As people type it: without regard to case and to the blanks around it.
    static func folded(name: String) -> String { name.trimming(" \t\r\n").uppercased() }

    /// Adds names to a delivery; its note, and what is too short or too long to be scanned, is none.
    func keep(names: [String], of id: Int64) throws {
        guard !names.isEmpty, let note = try database.text("SELECT note FROM delivery WHERE id=?", .integer(id)) else {
            return
        }
        for name in names.prefix(20).map({ $0.trimming(" \t\r\n") })
        where name != note && DeliveryTable.nameLengths.contains(name.count) {
            try database.run(
                "INSERT OR IGNORE INTO delivery_name VALUES (?, ?, ?)", .text(DeliveryTable.folded(name: name)),
                .integer(id), .text(name))
        }
    }

    /// Where it is or was received; nil where it is expected, or there is none.
    public func zone(of id: Int64) throws -> String? {
        try database.text(
            "SELECT coalesce(zone, received_in) FROM delivery WHERE id=? AND coalesce(zone, received_in) IS NOT NULL",
            .integer(id))
    }

    /// What people call a delivery: its note, and who sends it.
    public func title(of id: Int64) throws -> (note: String, supplier: String)? {
        try database.first("SELECT note, supplier FROM delivery WHERE id=?", .integer(id)) { ($0.text(0), $0.text(1)) }
    }

    func names(of id: Int64) throws -> [String] {
        try database.rows("SELECT name FROM delivery_name WHERE delivery=? ORDER BY name", .integer(id)) { $0.text(0) }
    }

    /// Deliveries that are not closed and have this note or name, those with the note first.
    func openable(named text: String) throws -> [Int64] {
        try database.rows(
            """
            SELECT id FROM (
                SELECT id, 0 AS rank FROM delivery WHERE note=?1 AND status<>'closed'
                UNION ALL
                SELECT delivery, 1 FROM delivery_name JOIN delivery ON delivery.id=delivery
                    WHERE folded=?2 AND status<>'closed')
            GROUP BY id ORDER BY min(rank), id LIMIT 10
            """, .text(text), .text(DeliveryTable.folded(name: text))
        ) { $0.integer(0) }
    }

    /// Folded names that a scan at a dock may open a delivery by.
    func openableNames() throws -> Set<String> {
        Set(
            try database.rows(
                """
                SELECT folded FROM delivery CROSS JOIN delivery_name ON delivery=delivery.id
                WHERE status IN ('expected', 'open')
                """
            ) { $0.text(0) })
    }

    /// Whether there is a delivery at all, and one with labelled pallets.
    func holdings() throws -> (deliveries: Bool, units: Bool) {
        try database.rows("SELECT EXISTS (SELECT 1 FROM delivery), EXISTS (SELECT 1 FROM delivery_unit)") {
            ($0.integer(0) == 1, $0.integer(1) == 1)
        }.first ?? (false, false)
    }

    func hasNote(_ text: String) throws -> Bool {
        try database.integer("SELECT 1 FROM delivery WHERE note=? LIMIT 1", .text(text)) != nil
    }

    /// Whether a delivery that is closed has this name.
    func isClosed(named text: String) throws -> Bool {
        try database.integer(
            """
            SELECT 1 FROM delivery_name JOIN delivery ON delivery.id=delivery WHERE folded=? AND status='closed' LIMIT 1
            """, .text(DeliveryTable.folded(name: text))) != nil
    }

    /// A paper's note and orders, and the deliveries that the ERP announced.
    enum Meant: Equatable {
        /// None of them, or its own.
        case itself
        /// This one, by its note here; `known` is what both say.
        case other(note: String, by: String)
        /// One of these notes.
        case several([String])
    }

    /// Which delivery a paper is of that has another note here: by its number, else by the order that it names. Of another supplier's it is
    /// none. An order may come in several deliveries: the first paper of it is that of the receipt.
    func meant(_ note: String, of supplier: String, orders: [String]) throws -> Meant {
        guard try known(note: note, of: supplier, source: "file").isEmpty else { return .itself }
        let named = try heads(openable(named: note)).filter { Again.isSame($0.supplier, supplier) }
        if named.count > 1 { return .several(named.map(\.note)) }
        if let one = named.first { return .other(note: one.note, by: note) }
        for order in orders {
            let ordered = try heads(openable(named: order)).filter {
                Again.isSame($0.supplier, supplier) && $0.source == "erp" && $0.status == "expected"
            }
            if ordered.count == 1 { return .other(note: ordered[0].note, by: order) }
        }
        return .itself
    }

    private struct Head {
        var id: Int64
        var status: String
        var supplier: String
        var source: String
        var note: String
        var erp: String?
        /// It was closed once, and opened again.
        var wasClosed: Bool
    }

    private func heads(_ ids: [Int64]) throws -> [Head] {
        try ids.compactMap { id in
            try database.first(
                """
                SELECT id, status, supplier, source, note, erp,
                    EXISTS (SELECT 1 FROM reopening WHERE reopening.delivery=delivery.id) FROM delivery WHERE id=?
                """, .integer(id)
            ) {
                Head(
                    id: $0.integer(0), status: $0.text(1), supplier: $0.text(2), source: $0.text(3), note: $0.text(4),
                    erp: $0.optionalText(5), wasClosed: $0.bool(6))
            }
        }
    }

    /// The note under which a receipt of the ERP is kept here: that of the delivery which is the receipt, else of a paper that means the same,
    /// by any of its names or by the order it names, else of the receipt that it is the rest of; else a new one. `names`: the receipt's own
    /// first. `open`: the receipts that are open there now.
    public func note(
        ofReceipt remote: String, supplier: String, names: [String], open: Set<String>
    ) throws -> String {
        if let known = try database.text(
            "SELECT note FROM delivery WHERE erp=? ORDER BY id DESC LIMIT 1", .text(remote))
        {
            return known
        }
        var papers: Set<Int64> = []
        for name in names {
            papers.formUnion(try openable(named: name))
            papers.formUnion(
                try database.rows(
                    "SELECT delivery FROM delivery_detail WHERE kind='reference' AND code='order' AND value=? LIMIT 10",
                    .text(name)
                ) { $0.integer(0) })
        }
        // One that another receipt has is that one's, but for one that was done there before anybody began it here.
        let free = try heads(papers.sorted()).filter { head in
            // One that was opened again has had its receipt: a new one is a back-order.
            head.status != "closed" && !head.wasClosed && Again.isSame(head.supplier, supplier)
                && (head.erp.map { head.status == "expected" && !open.contains($0) } ?? true)
        }
        if free.count == 1 { return free[0].note }
        let note = names.dropFirst().first ?? names.first ?? remote
        // A note that another delivery of this supplier had before stays that one's.
        guard try !known(note: note, of: supplier, source: "erp", erp: remote).isEmpty else { return note }
        return "\(note) (\(names.first ?? remote))"
    }
}

extension DeliveryTable {
    /// A receipt of the ERP that means a delivery of which a paper came before: what the paper says stays, with its lots and quantities, and
    /// is told to the receipt's lines. What the receipt has more of is added, as long as nobody has begun.
    func link(_ receipt: Announced, to id: Int64) throws {
        try database.run(
            "UPDATE delivery SET erp=?2, erp_path=coalesce(?3, erp_path), expected=coalesce(expected, ?4) WHERE id=?1",
            .integer(id), .text(receipt.erp), .text(receipt.erpPath), .text(receipt.expectedOn))
        try database.run("UPDATE delivery_line SET erp=NULL WHERE delivery=?", .integer(id))
        var position =
            try database.integer("SELECT coalesce(max(position), 0) FROM delivery_line WHERE delivery=?", .integer(id))
            ?? 0
        let isBegun = try database.text("SELECT status FROM delivery WHERE id=?", .integer(id)) != "expected"
        var known: Set<String> = []
        for line in receipt.lines {
            let carton = store.articles.packaging(line.gtin)
            let gtin = carton?.gtin ?? line.gtin
            // Two lines of one article: the first has what the paper says.
            guard known.insert(gtin).inserted else { continue }
            let changed = try database.run(
                "UPDATE delivery_line SET erp=?3, erp_product=?4 WHERE delivery=?1 AND gtin=?2", .integer(id),
                .text(gtin), .text(line.erp), .text(line.erpProduct))
            guard changed == 0, !isBegun else { continue }
            position += 1
            try database.run(
                "INSERT INTO delivery_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", .integer(id), .integer(position),
                .text(gtin), .text(line.description), .quantity(line.quantity.packed(carton?.quantity)),
                .text(line.lot), .text(line.expires), .text(line.erp), .text(line.erpProduct))
            try store.papers.describe(gtin, line.description)
        }
        try keep(names: receipt.names, of: id)
    }
}

extension Schema {
    static let deliveryNames = """
        CREATE TABLE delivery_name (
            folded TEXT NOT NULL, delivery INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (folded, delivery)) WITHOUT ROWID;
        CREATE INDEX delivery_name_delivery ON delivery_name (delivery);
        CREATE INDEX delivery_detail_order ON delivery_detail (value) WHERE kind='reference' AND code='order';
        -- Numbers of deliveries that are gone are given again.
        CREATE TRIGGER delivery_unnamed AFTER DELETE ON delivery BEGIN
            DELETE FROM delivery_name WHERE delivery=OLD.id;
        END;
        """
}
