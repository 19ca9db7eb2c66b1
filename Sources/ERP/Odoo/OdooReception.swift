import Model

/// What a reception writes into an open receipt, and whether a done one says the same: without a call.
struct OdooReception: Sendable {
    /// What one move gets in all.
    struct Target: Equatable, Sendable {
        /// Nil: nobody ordered it, and the server makes the move.
        var move: OdooMove?
        var product: Int64
        var quantity: Quantity
        var lots: [ReceptionPush.Lot]
        /// Of the quantity.
        var damaged: Quantity
    }

    struct LotKey: Hashable, Sendable {
        var product: Int64
        var name: String
    }

    var targets: [Target] = []
    let articles: [Int64: OdooArticle]
    private let moves: [OdooMove]
    private let units: OdooUnits
    private let push: ReceptionPush

    /// `articles`: by id, where they had to be looked up: what no move answers for, and what is announced in another
    /// unit than its own. Throws `.rule` where an article is unknown, `.conflict` where
    /// a line of the receipt is now of another article.
    init(_ push: ReceptionPush, moves: [OdooMove], articles: [Int64: OdooArticle], units: OdooUnits = OdooUnits())
        throws(ERPFault)
    {
        self.units = units
        self.push = push
        self.moves = moves
        self.articles = articles
        let byID = Dictionary(moves.map { ($0.id, $0) }) { first, _ in first }
        var unknown: [String] = []
        // Lines that name a move first: what nobody ordered joins a move of its article.
        for line in push.lines.filter({ $0.quantity > 0 }) {
            guard let move = line.line.flatMap({ Int64($0) }).flatMap({ byID[$0] }) else { continue }
            if let product = line.product, product != String(move.product) {
                throw ERPFault(
                    .conflict, "A line of the receipt is now \(move.productName): it was GTIN \(line.gtin) before.")
            }
            add(line, move: move, product: move.product)
        }
        for line in push.lines where line.quantity > 0 {
            if let id = line.line.flatMap({ Int64($0) }), byID[id] != nil { continue }
            guard let product = OdooReception.product(of: line, articles) else {
                unknown.append(line.gtin)
                continue
            }
            let ordered = targets.first { $0.product == product }?.move ?? moves.first { $0.product == product }
            add(line, move: ordered, product: product)
        }
        guard unknown.isEmpty else { throw OdooReception.unknown(unknown) }
    }

    static func product(of line: ReceptionPush.Line, _ articles: [Int64: OdooArticle]) -> Int64? {
        OdooArticle.product(line.product, code: line.gtin, articles)
    }

    static func unknown(_ gtins: [String]) -> ERPFault {
        let list = gtins.prefix(10).joined(separator: ", ")
        let what = gtins.allSatisfy { $0.hasPrefix("#") } ? "reference" : "GTIN"
        return ERPFault(.rule, "Odoo has no article with \(what) \(list)\(gtins.count > 10 ? " and more" : "").")
    }

    private mutating func add(_ line: ReceptionPush.Line, move: OdooMove?, product: Int64) {
        if let index = targets.firstIndex(where: { $0.product == product && $0.move?.id == move?.id }) {
            targets[index].quantity += line.quantity
            targets[index].lots += line.lots
            targets[index].damaged += line.damaged
        } else {
            targets.append(
                Target(move: move, product: product, quantity: line.quantity, lots: line.lots, damaged: line.damaged))
        }
    }

    /// Lots to look for, article and name together (odoo issues 133795, 180384).
    func lotKeys(_ lines: [OdooLine]) -> Set<LotKey> {
        var keys: Set<LotKey> = []
        for target in targets where tracking(of: target, lines) != Tracking.none {
            for lot in target.lots { keys.insert(LotKey(product: target.product, name: lot.number)) }
        }
        return keys
    }

    func tracking(of target: Target, _ lines: [OdooLine]) -> Tracking? {
        lines.first { $0.product == target.product }?.tracking ?? articles[target.product]?.tracking
    }

    /// What an article is called.
    func name(_ product: Int64, _ lines: [OdooLine]) -> String {
        lines.first { $0.product == product }?.productName ?? moves.first { $0.product == product }?.productName
            ?? articles[product]?.name ?? "article \(product)"
    }

    // MARK: Writing

    /// Commands for `move_line_ids` of an open receipt. Absolute: lines of moves that got nothing are put back.
    func commands(
        _ picking: OdooPicking, _ names: OdooNames, lots: [LotKey: Int64]
    ) throws(ERPFault) -> [JSON] {
        var commands: [JSON] = []
        let moved = Set(targets.compactMap { $0.move?.id })
        for target in targets {
            try checkRounding(target, picking.lines)
            let lines = picking.lines.filter { $0.move != nil && $0.move == target.move?.id }.sorted { $0.id < $1.id }
            commands += try self.commands(target, lines: lines, picking, names, lots: lots)
        }
        for line in picking.lines where line.isPicked && !moved.contains(line.move ?? -1) {
            let back = names.hasPicked ? JSON.object([("picked", false)]) : JSON.object([(names.done, 0)])
            commands.append([1, .int(line.id), back])
        }
        return commands
    }

