public import Model
import SQLite

/// What a page is told of one subject, found without reading all of its kind.
extension Store {
    /// Deliveries that reads may be counted for now, one a zone at most.
    public func countedDeliveries() throws -> [Int64] {
        try database.rows("SELECT id FROM delivery WHERE status='open' AND zone IS NOT NULL ORDER BY id") {
            $0.integer(0)
        }
    }

    public func openTakes() throws -> [Int64] {
        try database.rows("SELECT id FROM stock_take WHERE status IN ('counting', 'review') ORDER BY id") {
            $0.integer(0)
        }
    }

    /// An agent with its account, without reading all of them.
    public func agent(named name: String) throws -> AgentRow? { try agents(name).first }

    /// The last clicks of a person, with how they stand.
    public func commands(of user: Int64, since moment: Int64) throws -> [CommandProgress] {
        try database.rows(
            "SELECT id, state, cause FROM command WHERE user=? AND issued>=? ORDER BY issued LIMIT 20", .integer(user),
            .integer(moment)
        ) {
            CommandProgress(
                id: $0.text(0), state: CommandProgress.State(rawValue: $0.text(1)) ?? .accepted,
                cause: $0.optionalText(2))
        }
    }
}
