import Depot
import Model

extension GatewayTable.AgentRow {
    /// An agent as pages see it.
    static let shape = Shape<GatewayTable.AgentRow>(
        "Gateway",
        [
            .text("name", \.name), .text("site", ifAny: \.site), .truth("online", \.online), .moment("seen", \.seen),
            .moment("since", \.since), .moment("silent", ifAny: \.silent), .text("alarm", ifAny: \.alarm),
            // As the agent told it last, mended: see GatewayStatus.
            .json("status", .anything, ifAny: \.status), .one("centre", of: counted, \.self),
        ])

    /// `silences`: who says nothing on a line that stands, since when.
    func json(_ silences: [String: Int64]) -> JSON {
        var row = self
        row.silent = silences[name]
        return GatewayTable.AgentRow.shape.json(row)
    }

    /// Our side of its account.
    private static let counted = Shape<GatewayTable.AgentRow>(
        "GatewayAccount",
        [
            .integer("applied") { Int64(clamping: $0.applied) }, .integer("rejected") { Int64(clamping: $0.rejected) },
            .integer("skipped") { Int64(clamping: $0.skipped) },
        ])
}

extension GatewayPage {
    static let shape = Shape<GatewayPage>(
        "GatewayPage",
        [
            .integer("total", \.total), .integer("wrong", \.wrong), .integer("matching", \.matching),
            .list("gateways", of: GatewayTable.AgentRow.shape, \.gateways),
            .list("grants", of: GatewayBook.Grant.shape, \.grants), .list("sites", of: site, \.sites),
        ])

    private static let site = Shape<Site>(
        "GatewaySite", [.text("site", \.name), .integer("gateways", \.gateways), .integer("wrong", \.wrong)])
}
