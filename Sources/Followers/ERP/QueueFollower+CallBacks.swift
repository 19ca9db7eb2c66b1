import Depot
import Model

/// Call-backs that the ERP was told of, and that are done, or open again.
extension QueueFollower {
    /// What became of them is told when nobody has changed it for `noteRest`. What has not begun to be told is taken back; what was told
    /// is followed by the opposite: done, then open again, then done.
    func callBack(_ entry: Entry, _ store: Store) throws {
        for reminder in try store.reminders.rows(ofCall: entry.fact.subject) {
            guard let (told, time) = try store.jobs.told(of: reminder), told.state != .dropped || told.attempts > 0
            else { continue }
            let done = reminder.erpDoneSubject(time)
            let isKnownDone = try store.jobs.job(of: .call, subject: done) != nil
            if let who = reminder.doneBy {
                // Another one of the same call may have been settled: this one is known.
                guard !isKnownDone else { continue }
                if time > 1, try store.jobs.withdraw(.call, subject: told.subject) { continue }
                try tell(done, QueuePayload.done(told, by: who), entry, store)
            } else if isKnownDone, try !store.jobs.withdraw(.call, subject: done) {
                try tell(reminder.erpSubject(time + 1), QueuePayload.again(told), entry, store)
            }
        }
    }

    private func tell(_ subject: String, _ payload: JSON, _ entry: Entry, _ store: Store) throws {
        try store.jobs.queue(
            .call, subject: subject, payload: payload, by: entry.author, due: entry.at + QueueFollower.noteRest,
            at: entry.at)
    }
}
