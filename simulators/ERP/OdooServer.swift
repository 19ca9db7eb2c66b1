public import ERP
import Model

/// How the stand-in may misbehave, once each.
public enum OdooMisdeed: Equatable, Sendable {
    /// A page in place of the answer; nothing happened.
    case page
    /// An error of 182 kB; nothing happened.
    case hugeError
    /// 429 with `Retry-After`; nothing happened.
    case tooMany(retryAfter: Int)
    /// A redirect to a login; nothing happened.
    case redirect
    /// No answer, and nothing happened.
    case silentBefore
    /// No answer, and it happened all the same.
    case silentAfter
    /// The answer of a success, and nothing happened.
    case falseSuccess
}

/// An exception of Odoo's, by its Python name.
struct OdooError: Error {
    var name: String
    var message: String

    static func user(_ message: String) -> OdooError { OdooError(name: "odoo.exceptions.UserError", message: message) }
    static func validation(_ message: String) -> OdooError {
        OdooError(name: "odoo.exceptions.ValidationError", message: message)
    }
    static func value(_ message: String) -> OdooError { OdooError(name: "builtins.ValueError", message: message) }
}

/// A stand-in for an Odoo of series 14 to 19, with the depot of the recorded exchanges: it keeps state and checks the
/// rules that a real one was seen to check. One call is one transaction.
public struct OdooServer: Sendable {
    typealias Record = [String: JSON]

    struct Tables: Sendable {
        var records: [String: [Int64: Record]] = [:]
        var next: [String: Int64] = [:]
    }

    struct User: Sendable {
        var id: Int64
        var login: String
        var password: String
        var key: String
        var isManager: Bool
        /// Models that the user may not see.
        var forbidden: Set<String> = []
        /// What else the user may not do: `write`, `create`, `unlink`, by model.
        var denied: [String: Set<String>] = [:]
        var lang = "en_US"
        /// Companies; nil: all.
        var companies: Set<Int64>?
    }

    /// 14 to 19.
    public let series: Int
    public let database = "depot"
    var tables = Tables()
    var schema: [String: [OdooField]] { didSet { fieldsByName = OdooServer.byName(schema) } }
    /// The schema once more: a field is sought for every value that is read.
    private(set) var fieldsByName: [String: [String: OdooField]]
    var users: [User] = []
    /// A front end answers 404 in its place.
    public var isRPCShut = false
    /// The user of the call that runs.
    var current: Int64 = 0
    /// The language of the call that runs: the context's, or else none (names come as they were entered).
    var lang = "en_US"
    /// The companies of the call that runs: the context's, or else the user's; nil: all.
    var allowed: Set<Int64>?
    /// Calls that change nothing, and calls that may.
    public private(set) var reads = 0
    public private(set) var writes = 0
    /// Failed logins and keys.
    public internal(set) var refusals = 0
    /// What was called, in order: `stock.picking.write`.
    public private(set) var calls: [String] = []
    /// Writes that met a line of a done receipt and moved stock.
    public internal(set) var writesOnDone = 0
    /// The choice of the operation types, from 17 on: `ask`, `always`, `never`.
    public var createBackorder = "ask" {
        didSet {
            for type in ids("stock.picking.type") {
                set("stock.picking.type", type, "create_backorder", .string(createBackorder))
            }
        }
    }
    /// Asks about the rest whatever the context says: modules do.
    public var alwaysAsks = false
    private var misdeeds: [(method: String, misdeed: OdooMisdeed)] = []
    private var intrusions: [(method: String, act: @Sendable (inout OdooServer) -> Void)] = []

    /// `absent`: models of modules that are not installed.
    public init(series: Int, absent: Set<String> = ["helpdesk.ticket", "crm.lead"]) {
        self.series = series
        let schema = OdooField.schema(series: series).filter { !absent.contains($0.key) }
        self.schema = schema
        fieldsByName = OdooServer.byName(schema)
        load()
    }

    private static func byName(_ schema: [String: [OdooField]]) -> [String: [String: OdooField]] {
        schema.mapValues { Dictionary($0.map { ($0.name, $0) }) { first, _ in first } }
    }

