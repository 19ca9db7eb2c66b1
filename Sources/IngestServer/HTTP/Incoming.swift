import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// What a handler is given.
struct Incoming: Sendable {
    /// Largest JSON body, in bytes.
    static let bodyLimit = 64 * 1024

    var request: Request
    var parameters: Parameters
    /// Nil where the endpoint is open to all.
    var person: Person?
    var token: String?
    /// The connection's other end, as `Sources` names it.
    var peer: String
    /// Room for the body; given back when the handler is done.
    var room: UploadRoom

    private static let forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

    /// A proxy brought it: that it comes from this machine says nothing of who asks.
    var isProxied: Bool { Incoming.isProxied(request.headers) }

    static func isProxied(_ headers: HTTPFields) -> Bool {
        forwarding.contains { name in HTTPField.Name(name).map { headers.contains($0) } ?? false }
    }

    /// Who asks, for limits: the other end, or what a proxy on this machine says it is. Of a list the last: that one the
    /// proxy wrote itself.
    var source: String { Incoming.source(request.headers, peer: peer) }

    static func source(_ headers: HTTPFields, peer: String) -> String {
        guard Sources.isLoopback(peer) else { return peer }
        func said(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }
        let place = said("x-forwarded-for").split(separator: ",").last ?? said("x-real-ip")[...]
        let address = place.filter { $0 != " " }
        guard !address.isEmpty, address.utf8.count <= 45,
            address.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" })
        else { return peer }
        return String(address)
    }

    /// The person; endpoints that are not open have one.
    func who() throws -> Person {
        guard let person else { throw APIProblem(.unauthorized, "sign-in-needed", "Say who you are first.") }
        return person
    }

    /// The page that asks, as passkeys are bound to it.
    var site: PasskeyAnswer.Site {
        PasskeyAnswer.Site(host: request.head.authority ?? "", isSecure: header("x-forwarded-proto") == "https")
    }

    var browser: String { BrowserLabel.of(request.headers[.userAgent]) }

    func id(_ name: String) throws -> Int64 {
        guard let id = parameters.get(name).flatMap({ Int64($0) }) else {
            throw APIProblem(.badRequest, "bad-id", "The address holds no number.")
        }
        return id
    }

    /// An article that a part of the address names: its GTIN, or `%23` and what stands behind the # of its own code.
    func article(_ name: String) -> ArticleCode? {
        parameters.get(name).flatMap { Typed.decoded($0) }.flatMap { ArticleCode(asked: $0) }
    }

    /// The body as JSON; empty is an empty object. Read by a `BodyShape`.
    func json() async throws -> JSON {
        let bytes = try await bytes(limit: Incoming.bodyLimit)
        guard !bytes.isEmpty else { return .members([]) }
        do { return try JSON(parsing: bytes) } catch {
            throw APIProblem(.badRequest, "bad-json", "The body is not JSON: \(error).")
        }
    }

    /// The body, of at most `limit` bytes; 413 beyond, 429 or 503 where too much is under way at once.
    func bytes(limit: Int) async throws -> [UInt8] {
        let cut = APIProblem(.badRequest, "body-cut", "The body ended before its end.")
        let large = APIProblem(.contentTooLarge, "too-large", "At most \(limit) bytes are taken.")
        let expected = request.headers[.contentLength].flatMap { Int($0) }
        if let expected, expected > limit { throw large }
        var bytes: [UInt8] = []
        do {
            for try await piece in request.body {
                let count = piece.readableBytes
                guard bytes.count + count <= limit else { throw large }
                try room.take(count)
                bytes += piece.readableBytesView
            }
        } catch let problem as APIProblem {
            throw problem
        } catch {
            throw cut
        }
        if let expected, expected != bytes.count { throw cut }
        return bytes
    }

    func header(_ name: String) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "" }

    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }

    /// All values that the query gives a name, in their order.
    func queries(_ name: String) -> [String] { request.uri.queryParameters.getAll(name) }

    /// A moment of the query in Unix milliseconds.
    func time(_ name: String) -> Int64? { query(name).flatMap { Int64($0) } }

    func flag(_ name: String) -> Bool { request.uri.queryParameters.get(name) == "1" }
}
