import Model

/// Which method does what.
extension OdooServer {
    /// Nil: the method gives nothing, and the answer has no `result`.
    mutating func invoke(_ call: OdooInvocation, as user: User, isRPC: Bool) throws(OdooError) -> JSON? {
        if call.method.hasPrefix("_") {
            let name = series >= 19 ? "'\(call.model).\(call.method)'" : call.method
            throw OdooError(
                name: "odoo.exceptions.AccessError",
                message: "Private methods (such as \(name)) cannot be called remotely.")
        }
        if call.model == "res.users", call.method == "context_get" {
            return .object([("lang", .string(user.lang)), ("tz", false), ("uid", .int(user.id))])
        }
        guard schema[call.model] != nil else {
            // In the user's language, whatever the context says.
            if isRPC, user.lang == "fr_FR" { throw .user("L'objet \(call.model) n'existe pas !") }
            if isRPC { throw .user("Object \(call.model) doesn't exist") }
            throw OdooError(name: "werkzeug.exceptions.NotFound", message: "the model '\(call.model)' does not exist")
        }
        // What is asked of a model's fields needs no right to its records.
        if let answer = try access(call, user) { return answer }
        if user.forbidden.contains(call.model), call.method != "fields_get" { throw forbidden(call.model) }
        if user.denied[call.model]?.contains(call.method) == true { throw forbidden(call.model) }
        if call.ids.contains(where: { exists(call.model, $0) && !isVisible(call.model, $0) }) {
            throw forbidden(call.model)
        }
        switch call.method {
        case "fields_get":
            return try fieldsGet(
                call.model, call.argument("allfields", 0)?.list?.compactMap(\.text) ?? [],
                call.argument("attributes", 1)?.list?.compactMap(\.text) ?? [])
        case "search_read", "search", "search_count": return try found(call)
        case "read":
            let names = try names(call, 1)
            var records: [JSON] = []
            // What is gone is left out without a word.
            for id in call.ids where exists(call.model, id) { records.append(try shown(call.model, id, names)) }
            return .array(records)
        case "create":
            guard let values = call.argument("vals_list", 0) else { throw .value("create() needs vals_list") }
            guard let list = values.list else { return .int(try create(call.model, values, context: call.context)) }
            var ids: [JSON] = []
            for one in list {
                let id = JSON.int(try create(call.model, one, context: call.context))
                if !ids.contains(id) { ids.append(id) }
            }
            return .array(ids)
        case "write":
            guard let values = call.argument("vals", 1) else { throw .value("write() needs vals") }
            try write(call.model, try existing(call.model, call.ids), values, context: call.context)
            return true
        case "unlink":
            try unlink(call.model, try existing(call.model, call.ids))
            return true
        default: return try act(call, user, isRPC: isRPC)
        }
    }

    /// The fields that are asked for; all where none is named.
    private func names(_ call: OdooInvocation, _ position: Int) throws(OdooError) -> [String] {
        if let names = call.argument("fields", position)?.list { return names.compactMap(\.text) }
        return try fields(of: call.model).map(\.name)
    }

    private func found(_ call: OdooInvocation) throws(OdooError) -> JSON {
        let found = try search(
            call.model, call.argument("domain", 0)?.list ?? [], order: call.named["order"]?.text,
            limit: call.named["limit"]?.integer.map { Int($0) }, isArchivedToo: call.context["active_test"] == false)
        if call.method == "search" { return .array(found.map { .int($0) }) }
        if call.method == "search_count" { return .int(Int64(found.count)) }
        let names = try names(call, 1)
        var records: [JSON] = []
        for id in found { records.append(try shown(call.model, id, names)) }
        if found.isEmpty { for name in names { _ = try field(call.model, name) } }
        return .array(records)
    }

    private func forbidden(_ model: String) -> OdooError {
        let name = model == "stock.picking" ? "Transfer" : model
        if lang == "fr_FR" {
            return OdooError(
                name: "odoo.exceptions.AccessError",
                message: "Vous n'êtes pas autorisé à accéder aux enregistrements '\(name)' (\(model)).'")
        }
        let groups =
            series >= 19
            ? [
                "Accounting/Invoicing", "Inventory/Administrator", "Inventory/User", "Purchase/Administrator",
                "Purchase/User", "Sales/Administrator", "Sales/User: Own Documents Only", "Role / Portal",
                "Show Accounting Features - Readonly",
            ]
            : [
                "Inventory/Administrator", "Inventory/User", "Invoicing/Billing", "Purchase/Administrator",
                "Purchase/User", "Sales/Administrator", "Sales/User: Own Documents Only",
                "Technical/Show Accounting Features - Readonly", "User types/Portal",
            ]
        let list = groups.map { "\t- \($0)" }.joined(separator: "\n")
        return OdooError(
            name: "odoo.exceptions.AccessError",
            message: "You are not allowed to access '\(name)' (\(model)) records.\n\nThis operation is allowed for the "
                + "following groups:\n\(list)\n\nContact your administrator to request access if necessary.")
    }

