import Identifiers
import Model
import SQLite

/// Deliveries: announced, open, closed, and what was decided on them.
public struct DeliveryTable: StoreTable {
    let store: Store

    /// Enters an announced delivery, or replaces one that has not begun. Nil when it has. What a paper said is linked with the ERP's
    /// receipt, not replaced by it.
    @discardableResult
    public func expect(_ announced: Announced, source: String) throws -> Int64? {
        let known = try known(note: announced.note, of: announced.supplier, source: source, erp: announced.erp).first
        if source == "erp", let known, known.isOfPaper {
            try link(announced, to: known.id)
            return known.id
        }
        // Of a rest the whole paper says too much.
        if let known, known.status != "expected" || known.restOf != nil { return nil }
        try database.run(
            """
            INSERT INTO delivery (id, note, supplier, expected, client, status, source, dock, erp, erp_path)
            VALUES (?9, ?1, ?2, ?3, ?4, 'expected', ?5, ?6, ?7, ?8)
            ON CONFLICT (id) DO UPDATE SET supplier=?2, expected=coalesce(?3, expected), client=coalesce(?4, client),
                source=?5, dock=coalesce(?6, dock), erp=coalesce(?7, erp), erp_path=coalesce(?8, erp_path)
            """, .text(announced.note), .text(announced.supplier), .text(announced.expectedOn),
            .text(announced.client), .text(source), .text(announced.dock), .text(announced.erp),
            .text(announced.erpPath), .integer(known?.id))
        let id = known?.id ?? database.lastInsertID
        // The ERP knows no pallets and no serial numbers: what the supplier's message said of them stays. The other way round,
        // a file knows no lines of the ERP.
        let linked = Dictionary(
            try database.rows(
                "SELECT gtin, erp, erp_product FROM delivery_line WHERE delivery=? AND erp IS NOT NULL", .integer(id)
            ) { ($0.text(0), ($0.text(1), $0.optionalText(2))) }
        ) { first, _ in first }
        let lines = announced.lines.map(packed)
        let replaced =
            source == "erp"
            ? ["delivery_line"] : ["delivery_line", "delivery_serial", "delivery_unit", "delivery_content"]
        for table in replaced { try database.run("DELETE FROM \(table) WHERE delivery=?", .integer(id)) }
        for (position, line) in lines.enumerated() {
            try database.run(
                "INSERT INTO delivery_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", .integer(id), .integer(position + 1),
                .text(line.gtin), .text(line.description), .quantity(line.quantity), .text(line.lot),
                .text(line.expires), .text(line.erp ?? linked[line.gtin]?.0),
                .text(line.erpProduct ?? linked[line.gtin]?.1))
            try store.papers.describe(line.gtin, line.description)
            try store.articles.learn(line.measure, of: line.gtin)
            try store.papers.enter(serials: line.serials, of: line.gtin, delivery: id)
        }
        try store.papers.enter(announced.units, delivery: id)
        if known == nil || source != "erp" { try store.papers.forgetDetails(delivery: id) }
        try store.papers.keep(announced.details, delivery: id)
        try keep(names: announced.names, of: id)
        // The same paper is not added to itself.
        if source != "erp" { try store.papers.remember(paper: announced, delivery: id) }
        return id
    }

    /// Those not closed, and those closed since `since`.
    public func rows(closedSince since: Int64) throws -> [DeliveryView] {
        try database.rows(
            """
            SELECT id FROM delivery WHERE status<>'closed' OR closed>=?
            ORDER BY CASE status WHEN 'open' THEN 0 WHEN 'expected' THEN 1 ELSE 2 END, closed DESC, expected, note LIMIT 500
            """, .integer(since)
        ) { $0.integer(0) }.compactMap { try view($0) }
    }

    public func rows(client reference: String) throws -> [DeliveryView] {
        try database.rows(
            "SELECT id FROM delivery WHERE client=? AND status<>'closed' ORDER BY expected, note LIMIT 20",
            .text(reference)
        ) { $0.integer(0) }.compactMap { try view($0) }
    }

