import Depot
import FaultyDisk
public import Model
import SQLite
public import Uplink

/// The agent's process: outbox and frames on a faulty disk, and the product's own conversation with this world as its shell.
extension World {
    /// What a process of the agent would lose when it dies.
    final class Agent {
        let outbox: Outbox
        let writer: Outbox.Writer
        let builder: FrameBuilder
        let boot: Boot
        var conversation: Conversation

        init(path: String, now: Instant, random: inout Dice) throws {
            let file = try OutboxFile(path: path, random: &random)
            boot = try file.begin(kernel: "k", origin: 0, synced: true, wall: now.milliseconds, random: &random)
            outbox = Outbox(file: file, boot: boot) { _ in }
            writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
            builder = try FrameBuilder(path: path)
            try builder.refresh()
            conversation = Conversation(buffer: outbox.now, nonce: random.next())
        }
    }

    /// One turn of its loop, after what `event` says has happened.
    mutating func converse(_ event: Conversation.Event? = nil) {
        guard let agent else { return }
        var conversation = agent.conversation
        let wasHeard = conversation.isHeard
        if let event { conversation.take(event, &self) } else { conversation.turn(&self) }
        agent.conversation = conversation
        if conversation.isHeard, !wasHeard { heardSince = now }
        if conversation.isStopped { problem = "the only machine was stopped" }
    }

    mutating func revive() {
        reviveAgent()
        reviveCentres()
        let mayLink = brokerUp && agent?.conversation.isStopped == false
        if mayLink, !linked, !isFaulty || chance(40) {
            linked = true
            connection += 1
            converse(.up(.urgent))
        }
        if mayLink, linked, !bulkLinked, !isFaulty || chance(60) {
            bulkLinked = true
            converse(.up(.bulk))
        }
    }

    private mutating func reviveAgent() {
        guard agent == nil, let due = agentBack, now >= due else { return }
        do {
            let agent = try Agent(path: "file:/\(agentDisk)/outbox.db?vfs=faulty", now: now, random: &dice)
            self.agent = agent
            agentBack = nil
            (linked, bulkLinked) = (false, false)
            let epoch = Hex.word(agent.outbox.now.epoch).prefix(4)
            tell("the agent starts in epoch \(epoch), run \(agent.boot.counter)")
        } catch {
            agent = nil
            agentBack = now + .milliseconds(200)
            if let sqlite = error as? SQLiteError, sqlite.isCorrupt { problem = "the buffer is damaged: \(sqlite)" }
        }
    }

    mutating func scan(_ count: Int) {
        guard let agent else { return }
        for _ in 0..<count {
            scans += 1
            let text = chance(8) ? "decision-\(scans)" : "01\(World.gtin)21\(seed)-\(scans)"
            notes.fates[text] = .unknown
            let row =
                decision(text) ?? .barcode(device: "gate", zone: "dock", Barcode(symbology: "]C1", text: text))
            agent.outbox.append([Outbox.Entry(row, at: now)]) { [notes] outcome in
                switch outcome {
                case .saved: notes.fates[text] = .accepted
                case .refused: notes.fates[text] = .refused
                }
            }
        }
    }

    /// One more is damaged, says Marie; where less was received, somebody else is asked.
    private func decision(_ key: String) -> Model.Row? {
        guard key.hasPrefix("decision-") else { return nil }
        var decision = DepotDecision(key: key, delivery: 1, kind: .damaged, name: "Marie")
        (decision.gtin, decision.quantity, decision.reason) = (World.gtin, 1, key)
        return Model.Row.Decided(zone: "dock", text: decision.json.description, proof: []).map(Model.Row.decided)
    }

    mutating func ring() {
        let life = UrgentLane.life(of: .ringing)
        agent?.conversation.post(
            .call("c\(scans)-\(now.milliseconds)"), type: "quai.call", data: .null, life: life, at: now)
    }

    mutating func commit() {
        guard let agent else { return }
        _ = agent.outbox.turn(agent.writer, at: (now, now.milliseconds, true))
        if faulty_died(agentDisk) { return die("in a commit") }
        let status = agent.outbox.now
        if !status.account.isClosed { problem = "the agent's account does not close: \(status.account)" }
    }

    mutating func die(_ how: String) {
        tell("the agent dies \(how)")
        agent = nil
        agentBack = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        (linked, bulkLinked) = (false, false)
    }
}

extension World: UplinkShell {
    public var wall: Int64 { now.milliseconds }

    public var buffer: Outbox.Status { agent?.outbox.now ?? Outbox.Status() }

    public var isPressed: Bool { false }

    public mutating func publish(_ message: Conversation.Message) -> Bool {
        switch message {
        case .hello(let hello): send(.hello(hello), up: true)
        case .frame(let bytes):
            guard bulkLinked else { return false }
            send(.frame(bytes), up: true)
        case .urgent(let message, let ttl, _):
            if now >= message.expires { problem = "a stale call was sent" }
            let waited = now - max(message.created, heardSince)
            if message.sentAt == nil, waited > .milliseconds(40) {
                problem = "a call waited \(waited) behind scans on a line that was up"
            }
            send(.urgent(id: message.seq, expires: now + .seconds(Int64(ttl))), up: true)
        }
        return linked
    }

    public mutating func perform(_ step: Conversation.Step) {
        switch step {
        case .subscribe: for index in centres.indices where centres[index] != nil { announce(index, lives: true) }
        case .forget(let last, let refused): agent?.outbox.forget(upTo: last, refused: refused)
        case .reissue(let epoch, let reason):
            guard let agent else { return }
            tell("a new epoch: \(reason)")
            agent.outbox.reissue(leaving: epoch) {}
            _ = agent.outbox.turn(agent.writer, at: (now, now.milliseconds, true))
            if faulty_died(agentDisk) { die("while it opens a new epoch") }
        case .part(let reason): tell("stopped: \(reason)")
        case .delivering, .obey, .configure, .status: break
        }
    }

    public mutating func frame(epoch: UInt64, from first: UInt64, count: Int) -> Frame? {
        let rows = min(count, Int.random(in: 1...9, using: &dice))
        return (try? agent?.builder.frame(epoch: epoch, from: first, count: rows)) ?? nil
    }

    public mutating func refresh() { try? agent?.builder.refresh() }

    public func wrote(_ boot: Boot, seq: UInt64) -> Bool { agent?.builder.wrote(boot, seq: seq) ?? true }
}
