import Model

/// A receipt that turned out to be another one (stock_picking.py, stock_picking_return.py). More goods go into its open
/// back-order, which then has our key in its note, or into a receipt of their own with our key as its origin; less goods
/// go back by a return with our key as its origin. What is there under our key is read first, so that every step is done
/// once.
extension OdooConnector {
    /// The receipt that is corrected.
    struct Corrected: Sendable {
        var id: Int64
        var name: String
        /// Where it came from, and where it went.
        var from: Int64
        var to: Int64
        var record: JSON
    }

    /// A transfer that has our key, or that of another correction of the same delivery.
    struct Keyed: Sendable {
        var id: Int64
        var name: String
        var state: String
        var isOurs: Bool
        /// Goods out of stock again.
        var isReturn: Bool
    }

    func correct(_ push: CorrectionPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        guard push.lines.contains(where: { $0.change != 0 }) else {
            if push.damaged.contains(where: { $0.change != 0 }) {
                return try await setAside(push, dry: dry, after: after)
            }
            throw ERPFault(.rule, "Nothing changed: there is nothing to correct.")
        }
        let names = try await stockNames()
        let receipt = try await corrected(push)
        let family = try await keyed(push.key, receipt)
        let known = try await articles(of: push.lines.map { ($0.product, $0.gtin) })
        let (push, articles) = try await withoutKits(push, articles: known)
        var outcomes: [PushOutcome] = []
        var (whole, broken) = (push, push)
        whole.damaged = push.damaged.filter { $0.change < 0 }
        broken.damaged = push.damaged.filter { $0.change > 0 }
        // What is whole after all may be what goes back: it is in stock again first.
        if !whole.damaged.isEmpty { outcomes.append(try await setAside(whole, dry: dry, after: after)) }
        // Whether the goods can go back is known before anything else is written.
        let back = try OdooCorrection.back(push, articles)
        var plan: ReturnPlan?
        do throws(ERPFault) {
            if !back.needs.isEmpty { plan = try await planReturn(push, back, receipt, family, names) }
        } catch {
            // A dry run has brought nothing back.
            guard dry, error.kind == .conflict, !whole.damaged.isEmpty else { throw error }
        }
        if push.lines.contains(where: { $0.change > 0 }) {
            outcomes.append(try await addMore(push, receipt, family, names, dry: dry, after: after))
        }
        if let plan { outcomes.append(try await giveBack(push, plan, receipt, names, dry: dry, after: after)) }
        if !broken.damaged.isEmpty { outcomes.append(try await setAside(broken, dry: dry, after: after)) }
        var sentences: [String] = []
        var requests: [ERPRequest] = []
        for outcome in outcomes {
            switch outcome {
            case .done(_, let sentence): sentences.append(sentence)
            case .planned(let more): requests += more
            }
        }
        return dry ? .planned(requests) : .done(id: String(receipt.id), sentences.joined(separator: " "))
    }

    func corrected(_ push: CorrectionPush) async throws(ERPFault) -> Corrected {
        let id = try id(push.receipt, "receipt")
        let fields = [
            "name", "state", "origin", "partner_id", "picking_type_id", "location_id", "location_dest_id", "company_id",
            "owner_id",
        ]
        let record = try await records(.search("stock.picking", [.clause("id", "=", .int(id))], fields, limit: 1)).first
        guard let record, let from = record["location_id"]?.odooID, let to = record["location_dest_id"]?.odooID else {
            throw ERPFault(.gone, "Receipt \(id) is gone from Odoo.")
        }
        let name = record["name"]?.odooText ?? "receipt \(id)"
        switch record["state"]?.odooText {
        case "done": return Corrected(id: id, name: name, from: from, to: to, record: record)
        case "cancel": throw ERPFault(.gone, "\(name) is cancelled in Odoo.")
        default:
            throw ERPFault(.conflict, "\(name) is not done in Odoo: what was received of it is not told yet.")
        }
    }

    /// Transfers of all corrections of this delivery, ours among them, in the order in which they were made.
    private func keyed(_ key: String, _ receipt: Corrected) async throws(ERPFault) -> [Keyed] {
        let family = OdooCorrection.family(key)
        let found = try await records(
            .search(
                "stock.picking",
                [
                    "|", .clause("origin", "=like", .string("\(family)%")), .clause("note", "ilike", .string(family)),
                ], ["name", "state", "origin", "note", "location_id"], order: "id"))
        var keyed: [Keyed] = []
        for record in found {
            guard let id = record["id"]?.integer, let state = record["state"]?.odooText else { continue }
            let origin = record["origin"]?.odooText
            let name = record["name"]?.odooText ?? "transfer \(id)"
            if state == "cancel" {
                if origin == key { throw ERPFault(.gone, "\(name) is cancelled in Odoo.") }
                continue
            }
            keyed.append(
                Keyed(
                    id: id, name: name, state: state,
                    isOurs: origin == key || OdooCorrection.holds(record["note"]?.odooText, key),
                    isReturn: record["location_id"]?.odooID != receipt.from))
        }
        return keyed
    }

