import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// In which ways one is told while no page is open, who is on duty, and the end of a digest by one click.
struct ChannelEndpoints {
    let writer: Writer
    let reads: LongReads
    let present: Locked<IngestConfiguration>
    let state: String
    let plan: NumberPlan

    init(_ wiring: Wiring) {
        (writer, reads, present) = (wiring.writer, wiring.reads, wiring.present)
        (state, plan) = (wiring.configuration.state, wiring.configuration.plan)
    }

    private var settings: ChannelSettings { present.with { $0.channels } }

    private static let schema = AnswerSchema.object(
        "Channels",
        [
            // What this site offers.
            .init("offers", .list(.words(NoticeChannel.Kind.self))),
            .init("channels", .list(ChannelStanding.shape.schema)),
            // What a browser subscribes with (RFC 8292), in base64url.
            .init("pushKey", .text, isRequired: false),
        ])

    private static let dutySchema = AnswerSchema.object(
        "DutyList",
        [
            .init("duty", .list(Duty.shape.schema)),
            .init(
                "people",
                .list(.object("DutyPerson", [.init("id", .integer), .init("name", .text)]))),
            .init("minutes", .integer),
        ])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/channels", "In which ways I am told while no page is open, and what this site offers",
                needs: .session, answers: .json(ChannelEndpoints.schema)
            ) { incoming in
                let person = try incoming.who()
                let standings = try await reads.read { try $0.channels.standings(of: person.id) }
                let offers = NoticeChannel.Kind.allCases.filter(settings.offers)
                return .json(
                    .object([
                        ("offers", .array(offers.map { .string($0.rawValue) })),
                        ("channels", .array(standings.map { ChannelStanding.shape.json($0) })),
                        ("pushKey", settings.push == nil ? nil : (try keys().pushKey).map { .string($0) }),
                    ]))
            },
            Endpoint(
                .post, "/api/v1/channels", "One more way", body: AddChannel.shape, needs: .session,
                answers: .json(ChannelStanding.shape.schema, .created)
            ) { incoming, body in
                let person = try incoming.who()
                guard settings.offers(body.kind) else {
                    throw APIProblem(.conflict, "channel-not-offered", "This site does not offer it.")
                }
                let new = try keys().kept(try body.address(plan, settings.allowed))
                let channel = try await ChannelEndpoints.refusing {
                    try await writer.run { try $0.channels.add(new, of: person, at: $1) }
                }
                return .json(
                    ChannelStanding.shape.json(ChannelStanding(channel: channel, waiting: 0, dead: 0)),
                    status: .created)
            },
            Endpoint(
                .delete, "/api/v1/channels/{id}", "That way no more", needs: .session, answers: .done
            ) { incoming in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                try await ChannelEndpoints.refusing {
                    try await writer.run { try $0.channels.remove(id, of: person, at: $1) }
                }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/channels/{id}/test", "Tell me something by it", needs: .session, answers: .begun
            ) { incoming in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                try await ChannelEndpoints.refusing {
                    try await writer.run { try $0.channels.test(id, of: person, at: $1) }
                }
                return .json(.members([]), status: .accepted)
            },
            Endpoint(
                .get, "/api/v1/duty", "Who is on duty, in the order in which they are told what nobody has read",
                needs: .session, answers: .json(ChannelEndpoints.dutySchema)
            ) { incoming in .json(try await duty(for: try incoming.who())) },
            Endpoint(
                .put, "/api/v1/duty", "The whole list at once", body: SetDuty.shape, needs: .right(.users),
                answers: .json(ChannelEndpoints.dutySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let rows = body.duty
                do { _ = try await writer.run { try $0.duty.set(rows, by: person.author, at: $1) } } catch DutyDesk
                    .Refusal.noSuchPerson
                {
                    throw APIProblem(.unprocessableContent, "no-such-person", "One of them is none of this site.")
                }
                return .json(try await duty(for: person))
            },
            Endpoint(
                .get, "/api/v1/unsubscribe/{token}", "Asks whether the digest is to end; nothing ends by looking",
                needs: .anybody, answers: .file(["text/html; charset=utf-8"])
            ) { incoming in try page(incoming, isDone: false) },
            Endpoint(
                .post, "/api/v1/unsubscribe/{token}", "No digest any more (RFC 8058)", body: .bytes, needs: .anybody,
                answers: .file(["text/html; charset=utf-8"])
            ) { incoming in
                let body = String(decoding: try await incoming.bytes(limit: 1024), as: UTF8.self)
                guard body.contains("List-Unsubscribe=One-Click") else {
                    throw APIProblem(.badRequest, "bad-body", "The body says List-Unsubscribe=One-Click.")
                }
                let id = try channel(incoming)
                _ = try await writer.run { try $0.channels.endDigest(ofChannel: id, at: $1) }
                return try page(incoming, isDone: true)
            },
        ]
    }

    /// Whom there is to choose from is told to those who choose.
    private func duty(for person: Person) async throws -> JSON {
        let (rows, all) = try await reads.read { (try $0.duty.rows(), try $0.people.rows()) }
        let people = person.may(.users) ? all : []
        return .object([
            ("duty", .array(rows.map { Duty.shape.json($0) })),
            (
                "people",
                .array(people.map { .object([("id", .int($0.user)), ("name", .string($0.name))]) })
            ),
            ("minutes", .int(settings.patience)),
        ])
    }

    private func keys() throws -> ChannelKeys {
        do { return try settings.keys(state: state) } catch {
            throw APIProblem(
                .serviceUnavailable, "no-channel-key", "The secret of channels cannot be read: \(error).")
        }
    }

    private func channel(_ incoming: Incoming) throws -> Int64 {
        guard let token = incoming.parameters.get("token"), token.utf8.count <= 64,
            let id = try keys().channel(ofToken: token)
        else { throw APIProblem(.notFound, "no-such-channel", "This address is none of ours.") }
        return id
    }

    /// For whoever follows the address by hand; a mail program posts to it by itself.
    private func page(_ incoming: Incoming, isDone: Bool) throws -> Response {
        _ = try channel(incoming)
        let isFrench = !incoming.header("accept-language").lowercased().hasPrefix("en")
        let title = isFrench ? "Résumé du jour" : "Daily digest"
        let text =
            isDone
            ? isFrench ? "Vous ne le recevrez plus." : "You will not receive it any more."
            : isFrench
                ? "Ne plus recevoir le résumé du jour par courriel ?" : "Receive the daily digest by e-mail no more?"
        let button = isFrench ? "Ne plus recevoir" : "Receive it no more"
        let form =
            isDone
            ? ""
            : "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\"><button>\(button)</button></form>"
        let html =
            "<!doctype html><html lang=\"\(isFrench ? "fr" : "en")\"><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width\"><title>\(title)</title><main><h1>\(title)</h1><p>\(text)</p>\(form)</main></html>"
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Routes.policy,
                .cacheControl: "no-store",
            ], body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private static func refusing<T: Sendable>(_ deed: () async throws -> T) async throws -> T {
        do { return try await deed() } catch let refusal as ChannelDesk.Refusal {
            switch refusal {
            case .full:
                throw APIProblem(.conflict, "too-many-channels", "At most \(NoticeChannel.limit) of one person.")
            case .known: throw APIProblem(.conflict, "channel-known", "This is one of yours already.")
            case .noSuchChannel: throw APIProblem(.notFound, "no-such-channel", "There is no such channel of yours.")
            }
        }
    }
}

