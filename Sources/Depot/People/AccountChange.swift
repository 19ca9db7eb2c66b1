/// What of a person is to be changed, secrets as they were typed. Nil leaves a thing, an empty text takes a secret away.
public struct AccountChange: Equatable, Sendable {
    public var password: String?
    public var pin: String?
    public var badge: String?
    public var rights: Set<Permission>?
    public var roles: Set<String>?
    public var scope: Scope?
    public var isDisabled: Bool?
    /// With another password their programs' tokens end, unless this says no.
    public var keepsTokens: Bool?

    public init(
        password: String? = nil, pin: String? = nil, badge: String? = nil, rights: Set<Permission>? = nil,
        roles: Set<String>? = nil, scope: Scope? = nil, isDisabled: Bool? = nil, keepsTokens: Bool? = nil
    ) {
        (self.password, self.pin, self.badge) = (password, pin, badge)
        (self.rights, self.roles, self.scope, self.isDisabled) = (rights, roles, scope, isDisabled)
        self.keepsTokens = keepsTokens
    }

    /// Throws `AccountRefusal` where a secret is too weak for this person; `.first` is the desk's to see.
    public func check(for name: String) throws {
        if let password, !password.isEmpty, let weakness = Password.weakness(password, name: name) {
            throw AccountRefusal.password(weakness)
        }
        if let pin, !pin.isEmpty, !Password.isPIN(pin) { throw AccountRefusal.pin }
    }

    /// Whether `kept` hashes: some 100 ms for each secret.
    public var isSlow: Bool { [password, pin].contains { $0?.isEmpty == false } }

    /// As it is kept.
    public func kept(hashing hash: (String) -> String = Password.hash) -> PeopleTable.UserChange {
        PeopleTable.UserChange(
            password: password.map { $0.isEmpty ? "" : hash($0) }, pin: pin.map { $0.isEmpty ? "" : hash($0) },
            badge: badge.map { $0.isEmpty ? "" : Password.badge($0) }, rights: rights, roles: roles, scope: scope,
            isDisabled: isDisabled, keepsTokens: keepsTokens == true)
    }
}

/// Why a person was not changed as somebody asked.
public enum AccountRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the new password.
    case password(String)
    case pin
    /// The first secret of the house is to be the password of somebody who can add people.
    case first

    public var description: String {
        switch self {
        case .password(let weakness): weakness
        case .pin: "a PIN has 4 to 12 digits, not all the same"
        case .first:
            "the first who is let in by more than a name has a password and the right users: nobody else could add people"
        }
    }
}
