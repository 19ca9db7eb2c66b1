import Model

/// A transfer against the quants of its source, without a call.
struct OdooTransfer: Sendable {
    /// What is taken of one quant.
    struct Share: Equatable, Sendable {
        var product: Int64
        var lot: Int64?
        var from: Int64
        var quantity: Double
        var unit: Int64
        /// Taken out of this package.
        var package: Int64?
        /// It stays in it: all of the package goes.
        var isPackageKept = false
        /// Whose it is, where it is somebody else's.
        var owner: Int64?
        var lotName: String?
    }

    struct Need: Equatable, Sendable {
        var product: Int64
        var name: String
        var lot: String?
        var quantity: Quantity
        var tracking: Tracking
        var unit: Int64

        var article: String { lot.map { "\(name), lot \($0)" } ?? name }
    }

    /// By article and lot, in the order of the lines.
    var needs: [Need] = []
    /// What happened to the goods here, for people: `moved`.
    private let verb: String

    init(needs: [Need], verb: String) { (self.needs, self.verb) = (needs, verb) }

    /// Throws `.rule` where an article is unknown, or its lot is missing.
    init(_ push: TransferPush, articles: [Int64: OdooArticle], verb: String = "moved") throws(ERPFault) {
        self.verb = verb
        var unknown: [String] = []
        for line in push.lines where line.quantity > 0 {
            guard let id = OdooArticle.product(line.product, code: line.gtin, articles), let article = articles[id],
                let unit = article.unit
            else {
                unknown.append(line.gtin)
                continue
            }
            if article.tracking != .none, line.lot == nil {
                let what = article.tracking == .lot ? "lots" : "serial numbers"
                throw ERPFault(.rule, "\(article.name) has \(what) in Odoo: say which were \(verb).")
            }
            let lot = article.tracking == .none ? nil : line.lot
            if let index = needs.firstIndex(where: { $0.product == id && $0.lot == lot }) {
                needs[index].quantity += line.quantity
            } else {
                needs.append(
                    Need(
                        product: id, name: article.name, lot: lot, quantity: line.quantity, tracking: article.tracking,
                        unit: unit))
            }
        }
        guard unknown.isEmpty else { throw OdooReception.unknown(unknown) }
        if let twice = needs.first(where: { $0.tracking == .serial && $0.quantity > 1 }) {
            throw ERPFault(
                .rule, "Serial number \(twice.lot ?? "") of \(twice.name) was \(verb) \(twice.quantity) times.")
        }
    }

    /// What is taken where: from the place itself first, then from those below it, never from where it goes to (given
    /// by the quants that are there). What is loose first, then out of packages, and what is somebody else's last. `homes`: the places
    /// where an article is looked for before that. Throws `.conflict` where there is not enough.
    func shares(
        from source: Int64, name: String, quants: [OdooQuant], there: Set<Int64>, homes: (Need) -> [Int64] = { _ in [] }
    ) throws(ERPFault) -> [Share] {
        var shares: [Share] = []
        for need in needs {
            let homes = homes(need)
            let own = quants.filter {
                $0.product == need.product && !there.contains($0.id) && $0.quantity > 0
                    && (need.lot == nil || $0.lotName == need.lot)
            }.sorted { one, other in
                func rank(_ quant: OdooQuant) -> Int {
                    let (packed, owned) = (quant.package == nil ? 0 : 1, quant.owner == nil ? 0 : 1)
                    if let home = homes.firstIndex(of: quant.location) {
                        return 4 * (home - homes.count) + 2 * owned + packed
                    }
                    return 4 * owned + 2 * packed + (quant.location == source ? 0 : 1)
                }
                return (rank(one), one.id) < (rank(other), other.id)
            }
            var rest = need.quantity.double
            for quant in own where !OdooNumber.areEqual(rest, 0) && rest > 0 {
                let quantity = min(rest, quant.quantity)
                rest -= quantity
                shares.append(
                    Share(
                        product: need.product, lot: quant.lot, from: quant.location, quantity: quantity,
                        unit: need.unit,
                        package: quant.package, owner: quant.owner, lotName: quant.lotName))
            }
            guard OdooNumber.areEqual(rest, 0) else {
                let has = own.reduce(0) { $0 + $1.quantity }
                throw ERPFault(
                    .conflict,
                    "Odoo has \(OdooNumber.text(has)) of \(need.article) in \(name); \(need.quantity) were \(verb) from there."
                )
            }
        }
        return shares
    }

    /// Packages of which all goes stay packages; `contents`: what is in each. Out of others the goods are taken.
    static func keepingPackages(_ shares: [Share], contents: [Int64: Double]) -> [Share] {
        var moved: [Int64: Double] = [:]
        for share in shares { if let package = share.package { moved[package, default: 0] += share.quantity } }
        return shares.map { share in
            var share = share
            share.isPackageKept =
                share.package.map {
                    OdooNumber.areEqual(moved[$0] ?? 0, contents[$0] ?? -1)
                } ?? false
            return share
        }
    }

    /// What a done transfer says other than we do; nil: the same.
    func difference(_ picking: OdooPicking, _ units: OdooUnits) -> String? {
        let done = picking.lines.filter { $0.state == "done" }
        for need in needs {
            let there = done.filter { $0.product == need.product && (need.lot == nil || $0.lotName == need.lot) }
                .reduce(0) { $0 + units.convert($1.quantity, from: $1.unit, to: need.unit) }
            guard !OdooNumber.areEqual(there, need.quantity.double) else { continue }
            return
                "\(picking.name) is done with \(OdooNumber.text(there)) of \(need.article); \(need.quantity) were \(verb) here."
        }
        return nil
    }
}
