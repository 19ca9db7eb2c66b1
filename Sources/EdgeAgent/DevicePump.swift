import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import Uplink

/// The loop that joins one port to one session: port ⇄ session → journal. Where the configuration names no driver, the
/// line is recognised first.
///
/// A plain loop on a thread of its own: everything it calls answers at once, except the outbox when its queue is
/// full, and then it is right that the device is not asked for more.
final class DevicePump: Sendable {
    enum Message: Sendable {
        /// Void after that moment.
        case command(Command, until: Instant)
        case refused([TagID])
        /// So many scans are safe.
        case accepted(Int)
        /// Somebody said which driver it is.
        case accept(driver: Driver, baud: Int?)
        /// Begin the conversation anew, for somebody who records it.
        case reopen
        /// Something was plugged in: perhaps this device.
        case retry
        case beat(UInt64)
        case stop
    }

    let device: AgentConfiguration.Device
    let journal: DeviceJournal
    let logger: Logger
    let hint: Claims.Hint
    /// Accepted by somebody in an earlier run, where the line itself cannot tell.
    private let accepted: Driver?
    let beaten: @Sendable (UInt64) -> Void
    /// Tells whoever remembers what this line was recognised as.
    let recognised: @Sendable (Claims.Verdict) -> Void
    private let memory: CallMemory?
    let mailbox: Locked<[Message]>
    /// It was handed over.
    let isOver = Locked(false)
    let wake: Wakeup

    /// Bytes that may wait for a device that does not take them.
    static let outgoingLimit = 64 * 1024

    struct Surroundings: Sendable {
        var outbox: Outbox
        var feed: Feed
        var logger: Logger
        var presence: Locked<Presence>
        var boot: Boot
        var urgent: @Sendable (UrgentLane.Subject, String, JSON, Duration) -> Void
        /// Device and number of a beat that came through.
        var beaten: @Sendable (String, UInt64) -> Void
        var changed: @Sendable () -> Void
        var finder: Finder
        /// Where what is known of exchanges is kept; nil keeps nothing.
        var state: String?
    }

    init(
        device: AgentConfiguration.Device, hint: Claims.Hint, accepted: Driver? = nil, in surroundings: Surroundings,
        recognised: @escaping @Sendable (Claims.Verdict) -> Void
    ) {
        self.device = device
        self.hint = hint
        self.accepted = accepted
        self.recognised = recognised
        memory = surroundings.state.map { CallMemory(path: "\($0)/calls-\(device.name).json") }
        logger = surroundings.logger
        beaten = { surroundings.beaten(device.name, $0) }
        let (mailbox, wake) = (Locked<[Message]>([]), Wakeup())
        (self.mailbox, self.wake) = (mailbox, wake)
        let beeps = device.settings.beeps
        surroundings.presence.with { $0.add(device: device.name, device.rules) }
        let status = DeviceStatus(
            name: device.name, driver: (device.driver ?? accepted)?.name ?? "",
            title: (device.driver ?? accepted)?.title ?? device.title ?? "",
            kind: ((device.driver ?? accepted)?.kind ?? .reader).rawValue, port: device.address.description,
            zone: device.rules.zone,
            state: "starting", since: Clocks.wall)
        journal = DeviceJournal(
            status: status, rules: device.rules, outbox: surroundings.outbox, feed: surroundings.feed, logger: logger,
            presence: surroundings.presence,
            // Counts on across restarts: the boot counter grows with each of them.
            revisionBase: Int64(clamping: surroundings.boot.counter) << 32,
            urgent: surroundings.urgent, changed: surroundings.changed, finder: surroundings.finder
        ) { settlement in
            switch settlement {
            case .saved(let count) where beeps: mailbox.change { $0.append(.accepted(count)) }
            case .saved: return
            case .refused(let tags): mailbox.change { $0.append(.refused(tags)) }
            }
            wake.signal()
        }
    }

    var now: DeviceStatus { journal.now }

