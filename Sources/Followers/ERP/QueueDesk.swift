public import Depot
import Model

/// What people do with a push that waits for them.
public struct QueueDesk {
    private let store: Store

    public init(_ desks: Desks) { store = desks.store }

    /// Tries it again now; a reception is told anew, because a lot may have been added since. `accepted` are warnings that were read.
    /// False when it is done, running, or given up.
    public func retry(_ id: Int64, accepted: [String], by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            try renew(id)
            return try store.jobs.retry(job: id, accepted: accepted, by: author, at: now)
        }
    }

    private func renew(_ id: Int64) throws {
        guard let job = try store.jobs.job(id), job.kind == .reception, job.state == .dead,
            let delivery = Int64(job.subject),
            let view = try store.deliveries.view(delivery)
        else { return }
        let payload = try QueuePayload.reception(view, place: job.payload["place"]?.text, in: store)
        try store.jobs.renew(job: id, payload: payload.with("accepted", job.payload["accepted"]))
    }
}
