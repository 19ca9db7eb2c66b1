import Depot
import Model
import Testing

/// Agents that freeze on a line that stands, with virtual time: the broker is a queue that gives back in order what it was told.
struct AgentPulsesTests {
    /// One agent and the centre's marks through one broker, in steps of 50 ms. `frozen`: when the agent stops beating; `stalled`: while the
    /// centre reads nothing; `road`: how long a message takes. When it was called silent, and when heard again.
    private func run(
        seconds: Int64, beats: Int64 = 1000, frozen: ClosedRange<Int64>? = nil, stalled: ClosedRange<Int64>? = nil,
        road: Int64 = 5
    ) -> (silent: Int64?, back: Int64?) {
        enum Message {
            case beat
            case mark(Instant)
        }
        var (pulses, queue) = (AgentPulses(), [(at: Int64, Message)]())
        var (silent, back): (Int64?, Int64?)
        pulses.begin()
        var next: Int64 = 0
        for now in stride(from: 0, through: seconds * 1000, by: 50) {
            if now >= next, frozen?.contains(now) != true {
                queue.append((now + road, .beat))
                next = now + beats
            }
            if stalled?.contains(now) == true { continue }
            while let (at, message) = queue.first, at <= now {
                queue.removeFirst()
                switch message {
                case .beat: if pulses.beat("dock", at: .milliseconds(now)) { back = now }
                case .mark(let said): if pulses.marked(said) == ["dock"] { silent = now }
                }
            }
            if pulses.tick(at: .milliseconds(now)) { queue.append((now + 2 * road, .mark(.milliseconds(now)))) }
        }
        return (silent, back)
    }

    @Test func aFrozenAgentIsSilentWithinThreeSecondsAndHeardAgainAtOnce() throws {
        for start in stride(from: Int64(5000), to: 6500, by: 50) {
            let (silent, back) = run(seconds: 20, frozen: start...14_000)
            #expect((1000...3000).contains(try #require(silent) - start))
            #expect(try #require(back) <= 14_100)
        }
    }

    @Test func whoIsBusyCallsNobodySilent() {
        // The centre stands still for ten seconds; the road takes two; the agent's beat comes a second late each time.
        #expect(run(seconds: 40, stalled: 8000...18_000).silent == nil)
        #expect(run(seconds: 40, road: 2000).silent == nil)
        #expect(run(seconds: 40, beats: 2000).silent == nil)
    }

    @Test func whoNeverBeatOrSaidGoodbyeIsTheBrokersToJudge() {
        var pulses = AgentPulses()
        #expect(!pulses.hear("old", at: .zero) && !pulses.tick(at: .zero))
        #expect(!pulses.beat("new", at: .zero) && pulses.tick(at: .zero) && !pulses.tick(at: .milliseconds(100)))
        pulses.rest("new")
        #expect(pulses.marked(.milliseconds(60_000)).isEmpty)
        // What was silent when the broker told its will stays so until it speaks; on a new connection nothing is known.
        _ = pulses.beat("new", at: .zero)
        #expect(pulses.marked(.milliseconds(2400)) == ["new"])
        pulses.rest("new")
        #expect(pulses.silent == ["new"] && pulses.hear("new", at: .milliseconds(9000)) && pulses.silent.isEmpty)
        _ = pulses.beat("new", at: .milliseconds(9000))
        pulses.begin()
        #expect(pulses.marked(.milliseconds(60_000)).isEmpty)
    }

    @Test func aFleetIsBounded() {
        var pulses = AgentPulses()
        for number in 0..<AgentPulses.limit + 10 { _ = pulses.beat("a\(number)", at: .zero) }
        #expect(pulses.count == AgentPulses.limit)
    }
}
