/// Which connection an act on a call that runs is about.
extension CSTACalls {
    /// One's own telephone in a call, with the callID that the exchange knows now: a transfer gives it a new one.
    func leg(of desk: String, in call: String) -> (call: String, leg: Leg)? {
        for (id, known) in calls where voice.name(id) == call {
            let own = known.legs.values.filter { $0.desk == desk }
            guard let leg = own.first(where: { $0.state != .ringing }) ?? own.first else { return nil }
            return (wire(id), leg)
        }
        return nil
    }

    /// CallIDs grow: of several the longest and last is the present one.
    func wire(_ id: String) -> String {
        let later = aliases.keys.filter { root($0) == id }
        return later.max { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? id
    }
}
