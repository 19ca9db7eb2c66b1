/// What is to be pushed to the ERP: one after the other, each with what came of it.
public struct JobDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// After a start: those that ran when the process before it ended.
    public func requeue(at now: Int64) throws { try store.jobs.requeueRunning(at: now) }

    /// A request that was made for a job.
    public func trace(
        job: Int64, summary: String, written: Bool, outcome: String, milliseconds: Int64, at now: Int64
    ) throws {
        try store.jobs.trace(
            job: job, summary: summary, written: written, outcome: outcome, milliseconds: milliseconds, at: now)
    }

    public func finish(_ job: ERPJob, remote: String, sentence: String, at now: Int64) throws {
        try store.transaction {
            guard try store.jobs.finish(job: job.id, remote: remote, sentence: sentence, at: now) else { return }
            try store.tell(
                Fact(.pushed(job.kind), job.subject, "\(remote): \(sentence)"),
                by: Author(job.who, station: job.station, reason: job.reason), at: now)
            if job.kind == .party, let id = Int64(job.subject) { try store.parties.link(party: id, erp: remote) }
        }
    }

    /// What the ERP has where somebody counts; nil where it cannot say.
    public func finish(reading job: ERPJob, _ stock: [RemoteStock]?, sentence: String, at now: Int64) throws {
        try store.transaction { try store.jobs.finish(reading: job, stock, sentence: sentence, at: now) }
    }

    /// Tried again at `due`; by a person's word alone where that is nil.
    public func fail(_ job: ERPJob, fault: String, sentence: String, due: Int64?, at now: Int64) throws {
        try store.transaction {
            try store.jobs.fail(job: job.id, fault: fault, sentence: sentence, due: due, at: now)
        }
    }

    /// Changes what waits for a person; false when it does not, or has no such line.
    public func mend(_ id: Int64, _ mending: Mending, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.jobs.mend(job: id, mending, by: author, at: now) }
    }

    /// False when it is done, running, or given up.
    public func drop(_ id: Int64, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.jobs.drop(job: id, by: author, at: now) }
    }
}
