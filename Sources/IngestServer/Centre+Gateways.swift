import Depot
import Model
import Platform

/// What people say about agents, while the centre runs, and what pages are told of them.
extension Centre {
    /// False when there is no agent of this name.
    func confirm(gateway name: String, by author: Author) throws -> Bool {
        let isThere = try GatewayDesk(store).confirm(name, by: author, at: Clocks.wall)
        follow()
        return isThere
    }

    /// Ends its calls, also on the pages. False when there is no agent of this name.
    func forget(gateway name: String, by author: Author) async throws -> Bool {
        guard let calls = try GatewayDesk(store).forget(name, by: author, at: Clocks.wall) else { return false }
        clocks.with { $0.forget(name) }
        follow()
        for call in calls { await board.call(call, agent: name) }
        return true
    }

    static func gateway(_ row: GatewayTable.AgentRow) -> JSON { GatewayTable.AgentRow.shape.json(row) }
}
