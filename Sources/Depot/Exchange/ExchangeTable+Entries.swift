/// What becomes rows of a file.
extension ExchangeTable {
    /// A closed delivery; one that was told before is told as what changed. False where it says nothing that is new.
    public func enter(
        delivery view: DeliveryView, source: String, binding: (String) -> Binding, place: (String) -> String,
        by author: Author, at now: Int64
    ) throws -> Bool {
        let subject = "delivery/\(view.id)"
        var rows = try ExchangeRow.reception(view, by: author, at: now, in: store)
        for index in rows.indices { rows[index][.to] = place(rows[index][.to]) }
        let before = try told(of: subject)
        let title = "\(view.note) · \(view.supplier)"
        if before.isEmpty {
            try enter(
                rows, source: source, subject: subject, title: title, into: binding("reception"), by: author, at: now)
            return !rows.isEmpty
        }
        try enter(
            ExchangeRow.correction(rows, told: before), source: source, subject: subject, title: title,
            into: binding("correction"), by: author, at: now)
        return false
    }

    public func enter(
        take view: StockTakeView, place: String, source: String, _ binding: Binding, by author: Author, at now: Int64
    ) throws {
        try enter(
            ExchangeRow.count(view, place: place, by: author, at: now, in: store), source: source,
            subject: "take/\(view.id)", title: view.zone, into: binding, by: author, at: now)
    }

    public func enter(
        move transfer: PutAway, source: String, _ binding: Binding, by author: Author, at now: Int64
    ) throws {
        try enter(
            ExchangeRow.move(transfer, by: author, at: now, in: store), source: source, subject: "move/\(source)",
            title: "\(transfer.from) → \(transfer.to)", into: binding, by: author, at: now)
    }
}
