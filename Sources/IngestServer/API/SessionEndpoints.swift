import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// Where people are signed in, and the tokens of programs.
struct SessionEndpoints {
    let live: LiveView
    let writer: Writer

    private static let ended = AnswerSchema.object("EndedSessions", [.init("ended", .integer)])
    private static let made = TokenTable.Row.shape.schema.with([.init("token", .text)], as: "TokenWithSecret")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/me/sessions", "Where I am signed in", needs: .session,
                answers: .list(SessionRow.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                return .json(.array(try await sessions(of: person.id, current: person.session?.digest)))
            },
            Endpoint(
                .delete, "/api/v1/me/sessions", "End all sessions of mine but this one", needs: .session,
                answers: .json(SessionEndpoints.ended)
            ) { incoming in
                let person = try incoming.who()
                return try await end(allOf: person.id, person.name, except: person.session?.digest, by: person)
            },
            Endpoint(
                .delete, "/api/v1/me/sessions/{session}", "End a session of mine", needs: .session, answers: .done
            ) { incoming in
                let person = try incoming.who()
                return try await end(incoming.parameters.get("session") ?? "", of: person.id, person.name, by: person)
            },
            Endpoint(
                .get, "/api/v1/users/{id}/sessions", "Where somebody is signed in", needs: .right(.users),
                answers: .list(SessionRow.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                let user = try await user(incoming)
                return .json(.array(try await sessions(of: user.id, current: person.session?.digest)))
            },
            Endpoint(
                .delete, "/api/v1/users/{id}/sessions", "End all sessions of somebody, but not this one",
                needs: .right(.users), answers: .json(SessionEndpoints.ended)
            ) { incoming in
                let person = try incoming.who()
                let user = try await user(incoming)
                return try await end(allOf: user.id, user.name, except: person.session?.digest, by: person)
            },
            Endpoint(
                .delete, "/api/v1/users/{id}/sessions/{session}", "End a session of somebody", needs: .right(.users),
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                let user = try await user(incoming)
                return try await end(incoming.parameters.get("session") ?? "", of: user.id, user.name, by: person)
            },
            Endpoint(
                .get, "/api/v1/tokens", "Tokens of programs, without what is secret of them", needs: .right(.users),
                answers: .list(TokenTable.Row.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                return .json(.array(try await live.read { try $0.tokens.rows().map(\.json) }))
            },
            Endpoint(
                .post, "/api/v1/tokens", "A token for a program, shown in this answer and never again",
                body: NewToken.shape,
                needs: .right(.users), answers: .json(SessionEndpoints.made, .created)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let (token, row) = try await writer.run {
                        try $0.tokens.make(
                            body.name, body.scopes ?? [], isReader: body.isReader, days: body.days ?? 90, for: person,
                            at: $1)
                    }
                    return .json(row.json.with("token", .string(token)), status: .created)
                } catch TokenDesk.Refusal.tooMany {
                    throw APIProblem(
                        .conflict, "too-many-tokens", "There are \(TokenDesk.limit) tokens already: revoke one.")
                } catch TokenDesk.Refusal.beyondRights(let right) {
                    throw APIProblem(
                        .forbidden, "no-right", "You have no right to do this (\(right.rawValue)).")
                }
            },
            Endpoint(
                .delete, "/api/v1/tokens/{token}", "Revoke a token, by the signs that name it", needs: .right(.users),
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                let id = incoming.parameters.get("token") ?? ""
                guard try await writer.run({ try $0.tokens.revoke(id, by: person.author, at: $1) }) else {
                    throw APIProblem(.notFound, "no-such-token", "There is no such token.")
                }
                return .json(.members([]))
            },
        ]
    }

    private func user(_ incoming: Incoming) async throws -> PeopleTable.UserRow {
        let id = try incoming.id("id")
        guard let user = try await live.read({ try $0.people.user(id: id) }) else { throw APIProblem.noUser }
        return user
    }

    private func sessions(of user: Int64, current: String?) async throws -> [JSON] {
        try await live.read { try $0.people.sessions(of: user, current: current, at: Clocks.wall).map(\.json) }
    }

    private func end(allOf user: Int64, _ name: String, except digest: String?, by person: Person) async throws
        -> Response
    {
        let count = try await writer.run {
            try $0.signIn.end(sessionsOf: user, named: name, except: digest, by: person.author, at: $1)
        }
        return .json(.object([("ended", .int(Int64(count)))]))
    }

    private func end(_ session: String, of user: Int64, _ name: String, by person: Person) async throws -> Response {
        let digest = try await writer.run {
            try $0.signIn.end(session: session, of: user, named: name, by: person.author, at: $1)
        }
        guard let digest else { throw APIProblem(.notFound, "no-such-session", "There is no such session.") }
        await live.signedOut(digest)
        return .json(.members([]))
    }
}
