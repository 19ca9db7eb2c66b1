import Model

/// Why a role was not changed.
public enum RoleRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case name
    /// It is one of those that are always there.
    case builtIn
    case tooMany
    case unknown
    /// So many people have it.
    case held(Int)

    public var description: String {
        switch self {
        case .name: "a role's name has 1 to 40 small letters, digits and hyphens, and begins with a letter"
        case .builtIn: "this role is always there and stays as it is: make one of another name"
        case .tooMany: "at most \(Role.limit) own roles"
        case .unknown: "there is no such role"
        case .held(let count): "\(count) people have this role: give them another one first"
        }
    }
}

/// Own roles. Whoever has one that changes signs in again: their open pages show what they might.
extension AccountDesk {
    /// Makes a role or changes one; returns whose sessions have ended. Throws `RoleRefusal`, or `UserFault.lastAdministrator`.
    public func set(role name: String, _ permissions: Set<Permission>, by author: Author, at now: Int64) throws
        -> [Int64]
    {
        guard Role.isName(name) else { throw RoleRefusal.name }
        guard Role.builtIn(name) == nil else { throw RoleRefusal.builtIn }
        return try store.transaction {
            let own = try store.roles.own()
            let before = own.first { $0.name == name }
            guard before != nil || own.count < Role.limit else { throw RoleRefusal.tooMany }
            guard before?.permissions != permissions else { return [] }
            let hadAdministrator = try store.people.users().contains(where: \.isAdministrator)
            try store.roles.keep(Role(name, permissions))
            if hadAdministrator, try !store.people.users().contains(where: \.isAdministrator) {
                throw PeopleTable.UserFault.lastAdministrator
            }
            try store.tell(Fact(.roleSet, name, Permission.text(permissions)), by: author, at: now)
            let holders = try store.roles.holders(of: name)
            for user in holders { try store.people.endSessions(of: user) }
            return holders
        }
    }

    /// Throws `RoleRefusal`.
    public func forget(role name: String, by author: Author, at now: Int64) throws {
        guard Role.builtIn(name) == nil else { throw RoleRefusal.builtIn }
        try store.transaction {
            guard try store.roles.role(name) != nil else { throw RoleRefusal.unknown }
            let holders = try store.roles.holders(of: name).count
            guard holders == 0 else { throw RoleRefusal.held(holders) }
            try store.roles.forget(name)
            try store.tell(Fact(.roleForgotten, name), by: author, at: now)
        }
    }
}
