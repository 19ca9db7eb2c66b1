import Drivers
import Logging
import Model
import Platform
import TestSupport
import Testing
import Uplink

@testable import EdgeAgent

/// What an agent knows of an exchange after a break, and after a stop of its own.
struct CallMemoryTests {
    /// An agent's journal of one exchange; the next one finds what it left.
    final class Run {
        let journal: DeviceJournal
        let past: SessionSettings.Past?
        let told = Locked<[JSON]>([])
        private(set) var time: Instant
        private let outbox: Outbox
        private let boot: Boot
        private let writer: Outbox.Writer

        init(_ folder: TemporaryFolder, from time: Instant) throws {
            self.time = time
            var random = SystemRandomNumberGenerator()
            let file = try OutboxFile(path: "\(folder.path)/outbox.db", budget: 64 << 20, random: &random)
            boot = try file.begin(kernel: "k", origin: 0, synced: true, random: &random)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            outbox = Outbox(file: file, boot: boot, grown: { _ in }, news: { _, _ in })
            writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
            let status = DeviceStatus(
                name: "pbx", driver: "asterisk-ami", title: "", kind: "telephony", port: "", zone: "pbx",
                state: "ready",
                since: 0)
            journal = DeviceJournal(
                status: status, rules: Presence.Rules(zone: "pbx", departure: .seconds(3)), outbox: outbox,
                feed: Feed(),
                logger: logger, presence: Locked(Presence(rules: [:])),
                revisionBase: Int64(clamping: boot.counter) << 32,
                urgent: { [told] _, _, json, _ in told.change { $0.append(json) } }, changed: {}, finder: Finder(),
                settled: { _ in })
            past = journal.recall(CallMemory(path: "\(folder.path)/calls-pbx.json"), at: time)
        }

        /// Of pumps beside it.
        func surroundings(_ urgent: @escaping @Sendable (JSON) -> Void) -> DevicePump.Surroundings {
            DevicePump.Surroundings(
                outbox: outbox, feed: Feed(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                presence: Locked(Presence(rules: [:])), boot: boot, urgent: { _, _, json, _ in urgent(json) },
                beaten: { _, _ in }, changed: {}, finder: Finder(), state: nil)
        }

        func hear(_ signals: [CallSignal]) {
            time = time + .milliseconds(10)
            journal.take(signals.map(Observation.call), at: time)
            _ = outbox.turn(writer, at: (time, Clocks.wall, true))
        }

        func wait(_ pause: Duration) {
            time = time + pause
            journal.tend(at: time)
            _ = outbox.turn(writer, at: (time, Clocks.wall, true))
        }

        func call(_ name: String) -> JSON? { told.with { $0.last { $0["call"]?.text == name } } }
    }

    private func signal(
        _ event: CallSignal.Event, _ call: String = "", leg: String? = nil, doubt: Int? = nil, cause: CallCause? = nil
    ) -> CallSignal {
        var signal = CallSignal(event, call: call)
        (signal.leg, signal.desk, signal.doubt, signal.cause) = (leg, leg.map { _ in "101" }, doubt, cause)
        if event == .offered {
            signal.direction = .inbound
            signal.caller = Party(number: "0199001234", name: nil)
        }
        return signal
    }

