public import Model
import SQLite

extension Store {
    public struct UserRow: Sendable {
        public var id: Int64
        public var name: String
        public var password: String?
        public var pin: String?
        public var hasBadge: Bool
        public var rights: Set<Permission>
        public var isDisabled: Bool

        public var json: JSON {
            .object([
                ("id", .int(id)), ("name", .string(name)), ("hasPassword", .bool(password != nil)),
                ("hasPin", .bool(pin != nil)), ("hasBadge", .bool(hasBadge)),
                ("rights", .array(rights.map(\.rawValue).sorted().map(JSON.string))), ("disabled", .bool(isDisabled)),
            ])
        }
    }

    /// What of a user is changed; nil leaves it. An empty text takes a secret away.
    public struct UserChange: Sendable {
        public var password: String?
        public var pin: String?
        public var badge: String?
        public var rights: Set<Permission>?
        public var isDisabled: Bool?

        public init(
            password: String? = nil, pin: String? = nil, badge: String? = nil, rights: Set<Permission>? = nil,
            isDisabled: Bool? = nil
        ) {
            (self.password, self.pin, self.badge) = (password, pin, badge)
            (self.rights, self.isDisabled) = (rights, isDisabled)
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

    private func users(_ condition: String, _ argument: Value) throws -> [UserRow] {
        try database.rows(
            """
            SELECT id, name, password, pin, badge IS NOT NULL, rights, disabled FROM user
            WHERE \(condition == "1" ? "?1=1" : condition) ORDER BY name
            """, argument
        ) { row in
            UserRow(
                id: row.integer(0), name: row.text(1), password: row.optionalText(2), pin: row.optionalText(3),
                hasBadge: row.bool(4), rights: Permission.set(row.text(5)), isDisabled: row.bool(6))
        }
    }

    /// Adds a person or changes one. Secrets come as they are kept (`Password`). Sessions end when a secret changes.
    public func save(user name: String, _ change: UserChange, by author: Author, at now: Int64) throws -> Int64 {
        let id: Int64
        if let known = try database.integer("SELECT id FROM user WHERE name=?", .text(name)) {
            id = known
        } else {
            try database.run("INSERT INTO user (name, created) VALUES (?, ?)", .text(name), .integer(now))
            id = database.lastInsertID
            try audit("user.add", subject: name, by: author, at: now)
        }
        for (column, value) in [("password", change.password), ("pin", change.pin), ("badge", change.badge)] {
            guard let value else { continue }
            try database.run(
                "UPDATE user SET \(column)=? WHERE id=?", .text(value.isEmpty ? nil : value), .integer(id))
            try audit("user.\(column)", subject: name, by: author, at: now)
        }
        if let rights = change.rights {
            let text = rights.map(\.rawValue).sorted().joined(separator: ",")
            try database.run("UPDATE user SET rights=? WHERE id=?", .text(text), .integer(id))
            try audit("user.rights", subject: name, by: author, detail: text, at: now)
        }
        if let isDisabled = change.isDisabled {
            try database.run("UPDATE user SET disabled=? WHERE id=?", .bool(isDisabled), .integer(id))
            try audit(isDisabled ? "user.disable" : "user.enable", subject: name, by: author, at: now)
        }
        if change.password != nil || change.pin != nil || change.badge != nil || change.isDisabled == true {
            try database.run("DELETE FROM session WHERE user=?", .integer(id))
        }
        return id
    }

    /// People who can sign in at a dock with a PIN.
    public func peopleWithPIN() throws -> [JSON] {
        try database.rows("SELECT id, name FROM user WHERE pin IS NOT NULL AND disabled=0 ORDER BY name LIMIT 200") {
            .object([("id", .int($0.integer(0))), ("name", .string($0.text(1)))])
        }
    }
}
