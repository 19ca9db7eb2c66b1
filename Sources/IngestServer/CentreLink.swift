import Broker
import Glibc
import Depot
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
        var stopping = false
    }

    /// What must keep its order: an agent's hello comes after the frames of the process before it.
    private struct Raw {
        var agent: String
        var payload: [UInt8]
        var hello: Hello?
    }

    private struct Arrived {
        var frames: [Raw] = []
        var bytes = 0
        var stopping = false
    }

    /// Frames and bytes that wait for the database at most; beyond it they are dropped unread, and the agents, which get
    /// no ack, send them again.
    static let frameLimit = 4096
    static let byteLimit = 64 << 20
    /// Frames in one transaction.
    static let framesAtOnce = 16
    /// Frames taken apart ahead of the database.
    static let aheadLimit = 32

    private let configuration: IngestConfiguration
    private let centre: Centre
    private let logger: Logger
    private let mail = Locked(Mail())
    private let arrived = Locked(Arrived())
    private let ahead = Locked<[Arrival]>([])
    private let wake = Wakeup()
    private let up = Locked(false)
    private let dropped = Locked(UInt64(0))

    init(configuration: IngestConfiguration, centre: Centre, logger: Logger) {
        self.configuration = configuration
        self.centre = centre
        self.logger = logger
    }

    var isUp: Bool { up.with { $0 } }
    var droppedFrames: UInt64 { dropped.with { $0 } }

    func post(_ message: Outgoing) {
        mail.with { $0.outgoing.append(message) }
        wake.signal()
    }

    func stop() {
        mail.with { $0.stopping = true }
        arrived.change { $0.stopping = true }
        wake.signal()
    }

    private var presenceTopic: String { "\(Topic.presence)/\(configuration.instance)" }

    private func options() throws -> BrokerOptions {
        guard var options = BrokerOptions(url: configuration.broker, clientID: "quai-ingest-\(configuration.instance)")
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
            let (frames, isLast) = arrived.wait { box -> ([Raw], Bool)? in
                guard !box.frames.isEmpty || box.stopping else { return nil }
                let part = box.frames.prefix(CentreLink.framesAtOnce)
                box.frames.removeFirst(part.count)
                box.bytes -= part.reduce(0) { $0 + $1.payload.count }
                return (Array(part), box.stopping && box.frames.isEmpty)
            }!
            for frame in frames {
                if let hello = frame.hello {
                    centre.take(hello, agent: frame.agent)
                    continue
                }
                let arrival = Arrival(agent: frame.agent, payload: frame.payload)
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
        case .message(let topic, let payload): receive(topic, payload)
        case .published: break
        }
    }

    private func receive(_ name: String, _ payload: [UInt8]) {
        guard let topic = Topic(parsing: name) else { return }
        let agent = topic.agent
        switch topic.leaf {
        case .bulk:
            let taken = arrived.change { box -> Bool in
                guard box.frames.count < CentreLink.frameLimit, box.bytes + payload.count <= CentreLink.byteLimit else {
                    return false
                }
                box.frames.append(Raw(agent: agent, payload: payload))
                box.bytes += payload.count
                return true
            }
            if !taken { dropped.with { $0 += 1 } }
        case .urgent:
            guard let json = parse(payload, name) else { return }
            centre.urgent(json, agent: agent) { [weak self] in self?.post(.ack(agent: agent, $0)) }
        case .hello:
            guard let json = parse(payload, name), let hello = Hello(json: json) else { return }
            arrived.change { $0.frames.append(Raw(agent: agent, payload: [], hello: hello)) }
        case .status:
            guard !payload.isEmpty, let json = parse(payload, name) else { return }
            centre.take(status: json, agent: agent)
        default: break
        }
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
