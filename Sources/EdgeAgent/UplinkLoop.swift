import Broker
import Glibc
import Logging
import Model
import Platform
import Uplink

/// The thread that owns both connections to the broker: it waits, hands `Conversation` what happened, and does what that
/// asks. What is sent when is the conversation's.
final class UplinkLoop: Sendable {
    struct Inbox {
        var urgent: [(UrgentLane.Subject, String, JSON, Duration)] = []
        var beats: [UInt64] = []
        var statusDue = false
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
        /// Some instance of the centre has said, or had said for it, how it is.
        var isPresenceKnown = false
        var centreVersion: String?
        var clockOffset: Int64?
        var clockJump: (at: Int64, by: Int64)?
        /// What the broker refuses to carry on this connection.
        var denied: String?
        /// Since when the urgent line is down; nil while it stands.
        var downSince: Int64?
        var isRefused = false
        /// The mark of the authority that signed the certificate that is carried, where that one is believed, too.
        var authority: String?
        /// The broker speaks MQTT 3.1.1 alone.
        var isOlder = false

        /// What `doctor` asks besides.
        var facts: JSON {
            .object([
                ("presence", .bool(isPresenceKnown)), ("version", centreVersion.map(JSON.string)),
                ("offset", clockOffset.map(JSON.int)), ("jumpAt", clockJump.map { .int($0.at) }),
                ("jumpBy", clockJump.map { .int($0.by) }), ("denied", denied.map(JSON.string)),
                ("older", .bool(isOlder)),
            ])
        }

        var json: JSON {
            .object([
                ("connected", .bool(urgentUp && bulkUp)), ("centre", .bool(centres > 0)), ("delivering", .bool(open)),
                ("reason", reason.map(JSON.string)), ("alarm", alarm.map(JSON.string)),
                ("lastAck", lastAck.map(JSON.int)),
                ("urgentWaiting", .int(Int64(urgentWaiting))), ("frames", .int(Int64(clamping: framesSent))),
                ("bytes", .int(Int64(clamping: bytesSent))), ("since", .int(since)),
                ("authority", authority.map(JSON.string)),
            ])
        }
    }

    let configuration: AgentConfiguration
    let outbox: Outbox
    let logger: Logger
    let inbox = Locked(Inbox())
    /// How often the centre hears that this loop turns, whatever else there is to say.
    static let beatPause: Duration = .seconds(1)

    private let wake = Wakeup()
    let status: Locked<Status>
    private let beaten: @Sendable (UInt64) -> Void
    let commanded: @Sendable (Command, Instant) -> Void
    let configured: @Sendable (JSON) -> Void
    /// What the centre says of deliveries; nil where nobody would see it.
    let expected: (@Sendable (ExpectedGoods) -> Void)?
    let describe: @Sendable (Status) -> JSON

    init(
        configuration: AgentConfiguration, outbox: Outbox, logger: Logger, beaten: @escaping @Sendable (UInt64) -> Void,
        commanded: @escaping @Sendable (Command, Instant) -> Void, configured: @escaping @Sendable (JSON) -> Void,
        expected: (@Sendable (ExpectedGoods) -> Void)? = nil,
        describe: @escaping @Sendable (Status) -> JSON
    ) {
        self.configuration = configuration
        self.outbox = outbox
        self.logger = logger
        self.beaten = beaten
        self.commanded = commanded
        self.configured = configured
        self.expected = expected
        self.describe = describe
        status = Locked(Status(since: Clocks.wall))
    }

    var now: Status { status.with { $0 } }

    // MARK: from other threads

    func post(_ subject: UrgentLane.Subject, type: String, data: JSON, life: Duration) {
        inbox.change { $0.urgent.append((subject, type, data, life)) }
        wake.signal()
    }

    func carries(_ authority: String?) {
        let isNews = status.change { status in
            defer { status.authority = authority }
            return status.authority != authority
        }
        if isNews { statusChanged() }
    }

    func beat(_ number: UInt64) {
        inbox.change { $0.beats.append(number) }
        wake.signal()
    }

    /// The buffer has grown.
    func grown() { wake.signal() }

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

    /// Runs until `stop()`. Throws only when the outbox's file cannot be read at the start.
    func run(options: BrokerOptions, bulkOptions: BrokerOptions) throws {
        let now = Clocks.now
        var random = SystemRandomNumberGenerator()
        let builder = try FrameBuilder(path: outbox.path)
        try builder.refresh()
        var conversation = Conversation(buffer: outbox.now, nonce: random.next())
        var shell = Shell(
            loop: self, urgentLink: BrokerLink(options: options, now: now, seed: random.next()),
            bulkLink: BrokerLink(options: bulkOptions, now: now, seed: random.next()), builder: builder)
        while turn(&conversation, &shell) {}
        // A clean goodbye discards the will: say it ourselves.
        if let will = options.will { shell.urgentLink.publish(will.topic, will.payload, retain: true) }
        shell.urgentLink.disconnect()
        shell.bulkLink.disconnect()
    }

    private func turn(_ conversation: inout Conversation, _ shell: inout Shell) -> Bool {
        let ready = wait(conversation, shell)
        if ready[0] != 0 { wake.drain() }
        shell.turned = Clocks.now
        let mail = inbox.with { box in
            let mail = box
            box = Inbox(stopping: mail.stopping)
            return mail
        }
        for (subject, type, data, life) in mail.urgent {
            conversation.post(subject, type: type, data: data, life: life, at: shell.turned)
        }
        if mail.statusDue { conversation.statusChanged() }
        if !conversation.isStopped {
            for (lane, link, ready) in [(Lane.urgent, shell.urgentLink, ready[1]), (.bulk, shell.bulkLink, ready[2])] {
                for event in link.advance(ready, now: shell.turned) { handle(event, lane, &conversation, &shell) }
            }
            conversation.turn(&shell)
            beat(conversation, &shell)
            show(conversation, shell)
        }
        for number in mail.beats { beaten(number) }
        return !mail.stopping
    }

