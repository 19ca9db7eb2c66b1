import Model

/// Reads an answer: the result, or what went wrong (trytond/protocols/jsonrpc.py, rest.py).
///
/// Recorded from series 7.0, 8.0 and 8.2. With the three keys in a request errors are HTTP 200 with
/// `error: [class, detail]`; REST answers 400 with `{status, message, description}`; everything else is a page.
enum TrytonReply {
    /// The result of a call with a body of three keys.
    static func result(_ reply: ERPReply) throws(TrytonError) -> JSON {
        try check(reply)
        guard let answer = try? JSON(parsing: reply.body), answer.isObject else {
            if let error = scanned(reply.body) { throw error }
            throw .fault(foreign(reply, "what answers is no JSON"))
        }
        if let error = answer["error"] { throw rpc(error) }
        guard answer["id"] != nil, let result = answer["result"] else {
            throw .fault(foreign(reply, "the answer is not Tryton's"))
        }
        return result
    }

    /// The body of a REST answer; null for an empty one.
    static func record(_ reply: ERPReply) throws(TrytonError) -> JSON {
        if reply.status == 204 { return .null }
        try check(reply)
        guard let answer = try? JSON(parsing: reply.body) else {
            throw .fault(foreign(reply, "what answers is no JSON"))
        }
        return answer
    }

    // MARK: HTTP

    private static func check(_ reply: ERPReply) throws(TrytonError) {
        guard reply.status != 200, reply.status != 201 else { return }
        let page = sentence(reply.body)
        let retryAfter = reply.headers["retry-after"].flatMap { Int($0) }
        func fault(_ kind: ERPFault.Kind, _ words: String) -> TrytonError {
            .fault(ERPFault(kind, page.isEmpty ? words : page, retryAfter: retryAfter))
        }
        switch reply.status {
        case 300..<400: throw .fault(foreign(reply, "the address leads elsewhere"))
        case 400:
            if page.contains("Unable to get RPC method") { throw fault(.unsupported, page) }
            throw user(page, description: (try? JSON(parsing: reply.body))?["description"]?.text ?? "")
        case 401: throw .noSession
        case 403: throw fault(.right, "The server does not allow that call.")
        case 404, 405: throw fault(.gone, "The server has no such database, record or address.")
        case 409: throw .warning(name: "", sentence: page)
        case 413: throw fault(.rule, "Too many records in one call.")
        case 422: throw fault(.unsupported, "The server did not understand the call.")
        case 423: throw .stale
        case 429, 503: throw fault(.busy, "The server is busy.")
        case 500 where isName(page):
            // A model or field that is not there is a KeyError, and REST shows it as a page (8.0, 8.2).
            throw .fault(ERPFault(.unsupported, "The server does not know \(page)."))
        case 500...: throw fault(.unknownOutcome, "The server failed: \(reply.status).")
        default: throw .fault(foreign(reply, "the server answered \(reply.status)"))
        }
    }

    /// What a page or a REST error says: its `message`, or the text of its paragraphs.
    static func sentence(_ body: [UInt8]) -> String {
        if body.first == UInt8(ascii: "{"), let answer = try? JSON(parsing: body), let message = answer["message"]?.text
        {
            return ERPFault.short(message)
        }
        let text = String(decoding: body.prefix(8000), as: UTF8.self)
        guard let opening = text.firstRange(of: "<p>") else { return "" }
        let rest = text[opening.upperBound...]
        var words = String(rest[..<(rest.firstRange(of: "</p>")?.lowerBound ?? rest.endIndex)])
        for (escape, letter) in [
            ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"),
        ] {
            words.replace(escape, with: letter)
        }
        return ERPFault.short(words)
    }

    private static func foreign(_ reply: ERPReply, _ why: String) -> ERPFault {
        ERPFault(.foreign, "This is no Tryton: \(why).")
    }

    // MARK: Errors in the answer

    private static func rpc(_ error: JSON) -> TrytonError {
        let name = error.list?.first?.text ?? ""
        let detail = error.list.flatMap { $0.count > 1 ? $0[1] : nil }
        switch name {
        case "UserError":
            return user(
                detail?.list?.first?.text ?? detail?.text ?? "",
                description: detail?.list?.dropFirst().first?.text ?? "")
        case "UserWarning":
            return .warning(
                name: detail?.list?.first?.text ?? "",
                sentence: ERPFault.short(detail?.list?.dropFirst().first?.text ?? ""))
        case "ConcurrencyException": return .stale
        case "LoginException":
            return .fault(
                ERPFault(
                    .credentials, "The server asks for another factor: \(detail?.list?.dropFirst().first?.text ?? "")"))
        case _
        where ["could not serialize", "database is locked", "deadlock", "lock timeout"].contains { name.contains($0) }:
            return .fault(ERPFault(.busy, name))
        case _ where isName(name):
            return .fault(ERPFault(.unsupported, "The server does not know \(name)."))
        default:
            // A Python error: its text, never the traceback that may follow it.
            return .fault(ERPFault(.unsupported, name.isEmpty ? "The server failed without a word." : name))
        }
    }

    /// A rule, or a missing right: only the words tell, in the language of the user.
    private static func user(_ message: String, description: String) -> TrytonError {
        // trytond/ir/locale: msg_access_*; the languages of the depots we know.
        let refusals = [
            "are not allowed to", " is not allowed.", "pas autorisé", "n'est pas permis", "Keine Berechtigung",
            "Keine Zugriffsberechtigung", "nicht erlaubt", "No está autorizado", "no está permitid",
            "Non si è autorizzati",
        ]
        if message.contains("that don't exist") { return .fault(ERPFault(.gone, message)) }
        if refusals.contains(where: { message.contains($0) }) {
            return .fault(ERPFault(.right, description.isEmpty ? message : "\(message) \(description)"))
        }
        return .fault(ERPFault(.rule, message.isEmpty ? "The server refused without a word." : message))
    }

    /// A Python KeyError: one quoted name.
    private static func isName(_ text: String) -> Bool {
        text.count > 2 && text.count < 100 && text.hasPrefix("'") && text.hasSuffix("'") && !text.contains(" ")
    }

    /// The class and the words of an error that is cut off or nested too deep to be parsed: a domain error has been
    /// 182 kB, with the definition of every field it touches.
    private static func scanned(_ body: [UInt8]) -> TrytonError? {
        let text = String(decoding: body.prefix(4000), as: UTF8.self)
        guard let start = text.firstRange(of: "\"error\"") else { return nil }
        var words: [String] = []
        var rest = text[start.upperBound...]
        while words.count < 3 {
            rest = rest.drop { ": ,[\n".contains($0) }
            guard rest.first == "\"" else { break }
            var end = rest.index(after: rest.startIndex)
            while end < rest.endIndex, rest[end] != "\"" {
                if rest[end] == "\\" { end = rest.index(after: end) }
                if end < rest.endIndex { end = rest.index(after: end) }
            }
            guard end < rest.endIndex, let word = try? JSON(parsing: String(rest[...end])).text else { break }
            words.append(word)
            rest = rest[rest.index(after: end)...]
        }
        guard let name = words.first else { return nil }
        return rpc(.array([.string(name), .array(words.dropFirst().map { .string($0) })]))
    }
}
