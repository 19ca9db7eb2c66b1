/// Who may have numbers dialled by a click; names as people sign in. Nil: everybody.
public struct DialRights: Equatable, Sendable {
    public var callers: Set<String>?
    public var abroad: Set<String>?
    public var premium: Set<String> = []
    /// Calls by click for one person within a minute.
    public var perMinute = 10

    public init() {}
}

/// Why a click was not dialled.
public enum DialRefusal: Error, Equatable, Sendable {
    /// They have claimed no telephone.
    case noDesk
    /// No agent with a working link to an exchange may be asked.
    case noGateway
    case noRight, noRightAbroad
    /// So many are allowed in a minute.
    case tooMany(Int)
    case number(PhoneNumber.Kind, premium: Bool)
    /// Their own telephone has no part in such a call at this moment.
    case noCall
    /// The telephone link of this call cannot do that, or does not work.
    case notHere
}
