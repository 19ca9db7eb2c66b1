import Model

/// A way in: how a call becomes a request (Odoo, External API and External JSON-2 API).
struct OdooDoor: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// `POST /jsonrpc`, all series to 19. The user's id is what `authenticate` gave.
        case jsonrpc(uid: Int64)
        /// `POST /json/2/MODEL/METHOD`, 19 and later.
        case json2
    }

    var kind: Kind
    var database: String?
    var secret: String

    var name: String { kind == .json2 ? "json2" : "jsonrpc" }

    func request(_ call: OdooCall) -> ERPRequest {
        switch kind {
        case .json2:
            var members: [JSON.Member] = []
            if let ids = call.ids { members.append(JSON.Member("ids", .ids(ids))) }
            members += call.arguments + call.options
            if !call.context.isEmpty { members.append(JSON.Member("context", .members(call.context))) }
            return ERPRequest(
                path: "/json/2/\(call.model)/\(call.method)", headers: OdooDoor.json2Headers(secret, database),
                body: .members(members), summary: call.summary, isWrite: call.isWrite, timeout: call.timeout)
        case .jsonrpc(let uid):
            var options = call.options
            if !call.context.isEmpty { options.append(JSON.Member("context", .members(call.context))) }
            let positional = (call.ids.map { [JSON.ids($0)] } ?? []) + call.arguments.map(\.value)
            let parameters: [JSON] = [
                .string(database ?? ""), .int(uid), .string(secret), .string(call.model), .string(call.method),
                .array(positional), .members(options),
            ]
            return OdooDoor.service(
                "object", "execute_kw", parameters, summary: call.summary, isWrite: call.isWrite, timeout: call.timeout)
        }
    }

    /// The same request without its password or key: for a plan that people read.
    func planned(_ call: OdooCall) -> ERPRequest {
        OdooDoor(kind: kind, database: database, secret: "…").request(call)
    }

    private static func json2Headers(_ secret: String, _ database: String?) -> [ERPRequest.Header] {
        var headers = [
            ERPRequest.Header(name: "Content-Type", value: "application/json"),
            ERPRequest.Header(name: "Authorization", value: "bearer \(secret)"),
        ]
        if let database { headers.append(ERPRequest.Header(name: "X-Odoo-Database", value: database)) }
        return headers
    }

    /// A call of one of the server's services: `common`, `object`, `db`.
    static func service(
        _ service: String, _ method: String, _ arguments: [JSON], summary: String, isWrite: Bool = false,
        timeout: Int = 30
    ) -> ERPRequest {
        let parameters = JSON.object([
            ("service", .string(service)), ("method", .string(method)), ("args", .array(arguments)),
        ])
        let body = JSON.object([("jsonrpc", "2.0"), ("method", "call"), ("id", 1), ("params", parameters)])
        return ERPRequest(
            path: "/jsonrpc", headers: [ERPRequest.Header(name: "Content-Type", value: "application/json")], body: body,
            summary: summary, isWrite: isWrite, timeout: timeout)
    }

    /// From 19 on answers `{version, version_info}`.
    static let version = ERPRequest(method: "GET", path: "/web/version", summary: "version")
    /// Answers before 19, without a login.
    static let commonVersion = service("common", "version", [], summary: "common.version")
}
