import FaultyDisk
import PostgreSQL
import SQLite

/// A PostgreSQL server as a centre meets it, on a virtual clock: connections with their locks, the lease, who writes, a commit's fate, and a
/// standby that takes over. The tables lie in a file of SQLite; what is modelled is who is let in, who waits, what ends, and what is in doubt.
/// `SimulatedServerTests` holds it against a real server.
package final class SimulatedServer {
    /// What a test takes away from the product, to be found.
    package enum Mutant: CaseIterable, Sendable {
        /// A transaction is taken whatever its number is.
        case numberNotAsked
        /// It is asked for without whose it is.
        case numberAlone
        /// Who takes over does not end the former's connections.
        case nobodyEnded
        /// A commit in doubt is told as done.
        case doubtIsTrust
    }

    /// One connection, seen from the server.
    final class Session {
        /// As `application_name`.
        var name = ""
        var isOpen = true
        /// At a standby, met by chance.
        let isReadOnly: Bool
        /// What was begun is rolled back; a commit that waits for the standby only is done here already, whoever ends its connection
        /// (https://www.postgresql.org/docs/15/warm-standby.html, 27.2.8.5).
        var abandon: () -> Void

        init(isReadOnly: Bool, abandon: @escaping () -> Void) {
            (self.isReadOnly, self.abandon) = (isReadOnly, abandon)
        }
    }

    /// What becomes of a commit.
    package enum Fate {
        case answered
        /// The connection is lost before the server has it, or after it has done it.
        case lostBefore, lostAfter
        /// The standby's disk lets it wait for so long, in milliseconds.
        case late(Int64)
    }

    /// As much of `quai_centres.lease` and `quai.form` as there is.
    struct Rows {
        var lease = Lease()
        var backend: Int64 = 0
        var turn: Int64 = 0
    }

    /// Who committed, in order: the number, and the process that it was given to.
    package struct Commit: Equatable {
        package var epoch: Int64
        package var holder: String
    }

    let disk: Int32
    var mutant: Mutant?
    /// Virtual milliseconds, and how they pass while somebody waits.
    let now: () -> Int64
    let pass: (_ until: Int64) -> Void
    /// What the server does later.
    let after: (_ at: Int64, _ what: @escaping () -> Void) -> Void
    var rows = Rows()
    /// Of the standby: what it surely has.
    private var standby: (disk: Int32, rows: Rows)?
    private var sessions: [Int64: Session] = [:]
    private var last: Int64 = 0
    private(set) var centreLock: Int64?
    private(set) var writer: Int64?
    private var row: Int64?
    /// It takes no connection.
    var isDown = false
    /// Chance that a new connection is one to a standby, in percent.
    var straying = 0
    var draw: () -> Int = { 100 }
    private var strays = 0
    package var fates: () -> Fate = { .answered }
    package private(set) var commits: [Commit] = []
    /// Something that must not be.
    package private(set) var problem: String?

    package init(
        disk: Int32, mutant: Mutant? = nil, now: @escaping () -> Int64, pass: @escaping (_ until: Int64) -> Void,
        after: @escaping (_ at: Int64, _ what: @escaping () -> Void) -> Void
    ) {
        (self.disk, self.mutant, self.now, self.pass, self.after) = (disk, mutant, now, pass, after)
    }

    // MARK: - Connections

    func connect(abandon: @escaping () -> Void) -> Int64 {
        last += 1
        sessions[last] = Session(isReadOnly: draw() < straying || strays > 0, abandon: abandon)
        strays = max(0, strays - 1)
        return last
    }

    /// So many connections from now on are to a standby.
    package func nextStrays(_ count: Int) { strays = count }

    func session(_ id: Int64) -> Session? { sessions[id] }

    /// Its transaction is rolled back, its locks are free.
    package func end(_ id: Int64) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.isOpen = false
        session.abandon()
        doneWriting(id)
        unlock(id)
    }

    /// All of them, as when a server ends.
    package func endAll() { for id in sessions.keys.sorted() { end(id) } }

    /// `pg_terminate_backend` of a former centre's, by their name or as the lease's own.
    func end(named name: String, backend: Int64) {
        guard mutant != .nobodyEnded else { return }
        for (id, session) in sessions.sorted(by: { $0.key < $1.key })
        where session.name == name || id == backend && centreLock == id { end(id) }
    }

    // MARK: - Locks

    func tryCentreLock(_ id: Int64) -> Bool {
        guard centreLock == nil || centreLock == id else { return false }
        centreLock = id
        return true
    }

    func unlock(_ id: Int64) { if centreLock == id { centreLock = nil } }

    /// The writers' lock, waited for as long as `lock_timeout` lets; false where it was not had.
    func waitForWriting(_ id: Int64) -> Bool {
        let end = now() + 5000
        while writer != nil, writer != id, now() < end, sessions[id] != nil { pass(min(end, now() + 20)) }
        guard sessions[id] != nil, writer == nil || writer == id else { return false }
        writer = id
        return true
    }

    /// The same for the lease's row, which an update holds until its transaction ends.
    func waitForRow(_ id: Int64) -> Bool {
        let end = now() + 5000
        while row != nil, row != id, now() < end, sessions[id] != nil { pass(min(end, now() + 20)) }
        return sessions[id] != nil && (row == nil || row == id)
    }

    func holdRow(_ id: Int64) { row = id }

    func doneWriting(_ id: Int64) {
        if writer == id { writer = nil }
        if row == id { row = nil }
    }

    // MARK: - The lease

    func admits(_ epoch: Int64, _ holder: String) -> Bool {
        switch mutant {
        case .numberNotAsked: true
        case .numberAlone: rows.lease.epoch == epoch
        default: rows.lease.epoch == epoch && rows.lease.holder == holder
        }
    }

    /// A transaction of a centre is done: under a number that was never less, and by one process for each.
    func note(_ epoch: Int64, _ holder: String) {
        rows.turn += 1
        let commit = Commit(epoch: epoch, holder: holder)
        if let before = commits.last {
            if epoch < before.epoch { problem = "\(holder) committed under \(epoch) after \(before.epoch)" }
            if epoch == before.epoch, holder != before.holder {
                problem = "\(holder) and \(before.holder) committed under \(epoch)"
            }
        }
        if commits.last != commit { commits.append(commit) }
    }

    // MARK: - The standby

    /// The standby has all that is committed now; where it is asynchronous it stays at that.
    package func ship(to disk: Int32) {
        faulty_copy(self.disk, disk)
        standby = (disk, rows)
    }

    /// The standby takes over: connections and locks are gone. A synchronous one has what was answered; an asynchronous one what was shipped.
    package func failOver() {
        endAll()
        guard let standby else {
            // A sign of life need not be on a disk.
            rows.lease = Lease(holder: rows.lease.holder, epoch: rows.lease.epoch, until: min(rows.lease.until, now()))
            return
        }
        faulty_copy(standby.disk, disk)
        rows = standby.rows
        // What was committed since is not there.
        commits = [Commit(epoch: rows.lease.epoch, holder: rows.lease.holder)]
    }
}