/// One more way in which somebody wants to be told: what they typed, or a browser's subscription.
struct AddChannel: Sendable {
    var kind = NoticeChannel.Kind.email
    var typed: String?
    var endpoint: String?
    var key: String?
    var auth: String?

    private static let badKind = APIProblem(.badRequest, "bad-channel", "Say which kind of channel.")
    private static let badAddress = APIProblem(
        .unprocessableContent, "bad-channel-address", "This is no address of such a channel.")

    static let shape = BodyShape(
        "AddChannel", Self(),
        [
            .word("kind", NoticeChannel.Kind.allCases, \.kind, or: badKind),
            .line("address", NoticeChannel.textLimit.shown, \.typed),
            .text("endpoint", ChannelAddress.endpointLimit, \.endpoint), .text("p256dh", 100, \.key),
            .text("auth", 40, \.auth),
        ])

    /// Without TLS a push service is on this machine, and allowed.
    func address(_ plan: NumberPlan, _ allowed: AddressGuard) throws -> ChannelAddress {
        if kind == .push {
            let isLocal = WebhookAddress.host(ofURL: endpoint ?? "") == "127.0.0.1" && allowed.permits([127, 0, 0, 1])
            guard let endpoint, WebhookAddress.objection(to: endpoint, mayPlain: isLocal) == nil,
                let push = WebPush(endpoint: endpoint, key: key ?? "", auth: auth ?? "")
            else { throw AddChannel.badAddress }
            return .push(push)
        }
        guard let typed, let address = ChannelAddress(typed: typed, kind, plan) else { throw AddChannel.badAddress }
        return address
    }
}

/// Who is on duty.
struct SetDuty: Sendable {
    struct Row: Sendable {
        var user: Int64 = 0
        var days: Int64 = 0
        var from: Int64 = 0
        var until: Int64 = 0

        private static let needed = APIProblem(
            .badRequest, "bad-duty", "Say who, on which days, and from which minute of the day until which.")

        static let shape = BodyShape(
            "SetDutyRow", Self(),
            [
                .integer("user", 1...Int64.max, \.user, or: needed),
                .integer("days", 1...Duty.everyDay, \.days, or: needed),
                .integer("from", 0...InboxPreferences.lastMinute, \.from, or: needed),
                .integer("until", 0...InboxPreferences.lastMinute, \.until, or: needed),
            ])
    }

    var rows: [Row] = []

    static let shape = BodyShape("SetDuty", Self(), [.list("duty", Duty.limit, of: Row.shape, \.rows)])

    var duty: [Duty] { rows.map { Duty(user: $0.user, days: $0.days, from: $0.from, until: $0.until) } }
}
