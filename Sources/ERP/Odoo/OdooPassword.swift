import Model

extension OdooConnector {
    /// Whether `secret` is the password, or a key, of this login. Nothing is kept of it. `common.authenticate` is in all series to 19; where
    /// that door is shut the web client's own is asked (`/web/session/authenticate`, addons/web/controllers/session.py).
    /// Who needs a second factor there is refused by both.
    public static func knows(_ secret: String, login: String, database: String, wire: ERPWire) async throws(ERPFault)
        -> Bool
    {
        var request = OdooDoor.service(
            "common", "authenticate", [.string(database), .string(login), .string(secret), .members([])],
            summary: "common.authenticate", timeout: passwordTimeout)
        var reply = try await wire(request)
        if [403, 404, 405].contains(reply.status) {
            let parameters = JSON.object([
                ("db", .string(database)), ("login", .string(login)), ("password", .string(secret)),
            ])
            request.path = "/web/session/authenticate"
            request.body = .object([("jsonrpc", "2.0"), ("method", "call"), ("id", 1), ("params", parameters)])
            request.summary = "session.authenticate"
            reply = try await wire(request)
        }
        let answer: JSON
        do { answer = try OdooAnswer.result(of: reply) } catch {
            if error.kind == .credentials { return false }
            throw error
        }
        return answer.integer ?? answer["uid"]?.integer ?? 0 > 0
    }

    /// Seconds: somebody waits at the sign-in page.
    private static let passwordTimeout = 10
}