    // MARK: Hooks

    /// At the next call of `method` (`stock.picking.write`, `common.version`; empty: any).
    public mutating func misbehave(_ misdeed: OdooMisdeed, at method: String = "") {
        misdeeds.append((method, misdeed))
    }

    /// Somebody else, just before the next call of `method`.
    public mutating func intrude(before method: String, _ act: @escaping @Sendable (inout OdooServer) -> Void) {
        intrusions.append((method, act))
    }

    public mutating func forgetCounts() {
        reads = 0
        writes = 0
        calls = []
    }

    // MARK: Answering

    /// Nil: no answer comes.
    public mutating func answer(_ request: ERPRequest) -> ERPReply? {
        let name = OdooServer.method(of: request)
        calls.append(name)
        count(name)
        if let index = intrusions.firstIndex(where: { $0.method == name }) {
            let act = intrusions.remove(at: index).act
            act(&self)
        }
        guard let index = misdeeds.firstIndex(where: { $0.method.isEmpty || $0.method == name }) else {
            return reply(to: request)
        }
        let before = tables
        switch misdeeds.remove(at: index).misdeed {
        case .page: return OdooServer.page(200)
        case .redirect: return ERPReply(status: 303, headers: ["location": "/web/database/selector"], body: [])
        case .tooMany(let seconds):
            return ERPReply(
                status: 429, headers: ["retry-after": String(seconds)], body: Array("Too Many Requests".utf8))
        case .silentBefore: return nil
        case .hugeError:
            return failure(
                .user(String(repeating: "The field is wrong. ", count: 9100)), isRPC: request.path == "/jsonrpc")
        case .silentAfter:
            _ = reply(to: request)
            return nil
        case .falseSuccess:
            let answer = reply(to: request)
            tables = before
            return answer
        }
    }

    private mutating func count(_ name: String) {
        let reading = [
            "search_read", "read", "search", "search_count", "fields_get", "context_get", "version", "authenticate",
            "list", "check_access_rights", "has_access", "has_group",
        ]
        if reading.contains(name.split(separator: ".").last.map { String($0) } ?? "") {
            reads += 1
        } else {
            writes += 1
        }
    }

    private mutating func reply(to request: ERPRequest) -> ERPReply {
        if request.path.hasPrefix("/json/2/"), series >= 19 { return json2(request) }
        switch (request.method, request.path) {
        case ("POST", "/jsonrpc") where !isRPCShut: return jsonrpc(request.body ?? .null)
        case ("GET", "/web/version") where series >= 19, ("GET", "/json/version") where series >= 19:
            return OdooServer.reply(.object([("version_info", versionInfo), ("version", .string("\(series).0"))]))
        case ("POST", "/web/session/authenticate"): return session(request.body?["params"] ?? .null)
        case ("POST", _) where request.path.hasPrefix("/web/dataset/call_kw"):
            let error = OdooError(name: "odoo.http.SessionExpiredException", message: "Session expired")
            let body = JSON.object([
                ("code", 100), ("message", "Odoo Session Expired"), ("data", data(error)),
            ])
            return OdooServer.reply(.object([("jsonrpc", "2.0"), ("id", .null), ("error", body)]))
        default: return OdooServer.page(404)
        }
    }

    var versionInfo: JSON { [.int(Int64(series)), 0, 0, "final", 0, ""] }

    private static func method(of request: ERPRequest) -> String {
        if request.path.hasPrefix("/json/2/") {
            return request.path.dropFirst(8).split(separator: "/").joined(separator: ".")
        }
        guard let parameters = request.body?["params"], let service = parameters["service"]?.text else {
            return String(request.path.dropFirst().split(separator: "/").joined(separator: "."))
        }
        if service == "object", let list = parameters["args"]?.list, list.count > 4 {
            return "\(list[3].text ?? "").\(list[4].text ?? "")"
        }
        return "\(service).\(parameters["method"]?.text ?? "")"
    }
}
