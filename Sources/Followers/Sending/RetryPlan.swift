/// When a delivery that failed is tried again, as Standard Webhooks 1.0 ("Deliverability and reliability") plans it.
public enum RetryPlan {
    /// Seconds after each failure: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    static let seconds: [Int64] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    /// A receiver may ask for more, but not for ever, in seconds.
    static let longest: Int64 = 86_400

    /// How long to wait after the `failures`-th failure (from 1), in milliseconds; nil: given up. `jitter` from 0 to 1 adds up to a
    /// tenth, so that receivers that failed together are not tried together. `retryAfter` in seconds, as the receiver said:
    /// never sooner than planned.
    public static func wait(after failures: Int, retryAfter: Int64? = nil, jitter: Double) -> Int64? {
        guard failures >= 1, failures <= seconds.count else { return nil }
        let planned = seconds[failures - 1] * 1000
        let spread = jitter.isFinite ? min(max(jitter, 0), 1) : 0
        let asked = min(max(retryAfter ?? 0, 0), longest) * 1000
        return max(planned, asked) + Int64(Double(planned) * 0.1 * spread)
    }
}
