import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform
import Sheets

/// Second factors: one's own, and the way in by a passkey.
struct FactorEndpoints {
    let live: LiveView
    let writer: Writer
    let accounts: Accounts
    let screens: ScreenDoor

    private static let recovery = AnswerSchema.object("RecoveryCodes", [.init("recovery", .list(.text))])
    private static let options = AnswerSchema.object(
        "PasskeyOptions",
        [
            .init("challenge", .text), .init("site", .text), .init("timeout", .integer),
            // Where one is made.
            .init("user", .text, isRequired: false), .init("algorithms", .list(.integer), isRequired: false),
            .init("known", .list(.text), isRequired: false),
        ])
    private static let begun = AnswerSchema.object(
        "NewCode", [.init("secret", .text), .init("address", .text), .init("picture", .text)])

    var list: [Endpoint] {
        [
            Endpoint(
                .post, "/api/v1/session/passkey/options", "What a browser is asked to sign in with a passkey",
                needs: .anybody, answers: .json(FactorEndpoints.options)
            ) { incoming in
                .json(options(incoming, for: Accounts.signInPurpose))
            },
            Endpoint(
                .post, "/api/v1/session/passkey", "Sign in with a passkey, without a name", body: ShowPasskey.shape,
                needs: .anybody, answers: .json(Person.shape.schema)
            ) { incoming, body in
                let token = Digests.newToken()
                do {
                    let person = try await accounts.signIn(
                        passkey: try body.shown(), at: incoming.site, from: incoming.source, browser: incoming.browser,
                        token: token)
                    if let screen = try await ScreenEndpoints.screen(incoming, live) { screens.forget(screen.id) }
                    return .signedIn(person, token, incoming)
                } catch let refusal as SignInRefusal { throw APIProblem(refusal) }
            },
            Endpoint(
                .get, "/api/v1/me/factors", "My second factors", needs: .session,
                answers: .json(FactorTable.Standing.shape.schema)
            ) { incoming in
                let id = try incoming.who().id
                return .json(FactorTable.Standing.shape.json(try await live.read { try $0.factors.standing(of: id) }))
            },
            Endpoint(
                .post, "/api/v1/me/factors/shown",
                "Show my password once more: what changes how I sign in asks for it after ten minutes",
                body: ShowPassword.shape, needs: .session, answers: .done
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    try await accounts.show(
                        password: String((body.password ?? "").prefix(Password.longest)), of: person,
                        from: incoming.source)
                } catch let refusal as SignInRefusal { throw APIProblem(refusal) }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/me/factors/code",
                "A secret for my authenticator app, shown in this answer and never again; it counts when it is confirmed",
                needs: .session, answers: .json(FactorEndpoints.begun)
            ) { incoming in
                let person = try incoming.who()
                let secret = try await refusing { try await accounts.beginCode(of: person) }
                let address = OneTimeCode.address(secret, name: person.name)
                return .json(
                    .object([
                        ("secret", .string(OneTimeCode.typed(secret))), ("address", .string(address)),
                        ("picture", .string(QRCode(address).map(StationEndpoints.picture) ?? "")),
                    ]))
            },
            Endpoint(
                .put, "/api/v1/me/factors/code", "Confirm it by a code; recovery codes come where there are none yet",
                body: ConfirmCode.shape, needs: .session, answers: .json(FactorEndpoints.recovery)
            ) { incoming, body in
                let person = try incoming.who()
                return told(try await refusing { try await accounts.confirmCode(of: person, body.code) })
            },
            Endpoint(
                .delete, "/api/v1/me/factors/code", "My app's codes open nothing any more", needs: .session,
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                try await refusing { try await writer.run { try $0.factors.removeCode(of: person, at: $1) } }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/me/factors/recovery", "Ten new recovery codes; those of before open nothing any more",
                needs: .session, answers: .json(FactorEndpoints.recovery)
            ) { incoming in
                let person = try incoming.who()
                return told(
                    try await refusing { try await writer.run { try $0.factors.renewRecovery(of: person, at: $1) } })
            },
            Endpoint(
                .post, "/api/v1/me/factors/passkeys/options", "What a browser is asked to make a passkey",
                needs: .session,
                answers: .json(FactorEndpoints.options)
            ) { incoming in
                let person = try incoming.who()
                guard person.session?.isFresh(at: Clocks.wall) == true else { throw APIProblem(.showAgain) }
                let known = try await live.read { try $0.factors.credentials(of: person.id) }
                let more: [(String, JSON?)] = [
                    ("user", .string(Base64URL.text(Array("\(person.id)".utf8)))),
                    ("algorithms", .array(PasskeyAnswer.algorithms.map(JSON.int))),
                    ("known", .array(known.map(JSON.string))),
                ]
                return .json(options(incoming, for: "\(person.id)", more))
            },
            Endpoint(
                .post, "/api/v1/me/factors/passkeys", "A passkey that a browser made", body: NewPasskey.shape,
                needs: .session, answers: .json(FactorEndpoints.recovery)
            ) { incoming, body in
                let person = try incoming.who()
                let (client, attestation) = (
                    try PasskeyBytes.read(body.client), try PasskeyBytes.read(body.attestation)
                )
                return told(
                    try await refusing {
                        try await accounts.add(
                            passkey: body.name, of: person, client: client, attestation: attestation, at: incoming.site)
                    })
            },
            Endpoint(
                .delete, "/api/v1/me/factors/passkeys/{id}", "A passkey of mine opens nothing any more",
                needs: .session,
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                try await refusing { try await writer.run { try $0.factors.remove(passkey: id, of: person, at: $1) } }
                return .json(.members([]))
            },
            Endpoint(
                .delete, "/api/v1/users/{id}/factors",
                "Somebody lost their second factor: they sign in with the password and set up another",
                needs: .right(.users),
                answers: .done
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let isDone = try await writer.run { desks, now in
                    guard let user = try desks.store.people.user(id: id) else { throw APIProblem.noUser }
                    return try desks.factors.reset(user, by: person.author, at: now)
                }
                guard isDone else { throw APIProblem(FactorDesk.Refusal.unknown) }
                await live.signedOut(person: id)
                return .json(.members([]))
            },
        ]
    }

    private func options(_ incoming: Incoming, for purpose: String, _ more: [(String, JSON?)] = []) -> JSON {
        .object(
            [
                ("challenge", .string(Base64URL.text(accounts.challenge(for: purpose)))),
                ("site", .string(incoming.site.id)), ("timeout", .int(PasskeyChallenges.life)),
            ] + more)
    }

    private func told(_ codes: [String]) -> Response {
        .json(.object([("recovery", .array(codes.map(JSON.string)))]))
    }

    private func refusing<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let refusal as FactorDesk.Refusal {
            throw APIProblem(refusal)
        } catch is Accounts.KeyUnreadable {
            throw APIProblem(
                .serviceUnavailable, "no-code-key", "The secret of which apps' secrets are made cannot be read here.")
        }
    }
}

