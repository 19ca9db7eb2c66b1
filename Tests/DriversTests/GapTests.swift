import Drivers
import Model
import TestSupport
import Testing

/// A real exchange whose line breaks: what was before, in and after the break is told as the telephones saw it, or as doubt.
struct GapTests {
    static let recordings = Fixture.list("DriversTests/Captures/gaps").filter { $0.hasSuffix(".json") }.map {
        String($0.dropLast(5))
    }
    static let queues = recordings.filter { $0.contains("queue-") }

    private func replay(_ name: String, _ change: (inout GapReplay) -> Void = { _ in }) throws -> GapReplay {
        var replay = try GapReplay(name)
        change(&replay)
        replay.play()
        return replay
    }

    @Test(arguments: queues, [true, false])
    func whoeverGivesUpInAQueueIsKnownWheneverTheyJoined(name: String, mayCount: Bool) throws {
        let replay = try replay(name) { $0.mayCount = mayCount }
        let call = try #require(replay.ended.first)
        #expect(replay.ended.count == 1 && replay.book.running.isEmpty)
        #expect(
            call.queue == (name.hasPrefix("13") ? "yard" : "counter") && call.direction == .inbound && !call.wasReached
                && call.cause != .lost)
        #expect(call.caller?.number == replay.story[0]["caller"]?["number"]?.text)
        #expect(call.called == replay.story[0]["called"]?.text)
        // Nothing came and went unseen.
        #expect(replay.signals.allSatisfy { ($0.doubt ?? 0) <= 0 })
    }

    /// The exchange keeps nothing of it that could be asked for: whoever rang is perhaps missed, and nobody is accused.
    @Test(arguments: recordings.filter { $0.contains("given-up") || $0.hasSuffix("ring-answered-in-gap") })
    func aRingThatABreakSwallowedIsPerhapsMissed(name: String) throws {
        let replay = try replay(name)
        let call = try #require(replay.ended.first)
        #expect(replay.ended.count == 1 && replay.book.running.isEmpty)
        let rang = (replay.story[0]["rings"]?.list ?? []).compactMap { $0["ext"]?.text }
        #expect(call.cause == .lost && call.missedBy.isEmpty && call.perhapsMissedBy == rang)
        #expect(call.caller?.number == replay.story[0]["caller"]?["number"]?.text)
    }

    @Test(arguments: [true, false]) func whatWasAnsweredInABreakAndGoesOnIsATalk(mayList: Bool) throws {
        let replay = try replay("22/ring-answered-in-gap-talks-on") { $0.mayList = mayList }
        let call = try #require(replay.ended.first)
        #expect(replay.ended.count == 1 && replay.book.running.isEmpty)
        #expect(call.answeredBy == ["101"] && call.missedBy.isEmpty && call.perhapsMissedBy.isEmpty)
        #expect(call.cause == .normal && call.legs.count == 1)
    }

    /// However short the breaks and however many: each call rings, ends once, and is missed.
    @Test func aLineThatBreaksOftenLosesNoCall() throws {
        let replay = try replay("22/link-breaks")
        #expect(replay.gaps.count == 6 && replay.story.count == 12)
        #expect(replay.ended.map(\.caller?.number) == replay.story.map { $0["caller"]?["number"]?.text })
        #expect(replay.ended.allSatisfy { $0.missedBy == ["101"] && $0.cause == .callerGaveUp && $0.legs.count == 1 })
        #expect(replay.signals.allSatisfy { ($0.doubt ?? 0) <= 0 })
    }

    /// Whoever may not list the channels is told what begins from then on, and what ran before is in doubt.
    @Test(arguments: recordings)
    func withoutTheRightToListNothingStaysOpenAndNobodyIsAccused(name: String) throws {
        let replay = try replay(name) { ($0.mayList, $0.mayCount) = (false, false) }
        #expect(replay.book.running.isEmpty)
        for call in replay.ended {
            let truth = replay.story.first { $0["caller"]?["number"]?.text == call.caller?.number }
            let missed = (truth?["missedBy"]?.list ?? []).compactMap(\.text)
            #expect(Set(call.missedBy).isSubset(of: missed))
        }
    }

    // MARK: the agent was down

    private func restart(_ name: String, at moment: Int64, back: Int64) throws -> GapReplay {
        var first = try GapReplay(name)
        first.play(until: moment)
        let running = first.book.running
        var book = CallBook(revisionBase: 1 << 32)
        for call in running { book.recall(call) }
        let past = SessionSettings.Past(counted: first.counted, calls: running)
        var second = try GapReplay(name, past: past, book: book)
        second.play(from: back)
        return second
    }

    @Test func callsOfTheTimeWithoutAnAgentAreCounted() throws {
        // Calls 2 to 4 of twelve begin and end between 5.0 and 12.4 s.
        let replay = try restart("22/link-breaks", at: 5000, back: 12_500)
        #expect(replay.signals.compactMap(\.doubt).max() == 3)
        #expect(replay.book.running.isEmpty)
        #expect(replay.ended.count == 7)
    }

    /// It rang when the agent stopped, and is over when it is back.
    @Test func whatEndedWhileTheAgentWasDownHasEnded() throws {
        let replay = try restart("22/ring-given-up-in-gap", at: 1900, back: 4000)
        let call = try #require(replay.ended.first)
        #expect(replay.ended.count == 1 && call.cause == .lost && call.perhapsMissedBy == ["101"])
        #expect(call.caller?.number == replay.story[0]["caller"]?["number"]?.text && call.startedAt < 1900)
    }

    @Test func whatRunsIsTakenUpAgain() throws {
        let replay = try restart("22/ring-answered-in-gap-talks-on", at: 2000, back: 4500)
        let call = try #require(replay.ended.first)
        #expect(replay.ended.count == 1 && call.answeredBy == ["101"] && call.cause == .normal)
        #expect(call.startedAt < 2000 && call.legs.count == 1)
    }
}
