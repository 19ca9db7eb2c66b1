import Depot
import Model

extension GatewayTable.AgentRow {
    /// An agent as pages see it.
    static let shape = Shape<GatewayTable.AgentRow>(
        "Gateway",
        [
            .text("name", \.name), .text("site", ifAny: \.site), .truth("online", \.online), .moment("seen", \.seen),
            .moment("since", \.since), .text("alarm", ifAny: \.alarm),
            // As the agent told it last, mended: see GatewayStatus.
            .json("status", .anything, ifAny: \.status), .one("centre", of: counted, \.self),
        ])

    var json: JSON { GatewayTable.AgentRow.shape.json(self) }

    /// Our side of its account.
    private static let counted = Shape<GatewayTable.AgentRow>(
        "GatewayAccount",
        [
            .integer("applied") { Int64(clamping: $0.applied) }, .integer("rejected") { Int64(clamping: $0.rejected) },
            .integer("skipped") { Int64(clamping: $0.skipped) },
        ])
}
