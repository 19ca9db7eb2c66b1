import Model
import SQLite

/// What an import would change, row by row, before anything is written: what stands there now beside what would.
public struct ImportChanges: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case new, changed
        /// A line of a delivery that the newer paper has no more.
        case gone
    }

    public struct Field: Equatable, Sendable {
        /// As the columns of our templates are named.
        public var name: String
        /// Nil where there is nothing.
        public var now: String?
        public var next: String?

        init(_ name: String, _ now: String?, _ next: String?) {
            self.name = name
            self.now = now.flatMap { $0.isEmpty ? nil : $0 }
            self.next = next.flatMap { $0.isEmpty ? nil : $0 }
        }

        fileprivate var isChanged: Bool { now != next }
        fileprivate var short: Field {
            Field(
                name, now.map { String($0.prefix(ImportChanges.textLimit)) },
                next.map { String($0.prefix(ImportChanges.textLimit)) })
        }
    }

    public struct Row: Equatable, Sendable {
        public var kind: Kind
        public var title: String
        /// Those that change; of a new row those that say something.
        public var fields: [Field]
    }

    /// Rows that are told, and characters of each of their texts.
    public static let rowLimit = 100
    static let textLimit = 200

    public private(set) var new = 0
    public private(set) var changed = 0
    public private(set) var unchanged = 0
    public private(set) var gone = 0
    private var changes: [Row] = []
    private var additions: [Row] = []

    /// The first of them: what changes or goes before what is new.
    public var rows: [Row] { Array((changes + additions).prefix(ImportChanges.rowLimit)) }

    mutating func add(_ title: String, isNew: Bool, _ fields: [Field]) {
        let fields = fields.filter(\.isChanged)
        switch (isNew, fields.isEmpty) {
        case (true, _):
            new += 1
            ImportChanges.append(.new, title, fields, to: &additions)
        case (false, false):
            changed += 1
            ImportChanges.append(.changed, title, fields, to: &changes)
        case (false, true): unchanged += 1
        }
    }

    mutating func take(away title: String, _ fields: [Field]) {
        gone += 1
        ImportChanges.append(.gone, title, fields.filter(\.isChanged), to: &changes)
    }

    private static func append(_ kind: Kind, _ title: String, _ fields: [Field], to rows: inout [Row]) {
        guard rows.count < rowLimit else { return }
        rows.append(Row(kind: kind, title: String(title.prefix(textLimit)), fields: fields.map(\.short)))
    }
}

extension CheckedImport {
    /// Compares each row with what `store` has. Some microseconds a row; the same row twice counts against the first.
    public func changes(in store: Store) throws -> ImportChanges {
        var changes = ImportChanges()
        var labels: [String: Label] = [:]
        for row in rows {
            switch row {
            case .delivery(let delivery, let source, let isAddition):
                try store.deliveries.compare(delivery, source: source, isAddition: isAddition, into: &changes)
            case .product(let product): try store.articles.compare(product, into: &changes)
            case .code(let code, let gtin): try store.articles.compare(code: code, of: gtin, into: &changes)
            case .label(let label, let subject):
                let known = labels.updateValue(label, forKey: subject) ?? StoredCatalogue(store: store).label(subject)
                changes.add(
                    subject.split(separator: ":", maxSplits: 1).last.map(String.init) ?? subject, isNew: known == nil,
                    [
                        .init("gtin", known?.gtin, label.gtin), .init("serial", known?.serial, label.serial),
                        .init("lot", known?.lot, label.lot),
                    ])
            case .party(let name, let company, let reference, let numbers):
                try store.parties.compare(
                    name: name, company: company, reference: reference, numbers: numbers, into: &changes)
            }
        }
        return changes
    }
}

