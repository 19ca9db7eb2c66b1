import Model

/// What arrived damaged of one article, and lot of it.
struct OdooDamage: Equatable, Sendable {
    var product: Int64
    var name: String
    var lot: String?
    var quantity: Quantity
    var unit: Int64?
    /// Where the receipt puts it, where that is known.
    var place: Int64?

    var article: String { lot.map { "\(name), lot \($0)" } ?? name }
}

extension OdooReception {
    /// Throws `.rule` where more is damaged than came, or its lot is not said.
    func damages(_ lines: [OdooLine]) throws(ERPFault) -> [OdooDamage] {
        var damages: [OdooDamage] = []
        for target in targets {
            let ofLots = target.lots.filter { $0.damaged > 0 }
            let sum = ofLots.reduce(Quantity.zero) { $0 + $1.damaged }
            guard target.damaged > 0 || sum > 0 else { continue }
            let name = name(target.product, lines)
            let line = lines.first { $0.product == target.product }
            let unit = articles[target.product]?.unit ?? target.move?.unit ?? line?.unit
            func damage(_ lot: String?, _ quantity: Quantity) -> OdooDamage {
                OdooDamage(
                    product: target.product, name: name, lot: lot, quantity: quantity, unit: unit,
                    place: target.move?.to)
            }
            guard max(target.damaged, sum) <= target.quantity, ofLots.allSatisfy({ $0.damaged <= $0.quantity }) else {
                throw ERPFault(.rule, "More of \(name) is damaged than came: \(max(target.damaged, sum)).")
            }
            if sum > 0 {
                damages += ofLots.map { damage($0.number, $0.damaged) }
            } else if target.lots.isEmpty || tracking(of: target, lines) == Tracking.none {
                damages.append(damage(nil, target.damaged))
            } else if target.lots.count == 1, let lot = target.lots.first {
                damages.append(damage(lot.number, target.damaged))
            } else {
                throw ERPFault(.rule, "\(target.damaged) of \(name) are damaged: say of which lot or serial number.")
            }
        }
        return damages
    }
}

/// Damaged goods are received like the others and scrapped at once, with our key as the origin (stock_scrap.py).
extension OdooConnector {
    func scrapping(_ damage: OdooDamage, _ key: String, at place: Int64?, lot: Int64?) -> OdooCall {
        .create(
            "stock.scrap",
            [
                .object([
                    ("product_id", .int(damage.product)), ("scrap_qty", damage.quantity.json),
                    ("product_uom_id", damage.unit.map { .int($0) }), ("lot_id", lot.map { .int($0) }),
                    ("location_id", place.map { .int($0) }), ("origin", .string(key)),
                ])
            ])
    }

    /// Absolute, like the reception: what is scrapped already under our key is not scrapped again.
    func scrap(
        _ damages: [OdooDamage], _ push: ReceptionPush, _ picking: OdooPicking, dry: Bool, after: ERPFault?,
        _ outcome: PushOutcome
    ) async throws(ERPFault) -> PushOutcome {
        guard !damages.isEmpty, case .done(let id, let sentence) = outcome else { return outcome }
        let found = try await records(
            .search(
                "stock.scrap", [.clause("origin", "=", .string(push.key))],
                ["name", "product_id", "lot_id", "scrap_qty", "state"], order: "id"))
        var waiting = found.filter { $0["state"]?.odooText == "draft" }.compactMap { $0["id"]?.integer }
        var plan: [OdooCall] = []
        for damage in damages {
            let scrapped = found.filter {
                $0["product_id"]?.odooID == damage.product
                    && (damage.lot == nil || $0["lot_id"]?.odooName == damage.lot)
            }.reduce(0) { $0 + ($1["scrap_qty"]?.double ?? 0) }
            let rest = Quantity(nearest: damage.quantity.double - scrapped) ?? 0
            guard rest > 0 else { continue }
            if let after { throw after }
            let line = picking.lines.first {
                $0.product == damage.product && (damage.lot == nil || $0.lotName == damage.lot)
            }
            var missing = damage
            missing.quantity = rest
            let call = scrapping(
                missing, push.key, at: line?.to ?? damage.place ?? picking.to, lot: damage.lot == nil ? nil : line?.lot)
            if dry {
                plan.append(call)
            } else {
                waiting += try await send(call).odooIDs
            }
        }
        if dry { return try await planned(plan + waiting.map { .act("stock.scrap", "action_validate", [$0]) }) }
        for scrap in waiting {
            let answer = try await send(.act("stock.scrap", "action_validate", [scrap]))
            guard answer["res_model"] == nil else {
                throw ERPFault(
                    .conflict,
                    "\(picking.name) is done, but the damaged goods could not be scrapped: Odoo has not enough there.")
            }
        }
        let list = damages.map { "\($0.quantity) \($0.article)" }.joined(separator: ", ")
        return .done(id: id, "\(sentence) Scrapped as damaged: \(list).")
    }
}
