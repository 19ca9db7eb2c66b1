public import Model

extension CallScope {
    /// Whether a call that nobody took was for one of these.
    public func missed(_ snapshot: CallSnapshot) -> Bool {
        (snapshot.missedBy + snapshot.perhapsMissedBy).contains(where: desks.contains)
            || queues.contains(snapshot.queue ?? "")
            || (snapshot.isSilent || snapshot.isOfLine && snapshot.direction == .inbound)
                && desks.contains(snapshot.called ?? "")
    }
}
