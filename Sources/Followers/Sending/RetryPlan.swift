/// When a message that was not taken is tried again.
public struct RetryPlan: Sendable {
    /// As Standard Webhooks 1.0 ("Deliverability and reliability") plans it: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    public static let webhooks = RetryPlan(
        seconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400], longest: 86_400)
    /// To people: 15 s, 1 min, 5 min, 15 min, 1 h, 4 h; what is older is in the inbox.
    public static let channels = RetryPlan(seconds: [15, 60, 300, 900, 3600, 14_400], longest: 4 * 3600)

    /// Seconds after each failure; after the last it is given up.
    let seconds: [Int64]
    /// Who takes them may ask for more, but not for ever, in seconds.
    let longest: Int64

    /// How long to wait after the `failures`-th failure (from 1), in milliseconds; nil: given up. `jitter` from 0 to 1 adds up to a
    /// tenth, so that what failed together is not tried together. `retryAfter` in seconds, as whoever takes them said: never sooner
    /// than planned.
    public func wait(after failures: Int, retryAfter: Int64? = nil, jitter: Double) -> Int64? {
        guard failures >= 1, failures <= seconds.count else { return nil }
        let planned = seconds[failures - 1] * 1000
        let spread = jitter.isFinite ? min(max(jitter, 0), 1) : 0
        return max(planned, asked(retryAfter)) + Int64(Double(planned) * 0.1 * spread)
    }

    /// In milliseconds.
    func asked(_ retryAfter: Int64?) -> Int64 { min(max(retryAfter ?? 0, 0), longest) * 1000 }
}
