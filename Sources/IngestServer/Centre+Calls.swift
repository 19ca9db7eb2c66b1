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

    // MARK: call-backs with a time

    /// Throws `ReminderDesk.Refusal`, and `CallDesk.Refusal.ambiguous`.
    func remind(_ call: String, at due: Int64, person: Person) async throws -> Reminder {
        let (call, sight) = await board.sight(of: try desk.name(of: call), by: person)
        defer { follow() }
        return try ReminderDesk(store).set(call, at: due, seeing: sight, by: person, at: Clocks.wall)
    }

    func settle(reminder id: Int64, done: Bool, person: Person) async throws -> Bool {
        let scope = await board.shared(person)
        defer { follow() }
        return try ReminderDesk(store).settle(id, done: done, of: scope, by: person, at: Clocks.wall)
    }

    /// Tells whose time has come; called every second. Written before it is told: a restart in between tells nobody twice, and
    /// whoever opens a page finds it in the list.
    func tellReminders() async throws {
        let desk = ReminderDesk(store)
        let due = try desk.due(at: Clocks.wall)
        guard !due.isEmpty else { return }
        for reminder in due {
            let isThere = await board.isThere(reminder.user)
            guard let told = try desk.tell(reminder, isTeams: !isThere, at: Clocks.wall) else { continue }
            await board.tell(told)
        }
        follow()
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

    /// Ends one's own part in a call. Throws `DialRefusal`.
    func hangUp(_ call: String, click id: String, person: Person) async throws -> CommandProgress {
        let running = await board.running(call)
        defer { follow() }
        let (progress, order) = try dialling.hangUp(
            running?.snapshot, of: running?.agent ?? "", click: id, by: person, at: Clocks.wall)
        if let order { send(order) }
        return progress
    }

    /// Sends the other side of a call on. Throws `DialRefusal`.
    func transfer(
        _ call: String, to number: String, click id: String, person: Person
    ) async throws -> CommandProgress {
        let running = await board.running(call)
        defer { follow() }
        let (progress, order) = try dialling.transfer(
            running?.snapshot, of: running?.agent ?? "", to: number, click: id, by: person, at: Clocks.wall)
        if let order { send(order) }
        return progress
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
