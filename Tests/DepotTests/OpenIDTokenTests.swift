import Model
import TestSupport
import Testing

@testable import Depot

/// Tokens as a public library signed them (Tests/DepotTests/OpenID/make-tokens), and what attackers make of them.
struct OpenIDTokenTests {
    static let now: Int64 = 1_800_000_000
    static let expected = OpenIDToken.Expected(issuer: "https://login.example", client: "quai", nonce: "n-0S6_WzA2Mj")

    let tokens: [String: String]
    let keys: [ProviderKey]
    let after: [ProviderKey]

    init() throws {
        let lines = Fixture.text("DepotTests/OpenID/tokens.tsv").split(separator: "\n").map {
            $0.split(separator: "\t")
        }
        tokens = Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), String($0[1])) })
        keys = ProviderKey.all(in: try JSON(parsing: tokens["keys"] ?? ""))
        after = ProviderKey.all(in: try JSON(parsing: tokens["keys-after"] ?? ""))
    }

    private func read(_ name: String, keys: [ProviderKey]? = nil, at now: Int64 = now) throws -> OpenIDToken {
        try OpenIDToken(try #require(tokens[name]), keys: keys ?? self.keys, expected: Self.expected, now: now)
    }

    private func fault(_ body: () throws -> Void) -> OpenIDFault.Kind? {
        do { try body() } catch let fault as OpenIDFault { return fault.kind } catch is OpenIDKeys.Missing {
            return .secret
        } catch { return .wrong }
        return nil
    }

    @Test func eachSignatureThatIsTakenIsRead() throws {
        // Of the set: one is too short, one for encryption, one a secret; a point that is on no curve signs nothing.
        #expect(keys.compactMap(\.id) == ["rsa", "ec", "ed", "off", "fixed"])
        for name in ["rs256", "ps256", "es256", "eddsa", "several"] {
            let token = try read(name)
            #expect(token.subject == "248289761001" && token.session == "08a5019c")
            #expect(token.names == ["nadia", "nadia@firm.example", "Nadia Haddad"])
            #expect(
                token.texts("groups") == ["depot", "office"] && token.texts("realm_access.roles") == ["depot manager"])
            #expect(token.texts("realm_access.other") == nil && token.texts("sub") == ["248289761001"])
        }
        #expect(try read("unseen-mail").names == ["nadia", "Nadia Haddad"], "an address that nobody has seen is none")
        #expect(try read("unseen-mail").verifiedEmail == nil)
    }

    @Test func noOtherSignatureProvesAnything() {
        for name in [
            "none", "None", "hs256", "rs384", "stranger", "changed", "extension", "kind",
        ] { #expect(fault { _ = try read(name) } == .token, "\(name)") }
        // A key of another kind, for another use, too short or unknown is no key of that name.
        for name in ["crossed", "other-use", "small", "fresh-key"] {
            #expect(fault { _ = try read(name) } == .secret, "\(name)")
        }
        let good = tokens["rs256"] ?? ""
        for cut in stride(from: 0, to: good.utf8.count, by: 7) {
            let text = String(good.prefix(cut))
            #expect(throws: (any Error).self) {
                try OpenIDToken(text, keys: keys, expected: Self.expected, now: Self.now)
            }
        }
        for text in ["", "..", "a.b.c", good + ".", good + "=", String(repeating: "A", count: 40_000), "\(good)\n"] {
            #expect(fault { _ = try OpenIDToken(text, keys: keys, expected: Self.expected, now: Self.now) } == .token)
        }
        // Zeros in a signature of ECDSA are no numbers, and longer ones no signature.
        #expect(ProviderKey.encoded([UInt8](repeating: 0, count: 64)) == [0x30, 6, 2, 1, 0, 2, 1, 0])
        #expect(ProviderKey.encoded([UInt8](repeating: 0xFF, count: 65)) == nil)
        let ec = keys.first { $0.id == "ec" }
        #expect(ec?.holds([UInt8](repeating: 0, count: 64), of: [1], by: .es256) == false)
        #expect(ec?.holds([UInt8](repeating: 0xFF, count: 64), of: [1], by: .es256) == false)
    }

    @Test func aTokenIsForUsFromItAndOfThisSignIn() {
        for name in [
            "nonce", "no-nonce", "issuer", "issuer-slash", "audience", "several-without", "party", "no-subject",
            "long-subject", "no-end",
        ] { #expect(fault { _ = try read(name) } == .token, "\(name)") }
    }

    @Test func aWrongClockIsSaidAsOne() throws {
        for name in ["expired", "tomorrow", "not-before", "stale", "far"] {
            #expect(fault { _ = try read(name) } == .clock, "\(name)")
        }
        _ = try read("just-expired")
        // The good one, by clocks that are off: two minutes are forgiven.
        for (offset, kind) in [(-100, nil), (400, nil), (-3600, .clock), (3600, .clock)] as [(Int64, OpenIDFault.Kind?)]
        {
            #expect(fault { _ = try read("rs256", at: Self.now + offset) } == kind, "\(offset)")
        }
    }

    @Test func keysAreTurnedOverAndStrangersMakeNoRequests() throws {
        var book = OpenIDKeys()
        #expect(book.areOld(at: 0))
        book.take(keys, at: 0)
        #expect(!book.areOld(at: 3_599_999) && book.areOld(at: 3_600_000) && book.areOld(at: -3_600_000))
        #expect(try book.read { try read("fresh-key", keys: $0) } == nil)
        let may = (0..<100).map { book.mayAsk(at: $0) }
        #expect(may.filter { $0 }.count == 1, "one question a minute")
        book.take(after, at: 100)
        #expect(try book.read { try read("fresh-key", keys: $0) }?.subject == "248289761001")
        let later = book.mayAsk(at: 60_000)
        #expect(later)
        // What is wrong for another reason asks for no keys.
        #expect(throws: OpenIDFault.self) { try book.read { try read("stranger", keys: $0) } }
    }

    @Test func aLogoutTokenEndsAPersonOrASession() throws {
        func logout(_ name: String) throws -> OpenIDLogout {
            try OpenIDLogout(
                tokens[name] ?? "", keys: keys, issuer: Self.expected.issuer, client: "quai", now: Self.now)
        }
        #expect(try logout("logout").subject == "248289761001" && logout("logout").session == "08a5019c")
        #expect(try logout("logout-session").subject == nil)
        for name in ["rs256", "logout-nonce", "logout-nobody", "logout-event", "logout-issuer", "none"] {
            #expect(fault { _ = try logout(name) } == .token, "\(name)")
        }
        #expect(fault { _ = try read("logout") } == .token, "nor is it an ID token")
    }

    @Test func userinfoAddsAndNeverReplaces() throws {
        let token = try read("no-names")
        #expect(token.names.isEmpty)
        let said = JSON.object([
            ("sub", "248289761001"), ("preferred_username", "nadia"), ("groups", ["depot"]), ("iss", "https://evil"),
        ])
        let whole = try token.adding(said)
        #expect(whole.names == ["nadia"] && whole.texts("groups") == ["depot"])
        #expect(whole.claims["iss"]?.text == Self.expected.issuer)
        #expect(throws: OpenIDFault.self) { try token.adding(said.with("sub", "another")) }
        #expect(throws: OpenIDFault.self) { try token.adding(.object([])) }
    }

    @Test func manyGroupsAndOddNamesAreBounded() throws {
        let token = try read("no-names").adding(
            .object([
                ("sub", "248289761001"), ("groups", .array((0..<5000).map { .string("g\($0)") })),
                ("preferred_username", .string(String(repeating: "x", count: 61))), ("name", "  Zo\u{7}é \n "),
            ]))
        #expect(token.texts("groups")?.count == OpenIDToken.groupLimit)
        #expect(token.names == ["Zoé"])
    }
}
