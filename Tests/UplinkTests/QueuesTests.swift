import Scale
import Testing

/// The simulation of stations against what queueing theory says exactly (L. Kleinrock, Queueing Systems, volume 1: M/M/1 in 3.2, M/M/m in 3.5,
/// M/G/1 in 5.6).
struct QueuesTests {
    private static func run(
        _ servers: Int, _ service: Queues.Service, rate: Double, seconds: Double = 20_000, seed: UInt64 = 1
    ) -> Queues {
        var queues = Queues(
            [.init("one", servers: servers)], [.init("job", .poisson(rate), [.init(0, service)])], seed: seed)
        queues.run(to: seconds, warm: 100)
        return queues
    }

    private static func isNear(_ value: Double, _ exact: Double, within share: Double = 0.03) -> Bool {
        abs(value - exact) <= exact * share
    }

    /// Time in the system: 1 / (μ − λ).
    @Test(arguments: [0.3, 0.5, 0.8]) func oneServerWithRandomTimes(load: Double) {
        let queues = Self.run(1, .exponential(0.1), rate: load * 10)
        #expect(Self.isNear(queues.seen[0].mean, 1 / (10 - load * 10), within: 0.05))
        #expect(Self.isNear(queues.loads[0].busy / 19_900, load))
        // Exponential: the 99th percentile is ln 100 times the mean.
        #expect(Self.isNear(queues.seen[0].quantile(0.99), 4.605 / (10 - load * 10), within: 0.1))
    }

    /// Pollaczek and Khinchine, of a service that never varies: s + ρ s / (2 (1 − ρ)).
    @Test(arguments: [0.3, 0.5, 0.8]) func oneServerWithTheSameTime(load: Double) {
        let queues = Self.run(1, .fixed(0.1), rate: load * 10)
        #expect(Self.isNear(queues.seen[0].mean, 0.1 + load * 0.1 / (2 * (1 - load))))
    }

    /// Erlang C with two servers: 1 / (μ (1 − ρ²)).
    @Test func twoServers() {
        let queues = Self.run(2, .exponential(0.1), rate: 12)
        #expect(Self.isNear(queues.seen[0].mean, 0.1 / (1 - 0.36)))
    }

    /// Burke: what leaves one with random times comes to the next as it came to the first.
    @Test func twoInARow() {
        var queues = Queues(
            [.init("one"), .init("two")],
            [.init("job", .poisson(5), [.init(0, .exponential(0.1)), .init(1, .exponential(0.1))])], seed: 3)
        queues.run(to: 20_000, warm: 100)
        #expect(Self.isNear(queues.seen[0].mean, 2 / (10 - 5)))
    }

    /// What waits while a transaction is written goes into the next one: it keeps up where one at a time would not.
    @Test func togetherTheyKeepUp() {
        func run(together: Int) -> Queues {
            var queues = Queues(
                [.init("writer", together: together, setup: 0.001)],
                [.init("frame", .poisson(2000), [.init(0, .fixed(0.0001), joins: true)])], seed: 1)
            queues.run(to: 10, warm: 1)
            return queues
        }
        let (alone, together) = (run(together: 1), run(together: 16))
        #expect(alone.seen[0].left > 5000)
        #expect(together.seen[0].left < 20 && together.seen[0].quantile(0.99) < 0.01)
        #expect(together.loads[0].visits > together.loads[0].groups * 2)
    }

    /// One job on its way takes along all that came meanwhile: nobody waits for more than the rest of it and its own, whatever comes.
    @Test func whatASourceGathersGoesTogether() {
        var queues = Queues(
            [.init("one")], [.init("scan", .poisson(1000), [.init(0, .fixed(0.1), each: 0.0001)], sources: 1)], seed: 1)
        queues.run(to: 100, warm: 1)
        // A round is of 0.1 s and a tenth of what comes in it: c = 0.1 + 0.1 c. Whoever comes waits for half of one, and for its own.
        let round = 0.1 / 0.9
        #expect(Self.isNear(queues.seen[0].mean, 1.5 * round))
        #expect(queues.seen[0].quantile(1) < 2.5 * round)
        #expect(Self.isNear(Double(queues.loads[0].groups), 99 / round))
    }

    @Test func periodicOnesComeAtTheirMoments() {
        var queues = Queues(
            [.init("one")], [.init("beat", .periodic(phases: [0.25, 0.5], period: 1), [.init(0, .fixed(0.1))])], seed: 1
        )
        queues.run(to: 10)
        #expect(queues.seen[0].times.count == 20)
        #expect(queues.seen[0].times.allSatisfy { abs($0 - 0.1) < 0.001 })
    }

    @Test func theSameSeedIsTheSameStory() {
        let region = Region(agents: 500, centres: 2, scans: 1)
        let (first, second) = (region.play(seed: 7, seconds: 4), region.play(seed: 7, seconds: 4))
        #expect(first.events == second.events && first.served == second.served && first.ack == second.ack)
        #expect(first.events > 0 && first.served.isFinite)
        #expect(region.play(seed: 8, seconds: 4).served != first.served)
    }

    @Test func moreThanACentreBearsIsSaid() {
        var region = Region(agents: 2000, centres: 1, scans: 5)
        region.costs.writerFrame = 0.001
        let seen = region.play(seed: 1, seconds: 4, patience: 30)
        // Each has one frame on its way: it is slow, and does not fall behind without end.
        #expect(seen.ack.p99 > 1 && seen.narrow == "writer")
        region.centres = 20
        #expect(region.play(seed: 1, seconds: 4).ack.p99 < 0.1)
    }
}
