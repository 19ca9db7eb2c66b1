import Model
import TestSupport
import Testing

@testable import Depot

/// What browsers bring, against what others made: `soft-webauthn` 0.1.4 and `fido2` 1.2.0 with `cryptography`, from Python's index.
struct PasskeyTests {
    private let vectors: JSON
    private static let challenge = Array("a challenge of forty bytes, as ours are!!".utf8)
    private static let site = PasskeyAnswer.Site(host: "quai.example", isSecure: true)

    init() throws { vectors = try JSON(parsing: Fixture.bytes("DepotTests/Passkeys/vectors.json")) }

    private func bytes(_ name: String, _ part: String) throws -> [UInt8] {
        let text = try #require(vectors[name]?[part]?.text)
        return try #require(Hex.bytes(text))
    }

    private func created(
        _ name: String = "created", attestation: [UInt8]? = nil, client: [UInt8]? = nil,
        at site: PasskeyAnswer.Site = site,
        isOurs: Bool = true
    ) throws -> PasskeyAnswer.Created {
        try PasskeyAnswer.created(
            client: client ?? bytes(name, "client"), attestation: attestation ?? bytes(name, "attestation"), at: site,
            isChallenge: { $0 == Self.challenge && isOurs })
    }

    private func asserted(
        _ name: String, data: [UInt8]? = nil, signature: [UInt8]? = nil, client: [UInt8]? = nil, counter: UInt32 = 0,
        at site: PasskeyAnswer.Site = site
    ) throws -> UInt32 {
        let cose = try CBOR(decoding: bytes(name, "key"))
        let key = try #require(CredentialKey(cose))
        return try PasskeyAnswer.asserted(
            client: client ?? bytes(name, "client"), data: data ?? bytes(name, "data"),
            signature: signature ?? bytes(name, "sig"), key: key, counter: counter, at: site,
            isChallenge: { $0 == Self.challenge })
    }

