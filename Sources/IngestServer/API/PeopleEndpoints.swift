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
    let screens: ScreenDoor

    /// As `Accounts.howToSignIn` writes it.
    private static let waysSchema = AnswerSchema.object(
        "SignInWays",
        [
            .init("names", .truth), .init("passwords", .truth), .init("people", .list(PeopleTable.withPINSchema)),
            .init("stations", .list(.text)),
            .init("screen", .text, isRequired: false),
            .init("providers", .list(.object("SignInProvider", [.init("name", .text), .init("label", .text)]))),
        ])
    private static let leftSchema = AnswerSchema.object("Left", [.init("next", .text, isRequired: false)])

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
            ) { incoming in
                .json(try await accounts.howToSignIn(at: ScreenEndpoints.screen(incoming, live)))
            },
            Endpoint(
                .post, "/api/v1/session",
                "Sign in: by name and password, at a dock by number and PIN or by badge; by name while nobody has a password",
                body: SignIn.shape, needs: .anybody, answers: .json(Person.shape.schema)
            ) { incoming, body in
                let token = Digests.newToken()
                let screen = try await ScreenEndpoints.screen(incoming, live)
                let person = try await signIn(body, incoming, at: screen, token: token)
                // Somebody is there: a badge that is shown now is not to take this browser's session.
                if let screen { screens.forget(screen.id) }
                return .signedIn(person, token, incoming)
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
                body: ClaimTelephone.shape, needs: .right(.callsSee),
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
                    throw APIProblem(refusal)
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

    private func signIn(
        _ body: SignIn, _ incoming: Incoming, at screen: Screen?, token: String
    ) async throws -> Person {
        let (source, browser) = (incoming.source, incoming.browser)
        do {
            let station = screen?.zone ?? body.station ?? "dock"
            if let badge = body.badge {
                return try await accounts.signIn(
                    kept: Password.badge(badge), station: station, from: source, browser: browser, screen: screen?.id,
                    token: token)
            }
            if let id = body.id, let pin = body.pin, pin.utf8.count <= Password.longest {
                return try await accounts.signIn(
                    id: id, pin: pin, station: station, from: source, browser: browser, screen: screen?.id,
                    token: token)
            }
            guard let name = body.name else {
                throw APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
            }
            if let password = body.password, password.utf8.count <= Password.longest {
                return try await accounts.signIn(
                    name: name, password: password, code: body.code, from: source, browser: browser, token: token)
            }
            // That a proxy on this machine asks says nothing of who asks it.
            if incoming.isProxied { throw SignInRefusal.passwordNeeded }
            return try await accounts.signIn(name: name, token: token)
        } catch let refusal as SignInRefusal { throw APIProblem(refusal) }
    }

    private static func problem(_ refusal: AccountRefusal) -> APIProblem {
        APIProblem(.badRequest, "weak-password", "\(refusal).")
    }

    private static let refused = APIProblem(SignInRefusal.refused)

    private func save(_ name: String, _ change: AccountChange, by person: Person) async throws -> Response {
        do { try await accounts.change(name, change, by: person.author) } catch let refusal as SignInRefusal {
            throw APIProblem(refusal)
        } catch let refusal as AccountRefusal {
            throw PeopleEndpoints.problem(refusal)
        } catch let fault as PeopleTable.UserFault {
            throw APIProblem(fault)
        }
        guard let user = try await live.read({ try $0.people.user(name: name) }) else {
            throw PeopleEndpoints.refused
        }
        return .json(user.json)
    }
}

extension APIProblem {
    init(_ fault: PeopleTable.UserFault) {
        switch fault {
        case .badgeTaken: self.init(.conflict, "badge-taken", "\(fault).")
        case .lastAdministrator: self.init(.conflict, "last-administrator", "\(fault).")
        case .unknownRole: self.init(.badRequest, "no-such-role", "\(fault).")
        }
    }
}

extension Response {
    /// Who has signed in, with the cookie of the session.
    static func signedIn(_ person: Person, _ token: String, _ incoming: Incoming) -> Response {
        let life = person.station == nil ? PeopleTable.sessionLife : PeopleTable.stationLife
        var response = Response.json(person.json)
        response.headers[.setCookie] = Cookies.session(token, life: life, isSecure: incoming.isSecure)
        return response
    }
}
