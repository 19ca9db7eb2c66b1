import Model
import Platform

/// At most so many requests a second, with a burst: neither server publishes a limit of its own.
public actor Throttle {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var last: Instant

    public init(perSecond: Int, burst: Int) {
        (self.perSecond, self.burst, tokens) = (Double(perSecond), Double(burst), Double(burst))
        last = Clocks.now
    }

    /// Returns when it is this caller's turn.
    public func turn() async {
        let now = Clocks.now
        tokens = min(burst, tokens + Double((now - last).nanoseconds) / 1e9 * perSecond)
        last = now
        tokens -= 1
        guard tokens < 0 else { return }
        let pause = Duration.milliseconds(Int64(-tokens / perSecond * 1000))
        // Where the task is to end, too: what it still asks is asked at this pace.
        await Task.detached { try? await Task.sleep(for: pause) }.value
    }
}
