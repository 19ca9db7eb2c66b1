import Model
import SQLite

extension CallTable {
    /// Calls that are over, in the order of their beginnings and names, behind one of them; one that cannot be read is none, and is passed.
    func page(
        after started: Int64, _ id: String, before end: Int64, site: String?, limit: Int
    ) throws -> [(started: Int64, id: String, site: String?, call: CallRow?)] {
        let rows = try database.rows(
            """
            SELECT call.started, call.id, agent.site FROM call LEFT JOIN agent ON agent.name=call.agent
            WHERE call.started>=?1 AND (call.started>?1 OR call.id>?2) AND call.started<?3 AND call.state='ended'
                AND (?4 IS NULL OR agent.site=?4) ORDER BY call.started, call.id LIMIT ?5
            """, .integer(started), .text(id), .integer(end), .text(site), .integer(limit)
        ) { (started: $0.integer(0), id: $0.text(1), site: $0.optionalText(2)) }
        return try rows.map { ($0.started, $0.id, $0.site, try row($0.id)) }
    }
}
