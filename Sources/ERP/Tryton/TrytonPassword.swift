import Model

extension TrytonConnector {
    /// Whether `secret` is the password of this login. The session that the server opens for it is ended at once. Two to four calls.
    public static func knows(
        _ secret: String, login: String, database: String, wire: ERPWire
    ) async throws(ERPFault) -> Bool {
        let probe = try await wire(TrytonCodec.server("common.server.version", path: "/rpc/"))
        // Earlier ones are below `/`: see `found`.
        var codec = TrytonCodec(database: database, isModern: ![401, 404, 405].contains(probe.status), usesKey: false)
        var request = codec.login(user: login, secret: secret)
        request.timeout = 10
        let reply = try await wire(request)
        if reply.status == 401 { return false }
        if reply.status == 429 { throw ERPFault(.busy, "The server bars the user after too many logins.") }
        let result: JSON
        do throws(TrytonError) { result = try TrytonReply.result(reply) } catch {
            let fault = error.asFault
            if fault.kind == .credentials { return false }
            throw fault
        }
        guard let id = result.list?.first?.integer, let token = result.list?.dropFirst().first?.text else {
            return false
        }
        codec.authorization = TrytonCodec.header(user: login, id: id, token: token)
        let end = ERPRequest(
            path: codec.path, headers: [ERPRequest.Header(name: "Authorization", value: codec.authorization ?? "")],
            body: TrytonCodec.body("common.db.logout", []), summary: "common.db.logout", timeout: 5)
        // Where that fails, the session ends there by itself.
        _ = try? await wire(end)
        return true
    }
}
