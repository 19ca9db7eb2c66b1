public import Model
import SQLite

/// What was told of a delivery: its reception, and a correction for each closing that changed something since.
extension JobTable {
    /// In their order: the reception first. A reception that was given up and is told anew is one more.
    public func jobs(ofDelivery id: Int64) throws -> [ERPJob] {
        // `/` is the character after `.`.
        try ["reception", "correction"].flatMap { kind in
            try select(
                "kind=?1 AND (subject=?2 OR subject>=?2 || '.' AND subject<?2 || '/')", .text(kind), .text(String(id)))
        }.sorted { $0.id < $1.id }
    }

    /// Whether the ERP may have begun with it.
    public func wasTried(_ job: ERPJob) throws -> Bool { job.state == .running || job.attempts > 0 }

    /// Takes corrections back that were never tried: what they say is told by the reception itself, which waits for a person.
    public func void(correctionsAfter reception: ERPJob, at now: Int64) throws {
        guard let delivery = reception.delivery else { return }
        for job in try jobs(ofDelivery: delivery)
        where job.kind == .correction && job.id > reception.id && job.isOpen && job.attempts == 0 {
            try database.run(
                "UPDATE erp_job SET state='dropped', done=?2, payload=?3, sentence=?4, fault=NULL WHERE id=?1",
                .integer(job.id), .integer(now), .text(job.payload.with("void", true).description),
                .text("\(ERPJob.name(key: reception.key)) tells all of it."))
            try database.run("DELETE FROM erp_touch WHERE job=?", .integer(job.id))
            try end(job.id, at: now)
        }
    }

    /// Nothing of it is left: it is not sent.
    public func void(_ job: ERPJob, because sentence: String, at now: Int64) throws {
        try database.run(
            "UPDATE erp_job SET state='dropped', done=?2, payload=?3, sentence=?4, fault=NULL WHERE id=?1",
            .integer(job.id),
            .integer(now), .text(job.payload.with("void", true).description), .text(sentence))
        try database.run("DELETE FROM erp_touch WHERE job=?", .integer(job.id))
        try end(job.id, at: now)
    }

    /// Queues a push that asks a person before it goes.
    public func ask(
        _ kind: ERPJob.Kind, subject: String, payload: JSON, fault: String, _ sentence: String, by author: Author,
        at now: Int64
    ) throws {
        try queue(kind, subject: subject, payload: payload, by: author, at: now)
        guard let job = try job(of: kind, subject: subject), job.isOpen else { return }
        try die(job.id, fault, sentence, at: now)
    }

    /// A correction changes what the reception has made in the ERP: its receipt is known when that is done.
    func hasReceipt(_ job: ERPJob, at now: Int64) throws -> Bool {
        guard let delivery = job.delivery,
            let reception = try jobs(ofDelivery: delivery).last(where: { $0.kind == .reception && $0.id < job.id })
        else { return true }
        if reception.state == .done {
            guard let remote = reception.remote, !remote.isEmpty, job.payload["receipt"]?.text != remote else {
                return true
            }
            try database.run(
                "UPDATE erp_job SET payload=? WHERE id=?",
                .text(job.payload.with("receipt", .string(remote)).description), .integer(job.id))
            return true
        }
        try database.transaction {
            try die(
                job.id, "gone",
                "\(ERPJob.name(key: reception.key)) was given up: the ERP has no receipt from here that could be corrected. Correct it there.",
                at: now)
        }
        return false
    }
}

extension ERPJob {
    /// It may still go.
    public var isOpen: Bool { state == .waiting || state == .running || state == .dead }

    /// What it says, and nobody will ever hear: another job says it.
    public var isVoid: Bool { payload["void"]?.truth == true }
}
