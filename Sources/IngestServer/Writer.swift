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
    /// Nil where no ERP is configured.
    private let queue: QueueFollower?
    /// Nil where nothing is told by file.
    private let exchange: ExchangeFollower?
    /// Nil where no EPCIS events are made.
    private let epcis: EPCISFollower?
    private let inbox: InboxFollower
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
    init(
        _ desks: sending Desks, queue: QueueFollower?, exchange: ExchangeFollower? = nil,
        epcis: EPCISFollower? = nil, inbox: InboxFollower, logger: Logger
    ) throws {
        _ = try Writer.follow(desks, queue, exchange, epcis, inbox)
        // What an ERP that was taken away was not told is not told to the next one.
        if queue == nil { try desks.store.ledger.forget(follower: QueueFollower.name) }
        if exchange == nil { try desks.store.ledger.forget(follower: ExchangeFollower.name) }
        if epcis == nil { try EPCISFollower.forget(desks.store) }
        self.desks = desks
        self.epcis = epcis
        self.exchange = exchange
        self.inbox = inbox
        self.queue = queue
        troubles = Troubles(logger)
    }

    /// Called after each deed, on the writer's executor: whoever follows elsewhere looks at the ledger then. Until it
    /// says false; it must be quick.
    nonisolated func onCommit(_ ring: @escaping @Sendable () -> Bool) { bells.with { $0.append(ring) } }

    /// Does something in its turn and returns what came of it.
    func run<T: Sendable>(_ deed: Deed<T>) throws -> T {
        defer { follow() }
        return try deed(&desks, Clocks.wall)
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
                let isBehind = try Writer.follow(desks, queue, exchange, epcis, inbox)
                followed = isBehind ? -1 : tip
                // Behind what waits already.
                if isBehind { post { _, _ in } }
            }
        } catch { failed(error) }
        bells.with { rings in rings.removeAll { !$0() } }
    }

    /// Entries that the inbox follows at once: each may be told to everybody.
    private static let toldAtOnce = 20

    /// True where the inbox has more to follow.
    private static func follow(
        _ desks: Desks, _ queue: QueueFollower?, _ exchange: ExchangeFollower?, _ epcis: EPCISFollower?,
        _ inbox: InboxFollower
    ) throws -> Bool {
        try desks.store.run(AuditFollower())
        try WebhookFollower.catchUp(desks.store)
        if let queue { try desks.store.run(queue) }
        if let exchange { try desks.store.run(exchange) }
        if var epcis {
            epcis.now = Clocks.wall
            try epcis.catchUp(desks.store)
        }
        try desks.store.run(inbox, atMost: toldAtOnce)
        return try desks.store.ledger.watermark(of: InboxFollower.name) ?? 0 < desks.store.ledger.tip()
    }
}
