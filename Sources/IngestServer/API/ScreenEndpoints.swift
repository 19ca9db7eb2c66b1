import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// Screens of docks: bound by whoever keeps people, at the screen itself, and what they wait for.
struct ScreenEndpoints {
    let live: LiveView
    let writer: Writer
    let accounts: Accounts
    let door: ScreenDoor

    private static let waited = AnswerSchema.object(
        "ScreenWait", [.init("state", .word(["over", "stranger", "replaced"]))])
    private static let ended = APIProblem(.forbidden, "screen-ended", "This browser is the screen of no dock.")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/screens", "Screens that are bound to their docks", needs: .right(.users),
                answers: .list(Screen.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                return .json(.array(try await live.read { try $0.screens.all().map(\.json) }))
            },
            Endpoint(
                .post, "/api/v1/screens", "The browser that asks is the screen of a dock from now on",
                body: NewScreen.shape, needs: .right(.users), answers: .json(Screen.shape.schema, .created)
            ) { incoming, body in
                let person = try incoming.who()
                let secret = Digests.newToken()
                do {
                    let screen = try await writer.run {
                        try $0.screens.bind(
                            body.name, zone: body.zone, device: body.device, secret: Digests.hex(secret),
                            by: person.author, at: $1)
                    }
                    var response = Response.json(screen.json, status: .created)
                    response.headers[.setCookie] = Cookies.screen(secret, isSecure: incoming.isSecure)
                    return response
                } catch ScreenDesk.Refusal.taken(let name) {
                    throw APIProblem(
                        .conflict, "screen-taken", "That reader has a screen already: \(name). End that one first.",
                        [("name", .string(name))])
                } catch ScreenDesk.Refusal.tooMany {
                    throw APIProblem(.conflict, "too-many-screens", "There are \(Screen.limit) screens already.")
                }
            },
            Endpoint(
                .delete, "/api/v1/screens/{id}", "A browser is no screen any more; sessions that were opened on it end",
                needs: .right(.users), answers: .done
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                guard let sessions = try await writer.run({ try $0.screens.end(id, by: person.author, at: $1) }) else {
                    throw APIProblem(.notFound, "no-such-screen", "There is no such screen.")
                }
                door.forget(id)
                for digest in sessions { await live.signedOut(digest) }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/screen/wait",
                "A bound screen at its sign-in: who shows a badge at its reader is signed in; else what was seen, after 25 seconds at most",
                needs: .anybody, answers: .json(.either([Person.shape.schema, ScreenEndpoints.waited]))
            ) { incoming in try await wait(incoming) },
        ]
    }

    private func wait(_ incoming: Incoming) async throws -> Response {
        guard let secret = Self.secret(incoming), let screen = try await Self.screen(incoming, live) else {
            throw ScreenEndpoints.ended
        }
        let source = incoming.source
        await writer.attempt { try $0.screens.use(screen, from: source, at: $1) }
        func state(_ word: String) -> Response {
            var response = Response.json(.object([("state", .string(word))]))
            response.headers[.setCookie] = Cookies.screen(secret, isSecure: incoming.isSecure)
            return response
        }
        switch await door.wait(for: screen.id) {
        case .over: return state("over")
        case .replaced: return state("replaced")
        case .stranger: return state("stranger")
        case .badge(let badge):
            let token = Digests.newToken()
            do {
                let person = try await accounts.signIn(
                    kept: badge, station: screen.zone, from: source, browser: incoming.browser, screen: screen.id,
                    token: token)
                door.count { $0.opened += 1 }
                return .signedIn(person, token, incoming)
            } catch let refusal as SignInRefusal {
                door.count { $0.refused += 1 }
                throw APIProblem(refusal)
            }
        }
    }

    private static func secret(_ incoming: Incoming) -> String? {
        Cookies.value(Cookies.screenName, incoming.request.headers[.cookie]).flatMap { $0.count == 32 ? $0 : nil }
    }

    /// Which screen asks; nil: none, or one that is bound no more.
    static func screen(_ incoming: Incoming, _ live: LiveView) async throws -> Screen? {
        guard let secret = secret(incoming) else { return nil }
        return try await live.read { try $0.screens.screen(secret: Digests.hex(secret)) }
    }
}

struct NewScreen: Sendable {
    var name = ""
    var zone = ""
    /// `agent/reader`; nil: each reader of the zone.
    var device: String?

    private static let nameNeeded = APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")

    static let shape = BodyShape(
        "NewScreen", Self(),
        [
            .line("name", Screen.nameLimit, \.name, or: nameNeeded), .line("zone", 64, \.zone, or: .zoneNeeded),
            .line("device", 130, \.device),
        ])
}
