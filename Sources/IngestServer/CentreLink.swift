import Broker
import Depot
import Glibc
import Logging
import Model
import Platform

/// The loop that owns the centre's connection to the broker. Frames are gathered while the last batch commits.
final class CentreLink: Sendable {
    enum Outgoing: Sendable {
        case ack(agent: String, Ack)
        case command(agent: String, Command)
        case configuration(agent: String, DesiredConfiguration)
    }

    private struct Mail {
        var outgoing: [Outgoing] = []
        /// Where the last acknowledgement for each agent's lane stands in `outgoing`.
        var acks: [AckKey: Int] = [:]
        var stopping = false
    }

    private struct AckKey: Hashable {
        var agent: String
        var epoch: UInt64
        var lane: Lane
    }

    /// Messages to agents that wait for the connection; beyond it they are dropped. Acknowledgements come again, a command
    /// expires, a configuration is published again when the broker is back.
    static let outgoingLimit = 20_000
    /// Frames in one transaction.
    static let framesAtOnce = 16
    /// Frames taken apart ahead of the database.
    static let aheadLimit = 32

    private let configuration: IngestConfiguration
    private let centre: Centre
    private let logger: Logger
    private let mail = Locked(Mail())
    private let arrived = Locked(AgentMailbox())
    private let ahead = Locked<[Arrival]>([])
    private let wake = Wakeup()
    private let up = Locked(false)
    private let unsent = Locked(UInt64(0))
    /// Nobody who knows the rule for names can take the connection over.
    private let clientID: String

    init(configuration: IngestConfiguration, centre: Centre, logger: Logger) {
        self.configuration = configuration
        self.centre = centre
        self.logger = logger
        var random = SystemRandomNumberGenerator()
        clientID = "quai-ingest-\(configuration.instance)-\(Hex.word(random.next()))"
    }

    var isUp: Bool { up.with { $0 } }
    var droppedFrames: UInt64 { arrived.with { $0.droppedFrames } }
    /// Statuses that a newer one took the place of, before anybody read them.
    var droppedStatuses: UInt64 { arrived.with { $0.droppedStatuses } }
    var droppedHellos: UInt64 { arrived.with { $0.droppedHellos } }
    /// Steps of commands; they come again.
    /// Messages of agents beyond as many as there may be.
    var strangers: UInt64 { arrived.with { $0.strangers } }
    var unsentMessages: UInt64 { unsent.with { $0 } }

    func post(_ message: Outgoing) {
        let isTaken = mail.with { mail -> Bool in
            // Only the acknowledgement of what is committed replaces the one before: answers to a hello, single numbers and
            // refusals are each said, and nothing newer before them.
            var key: AckKey?
            if case .ack(let agent, let ack) = message {
                let place = AckKey(agent: agent, epoch: ack.epoch, lane: ack.lane)
                if ack.hello == nil, ack.verdict == .welcome, ack.selective.isEmpty, ack.rejected.isEmpty {
                    if let index = mail.acks[place], case .ack(_, let before) = mail.outgoing[index] {
                        if ack.cumulative >= before.cumulative { mail.outgoing[index] = message }
                        return true
                    }
                    key = place
                } else {
                    mail.acks[place] = nil
                }
            }
            guard mail.outgoing.count < CentreLink.outgoingLimit else { return false }
            if let key { mail.acks[key] = mail.outgoing.count }
            mail.outgoing.append(message)
            return true
        }
        if !isTaken { unsent.with { $0 += 1 } }
        wake.signal()
    }

    func stop() {
        mail.with { $0.stopping = true }
        arrived.change { $0.stopping = true }
        wake.signal()
    }

    private var presenceTopic: String { "\(Topic.presence)/\(configuration.instance)" }

    private func options() throws -> BrokerOptions {
        guard var options = BrokerOptions(url: configuration.broker, clientID: clientID)
        else {
            throw IngestFailure("\"\(configuration.broker)\" is not the address of a broker")
        }
        options.user = configuration.user
        if let reference = configuration.password { options.password = try Files.secret(reference) }
        options.authority = configuration.authority
        options.certificate = configuration.certificate
        options.key = configuration.key
        options.will = .init(topic: presenceTopic, payload: JSON.object([("online", false)]).text8)
        return options
    }

    /// Takes frames apart, while the database writes those before them; on a thread of its own.
    func pumpFrames() {
        standBack()
        while true {
            let (letters, isLast) = arrived.wait { box -> ([AgentMailbox.Letter], Bool)? in
                guard !box.isEmpty || box.stopping else { return nil }
                let part = box.take(atMost: CentreLink.framesAtOnce)
                return (part, box.stopping && box.isEmpty)
            }!
            for letter in letters {
                let payload: [UInt8]
                switch letter.content {
                case .hello(let hello):
                    centre.take(hello, agent: letter.agent)
                    continue
                case .status(let told):
                    // Not ahead of the database: while it is busy the next status takes the place of this one.
                    centre.settle()
                    centre.take(status: told, agent: letter.agent)
                    continue
                case .frame(let bytes): payload = bytes
                }
                let arrival = Arrival(agent: letter.agent, payload: payload)
                ahead.wait { ahead -> Void? in
                    guard ahead.count < CentreLink.aheadLimit else { return nil }
                    ahead.append(arrival)
                    return ()
                }
                centre.take { [ahead] in
                    // What came while the last transaction was written goes into one: a part at a time, so that what
                    // people write in between does not wait for all of it.
                    ahead.change { box in
                        let part = Array(box.prefix(CentreLink.framesAtOnce))
                        box.removeFirst(part.count)
                        return part
                    }
                }
            }
            if isLast { return centre.settle() }
        }
    }

