import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import Platform

/// Programs of others that are told what happens.
struct WebhookEndpoints {
    let writer: Writer
    let live: LiveView
    let present: Locked<IngestConfiguration>

    private var configuration: IngestConfiguration { present.with { $0 } }

    private static let withSecret = WebhookStanding.shape.schema.with(
        [.init("secret", .text)], as: "WebhookWithSecret")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/webhooks", "Who is told what happens", needs: .right(.webhooks),
                answers: .list(WebhookStanding.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                let all = try await live.read { store in
                    try store.webhooks.rows().map { try store.webhooks.standing($0) }
                }
                let keys = try? settings.keys(state: configuration.state)
                return .json(.array(all.map { WebhookEndpoints.json($0, keys) }))
            },
            Endpoint(
                .post, "/api/v1/webhooks", "Add one; its secret is shown in this answer, and never again",
                body: NewWebhook.shape, needs: .right(.webhooks), answers: .json(WebhookEndpoints.withSecret, .created)
            ) { incoming, body in
                let person = try incoming.who()
                if body.isPersonal { try WebhookEndpoints.personal(person) }
                try check(body.url, body.types)
                let keys = try newKeys()
                let new = WebhookDesk.New(
                    name: body.name, url: body.url, types: body.types, isPersonal: body.isPersonal, key: keys.fresh())
                let hook = try await writer.run { desks, now in
                    try WebhookEndpoints.refusing { try desks.webhooks.add(new, by: person.author, at: now) }
                }
                return .json(
                    try await told(hook, keys).with("secret", .string(keys.secret(hook.salt))), status: .created)
            },
            Endpoint(
                .put, "/api/v1/webhooks/{id}", "Change one; what is left out stays", body: ChangeWebhook.shape,
                needs: .right(.webhooks), answers: .json(WebhookStanding.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await mine(incoming)
                if body.change.isPersonal == true { try WebhookEndpoints.personal(person) }
                try check(body.change.url, body.change.types ?? [])
                let hook = try await writer.run { desks, now in
                    try WebhookEndpoints.refusing {
                        try desks.webhooks.change(id, body.change, by: person.author, at: now)
                    }
                }
                return .json(try await told(hook, try? settings.keys(state: configuration.state)))
            },
            Endpoint(
                .delete, "/api/v1/webhooks/{id}", "Remove one, with everything that waits for it",
                needs: .right(.webhooks), answers: .done
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                try await writer.run { desks, now in
                    try WebhookEndpoints.refusing { try desks.webhooks.remove(id, by: person.author, at: now) }
                }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/webhooks/{id}/key",
                "Another key; the one of before signs too for overlapHours (24). Its secret is shown in this answer, and never again",
                body: RotateWebhook.shape, needs: .right(.webhooks), answers: .json(WebhookEndpoints.withSecret)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await mine(incoming)
                let keys = try newKeys()
                let overlap = (body.overlapHours ?? RotateWebhook.usual) * 3_600_000
                let hook = try await writer.run { desks, now in
                    try WebhookEndpoints.refusing {
                        try desks.webhooks.rotate(id, keys.fresh(), overlap: overlap, by: person.author, at: now)
                    }
                }
                return .json(try await told(hook, keys).with("secret", .string(keys.secret(hook.salt))))
            },
            Endpoint(
                .post, "/api/v1/webhooks/{id}/test", "Send it an event that is for nobody else",
                needs: .right(.webhooks),
                answers: .json(.object("WebhookTest", [.init("seq", .integer)]), .accepted)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let seq = try await writer.run { desks, now in
                    try WebhookEndpoints.refusing { try desks.webhooks.test(id, by: person.author, at: now) }
                }
                return .json(.object([("seq", .int(seq))]), status: .accepted)
            },
            Endpoint(
                .get, "/api/v1/webhooks/{id}/deliveries",
                "What one was told, newest first, at most 100: ?state=waiting|done|dead&before=",
                needs: .right(.webhooks),
                answers: .list(WebhookDelivery.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                let id = try incoming.id("id")
                let state = incoming.query("state").flatMap(WebhookDelivery.State.init(rawValue:))
                let before = incoming.time("before")
                let found = try await live.read { store -> [WebhookDelivery]? in
                    guard try store.webhooks.hook(id) != nil else { return nil }
                    return try store.webhooks.deliveries(of: id, state: state, before: before, limit: 100)
                }
                guard let found else { throw WebhookEndpoints.unknown }
                return .json(.array(found.map(WebhookDelivery.shape.json)))
            },
            Endpoint(
                .post, "/api/v1/webhooks/{id}/replay",
                "Tell it again what the ledger has from one entry to another, or what was given up",
                body: ReplayWebhook.shape, needs: .right(.webhooks),
                answers: .json(.object("WebhookReplay", [.init("queued", .integer)]))
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let (first, last) = (body.from ?? 0, body.to ?? body.from ?? 0)
                let count = try await writer.run { desks, now in
                    try WebhookEndpoints.refusing {
                        if body.isDead { return try desks.webhooks.replayDead(id, by: person.author, at: now) }
                        return try desks.webhooks.replay(
                            id, from: first, to: last, tells: { CloudEvent.isTold($1, to: $0) }, by: person.author,
                            at: now)
                    }
                }
                return .json(.object([("queued", .int(Int64(count)))]))
            },
        ]
    }

