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
