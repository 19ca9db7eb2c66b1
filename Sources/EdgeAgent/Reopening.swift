import Model

/// When a line that went down is opened again. A value: what happened goes in, a pause comes out.
///
/// A line was *good* once its device had answered as it should (an exchange: the login was taken). An exchange that was good
/// is tried again at once, however often it breaks: calls ring meanwhile. Growing pauses are for lines that cannot be opened,
/// and for those that open and never become good.
struct Reopening {
    /// A port that held for this long was no flicker.
    static let steady: Duration = .seconds(10)
    /// Longest pause between two attempts to open a line.
    static let pause: Duration = .seconds(30)
    /// And to an exchange: calls are right again within a second of its return.
    static let callPause: Duration = .milliseconds(700)
    /// First try of an exchange that was good, at the latest.
    static let atOnce: Duration = .milliseconds(100)
    /// A good connection that did not hold for this long waits a little longer, or a far end that logs us in and throws us out
    /// would be asked ten times a second.
    static let moment: Duration = .seconds(1)

    private let isTelephone: Bool
    private var backoff: Backoff
    /// For one that is lost as soon as it is there: it is tried more and more seldom.
    private var flicker: Backoff
    private var quick: Backoff
    private var opened = Instant.zero
    private var isGood = false
    private var lastGood: Instant?

    init(isTelephone: Bool, seed: UInt64) {
        self.isTelephone = isTelephone
        let first: Duration = .milliseconds(500)
        backoff = Backoff(first: first, cap: isTelephone ? Reopening.callPause : Reopening.pause, seed: seed)
        flicker = Backoff(first: first, cap: Reopening.pause, seed: seed &+ 1)
        quick = Backoff(first: Reopening.atOnce, cap: Reopening.atOnce, seed: seed &+ 2)
    }

    /// Somebody says that it may be there again.
    mutating func reset() {
        backoff.reset()
        flicker.reset()
    }

    mutating func opened(at now: Instant) { (opened, isGood) = (now, false) }

    /// The device has answered as it should.
    mutating func becameGood() { isGood = true }

    /// It could not be opened.
    mutating func refused() -> Duration { backoff.next() }

    /// It was open and is gone.
    mutating func lost(at now: Instant) -> Duration {
        let held = now - opened
        let isSteady = held >= Reopening.steady
        defer { isGood = false }
        if isGood { lastGood = now }
        if isSteady || isGood && isTelephone { flicker.reset() }
        guard isTelephone else {
            backoff.reset()
            return isSteady ? backoff.next() : flicker.next()
        }
        if isGood || isSteady {
            backoff.reset()
            return held >= Reopening.moment ? quick.next() : backoff.next()
        }
        // Far ends that are on their way down, or up, take a connection and drop it.
        if let lastGood, now - lastGood < Reopening.steady { return backoff.next() }
        return flicker.next()
    }
}