    // MARK: More

    private func addMore(
        _ push: CorrectionPush, _ receipt: Corrected, _ family: [Keyed], _ names: OdooNames, dry: Bool,
        after: ERPFault?
    ) async throws(ERPFault) -> PushOutcome {
        // The rest of a back-order keeps its note: the first one is ours.
        if let own = family.first(where: { $0.isOurs && !$0.isReturn }) {
            return try await fill(
                own.id, OdooCorrection.reception(push, into: own.id, supplier: nil), dry: dry, after: after)
        }
        let bare = OdooCorrection.reception(push, into: nil, supplier: push.supplier)
        let articles = try await articles(of: bare, moves: [], all: true)
        let reception = try OdooReception(bare, moves: [], articles: articles, units: try await signedIn().units)
        let products = Set(reception.targets.map(\.product))
        if let rest = try await openRest(of: receipt, products) {
            let note = (rest["note"]?.odooText ?? "") + OdooText.html("\n\(remark(push, receipt)) \(push.key)")
            let id = rest["id"]?.integer ?? 0
            return try await fill(
                id, OdooCorrection.reception(push, into: id, supplier: nil), with: [JSON.Member("note", .string(note))],
                dry: dry, after: after)
        }
        if let after { throw after }
        let create = try await creation(push, reception, receipt, names)
        if dry { return try await planned(create, reception, bare, names) }
        guard let id = try await send(create).odooIDs.first else {
            throw ERPFault(.conflict, "Odoo made no receipt and did not say why.")
        }
        return try await fill(
            id, OdooCorrection.reception(push, into: id, supplier: nil), dry: false, after: after)
    }

    private func remark(_ push: CorrectionPush, _ receipt: Corrected) -> String {
        ["Correction of \(receipt.name)", push.note, push.reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// The open back-order of a receipt, or of what came out of it, that still expects one of these articles.
    private func openRest(of receipt: Corrected, _ products: Set<Int64>) async throws(ERPFault) -> JSON? {
        var parents = [receipt.id]
        // A chain of this length is a loop.
        for _ in 0..<20 where !parents.isEmpty {
            let found = try await records(
                .search(
                    "stock.picking", [.clause("backorder_id", "in", .ids(parents)), .clause("state", "!=", "cancel")],
                    ["name", "state", "note"], order: "id"))
            let open = found.filter { $0["state"]?.odooText != "done" }
            if !open.isEmpty {
                let moves = try await records(
                    .search(
                        "stock.move",
                        [
                            .clause("picking_id", "in", .ids(open.compactMap { $0["id"]?.integer })),
                            .clause("product_id", "in", .ids(products.sorted())),
                            .clause("state", "not in", ["done", "cancel"]),
                        ], ["picking_id"], order: "id"))
                let holding = Set(moves.compactMap { $0["picking_id"]?.odooID })
                if let hit = open.first(where: { $0["id"]?.integer.map { holding.contains($0) } ?? false }) {
                    return hit
                }
            }
            parents = found.compactMap { $0["id"]?.integer }
        }
        return nil
    }

    /// Another receipt of the same supplier, operation type and order.
    private func creation(
        _ push: CorrectionPush, _ reception: OdooReception, _ receipt: Corrected, _ names: OdooNames
    ) async throws(ERPFault) -> OdooCall {
        let known = try await send(.fields("stock.move", ["name", "group_id", "purchase_line_id"]))
        let links = ["group_id", "purchase_line_id"].filter { known[$0] != nil }
        let old = try await records(
            .search(
                "stock.move", [.clause("picking_id", "=", .int(receipt.id)), .clause("state", "!=", "cancel")],
                ["product_id"] + links, order: "id"))
        let group = old.lazy.compactMap { $0["group_id"]?.odooID }.first
        let moves: [JSON] = reception.targets.map { target in
            let article = reception.articles[target.product]
            let order = old.first {
                $0["product_id"]?.odooID == target.product && $0["purchase_line_id"]?.odooID != nil
            }
            return OdooConnector.newMove(
                known["name"] != nil ? article?.name ?? push.key : nil, product: target.product, target.quantity,
                unit: article?.unit, from: receipt.from, to: receipt.to,
                links: [
                    ("group_id", group.map { .int($0) }),
                    ("purchase_line_id", order?["purchase_line_id"]?.odooID.map { .int($0) }),
                ])
        }
        var partner = receipt.record["partner_id"]?.odooID
        if partner == nil, let supplier = push.supplier { partner = try id(supplier, "supplier") }
        let values = JSON.object([
            ("picking_type_id", receipt.record["picking_type_id"]?.odooID.map { .int($0) }),
            ("partner_id", partner.map { .int($0) }), ("origin", .string(push.key)),
            ("note", .string(OdooText.html(remark(push, receipt)))), ("location_id", .int(receipt.from)),
            ("location_dest_id", .int(receipt.to)), (names.moves, .array(moves)),
        ])
        return .create("stock.picking", [values])
    }
}
