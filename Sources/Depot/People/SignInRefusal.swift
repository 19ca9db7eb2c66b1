/// Why somebody was not let in, or has not shown who they are.
public enum SignInRefusal: Error, Equatable, Sendable {
    /// Name, password, PIN or badge do not fit; which of them is not said.
    case refused
    /// Too many tries, or too many at once: seconds to wait.
    case wait(Int64)
    /// Names alone are not believed here.
    case passwordNeeded
    /// It is not their password here, and whether it is the ERP's cannot be asked now.
    case erpAway
    /// This person's PIN opens nothing any more.
    case pinLocked
    /// The badge says who it is, and the house asks for the PIN besides; that person has none.
    case pinNeeded(Int64, String)
    case pinMissing
    /// The password is right, and a second factor is asked for besides; whether an app's code is one of theirs, or a passkey.
    case codeNeeded(code: Bool, passkey: Bool)
    /// Too many wrong codes today: a recovery code or a passkey opens all the same.
    case codesLocked
    /// The installation's secret is not the one that this app's code was set up with.
    case codesLost
}

extension SignInDesk {
    /// Counts a try as `admission` does. Throws `SignInRefusal` where this may not be tried now.
    public func begin(_ key: SignInKey, from source: String, at now: Int64) throws {
        switch try admission(of: key, from: source, at: now) {
        case .go: break
        case .wait(let seconds): throw SignInRefusal.wait(seconds)
        case .pinLocked: throw SignInRefusal.pinLocked
        }
    }
}
