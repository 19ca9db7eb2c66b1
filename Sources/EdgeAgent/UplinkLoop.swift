import Broker
import Glibc
import Logging
import Model
import Platform
import Uplink

/// The loop that owns both connections to the broker: bulk frames as `Delivery` decides, urgent messages, commands.
final class UplinkLoop: Sendable {
    struct Inbox {
        var urgent: [(UrgentLane.Subject, String, JSON, Duration)] = []
        var beats: [UInt64] = []
        var grown = false
        var statusDue = false
        var restarted = false
        var stopping = false
    }

    struct Status: Sendable {
        var urgentUp = false
        var bulkUp = false
        /// Instances of the centre that live.
        var centres = 0
        var open = false
        var reason: String?
        var alarm: String?
        var lastAck: Int64?
        var urgentWaiting = 0
        var urgentExpired: UInt64 = 0
        var framesSent: UInt64 = 0
        var bytesSent: UInt64 = 0
        var oldest: Int64?
        var since: Int64

        var json: JSON {
            .object([
                ("connected", .bool(urgentUp && bulkUp)), ("centre", .bool(centres > 0)), ("delivering", .bool(open)),
                ("reason", reason.map(JSON.string)), ("alarm", alarm.map(JSON.string)),
                ("lastAck", lastAck.map(JSON.int)),
                ("urgentWaiting", .int(Int64(urgentWaiting))), ("frames", .int(Int64(clamping: framesSent))),
                ("bytes", .int(Int64(clamping: bytesSent))), ("since", .int(since)),
            ])
        }
    }

    let configuration: AgentConfiguration
    let outbox: Outbox
    let logger: Logger
    let inbox = Locked(Inbox())
    private let wake = Wakeup()
    let status: Locked<Status>
    private let beaten: @Sendable (UInt64) -> Void
    let commanded: @Sendable (Command, Instant) -> Void
    let configured: @Sendable (JSON) -> Void
    let describe: @Sendable (Status) -> JSON

    static let heartbeat: Duration = .seconds(30)
    /// Between two statuses at least: a busy dock must not fill a thin line with them.
    static let statusPause: Duration = .seconds(2)
    static let greetingPause: Duration = .seconds(5)

    /// Frames sent in one go, and for how long.
    static let burst = 16
    static let burstTime: Duration = .milliseconds(2)

    init(
        configuration: AgentConfiguration, outbox: Outbox, logger: Logger, beaten: @escaping @Sendable (UInt64) -> Void,
        commanded: @escaping @Sendable (Command, Instant) -> Void, configured: @escaping @Sendable (JSON) -> Void,
        describe: @escaping @Sendable (Status) -> JSON
    ) {
        self.configuration = configuration
        self.outbox = outbox
        self.logger = logger
        self.beaten = beaten
        self.commanded = commanded
        self.configured = configured
        self.describe = describe
        status = Locked(Status(since: Clocks.wall))
    }

    var now: Status { status.with { $0 } }

    // MARK: from other threads

    func post(_ subject: UrgentLane.Subject, type: String, data: JSON, life: Duration) {
        inbox.change { $0.urgent.append((subject, type, data, life)) }
        wake.signal()
    }

    func beat(_ number: UInt64) {
        inbox.change { $0.beats.append(number) }
        wake.signal()
    }

    func grown() {
        inbox.change { $0.grown = true }
        wake.signal()
    }

    /// Something worth telling the centre before the next heartbeat.
    func statusChanged() {
        inbox.change { $0.statusDue = true }
        wake.signal()
    }

    func stop() {
        inbox.change { $0.stopping = true }
        wake.signal()
    }

    // MARK: the loop

    final class State {
        let urgentLink: BrokerLink
        let bulkLink: BrokerLink
        var builder: FrameBuilder
        var delivery: Delivery
        var lane: UrgentLane
        var centres: Set<String> = []
        /// Somebody else lives with this buffer: nothing more is said to the broker.
        var isStopped = false
        /// Frames are left that could be sent at once.
        var hasMore = false
        var nextStatus = Instant.zero
        var statusAllowed = Instant.zero
        var statusDue = true
        /// What the centre was last told; a change is worth telling before the next heartbeat.
        var toldAccount = Account()
        /// When to greet at the latest while everything is up and nothing is delivered.
        var nextGreeting = Instant.zero
        /// The centre's clock less ours, in milliseconds, as its last ack showed it.
        var clockOffset: Int64?
        let nonce: UInt64
        let boot: Boot

        init(
            urgentLink: BrokerLink, bulkLink: BrokerLink, builder: FrameBuilder, delivery: Delivery, lane: UrgentLane,
            nonce: UInt64, boot: Boot
        ) {
            self.urgentLink = urgentLink
            self.bulkLink = bulkLink
            self.builder = builder
            self.delivery = delivery
            self.lane = lane
            self.nonce = nonce
            self.boot = boot
        }
    }

    /// Runs until `stop()`. Throws only when the outbox's file cannot be read at the start.
    func run(options: BrokerOptions, bulkOptions: BrokerOptions) throws {
        let now = Clocks.now
        var random = SystemRandomNumberGenerator()
        let builder = try FrameBuilder(path: outbox.path)
        try builder.refresh()
        let start = outbox.now
        let nonce: UInt64 = random.next()
        let state = State(
            urgentLink: BrokerLink(options: options, now: now, seed: random.next()),
            bulkLink: BrokerLink(options: bulkOptions, now: now, seed: random.next()), builder: builder,
            delivery: Delivery(
                epoch: start.epoch, nonce: nonce, frontier: start.forgotten, highest: start.next - 1,
                pendingBytes: UplinkLoop.bytes(start.account.pending)),
            // Urgent messages are not kept over a restart; numbers must not be used twice all the same.
            lane: UrgentLane(next: start.boot.counter << 32 | 1), nonce: nonce, boot: start.boot)
        while turn(state) {}
        // A clean goodbye discards the will: say it ourselves.
        if let will = options.will { state.urgentLink.publish(will.topic, will.payload, retain: true) }
        state.urgentLink.disconnect()
        state.bulkLink.disconnect()
    }

