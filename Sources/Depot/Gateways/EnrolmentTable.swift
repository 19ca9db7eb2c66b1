public import Model
import SQLite

/// Invitations and certificates of agents.
public struct EnrolmentTable: StoreTable {
    let store: Store

    /// One agent that is asked to join. Its token is kept as a digest.
    public struct Invitation: Equatable, Sendable {
        public enum State: String, Sendable, CaseIterable {
            case open, used, ended
            /// Too many wrong secrets came under its name.
            case blocked
        }

        public var id: String
        public var agent: String
        public var site: String
        /// The only zones that it may speak of; empty: any that is not another site's.
        public var zones: [String]
        public var who: String
        /// Unix milliseconds.
        public var made: Int64
        public var ends: Int64
        public var tries: Int64 = 0
        public var used: Int64?
        var digest = ""
        /// Hex digits of the SHA-256 of the public key that used it.
        var key: String?

        public func state(at now: Int64) -> State {
            used != nil ? .used : tries >= EnrolmentDesk.tries ? .blocked : now >= ends ? .ended : .open
        }

        /// With its state now: a view of it as pages and programs see it.
        public struct View: Sendable {
            public var invitation: Invitation
            public var state: State
        }

        public static let shape = Shape<View>(
            "AgentInvitation",
            [
                .text("agent", \.invitation.agent), .text("site", \.invitation.site),
                .texts("zones", \.invitation.zones), .text("who", \.invitation.who),
                .moment("made", \.invitation.made), .moment("ends", \.invitation.ends), .word("state", \.state),
            ])

        public func json(at now: Int64) -> JSON {
            Invitation.shape.json(View(invitation: self, state: state(at: now)))
        }
    }

    /// A certificate that an agent was given.
    public struct Given: Equatable, Sendable {
        /// Hex digits.
        public var serial: String
        public var agent: String
        /// Hex digits of the SHA-256 of its public key.
        public var key: String
        /// Unix milliseconds.
        public var made: Int64
        public var ends: Int64
        public var revoked: Int64?

        public init(serial: String, agent: String, key: String, made: Int64, ends: Int64, revoked: Int64? = nil) {
            (self.serial, self.agent, self.key) = (serial, agent, key)
            (self.made, self.ends, self.revoked) = (made, ends, revoked)
        }
    }

    // MARK: invitations

    public func invitations() throws -> [Invitation] { try rows("1=1", []) }

    func invitation(_ id: String) throws -> Invitation? { try rows("id=?", [.text(id)]).first }

    private func rows(_ condition: String, _ values: [Value]) throws -> [Invitation] {
        try database.rows(
            """
            SELECT id, agent, site, zones, who, made, ends, tries, used, digest, key FROM agent_invitation
            WHERE \(condition) ORDER BY agent
            """, arguments: values
        ) { row in
            Invitation(
                id: row.text(0), agent: row.text(1), site: row.text(2),
                zones: (try? JSON(parsing: row.text(3)))?.list?.compactMap(\.text) ?? [], who: row.text(4),
                made: row.integer(5), ends: row.integer(6), tries: row.integer(7), used: row.optionalInteger(8),
                digest: row.text(9), key: row.optionalText(10))
        }
    }

    /// One for each agent: a new one takes the place of the former.
    func keep(_ invitation: Invitation) throws {
        _ = try withdraw(invitation.agent)
        try database.run(
            "INSERT INTO agent_invitation (id, agent, digest, site, zones, who, made, ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            .text(invitation.id), .text(invitation.agent), .text(invitation.digest), .text(invitation.site),
            .text(JSON.array(invitation.zones.map(JSON.string)).description), .text(invitation.who),
            .integer(invitation.made), .integer(invitation.ends))
    }

    func withdraw(_ agent: String) throws -> Bool {
        guard try database.integer("SELECT 1 FROM agent_invitation WHERE agent=?", .text(agent)) != nil else {
            return false
        }
        try database.run("DELETE FROM agent_invitation WHERE agent=?", .text(agent))
        return true
    }

    /// Those that ended before `moment`, used or not.
    func forget(endedBefore moment: Int64) throws {
        try database.run("DELETE FROM agent_invitation WHERE ends<?", .integer(moment))
    }

    func count(tryOf id: String) throws {
        try database.run("UPDATE agent_invitation SET tries=tries+1 WHERE id=?", .text(id))
    }

    func use(_ id: String, key: String, at now: Int64) throws {
        try database.run("UPDATE agent_invitation SET used=?, key=? WHERE id=?", .integer(now), .text(key), .text(id))
    }

    // MARK: certificates

    /// Newest first.
    public func given(to agent: String? = nil) throws -> [Given] {
        try database.rows(
            """
            SELECT serial, agent, key, made, ends, revoked FROM agent_certificate WHERE agent=?1 OR ?1 IS NULL
            ORDER BY made DESC, serial
            """, .text(agent)
        ) { EnrolmentTable.given($0) }
    }

    func given(key: String) throws -> Given? {
        try database.first(
            "SELECT serial, agent, key, made, ends, revoked FROM agent_certificate WHERE key=? ORDER BY made DESC LIMIT 1",
            .text(key)
        ) { EnrolmentTable.given($0) }
    }

    private static func given(_ row: SQLite.Row) -> Given {
        Given(
            serial: row.text(0), agent: row.text(1), key: row.text(2), made: row.integer(3), ends: row.integer(4),
            revoked: row.optionalInteger(5))
    }

    func keep(_ given: Given) throws {
        try database.run(
            "INSERT INTO agent_certificate (serial, agent, key, made, ends) VALUES (?, ?, ?, ?, ?)",
            .text(given.serial),
            .text(given.agent), .text(given.key), .integer(given.made), .integer(given.ends))
    }

    /// What has ended needs no place on a list of revoked ones, and nobody asks for it.
    func forget(certificatesEndedBefore moment: Int64) throws {
        try database.run("DELETE FROM agent_certificate WHERE ends<?", .integer(moment))
    }

    func revoke(allOf agent: String, at now: Int64) throws {
        try database.run(
            "UPDATE agent_certificate SET revoked=? WHERE agent=? AND revoked IS NULL", .integer(now), .text(agent))
    }
}
