import Model

/// The tables of the stand-in, with what Tryton's ORM does with them: relations, domains, dotted fields, commands.
struct TrytonStore {
    typealias Row = [String: JSON]

    /// Many-to-one: the model it leads to.
    static let targets: [String: String] = [
        "stock.move.product": "product.product", "stock.move.unit": "product.uom", "stock.move.lot": "stock.lot",
        "stock.lot.product": "product.product", "stock.move.from_location": "stock.location",
        "stock.move.purchase": "purchase.purchase", "purchase.purchase.party": "party.party",
        "stock.shipment.in.supplier": "party.party", "stock.shipment.in.warehouse": "stock.location",
        "product.product.default_uom": "product.uom", "party.contact_mechanism.party": "party.party",
        "stock.shipment.in.return.supplier": "party.party",
        "stock.inventory.line.product": "product.product", "stock.inventory.line.lot": "stock.lot",
        "sale.sale.currency": "currency.currency", "account.invoice.currency": "currency.currency",
        "company.company.currency": "currency.currency",
        "product.component.product": "product.product", "product.component.unit": "product.uom",
        "purchase.line.component.product": "product.product",
    ]
    /// One-to-many: the model it holds and the field that leads back.
    static let holdings: [String: (model: String, field: String)] = [
        "product.product.identifiers": ("product.identifier", "product"),
        "party.party.identifiers": ("party.identifier", "party"),
        "party.party.contact_mechanisms": ("party.contact_mechanism", "party"),
        "stock.inventory.lines": ("stock.inventory.line", "inventory"),
        "stock.shipment.in.incoming_moves": ("stock.move", "shipment"),
        "stock.shipment.internal.moves": ("stock.move", "shipment"),
        "stock.shipment.in.return.moves": ("stock.move", "shipment"),
        "purchase.line.moves": ("stock.move", "origin"),
        "purchase.line.component.moves": ("stock.move", "origin"),
    ]
    /// Both once more by model and field: a name put together for every value would be most of a search.
    private static let targetsOf = byModel(targets)
    private static let holdingsOf = byModel(holdings)

    private static func byModel<Value>(_ table: [String: Value]) -> [String: [String: Value]] {
        var parts: [String: [String: Value]] = [:]
        for (name, value) in table {
            guard let dot = name.lastIndex(of: ".") else { continue }
            parts[String(name[..<dot]), default: [:]][String(name[name.index(after: dot)...])] = value
        }
        return parts
    }

    /// Fields besides those of a relation above; an unknown one is a KeyError.
    static let fields: [String: Set<String>] = [
        "stock.move": [
            "quantity", "state", "origin", "from_location", "to_location", "unit_price", "currency", "company",
            "shipment", "planned_date",
        ],
        "stock.shipment.in": [
            "number", "reference", "state", "warehouse_input", "warehouse_storage", "planned_date", "origins",
            "supplier_location",
        ],
        "stock.shipment.internal": [
            "number", "reference", "state", "from_location", "to_location", "transit_location",
        ],
        "stock.shipment.in.return": ["number", "reference", "state", "from_location", "to_location"],
        "stock.lot": ["number", "quantity"],
        "product.product": ["rec_name", "name", "code", "type", "cost_price", "lot_required", "quantity", "template"],
        "product.component": ["parent_template", "parent_product", "quantity", "fixed"],
        "purchase.line.component": ["quantity", "unit", "moves_ignored"],
        "product.identifier": ["code", "type", "product"], "product.uom": ["symbol", "factor", "rate", "rounding"],
        "party.party": ["name", "rec_name", "code", "supplier_location", "receivable", "active"],
        "party.identifier": ["code", "party"],
        "party.contact_mechanism": ["type", "value", "value_compact", "name"],
        "stock.location": ["name", "code", "type", "input_location", "storage_location", "parent"],
        "stock.inventory": ["number", "state", "location", "date", "empty_quantity"],
        "stock.inventory.line": ["quantity", "expected_quantity", "inventory"], "ir.note": ["resource", "message"],
        "sale.sale": ["number", "reference", "party", "state", "sale_date", "total_amount"],
        "account.invoice": ["number", "reference", "party", "type", "state", "invoice_date", "amount_to_pay"],
        "company.company": [], "currency.currency": ["code"], "purchase.line": ["quantity", "unit", "moves_ignored"],
        "purchase.purchase": ["number", "reference", "shipments"],
        "res.user": ["login"],
    ]

