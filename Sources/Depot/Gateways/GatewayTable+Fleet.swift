import Model
import SQLite

/// A page of the gateways, the worst first: of ten thousand nobody reads all.
public struct GatewayPage: Sendable {
    /// Gateways of one answer, and how many may be skipped.
    public static let limits = 1...200
    public static let skips = 0...100_000

    /// What is asked for.
    public struct Question: Sendable {
        /// Stands in the name or the site, without regard to case.
        public var text = ""
        public var site: String?
        /// Those with a device in this zone, and links to telephones, come before all others.
        public var zone: String?
        /// Only those with which something is wrong.
        public var isWrongOnly = false
        /// What the asker may see; nil for all.
        public var reach: Set<String>?
        /// Who says nothing on a line that stands.
        public var silent: Set<String> = []
        public var limit = 50
        public var skip = 0

        public init() {}
    }

    public struct Site: Equatable, Sendable {
        public var name: String
        public var gateways: Int64
        public var wrong: Int64
    }

    public var gateways: [GatewayTable.AgentRow] = []
    /// What each of them may speak of.
    public var grants: [GatewayBook.Grant] = []
    /// How many fit the question, of how many that the asker may see, and with how many of these something is wrong.
    public var matching: Int64 = 0
    public var total: Int64 = 0
    public var wrong: Int64 = 0
    /// Of all that the asker may see.
    public var sites: [Site] = []
}

extension GatewayTable {
    /// 0 is the worst. A gateway that is gone says nothing of its readers.
    private static let rank = """
        CASE WHEN agent.online<>0 AND trouble=3 THEN 0 WHEN alarm IS NOT NULL THEN 1
            WHEN agent.online=0 OR agent.name IN (SELECT value FROM json_each(?1)) THEN 2 WHEN trouble=2 THEN 3
            WHEN coalesce(agent_grant.state, '')<>'confirmed' THEN 4 WHEN trouble=1 THEN 5 ELSE 6 END
        """
    private static let worst: Int64 = 3

    public func page(_ question: GatewayPage.Question) throws -> GatewayPage {
        let seen = """
            FROM agent LEFT JOIN agent_grant ON agent_grant.name=agent.name
            WHERE (?2 IS NULL OR agent.site IN (SELECT value FROM json_each(?2)))
            """
        let asked = """
            \(seen) AND (?3='' OR instr(lower(agent.name || ' ' || coalesce(agent.site, '')), ?3)>0)
                AND (?4 IS NULL OR agent.site=?4) AND (?5=0 OR \(GatewayTable.rank)<=\(GatewayTable.worst))
            """
        func list(_ names: Set<String>) -> Value { .text(JSON.array(names.sorted().map(JSON.string)).description) }
        let arguments: [Value] = [
            list(question.silent), question.reach.map(list) ?? .null, .text(question.text.lowercased()),
            .text(question.site), .bool(question.isWrongOnly),
        ]
        // As it stands in what was written: to read each status for it would be to read all.
        let zone = question.zone.map { "\"zone\":" + JSON.string($0).description } ?? ""
        var page = GatewayPage()
        let names = try database.rows(
            """
            SELECT agent.name \(asked)
            ORDER BY ?6<>'' AND (instr(coalesce(agent.status, ''), ?6)>0
                OR instr(coalesce(agent.status, ''), '"kind":"telephony"')>0) DESC, \(GatewayTable.rank), agent.name LIMIT ?7 OFFSET ?8
            """,
            arguments: arguments + [.text(zone), .integer(question.limit), .integer(question.skip)]
        ) { $0.text(0) }
        page.gateways = try names.compactMap { try agent(named: $0) }
        page.grants = try names.compactMap { try grant(of: $0) }
        page.matching = try database.rows("SELECT count(*) \(asked)", arguments: arguments) { $0.integer(0) }.first ?? 0
        page.sites = try database.rows(
            """
            SELECT coalesce(agent.site, ''), count(*), sum(CASE WHEN \(GatewayTable.rank)<=\(GatewayTable.worst) THEN 1 ELSE 0 END) \(seen)
            GROUP BY 1 ORDER BY 1
            """, arguments: Array(arguments.prefix(2))
        ) { GatewayPage.Site(name: $0.text(0), gateways: $0.integer(1), wrong: $0.integer(2)) }
        page.total = page.sites.reduce(0) { $0 + $1.gateways }
        page.wrong = page.sites.reduce(0) { $0 + $1.wrong }
        return page
    }

    /// What metrics say of each gateway.
    public struct Gauge: Sendable {
        public var name: String
        public var isOnline: Bool
        /// Unix milliseconds.
        public var seen: Int64
        public var pending: Int64
        /// Milliseconds.
        public var clockOffset: Int64
    }

    public func gauges() throws -> [Gauge] {
        try database.rows("SELECT name, online, seen, pending, clock_offset FROM agent ORDER BY name") {
            Gauge(
                name: $0.text(0), isOnline: $0.bool(1), seen: $0.integer(2), pending: $0.integer(3),
                clockOffset: $0.integer(4))
        }
    }
}
