import Depot
import Followers
import Model
import Platform
import SQLite

/// Calls: what is kept of them, what people write about them, and dialling.
extension Centre {
    /// A call that ended, before its journal copy comes; in the order of their ends.
    nonisolated func take(ended snapshot: CallSnapshot, agent: String) {
        executor.run { self.assumeIsolated { $0.keep(snapshot, agent: agent) } }
    }

    private func keep(_ snapshot: CallSnapshot, agent: String) {
        // Whole or not at all: its journal copy would not repair a half.
        do {
            try store.transaction {
                _ = try store.calls.save(snapshot, agent: agent, key: CallKey.of(snapshot, plan: plans.plan(of: agent)))
            }
        } catch { failed(error) }
        follow()
        // What was written about it has gone along: the other's card shows it now.
        if let into = snapshot.mergedInto { board.post(again: into) }
    }

    /// Calls that a script of an exchange pushes: kept before anything is acknowledged. The ids that the script may
    /// forget, and how many lines meant nothing.
    func push(_ body: [UInt8], from feed: String) async throws -> (acks: [String], noise: Int) {
        let now = Clocks.wall
        var pushed = feeds[feed] ?? PushedCalls(feed, at: now)
        if feeds[feed] == nil {
            for row in try store.calls.runningCalls(since: now - Board.callLife) where row.agent == feed {
                pushed.resume(row.snapshot.told(by: feed))
            }
        }
        let result = pushed.take(body, at: now)
        let plan = plans.plan(of: feed)
        let snapshots = result.snapshots.map { plan.placed($0).filed(under: feed) }
        try store.transaction {
            for snapshot in snapshots {
                _ = try store.calls.save(snapshot, agent: feed, key: CallKey.of(snapshot, plan: plan))
            }
        }
        feeds[feed] = pushed
        for snapshot in snapshots { await board.call(snapshot, agent: feed) }
        return (result.acks, result.noise)
    }

    // MARK: what people do with them

    private var desk: CallDesk { CallDesk(store) }

    /// Writes what people say about a call over revision `base`. Throws `CallDesk.Refusal`.
    func write(_ words: CallDesk.Words, on call: String, over base: Int64, person: Person) async throws -> CallNote {
        let (call, sight) = await board.sight(of: try desk.name(of: call), by: person)
        defer { follow() }
        return try desk.write(words, on: call, over: base, seeing: sight, by: person, at: Clocks.wall)
    }

    func settleMissed(_ call: String, person: Person) async throws -> Bool {
        let scope = await board.shared(person)
        defer { follow() }
        return try desk.settle(missed: call, of: scope, by: person, at: Clocks.wall)
    }

    func takeMissed(_ call: String, _ takes: Bool, person: Person) async throws -> Bool {
        let scope = await board.shared(person)
        defer { follow() }
        return try desk.take(missed: call, takes, of: scope, by: person, at: Clocks.wall)
    }

    /// Forgets calls older than the site keeps them; true when there may be more.
    func forgetOldCalls() throws -> Bool {
        guard configuration.retentionDays > 0 else { return false }
        return try store.erasure.forgetCalls(before: Clocks.wall - Int64(configuration.retentionDays) * 86_400_000) > 0
    }

    // MARK: click to call

    /// Throws `DialRefusal`.
    func dial(_ number: String, click id: String, person: Person) throws -> CommandProgress {
        defer { follow() }
        let (progress, order) = try dialling.dial(number, click: id, by: person, at: Clocks.wall)
        if let order { send(order) }
        return progress
    }

    /// False when this person started no such call.
    func cancel(_ id: String, person: Person) throws -> Bool {
        var random = SystemRandomNumberGenerator()
        let now = Clocks.wall
        let order = try dialling.cancel(id, as: ULID.make(at: now, using: &random), by: person, at: now)
        if let order { send(order) }
        return order != nil
    }

    private func send(_ order: DiallingDesk.Order) { send(.command(agent: order.agent, order.command)) }

    /// How far a command has come, as an agent says.
    func advance(_ progress: CommandProgress, from agent: String) {
        do {
            guard let step = try dialling.advance(progress, from: agent) else { return }
            board.post([PageMessage(.command, step.progress.json)], to: step.user)
        } catch { failed(error) }
    }

    /// Tells whoever clicked that nobody took it up; called now and then.
    func expireCommands() async throws {
        for step in try dialling.expire(at: Clocks.wall) {
            await board.tell(step.user, PageMessage(.command, step.progress.json))
        }
    }
}
