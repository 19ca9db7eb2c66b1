import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// Who signs in, and with which rights.
struct PeopleEndpoints {
    let live: LiveView
    let accounts: Accounts
    let plans: SitePlans

    /// As `Accounts.howToSignIn` writes it.
    private static let waysSchema = AnswerSchema.object(
        "SignInWays",
        [
            .init("names", .truth), .init("passwords", .truth), .init("people", .list(PeopleTable.withPINSchema)),
            .init("stations", .list(.text)),
        ])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/me", "Who is signed in", needs: .anybody,
                answers: .json(.either([Person.shape.schema, .object([])]))
            ) { incoming in
                .json(incoming.person?.json ?? .members([]))
            },
            Endpoint(
                .get, "/api/v1/session/how", "How one signs in here", needs: .anybody,
                answers: .json(PeopleEndpoints.waysSchema)
            ) { _ in
                .json(try await accounts.howToSignIn())
            },
            Endpoint(
                .post, "/api/v1/session",
                "Sign in: {name, password}, at a dock {id, pin, station} or {badge, station}; {name} while nobody has a password",
                needs: .anybody, answers: .json(Person.shape.schema)
            ) { incoming in
                let token = Digests.newToken()
                let person = try await signIn(
                    try await incoming.body(), from: incoming.source, isProxied: incoming.isProxied, token: token)
                let life = person.station == nil ? PeopleTable.sessionLife : PeopleTable.stationLife
                let secure = incoming.header("x-forwarded-proto") == "https" ? "; Secure" : ""
                var response = Response.json(person.json)
                response.headers[.setCookie] =
                    "\(Cookies.name)=\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(life / 1000)\(secure)"
                return response
            },
            Endpoint(.delete, "/api/v1/session", "Sign out", needs: .session, answers: .done) { incoming in
                if let token = incoming.token { try await accounts.signOut(token: token) }
                var response = Response.json(.members([]))
                response.headers[.setCookie] = "\(Cookies.name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
                return response
            },
            Endpoint(
                .put, "/api/v1/me/extension", "Claim a telephone: {extension}, or null to give it back",
                needs: .session,
                answers: .json(
                    .object("Claimed", [.init("person", Person.shape.schema), .init("calls", .list(CallCard.schema))]))
            ) { incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                let desk = body["extension"]?.text
                if let desk, !plans.isDesk(desk) {
                    throw APIProblem(.badRequest, "bad-extension", "An extension has 1 to 16 letters and digits.")
                }
                try await accounts.claim(desk: desk, person: person)
                var changed = person
                changed.desk = desk
                return .json(
                    .object([
                        ("person", changed.json), ("calls", .array(await live.runningCards(for: changed))),
                    ]))
            },
            Endpoint(
                .put, "/api/v1/me/password", "Change my password: {old, new}; every session of mine ends",
                needs: .session, answers: .done
            ) {
                incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                do {
                    try await accounts.changePassword(
                        of: person, old: String((body["old"]?.text ?? "").prefix(Password.longest)),
                        new: body["new"]?.text ?? "", from: incoming.source)
                } catch let refusal as SignInRefusal {
                    throw PeopleEndpoints.problem(refusal)
                } catch let refusal as AccountRefusal { throw PeopleEndpoints.problem(refusal) }
                return .json(.members([]))
            },
            Endpoint(
                .get, "/api/v1/users", "Everybody who can sign in", needs: .right(.users),
                answers: .list(PeopleTable.UserRow.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                return .json(.array(try await live.read { try $0.people.users().map(\.json) }))
            },
            Endpoint(
                .post, "/api/v1/users", "Add a person: {name, password, pin, badge, rights}", needs: .right(.users),
                answers: .json(PeopleTable.UserRow.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                guard let name = Typed.line(body["name"]?.text, limit: 60) else {
                    throw APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
                }
                return try await save(name, body, by: person)
            },
            Endpoint(
                .put, "/api/v1/users/{id}",
                "Change a person: {password, pin, badge, rights, disabled}; \"\" takes away", needs: .right(.users),
                answers: .json(PeopleTable.UserRow.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                guard let user = try await live.read({ try $0.people.user(id: id) }) else {
                    throw APIProblem(.notFound, "no-such-user", "There is no such person.")
                }
                return try await save(user.name, try await incoming.body(), by: person)
            },
        ]
    }

    private func signIn(_ body: JSON, from source: String, isProxied: Bool, token: String) async throws -> Person {
        do {
            if let badge = Typed.line(body["badge"]?.text, limit: 128) {
                return try await accounts.signIn(
                    badge: badge, station: Typed.line(body["station"]?.text, limit: 64) ?? "dock", from: source,
                    token: token)
            }
            if let id = body["id"]?.integer, let pin = body["pin"]?.text, pin.utf8.count <= Password.longest {
                return try await accounts.signIn(
                    id: id, pin: pin, station: Typed.line(body["station"]?.text, limit: 64) ?? "dock", from: source,
                    token: token)
            }
            guard let name = Typed.line(body["name"]?.text, limit: 60) else {
                throw APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
            }
            if let password = body["password"]?.text, password.utf8.count <= Password.longest {
                return try await accounts.signIn(name: name, password: password, from: source, token: token)
            }
            // That a proxy on this machine asks says nothing of who asks it.
            if isProxied { throw SignInRefusal.passwordNeeded }
            return try await accounts.signIn(name: name, token: token)
        } catch let refusal as SignInRefusal { throw PeopleEndpoints.problem(refusal) }
    }

    private static func problem(_ refusal: SignInRefusal) -> APIProblem {
        switch refusal {
        case .refused: refused
        case .wait(let seconds):
            APIProblem(
                .tooManyRequests, "too-many-tries", "Too many tries: wait \(seconds) seconds.",
                [("seconds", .int(seconds))])
        case .passwordNeeded:
            APIProblem(
                .unauthorized, "password-needed",
                "A name alone is not believed here. Somebody who runs the server adds people: edge-ingest user add NAME."
            )
        case .pinLocked:
            APIProblem(
                .forbidden, "pin-locked",
                "This PIN is locked after \(SignInDesk.pinBudget) wrong tries: sign in with the password, or ask for a new PIN."
            )
        }
    }

    private static func problem(_ refusal: AccountRefusal) -> APIProblem {
        APIProblem(.badRequest, "weak-password", "\(refusal).")
    }

    private static let refused = APIProblem(
        .unauthorized, "sign-in-refused", "Name and password do not fit together.")

    private func save(_ name: String, _ body: JSON, by person: Person) async throws -> Response {
        let rights = body["rights"]?.list.map { Set($0.compactMap { $0.text.flatMap(Permission.init(rawValue:)) }) }
        let change = AccountChange(
            password: body["password"]?.text, pin: body["pin"]?.text, badge: body["badge"]?.text, rights: rights,
            isDisabled: body["disabled"]?.truth)
        do { try await accounts.change(name, change, by: person.author) } catch let refusal as SignInRefusal {
            throw PeopleEndpoints.problem(refusal)
        } catch let refusal as AccountRefusal {
            throw PeopleEndpoints.problem(refusal)
        } catch let fault as PeopleTable.UserFault {
            throw APIProblem(
                .conflict, fault == .badgeTaken ? "badge-taken" : "last-administrator", "\(fault).")
        }
        guard let user = try await live.read({ try $0.people.user(name: name) }) else {
            throw PeopleEndpoints.refused
        }
        return .json(user.json)
    }
}
