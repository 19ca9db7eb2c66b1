import Model

/// What happens to stock: `receive`, `do` or `done`, `cancel`, inventories (trytond modules stock, stock_lot,
/// purchase).
extension TrytonServer {
    /// Pieces in the depot: article, lot (0: none) and place.
    struct Spot: Hashable {
        var product: Int64
        var lot: Int64
        var place: Int64
    }

    /// What was moved to a place and away from it, of all that is done.
    public func stock(product: Int64, lot: String? = nil, place: Int64) -> Double {
        stock(onHand, product: product, lot: lot, place: place)
    }

    /// What `stock(product:lot:place:)` answers, from a sum that is there already; without a lot, of all of them.
    func stock(_ sum: [Spot: Double], product: Int64, lot: String?, place: Int64) -> Double {
        let lots = lot.map { lot in
            store.all("stock.lot") { $0["product"] == .int(product) && $0["number"]?.text == lot }.map {
                TrytonStore.id($0)
            }
        }
        return sum.reduce(0) { total, entry in
            guard entry.key.product == product, entry.key.place == place, lots?.contains(entry.key.lot) ?? true else {
                return total
            }
            return total + entry.value
        }
    }

    /// Article, lot, place and quantity of everything that lies somewhere.
    var onHand: [Spot: Double] {
        var sum: [Spot: Double] = [:]
        // An article's own unit is looked up once.
        var units: [Int64: JSON] = [:]
        for move in store.all("stock.move", where: { $0["state"] == "done" }) {
            let product = move["product"]?.integer ?? 0
            let own = units[product] ?? store.row("product.product", product)?["default_uom"] ?? .null
            units[product] = own
            let quantity = rounded(converted(move, to: own), to: own)
            var spot = Spot(product: move["product"]?.integer ?? 0, lot: move["lot"]?.integer ?? 0, place: 0)
            spot.place = move["to_location"]?.integer ?? 0
            sum[spot, default: 0] += quantity
            spot.place = move["from_location"]?.integer ?? 0
            sum[spot, default: 0] -= quantity
        }
        return sum
    }

    public func count(_ model: String) -> Int { store.all(model).count }

    /// Draft moves of orders that are on no shipment: quantity by article.
    public var stillToCome: [Int64: Double] {
        var sum: [Int64: Double] = [:]
        for move in store.all("stock.move", where: { $0["state"] == "draft" && ($0["shipment"] ?? .null) == .null }) {
            sum[move["product"]?.integer ?? 0, default: 0] += internalQuantity(move)
        }
        return sum
    }

    mutating func button(_ model: String, _ name: String, _ id: Int64, _ arguments: [JSON]) throws(TrytonRefusal) {
        guard let row = store.row(model, id) else {
            throw .user("You are trying to read records \"\(id)\" of \"\(model)\" that don't exist.")
        }
        let state = row["state"]?.text ?? ""
        let last = isModern ? "do" : "done"
        if Self.carrying.contains(model) {
            try carryingButton(model, name, id, row)
            return
        }
        let needed: [String: String] = [
            "stock.shipment.in.receive": "draft", "stock.shipment.in.\(last)": "received",
            "stock.inventory.confirm": "draft",
            "stock.move.cancel": "draft", "stock.inventory.complete_lines": "draft",
        ]
        guard let from = needed["\(model).\(name)"] else { throw .forbidden }
        let isAttached = model == "stock.move" && (row["shipment"] ?? .null) != .null
        guard state == from, !(isAttached && isModern) else {
            // 7.0 leaves out what does not fit; later series refuse.
            guard isModern else { return }
            throw .user("You can not call \"\(name)\" on \"\(id)\" of \"\(model)\".")
        }
        switch (model, name) {
        case ("stock.shipment.in", "receive"): try receive(id)
        case ("stock.shipment.in", _): putAway(id)
        case ("stock.move", _): store.set(model, id, ["state": "cancelled"])
        case ("stock.inventory", "confirm"): try confirm(id, row)
        default: complete(id, fill: arguments.first != .bool(false))
        }
    }

    private func moves(_ shipment: Int64) -> [TrytonStore.Row] {
        store.held("stock.shipment.in", "incoming_moves", of: shipment).filter { $0["state"] != "cancelled" }
    }

    mutating func warn(_ name: String, _ message: String) throws(TrytonRefusal) {
        guard skippedWarnings.remove(name) == nil else { return }
        throw .warning(name: name, message)
    }

