import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// Calls: the history, notes, missed calls, and dialling.
struct CallEndpoints {
    let writer: Writer
    let live: LiveView
    let lists: CallLists
    let present: Locked<IngestConfiguration>
    let orders: AgentOrders
    let personal: PersonalReadLog

    private var configuration: IngestConfiguration { present.with { $0 } }

    private static let callsSchema = AnswerSchema.object(
        "Calls",
        [
            .init("running", .list(CallCard.schema)), .init("missed", .list(CallCard.storySchema)),
            .init("history", .list(CallCard.storySchema)), .init("dispositions", .list(.text)),
            .init(
                "reminders",
                .list(
                    Reminder.shape.schema.with(
                        [
                            .init("card", CallCard.schema), .init("erpJob", ERPJob.shape.schema, isRequired: false),
                            .init("mayPush", .truth, isRequired: false),
                        ], as: "ReminderLine"))),
            .init("opensLinks", .truth, isRequired: false),
        ])

    /// Whether it was this that did it.
    static let settledSchema = AnswerSchema.object("Settled", [.init("done", .truth)])

    /// As `CommandProgress.json` writes it.
    static let progressSchema = AnswerSchema.object(
        "CommandProgress",
        [
            .init("command", .text), .init("state", .words(CommandProgress.State.self)),
            .init("cause", .text, isRequired: false), .init("call", .text, isRequired: false),
            .init("presents", .text, isRequired: false), .init("line", .text, isRequired: false),
        ])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/calls", "Running calls, missed calls, reminders and history of my telephone",
                needs: .right(.callsSee), answers: .json(CallEndpoints.callsSchema)
            ) { incoming in
                let person = try incoming.who()
                let running = await live.runningCards(for: person)
                let missed = try await lists.missed(for: person)
                let history = try await lists.history(for: person)
                let reminders = try await lists.reminders(for: person)
                if !(missed.isEmpty && history.isEmpty && reminders.isEmpty) {
                    personal.note(.calls, person.desk ?? "", by: person)
                }
                return .json(
                    .object([
                        ("reminders", .array(reminders)), ("running", .array(running)), ("missed", .array(missed)),
                        ("history", .array(history)),
                        ("opensLinks", configuration.opensCardLink ? true : nil),
                        ("dispositions", .array(configuration.dispositions.map(JSON.string))),
                    ]))
            },
            Endpoint(
                .get, "/api/v1/calls/search",
                "History by client, number or note: ?q=&from=&to= (Unix ms); ?team=1 for that of my teams",
                needs: .right(.callsSee), answers: .list(CallCard.storySchema)
            ) { incoming in
                let person = try incoming.who()
                let text = String((incoming.query("q") ?? "").prefix(120))
                let found = try await lists.history(
                    for: person, team: incoming.flag("team"), matching: text,
                    from: incoming.time("from") ?? 0, to: incoming.time("to") ?? .max, limit: 200)
                if !found.isEmpty { personal.note(.history, text, by: person) }
                return .json(.array(found))
            },
            Endpoint(
                .get, "/api/v1/calls/export.csv", "The history of my teams as CSV: ?q=&from=&to=",
                needs: .all([.callsSee, .exports]),
                answers: .file(["text/csv"])
            ) { incoming in
                let person = try incoming.who()
                personal.note(.export, "calls", by: person)
                let text = try await lists.export(
                    for: person, matching: String((incoming.query("q") ?? "").prefix(120)),
                    from: incoming.time("from") ?? 0,
                    to: incoming.time("to") ?? .max)
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: "text/csv; charset=utf-8",
                        .contentDisposition: "attachment; filename=\"calls.csv\"",
                    ], body: .init(byteBuffer: ByteBuffer(string: text)))
            },
            Endpoint(
                .get, "/api/v1/calls/why", "Why there was a card, or none, for each of the last hundred legs",
                needs: .right(.callsSee), answers: .list(LegJournal.Entry.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                return .json(.array(await live.explanations(for: person)))
            },
            Endpoint(
                .post, "/api/v1/calls/note",
                "Write about a call; base is the revision that was read", body: WriteNote.shape,
                needs: .right(.callsTake),
                answers: .json(CallNote.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let words = CallDesk.Words(
                        note: body.note, disposition: body.disposition, party: body.party)
                    let (call, sight) = try await live.sight(of: body.call, by: person)
                    let saved = try await writer.run {
                        try $0.calls.write(words, on: call, over: body.base ?? 0, seeing: sight, by: person, at: $1)
                    }
                    return .json(person.shown(saved.json))
                } catch CallDesk.Refusal.changed(let present) {
                    throw APIProblem(
                        .conflict, "note-changed", "Somebody else has written meanwhile.",
                        [("note", present.map { person.shown(.object([("note", $0.json)])) }?["note"])])
                } catch CallDesk.Refusal.ambiguous {
                    throw APIProblem(
                        .conflict, "which-call", "Two gateways have a call of this name; give the whole one.")
                } catch CallDesk.Refusal.noCall {
                    throw APIProblem(.notFound, "no-such-call", "There is no such call of yours.")
                }
            },
            Endpoint(
                .post, "/api/v1/calls/dismiss", "Put a card aside, in all my browsers", body: NameCall.shape,
                needs: .right(.callsSee), answers: .done
            ) { incoming, body in
                let person = try incoming.who()
                await live.dismiss(body.call, person: person)
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/calls", "Call a number; the same click dials once", body: Dial.shape,
                needs: .right(.callsDial),
                answers: .json(CallEndpoints.progressSchema, .accepted)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let progress = try await orders.dial(body.number, click: body.click, person: person)
                    return .json(progress.json, status: .accepted)
                } catch let refusal as DialRefusal { throw refusal.problem }
            },
            Endpoint(
                .delete, "/api/v1/calls/{command}", "Give up a call that I started", needs: .right(.callsDial),
                answers: .begun
            ) { incoming in
                let person = try incoming.who()
                guard let id = incoming.parameters.get("command"), try await orders.cancel(id, person: person) else {
                    throw APIProblem(.notFound, "no-such-call", "You started no such call.")
                }
                return .json(.members([]), status: .accepted)
            },
            Endpoint(
                .post, "/api/v1/feeds/{name}",
                "Calls pushed by an exchange's script: JSON lines, signed as Standard Webhooks", body: .bytes,
                needs: .anybody,
                answers: .json(
                    .object("PushedCalls", [.init("acks", .list(.text)), .init("noise", .integer)]), .accepted)
            ) { incoming in
                let name = incoming.parameters.get("name") ?? ""
                let body = try await incoming.bytes(limit: Incoming.bodyLimit)
                // The same answer for a name that is not there and for a wrong secret.
                guard let feed = configuration.feeds[name], let secret = try? Files.secret(feed.secret),
                    WebhookSignature.isGood(
                        incoming.header("webhook-signature"), body: body, id: incoming.header("webhook-id"),
                        timestamp: incoming.header("webhook-timestamp"), secret: secret, now: Clocks.wall / 1000)
                else {
                    throw APIProblem(
                        .unauthorized, "bad-signature",
                        "No such feed, a wrong secret, or a clock that is more than 5 minutes off.")
                }
                // Kept before anything is acknowledged.
                let pushed = try await writer.run {
                    try $0.feeds.take(body, from: name, since: $1 - LiveCalls.life, at: $1)
                }
                for snapshot in pushed.snapshots { await live.call(snapshot, agent: name) }
                return .json(
                    .object([
                        ("acks", .array(pushed.acks.map(JSON.string))), ("noise", .int(Int64(pushed.noise))),
                    ]), status: .accepted)
            },
            Endpoint(
                .post, "/api/v1/missed/done", "A missed call is taken care of", body: NameCall.shape,
                needs: .right(.callsTake),
                answers: .json(CallEndpoints.settledSchema)
            ) { incoming, body in
                let person = try incoming.who()
                let scope = await live.shared(person)
                let isDone = try await writer.run {
                    try $0.calls.settle(missed: body.call, of: scope, by: person, at: $1)
                }
                return .json(.object([("done", .bool(isDone))]))
            },
            Endpoint(
                .post, "/api/v1/missed/take",
                "I shall call back; take false gives it to the others again", body: TakeMissed.shape,
                needs: .right(.callsTake), answers: .done
            ) { incoming, body in
                let person = try incoming.who()
                let scope = await live.shared(person)
                let isTaken = try await writer.run {
                    try $0.calls.take(missed: body.call, body.take, of: scope, by: person, at: $1)
                }
                guard isTaken else {
                    throw APIProblem(.conflict, "taken", "A colleague has it, or it is done.")
                }
                return .json(.members([]))
            },
            Endpoint(
                .post, "/api/v1/parties", "Create a client", body: NewClient.shape, needs: .right(.clientsEdit),
                answers: .json(PartyView.shape.schema, .created)
            ) { incoming, body in
                let person = try incoming.who()
                guard body.name != nil || body.company != nil else {
                    throw APIProblem(.badRequest, "name-needed", "A client has a name or a company.")
                }
                let plan = configuration.plan
                let party = try await writer.run {
                    try $0.clients.add(
                        name: body.name ?? "", company: body.company ?? "", numbers: body.numbers, plan: plan,
                        by: person.author,
                        at: $1)
                }
                // Cards that are open know the new client at once.
                await live.showAll()
                return .json(person.shown(party.json), status: .created)
            },
        ]
            // The CSV stands above: its columns are older than the sheets.
            + Endpoint.exports("/api/v1/calls", "The history of my teams (?q=&from=&to=)", needs: .callsSee) {
                incoming in
                let person = try incoming.who()
                personal.note(.export, "calls", by: person)
                let text = try await lists.export(
                    for: person, matching: String((incoming.query("q") ?? "").prefix(120)),
                    from: incoming.time("from") ?? 0,
                    to: incoming.time("to") ?? .max)
                return (Reports.calls(CSV(Array(text.utf8))), "calls")
            }.filter { !$0.path.hasSuffix(".csv") }
    }
}

