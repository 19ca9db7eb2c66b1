import Broker
import Depot
import Glibc
import Logging
import Model
import Platform

/// The loop that owns the centre's connection to the broker. Frames are gathered while the last batch commits.
final class CentreLink: Sendable {
    /// Taken out of what has arrived at once.
    static let lettersAtOnce = 256

    private let configuration: IngestConfiguration
    private let intake: AgentIntake
    private let tracer: Tracer
    private let live: LiveView
    private let mail: AgentMail
    private let goods: GoodsNews
    private let vouching: DepotVouching
    private let logger: Logger
    private let troubles: Troubles
    /// Who tells others at the broker; nil where nobody is told.
    private let events: EventTopics?
    private let home: HomeLink?
    /// Entries of the ledger that are told, by the message that the broker has to acknowledge.
    private let flying = Locked<[Int32: Int64]>([:])
    private let denied = Locked(false)
    private let stopping = Locked(false)
    /// The broker is there, somebody says: it is tried at once.
    private let isHurried = Locked(false)
    /// Other settings of the broker, taken up at the next turn.
    private let changed = Locked<IngestConfiguration?>(nil)
    private let arrived = Locked(AgentMailbox())
    private let up = Locked(false)
    private let pulses = Locked(AgentPulses())
    private let missed = Locked(MissedPresence())
    /// Nobody who knows the rule for names can take the connection over.
    private let clientID: String

    init(_ wiring: Wiring, events: EventTopics? = nil, home: HomeLink? = nil, logger: Logger) {
        (self.events, self.home, self.logger, troubles) = (events, home, logger, Troubles(logger))
        (configuration, intake, live, mail) = (wiring.configuration, wiring.intake, wiring.live, wiring.mail)
        (goods, vouching, tracer) = (wiring.goods, wiring.vouching, wiring.tracer)
        var random = SystemRandomNumberGenerator()
        clientID = "quai-ingest-\(configuration.instance)-\(Hex.word(random.next()))"
    }

    var isUp: Bool { up.with { $0 } }
    var droppedFrames: UInt64 { arrived.with { $0.droppedFrames } }
    /// Statuses that a newer one took the place of, before anybody read them.
    var droppedStatuses: UInt64 { arrived.with { $0.droppedStatuses } }
    var droppedHellos: UInt64 { arrived.with { $0.droppedHellos } }
    /// Messages of agents beyond as many as there may be.
    var strangers: UInt64 { arrived.with { $0.strangers } }

    func stop() {
        stopping.with { $0 = true }
        arrived.change { $0.stopping = true }
        mail.wake.signal()
    }

    /// Tries a broker that is away at once, whatever pause there was to be.
    func tryAgain() {
        isHurried.with { $0 = true }
        mail.wake.signal()
    }

    /// Connects anew, with what this one says of the broker. What agents are not acknowledged they send again.
    func reconnect(_ configuration: IngestConfiguration) {
        changed.with { $0 = configuration }
        mail.wake.signal()
    }

    private var presenceTopic: String { "\(Topic.presence)/\(configuration.instance)" }

    /// What the centre says to itself: below its presence, where no agent listens.
    private var echoTopic: String { "\(presenceTopic)/echo" }

    private func options(_ configuration: IngestConfiguration) throws -> BrokerOptions {
        var options = try BrokerOptions(configuration, clientID: clientID)
        options.will = .init(topic: presenceTopic, payload: JSON.object([("online", false)]).text8)
        return options
    }

