public import Model

/// With what somebody showed who they are.
public enum SignInProof: String, CaseIterable, Sendable {
    /// A name that was believed.
    case name
    case password
    /// A password and a code of an authenticator app.
    case code
    /// A password and a recovery code.
    case recovery
    case passkey
    case pin
    case badge
    /// A provider vouches for them; and says that it asked for two things (RFC 8176 §2, `mfa`).
    case provider
    case providerTwice = "provider-twice"
    /// The ERP knows their password.
    case erp

    /// Two things at once: what one knows and what one has.
    public var isStrong: Bool { [.code, .recovery, .passkey, .providerTwice].contains(self) }
}

/// How a session began.
public struct SessionMark: Equatable, Sendable {
    public var proof: SignInProof
    /// The remote address.
    public var source: String?
    /// A browser's own description, shortened.
    public var browser: String?
    /// By whom, where it was not by a secret of ours.
    public var way: SessionWay?
    /// The screen of a dock on which it was: it ends with that.
    public var screen: Int64?

    public init(
        _ proof: SignInProof, source: String? = nil, browser: String? = nil, way: SessionWay? = nil,
        screen: Int64? = nil
    ) {
        (self.proof, self.source, self.browser, self.way, self.screen) = (proof, source, browser, way, screen)
    }
}

/// What the session of who asks shows of itself.
public struct SessionState: Equatable, Sendable {
    /// Digest of its token.
    public var digest: String
    /// When its person last showed their secret, in Unix milliseconds.
    public var shown: Int64
    /// When it was last noted that it is used.
    public var seen: Int64

    /// What changes how one signs in asks for a secret that was shown within this time, in milliseconds: a page left open is no proof.
    public static let freshness: Int64 = 600_000

    public func isFresh(at now: Int64) -> Bool { shown <= now && now - shown <= SessionState.freshness }
}

/// One of somebody's sessions, as they see it.
public struct SessionRow: Sendable {
    /// The first signs of its digest: they name it and open nothing.
    public var id: String
    public var created: Int64
    public var seen: Int64
    public var expires: Int64?
    public var source: String?
    public var browser: String?
    public var station: String?
    public var proof: SignInProof?
    public var isThis: Bool

    static let idLength = 16

    public static let shape = Shape<SessionRow>(
        "Session",
        [
            .text("id", \.id), .moment("created", \.created), .moment("seen", \.seen),
            .moment("expires", ifAny: \.expires),
            .text("source", ifAny: \.source), .text("browser", ifAny: \.browser), .text("station", ifAny: \.station),
            .word("proof", ifAny: \.proof), .mark("current", \.isThis),
        ])

    public var json: JSON { SessionRow.shape.json(self) }
}
