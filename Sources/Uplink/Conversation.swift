public import Model

/// One agent's side of what it and the centre say to each other: when to greet, what to send next, what an answer means,
/// when to tell how it is. A value: no socket, no disk, no clock; what it needs of them it asks of its shell.
///
/// Frames go by the bulk connection as `Delivery` decides, calls and greetings by the urgent one as `UrgentLane` decides, and
/// nothing goes anywhere before an instance of the centre is known to live (docs/explanation/delivery.md).
public struct Conversation: Sendable {
    /// What happened on the connections.
    public enum Event: Sendable {
        case up(Lane)
        case down(Lane)
        /// An instance of the centre came or went.
        case presence(instance: String, lives: Bool)
        case ack(Ack)
        case command(Command)
        case configuration(JSON)
        /// The broker took a message and had nobody to give it to.
        case unheard
    }

    public enum Message: Sendable {
        case hello(Hello)
        /// Encoded, as it travels.
        case frame([UInt8])
        /// With the seconds it may still live, and the epoch that names it.
        case urgent(UrgentLane.Message, ttl: UInt32, epoch: UInt64)
    }

    public enum Step: Sendable {
        /// The urgent connection has come up: acks, commands, configuration and presence are wanted.
        case subscribe
        /// Everything up to here is the centre's; so many of this epoch it could not apply.
        case forget(upTo: UInt64, refused: UInt64)
        /// Opens a new epoch in the buffer, and comes back when it is there or cannot be.
        case reissue(leaving: UInt64, reason: String)
        /// Frames flow again, from this number.
        case delivering(from: UInt64)
        /// Void after `until`.
        case obey(Command, until: Instant)
        case configure(JSON)
        /// Tells the centre how this agent is.
        case status
        /// Somebody else lives with this buffer: both connections are closed and stay so.
        case part(reason: String)
    }

    public static let heartbeat: Duration = .seconds(30)
    /// Between two statuses at least: a busy dock must not fill a thin line with them.
    public static let statusPause: Duration = .seconds(2)
    public static let greetingPause: Duration = .seconds(5)
    /// Frames sent in one go at most, so that the urgent lane is looked at in between.
    public static let burst = 16

    public private(set) var delivery: Delivery
    public private(set) var lane: UrgentLane
    /// Instances of the centre that live.
    public private(set) var centres: Set<String> = []
    /// Nothing more is said to the broker.
    public private(set) var isStopped = false
    /// Frames are left that could be sent at once.
    public private(set) var hasMore = false
    private var urgentUp = false
    private var bulkUp = false
    private var nextStatus = Instant.zero
    private var statusAllowed = Instant.zero
    private var statusDue = true
    /// Our clock less the one that nobody sets, in milliseconds: it changes when the clock is set.
    private var clockOrigin: Int64?
    /// Statuses that still tell the centre of that.
    private var clockStatuses = 0
    /// What the centre was last told; a change is worth telling before the next heartbeat.
    private var toldAccount = Account()
    /// When to greet at the latest while everything is up and nothing is delivered.
    private var nextGreeting = Instant.zero
    /// The centre's clock less ours, in milliseconds, as its last ack showed it.
    public private(set) var clockOffset: Int64?
    /// When our clock was last set by more than 5 s, and by how much; Unix milliseconds.
    public private(set) var clockJump: (at: Int64, by: Int64)?
    private let nonce: UInt64
    private let boot: Boot

    /// `buffer` as the run found it; `nonce` tells this run from a copy of it.
    public init(buffer: Outbox.Status, nonce: UInt64) {
        self.nonce = nonce
        boot = buffer.boot
        delivery = Delivery(
            epoch: buffer.epoch, nonce: nonce, frontier: buffer.forgotten, highest: buffer.next &- 1,
            pendingBytes: Conversation.bytes(buffer.account.pending))
        // Urgent messages are not kept over a restart; numbers must not be used twice all the same.
        lane = UrgentLane(next: buffer.boot.counter << 32 | 1)
    }

