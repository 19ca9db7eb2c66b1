import Model

/// Stock takes (modules/stock, inventory.py): one inventory per place.
///
/// A draft inventory changes nothing; `confirm` does. So the key is a note on the inventory, written before it is
/// confirmed: nobody but the server may write an inventory's number on 8.2. After a crash between the two calls a
/// draft of ours without a note, with just these articles, is taken up. What is confirmed has the note and is
/// recognised.
///
/// The server keeps the expected quantity of the moment in which the lines were written and books the difference to
/// the counted one at `confirm`: what it moves in between stays moved. So lines that are right already are not
/// written again, and lines that are not are written with the date of today, which makes the server look at its
/// stock anew.
extension TrytonConnector {
    public func push(_ take: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        var isSecond = false
        while true {
            do throws(TrytonError) {
                return try await attempt(take, dry: dry)
            } catch {
                guard !isSecond, error == .stale || error.kind == .unknownOutcome else { throw error.asFault }
                isSecond = true
            }
        }
    }

    private func attempt(_ take: StockTakePush, dry: Bool) async throws(TrytonError) -> PushOutcome {
        guard !take.lines.isEmpty || take.isComplete else {
            throw .fault(ERPFault(.rule, "Nothing was counted: there is nothing to push."))
        }
        let place = try await place(take.location)
        var planned: [ERPRequest] = []
        let counts = try await counts(take, dry: dry, planned: &planned)
        let (mine, isNoted) = try await inventory(take, counts, at: place)

        if let mine, mine.state == "done" {
            if let other = mine.difference(counts) { throw Self.conflict(mine, other) }
            return .done(id: String(mine.id), "Inventory \(mine.number) is done already.")
        }
        if let mine, mine.state != "draft" {
            throw .fault(ERPFault(.conflict, "Inventory \(mine.number) is \(mine.state)."))
        }
        if dry { return .planned(try await plan(take, counts, at: place, mine: mine, planned)) }

        let id: Int64
        if let mine {
            id = mine.id
            if mine.difference(counts) != nil || take.isComplete == mine.keepsEmpty {
                try await send(Self.correction(mine, counts, take, today: today()))
            }
        } else {
            id = try await created(.create("stock.inventory", [Self.values(counts, take, at: place)]))[0]
        }
        if !isNoted {
            _ = try await created(.create("ir.note", [Self.note(take, id)]))
            guard !(try await notes("stock.inventory,\(id)", key: take.key)).isEmpty else {
                throw .fault(ERPFault(.unknownOutcome, "The note of the inventory did not arrive."))
            }
        }
        if take.isComplete { try await send(.button("stock.inventory", "complete_lines", .int(id))) }

        let draft = try await inventory(id)
        if let other = draft.difference(counts) { throw Self.conflict(draft, other) }
        let surprises = counts.filter { count in
            draft.line(of: count).map { Quantity(nearest: $0.expected) != count.expected } ?? false
        }
        do throws(TrytonError) {
            try await send(.button("stock.inventory", "confirm", .int(id)), accepting: [])
        } catch {
            guard error.kind == .rule, try await inventory(id).state == "done" else { throw error }
        }
        let done = try await inventory(id)
        if let other = done.difference(counts) { throw Self.conflict(done, other) }
        guard done.state == "done" else {
            throw .fault(
                ERPFault(.unknownOutcome, "The server said yes, but inventory \(done.number) is \(done.state)."))
        }
        var words = "Inventory \(done.number) is done: \(counts.count) lines."
        if let first = surprises.first, let line = draft.line(of: first) {
            words +=
                " The server expected other quantities in \(surprises.count): \(first.name) \(Quantity(nearest: line.expected) ?? 0)"
            words += ", counted \(first.result)."
        }
        return .done(id: String(id), words)
    }