    private mutating func receive(_ id: Int64) throws(TrytonRefusal) {
        let moves = moves(id)
        for move in moves { try demandLot(move) }
        for (kind, words) in warnings.sorted(by: { $0.key < $1.key }) { try warn("7c36\(id).\(kind)", words) }
        let orphans = moves.filter { ($0["origin"] ?? .null) == .null }.map { "\(TrytonStore.id($0))" }
        if !orphans.isEmpty {
            try warn(
                "75d1\(orphans.joined()).done", "Stock moves \"\(orphans.joined(separator: ", "))\" have no origin.")
        }
        for (origin, line) in orderLines {
            let all = store.all("stock.move") { $0["origin"] == origin }
            let coming = all.filter { move in moves.contains { $0["id"] == move["id"] } || move["state"] == "done" }
            let excess = coming.reduce(0) { $0 + quantity($1, in: line) } - (line["quantity"]?.double ?? 0)
            if excess > 0, coming.contains(where: { $0["state"] == "draft" }) {
                try warn(
                    "16a4\(TrytonStore.id(line)).check_move_quantity",
                    "The purchase line is moving \(excess) u in addition.")
            }
        }
        for move in moves { store.set("stock.move", TrytonStore.id(move), ["state": "done"]) }
        store.set("stock.shipment.in", id, ["state": "received"])
        orderAgain()
    }

    /// Lines of orders, and of kits their parts, as moves name them.
    private var orderLines: [(origin: JSON, line: TrytonStore.Row)] {
        ["purchase.line", "purchase.line.component"].flatMap { model in
            store.all(model).map { (origin: JSON.string("\(model),\(TrytonStore.id($0))"), line: $0) }
        }
    }

    /// A purchase makes a draft move of what its lines still lack.
    private mutating func orderAgain() {
        for (origin, line) in orderLines {
            // A cancelled move that is not ignored is for a person, so it counts as well.
            let all = store.all("stock.move") { $0["origin"] == origin }
            let rest = (line["quantity"]?.double ?? 0) - all.reduce(0) { $0 + quantity($1, in: line) }
            let missing = rounded(rest, to: line["unit"])
            guard missing > 0, var move = all.first else { continue }
            move["unit"] = line["unit"] ?? move["unit"]
            move["quantity"] = .number(missing)
            move["shipment"] = .null
            move["lot"] = .null
            move["state"] = "draft"
            store.insert("stock.move", move)
        }
    }

    private mutating func putAway(_ id: Int64) {
        let shipment = store.row("stock.shipment.in", id) ?? [:]
        for var move in moves(id) {
            move["from_location"] = shipment["warehouse_input"]
            move["to_location"] = shipment["warehouse_storage"]
            move["origin"] = .string("stock.move,\(TrytonStore.id(move))")
            move["shipment"] = .null
            store.insert("stock.move", move)
        }
        store.set("stock.shipment.in", id, ["state": "done"])
    }

    // MARK: Inventories

    /// After a creation or a write: an inventory looks at its stock.
    mutating func settle(_ model: String, _ id: Int64) throws(TrytonRefusal) {
        if model == "stock.inventory" { complete(id, fill: false) }
        if model == "stock.shipment.in" { linkOrders() }
    }

    private mutating func complete(_ id: Int64, fill: Bool) {
        let place = store.row("stock.inventory", id)?["location"]?.integer ?? 0
        var here: [Spot: Double] = onHand.filter { $0.key.place == place }
        for line in store.held("stock.inventory", "lines", of: id) {
            let spot = Spot(product: line["product"]?.integer ?? 0, lot: line["lot"]?.integer ?? 0, place: place)
            store.set(
                "stock.inventory.line", TrytonStore.id(line),
                ["expected_quantity": .number(here.removeValue(forKey: spot) ?? 0)])
        }
        guard fill else { return }
        for (spot, quantity) in here.sorted(by: { ($0.key.product, $0.key.lot) < ($1.key.product, $1.key.lot) })
        where quantity != 0 {
            let lot: JSON = spot.lot == 0 ? .null : .int(spot.lot)
            store.insert(
                "stock.inventory.line",
                [
                    "inventory": .int(id), "product": .int(spot.product), "lot": lot, "quantity": .null,
                    "expected_quantity": .number(quantity),
                ])
        }
    }

    /// Books the difference to what was expected when the lines were written.
    private mutating func confirm(_ id: Int64, _ inventory: TrytonStore.Row) throws(TrytonRefusal) {
        let lines = store.held("stock.inventory", "lines", of: id)
        for (index, line) in lines.enumerated() {
            guard
                !lines[..<index].contains(where: {
                    $0["product"] == line["product"] && ($0["lot"] ?? .null) == (line["lot"] ?? .null)
                })
            else { throw .user("The line is not unique.") }
        }
        for line in lines {
            guard let quantity = line["quantity"]?.double ?? (inventory["empty_quantity"] == "empty" ? 0 : nil) else {
                continue
            }
            let surplus = quantity - (line["expected_quantity"]?.double ?? 0)
            guard surplus != 0 else { continue }
            try demandLot(line)
            let place = inventory["location"] ?? .null
            store.insert(
                "stock.move",
                [
                    "product": line["product"] ?? .null, "lot": line["lot"] ?? .null, "quantity": .number(abs(surplus)),
                    "from_location": surplus > 0 ? 4 : place, "to_location": surplus > 0 ? place : 4, "state": "done",
                    "origin": .string("stock.inventory.line,\(TrytonStore.id(line))"), "shipment": .null,
                ])
        }
        store.set("stock.inventory", id, ["state": "done"])
    }
}
