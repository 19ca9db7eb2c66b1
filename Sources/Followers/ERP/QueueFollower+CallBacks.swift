import Depot
import Model

/// Call-backs that the ERP was told of, and that are done.
extension QueueFollower {
    /// Told once, when nobody has taken it back for `noteRest`; what was told stays done there, whatever is taken back here.
    func callBack(_ entry: Entry, _ store: Store) throws {
        for reminder in try store.reminders.rows(ofCall: entry.fact.subject) {
            guard let told = try store.jobs.job(of: .call, subject: reminder.erpSubject),
                told.state != .dropped || told.attempts > 0
            else { continue }
            guard let who = reminder.doneBy else {
                try store.jobs.withdraw(.call, subject: reminder.erpDoneSubject)
                continue
            }
            // Another one of the same call may have been settled: this one is known.
            guard try store.jobs.job(of: .call, subject: reminder.erpDoneSubject) == nil else { continue }
            try store.jobs.queue(
                .call, subject: reminder.erpDoneSubject, payload: QueuePayload.done(told, by: who), by: entry.author,
                due: entry.at + QueueFollower.noteRest, at: entry.at)
        }
    }
}
