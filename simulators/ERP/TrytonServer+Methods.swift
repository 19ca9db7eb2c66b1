import Model

/// Methods of models, whichever the door.
extension TrytonServer {
    /// `arguments` without the context: ids or records first.
    mutating func perform(
        _ model: String, _ method: String, _ arguments: [JSON], context: JSON
    ) throws(TrytonRefusal) -> JSON {
        if model == "res.user", method == "get_preferences" {
            return .object([
                ("company", 1), ("companies", [1]), ("language", "en"), ("groups", [5, 13]), ("locale", .object([])),
            ])
        }
        if model == "res.user.warning", method == "skip" {
            skippedWarnings.insert(arguments[0].text ?? "")
            return .null
        }
        if model == "ir.model.access", method == "get_access" {
            let names = (arguments[0].list ?? []).compactMap(\.text)
            for name in names where TrytonStore.fields[name] == nil || missingModels.contains(name) {
                throw .python("'\(name)'")
            }
            return .object(
                names.map { name in
                    let right: JSON = forbiddenModels.contains(name) ? 0 : 1
                    return (name, .object([("read", right), ("write", right), ("create", right), ("delete", right)]))
                })
        }
        guard TrytonStore.fields[model] != nil, !missingModels.contains(model) else { throw .python("'\(model)'") }
        if forbiddenModels.contains(model) { throw .user("You are not allowed to access \"\(model)\".") }
        switch method {
        case "search_read": return try search(model, arguments, context)
        case "create":
            let image = store
            do throws(TrytonRefusal) {
                var ids: [JSON] = []
                for values in arguments[0].list ?? [] { ids.append(.int(try create(model, values))) }
                return .array(ids)
            } catch {
                store = image
                throw error
            }
        case "write":
            try checkStamps(model, context)
            let image = store
            do throws(TrytonRefusal) {
                for index in stride(from: 0, to: arguments.count - 1, by: 2) {
                    for id in arguments[index].list ?? [] { try write(model, id.integer ?? 0, arguments[index + 1]) }
                }
                return .null
            } catch {
                store = image
                throw error
            }
        default:
            for id in arguments[0].list ?? [] {
                try button(model, method, id.integer ?? 0, Array(arguments.dropFirst()))
            }
            return .null
        }
    }

    private func search(_ model: String, _ arguments: [JSON], _ context: JSON) throws(TrytonRefusal) -> JSON {
        if model == "ir.note", series == "8.2" {
            let clauses = arguments[0].list ?? []
            guard
                clauses.contains(where: {
                    $0.list?.first == "resource" && ["=", "in"].contains($0.list?[1].text ?? "")
                })
            else {
                throw .user("You are not allowed to search on the \"ir.note\" resource.")
            }
        }
        let fields = (arguments[4].list ?? []).compactMap(\.text)
        for field in fields { try checkRights(model, field.split(separator: ".").map { String($0) }) }
        var rows: [JSON] = []
        let paths = TrytonStore.Fields(fields)
        var found = store.candidates(model, arguments[0])
        if arguments[3].list?.first?.list?[1].text?.hasPrefix("DESC") == true { found.reverse() }
        let quantities = self.quantities(of: model, context)
        for bare in found {
            var row = bare
            if let quantities { row["quantity"] = .number(quantities[TrytonStore.id(row)] ?? 0) }
            guard try store.matches(model, row, arguments[0]) else { continue }
            if row["active"] == false, !"\(arguments[0])".contains("active") { continue }
            rows.append(try store.read(model, row, paths))
            if let limit = arguments[2].integer, rows.count >= limit { break }
        }
        return .array(rows)
    }

    /// What is read through a relation needs the right to the model that it leads to.
    private func checkRights(_ model: String, _ path: [String]) throws(TrytonRefusal) {
        guard path.count > 1 else { return }
        let field = "\(model).\(path[0])"
        guard let next = TrytonStore.targets[field] ?? TrytonStore.holdings[field]?.model else { return }
        if forbiddenModels.contains(next) { throw .user("You are not allowed to access \"\(next)\".") }
        try checkRights(next, Array(path.dropFirst()))
    }

