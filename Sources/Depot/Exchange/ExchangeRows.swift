import Model

/// What happened, as rows for an ERP that reads files.
extension ExchangeRow {
    private mutating func set(article code: String, _ description: String, _ reference: String?, _ unit: Measure) {
        self[.gtin] = ArticleCode.isOwn(code) ? "" : code
        self[.reference] = reference ?? ArticleCode.reference(of: code) ?? ""
        self[.description] = description
        self[.unit] = unit.code
    }

    private mutating func set(by author: Author, _ at: Int64) {
        (self[.who], self[.when]) = (author.who, ExchangeTime.text(at))
        self[.remark] = author.reason ?? ""
    }

    /// A closed delivery: a row each article and lot, or serial number, that came; and one each article that did not, with what
    /// becomes of the rest.
    static func reception(_ view: DeliveryView, by author: Author, at: Int64, in store: Store) throws -> [ExchangeRow] {
        let standing = view.decisions.filter { $0.undoneBy == nil }
        return try view.lines.flatMap { line -> [ExchangeRow] in
            let product = try store.articles.product(line.gtin)
            var row = ExchangeRow(.reception)
            row.set(article: line.gtin, line.description, line.reference ?? product?.reference, line.measure)
            row.set(by: author, at)
            (row[.document], row[.supplier]) = (view.note, view.supplier)
            row[.order] = view.details.first { $0.kind == .reference && $0.code == "order" }?.value ?? ""
            row[.to] = try store.deliveries.receivedIn(view.id) ?? view.zone ?? view.dock ?? ""
            if line.missing > 0 {
                let decided = standing.filter { $0.gtin == line.gtin && [.later, .never].contains($0.kind) }
                row[.rest] = decided.last?.kind.rawValue ?? ""
            }
            var rows = pieces(of: line, like: row, isSerial: product?.tracking == "serial")
            // What was expected is said once for the line.
            rows[0].set(.expected, line.expected)
            let damaged = min(line.damaged, line.received)
            guard damaged > 0 else { return rows }
            if rows.count == 1 {
                rows[0].set(.damaged, damaged)
            } else {
                // Of which lot the damaged are, nobody has said.
                var other = row
                other.set(.quantity, 0)
                other.set(.damaged, damaged)
                rows.append(other)
            }
            return rows
        }
    }

    private static func pieces(of line: DeliveryView.Line, like row: ExchangeRow, isSerial: Bool) -> [ExchangeRow] {
        var rows: [ExchangeRow] = []
        var rest = line.received
        if isSerial {
            for serial in line.serials where rest >= 1 {
                var one = row
                one[.serial] = serial
                one.set(.quantity, 1)
                rows.append(one)
                rest -= 1
            }
        } else {
            for lot in line.lots where rest > 0 {
                var one = row
                (one[.lot], one[.expiry]) = (lot.number, lot.expires ?? "")
                let quantity = min(rest, lot.quantity)
                one.set(.quantity, quantity)
                rows.append(one)
                rest -= quantity
            }
        }
        if rest > 0 || rows.isEmpty {
            var one = row
            one.set(.quantity, rest)
            rows.append(one)
        }
        return rows
    }

    /// What a delivery that was told before has become: a row each change, more or less. Nothing where all is as it was told.
    static func correction(_ now: [ExchangeRow], told before: [ExchangeRow]) -> [ExchangeRow] {
        typealias Sums = (quantity: Quantity, damaged: Quantity)
        func sums(_ rows: [ExchangeRow]) -> [Article: Sums] {
            rows.reduce(into: [:]) { sums, row in
                sums[row.article, default: (0, 0)].quantity += row.quantity(.quantity)
                sums[row.article, default: (0, 0)].damaged += row.quantity(.damaged)
            }
        }
        let (was, is_) = (sums(before), sums(now))
        var seen: Set<Article> = []
        return (now + before).compactMap { row in
            guard seen.insert(row.article).inserted else { return nil }
            let (old, new) = (was[row.article] ?? (0, 0), is_[row.article] ?? (0, 0))
            guard old.quantity != new.quantity || old.damaged != new.damaged else { return nil }
            var change = row
            change[.kind] = Kind.correction.rawValue
            change.set(.quantity, new.quantity - old.quantity)
            change[.damaged] = old.damaged == new.damaged ? "" : (new.damaged - old.damaged).description
            (change[.expected], change[.rest]) = ("", "")
            for column in [Column.order, .supplier, .document, .who, .when, .to, .remark] {
                change[column] = now.first?[column] ?? row[column]
            }
            return change
        }
    }

    /// A posted count. Of an article without lots: counted, in the book when it began, the difference to be booked. With lots
    /// or serial numbers: what lies there of each.
    static func count(_ view: StockTakeView, place: String, by author: Author, at: Int64, in store: Store) throws
        -> [ExchangeRow]
    {
        let lines = Dictionary(view.lines.map { ($0.gtin, $0) }) { first, _ in first }
        return try store.takes.lots(take: view.id).compactMap { lot in
            let product = try store.articles.product(lot.gtin)
            let isTracked = (product?.tracking ?? "none") != "none"
            if isTracked, lot.lot == nil, lot.counted == 0 { return nil }
            // Who did not look everywhere says nothing of what they did not see.
            if !view.isComplete, lot.counted == 0, lines[lot.gtin]?.counted ?? 0 == 0 { return nil }
            var row = ExchangeRow(.count)
            row.set(
                article: lot.gtin, product?.description ?? lines[lot.gtin]?.description ?? "", product?.reference,
                lines[lot.gtin]?.measure ?? .piece)
            row.set(by: author, at)
            (row[.document], row[.to]) = ("count-\(view.id)", place)
            row.set(.quantity, lot.counted)
            row[product?.tracking == "serial" ? .serial : .lot] = lot.lot ?? ""
            if !isTracked {
                row.set(.expected, lot.expected)
                row.set(.difference, lot.counted - lot.expected)
            }
            return row
        }
    }

    /// Goods that were put away, or went from one zone to another.
    static func move(_ transfer: PutAway, by author: Author, at: Int64, in store: Store) throws -> [ExchangeRow] {
        try transfer.lines.map { line in
            let product = try store.articles.product(line.gtin)
            var row = ExchangeRow(.move)
            row.set(
                article: line.gtin, product?.description ?? "", product?.reference,
                product?.unit.flatMap { Measure($0) } ?? .piece)
            row.set(by: author, at)
            row[.document] = "move-\(transfer.first)-\(transfer.last)"
            (row[.from], row[.to]) = (transfer.from, transfer.to)
            row[product?.tracking == "serial" ? .serial : .lot] = line.lot ?? ""
            row.set(.quantity, line.quantity)
            return row
        }
    }
}
