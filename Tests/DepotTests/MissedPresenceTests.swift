import Depot
import Model
import Testing

struct MissedPresenceTests {
    private let start = Instant.milliseconds(5000)

    @Test func whoDoesNotGreetIsToldAgain() {
        var missed = MissedPresence()
        missed.hear("lyon", knows: false, at: start)
        missed.hear("nice", knows: false, at: start + .milliseconds(900))
        missed.greeted("nice")
        #expect(missed.tick(at: start + .milliseconds(999)).isEmpty)
        #expect(missed.tick(at: start + .seconds(1)) == ["lyon"])
        #expect(missed.tick(at: start + .seconds(9)).isEmpty)
        // It says so with each status.
        missed.hear("lyon", knows: false, at: start + .seconds(30))
        #expect(missed.tick(at: start + .seconds(31)) == ["lyon"])
    }

    @Test func whoKnowsOrDoesNotSayIsLeftAlone() {
        var missed = MissedPresence()
        missed.hear("old", knows: nil, at: start)
        missed.hear("lyon", knows: false, at: start)
        missed.hear("lyon", knows: true, at: start + .milliseconds(100))
        #expect(missed.tick(at: start + .seconds(2)).isEmpty)
    }

    @Test func itIsBounded() {
        var missed = MissedPresence()
        for number in 0...MissedPresence.limit { missed.hear("a\(number)", knows: false, at: start) }
        #expect(missed.tick(at: start + .seconds(2)).count == MissedPresence.limit)
    }
}
