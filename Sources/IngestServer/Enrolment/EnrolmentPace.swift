/// How often somebody may ask for a certificate: a guesser is slowed, a hundred gateways of a new site are not. A value without a clock.
struct EnrolmentPace: Sendable {
    /// Requests of one source, and of all, within the window.
    static let ofSource = 200
    static let ofAll = 2000
    /// In milliseconds.
    static let window: Int64 = 600_000
    /// Sources that are told apart; further ones share what is left of all.
    static let sources = 1000

    private var begin: Int64 = 0
    private var all = 0
    private var counts: [String: Int] = [:]

    /// Seconds to wait; nil where it may go on, which is counted.
    mutating func pause(_ source: String, at now: Int64) -> Int64? {
        if now - begin >= EnrolmentPace.window || now < begin { (begin, all, counts) = (now, 0, [:]) }
        let own = counts[source] ?? 0
        guard own < EnrolmentPace.ofSource, all < EnrolmentPace.ofAll else {
            return max(1, (begin + EnrolmentPace.window - now + 999) / 1000)
        }
        all += 1
        if own > 0 || counts.count < EnrolmentPace.sources { counts[source] = own + 1 }
        return nil
    }
}
