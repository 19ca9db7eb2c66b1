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
                if let desk,
                    !(1...16).contains(desk.count) || !desk.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isLetter) })
                {
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

    private var calls: [Endpoint] {
        [
            Endpoint(.get, "/api/v1/calls", "Running calls, missed calls and history of my telephone") { call in
                let person = try call.who()
                let running = await centre.board.runningCards(for: person)
                let missed = try await centre.library.missedCards(for: person)
                let history = try await centre.library.history(for: person)
                return .json(
                    .object([
                        ("running", .array(running)), ("missed", .array(missed)), ("history", .array(history)),
                        ("dispositions", .array(centre.configuration.dispositions.map(JSON.string))),
                    ]))
            },
            Endpoint(
                .get, "/api/v1/calls/search",
                "History by client, number or note: ?q=&from=&to= (Unix ms); ?team=1 for that of my teams"
            ) { call in
                let person = try call.who()
                let found = try await centre.library.history(
                    for: person, team: call.flag("team"), matching: String((call.query("q") ?? "").prefix(120)),
                    from: call.time("from") ?? 0, to: call.time("to") ?? .max, limit: 200)
                return .json(.array(found))
            },
            Endpoint(.get, "/api/v1/calls/export.csv", "The history of my teams as CSV: ?q=&from=&to=") { call in
                let person = try call.who()
                let text = try await centre.library.export(
                    for: person, matching: String((call.query("q") ?? "").prefix(120)), from: call.time("from") ?? 0,
                    to: call.time("to") ?? .max)
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: "text/csv; charset=utf-8",
                        .contentDisposition: "attachment; filename=\"calls.csv\"",
                    ], body: .init(byteBuffer: ByteBuffer(string: text)))
            },
            Endpoint(.get, "/api/v1/calls/why", "Why there was a card, or none, for each of the last hundred legs") {
                call in
                let person = try call.who()
                return .json(.array(await centre.board.explanations(for: person)))
            },
            Endpoint(
                .post, "/api/v1/calls/note",
                "Write about a call: {call, base, note, disposition, party}; base is the revision that was read"
            ) { call in
                let person = try call.who()
                let body = try await call.body()
                guard let id = body["call"]?.text else {
                    throw APIProblem(.badRequest, "call-needed", "Say which call.")
                }
                let note = body["note"]?.text.map(API.paragraphs)
                guard note?.count ?? 0 <= Store.noteLimit else {
                    throw APIProblem(
                        .badRequest, "note-too-long", "A note has at most \(Store.noteLimit) characters.")
                }
                do {
                    let saved = try await centre.write(
                        note: note, disposition: body["disposition"]?.text.map { String($0.prefix(60)) },
                        party: body["party"]?.integer, on: id, over: body["base"]?.integer ?? 0, person: person)
                    return .json(saved.json)
                } catch Centre.NoteRefusal.changed(let present) {
                    throw APIProblem(
                        .conflict, "note-changed", "Somebody else has written meanwhile.",
                        [("note", present?.json)])
                } catch Centre.NoteRefusal.noCall {
                    throw APIProblem(.notFound, "no-such-call", "There is no such call of yours.")
                }
            },
            Endpoint(.post, "/api/v1/calls/dismiss", "Put a card aside, in all my browsers: {call}") { call in
                let person = try call.who()
                guard let id = try await call.body()["call"]?.text else {
                    throw APIProblem(.badRequest, "call-needed", "Say which call.")
                }
                await centre.board.dismiss(id, person: person)
                return .json(.members([]))
            },
            Endpoint(.post, "/api/v1/calls", "Call a number: {number, click}; the same click dials once") { call in
                let person = try call.who()
                let body = try await call.body()
                guard let number = API.line(body["number"]?.text, limit: 64), let click = body["click"]?.text,
                    click.utf8.count == 26, click.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) })
                else { throw APIProblem(.badRequest, "number-needed", "Give a number and the click's ULID.") }
                do {
                    return .json(try await centre.dial(number, click: click, person: person).json, status: .accepted)
                } catch let refusal as Centre.DialRefusal { throw refusal.problem }
            },
            Endpoint(.delete, "/api/v1/calls/{command}", "Give up a call that I started") { call in
                let person = try call.who()
                guard let id = call.parameters.get("command"), try await centre.cancel(id, person: person) else {
                    throw APIProblem(.notFound, "no-such-call", "You started no such call.")
                }
                return .json(.members([]), status: .accepted)
            },
            Endpoint(
                .post, "/api/v1/feeds/{name}",
                "Calls pushed by an exchange's script: JSON lines, signed as Standard Webhooks", open: true
            ) { call in
                let name = call.parameters.get("name") ?? ""
                let body = try await call.bytes(limit: API.bodyLimit)
                // The same answer for a name that is not there and for a wrong secret.
                guard let feed = centre.configuration.feeds[name], let secret = try? Files.secret(feed.secret),
                    WebhookSignature.isGood(
                        call.header("webhook-signature"), body: body, id: call.header("webhook-id"),
                        timestamp: call.header("webhook-timestamp"), secret: secret, now: Clocks.wall / 1000)
                else {
                    throw APIProblem(
                        .unauthorized, "bad-signature",
                        "No such feed, a wrong secret, or a clock that is more than 5 minutes off.")
                }
                let (acks, noise) = try await centre.push(body, from: name)
                return .json(
                    .object([("acks", .array(acks.map(JSON.string))), ("noise", .int(Int64(noise)))]), status: .accepted
                )
            },
            Endpoint(.post, "/api/v1/missed/done", "A missed call is taken care of: {call}") { call in
                let person = try call.who()
                guard let id = try await call.body()["call"]?.text else {
                    throw APIProblem(.badRequest, "call-needed", "Say which call.")
                }
                return .json(.object([("done", .bool(try await centre.settleMissed(id, person: person)))]))
            },
            Endpoint(
                .post, "/api/v1/missed/take", "I shall call back: {call, take}; take false gives it to the others again"
            ) { call in
                let person = try call.who()
                let body = try await call.body()
                guard let id = body["call"]?.text else {
                    throw APIProblem(.badRequest, "call-needed", "Say which call.")
                }
                guard try await centre.takeMissed(id, body["take"]?.truth ?? true, person: person) else {
                    throw APIProblem(.conflict, "taken", "A colleague has it, or it is done.")
                }
                return .json(.members([]))
            },
            Endpoint(.post, "/api/v1/parties", "Create a client: {name, company, numbers}") { call in
                let person = try call.who()
                let body = try await call.body()
                let name = API.line(body["name"]?.text, limit: 120)
                let company = API.line(body["company"]?.text, limit: 120)
                guard name != nil || company != nil else {
                    throw APIProblem(.badRequest, "name-needed", "A client has a name or a company.")
                }
                let numbers = (body["numbers"]?.list ?? []).prefix(10).compactMap { API.line($0.text, limit: 64) }
                guard
                    let party = try await centre.addParty(
                        name: name ?? "", company: company ?? "", numbers: numbers, person: person)
                else { throw APIProblem(.internalServerError, "not-saved", "The client was not saved.") }
                return .json(party.json, status: .created)
            },
            Endpoint(.get, "/api/v1/parties", "Clients by name or company: ?q=") { call in
                _ = try call.who()
                let text = call.request.uri.queryParameters.get("q") ?? ""
                guard text.count >= 2 else { return .json([]) }
                return .json(.array(try await centre.board.read { try $0.parties(matching: text).map(\.json) }))
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

extension Centre.DialRefusal {
    var problem: APIProblem {
        switch self {
        case .noDesk: APIProblem(.conflict, "no-extension", "Claim your telephone first.")
        case .noGateway:
            APIProblem(
                .serviceUnavailable, "no-telephone-link", "No gateway has a working link to a telephone exchange.")
        case .tooMany(let limit): APIProblem(.tooManyRequests, "too-many-calls", "At most \(limit) calls a minute.")
        case .noRight: APIProblem(.forbidden, "may-not-dial", "You may not dial by click; see may-dial in [calls].")
        case .noRightAbroad:
            APIProblem(
                .forbidden, "may-not-dial-abroad", "You may not dial abroad by click; see may-dial-abroad in [calls].")
        case .number(let kind, let premium):
            if premium {
                APIProblem(.unprocessableContent, "premium-number", "Premium numbers are not dialled by click.")
            } else if kind == .emergency {
                APIProblem(.unprocessableContent, "emergency-number", "Emergency numbers are dialled by hand.")
            } else {
                APIProblem(.unprocessableContent, "not-a-number", "This is not a number that can be dialled.")
            }
        }
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
