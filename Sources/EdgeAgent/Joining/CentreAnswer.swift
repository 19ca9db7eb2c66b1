import Model
import Platform

/// What a centre answers to one question (HTTP/1.1, RFC 9112, sent as HTTP/1.0: it ends with the connection, and comes in one piece).
struct CentreAnswer: Equatable, Sendable {
    /// Bytes of all of it: certificates are small.
    static let limit = 128 * 1024

    var status: Int
    var body: JSON

    /// Nil for what is none, or is cut.
    init?(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count <= CentreAnswer.limit, bytes.starts(with: Array("HTTP/1.".utf8)), bytes.count > 12,
            let status = Int(String(decoding: bytes[9..<12], as: UTF8.self)),
            let place = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
        else { return nil }
        self.status = status
        body = (try? JSON(parsing: Array(bytes[(place + 4)...]))) ?? .members([])
    }

    /// What a problem (RFC 9457) says; nil where all went well.
    var problem: (code: String, detail: String)? {
        guard !(200...299).contains(status) else { return nil }
        let detail = body["detail"]?.text.map { String($0.prefix(300)) } ?? "it answered \(status)"
        return (body["code"]?.text ?? "\(status)", detail)
    }
}

/// Where a centre's pages are: `https://HOST[:PORT]`, or `http://` on this machine alone.
struct CentreAddress: Equatable, Sendable {
    var host: String
    var port: UInt16
    var isTLS: Bool

    enum Wrong: Error, Equatable, CustomStringConvertible {
        case form, plain

        var description: String {
            switch self {
            case .form: "this is no address of a centre: https://HOST:PORT, as edge-ingest agent invite printed it"
            case .plain:
                "http:// would show the token to whoever listens on the way: only https:// goes to another machine"
            }
        }
    }

    init(_ text: String) throws(Wrong) {
        isTLS = text.hasPrefix("https://")
        guard isTLS || text.hasPrefix("http://") else { throw .form }
        guard let place = HostPort(text.dropFirst(isTLS ? 8 : 7), usual: isTLS ? 443 : 80) else { throw .form }
        (host, port) = (place.host, place.port)
    }

    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
