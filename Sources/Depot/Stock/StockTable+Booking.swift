public import Model
import SQLite

/// What a closing puts into the book: everything the first time, and after that the difference to the closings before.
extension StockTable {
    /// A tagged piece, or under '' what has no tag; a lot of '' is none.
    struct Booked: Hashable {
        var subject: String
        var gtin: String
        var lot: String
    }

    /// A tagged piece as the book and the readers have it.
    private struct Place {
        var bookedIn: String?
        var seenIn: String?
    }

    private struct Account {
        var quantities: [Booked: Quantity] = [:]
        var places: [String: Place] = [:]
        /// In the order in which they are booked.
        var tags: [Booked] = []
        var loose: [Booked] = []
    }

    /// What was received is in the book: tagged pieces where they are by now, the rest at the dock.
    func book(_ view: DeliveryView, by author: Author, at now: Int64) throws {
        let account = try account(of: view)
        let dock = view.zone ?? view.dock ?? "dock"
        guard let reopening = view.reopenings.last else {
            for piece in account.tags {
                try add(piece, account, .received, dock, view, by: author, at: now)
            }
            for part in account.loose {
                try move(
                    Movement(kind: .received, from: nil, to: dock), gtin: part.gtin,
                    quantity: account.quantities[part] ?? 0, lot: part.lot.isEmpty ? nil : part.lot, by: author,
                    delivery: view.id, at: now)
            }
            return
        }
        let before = try booked(delivery: view.id)
        let correction = Correction(view: view, reopening: reopening, dock: dock, author: author, now: now)
        let gone = before.keys.filter { !$0.subject.isEmpty && account.quantities[$0] == nil }
        for piece in gone.sorted(by: { $0.subject < $1.subject }) {
            try takeOff(piece, before[piece] ?? 1, correction)
        }
        for piece in account.tags where before[piece] == nil {
            let isAnew = gone.contains { $0.subject == piece.subject }
            try add(piece, account, .corrected, dock, view, isAnew: isAnew, by: author, at: now)
        }
        let loose = Set(before.keys.filter(\.subject.isEmpty)).union(account.loose)
        for part in loose.sorted(by: { ($0.gtin, $0.lot) < ($1.gtin, $1.lot) }) {
            let change = (account.quantities[part] ?? 0) - (before[part] ?? 0)
            if change > 0 { try bring(part, change, correction) }
            if change < 0 { try takeOff(part, -change, correction) }
        }
    }

    private func add(
        _ piece: Booked, _ account: Account, _ kind: Movement.Kind, _ dock: String, _ view: DeliveryView,
        isAnew: Bool = false, by author: Author, at now: Int64
    ) throws {
        let place = account.places[piece.subject]
        // It was in the book before it was closed: found on a shelf, or counted there.
        guard place?.bookedIn == nil || isAnew else { return }
        let zone = place?.seenIn.flatMap { store.rules[$0]?.kind == .store ? $0 : nil } ?? dock
        try move(
            Movement(kind: kind, from: nil, to: zone), gtin: piece.gtin, quantity: account.quantities[piece] ?? 1,
            subject: piece.subject, by: author, delivery: view.id, at: now)
        try database.run(
            "UPDATE item SET stock_zone=? WHERE epc=?", .text(zone), .text(String(piece.subject.dropFirst(4))))
    }

    // MARK: what it holds

    /// What a closed delivery has brought altogether, whatever its closings before had: tagged pieces, then the rest by article and lot.
    public struct Held: Equatable, Sendable {
        /// `tag:HEX` of a tagged piece.
        public var subject: String?
        public var gtin: String
        public var lot: String?
        public var quantity: Quantity

        public init(subject: String?, gtin: String, lot: String?, quantity: Quantity) {
            (self.subject, self.gtin, self.lot, self.quantity) = (subject, gtin, lot, quantity)
        }
    }

    public func held(by view: DeliveryView) throws -> [Held] {
        let account = try account(of: view)
        return (account.tags + account.loose).map { one in
            Held(
                subject: one.subject.isEmpty ? nil : one.subject, gtin: one.gtin, lot: one.lot.isEmpty ? nil : one.lot,
                quantity: account.quantities[one] ?? 0)
        }
    }