extension ArticleTable {
    /// As `save` would write it.
    fileprivate func compare(_ product: ProductView, into changes: inout ImportChanges) throws {
        let known = try database.first(
            "SELECT description, reference, supplier, unit, tracking, minimum FROM product WHERE gtin=?",
            .text(product.gtin)
        ) { row in
            ProductView(
                gtin: product.gtin, description: row.text(0), reference: row.optionalText(1),
                supplier: row.optionalText(2), unit: row.optionalText(3), tracking: row.text(4),
                minimum: row.optionalQuantity(5))
        }
        func tracking(_ product: ProductView?) -> String? { product?.tracking == "none" ? nil : product?.tracking }
        let description = product.description.isEmpty ? known?.description ?? "" : product.description
        var fields: [ImportChanges.Field] = [
            .init("description", known?.description, description),
            .init("reference", known?.reference, product.reference ?? known?.reference),
            .init("supplier", known?.supplier, product.supplier ?? known?.supplier),
            .init("unit", known?.unit, product.unit.flatMap { Measure($0)?.code } ?? known?.unit),
            .init("tracking", tracking(known), tracking(product) ?? tracking(known)),
            .init("minimum", known?.minimum.map { "\($0)" }, (product.minimum ?? known?.minimum).map { "\($0)" }),
        ]
        for carton in product.cartons where carton.gtin != product.gtin {
            let own = packaging(carton.gtin).flatMap { $0.gtin == product.gtin ? $0.quantity : nil }
            fields.append(.init("carton_gtin", own.map { _ in carton.gtin }, carton.gtin))
            fields.append(.init("carton_quantity", own.map { "\($0)" }, "\(carton.quantity)"))
        }
        changes.add("\(description) · \(ImportChanges.shown(product.gtin))", isNew: known == nil, fields)
    }

    /// As `add(code:to:)` would.
    fileprivate func compare(code: String, of gtin: String, into changes: inout ImportChanges) throws {
        let folded = ArticleTable.folded(reference: code)
        var known: String?
        if let package = packageGTIN(code) {
            known = package == gtin || packaging(package) != nil ? code : nil
        } else if folded.utf8.count >= 2 {
            known = try database.text(
                "SELECT code FROM product_code WHERE folded=? AND gtin=?", .text(folded), .text(gtin))
        } else {
            known = code
        }
        let title = "\(try description(gtin)) · \(ImportChanges.shown(gtin))"
        changes.add(title, isNew: known == nil, [.init("code", known, code)])
    }

    private func description(_ gtin: String) throws -> String {
        try database.text("SELECT description FROM product WHERE gtin=?", .text(gtin)) ?? ""
    }
}

extension ImportChanges {
    /// The code of an article as people know it.
    fileprivate static func shown(_ gtin: String) -> String {
        ArticleCode.isOwn(gtin) ? ArticleCode.printed(gtin) : gtin
    }
}

extension PartyTable {
    /// As `add` with the numbers of a file would.
    fileprivate func compare(
        name: String, company: String, reference: String?, numbers: [PhoneNumber], into changes: inout ImportChanges
    ) throws {
        let known = try known(name: name, company: company, reference: reference).flatMap { try view($0) }
        let shown = Dictionary(numbers.map { ($0.key, $0.display) }) { _, last in last }.values.sorted()
        let now = known.map { $0.numbers.sorted().joined(separator: ", ") }
        changes.add(
            company.isEmpty ? name : company, isNew: known == nil,
            [
                .init("company", known?.company, company), .init("name", known?.name, name),
                .init("reference", known?.reference, known?.reference ?? reference),
                .init("phone", now, numbers.isEmpty ? now : shown.joined(separator: ", ")),
            ])
    }
}

extension DeliveryTable {
    /// What makes two lines of a delivery the same.
    private struct Goods: Hashable {
        var gtin: String
        var lot: String?
        var expires: String?
    }

    private struct Line {
        var description: String
        var quantity: Quantity
    }

