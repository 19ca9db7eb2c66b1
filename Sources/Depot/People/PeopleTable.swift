public import Model
import SQLite

/// People who use the centre, their rights and sessions.
public struct PeopleTable: StoreTable {
    let store: Store

    public struct UserRow: Sendable {
        public var id: Int64
        public var name: String
        public var password: String?
        public var pin: String?
        public var hasBadge: Bool
        /// Given beside the roles; all that they may is `permissions`.
        public var rights: Set<Permission>
        public var roles: Set<String> = []
        public var scope = Scope()
        public var permissions: Set<Permission> = []
        public var isDisabled: Bool
        /// Too many wrong PINs: it opens nothing until `openPIN`.
        public var isPINLocked: Bool

        /// Can add and mend other people: somebody must be left who can.
        public var isAdministrator: Bool { permissions.contains(.users) && password != nil && !isDisabled }

        public static let shape = Shape<UserRow>(
            "User",
            [
                .integer("id", \.id), .text("name", \.name), .truth("hasPassword") { $0.password != nil },
                .truth("hasPin") { $0.pin != nil }, .truth("hasBadge", \.hasBadge),
                .mark("pinLocked", \.isPINLocked),
                .json("rights", .list(.words(Permission.self))) {
                    .array($0.rights.map(\.rawValue).sorted().map(JSON.string))
                },
                .texts("roles") { $0.roles.sorted() },
                .json("scope", Scope.schema, \.scope.json),
                .truth("disabled", \.isDisabled),
            ])

        public var json: JSON { UserRow.shape.json(self) }
    }

    /// What of a user is changed; nil leaves it. An empty text takes a secret away.
    public struct UserChange: Sendable {
        public var password: String?
        public var pin: String?
        public var badge: String?
        public var rights: Set<Permission>?
        public var roles: Set<String>?
        public var scope: Scope?
        public var isDisabled: Bool?
        /// Of a password that somebody else takes the place of: what programs show for this person goes on.
        public var keepsTokens: Bool

        public init(
            password: String? = nil, pin: String? = nil, badge: String? = nil, rights: Set<Permission>? = nil,
            roles: Set<String>? = nil, scope: Scope? = nil, isDisabled: Bool? = nil, keepsTokens: Bool = false
        ) {
            (self.password, self.pin, self.badge) = (password, pin, badge)
            (self.rights, self.roles, self.scope, self.isDisabled) = (rights, roles, scope, isDisabled)
            self.keepsTokens = keepsTokens
        }
    }

    /// Nobody has a password, PIN or badge: names are believed.
    public func isOpenHouse() throws -> Bool {
        try database.integer(
            "SELECT 1 FROM user WHERE password IS NOT NULL OR pin IS NOT NULL OR badge IS NOT NULL LIMIT 1") == nil
    }

    public func users() throws -> [UserRow] { try users("1", .integer(1)) }
    public func user(name: String) throws -> UserRow? { try users("name=?1", .text(name)).first }
    public func user(id: Int64) throws -> UserRow? { try users("id=?1", .integer(id)).first }
    public func user(badge: String) throws -> UserRow? { try users("badge=?1", .text(badge)).first }

    /// As whom somebody is told something while they are not there: by their rights, which of nobody are none.
    public func reader(_ id: Int64) throws -> Person {
        let user = try user(id: id)
        var person = Person(id: id, name: user?.name ?? "", desk: nil)
        (person.rights, person.isOpenHouse) = (user?.permissions ?? [], try isOpenHouse())
        return person
    }

    private func users(_ condition: String, _ argument: Value) throws -> [UserRow] {
        // The whole tables rather than two questions for each person, where there are thousands.
        let one = condition == "1" ? nil : try database.integer("SELECT id FROM user WHERE \(condition)", argument)
        let (own, roles, scopes) = (
            try store.roles.own(), try store.roles.names(of: one), try store.roles.scopes(of: one)
        )
        return try database.rows(
            """
            SELECT id, name, password, pin, badge IS NOT NULL, rights, disabled, pin_wrong FROM user
            WHERE \(condition == "1" ? "?1=1" : condition) ORDER BY name
            """, argument
        ) { row in
            UserRow(
                id: row.integer(0), name: row.text(1), password: row.optionalText(2), pin: row.optionalText(3),
                hasBadge: row.bool(4), rights: Permission.set(row.text(5)), isDisabled: row.bool(6),
                isPINLocked: row.integer(7) >= SignInDesk.pinBudget)
        }.map { user in
            var user = user
            (user.roles, user.scope) = (roles[user.id] ?? [], Scope(scopes[user.id] ?? [:]))
            user.permissions =
                user.roles.reduce(into: user.rights) { all, name in
                    all.formUnion((Role.builtIn(name) ?? own.first { $0.name == name })?.permissions ?? [])
                }.whole
            return user
        }
    }

    /// Why a change of a person was not made.
    public enum UserFault: Error, Equatable, CustomStringConvertible {
        /// Nobody would be left who has a password and the right `users`.
        case lastAdministrator
        /// A badge says who somebody is: it is one person's.
        case badgeTaken
        case unknownRole(String)

        public var description: String {
            switch self {
            case .lastAdministrator: "nobody else has a password and the right users: give it to somebody else first"
            case .badgeTaken: "this badge is somebody else's: take it away from them first"
            case .unknownRole(let name): "there is no role \(name.prefix(40))"
            }
        }
    }

