import Model
import SQLite

/// What is missing of a paper and comes later stays expected, as a delivery of its own that answers to the same names. An ERP makes its
/// back-orders itself: a delivery with a receipt there needs none from here, and what nobody announced has nothing that is missing.
extension DeliveryTable {
    /// Of a delivery that is being closed; true where something stays expected.
    func keepRest(of view: DeliveryView) throws -> Bool {
        guard view.erp == nil, view.source != "blind" else { return false }
        let standing = view.decisions.filter { $0.undoneBy == nil }
        let later = Set(standing.filter { $0.kind == .later }.compactMap(\.gtin))
            .subtracting(standing.filter { $0.kind == .never }.compactMap(\.gtin))
        let missing = view.lines.enumerated().filter { $0.element.missing > 0 && later.contains($0.element.gtin) }
        guard !missing.isEmpty else { return false }
        try database.run(
            """
            INSERT INTO delivery (note, supplier, client, status, source, dock, rest_of)
            SELECT note, supplier, client, 'expected', source, dock, id FROM delivery WHERE id=?
            """, .integer(view.id))
        let rest = database.lastInsertID
        let positions = try database.rows(
            "SELECT position FROM delivery_line WHERE delivery=? ORDER BY position", .integer(view.id)
        ) { $0.integer(0) }
        for (index, line) in missing where index < positions.count {
            try database.run(
                """
                INSERT INTO delivery_line
                SELECT ?1, position, gtin, description, ?4, lot, expires, NULL, NULL FROM delivery_line
                WHERE delivery=?2 AND position=?3
                """, .integer(rest), .integer(view.id), .integer(positions[index]), .quantity(line.missing))
        }
        // Serial numbers that were not read, and pallets of which no label was, with what is on them.
        try database.run(
            """
            INSERT INTO delivery_serial SELECT ?1, gtin, serial FROM delivery_serial AS named WHERE delivery=?2
                AND gtin IN (SELECT gtin FROM delivery_line WHERE delivery=?1)
                AND NOT EXISTS (SELECT 1 FROM counted WHERE counted.delivery=?2 AND counted.gtin=named.gtin
                    AND counted.serial=named.serial AND removed IS NULL)
            """, .integer(rest), .integer(view.id))
        for unit in view.units where !unit.isVerified && !unit.contents.isEmpty {
            guard unit.contents.allSatisfy({ later.contains($0.gtin) }) else { continue }
            try database.run("INSERT INTO delivery_unit VALUES (?, ?, NULL)", .integer(rest), .text(unit.sscc))
            try database.run(
                """
                INSERT INTO delivery_content SELECT ?1, sscc, gtin, lot, quantity FROM delivery_content
                WHERE delivery=?2 AND sscc=?3
                """, .integer(rest), .integer(view.id), .text(unit.sscc))
        }
        try database.run(
            "INSERT INTO delivery_name SELECT folded, ?1, name FROM delivery_name WHERE delivery=?2", .integer(rest),
            .integer(view.id))
        try database.run(
            "INSERT INTO delivery_detail SELECT ?1, kind, code, value FROM delivery_detail WHERE delivery=?2",
            .integer(rest), .integer(view.id))
        return true
    }

    /// What is expected of it belongs to the delivery itself again. Throws where that has begun.
    func withdrawRest(of id: Int64) throws {
        let rests = try database.rows(
            """
            SELECT id, note, status='expected' AND opened IS NULL
                AND NOT EXISTS (SELECT 1 FROM counted WHERE counted.delivery=delivery.id) FROM delivery WHERE rest_of=?
            """, .integer(id)
        ) { ($0.integer(0), $0.text(1), $0.bool(2)) }
        if let begun = rests.first(where: { !$0.2 }) {
            throw ReopenError.rest(id: begun.0, note: begun.1, isBegun: true)
        }
        for (rest, _, _) in rests {
            for table in [
                "delivery_line", "delivery_serial", "delivery_unit", "delivery_content", "delivery_detail", "decision",
            ] {
                try database.run("DELETE FROM \(table) WHERE delivery=?", .integer(rest))
            }
            try database.run("DELETE FROM delivery WHERE id=?", .integer(rest))
        }
    }
}
