public import Model
import Platform
import SQLite

/// The durable queue: takes rows from pumps, commits them in groups, tells each pump when its rows are safe.
///
/// One writer thread; group commit without a timer: it takes what arrived while the last commit was in fsync.
public final class Outbox: Sendable {
    public struct Entry: Sendable {
        public var row: Model.Row
        /// When it was captured, on the boot clock.
        public var at: Instant

        public init(_ row: Model.Row, at: Instant) {
            self.row = row
            self.at = at
        }
    }

    public enum Outcome: Sendable {
        case saved(ClosedRange<UInt64>)
        case refused(OutboxError)
    }

    public struct Status: Equatable, Sendable {
        public var epoch: UInt64 = 0
        public var boot = Boot(counter: 0, random: 0)
        public var account = Account()
        public var next: UInt64 = 1
        public var forgotten: UInt64 = 0
        /// What the files take, as last counted: after a commit.
        public var fill = BufferFill()
        /// Set while rows are being refused; nil again once one is saved.
        public var refusal: Refusal?
        /// Rows refused by this run.
        public var refusals: UInt64 = 0
        public var commits: UInt64 = 0
        public var commitNanoseconds: UInt64 = 0

        public init() {}

        /// Bytes in use, how many may be, and what follows: whatever the percentage, nothing is roomy while scans are refused.
        public var used: Int64 { fill.used }
        public var budget: Int64 { fill.budget ?? .max }
        public var level: BufferLevel { refusal?.reason.isFull ?? false ? .full : fill.level }
        public var trouble: OutboxError? { refusal?.reason }
    }

    /// What became of a request to begin a command.
    public enum Begun: Equatable, Sendable {
        /// Stored just now: act.
        case first
        /// Begun before; this is how far it came.
        case before(CommandProgress)
        /// Could not be stored: do not act.
        case refused(OutboxError)
    }

    enum Job: Sendable {
        case append(EncodedRows, done: @Sendable (Outcome) -> Void)
        case command(Command, done: @Sendable (Begun) -> Void)
        case progress(CommandProgress)
        case beat(UInt64, done: @Sendable (UInt64) -> Void)
        case reissue(leaving: UInt64, done: @Sendable () -> Void)
    }

    struct Queue {
        var jobs: [Job] = []
        /// Of all jobs together.
        var rows = 0
        var forget: UInt64 = 0
        /// Of what is to be forgotten, how many of this epoch the centre could not apply.
        var refused: UInt64 = 0
        var closed = false

        var hasRoom: Bool { rows < Outbox.queueLimit && jobs.count < Outbox.queueLimit }
    }

    /// Rows, and jobs, that wait for the writer before a pump stops asking its device: bounds memory, and what one commit
    /// takes. A pump's last piece may go beyond it.
    public static let queueLimit = 8192
    /// Settled rows are deleted with the next commit, or after this many milliseconds without one.
    static let idleSweep: Int64 = 500
    /// Settled rows that are deleted together where the disk is full, and how many times in one turn.
    static let piece: UInt64 = 500
    static let piecesAtOnce = 64
    /// Commands stay known for a week, in milliseconds: longer than any broker may hold a repeat of one.
    static let commandLife: Int64 = 7 * 86_400_000

    let queue = Locked(Queue())
    let status: Locked<Status>
    /// Called on the writer's thread after each commit that added rows.
    let grown: @Sendable (Status) -> Void
    /// Called on the writer's thread when rows begin to be refused, and when they are saved again.
    let news: @Sendable (Refusal.News, Status) -> Void

    public let path: String

    /// The status is right from the beginning: the uplink may ask before the writer's thread has begun.
    /// Rows wait on the disk of `path`'s folder, where a ballast keeps room for letting them go.
    public init(
        file: OutboxFile, boot: Boot, grown: @escaping @Sendable (Status) -> Void,
        news: @escaping @Sendable (Refusal.News, Status) -> Void = { _, _ in }
    ) {
        path = file.database.path
        self.grown = grown
        self.news = news
        var first = Status()
        (first.epoch, first.boot, first.account) = (file.epoch, boot, file.account)
        (first.next, first.forgotten) = (file.next, file.forgotten)
        if let fill = try? file.fill() { first.fill = fill }
        status = Locked(first)
    }

    public var now: Status { status.with { $0 } }

    // MARK: from any thread

    /// Hands rows over; waits only while the queue is full. `done` runs on the writer's thread. `again` of them were refused
    /// before, and are not counted twice.
    public func append(_ entries: [Entry], again: Int = 0, done: @escaping @Sendable (Outcome) -> Void) {
        submit(.append(EncodedRows(entries, again: again), done: done))
    }

    /// Hands rows over without ever waiting; false when the queue is full, and then nothing was taken.
    public func offer(_ entries: [Entry], again: Int = 0, done: @escaping @Sendable (Outcome) -> Void) -> Bool {
        // Rows that wait for a writer that is stuck are not encoded for each try.
        guard queue.with({ $0.hasRoom || $0.closed }) else { return false }
        let rows = EncodedRows(entries, again: again)
        let taken = queue.change { queue -> Bool? in
            if queue.closed { return nil }
            guard queue.hasRoom else { return false }
            queue.jobs.append(.append(rows, done: done))
            queue.rows += rows.count
            return true
        }
        if taken == nil { done(.refused(.closed)) }
        return taken ?? true
    }

    /// Stores a command before anybody acts on it.
    public func begin(_ command: Command, done: @escaping @Sendable (Begun) -> Void) {
        submit(.command(command, done: done))
    }

    /// Never waits: clicks are few, and whoever reports one must not stop reading.
    public func record(_ progress: CommandProgress) {
        queue.change { if !$0.closed { $0.jobs.append(.progress(progress)) } }
    }

    /// Passes a heartbeat through the writer.
    public func beat(_ number: UInt64, done: @escaping @Sendable (UInt64) -> Void) { submit(.beat(number, done: done)) }

    /// Opens a new epoch for what waits; void when another one was opened meanwhile, so that asking twice opens one.
    public func reissue(leaving epoch: UInt64, done: @escaping @Sendable () -> Void) {
        submit(.reissue(leaving: epoch, done: done))
    }

    /// The centre has everything up to `last`; it is deleted with the next commit. `refused` of this epoch it could not apply.
    public func forget(upTo last: UInt64, refused: UInt64) {
        queue.change {
            guard last > $0.forget else { return }
            ($0.forget, $0.refused) = (last, refused)
        }
    }

    public func close() { queue.change { $0.closed = true } }

    private func submit(_ job: Job) {
        let accepted = queue.wait { queue -> Bool? in
            if queue.closed { return false }
            guard queue.hasRoom else { return nil }
            queue.jobs.append(job)
            if case .append(let rows, _) = job { queue.rows += rows.count }
            return true
        }
        if accepted != true { refuse([job], .closed) }
    }
}
