import HTTPTypes
import Hummingbird

/// One endpoint: what the router serves and what the OpenAPI document says, from the same line.
struct Endpoint: Sendable {
    var method: HTTPRequest.Method
    /// With `{name}` for parameters.
    var path: String
    var summary: String
    var open: Bool
    var run: @Sendable (Incoming) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, open: Bool = false,
        run: @escaping @Sendable (Incoming) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.open = open
        self.run = run
    }
}