    /// Takes frames apart, while the database writes those before them; on a thread of its own.
    func pumpFrames() {
        standBack()
        while true {
            let (letters, isLast) = arrived.wait { box -> ([AgentMailbox.Letter], Bool)? in
                // What waits stays with the agents, who send again what was not acknowledged: a backlog holds up no end and no takeover.
                if box.stopping { return ([], true) }
                return box.isEmpty ? nil : (box.take(atMost: CentreLink.lettersAtOnce), false)
            }!
            var statuses: [(agent: String, told: JSON)] = []
            for letter in letters {
                let payload: [UInt8]
                switch letter.content {
                case .hello(let hello):
                    intake.take(hello, agent: letter.agent)
                    continue
                case .status(let told):
                    statuses.append((letter.agent, told))
                    continue
                case .frame(let bytes): payload = bytes
                }
                guard var arrival = vouching.vouched(Arrival(agent: letter.agent, payload: payload)) else { continue }
                arrival.received = letter.received
                intake.take(arrival)
            }
            // They are the last of what is taken. Not ahead of the database: while it is busy a newer one takes the place of the next.
            if !statuses.isEmpty { intake.settle() }
            intake.take(statuses: statuses)
            if isLast { return intake.settle() }
        }
    }

    /// Agents that were here before.
    func know(_ agents: [String]) { arrived.change { $0.know(agents) } }

    /// Runs until `stop()`.
    func run() throws {
        var random = SystemRandomNumberGenerator()
        guard let first = firstOptions() else { return }
        var link = BrokerLink(options: first, now: Clocks.now, seed: random.next())
        var echo = BrokerEcho()
        while true {
            let other = changed.with { other in
                defer { other = nil }
                return other
            }
            if let other, let options = renewed(other) {
                sayAway(link)
                handle(.down(reason: "its settings changed", refused: false), link)
                link = BrokerLink(options: options, now: Clocks.now, seed: random.next())
            }
            let now = Clocks.now
            let interest = link.interest(now: now)
            let wait = Int32(clamping: max(0, (interest.deadline - now).nanoseconds + 999_999) / 1_000_000)
            let ready = waitFor(
                [(mail.wake.descriptor, Int16(POLLIN)), (interest.descriptor, interest.events)],
                milliseconds: min(wait, pulses.with { $0.count } > 0 ? Int32(AgentPulses.markPause.milliseconds) : 1000)
            )
            if ready[0] != 0 { mail.wake.drain() }
            let isHurried = isHurried.with { was in
                defer { was = false }
                return was
            }
            if isHurried { link.hurry(now: Clocks.now) }
            for event in link.advance(ready[1], now: Clocks.now) {
                switch event {
                case .up:
                    echo.begin(at: Clocks.now)
                    pulses.with { $0.begin() }
                case .message(let topic, _): echo.hear(isEcho: topic == echoTopic, at: Clocks.now)
                case .down, .published, .unsubscribed: break
                }
                handle(event, link)
            }
            if link.isUp {
                let now = Clocks.now
                if pulses.with({ $0.tick(at: now) }) {
                    link.publish(echoTopic, Array(String(now.nanoseconds).utf8), quality: 0)
                } else if echo.tick(at: now) {
                    link.publish(echoTopic, [], quality: 0)
                }
                listen(!echo.isSilent)
                remind(missed.with { $0.tick(at: now) }, link)
            }
            // Asked first: what was posted before it is sent yet.
            let isLast = stopping.with { $0 }
            let messages = mail.take()
            link.gather(messages.count > 1) { for message in messages { publish(message, link) } }
            if isLast { break }
        }
        sayAway(link)
    }

    /// An end that is said sends no will: whoever is left there must not believe in a centre.
    private func sayAway(_ link: BrokerLink) {
        if link.isUp { link.publish(presenceTopic, JSON.object([("online", false)]).text8, retain: true) }
        link.disconnect()
    }

    /// As soon as one is taken; nil when it is to end before.
    private func firstOptions() -> BrokerOptions? {
        if let options = renewed(configuration) { return options }
        while !stopping.with({ $0 }) {
            if waitFor([(mail.wake.descriptor, Int16(POLLIN))], milliseconds: 1000)[0] != 0 { mail.wake.drain() }
            let other = changed.with { other in
                defer { other = nil }
                return other
            }
            if let other, let options = renewed(other) { return options }
        }
        return nil
    }

