import Certificates
import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// How an agent becomes the centre's: people invite it, it shows its token and is given a certificate, and has it renewed.
struct EnrolmentEndpoints {
    let writer: Writer
    let live: LiveView
    let present: Locked<IngestConfiguration>
    let pace = Locked(EnrolmentPace())
    /// Strangers who want to join must not stop who belongs here.
    let renewals = Locked(EnrolmentPace())

    private static let made = EnrolmentTable.Invitation.shape.schema.with(
        [.init("line", .text)], as: "AgentInvitationWithToken")
    private static let answer = AnswerSchema.object(
        "Enrolment",
        [
            .init("agent", .text), .init("site", .text, isRequired: false), .init("certificate", .text),
            .init("authority", .text), .init("broker", .text),
        ])

    var list: [Endpoint] { peoples + agents }

    private var peoples: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/gateways/invitations", "Agents that are asked to join", needs: .right(.gatewaysSee),
                answers: .list(EnrolmentTable.Invitation.shape.schema)
            ) { incoming in
                let reach = try incoming.who().reach
                return .json(
                    .array(
                        try await live.read { store in
                            try store.enrolment.invitations().filter { reach.covers(site: $0.site) }.map {
                                $0.json(at: Clocks.wall)
                            }
                        }))
            },
            Endpoint(
                .post, "/api/v1/gateways/invitations",
                "Asks an agent to join: the line to be typed there is in this answer and never again",
                body: NewInvitation.shape, needs: .right(.gatewaysCommand),
                answers: .json(EnrolmentEndpoints.made, .created)
            ) { incoming, body in
                let person = try incoming.who()
                guard Topic.isName(body.agent) else { throw NewInvitation.badAgent }
                let site = body.site ?? "main"
                guard Topic.isName(site) else { throw NewInvitation.badSite }
                guard person.reach.covers(site: site) else {
                    throw APIProblem(.forbidden, "outside-scope", "You may do nothing at this site (\(site)).")
                }
                // Where it stands already counts as well: nobody takes another site's gateway.
                let places = try await live.read { store in
                    try store.gateways.grants().filter { $0.name == body.agent }.compactMap(\.site)
                        + store.enrolment.invitations().filter { $0.agent == body.agent }.map(\.site)
                }
                guard places.allSatisfy({ person.reach.covers(site: $0) }) else {
                    throw APIProblem(.forbidden, "outside-scope", "This agent is another site's.")
                }
                let settings = try offered()
                let pin = try AuthorityFolder(path: settings.authority).authority().certificate.digest
                do {
                    return try await writer.run { desks, now in
                        let token = JoinToken(pin: pin)
                        let invitation = try desks.enrolment.invite(
                            body.agent, site: site, zones: body.zones, hours: body.hours ?? 24, token: token,
                            by: person.author, at: now)
                        return .json(
                            invitation.json(at: now).with("line", .string(settings.line("\(token)"))), status: .created)
                    }
                } catch EnrolmentDesk.Refusal.reserved {
                    throw NewInvitation.reserved
                } catch EnrolmentDesk.Refusal.tooMany {
                    throw APIProblem(
                        .conflict, "too-many-invitations",
                        "There are \(EnrolmentDesk.limit) invitations already: withdraw one.")
                }
            },
            Endpoint(
                .delete, "/api/v1/gateways/invitations/{name}", "Withdraw the invitation of an agent",
                needs: .right(.gatewaysCommand), answers: .done
            ) { incoming in
                let person = try incoming.who()
                let name = incoming.parameters.get("name") ?? ""
                let site = try await live.read { try $0.enrolment.invitations().first { $0.agent == name }?.site }
                guard let site, person.reach.covers(site: site),
                    try await writer.run({ try $0.enrolment.withdraw(name, by: person.author, at: $1) })
                else { throw APIProblem(.notFound, "no-such-invitation", "There is no invitation for this agent.") }
                return .json(.members([]))
            },
        ]
    }

    private var agents: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/enrolment/authority",
                """
                The certificate of the site's authority: who has its digest knows whether it is the right one. While another one takes \
                its place both, and the mark of the one that signs
                """,
                needs: .anybody,
                answers: .json(
                    .object("Authority", [.init("authority", .text), .init("signer", .text, isRequired: false)]))
            ) { _ in
                let folder = AuthorityFolder(path: try offered().authority)
                return .json(
                    .object([
                        ("authority", .string(try AuthorityFolder.text(folder.certificate))),
                        ("signer", try folder.mark().map(JSON.string)),
                    ]))
            },
            Endpoint(
                .post, "/api/v1/enrolment",
                "An agent shows its token, once, and a signing request: it is given a certificate",
                body: JoinRequest.shape, needs: .anybody, answers: .json(EnrolmentEndpoints.answer, .created)
            ) { incoming, body in
                let (settings, request) = (try offered(), try admitted(incoming, body.request, pace))
                guard let token = JoinToken(body.token) else { throw JoinRequest.noToken }
                let folder = AuthorityFolder(path: settings.authority)
                return try await refusing {
                    try await writer.run { desks, now in
                        var pem = ""
                        let (invitation, _) = try desks.enrolment.redeem(
                            token.id, secret: token.secret, key: Hex.string(request.key), at: now
                        ) { agent in
                            let signed = try folder.sign(request, agent: agent, isNew: !body.roots.isEmpty, at: now)
                            pem = signed.pem
                            return signed.given
                        }
                        return try answer(invitation.agent, invitation.site, pem, settings)
                    }
                }
            },
            Endpoint(
                .post, "/api/v1/enrolment/renewal",
                "A new certificate for a key that has one which counts still: the request's signature proves whose it is",
                body: RenewalRequest.shape, needs: .anybody, answers: .json(EnrolmentEndpoints.answer, .created)
            ) { incoming, body in
                let (settings, request) = (try offered(), try admitted(incoming, body.request, renewals))
                let folder = AuthorityFolder(path: settings.authority)
                return try await refusing {
                    try await writer.run { desks, now in
                        var pem = ""
                        let given = try desks.enrolment.renew(key: Hex.string(request.key), at: now) { agent in
                            let signed = try folder.sign(request, agent: agent, isNew: !body.roots.isEmpty, at: now)
                            pem = signed.pem
                            return signed.given
                        }
                        return try answer(given.agent, nil, pem, settings)
                    }
                }
            },
        ]
    }

    private func offered() throws -> EnrolmentSettings {
        guard let settings = present.with({ $0.enrolment }) else {
            throw APIProblem(
                .notFound, "no-enrolment", "This centre signs no certificates: see edge-ingest setup.")
        }
        return settings
    }

    /// What somebody wants signed, where they may ask now.
    private func admitted(
        _ incoming: Incoming, _ text: String, _ pace: Locked<EnrolmentPace>
    ) throws -> SigningRequest {
        if let seconds = pace.with({ $0.pause(incoming.source, at: Clocks.wall) }) {
            throw APIProblem(
                .tooManyRequests, "wait", "Too many agents ask from there: wait a little.",
                [("seconds", .int(seconds))])
        }
        guard let request = SigningRequest(text) else {
            throw APIProblem(
                .badRequest, "bad-request", "This is no signing request (PKCS#10, PEM) with a key of P-256.")
        }
        return request
    }

    private func answer(_ agent: String, _ site: String?, _ pem: String, _ settings: EnrolmentSettings) throws
        -> Response
    {
        let authority = try AuthorityFolder.text(AuthorityFolder(path: settings.authority).certificate)
        return .json(
            .object([
                ("agent", .string(agent)), ("site", site.map(JSON.string)), ("certificate", .string(pem)),
                ("authority", .string(authority)), ("broker", .string(settings.broker)),
            ]), status: .created)
    }

    /// The desk's refusals in words. Who guesses learns nothing from them.
    private func refusing(_ deed: () async throws -> Response) async throws -> Response {
        do { return try await deed() } catch let refusal as EnrolmentDesk.Refusal {
            throw switch refusal {
            case .unknown: JoinRequest.noToken
            case .reserved: NewInvitation.reserved
            case .tooMany:
                APIProblem(
                    .tooManyRequests, "wait", "This agent was given too many certificates today: wait a little.",
                    [("seconds", .int(3600))])
            case .used: APIProblem(.conflict, "token-used", "This token has been used: invite the agent again.")
            case .ended:
                APIProblem(.gone, "token-ended", "This token or certificate has ended: invite the agent again.")
            case .blocked:
                APIProblem(.forbidden, "token-blocked", "Too many wrong tries: invite the agent again.")
            case .noCertificate:
                APIProblem(.notFound, "no-certificate", "No certificate was given for this key: join again.")
            case .revoked: APIProblem(.forbidden, "agent-revoked", "This agent is revoked: invite it again.")
            }
        } catch let refusal as GatewayDesk.Refusal {
            throw APIProblem(.conflict, "zone-not-yours", "The invitation names what is another's: \(refusal).")
        }
    }
}