    private func commands(
        _ target: Target, lines: [OdooLine], _ picking: OdooPicking, _ names: OdooNames, lots: [LotKey: Int64]
    ) throws(ERPFault) -> [JSON] {
        let shares = try shares(target, picking.lines)
        // Odoo has split it over several places (put-away rules): each gets its part, the last one the rest.
        if Set(lines.map(\.to)).count > 1, tracking(of: target, lines) != .serial {
            // What we added announces nothing.
            let own = articles[target.product]?.unit ?? target.move?.unit
            if lines.allSatisfy({ $0.isOwnUnit || $0.unit == own }), let kept = kept(shares, lines, names) {
                return kept
            }
            if lines.allSatisfy({ $0.isOwnUnit && $0.lotName == nil }) {
                return try split(shares, target, lines, picking, names, lots)
            }
        }
        // New lines go where the others go: what is announced in one package comes in it.
        let package = Set(lines.map(\.into)).count == 1 ? lines[0].into : nil
        var free = lines
        var commands: [JSON] = []
        for share in shares {
            var values = [JSON.Member(names.done, share.quantity.json)]
            if names.hasPicked { values.append(JSON.Member("picked", true)) }
            let index = free.firstIndex { share.number != nil && $0.lotName == share.number } ?? free.indices.first
            let line = index.map { free.remove(at: $0) }
            // 60 pieces on a line of dozens would be 720.
            if let line, let own = articles[target.product]?.unit, line.unit != own {
                values.append(JSON.Member("product_uom_id", .int(own)))
            }
            values += lotValues(share, product: target.product, line: line, names, lots)
            if let line {
                commands.append([1, .int(line.id), .members(values)])
            } else {
                if let package { values.append(JSON.Member("result_package_id", .int(package))) }
                commands.append([0, 0, .members(try newLine(target, picking) + values)])
            }
        }
        return commands + free.map { [2, .int($0.id)] }
    }

    /// Lines that say it already, as an earlier push wrote them; nil: they do not.
    private func kept(_ shares: [Share], _ lines: [OdooLine], _ names: OdooNames) -> [JSON]? {
        let lotted = shares.filter { $0.number != nil }
        guard lotted.count == shares.count,
            lines.allSatisfy({ line in line.quantity > 0 && lotted.contains { $0.number == line.lotName } }),
            lotted.allSatisfy({ share in
                let there = lines.filter { $0.lotName == share.number }.reduce(0) { $0 + $1.quantity }
                return OdooNumber.areEqual(there, share.quantity.double)
            })
        else { return nil }
        return lines.map { [1, .int($0.id), .members(seen($0.quantity, names))] }
    }

    private func seen(_ quantity: Double, _ names: OdooNames) -> [JSON.Member] {
        [JSON.Member(names.done, .quantity(quantity))] + (names.hasPicked ? [JSON.Member("picked", true)] : [])
    }

    /// Each place gets what was announced for it, lot after lot.
    private func split(
        _ shares: [Share], _ target: Target, _ lines: [OdooLine], _ picking: OdooPicking, _ names: OdooNames,
        _ lots: [LotKey: Int64]
    ) throws(ERPFault) -> [JSON] {
        var rest = shares[...]
        var commands: [JSON] = []
        for line in lines {
            var room = line.id == lines.last?.id ? Double.infinity : line.announced
            var isFirst = true
            while room > 0.000_01, var share = rest.first {
                let quantity = min(share.quantity.double, room)
                room -= quantity
                rest[rest.startIndex].quantity -= Quantity(nearest: quantity) ?? 0
                if rest[rest.startIndex].quantity <= 0 { rest.removeFirst() }
                share.quantity = Quantity(nearest: quantity) ?? 0
                let values =
                    seen(quantity, names)
                    + lotValues(share, product: target.product, line: isFirst ? line : nil, names, lots)
                if isFirst {
                    commands.append([1, .int(line.id), .members(values)])
                } else {
                    commands.append([0, 0, .members(try newLine(target, picking, to: line.to) + values)])
                }
                isFirst = false
            }
            if isFirst { commands.append([2, .int(line.id)]) }
        }
        return commands
    }

    /// What is put on one line each: a lot, a serial number, or all where nobody tracks. The rest over the lots has
    /// none.
    private struct Share {
        var number: String?
        var quantity: Quantity
        var expires: String?
    }

