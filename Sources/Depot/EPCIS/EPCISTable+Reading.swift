public import Model
import SQLite

/// What else is read for events, of tables of other rooms.
extension EPCISTable {
    /// A change of place of the book, as far as EPCIS tells of it.
    public struct Move: Equatable, Sendable {
        public var id: Int64
        public var at: Int64
        public var kind: Movement.Kind
        public var gtin: String
        public var quantity: Quantity
        public var lot: String?
        public var subject: String?
        public var from: String?
        public var to: String?

        public init(
            id: Int64, at: Int64, kind: Movement.Kind, gtin: String, quantity: Quantity, lot: String? = nil,
            subject: String? = nil, from: String? = nil, to: String? = nil
        ) {
            (self.id, self.at, self.kind, self.gtin, self.quantity) = (id, at, kind, gtin, quantity)
            (self.lot, self.subject, self.from, self.to) = (lot, subject, from, to)
        }
    }

    /// After a movement, oldest first: put away, found, gone. What a delivery or a count brought is told by those.
    public func moves(after id: Int64, limit: Int) throws -> (rows: [Move], last: Int64) {
        var last = id
        let rows = try database.rows(
            """
            SELECT id, at, kind, gtin, quantity, lot, subject, from_zone, to_zone, delivery FROM movement WHERE id>?
            ORDER BY id LIMIT ?
            """, .integer(id), .integer(limit)
        ) { row -> Move? in
            last = row.integer(0)
            guard row.isNull(9), let kind = Movement.Kind(rawValue: row.text(2)),
                [.moved, .arrived, .departed].contains(kind)
            else { return nil }
            return Move(
                id: row.integer(0), at: row.integer(1), kind: kind, gtin: row.text(3), quantity: row.quantity(4),
                lot: row.optionalText(5), subject: row.optionalText(6), from: row.optionalText(7),
                to: row.optionalText(8))
        }
        return (rows.compactMap(\.self), last)
    }

    /// What was counted of a take, by what was read: things of their own, and sums of the rest by article and lot.
    public func counted(take id: Int64) throws -> [StockTable.Held] {
        try database.rows(
            """
            SELECT CASE WHEN subject LIKE 'tag:%' OR subject LIKE 'item:%' THEN subject END AS thing, gtin,
                CASE WHEN subject LIKE 'tag:%' OR subject LIKE 'item:%' THEN NULL ELSE lot END AS known, sum(quantity)
            FROM take_counted WHERE take=? AND removed IS NULL AND gtin IS NOT NULL GROUP BY thing, gtin, known
            ORDER BY gtin, thing, known
            """, .integer(id)
        ) {
            StockTable.Held(
                subject: $0.optionalText(0), gtin: $0.text(1), lot: $0.optionalText(2), quantity: $0.quantity(3))
        }
    }
}
