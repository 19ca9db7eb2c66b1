import Model
import SQLite

/// Versions that were brought to the gateways, and the one that is on its way.
public struct RolloutTable: StoreTable {
    let store: Store
    /// Those that are remembered.
    static let kept: Int64 = 50

    /// The newest.
    public func last() throws -> (id: Int64, rollout: Rollout)? {
        let row = try database.rows("SELECT id, value FROM rollout ORDER BY id DESC LIMIT 1") {
            ($0.integer(0), $0.text(1))
        }
        .first
        guard let row, let json = try? JSON(parsing: row.1), let rollout = Rollout(json: json) else { return nil }
        return (row.0, rollout)
    }

    /// Whether one is under way, without reading it.
    func isOpen() throws -> Bool {
        try database.integer("SELECT 1 FROM rollout WHERE state NOT IN ('done', 'abandoned')") != nil
    }

    func add(_ rollout: Rollout) throws {
        try database.run(
            "INSERT INTO rollout (state, who, begun, value) VALUES (?, ?, ?, ?)", .text(rollout.state.rawValue),
            .text(rollout.who), .integer(rollout.begun), .text(rollout.json.description))
        try database.run(
            "DELETE FROM rollout WHERE id <= (SELECT max(id) FROM rollout) - ?", .integer(RolloutTable.kept))
    }

    func keep(_ id: Int64, _ rollout: Rollout) throws {
        try database.run(
            "UPDATE rollout SET state=?, value=? WHERE id=?", .text(rollout.state.rawValue),
            .text(rollout.json.description), .integer(id))
    }
}