extension DialRefusal {
    var problem: APIProblem {
        switch self {
        case .noDesk: APIProblem(.conflict, "no-extension", "Claim your telephone first.")
        case .noGateway:
            APIProblem(
                .serviceUnavailable, "no-telephone-link", "No gateway has a working link to a telephone exchange.")
        case .tooMany(let limit): APIProblem(.tooManyRequests, "too-many-calls", "At most \(limit) calls a minute.")
        case .noRight: APIProblem(.forbidden, "may-not-dial", "You may not dial by click; see may-dial in [calls].")
        case .noRightAbroad:
            APIProblem(
                .forbidden, "may-not-dial-abroad", "You may not dial abroad by click; see may-dial-abroad in [calls].")
        case .noCall: APIProblem(.notFound, "no-such-call", "Your telephone has no part in such a call any more.")
        case .notHere:
            APIProblem(.conflict, "line-cannot", "The telephone link of this call cannot do that, or does not work.")
        case .number(let kind, let premium):
            if premium {
                APIProblem(.unprocessableContent, "premium-number", "Premium numbers are not dialled by click.")
            } else if kind == .short {
                APIProblem(
                    .unprocessableContent, "short-number",
                    "Short numbers are dialled by hand: what they cost is told when they answer.")
            } else if kind == .emergency {
                APIProblem(.unprocessableContent, "emergency-number", "Emergency numbers are dialled by hand.")
            } else {
                APIProblem(.unprocessableContent, "not-a-number", "This is not a number that can be dialled.")
            }
        }
    }
}
