public import Model
import Platform
import SQLite

// What the outbox's own thread does: it alone writes the file.
extension Outbox {
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
        note(writer, try? writer.file.fill())
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
            tidy(writer, time)
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

    /// While nothing is to be written: what grew is made small again.
    private func tidy(_ writer: Writer, _ time: Time) {
        if writer.ballast.isGivenUp { writer.ballast.load() }
        let known = now.fill
        var fill = writer.file.trim(known, at: time.now)
        fill = writer.file.shrink(fill, at: time.now)
        if fill != known { note(writer, fill) }
    }

    private func commit(_ batch: Queue, _ writer: Writer, _ time: Time) {
        let (file, boot) = (writer.file, writer.boot)
        let start = Clocks.now
        var after: [() -> Void] = []
        var (turnedAway, saved) = (0, 0)
        var closedFor = closed(writer)
        var room = now.fill.room
        do {
            try file.database.execute("BEGIN IMMEDIATE")
            // A correction of the clock moves the rows that wait with it.
            try file.setOrigin(time.wall - time.now.milliseconds, synced: time.synced, kernel: writer.kernel)
            if batch.forget > file.forgotten { try file.forget(upTo: batch.forget, refused: batch.refused) }
            for job in batch.jobs {
                if case .append(let rows, let done) = job {
                    if closedFor == nil, rows.cost > room { closedFor = .full }
                    if let reason = closedFor {
                        turnedAway += rows.count - rows.again
                        after.append { done(.refused(reason)) }
                        continue
                    }
                    room -= rows.cost
                    saved += rows.count
                }
                try apply(job, file, boot: boot, wall: time.wall, &after)
            }
            try file.store()
            try file.database.execute("COMMIT")
        } catch {
            fail(batch, error, writer, time)
            return
        }
        let refused = closedFor.flatMap { turnedAway > 0 ? ($0, turnedAway) : nil }
        publish(
            writer, time, nanoseconds: UInt64((Clocks.now - start).nanoseconds), refused: refused,
            saved: turnedAway > 0 ? 0 : saved)
        for step in after { step() }
        grown(now)
    }

    /// Why no rows are taken at the moment.
    private func closed(_ writer: Writer) -> OutboxError? {
        // Without its ballast the disk was full a moment ago: what becomes free is for letting go, not for more.
        if writer.ballast.isGivenUp, !writer.ballast.load() { return .diskFull }
        let current = now
        if current.fill.level == .full || current.trouble == .full && !current.fill.isRoomy { return .full }
        return nil
    }

    /// Nothing of a batch could be stored.
    private func fail(_ batch: Queue, _ error: any Error, _ writer: Writer, _ time: Time) {
        let file = writer.file
        if file.database.inTransaction { try? file.database.execute("ROLLBACK") }
        try? file.load()
        // What was settled stays to be forgotten: it may be what makes room.
        queue.with {
            if batch.forget > $0.forget { ($0.forget, $0.refused) = (batch.forget, batch.refused) }
        }
        var (rows, cost) = (0, Int64(0))
        for case .append(let appended, _) in batch.jobs {
            rows += appended.count - appended.again
            cost += appended.cost
        }
        let failure = error as? SQLiteError
        let reason: OutboxError =
            failure?.isFull ?? false
            ? file.isAtCeiling(adding: cost) ? .full : .diskFull
            : .broken(failure?.message ?? "\(error)")
        if reason == .diskFull, writer.ballast.isThere {
            writer.ballast.drop()
            // First of all, while there is room for it: a log that cannot be written back is never used again.
            _ = try? file.database.emptyLog()
        }
        makeRoom(file, upTo: batch.forget, batch.refused)
        publish(writer, time, nanoseconds: nil, refused: (reason, rows), saved: 0)
        refuse(batch.jobs, reason)
    }

    /// Deletes settled rows on their own when a full disk refused them together with new ones; in pieces where it has no room
    /// for the log of all of them.
    private func makeRoom(_ file: OutboxFile, upTo last: UInt64, _ refused: UInt64) {
        guard last > file.forgotten, !letGo(file, upTo: last, refused) else { return }
        for _ in 0..<Outbox.piecesAtOnce where last > file.forgotten {
            let end = min(last, file.forgotten + Outbox.piece)
            // So many of a piece at most can have been refused; the rest is counted with the next.
            guard letGo(file, upTo: end, min(refused, file.refused + (end - file.forgotten))) else { return }
        }
    }

    private func letGo(_ file: OutboxFile, upTo last: UInt64, _ refused: UInt64) -> Bool {
        do {
            try file.database.execute("BEGIN IMMEDIATE")
            try file.forget(upTo: last, refused: refused)
            try file.store()
            try file.database.execute("COMMIT")
            return true
        } catch {
            if file.database.inTransaction { try? file.database.execute("ROLLBACK") }
            try? file.load()
            return false
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

    func refuse(_ jobs: [Job], _ reason: OutboxError) {
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

    /// What a commit came to. Room is counted here, once a commit, and nowhere for a scan alone.
    private func publish(
        _ writer: Writer, _ time: Time, nanoseconds: UInt64?, refused: (reason: OutboxError, rows: Int)?, saved: Int
    ) {
        note(writer, (try? writer.file.fill()).map { writer.file.trim($0, at: time.now) })
        let (news, current) = status.change { status -> (Refusal.News?, Status) in
            let (refusal, news) = Refusal.next(status.refusal, refused: refused, saved: saved, wall: time.wall)
            status.refusal = refusal
            status.refusals += UInt64(refused?.rows ?? 0)
            if let nanoseconds {
                status.commits += 1
                status.commitNanoseconds += nanoseconds
            }
            return (news, status)
        }
        if let news { self.news(news, current) }
    }

    private func note(_ writer: Writer, _ fill: BufferFill?) {
        let file = writer.file
        status.change {
            $0.epoch = file.epoch
            $0.boot = writer.boot
            $0.account = file.account
            $0.next = file.next
            $0.forgotten = file.forgotten
            if let fill { $0.fill = fill }
        }
    }
}