    private static func conflict(_ inventory: TrytonInventory, _ count: TrytonCount) -> TrytonError {
        guard let line = inventory.line(of: count) else {
            return .fault(
                ERPFault(.rule, "\(count.name) is not in inventory \(inventory.number): no stock is kept of it."))
        }
        let there = line.quantity.map { Quantity(nearest: $0)?.description ?? "\($0)" } ?? "none"
        let words =
            "Inventory \(inventory.number) is \(inventory.state) with other quantities. \(count.name): \(there) there"
        return .fault(ERPFault(.conflict, "\(words), \(count.result) counted here."))
    }

    // MARK: Reading

    private func inventory(_ id: Int64) async throws(TrytonError) -> TrytonInventory {
        let call = TrytonCall.search(
            "stock.inventory", [["id", "=", .int(id)]], TrytonInventory.fields(lots: try await knowsLots()))
        guard let found = try await rows(call).first.flatMap(TrytonInventory.init) else {
            throw .fault(ERPFault(.gone, "The inventory is gone."))
        }
        return found
    }

    /// The inventory that carries our key, or a draft of ours that lost it in a crash; and whether the note is there.
    private func inventory(
        _ take: StockTakePush, _ counts: [TrytonCount], at place: Int64
    ) async throws(TrytonError) -> (TrytonInventory?, isNoted: Bool) {
        let fields = TrytonInventory.fields(lots: try await knowsLots())
        let call = TrytonCall.search(
            "stock.inventory", [["location", "=", .int(place)]], limit: 100, order: [["id", "DESC"]], fields)
        let found = try await rows(call).compactMap(TrytonInventory.init)
        let notes = try await notes(found.map { "stock.inventory,\($0.id)" })
        let ours = notes.filter { $0.message.contains("[\(take.key)]") }
        if let noted = found.first(where: { item in ours.contains { $0.resource == "stock.inventory,\(item.id)" } }) {
            return (noted, true)
        }
        guard found.contains(where: { $0.state == "draft" }), let me = try await myself() else { return (nil, false) }
        let orphan = found.first { item in
            item.state == "draft" && item.author == me
                && !notes.contains { $0.resource == "stock.inventory,\(item.id)" }
                && item.lines.count == counts.count && counts.allSatisfy { item.line(of: $0) != nil }
        }
        return (orphan, false)
    }

    /// Over REST nobody says who we are.
    private func myself() async throws(TrytonError) -> Int64? {
        if let userID { return userID }
        guard !user.isEmpty else { return nil }
        let found = (try? await rows(.search("res.user", [["login", "=", .string(user)]], limit: 1, ["login"]))) ?? []
        return found.first?["id"]?.integer
    }

    /// A place by its id, code or name; of several the one in our warehouse.
    private func place(_ name: String) async throws(TrytonError) -> Int64 {
        var choices: [JSON] = ["OR", [["code", "=", .string(name)]], [["name", "=", .string(name)]]]
        if let id = Int64(name) { choices.append([["id", "=", .int(id)]]) }
        let domain: JSON = [["type", "=", "storage"], .array(choices)]
        var found = try await rows(.search("stock.location", domain, limit: 20, ["code"]))
        if found.count > 1, let id = Int64(name), let exact = found.first(where: { $0["id"]?.integer == id }) {
            found = [exact]
        }
        if found.count > 1 {
            let home = try await theWarehouse().id
            let inside: JSON = [domain, ["parent", "child_of", [.int(home)], "parent"]]
            found = try await rows(.search("stock.location", inside, limit: 2, ["code"]))
        }
        guard found.count == 1, let id = found[0]["id"]?.integer else {
            throw .fault(
                ERPFault(
                    .rule, found.isEmpty ? "The server has no place \(name)." : "The server has several places \(name)."
                ))
        }
        return id
    }

