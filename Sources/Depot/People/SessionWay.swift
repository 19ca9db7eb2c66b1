/// By whom somebody has shown who they are, where it was not by a secret of ours. Such a session ends after a working day, so that whoever
/// leaves there is not let in here for a month.
public struct SessionWay: Equatable, Sendable {
    public enum Kind: String, Sendable {
        /// A provider of OpenID Connect.
        case openID = "openid"
        /// The ERP knows their password.
        case erp
    }

    /// Milliseconds.
    public static let life: Int64 = 12 * 3_600_000

    public var kind: Kind
    /// Of the provider.
    public var issuer: String?
    /// `sid`: the session there.
    public var session: String?

    public static let erp = SessionWay(kind: .erp)

    public static func openID(_ issuer: String, session: String?) -> SessionWay {
        SessionWay(kind: .openID, issuer: issuer, session: session)
    }
}
