/// Growing pauses with full jitter: a site's agents must not come back in step.
public struct Backoff: Sendable {
    private let first: Duration
    private let cap: Duration
    private var ceiling: Duration
    private var state: UInt64

    /// `seed` makes the jitter repeatable in tests.
    public init(first: Duration, cap: Duration, seed: UInt64) {
        self.first = first
        self.cap = cap
        ceiling = first
        state = seed
    }

    public mutating func reset() { ceiling = first }

    /// Between a tenth and the whole of the present ceiling, which then doubles up to the cap.
    public mutating func next() -> Duration {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let share = Int64(state >> 33) % 900 + 100
        defer { ceiling = min(cap, ceiling * 2) }
        return .nanoseconds(ceiling.nanoseconds / 1000 * share)
    }
}