    private func checkStamps(_ model: String, _ context: JSON) throws(TrytonRefusal) {
        for stamp in context["_timestamp"]?.fields ?? [] {
            let parts = stamp.name.split(separator: ",")
            guard let id = parts.last.flatMap({ Int64($0) }), let row = store.row(String(parts[0]), id),
                row["_timestamp"] == stamp.value
            else { throw .stale }
        }
    }

    // MARK: Creating and writing

    mutating func create(_ model: String, _ values: JSON) throws(TrytonRefusal) -> Int64 {
        try checkTargets(model, values)
        var row: TrytonStore.Row = [:]
        var commands: [(String, JSON)] = []
        for member in values.fields ?? [] {
            guard store.knows(model, member.name) else { throw .python("'\(member.name)'") }
            if TrytonStore.holdings["\(model).\(member.name)"] != nil {
                commands.append((member.name, member.value))
            } else {
                row[member.name] = member.value
            }
        }
        try prepare(model, &row)
        let id = store.insert(model, row)
        for (field, value) in commands { try command(model, id, field, value) }
        try settle(model, id)
        return id
    }

    mutating func write(_ model: String, _ id: Int64, _ values: JSON) throws(TrytonRefusal) {
        guard let row = store.row(model, id) else {
            throw .user("You are trying to read records \"\(id)\" of \"\(model)\" that don't exist.")
        }
        if model == "stock.move", row["state"] != "draft" { throw .user("You can not modify move \"\(id)\".") }
        if model == "stock.inventory", row["state"] != "draft" {
            throw .user("You can not modify inventory \"\(id)\".")
        }
        if model == "stock.inventory.line" { try Self.checkCount(values["quantity"]) }
        try checkTargets(model, values)
        var changes: TrytonStore.Row = [:]
        for member in values.fields ?? [] {
            guard store.knows(model, member.name) else { throw .python("'\(member.name)'") }
            if TrytonStore.holdings["\(model).\(member.name)"] != nil {
                try command(model, id, member.name, member.value)
            } else if member.name == "moves_ignored" {
                for order in member.value.list ?? [] {
                    let ids = order.list?.dropFirst().first?.list ?? []
                    for id in ids where isModern && store.row("stock.move", id.integer)?["state"] != "cancelled" {
                        throw .user(
                            "The value \"\(id)\" for field \"Stock Move\" is not valid according to its domain.")
                    }
                    changes["moves_ignored"] = .array(
                        (row["moves_ignored"]?.list ?? []).filter { !ids.contains($0) } + ids)
                }
            } else {
                changes[member.name] = member.value
            }
        }
        store.set(model, id, changes)
        if model == "stock.move" { try checkDigits(store.row(model, id) ?? [:]) }
        try settle(model, id)
    }