    private var settings: WebhookSettings { configuration.webhooks }

    private func check(_ url: String?, _ types: [String]) throws {
        if let url, let why = WebhookAddress.objection(to: url, mayPlain: settings.mayPlain) {
            throw APIProblem(.badRequest, "bad-address", "\(why.prefix(1).uppercased())\(why.dropFirst()).")
        }
        guard let odd = types.first(where: { !Webhook.isType($0) }) else { return }
        throw APIProblem(
            .badRequest, "bad-event-type",
            "\"\(odd)\" is no type of events, such as quai.delivery.close or quai.delivery.*.")
    }

    private func newKeys() throws -> WebhookKeys {
        do { return try settings.keysOrNew(state: configuration.state) } catch {
            throw APIProblem(.serviceUnavailable, "no-webhook-key", "The secret of webhooks cannot be read: \(error).")
        }
    }

    private func told(_ hook: Webhook, _ keys: WebhookKeys?) async throws -> JSON {
        WebhookEndpoints.json(try await live.read { try $0.webhooks.standing(hook) }, keys)
    }

    private static func json(_ standing: WebhookStanding, _ keys: WebhookKeys?) -> JSON {
        var standing = standing
        if let keys, keys.mark == standing.hook.mark { standing.publicKey = keys.publicKey(standing.hook.salt) }
        return WebhookStanding.shape.json(standing)
    }

    /// Whoever does not see numbers and names lets no other program see them either.
    private static func personal(_ person: Person) throws {
        guard person.may(.personal) else { throw APIProblem.noRight(.personal) }
    }

    /// The webhook that is meant, of which this person may see all that it is told.
    private func mine(_ incoming: Incoming) async throws -> Int64 {
        let (person, id) = (try incoming.who(), try incoming.id("id"))
        let hook = try await live.read { try $0.webhooks.hook(id) }
        if hook?.isPersonal == true { try WebhookEndpoints.personal(person) }
        return id
    }

    private static let unknown = APIProblem(.notFound, "no-such-webhook", "There is no such webhook.")

    private static func refusing<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let refusal as WebhookDesk.Refusal {
            switch refusal {
            case .full:
                throw APIProblem(.conflict, "too-many-webhooks", "There are \(WebhookTable.limit) already: remove one.")
            case .noSuchWebhook: throw unknown
            case .isDisabled: throw APIProblem(.conflict, "webhook-disabled", "It is told nothing: enable it first.")
            case .badRange:
                throw APIProblem(
                    .badRequest, "bad-range",
                    "Name the entries from and to, at most \(WebhookDesk.replayLimit) of them, or dead.")
            }
        }
    }
}
