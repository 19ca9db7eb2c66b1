import Model

/// Records as every model has them: fields, searches, and the one2many commands.
extension OdooServer {
    func fields(of model: String) throws(OdooError) -> [OdooField] {
        guard let fields = schema[model] else { throw .user("Object \(model) doesn't exist") }
        return fields
    }

    func field(_ model: String, _ name: String) throws(OdooError) -> OdooField {
        guard let fields = fieldsByName[model] else { throw .user("Object \(model) doesn't exist") }
        guard let field = fields[name] else {
            throw .value("Invalid field '\(name)' on model '\(model)'")
        }
        return field
    }

    func ids(_ model: String) -> [Int64] { (tables.records[model] ?? [:]).keys.sorted() }

    func exists(_ model: String, _ id: Int64) -> Bool { tables.records[model]?[id] != nil }

    func existing(_ model: String, _ ids: [Int64]) throws(OdooError) -> [Int64] {
        if let missing = ids.first(where: { !exists(model, $0) }) {
            throw OdooError(
                name: "odoo.exceptions.MissingError",
                message: "Record does not exist or has been deleted.\n(Record: \(model)(\(missing),), User: \(current))"
            )
        }
        return ids
    }

    /// As kept: a many2one is its id, or `false`.
    func raw(_ model: String, _ id: Int64, _ name: String) -> JSON {
        if name == "id" { return .int(id) }
        if name == "display_name" { return .string(displayName(model, id)) }
        guard let field = fieldsByName[model]?[name] else { return false }
        if field.isComputed { return computed(model, id, name) }
        if field.type == "one2many", let relation = field.relation, let inverse = field.inverse {
            return .array(
                (tables.records[relation] ?? [:]).filter { $0.value[inverse]?.integer == id }.keys.sorted().map {
                    .int($0)
                })
        }
        if name == "name", lang != "en_US", let translated = tables.records[model]?[id]?["name@\(lang)"] {
            return translated
        }
        return tables.records[model]?[id]?[name] ?? field.empty
    }

    func number(_ model: String, _ id: Int64, _ name: String) -> Double { raw(model, id, name).double ?? 0 }
    func text(_ model: String, _ id: Int64, _ name: String) -> String { raw(model, id, name).text ?? "" }
    func link(_ model: String, _ id: Int64, _ name: String) -> Int64? { raw(model, id, name).integer }
    func truth(_ model: String, _ id: Int64, _ name: String) -> Bool { raw(model, id, name).truth ?? false }
    func links(_ model: String, _ id: Int64, _ name: String) -> [Int64] {
        raw(model, id, name).list?.compactMap(\.integer) ?? []
    }

    mutating func set(_ model: String, _ id: Int64, _ name: String, _ value: JSON) {
        tables.records[model]?[id]?[name] = value
    }

    mutating func insert(_ model: String, _ record: Record, id: Int64? = nil) -> Int64 {
        let id = id ?? tables.next[model] ?? 1
        tables.next[model] = max(tables.next[model] ?? 1, id + 1)
        tables.records[model, default: [:]][id] = record
        return id
    }

    func displayName(_ model: String, _ id: Int64) -> String {
        switch model {
        case "product.product":
            let code = text(model, id, "default_code")
            return code.isEmpty ? text(model, id, "name") : "[\(code)] \(text(model, id, "name"))"
        case "stock.location": return text(model, id, "complete_name")
        case "stock.picking.type":
            let warehouse = link(model, id, "warehouse_id").map { "\(text("stock.warehouse", $0, "name")): " } ?? ""
            return warehouse + text(model, id, "name")
        case "stock.move":
            let origin = link(model, id, "picking_id").map { text("stock.picking", $0, "origin") } ?? ""
            let code = link(model, id, "product_id").map { text("product.product", $0, "default_code") } ?? ""
            let ends = ["location_id", "location_dest_id"].map { end in
                link(model, id, end).map { text("stock.location", $0, "name") } ?? ""
            }
            return "\(origin)/\(code): \(ends[0])>\(ends[1])"
        default: return text(model, id, "name")
        }
    }