    /// Agents that were here before.
    func know(_ agents: [String]) { arrived.change { $0.know(agents) } }

    /// Runs until `stop()`.
    func run() throws {
        var random = SystemRandomNumberGenerator()
        let link = BrokerLink(options: try options(), now: Clocks.now, seed: random.next())
        while true {
            let now = Clocks.now
            let interest = link.interest(now: now)
            let wait = Int32(clamping: max(0, (interest.deadline - now).nanoseconds + 999_999) / 1_000_000)
            let ready = waitFor(
                [(wake.descriptor, Int16(POLLIN)), (interest.descriptor, interest.events)],
                milliseconds: min(wait, 1000))
            if ready[0] != 0 { wake.drain() }
            for event in link.advance(ready[1], now: Clocks.now) { handle(event, link) }
            let box = mail.with { mail in
                let box = mail
                mail.outgoing = []
                mail.acks = [:]
                return box
            }
            for message in box.outgoing { publish(message, link) }
            if box.stopping { break }
        }
        link.publish(presenceTopic, JSON.object([("online", false)]).text8, retain: true)
        link.disconnect()
    }

    private func handle(_ event: BrokerEvent, _ link: BrokerLink) {
        switch event {
        case .up:
            up.with { $0 = true }
            logger.info("broker connected")
            link.subscribe([
                "\(Topic.root)/+/+/s", "\(Topic.root)/+/+/c", "\(Topic.root)/+/+/hi", "\(Topic.root)/+/+/st",
                presenceTopic,
            ])
            link.publish(presenceTopic, JSON.object([("online", true)]).text8, retain: true)
            // A broker that was new, or forgot, hears again what is retained.
            Task { [centre] in await centre.publishConfigurations(all: true) }
        case .down(let reason, let refused):
            let was = up.with { value in
                let was = value
                value = false
                return was
            }
            if was || refused { logger.warning("broker unavailable", metadata: ["reason": "\(reason)"]) }
        case .message(let topic, let payload):
            if topic == presenceTopic { contradict(payload, link) } else { receive(topic, payload) }
        case .published: break
        }
    }

    /// The will of a connection that died before this one may come late: agents would take the centre for gone.
    private func contradict(_ payload: [UInt8], _ link: BrokerLink) {
        guard let json = try? JSON(parsing: payload), json["online"]?.truth == false else { return }
        link.publish(presenceTopic, JSON.object([("online", true)]).text8, retain: true)
    }

    private func receive(_ name: String, _ payload: [UInt8]) {
        guard let topic = Topic(parsing: name) else { return }
        let agent = topic.agent
        switch topic.leaf {
        case .bulk:
            arrived.change { $0.put(frame: payload, from: agent) }
        case .urgent:
            guard let json = parse(payload, name) else { return }
            tell(urgent: json, agent)
        case .hello:
            guard let json = parse(payload, name), let hello = Hello(json: json) else { return }
            centre.hear(clock: hello.clock, of: agent, isHello: true)
            arrived.change { $0.put(hello, from: agent) }
        case .status:
            guard !payload.isEmpty, let json = parse(payload, name) else { return }
            // A will was written when the agent connected.
            if json["online"]?.truth == true { centre.hear(clock: json["clock"]?.integer, of: agent, isHello: false) }
            arrived.change { $0.put(status: json, of: payload.count * 4, from: agent) }
        default: break
        }
    }

    private func tell(urgent event: JSON, _ agent: String) {
        centre.urgent(event, agent: agent) { [weak self] in self?.post(.ack(agent: agent, $0)) }
    }

    private func parse(_ payload: [UInt8], _ topic: String) -> JSON? {
        guard payload.count <= 256 * 1024 else {
            logger.warning("message refused", metadata: ["topic": "\(topic)", "reason": "\(payload.count) bytes"])
            return nil
        }
        do { return try JSON(parsing: payload) } catch {
            logger.warning("message refused", metadata: ["topic": "\(topic)", "reason": "\(error)"])
            return nil
        }
    }

    private func publish(_ message: Outgoing, _ link: BrokerLink) {
        switch message {
        case .ack(let agent, let ack):
            link.publish(Topic(.ack, of: agent).name, ack.json.text8, quality: 0, expiry: 30)
        case .command(let agent, let command):
            link.publish(Topic(.command, of: agent).name, command.json.text8, expiry: UInt32(command.ttl))
        case .configuration(let agent, let configuration):
            link.publish(Topic(.configuration, of: agent).name, configuration.json.text8, retain: true)
        }
    }
}

/// A sentence for the person who started the server.
struct IngestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ text: String) { description = text }
}
