import Model

/// A unit of measure (modules/product, uom.py): one of it is `factor` of its category's first unit, which is `rate` of it. Of the
/// two the server calculates with the one that has fewer decimals, and rounds to the steps of the unit that comes out.
struct TrytonUnit: Equatable {
    /// 0 where it was not told.
    var id: Int64
    var symbol: String
    var factor: Double
    var rate: Double
    /// Steps: 1, 0.01.
    var rounding: Double

    static let fields = ["symbol", "factor", "rate", "rounding"]

    init(_ row: JSON?) {
        func positive(_ name: String) -> Double? {
            row?[name]?.double.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
        }
        id = row?["id"]?.integer ?? 0
        symbol = row?["symbol"]?.text ?? ""
        factor = positive("factor") ?? 1
        rate = positive("rate") ?? 1 / factor
        rounding = positive("rounding") ?? 0.001
    }

    /// The rate of a dozen is 0.083333333333, its factor 12.
    private var isCountedByFactor: Bool { Self.decimals(factor) <= Self.decimals(rate) }

    /// As `compute_qty` does, rounded to the other unit's steps.
    func convert(_ quantity: Double, to other: TrytonUnit) -> Double {
        guard id != other.id else { return quantity }
        return other.rounded(quantity * ratio(to: other))
    }

    /// How many of the other unit one of this is.
    func ratio(to other: TrytonUnit) -> Double {
        let base = isCountedByFactor ? factor : 1 / rate
        return other.isCountedByFactor ? base / other.factor : base * other.rate
    }

    func rounded(_ quantity: Double) -> Double {
        let steps = (quantity / rounding).rounded()
        // 3 * 0.01 is not 0.03.
        return rounding < 1 ? steps / (1 / rounding).rounded() : steps * rounding
    }

    /// Whether the unit's steps hold it.
    func holds(_ quantity: Double) -> Bool { abs(rounded(quantity) - quantity) < 1e-9 }

    /// Of a number as the server writes it, at most twelve.
    private static func decimals(_ number: Double) -> Int {
        var scaled = number
        for count in 0..<12 {
            if abs(scaled - scaled.rounded()) < 1e-9 * max(1, abs(scaled)) { return count }
            scaled *= 10
        }
        return 12
    }
}

extension TrytonMove {
    /// For one of another unit, to four decimals, the server's own limit (modules/product: price_decimal).
    func price(of other: TrytonUnit) -> String? {
        guard let price = price.flatMap({ Double($0) }) else { return nil }
        let tenThousandths = (price / unit.ratio(to: other) * 10_000).rounded()
        guard tenThousandths.magnitude < 4e15 else { return nil }
        let (whole, rest) = Int64(tenThousandths).magnitude.quotientAndRemainder(dividingBy: 10_000)
        return "\(tenThousandths < 0 ? "-" : "")\(whole).\(String(10_000 + rest).dropFirst())"
    }

    /// In the move's unit, which is the purchase's and the price's, where it holds the quantity: 60 pieces are 5 dozen. Otherwise in
    /// the article's own, with the price of one. `isWhole`: with the unit in any case, for a copy.
    func amount(_ quantity: Quantity, isWhole: Bool = false) throws(TrytonError) -> [(String, JSON?)] {
        guard own.holds(quantity.double) else {
            let words = "\(productName) is kept in steps of \(own.rounding) \(own.symbol) there"
            throw .fault(ERPFault(.rule, "\(words): \(quantity) is none."))
        }
        guard own.id != unit.id else { return [("quantity", quantity.json)] }
        let inUnit = own.convert(quantity.double, to: unit)
        if Quantity(nearest: unit.convert(inUnit, to: own)) == quantity {
            let whole: [(String, JSON?)] = [
                ("unit", .int(unit.id)), ("unit_price", price.map(TrytonValue.decimal)),
            ]
            return [("quantity", (Quantity(nearest: inUnit) ?? 0).json)] + (isWhole ? whole : [])
        }
        return [
            ("quantity", quantity.json), ("unit", .int(own.id)),
            ("unit_price", price(of: own).map(TrytonValue.decimal)),
        ]
    }
}
