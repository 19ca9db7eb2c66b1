import Model

/// One call of a method of Odoo, before a door is chosen for it (Odoo, External API).
struct OdooCall: Equatable, Sendable {
    var model: String
    var method: String
    /// The records it is about; nil for a method of the model.
    var ids: [Int64]?
    /// In the method's order: by position through `/jsonrpc`, by name through JSON-2.
    var arguments: [JSON.Member] = []
    /// By name through both.
    var options: [JSON.Member] = []
    var context: [JSON.Member] = []
    var isWrite = false
    /// Asks whether a model is there, or reads one that a server need not have: what refuses that is no rule.
    var isReading: Bool {
        method == "fields_get" || ["search_read", "read"].contains(method) && !OdooCall.always.contains(model)
    }
    /// Models of every server with stock.
    private static let always: Set<String> = [
        "stock.picking", "stock.move", "stock.move.line", "stock.quant", "stock.location", "stock.picking.type",
        "product.product", "res.partner",
    ]
    /// For people, behind the summary.
    var note: String?

    /// `stock.picking.write 12`
    var summary: String {
        let records = (ids ?? []).prefix(5).map { String($0) }.joined(separator: ",")
        let call = records.isEmpty ? "\(model).\(method)" : "\(model).\(method) \(records)"
        return note.map { "\(call) (\($0))" } ?? call
    }

    /// Seconds. A server with workers ends a request after 120 s at the latest: a write is waited for longer than that,
    /// so that it is over when its state is read (Odoo, `--limit-time-real`).
    var timeout: Int { isWrite ? 150 : 30 }

    static func search(
        _ model: String, _ domain: [JSON], _ fields: [String], order: String? = nil, limit: Int? = nil,
        context: [JSON.Member] = []
    ) -> OdooCall {
        var options = [JSON.Member("fields", .texts(fields))]
        if let order { options.append(JSON.Member("order", .string(order))) }
        if let limit { options.append(JSON.Member("limit", .int(Int64(limit)))) }
        return OdooCall(
            model: model, method: "search_read", arguments: [JSON.Member("domain", .array(domain))], options: options,
            context: context)
    }

    static func read(_ model: String, _ ids: [Int64], _ fields: [String]) -> OdooCall {
        OdooCall(model: model, method: "read", ids: ids, arguments: [JSON.Member("fields", .texts(fields))])
    }

    static func fields(_ model: String, _ names: [String]) -> OdooCall {
        OdooCall(
            model: model, method: "fields_get", arguments: [JSON.Member("allfields", .texts(names))],
            options: [JSON.Member("attributes", ["type", "relation"])])
    }

    static func create(_ model: String, _ values: [JSON], context: [JSON.Member] = []) -> OdooCall {
        OdooCall(
            model: model, method: "create", arguments: [JSON.Member("vals_list", .array(values))], context: context,
            isWrite: true)
    }

    static func write(_ model: String, _ ids: [Int64], _ values: JSON, context: [JSON.Member] = []) -> OdooCall {
        OdooCall(
            model: model, method: "write", ids: ids, arguments: [JSON.Member("vals", values)], context: context,
            isWrite: true)
    }

    /// A method that changes something.
    static func act(
        _ model: String, _ method: String, _ ids: [Int64], options: [JSON.Member] = [], context: [JSON.Member] = []
    ) -> OdooCall {
        OdooCall(model: model, method: method, ids: ids, options: options, context: context, isWrite: true)
    }
}
