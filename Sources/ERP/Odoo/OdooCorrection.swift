import Model

/// A correction against the receipt it is of, without a call.
struct OdooCorrection: Sendable {
    /// A receipt of the family, with what was received of each move.
    struct Received: Equatable, Sendable {
        var move: Int64
        var product: Int64
        /// In the article's own unit, what went back already taken off.
        var left: Double
        var lots: Set<String>
        /// The same of each lot; empty where nobody asked.
        var ofLot: [String: Double] = [:]
    }

    /// What goes back of one move of the receipt.
    struct Share: Equatable, Sendable {
        var move: Int64
        var product: Int64
        var quantity: Double
    }

    /// `quai/INSTALLATION/correction/17.` of `…/17.2`: the corrections of one delivery.
    static func family(_ key: String) -> String {
        guard let dot = key.lastIndex(of: ".") else { return key }
        return String(key[...dot])
    }

    /// The key as it stands in a note, and not the beginning of a longer one: `…/17.2` is not in `…/17.20`.
    static func holds(_ note: String?, _ key: String) -> Bool {
        guard let note, !key.isEmpty else { return false }
        var rest = note[...]
        while let range = rest.firstRange(of: key) {
            guard let next = rest[range.upperBound...].first, next.isNumber || next.isLetter || next == "/" else {
                return true
            }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// More goods, as a reception: what is done of it is read back and compared like one.
    static func reception(_ push: CorrectionPush, into receipt: Int64?, supplier: String?) -> ReceptionPush {
        let lines = push.lines.filter { $0.change > 0 }.map { line in
            ReceptionPush.Line(
                line: nil, product: line.product, gtin: line.gtin, quantity: line.change,
                lots: line.lot.map { [.init(number: $0, quantity: line.change, expires: line.expires)] } ?? [])
        }
        return ReceptionPush(
            key: push.key, receipt: receipt.map { String($0) }, note: push.note, supplier: supplier, lines: lines)
    }

    /// Less goods, as a transfer out of stock.
    static func back(_ push: CorrectionPush, _ articles: [Int64: OdooArticle]) throws(ERPFault) -> OdooTransfer {
        let lines = push.lines.filter { $0.change < 0 }.map { line in
            TransferPush.Line(product: line.product, gtin: line.gtin, lot: line.lot, quantity: -line.change)
        }
        return try OdooTransfer(
            TransferPush(key: push.key, from: "", to: "", lines: lines), articles: articles, verb: "taken back")
    }

    /// Which moves of the receipt go back, and how much of each. Throws `.conflict` where less was received.
    static func shares(
        of needs: [OdooTransfer.Need], named: [Int64: Int64], _ received: [Received], receipt: String
    ) throws(ERPFault) -> [Share] {
        var received = received
        var shares: [Share] = []
        for need in needs {
            if let lot = need.lot, !received.contains(where: { $0.product == need.product && $0.lots.contains(lot) }) {
                throw ERPFault(.conflict, "\(receipt) has not received \(need.article) in Odoo.")
            }
            let own = received.filter { $0.product == need.product }
            var has = own.reduce(0) { $0 + max(0, $1.left) }
            // Of a lot no more than came of it and is not back yet, whatever there is of others.
            if let lot = need.lot, own.contains(where: { $0.ofLot[lot] != nil }) {
                has = min(has, max(0, own.reduce(0) { $0 + ($1.ofLot[lot] ?? 0) }))
            }
            var rest = need.quantity.double
            guard rest < has + 0.000_01 else {
                throw ERPFault(
                    .conflict,
                    "\(receipt) has \(OdooNumber.text(has)) of \(need.article) that can go back in Odoo; "
                        + "\(need.quantity) are too many by the correction.")
            }
            // The move that the line names first, then one that had the lot.
            func rank(_ one: Received) -> Int {
                (named[need.product] == one.move ? 0 : 2) + (need.lot.map { one.lots.contains($0) ? 0 : 1 } ?? 0)
            }
            let order = received.indices.filter { received[$0].product == need.product }.sorted {
                (rank(received[$0]), received[$0].move) < (rank(received[$1]), received[$1].move)
            }
            // What each of them had of the lot, and only then what it had of others.
            for isOfLot in [true, false] {
                for index in order where rest > 0.000_01 {
                    var room = max(0, received[index].left)
                    if isOfLot { room = min(room, max(0, need.lot.flatMap { received[index].ofLot[$0] } ?? 0)) }
                    let quantity = min(rest, room)
                    guard quantity > 0 else { continue }
                    received[index].left -= quantity
                    if isOfLot, let lot = need.lot { received[index].ofLot[lot, default: 0] -= quantity }
                    rest -= quantity
                    let move = received[index].move
                    if let same = shares.firstIndex(where: { $0.move == move }) {
                        shares[same].quantity += quantity
                    } else {
                        shares.append(Share(move: move, product: need.product, quantity: quantity))
                    }
                }
            }
        }
        return shares
    }
}