    var tables: [String: [Int64: Row]] = [:]
    private var last: [String: Int64] = [:]
    private var clock = 1_795_307_000

    // MARK: Rows

    @discardableResult
    mutating func insert(_ model: String, _ row: Row) -> Int64 {
        let id = (last[model] ?? 0) + 1
        last[model] = id
        clock += 1
        var row = row
        row["id"] = .int(id)
        row["create_uid"] = 2
        row["_timestamp"] = .string("\(clock).0")
        tables[model, default: [:]][id] = row
        return id
    }

    mutating func set(_ model: String, _ id: Int64, _ values: Row) {
        clock += 1
        tables[model]?[id]?.merge(values) { $1 }
        tables[model]?[id]?["_timestamp"] = .string("\(clock).0")
    }

    mutating func touchAll(_ model: String) { for id in (tables[model] ?? [:]).keys { set(model, id, [:]) } }

    func row(_ model: String, _ id: Int64?) -> Row? { id.flatMap { tables[model]?[$0] } }

    func all(_ model: String, where condition: (Row) -> Bool = { _ in true }) -> [Row] {
        var found: [(id: Int64, row: Row)] = []
        for (id, row) in tables[model] ?? [:] where condition(row) { found.append((id, row)) }
        found.sort { $0.id < $1.id }
        return found.map(\.row)
    }

    /// The rows that a domain may mean: by their ids where it says so, for it is what most calls say.
    func candidates(_ model: String, _ domain: JSON) -> [Row] {
        for clause in domain.list ?? [] {
            guard let parts = clause.list, parts.count == 3, parts[0] == "id", domain.list?.first != "OR" else {
                continue
            }
            let ids = parts[1] == "=" ? [parts[2]] : parts[1] == "in" ? parts[2].list ?? [] : nil
            guard let ids else { continue }
            return Set(ids.compactMap(\.integer)).sorted().compactMap { row(model, $0) }
        }
        return all(model)
    }

    static func id(_ row: Row) -> Int64 { row["id"]?.integer ?? 0 }

    // MARK: Relations

    /// How a row of `field`'s holder names it: its id, or `model,id` where the field is a reference.
    private static func backward(_ model: String, _ field: String, _ id: Int64) -> JSON {
        ["shipment", "origin"].contains(field) ? .string("\(model),\(id)") : .int(id)
    }

    func held(_ model: String, _ field: String, of id: Int64) -> [Row] {
        guard let holding = Self.holdingsOf[model]?[field] else { return [] }
        let mark = Self.backward(model, holding.field, id)
        return all(holding.model) { $0[holding.field] == mark }
    }

    func knows(_ model: String, _ field: String) -> Bool {
        ["id", "_timestamp", "create_uid", "active"].contains(field) || Self.fields[model]?.contains(field) == true
            || Self.targetsOf[model]?[field] != nil || Self.holdingsOf[model]?[field] != nil
    }

    // MARK: Reading

    /// Dotted fields, taken apart once for all rows of a call.
    struct Fields {
        var plain: [String] = []
        var nested: [(field: String, inner: Fields)] = []

        init(_ paths: [String]) {
            var inner: [(field: String, paths: [String])] = []
            for path in paths {
                let parts = path.split(separator: ".", maxSplits: 1).map { String($0) }
                if parts.count == 1 {
                    plain.append(parts[0])
                } else if let index = inner.firstIndex(where: { $0.field == parts[0] }) {
                    inner[index].paths.append(parts[1])
                } else {
                    inner.append((parts[0], [parts[1]]))
                }
            }
            nested = inner.map { ($0.field, Fields($0.paths)) }
        }
    }

