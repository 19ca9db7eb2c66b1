import Model

extension Driver {
    /// Fixed readers and portals on the network. Source: EPCglobal LLRP 1.0.1 and 1.1 (GS1).
    public static let llrp = Driver(
        name: "llrp", title: "LLRP fixed readers (Impinj, Zebra, ThingMagic and others)", kind: .reader,
        line: .tcp(port: 5084), sealing: .frames({ LLRPMessage.take(from: &$0) }),
        source: "GS1 LLRP 1.0.1 and 1.1; sllurp, llrp-rs and EdgeX test data",
        session: { LLRP(settings: $0) })
}

/// One connection to a reader: greeting, version, capabilities, configuration, one ROSpec that reads for ever.
///
/// States and what they accept: waiting for the greeting (event 63), asking (the reply, or error 100), reading (reports).
/// Reports, events and keepalives are taken in every state.
struct LLRP: Session {
    /// How long a reply may take; small readers need seconds to take a ROSpec.
    static let patience: Duration = .seconds(5)
    /// What the reader is asked to send a sign of life at.
    static let keepalive: UInt32 = 10_000
    /// No byte for three keepalives: dead. Three is ours; the standard leaves it to the client.
    static let silence: Duration = .seconds(30)
    /// A refused connection may be our own former one, half open.
    static let refusedPause: Duration = .seconds(5)
    /// "QUAI": other programs begin at 1, and theirs must not be taken for ours.
    static let roSpecID: UInt32 = 0x5155_4149
    /// How long the answer to CLOSE_CONNECTION is waited for (our limit): a stopping agent does not hang on a dead reader.
    static let goodbye: Duration = .seconds(1)

    enum Question: Equatable {
        case supportedVersion, setVersion, capabilities, configuration, setConfiguration, roSpecs, delete, add
        case deleteAccess, addAccess, enableAccess, enable

        /// Without an answer to these there is no reading.
        var isEssential: Bool { self == .capabilities || self == .add || self == .enable }
    }

    private enum State: Equatable {
        case idle, greeting
        case asking(Question)
        case reading
    }

    private let settings: SessionSettings
    private var pending: [UInt8] = []
    private var torn: Instant?
    private var state = State.idle
    private var due: Instant?
    private var alive: Instant?
    /// CLOSE_CONNECTION has been sent; its answer is awaited until then.
    private var leaving: Instant?
    private var lastID: UInt32 = 0
    private var version: UInt8 = 1
    private var reader = LLRPCapabilities()

