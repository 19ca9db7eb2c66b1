import Depot
import HTTPTypes
import Hummingbird
import Model

/// Versions on their way to the gateways. Who may act for some sites only acts for none here: a version goes to all that are meant.
struct RolloutEndpoints {
    let writer: Writer
    let live: LiveView

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/rollouts", "The version that is on its way to the gateways, or was last; none or one",
                needs: .right(.gatewaysSee), answers: .list(Rollout.shape.schema)
            ) { incoming in
                let reach = try incoming.who().reach
                let (last, sites) = try await live.read { store in
                    (
                        try store.rollouts.last()?.rollout,
                        reach.sites == nil
                            ? [:] : Dictionary(try store.gateways.rows().map { ($0.name, $0.site) }) { $1 }
                    )
                }
                guard var rollout = last else { return .json(.array([])) }
                if reach.sites != nil { rollout.members.removeAll { !reach.covers(site: sites[$0.name] ?? nil) } }
                return .json(.array([Rollout.shape.json(rollout)]))
            },
            Endpoint(
                .post, "/api/v1/rollouts",
                "Brings a version to the gateways, canaries first; each takes it from its own signed repository, where it is let",
                body: NewRollout.shape, needs: .right(.gatewaysUpdate), answers: .json(Rollout.shape.schema, .created)
            ) { incoming, body in
                let person = try whole(incoming)
                return try await refusing(.created) {
                    try await writer.run { try $0.rollouts.start(body.wish, by: person.author, at: $1) }
                }
            },
        ] + Rollout.Deed.allCases.map(deed) + [back]
    }

    private func deed(_ deed: Rollout.Deed) -> Endpoint {
        let words: [Rollout.Deed: String] = [
            .pause: "No other gateway is asked for now", .abandon: "It goes no further",
            .resume: "It goes on; who failed or was left out is asked anew",
        ]
        return Endpoint(
            .post, "/api/v1/rollouts/\(deed.rawValue)", words[deed] ?? "", needs: .right(.gatewaysUpdate),
            answers: .json(Rollout.shape.schema)
        ) { incoming in
            let person = try whole(incoming)
            return try await refusing(.ok) {
                try await writer.run { try $0.rollouts.take(deed, by: person.author, at: $1) }
            }
        }
    }

    private var back: Endpoint {
        Endpoint(
            .post, "/api/v1/rollouts/back",
            "All that have the version by it go back to what they had; each machine asks that version first",
            needs: .right(.gatewaysUpdate), answers: .json(Rollout.shape.schema)
        ) { incoming in
            let person = try whole(incoming)
            return try await refusing(.ok) {
                try await writer.run { try $0.rollouts.back(by: person.author, at: $1) }
            }
        }
    }

    private func whole(_ incoming: Incoming) throws -> Person {
        let person = try incoming.who()
        guard person.reach.sites == nil else {
            throw APIProblem(
                .forbidden, "outside-scope", "A version goes to all sites: who may act at some only may not.")
        }
        return person
    }

    private func refusing(_ status: HTTPResponse.Status, _ deed: () async throws -> Rollout) async throws -> Response {
        do { return .json(Rollout.shape.json(try await deed()), status: status) } catch let refusal
            as RolloutDesk.Refusal
        {
            throw NewRollout.problem(refusal)
        }
    }
}

struct NewRollout: Sendable {
    var version = ""
    var sites: [String] = []
    var gateways: [String] = []
    var canaries: [String] = []
    var first: Int64?
    var wave: Int64?
    var watch: Int64?
    var patience: Int64?

    var wish: RolloutDesk.Wish {
        var wish = RolloutDesk.Wish(version: version)
        (wish.sites, wish.gateways, wish.canaries) = (sites, gateways, canaries)
        wish.canaryCount = first.map { Int($0) } ?? wish.canaryCount
        wish.wave = wave.map { Int($0) } ?? wish.wave
        (wish.watch, wish.patience) = (watch ?? wish.watch, patience ?? wish.patience)
        return wish
    }

    static let badVersion = APIProblem(
        .badRequest, "bad-version", "A version is 1 to 64 of digits, letters and .+~-, a digit first, such as 0.1.1.")
    static let shape = BodyShape(
        "NewRollout", Self(),
        [
            .line("version", 64, \.version, or: badVersion), .lines("sites", 100, of: 32, \.sites),
            .lines("gateways", 500, of: 32, \.gateways), .lines("canaries", 50, of: 32, \.canaries),
            .integer("first", 1...50, \.first), .integer("wave", Rollout.Plan.waves, \.wave),
            .integer("watch", Rollout.Plan.watches, \.watch), .integer("patience", Rollout.Plan.patiences, \.patience),
        ])

    static func problem(_ refusal: RolloutDesk.Refusal) -> APIProblem {
        switch refusal {
        case .version: badVersion
        case .busy:
            APIProblem(.conflict, "rollout-busy", "A version is on its way already: let it end, or give it up first.")
        case .nobody: APIProblem(.conflict, "rollout-nobody", "No gateway is meant.")
        case .unknown(let name):
            APIProblem(.notFound, "no-such-gateway", "There is no agent of this name: \(name).")
        case .tooMany:
            APIProblem(.conflict, "rollout-too-many", "At most \(Rollout.limit) gateways: name sites or gateways.")
        case .installing(let name):
            APIProblem(
                .conflict, "rollout-installing",
                "\(name) is installing it just now, and would be left behind: pause, and once more when it is through.")
        case .nothing: APIProblem(.conflict, "rollout-nothing", "There is nothing of the kind to do now.")
        }
    }
}

extension Rollout {
    /// As pages see it; times of watching in minutes.
    static let shape = Shape<Rollout>(
        "Rollout",
        [
            .text("version", \.plan.version), .truth("back", \.plan.isBack), .word("state", \.state),
            .text("who", \.who),
            .moment("begun", \.begun), .moment("ended", ifAny: \.ended), .integer("watch") { $0.plan.watch / 60_000 },
            .integer("patience") { $0.plan.patience / 60_000 }, .list("members", of: member, \.members),
        ])

    private static let member = Shape<Member>(
        "RolloutMember",
        [
            .text("name", \.name), .count("wave", \.wave), .text("target", \.target), .word("state", \.state),
            .moment("ordered", ifAny: \.ordered), .moment("came", ifAny: \.came),
            .word("rule", ifAny: { $0.reason?.rule }), .text("evidence", ifAny: { $0.reason?.evidence }),
        ])
}
