import Depot
import HTTPTypes
import Hummingbird
import Model

/// What a card offers beside the name.
struct CardEndpoints {
    let writer: Writer
    let live: LiveView
    let configuration: IngestConfiguration
    let orders: AgentOrders

    var list: [Endpoint] {
        [
            Endpoint(
                .post, "/api/v1/calls/hangup",
                "Hang up my own telephone, or refuse while it rings: {call, click}; the same click does it once",
                needs: .session, answers: .json(CallEndpoints.progressSchema, .accepted)
            ) { incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                guard let call = body["call"]?.text, let click = Typed.click(body) else { throw CardEndpoints.noClick }
                do {
                    let progress = try await orders.hangUp(call, click: click, person: person)
                    return .json(progress.json, status: .accepted)
                } catch let refusal as DialRefusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/calls/transfer",
                "Send the other side of my call on, without asking there first: {call, number, click}", needs: .session,
                answers: .json(CallEndpoints.progressSchema, .accepted)
            ) { incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                guard let call = body["call"]?.text, let click = Typed.click(body),
                    let number = Typed.line(body["number"]?.text, limit: 64)
                else { throw CardEndpoints.noClick }
                do {
                    let progress = try await orders.transfer(call, to: number, click: click, person: person)
                    return .json(progress.json, status: .accepted)
                } catch let refusal as DialRefusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/reminders",
                "Remind me to call back: {call, due} (Unix ms); another time takes the place of the first",
                needs: .session, answers: .json(Reminder.shape.schema, .created)
            ) { incoming in
                let person = try incoming.who()
                let body = try await incoming.body()
                guard let call = body["call"]?.text, let due = body["due"]?.integer else {
                    throw APIProblem(.badRequest, "call-needed", "Say which call, and when.")
                }
                do {
                    let (call, sight) = try await live.sight(of: call, by: person)
                    let reminder = try await writer.run {
                        try $0.reminders.set(call, at: due, seeing: sight, by: person, at: $1)
                    }
                    return .json(reminder.json, status: .created)
                } catch let refusal as ReminderDesk.Refusal {
                    throw refusal.problem
                } catch CallDesk.Refusal.ambiguous {
                    throw APIProblem(
                        .conflict, "which-call", "Two gateways have a call of this name; give the whole one.")
                }
            },
            Endpoint(
                .post, "/api/v1/reminders/{id}/done", "Called back: {done}; done false opens it again", needs: .session,
                answers: .json(CallEndpoints.settledSchema)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let body = try await incoming.body()
                do {
                    let done = body["done"]?.truth ?? true
                    let scope = await live.shared(person)
                    let changed = try await writer.run {
                        try $0.reminders.settle(id, done: done, of: scope, by: person, at: $1)
                    }
                    return .json(.object([("done", .bool(changed))]))
                } catch let refusal as ReminderDesk.Refusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/parties/{id}/numbers",
                "Give a client a number: {number}; attach false takes back one that was given here", needs: .session,
                answers: .json(PartyView.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let body = try await incoming.body()
                guard let number = Typed.line(body["number"]?.text, limit: 64) else {
                    throw APIProblem(.badRequest, "number-needed", "Give a number.")
                }
                do {
                    let attaches = body["attach"]?.truth ?? true
                    let parsed = configuration.plan.number(number)
                    let party = try await writer.run {
                        try $0.clients.change(parsed, attaches, of: id, by: person, at: $1)
                    }
                    // Cards that are open know at once who it is.
                    await live.showAll()
                    return .json(party.json)
                } catch let refusal as ClientDesk.Refusal { throw refusal.problem }
            },
        ]
    }

    private static let noClick = APIProblem(
        .badRequest, "number-needed", "Give the call, the number and the click's ULID.")
}

extension ClientDesk.Refusal {
    var problem: APIProblem {
        switch self {
        case .noClient: APIProblem(.notFound, "no-such-party", "There is no such client.")
        case .noNumber:
            APIProblem(.unprocessableContent, "not-a-clients-number", "This number does not tell who calls.")
        case .full:
            APIProblem(
                .conflict, "too-many-numbers", "A client has at most \(ClientDesk.numberLimit) numbers.")
        case .notOurs:
            APIProblem(
                .conflict, "number-not-ours", "The client came with this number: take it away where it came from.")
        }
    }
}

extension ReminderDesk.Refusal {
    var problem: APIProblem {
        switch self {
        case .noCall: APIProblem(.notFound, "no-such-call", "There is no such call of yours.")
        case .badTime: APIProblem(.unprocessableContent, "bad-time", "A time to come, within a year.")
        case .tooMany:
            APIProblem(.conflict, "too-many-reminders", "At most \(ReminderDesk.limit) open reminders for one person.")
        }
    }
}