    /// False: another one has its place, and nothing is taken any more.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let isTaken = isOver.with { isOver -> Bool in
            if !isOver { mailbox.change { $0.append(message) } }
            return !isOver
        }
        if isTaken { wake.signal() }
        return isTaken
    }

    /// Runs until `.stop`. `recalled` are commands whose end a former run did not see.
    func run(boot: Boot, recalled: [Command]) {
        var settings: SessionSettings
        do { settings = try device.resolvedSettings() } catch {
            journal.set(state: "failed", reason: "\(error)")
            let reason = "\(device.name) cannot be used: \(error)"
            for command in recalled { lose(command, reason) }
            waitForStop { fail($0, reason) }
            return
        }
        if device.isTelephone, let memory {
            if memory.isThere { settings.run = Int(clamping: boot.counter) }
            settings.past = journal.recall(memory, at: Clocks.now)
        }
        var loop = Loop(
            stage: (device.driver ?? accepted).map { .talking($0, $0.session(settings)) }
                ?? .recognising(Claims(hint: hint)), settings: settings, nextOpen: Clocks.now,
            reopening: Reopening(
                isTelephone: device.isTelephone, seed: boot.random ^ UInt64(device.name.utf8.count)))
        recall(recalled, &loop)
        while !loop.stopping { turn(&loop) }
        if loop.port != nil {
            react(to: .closing, &loop)
            flush(&loop)
            linger(&loop)
        }
        journal.closeMemory()
    }

    /// What was sent last wants an answer, without which some readers keep the connection for theirs.
    private func linger(_ loop: inout Loop) {
        while let until = loop.lingers, loop.port != nil {
            let left = (until - Clocks.now).nanoseconds
            guard left > 0 else { return }
            let events = Int16(POLLIN) | (loop.outgoing.isEmpty ? 0 : Int16(POLLOUT))
            let ready = waitFor(
                [(loop.port?.descriptor ?? -1, events)], milliseconds: Int32(clamping: (left + 999_999) / 1_000_000))
            if ready[0] != 0 { exchange(&loop) }
        }
    }

    enum Stage {
        case recognising(Claims)
        case talking(Driver, any Session)
    }

    struct Loop {
        var stage: Stage
        var settings: SessionSettings
        var port: (any Port)?
        /// Where the next connection will come in, while one is served.
        var listener: ListenerPort?
        var baud: Int?
        var outgoing: [UInt8] = []
        var deadline: Instant?
        var nextOpen: Instant
        var reopening: Reopening
        var stopping = false
        /// Commands of a former run or section, and until when the exchange may say what became of them.
        var doubtful: (ids: Set<String>, until: Instant)?
        /// Until when the port stays open for an answer to our goodbye.
        var lingers: Instant?
    }

    private func turn(_ loop: inout Loop) {
        let now = Clocks.now
        if loop.port == nil, now >= loop.nextOpen { open(&loop) }
        let due = [
            loop.deadline, journal.presenceDeadline, journal.exchangeDeadline, loop.port == nil ? loop.nextOpen : nil,
            loop.doubtful?.until,
        ]
        .compactMap(\.self).min()
        let wait = due.map { Int32(clamping: max(0, ($0 - Clocks.now).nanoseconds + 999_999) / 1_000_000) } ?? -1
        let events = Int16(POLLIN) | (loop.outgoing.isEmpty ? 0 : Int16(POLLOUT))
        let ready = waitFor(
            [(wake.descriptor, Int16(POLLIN)), (loop.port?.descriptor ?? -1, events)], milliseconds: wait)
        if ready[0] != 0 { receive(&loop) }
        if ready[1] != 0, loop.port != nil { exchange(&loop) }
        let after = Clocks.now
        if let deadline = loop.deadline, after >= deadline {
            loop.deadline = nil
            react(to: .tick, &loop)
        }
        doubt(&loop, at: after)
        journal.expire(at: after)
        journal.tend(at: after)
    }

    // MARK: port

    private func open(_ loop: inout Loop) {
        do {
            let line = loop.driver?.line ?? .serial(baud: 9600)
            // A serial line where the family usually speaks TCP (call records): at the commonest speed.
            let usual: Int = if case .serial(let baud) = line { baud } else { 9600 }
            loop.port = try device.place().open(
                line: line, baud: loop.baud ?? device.baud ?? usual, framing: device.framing, trust: device.trust)
            loop.outgoing = []
            if loop.port is ListenerPort {
                journal.set(state: "missing", reason: "waiting for the device to connect to \(device.address)")
            } else {
                begin(&loop)
            }
        } catch {
            journal.set(state: error.state, reason: error.text)
            loop.nextOpen = Clocks.now + loop.reopening.refused()
        }
    }

    func begin(_ loop: inout Loop) {
        let isKnown = loop.driver != nil
        loop.reopening.opened(at: Clocks.now)
        // Whoever is there now says anew what it is.
        journal.change { $0.identity = [:] }
        journal.set(state: isKnown ? "starting" : "recognising", reason: nil)
        journal.mark("open")
        if let description = loop.port?.reportDescriptor {
            journal.raw("descriptor", description)
            react(to: .descriptor(description), &loop)
        }
        react(to: .opened, &loop)
    }

    private func exchange(_ loop: inout Loop) {
        guard let port = loop.port else { return }
        if let listener = port as? ListenerPort {
            guard let connected = listener.accept() else { return }
            (loop.listener, loop.port) = (listener, connected)
            return begin(&loop)
        }
        do {
            let bytes = try port.read()
            if !bytes.isEmpty {
                journal.raw("from", bytes)
                react(to: .bytes(bytes), &loop)
            }
        } catch {
            close(&loop, state: error.state, reason: error.text)
            return
        }
        flush(&loop)
    }

    func flush(_ loop: inout Loop) {
        guard let port = loop.port, !loop.outgoing.isEmpty else { return }
        do {
            let count = try port.write(loop.outgoing[...])
            journal.raw("to", loop.outgoing.prefix(count))
            loop.outgoing.removeFirst(count)
        } catch {
            close(&loop, state: error.state, reason: error.text)
        }
    }

    func close(
        _ loop: inout Loop, state: String, reason: String?, code: String? = nil, after pause: Duration? = nil
    ) {
        journal.mark("close")
        let usual = loop.reopening.lost(at: Clocks.now)
        let overruns = loop.port?.overruns ?? 0
        loop.port = loop.listener
        loop.listener = nil
        loop.outgoing = []
        // Why it was sent away stays to be read until the next one connects.
        if loop.port is ListenerPort, state != "failing" {
            journal.set(state: "missing", reason: "waiting for the device to connect to \(device.address)")
        } else {
            journal.set(state: state, reason: reason, code: code)
        }
        journal.change {
            $0.restarts += 1
            $0.overruns += overruns
        }
        loop.nextOpen = Clocks.now + (pause ?? usual)
        react(to: .closed, &loop)
        // What was recognised on this line may have been exchanged for something else meanwhile.
        if device.driver == nil, loop.driver?.recognise != nil, state == "gone" || state == "failing" {
            loop.stage = .recognising(Claims(hint: known(loop)))
        }
    }

    private func known(_ loop: Loop) -> Claims.Hint {
        var hint = hint
        if case .talking(let driver, _) = loop.stage, let baud = loop.baud { hint.remembered = (driver.name, baud) }
        return hint
    }
}

extension DevicePump.Loop {
    var driver: Driver? {
        if case .talking(let driver, _) = stage { driver } else { nil }
    }
}
