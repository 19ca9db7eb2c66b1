import Model
import SQLite

/// Roles that a house made itself, who has which role, and where.
public struct RoleTable: StoreTable {
    let store: Store

    /// Built-in ones first, then one's own by name.
    public func all() throws -> [Role] { Role.builtIn + (try own()) }

    public func own() throws -> [Role] {
        try database.rows("SELECT name, actions FROM role ORDER BY name") { row in
            Role(row.text(0), Permission.set(row.text(1)))
        }
    }

    public func role(_ name: String) throws -> Role? { try Role.builtIn(name) ?? own().first { $0.name == name } }

    /// What these roles and rights come to; a role that is gone is nothing.
    public func permissions(of roles: Set<String>, and rights: Set<Permission> = []) throws -> Set<Permission> {
        var all = rights
        for name in roles { all.formUnion(try role(name)?.permissions ?? []) }
        return all.whole
    }

    public func names(of user: Int64) throws -> Set<String> { try names(of: Optional(user))[user] ?? [] }

    public func scope(of user: Int64) throws -> Scope { Scope(try scopes(of: Optional(user))[user] ?? [:]) }

    /// Nil: everybody's.
    func names(of user: Int64?) throws -> [Int64: Set<String>] {
        var names: [Int64: Set<String>] = [:]
        try database.each(
            "SELECT user, role FROM user_role \(user == nil ? "WHERE ?1 IS NULL" : "WHERE user=?1")", .integer(user)
        ) { row in
            names[row.integer(0), default: []].insert(row.text(1))
            return true
        }
        return names
    }

    func scopes(of user: Int64?) throws -> [Int64: [Scope.Kind: Set<String>]] {
        var names: [Int64: [Scope.Kind: Set<String>]] = [:]
        try database.each(
            "SELECT user, kind, name FROM user_scope \(user == nil ? "WHERE ?1 IS NULL" : "WHERE user=?1")",
            .integer(user)
        ) { row in
            if let kind = Scope.Kind(rawValue: row.text(1)) {
                names[row.integer(0), default: [:]][kind, default: []].insert(row.text(2))
            }
            return true
        }
        return names
    }

    /// A scope as of now: zones may come to a site or leave it.
    public func reach(of scope: Scope) throws -> Reach {
        guard !scope[.sites].isEmpty else { return Reach(scope, zonesOfSites: []) }
        return Reach(scope, zonesOfSites: try store.gateways.book().zones(of: scope[.sites]))
    }

    /// What everybody's role leaves of the calls; empty where nobody has a password.
    public func callLimits() throws -> [Int64: CallRouting.Limit] {
        guard try !store.people.isOpenHouse() else { return [:] }
        return RoleTable.callLimits(try store.people.users())
    }

    public static func callLimits(_ users: [PeopleTable.UserRow]) -> [Int64: CallRouting.Limit] {
        Dictionary(uniqueKeysWithValues: users.map { ($0.id, .init($0.permissions, $0.scope)) })
    }

    public func holders(of role: String) throws -> [Int64] {
        try database.rows("SELECT user FROM user_role WHERE role=?", .text(role)) { $0.integer(0) }
    }

    // MARK: changes, each within a transaction

    func keep(_ role: Role) throws {
        try database.run(
            "INSERT INTO role VALUES (?1, ?2) ON CONFLICT DO UPDATE SET actions=?2", .text(role.name),
            .text(Permission.text(role.permissions)))
    }

    func forget(_ name: String) throws { try database.run("DELETE FROM role WHERE name=?", .text(name)) }

    func give(_ roles: Set<String>, to user: Int64) throws {
        try database.run("DELETE FROM user_role WHERE user=?", .integer(user))
        for role in roles { try database.run("INSERT INTO user_role VALUES (?, ?)", .integer(user), .text(role)) }
    }

    func give(_ scope: Scope, to user: Int64) throws {
        try database.run("DELETE FROM user_scope WHERE user=?", .integer(user))
        for (kind, names) in scope.names {
            for name in names {
                try database.run(
                    "INSERT INTO user_scope VALUES (?, ?, ?)", .integer(user), .text(kind.rawValue), .text(name))
            }
        }
    }
}

extension Schema {
    /// Who is there keeps what they could do: their rights, and the role of all that needed none.
    static let roles = """
        CREATE TABLE role (name TEXT PRIMARY KEY, actions TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE user_role (
            user INTEGER NOT NULL REFERENCES user, role TEXT NOT NULL, PRIMARY KEY (user, role)) WITHOUT ROWID;
        CREATE INDEX user_role_role ON user_role (role);
        CREATE TABLE user_scope (
            user INTEGER NOT NULL REFERENCES user, kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (user, kind, name))
            WITHOUT ROWID;
        INSERT INTO user_role SELECT id, 'staff' FROM user;
        """
}