    /// As `expect` would write it, or `extend` add it: each line by itself, then what stands above them.
    fileprivate func compare(
        _ announced: Announced, source: String, isAddition: Bool, into changes: inout ImportChanges
    ) throws {
        let id = try known(note: announced.note, of: announced.supplier, source: source, erp: announced.erp).first?.id
        let now = try id.map(lines(of:)) ?? [:]
        var next = isAddition ? now : [:]
        var (order, seen): ([Goods], Set<Goods>) = ([], [])
        let isKnown = try isAddition && id.map { try wasAdded(announced, to: $0) } ?? false
        for line in announced.lines.map(packed) {
            let goods = Goods(gtin: line.gtin, lot: line.lot, expires: line.expires)
            if seen.insert(goods).inserted { order.append(goods) }
            guard !isKnown else { continue }
            if next[goods] == nil { next[goods] = Line(description: line.description, quantity: 0) }
            next[goods]?.quantity += line.quantity
        }
        for goods in order {
            changes.add(
                title(announced.note, goods, next[goods] ?? now[goods]), isNew: now[goods] == nil,
                fields(goods, now[goods], next[goods]))
        }
        let gone = now.keys.filter { next[$0] == nil }.sorted { ($0.gtin, $0.lot ?? "") < ($1.gtin, $1.lot ?? "") }
        for goods in gone {
            changes.take(away: title(announced.note, goods, now[goods]), fields(goods, now[goods], nil))
        }
        guard let id, !isKnown else { return }
        let above = try above(announced, of: id, isAddition: isAddition)
        if above.contains(where: { $0.now != $0.next }) { changes.add(announced.note, isNew: false, above) }
    }

    private func title(_ note: String, _ goods: Goods, _ line: Line?) -> String {
        let description = line?.description ?? ""
        return "\(note) · \(description.isEmpty ? ImportChanges.shown(goods.gtin) : description)"
    }

    private func fields(_ goods: Goods, _ now: Line?, _ next: Line?) -> [ImportChanges.Field] {
        func stands(_ text: String?, _ line: Line?) -> String? { line == nil ? nil : text }
        return [
            .init("quantity", now.map { "\($0.quantity)" }, next.map { "\($0.quantity)" }),
            .init("description", now?.description, next?.description),
            .init("gtin", stands(goods.gtin, now), stands(goods.gtin, next)),
            .init("lot", stands(goods.lot, now), stands(goods.lot, next)),
            .init("expires", stands(goods.expires, now), stands(goods.expires, next)),
        ]
    }

    private func lines(of id: Int64) throws -> [Goods: Line] {
        let rows = try database.rows(
            "SELECT gtin, lot, expires, description, quantity FROM delivery_line WHERE delivery=? ORDER BY position",
            .integer(id)
        ) { row in
            (
                Goods(gtin: row.text(0), lot: row.optionalText(1), expires: row.optionalText(2)),
                Line(description: row.text(3), quantity: row.quantity(4))
            )
        }
        return Dictionary(rows) { first, again in
            Line(description: first.description, quantity: first.quantity + again.quantity)
        }
    }

    private func wasAdded(_ announced: Announced, to id: Int64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM delivery_detail WHERE delivery=? AND kind='addition' AND code=?", .integer(id),
            .text(announced.fingerprint)) != nil
    }

    private func above(_ announced: Announced, of id: Int64, isAddition: Bool) throws -> [ImportChanges.Field] {
        let head = try database.first(
            "SELECT supplier, expected, client, dock FROM delivery WHERE id=?", .integer(id)
        ) { row in (0..<4).map { row.optionalText($0) } }
        func texts(_ sql: String) throws -> Set<String> {
            Set(try database.rows(sql, .integer(id)) { $0.text(0) })
        }
        let serials = try texts("SELECT serial FROM delivery_serial WHERE delivery=?")
        let pallets = try texts("SELECT sscc FROM delivery_unit WHERE delivery=?")
        func list(_ name: String, _ now: Set<String>, _ next: [String]) -> ImportChanges.Field {
            let next = isAddition ? now.union(next) : Set(next)
            return .init(name, now.sorted().joined(separator: ", "), next.sorted().joined(separator: ", "))
        }
        var fields = [
            list("serials", serials, announced.lines.flatMap(\.serials)),
            list("sscc", pallets, announced.units.map(\.sscc)),
        ]
        guard let head, !isAddition else { return fields }
        fields += [
            .init("supplier", head[0], announced.supplier), .init("expected", head[1], announced.expectedOn ?? head[1]),
            .init("client", head[2], announced.client ?? head[2]), .init("dock", head[3], announced.dock ?? head[3]),
        ]
        return fields
    }
}
