import Model

/// Damage that was found after a receipt was told: scrapped like what arrived damaged, with the correction's key as its origin. What turned
/// out to be whole comes back from where it was scrapped to, by an internal transfer of that key and `/whole`.
extension OdooConnector {
    func setAside(_ push: CorrectionPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        let receipt = try await corrected(push)
        let known = try await articles(of: push.damaged.map { ($0.product, $0.gtin) })
        func part(_ key: String, isOut: Bool) async throws(ERPFault) -> (TransferPush, OdooTransfer) {
            let lines = push.damaged.filter { $0.change != 0 && ($0.change > 0) == isOut }.map { line in
                TransferPush.Line(
                    product: line.product, gtin: line.gtin, lot: line.lot, quantity: line.change.magnitude)
            }
            let whole = TransferPush(key: key, from: "", to: String(receipt.to), lines: lines)
            let (parts, articles) = try await withoutKits(whole, articles: known)
            return (parts, try OdooTransfer(parts, articles: articles, verb: isOut ? "set aside" : "brought back"))
        }
        // Whether all of it can be done is known before anything is written.
        let (_, out) = try await part(push.key, isOut: true)
        var (parts, back) = try await part("\(push.key)/whole", isOut: false)
        let units = try await signedIn().units
        for need in out.needs + back.needs {
            if let fault = units.refusal(of: need.quantity.double, unit: need.unit, article: need.article) {
                throw fault
            }
        }
        if !back.needs.isEmpty { parts.from = String(try await heap(of: back, push.key, receipt)) }
        let scraps = try await scraps(push.key)
        let missing = OdooConnector.missing(out, scraps)
        let shares = missing.needs.isEmpty ? [] : try await taken(missing, receipt)
        var (planned, sentences): ([ERPRequest], [String]) = ([], [])
        if !out.needs.isEmpty {
            let name = receipt.name
            let calls = try await scrap(shares, push.key, scraps, of: name, dry: dry, after: after)
            if case .planned(let more) = try await self.planned(calls) { planned += more }
            sentences.append("Scrapped as damaged: \(OdooConnector.list(out)).")
        }
        if !back.needs.isEmpty {
            switch try await move(parts, usage: "inventory", dry: dry, after: after) {
            case .planned(let more): planned += more
            case .done(_, let sentence): sentences.append(sentence)
            }
        }
        return dry ? .planned(planned) : .done(id: String(receipt.id), sentences.joined(separator: " "))
    }

    private static func list(_ transfer: OdooTransfer) -> String {
        transfer.needs.map { "\($0.quantity) \($0.article)" }.joined(separator: ", ")
    }

    /// Where what is whole after all was scrapped to. Throws `.conflict` where less was scrapped of this delivery.
    private func heap(
        of back: OdooTransfer, _ key: String, _ receipt: Corrected
    ) async throws(ERPFault) -> Int64 {
        let family = OdooCorrection.family(key)
        let reception = family.dropLast().replacing("/correction/", with: "/reception/", maxReplacements: 1)
        let found = try await records(
            .search(
                "stock.scrap",
                [
                    "|", "|", .clause("origin", "=like", .string("\(family)%")),
                    .clause("origin", "=", .string(String(reception))),
                    .clause("origin", "=like", .string("\(reception).%")), .clause("state", "=", "done"),
                ], Scrap.fields, order: "id")
        ).compactMap { Scrap($0) }
        for need in back.needs {
            let has = found.filter { $0.holds(need) }.reduce(0) { $0 + $1.quantity }
            guard has > need.quantity.double - 0.000_01 else {
                throw ERPFault(
                    .conflict,
                    "Odoo scrapped only \(OdooNumber.text(has)) of \(need.article) for \(receipt.name): "
                        + "\(need.quantity) cannot come back.")
            }
        }
        let last = found.last { scrap in back.needs.contains { scrap.holds($0) } }
        guard let heap = last?.heap else {
            throw ERPFault(.conflict, "Odoo does not say where \(receipt.name) was scrapped to.")
        }
        return heap
    }
}
