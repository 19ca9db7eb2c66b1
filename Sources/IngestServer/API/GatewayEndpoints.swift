import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Which agents belong here, and what each may speak of.
struct GatewayEndpoints {
    let writer: Writer
    let live: LiveView
    let intake: AgentIntake

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/gateways", "Every agent with its devices and its account", needs: .right(.gatewaysSee),
                answers: .list(GatewayTable.AgentRow.shape.schema)
            ) {
                incoming in
                let reach = try incoming.who().reach
                let silences = await live.silences
                return .json(
                    .array(
                        try await live.read {
                            try $0.gateways.rows().filter { reach.covers(site: $0.site) }.map { $0.json(silences) }
                        }))
            },
            Endpoint(
                .get, "/api/v1/gateways/grants", "What each agent may speak of: site, zones, telephone",
                needs: .right(.gatewaysSee), answers: .list(GatewayBook.Grant.shape.schema)
            ) { incoming in
                let reach = try incoming.who().reach
                return .json(
                    .array(
                        try await live.read {
                            try $0.gateways.grants().filter { reach.covers(site: $0.site) }.map(\.json)
                        }))
            },
            Endpoint(
                .post, "/api/v1/gateways/{name}/confirm", "This agent belongs here", needs: .right(.gatewaysCommand),
                answers: .done
            ) {
                incoming in
                let person = try incoming.who()
                guard let name = incoming.parameters.get("name"), Topic.isName(name),
                    try await isSeen(name, by: person),
                    try await writer.run({ try $0.gateways.confirm(name, by: person.author, at: $1) })
                else { throw GatewayEndpoints.noGateway }
                return .json(.members([]))
            },
            Endpoint(
                .delete, "/api/v1/gateways/{name}",
                "Forget an agent that nobody wants any more: its calls end, its records stay",
                needs: .right(.gatewaysCommand),
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                guard let name = incoming.parameters.get("name"), Topic.isName(name),
                    try await isSeen(name, by: person),
                    try await intake.forget(name, by: person.author)
                else { throw GatewayEndpoints.noGateway }
                return .json(.members([]))
            },
        ]
    }

    private func isSeen(_ name: String, by person: Person) async throws -> Bool {
        guard person.reach.sites != nil else { return true }
        return person.reach.covers(site: try await live.read { try $0.gateways.agent(named: name)?.site })
    }

    private static let noGateway = APIProblem(.notFound, "no-such-gateway", "There is no agent of this name.")
}
