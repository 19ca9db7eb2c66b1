import Model

/// What the service user may not do, asked before it is missed: a model that may not be read would look like one that is empty
/// to whoever reads through it (`ir.model.access`, trytond/ir/model.py).
extension TrytonConnector {
    private struct Need {
        var model: String
        var rights: [String]
        /// What goes wrong without.
        var purpose: String
    }

    /// Of modules that the flows cannot do without.
    private static let needs = [
        Need(model: "stock.shipment.in", rights: ["read", "write", "create"], purpose: "expected goods"),
        Need(model: "stock.move", rights: ["read", "write", "create"], purpose: "receptions"),
        Need(model: "stock.shipment.internal", rights: ["read", "write", "create"], purpose: "goods put away"),
        Need(model: "stock.shipment.in.return", rights: ["read", "write", "create"], purpose: "corrected receipts"),
        Need(model: "stock.inventory", rights: ["read", "write", "create"], purpose: "stock takes"),
        Need(model: "stock.location", rights: ["read"], purpose: "places"),
        Need(model: "product.product", rights: ["read"], purpose: "articles"),
        Need(model: "party.party", rights: ["read"], purpose: "clients and suppliers"),
    ]
    /// Of modules that a server may do without.
    private static let options = [
        Need(model: "purchase.purchase", rights: ["read"], purpose: "purchases without a shipment"),
        Need(model: "stock.lot", rights: ["read", "create"], purpose: "lots and serial numbers"),
    ]

    /// One call; more where a module is missing: the server refuses the whole question then.
    func rightsThatAreMissing() async throws(TrytonError) -> [String] {
        let all = Self.needs + Self.options
        if let missing = try await lacking(all) { return missing }
        var missing: [String] = []
        for need in all { missing += try await lacking([need]) ?? [] }
        return missing
    }

    /// Nil where the server does not know one of the models, or does not answer such questions.
    private func lacking(_ needs: [Need]) async throws(TrytonError) -> [String]? {
        let models = JSON.array(needs.map { .string($0.model) })
        let call = TrytonCall(
            model: "ir.model.access", verb: .method("get_access", arguments: [JSON.Member("models", models)]))
        let access: JSON
        do throws(TrytonError) {
            access = try await send(call)
        } catch {
            guard let kind = error.kind, [.unsupported, .right, .rule, .gone].contains(kind) else { throw error }
            return nil
        }
        return needs.compactMap { need in
            let denied = need.rights.filter { right in
                let value = access[need.model]?[right]
                return value == false || value?.integer == 0
            }
            guard !denied.isEmpty else { return nil }
            return
                "The user may not \(denied.joined(separator: ", ")) \(need.model) (\(need.purpose)): a group is missing."
        }
    }
}
