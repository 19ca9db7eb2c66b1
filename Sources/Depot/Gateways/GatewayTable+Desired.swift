public import Model
import SQLite

extension GatewayTable {
    /// Sets what an agent is to be set to; its revision.
    public func desire(_ text: String, of agent: String, expires: Int64?, who: String, at now: Int64) throws -> Int64 {
        try database.transaction {
            // Grows also when this database is an older one than the agent has seen.
            let last = try database.integer("SELECT revision FROM desired WHERE agent=?", .text(agent)) ?? 0
            let revision = max(last + 1, now)
            try database.run(
                """
                INSERT INTO desired VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT DO UPDATE SET revision=?2, text=?3, expires=?4, who=?5, at=?6
                """, .text(agent), .integer(revision), .text(text), .integer(expires), .text(who), .integer(now))
            try store.tell(Fact(.configurationSet, agent, "revision \(revision)"), by: Author(who), at: now)
            return revision
        }
    }

    public func desired() throws -> [(agent: String, configuration: DesiredConfiguration)] {
        try database.rows("SELECT agent, revision, text, expires FROM desired ORDER BY agent") { row in
            (
                row.text(0),
                DesiredConfiguration(revision: row.integer(1), text: row.text(2), expires: row.optionalInteger(3))
            )
        }
    }
}