extension APIProblem {
    static let noUser = APIProblem(.notFound, "no-such-user", "There is no such person.")

    init(_ refusal: FactorDesk.Refusal) {
        switch refusal {
        case .showAgain: self.init(.forbidden, "show-again", "Show your password once more.")
        case .noPassword:
            self.init(.conflict, "password-first", "A second factor stands beside a password: set a password first.")
        case .wrongCode: self.init(.badRequest, "wrong-code", "The app shows another code: look at its clock.")
        case .notBegun: self.init(.conflict, "not-begun", "No secret waits for a code: begin again.")
        case .lastFactor:
            self.init(.conflict, "last-factor", "A right of yours asks for a second factor: set up another one first.")
        case .tooMany:
            self.init(.conflict, "too-many-passkeys", "You have \(FactorDesk.passkeyLimit) passkeys: remove one.")
        case .known: self.init(.conflict, "known-passkey", "This passkey is known already.")
        case .unknown: self.init(.notFound, "no-such-factor", "There is no such second factor.")
        case .passkey: self.init(.badRequest, "bad-passkey", "This is not a passkey of this page.")
        }
    }

    init(_ refusal: SignInRefusal) {
        switch refusal {
        case .refused:
            self.init(.unauthorized, "sign-in-refused", "Name and password do not fit together.")
        case .wait(let seconds):
            self.init(
                .tooManyRequests, "too-many-tries", "Too many tries: wait \(seconds) seconds.",
                [("seconds", .int(seconds))])
        case .passwordNeeded:
            self.init(
                .unauthorized, "password-needed",
                "A name alone is not believed here. Somebody who runs the server adds people: edge-ingest user add NAME."
            )
        case .erpAway:
            self.init(
                .serviceUnavailable, "erp-password-unasked",
                "The ERP cannot be asked for its password now: sign in with your own of this server, or try again in a minute."
            )
        case .pinLocked:
            self.init(
                .forbidden, "pin-locked",
                "This PIN is locked after \(SignInDesk.pinBudget) wrong tries: sign in with the password, or ask for a new PIN."
            )
        case .pinNeeded(let id, let name):
            self.init(
                .unauthorized, "pin-needed", "The PIN is asked for besides the badge.",
                [("id", .int(id)), ("name", .string(name))])
        case .pinMissing:
            self.init(
                .forbidden, "pin-missing",
                "A PIN is asked for besides the badge, and you have none: ask an administrator.")
        case .codeNeeded(let hasCode, let hasPasskey):
            self.init(
                .unauthorized, "code-needed", "A second factor is asked for: a code, a recovery code or a passkey.",
                [("app", .bool(hasCode)), ("passkey", .bool(hasPasskey))])
        case .codesLocked:
            self.init(
                .forbidden, "codes-locked",
                "Too many wrong codes today: use a recovery code or a passkey, or come again tomorrow.")
        case .codesLost:
            self.init(
                .forbidden, "codes-lost",
                "The centre's secret is another one than when this app was set up: use a recovery code or a passkey.")
        }
    }
}
