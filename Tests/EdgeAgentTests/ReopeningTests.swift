import Model
import Testing

@testable import EdgeAgent

/// How soon a line that broke is opened again, in virtual time.
struct ReopeningTests {
    /// Plays breaks of a line that is good a millisecond after it is opened; returns how long after each break's end it was good
    /// again. `accepts`: the far end takes connections meanwhile, and drops them.
    private func play(
        _ gaps: [(from: Int64, to: Int64)], accepts: Bool, isTelephone: Bool = true, seed: UInt64 = 1
    ) -> [Int64] {
        var reopening = Reopening(isTelephone: isTelephone, seed: seed)
        reopening.opened(at: .zero)
        reopening.becameGood()
        var waits: [Int64] = []
        for gap in gaps {
            var next = Instant.milliseconds(gap.from) + reopening.lost(at: .milliseconds(gap.from))
            while next < .milliseconds(gap.to) {
                if accepts {
                    reopening.opened(at: next)
                    next = next + .milliseconds(1)
                    next = next + reopening.lost(at: next)
                } else {
                    next = next + reopening.refused()
                }
            }
            reopening.opened(at: next)
            reopening.becameGood()
            waits.append(next.milliseconds - gap.to)
        }
        return waits
    }

    @Test(arguments: [true, false], 1...50 as ClosedRange<UInt64>)
    func anExchangeThatWasGoodIsThereAgainAtOnceHoweverOftenItBreaks(accepts: Bool, seed: UInt64) {
        let lengths: [Int64] = [20, 400, 20, 100, 20, 250]
        #expect(play(breaks(every: 4000, lengths), accepts: accepts, seed: seed).allSatisfy { $0 <= 800 })
        // Sessions shorter than a second, too.
        #expect(play(breaks(every: 900, [20]), accepts: accepts, seed: seed).allSatisfy { $0 <= 800 })
    }

    private func breaks(every period: Int64, _ lengths: [Int64]) -> [(from: Int64, to: Int64)] {
        (0..<60).map { number -> (from: Int64, to: Int64) in
            let from = Int64(number + 1) * period
            return (from, from + lengths[number % lengths.count])
        }
    }

    @Test func theFirstTryComesWithinATenthOfASecond() {
        for seed in 1...100 as ClosedRange<UInt64> {
            var reopening = Reopening(isTelephone: true, seed: seed)
            reopening.opened(at: .zero)
            reopening.becameGood()
            let pause = reopening.lost(at: .milliseconds(4000))
            #expect(pause <= .milliseconds(100) && pause >= .milliseconds(10))
        }
    }

    @Test func whoeverDropsEveryLoginIsAskedMoreAndMoreSeldom() {
        var reopening = Reopening(isTelephone: true, seed: 7)
        var now = Instant.zero
        var tries = 0
        while now < .milliseconds(600_000) {
            tries += 1
            reopening.opened(at: now)
            now = now + .milliseconds(5)
            now = now + reopening.lost(at: now)
        }
        #expect((20...200).contains(tries))
        // Logged in and thrown out, over and over: never more than a few times a second.
        now = .zero
        tries = 0
        while now < .milliseconds(60_000) {
            tries += 1
            reopening.opened(at: now)
            reopening.becameGood()
            now = now + .milliseconds(5)
            now = now + reopening.lost(at: now)
        }
        #expect(tries < 600)
    }

    @Test func aReaderThatFlickersIsStillTriedMoreSeldom() {
        var reopening = Reopening(isTelephone: false, seed: 7)
        var now = Instant.zero
        var tries = 0
        while now < .milliseconds(600_000) {
            tries += 1
            reopening.opened(at: now)
            reopening.becameGood()
            now = now + .milliseconds(5)
            now = now + reopening.lost(at: now)
        }
        #expect(tries < 200)
    }
}
