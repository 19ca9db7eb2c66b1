public import Depot
import Model

/// What is told to the ERP next, and what people do with a push that waits for them.
public struct QueueDesk {
    let store: Store
    let queue: QueueFollower?

    /// `queue` knows how a push is told anew; nil where no ERP is configured.
    public init(_ desks: Desks, _ queue: QueueFollower?) { (store, self.queue) = (desks.store, queue) }

    /// The next one that is due; it runs from now on. What was put away is told before what was counted there.
    public func next(at now: Int64) throws -> ERPJob? {
        if let queue, try store.jobs.hasMoves(at: now) {
            try store.transaction { try queue.collect(in: store, at: now) }
        }
        return try store.jobs.nextJob(at: now)
    }

    /// Tries it again now; a reception is told anew, because a lot may have been added since. `accepted` are warnings that were read.
    /// False when it is done, running, or given up.
    public func retry(_ id: Int64, accepted: [String], by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            if let job = try store.jobs.job(id), let payload = try queue?.renewed(job, in: store) {
                try store.jobs.renew(job: id, payload: payload)
                // It says all of it: what was to be corrected is in it.
                if job.kind == .reception { try store.jobs.void(correctionsAfter: job, at: now) }
            }
            return try store.jobs.retry(job: id, accepted: accepted, by: author, at: now)
        }
    }
}
