import Model
import SQLite

/// Screens that are bound to their docks.
public struct ScreenTable: StoreTable {
    let store: Store

    public func all() throws -> [Screen] { try rows("1", .integer(1)) }
    public func screen(_ id: Int64) throws -> Screen? { try rows("id=?1", .integer(id)).first }
    /// By its secret's digest.
    public func screen(secret digest: String) throws -> Screen? { try rows("secret=?1", .text(digest)).first }

    private func rows(_ condition: String, _ argument: Value) throws -> [Screen] {
        try database.rows(
            """
            SELECT id, name, zone, device, created, who, used, source FROM screen
            WHERE \(condition == "1" ? "?1=1" : condition) ORDER BY zone, device, id
            """, argument
        ) {
            Screen(
                id: $0.integer(0), name: $0.text(1), zone: $0.text(2), device: $0.optionalText(3),
                created: $0.integer(4), who: $0.text(5), used: $0.optionalInteger(6), source: $0.optionalText(7))
        }
    }

    /// Badges that open something, as they are kept.
    func badges() throws -> Set<String> {
        Set(try database.rows("SELECT badge FROM user WHERE badge IS NOT NULL AND disabled=0") { $0.text(0) })
    }

    func add(_ screen: Screen, secret digest: String) throws -> Int64 {
        try database.run(
            "INSERT INTO screen (secret, name, zone, device, created, who) VALUES (?, ?, ?, ?, ?, ?)", .text(digest),
            .text(screen.name), .text(screen.zone), .text(screen.device), .integer(screen.created), .text(screen.who))
        return database.lastInsertID
    }

    func use(_ id: Int64, from source: String, at now: Int64) throws {
        try database.run(
            "UPDATE screen SET used=?2, source=?3 WHERE id=?1", .integer(id), .integer(now), .text(source))
    }

    /// With the sessions that were opened on it; their digests.
    func remove(_ id: Int64) throws -> [String] {
        let sessions = try database.rows("SELECT token FROM session WHERE screen=?", .integer(id)) { $0.text(0) }
        try database.run("DELETE FROM session WHERE screen=?", .integer(id))
        try database.run("DELETE FROM screen WHERE id=?", .integer(id))
        return sessions
    }
}

extension Schema {
    /// Screens that stand at a dock for good, and on which of them a session was opened.
    static let screens = """
        CREATE TABLE screen (
            id INTEGER PRIMARY KEY AUTOINCREMENT, secret TEXT NOT NULL UNIQUE, name TEXT NOT NULL, zone TEXT NOT NULL, device TEXT,
            created INTEGER NOT NULL, who TEXT NOT NULL, used INTEGER, source TEXT);
        CREATE UNIQUE INDEX screen_reader ON screen (zone, coalesce(device, ''));
        ALTER TABLE session ADD COLUMN screen INTEGER;
        """
}