    private func computed(_ model: String, _ id: Int64, _ name: String) -> JSON {
        switch (model, name) {
        case ("product.product", "qty_available"): .number(onHand(product: id))
        case ("stock.picking", "state"): .string(pickingState(id))
        case ("stock.picking", "picking_type_code"):
            link(model, id, "picking_type_id").map { raw("stock.picking.type", $0, "code") } ?? false
        case ("stock.move", "product_qty"):
            .number(
                converted(
                    number(model, id, "product_uom_qty"), from: link(model, id, "product_uom"),
                    to: unit(ofProduct: link(model, id, "product_id"))))
        case ("stock.move", "reference"): reference(ofMove: id)
        case ("stock.move", _):
            .number(links(model, id, "move_line_ids").reduce(0) { $0 + number("stock.move.line", $1, doneField) })
        case ("stock.move.line", "state"): link(model, id, "move_id").map { raw("stock.move", $0, "state") } ?? false
        case ("stock.move.line", "tracking"):
            link(model, id, "product_id").map { raw("product.product", $0, "tracking") } ?? false
        case ("stock.move.line", "reference"): link(model, id, "move_id").map { reference(ofMove: $0) } ?? false
        case ("stock.move.line", "quantity_product_uom"): .number(ownQuantity(id, doneField))
        case ("stock.move.line", "reserved_qty"): .number(ownQuantity(id, "reserved_uom_qty"))
        case ("stock.move.line", "product_qty"): .number(ownQuantity(id, "product_uom_qty"))
        case ("stock.quant", "product_uom_id"): unit(ofProduct: link(model, id, "product_id")).map { .int($0) } ?? false
        case ("stock.quant", _): .bool(isOutdated(id))
        case ("uom.uom", _): .number(1 / number(model, id, "factor"))
        case ("res.partner", "commercial_partner_id"): .int(commercialPartner(id))
        case ("res.partner", "phone_sanitized"): sanitized(id).map { .string($0) } ?? false
        case (lotModel, _): .number(onHand(lot: id))
        default: false
        }
    }

    var lotModel: String { series >= 16 ? "stock.lot" : "stock.production.lot" }
    var doneField: String { series >= 17 ? "quantity" : "qty_done" }
    var movesField: String { series >= 16 ? "move_ids" : "move_lines" }

    /// A record as `read` shows it, the id first.
    func shown(_ model: String, _ id: Int64, _ names: [String]) throws(OdooError) -> JSON {
        var members = [JSON.Member("id", .int(id))]
        for name in names where name != "id" {
            let field = try field(model, name)
            let value = raw(model, id, name)
            switch (field.type, value) {
            case ("many2one", .int(let target)):
                members.append(JSON.Member(name, [.int(target), .string(displayName(field.relation ?? "", target))]))
            case ("float", _): members.append(JSON.Member(name, .number(value.double ?? 0)))
            default: members.append(JSON.Member(name, value))
            }
        }
        return .members(members)
    }

    // MARK: Common methods

    func fieldsGet(_ model: String, _ names: [String], _ attributes: [String]) throws(OdooError) -> JSON {
        let members = try fields(of: model).filter { names.isEmpty || names.contains($0.name) }.map { field in
            let all = JSON.object([
                ("readonly", .bool(field.isComputed)), ("relation", field.relation.map { .string($0) }),
                ("required", .bool(field.isRequired)), ("type", .string(field.type)),
            ])
            let shown = all.fields?.filter { attributes.isEmpty || attributes.contains($0.name) } ?? []
            return JSON.Member(field.name, .members(shown))
        }
        return .members(members)
    }