    func read(_ model: String, _ row: Row, _ fields: Fields) throws(TrytonRefusal) -> JSON {
        var out: [(String, JSON?)] = [("id", row["id"])]
        for field in fields.plain {
            guard knows(model, field) else { throw .python("'\(field)'") }
            let isHeld = Self.holdingsOf[model]?[field] != nil
            out.append(
                (
                    field,
                    isHeld
                        ? .array(held(model, field, of: Self.id(row)).map { $0["id"] ?? .null }) : row[field] ?? .null
                ))
        }
        for (field, inner) in fields.nested {
            guard knows(model, field) else { throw .python("'\(field)'") }
            if let target = Self.targetsOf[model]?[field] {
                let found = self.row(target, row[field]?.integer)
                out.append(
                    (field + ".", try found.map { row throws(TrytonRefusal) in try read(target, row, inner) } ?? .null))
            } else if let holding = Self.holdingsOf[model]?[field] {
                var rows: [JSON] = []
                for row in held(model, field, of: Self.id(row)) { rows.append(try read(holding.model, row, inner)) }
                out.append((field + ".", .array(rows)))
            }
        }
        return .object(out)
    }

    // MARK: Domains

    func matches(_ model: String, _ row: Row, _ domain: JSON) throws(TrytonRefusal) -> Bool {
        let list = domain.list ?? []
        if list.isEmpty { return true }
        if let word = list[0].text, word != "OR", word != "AND" { return try clause(model, row, list) }
        let isOr = list[0] == "OR"
        for part in list where part.text == nil {
            if try matches(model, row, part) == isOr { return isOr }
        }
        return !isOr
    }

    private func clause(_ model: String, _ row: Row, _ clause: [JSON]) throws(TrytonRefusal) -> Bool {
        let name = clause[0].text ?? ""
        let path = name.utf8.contains(UInt8(ascii: ".")) ? name.split(separator: ".").map { String($0) } : [name]
        let values = try self.values(model, row, path)
        let sought = clause[2]
        switch clause[1].text {
        case "=": return values.contains(sought) || sought == .bool(true) && values.contains(.int(1))
        case "in": return values.contains { sought.list?.contains($0) == true }
        case "!=": return !values.contains(sought)
        case ">": return values.contains { ($0.double ?? 0) > (sought.double ?? 0) }
        case "like": return values.contains { Self.like($0.text ?? "", sought.text ?? "") }
        case "child_of": return isBelow(model, row, sought.list ?? [])
        default: throw .python("'\(clause[1].text ?? "")'")
        }
    }

    /// The row itself, or anything above it, is one of these.
    private func isBelow(_ model: String, _ row: Row, _ ids: [JSON]) -> Bool {
        var next: Row? = row
        for _ in 0..<10 {
            guard let here = next else { return false }
            if here["id"].map({ ids.contains($0) }) == true { return true }
            next = self.row(model, here["parent"]?.integer)
        }
        return false
    }

    private func values(_ model: String, _ row: Row, _ path: [String]) throws(TrytonRefusal) -> [JSON] {
        guard knows(model, path[0]) else { throw .python("'\(path[0])'") }
        guard path.count > 1 else {
            if path[0] == "active" { return [row["active"] ?? true] }
            return [row[path[0]] ?? .null]
        }
        let rest = Array(path.dropFirst())
        if let target = Self.targetsOf[model]?[path[0]] {
            return try self.row(target, row[path[0]]?.integer).map { row throws(TrytonRefusal) in
                try values(target, row, rest)
            } ?? []
        }
        guard let holding = Self.holdingsOf[model]?[path[0]] else { return [] }
        var found: [JSON] = []
        for row in held(model, path[0], of: Self.id(row)) { found += try values(holding.model, row, rest) }
        return found
    }

    /// SQL's `like` with `%` and `_`, both greedy enough for tests.
    static func like(_ text: String, _ pattern: String) -> Bool {
        func match(_ text: Substring, _ pattern: Substring) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == "%" {
                var rest = text
                while true {
                    if match(rest, pattern.dropFirst()) { return true }
                    if rest.isEmpty { return false }
                    rest = rest.dropFirst()
                }
            }
            guard let letter = text.first, first == "_" || first == letter else { return false }
            return match(text.dropFirst(), pattern.dropFirst())
        }
        return match(text[...], pattern[...])
    }
}
