import Followers
import Model
import Testing

/// When pages are told again.
struct TellingPaceTests {
    private let last = Instant.zero + .seconds(60)

    private func rest(_ passed: Duration, waiting: Int) -> Duration {
        TellingPace.rest(since: last, at: last + passed, waiting: waiting)
    }

    @Test func atOnceAfterAPause() {
        #expect(rest(.seconds(1), waiting: 0) == .zero)
        #expect(rest(.milliseconds(200), waiting: TellingPace.crowd) == .zero)
        #expect(rest(.milliseconds(50), waiting: 0) == .milliseconds(150))
    }

    @Test func notUntilTheLastIsReadAndYetInTime() {
        let much = TellingPace.crowd + 1
        #expect(rest(.milliseconds(50), waiting: much) == .milliseconds(150))
        #expect(rest(.milliseconds(200), waiting: much) == .milliseconds(200))
        #expect(rest(.milliseconds(1900), waiting: much) == .milliseconds(100))
        #expect(rest(.seconds(2), waiting: much) == .zero)
    }

    /// Two thousand pages, 5 kB each at each telling, and a machine that hands over nothing for five seconds: nobody is cut.
    @Test func aStandstillCutsNobody() {
        let telling = 5_200 * 2_000
        var waiting = 0
        var (told, now) = (last, last)
        while now - last < .seconds(5) {
            let rest = TellingPace.rest(since: told, at: now, waiting: waiting)
            now = now + rest
            guard rest == .zero else { continue }
            (waiting, told) = (waiting + telling, now)
            #expect(waiting <= BrowserSocket.totalLimit)
        }
    }
}
