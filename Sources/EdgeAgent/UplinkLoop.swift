import Broker
import Glibc
import Logging
import Model
import Platform
import Uplink

/// The loop that owns both connections to the broker: bulk frames as `Delivery` decides, urgent messages, commands.
final class UplinkLoop: Sendable {
    private struct Inbox {
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

    private let configuration: AgentConfiguration
    private let outbox: Outbox
    private let logger: Logger
    private let inbox = Locked(Inbox())
    private let wake = Wakeup()
    private let status: Locked<Status>
    private let beaten: @Sendable (UInt64) -> Void
    private let commanded: @Sendable (Command, Instant) -> Void
    private let configured: @Sendable (JSON) -> Void
    private let describe: @Sendable (Status) -> JSON

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

    private final class State {
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
    private static func bytes(_ rows: UInt64) -> Int { Int(clamping: rows) &* 40 }

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

    private func changeStatus(_ state: State, _ change: (inout Status) -> Void) {
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

    private func greet(_ state: State, _ now: Instant) {
        state.nextGreeting = now + UplinkLoop.greetingPause
        guard state.urgentLink.isUp, state.bulkLink.isUp, !state.centres.isEmpty else { return }
        grew(state)
        perform(state.delivery.connected(at: now), state, now)
    }

    private func receive(_ topic: String, _ payload: [UInt8], _ state: State, _ now: Instant) {
        if topic.hasPrefix("\(Topic.presence)/") {
            let instance = String(topic.dropFirst(Topic.presence.count + 1))
            let lives = (try? JSON(parsing: payload))?["online"]?.truth ?? false
            let had = state.centres.contains(instance)
            if lives { state.centres.insert(instance) } else { state.centres.remove(instance) }
            if state.centres.isEmpty { state.delivery.disconnected() }
            if lives, !had || !state.delivery.isOpen { greet(state, now) }
            changeStatus(state) { _ in }
            return
        }
        guard let parsed = Topic(parsing: topic), parsed.agent == configuration.agent,
            let json = try? JSON(parsing: payload)
        else { return }
        switch parsed.leaf {
        case .ack:
            guard let ack = Ack(json: json) else { return }
            // The centre's clock is believed of an ack about this very journal; `Ack` has seen to its range.
            if ack.time > 0, ack.epoch == state.delivery.epoch { state.clockOffset = ack.time &- Clocks.wall }
            if ack.lane == .urgent { state.lane.acknowledged(ack) } else { acknowledge(ack, state, now) }
            changeStatus(state) { _ in }
        case .command: obey(json, state, now)
        case .configuration:
            configured(json)
            state.statusDue = true
        default: break
        }
    }

    private func acknowledge(_ ack: Ack, _ state: State, _ now: Instant) {
        let wasOpen = state.delivery.isOpen
        if ack.hello != nil { try? state.builder.refresh() }
        let wrote = ack.boot.map { state.builder.wrote($0, seq: ack.tip ?? ack.cumulative) } ?? true
        perform(state.delivery.acknowledged(ack, wroteTip: wrote, at: now), state, now)
        status.with { $0.lastAck = Clocks.wall }
        if !wasOpen, state.delivery.isOpen {
            logger.info("delivering", metadata: ["from": "\(state.delivery.frontier + 1)"])
        }
    }

    private func perform(_ steps: [Delivery.Step], _ state: State, _ now: Instant) {
        for step in steps {
            switch step {
            case .hello: sayHello(state)
            case .forget(let last, let refused): outbox.forget(upTo: last, refused: refused)
            case .reissue(let reason):
                logger.error("new epoch", metadata: ["reason": "\(reason)"])
                changeStatus(state) { $0.alarm = reason }
                reissue(state, now)
            case .stop(let reason):
                logger.critical("delivery stopped", metadata: ["reason": "\(reason)"])
                // The other machine has this one's name at the broker: the two would throw each other out for ever.
                state.isStopped = true
                state.urgentLink.disconnect()
                state.bulkLink.disconnect()
                changeStatus(state) {
                    $0.alarm = reason
                    $0.reason = reason
                }
            }
        }
    }

    private func reissue(_ state: State, _ now: Instant) {
        let done = Locked(false)
        outbox.reissue(leaving: state.delivery.epoch) { done.change { $0 = true } }
        _ = done.wait(timeout: 10_000) { $0 ? true : nil }
        let current = outbox.now
        // A disk that refuses the new epoch is tried again with the next greeting.
        guard current.epoch != state.delivery.epoch else { return }
        try? state.builder.refresh()
        perform(
            state.delivery.restarted(
                epoch: current.epoch, highest: current.next - 1,
                pendingBytes: UplinkLoop.bytes(current.account.pending), at: now),
            state, now)
    }

    private func sayHello(_ state: State) {
        let hello = Hello(
            epoch: state.delivery.epoch, boot: state.boot, nonce: state.nonce,
            bulk: .init(
                lowest: state.delivery.frontier + 1, highest: max(state.delivery.highest, state.delivery.frontier)),
            urgent: state.lane.extent, clock: Clocks.wall)
        state.urgentLink.publish(Topic(.hello, of: configuration.agent).name, hello.json.text8, expiry: 10)
    }

    private func send(_ state: State, _ now: Instant) {
        if state.urgentLink.isUp, !state.centres.isEmpty {
            for (message, ttl) in state.lane.due(at: now) {
                let event = cloudEvent(message, epoch: state.delivery.epoch)
                guard
                    state.urgentLink.publish(Topic(.urgent, of: configuration.agent).name, event.text8, expiry: ttl)
                        != nil
                else { break }
                state.lane.sent(message.seq, at: now)
            }
        }
        // A bounded burst, so that the urgent lane is looked at in between; a frame takes a millisecond to make.
        state.hasMore = false
        for _ in 0..<UplinkLoop.burst {
            guard !inbox.with({ !$0.urgent.isEmpty }) else {
                state.hasMore = true
                break
            }
            guard state.bulkLink.isUp, case .frame(let first, let count)? = state.delivery.ready(at: now) else { break }
            guard let frame = try? state.builder.frame(epoch: state.delivery.epoch, from: first, count: count) else {
                break  // not visible to this connection yet; the next commit or tick asks again
            }
            let bytes = frame.encoded
            guard state.bulkLink.publish(Topic(.bulk, of: configuration.agent).name, bytes) != nil else { break }
            state.delivery.sent(
                first: frame.first, last: frame.last, rows: frame.count * 40, bytes: bytes.count, at: now)
            status.with {
                $0.framesSent += 1
                $0.bytesSent += UInt64(bytes.count)
            }
            if Clocks.now - now > UplinkLoop.burstTime {
                state.hasMore = true
                break
            }
        }
        changeStatus(state) { _ in }
    }

    private func cloudEvent(_ message: UrgentLane.Message, epoch: UInt64) -> JSON {
        .object([
            ("specversion", "1.0"),
            ("id", .string("\(configuration.agent)/\(Hex.word(epoch))/c/\(message.seq)")),
            ("source", .string("quai/\(configuration.agent)")), ("type", .string(message.type)),
            ("time", .string(rfc3339(Clocks.wall))), ("data", message.data),
        ])
    }

    private func obey(_ json: JSON, _ state: State, _ now: Instant) {
        guard let command = Command(json: json) else {
            logger.warning("command refused", metadata: ["reason": "not a command of this version"])
            return
        }
        // Void when its time has run out by the centre's clock: whoever clicked may have clicked again.
        let clock = Clocks.wall &+ (state.clockOffset ?? 0)
        let life = Int64(command.ttl) * 1000
        let left = min(life, command.issued &+ life &- clock)
        let until = now + .milliseconds(left)
        outbox.begin(command) { [weak self, commanded] begun in
            let answer: CommandProgress
            switch begun {
            case .first: return commanded(command, until)
            case .before(let progress): answer = progress
            case .refused(let error): answer = CommandProgress(id: command.id, state: .failed, cause: error.text)
            }
            self?.post(.command(command.id), type: "quai.command", data: answer.json, life: .seconds(60))
        }
    }

    private func publishStatus(_ state: State, _ now: Instant) {
        state.nextStatus = now + UplinkLoop.heartbeat
        state.statusAllowed = now + UplinkLoop.statusPause
        state.toldAccount = outbox.now.account
        state.statusDue = false
        let oldest = try? state.builder.oldest()
        changeStatus(state) { $0.oldest = oldest ?? nil }
        guard state.urgentLink.isUp else { return }
        state.urgentLink.publish(
            Topic(.status, of: configuration.agent).name, describe(self.now).text8, retain: true)
    }
}
