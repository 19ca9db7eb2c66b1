import Model
import Testing

@testable import Depot

/// What a browser keeps, what travels, and whose answer counts.
struct OpenIDStartTests {
    static let now: Int64 = 1_800_000_000_000

    static func document(_ changes: [(String, JSON?)] = []) -> JSON {
        changes.reduce(
            .object([
                ("issuer", "https://login.example"), ("authorization_endpoint", "https://login.example/auth?tenant=1"),
                ("token_endpoint", "https://login.example/token"), ("jwks_uri", "https://login.example/keys"),
                ("userinfo_endpoint", "https://login.example/userinfo"),
                ("end_session_endpoint", "https://login.example/leave"), ("response_types_supported", ["code"]),
            ])
        ) { document, change in
            .members(document.fields!.filter { $0.name != change.0 }).with(change.0, change.1)
        }
    }

    static func provider(_ changes: [(String, JSON?)] = []) throws -> OpenIDProvider {
        try OpenIDProvider(document(changes), issuer: "https://login.example")
    }

    private func kind(_ body: () throws(OpenIDFault) -> Void) -> OpenIDFault.Kind? {
        do { try body() } catch { return error.kind }
        return nil
    }

    @Test func anAnswerCountsInTheBrowserThatAsked() throws {
        let start = OpenIDStart(provider: "one", place: "/dock/dock-1", at: Self.now)
        let back = try OpenIDStart(cookie: start.cookie, provider: "one", state: start.state, at: Self.now + 599_000)
        #expect(back == start && back.place == "/dock/dock-1")
        let other = OpenIDStart(provider: "one", place: nil, at: Self.now)
        #expect(other.state != start.state && other.nonce != start.nonce && other.place == "/")
        // Another browser, none, another state, another provider, a cookie that was changed, too late, too early.
        let tries: [(String?, String, String?, Int64)] = [
            (other.cookie, "one", start.state, 0), (nil, "one", start.state, 0), ("", "one", start.state, 0),
            (start.cookie, "one", nil, 0), (start.cookie, "one", other.state, 0), (start.cookie, "two", start.state, 0),
            (start.cookie + "A", "one", start.state, 0), (start.cookie, "one", start.state, 600_000),
            (start.cookie, "one", start.state, -601_000), ("\(start.cookie).x", "one", start.state, 0),
            ("a.7fffffffffffffffff.b", "one", start.state, 0),
        ]
        for (cookie, provider, state, later) in tries {
            #expect(
                kind { () throws(OpenIDFault) in
                    _ = try OpenIDStart(cookie: cookie, provider: provider, state: state, at: Self.now + later)
                } == .expired)
        }
        for place in ["//evil.example", "https://evil.example", "/a//b", "/a?b", "/\\evil", "receiving", "/a\nb", "/é"]
        {
            #expect(OpenIDStart(provider: "one", place: place, at: Self.now).place == "/", "\(place)")
        }
    }

    @Test func theChallengeIsOfTheVerifier() throws {
        let start = OpenIDStart(provider: "one", place: nil, at: Self.now)
        let address = start.address(
            at: try Self.provider(), client: "quai & co", scopes: "openid email", back: "https://depot.example/back")
        #expect(address.hasPrefix("https://login.example/auth?tenant=1&response_type=code&client_id=quai%20%26%20co&"))
        #expect(address.contains("&scope=openid%20email&") && address.contains("&code_challenge_method=S256"))
        #expect(address.contains("&code_challenge=\(start.challenge)&") && !address.contains(start.verifier))
        #expect(!address.contains(start.cookie.prefix(43)))
        #expect((43...128).contains(start.verifier.utf8.count), "RFC 7636 §4.1")
        let form = start.form(code: "a+b", client: "quai", secret: "s&s", back: "https://depot.example/back")
        #expect(form.contains("code=a%2Bb&") && form.contains("code_verifier=\(start.verifier)"))
        #expect(form.hasSuffix("client_secret=s%26s"))
        // RFC 7617 §2, and a byte that base64url writes differently.
        #expect(FormText.base64("Aladdin:open sesame") == "QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(FormText.base64("?>~") == "Pz5+" && FormText.base64("???") == "Pz8/")
    }

    @Test func base64URLIsOneTextForOneListOfBytes() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(Base64URL.bytes(Base64URL.text(bytes)) == bytes)
        }
        #expect(Base64URL.text([0x14, 0xFB, 0x9C, 0x03, 0xD9, 0x7E]) == "FPucA9l-")
        for text in ["A", "AB", "AA=", "A+A/", "AA A", "é"] { #expect(Base64URL.bytes(text) == nil, "\(text)") }
    }

    @Test func anAnswerOfAnotherIssuerIsNone() throws {
        let silent = try Self.provider()
        let naming = try Self.provider([("authorization_response_iss_parameter_supported", true)])
        func code(_ answer: OpenIDStart.Answer, _ provider: OpenIDProvider) -> OpenIDFault.Kind? {
            kind { () throws(OpenIDFault) in _ = try OpenIDStart.code(in: answer, of: provider) }
        }
        #expect(code(.init(code: "c", error: nil, issuer: nil), silent) == nil)
        #expect(code(.init(code: "c", error: nil, issuer: "https://login.example"), naming) == nil)
        #expect(code(.init(code: "c", error: nil, issuer: nil), naming) == .token)
        #expect(code(.init(code: "c", error: nil, issuer: "https://evil.example"), silent) == .token)
        #expect(code(.init(code: nil, error: "access_denied", issuer: nil), silent) == .denied)
        #expect(code(.init(code: nil, error: "access_denied", issuer: "https://evil.example"), silent) == .token)
        #expect(code(.init(code: nil, error: nil, issuer: nil), silent) == .wrong)
        #expect(code(.init(code: String(repeating: "c", count: 5000), error: nil, issuer: nil), silent) == .wrong)
    }

    @Test func anAnswerIsUsedOnce() {
        var spent = SpentStates()
        let first = ["a", "a", "b"].map { spent.spend($0, at: 0) }
        #expect(first == [true, false, true])
        for number in 0..<SpentStates.limit { _ = spent.spend("s\(number)", at: 3) }
        let then = ["s\(SpentStates.limit - 1)", "b"].map { spent.spend($0, at: 4) }
        #expect(then == [false, true], "the oldest are forgotten first")
    }

    @Test func aDocumentOfAnotherIssuerIsNone() throws {
        let good = try Self.provider()
        #expect(good.endSession == "https://login.example/leave" && !good.namesItself && !good.secretInForm)
        #expect(
            good.leaving(client: "quai", back: "https://depot.example/")
                == "https://login.example/leave?client_id=quai&post_logout_redirect_uri=https%3A%2F%2Fdepot.example%2F")
        #expect(try Self.provider([("end_session_endpoint", nil)]).leaving(client: "quai", back: "/") == nil)
        #expect(try Self.provider([("token_endpoint_auth_methods_supported", ["client_secret_post"])]).secretInForm)
        let bad: [(String, JSON?)] = [
            ("issuer", "https://login.example/"), ("issuer", "https://evil.example"), ("issuer", nil),
            ("token_endpoint", nil), ("token_endpoint", "http://login.example/token"),
            ("jwks_uri", "file:///etc/passwd"),
            ("authorization_endpoint", "javascript:alert(1)"), ("authorization_endpoint", "https://x y"),
            ("userinfo_endpoint", "http://127.0.0.1/"), ("response_types_supported", ["id_token"]),
            ("id_token_signing_alg_values_supported", ["HS256", "none"]),
            ("jwks_uri", .string("https://" + String(repeating: "x", count: 3000))),
        ]
        for (name, value) in bad {
            #expect(
                kind { () throws(OpenIDFault) in
                    _ = try OpenIDProvider(Self.document([(name, value)]), issuer: "https://login.example")
                } == .wrong, "\(name)")
        }
        #expect(kind { () throws(OpenIDFault) in _ = try OpenIDProvider(.array([]), issuer: "https://x") } == .wrong)
        #expect(OpenIDProvider.document(of: "https://a/b/") == "https://a/b/.well-known/openid-configuration")
    }
}
