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
    let openID: OpenIDSignIn

    /// As `Accounts.howToSignIn` writes it.
    private static let waysSchema = AnswerSchema.object(
        "SignInWays",
        [
            .init("names", .truth), .init("passwords", .truth), .init("people", .list(PeopleTable.withPINSchema)),
            .init("stations", .list(.text)),
            .init("providers", .list(.object("SignInProvider", [.init("name", .text), .init("label", .text)]))),
        ])
    /// Where the browser goes to leave there, too.
    private static let leftSchema = AnswerSchema.object("SignedOut", [.init("next", .text, isRequired: false)])

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
                "Sign in: by name and password, at a dock by number and PIN or by badge; by name while nobody has a password",
                body: SignIn.shape, needs: .anybody, answers: .json(Person.shape.schema)
            ) { incoming, body in
                let token = Digests.newToken()
                let person = try await signIn(
                    body, from: incoming.source, isProxied: incoming.isProxied, token: token)
                let life = person.station == nil ? PeopleTable.sessionLife : PeopleTable.stationLife
                var response = Response.json(person.json)
                response.headers[.setCookie] = Cookies.session(
                    token, life: life, isSecure: incoming.header("x-forwarded-proto") == "https")
                return response
            },
            Endpoint(
                .delete, "/api/v1/session", "Sign out; next is where one leaves at the provider, too", needs: .session,
                answers: .json(PeopleEndpoints.leftSchema)
            ) { incoming in
                var next: String?
                if let token = incoming.token {
                    next = await openID.leaving(session: token)
                    try await accounts.signOut(token: token)
                }
                var response = Response.json(.object([("next", next.map(JSON.string))]))
                response.headers[.setCookie] = "\(Cookies.name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
                return response
            },
            Endpoint(
                .put, "/api/v1/me/extension", "Claim a telephone, or null to give it back",
                body: ClaimTelephone.shape, needs: .session,
                answers: .json(
                    .object("Claimed", [.init("person", Person.shape.schema), .init("calls", .list(CallCard.schema))]))
            ) { incoming, body in
                let person = try incoming.who()
                let desk = body.desk
                if let desk {
                    guard plans.isDesk(desk) else { throw ClaimTelephone.bad }
                    if plans.isEmergency(desk: desk) { throw ClaimTelephone.emergency(desk) }
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
                .put, "/api/v1/me/preferences", "How the pages look to me, on whatever machine: colours, language",
                body: Preferences.shape, needs: .session, answers: .json(Person.shape.schema)
            ) { incoming, body in
                var person = try incoming.who()
                guard body.taste.language.map(Taste.isLanguage) != false else { throw Preferences.badLanguage }
                person.taste = try await accounts.prefer(body.taste, person: person)
                return .json(person.json)
            },
            Endpoint(
                .put, "/api/v1/me/password", "Change my password; every session of mine ends",
                body: ChangePassword.shape, needs: .session, answers: .done
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    try await accounts.changePassword(
                        of: person, old: String((body.old ?? "").prefix(Password.longest)),
                        new: body.new ?? "", from: incoming.source)
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
                .post, "/api/v1/users", "Add a person", body: NewPerson.shape, needs: .right(.users),
                answers: .json(PeopleTable.UserRow.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                return try await save(body.name, body.change, by: person)
            },
            Endpoint(
                .put, "/api/v1/users/{id}",
                "Change a person; \"\" takes away", body: ChangePerson.shape, needs: .right(.users),
                answers: .json(PeopleTable.UserRow.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                guard let user = try await live.read({ try $0.people.user(id: id) }) else {
                    throw APIProblem(.notFound, "no-such-user", "There is no such person.")
                }
                return try await save(user.name, body.change, by: person)
            },
        ]
    }

    private func signIn(_ body: SignIn, from source: String, isProxied: Bool, token: String) async throws -> Person {
        do {
            if let badge = body.badge {
                return try await accounts.signIn(
                    badge: badge, station: body.station ?? "dock", from: source,
                    token: token)
            }
            if let id = body.id, let pin = body.pin, pin.utf8.count <= Password.longest {
                return try await accounts.signIn(
                    id: id, pin: pin, station: body.station ?? "dock", from: source,
                    token: token)
            }
            guard let name = body.name else {
                throw APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
            }
            if let password = body.password, password.utf8.count <= Password.longest {
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
        case .erpAway:
            APIProblem(
                .serviceUnavailable, "erp-password-unasked",
                "The ERP cannot be asked for its password now: sign in with your own of this server, or try again in a minute."
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

    private func save(_ name: String, _ change: AccountChange, by person: Person) async throws -> Response {
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
