import Model

/// Whose tries are counted. The kind is kept beside the subject, never joined to it: no name can equal a badge or a PIN.
public struct SignInKey: Equatable, Sendable {
    enum Kind: String, Sendable {
        case name, pin, badge, own, code, passkey
        case openID = "openid"
    }

    var kind: Kind
    var subject: String

    /// What it shows where it opens a session.
    var proof: SignInProof {
        switch kind {
        case .name, .own: .password
        case .pin: .pin
        case .badge: .badge
        case .code: .code
        case .passkey: .passkey
        case .openID: .provider
        }
    }

    /// A name, as typed, with a password.
    public static func name(_ name: String) -> SignInKey { SignInKey(kind: .name, subject: name) }

    /// A person's PIN.
    public static func pin(_ person: Int64) -> SignInKey { SignInKey(kind: .pin, subject: String(person)) }

    /// A badge, as it is kept: a wrong one costs no other one a pause, and whoever tries many is counted by source.
    public static func badge(_ digest: String) -> SignInKey { SignInKey(kind: .badge, subject: digest) }

    /// An answer of a provider, from where it was brought: a stranger's answers cost nobody else a pause.
    public static func openID(_ provider: String, from source: String) -> SignInKey {
        SignInKey(kind: .openID, subject: "\(provider) \(SignInSource.counted(source))")
    }

    /// The present password, asked of somebody who is signed in and wants another one.
    public static func own(_ person: Int64) -> SignInKey { SignInKey(kind: .own, subject: String(person)) }

    /// A code of a second factor, after the password was right.
    static func code(_ person: Int64) -> SignInKey { SignInKey(kind: .code, subject: String(person)) }

    /// A passkey, by its credential's digest: whoever shows many that open nothing is counted by source.
    static func passkey(_ credential: String) -> SignInKey {
        SignInKey(kind: .passkey, subject: Topic.digest(of: credential))
    }
}