    /// Adds a person or changes one. Secrets come as they are kept (`Password`). Sessions end when a secret or a right
    /// changes; programs' tokens too where somebody else changes a password that there was: it may have been known to a stranger, who
    /// made some. Called within a transaction. Throws `UserFault` before anything is written; `force` leaves nobody who can add people.
    public func save(
        user name: String, _ change: UserChange, by author: Author, force: Bool = false, at now: Int64
    ) throws -> Int64 {
        let before = try user(name: name)
        for role in change.roles ?? [] where try store.roles.role(role) == nil { throw UserFault.unknownRole(role) }
        if !force, let before, before.isAdministrator, try !store.people.changed(before, by: change).isAdministrator,
            try !users().contains(where: { $0.id != before.id && $0.isAdministrator })
        {
            throw UserFault.lastAdministrator
        }
        if let badge = change.badge, !badge.isEmpty, let owner = try user(badge: badge), owner.name != name {
            throw UserFault.badgeTaken
        }
        let id: Int64
        if let before {
            id = before.id
        } else {
            id = try insert(name, roles: change.roles ?? [Role.staff], at: now)
            try store.tell(Fact(.userAdded, name), by: author, at: now)
        }
        for (column, value) in [("password", change.password), ("pin", change.pin), ("badge", change.badge)] {
            guard let value else { continue }
            try database.run(
                "UPDATE user SET \(column)=? WHERE id=?", .text(value.isEmpty ? nil : value), .integer(id))
            try store.tell(Fact(.user(secret: column), name), by: author, at: now)
        }
        if let rights = change.rights {
            let text = Permission.text(rights)
            try database.run("UPDATE user SET rights=? WHERE id=?", .text(text), .integer(id))
            try store.tell(Fact(.userRights, name, text), by: author, at: now)
        }
        if let roles = change.roles, roles != before?.roles {
            try store.roles.give(roles, to: id)
            try store.tell(
                Fact(.userRights, name, "role=\(roles.sorted().joined(separator: ","))"), by: author, at: now)
        }
        if let scope = change.scope, scope != before?.scope ?? Scope() {
            try store.roles.give(scope, to: id)
            try store.tell(Fact(.userScope, name, scope.text), by: author, at: now)
        }
        if let isDisabled = change.isDisabled {
            try database.run("UPDATE user SET disabled=? WHERE id=?", .bool(isDisabled), .integer(id))
            try store.tell(Fact(isDisabled ? .userDisabled : .userEnabled, name), by: author, at: now)
        }
        if change.endsSessions(of: before) { try endSessions(of: id) }
        if change.password != nil, before?.password != nil, author.who != name, !change.keepsTokens {
            try TokenDesk(store).revoke(allOf: id, by: author, at: now)
        }
        // Somebody who runs the server has looked at it: what strangers tried holds nobody up.
        if change.password != nil || change.pin != nil || change.isDisabled == false {
            try openPIN(of: id)
            try database.run(
                """
                UPDATE sign_in_try SET count=0, until=0
                WHERE kind='name' AND subject=? OR kind IN ('pin', 'own') AND subject=?
                """, .text(name), .text(String(id)))
        }
        return id
    }

    /// A new person, with these roles.
    func insert(_ name: String, roles: Set<String> = [Role.staff], at now: Int64) throws -> Int64 {
        try database.run("INSERT INTO user (name, created) VALUES (?, ?)", .text(name), .integer(now))
        let id = database.lastInsertID
        try store.roles.give(roles, to: id)
        return id
    }

    func endSessions(of id: Int64) throws { try database.run("DELETE FROM session WHERE user=?", .integer(id)) }

    /// The budget of wrong PINs is whole again.
    func openPIN(of id: Int64) throws { try database.run("UPDATE user SET pin_wrong=0 WHERE id=?", .integer(id)) }

    /// People who can sign in at a dock with a PIN.
    public func withPIN() throws -> [JSON] {
        try database.rows("SELECT id, name FROM user WHERE pin IS NOT NULL AND disabled=0 ORDER BY name LIMIT 200") {
            PeopleTable.withPIN.json($0)
        }
    }

    private static let withPIN = Shape<SQLite.Row>(
        "PersonWithPin", [.integer("id") { $0.integer(0) }, .text("name") { $0.text(1) }])

    public static let withPINSchema = withPIN.schema
}

extension PeopleTable {
    /// As it would be; secrets as they would be kept.
    func changed(_ row: UserRow, by change: UserChange) throws -> UserRow {
        var row = row
        if let password = change.password { row.password = password.isEmpty ? nil : password }
        if let rights = change.rights { row.rights = rights }
        if let roles = change.roles { row.roles = roles }
        row.permissions = try store.roles.permissions(of: row.roles, and: row.rights)
        if let isDisabled = change.isDisabled { row.isDisabled = isDisabled }
        return row
    }
}

extension PeopleTable.UserChange {
    /// Whether open sessions, and with them open pages, end: another secret, let in no more, or other rights than before.
    public func endsSessions(of before: PeopleTable.UserRow?) -> Bool {
        password != nil || pin != nil || badge != nil || isDisabled == true
            || rights.map { $0 != before?.rights ?? [] } ?? false
            || roles.map { $0 != before?.roles } ?? false || scope.map { $0 != before?.scope } ?? false
    }
}
