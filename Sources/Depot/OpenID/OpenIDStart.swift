import Model

/// A sign-in that a browser began. All of it is in one cookie of that browser, and what travels is made of it: nothing is kept here, and
/// an answer counts in the browser that asked, for the provider that was asked, for ten minutes (RFC 9700 §4.7, RFC 7636).
///
///     random.begun.place        43 signs of base64url, Unix seconds in hexadecimal, where to go afterwards in base64url
public struct OpenIDStart: Equatable, Sendable {
    /// Milliseconds.
    static let life: Int64 = 600_000
    /// Seconds.
    public static let cookieLife = life / 1000
    static let placeLimit = 200

    /// The cookie's value.
    public let cookie: String
    private let provider: String
    /// Unix milliseconds.
    private let begun: Int64
    /// The page that is shown afterwards: a path of ours.
    public let place: String

    /// A new one. What is no path of ours becomes the first page.
    public init(provider: String, place: String?, at now: Int64) {
        let secret = Base64URL.text(Secrecy.random(32))
        let place = place.flatMap { OpenIDStart.isPlace($0) ? $0 : nil } ?? "/"
        let seconds = String(now / 1000, radix: 16)
        (self.provider, begun, self.place) = (provider, now / 1000 * 1000, place)
        cookie = "\(secret).\(seconds).\(Base64URL.text(Array(place.utf8)))"
    }

    /// The one of a browser that comes back. Throws `.expired` for what was not begun here, or too long ago.
    public init(cookie: String?, provider: String, state: String?, at now: Int64) throws(OpenIDFault) {
        let parts = (cookie ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 43, let seconds = Int64(parts[1], radix: 16),
            (0...1 << 40).contains(seconds), let bytes = Base64URL.bytes(String(parts[2])),
            let place = String(validating: bytes, as: UTF8.self), OpenIDStart.isPlace(place)
        else { throw OpenIDFault(.expired, "this browser did not begin here") }
        (self.cookie, self.provider, begun, self.place) = (cookie ?? "", provider, seconds * 1000, place)
        guard abs(now - begun) < OpenIDStart.life else { throw OpenIDFault(.expired, "it began too long ago") }
        guard let state, state == self.state else { throw OpenIDFault(.expired, "the answer is of another sign-in") }
    }

    /// A path without what leads elsewhere: `/receiving`, `/dock/dock-1`.
    private static func isPlace(_ text: String) -> Bool {
        (1...placeLimit).contains(text.utf8.count) && text.hasPrefix("/") && !text.contains("//")
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
            }
    }

    public var state: String { made("state") }
    var nonce: String { made("nonce") }
    /// RFC 7636 §4.1.
    var verifier: String { made("verifier") }
    /// `S256` (RFC 7636 §4.2).
    var challenge: String { Base64URL.text(Secrecy.sha256(Array(verifier.utf8))) }

    /// 43 signs that only who has the cookie can know.
    private func made(_ what: String) -> String {
        Base64URL.text(Secrecy.sha256(Array("quai openid \(what)\n\(provider)\n\(cookie)".utf8)))
    }

    // MARK: what is asked

    /// Where the browser goes (OpenID Connect Core 1.0 §3.1.2.1).
    public func address(at provider: OpenIDProvider, client: String, scopes: String, back: String) -> String {
        FormText.add(
            [
                ("response_type", "code"), ("client_id", client), ("redirect_uri", back), ("scope", scopes),
                ("state", state), ("nonce", nonce), ("code_challenge", challenge), ("code_challenge_method", "S256"),
            ], to: provider.authorization)
    }

    /// The form by which a code becomes a token (RFC 6749 §4.1.3, RFC 7636 §4.5).
    public func form(code: String, client: String, secret: String?, back: String) -> String {
        var pairs = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", back), ("code_verifier", verifier),
            ("client_id", client),
        ]
        if let secret { pairs.append(("client_secret", secret)) }
        return FormText.form(pairs)
    }

    public func expected(issuer: String, client: String) -> OpenIDToken.Expected {
        OpenIDToken.Expected(issuer: issuer, client: client, nonce: nonce)
    }

    // MARK: what comes back

    /// What a browser brings (RFC 6749 §4.1.2).
    public struct Answer: Sendable {
        public var code: String?
        public var error: String?
        public var issuer: String?

        public init(code: String?, error: String?, issuer: String?) {
            (self.code, self.error, self.issuer) = (code, error, issuer)
        }
    }

    static let codeLimit = 4096

    /// The code, where the answer is of this provider (RFC 9207 §2.4).
    public static func code(in answer: Answer, of provider: OpenIDProvider) throws(OpenIDFault) -> String {
        if provider.namesItself || answer.issuer != nil, answer.issuer != provider.issuer {
            throw OpenIDFault(.token, "the answer is another issuer's: \(OpenIDFault.short(answer.issuer ?? "-"))")
        }
        if let error = answer.error { throw OpenIDFault(.denied, "the provider says \(OpenIDFault.short(error))") }
        guard let code = answer.code, (1...codeLimit).contains(code.utf8.count) else {
            throw OpenIDFault(.wrong, "the answer has no code")
        }
        return code
    }
}

/// Answers that were used: none is used twice, whatever the provider would say.
public struct SpentStates: Sendable {
    /// Those of the last ten minutes, at most so many; beyond it the oldest go, and the provider alone refuses their codes.
    static let limit = 4096

    private var spent: [(state: String, at: Int64)] = []

    public init() {}

    /// False where it was used before.
    public mutating func spend(_ state: String, at now: Int64) -> Bool {
        spent.removeAll { abs(now - $0.at) > OpenIDStart.life }
        guard !spent.contains(where: { $0.state == state }) else { return false }
        if spent.count >= SpentStates.limit { spent.removeFirst() }
        spent.append((state, now))
        return true
    }
}