    /// The commands of a one-to-many field.
    private mutating func command(_ model: String, _ id: Int64, _ field: String, _ value: JSON) throws(TrytonRefusal) {
        guard let holding = TrytonStore.holdings["\(model).\(field)"] else { return }
        if Self.carrying.contains(model), store.row(model, id)?["state"] != "draft" {
            throw .user("You can not modify shipment \"\(id)\".")
        }
        if model == "stock.shipment.in", store.row(model, id)?["state"] != "draft" {
            throw .user("You can not modify shipment \"\(id)\".")
        }
        let mark: JSON = holding.field == "shipment" ? .string("\(model),\(id)") : .int(id)
        for order in value.list ?? [] {
            let parts = order.list ?? []
            let ids = parts.count > 1 ? parts[1].list?.compactMap(\.integer) ?? [] : []
            switch parts.first?.text {
            case "create":
                for values in parts[1].list ?? [] { _ = try create(holding.model, values.with(holding.field, mark)) }
            case "write": for id in ids { try write(holding.model, id, parts[2]) }
            case "copy":
                try checkTargets(holding.model, parts[2])
                for id in ids {
                    var row = store.row(holding.model, id) ?? [:]
                    for member in parts[2].fields ?? [] { row[member.name] = member.value }
                    row[holding.field] = mark
                    row["state"] = "draft"
                    if holding.model == "stock.move" { try checkDigits(row) }
                    store.insert(holding.model, row)
                }
            case "add": for id in ids { store.set(holding.model, id, [holding.field: mark]) }
            case "remove": for id in ids { store.set(holding.model, id, [holding.field: .null]) }
            case "delete": for id in ids { store.tables[holding.model]?[id] = nil }
            default: throw .python("'\(parts.first?.text ?? "")'")
            }
        }
    }

    /// A relation leads to a record that is there.
    private func checkTargets(_ model: String, _ values: JSON) throws(TrytonRefusal) {
        for member in values.fields ?? [] {
            guard let target = TrytonStore.targets["\(model).\(member.name)"], member.value != .null else { continue }
            guard store.row(target, member.value.integer) != nil else {
                throw .user(
                    "The value \"\(member.value)\" for field \"\(member.name)\" is not valid according to its domain."
                )
            }
        }
    }

    /// Defaults and what is required.
    private mutating func prepare(_ model: String, _ row: inout TrytonStore.Row) throws(TrytonRefusal) {
        func demand(_ fields: [String]) throws(TrytonRefusal) {
            for field in fields where row[field] == nil || row[field] == .null {
                throw .user("A value is required for field \"\(field)\" in record of \"\(model)\".")
            }
        }
        switch model {
        case "stock.shipment.in":
            guard row["number"] == nil || series != "8.2" else {
                throw .user("You are not allowed to modify the field \"Number\" of \"\(model)\".")
            }
            try demand(["supplier", "warehouse", "warehouse_input", "warehouse_storage"])
            row["number"] = .string("\(store.all(model).count + 1)")
            row["state"] = "draft"
            row["supplier_location"] = 6
        case "stock.move":
            try demand(["product", "quantity", "unit", "from_location", "to_location"])
            try refuseKit(row)
            let ends = [row["from_location"], row["to_location"]]
            if ends.contains(where: { store.row("stock.location", $0?.integer)?["type"] == "supplier" }) {
                try demand(["unit_price", "currency"])
            }
            row["state"] = "draft"
            try checkDigits(row)
        case "stock.shipment.internal", "stock.shipment.in.return":
            if model == "stock.shipment.in.return" { try demand(["supplier"]) }
            try demand(["from_location", "to_location"])
            row["state"] = "draft"
        case "stock.lot": try demand(["number", "product"])
        case "stock.inventory":
            guard row["number"] == nil || series != "8.2" else {
                throw .user("You are not allowed to modify the field \"Number\" of \"\(model)\".")
            }
            try demand(["location"])
            row["number"] = .string("\(store.all(model).count + 1)")
            row["state"] = "draft"
        case "stock.inventory.line":
            try demand(["product"])
            try refuseKit(row)
            try Self.checkCount(row["quantity"])
        case "ir.note":
            let parts = (row["resource"]?.text ?? "").split(separator: ",")
            guard parts.count == 2, store.row(String(parts[0]), Int64(parts[1])) != nil else {
                throw .user("The resource does not exist.")
            }
        case "party.contact_mechanism":
            // The block for fiction in French mobiles is not valid to the library of telephone numbers.
            if row["type"] == "phone", let value = row["value"]?.text, value.hasPrefix("+3363998") {
                throw .user("The phone number \"\(value)\" is not valid.")
            }
            row["value_compact"] = row["value_compact"] ?? row["value"]
        default: break
        }
    }
}
