public import Depot
import Model

/// Call-backs that somebody wants to have in the ERP, too: an activity on the client there, at the day.
extension QueueDesk {
    public enum CallBackRefusal: Error, Equatable, Sendable {
        /// No ERP is configured.
        case noERP
        /// There is none, it is done, or it is not theirs.
        case noReminder
        /// The ERP does not know who called, or several could have.
        case noClient
    }

    /// Once for each reminder, under its own key, however often it is asked. `day`: when it is due, `YYYY-MM-DD`. Throws
    /// `CallBackRefusal`; then nothing has changed.
    @discardableResult
    public func pushCallBack(_ id: Int64, on day: String, by person: Person, at now: Int64) throws -> ERPJob {
        guard let queue else { throw CallBackRefusal.noERP }
        return try store.transaction {
            guard let reminder = try store.reminders.row(id), reminder.doneBy == nil, reminder.user == person.id,
                let row = try store.calls.row(reminder.call)
            else { throw CallBackRefusal.noReminder }
            guard let (party, number) = try queue.client(of: row, in: store), let remote = party.erp else {
                throw CallBackRefusal.noClient
            }
            if let known = try store.jobs.told(of: reminder) { return known.job }
            let subject = reminder.erpSubject()
            let title = [party.company, party.name].filter { !$0.isEmpty }.joined(separator: ", ")
            let summary = ["Call back", number, reminder.who].compactMap(\.self).joined(separator: ", ")
            let note = try store.calls.note(of: reminder.call)?.note ?? ""
            try store.jobs.queue(
                .call, subject: subject,
                payload: QueuePayload.call(
                    party: remote, subject: summary, note: note, callBackOn: day, person: reminder.who, title: title),
                by: person.author, at: now)
            try store.tell(Fact(.callBackPushed, reminder.call), by: person.author, at: now)
            guard let job = try store.jobs.job(of: .call, subject: subject) else { throw CallBackRefusal.noReminder }
            return job
        }
    }
}
