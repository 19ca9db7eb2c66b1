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
    let reads: LongReads

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
                        try await reads.read {
                            try $0.gateways.rows().filter { reach.covers(site: $0.site) }.map { $0.json(silences) }
                        }))
            },
            Endpoint(
                .get, "/api/v1/fleet",
                "A page of the gateways, the worst first: ?q=, ?site=, ?zone= a dock's before others, ?wrong=1, ?limit=, ?skip=",
                needs: .right(.gatewaysSee), answers: .json(GatewayPage.shape.schema)
            ) { incoming in
                var question = GatewayPage.Question()
                question.reach = try incoming.who().reach.sites
                question.text = Typed.line(incoming.query("q"), limit: 100) ?? ""
                question.site = Typed.line(incoming.query("site"), limit: 64)
                question.zone = Typed.line(incoming.query("zone"), limit: 128)
                question.isWrongOnly = incoming.flag("wrong")
                question.limit = try GatewayEndpoints.number(incoming, "limit", in: GatewayPage.limits) ?? 50
                question.skip = try GatewayEndpoints.number(incoming, "skip", in: GatewayPage.skips) ?? 0
                let silences = await live.silences
                question.silent = Set(silences.keys)
                var page = try await reads.read { [question] in try $0.gateways.page(question) }
                for index in page.gateways.indices { page.gateways[index].silent = silences[page.gateways[index].name] }
                return .json(GatewayPage.shape.json(page))
            },
            Endpoint(
                .get, "/api/v1/gateways/grants", "What each agent may speak of: site, zones, telephone",
                needs: .right(.gatewaysSee), answers: .list(GatewayBook.Grant.shape.schema)
            ) { incoming in
                let reach = try incoming.who().reach
                return .json(
                    .array(
                        try await reads.read {
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

    private static func number(_ incoming: Incoming, _ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = incoming.query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw APIProblem(.badRequest, "bad-query", "\(name) is \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    private func isSeen(_ name: String, by person: Person) async throws -> Bool {
        guard person.reach.sites != nil else { return true }
        return person.reach.covers(site: try await live.read { try $0.gateways.agent(named: name)?.site })
    }

    private static let noGateway = APIProblem(.notFound, "no-such-gateway", "There is no agent of this name.")
}
