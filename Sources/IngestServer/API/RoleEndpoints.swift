import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// Who may what: the roles, and what a scope can name.
struct RoleEndpoints {
    let live: LiveView
    let accounts: Accounts
    let present: Locked<IngestConfiguration>

    private var configuration: IngestConfiguration { present.with { $0 } }

    private static let rolesSchema = AnswerSchema.object(
        "Roles",
        [
            .init("roles", .list(Role.shape.schema)), .init("actions", .list(.words(Permission.self))),
            // What each action carries along, where it does.
            .init("carried", .map(.list(.words(Permission.self)))),
            // What there is to choose from for a scope.
            .init("scopes", Scope.schema),
        ])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/roles", "Roles with what each may, and what a scope can name", needs: .right(.users),
                answers: .json(RoleEndpoints.rolesSchema)
            ) { _ in
                let names = try await scopes()
                return .json(
                    try await live.read { store -> JSON in
                        .object([
                            ("roles", .array(try store.roles.all().map(Role.shape.json))),
                            ("actions", .array(Permission.allCases.map { .string($0.rawValue) })),
                            (
                                "carried",
                                .object(
                                    Permission.allCases.filter { !$0.carried.isEmpty }.map { action in
                                        (
                                            action.rawValue,
                                            .array(action.carried.map(\.rawValue).sorted().map(JSON.string))
                                        )
                                    })
                            ),
                            ("scopes", names.json),
                        ])
                    })
            },
            Endpoint(
                .put, "/api/v1/roles/{name}", "Make an own role or change it; whoever has it signs in again",
                body: SetRole.shape, needs: .right(.users), answers: .json(Role.shape.schema)
            ) { incoming, body in
                let (person, name) = (try incoming.who(), incoming.parameters.get("name") ?? "")
                let actions = body.actions ?? []
                do { try await accounts.set(role: name, actions, by: person.author) } catch let refusal as RoleRefusal {
                    throw APIProblem(refusal)
                } catch let fault as PeopleTable.UserFault { throw APIProblem(fault) }
                return .json(Role.shape.json(Role(name, actions)))
            },
            Endpoint(
                .delete, "/api/v1/roles/{name}", "Forget an own role that nobody has", needs: .right(.users),
                answers: .done
            ) { incoming in
                let (person, name) = (try incoming.who(), incoming.parameters.get("name") ?? "")
                do { try await accounts.forget(role: name, by: person.author) } catch let refusal as RoleRefusal {
                    throw APIProblem(refusal)
                }
                return .json(.members([]))
            },
        ]
    }

    private func scopes() async throws -> Scope {
        let teams = configuration.teams
        return try await live.read { store in
            Scope([
                .sites: Set(try store.gateways.rows().compactMap(\.site)),
                .zones: Set(try store.deliveries.zones()).union(configuration.zones.keys),
                .teams: Set(teams.map(\.name)), .queues: teams.reduce(into: []) { $0.formUnion($1.queues) },
            ])
        }
    }
}

extension APIProblem {
    init(_ refusal: RoleRefusal) {
        switch refusal {
        case .name: self.init(.badRequest, "bad-role-name", "\(refusal).")
        case .builtIn: self.init(.conflict, "role-built-in", "\(refusal).")
        case .tooMany: self.init(.conflict, "too-many-roles", "\(refusal).")
        case .unknown: self.init(.notFound, "no-such-role", "\(refusal).")
        case .held(let count): self.init(.conflict, "role-held", "\(refusal).", [("count", .int(Int64(count)))])
        }
    }
}