    func search(
        _ model: String, _ domain: [JSON], order: String?, limit: Int?, isArchivedToo: Bool
    ) throws(OdooError) -> [Int64] {
        var found: [Int64] = []
        let hasArchive = try fields(of: model).contains { $0.name == "active" }
        var isChecked = false
        for id in ids(model) {
            if hasArchive, !isArchivedToo, tables.records[model]?[id]?["active"] == false { continue }
            if !isVisible(model, id) { continue }
            if try OdooDomain.matches(self, model, id, domain, isChecked: isChecked) { found.append(id) }
            isChecked = true
        }
        for part in (order ?? "id").split(separator: ",").reversed() {
            let words = part.split(separator: " ")
            let name = String(words[0])
            _ = try field(model, name)
            let isDescending = words.count > 1 && words[1].lowercased() == "desc"
            let keys = Dictionary(uniqueKeysWithValues: found.map { ($0, raw(model, $0, name)) })
            found = found.enumerated().sorted { one, other in
                let order = OdooDomain.compare(keys[one.element] ?? false, keys[other.element] ?? false)
                return order == 0 ? one.offset < other.offset : isDescending ? order > 0 : order < 0
            }.map(\.element)
        }
        return Array(found.prefix(limit ?? .max))
    }

    /// `create` as every model has it: required fields, one2many commands.
    mutating func createPlain(_ model: String, _ values: JSON) throws(OdooError) -> Int64 {
        var record: Record = [:]
        var commands: [(OdooField, JSON)] = []
        for member in values.fields ?? [] {
            let field = try field(model, member.name)
            switch field.type {
            case "one2many": commands.append((field, member.value))
            case "many2many": record[member.name] = .array(OdooServer.linked(member.value))
            default: record[member.name] = member.value
            }
        }
        for field in try fields(of: model) where field.isRequired {
            guard let value = record[field.name], value != false, value != .null else {
                throw .validation(
                    "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: "
                        + "another model requires the record being deleted. If possible, archive it instead.\n\nModel: "
                        + "\(title(model)) (\(model))\nField: \(title(field.name)) (\(field.name))\n")
            }
        }
        if schema[model]?.contains(where: { $0.name == "active" }) == true, record["active"] == nil {
            record["active"] = true
        }
        let id = insert(model, record)
        for (field, value) in commands { try apply(value, to: field, of: id) }
        return id
    }

    /// What a model or a field is called on the screen.
    private func title(_ name: String) -> String {
        let titles = [
            "stock.lot": "Lot/Serial", "stock.production.lot": "Lot/Serial", "product_id": "Product", "name": "Name",
            "product_uom_id": "Unit of Measure", "picking_type_id": "Operation Type",
        ]
        return titles[name] ?? name
    }

    /// Ids of `[6, 0, ids]`, `[4, id]` and plain ids.
    static func linked(_ value: JSON) -> [JSON] {
        (value.list ?? []).flatMap { command -> [JSON] in
            guard let parts = command.list else { return [command] }
            return parts.first == 6 && parts.count > 2 ? parts[2].list ?? [] : parts.count > 1 ? [parts[1]] : []
        }
    }

    mutating func apply(_ value: JSON, to field: OdooField, of id: Int64) throws(OdooError) {
        guard let relation = field.relation, let inverse = field.inverse else { return }
        for command in value.list ?? [] {
            let parts = command.list ?? []
            guard let kind = parts.first?.integer else { throw .value("Wrong command \(command)") }
            switch kind {
            case 0:
                _ = try create(relation, (parts.count > 2 ? parts[2] : .null).with(inverse, .int(id)), context: .null)
            case 1 where parts.count > 2:
                let target = try existing(relation, [parts[1].integer ?? 0])
                try write(relation, target, parts[2], context: .null)
            case 2 where parts.count > 1: try unlink(relation, try existing(relation, [parts[1].integer ?? 0]))
            case 5:
                for target in ids(relation) where link(relation, target, inverse) == id {
                    try unlink(relation, [target])
                }
            default: throw .value("Wrong command \(command)")
            }
        }
    }

    mutating func writePlain(_ model: String, _ ids: [Int64], _ values: JSON) throws(OdooError) {
        for id in ids {
            for member in values.fields ?? [] {
                let field = try field(model, member.name)
                switch field.type {
                case "one2many": try apply(member.value, to: field, of: id)
                case "many2many": set(model, id, member.name, .array(OdooServer.linked(member.value)))
                default: set(model, id, member.name, member.value)
                }
            }
        }
    }
}
