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
        /// Bytes in use, how many may be, and what follows.
        public var used: Int64 = 0
        public var budget: Int64 = 0
        public var level = BufferLevel.roomy
        /// Set while rows are being refused.
        public var trouble: OutboxError?
        public var refusals: UInt64 = 0
        public var commits: UInt64 = 0
        public var commitNanoseconds: UInt64 = 0

        public init() {}
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

    private enum Job: Sendable {
        case append(EncodedRows, done: @Sendable (Outcome) -> Void)
        case command(Command, done: @Sendable (Begun) -> Void)
        case progress(CommandProgress)
        case beat(UInt64, done: @Sendable (UInt64) -> Void)
        case reissue(leaving: UInt64, done: @Sendable () -> Void)
    }

    private struct Queue {
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
    /// Commands stay known for a week, in milliseconds: longer than any broker may hold a repeat of one.
    static let commandLife: Int64 = 7 * 86_400_000

    private let queue = Locked(Queue())
    private let status: Locked<Status>
    /// Called on the writer's thread after each commit that added rows.
    private let grown: @Sendable (Status) -> Void

    public let path: String

    /// The status is right from the beginning: the uplink may ask before the writer's thread has begun.
    /// Rows wait on the disk of `path`'s folder, where a ballast keeps room for letting them go.
    public init(file: OutboxFile, boot: Boot, grown: @escaping @Sendable (Status) -> Void) {
        path = file.database.path
        self.grown = grown
        var first = Status()
        (first.epoch, first.boot, first.account) = (file.epoch, boot, file.account)
        (first.next, first.forgotten) = (file.next, file.forgotten)
        if let fill = try? file.fill() { Outbox.note(fill, &first) }
        status = Locked(first)
    }

    private static func note(_ fill: (used: Int64, budget: Int64?), _ status: inout Status) {
        status.used = fill.used
        status.budget = fill.budget ?? .max
        status.level = BufferLevel(used: fill.used, budget: status.budget)
    }

    public var now: Status { status.with { $0 } }

    // MARK: from any thread

    /// Hands rows over; waits only while the queue is full. `done` runs on the writer's thread.
    public func append(_ entries: [Entry], done: @escaping @Sendable (Outcome) -> Void) {
        submit(.append(EncodedRows(entries), done: done))
    }

    /// Hands rows over without ever waiting; false when the queue is full, and then nothing was taken.
    public func offer(_ entries: [Entry], done: @escaping @Sendable (Outcome) -> Void) -> Bool {
        // Rows that wait for a writer that is stuck are not encoded for each try.
        guard queue.with({ $0.hasRoom || $0.closed }) else { return false }
        let rows = EncodedRows(entries)
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

    // MARK: the writer

    /// What the writer's thread owns.
    public struct Writer {
        var file: OutboxFile
        var ballast: Ballast
        var boot: Boot
        var kernel: String

        public init(file: OutboxFile, boot: Boot, kernel: String) {
            self.file = file
            self.boot = boot
            self.kernel = kernel
            let path = file.database.path
            ballast = Ballast(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
            ballast.load()
        }
    }

    public typealias Time = (now: Instant, wall: Int64, synced: Bool)

    /// Runs until `close()`; then commits what is left. Call it on a thread of its own.
    public func run(_ writer: Writer, clock: @Sendable () -> Time) {
        publish(writer.file, boot: writer.boot, nanoseconds: nil, trouble: nil)
        repeat {
            queue.wait(timeout: Outbox.idleSweep) { queue -> Void? in
                !queue.jobs.isEmpty || queue.closed ? () : nil
            }
        } while turn(writer, at: clock())
    }

    /// Commits what waits, and returns; false when the outbox is closed and nothing is left to do.
    public func turn(_ writer: Writer, at time: Time) -> Bool {
        let batch = queue.change { Outbox.take(&$0) }
        if batch.jobs.isEmpty, batch.forget <= writer.file.forgotten {
            // Somebody made room meanwhile: it is said without waiting for the next scan.
            if now.trouble == .full, !writer.ballast.isGivenUp || writer.ballast.load(), now.level < .full {
                status.change { $0.trouble = nil }
            }
            return !batch.closed
        }
        commit(batch, writer, time)
        // Settled rows that a broken disk would not let go are sent again, and known there.
        return !batch.closed
    }

    private static func take(_ queue: inout Queue) -> Queue {
        defer {
            queue.jobs = []
            queue.rows = 0
        }
        return queue
    }

    private func commit(_ batch: Queue, _ writer: Writer, _ time: Time) {
        let (file, ballast, boot, kernel) = (writer.file, writer.ballast, writer.boot, writer.kernel)
        let start = Clocks.now
        var after: [() -> Void] = []
        var turnedAway = 0
        // Without its ballast the disk was full a moment ago: what becomes free is for letting go, not for more.
        let isFull = now.level == .full || ballast.isGivenUp && !ballast.load()
        do {
            try file.database.execute("BEGIN IMMEDIATE")
            // A correction of the clock moves the rows that wait with it.
            try file.setOrigin(time.wall - time.now.milliseconds, synced: time.synced, kernel: kernel)
            if batch.forget > file.forgotten { try file.forget(upTo: batch.forget, refused: batch.refused) }
            for job in batch.jobs {
                if case .append(let rows, let done) = job, isFull {
                    turnedAway += rows.count
                    after.append { done(.refused(.full)) }
                } else {
                    try apply(job, file, boot: boot, wall: time.wall, &after)
                }
            }
            try file.store()
            try file.database.execute("COMMIT")
        } catch {
            let failure = error as? SQLiteError
            let reason: OutboxError = failure?.isFull ?? false ? .full : .broken(failure?.message ?? "\(error)")
            if file.database.inTransaction { try? file.database.execute("ROLLBACK") }
            try? file.load()
            // What was settled stays to be forgotten: it may be what makes room.
            queue.with {
                if batch.forget > $0.forget { ($0.forget, $0.refused) = (batch.forget, batch.refused) }
            }
            if reason == .full { ballast.drop() }
            makeRoom(file, upTo: batch.forget, batch.refused)
            publish(file, boot: boot, nanoseconds: nil, trouble: reason, refused: batch.rows)
            refuse(batch.jobs, reason)
            return
        }
        let fill = try? file.fill()
        let level = fill.map { BufferLevel(used: $0.used, budget: $0.budget ?? .max) } ?? .full
        let isStillFull = isFull && (turnedAway > 0 || level == .full || ballast.isGivenUp)
        publish(
            file, boot: boot, nanoseconds: UInt64((Clocks.now - start).nanoseconds), trouble: isStillFull ? .full : nil,
            refused: turnedAway)
        for step in after { step() }
        grown(now)
    }

    /// Deletes settled rows on their own when a full disk refused them together with new ones.
    private func makeRoom(_ file: OutboxFile, upTo last: UInt64, _ refused: UInt64) {
        guard last > file.forgotten else { return }
        do {
            try file.database.execute("BEGIN IMMEDIATE")
            try file.forget(upTo: last, refused: refused)
            try file.store()
            try file.database.execute("COMMIT")
        } catch {
            if file.database.inTransaction { try? file.database.execute("ROLLBACK") }
            try? file.load()
        }
    }

    private func apply(_ job: Job, _ file: OutboxFile, boot: Boot, wall: Int64, _ after: inout [() -> Void])
        throws
    {
        switch job {
        case .append(let rows, let done):
            guard rows.count > 0 else { return }
            let range = try file.insert(rows, boot: boot.counter)
            after.append { done(.saved(range)) }
        case .command(let command, let done):
            try file.dropCommands(before: wall - Outbox.commandLife)
            if try file.begin(command: command, at: wall) {
                after.append { done(.first) }
            } else {
                let progress = try file.progress(of: command.id) ?? CommandProgress(id: command.id, state: .unknown)
                after.append { done(.before(progress)) }
            }
        case .progress(let progress): try file.update(progress)
        case .beat(let number, let done): after.append { done(number) }
        case .reissue(let old, let done):
            after.append { done() }
            guard file.epoch == old else { return }
            var random = SystemRandomNumberGenerator()
            try file.reissue(random: &random)
            queue.with { ($0.forget, $0.refused) = (0, 0) }
        }
    }

    private func refuse(_ jobs: [Job], _ reason: OutboxError) {
        for job in jobs {
            switch job {
            case .append(_, let done): done(.refused(reason))
            case .command(_, let done): done(.refused(reason))
            case .beat(let number, let done): done(number)
            case .reissue(_, let done): done()
            case .progress: break
            }
        }
    }

    private func publish(_ file: OutboxFile, boot: Boot, nanoseconds: UInt64?, trouble: OutboxError?, refused: Int = 0)
    {
        let fill = try? file.fill()
        status.change {
            $0.epoch = file.epoch
            $0.boot = boot
            $0.account = file.account
            $0.next = file.next
            $0.forgotten = file.forgotten
            $0.trouble = trouble
            if let fill { Outbox.note(fill, &$0) }
            $0.refusals += UInt64(refused)
            if let nanoseconds {
                $0.commits += 1
                $0.commitNanoseconds += nanoseconds
            }
        }
    }
}