    public func view(_ id: Int64) throws -> DeliveryView? {
        let head = try database.first(
            """
            SELECT id, note, supplier, source, expected, client, status, zone, dock, mode, opened, opened_by, closed,
                closed_by, erp, erp_path, rest_of, received_in
            FROM delivery WHERE id=?
            """, .integer(id)
        ) { row in
            var view = DeliveryView(
                id: row.integer(0), note: row.text(1), supplier: row.text(2), source: row.text(3),
                expectedOn: row.optionalText(4), client: row.optionalText(5), status: row.text(6),
                zone: row.optionalText(7), dock: row.optionalText(8),
                mode: Reception.Mode(rawValue: row.text(9)) ?? .add,
                openedAt: row.optionalInteger(10), openedBy: row.optionalText(11), closedAt: row.optionalInteger(12),
                closedBy: row.optionalText(13), erp: row.optionalText(14), erpPath: row.optionalText(15))
            (view.restOf, view.receivedIn) = (row.optionalInteger(16), row.optionalText(17))
            return view
        }
        guard var view = head else { return nil }
        view.decisions = try decisions(delivery: id)
        view.details = try store.papers.details(delivery: id)
        view.names = try names(of: id)
        view.reopenings = try reopenings(of: id)
        view.proposals = try store.depotDecisions.proposals(delivery: id)
        let expected = try database.rows(
            """
            SELECT line.gtin, line.description, product.reference, line.quantity, line.erp, line.erp_product, line.lot,
                line.expires, product.unit
            FROM delivery_line AS line LEFT JOIN product USING (gtin) WHERE delivery=? ORDER BY position
            """, .integer(id)
        ) { row in
            DeliveryView.ExpectedLine(
                gtin: row.text(0), description: row.text(1), reference: row.optionalText(2),
                quantity: row.quantity(3), measure: Measure(catalogue: row.optionalText(8)),
                lot: row.optionalText(6), expires: row.optionalText(7),
                erp: row.optionalText(4), erpProduct: row.optionalText(5))
        }
        let counted = try database.rows(
            """
            SELECT subject, gtin, serial, quantity, lot, expires, unit, at, remark,
                CASE WHEN gtin IS NULL AND subject LIKE 'tag:%' THEN
                    (SELECT item.gtin FROM item WHERE epc=substr(subject, 5)) END
            FROM counted WHERE delivery=? AND removed IS NULL ORDER BY at, subject
            """, .integer(id)
        ) { row in
            DeliveryView.CountedRow(
                subject: row.text(0), gtin: row.optionalText(1), serial: row.optionalText(2),
                quantity: row.quantity(3), lot: row.optionalText(4), expires: row.optionalText(5),
                unit: row.optionalText(6), at: row.integer(7), remark: row.optionalText(8),
                tagged: row.optionalText(9))
        }
        var verified = Set(counted.compactMap(\.unit))
        let contents = try contents(delivery: id)
        view.units = try database.rows(
            "SELECT sscc, parent FROM delivery_unit WHERE delivery=? ORDER BY sscc", .integer(id)
        ) { row in
            DeliveryView.Unit(
                sscc: row.text(0), parent: row.optionalText(1), contents: contents[row.text(0)] ?? [],
                isVerified: verified.contains(row.text(0)))
        }
        // A pallet that carries cartons alone is there when all of them are.
        for _ in 0..<8 {
            for unit in view.units where unit.contents.isEmpty && !verified.contains(unit.sscc) {
                let children = view.units.filter { $0.parent == unit.sscc }
                if !children.isEmpty, children.allSatisfy({ verified.contains($0.sscc) }) { verified.insert(unit.sscc) }
            }
        }
        for index in view.units.indices { view.units[index].isVerified = verified.contains(view.units[index].sscc) }
        view.fold(expected, serials: try serials(delivery: id), counted: counted) { gtin in
            let known = try? database.first(
                "SELECT description, reference, erp, unit FROM product WHERE gtin=?", .text(gtin),
                map: {
                    ($0.text(0), $0.optionalText(1), $0.optionalText(2), Measure(catalogue: $0.optionalText(3)))
                })
            return known ?? ("", nil, nil, .piece)
        }
        return view
    }

    private func serials(delivery id: Int64) throws -> [String: Set<String>] {
        var serials: [String: Set<String>] = [:]
        try database.each("SELECT gtin, serial FROM delivery_serial WHERE delivery=?", .integer(id)) { row in
            serials[row.text(0), default: []].insert(row.text(1))
            return true
        }
        return serials
    }

    private func contents(delivery id: Int64) throws -> [String: [Reception.Content]] {
        var contents: [String: [Reception.Content]] = [:]
        try database.each(
            "SELECT sscc, gtin, quantity, lot FROM delivery_content WHERE delivery=? ORDER BY sscc, gtin, lot",
            .integer(id)
        ) { row in
            contents[row.text(0), default: []].append(
                Reception.Content(
                    gtin: row.text(1), quantity: row.quantity(2), lot: row.text(3).isEmpty ? nil : row.text(3)))
            return true
        }
        return contents
    }

    /// The delivery of a pallet, among those that are not closed.
    public func id(unit sscc: String) throws -> Int64? {
        try database.integer(
            """
            SELECT delivery FROM delivery_unit JOIN delivery ON delivery.id=delivery WHERE sscc=? AND status<>'closed'
            ORDER BY delivery LIMIT 1
            """, .text(sscc))
    }

