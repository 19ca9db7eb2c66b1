import Depot
import Followers
import Model
import Platform

/// What people have agents do: click to call, hang up, transfer, look for a tag. Each is written down first, then sent.
struct AgentOrders: Sendable {
    let writer: Writer
    let live: LiveView
    let mail: AgentMail

    private func send(_ order: AgentOrder?) {
        if let order { mail.post(.command(agent: order.agent, order.command)) }
    }

    private static func id(at now: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        return ULID.make(at: now, using: &random)
    }

    // MARK: click to call

    /// Throws `DialRefusal`.
    func dial(_ number: String, click id: String, person: Person) async throws -> CommandProgress {
        try await writer.run { desks, now in
            let (progress, order) = try desks.dialling.dial(number, click: id, by: person, at: now)
            send(order)
            return progress
        }
    }

    /// False when this person started no such call.
    func cancel(_ id: String, person: Person) async throws -> Bool {
        try await writer.run { desks, now in
            let order = try desks.dialling.cancel(id, as: AgentOrders.id(at: now), by: person, at: now)
            send(order)
            return order != nil
        }
    }

    /// Ends one's own part in a call. Throws `DialRefusal`.
    func hangUp(_ call: String, click id: String, person: Person) async throws -> CommandProgress {
        let running = await live.running(call)
        return try await writer.run { desks, now in
            let (progress, order) = try desks.dialling.hangUp(
                running?.snapshot, of: running?.agent ?? "", click: id, by: person, at: now)
            send(order)
            return progress
        }
    }

    /// Sends the other side of a call on. Throws `DialRefusal`.
    func transfer(
        _ call: String, to number: String, click id: String, person: Person
    ) async throws -> CommandProgress {
        let running = await live.running(call)
        return try await writer.run { desks, now in
            let (progress, order) = try desks.dialling.transfer(
                running?.snapshot, of: running?.agent ?? "", to: number, click: id, by: person, at: now)
            send(order)
            return progress
        }
    }

    /// Tells whoever clicked that nobody took it up; called now and then.
    func expire() async throws {
        for step in try await writer.run({ try $0.dialling.expire(at: $1) }) {
            await live.tell(step.user, PageMessage(.command, step.progress.json))
        }
    }

    // MARK: versions

    /// The next turn of what is on its way to the gateways; called now and then.
    func rollOut() async {
        await writer.attempt { desks, now in
            for order in try desks.rollouts.advance(at: now, makeID: { AgentOrders.id(at: now) }) { send(order) }
        }
    }

    // MARK: tags

    /// How many agents were asked to look for a tag.
    func look(for tag: String) async throws -> Int {
        try await writer.run { desks, now in
            let orders = try desks.tagSearch.look(for: tag, at: now) { AgentOrders.id(at: now) }
            for order in orders { send(order) }
            return orders.count
        }
    }

    func endLooking(for tag: String) async throws {
        try await writer.run { desks, now in
            for order in try desks.tagSearch.end(tag, at: now, makeID: { AgentOrders.id(at: now) }) { send(order) }
        }
    }
}
