import Model

/// A counted line, resolved against the server.
struct TrytonCount: Equatable {
    var product: Int64
    var name: String
    var lot: JSON?
    var result: Quantity
    var expected: Quantity
}

/// A server's inventory of one place.
struct TrytonInventory {
    struct Line {
        var id: JSON
        var product: Int64
        var lot: Int64?
        var quantity: Double?
        var expected: Double
    }

    var id: Int64
    var number: String
    var state: String
    var author: Int64?
    var keepsEmpty: Bool
    var stamp: JSON?
    var lines: [Line]

    static func fields(lots: Bool) -> [String] {
        [
            "number", "state", "create_uid", "empty_quantity", "_timestamp", "lines.product", "lines.quantity",
            "lines.expected_quantity",
        ] + (lots ? ["lines.lot"] : [])
    }

    init?(_ row: JSON) {
        guard let id = row["id"]?.integer, let state = row["state"]?.text else { return nil }
        self.id = id
        self.state = state
        number = row["number"]?.text ?? String(id)
        author = row["create_uid"]?.integer
        keepsEmpty = row["empty_quantity"]?.text == "keep"
        stamp = row["_timestamp"]
        lines = (row["lines."]?.list ?? []).compactMap { line in
            guard let id = line["id"], let product = line["product"]?.integer else { return nil }
            return Line(
                id: id, product: product, lot: line["lot"]?.integer, quantity: line["quantity"]?.double,
                expected: line["expected_quantity"]?.double ?? 0)
        }
    }

    func line(of count: TrytonCount) -> Line? {
        lines.first { $0.product == count.product && $0.lot == count.lot?.integer }
    }

    /// The counted article that is not there with its result.
    func difference(_ counts: [TrytonCount]) -> TrytonCount? {
        counts.first { line(of: $0)?.quantity != $0.result.double }
    }
}
