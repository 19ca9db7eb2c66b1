/// Why somebody was not let in by a provider: a kind, which the page words, and a detail for the journal, which holds no token and no
/// code.
public struct OpenIDFault: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, CaseIterable, Sendable {
        /// The provider does not answer.
        case away
        /// What it answers does not follow OpenID Connect, or is not what is configured.
        case wrong
        /// Its token is not for us, not from it, or not for this sign-in.
        case token
        /// Its token is of another time than ours: one of the clocks is wrong.
        case clock
        /// It says no, or the person did.
        case denied
        /// The answer does not belong to this browser, is too late, or came twice.
        case expired
        /// Nobody here is matched, and none of the person's groups is.
        case nobody
        /// Somebody else here has that name.
        case name
        /// Their groups give a role that is not there.
        case role
        /// They are let in no more.
        case disabled
        /// Nobody has a password yet: the first is an administrator's.
        case first
        /// Too many tries.
        case busy
        /// The secret of this client cannot be read, or is refused.
        case secret
    }

    public var kind: Kind
    public var detail: String

    public init(_ kind: Kind, _ detail: String) { (self.kind, self.detail) = (kind, detail) }

    public var description: String { detail }

    /// As the page knows it.
    public var code: String { "openid-\(kind.rawValue)" }

    /// A stranger's text for the journal: one line, at most 200 characters.
    public static func short(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(200).filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}
