public import Model

/// What a provider says of a person: an ID token that was checked (OpenID Connect Core 1.0 §3.1.3.7).
public struct OpenIDToken: Equatable, Sendable {
    /// `sub`: who it is there, for good.
    public let subject: String
    /// `sid`: which session it is there (OpenID Connect Back-Channel Logout 1.0 §2.1).
    public let session: String?
    public var claims: JSON

    /// How far clocks may be apart, in seconds.
    static let skew: Int64 = 120
    /// A token is taken this long after it was made, in seconds: it came from the provider just now.
    static let life: Int64 = 600
    /// Longest `sub` (OpenID Connect Core 1.0 §2).
    static let subjectLimit = 255

    /// What a token must say.
    public struct Expected: Sendable {
        public var issuer: String
        public var client: String
        public var nonce: String

        public init(issuer: String, client: String, nonce: String) {
            (self.issuer, self.client, self.nonce) = (issuer, client, nonce)
        }
    }

    /// `now` in Unix seconds. Throws `.token`, or `.clock` where only the time is wrong; `OpenIDKeys.Missing` where its key is not known.
    public init(_ text: String, keys: [ProviderKey], expected: Expected, now: Int64) throws {
        let token = try SignedToken(text)
        guard token.type == nil || token.type == "jwt" else {
            throw OpenIDFault(.token, "the token is of another kind")
        }
        try OpenIDToken.check(token, keys: keys, issuer: expected.issuer, client: expected.client, now: now)
        let claims = token.claims
        guard let nonce = claims["nonce"]?.text, nonce == expected.nonce else {
            throw OpenIDFault(.token, "the token is of another sign-in (nonce)")
        }
        guard let made = claims["iat"]?.integer, now - OpenIDToken.life - OpenIDToken.skew <= made else {
            throw OpenIDFault(.clock, "the token was made too long ago")
        }
        subject = try OpenIDToken.subject(claims["sub"])
        session = claims["sid"]?.text.map { String($0.prefix(OpenIDToken.subjectLimit)) }
        isStrong = (claims["amr"]?.list ?? []).contains { $0.text == "mfa" }
        self.claims = claims
    }

    static func subject(_ json: JSON?) throws(OpenIDFault) -> String {
        guard let text = json?.text, (1...subjectLimit).contains(text.utf8.count) else {
            throw OpenIDFault(.token, "the token does not say who it is about")
        }
        return text
    }

    /// Signature, issuer, audience and time: what an ID token and a logout token have in common.
    static func check(
        _ token: SignedToken, keys: [ProviderKey], issuer: String, client: String, now: Int64
    ) throws {
        guard !token.candidates(among: keys).isEmpty else { throw OpenIDKeys.Missing() }
        guard token.isSigned(by: keys) else {
            // One that names no key may be of a newer one.
            guard token.keyID != nil else { throw OpenIDKeys.Missing() }
            throw OpenIDFault(.token, "the token's signature is wrong")
        }
        let claims = token.claims
        guard claims["iss"]?.text == issuer else {
            throw OpenIDFault(.token, "the token is another issuer's: \(OpenIDFault.short(claims["iss"]?.text ?? "-"))")
        }
        let audience = claims["aud"]?.text.map { [$0] } ?? (claims["aud"]?.list ?? []).compactMap(\.text)
        guard audience.contains(client) else { throw OpenIDFault(.token, "the token is for another program (aud)") }
        let party = claims["azp"]?.text
        guard party == client || party == nil && audience.count == 1 else {
            throw OpenIDFault(.token, "the token was given to another program (azp)")
        }
        // Only sums of small numbers: what a stranger wrote is compared, never added to.
        guard let end = claims["exp"]?.integer else { throw OpenIDFault(.token, "the token has no end") }
        guard now - skew < end else { throw OpenIDFault(.clock, "the token is over since \(end)") }
        guard let made = claims["iat"]?.integer else { throw OpenIDFault(.token, "the token has no beginning") }
        guard made <= now + skew, claims["nbf"]?.integer ?? 0 <= now + skew else {
            throw OpenIDFault(.clock, "the token begins in the future, at \(made)")
        }
    }

    // MARK: what it says of a person

    /// With what the provider's userinfo says beside it: only of the same person (OpenID Connect Core 1.0 §5.3.2), and never instead of
    /// what is signed.
    public func adding(_ said: JSON) throws(OpenIDFault) -> OpenIDToken {
        guard said["sub"]?.text == subject else { throw OpenIDFault(.token, "userinfo speaks of somebody else") }
        var token = self
        for member in said.fields ?? [] where claims[member.name] == nil {
            token.claims = token.claims.with(member.name, member.value)
        }
        return token
    }

    /// Texts of a claim, which may be inside others: `groups`, `realm_access.roles`. One text is a list of one. Nil where it is not there.
    public func texts(_ path: String) -> [String]? {
        guard let found = claims[path] ?? path.split(separator: ".").reduce(claims, { $0?[String($1)] }) else {
            return nil
        }
        return (found.text.map { [$0] } ?? (found.list ?? []).compactMap(\.text)).prefix(OpenIDToken.groupLimit)
            .map { $0 }
    }

    /// It says that two things were shown there: `mfa` among the methods (OpenID Connect Core 1.0 §2, RFC 8176 §2). Of what is signed
    /// alone.
    public let isStrong: Bool

    /// Groups that are looked at.
    static let groupLimit = 2000

    /// What a person may be called here, the most likely first: at most 60 characters in one line, as names are.
    public var names: [String] { [claims["preferred_username"], email, claims["name"]].compactMap(OpenIDToken.name) }

    /// The e-mail address, where the provider has seen that it is theirs.
    private var email: JSON? { claims["email_verified"]?.truth == true ? claims["email"] : nil }

    public var verifiedEmail: String? { OpenIDToken.name(email) }
    public var preferredName: String? { OpenIDToken.name(claims["preferred_username"]) }

    static func name(_ json: JSON?) -> String? {
        guard let text = json?.text else { return nil }
        let clean = text.filter { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return (1...60).contains(trimmed.count) ? trimmed : nil
    }
}

/// Ends sessions: what a provider sends when somebody left there (OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.6).
public struct OpenIDLogout: Equatable, Sendable {
    /// One of the two is there.
    public let subject: String?
    public let session: String?

    init(subject: String?, session: String?) { (self.subject, self.session) = (subject, session) }

    private static let event = "http://schemas.openid.net/event/backchannel-logout"

    public init(_ text: String, keys: [ProviderKey], issuer: String, client: String, now: Int64) throws {
        let token = try SignedToken(text)
        guard token.type == nil || token.type == "jwt" || token.type == "logout+jwt" else {
            throw OpenIDFault(.token, "the token is of another kind")
        }
        try OpenIDToken.check(token, keys: keys, issuer: issuer, client: client, now: now)
        let claims = token.claims
        guard let made = claims["iat"]?.integer, now - OpenIDToken.life - OpenIDToken.skew <= made else {
            throw OpenIDFault(.clock, "the token was made too long ago")
        }
        guard claims["events"]?[OpenIDLogout.event]?.isObject == true, claims["nonce"] == nil,
            claims["jti"]?.text?.isEmpty == false
        else { throw OpenIDFault(.token, "this is no logout token") }
        subject = claims["sub"]?.text
        session = claims["sid"]?.text
        guard subject != nil || session != nil else { throw OpenIDFault(.token, "the token does not say whom it ends") }
    }
}
