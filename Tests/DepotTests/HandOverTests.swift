import Model
import TestSupport
import Testing

@testable import Depot

/// A centre that works and has no broker, and others that have it or not: values in virtual time.
struct HandOverTests {
    private func other(
        _ name: String = "b", reaches: Bool? = true, looked: Int64 = 100, works: Bool = false, silent: Int64 = 100
    ) -> CentreSeat.Other {
        .init(
            name: name, version: "1", works: works, isThere: silent < 5000, silent: silent, reachesBroker: reaches,
            looked: looked)
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant.zero + .milliseconds(milliseconds) }

    /// What it does, look by look, twice a second from the loss on.
    private func steps(
        _ seconds: Int64, isBegun: Bool = true, last: Int64? = nil, hasBroker: (Int64) -> Bool = { _ in false },
        others: (Int64) -> [CentreSeat.Other]
    ) -> [(at: Int64, step: HandOver.Step)] {
        var rule = HandOver()
        if isBegun { _ = rule.look(hasBroker: true, others: [], last: nil, at: at(0)) }
        return stride(from: 0, through: seconds * 1000, by: 500).compactMap { now in
            let step = rule.look(
                hasBroker: hasBroker(now), others: others(now), last: last.map { $0 + now }, at: at(now))
            return step == .stay ? nil : (now, step)
        }
    }

    @Test func itGivesItsPlaceToOneThatHasTheBroker() {
        let done = steps(4) {
            $0 < 1500 ? [self.other(reaches: false)] : [self.other("c", reaches: nil), self.other()]
        }
        #expect(done.map(\.at) == [1500, 3500, 4000])
        #expect(done.map(\.step) == [.tryAgain, .give(to: "b"), .give(to: "b")])
        // As fast as it can: not before its patience, and later where it has just begun.
        #expect(steps(3) { _ in [self.other(looked: 0)] }.map(\.at) == [500, 2500, 3000])
        let begun = steps(11, isBegun: false) { _ in [self.other(looked: 0)] }
        #expect(begun.first { $0.step == .give(to: "b") }?.at == 10_000)
    }

    @Test func whereNobodyHasItNobodyMoves() {
        #expect(steps(600) { _ in [self.other(reaches: false), self.other("c", reaches: nil)] }.isEmpty)
        #expect(steps(600) { _ in [] }.isEmpty)
        // Said before the loss, or by one that is silent, too old, or works itself.
        #expect(steps(600) { [self.other(looked: $0 + 1)] }.isEmpty)
        #expect(steps(600) { _ in [self.other(silent: 4500), self.other(looked: 4500)] }.isEmpty)
        #expect(steps(600) { _ in [self.other(works: true)] }.isEmpty)
    }

    /// A broker that begins anew is there for the others a moment before the one that works, which then tries at once.
    @Test func aBrokerThatComesBackMovesNobody() {
        let back = steps(
            90, hasBroker: { $0 >= 61_500 }, others: { [self.other(reaches: $0 >= 60_000, looked: 300)] })
        #expect(back.map(\.step) == [.tryAgain])
        // One that comes and goes for the others is not one to go to.
        #expect(!steps(60) { [self.other(reaches: $0 / 500 % 4 != 0)] }.contains { $0.step != .tryAgain })
    }

    @Test func theyDoNotGoRound() {
        let done = steps(70, last: 5000) { _ in [self.other()] }
        #expect(done.first { $0.step == .give(to: "b") }?.at == 55_000)
        // Meanwhile the broker is tried now and then, and not at every look.
        #expect(done.count { $0.step == .tryAgain } == 28)
    }

    @Test func whoDoesNotReachItLetsTheOtherGoFirst() {
        var courtesy = Courtesy()
        func yields(_ reaches: Bool, to others: [CentreSeat.Other], _ now: Int64) -> Bool {
            courtesy.yields(reachesBroker: reaches, to: others, at: at(now))
        }
        let works = other("a", works: true)
        let better = other("b")
        #expect(yields(false, to: [works, better], 0))
        #expect(yields(false, to: [better], 10_000))
        #expect(yields(false, to: [better], 11_900))
        #expect(!yields(false, to: [better], 12_000))
        // Another has gone: the next time begins anew.
        #expect(yields(false, to: [works, better], 13_000))
        #expect(yields(false, to: [better], 20_000))
        #expect(!yields(true, to: [better], 20_000))
        #expect(!yields(false, to: [other("b", reaches: false)], 20_000))
        #expect(!yields(false, to: [other("b", silent: 6000)], 20_000))
    }

    /// Three centres and a broker, whose lines break and are mended as a seed says: where one of them has the broker it works within a minute
    /// and some seconds, and they do not go round.
    @Test func whoHasTheBrokerWorksInTheEnd() {
        #expect((1...12).reduce(0) { $0 + handOvers(seed: $1) } > 12)
    }

    private func handOvers(seed: UInt64) -> Int {
        struct Centre {
            var line = true
            var rule = HandOver()
            var courtesy = Courtesy()
            /// It begins anew until then.
            var back: Int64 = 0
            var seen: (reaches: Bool, at: Int64)?
        }
        var random = SeededRandom(seed: seed)
        var centres = Array(repeating: Centre(), count: 3)
        var (works, last, gave, changed, broker): (Int?, Int64?, [Int64], Int64, Bool) = (nil, nil, [], 0, true)
        var lonely: Int64 = 0
        for now in stride(from: Int64(0), through: 3_600_000, by: 200) {
            if Int.random(in: 0..<600, using: &random) == 0 {
                let one = Int.random(in: 0..<4, using: &random)
                if one == 3 { broker.toggle() } else { centres[one].line.toggle() }
                changed = now
            }
            let lacks = works.map { !(broker && centres[$0].line) } ?? false
            let others = { (me: Int) in
                centres.indices.filter { $0 != me && centres[$0].back <= now }.map { index in
                    let seen = index == works ? (reaches: !lacks, at: now) : centres[index].seen
                    return self.other(
                        "\(index)", reaches: seen?.reaches, looked: seen.map { now - $0.at } ?? 0,
                        works: index == works, silent: 0)
                }
            }
            for index in centres.indices where index != works && centres[index].back <= now {
                if centres[index].seen.map({ now - $0.at >= (lacks ? 1000 : 30_000) }) ?? true {
                    centres[index].seen = (broker && centres[index].line, now)
                }
                let yields = centres[index].courtesy.yields(
                    reachesBroker: centres[index].seen?.reaches ?? false, to: others(index), at: at(now))
                if works == nil, !yields {
                    works = index
                    centres[index].rule = HandOver()
                }
            }
            guard let one = works, now % 600 == 0 else { continue }
            let step = centres[one].rule.look(
                hasBroker: broker && centres[one].line, others: others(one), last: last.map { now - $0 }, at: at(now))
            if case .give(let to) = step {
                #expect(broker && !centres[one].line)
                #expect(centres[Int(to)!].back <= now)
                gave.append(now)
                (works, last) = (nil, now)
                centres[one] = Centre(line: centres[one].line, back: now + 2000)
            }
            let isWell = !broker || centres[works ?? one].line || !centres.contains(where: \.line)
            if isWell { lonely = now }
            #expect(now - max(lonely, changed) < 70_000, "seed \(seed), second \(now / 1000)")
        }
        #expect(zip(gave, gave.dropFirst()).allSatisfy { $1 - $0 >= HandOver.rest.milliseconds }, "seed \(seed)")
        return gave.count
    }
}
