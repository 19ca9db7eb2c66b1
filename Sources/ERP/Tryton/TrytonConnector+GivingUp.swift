import Model

/// What was ordered and will not come any more (`backorder` false).
///
/// The server makes a draft move of whatever an order still lacks, so the missing quantity is a move of its own,
/// which is taken off the shipment, cancelled and put among the ignored moves of its order line; `receive` then
/// counts the order as received. Three transactions at least, in that order: 8.0 and 8.2 cancel no move that is on
/// a shipment, and ignore none that is not cancelled. So a note on the shipment says first which moves are given
/// up; a repetition goes on from there.
extension TrytonConnector {
    func giveUp(_ moves: [TrytonMove], of shipment: Int64, key: String) async throws(TrytonError) {
        let resource = "stock.shipment.in,\(shipment)"
        let written = try await notes(resource, key: key)
        var ids = Set(written.flatMap { $0.message.hasPrefix(Self.givenUp) ? Self.ids(in: $0.message) : [] })
        if !moves.isEmpty {
            let new = moves.map(\.id).filter { !ids.contains($0) }
            if !new.isEmpty {
                let list = new.map { String($0) }.joined(separator: " ")
                let message = "\(Self.givenUp) \(list)\n[\(key)]"
                let note = JSON.object([("resource", .string(resource)), ("message", .string(message))])
                _ = try await created(.create("ir.note", [note]))
            }
            ids.formUnion(moves.map(\.id))
            let removal: JSON = [["remove", .array(moves.map { .int($0.id) })]]
            let change = TrytonCall.Change(ids: [shipment], values: .object([("incoming_moves", removal)]))
            try await send(TrytonCall(model: "stock.shipment.in", verb: .write([change])))
        }
        guard !ids.isEmpty else { return }
        let domain: JSON = [["id", "in", .array(ids.sorted().map { .int($0) })], ["shipment", "=", .null]]
        let found = try await rows(.search("stock.move", domain, ["state", "origin"]))
        guard moves.allSatisfy({ move in found.contains { $0["id"]?.integer == move.id } }) else {
            throw .fault(
                ERPFault(.unknownOutcome, "The server said yes, but what will not come is still on the receipt."))
        }
        let draft = found.filter { $0["state"]?.text == "draft" }.compactMap { $0["id"] }
        if !draft.isEmpty {
            try await send(TrytonCall(model: "stock.move", verb: .button("cancel", ids: draft, arguments: [])))
            let states = try await rows(.search("stock.move", domain, ["state"])).map { $0["state"]?.text }
            guard !states.contains("draft") else {
                throw .fault(ERPFault(.unknownOutcome, "The server said yes, but what will not come is not cancelled."))
            }
        }
        for row in found {
            guard let id = row["id"], let origin = TrytonValue.reference(row["origin"]),
                ["purchase.line", "purchase.line.component"].contains(origin.model)
            else { continue }
            // One line may have several: a write names a record once.
            let change = TrytonCall.Change(ids: [origin.id], values: .object([("moves_ignored", [["add", [id]]])]))
            try await send(TrytonCall(model: origin.model, verb: .write([change])))
        }
    }

    private static let givenUp = "Will not come any more, moves:"

    /// The numbers behind `moves:` in the first line.
    private static func ids(in message: String) -> [Int64] {
        guard let line = message.split(separator: "\n").first, let colon = line.lastIndex(of: ":") else { return [] }
        return line[line.index(after: colon)...].split(separator: " ").compactMap { Int64($0) }
    }

    /// Notes of a record that carry our key, `[quai/call/5]`. The key is compared again: `_` and `%` are wildcards,
    /// and how to escape them differs by series.
    func notes(_ resource: String, key: String) async throws(TrytonError) -> [(id: Int64, message: String)] {
        let domain: JSON = [["resource", "=", .string(resource)], ["message", "like", .string("%[\(key)]%")]]
        return try await notes(domain).filter { $0.message.contains("[\(key)]") }.map { ($0.id, $0.message) }
    }

    /// All notes of records. 8.2 searches them only by their exact resource.
    func notes(_ resources: [String]) async throws(TrytonError) -> [(id: Int64, message: String, resource: String)] {
        guard !resources.isEmpty else { return [] }
        return try await notes([["resource", "in", .array(resources.map { .string($0) })]])
    }

    private func notes(_ domain: JSON) async throws(TrytonError) -> [(id: Int64, message: String, resource: String)] {
        try await rows(.search("ir.note", domain, ["message", "resource"])).compactMap { row in
            guard let id = row["id"]?.integer, let message = row["message"]?.text else { return nil }
            return (id, message, row["resource"]?.text ?? "")
        }
    }
}
