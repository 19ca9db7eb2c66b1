/// What a request is answered.
public struct HTTPReply: Equatable, Sendable {
    public var status: Int
    public var type: String
    public var body: [UInt8]
    /// Beside `HTTPReply.always`.
    public var fields: [HTTPRequest.Field] = []

    public init(_ status: Int, type: String, body: [UInt8]) {
        (self.status, self.type, self.body) = (status, type, body)
    }

    /// Its status in words, and nothing else.
    public init(_ status: Int) { self.init(status, type: "text/plain", body: Array(HTTPReply.words(status).utf8)) }

    /// Sent with everything: a page may load what this server has and nothing else, stand in nobody's frame, and tell nobody
    /// where it was; no other origin may read it (Content Security Policy Level 3; Fetch §3.7).
    public static let always = [
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
        "Cross-Origin-Resource-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
        "Cache-Control: no-store",
    ]

    static func words(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }

    /// As it stands on the line.
    public func bytes(keepsOpen: Bool) -> [UInt8] {
        let lines =
            [
                "HTTP/1.1 \(status) \(HTTPReply.words(status))", "Content-Type: \(type); charset=utf-8",
                "Content-Length: \(body.count)", "Connection: \(keepsOpen ? "keep-alive" : "close")",
            ] + HTTPReply.always + fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
}
