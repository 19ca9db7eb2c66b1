import Model

/// What the user may do, and which part of the server is ours.
extension OdooConnector {
    private struct Need {
        var model: String
        /// `read`, `write`, `create`.
        var operation: String
        /// What does not work without it.
        var purpose: String
    }

    private func needs() async throws(ERPFault) -> [Need] {
        var needs = [
            Need(model: "product.product", operation: "read", purpose: "articles"),
            Need(model: "res.partner", operation: "read", purpose: "clients and callers"),
            Need(model: "res.partner", operation: "create", purpose: "new clients"),
        ]
        let session = try await signedIn()
        guard session.names != nil || session.stockFault?.kind == .right else { return needs }
        needs += [
            Need(model: "stock.picking", operation: "read", purpose: "expected receipts"),
            Need(model: "stock.picking", operation: "write", purpose: "receptions"),
            Need(model: "stock.picking", operation: "create", purpose: "receptions without an order, put-aways"),
            Need(model: "stock.move.line", operation: "write", purpose: "receptions"),
            Need(model: "stock.quant", operation: "read", purpose: "the book that counts are measured against"),
            Need(model: "stock.quant", operation: "write", purpose: "stock takes"),
            Need(model: session.names?.lot ?? "stock.lot", operation: "create", purpose: "new lots and serial numbers"),
            Need(model: "stock.scrap", operation: "create", purpose: "damaged goods"),
            Need(model: "stock.return.picking", operation: "create", purpose: "corrections of what came less"),
        ]
        if session.names?.hasPurchase == true {
            needs.append(Need(model: "purchase.order", operation: "read", purpose: "suppliers' own numbers"))
        }
        return needs
    }

    /// One call for each right: `check_access_rights` to 17, `has_access` from 18 on. A model that is not there needs
    /// none.
    func askRights() async throws(ERPFault) -> [String] {
        let isNew = try await signedIn().major >= 18
        var missing: [String] = []
        for need in try await needs() {
            var call = OdooCall(model: need.model, method: isNew ? "has_access" : "check_access_rights")
            if isNew { call.ids = [] }
            call.options = [JSON.Member("operation", .string(need.operation))]
            if !isNew { call.options.append(JSON.Member("raise_exception", false)) }
            do {
                guard try await send(call).truth == false else { continue }
                missing.append("User \(user) may not \(need.operation) \(need.model): no \(need.purpose).")
            } catch  where !error.isPassing && error.kind != .credentials {
                continue
            }
        }
        if try await isManager() == false {
            missing.append("User \(user) is no Inventory / Administrator: up to Odoo 17 only they apply stock takes.")
        }
        return missing
    }

    // MARK: Warehouse and company

    /// What `warehouse` and `company` mean there. Throws `.rule` where there is none of that name.
    func scoped() async throws(ERPFault) -> OdooScope {
        if let scope { return scope }
        var found = OdooScope()
        found.company = try await ownCompany()
        if let warehouse {
            found.warehouse = try await named("stock.warehouse", warehouse, fields: ["name", "code"], "warehouse")
        }
        scope = found
        return found
    }

    func named(
        _ model: String, _ text: String, fields: [String], _ what: String
    ) async throws(ERPFault) -> Int64 {
        let records = try await records(.search(model, [], fields, order: "id"))
        for field in fields.reversed() {
            if let hit = records.first(where: { $0[field]?.odooText == text }), let id = hit["id"]?.integer {
                return id
            }
        }
        if let hit = records.first(where: { $0["id"]?.integer == Int64(text) && Int64(text) != nil }),
            let id = hit["id"]?.integer
        {
            return id
        }
        let names = records.prefix(5).compactMap { $0["name"]?.odooText }.joined(separator: ", ")
        throw ERPFault(.rule, "Odoo has no \(what) “\(text)”, or the user may not see it. There are: \(names).")
    }
}

/// Which part of a server is ours.
struct OdooScope: Equatable, Sendable {
    var warehouse: Int64?
    var company: Int64?

    /// Of receipts.
    var receipts: [JSON] { clauses("picking_type_id.warehouse_id") }
    /// Of types of operation.
    var types: [JSON] { clauses("warehouse_id") }

    private func clauses(_ field: String) -> [JSON] {
        (warehouse.map { [JSON.clause(field, "=", .int($0))] } ?? [])
            + (company.map { [JSON.clause("company_id", "=", .int($0))] } ?? [])
    }
}
