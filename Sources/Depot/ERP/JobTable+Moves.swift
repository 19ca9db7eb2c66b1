public import Model
import SQLite

/// Goods that went from one zone to another, as the ERP is to learn it.
public struct PutAway: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var gtin: String
        /// Lot or serial number, where the article is tracked and the piece says it.
        public var lot: String?
        public var quantity: Quantity
    }

    /// Places of the ERP.
    public var from: String
    public var to: String
    /// The first and the last movement in it, which name the transfer.
    public var first: Int64
    public var last: Int64
    public var lines: [Line] = []

    mutating func add(_ gtin: String, lot: String?, _ quantity: Quantity) {
        if let index = lines.firstIndex(where: { $0.gtin == gtin && $0.lot == lot }) {
            lines[index].quantity += quantity
        } else {
            lines.append(Line(gtin: gtin, lot: lot, quantity: quantity))
        }
    }
}

/// Movements between zones are collected until nobody has moved anything for a while: then they are one transfer for each two places.
extension JobTable {
    /// How long nothing has moved before it is told, and the longest that the first of it waits, in milliseconds.
    public static let movesRest: Int64 = 60_000
    public static let movesWait: Int64 = 600_000
    /// Movements that are looked at together.
    static let movesAtOnce = 5000

    /// Whether there is something to tell. Until it is asked first, nothing is: what moved before the ERP was connected it knows.
    public func hasMoves(at now: Int64) throws -> Bool {
        guard let last = try remembered("moved").flatMap({ Int64($0.value) }) else { return true }
        let pending = try database.first(
            "SELECT min(at), max(at) FROM movement WHERE id>? AND kind='moved'", .integer(last),
            map: { ($0.optionalInteger(0), $0.optionalInteger(1)) })
        guard let (oldest, newest) = pending, let oldest, let newest else {
            // Receptions and the like are not looked at again and again.
            let end = try database.integer("SELECT coalesce(max(id), 0) FROM movement") ?? 0
            if end - last > 1000 { try remember("moved", String(end), at: now) }
            return false
        }
        return now - newest >= JobTable.movesRest || now - oldest >= JobTable.movesWait
    }

    /// What moved since it was asked last. `place` is nil for zones whose moves the ERP is not told. A piece that came back has not
    /// moved; one that went on has moved once.
    public func takeMoves(at now: Int64, place: (_ from: String, _ to: String) -> (String, String)?) throws -> [PutAway]
    {
        let newest = try database.integer("SELECT coalesce(max(id), 0) FROM movement") ?? 0
        guard let last = try remembered("moved").flatMap({ Int64($0.value) }) else {
            try remember("moved", String(newest), at: now)
            return []
        }
        guard newest > last else { return [] }
        struct Move {
            var id: Int64
            var last: Int64
            var gtin: String
            var lot: String?
            var quantity: Quantity
            var from: String
            var to: String
        }
        var moves: [String: Move] = [:]
        var (seen, count) = (last, 0)
        try database.each(
            """
            SELECT movement.id, movement.gtin, movement.quantity, from_zone, to_zone, movement.subject,
                \(TakeTable.lot("item.serial", "coalesce(movement.lot, label.lot)"))
            FROM movement LEFT JOIN product ON product.gtin=movement.gtin
                LEFT JOIN item ON item.epc=substr(movement.subject, 5) LEFT JOIN label ON label.subject=movement.subject
            WHERE movement.id>? AND movement.kind='moved' AND from_zone IS NOT NULL AND to_zone IS NOT NULL
            ORDER BY movement.id LIMIT \(JobTable.movesAtOnce)
            """, .integer(last)
        ) { row in
            let (id, lot) = (row.integer(0), row.text(6))
            seen = id
            count += 1
            let key = row.optionalText(5).map { "\($0)/\(row.text(1))" } ?? "#\(id)"
            moves[
                key,
                default: Move(
                    id: id, last: id, gtin: row.text(1), lot: lot.isEmpty ? nil : lot, quantity: row.quantity(2),
                    from: row.text(3), to: "")
            ].to = row.text(4)
            moves[key]?.last = id
            return true
        }
        try remember("moved", String(count < JobTable.movesAtOnce ? newest : seen), at: now)
        var transfers: [PutAway] = []
        for move in moves.values.sorted(by: { $0.id < $1.id }) {
            guard let (from, to) = place(move.from, move.to), from != to else { continue }
            let index = transfers.firstIndex { $0.from == from && $0.to == to } ?? transfers.endIndex
            if index == transfers.endIndex {
                transfers.append(PutAway(from: from, to: to, first: move.id, last: move.last))
            }
            transfers[index].last = max(transfers[index].last, move.last)
            transfers[index].add(move.gtin, lot: move.lot, move.quantity)
        }
        return transfers
    }

    /// Tagged pieces of a delivery that was closed while they lay elsewhere already: the ERP receives them at the dock. Those of a closing
    /// before were told then, and their moves since by themselves.
    public func takeMoves(
        ofClosed delivery: Int64, at now: Int64, place: (_ from: String, _ to: String) -> (String, String)?
    ) throws -> [PutAway] {
        guard let dock = try store.deliveries.receivedIn(delivery) else { return [] }
        var transfers: [PutAway] = []
        try database.each(
            """
            SELECT counted.gtin, max(1000, counted.quantity), coalesce(movement.to_zone, item.stock_zone),
                coalesce(movement.id, 0),
                \(TakeTable.lot("counted.serial", "coalesce(counted.lot, label.lot)"))
            FROM counted JOIN item ON item.epc=substr(counted.subject, 5)
            LEFT JOIN movement ON movement.id=(SELECT max(id) FROM movement AS last WHERE last.gtin=counted.gtin
                AND last.subject=counted.subject AND last.at<=?2)
            LEFT JOIN product ON product.gtin=counted.gtin LEFT JOIN label ON label.subject=counted.subject
            WHERE counted.delivery=?1 AND counted.removed IS NULL AND counted.subject LIKE 'tag:%'
                AND coalesce(movement.to_zone, item.stock_zone) IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM delivery_booked WHERE delivery_booked.delivery=counted.delivery
                        AND delivery_booked.subject=counted.subject) ORDER BY counted.subject
            """, .integer(delivery), .integer(now)
        ) { row in
            guard let (from, to) = place(dock, row.text(2)), from != to else { return true }
            let index = transfers.firstIndex { $0.to == to } ?? transfers.endIndex
            if index == transfers.endIndex {
                transfers.append(PutAway(from: from, to: to, first: row.integer(3), last: row.integer(3)))
            }
            transfers[index].add(row.text(0), lot: row.text(4).isEmpty ? nil : row.text(4), row.quantity(1))
            return true
        }
        return transfers
    }
}