    /// A message can be given to somebody.
    public var isHeard: Bool { urgentUp && !centres.isEmpty }

    /// When `turn` has something to do at the latest.
    public var deadline: Instant? {
        guard !isStopped else { return nil }
        return [
            delivery.deadline, isHeard ? lane.deadline : lane.expiry, nextStatus,
            statusDue && urgentUp ? statusAllowed : nil,
            delivery.isDown && bulkUp && isHeard ? nextGreeting : nil,
        ].compactMap(\.self).min()
    }

    // MARK: what happened

    /// A call's state, a command's progress. Who is stopped has nobody to tell: the journal keeps the calls.
    public mutating func post(
        _ subject: UrgentLane.Subject, type: String, data: JSON, life: Duration, at now: Instant
    ) {
        guard !isStopped else { return }
        lane.post(subject, type: type, data: data, life: life, at: now)
    }

    /// Something is worth telling the centre before the next heartbeat.
    public mutating func statusChanged() { statusDue = true }

    public mutating func take(_ event: Event, _ shell: inout some UplinkShell) {
        guard !isStopped else { return }
        switch event {
        case .up(let lane):
            if lane == .urgent {
                urgentUp = true
                shell.perform(.subscribe)
                statusDue = true
                statusAllowed = shell.now
            } else {
                bulkUp = true
            }
            greet(&shell)
        case .down(let lane):
            if lane == .urgent {
                urgentUp = false
                centres = []
                self.lane.disconnected()
            } else {
                bulkUp = false
            }
            delivery.disconnected()
        case .presence(let instance, let lives):
            let isNew = lives ? centres.insert(instance).inserted : false
            if !lives { centres.remove(instance) }
            if centres.isEmpty { delivery.disconnected() }
            if lives, isNew || !delivery.isOpen { greet(&shell) }
        case .ack(let ack):
            // The centre's clock is believed of an ack about this very journal; `Ack` has seen to its range.
            if ack.time > 0, ack.epoch == delivery.epoch { clockOffset = ack.time &- shell.wall }
            if ack.lane == .urgent { lane.acknowledged(ack) } else { acknowledge(ack, &shell) }
        case .command(let command): shell.perform(.obey(command, until: end(of: command, shell)))
        case .configuration(let json):
            shell.perform(.configure(json))
            statusDue = true
        case .unheard:
            // Wait until the centre is there again.
            if delivery.isOpen { delivery.disconnected() }
        }
    }

    // MARK: a turn

    /// Looks at the buffer and the clock and sends what is due. Call it after every event, when the buffer has grown, and at
    /// `deadline` at the latest; again at once while `hasMore`.
    public mutating func turn(_ shell: inout some UplinkShell) {
        guard !isStopped else { return }
        let now = shell.now
        grew(shell.buffer)
        noticeClock(shell)
        if shell.buffer.account != toldAccount { statusDue = true }
        perform(delivery.tick(at: now), &shell)
        if delivery.isDown, now >= nextGreeting { greet(&shell) }
        lane.expire(at: now)
        sendUrgent(&shell)
        sendFrames(&shell)
        guard !isStopped, now >= nextStatus || statusDue && now >= statusAllowed else { return }
        nextStatus = now + Conversation.heartbeat
        statusAllowed = now + Conversation.statusPause
        clockStatuses = max(0, clockStatuses - 1)
        statusDue = clockStatuses > 0
        toldAccount = shell.buffer.account
        if urgentUp { shell.perform(.status) }
    }

    /// The clock was set: the centre, which corrects our times by what it knows of our clock, hears of it at once. Twice: one
    /// status alone could be a message that waited on the road.
    private mutating func noticeClock(_ shell: some UplinkShell) {
        let origin = shell.wall &- shell.now.milliseconds
        if let was = clockOrigin, (origin &- was).magnitude > 5000 {
            (clockStatuses, statusDue) = (2, true)
            clockJump = (shell.wall, origin &- was)
        }
        clockOrigin = origin
    }