    private func turn(_ state: State) -> Bool {
        let now = Clocks.now
        let nothing: (descriptor: Int32, events: Int16, deadline: Instant) = (-1, 0, now + .seconds(1))
        let urgent = state.isStopped ? nothing : state.urgentLink.interest(now: now)
        let bulk = state.isStopped ? nothing : state.bulkLink.interest(now: now)
        let due =
            state.isStopped
            ? nothing.deadline
            : [
                urgent.deadline, bulk.deadline, state.delivery.deadline,
                state.urgentLink.isUp && !state.centres.isEmpty ? state.lane.deadline : state.lane.expiry,
                state.nextStatus, state.statusDue && state.urgentLink.isUp ? state.statusAllowed : nil,
            ].compactMap(\.self).min()!
        let wait =
            state.hasMore && !state.isStopped
            ? 0 : Int32(clamping: max(0, (due - now).nanoseconds + 999_999) / 1_000_000)
        let ready = waitFor(
            [(wake.descriptor, Int16(POLLIN)), (urgent.descriptor, urgent.events), (bulk.descriptor, bulk.events)],
            milliseconds: min(wait, 1000))
        if ready[0] != 0 { wake.drain() }
        let after = Clocks.now
        let mail = inbox.with { box in
            let mail = box
            box = Inbox(stopping: mail.stopping)
            return mail
        }
        // Who is stopped has nobody to tell: the journal keeps the calls.
        for (subject, type, data, life) in mail.urgent where !state.isStopped {
            state.lane.post(subject, type: type, data: data, life: life, at: after)
        }
        if mail.grown || mail.statusDue { grew(state) }
        if mail.statusDue || outbox.now.account != state.toldAccount { state.statusDue = true }
        guard !state.isStopped else {
            for number in mail.beats { beaten(number) }
            return !mail.stopping
        }
        for event in state.urgentLink.advance(ready[1], now: after) { handle(event, isBulk: false, state, after) }
        for event in state.bulkLink.advance(ready[2], now: after) { handle(event, isBulk: true, state, after) }
        perform(state.delivery.tick(at: after), state, after)
        if state.delivery.isDown, after >= state.nextGreeting { greet(state, after) }
        state.lane.expire(at: after)
        send(state, after)
        if after >= state.nextStatus || state.statusDue && after >= state.statusAllowed {
            publishStatus(state, after)
        }
        for number in mail.beats { beaten(number) }
        return !mail.stopping
    }

    private func grew(_ state: State) {
        let current = outbox.now
        guard current.epoch == state.delivery.epoch, current.next > 0, current.next - 1 > state.delivery.highest else {
            return
        }
        state.delivery.appended(
            upTo: current.next - 1, bytes: UplinkLoop.bytes(current.next - 1 - state.delivery.highest))
    }

    /// About what so many rows take; only whole-frame decisions hang on it.
    static func bytes(_ rows: UInt64) -> Int { Int(clamping: rows) &* 40 }

    private func handle(_ event: BrokerEvent, isBulk: Bool, _ state: State, _ now: Instant) {
        switch event {
        case .up:
            if !isBulk {
                state.urgentLink.subscribe([
                    Topic(.ack, of: configuration.agent).name, Topic(.command, of: configuration.agent).name,
                    Topic(.configuration, of: configuration.agent).name, "\(Topic.presence)/+",
                ])
                state.statusDue = true
                state.statusAllowed = now
            }
            logger.info("broker connected", metadata: ["lane": "\(isBulk ? "bulk" : "urgent")"])
            changeStatus(state) { $0.reason = nil }
            greet(state, now)
        case .down(let reason, let refused):
            // Said once when it begins, not at every try.
            let isNews = status.with { (isBulk ? $0.bulkUp : $0.urgentUp) || $0.reason == nil }
            if !isBulk {
                state.centres = []
                state.lane.disconnected()
            }
            state.delivery.disconnected()
            changeStatus(state) { $0.reason = reason }
            if isNews || refused { logger.warning("broker unavailable", metadata: ["reason": "\(reason)"]) }
        case .message(let topic, let payload): receive(topic, payload, state, now)
        case .published(_, let reason) where reason == 16:
            // Taken by the broker and given to nobody: wait until the centre is there again.
            if state.delivery.isOpen { state.delivery.disconnected() }
        case .published: break
        }
    }

    func changeStatus(_ state: State, _ change: (inout Status) -> Void) {
        status.with {
            $0.urgentUp = state.urgentLink.isUp
            $0.bulkUp = state.bulkLink.isUp
            $0.centres = state.centres.count
            if $0.open != state.delivery.isOpen { $0.since = Clocks.wall }
            $0.open = state.delivery.isOpen
            $0.urgentWaiting = state.lane.messages.count
            $0.urgentExpired = state.lane.expired
            change(&$0)
        }
    }

    func greet(_ state: State, _ now: Instant) {
        state.nextGreeting = now + UplinkLoop.greetingPause
        guard state.urgentLink.isUp, state.bulkLink.isUp, !state.centres.isEmpty else { return }
        grew(state)
        perform(state.delivery.connected(at: now), state, now)
    }

}