    @Test func aStopOfTheAgentIsABreakLikeAnyOther() throws {
        let folder = TemporaryFolder()
        let first = try Run(folder, from: .milliseconds(10_000))
        #expect(first.past == nil)
        first.hear([signal(.sourceUp), signal(.resynced, doubt: 0), signal(.resynced)])
        #expect(first.journal.now.doubt == nil)
        for (call, leg) in [("pbx/1", "1.2"), ("pbx/2", "2.2"), ("pbx/3", "3.2")] {
            first.hear([signal(.offered, call), signal(.ringing, call, leg: leg)])
        }
        first.hear([signal(.answered, "pbx/2", leg: "2.2"), signal(.held, "pbx/2", leg: "2.2")])
        first.journal.counted(17)
        first.journal.closeMemory()

        let second = try Run(folder, from: .milliseconds(100_000))
        #expect(second.past == SessionSettings.Past(counted: 17, running: ["pbx/1", "pbx/2", "pbx/3"], held: ["2.2"]))
        second.hear([signal(.sourceUp), signal(.offered, "pbx/2"), signal(.answered, "pbx/2", leg: "2.2")])
        // The third waits for its caller's presentation.
        second.hear([signal(.resynced, doubt: 0), signal(.resynced, doubt: 2)])
        second.hear([signal(.offered, "pbx/3"), signal(.ringing, "pbx/3", leg: "3.2")])
        #expect(second.call("pbx/1") == nil && second.journal.now.doubt == nil)
        second.wait(.seconds(1))
        let lost = try #require(second.call("pbx/1"))
        #expect(lost["state"]?.text == "ended" && lost["cause"]?.text == "lost")
        #expect(lost["perhapsMissedBy"]?.list?.first?.text == "101" && lost["missedBy"] == nil)
        let running = second.journal.book.running
        #expect(running.map(\.call) == ["pbx/2", "pbx/3"] && running.map(\.state) == [.held, .ringing])
        let doubt = try #require(second.journal.now.doubt)
        #expect(doubt.calls == 2 && doubt.unclear == 1 && doubt.counted && doubt.from <= doubt.to)
        #expect(
            doubt.text.hasPrefix(
                "2 calls may be missing, and how 1 call ended is not known: the line was down between "))
    }

    @Test func whatNobodyListsIsGivenUpAfterAMinute() throws {
        let folder = TemporaryFolder()
        let first = try Run(folder, from: .milliseconds(10_000))
        first.hear([signal(.offered, "pbx/1"), signal(.ringing, "pbx/1", leg: "1.2")])
        first.journal.closeMemory()
        let second = try Run(folder, from: .milliseconds(20_000))
        second.wait(.seconds(59))
        #expect(second.call("pbx/1") == nil)
        second.wait(.seconds(2))
        #expect(second.call("pbx/1")?["cause"]?.text == "lost")
    }

    @Test func whatIsOnTheDiskIsSoonRight() throws {
        let folder = TemporaryFolder()
        let run = try Run(folder, from: .milliseconds(10_000))
        run.hear([signal(.sourceUp), signal(.offered, "pbx/1"), signal(.ringing, "pbx/1", leg: "1.2")])
        run.wait(.milliseconds(600))
        let memory = CallMemory(path: "\(folder.path)/calls-pbx.json")
        let end = Clocks.now + .seconds(10)
        while memory.load(at: Clocks.wall) == nil, Clocks.now < end {
            _ = Locked(0).wait(timeout: 20) { _ -> Int? in nil }
        }
        #expect(memory.load(at: Clocks.wall)?.calls.map(\.call) == ["pbx/1"])
        // A week later nobody asks, and what cannot be read is nothing.
        #expect(memory.load(at: Clocks.wall + CallMemory.life + 60_000) == nil)
        try Fixture.write("{\"at\": -1, \"calls\": [1, {}]}", at: "\(folder.path)/calls-pbx.json")
        #expect(memory.load(at: Clocks.wall) == nil)
    }

    @Test func aBreakInWhichNothingHappenedIsNotWorthAWord() throws {
        let run = try Run(TemporaryFolder(), from: .milliseconds(10_000))
        run.hear([signal(.sourceUp), signal(.sourceDown), signal(.sourceUp), signal(.resynced, doubt: 0)])
        run.hear([signal(.resynced, doubt: -1)])
        #expect(run.journal.now.doubt == nil)
        // One that ended meanwhile is.
        run.hear([signal(.offered, "pbx/1"), signal(.answered, "pbx/1", leg: "1.2"), signal(.sourceDown)])
        run.hear([signal(.sourceUp), signal(.ended, "pbx/1", cause: .lost), signal(.resynced, doubt: 0)])
        run.hear([signal(.resynced, doubt: -1)])
        #expect(run.journal.now.doubt?.unclear == 1 && run.journal.now.doubt?.calls == 0)
        #expect(run.journal.now.doubt?.text.hasPrefix("how 1 call ended is not known: ") == true)
    }
}
