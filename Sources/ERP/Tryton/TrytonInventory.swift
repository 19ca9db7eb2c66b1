import Model

/// A counted line, resolved against the server.
struct TrytonCount: Equatable {
    var product: Int64
    /// With its lot: `[A9] Article 9, lot L1`.
    var name: String
    var lot: JSON?
    var result: Quantity
    var expected: Quantity
    /// What the server had at the beginning and what we have told it since; nil where it was not asked at the beginning.
    var known: Quantity?
    /// What the server has now; nil where it was not asked.
    var there: Quantity?

    /// How much is there that the server does not know of.
    var change: Quantity? { known.map { result - $0 } }

    /// The quantity for a line of which the server expects so much: with the difference of the count, so that what others moved
    /// meanwhile stays moved. Below 0 it cannot be.
    func goal(expecting: Double) -> Quantity {
        change.map { (Quantity(nearest: expecting) ?? 0) + $0 } ?? result
    }

    /// For a line that is not there yet.
    var goal: Quantity { goal(expecting: (there ?? 0).double) }

    static func + (a: TrytonCount, b: TrytonCount) -> TrytonCount {
        var sum = a
        sum.result += b.result
        sum.expected += b.expected
        if a.known != nil || b.known != nil { sum.known = (a.known ?? 0) + (b.known ?? 0) }
        return sum
    }
}

/// A server's inventory of one place.
struct TrytonInventory {
    struct Line {
        var id: JSON
        var product: Int64
        var productName: String
        var lot: Int64?
        var lotNumber: String?
        var quantity: Double?
        var expected: Double

        var name: String { lotNumber.map { "\(productName), lot \($0)" } ?? productName }
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
            "number", "state", "create_uid", "empty_quantity", "_timestamp", "lines.product", "lines.product.rec_name",
            "lines.quantity", "lines.expected_quantity",
        ] + (lots ? ["lines.lot", "lines.lot.number"] : [])
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
                id: id, product: product, productName: line["product."]?["rec_name"]?.text ?? "article \(product)",
                lot: line["lot"]?.integer, lotNumber: line["lot."]?["number"]?.text, quantity: line["quantity"]?.double,
                expected: line["expected_quantity"]?.double ?? 0)
        }
    }

    func line(of count: TrytonCount) -> Line? {
        lines.first { $0.product == count.product && $0.lot == count.lot?.integer }
    }

    /// The counted article that is not there with its result, or whose line books another difference than the count's.
    func difference(_ counts: [TrytonCount]) -> TrytonCount? {
        counts.first { count in
            guard let line = line(of: count), let quantity = line.quantity else { return true }
            return Quantity(nearest: quantity) != count.goal(expecting: line.expected)
        }
    }

    /// More is missing than is there now.
    func shortage(_ counts: [TrytonCount]) -> TrytonCount? {
        counts.first { count in line(of: count).map { count.goal(expecting: $0.expected) < 0 } ?? false }
    }

    /// What nobody counted and the server has: a complete count makes it 0.
    var uncounted: [Line] { lines.filter { $0.quantity == nil && $0.expected != 0 } }
}
