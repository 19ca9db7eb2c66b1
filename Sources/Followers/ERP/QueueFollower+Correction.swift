import Depot
import Model

/// A delivery that was told once and is closed again.
extension QueueFollower {
    /// What is told of a closed delivery, after the jobs that told of it before.
    ///
    /// | the reception | |
    /// |---|---|
    /// | was never tried | says all of it as it is now |
    /// | waits for a person | the same, and goes on waiting: it is absolute, and the ERP took nothing of it |
    /// | runs, or its answer is not known, or it is done | the change is a correction, which waits for it |
    /// | was given up | all of it is queued anew, but a person says whether it was entered by hand meanwhile |
    func correct(_ view: DeliveryView, told: [ERPJob], _ entry: Entry, _ store: Store) throws {
        guard let reception = told.last(where: { $0.kind == .reception }) else { return }
        let number = view.reopenings.count + 1
        var whole = try whole(of: view, in: store)
        switch reception.state {
        case .waiting where reception.attempts == 0:
            guard isWorthTelling(view) else {
                return try store.jobs.void(reception, because: "Nothing of it was received.", at: entry.at)
            }
            try store.jobs.queue(
                .reception, subject: reception.subject, payload: whole, by: entry.author, at: entry.at)
        case .dead:
            try store.jobs.renew(job: reception.id, payload: whole)
            try store.jobs.void(correctionsAfter: reception, at: entry.at)
        case .dropped:
            guard isWorthTelling(view) else { return }
            let subject = "\(view.id).\(number)"
            // One that was taken back because nothing was left of it was never told by hand.
            guard !reception.isVoid else {
                return try store.jobs.queue(
                    .reception, subject: subject, payload: whole, by: entry.author, at: entry.at)
            }
            whole = whole.with("given", .string(reception.key))
            try store.jobs.ask(
                .reception, subject: subject, payload: whole, fault: "given-up",
                """
                \(ERPJob.name(key: reception.key)) was given up. If it was entered in the ERP by hand, correct it there and give this up, \
                too; else send it: it says all of it.
                """, by: entry.author, at: entry.at)
        case .running, .done, .waiting:
            guard
                let change = try QueuePayload.correction(
                    view, whole: whole, told: told, setsAside: setsAside, in: store)
            else { return }
            try store.jobs.queue(
                .correction, subject: "\(view.id).\(number)", payload: change, by: entry.author, at: entry.at)
        }
    }

    /// The whole of a delivery as it is now; `mark` says which movements of counts it knows of.
    func whole(of view: DeliveryView, in store: Store) throws -> JSON {
        let payload = try QueuePayload.reception(view, place: try place(of: view, in: store), in: store)
        guard !view.reopenings.isEmpty else { return payload }
        return payload.with("mark", .int(try store.stock.lastMovement()))
    }

    func isWorthTelling(_ view: DeliveryView) -> Bool {
        view.lines.contains { $0.received > 0 } || view.erp != nil && QueuePayload.isGivenUp(view)
    }

    /// The last correction of a delivery, as it would be made now; nil while it is open, or where a later one is there.
    func renewed(correction job: ERPJob, in store: Store) throws -> JSON? {
        guard let id = job.delivery, let view = try store.deliveries.view(id), view.status == "closed" else {
            return nil
        }
        let told = try store.jobs.jobs(ofDelivery: id)
        guard told.last?.id == job.id else { return nil }
        let whole = try whole(of: view, in: store)
        return try QueuePayload.correction(
            view, whole: whole, told: told.filter { $0.id != job.id }, setsAside: setsAside, in: store)
    }
}