    private mutating func grew(_ buffer: Outbox.Status) {
        guard buffer.epoch == delivery.epoch, buffer.next > 0, buffer.next - 1 > delivery.highest else { return }
        let rows = buffer.next - 1 - delivery.highest
        delivery.appended(upTo: buffer.next - 1, bytes: Conversation.bytes(rows))
    }

    /// About what so many rows take; only whole-frame decisions hang on it.
    private static func bytes(_ rows: UInt64) -> Int {
        Int(clamping: rows.multipliedReportingOverflow(by: 40).partialValue)
    }

    private mutating func greet(_ shell: inout some UplinkShell) {
        nextGreeting = shell.now + Conversation.greetingPause
        guard bulkUp, isHeard else { return }
        grew(shell.buffer)
        perform(delivery.connected(at: shell.now), &shell)
    }

    private mutating func acknowledge(_ ack: Ack, _ shell: inout some UplinkShell) {
        let wasOpen = delivery.isOpen
        if ack.hello != nil { shell.refresh() }
        let wrote = ack.boot.map { shell.wrote($0, seq: ack.tip ?? ack.cumulative) } ?? true
        perform(delivery.acknowledged(ack, wroteTip: wrote, at: shell.now), &shell)
        if !wasOpen, delivery.isOpen { shell.perform(.delivering(from: delivery.frontier + 1)) }
    }

    private mutating func perform(_ steps: [Delivery.Step], _ shell: inout some UplinkShell) {
        for step in steps {
            switch step {
            case .hello:
                let extent = Hello.Extent(
                    lowest: delivery.frontier + 1, highest: max(delivery.highest, delivery.frontier))
                _ = shell.publish(
                    .hello(
                        Hello(
                            epoch: delivery.epoch, boot: boot, nonce: nonce, bulk: extent, urgent: lane.extent,
                            clock: shell.wall)))
            case .forget(let last, let refused): shell.perform(.forget(upTo: last, refused: refused))
            case .reissue(let reason):
                shell.perform(.reissue(leaving: delivery.epoch, reason: reason))
                let buffer = shell.buffer
                // A disk that refuses the new epoch is tried again with the next greeting.
                guard buffer.epoch != delivery.epoch else { continue }
                shell.refresh()
                let restarted = delivery.restarted(
                    epoch: buffer.epoch, highest: buffer.next &- 1,
                    pendingBytes: Conversation.bytes(buffer.account.pending), at: shell.now)
                perform(restarted, &shell)
            case .stop(let reason):
                // The other machine has this one's name at the broker: the two would throw each other out for ever.
                isStopped = true
                (urgentUp, bulkUp, hasMore) = (false, false, false)
                shell.perform(.part(reason: reason))
            }
        }
    }

    private mutating func sendUrgent(_ shell: inout some UplinkShell) {
        guard isHeard else { return }
        for (message, ttl) in lane.due(at: shell.now) {
            guard shell.publish(.urgent(message, ttl: ttl, epoch: delivery.epoch)) else { break }
            lane.sent(message.seq, at: shell.now)
        }
    }

    private mutating func sendFrames(_ shell: inout some UplinkShell) {
        hasMore = false
        for _ in 0..<Conversation.burst {
            guard bulkUp, case .frame(let first, let count)? = delivery.ready(at: shell.now) else { return }
            // Not visible to this connection yet: the next commit or tick asks again.
            guard let frame = shell.frame(epoch: delivery.epoch, from: first, count: count) else { return }
            let bytes = frame.encoded
            guard shell.publish(.frame(bytes)) else { return }
            delivery.sent(
                first: frame.first, last: frame.last, rows: frame.count * 40, bytes: bytes.count, at: shell.now)
            if shell.isPressed { break }
        }
        hasMore = true
    }

    /// By the centre's clock: whoever clicked may have clicked again.
    private func end(of command: Command, _ shell: some UplinkShell) -> Instant {
        let clock = shell.wall &+ (clockOffset ?? 0)
        let life = Int64(command.ttl) * 1000
        return shell.now + .milliseconds(min(life, command.issued &+ life &- clock))
    }
}
