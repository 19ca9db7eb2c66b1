import Model

/// What is done now and then, in a loop that turns more often.
struct Pace {
    let period: Duration
    private var last: Instant?

    /// Without `moment` it is due at once.
    init(_ period: Duration, after moment: Instant? = nil) { (self.period, last) = (period, moment) }

    /// True once in a period.
    mutating func isDue(at now: Instant) -> Bool {
        if let last, now - last < period { return false }
        last = now
        return true
    }
}
