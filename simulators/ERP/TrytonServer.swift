public import ERP
import Model

/// A Tryton server to test against: JSON-RPC with sessions and REST with a key, and the stock behaviour that matters
/// (TrytonServer+Stock.swift), as recorded from 7.0, 8.0 and 8.2. Not a yes-man: it refuses what they refuse.
///
/// A value: a copy is a restored image. `answer` gives nil where no answer comes.
public struct TrytonServer: Sendable {
    public enum Trouble: Equatable, Sendable {
        /// Nothing happens, nothing comes.
        case lost
        /// It happens, nothing comes.
        case answerLost
        /// 200 and a result, and nothing happens.
        case lie
        /// The session is gone.
        case sessionEnded
        /// Somebody else writes every move of the database just before.
        case meddling
        case reply(ERPReply)
    }

    /// `7.0`, `8.0` or `8.2`.
    public let series: String
    public var isModern: Bool { series != "7.0" }
    public var password = "gateway-secret"
    public var key = "the-key"
    public var hasDatabase = true
    /// By the number of the request, from 1.
    public var troubles: [Int: Trouble] = [:]
    public private(set) var requests = 0
    public private(set) var logins = 0
    /// Summaries of what was asked.
    public private(set) var trail: [String] = []
    public internal(set) var tokens: Set<String> = []
    var failures = 0
    /// Models that are not there: `sale.sale`.
    public var missingModels: Set<String> = []
    /// Models that the user may not see.
    public var forbiddenModels: Set<String> = []
    /// Warnings of modules that are not ours, by kind: met whenever goods are received.
    public var warnings: [String: String] = [:]
    var skippedWarnings: Set<String> = []
    var store = TrytonStore()

    public init(series: String) {
        self.series = series
        seed()
    }

    public mutating func answer(_ request: ERPRequest) -> ERPReply? {
        requests += 1
        trail.append(request.summary)
        switch troubles[requests] {
        case .lost: return nil
        case .answerLost:
            _ = reply(to: request)
            return nil
        case .lie:
            var copy = self
            return copy.reply(to: request)
        case .sessionEnded:
            tokens = []
            return reply(to: request)
        case .meddling:
            store.touchAll("stock.move")
            return reply(to: request)
        case .reply(let reply): return reply
        case nil: return reply(to: request)
        }
    }

    // MARK: HTTP

    static func page(_ status: Int, _ words: String, headers: [String: String] = [:]) -> ERPReply {
        let escaped = words.replacing("&", with: "&amp;").replacing("\"", with: "&#34;").replacing("'", with: "&#39;")
        let text = words.isEmpty ? "" : "<!doctype html>\n<html lang=en>\n<title>\(status)</title>\n<p>\(escaped)</p>\n"
        return ERPReply(
            status: status, headers: headers.merging(["content-type": "text/html"]) { own, _ in own },
            body: Array(text.utf8))
    }

    private static func result(_ value: JSON) -> ERPReply {
        ERPReply(
            status: 200, headers: ["content-type": "application/json"],
            body: JSON.object([("id", 1), ("result", value)]).text8)
    }

    private mutating func reply(to request: ERPRequest) -> ERPReply {
        let parts = request.path.split(separator: "?")[0].split(separator: "/").map { String($0) }
        if request.path == (isModern ? "/rpc/" : "/") { return server(request) }
        if request.path == "/" { return Self.page(405, "Method Not Allowed") }
        if request.path == "/rpc/" { return Self.page(401, "") }
        guard hasDatabase, parts.first == "depot" else { return Self.page(401, "") }
        if isModern, parts.count > 3, parts[1] == "rest" { return rest(request, Array(parts.dropFirst(3))) }
        guard request.path == (isModern ? "/depot/rpc/" : "/depot/") else { return Self.page(404, "Not Found") }
        return call(request)
    }

    private func server(_ request: ERPRequest) -> ERPReply {
        switch request.body?["method"]?.text {
        case "common.server.version": Self.result(.string(series == "7.0" ? "7.0.59" : series))
        case "common.db.list": Self.result(hasDatabase ? ["depot"] : ["other"])
        default: Self.page(403, "Forbidden")
        }
    }

