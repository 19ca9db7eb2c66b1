import ERPPeers
import Model
import Testing

@testable import ERP

/// A password of a person is asked of the ERP: by whichever door is open, and nothing stays.
struct PasswordTests {
    @Test(arguments: [14, 17, 19], [false, true])
    func odooSaysWhetherItIsTheirs(series: Int, isShut: Bool) async throws {
        var server = OdooServer(series: series)
        server.isRPCShut = isShut
        let peer = OdooPeer(server)
        for (secret, isRight) in [("gateway-secret", true), ("wrong", false)] {
            let said = try await OdooConnector.knows(secret, login: "gateway", database: "depot", wire: peer.wire)
            #expect(said == isRight)
        }
        #expect(try await !OdooConnector.knows("gateway-secret", login: "nobody", database: "depot", wire: peer.wire))
        #expect(await peer.requests.count == (isShut ? 6 : 3))
        await #expect(throws: ERPFault.self, "a database that is not there is no wrong password") {
            try await OdooConnector.knows("gateway-secret", login: "gateway", database: "other", wire: peer.wire)
        }
        await peer.die(at: 1, afterEffect: false)
        await #expect(throws: ERPFault.self) {
            try await OdooConnector.knows("gateway-secret", login: "gateway", database: "depot", wire: peer.wire)
        }
    }

    @Test(arguments: ["7.0", "8.0", "8.2"])
    func trytonSaysItAndItsSessionEnds(series: String) async throws {
        let desk = TrytonDesk(series)
        let wire: ERPWire = { request throws(ERPFault) in try desk.send(request) }
        func ask(_ secret: String, _ login: String = "gateway") async throws -> Bool {
            try await TrytonConnector.knows(secret, login: login, database: "depot", wire: wire)
        }
        #expect(try await ask("gateway-secret"))
        #expect(desk.server.tokens.isEmpty)
        #expect(try await !ask("wrong"))
        #expect(try await !ask("gateway-secret", "nobody"))
        for _ in 0..<3 { _ = try? await ask("wrong") }
        await #expect(throws: ERPFault.self, "barred there is not wrong") { try await ask("gateway-secret") }
    }
}