    private func changed(_ bytes: [UInt8], _ from: String, _ to: String) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).replacing(from, with: to).utf8)
    }

    @Test func aNewOneIsTaken() throws {
        let one = try created()
        #expect(one.credential.count == 32 && one.counter == 0)
        #expect(CredentialKey(try CBOR(decoding: one.keyBytes)) == one.key)
        if case .es256 = one.key {} else { Issue.record("it is ES256") }
    }

    @Test(arguments: ["ES256", "EdDSA", "RS256"])
    func aSignatureIsJudged(algorithm: String) throws {
        #expect(try asserted(algorithm) == 3)
        var wrong = try bytes(algorithm, "sig")
        wrong[wrong.count - 1] ^= 1
        #expect(throws: PasskeyAnswer.Fault.signature) { try asserted(algorithm, signature: wrong) }
        #expect(throws: PasskeyAnswer.Fault.signature) { try asserted(algorithm, signature: []) }
        var data = try bytes(algorithm, "data")
        data[36] = 4
        #expect(throws: PasskeyAnswer.Fault.signature) { try asserted(algorithm, data: data) }
        // It has signed less often than we know.
        for counter in [3, 4, UInt32.max] {
            #expect(throws: PasskeyAnswer.Fault.counter) { try asserted(algorithm, counter: counter) }
        }
    }

    @Test func anotherPageOrCeremonyIsRefused() throws {
        let client = try bytes("ES256", "client")
        #expect(throws: PasskeyAnswer.Fault.type) { try created(client: client) }
        for origin in [
            "https://evil.example", "http://quai.example", "https://quai.example:8443", "https://quai.example.evil",
        ] {
            let other = changed(client, "https://quai.example", origin)
            #expect(throws: PasskeyAnswer.Fault.origin) { try asserted("ES256", client: other) }
        }
        #expect(throws: PasskeyAnswer.Fault.origin) {
            try asserted("ES256", client: changed(client, "false", "true"))
        }
        #expect(throws: PasskeyAnswer.Fault.site) {
            let other = changed(client, "https://quai.example", "https://other.example")
            return try asserted("ES256", client: other, at: .init(host: "other.example", isSecure: true))
        }
        #expect(throws: PasskeyAnswer.Fault.challenge) { try created(isOurs: false) }
    }

    @Test func whoIsNotSeenIsRefused() throws {
        // soft-webauthn touches its key and looks at nobody.
        #expect(throws: PasskeyAnswer.Fault.unverified) { try created("soft") }
        var data = try bytes("ES256", "data")
        data[32] = 4
        #expect(throws: PasskeyAnswer.Fault.absent) { try asserted("ES256", data: data) }
    }

    @Test func plainHTTPIsOfThisMachineAlone() {
        let here = PasskeyAnswer.Site(host: "localhost:8080", isSecure: false)
        #expect(here.id == "localhost" && here.isOrigin("http://localhost:8080") && !here.isOrigin("http://localhost"))
        let there = PasskeyAnswer.Site(host: "quai.lan:8080", isSecure: false)
        #expect(!there.isOrigin("http://quai.lan:8080") && there.isOrigin("https://quai.lan:8080"))
        #expect(!PasskeyAnswer.Site(host: "localhost", isSecure: true).isOrigin("http://localhost"))
    }

    /// Any cut, and any byte changed, is a fault or the same key: nothing traps.
    @Test func whateverComesIsAFaultAndNoTrap() throws {
        let whole = try bytes("created", "attestation")
        for count in 0..<whole.count {
            #expect(throws: PasskeyAnswer.Fault.self) { try created(attestation: Array(whole[..<count])) }
        }
        for place in whole.indices {
            for bit in [UInt8(0x01), 0x20, 0x80, 0xFF] {
                var bytes = whole
                bytes[place] ^= bit
                _ = try? created(attestation: bytes)
            }
        }
        _ = try? created(client: Array("{\"type\":\"webauthn.create\",\"challenge\":7,\"origin\":[]}".utf8))
        #expect(throws: PasskeyAnswer.Fault.malformed) { try created(client: [UInt8](repeating: 0x20, count: 5000)) }
        #expect(throws: PasskeyAnswer.Fault.malformed) {
            try created(attestation: [UInt8](repeating: 0x80, count: 9000))
        }
        // A point beside the curve is no key.
        let beside = CredentialKey.es256(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32))
        #expect(!beside.isSigned([1], by: try bytes("ES256", "sig")))
    }

    @Test func aChallengeIsItsOwnMemoryAndTakenOnce() {
        var challenges = PasskeyChallenges()
        let one = challenges.make(for: "sign-in", at: 1000)
        #expect(challenges.isOpen(one, for: "sign-in", at: 1000))
        #expect(!challenges.isOpen(one, for: "7", at: 1000))
        #expect(!challenges.isOpen(one, for: "sign-in", at: 1001 + PasskeyChallenges.life))
        #expect(!PasskeyChallenges().isOpen(one, for: "sign-in", at: 1000))
        for place in one.indices {
            var other = one
            other[place] ^= 1
            #expect(!challenges.isOpen(other, for: "sign-in", at: 1000))
        }
        #expect(challenges.take(one, at: 1000) && !challenges.take(one, at: 1000))
        #expect(!challenges.isOpen(one, for: "sign-in", at: 1000))
        // However many ask, nothing is remembered of them; of answers, so many.
        for _ in 0..<PasskeyChallenges.limit { _ = challenges.take(challenges.make(for: "x", at: 1000), at: 1000) }
        #expect(!challenges.isOpen(challenges.make(for: "sign-in", at: 1000), for: "sign-in", at: 1000))
        _ = challenges.take(one, at: 1001 + 2 * PasskeyChallenges.life)
        #expect(challenges.isOpen(challenges.make(for: "sign-in", at: 9_000_000), for: "sign-in", at: 9_000_000))
    }
}
