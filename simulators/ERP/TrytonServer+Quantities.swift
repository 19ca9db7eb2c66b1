import ERP
import Model

/// What the server has, as it tells it: `quantity` of articles and lots in the context's `locations`, below them where it
/// says `with_childs` (modules/stock, product.py; stock_lot, stock.py).
extension TrytonServer {
    /// By the record's id; nil for models that have no such field.
    func quantities(of model: String, _ context: JSON) -> [Int64: Double]? {
        guard ["product.product", "stock.lot"].contains(model) else { return nil }
        var places = Set((context["locations"]?.list ?? []).compactMap(\.integer))
        if context["with_childs"] == true {
            while true {
                let inside = store.all("stock.location") { $0["parent"]?.integer.map(places.contains) == true }
                guard !inside.allSatisfy({ places.contains(TrytonStore.id($0)) }) else { break }
                places.formUnion(inside.map { TrytonStore.id($0) })
            }
        }
        var sums: [Int64: Double] = [:]
        for (spot, quantity) in onHand where places.contains(spot.place) {
            sums[model == "stock.lot" ? spot.lot : spot.product, default: 0] += quantity
        }
        return sums
    }

    // MARK: Units (modules/product, uom.py)

    /// In the article's own unit.
    func internalQuantity(_ move: TrytonStore.Row) -> Double {
        let own = store.row("product.product", move["product"]?.integer)?["default_uom"]
        return rounded(converted(move, to: own), to: own)
    }

    /// In the unit of an order's line.
    func quantity(_ move: TrytonStore.Row, in line: TrytonStore.Row) -> Double { converted(move, to: line["unit"]) }

    func converted(_ move: TrytonStore.Row, to unit: JSON?) -> Double {
        let quantity = move["quantity"]?.double ?? 0
        guard let from = store.row("product.uom", move["unit"]?.integer)?["factor"]?.double,
            let to = store.row("product.uom", unit?.integer)?["factor"]?.double
        else { return quantity }
        return quantity * from / to
    }

    func rounded(_ quantity: Double, to unit: JSON?) -> Double {
        let step = store.row("product.uom", unit?.integer)?["rounding"]?.double ?? 0.01
        return step < 1 ? (quantity / step).rounded() / (1 / step).rounded() : (quantity / step).rounded() * step
    }

    /// A move's quantity has no more digits than its unit.
    func checkDigits(_ move: TrytonStore.Row) throws(TrytonRefusal) {
        let quantity = move["quantity"]?.double ?? 0
        guard abs(rounded(quantity, to: move["unit"]) - quantity) < 1e-9 else {
            throw .user(
                "The number of digits in the value \"\(quantity)\" for field \"Quantity\" of \"Stock Move\" exceeds the limit."
            )
        }
    }

    /// A count below nothing is outside the field's domain.
    static func checkCount(_ quantity: JSON?) throws(TrytonRefusal) {
        guard (quantity?.double ?? 0) >= 0 else {
            throw .user(
                "The value \"\(quantity?.description ?? "")\" for field \"Actual Quantity\" is not valid according to its domain."
            )
        }
    }

    func demandLot(_ row: TrytonStore.Row) throws(TrytonRefusal) {
        guard row["lot"]?.integer == nil else { return }
        let product = store.row("product.product", row["product"]?.integer) ?? [:]
        guard product["lot_required"]?.list?.isEmpty != false else {
            throw .user("To move product \"\(product["rec_name"]?.text ?? "")\" you must provide a stock lot.")
        }
    }

    /// The context of a call over REST: base64 of JSON in a header.
    static func context(_ request: ERPRequest) -> JSON {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        guard let text = request.headers.first(where: { $0.name == "X-Tryton-Context" })?.value else {
            return .object([])
        }
        var bytes: [UInt8] = []
        var (word, bits) = (0, 0)
        for letter in text.utf8 {
            guard let value = letters.firstIndex(of: letter) else { continue }
            (word, bits) = ((word << 6 | value) & 0xFFFF, bits + 6)
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> bits))
        }
        return (try? JSON(parsing: bytes)) ?? .object([])
    }
}