    private func shares(_ target: Target, _ lines: [OdooLine]) throws(ERPFault) -> [Share] {
        let tracking = tracking(of: target, lines)
        guard tracking != Tracking.none, !target.lots.isEmpty else { return [Share(quantity: target.quantity)] }
        var shares: [Share] = []
        for lot in target.lots where lot.quantity > 0 {
            if let index = shares.firstIndex(where: { $0.number == lot.number }) {
                shares[index].quantity += lot.quantity
            } else {
                shares.append(Share(number: lot.number, quantity: lot.quantity, expires: lot.expires))
            }
        }
        if tracking == .serial, let twice = shares.first(where: { $0.quantity > 1 }) {
            throw ERPFault(
                .rule,
                "Serial number \(twice.number ?? "") of \(name(target.product, lines)) was received "
                    + "\(twice.quantity) times.")
        }
        let rest = target.quantity - shares.reduce(Quantity.zero) { $0 + $1.quantity }
        if rest > 0 { shares.append(Share(quantity: rest)) }
        return shares
    }

    private func lotValues(
        _ share: Share, product: Int64, line: OdooLine?, _ names: OdooNames, _ lots: [LotKey: Int64]
    ) -> [JSON.Member] {
        guard let number = share.number else { return [] }
        if let lot = lots[LotKey(product: product, name: number)] { return [JSON.Member("lot_id", .int(lot))] }
        var values = [JSON.Member("lot_name", .string(number))]
        if line?.lot != nil { values.append(JSON.Member("lot_id", false)) }
        // Noon UTC is the same day in every depot of ours.
        if names.hasExpiry, let day = share.expires {
            values.append(JSON.Member("expiration_date", .string("\(day) 12:00:00")))
        }
        return values
    }

    private func newLine(
        _ target: Target, _ picking: OdooPicking, to place: Int64? = nil
    ) throws(ERPFault) -> [JSON.Member] {
        let article = articles[target.product]
        guard let unit = article?.unit ?? target.move?.unit,
            let from = target.move?.from ?? picking.from, let to = place ?? target.move?.to ?? picking.to
        else { throw ERPFault(.gone, "Odoo no longer has article \(target.product).") }
        var values = [
            JSON.Member("product_id", .int(target.product)), JSON.Member("product_uom_id", .int(unit)),
            JSON.Member("location_id", .int(from)), JSON.Member("location_dest_id", .int(to)),
        ]
        if let move = target.move { values.insert(JSON.Member("move_id", .int(move.id)), at: 0) }
        return values
    }

    private func checkRounding(_ target: Target, _ lines: [OdooLine]) throws(ERPFault) {
        let unit =
            articles[target.product]?.unit ?? target.move?.unit ?? lines.first { $0.product == target.product }?.unit
        for quantity in [target.quantity] + target.lots.map(\.quantity) {
            if let fault = units.refusal(of: quantity.double, unit: unit, article: name(target.product, lines)) {
                throw fault
            }
        }
    }

    /// In the article's own unit.
    private func own(_ line: OdooLine) -> Double {
        units.convert(line.quantity, from: line.unit, to: articles[line.product]?.unit)
    }

    // MARK: Comparing

    /// What a done receipt says other than we do, in a sentence; nil: the same.
    func difference(_ picking: OdooPicking) -> String? {
        let done = picking.lines.filter { $0.state == "done" }
        var theirs: [Int64: Double] = [:]
        for line in done { theirs[line.product, default: 0] += own(line) }
        var ours: [Int64: Double] = [:]
        for target in targets { ours[target.product, default: 0] += target.quantity.double }
        for product in Set(theirs.keys).union(ours.keys).sorted() {
            let (there, here) = (theirs[product] ?? 0, ours[product] ?? 0)
            if !OdooNumber.areEqual(there, here) {
                return sentence(picking, name(product, done), there, here)
            }
        }
        for key in lotKeys(done).sorted(by: { ($0.product, $0.name) < ($1.product, $1.name) }) {
            let there = done.filter { $0.product == key.product && $0.lotName == key.name }.reduce(0) {
                $0 + own($1)
            }
            let lots = targets.filter { $0.product == key.product }.flatMap(\.lots).filter { $0.number == key.name }
            let here = lots.reduce(Quantity.zero) { $0 + $1.quantity }.double
            if !OdooNumber.areEqual(there, here) {
                return sentence(picking, "\(name(key.product, done)), lot \(key.name)", there, here)
            }
        }
        return nil
    }

    private func sentence(_ picking: OdooPicking, _ article: String, _ there: Double, _ here: Double) -> String {
        let (there, here) = (OdooNumber.text(there), OdooNumber.text(here))
        return "\(picking.name) is done with \(there) of \(article); \(here) were received here."
    }
}