    /// As it is counted now. Where a person took more off than what has no tag, pieces that are in the book from here, and lie elsewhere
    /// by now, are kept first.
    private func account(of view: DeliveryView) throws -> Account {
        let dock = try store.deliveries.receivedIn(view.id) ?? view.zone ?? view.dock ?? "dock"
        let pieces = try database.rows(
            """
            SELECT counted.subject, counted.gtin, item.zone, max(1000, counted.quantity), item.stock_zone,
                coalesce(counted.lot, label.lot, '')
            FROM counted JOIN item ON item.epc=substr(counted.subject, 5) LEFT JOIN label ON label.subject=counted.subject
            WHERE counted.delivery=?1 AND removed IS NULL AND counted.gtin IS NOT NULL AND counted.subject LIKE 'tag:%'
            ORDER BY coalesce((SELECT sum(CASE WHEN to_zone IS NULL THEN -1 ELSE 1 END) FROM movement
                    WHERE movement.subject=counted.subject AND movement.delivery=?1 AND kind IN ('received', 'corrected')), 0) DESC,
                item.stock_zone IS ?2, counted.subject
            """, .integer(view.id), .text(dock)
        ) {
            (
                subject: $0.text(0), gtin: $0.text(1), seenIn: $0.optionalText(2), quantity: $0.quantity(3),
                bookedIn: $0.optionalText(4), lot: $0.text(5)
            )
        }
        var account = Account()
        var (tagged, lots): ([String: Quantity], [String: [String: Quantity]]) = ([:], [:])
        let received = Dictionary(view.lines.map { ($0.gtin, $0.received) }) { $0 + $1 }
        for line in view.lines {
            for lot in line.lots { lots[line.gtin, default: [:]][lot.number, default: 0] += lot.quantity }
        }
        for piece in pieces where (tagged[piece.gtin] ?? 0) + piece.quantity <= received[piece.gtin] ?? 0 {
            tagged[piece.gtin, default: 0] += piece.quantity
            if !piece.lot.isEmpty { lots[piece.gtin]?[piece.lot]? -= piece.quantity }
            // Of which lot a tag is may be said later: it is the same piece.
            let booked = Booked(subject: piece.subject, gtin: piece.gtin, lot: "")
            account.tags.append(booked)
            account.quantities[booked] = piece.quantity
            account.places[piece.subject] = Place(bookedIn: piece.bookedIn, seenIn: piece.seenIn)
        }
        for (gtin, quantity) in received.sorted(by: { $0.key < $1.key }) {
            var rest = quantity - (tagged[gtin] ?? 0)
            for (lot, have) in (lots[gtin] ?? [:]).sorted(by: { $0.key < $1.key }) where have > 0 && rest > 0 {
                account.loose.append(Booked(subject: "", gtin: gtin, lot: lot))
                account.quantities[Booked(subject: "", gtin: gtin, lot: lot)] = min(have, rest)
                rest -= min(have, rest)
            }
            guard rest != 0 else { continue }
            account.loose.append(Booked(subject: "", gtin: gtin, lot: ""))
            account.quantities[Booked(subject: "", gtin: gtin, lot: "")] = rest
        }
        return account
    }

    /// Keeps what its closings have brought, before anything is changed.
    func remember(booked view: DeliveryView) throws {
        try database.run("DELETE FROM delivery_booked WHERE delivery=?", .integer(view.id))
        for (booked, quantity) in try account(of: view).quantities {
            try database.run(
                "INSERT INTO delivery_booked VALUES (?, ?, ?, ?, ?)", .integer(view.id), .text(booked.subject),
                .text(booked.gtin), .text(booked.lot), .quantity(quantity))
        }
    }

    private func booked(delivery id: Int64) throws -> [Booked: Quantity] {
        Dictionary(
            try database.rows("SELECT subject, gtin, lot, quantity FROM delivery_booked WHERE delivery=?", .integer(id))
            {
                (Booked(subject: $0.text(0), gtin: $0.text(1), lot: $0.text(2)), $0.quantity(3))
            }
        ) { $0 + $1 }
    }
}