    /// Lines by article and lot; what was counted twice is added up.
    private func counts(
        _ take: StockTakePush, dry: Bool, planned: inout [ERPRequest]
    ) async throws(TrytonError) -> [TrytonCount] {
        guard !take.lines.isEmpty else { return [] }
        let products = try await products(
            ids: take.lines.compactMap { $0.product.flatMap { Int64($0) } }, gtins: take.lines.map(\.gtin))
        var resolved: [(line: StockTakePush.Line, product: TrytonProduct)] = []
        for line in take.lines {
            guard
                let product = products.first(where: { String($0.id) == line.product })
                    ?? products.first(where: { $0.gtins.contains(line.gtin) })
            else { throw .fault(ERPFault(.rule, "The server knows no article with GTIN \(line.gtin).")) }
            resolved.append((line, product))
        }
        let keys = resolved.compactMap { item in
            item.product.tracksLots
                ? item.line.lot.map { TrytonReceptionPlan.LotKey(product: item.product.id, number: $0) } : nil
        }
        let lots = try await lots(keys, expiries: [:], dry: dry, planned: &planned)
        var counts: [TrytonCount] = []
        for (line, product) in resolved {
            let lot =
                product.tracksLots
                ? line.lot.flatMap { lots[TrytonReceptionPlan.LotKey(product: product.id, number: $0)] } : nil
            guard line.result >= 0 else {
                throw .fault(ERPFault(.rule, "\(product.name): more went out than was counted (\(line.result))."))
            }
            if let index = counts.firstIndex(where: { $0.product == product.id && $0.lot == lot }) {
                counts[index].result += line.result
                counts[index].expected += line.expected + line.movedSince
            } else {
                counts.append(
                    TrytonCount(
                        product: product.id, name: product.name, lot: lot, result: line.result,
                        expected: line.expected + line.movedSince))
            }
        }
        return counts
    }

    // MARK: Writing

    private static func line(_ count: TrytonCount) -> JSON {
        .object([("product", .int(count.product)), ("lot", count.lot), ("quantity", count.result.json)])
    }

    private static func emptyQuantity(_ take: StockTakePush) -> JSON { take.isComplete ? "empty" : "keep" }

    private static func values(_ counts: [TrytonCount], _ take: StockTakePush, at place: Int64) -> JSON {
        .object([
            ("location", .int(place)), ("empty_quantity", emptyQuantity(take)),
            ("lines", [["create", .array(counts.map(line))]]),
        ])
    }

    private static func note(_ take: StockTakePush, _ id: Int64) -> JSON {
        .object([
            ("resource", .string("stock.inventory,\(id)")),
            ("message", .string("Stock take \(take.location)\n[\(take.key)]")),
        ])
    }

    /// Our draft with the figures of now. Any write makes the server look at its stock again.
    private static func correction(
        _ mine: TrytonInventory, _ counts: [TrytonCount], _ take: StockTakePush, today: String
    ) -> TrytonCall {
        var commands: [JSON] = []
        for count in counts {
            if let line = mine.line(of: count) {
                guard line.quantity != count.result.double else { continue }
                commands.append(["write", [line.id], .object([("quantity", count.result.json)])])
            } else {
                commands.append(["create", [line(count)]])
            }
        }
        let values = JSON.object([
            ("date", TrytonValue.date(today)), ("empty_quantity", emptyQuantity(take)),
            ("lines", commands.isEmpty ? nil : .array(commands)),
        ])
        var call = TrytonCall(
            model: "stock.inventory", verb: .write([TrytonCall.Change(ids: [mine.id], values: values)]))
        call.stamps = mine.stamp.map { [JSON.Member("stock.inventory,\(mine.id)", $0)] } ?? []
        return call
    }

    private func plan(
        _ take: StockTakePush, _ counts: [TrytonCount], at place: Int64, mine: TrytonInventory?, _ lots: [ERPRequest]
    ) async throws(TrytonError) -> [ERPRequest] {
        var planned = lots
        if let mine {
            if mine.difference(counts) != nil {
                planned += try await plan(Self.correction(mine, counts, take, today: today()))
            }
        } else {
            planned += try await plan(.create("stock.inventory", [Self.values(counts, take, at: place)]))
        }
        let target = mine.map { JSON.int($0.id) } ?? "new"
        if take.isComplete { planned += try await plan(.button("stock.inventory", "complete_lines", target)) }
        return planned + (try await plan(.button("stock.inventory", "confirm", target)))
    }
}
