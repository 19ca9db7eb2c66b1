import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Agents are asked to join, are given certificates, and have them taken back.
struct EnrolmentTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let chief = Author("Camille Roy")
    private let hour: Int64 = 3_600_000

    init() throws { store = try TestStore.open(folder.path + "/centre.db") }

    private var desk: EnrolmentDesk { EnrolmentDesk(store) }
    private static let pin = [UInt8](repeating: 7, count: 32)

    private func invite(_ agent: String, site: String = "lyon", zones: [String] = [], at now: Int64 = 0) throws
        -> JoinToken
    {
        let token = JoinToken(pin: EnrolmentTests.pin)
        _ = try desk.invite(agent, site: site, zones: zones, hours: 24, token: token, by: chief, at: now)
        return token
    }

    private func redeem(_ token: JoinToken, key: String = "k1", at now: Int64, serial: String? = nil) throws -> String {
        let (invitation, _) = try desk.redeem(token.id, secret: token.secret, key: key, at: now) { agent in
            EnrolmentTable.Given(
                serial: serial ?? "\(agent)-\(key)-\(now)", agent: agent, key: key, made: now, ends: now + 100 * hour)
        }
        return "\(invitation.agent)@\(invitation.site)"
    }

    @Test func aTokenIsReadAsItWasPrinted() throws {
        let token = JoinToken(pin: EnrolmentTests.pin)
        let text = "\(token)"
        #expect(JoinToken(text) == token && text.utf8.count == 118 && token.pin == EnrolmentTests.pin)
        #expect(JoinToken(text.lowercased())?.secret == token.secret)
        #expect(JoinToken(String(text.dropLast())) == nil && JoinToken("\(text)0") == nil && JoinToken("") == nil)
        #expect(JoinToken(JoinToken.prefix + String(repeating: "x", count: 108)) == nil)
        #expect(JoinToken(pin: EnrolmentTests.pin) != token)
    }

    @Test func anInvitationCountsOnceAndForItsAgent() throws {
        let token = try invite("lyon-1", zones: ["dock-1"])
        #expect(try store.enrolment.invitations().map { $0.state(at: 0) } == [.open])
        #expect(try redeem(token, at: hour) == "lyon-1@lyon")
        let grant = try #require(try store.gateways.grants().first)
        #expect(
            grant.name == "lyon-1" && grant.site == "lyon" && grant.zones == ["dock-1"] && grant.state == .confirmed)
        // Its answer was lost: the same key is answered again, another one is not.
        #expect(try redeem(token, at: hour + 1) == "lyon-1@lyon")
        #expect(throws: EnrolmentDesk.Refusal.used) { try redeem(token, key: "k2", at: hour + 2) }
        #expect(try store.enrolment.invitations().map { $0.state(at: hour) } == [.used])
        #expect(
            try store.database.rows("SELECT kind FROM entry ORDER BY seq") { $0.text(0) }
                == ["gateway.invite", "gateway.add", "gateway.join", "gateway.add", "gateway.join"])
        // What is kept opens nothing: neither secret nor token.
        let kept = try store.database.text("SELECT digest FROM agent_invitation") ?? ""
        #expect(!kept.uppercased().contains(token.secret.uppercased()))
    }

    @Test func aSecretIsNotGuessed() throws {
        let token = try invite("lyon-1")
        for number in 0..<EnrolmentDesk.tries {
            let guess = JoinToken(pin: EnrolmentTests.pin).secret
            #expect(throws: EnrolmentDesk.Refusal.unknown) {
                try desk.redeem(token.id, secret: guess, key: "k", at: number) { _ in fatalError("signed") }
            }
        }
        #expect(throws: EnrolmentDesk.Refusal.blocked) { try redeem(token, at: 20) }
        #expect(try store.enrolment.invitations().map { $0.state(at: 20) } == [.blocked])
        // A new invitation takes the place of the former.
        let other = try invite("lyon-1", at: 30)
        #expect(throws: EnrolmentDesk.Refusal.unknown) { try redeem(token, at: 31) }
        #expect(try redeem(other, at: 32) == "lyon-1@lyon")
    }

    @Test func anInvitationEndsAndIsWithdrawn() throws {
        let token = try invite("lyon-1")
        #expect(throws: EnrolmentDesk.Refusal.ended) { try redeem(token, at: 24 * hour) }
        #expect(try desk.withdraw("lyon-1", by: chief, at: 0) && !(try desk.withdraw("lyon-1", by: chief, at: 0)))
        #expect(throws: EnrolmentDesk.Refusal.unknown) { try redeem(token, at: hour) }
        // Long over: forgotten by the next one.
        _ = try invite("a", at: 0)
        _ = try invite("b", at: 24 * hour + EnrolmentDesk.memory + 1)
        #expect(try store.enrolment.invitations().map(\.agent) == ["b"])
    }

    /// What cannot be signed uses nothing up, and a zone of another site is not given away.
    @Test func whatFailsLeavesTheInvitationAsItWas() throws {
        struct NoAuthority: Error {}
        let token = try invite("lyon-1")
        #expect(throws: NoAuthority.self) {
            try desk.redeem(token.id, secret: token.secret, key: "k", at: 1) { _ in throw NoAuthority() }
        }
        #expect(try redeem(token, at: 2) == "lyon-1@lyon")
        try GatewayDesk(store).add("nice-1", site: "nice", zones: ["gate"], mayTelephone: true, by: chief, at: 3)
        let greedy = try invite("lyon-2", zones: ["gate"], at: 4)
        #expect(throws: GatewayDesk.Refusal.self) { try redeem(greedy, key: "k2", at: 5) }
        #expect(try store.enrolment.given(to: "lyon-2").isEmpty)
        #expect(try store.enrolment.invitations().first { $0.agent == "lyon-2" }?.state(at: 5) == .open)
    }

    @Test func aCertificateIsRenewedByItsKeyUntilItIsRevoked() throws {
        let token = try invite("lyon-1")
        _ = try redeem(token, key: "k1", at: 0)
        func renew(_ key: String, at now: Int64) throws -> String {
            try desk.renew(key: key, at: now) {
                EnrolmentTable.Given(serial: "r\(now)", agent: $0, key: key, made: now, ends: now + 100 * hour)
            }.agent
        }
        #expect(try renew("k1", at: 60 * hour) == "lyon-1")
        #expect(throws: EnrolmentDesk.Refusal.noCertificate) { try renew("k2", at: 60 * hour) }
        #expect(try store.enrolment.given(to: "lyon-1").map(\.serial) == ["r\(60 * hour)", "lyon-1-k1-0"])
        #expect(throws: EnrolmentDesk.Refusal.ended) { try renew("k1", at: 160 * hour) }
        #expect(try desk.revoke("lyon-1", by: chief, at: 61 * hour))
        #expect(try desk.given().allSatisfy { $0.revoked == 61 * hour })
        #expect(throws: EnrolmentDesk.Refusal.revoked) { try renew("k1", at: 62 * hour) }
        #expect(try !desk.revoke("nobody", by: chief, at: 0))
        // Nothing of it counts: neither what it says of itself, nor its rows.
        let gateways = GatewayDesk(store)
        let book = try gateways.book()
        #expect(book.mustWait(for: "lyon-1") && !book.mustWait(for: "other"))
        guard case .refused(let why) = try gateways.admit(GatewayTests.status("lyon"), of: "lyon-1", at: 63 * hour)
        else {
            Issue.record("it is let in")
            return
        }
        #expect(why.contains("revoked"))
        // Invited again it is one of ours again.
        _ = try redeem(try invite("lyon-1", at: 70 * hour), key: "k9", at: 71 * hour)
        #expect(try !gateways.book().mustWait(for: "lyon-1"))
        #expect(try gateways.admit(GatewayTests.status("lyon"), of: "lyon-1", at: 72 * hour) == .welcome(site: "lyon"))
    }

    @Test func invitationsHaveALimit() throws {
        for number in 0..<EnrolmentDesk.limit { _ = try invite("a-\(number)") }
        #expect(throws: EnrolmentDesk.Refusal.tooMany) { try invite("one-more") }
    }
}