    private mutating func call(_ request: ERPRequest) -> ERPReply {
        guard let body = request.body, body.fields?.map(\.name).sorted() == ["id", "method", "params"],
            let method = body["method"]?.text, let parameters = body["params"]?.list
        else { return Self.page(400, "Bad Request") }
        if method == "common.db.login" { return login(parameters) }
        let authorization = request.headers.first { $0.name == "Authorization" }?.value
        guard let authorization, tokens.contains(authorization) else { return Self.page(401, "") }
        if method == "common.db.logout" {
            tokens.remove(authorization)
            return Self.result(.null)
        }
        let names = method.split(separator: ".").map { String($0) }
        guard names.first == "model", names.count > 2, let context = parameters.last, context.isObject else {
            return isModern ? Self.page(422, "Missing context argument") : Self.error("Missing context argument", "")
        }
        do throws(TrytonRefusal) {
            let result = try perform(
                names[1..<(names.count - 1)].joined(separator: "."), names[names.count - 1],
                Array(parameters.dropLast()),
                context: context)
            return Self.result(result)
        } catch {
            switch error {
            case .user(let message): return Self.error("UserError", .array([.string(message), "", .null]))
            case .warning(let name, let message):
                return Self.error("UserWarning", .array([.string(name), .string(message), ""]))
            case .stale: return Self.error("ConcurrencyException", "Records were modified in the meanwhile")
            case .python(let text): return Self.error(text, "")
            case .forbidden: return Self.page(403, "You don't have the permission to access the requested resource.")
            }
        }
    }

    private static func error(_ name: String, _ detail: JSON) -> ERPReply {
        ERPReply(
            status: 200, headers: ["content-type": "application/json"],
            body: JSON.object([("id", 1), ("error", .array([.string(name), detail]))]).text8)
    }

    private mutating func login(_ parameters: [JSON]) -> ERPReply {
        logins += 1
        guard failures < 5 else { return Self.page(429, "This user has exceeded an allotted request count.") }
        guard parameters.count == 3, parameters[0] == "gateway", parameters[1]["password"]?.text == password else {
            failures += 1
            return Self.page(401, "The server could not verify that you are authorized.")
        }
        let token = "token\(logins)"
        // base64 of "gateway:2:token1", written out by a system tool's own encoder in the tests.
        tokens.insert("Session " + Self.base64("gateway:2:\(token)"))
        return Self.result(isModern ? [2, .string(token), .null] : [2, .string(token)])
    }

    static func base64(_ text: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = text.utf8.flatMap { byte in (0..<8).reversed().map { Int(byte) >> $0 & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        var out = stride(from: 0, to: bits.count, by: 6).map { at in
            String(letters[bits[at..<(at + 6)].reduce(0) { $0 << 1 | $1 }])
        }.joined()
        while out.count % 4 != 0 { out += "=" }
        return out
    }

    // MARK: REST

    private mutating func rest(_ request: ERPRequest, _ path: [String]) -> ERPReply {
        guard request.headers.contains(where: { $0.name == "Authorization" && $0.value == "Bearer \(key)" }) else {
            return Self.page(401, "The server could not verify that you are authorized.")
        }
        let model = path[0]
        let body = request.body ?? .null
        let context = Self.context(request)
        func json(_ status: Int, _ value: JSON) -> ERPReply {
            ERPReply(status: status, headers: ["content-type": "application/json"], body: value.text8)
        }
        do throws(TrytonRefusal) {
            // The optimistic lock is not known here, whatever the context says.
            if path.count == 2, request.method == "PUT", let id = Int64(path[1]) {
                _ = try perform(model, "write", [[.int(id)], body], context: .object([]))
                return json(200, .object([("id", .int(id))]))
            }
            if path.count == 3, let id = Int64(path[1]) {
                let result = try perform(
                    model, path[2], [[.int(id)]] + (body.fields ?? []).map(\.value), context: context)
                return json(200, result == .null ? .object([("id", .int(id))]) : result)
            }
            guard path.count == 2 else { return Self.page(404, "Not Found") }
            if path[1] == "skip" { throw TrytonRefusal.forbidden }
            var arguments = (body.fields ?? []).map(\.value)
            if path[1] == "search_read" {
                arguments = [
                    body["domain"] ?? [], 0, body["limit"] ?? .null, body["order"] ?? .null, body["fields_names"] ?? [],
                ]
            }
            return json(200, try perform(model, path[1], arguments, context: context))
        } catch {
            switch error {
            case .user(let message), .warning(_, let message):
                return json(400, .object([("status", 400), ("message", .string(message)), ("description", "")]))
            case .stale: return Self.page(423, "Locked")
            case .python(let text): return Self.page(500, text)
            case .forbidden: return Self.page(403, "You don't have the permission to access the requested resource.")
            }
        }
    }
}

/// What a method of a model throws.
enum TrytonRefusal: Error {
    case user(String)
    case warning(name: String, String)
    case stale
    case python(String)
    case forbidden
}
