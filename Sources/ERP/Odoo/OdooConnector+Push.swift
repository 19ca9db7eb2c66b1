import Model

/// Pushes go one at a time, and each twice at most: where the outcome of a write is unknown it begins again by reading.
extension OdooConnector {
    enum Job: Sendable {
        case reception(ReceptionPush)
        case take(StockTakePush)
        case transfer(TransferPush)
        case correction(CorrectionPush)
        case call(CallPush)
        case party(PartyPush)
    }

    public func push(_ reception: ReceptionPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.reception(reception), dry: dry)
    }

    public func push(_ take: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.take(take), dry: dry)
    }

    public func push(_ transfer: TransferPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.transfer(transfer), dry: dry)
    }

    public func push(_ correction: CorrectionPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.correction(correction), dry: dry)
    }

    public func push(_ call: CallPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.call(call), dry: dry)
    }

    public func push(_ party: PartyPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        try await perform(.party(party), dry: dry)
    }

    private func perform(_ job: Job, dry: Bool) async throws(ERPFault) -> PushOutcome {
        await pushing.take()
        defer { pushing.give() }
        do {
            return try await attempt(job, dry: dry, after: nil)
        } catch {
            // The right may be given while we run.
            if error.kind == .right { forget() }
            guard error.kind == .unknownOutcome else { throw error }
            return try await attempt(job, dry: dry, after: error)
        }
    }

    /// `after`: why this is the second time. What has no state to be written over (a note, a new receipt) is then
    /// looked for and not made again: the first one may still be on its way. The queue comes back to it.
    private func attempt(_ job: Job, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        switch job {
        case .reception(let reception): try await receive(reception, dry: dry, after: after)
        case .take(let take): try await count(take, dry: dry)
        case .transfer(let transfer): try await move(transfer, dry: dry, after: after)
        case .correction(let correction): try await correct(correction, dry: dry, after: after)
        case .call(let call): try await log(call, dry: dry, after: after)
        case .party(let party): try await enter(party, dry: dry, after: after)
        }
    }

    /// A transfer as it is behind its validation, whatever Odoo answered to that.
    func done(_ number: Int64, _ names: OdooNames, asking question: String?) async throws(ERPFault) -> OdooPicking {
        let result = try await picking(number, names)
        guard result.standing == .done else {
            let asks = question.map { " and asks “\($0)”" } ?? ""
            throw ERPFault(
                .conflict, "Odoo took the validation of \(result.name), but it is still \(result.state)\(asks).")
        }
        return result
    }

    /// A command that makes a move in a new transfer. `name` is demanded to 18 and gone in 19.
    static func newMove(
        _ name: String?, product: Int64, _ quantity: Quantity, unit: Int64?, from: Int64, to: Int64,
        links: [(String, JSON?)] = []
    ) -> JSON {
        let values = JSON.object(
            [
                ("name", name.map { .string($0) }), ("product_id", .int(product)), ("product_uom_qty", quantity.json),
                ("product_uom", unit.map { .int($0) }), ("location_id", .int(from)), ("location_dest_id", .int(to)),
            ] + links)
        return [0, 0, values]
    }

    /// The id that a text of ours or of a caller's means; `.gone` for what is none of this server's.
    func id(_ text: String, _ what: String) throws(ERPFault) -> Int64 {
        guard let id = Int64(text), id > 0 else { throw ERPFault(.gone, "Odoo has no \(what) “\(text.prefix(40))”.") }
        return id
    }

    /// Articles of lines that may name them by Odoo's id, or else by code.
    func articles(of lines: [(product: String?, code: String)]) async throws(ERPFault) -> [Int64: OdooArticle] {
        let ids = lines.map { $0.product.flatMap { Int64($0) } }
        let codes = zip(lines, ids).filter { $1 == nil }.map(\.0.code)
        return try await articles(ids: Set(ids.compactMap { $0 }), codes: Set(codes))
    }

    /// Articles by id or by code (see `OdooArticle.product`), all in one call, what is archived too.
    func articles(ids: Set<Int64>, codes: Set<String>) async throws(ERPFault) -> [Int64: OdooArticle] {
        let ids = ids.union(codes.compactMap { OdooArticle.id(ofCode: $0) })
        let gtins = codes.filter { !$0.hasPrefix("#") }.sorted().flatMap { GTINForm.all($0) }
        let references = codes.filter { $0.hasPrefix("#") && !$0.hasPrefix("#erp:") }.map { String($0.dropFirst()) }
        var clauses: [JSON] = []
        if !ids.isEmpty { clauses.append(.clause("id", "in", .ids(ids.sorted()))) }
        if !gtins.isEmpty { clauses.append(.clause("barcode", "in", .texts(gtins))) }
        if !references.isEmpty { clauses.append(.clause("default_code", "in", .texts(references.sorted()))) }
        guard !clauses.isEmpty else { return [:] }
        let domain = Array(repeating: JSON.string("|"), count: clauses.count - 1) + clauses
        let found = try await records(
            .search(
                "product.product", domain, OdooArticle.fields, context: [JSON.Member("active_test", false)]))
        return Dictionary(found.compactMap { OdooArticle($0) }.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Lots that exist, article and name together, in one call.
    func lots(_ keys: Set<OdooReception.LotKey>) async throws(ERPFault) -> [OdooReception.LotKey: Int64] {
        guard !keys.isEmpty else { return [:] }
        let domain = [
            JSON.clause("name", "in", .texts(Set(keys.map(\.name)).sorted())),
            JSON.clause("product_id", "in", .ids(Set(keys.map(\.product)).sorted())),
        ]
        var lots: [OdooReception.LotKey: Int64] = [:]
        for record in try await records(.search(try await stockNames().lot, domain, ["name", "product_id"])) {
            guard let id = record["id"]?.integer, let name = record["name"]?.odooText,
                let product = record["product_id"]?.odooID
            else { continue }
            let key = OdooReception.LotKey(product: product, name: name)
            if keys.contains(key), lots[key] == nil { lots[key] = id }
        }
        return lots
    }
}