    /// The delivery that is open at a dock.
    func reception(zone: String) throws -> Reception? {
        guard
            let id = try database.integer(
                "SELECT id FROM delivery WHERE zone=? AND status='open' ORDER BY opened DESC LIMIT 1", .text(zone))
        else { return nil }
        return try reception(of: id)
    }

    /// What counting needs of a delivery: the fold of what was read and decided.
    func reception(of id: Int64) throws -> Reception? {
        guard
            let (note, mode) = try database.first(
                "SELECT note, mode FROM delivery WHERE id=?", .integer(id), map: { ($0.text(0), $0.text(1)) })
        else { return nil }
        var reception = Reception(delivery: id, note: note, expected: [:])
        reception.mode = Reception.Mode(rawValue: mode) ?? .add
        for (gtin, quantity) in try database.rows(
            "SELECT gtin, sum(quantity) FROM delivery_line WHERE delivery=? GROUP BY gtin", .integer(id),
            map: { ($0.text(0), $0.quantity(1)) })
        {
            reception.expected[gtin] = quantity
        }
        reception.names = Set(try names(of: id).map(DeliveryTable.folded(name:)))
        reception.serials = try serials(delivery: id)
        let contents = try contents(delivery: id)
        // A pallet's label stands for what is on it and on the pallets and cartons that stand on it.
        let parents = try database.rows("SELECT sscc, parent FROM delivery_unit WHERE delivery=?", .integer(id)) {
            ($0.text(0), $0.optionalText(1))
        }
        for (sscc, _) in parents { reception.units[sscc] = contents[sscc] ?? [] }
        let parentOf = Dictionary(parents.compactMap { child, parent in parent.map { (child, $0) } }) { first, _ in
            first
        }
        for (sscc, _) in parents {
            var above = parentOf[sscc]
            var steps = 0
            while let next = above, next != sscc, steps < 8 {
                reception.units[next, default: []] += (contents[sscc] ?? []).map {
                    Reception.Content(gtin: $0.gtin, quantity: $0.quantity, lot: $0.lot, unit: sscc)
                }
                above = parentOf[next]
                steps += 1
            }
        }
        for count in try database.rows(
            """
            SELECT subject, gtin, serial, quantity, absorbed FROM counted WHERE delivery=? AND removed IS NULL
            ORDER BY quantity=0, at, subject
            """, .integer(id),
            map: { row in
                Count(
                    delivery: id, subject: row.text(0), gtin: row.optionalText(1), serial: row.optionalText(2),
                    verdict: .expected, quantity: row.quantity(3), absorbed: row.quantity(4))
            })
        {
            reception.apply(count)
        }
        for decision in try decisions(delivery: id) where decision.undoneBy == nil {
            guard let gtin = decision.gtin, let quantity = decision.quantity else { continue }
            if decision.kind == .adjust { reception.adjust(gtin, by: quantity) }
            if decision.kind == .refuse { reception.adjust(gtin, by: -quantity) }
        }
        return reception
    }

    /// Pieces of a delivery that were counted at a dock since midnight (UTC).
    public func countedToday(_ id: Int64, at now: Int64) throws -> Int64 {
        // Parts of a unit make one piece more: what was counted is never nothing.
        let sum = try database.integer(
            "SELECT coalesce(sum(quantity), 0) FROM counted WHERE delivery=? AND removed IS NULL AND at>=?",
            .integer(id),
            .integer(now - now % 86_400_000))
        return Int64(Quantity(thousandths: sum ?? 0).ceiling)
    }

    /// Opens a delivery at a dock; another one that is open there waits until it is opened again. What was read there in
    /// the last minutes, when nothing was open, is counted.
    public func open(delivery id: Int64, zone: String, by author: Author, at now: Int64) throws -> Bool {
        let changed = try database.run(
            """
            UPDATE delivery SET status='open', zone=?2, mode='add', opened=coalesce(opened, ?3),
                opened_by=coalesce(opened_by, ?4)
            WHERE id=?1 AND status<>'closed'
            """, .integer(id), .text(zone), .integer(now), .text(author.who))
        guard changed == 1 else { return false }
        try database.run(
            "UPDATE delivery SET dock=coalesce(dock, zone), zone=NULL WHERE zone=? AND id<>? AND status='open'",
            .text(zone),
            .integer(id))
        try store.tell(Fact(.deliveryOpened, id, zone), by: author, at: now)
        if var reception = try reception(of: id) { try store.strays.takeStrays(zone: zone, into: &reception, at: now) }
        return true
    }

