import HTTPTypes
import Hummingbird
import Depot
import Model
import NIOCore
import SQLite

/// Puts pages, API, health and metrics behind one router.
enum Routes {
    /// The page may load only what this server sends, and nobody may frame it.
    static let policy =
        "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

    static func router(api: API, files: WebFiles, link: CentreLink, hosts: Hosts) -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: Guard(hosts: hosts))
        for endpoint in api.endpoints { add(endpoint, api.centre, to: router) }
        let document = api.document
        router.get("api/openapi.json") { _, _ in Response.json(document) }
        router.get("health") { _, _ in
            Response.json(
                .object([("ok", true), ("broker", .bool(link.isUp)), ("version", .string(IngestServer.version))]))
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: .init(byteBuffer: ByteBuffer(string: await CentreMetrics.text(api.centre, link, api.erp))))
        }
        for page in ["", "receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "audit"] {
            router.get(RouterPath(page)) { request, _ in serve("index.html", files, request) }
        }
        // At the root: a worker answers for what lies below it.
        router.get("sw.js") { request, _ in serve("sw.js", files, request) }
        router.get("web/{name}") { request, context in serve(context.parameters.get("name") ?? "", files, request) }
        return router
    }

    private static func add(_ endpoint: Endpoint, _ centre: Centre, to router: Router<BasicRequestContext>) {
        let path = RouterPath(endpoint.path.split(separator: "/").map(String.init).joined(separator: "/"))
        router.on(path, method: endpoint.method) { request, context in
            let token = Cookies.session(request.headers[.cookie])
            var person: Person?
            if let token { person = await centre.board.person(session: token) }
            if person == nil, !endpoint.open {
                throw APIProblem(.unauthorized, "sign-in-needed", "Say who you are first.")
            }
            do {
                return try await endpoint.run(
                    Incoming(request: request, parameters: context.parameters, person: person, token: token))
            } catch let error as SQLiteError {
                await centre.failed(error)
                throw APIProblem(error)
            }
        }
    }

    private static func serve(_ name: String, _ files: WebFiles, _ request: Request) -> Response {
        guard let file = files[name] else { return Response(status: .notFound) }
        var headers: HTTPFields = [
            .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache", .contentSecurityPolicy: policy,
        ]
        headers[.xContentTypeOptions] = "nosniff"
        if request.headers[.ifNoneMatch] == file.tag { return Response(status: .notModified, headers: headers) }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    /// Refuses what a stranger's page sends with our cookie, or under a name that is not ours.
    struct Guard: RouterMiddleware {
        let hosts: Hosts

        @concurrent func handle(
            _ request: Request, context: BasicRequestContext,
            next: @concurrent (Request, BasicRequestContext) async throws -> Response
        ) async throws -> Response {
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
            return try await next(request, context)
        }
    }
}
