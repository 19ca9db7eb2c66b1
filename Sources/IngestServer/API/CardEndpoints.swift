import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import Platform

/// What a card offers beside the name.
struct CardEndpoints {
    let writer: Writer
    let live: LiveView
    let present: Locked<IngestConfiguration>
    let orders: AgentOrders
    /// Gives nil where no ERP is configured.
    let queue: @Sendable () -> QueueFollower?

    private var configuration: IngestConfiguration { present.with { $0 } }

    var list: [Endpoint] {
        [
            Endpoint(
                .post, "/api/v1/calls/hangup",
                "Hang up my own telephone, or refuse while it rings; the same click does it once",
                body: HangUp.shape, needs: .right(.callsDial), answers: .json(CallEndpoints.progressSchema, .accepted)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let progress = try await orders.hangUp(body.call, click: body.click, person: person)
                    return .json(progress.json, status: .accepted)
                } catch let refusal as DialRefusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/calls/transfer",
                "Send the other side of my call on, without asking there first", body: TransferCall.shape,
                needs: .right(.callsDial), answers: .json(CallEndpoints.progressSchema, .accepted)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let progress = try await orders.transfer(
                        body.call, to: body.number, click: body.click, person: person)
                    return .json(progress.json, status: .accepted)
                } catch let refusal as DialRefusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/reminders",
                "Remind me to call back, at a moment in Unix ms; another time takes the place of the first",
                body: SetReminder.shape, needs: .right(.callsTake), answers: .json(Reminder.shape.schema, .created)
            ) { incoming, body in
                let person = try incoming.who()
                do {
                    let (call, sight) = try await live.sight(of: body.call, by: person)
                    let reminder = try await writer.run {
                        try $0.reminders.set(call, at: body.due, seeing: sight, by: person, at: $1)
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
                .post, "/api/v1/reminders/{id}/done", "Called back; done false opens it again",
                body: SettleReminder.shape,
                needs: .right(.callsTake), answers: .json(CallEndpoints.settledSchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                do {
                    let scope = await live.shared(person)
                    let changed = try await writer.run {
                        try $0.reminders.settle(id, done: body.done, of: scope, by: person, at: $1)
                    }
                    return .json(.object([("done", .bool(changed))]))
                } catch let refusal as ReminderDesk.Refusal { throw refusal.problem }
            },
            Endpoint(
                .post, "/api/v1/reminders/{id}/erp", "Bring my call-back into the ERP, once: an activity on its client",
                needs: .all([.callsTake, .erp]), answers: .json(ERPJob.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                guard let reminder = try await live.read({ try $0.reminders.row(id) }) else {
                    throw ReminderDesk.Refusal.noCall.problem
                }
                let day = ExchangeSettings.day(of: reminder.due).name
                do {
                    let job = try await writer.run { [queue] in
                        try QueueDesk($0, queue()).pushCallBack(id, on: day, by: person, at: $1)
                    }
                    return .json(person.shown(job.json))
                } catch let refusal as QueueDesk.CallBackRefusal {
                    switch refusal {
                    case .noERP: throw APIProblem(.conflict, "no-erp", "No ERP is configured.")
                    case .noReminder: throw ReminderDesk.Refusal.noCall.problem
                    case .noClient: throw APIProblem(.conflict, "not-in-erp", "The ERP does not know this client.")
                    }
                }
            },
            Endpoint(
                .post, "/api/v1/parties/{id}/numbers",
                "Give a client a number; attach false takes back one that was given here", body: GiveNumber.shape,
                needs: .right(.clientsEdit), answers: .json(PartyView.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                do {
                    let parsed = configuration.plan.number(body.number)
                    let party = try await writer.run {
                        try $0.clients.change(parsed, body.attach, of: id, by: person, at: $1)
                    }
                    // Cards that are open know at once who it is.
                    await live.showAll()
                    return .json(person.shown(party.json))
                } catch let refusal as ClientDesk.Refusal { throw refusal.problem }
            },
        ]
    }

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
