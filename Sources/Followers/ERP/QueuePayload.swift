public import Depot
public import Model

/// What is queued for the ERP, made from what the depot says when the ledger is followed.
public enum QueuePayload {
    /// What a closed delivery tells, with what the catalogue and the directory know now. `place`: where it is booked in there.
    public static func reception(_ view: DeliveryView, place: String?, in store: Store) throws -> JSON {
        let supplier = try store.parties.erpParty(company: view.supplier)
        var left: [JSON] = []
        let lines: [JSON] = try view.lines.filter { $0.received > 0 || $0.erp != nil }.map { line in
            let known = try store.articles.product(line.gtin)
            var lots: [JSON] = []
            if known?.tracking == "serial", Quantity(line.serials.count) == line.received {
                lots = line.serials.map { .object([("number", .string($0)), ("quantity", 1)]) }
            } else if known?.tracking != "none" || known?.erp == nil {
                lots = line.lots.map {
                    .object([
                        ("number", .string($0.number)), ("quantity", $0.quantity.json),
                        ("expires", $0.expires.map(JSON.string)),
                    ])
                }
            }
            // Of which lot the damaged are, nobody has said.
            let damaged = lots.count < 2 ? min(line.damaged, line.received) : 0
            if line.damaged > damaged, line.received > 0 {
                left.append(
                    .object([
                        ("gtin", .string(line.gtin)), ("description", .string(line.description)),
                        ("quantity", line.damaged.json), ("why", "damaged"),
                    ]))
            }
            return .object([
                ("line", line.erp.map(JSON.string)), ("product", (line.erpProduct ?? known?.erp).map(JSON.string)),
                ("gtin", .string(line.gtin)), ("quantity", line.received.json),
                ("lots", .array(lots)), ("damaged", damaged > 0 ? damaged.json : nil),
            ])
        }
        return .object([
            ("title", .string("\(view.note) · \(view.supplier)")), ("place", place.map(JSON.string)),
            ("receipt", view.erp.map(JSON.string)),
            ("note", .string(view.note)), ("supplier", supplier.map(JSON.string)), ("lines", .array(lines)),
            ("backorder", .bool(!isGivenUp(view))), ("left", left.isEmpty ? nil : .array(left)),
        ])
    }

    /// What is missing does not come any more.
    static func isGivenUp(_ view: DeliveryView) -> Bool {
        let standing = view.decisions.filter { $0.undoneBy == nil }
        return standing.contains { $0.kind == .never } && !standing.contains { $0.kind == .later }
    }

    /// A line for each article, and for each lot or serial number where it is tracked. What is tracked and was counted without is
    /// left out: it would be a guess. What lies in other zones of the same place is added from the book.
    public static func take(
        _ view: StockTakeView, location: String, stores: [String], docks: [String], in store: Store
    ) throws -> JSON {
        var (lines, left, tracked): ([JSON], [JSON], [JSON]) = ([], [], [])
        for (gtin, lots) in Dictionary(grouping: try store.takes.lots(take: view.id), by: \.gtin)
            .sorted(by: { $0.key < $1.key })
        {
            let known = try store.articles.product(gtin)
            // Of the ERP alone: the catalogue does not know it.
            let remote = known?.erp ?? ArticleCode.remote(of: gtin)
            let isTracked = known.map { $0.tracking != "none" } ?? false
            if isTracked, let loose = lots.first(where: { $0.lot == nil }),
                loose.counted != 0 || loose.moved != loose.elsewhere
            {
                left.append(
                    .object([
                        ("gtin", .string(gtin)), ("description", known.map { .string($0.description) }),
                        ("quantity", (loose.counted + loose.moved).json), ("why", "lot"),
                    ]))
                continue
            }
            if isTracked { tracked.append(.string(gtin)) }
            var others = try store.takes.others(of: gtin, stores: stores, docks: docks)
            for lot in lots where !isTracked || lot.lot != nil {
                let more = others.lots.removeValue(forKey: lot.lot ?? "") ?? 0
                lines.append(line(lot, more, slack: isTracked ? 0 : others.slack, remote))
            }
            for (lot, more) in others.lots.sorted(by: { $0.key < $1.key }) where isTracked && !lot.isEmpty {
                lines.append(line(CountedLot(gtin: gtin, lot: lot), more, slack: 0, remote))
            }
        }
        let uncounted = try store.takes.uncounted(among: stores)
        return .object([
            ("title", .string(view.zone)), ("location", .string(location)), ("complete", .bool(view.isComplete)),
            ("lines", .array(lines)), ("left", left.isEmpty ? nil : .array(left)),
            ("tracked", tracked.isEmpty ? nil : .array(tracked)),
            ("uncounted", uncounted.isEmpty ? nil : .array(uncounted.map(JSON.string))),
        ])
    }

    private static func line(_ lot: CountedLot, _ others: Quantity, slack: Quantity, _ product: String?) -> JSON {
        let found = lot.counted + others
        return .object([
            ("product", product.map(JSON.string)), ("gtin", .string(lot.gtin)),
            ("lot", lot.lot.map(JSON.string)), ("found", found.json),
            ("counted", found.json), ("expected", (lot.expected + others).json), ("moved", lot.moved.json),
            ("elsewhere", lot.elsewhere == 0 ? nil : lot.elsewhere.json), ("slack", slack == 0 ? nil : slack.json),
        ])
    }

    public static func transfer(_ transfer: PutAway, in store: Store) throws -> JSON {
        .object([
            ("title", .string("\(transfer.from) → \(transfer.to)")), ("from", .string(transfer.from)),
            ("to", .string(transfer.to)),
            (
                "lines",
                .array(
                    try transfer.lines.map { line in
                        .object([
                            ("product", try store.articles.product(line.gtin)?.erp.map(JSON.string)),
                            ("gtin", .string(line.gtin)), ("lot", line.lot.map(JSON.string)),
                            ("quantity", line.quantity.json),
                        ])
                    })
            ),
        ])
    }

    /// `person`: who is to call back.
    public static func call(
        party: String, subject: String, note: String, callBackOn: String?, person: String? = nil, title: String
    ) -> JSON {
        .object([
            ("title", .string(title)), ("party", .string(party)), ("subject", .string(subject)),
            ("note", .string(note)),
            ("callBackOn", callBackOn.map(JSON.string)), ("person", person.map(JSON.string)),
        ])
    }

    /// A call-back that was told is done. `closes`: the keys under which it was told, the last one first.
    public static func done(_ told: ERPJob, by who: String) -> JSON {
        .object([
            ("title", told.payload["title"]), ("party", told.payload["party"]),
            ("subject", .string("Call back done, \(who)")), ("note", ""),
            ("closes", keys(told)),
        ])
    }

    /// A call-back that was told, and done there, is open again. `reopens`: the keys under which it was told, the last one first.
    public static func again(_ told: ERPJob) -> JSON {
        let subject = told.payload["subject"]?.text ?? ""
        let isFirst = told.payload["reopens"] == nil
        return told.payload.with("subject", .string(isFirst ? "Open again: \(subject)" : subject))
            .with("reopens", keys(told))
    }

    private static func keys(_ told: ERPJob) -> JSON {
        .array(([.string(told.key)] + (told.payload["reopens"]?.list ?? [])).prefix(20).map(\.self))
    }

    public static func party(_ view: PartyView, e164: [String]) -> JSON {
        .object([
            ("title", .string([view.company, view.name].filter { !$0.isEmpty }.joined(separator: ", "))),
            ("company", .string(view.company)), ("name", .string(view.name)),
            ("numbers", .array(e164.map(JSON.string))),
        ])
    }
}
