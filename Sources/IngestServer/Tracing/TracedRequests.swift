import Followers
import HTTPTypes
import Hummingbird
import Model

/// Traces requests, as "Semantic conventions for HTTP server spans" has them: by their route, which has no name and no number in it. An answer
/// says nothing of it.
struct TracedRequests: RouterMiddleware {
    let tracer: Tracer

    private static let traceParent = HTTPField.Name("traceparent")

    @concurrent func handle(
        _ request: Request, context: DoorContext,
        next: @concurrent (Request, DoorContext) async throws -> Response
    ) async throws -> Response {
        guard let rule = tracer.rule else { return try await next(request, context) }
        let parent = TracedRequests.traceParent.flatMap { request.headers[$0] }.flatMap(TraceParent.init)
        let trace = parent.map { RunningTrace($0) } ?? RunningTrace()
        let response: Response
        do {
            response = try await RunningTrace.$current.withValue(trace) { try await next(request, context) }
        } catch {
            let status = (error as? any HTTPResponseError)?.status.code ?? 500
            end(trace, parent, rule, request, context, status: status)
            throw error
        }
        end(trace, parent, rule, request, context, status: response.status.code)
        return response
    }

    private func end(
        _ trace: RunningTrace, _ parent: TraceParent?, _ rule: Tracer.Rule, _ request: Request, _ context: DoorContext,
        status: Int
    ) {
        let method = TracedRequests.methods.contains(request.method.rawValue) ? request.method.rawValue : "_OTHER"
        let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil }
        let spans = trace.ended(
            route.map { "\(method) \($0)" } ?? method, .server, isFailure: status >= 500,
            [
                .init("http.request.method", .text(method)),
                .init("http.response.status_code", .integer(Int64(status))),
                .init("url.scheme", .text(context.visit.isSecure ? "https" : "http")),
            ] + (route.map { [.init("http.route", .text($0))] } ?? []))
        let isSlow = spans[0].end - spans[0].start >= rule.slow
        // An id that a stranger chose could be one that is always taken.
        let isTaken = rule.sampling.takes(trace.trace)
        let isChosen = parent.map { (isTaken || $0.isSampled) && tracer.mayAsk() } ?? isTaken
        guard isSlow || isChosen else { return }
        tracer.offer(spans)
    }

    /// RFC 9110 and RFC 5789: what else a stranger writes there is not told.
    private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
}