    init(settings: SessionSettings) { self.settings = settings }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, version, reader, leaving) = ([], nil, 1, LLRPCapabilities(), nil)
            reaction.condition = .starting
            (state, due, alive) = (.greeting, now + LLRP.patience, now + LLRP.silence)
        case .bytes(let bytes):
            pending += bytes
            if alive != nil { alive = now + LLRP.silence }
            drain(now, &reaction)
        case .tick: tick(now, &reaction)
        case .closing:
            if state == .reading {
                let id = LLRP.roSpecID.bigEndianBytes
                for type in [
                    LLRPMessage.Kind.stopROSpec, LLRPMessage.Kind.disableROSpec, LLRPMessage.Kind.deleteROSpec,
                ] { send(type, id, &reaction) }
                if !settings.memory.isEmpty {
                    send(LLRPMessage.Kind.deleteAccessSpec, LLRPAccess.id.bigEndianBytes, &reaction)
                }
            }
            if state != .idle {
                send(LLRPMessage.Kind.closeConnection, [], &reaction)
                leaving = now + LLRP.goodbye
            }
            (state, due, alive) = (.idle, nil, nil)
        case .closed: (pending, torn, state, due, alive, leaving) = ([], nil, .idle, nil, nil, nil)
        case .descriptor, .command, .recall, .accepted: break
        }
        reaction.deadline = [torn, due, alive].compactMap(\.self).min()
        reaction.lingers = leaving
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        let before = pending.count
        while let step = LLRPMessage.take(from: &pending) {
            switch step {
            case .frame(let message): accept(message, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        if pending.isEmpty {
            torn = nil
        } else if torn == nil || pending.count != before {
            torn = now + LLRP.patience
        }
    }

    private mutating func tick(_ now: Instant, _ reaction: inout Reaction) {
        if let torn, now >= torn, !pending.isEmpty {
            pending.removeFirst()
            reaction.noise += 1
            self.torn = nil
            drain(now, &reaction)
        }
        if let alive, now >= alive {
            return fail("silent", "no sign of life for 30 s: check the reader's power and network", &reaction)
        }
        guard let due, now >= due else { return }
        guard case .asking(let question) = state, !question.isEssential else {
            return fail(
                "no-answer", "connected, but the reader did not answer: is this its LLRP port (5084)?", &reaction)
        }
        proceed(after: question, now, &reaction)
    }

    private mutating func fail(
        _ code: String, _ text: String, pause: Duration = .seconds(2), _ reaction: inout Reaction
    ) {
        (state, due, alive) = (.idle, nil, nil)
        reaction.condition = .failing(code: code, text: text)
        reaction.restart = pause
    }

    // MARK: messages

    private mutating func accept(_ message: LLRPMessage, _ now: Instant, _ reaction: inout Reaction) {
        switch message.type {
        case LLRPMessage.Kind.report:
            let (tags, unread) = LLRPReport.tags(message.body[...])
            reaction.observations += tags.map { .tag($0) }
            if unread > 0 {
                reaction.observations.append(
                    .fault(
                        Fault(code: "report-unread", text: "\(unread) tag reports hold parameters of unknown length")))
            }
        case LLRPMessage.Kind.keepalive:
            reaction.send += LLRPMessage(LLRPMessage.Kind.keepaliveAck, id: message.id, version: version).bytes
        case LLRPMessage.Kind.event:
            for event in LLRPEvent.events(message.body[...]) { take(event, now, &reaction) }
        case LLRPMessage.Kind.closeConnectionReply where leaving != nil: leaving = nil
        case LLRPMessage.Kind.error where state == .asking(.supportedVersion):
            // 1.0.1 does not know the question: that is its answer.
            proceed(after: .supportedVersion, now, &reaction)
        default: answer(message, now, &reaction)
        }
    }

    private mutating func take(_ event: LLRPEvent, _ now: Instant, _ reaction: inout Reaction) {
        if let observation = event.observation { reaction.observations.append(observation) }
        if case .antenna(let number, false) = event, state != .idle {
            reaction.observations.append(.identity(Identity(field: "antenna-\(number)", text: "not connected")))
        }
        switch event {
        case .connection(0) where state == .greeting: ask(.supportedVersion, now, &reaction)
        // Somebody else was sent away; the connection stays ours (LLRP 1.0.1 §13.2.6.11).
        case .connection(4) where state != .greeting: break
        case .connection(let status) where status != 0 && state != .idle:
            fail("connection-refused", LLRPEvent.refusal(status).text, pause: LLRP.refusedPause, &reaction)
        case .closed where state != .idle:
            fail("closed", "the reader closed the connection", pause: .seconds(1), &reaction)
        case .roSpec(LLRP.roSpecID, ended: true) where state == .reading:
            // Somebody else stopped it: begin again.
            ask(.roSpecs, now, &reaction)
        default: break
        }
    }

    private mutating func answer(_ message: LLRPMessage, _ now: Instant, _ reaction: inout Reaction) {
        let status = LLRPStatus(in: message.body[...])
        let failed = status.map { $0.code != 0 } ?? false
        guard case .asking(let question) = state, message.id == lastID else {
            if let status, failed { reaction.observations.append(.fault(status.fault)) }
            return
        }
        if let status, failed {
            // Nothing to delete, or a setting this reader does not have: it reads all the same.
            if question.isEssential {
                reaction.observations.append(.fault(status.fault))
                return fail("refused", "the reader refused: \(status.fault.text)", pause: .seconds(10), &reaction)
            }
            if question == .setConfiguration { reaction.observations.append(.fault(status.fault)) }
            if question == .addAccess || question == .enableAccess { return readWithoutMemory(status, now, &reaction) }
            return proceed(after: question, now, &reaction)
        }
        learn(question, message, &reaction)
        if question == .capabilities, let region = settings.region, reader.forbids(region) {
            return fail(
                "region-forbidden",
                "the reader is made for \(reader.standardName) and this site's region is \(region.rawValue): it may "
                    + "not transmit here; where it may, write region = \"own\" in its [reader.…]", pause: .seconds(60),
                &reaction)
        }
        proceed(after: question, now, &reaction)
    }

    private mutating func learn(_ question: Question, _ message: LLRPMessage, _ reaction: inout Reaction) {
        switch question {
        case .supportedVersion: reader.takeVersion(message.body[...])
        case .setVersion: version = 2
        case .capabilities:
            reader.takeCapabilities(message.body[...])
            reaction.observations += reader.identities.map { .identity($0) }
        case .configuration:
            reader.takeConfiguration(message.body[...])
            reaction.observations += reader.stateIdentities.map { .identity($0) }
        case .roSpecs: (reader.isReading, reader.hasFormer) = ours(in: message.body[...])
        default: break
        }
    }

    private mutating func proceed(after question: Question, _ now: Instant, _ reaction: inout Reaction) {
        switch question {
        case .supportedVersion: ask(reader.speaksVersion2 ? .setVersion : .capabilities, now, &reaction)
        case .setVersion: ask(.capabilities, now, &reaction)
        case .capabilities: ask(.configuration, now, &reaction)
        case .configuration: ask(.setConfiguration, now, &reaction)
        case .setConfiguration: ask(.roSpecs, now, &reaction)
        case .roSpecs where reader.isReading: access(now, &reaction)
        case .roSpecs: ask(.delete, now, &reaction)
        case .delete: ask(.add, now, &reaction)
        case .add: access(now, &reaction)
        case .deleteAccess where !settings.memory.isEmpty: ask(.addAccess, now, &reaction)
        case .addAccess: ask(.enableAccess, now, &reaction)
        case .deleteAccess, .enableAccess: enable(now, &reaction)
        case .enable: begin(&reaction)
        }
    }

    /// Our AccessSpec is set up before the ROSpec runs; a former one goes when none is wanted any more.
    private mutating func access(_ now: Instant, _ reaction: inout Reaction) {
        if settings.memory.isEmpty, !reader.hasFormer {
            enable(now, &reaction)
        } else {
            ask(.deleteAccess, now, &reaction)
        }
    }

    private mutating func enable(_ now: Instant, _ reaction: inout Reaction) {
        if reader.isReading { begin(&reaction) } else { ask(.enable, now, &reaction) }
    }

    /// Tags without their memory are worth more than none.
    private mutating func readWithoutMemory(_ status: LLRPStatus, _ now: Instant, _ reaction: inout Reaction) {
        let text = "the reader refused to read the tags' memory: \(status.fault.text); it reads their EPCs"
        reaction.observations.append(.fault(Fault(code: "memory-unsupported", text: text)))
        enable(now, &reaction)
    }

    /// The ROSpec runs; a reader that holds its reports gives them only now.
    private mutating func begin(_ reaction: inout Reaction) {
        if reader.holdsReports { send(LLRPMessage.Kind.enableEvents, [], &reaction) }
        (state, due) = (.reading, nil)
        reaction.condition = .ready
        if settings.region == nil { reaction.remark = Region.keepsOwn }
    }

    private mutating func ask(_ question: Question, _ now: Instant, _ reaction: inout Reaction) {
        (state, due) = (.asking(question), now + LLRP.patience)
        let spec = LLRP.roSpecID.bigEndianBytes
        switch question {
        case .supportedVersion:
            lastID &+= 1
            reaction.send += LLRPMessage(LLRPMessage.Kind.getSupportedVersion, id: lastID, version: 2).bytes
        case .setVersion:
            lastID &+= 1
            reaction.send += LLRPMessage(LLRPMessage.Kind.setVersion, id: lastID, version: 2, [2]).bytes
        case .capabilities: send(LLRPMessage.Kind.getCapabilities, [0], &reaction)
        case .configuration: send(LLRPMessage.Kind.getConfig, [0, 0, 0, 0, 0, 0, 0], &reaction)
        case .setConfiguration:
            send(LLRPMessage.Kind.setConfig, LLRPSpec.configuration(holding: reader.holdsReports), &reaction)
        case .roSpecs: send(LLRPMessage.Kind.getROSpecs, [], &reaction)
        // Only ours: 0 would delete what other programs set up.
        case .delete: send(LLRPMessage.Kind.deleteROSpec, spec, &reaction)
        case .add: send(LLRPMessage.Kind.addROSpec, roSpec, &reaction)
        case .deleteAccess:
            send(LLRPMessage.Kind.deleteAccessSpec, LLRPAccess.id.bigEndianBytes, &reaction)
        case .addAccess: send(LLRPMessage.Kind.addAccessSpec, LLRPAccess.spec(settings.memory), &reaction)
        case .enableAccess:
            send(LLRPMessage.Kind.enableAccessSpec, LLRPAccess.id.bigEndianBytes, &reaction)
        case .enable: send(LLRPMessage.Kind.enableROSpec, spec, &reaction)
        }
    }

    private mutating func send(_ type: UInt16, _ body: [UInt8], _ reaction: inout Reaction) {
        lastID &+= 1
        reaction.send += LLRPMessage(type, id: lastID, version: version, body).bytes
    }

    private var roSpec: [UInt8] {
        LLRPSpec.roSpec(
            id: LLRP.roSpecID, antennas: settings.antennas,
            transmitters: settings.powerDBm.map { reader.transmitters(at: $0, antennas: settings.antennas) } ?? [],
            accesses: !settings.memory.isEmpty)
    }

    /// The reader's list shows our ROSpec, enabled, in the same words; only its state may differ. Others' may stand before it.
    private func ours(in body: ArraySlice<UInt8>) -> (isHeld: Bool, isFormer: Bool) {
        let ours = Array(roSpec.dropFirst(4))
        var (isHeld, isFormer) = (false, false)
        _ = LLRPParameter.walk(body) { parameter in
            let theirs = parameter.body
            guard parameter.type == LLRPParameter.Kind.roSpec, theirs.count > 6 else { return }
            let state = theirs[theirs.startIndex + 5]
            guard theirs.prefix(4) == ours.prefix(4) else { return }
            isFormer = true
            if state != 0, theirs.prefix(5) == ours.prefix(5), theirs.dropFirst(6) == ours.dropFirst(6) {
                isHeld = true
            }
        }
        return (isHeld, isFormer && !isHeld)
    }
}
