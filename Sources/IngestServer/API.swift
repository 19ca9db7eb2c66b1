import HTTPTypes
import Hummingbird
import Ingest
import Model
import NIOCore
import Platform

/// What a handler is given.
struct Call: Sendable {
    var request: Request
    var parameters: Parameters
    /// Nil where the endpoint is open to all.
    var person: Person?
    var token: String?

    /// The person; endpoints that are not open have one.
    func who() throws -> Person {
        guard let person else { throw APIProblem(.unauthorized, "sign-in-needed", "Say who you are first.") }
        return person
    }

    func id(_ name: String) throws -> Int64 {
        guard let id = parameters.get(name).flatMap({ Int64($0) }) else {
            throw APIProblem(.badRequest, "bad-id", "The address holds no number.")
        }
        return id
    }

    /// The body as JSON; empty is an empty object.
    func body() async throws -> JSON {
        let bytes = try await bytes(limit: API.bodyLimit)
        guard !bytes.isEmpty else { return .members([]) }
        do { return try JSON(parsing: bytes) } catch {
            throw APIProblem(.badRequest, "bad-json", "The body is not JSON: \(error).")
        }
    }

    func bytes(limit: Int) async throws -> [UInt8] {
        var request = request
        do { return Array(try await request.collectBody(upTo: limit).readableBytesView) } catch {
            throw APIProblem(.contentTooLarge, "too-large", "At most \(limit) bytes are taken.")
        }
    }

    func header(_ name: String) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "" }

    func query(_ name: String) -> String? { request.uri.queryParameters.get(name) }

    /// A moment of the query in Unix milliseconds.
    func time(_ name: String) -> Int64? { query(name).flatMap { Int64($0) } }

    func flag(_ name: String) -> Bool { request.uri.queryParameters.get(name) == "1" }
}

/// One endpoint: what the router serves and what the OpenAPI document says, from the same line.
struct Endpoint: Sendable {
    var method: HTTPRequest.Method
    /// With `{name}` for parameters.
    var path: String
    var summary: String
    var open: Bool
    var run: @Sendable (Call) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, open: Bool = false,
        run: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.open = open
        self.run = run
    }
}

/// The API under `/api/v1`.
struct API: Sendable {
    static let bodyLimit = 64 * 1024
    /// Largest file an import takes.
    static let importLimit = 16 << 20

    let centre: Centre

    var endpoints: [Endpoint] { people + deliveries + calls + gateways }

