import Depot
import Followers
import Model
import Platform

/// How many notices wait for each person who is there. What is told is the sum itself, never a difference: every tab and every machine of
/// theirs shows the same, whatever it has missed.
extension LiveView {
    /// Between two tellings at least; what takes longer rests as long as it took, up to the pause of everything else: a flood of facts has half
    /// of this thread at most, and cards the other.
    static let inboxPause: Duration = .milliseconds(20)

    /// After a commit: inboxes may have changed, by a fact or by their person. Told before the pages' views and at a pace of its own:
    /// somebody is called by it.
    func followInboxes() {
        guard !isInboxWaiting, let change = try? store.inbox.change(), change != inboxTold else { return }
        let rest = inboxRest - (Clocks.now - inboxLast)
        guard rest > .zero else { return tellInboxes() }
        isInboxWaiting = true
        executor.run(after: rest) {
            self.assumeIsolated { live in
                live.isInboxWaiting = false
                live.followInboxes()
            }
        }
    }

    private func tellInboxes() {
        let begin = Clocks.now
        defer {
            inboxLast = Clocks.now
            inboxRest = min(TellingPace.pause, max(LiveView.inboxPause, inboxLast - begin))
        }
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
