import Model

/// Stock takes (modules/stock, inventory.py): one inventory per place.
///
/// A draft inventory changes nothing; `confirm` does. So the key is a note on the inventory, written before it is
/// confirmed: nobody but the server may write an inventory's number on 8.2. After a crash between the two calls a
/// draft of ours without a note, with just these articles, is taken up. What is confirmed has the note and is
/// recognised.
///
/// The server keeps the expected quantity of the moment in which the lines were written and books the difference to
/// the counted one at `confirm`: what it moves in between stays moved. Where the server's quantity at the beginning of
/// the count is known, each line is written as what the server expects and the count's difference, and is read again:
/// what anybody moved since the beginning stays moved as well. A line that is right is not written again; any write
/// makes the server look at its stock anew, so what was written is read until both agree.
extension TrytonConnector {
    public func push(_ take: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await twice { () async throws(TrytonError) in try await self.attempt(take, dry: dry) }
    }

    private func attempt(_ take: StockTakePush, dry: Bool) async throws(TrytonError) -> PushOutcome {
        guard !take.lines.isEmpty || take.isComplete else {
            throw .fault(ERPFault(.rule, "Nothing was counted: there is nothing to push."))
        }
        let place = try await place(take.location)
        var planned: [ERPRequest] = []
        let counted = try await self.counted(take, dry: dry, planned: &planned)
        var counts = counted.lines
        let unknown = counted.unknown
        let left = Self.leftOut(unknown)
        if counts.isEmpty, !unknown.isEmpty { throw .fault(ERPFault(.rule, left)) }
        if counts.isEmpty, !take.isComplete {
            return .done(id: String(place), "What was counted is what the server has: there is nothing to book.")
        }
        // What an article is that the server does not know, nobody can say: it may be one of those that would be 0.
        let isComplete = take.isComplete && unknown.isEmpty
        let (mine, isNoted) = try await inventory(take, counts, at: place)

        if let mine, mine.state == "done" {
            if let other = mine.difference(counts) { throw Self.conflict(mine, other) }
            return .done(id: String(mine.id), "Inventory \(mine.number) is done already." + left)
        }
        if let mine, mine.state != "draft" {
            throw .fault(ERPFault(.conflict, "Inventory \(mine.number) is \(mine.state) there."))
        }
        var zeros: [TrytonHolding] = []
        if mine == nil && counts.contains(where: { $0.known != nil }) || dry && isComplete {
            let there = try await holdings(at: place, of: isComplete ? nil : Set(counts.map(\.product)).sorted())
            for index in counts.indices {
                counts[index].there =
                    there.first { counts[index].matches($0) }?.quantity ?? 0
            }
            zeros = there.filter { holding in !counts.contains { $0.matches(holding) } }
            if let short = counts.first(where: { $0.goal < 0 }) { throw Self.shortage(short, there: short.there ?? 0) }
        }
        if dry {
            return .planned(
                try await plan(take, counts, at: place, mine: mine, zeros: isComplete ? zeros : nil, planned))
        }

        let id: Int64
        if let mine {
            id = mine.id
            if mine.difference(counts) != nil || isComplete == mine.keepsEmpty {
                if let short = mine.shortage(counts) { throw Self.shortage(short, in: mine) }
                try await send(Self.correction(mine, counts, isComplete, today: today()))
            }
        } else {
            id = try await created(.create("stock.inventory", [Self.values(counts, isComplete, at: place)]))[0]
        }
        if !isNoted {
            _ = try await created(.create("ir.note", [Self.note(take, id)]))
            guard !(try await notes("stock.inventory,\(id)", key: take.key)).isEmpty else {
                throw .fault(ERPFault(.unknownOutcome, "The note of the inventory did not arrive."))
            }
        }
        if isComplete { try await send(.button("stock.inventory", "complete_lines", .int(id))) }

        var draft = try await inventory(id)
        for _ in 0..<3 where draft.state == "draft" && counts.contains(where: { $0.known != nil }) {
            guard let other = draft.difference(counts), draft.line(of: other) != nil else { break }
            if let short = draft.shortage(counts) { throw Self.shortage(short, in: draft) }
            try await send(Self.correction(draft, counts, isComplete, today: nil))
            draft = try await inventory(id)
        }
        if let other = draft.difference(counts) { throw Self.conflict(draft, other) }
        let zeroed = isComplete ? draft.uncounted : []
        do throws(TrytonError) {
            try await send(
                .button("stock.inventory", "confirm", .int(id)),
                accepting: Set(take.accepted.map(TrytonError.kind(ofWarning:))))
        } catch {
            guard error.kind == .rule, try await inventory(id).state == "done" else { throw error }
        }
        let done = try await inventory(id)
        if let other = done.difference(counts) { throw Self.conflict(done, other) }
        guard done.state == "done" else {
            throw .fault(
                ERPFault(.unknownOutcome, "The server said yes, but inventory \(done.number) is \(done.state)."))
        }
        let words = "Inventory \(done.number) is done: \(counts.count) lines."
        return .done(
            id: String(id),
            words + Self.moved(done, counts) + Self.zeroed(zeroed) + left
                + (take.isComplete && !isComplete ? " So nothing that was not counted was set to 0." : ""))
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

    // MARK: Writing

    private static func line(_ count: TrytonCount) -> JSON {
        .object([("product", .int(count.product)), ("lot", count.lot), ("quantity", count.goal.json)])
    }

    private static func emptyQuantity(_ isComplete: Bool) -> JSON { isComplete ? "empty" : "keep" }

    private static func values(_ counts: [TrytonCount], _ isComplete: Bool, at place: Int64) -> JSON {
        .object([
            ("location", .int(place)), ("empty_quantity", emptyQuantity(isComplete)),
            ("lines", [["create", .array(counts.map(line))]]),
        ])
    }

    private static func note(_ take: StockTakePush, _ id: Int64) -> JSON {
        .object([
            ("resource", .string("stock.inventory,\(id)")),
            ("message", .string("Stock take \(take.location)\n[\(take.key)]")),
        ])
    }

    /// Our draft with the figures of now. Any write makes the server look at its stock again, as of the inventory's day: that
    /// of an older draft becomes today's.
    private static func correction(
        _ mine: TrytonInventory, _ counts: [TrytonCount], _ isComplete: Bool, today: String?
    ) -> TrytonCall {
        var commands: [JSON] = []
        for count in counts {
            if let line = mine.line(of: count) {
                let goal = count.goal(expecting: line.expected)
                guard line.quantity != goal.double else { continue }
                commands.append(["write", [line.id], .object([("quantity", goal.json)])])
            } else {
                commands.append(["create", [line(count)]])
            }
        }
        let values = JSON.object([
            ("date", today.flatMap(TrytonValue.date)), ("empty_quantity", emptyQuantity(isComplete)),
            ("lines", commands.isEmpty ? nil : .array(commands)),
        ])
        var call = TrytonCall(
            model: "stock.inventory", verb: .write([TrytonCall.Change(ids: [mine.id], values: values)]))
        call.stamps = mine.stamp.map { [JSON.Member("stock.inventory,\(mine.id)", $0)] } ?? []
        return call
    }

    /// `zeros`: what a complete count makes 0, named in the plan; nil where it is none.
    private func plan(
        _ take: StockTakePush, _ counts: [TrytonCount], at place: Int64, mine: TrytonInventory?,
        zeros: [TrytonHolding]?, _ lots: [ERPRequest]
    ) async throws(TrytonError) -> [ERPRequest] {
        var planned = lots
        if let mine {
            if mine.difference(counts) != nil {
                planned += try await plan(Self.correction(mine, counts, zeros != nil, today: today()))
            }
        } else {
            planned += try await plan(.create("stock.inventory", [Self.values(counts, zeros != nil, at: place)]))
        }
        let target = mine.map { JSON.int($0.id) } ?? "new"
        if let zeros {
            let names = zeros.map { "\($0.name) (\($0.quantity))" }
            for var request in try await plan(.button("stock.inventory", "complete_lines", target)) {
                if !names.isEmpty { request.summary += ", sets to 0: " + names.joined(separator: "; ") }
                planned.append(request)
            }
        }
        return planned + (try await plan(.button("stock.inventory", "confirm", target)))
    }
}
