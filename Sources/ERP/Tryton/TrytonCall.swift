import Model

/// One call of a model, before it is known by which door it goes.
struct TrytonCall: Equatable {
    /// The records and what is written to them.
    struct Change: Equatable {
        var ids: [Int64]
        var values: JSON
    }

    enum Verb: Equatable {
        /// Order: `[["id","ASC"]]`; nil is the model's own. A limit of nil is none.
        case searchRead(domain: JSON, limit: Int?, order: JSON?, fields: [String])
        /// Answers the ids.
        case create([JSON])
        /// Several sets at once, all or nothing, through the session's door; one call each over REST.
        case write([Change])
        /// A button of records: `receive`, `confirm`. Further arguments by name, in the order of the method's own.
        case button(String, ids: [JSON], arguments: [JSON.Member])
        /// A method of the model itself.
        case method(String, arguments: [JSON.Member])
    }

    var model: String
    var verb: Verb
    /// `stock.move,21` and the `_timestamp` it was read with: somebody's write in between is refused. REST ignores
    /// them.
    var stamps: [JSON.Member] = []
    /// What the call says beside the preferences: `locations`, where quantities are asked for.
    var context: [JSON.Member] = []

    var isWrite: Bool {
        switch verb {
        case .searchRead: false
        case .create, .write, .button: true
        case .method(let name, _): !["get_preferences", "fields_get", "get_access"].contains(name)
        }
    }

    /// What the user must be allowed to.
    var right: String {
        switch verb {
        case .searchRead: "read"
        case .create: "create"
        case .write: "write"
        case .button(let name, _, _), .method(let name, _): "call \(name)"
        }
    }

    /// For people and for the trail.
    var summary: String {
        switch verb {
        case .searchRead: "\(model).search_read"
        case .create(let values): "\(model).create \(values.count)"
        case .write(let changes): "\(model).write " + changes.flatMap(\.ids).map { String($0) }.joined(separator: " ")
        case .button(let name, let ids, _): "\(model).\(name) " + ids.map(\.description).joined(separator: " ")
        case .method(let name, _): "\(model).\(name)"
        }
    }

    static func search(
        _ model: String, _ domain: JSON, limit: Int? = nil, order: JSON? = nil, _ fields: [String]
    ) -> TrytonCall {
        TrytonCall(model: model, verb: .searchRead(domain: domain, limit: limit, order: order, fields: fields))
    }

    static func create(_ model: String, _ values: [JSON]) -> TrytonCall {
        TrytonCall(model: model, verb: .create(values))
    }

    static func button(_ model: String, _ name: String, _ id: JSON, _ arguments: [JSON.Member] = []) -> TrytonCall {
        TrytonCall(model: model, verb: .button(name, ids: [id], arguments: arguments))
    }
}

/// Writes calls as requests. Two doors (trytond/protocols): JSON-RPC with a session, and REST with a key from
/// 8.0 on.
///
/// REST is used through its actions, `POST …/model/NAME/METHOD` with the method's arguments by name
/// (trytond/protocols/ rest.py), because they take lists and answer what JSON-RPC answers; only `write` has no such
/// form and goes as `PUT`.
struct TrytonCodec {
    var database: String
    /// 8.0 and later: other addresses, and `do` instead of `done`.
    var isModern: Bool
    var usesKey: Bool
    /// `Session …` or `Bearer …`; nil before the login.
    var authorization: String?
    /// Company, companies, groups, language: what the server's preferences gave. Last parameter of every call.
    var context: [JSON.Member] = []

    /// Where calls of the database go.
    var path: String { isModern ? "/\(database)/rpc/" : "/\(database)/" }

    /// Exactly three keys: with one more or less the server changes its error format.
    static func body(_ method: String, _ parameters: [JSON]) -> JSON {
        .object([("id", 1), ("method", .string(method)), ("params", .array(parameters))])
    }

    static func header(user: String, id: Int64, token: String) -> String {
        "Session " + TrytonBase64.text(Array("\(user):\(id):\(token)".utf8))
    }

    /// A call of the server itself: its version, its databases. No session, no context.
    static func server(_ method: String, path: String) -> ERPRequest {
        ERPRequest(path: path, body: body(method, []), summary: method, timeout: 15)
    }

    /// The password goes in a request of its own and nowhere else.
    func login(user: String, secret: String) -> ERPRequest {
        let parameters: [JSON] = [.string(user), .object([("password", .string(secret))]), "en"]
        return ERPRequest(path: path, body: Self.body("common.db.login", parameters), summary: "common.db.login")
    }

    /// One request, or for a write over REST one per record.
    func requests(_ call: TrytonCall) -> [ERPRequest] {
        usesKey ? rest(call) : [session(call)]
    }

    private var headers: [ERPRequest.Header] {
        authorization.map { [ERPRequest.Header(name: "Authorization", value: $0)] } ?? []
    }

    private static func timeout(_ call: TrytonCall) -> Int { call.isWrite ? 120 : 60 }

    private func session(_ call: TrytonCall) -> ERPRequest {
        var context = context + call.context
        if !call.stamps.isEmpty { context.append(JSON.Member("_timestamp", .members(call.stamps))) }
        let name: String
        var parameters: [JSON]
        switch call.verb {
        case .searchRead(let domain, let limit, let order, let fields):
            name = "search_read"
            parameters = [
                domain, 0, limit.map { .int(Int64($0)) } ?? .null, order ?? .null, .array(fields.map { .string($0) }),
            ]
        case .create(let values):
            name = "create"
            parameters = [.array(values)]
        case .write(let changes):
            name = "write"
            parameters = changes.flatMap { [.array($0.ids.map { .int($0) }), $0.values] }
        case .button(let button, let ids, let arguments):
            name = button
            parameters = [.array(ids)] + arguments.map(\.value)
        case .method(let method, let arguments):
            name = method
            parameters = arguments.map(\.value)
        }
        parameters.append(.members(context))
        return ERPRequest(
            path: path, headers: headers, body: Self.body("model.\(call.model).\(name)", parameters),
            summary: call.summary, isWrite: call.isWrite, timeout: Self.timeout(call))
    }

    private func rest(_ call: TrytonCall) -> [ERPRequest] {
        let base = "/\(database)/rest/model/\(call.model)"
        var headers = headers
        let context = context + call.context
        if !context.isEmpty {
            let text = TrytonBase64.text(JSON.members(context).text8, isURLSafe: true)
            headers.append(ERPRequest.Header(name: "X-Tryton-Context", value: text))
        }
        func request(_ path: String, _ body: JSON, method: String = "POST") -> ERPRequest {
            ERPRequest(
                method: method, path: path, headers: headers, body: body, summary: call.summary, isWrite: call.isWrite,
                timeout: Self.timeout(call))
        }
        switch call.verb {
        case .searchRead(let domain, let limit, let order, let fields):
            return [
                request(
                    base + "/search_read",
                    .object([
                        ("domain", domain), ("limit", limit.map { .int(Int64($0)) }), ("order", order),
                        ("fields_names", .array(fields.map { .string($0) })),
                    ]))
            ]
        case .create(let values):
            return [request(base + "/create", .object([("vlist", .array(values))]))]
        case .write(let changes):
            return changes.flatMap { change in
                change.ids.map { request("\(base)/\($0)?f=id", change.values, method: "PUT") }
            }
        case .button(let button, let ids, let arguments):
            return ids.map { request("\(base)/\($0)/\(button)?f=id", .members(arguments)) }
        case .method(let method, let arguments):
            return [request("\(base)/\(method)", .members(arguments))]
        }
    }
}
