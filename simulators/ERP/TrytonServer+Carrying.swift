import Model

/// Internal shipments and returns to suppliers (modules/stock, shipment.py and move.py), as tried on a real 8.2: `assign_try`
/// answers nothing, splits what it finds a part of, and leaves a shipment waiting that it did not find all of. Of an internal
/// one it takes from places below the source as well; of a return it warns of moves without an origin.
extension TrytonServer {
    static let carrying: Set<String> = ["stock.shipment.internal", "stock.shipment.in.return"]

    mutating func carryingButton(
        _ model: String, _ name: String, _ id: Int64, _ row: TrytonStore.Row
    ) throws(TrytonRefusal) {
        let last = isModern ? "do" : "done"
        let allowed: [String: Set<String>] = [
            "wait": ["draft", "waiting", "assigned"], "draft": ["waiting", "cancelled"], last: ["assigned"],
            "cancel": ["draft", "waiting", "assigned"], "assign_try": [],
        ]
        guard let states = allowed[name] else { throw .forbidden }
        let state = row["state"]?.text ?? ""
        if name == "assign_try" {
            guard state == "waiting" else { return }
            let orphans = store.held(model, "moves", of: id).filter { ($0["origin"] ?? .null) == .null }
            if model == "stock.shipment.in.return", !orphans.isEmpty {
                let names = orphans.map { "\(TrytonStore.id($0))" }
                try warn(
                    "c606\(names.joined()).done", "Stock moves \"\(names.joined(separator: ", "))\" have no origin.")
            }
            assign(model, id, row)
            return
        }
        guard states.contains(state) else {
            guard isModern else { return }
            throw .user("You can not call \"\(name)\" on \"\(id)\" of \"\(model)\".")
        }
        let moves = store.held(model, "moves", of: id)
        switch name {
        case "wait":
            for move in moves { store.set("stock.move", TrytonStore.id(move), ["state": "draft"]) }
            store.set(model, id, ["state": "waiting", "number": .string("\(id)")])
        case "draft":
            for move in moves {
                let values: TrytonStore.Row = [
                    "state": "draft", "from_location": row["from_location"] ?? .null,
                    "to_location": row["to_location"] ?? .null,
                ]
                store.set("stock.move", TrytonStore.id(move), values)
            }
            store.set(model, id, ["state": "draft"])
        case "cancel":
            for move in moves { store.set("stock.move", TrytonStore.id(move), ["state": "cancelled"]) }
            store.set(model, id, ["state": "cancelled"])
        default:
            for move in moves { try demandLot(move) }
            for move in moves { store.set("stock.move", TrytonStore.id(move), ["state": "done"]) }
            store.set(model, id, ["state": "done"])
        }
    }

    private mutating func assign(_ model: String, _ id: Int64, _ row: TrytonStore.Row) {
        let source = row["from_location"]?.integer ?? 0
        let isInternal = model == "stock.shipment.internal"
        let below = store.all("stock.location") { isInternal && $0["parent"]?.integer == source }
            .map { TrytonStore.id($0) }
        let places = [source] + below.filter { $0 != row["to_location"]?.integer }
        var isWhole = true
        for move in store.held(model, "moves", of: id) where move["state"] == "draft" {
            var missing = move["quantity"]?.double ?? 0
            var picks: [(place: Int64, quantity: Double)] = []
            for place in places where missing > 0 {
                let free = free(move["product"]?.integer ?? 0, lot: move["lot"]?.integer, at: place)
                guard free > 0 else { continue }
                picks.append((place, min(free, missing)))
                missing -= min(free, missing)
            }
            let number = TrytonStore.id(move)
            if missing > 0 {
                isWhole = false
                store.set("stock.move", number, ["quantity": .number(missing)])
            }
            for (index, pick) in picks.enumerated() {
                let values: TrytonStore.Row = [
                    "quantity": .number(pick.quantity), "from_location": .int(pick.place), "state": "assigned",
                ]
                if missing == 0, index == 0 {
                    store.set("stock.move", number, values)
                } else {
                    store.insert("stock.move", move.merging(values) { $1 })
                }
            }
        }
        if isWhole { store.set(model, id, ["state": "assigned"]) }
    }

    /// What nobody has assigned.
    private func free(_ product: Int64, lot: Int64?, at place: Int64) -> Double {
        let there = onHand.filter {
            $0.key.product == product && $0.key.place == place && (lot == nil || $0.key.lot == lot)
        }
        let taken = store.all("stock.move") {
            $0["state"] == "assigned" && $0["product"] == .int(product) && $0["from_location"] == .int(place)
                && (lot == nil || $0["lot"]?.integer == lot)
        }
        return there.reduce(0) { $0 + $1.value } - taken.reduce(0) { $0 + ($1["quantity"]?.double ?? 0) }
    }

    /// Somebody there reserves goods for another shipment.
    public mutating func reserveByHand(_ product: Int64, _ quantity: Int64, at place: Int64) {
        store.insert(
            "stock.move",
            [
                "product": .int(product), "quantity": .int(quantity), "unit": 1, "from_location": .int(place),
                "to_location": 7, "state": "assigned", "shipment": "stock.none,0",
            ])
    }

    public mutating func cancelTransferByHand(_ id: Int64) throws {
        let model = "stock.shipment.internal"
        try carryingButton(model, "cancel", id, store.row(model, id) ?? [:])
    }
}
