public import Model

/// When pages are told again of what changes all the time, such as a delivery that is being counted.
///
/// Many changes are told in one. Where much of the last telling waits still, on a busy machine or a slow line, the next one waits for it: pages
/// get the sum later, and are not all cut at once for what nobody could read.
public enum TellingPace {
    /// Shorter than an eye notices.
    public static let pause: Duration = .milliseconds(200)
    /// Some pages that never read must not hold the others back for longer.
    public static let longest: Duration = .seconds(2)
    /// Bytes that wait for all browsers together, above which nothing is added: calls and notices go on having the other half.
    public static let crowd = BrowserSocket.totalLimit / 2

    /// How long to wait yet; zero: tell now.
    public static func rest(since last: Instant, at now: Instant, waiting bytes: Int) -> Duration {
        let passed = now - last
        if passed < pause { return pause - passed }
        return bytes > crowd && passed < longest ? min(pause, longest - passed) : .zero
    }
}
