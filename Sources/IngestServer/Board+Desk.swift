import Depot
import Followers
import Model
import Platform

/// What people do with calls from a card, and what they want to be reminded of.
extension Board {
    /// A call that runs, and which agent tells of it.
    func running(_ call: String) -> (snapshot: CallSnapshot, agent: String)? {
        calls[present(call)].map { ($0.snapshot, $0.agent) }
    }

    /// They have a page open.
    func isThere(_ person: Int64) -> Bool { !hub.labels(of: person).isEmpty }

    /// It is time to call back: to whoever wanted to, and to their teams where they are not there.
    func tell(_ reminder: Reminder) {
        guard let row = try? store.calls.call(reminder.call) else { return }
        let card = card(row.snapshot, agent: row.agent)
        let team =
            reminder.isTeams ? routing.names.keys.filter { routing.shared($0).covers(row.snapshot) } : []
        for person in Set(team).union([reminder.user]) {
            let place = CallRouting.Place.own(desk: routing.desks[person] ?? "")
            let json = reminder.json.with("card", card.json(in: place, row.snapshot))
            hub.tell(person, PageMessage(.reminder, json), at: Clocks.wall)
        }
    }
}
