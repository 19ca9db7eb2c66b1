import ERP
import Model

/// The two doors: what comes in, and the shape of what goes out (Odoo, External API).
extension OdooServer {
    mutating func jsonrpc(_ body: JSON) -> ERPReply {
        if body.list != nil {
            return ERPReply(
                status: 400, headers: ["content-type": "text/html; charset=utf-8"],
                body: Array("Invalid JSON-RPC data".utf8))
        }
        let arguments = body["params"]?["args"]?.list ?? []
        switch (body["params"]?["service"]?.text, body["params"]?["method"]?.text) {
        case ("common", "version"):
            return success(
                .object([
                    ("server_version", .string("\(series).0")), ("server_version_info", versionInfo),
                    ("server_serie", .string("\(series).0")), ("protocol_version", 1),
                ]), isRPC: true)
        case ("db", "list"): return success([.string(database)], isRPC: true)
        case ("common", "authenticate"):
            guard arguments.first?.text == database else { return failure(unknownDatabase, isRPC: true) }
            let user = users.first {
                $0.login == arguments[1].text && [$0.password, $0.key].contains(arguments[2].text)
            }
            if user == nil { refusals += 1 }
            return success(user.map { .int($0.id) } ?? false, isRPC: true)
        case ("object", "execute_kw") where arguments.count >= 6:
            guard arguments[0].text == database else { return failure(unknownDatabase, isRPC: true) }
            guard
                let user = users.first(where: {
                    $0.id == arguments[1].integer && [$0.password, $0.key].contains(arguments[2].text)
                })
            else {
                refusals += 1
                return failure(OdooError(name: "odoo.exceptions.AccessDenied", message: "Access Denied"), isRPC: true)
            }
            let named = arguments.count > 6 ? arguments[6] : .members([])
            return run(
                OdooInvocation(
                    model: arguments[3].text ?? "", method: arguments[4].text ?? "",
                    positional: arguments[5].list ?? [],
                    named: named), as: user, isRPC: true)
        default:
            return failure(OdooError(name: "builtins.TypeError", message: "dispatch() missing arguments"), isRPC: true)
        }
    }

    /// The web client's door (addons/web/controllers/session.py).
    mutating func session(_ parameters: JSON) -> ERPReply {
        guard parameters["db"]?.text == database else { return failure(unknownDatabase, isRPC: true) }
        let user = users.first { $0.login == parameters["login"]?.text && $0.password == parameters["password"]?.text }
        guard let user else {
            refusals += 1
            return failure(OdooError(name: "odoo.exceptions.AccessDenied", message: "Access Denied"), isRPC: true)
        }
        return success(.object([("uid", .int(user.id)), ("is_system", false)]), isRPC: true)
    }

    private var unknownDatabase: OdooError {
        OdooError(
            name: "psycopg2.OperationalError",
            message: "connection to server at \"10.0.0.5\", port 5432 failed: FATAL:  database does not exist\n")
    }

    mutating func json2(_ request: ERPRequest) -> ERPReply {
        let header = request.headers.first { $0.name.lowercased() == "authorization" }?.value ?? ""
        guard let user = users.first(where: { header.lowercased() == "bearer \($0.key)".lowercased() }) else {
            refusals += 1
            let error = OdooError(name: "werkzeug.exceptions.Unauthorized", message: "Invalid apikey")
            return OdooServer.reply(data(error), status: 401)
        }
        let parts = request.path.split(separator: "/").map { String($0) }
        guard parts.count == 4, let body = request.body, body.isObject else { return OdooServer.page(404) }
        return run(
            OdooInvocation(model: parts[2], method: parts[3], positional: [], named: body), as: user, isRPC: false)
    }

    private mutating func run(_ call: OdooInvocation, as user: User, isRPC: Bool) -> ERPReply {
        let before = tables
        current = user.id
        lang = call.context["lang"]?.text ?? "en_US"
        do throws(OdooError) {
            try choose(call.context["allowed_company_ids"]?.list?.compactMap(\.integer), user)
            return success(try invoke(call, as: user, isRPC: isRPC), isRPC: isRPC)
        } catch {
            tables = before
            return failure(error, isRPC: isRPC)
        }
    }

    // MARK: Shapes

    private func success(_ result: JSON?, isRPC: Bool) -> ERPReply {
        guard isRPC else { return OdooServer.reply(result ?? .null) }
        return OdooServer.reply(.object([("jsonrpc", "2.0"), ("id", 1), ("result", result)]))
    }

    func failure(_ error: OdooError, isRPC: Bool) -> ERPReply {
        guard isRPC else {
            let status =
                switch error.name {
                case "odoo.exceptions.AccessError": 403
                case "odoo.exceptions.MissingError", "werkzeug.exceptions.NotFound": 404
                default: 422
                }
            return OdooServer.reply(data(error), status: status)
        }
        let body = JSON.object([
            ("code", series >= 19 ? 0 : 200), ("message", "Odoo Server Error"), ("data", data(error)),
        ])
        return OdooServer.reply(.object([("jsonrpc", "2.0"), ("id", 1), ("error", body)]))
    }

    func data(_ error: OdooError) -> JSON {
        let debug = JSON.Member("debug", "Traceback (most recent call last):\n  File \"odoo/http.py\"")
        let isMissingPage = error.name == "werkzeug.exceptions.NotFound"
        let rest = [
            JSON.Member("message", .string(error.message)),
            JSON.Member("arguments", isMissingPage ? [.string(error.message), 404] : [.string(error.message)]),
            JSON.Member("context", .members([])),
        ]
        let name = JSON.Member("name", .string(error.name))
        return .members(series >= 19 ? [name] + rest + [debug] : [name, debug] + rest)
    }

    static func reply(_ body: JSON, status: Int = 200) -> ERPReply {
        ERPReply(status: status, headers: ["content-type": "application/json; charset=utf-8"], body: body.text8)
    }

    static func page(_ status: Int) -> ERPReply {
        ERPReply(
            status: status, headers: ["content-type": "text/html;charset=utf-8"],
            body: Array("<!DOCTYPE html>\n<html><head><title>Odoo</title></head><body></body></html>".utf8))
    }
}

/// A method call as it came, through either door.
struct OdooInvocation {
    var model: String
    var method: String
    var positional: [JSON]
    var named: JSON

    var context: JSON { named["context"] ?? .members([]) }

    /// An argument by name, or by its position.
    func argument(_ name: String, _ position: Int) -> JSON? {
        named[name] ?? (position < positional.count ? positional[position] : nil)
    }

    /// The records: `ids` by name, or the first positional.
    var ids: [Int64] { (named["ids"] ?? positional.first)?.list?.compactMap(\.integer) ?? [] }
}