    private mutating func act(_ call: OdooInvocation, _ user: User, isRPC: Bool) throws(OdooError) -> JSON? {
        switch (call.model, call.method) {
        case ("stock.picking", "action_confirm"):
            for id in try existing(call.model, call.ids) { try confirm(id) }
            return true
        case ("stock.picking", "action_assign"):
            for id in try existing(call.model, call.ids) { try assign(id) }
            return true
        case ("stock.picking", "button_validate"):
            return try validate(try existing(call.model, call.ids), call.context)
        case ("stock.backorder.confirmation", "process"), ("stock.backorder.confirmation", "process_cancel_backorder"):
            for wizard in try existing(call.model, call.ids) { try processBackorder(wizard, call) }
            return true
        case ("expiry.picking.confirmation", "process"):
            let pickings = call.context["button_validate_picking_ids"]?.list?.compactMap(\.integer) ?? []
            guard call.context["default_lot_ids"] != nil else {
                throw OdooError(name: "builtins.KeyError", message: "default_lot_ids")
            }
            return try validate(try existing("stock.picking", pickings), call.context.with("skip_expired", true))
        case ("stock.return.picking", "create_returns") where series <= 17,
            ("stock.return.picking", "action_create_returns") where series >= 18:
            guard let wizard = try existing(call.model, call.ids).first else { return false }
            return try createReturn(wizard)
        case ("stock.scrap", "action_validate"):
            for id in try existing(call.model, call.ids) {
                if let question = try scrap(id) { return question }
            }
            return true
        case ("stock.quant", "action_clear_inventory_quantity") where series >= 17,
            ("stock.quant", "action_set_inventory_quantity_to_zero") where series == 15 || series == 16:
            for id in try existing(call.model, call.ids) { clearCount(id) }
            return nil
        case ("stock.quant", "action_apply_inventory"):
            return try applyCounts(try existing(call.model, call.ids), user, call.context)
        case ("stock.inventory.conflict", "action_keep_counted_quantity"),
            ("stock.inventory.conflict", "action_keep_difference"):
            return try solveConflict(call, user)
        case ("stock.inventory", "action_start"):
            for id in try existing(call.model, call.ids) { try startInventory(id) }
            return true
        case ("stock.inventory", "action_validate"):
            for id in try existing(call.model, call.ids) { try validateInventory(id, user) }
            return true
        case (_, "message_post"): return try post(call)
        case ("mail.activity", "action_feedback"): return try feedback(call)
        case (_, "activity_schedule"): return try schedule(call)
        default: break
        }
        if !isRPC {
            throw OdooError(
                name: "werkzeug.exceptions.NotFound", message: "the method '\(call.method)' does not exist")
        }
        throw OdooError(
            name: "builtins.AttributeError",
            message: series >= 19
                ? "The method '\(call.model).\(call.method)' does not exist"
                : "type object '\(call.model)' has no attribute '\(call.method)'")
    }

    mutating func create(_ model: String, _ values: JSON, context: JSON) throws(OdooError) -> Int64 {
        switch model {
        case "stock.return.picking": return try createWizard(values)
        case "stock.picking": return try createPicking(values)
        case "stock.move.line": return try createLine(values)
        case "stock.move": return try createMove(values)
        case "stock.quant": return try createQuant(values)
        case lotModel: return try createLot(values)
        case "stock.scrap":
            var values = values.with("state", "draft")
            if values["scrap_location_id"] == nil { values = values.with("scrap_location_id", .int(scrapped)) }
            let id = try createPlain(model, values)
            set(model, id, "name", .string("SP/\(String(id + 100_000).dropFirst())"))
            return id
        case "stock.inventory": return try createPlain(model, values.with("state", "draft"))
        case "stock.inventory.conflict":
            return try createPlain(
                model,
                .object([
                    ("quant_ids", context["default_quant_ids"]),
                    ("quant_to_fix_ids", context["default_quant_to_fix_ids"]),
                ]))
        default: return try createPlain(model, values)
        }
    }

    mutating func write(_ model: String, _ ids: [Int64], _ values: JSON, context: JSON) throws(OdooError) {
        switch model {
        case "stock.move.line": for id in ids { try writeLine(id, values) }
        case "stock.quant": for id in ids { try writeQuant(id, values) }
        default: try writePlain(model, ids, values)
        }
    }

    mutating func unlink(_ model: String, _ ids: [Int64]) throws(OdooError) {
        for id in ids {
            if model == "stock.move.line", text(model, id, "state") == "done" {
                throw .user(
                    "You can not delete product moves if the picking is done. You can only correct the done quantities."
                )
            }
            if model == "stock.move.line" { release(id) }
            tables.records[model]?[id] = nil
        }
    }
}