struct NewInvitation: Sendable {
    var agent = ""
    var site: String?
    var zones: [String] = []
    var hours: Int64?

    static let badAgent = APIProblem(
        .badRequest, "bad-agent", "An agent's name is 1 to 32 of a-z, 0-9 and -.")
    static let reserved = APIProblem(
        .badRequest, "bad-agent", "This name is a user of the broker that is no agent: choose another.")
    static let badSite = APIProblem(.badRequest, "bad-site", "A site's name is 1 to 32 of a-z, 0-9 and -.")
    static let shape = BodyShape(
        "NewInvitation", Self(),
        [
            .line("agent", 32, \.agent, or: badAgent), .line("site", 32, \.site), .lines("zones", 50, of: 64, \.zones),
            .integer("hours", EnrolmentDesk.hours, \.hours),
        ])
}

struct JoinRequest: Sendable {
    var token = ""
    var request = ""
    /// Marks of the authorities that the agent believes; without one it knows nothing of their replacement.
    var roots: [String] = []

    static let noToken = APIProblem(
        .forbidden, "no-such-token", "This token is none, or was withdrawn: invite the agent again.")
    static let noRequest = APIProblem(.badRequest, "bad-request", "A signing request in PEM is meant.")
    static let shape = BodyShape(
        "JoinRequest", Self(),
        [
            .text("token", 200, \.token, or: noToken), .text("request", SigningRequest.limit, \.request, or: noRequest),
            .lines("roots", Certificate.bundleLimit, of: 64, \.roots),
        ])
}

struct RenewalRequest: Sendable {
    var request = ""
    var roots: [String] = []

    static let shape = BodyShape(
        "RenewalRequest", Self(),
        [
            .text("request", SigningRequest.limit, \.request, or: JoinRequest.noRequest),
            .lines("roots", Certificate.bundleLimit, of: 64, \.roots),
        ])
}