    /// Until something comes, or it is time for something; a second at most.
    private func wait(_ conversation: Conversation, _ shell: Shell) -> [Int16] {
        let now = Clocks.now
        guard !conversation.isStopped else { return waitFor([(wake.descriptor, Int16(POLLIN))], milliseconds: 1000) }
        let urgent = shell.urgentLink.interest(now: now)
        let bulk = shell.bulkLink.interest(now: now)
        let due = min(
            urgent.deadline, bulk.deadline, conversation.deadline ?? now + .seconds(1),
            shell.nextBeat ?? now + .seconds(1))
        let pause = conversation.hasMore ? 0 : max(0, (due - now).nanoseconds + 999_999) / 1_000_000
        return waitFor(
            [(wake.descriptor, Int16(POLLIN)), (urgent.descriptor, urgent.events), (bulk.descriptor, bulk.events)],
            milliseconds: Int32(clamping: min(pause, 1000)))
    }

    /// While an instance of the centre lives. What nobody hears is not kept: the next one follows.
    private func beat(_ conversation: Conversation, _ shell: inout Shell) {
        guard conversation.isHeard else {
            shell.nextBeat = nil
            return
        }
        guard shell.turned >= shell.nextBeat ?? .zero else { return }
        shell.nextBeat = shell.turned + UplinkLoop.beatPause
        shell.urgentLink.publish(Topic(.beat, of: configuration.agent).name, [], quality: 0)
    }

    private func handle(_ event: BrokerEvent, _ lane: Lane, _ conversation: inout Conversation, _ shell: inout Shell) {
        switch event {
        case .up:
            let since = status.with { status in
                defer {
                    (status.reason, status.isRefused) = (nil, false)
                    if lane == .urgent { (status.denied, status.downSince) = (nil, nil) }
                }
                return lane == .urgent ? status.downSince : nil
            }
            if let since {
                logger.notice("broker connected again", metadata: ["after": "\(Span.words(Clocks.wall - since))"])
            } else {
                logger.info("broker connected", metadata: ["lane": "\(lane)"])
            }
            conversation.take(.up(lane), &shell)
        case .down(let reason, let refused):
            // Said once when it begins, and when the broker begins to refuse, not at every try.
            let isNews = status.with { status in
                defer { (status.reason, status.isRefused) = (reason, refused) }
                if status.downSince == nil { status.downSince = Clocks.wall }
                return (lane == .bulk ? status.bulkUp : status.urgentUp) || status.reason == nil
                    || refused && !status.isRefused
            }
            if isNews { logger.warning("broker unavailable", metadata: ["reason": "\(reason)"]) }
            conversation.take(.down(lane), &shell)
        case .message(let topic, let payload):
            if let said = heard(topic, payload) { conversation.take(said, &shell) }
        case .published(_, let reason) where reason == 16: conversation.take(.unheard, &shell)
        case .published(_, let reason) where reason >= 128:
            deny("it does not take what this agent says (reason \(reason))")
        case .published: return
        case .unsubscribed(let reason): deny("it does not give what the centre says (reason \(reason))")
        }
        show(conversation, shell)
    }

    /// Said once on each connection.
    private func deny(_ why: String) {
        let isNews = status.with { status in
            defer { status.denied = why }
            return status.denied == nil
        }
        if isNews { logger.warning("the broker's access list is in the way", metadata: ["reason": "\(why)"]) }
    }

    /// What the centre says, if it is said to this agent and can be read.
    private func heard(_ topic: String, _ payload: [UInt8]) -> Conversation.Event? {
        if topic.hasPrefix("\(Topic.presence)/") {
            let said = try? JSON(parsing: payload)
            let lives = said?["online"]?.truth ?? false
            status.with {
                $0.isPresenceKnown = true
                if lives { $0.centreVersion = said?["version"]?.text?.cut(to: 32) }
            }
            return .presence(instance: String(topic.dropFirst(Topic.presence.count + 1)), lives: lives)
        }
        guard let parsed = Topic(parsing: topic), parsed.agent == configuration.agent,
            let json = try? JSON(parsing: payload)
        else { return nil }
        switch parsed.leaf {
        case .ack:
            guard let ack = Ack(json: json) else { return nil }
            if ack.lane == .bulk { status.with { $0.lastAck = Clocks.wall } }
            return .ack(ack)
        case .command:
            if let command = Command(json: json) { return .command(command) }
            logger.warning("command refused", metadata: ["reason": "not a command of this version"])
            return nil
        case .configuration: return .configuration(json)
        case .expected:
            if let goods = ExpectedGoods(json: json) {
                expected?(goods)
            } else {
                logger.warning("deliveries refused", metadata: ["reason": "not of this version, or out of bounds"])
            }
            return nil
        default: return nil
        }
    }

    private func show(_ conversation: Conversation, _ shell: Shell) {
        status.with {
            ($0.urgentUp, $0.isOlder) = (shell.urgentLink.isUp, shell.urgentLink.isOlder)
            $0.bulkUp = shell.bulkLink.isUp
            $0.centres = conversation.centres.count
            ($0.clockOffset, $0.clockJump) = (conversation.clockOffset, conversation.clockJump)
            if $0.open != conversation.delivery.isOpen { $0.since = Clocks.wall }
            $0.open = conversation.delivery.isOpen
            $0.urgentWaiting = conversation.lane.messages.count
            $0.urgentExpired = conversation.lane.expired
        }
    }
}
