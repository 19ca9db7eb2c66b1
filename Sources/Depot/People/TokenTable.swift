public import Model
import SQLite

/// Which program asks, and what it may.
public struct ProgramMark: Equatable, Sendable {
    /// The signs that name its token.
    public var id: String
    public var name: String
    /// It reads and changes nothing.
    public var isReader: Bool
    /// When it was last noted that it is used, and from where; Unix milliseconds.
    var used: Int64?
    var source: String?

    public init(id: String, name: String, isReader: Bool) { (self.id, self.name, self.isReader) = (id, name, isReader) }

    init(id: String, name: String, isReader: Bool, used: Int64?, source: String?) {
        self.init(id: id, name: name, isReader: isReader)
        (self.used, self.source) = (used, source)
    }

    /// Between two notes of it, in milliseconds.
    public static let pause: Int64 = 600_000

    public func isNoteDue(from source: String, at now: Int64) -> Bool {
        guard let used else { return true }
        return used < now - ProgramMark.pause || self.source != source
    }
}

/// Tokens of programs: each acts for the person who made it, with what of their rights it was given.
public struct TokenTable: StoreTable {
    let store: Store

    public struct Row: Sendable {
        public var id: String
        public var name: String
        public var who: String
        public var scopes: Set<Permission>
        public var isReader: Bool
        public var created: Int64
        public var expires: Int64
        public var used: Int64?
        public var source: String?

        public static let shape = Shape<Row>(
            "Token",
            [
                .text("id", \.id), .text("name", \.name), .text("who", \.who),
                .json("scopes", .list(.words(Permission.self))) {
                    .array($0.scopes.map(\.rawValue).sorted().map(JSON.string))
                },
                .mark("readOnly", \.isReader), .moment("created", \.created), .moment("expires", \.expires),
                .moment("used", ifAny: \.used), .text("source", ifAny: \.source),
            ])

        public var json: JSON { Row.shape.json(self) }
    }

    /// All of them, or one person's.
    public func rows(of user: Int64? = nil) throws -> [Row] {
        try database.rows(
            """
            SELECT token.id, token.name, user.name, scopes, reads, token.created, expires, used, used_from FROM token
            JOIN user ON user.id=token.user WHERE ?1 IS NULL OR user.id=?1 ORDER BY token.name, token.id
            """, .integer(user)
        ) {
            Row(
                id: $0.text(0), name: $0.text(1), who: $0.text(2), scopes: Permission.set($0.text(3)),
                isReader: $0.bool(4), created: $0.integer(5), expires: $0.integer(6), used: $0.optionalInteger(7),
                source: $0.optionalText(8))
        }
    }

    public func row(_ id: String) throws -> Row? { try rows().first { $0.id == id } }

    /// Whose program shows this token; nil for one that is none, has ended, or whose person is let in no more.
    public func person(token: String, at now: Int64) throws -> Person? {
        guard let id = ProgramToken.name(of: token) else { return nil }
        var scopes: Set<Permission> = []
        let found = try database.first(
            """
            SELECT user.id, user.name, user.rights, token.name, scopes, reads, used, digest, used_from FROM token
            JOIN user ON user.id=token.user
            WHERE token.id=?1 AND expires>?2 AND disabled=0 AND (?3<>0
                OR user.password IS NOT NULL OR user.pin IS NOT NULL OR user.badge IS NOT NULL)
            """, .text(id), .integer(now), .bool(try store.people.isOpenHouse())
        ) { row in
            var person = Person(id: row.integer(0), name: row.text(1), desk: nil)
            person.rights = Permission.set(row.text(2))
            scopes = Permission.set(row.text(4)).whole
            // The trail says whose it is, and which.
            person.station = "program \(row.text(3))"
            person.program = ProgramMark(
                id: id, name: row.text(3), isReader: row.bool(5), used: row.optionalInteger(6),
                source: row.optionalText(8))
            // Also where nobody has a password: what it may was said when it was made.
            person.isOpenHouse = false
            return (person: person, digest: row.text(7))
        }
        guard let found, Secrecy.isSame(Array(found.digest.utf8), Array(ProgramToken.digest(token).utf8)) else {
            return nil
        }
        var person = found.person
        person.roles = try store.roles.names(of: person.id)
        person.rights = try store.roles.permissions(of: person.roles, and: person.rights).intersection(scopes)
        person.reach = try store.roles.reach(of: store.roles.scope(of: person.id))
        return person
    }

    func add(_ row: Row, digest: String, of user: Int64) throws {
        try database.run(
            "INSERT INTO token (id, digest, user, name, scopes, reads, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            .text(row.id), .text(digest), .integer(user), .text(row.name),
            .text(row.scopes.map(\.rawValue).sorted().joined(separator: ",")), .bool(row.isReader),
            .integer(row.created),
            .integer(row.expires))
    }

    func remove(_ id: String) throws { try database.run("DELETE FROM token WHERE id=?", .text(id)) }

    func count() throws -> Int64 { try database.integer("SELECT count(*) FROM token") ?? 0 }

    func use(_ id: String, from source: String, at now: Int64) throws {
        try database.run(
            "UPDATE token SET used=?, used_from=? WHERE id=?", .integer(now), .text(source), .text(id))
    }
}