    private var people: [Endpoint] {
        [
            Endpoint(.get, "/api/v1/me", "Who is signed in", open: true) { call in
                .json(call.person?.json ?? .members([]))
            },
            Endpoint(.post, "/api/v1/session", "Say who you are: {name}", open: true) { call in
                let name = API.line(try await call.body()["name"]?.text, limit: 60)
                guard let name else { throw APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.") }
                let token = Digests.newToken()
                let person = try await centre.signIn(name: name, token: token)
                var response = Response.json(person.json)
                response.headers[.setCookie] =
                    "\(Cookies.name)=\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(Store.sessionLife / 1000)"
                return response
            },
            Endpoint(.delete, "/api/v1/session", "Sign out") { call in
                if let token = call.token { try await centre.signOut(token: token) }
                var response = Response.json(.members([]))
                response.headers[.setCookie] = "\(Cookies.name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
                return response
            },
            Endpoint(.put, "/api/v1/me/extension", "Claim a telephone: {extension}, or null to give it back") { call in
                let person = try call.who()
                let body = try await call.body()
                let desk = body["extension"]?.text
                if let desk, !centre.plans.isDesk(desk) {
                    throw APIProblem(.badRequest, "bad-extension", "An extension has 1 to 16 letters and digits.")
                }
                try await centre.claim(desk: desk, person: person)
                let changed = Person(id: person.id, name: person.name, desk: desk)
                return .json(
                    .object([
                        ("person", changed.json), ("calls", .array(await centre.board.runningCards(for: changed))),
                    ]))
            },
        ]
    }

    private var deliveries: [Endpoint] {
        [
            Endpoint(.get, "/api/v1/deliveries", "Deliveries expected, open, and closed within a day") { call in
                _ = try call.who()
                let since = Clocks.wall - 86_400_000
                let list = try await centre.board.read { try $0.deliveries(closedSince: since).map(\.summary) }
                let zones = try await centre.board.read { try $0.zones() }
                let docks = try await centre.board.docks()
                let all = Array(Set(zones + docks)).sorted()
                return .json(.object([("deliveries", .array(list)), ("zones", .array(all.map(JSON.string)))]))
            },
            Endpoint(.get, "/api/v1/deliveries/{id}", "One delivery with its lines") { call in
                _ = try call.who()
                let id = try call.id("id")
                guard let view = try await centre.board.read({ try $0.delivery(id) }) else { throw API.noDelivery }
                return .json(view.json)
            },
            Endpoint(.post, "/api/v1/deliveries/{id}/open", "Receive it at a dock: {zone}") { call in
                let person = try call.who()
                let id = try call.id("id")
                guard let zone = API.line(try await call.body()["zone"]?.text, limit: 64) else {
                    throw APIProblem(.badRequest, "zone-needed", "Say at which dock.")
                }
                guard try await centre.open(delivery: id, zone: zone, person: person) else {
                    throw APIProblem(.conflict, "delivery-closed", "This delivery is closed.")
                }
                guard let view = try await centre.board.read({ try $0.delivery(id) }) else { throw API.noDelivery }
                return .json(view.json)
            },
            Endpoint(.post, "/api/v1/deliveries/{id}/close", "Close it; the result is kept with who and when") { call in
                let person = try call.who()
                let id = try call.id("id")
                let closed = try await centre.close(delivery: id, person: person)
                guard let view = try await centre.board.read({ try $0.delivery(id) }) else { throw API.noDelivery }
                guard closed else {
                    throw APIProblem(
                        .conflict, "not-open", "Somebody else closed it, or it was never opened.",
                        [("closedBy", view.closedBy.map(JSON.string))])
                }
                return .json(view.json)
            },
            Endpoint(.get, "/api/v1/deliveries/{id}/export.csv", "The result as CSV") { call in
                _ = try call.who()
                let id = try call.id("id")
                guard let text = try await centre.board.read({ try $0.export(delivery: id) }),
                    let view = try await centre.board.read({ try $0.delivery(id) })
                else { throw API.noDelivery }
                let name = view.note.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: "text/csv; charset=utf-8",
                        .contentDisposition:
                            "attachment; filename=\"reception-\(name.isEmpty ? String(id) : name).csv\"",
                    ], body: .init(byteBuffer: ByteBuffer(string: text)))
            },
            Endpoint(.post, "/api/v1/import/deliveries", "Import expected deliveries (CSV); ?dry=1 only checks") {
                call in
                let person = try call.who()
                let bytes = try await call.bytes(limit: API.importLimit)
                do {
                    return .json(
                        try await centre.importDeliveries(bytes, dryRun: call.flag("dry"), person: person).json)
                } catch let error as ImportError { throw APIProblem(.badRequest, "bad-columns", "\(error)") }
            },
            Endpoint(.post, "/api/v1/import/parties", "Import clients (CSV); ?dry=1 only checks") { call in
                let person = try call.who()
                let bytes = try await call.bytes(limit: API.importLimit)
                do {
                    return .json(try await centre.importParties(bytes, dryRun: call.flag("dry"), person: person).json)
                } catch let error as ImportError { throw APIProblem(.badRequest, "bad-columns", "\(error)") }
            },
        ]
    }

    private var gateways: [Endpoint] {
        [
            Endpoint(.get, "/api/v1/gateways", "Every agent with its devices and its account") { call in
                _ = try call.who()
                return .json(.array(try await centre.board.read { try $0.agents().map(Centre.gateway) }))
            }
        ]
    }

    private static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")

    /// A text of one line without control characters, 1 to `limit` characters; nil otherwise.
    static func line(_ text: String?, limit: Int) -> String? {
        guard let text else { return nil }
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return (1...limit).contains(trimmed.count) ? trimmed : nil
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }))
    }

    /// OpenAPI 3.1, made from the endpoints.
    var document: JSON {
        var paths: [(String, [(String, JSON?)])] = []
        for endpoint in endpoints {
            let parameters = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            let operation: JSON = .object([
                ("summary", .string(endpoint.summary)),
                (
                    "parameters",
                    parameters.isEmpty
                        ? nil
                        : .array(
                            parameters.map {
                                .object([
                                    ("name", .string($0)), ("in", "path"), ("required", true),
                                    ("schema", .object([("type", "string")])),
                                ])
                            })
                ),
                ("security", endpoint.open ? JSON.array([]) : nil),
                (
                    "responses",
                    .object([
                        ("2XX", .object([("description", "Done")])),
                        ("4XX", .object([("description", "RFC 9457 problem with a stable code")])),
                    ])
                ),
            ])
            let method = endpoint.method.rawValue.lowercased()
            if let index = paths.firstIndex(where: { $0.0 == endpoint.path }) {
                paths[index].1.append((method, operation))
            } else {
                paths.append((endpoint.path, [(method, operation)]))
            }
        }
        return .object([
            ("openapi", "3.1.0"),
            ("info", .object([("title", "Quai"), ("version", .string(IngestServer.version))])),
            ("paths", .object(paths.map { ($0.0, .object($0.1)) })),
            (
                "components",
                .object([
                    (
                        "securitySchemes",
                        .object([
                            (
                                "session",
                                .object([("type", "apiKey"), ("in", "cookie"), ("name", .string(Cookies.name))])
                            )
                        ])
                    )
                ])
            ),
            ("security", .array([.object([("session", .array([]))])])),
        ])
    }
}

extension ImportReport {
    var json: JSON {
        .object([
            ("accepted", .int(Int64(accepted))), ("deliveries", .int(Int64(deliveries))),
            ("parties", .int(Int64(parties))),
            (
                "refused",
                .array(refused.map { .object([("line", .int(Int64($0.line))), ("reason", .string($0.reason))]) })
            ),
        ])
    }
}

extension Board {
    /// Zones of the readers that gateways have.
    func docks() throws -> [String] {
        try read { try $0.agents() }.flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}
