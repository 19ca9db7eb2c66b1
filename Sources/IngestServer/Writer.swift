import Depot
import Dispatch
import Followers
import Logging
import Model
import Platform

/// The one who writes the database: deeds run one after the other on an executor of their own, and after each of them the followers of
/// this process go on from where they stood. What a deed does is the desks' matter.
actor Writer {
    /// What somebody asks of the desks, in its turn; `now` is the moment of that, in Unix milliseconds.
    typealias Deed<T> = @Sendable (_ desks: inout Desks, _ now: Int64) throws -> T

    // A backlog that drains must not keep a call from its card.
    private let executor = ThreadExecutor(yields: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private var desks: Desks
    private var followers: CentreFollowers
    private let troubles: Troubles
    /// The database is well again when nothing has failed for so long: while a disk is full, what only reads goes on.
    private static let convalescence: Duration = .seconds(10)
    private var failed: Instant?
    /// How far the followers of this executor have come: a deed that told nothing costs one read.
    private var followed: Int64 = -1
    private let bells = Locked<[@Sendable () -> Bool]>([])
    /// Times that the database did not take something.
    private(set) var failures: UInt64 = 0

    /// Followers catch up with what commands told before this process.
    init(_ desks: sending Desks, _ followers: CentreFollowers, logger: Logger) throws {
        _ = try followers.follow(desks, at: Clocks.wall)
        try followers.forgetOthers(desks.store)
        self.desks = desks
        self.followers = followers
        troubles = Troubles(logger)
    }

    /// Called after each deed, on the writer's executor: whoever follows elsewhere looks at the ledger then. Until it
    /// says false; it must be quick.
    nonisolated func onCommit(_ ring: @escaping @Sendable () -> Bool) { bells.with { $0.append(ring) } }

    /// Does something in its turn and returns what came of it.
    nonisolated func run<T: Sendable>(_ deed: Deed<T>) async throws -> T {
        guard let trace = RunningTrace.current else { return try await inTurn(deed) }
        return try await inTurn(deed, trace, asked: Clocks.nanoseconds)
    }

    private func inTurn<T: Sendable>(_ deed: Deed<T>) throws -> T {
        defer { follow() }
        return try deed(&desks, Clocks.wall)
    }

    /// The same, and how long it waited and took.
    private func inTurn<T: Sendable>(_ deed: Deed<T>, _ trace: RunningTrace, asked: Int64) throws -> T {
        let begun = Clocks.nanoseconds
        trace.add("wait for the writer", from: asked, to: begun)
        var isDone = false
        defer {
            trace.add(
                "store", .client, from: begun, to: Clocks.nanoseconds, isFailure: !isDone,
                [.init("db.system.name", .text(desks.store.system))])
            follow()
        }
        let result = try deed(&desks, Clocks.wall)
        isDone = true
        return result
    }

    /// Other followers, and what comes with them. Where the database does not take it nothing changes.
    func take(_ followers: CentreFollowers, _ deed: Deed<Void>) throws {
        // What was told until now is the former ones' to follow.
        follow()
        try desks.store.transaction { try followers.forgetOthers(desks.store) }
        try deed(&desks, Clocks.wall)
        self.followers = followers
        // A new one begins now.
        followed = -1
        follow()
    }

    /// The same where nobody waits who could be told that it failed: it is counted, and said.
    func attempt(_ deed: Deed<Void>) {
        do {
            try deed(&desks, Clocks.wall)
            if let failed, Clocks.now - failed > Writer.convalescence {
                self.failed = nil
                troubles.ends("database unavailable", as: "database available")
            }
        } catch { failed(error) }
        follow()
    }

    /// In its turn, in the order of the calls; nobody waits for it.
    nonisolated func post(_ deed: @escaping Deed<Void>) {
        executor.run { self.assumeIsolated { $0.attempt(deed) } }
    }

    /// Returns when everything that was posted is done; never from a deed.
    nonisolated func settle() { executor.wait {} }

    /// The database did not take something.
    func failed(_ error: any Error) {
        failures += 1
        failed = Clocks.now
        troubles.begins("database unavailable", .error, ["reason": "\(error)"])
    }

    /// After a commit that may have brought facts, also by a command in another process. The trail, the ERP's queue and people's inboxes
    /// are written, so they follow here.
    func follow() {
        do {
            let tip = try desks.store.ledger.tip()
            if tip != followed {
                let isBehind = try followers.follow(desks, at: Clocks.wall)
                followed = isBehind ? -1 : tip
                // Behind what waits already.
                if isBehind { post { _, _ in } }
            }
        } catch { failed(error) }
        bells.with { rings in rings.removeAll { !$0() } }
    }
}