    /// Nil where its secret cannot be read: the connection that there is stays.
    private func renewed(_ configuration: IngestConfiguration) -> BrokerOptions? {
        do { return try options(configuration) } catch {
            logger.error("the broker's settings are not taken", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func handle(_ event: BrokerEvent, _ link: BrokerLink) {
        switch event {
        case .up:
            up.with { $0 = true }
            denied.with { $0 = false }
            live.post(broker: true, isOlder: link.isOlder)
            troubles.ends("broker refuses the centre", as: "broker takes the centre")
            if !troubles.ends("broker unavailable", as: "broker answers again") {
                logger.info("broker connected", metadata: ["mqtt": "\(link.isOlder ? "3.1.1" : "5")"])
            }
            link.subscribe([
                "\(Topic.root)/+/+/s", "\(Topic.root)/+/+/c", "\(Topic.root)/+/+/hi", "\(Topic.root)/+/+/st",
                "\(Topic.root)/+/+/hb", presenceTopic, echoTopic,
            ])
            sayPresence(link)
            events?.begin()
            if let home {
                home.begin()
                link.subscribe(home.patterns)
            }
            // A broker that was new, or forgot, hears again what is retained.
            Task { [intake, goods] in
                await goods.begin()
                await intake.publishConfigurations(all: true)
            }
        case .down(let reason, let refused):
            up.with { $0 = false }
            live.post(broker: false)
            flying.with { $0 = [:] }
            events?.broken()
            // Refused is another trouble than away, and comes again with each try.
            if refused {
                troubles.begins("broker refuses the centre", .warning, ["reason": "\(reason)"])
            } else {
                troubles.begins("broker unavailable", .warning, ["reason": "\(reason)"])
            }
        case .message(let topic, let payload):
            if topic == presenceTopic {
                contradict(payload, link)
            } else if topic == echoTopic {
                marked(payload)
            } else if home?.hear(topic, payload) != true {
                receive(topic, payload)
            }
        case .unsubscribed(let reason):
            logger.warning(
                "the broker refuses a subscription", metadata: ["reason": "\(reason)", "remedy": "its access list"])
        case .published(let id, let reason):
            // From 128 on it is a refusal (MQTT 5.0, 2.4). Said once on each connection.
            if reason >= 128,
                !denied.with({ was in
                    defer { was = true }
                    return was
                })
            {
                logger.warning(
                    "the broker refuses a message", metadata: ["reason": "\(reason)", "remedy": "its access list"])
            }
            // What it does not take is not told: it is said again on the next connection.
            if let seq = flying.with({ $0.removeValue(forKey: id) }), reason < 128 { events?.acknowledged(seq) }
        }
    }

    /// A mark of ours has come back, behind all that the broker was told before it.
    private func marked(_ payload: [UInt8]) {
        guard let said = Int64(String(decoding: payload.prefix(20), as: UTF8.self)) else { return }
        let (lost, silent) = pulses.with { ($0.marked(Instant(nanoseconds: said)), $0.silent) }
        guard !lost.isEmpty else { return }
        for agent in lost { troubles.begins("agent is silent", of: agent, .warning, ["agent": "\(agent)"]) }
        live.post(silent: silent)
    }

    private func heard(_ agent: String, _ hear: (inout AgentPulses) -> Bool) {
        let (isBack, silent) = pulses.with { (hear(&$0), $0.silent) }
        guard isBack else { return }
        troubles.ends("agent is silent", of: agent, as: "agent is heard again", ["agent": "\(agent)"])
        live.post(silent: silent)
    }

    /// Whether a broker to which there is a connection answers.
    private func listen(_ answers: Bool) {
        let was = up.with { value in
            let was = value
            value = answers
            return was
        }
        guard was != answers else { return }
        live.post(broker: answers)
        if answers {
            troubles.ends("broker unavailable", as: "broker answers again")
        } else {
            troubles.begins("broker unavailable", .warning, ["reason": "it is silent"])
        }
    }

    /// The will of a connection that died before this one may come late: agents would take the centre for gone.
    private func contradict(_ payload: [UInt8], _ link: BrokerLink) {
        guard let json = try? JSON(parsing: payload), json["online"]?.truth == false else { return }
        sayPresence(link)
    }

    private func sayPresence(_ link: BrokerLink) {
        let said = JSON.object([("online", true), ("version", .string(IngestServer.version))])
        link.publish(presenceTopic, said.text8, retain: true)
    }

    /// Agents at a node of the broker that has not kept what is retained.
    private func remind(_ agents: [String], _ link: BrokerLink) {
        guard !agents.isEmpty else { return }
        sayPresence(link)
        logger.notice("agents are told again what the broker did not keep", metadata: ["agents": "\(agents.count)"])
        Task { [intake, goods] in
            await goods.begin(agents)
            await intake.publishConfigurations(again: agents)
        }
    }

    private func receive(_ name: String, _ payload: [UInt8]) {
        guard let topic = Topic(parsing: name) else { return }
        let (agent, now) = (topic.agent, Clocks.now)
        switch topic.leaf {
        case .beat: heard(agent) { $0.beat(agent, at: now) }
        case .bulk:
            heard(agent) { $0.hear(agent, at: now) }
            let at = tracer.rule == nil ? 0 : Clocks.nanoseconds
            arrived.change { $0.put(frame: payload, from: agent, received: at) }
        case .urgent:
            heard(agent) { $0.hear(agent, at: now) }
            guard let json = parse(payload, name) else { return }
            tell(urgent: json, agent)
        case .hello:
            guard let json = parse(payload, name), let hello = Hello(json: json) else { return }
            // Perhaps an older program now: it is listened to from its next beat on.
            pulses.with { $0.rest(agent) }
            missed.with { $0.greeted(agent) }
            intake.hear(clock: hello.clock, of: agent, isHello: true)
            arrived.change { $0.put(hello, from: agent) }
        case .status:
            guard !payload.isEmpty, let json = parse(payload, name) else { return }
            // A will was written when the agent connected.
            if json["online"]?.truth == true {
                heard(agent) { $0.hear(agent, at: now) }
                missed.with { $0.hear(agent, knows: json["uplink"]?["centre"]?.truth, at: now) }
                intake.hear(clock: json["clock"]?.integer, of: agent, isHello: false)
            } else {
                pulses.with { $0.rest(agent) }
            }
            arrived.change { $0.put(status: json, of: payload.count * 4, from: agent) }
        default: break
        }
    }

    private func tell(urgent event: JSON, _ agent: String) {
        intake.urgent(event, agent: agent) { [mail] in mail.post(.ack(agent: agent, $0)) }
    }

    private func parse(_ payload: [UInt8], _ topic: String) -> JSON? {
        guard payload.count <= 256 * 1024 else {
            troubles.again(
                "message refused", of: topic, .warning, ["topic": "\(topic)", "reason": "\(payload.count) bytes"])
            return nil
        }
        do { return try JSON(parsing: payload) } catch {
            troubles.again("message refused", of: topic, .warning, ["topic": "\(topic)", "reason": "\(error)"])
            return nil
        }
    }

    private func publish(_ message: AgentMail.Message, _ link: BrokerLink) {
        switch message {
        case .ack(let agent, let ack):
            link.publish(Topic(.ack, of: agent).name, ack.json.text8, quality: 0, expiry: 30)
        case .command(let agent, let command):
            link.publish(Topic(.command, of: agent).name, command.json.text8, expiry: UInt32(command.ttl))
        case .configuration(let agent, let configuration):
            link.publish(Topic(.configuration, of: agent).name, configuration.json.text8, retain: true)
        case .expected(let agent, let goods):
            link.publish(Topic(.expected, of: agent).name, goods, retain: true)
        case .said(let said):
            let id = link.publish(said.topic, said.payload, retain: said.retain, type: said.type)
            guard let seq = said.seq else { return }
            if let id { flying.with { $0[id] = seq } } else { events?.lost() }
        }
    }
}
