import Depot
import Followers
import Model
import Platform

/// How many notices wait for each person who is there. What is told is the sum itself, never a difference: every tab and every machine of
/// theirs shows the same, whatever it has missed.
extension LiveView {
    /// After a commit: inboxes may have changed, by a fact or by their person.
    func followInboxes() {
        guard let change = try? store.inbox.change(), change != inboxTold else { return }
        changed([.inbox])
    }

    func tellInboxes() {
        // The number first: what is committed in between is told again, not missed.
        guard let change = try? store.inbox.change(), let users = try? store.inbox.changed(since: inboxTold) else {
            return
        }
        inboxTold = change
        let there = hub.people
        for user in users where there.contains(user) {
            if let message = inboxMessage(of: user) { hub.tell(user, message, at: Clocks.wall) }
        }
    }

    func inboxMessage(of person: Int64) -> PageMessage? {
        (try? store.inbox.counts(of: person)).map { PageMessage(.inbox, $0.json) }
    }
}
