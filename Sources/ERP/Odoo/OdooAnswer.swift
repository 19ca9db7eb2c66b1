import Model

/// What an answer of Odoo says (Odoo, External API): the result, null where there is none, or the fault.
enum OdooAnswer {
    /// The result of a call through either door. `isReading`: see `kind`.
    static func result(
        of reply: ERPReply, door: OdooDoor.Kind? = nil, isReading: Bool = false
    ) throws(ERPFault) -> JSON {
        if let fault = refusal(of: reply) { throw fault }
        guard let body = try? JSON(parsing: reply.body) else {
            if reply.status >= 500 { throw unknown(reply.status) }
            throw ERPFault(.foreign, foreignSentence(of: reply))
        }
        if door == .json2 {
            guard reply.status == 200 else { throw fault(body, status: reply.status, isReading: isReading) }
            return body
        }
        if let error = body["error"] { throw fault(error["data"] ?? error, status: reply.status, isReading: isReading) }
        guard body["jsonrpc"] != nil, reply.status == 200 else {
            if reply.status >= 500 { throw unknown(reply.status) }
            throw ERPFault(.foreign, "The answer is no JSON-RPC (status \(reply.status)).")
        }
        return body["result"] ?? .null
    }

    /// What the status alone says, before the body is looked at.
    private static func refusal(of reply: ERPReply) -> ERPFault? {
        switch reply.status {
        case 300..<400:
            let place = reply.headers["location"].map { " to \($0.prefix(100))" } ?? ""
            return ERPFault(.foreign, "The server sends elsewhere\(place): is the address right?")
        case 429, 503:
            return ERPFault(
                .busy, "Odoo asks to come back later.",
                retryAfter: reply.headers["retry-after"].flatMap { Int($0) })
        default: return nil
        }
    }

    private static func unknown(_ status: Int) -> ERPFault {
        ERPFault(.unknownOutcome, "Odoo answered with status \(status).")
    }

    private static func foreignSentence(of reply: ERPReply) -> String {
        let isPage = reply.headers["content-type"]?.contains("html") == true || reply.body.first == UInt8(ascii: "<")
        return isPage
            ? "A web page answered instead of Odoo (status \(reply.status))."
            : "The answer is no JSON (status \(reply.status))."
    }

    /// The fault of `{name, message, arguments, context, debug}`. `debug` is a traceback and is not read.
    static func fault(_ data: JSON, status: Int, isReading: Bool = false) -> ERPFault {
        let name = data["name"]?.text ?? ""
        let message = data["message"]?.text ?? ""
        let kind = kind(name: name, message: message, status: status, isReading: isReading)
        if name.hasPrefix("psycopg2") {
            // The text leaks the database's host and port.
            let isUnknown = kind == .unsupported
            return ERPFault(kind, isUnknown ? "Odoo does not know this database." : "Odoo's database is busy.")
        }
        let fallback = name.isEmpty ? "Odoo refused (status \(status))." : name
        return ERPFault(kind, message.isEmpty ? fallback : message)
    }

    /// By the exception's name: sentences are in the user's language. What a read refuses with a UserError is the model,
    /// which is not installed (observed): no rule of a record stands against reading.
    static func kind(name: String, message: String, status: Int, isReading: Bool = false) -> ERPFault.Kind {
        switch name {
        case "odoo.exceptions.AccessDenied", "odoo.http.SessionExpiredException": return .credentials
        case "odoo.exceptions.AccessError":
            // A private method: our mistake, not a right that somebody could give.
            return message.hasPrefix("Private methods") ? .unsupported : .right
        case "odoo.exceptions.MissingError": return .gone
        case "odoo.exceptions.UserError":
            if isReading { return .unsupported }
            if message.contains("doesn't exist"), message.hasPrefix("Object ") { return .unsupported }
            return message.contains("Only a stock manager") ? .right : .rule
        case "odoo.exceptions.ValidationError", "odoo.exceptions.RedirectWarning": return .rule
        case "odoo.exceptions.LockError", "odoo.exceptions.ConcurrencyError": return .busy
        case _ where name.hasPrefix("psycopg2"):
            if message.contains("does not exist") { return .unsupported }
            let isPassing = ["OperationalError", "SerializationFailure", "LockNotAvailable", "DeadlockDetected"]
                .contains { name.hasSuffix($0) }
            return isPassing ? .busy : .rule
        case _ where name.hasPrefix("builtins.") || name.hasPrefix("werkzeug.exceptions.NotFound"): return .unsupported
        default: break
        }
        switch status {
        case 401: return .credentials
        case 403: return .right
        case 404: return .unsupported
        case 500...: return .unknownOutcome
        default: return .rule
        }
    }
}
