import Drivers
import Model
import Platform
import Uplink

/// What is known of an exchange, and what is not: breaks of its line, and stops of the agent.
extension DeviceJournal {
    /// Of an exchange, on the pump's thread alone.
    struct Exchange {
        var memory: CallMemory?
        /// When it could no longer be heard, in Unix milliseconds; at a start, when a former run heard it last.
        var deafSince: Int64?
        /// Calls that ended unseen since then.
        var unclear = 0
        /// Calls it has counted, as far as we know; nil where it does not count.
        var counted: Int?
        /// Until when calls of a former run wait for a word of the exchange.
        var recalled: Instant?
        /// What its count said meanwhile.
        var missed: Int?
        var isCounted = false
        /// When the memory is written next: soon where something happened.
        var keepAt: Instant?
        var isReady = false
    }

    /// Shorter breaks of an exchange that cannot count its calls are not worth a word, in milliseconds.
    static let gapWorthSaying: Int64 = 1000
    /// An exchange that lists nothing by then never will: calls of a former run are given up.
    static let recallPatience: Duration = .seconds(60)
    /// After its list, until each listed call was told: some wait for their caller's presentation.
    static let listPatience: Duration = .seconds(1)
    /// How soon what happened is on the disk; with many calls that run, more seldom.
    static let keepPause: Duration = .milliseconds(500)
    static let manyCalls = 200
    static let keepPauseOfMany: Duration = .seconds(5)
    /// And how often nothing is, so that a gap begins when it began.
    static let keepIdle: Duration = .seconds(30)

    /// What a former run knew; nil at a first start.
    func recall(_ memory: CallMemory, at now: Instant) -> SessionSettings.Past? {
        exchange.memory = memory
        guard let content = memory.load(at: Clocks.wall) else { return nil }
        (exchange.deafSince, exchange.counted) = (content.at, content.counted)
        for call in content.calls { book.recall(call) }
        if !content.calls.isEmpty { exchange.recalled = now + DeviceJournal.recallPatience }
        return content.past
    }

    /// How many calls the exchange has counted.
    func counted(_ calls: Int) { exchange.counted = calls }

    /// Something about calls may have changed.
    func touchMemory(at now: Instant) {
        guard exchange.memory != nil else { return }
        let pause =
            book.running.count > DeviceJournal.manyCalls ? DeviceJournal.keepPauseOfMany : DeviceJournal.keepPause
        exchange.keepAt = min(exchange.keepAt ?? now + pause, now + pause)
    }

    /// When `tend` has something to do.
    var exchangeDeadline: Instant? {
        [exchange.recalled, exchange.keepAt].compactMap(\.self).min()
    }

    func tend(at now: Instant) {
        if let moment = exchange.recalled, now >= moment { settleRecalled(at: now) }
        if let moment = exchange.keepAt, now >= moment, let memory = exchange.memory {
            memory.keep(content)
            exchange.keepAt = now + DeviceJournal.keepIdle
        }
    }

    /// The agent stops.
    func closeMemory() { exchange.memory?.close(content) }

    private var content: CallMemory.Content {
        CallMemory.Content(
            at: exchange.isReady ? Clocks.wall : exchange.deafSince ?? Clocks.wall, counted: exchange.counted,
            calls: book.running)
    }

    /// The exchange has said what runs: what it did not name is over.
    private func settleRecalled(at now: Instant) {
        exchange.recalled = nil
        let ended = book.settle(at: Clocks.wall)
        exchange.unclear += ended.count { $0.state == .ended && $0.cause == .lost }
        tell(calls: ended, at: now)
        touchMemory(at: now)
        guard exchange.isCounted else { return }
        exchange.isCounted = false
        if let row = resynced(exchange.missed, at: Clocks.wall) { save([Outbox.Entry(row, at: now)]) }
    }

    /// A call ended while nobody could hear it.
    func note(_ signal: CallSignal) {
        if signal.event == .ended, signal.cause == .lost, exchange.deafSince != nil { exchange.unclear += 1 }
    }

    /// What a source says of itself: after a break, what may be missing.
    func heard(_ signal: CallSignal, at wall: Int64, _ now: Instant) -> Row? {
        switch signal.event {
        case .sourceUp: exchange.isReady = true
        case .sourceDown:
            exchange.isReady = false
            exchange.deafSince = exchange.deafSince ?? wall
        case .resynced:
            guard let patience = exchange.recalled else { return resynced(signal.doubt, at: wall) }
            exchange.recalled = min(patience, now + DeviceJournal.listPatience)
            if signal.doubt != 0 { (exchange.isCounted, exchange.missed) = (true, signal.doubt) }
        default: break
        }
        return nil
    }

    /// `missed`: calls that the exchange counted and nobody saw; negative where it counted none, 0 where it is still to
    /// count, nil where it cannot.
    private func resynced(_ missed: Int?, at wall: Int64) -> Row? {
        guard let from = exchange.deafSince, missed != 0 else { return nil }
        let unclear = exchange.unclear
        (exchange.deafSince, exchange.unclear) = (nil, 0)
        let isLong = wall - from >= DeviceJournal.gapWorthSaying
        let counted = missed != nil || !isLong
        let doubt = DeviceStatus.Doubt(
            calls: max(0, missed ?? 0), counted: counted, unclear: unclear, from: from, to: wall)
        guard !counted || doubt.calls > 0 || unclear > 0 else { return nil }
        return say(doubt)
    }
}
