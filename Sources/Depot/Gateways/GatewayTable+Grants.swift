import Model
import SQLite

/// Gateways: what they said of themselves, and what they may and shall.
public struct GatewayTable: StoreTable {
    let store: Store

    /// Every agent that is known, by name.
    public func grants() throws -> [GatewayBook.Grant] { try grants(nil) }

    func grant(of agent: String) throws -> GatewayBook.Grant? { try grants(agent).first }

    private func grants(_ name: String?) throws -> [GatewayBook.Grant] {
        try database.rows(
            """
            SELECT name, site, zones, may_telephone, state, who, at FROM agent_grant
            \(name == nil ? "WHERE ?1 IS NULL" : "WHERE name=?1") ORDER BY name
            """, .text(name)
        ) { row in
            GatewayBook.Grant(
                name: row.text(0), site: row.optionalText(1),
                zones: (try? JSON(parsing: row.text(2)))?.list?.compactMap(\.text) ?? [], mayTelephone: row.bool(3),
                state: GatewayBook.Grant.State(rawValue: row.text(4)) ?? .learned, who: row.text(5), at: row.integer(6))
        }
    }

    /// The grants with the zones that the devices of confirmed agents stand in, by their last status.
    public func book() throws -> GatewayBook {
        let told = try database.rows(
            """
            SELECT agent.name, agent.status FROM agent JOIN agent_grant ON agent_grant.name=agent.name
            WHERE agent_grant.state='confirmed' AND agent.status IS NOT NULL
            """
        ) { row -> (agent: String, status: String) in (row.text(0), row.text(1)) }
        var claims: [String: Set<String>] = [:]
        for (agent, status) in told {
            guard let status = try? JSON(parsing: status) else { continue }
            claims[agent] = GatewayDesk.zones(of: status)
        }
        return GatewayBook(try grants(), claims: claims)
    }

    /// Another number whenever a grant has changed.
    func change() throws -> Int64? { try database.integer(GatewayTable.changeQuestion) }

    static let changeQuestion = "SELECT n FROM agent_grant_change"

    func isKnown(_ agent: String) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM agent WHERE name=?1 UNION SELECT 1 FROM agent_grant WHERE name=?1", .text(agent)) != nil
    }

    func move(_ agent: String, to site: String) throws {
        try database.run("UPDATE agent SET site=? WHERE name=?", .text(site), .text(agent))
    }

    func alarm(of agent: String) throws -> String? {
        try database.text("SELECT alarm FROM agent WHERE name=? AND alarm IS NOT NULL", .text(agent))
    }

    func clearAlarm(of agent: String) throws {
        try database.run("UPDATE agent SET alarm=NULL WHERE name=?", .text(agent))
    }

    /// Its records and calls stay.
    func forget(_ agent: String) throws {
        for statement in [
            "DELETE FROM agent WHERE name=?", "DELETE FROM agent_grant WHERE name=? AND state<>'revoked'",
            "DELETE FROM desired WHERE agent=?",
        ] { try database.run(statement, .text(agent)) }
    }

    func keep(_ grant: GatewayBook.Grant) throws {
        try database.run(
            """
            INSERT INTO agent_grant VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT DO UPDATE SET site=?2, zones=?3, may_telephone=?4, state=?5, who=?6, at=?7
            """, .text(grant.name), .text(grant.site), .text(JSON.array(grant.zones.map(JSON.string)).description),
            .bool(grant.mayTelephone), .text(grant.state.rawValue), .text(grant.who), .integer(grant.at))
    }

    /// An agent with its account, without reading all of them.
    public func agent(named name: String) throws -> AgentRow? { try rows(name).first }
}