    /// False when it was closed before: two people closing one reception close it once.
    public func close(delivery id: Int64, by author: Author, at now: Int64) throws -> Bool {
        guard let view = try view(id), view.status == "open" else { return false }
        if try postpone(view, by: author, at: now) { return true }
        let changed = try database.run(
            "UPDATE delivery SET status='closed', closed=?2, closed_by=?3 WHERE id=?1 AND status='open'",
            .integer(id), .integer(now), .text(author.who))
        guard changed == 1 else { return false }
        try store.stock.book(view, by: author, at: now)
        try database.run(
            "UPDATE delivery SET received_in=coalesce(received_in, zone, dock), zone=NULL WHERE id=?", .integer(id))
        let hasRest = try keepRest(of: view)
        try store.tell(
            Fact(.deliveryClosed, id, hasRest ? "what is missing is expected still" : nil), by: author, at: now)
        return true
    }

    /// The zone in which a closed delivery was received.
    public func receivedIn(_ id: Int64) throws -> String? {
        try database.text("SELECT received_in FROM delivery WHERE id=? AND received_in IS NOT NULL", .integer(id))
    }

    func count(_ count: Count, stream: Int64, seq: UInt64, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO counted (delivery, subject, gtin, serial, at, stream, seq, quantity, lot, expires, unit, absorbed,
                remark)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT DO UPDATE SET removed=NULL, at=?5, stream=?6, seq=?7, quantity=?8, absorbed=?12
                WHERE removed IS NOT NULL
            """, .integer(count.delivery), .text(count.subject), .text(count.gtin), .text(count.serial), .integer(now),
            .integer(stream), .integer(seq), .quantity(count.quantity), .text(count.lot), .text(count.expires),
            .text(count.unit), .quantity(count.absorbed), .text(count.remark))
    }

    /// Remove mode: what was counted under this subject is not.
    func uncount(_ count: Count, zone: String, at now: Int64) throws {
        let id = try record(
            Decision(
                at: now, who: "scan at \(zone)", station: zone, kind: .remove, subject: count.subject, gtin: count.gtin,
                quantity: count.quantity), delivery: count.delivery)
        try database.run(
            "UPDATE counted SET removed=?3 WHERE delivery=?1 AND subject=?2", .integer(count.delivery),
            .text(count.subject), .integer(id))
        if count.subject.hasPrefix("sscc:"), let gtin = count.gtin { try release(gtin, delivery: count.delivery) }
    }

    /// A pallet's label is taken back: tags that it had counted count for themselves, but for those of other pallets.
    func release(_ gtin: String, delivery: Int64) throws {
        let claimed =
            try database.integer(
                """
                SELECT coalesce(sum(quantity), 0) FROM counted WHERE delivery=? AND gtin=? AND removed IS NULL
                    AND subject LIKE 'sscc:%'
                """, .integer(delivery), .text(gtin)) ?? 0
        try database.run(
            """
            UPDATE counted SET quantity=1000 WHERE delivery=?1 AND subject IN (
                SELECT subject FROM counted WHERE delivery=?1 AND gtin=?2 AND quantity=0 AND removed IS NULL
                    AND subject LIKE 'tag:%' ORDER BY at, subject LIMIT -1 OFFSET ?3)
            """, .integer(delivery), .text(gtin), .integer(max(0, Quantity(thousandths: claimed).floor)))
    }

    /// Where a tagged piece was last seen.
    func see(_ texts: Arrival.Texts.Places, _ bytes: ArrivalBytes, present: Bool, delivery: Int64?, at: Int64) throws {
        let statement = try store.upsertItem.get()
        statement.bind(1, utf8: bytes.text(texts.subject))
        statement.bind(2, utf8: bytes.text(texts.gtin))
        statement.bind(3, utf8: bytes.text(texts.serial))
        statement.bind(4, utf8: bytes.text(texts.zone))
        statement.bind(5, present ? 1 : 0 as Int64)
        statement.bind(6, at)
        if let delivery { statement.bind(7, delivery) } else { statement.bind(7, nil) }
        try statement.run()
    }

    /// Pallets of deliveries that are not closed.
    func openableUnits() throws -> Set<String> {
        Set(
            try database.rows(
                "SELECT sscc FROM delivery_unit JOIN delivery ON delivery.id=delivery WHERE status IN ('expected', 'open')"
            ) { $0.text(0) })
    }

    /// Notes that a scan at a dock may open.
    func openableNotes() throws -> Set<String> {
        Set(try database.rows("SELECT note FROM delivery WHERE status IN ('expected', 'open')") { $0.text(0) })
    }

    /// Zones that readers have reported, for choosing a dock.
    public func zones() throws -> [String] {
        try database.rows(
            "SELECT zone FROM delivery WHERE zone IS NOT NULL UNION SELECT zone FROM stock_take ORDER BY zone"
        ) { $0.text(0) }
    }

    /// Deliveries that reads may be counted for now, one a zone at most.
    public func counted() throws -> [Int64] {
        try database.rows("SELECT id FROM delivery WHERE status='open' AND zone IS NOT NULL ORDER BY id") {
            $0.integer(0)
        }
    }
}
