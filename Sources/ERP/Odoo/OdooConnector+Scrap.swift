import Model

/// What arrived damaged of one article, and lot of it.
struct OdooDamage: Equatable, Sendable {
    var need: OdooTransfer.Need
    /// Where the receipt puts it, where that is known.
    var place: Int64?
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
            guard let unit = articles[target.product]?.unit ?? target.move?.unit ?? line?.unit else {
                throw ERPFault(.gone, "Odoo no longer has article \(target.product).")
            }
            let tracking = tracking(of: target, lines) ?? Tracking.none
            func damage(_ lot: String?, _ quantity: Quantity) -> OdooDamage {
                OdooDamage(
                    need: OdooTransfer.Need(
                        product: target.product, name: name, lot: lot, quantity: quantity, tracking: tracking,
                        unit: unit),
                    place: target.move?.to)
            }
            guard max(target.damaged, sum) <= target.quantity, ofLots.allSatisfy({ $0.damaged <= $0.quantity }) else {
                throw ERPFault(.rule, "More of \(name) is damaged than came: \(max(target.damaged, sum)).")
            }
            if sum > 0 {
                damages += ofLots.map { damage($0.number, $0.damaged) }
            } else if target.lots.isEmpty || tracking == Tracking.none {
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
    /// A `stock.scrap` as read.
    struct Scrap: Sendable {
        var id: Int64
        var product: Int64
        var lot: String?
        var quantity: Double
        var isDraft: Bool
        /// Where it was scrapped to.
        var heap: Int64?

        static let fields = ["product_id", "lot_id", "scrap_qty", "state", "scrap_location_id"]

        init?(_ record: JSON) {
            guard let id = record["id"]?.integer, let product = record["product_id"]?.odooID else { return nil }
            (self.id, self.product) = (id, product)
            lot = record["lot_id"]?.odooName
            quantity = record["scrap_qty"]?.double ?? 0
            isDraft = record["state"]?.odooText == "draft"
            heap = record["scrap_location_id"]?.odooID
        }

        func holds(_ need: OdooTransfer.Need) -> Bool {
            product == need.product && (need.lot == nil || lot == need.lot)
        }
    }

    func scraps(_ key: String) async throws(ERPFault) -> [Scrap] {
        try await records(
            .search("stock.scrap", [.clause("origin", "=", .string(key))], Scrap.fields, order: "id")
        ).compactMap { Scrap($0) }
    }

    /// Absolute, like the reception: what is scrapped already under our key is not scrapped again.
    static func missing(_ transfer: OdooTransfer, _ scraps: [Scrap]) -> OdooTransfer {
        var missing = transfer
        missing.needs = transfer.needs.compactMap { need in
            let scrapped = scraps.filter { $0.holds(need) }.reduce(0) { $0 + $1.quantity }
            var rest = need
            rest.quantity = Quantity(nearest: need.quantity.double - scrapped) ?? 0
            return rest.quantity > 0 ? rest : nil
        }
        return missing
    }

    private func creation(_ shares: [OdooTransfer.Share], _ key: String) -> OdooCall {
        .create(
            "stock.scrap",
            shares.map { share in
                .object([
                    ("product_id", .int(share.product)), ("scrap_qty", .quantity(share.quantity)),
                    ("product_uom_id", .int(share.unit)), ("lot_id", share.lot.map { .int($0) }),
                    ("package_id", share.package.map { .int($0) }), ("owner_id", share.owner.map { .int($0) }),
                    ("location_id", .int(share.from)),
                    ("origin", .string(key)),
                ])
            })
    }

    /// All in one call, so that they are there or not; then each is done. In a dry run what would be sent.
    func scrap(
        _ shares: [OdooTransfer.Share], _ key: String, _ there: [Scrap], of name: String, dry: Bool, after: ERPFault?
    ) async throws(ERPFault) -> [OdooCall] {
        var waiting = there.filter(\.isDraft).map(\.id)
        if !shares.isEmpty {
            if let after { throw after }
            if dry { return [creation(shares, key)] + waiting.map(OdooConnector.doing) }
            waiting += try await send(creation(shares, key)).odooIDs
        }
        if dry { return waiting.map(OdooConnector.doing) }
        for scrap in waiting {
            let answer = try await send(OdooConnector.doing(scrap))
            guard answer["res_model"] == nil else {
                throw ERPFault(
                    .conflict,
                    "\(name) is done, but the damaged goods could not be scrapped: Odoo has not enough there.")
            }
        }
        return []
    }

    private static func doing(_ scrap: Int64) -> OdooCall { .act("stock.scrap", "action_validate", [scrap]) }

    /// What is scrapped of a receipt that is not done yet: which lots and places it will have, Odoo has not said.
    func scrapping(_ damages: [OdooDamage], _ push: ReceptionPush, _ picking: OdooPicking) -> [OdooCall] {
        damages.map { damage in
            creation(
                [
                    OdooTransfer.Share(
                        product: damage.need.product, from: damage.place ?? picking.to ?? 0,
                        quantity: damage.need.quantity.double, unit: damage.need.unit)
                ], push.key)
        }
    }

    /// From where the receipt put them: the place of each line, then below where the receipt goes.
    func scrap(
        _ damages: [OdooDamage], _ push: ReceptionPush, _ picking: OdooPicking, dry: Bool, after: ERPFault?,
        _ outcome: PushOutcome
    ) async throws(ERPFault) -> PushOutcome {
        guard !damages.isEmpty, case .done(let id, let sentence) = outcome else { return outcome }
        let there = try await scraps(push.key)
        let missing = OdooConnector.missing(
            OdooTransfer(needs: damages.map(\.need), verb: "set aside"), there)
        var shares: [OdooTransfer.Share] = []
        if !missing.needs.isEmpty {
            let places = Set(picking.lines.compactMap(\.to) + [picking.to].compactMap(\.self)).sorted()
            let owner = try await records(.read("stock.picking", [picking.id], ["owner_id"])).first?["owner_id"]?.odooID
            let quants = try await quants(below: places, products: Set(missing.needs.map(\.product)))
            shares = try missing.shares(
                from: picking.to ?? 0, name: picking.name, quants: quants.filter { $0.owner == owner }, there: []
            ) { need in
                picking.lines.filter {
                    $0.product == need.product && (need.lot == nil || $0.lotName == need.lot)
                }.compactMap(\.to)
            }
        }
        let calls = try await scrap(shares, push.key, there, of: picking.name, dry: dry, after: after)
        if dry { return try await planned(calls) }
        let list = damages.map { "\($0.need.quantity) \($0.need.article)" }.joined(separator: ", ")
        return .done(id: id, "\(sentence) Scrapped as damaged: \(list).")
    }
}
