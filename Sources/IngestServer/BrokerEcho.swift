import Model

/// Whether the broker still answers: TCP alone does not say it of one that is frozen, or behind a cable that was pulled, before MQTT's keep
/// alive has passed twice (MQTT 5.0 §3.1.2.10). When nothing has come for a moment the centre says something to itself through the broker.
struct BrokerEcho: Equatable, Sendable {
    /// Without a word for this long, it asks.
    static let rest: Duration = .milliseconds(800)
    /// How long an answer may take: with `rest` and the loop's half second under the three seconds in which a dock is told.
    static let patience: Duration = .milliseconds(1600)

    private var heard = Instant.zero
    private var asked: Instant?
    /// An echo has come back on this connection. Where the broker does not let the centre hear itself, silence says nothing.
    private var isProven = false
    private(set) var isSilent = false

    /// A connection has begun.
    mutating func begin(at now: Instant) {
        self = BrokerEcho()
        heard = now
    }

    /// Something has come from the broker.
    mutating func hear(isEcho: Bool, at now: Instant) {
        heard = now
        asked = nil
        isSilent = false
        if isEcho { isProven = true }
    }

    /// Looks at the clock; true when an echo is to be sent.
    mutating func tick(at now: Instant) -> Bool {
        if let asked {
            if isProven, now - asked > BrokerEcho.patience { isSilent = true }
            // One that was lost is asked for again.
            guard now - asked > .seconds(5) else { return false }
            self.asked = isSilent ? asked : now
            return true
        }
        guard now - heard > BrokerEcho.rest else { return false }
        asked = now
        return true
    }
}
