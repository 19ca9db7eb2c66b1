import Depot
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import Platform
import SQLite

/// Puts pages, API, health and metrics behind one router.
enum Routes {
    /// The page may load only what this server sends, and nobody may frame it.
    static let policy =
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

    /// The decoder's worker is under its own (CSP 3 §4.2.1): it may fetch its WebAssembly and compile it, and nothing else. The pages may not.
    static let workerPolicy =
        "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

    private static func root(_ bytes: [UInt8], _ name: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "application/x-x509-ca-cert", .contentDisposition: "attachment; filename=\(name)",
            ], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func router(
        _ wiring: Wiring, files: WebFiles, link: CentreLink, hosts: Hosts, door: Door = .ofProcess
    ) -> Router<DoorContext> {
        let router = Router(context: DoorContext.self)
        router.add(middleware: Guard(hosts: hosts, troubles: wiring.troubles))
        router.add(middleware: TracedRequests(tracer: wiring.tracer))
        let endpoints = Endpoints.list(wiring)
        for endpoint in endpoints { add(endpoint.tellingOfReports(wiring.writer), wiring, door, to: router) }
        let document = OpenAPI(endpoints: endpoints).document
        router.get("api/openapi.json") { _, _ in Response.json(document) }
        router.get("health") { _, _ in
            Response.json(
                .object([("ok", true), ("broker", .bool(link.isUp)), ("version", .string(IngestServer.version))]))
        }
        router.get("healthz") { _, _ in Response.json(.object([("ok", true)])) }
        // For whoever chooses among several centres: this one works, and nobody can have taken over.
        router.get("readyz") { _, _ in
            guard let duty = wiring.duty, !duty.isSure else { return Response.json(.object([("ready", true)])) }
            return Response.json(
                .object([("ready", false), ("code", "database-unavailable")]), status: .serviceUnavailable)
        }
        router.get("metrics") { request, context -> Response in
            var text = await CentreMetrics.text(wiring, link)
            // Names of gateways are for this machine.
            if !Sources.isLoopback(context.visit.source) || context.visit.isProxied {
                text = text.split(separator: "\n").filter { !$0.contains("{agent=\"") }.map { "\($0)\n" }.joined()
            }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: .init(byteBuffer: ByteBuffer(string: text + door.metrics + hosts.metrics)))
        }
        for page in [
            "", "receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "audit", "help", "repairs",
        ] {
            router.get(RouterPath(page)) { request, _ in welcome(files, request) }
        }
        // A screen of one dock, whoever signs in there; a how-to, also for those who cannot sign in.
        for page in ["dock/{zone}", "dock/{zone}/kiosk", "help/{name}"] {
            router.get(RouterPath(page)) { request, _ in welcome(files, request) }
        }
        // Mistyped: the page is there all the same, and says where one can go. What has an ending is a file that we have not.
        router.get("{page}") { request, context -> Response in
            if context.parameters.get("page")?.contains(".") == true { return Response(status: .notFound) }
            var response = welcome(files, request)
            if response.status == .ok { response.status = .notFound }
            return response
        }
        // The root to install, for whoever has not: open, and nothing secret.
        router.get("ca.crt") { _, _ -> Response in
            guard let root = hosts.certificate?.authority else {
                return Response(status: .notFound)
            }
            return Routes.root(root, "quai-ca.crt")
        }
        // And the one that takes its place soon: devices need both before it does.
        router.get("ca-next.crt") { _, _ -> Response in
            guard let path = wiring.present.with({ $0.enrolment?.authority }),
                let root = AuthorityRotation(folder: AuthorityFolder(path: path)).root
            else { return Response(status: .notFound) }
            return Routes.root(root, "quai-ca-next.crt")
        }
        // At the root: a worker answers for what lies below it.
        router.get("sw.js") { request, _ in serve(files["sw.js"], request) }
        router.get("web/{name}") { request, context in
            let name = context.parameters.get("name") ?? ""
            return serve(files[name], request, policy: name == "decoder-worker.js" ? workerPolicy : policy)
        }
        return router
    }

    private static func add(_ endpoint: Endpoint, _ wiring: Wiring, _ door: Door, to router: Router<DoorContext>) {
        let path = RouterPath(endpoint.path.split(separator: "/").map(String.init).joined(separator: "/"))
        router.on(path, method: endpoint.method) { request, context in
            let token = Cookies.session(request.headers[.cookie])
            do {
                let person = try await whoAsks(request, token, context, wiring)
                try endpoint.admit(person)
                let uploader = person.map { "person \($0.id)" } ?? context.visit.source
                let incoming = Incoming(
                    request: request, parameters: context.parameters, person: person, token: token,
                    visit: context.visit, room: UploadRoom(door, for: uploader))
                return try await Gzip.$isAsked.withValue(Gzip.isTaken(request.headers[.acceptEncoding])) {
                    try await endpoint.run(incoming)
                }
            } catch let error as SQLiteError {
                await wiring.writer.failed(error)
                throw APIProblem(error)
            }
        }
    }

    /// A program by its token; else who has a session. A token that is none is refused, whatever else is there: a program is told.
    private static func whoAsks(
        _ request: Request, _ token: String?, _ context: DoorContext, _ wiring: Wiring
    ) async throws -> Person? {
        if let shown = Cookies.bearer(request.headers[.authorization]) {
            guard let person = try await wiring.live.person(program: shown), let program = person.program else {
                throw APIProblem(.unauthorized, "bad-token", "This token is none, was revoked, or has ended.")
            }
            wiring.accounts.used(program, from: context.visit.source)
            return person
        }
        guard let token, let person = try await wiring.live.person(session: token) else { return nil }
        if let session = person.session { wiring.accounts.used(session) }
        return person
    }

    /// Each page is the same document; its script has the words of the browser's language.
    private static func welcome(_ files: WebFiles, _ request: Request) -> Response {
        let file = files.document(accepting: request.headers[.acceptLanguage])
        return serve(file, request, varies: "accept-encoding, accept-language")
    }

    private static func serve(
        _ file: WebFiles.File?, _ request: Request, varies: String = "accept-encoding", policy: String = policy
    ) -> Response {
        guard let file else { return Response(status: .notFound) }
        let packed = Gzip.isTaken(request.headers[.acceptEncoding]) ? file.packed : nil
        // Each form has a tag of its own (RFC 9110 §8.8.3.3).
        let tag = packed == nil ? file.tag : "\(file.tag.dropLast())-gzip\""
        var headers: HTTPFields = [
            .contentType: file.type, .eTag: tag, .contentSecurityPolicy: policy, .vary: varies,
            .cacheControl: file.isForGood ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        if request.headers[.ifNoneMatch] == tag { return Response(status: .notModified, headers: headers) }
        if packed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: packed ?? file.bytes)))
    }

    /// Refuses what a stranger's page sends with our cookie, or under a name that is not ours; and every answer, also an error, leaves with
    /// the headers of `SecurityHeaders`.
    struct Guard: RouterMiddleware {
        let hosts: Hosts
        let troubles: Troubles

        @concurrent func handle(
            _ request: Request, context: DoorContext,
            next: @concurrent (Request, DoorContext) async throws -> Response
        ) async throws -> Response {
            var (request, context) = (request, context)
            let visit = hosts.visit(from: context.peer, host: request.head.authority) { name in
                HTTPField.Name(name).map { request.headers[values: $0] } ?? []
            }
            if visit.isDoubtful, hosts.doubt() {
                context.logger.warning(
                    "what is said of where requests come from is not believed",
                    metadata: [
                        "proxy": "\(visit.source)", "remedy": "if it is one of yours, name it in proxies in [http]",
                    ])
            }
            context.visit = visit
            if visit.host != request.head.authority {
                var head = request.head
                head.authority = visit.host
                request = Request(head: head, body: request.body)
            }
            var response: Response
            do {
                try admit(request)
                response = try await next(request, context)
            } catch let error as any HTTPResponseError {
                response = try error.response(from: request, context: context)
            } catch {
                troubles.again("a request failed", .error, ["reason": "\(error)"])
                response = try APIProblem(.internalServerError, "failed", "The server could not do this.").response(
                    from: request, context: context)
            }
            SecurityHeaders.add(to: &response, for: visit)
            return response
        }

        private func admit(_ request: Request) throws {
            guard hosts.allow(request.head.authority) else {
                throw APIProblem(
                    .misdirectedRequest, "unknown-host",
                    "This server does not answer to that name; add it to hosts in [http].")
            }
            if request.method != .get, request.method != .head, let origin = request.headers[.origin],
                !Origins.match(origin, host: request.head.authority)
            {
                throw APIProblem(.forbidden, "foreign-origin", "This request comes from another site's page.")
            }
        }
    }
}
