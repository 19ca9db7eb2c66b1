import Depot
import FaultyDisk
import Model
import SQLite
import Uplink

/// One agent, one broker and one or two instances of the centre on one virtual clock, from one seed, with everything that
/// can fail in between: processes die between any two operations of their disk, power goes and takes what was not
/// synced, disks answer with errors or are full, images are restored, connections break, messages are lost, doubled and
/// late. Outbox, delivery, frames, applier and both databases are the product's own; line, broker and disk are models.
///
/// The oracle: every accepted scan has its effect in the centre's inventory, once; both accounts close; no call is sent stale or
/// waits behind scans; and once everything is healed all of it arrives within `patience`.
public struct World {
    /// What a run showed.
    public struct Outcome: Sendable {
        /// Nil when all is well.
        public var failure: String?
        /// What happened, in order: shown for a seed that fails.
        public var story: [String]
        public var accepted = 0
        public var faults = 0
    }

    /// After everything was healed, all must have arrived within this time.
    public static let patience: Duration = .seconds(180)
    static let gtin = "03608439390616"

    enum Message {
        case frame([UInt8])
        case hello(Hello)
        case ack(Ack)
        case urgent(id: UInt64, expires: Instant)
        case taken(id: UInt64)
    }

    struct Travelling {
        var at: Instant
        var message: Message
        /// The connection it travels on: what comes after a break is not delivered.
        var connection: Int
    }

    /// A process of the agent, with what it would lose when it dies.
    final class Agent {
        let outbox: Outbox
        let writer: Outbox.Writer
        let builder: FrameBuilder
        let boot: Boot
        let nonce: UInt64
        var delivery: Delivery
        var lane: UrgentLane
        var isStopped = false

        init(path: String, now: Instant, random: inout Dice) throws {
            let file = try OutboxFile(path: path, random: &random)
            boot = try file.begin(kernel: "k", origin: 0, synced: true, wall: now.milliseconds, random: &random)
            outbox = Outbox(file: file, boot: boot) { _ in }
            writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
            builder = try FrameBuilder(path: path)
            try builder.refresh()
            nonce = random.next()
            let status = outbox.now
            delivery = Delivery(
                epoch: status.epoch, nonce: nonce, frontier: status.forgotten, highest: status.next - 1,
                pendingBytes: Int(status.account.pending) * 40)
            lane = UrgentLane(next: boot.counter << 32 | 1)
        }
    }

    /// What has become of a scan, as the person at the reader knows it.
    enum Fate { case accepted, refused, unknown }

    final class Notes: @unchecked Sendable {
        // Written by the outbox's turn, which the world calls: one thread.
        var fates: [String: Fate] = [:]
    }

    let seed: UInt64
    var dice: Dice
    var now = Instant.milliseconds(1000)
    var story: [String] = []
    var faults = 0

    let agentDisk: Int32
    let centreDisk: Int32
    let image: Int32
    var hasImage = false
    var agent: Agent?
    var agentBack: Instant?
    var centres: [Applier?] = []
    var stores: [Store?] = []
    var centreBack: [Instant?] = []
    var connection = 0
    var linked = false
    /// Since when a call could be sent at once.
    var linkedSince = Instant.zero
    var brokerUp = true
    var toCentre: [Travelling] = []
    var toAgent: [Travelling] = []
    var isFaulty = true

    let notes = Notes()
    var scans = 0
    /// Accepted, and gone with a restored image before they were delivered: physics, not delivery.
    var lostWithDisk: Set<String> = []
    var problem: String?

    /// A fresh centre, made once and copied: its tables take longer than a run.
    private static let blank: Int32 = {
        faulty_register()
        let disk = faulty_new()
        let store = try! Store(path: "file:/\(disk)/ingest.db?vfs=faulty")
        _ = try! Import.deliveries(
            CSV(Array("delivery_note;supplier;gtin;description;quantity\nBL-1;S;\(gtin);D;1000000\n".utf8)),
            into: store,
            dryRun: false, now: 0)
        _ = try! store.open(delivery: 1, zone: "dock", by: Author("simulation"), at: 0)
        return disk
    }()

    public init(seed: UInt64) {
        self.seed = seed
        dice = Dice(seed: seed)
        _ = World.blank
        (agentDisk, centreDisk, image) = (faulty_new(), faulty_new(), faulty_new())
        faulty_copy(World.blank, centreDisk)
        let instances = chance(30) ? 2 : 1
        centres = Array(repeating: nil, count: instances)
        stores = Array(repeating: nil, count: instances)
        centreBack = Array(repeating: now, count: instances)
        agentBack = now
    }

    /// Gives the disks back.
    public mutating func close() {
        agent = nil
        centres = []
        stores = []
        for disk in [agentDisk, centreDisk, image] { faulty_free(disk) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }

    private mutating func tell(_ text: String) { story.append("\(now.milliseconds) ms: \(text)") }

    // MARK: a run

    public mutating func run(steps: Int = 80) -> Outcome {
        for _ in 0..<steps where problem == nil { step() }
        heal()
        let healed = now
        while problem == nil, !isQuiet {
            step()
            if now - healed > World.patience {
                let status = agent?.outbox.now
                problem =
                    "not delivered \(World.patience) after everything was healed: \(status?.account.pending ?? 0) wait of \(status?.account.produced ?? 0)"
            }
        }
        if problem == nil { judge() }
        return Outcome(
            failure: problem, story: story, accepted: notes.fates.values.count { $0 == .accepted }, faults: faults)
    }

    private var isQuiet: Bool {
        guard let agent else { return false }
        return agent.outbox.now.account.pending == 0 && agent.lane.messages.isEmpty && toCentre.isEmpty
            && toAgent.isEmpty
    }

    private mutating func heal() {
        tell("everything is healed")
        isFaulty = false
        faulty_heal(agentDisk)
        faulty_heal(centreDisk)
        brokerUp = true
    }

    private mutating func step() {
        now = now + .milliseconds(Int64.random(in: 1...40, using: &dice))
        if isFaulty, chance(25) { misfortune() }
        revive()
        if isFaulty, chance(60) { scan(Int.random(in: 1...6, using: &dice)) }
        if isFaulty, chance(10) { ring() }
        commit()
        deliver()
        work()
    }

    // MARK: the agent

    private mutating func revive() {
        if agent == nil, let due = agentBack, now >= due {
            do {
                agent = try Agent(path: "file:/\(agentDisk)/outbox.db?vfs=faulty", now: now, random: &dice)
                agentBack = nil
                linked = false
                tell(
                    "the agent starts in epoch \(Hex.word(agent!.outbox.now.epoch).prefix(4)), run \(agent!.boot.counter)"
                )
            } catch {
                agent = nil
                agentBack = now + .milliseconds(200)
                if let sqlite = error as? SQLiteError, sqlite.isCorrupt { problem = "the buffer is damaged: \(sqlite)" }
            }
        }
        for index in centres.indices where centres[index] == nil {
            guard let due = centreBack[index], now >= due else { continue }
            do {
                let store = try Store(path: "file:/\(centreDisk)/ingest.db?vfs=faulty")
                (stores[index], centres[index]) = (store, Applier(store: store))
                centreBack[index] = nil
                tell("the centre \(index) starts")
            } catch {
                centreBack[index] = now + .milliseconds(200)
                // What hit it while it opened the file hit the other one, too.
                if faulty_died(centreDisk) { fell(index, "as it starts") }
                if let sqlite = error as? SQLiteError, sqlite.isCorrupt {
                    problem = "the database is damaged: \(sqlite)"
                }
            }
        }
        if !linked, agent?.isStopped == false, brokerUp, !isFaulty || chance(40) {
            linked = true
            linkedSince = now
            connection += 1
            if let agent, centres.contains(where: { $0 != nil }) {
                perform(agent.delivery.connected(at: now))
            }
        }
    }

    private mutating func scan(_ count: Int) {
        guard let agent else { return }
        for _ in 0..<count {
            scans += 1
            let text = "01\(World.gtin)21\(seed)-\(scans)"
            notes.fates[text] = .unknown
            let row = Model.Row.barcode(device: "gate", zone: "dock", Barcode(symbology: "]C1", text: text))
            agent.outbox.append([Outbox.Entry(row, at: now)]) { [notes] outcome in
                switch outcome {
                case .saved: notes.fates[text] = .accepted
                case .refused: notes.fates[text] = .refused
                }
            }
        }
    }

    private mutating func ring() {
        guard let agent else { return }
        let life = UrgentLane.life(of: .ringing)
        agent.lane.post(.call("c\(scans)-\(now.milliseconds)"), type: "quai.call", data: .null, life: life, at: now)
    }

    private mutating func commit() {
        guard let agent else { return }
        _ = agent.outbox.turn(agent.writer, at: (now, now.milliseconds, true))
        if faulty_died(agentDisk) { return die("in a commit") }
        let status = agent.outbox.now
        if !status.account.isClosed { problem = "the agent's account does not close: \(status.account)" }
        if status.epoch == agent.delivery.epoch, status.next > 1 {
            agent.delivery.appended(upTo: status.next - 1, bytes: 40)
        }
    }

    private mutating func die(_ how: String) {
        tell("the agent dies \(how)")
        agent = nil
        agentBack = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        linked = false
    }

    /// What the uplink's loop does in a turn.
    private mutating func work() {
        guard let agent, linked, !agent.isStopped else { return }
        perform(agent.delivery.tick(at: now))
        if agent.delivery.isDown, brokerUp { perform(agent.delivery.connected(at: now)) }
        for (message, ttl) in agent.lane.due(at: now) {
            if now >= message.expires { problem = "a stale call was sent" }
            let waited = now - max(message.created, linkedSince)
            if message.sentAt == nil, waited > .milliseconds(40) {
                problem = "a call waited \(waited) behind scans on a line that was up"
            }
            send(.urgent(id: message.seq, expires: now + .seconds(Int64(ttl))), up: true)
            agent.lane.sent(message.seq, at: now)
        }
        for _ in 0..<6 {
            guard case .frame(let first, let count)? = agent.delivery.ready(at: now) else { break }
            guard
                let frame = try? agent.builder.frame(
                    epoch: agent.delivery.epoch, from: first, count: min(count, Int.random(in: 1...9, using: &dice)))
            else { break }
            let bytes = frame.encoded
            send(.frame(bytes), up: true)
            agent.delivery.sent(
                first: frame.first, last: frame.last, rows: frame.count * 40, bytes: bytes.count, at: now)
        }
    }

    private mutating func perform(_ steps: [Delivery.Step]) {
        guard let agent else { return }
        for step in steps {
            switch step {
            case .hello:
                try? agent.builder.refresh()
                send(
                    .hello(
                        Hello(
                            epoch: agent.delivery.epoch, boot: agent.boot, nonce: agent.nonce,
                            bulk: .init(
                                lowest: agent.delivery.frontier + 1,
                                highest: max(agent.delivery.highest, agent.delivery.frontier)),
                            urgent: agent.lane.extent, clock: now.milliseconds)), up: true)
            case .forget(let last, let refused): agent.outbox.forget(upTo: last, refused: refused)
            case .reissue(let reason):
                tell("a new epoch: \(reason)")
                agent.outbox.reissue(leaving: agent.delivery.epoch) {}
                _ = agent.outbox.turn(agent.writer, at: (now, now.milliseconds, true))
                if faulty_died(agentDisk) { return die("while it opens a new epoch") }
                let status = agent.outbox.now
                guard status.epoch != agent.delivery.epoch else { continue }
                try? agent.builder.refresh()
                perform(
                    agent.delivery.restarted(
                        epoch: status.epoch, highest: status.next - 1,
                        pendingBytes: Int(status.account.pending) * 40, at: now))
            case .stop(let reason):
                tell("stopped: \(reason)")
                agent.isStopped = true
                problem = "the only machine was stopped"
            }
        }
    }

    // MARK: between

    private mutating func send(_ message: Message, up: Bool) {
        guard brokerUp, linked else { return }
        if isFaulty, chance(6) { return }
        for _ in 0..<(isFaulty && chance(8) ? 2 : 1) {
            let delay = Int64.random(in: 1...(isFaulty ? 120 : 5), using: &dice)
            var piece = Travelling(at: now + .milliseconds(delay), message: message, connection: connection)
            if up {
                // Hellos and frames come on two connections of one machine: each keeps its order.
                let isBulk = if case .frame = message { true } else { false }
                let before = toCentre.last {
                    let other = if case .frame = $0.message { true } else { false }
                    return other == isBulk && $0.connection == connection
                }
                if let before, before.at > piece.at { piece.at = before.at }
                toCentre.append(piece)
            } else {
                toAgent.append(piece)
            }
        }
    }

    private mutating func deliver() {
        let due = toCentre.filter { $0.at <= now }
        toCentre.removeAll { $0.at <= now }
        for index in centres.indices {
            var frames: [(agent: String, payload: [UInt8])] = []
            for piece in due {
                // Every instance hears everything. Frames and hellos keep their order.
                if case .frame(let bytes) = piece.message {
                    frames.append(("dock", bytes))
                    continue
                }
                apply(&frames, index)
                if case .hello(let hello) = piece.message { greet(hello, index) }
                if case .urgent(let id, let expires) = piece.message, index == 0, centres[0] != nil {
                    if now >= expires { problem = "a stale call reached the centre" }
                    reply(.taken(id: id))
                }
            }
            apply(&frames, index)
        }
        let back = toAgent.filter { $0.at <= now }
        toAgent.removeAll { $0.at <= now }
        for piece in back where linked && piece.connection == connection {
            guard let agent else { break }
            switch piece.message {
            case .ack(let ack):
                if ack.hello != nil { try? agent.builder.refresh() }
                let wrote = ack.boot.map { agent.builder.wrote($0, seq: ack.tip ?? ack.cumulative) } ?? true
                perform(agent.delivery.acknowledged(ack, wroteTip: wrote, at: now))
            case .taken(let id):
                agent.lane.acknowledged(Ack(epoch: 0, lane: .urgent, cumulative: 0, selective: [id...id]))
            default: break
            }
        }
    }

    // MARK: the centre

    private mutating func apply(_ frames: inout [(agent: String, payload: [UInt8])], _ index: Int) {
        defer { frames = [] }
        guard let applier = centres[index], !frames.isEmpty else { return }
        do {
            let result = try applier.apply(frames, at: now.milliseconds)
            // Dies between the commit and the acknowledgement.
            if isFaulty, chance(4) { return fell(index, "before it acknowledges") }
            for (_, ack) in result.acks { reply(.ack(ack)) }
            if let refused = result.refused.first { problem = "a frame was refused: \(refused.reason)" }
        } catch {
            if faulty_died(centreDisk) { fell(index, "in a transaction") }
        }
    }

    private mutating func greet(_ hello: Hello, _ index: Int) {
        guard let applier = centres[index] else { return }
        do {
            let (ack, lost) = try applier.greet(hello, agent: "dock", at: now.milliseconds)
            if !lost.isEmpty { problem = "records were declared lost: \(lost)" }
            reply(.ack(ack))
        } catch {
            if faulty_died(centreDisk) { fell(index, "in a greeting") }
        }
    }

    private mutating func reply(_ message: Message) { send(message, up: false) }

    private mutating func fell(_ index: Int, _ how: String) {
        tell("the centre \(index) dies \(how)")
        // A disk that lost power takes all instances along.
        for other in centres.indices where other == index || faulty_died(centreDisk) {
            (centres[other], stores[other]) = (nil, nil)
            centreBack[other] = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        }
    }

    // MARK: misfortunes

    private mutating func misfortune() {
        faults += 1
        let after = Int32.random(in: 0...25, using: &dice)
        switch Int.random(in: 0..<14, using: &dice) {
        case 0, 1:
            faulty_plan(agentDisk, FAULTY_KILL, after, dice.next())
            tell("the agent will be killed \(after) disk operations from now")
        case 2, 3:
            faulty_plan(agentDisk, FAULTY_POWER, after, dice.next())
            tell("the agent's power will go \(after) disk operations from now")
        case 4:
            faulty_plan(agentDisk, FAULTY_EIO, after, 0)
            tell("the agent's disk will answer with an error \(after) operations from now")
        case 5:
            faulty_plan(agentDisk, FAULTY_FULL, after, 0)
            tell("the agent's disk will be full \(after) operations from now")
        case 6:
            faulty_heal(agentDisk)
            faulty_heal(centreDisk)
        case 7:
            faulty_plan(centreDisk, FAULTY_KILL, after, 0)
            tell("the centre will be killed \(after) disk operations from now")
        case 8:
            faulty_plan(centreDisk, FAULTY_POWER, after, dice.next())
            tell("the centre's power will go \(after) disk operations from now")
        case 9:
            faulty_plan(centreDisk, chance(50) ? FAULTY_EIO : FAULTY_FULL, after, 0)
            tell("the centre's disk will fail \(after) operations from now")
        case 10:
            brokerUp.toggle()
            tell(brokerUp ? "the broker is back" : "the broker dies")
            if !brokerUp {
                // It forgets everything; connections break.
                toCentre = []
                toAgent = []
                unlink()
            }
        case 11:
            tell("the line breaks")
            unlink()
        case 12:
            if agent != nil { die("at once") }
        default: restore()
        }
    }

    private mutating func unlink() {
        linked = false
        agent?.delivery.disconnected()
        agent?.lane.disconnected()
    }

    /// The agent's disk goes back to an image taken earlier, or an image is taken.
    private mutating func restore() {
        guard hasImage else {
            guard let agent, agent.outbox.now.trouble == nil else { return }
            faulty_copy(agentDisk, image)
            // The copy's handles are nobody's; the agent goes on.
            hasImage = true
            imaged = Set(notes.fates.filter { $0.value == .accepted }.keys)
            return tell("an image of the agent's disk is taken")
        }
        hasImage = false
        // The machine is off when its image is put back, and what it had sent has arrived or is gone.
        agent = nil
        toCentre.removeAll { piece in if case .frame = piece.message { true } else { false } }
        toAgent = []
        linked = false
        faulty_heal(agentDisk)
        faulty_copy(image, agentDisk)
        agentBack = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        for (text, fate) in notes.fates where fate == .accepted && !imaged.contains(text) { lostWithDisk.insert(text) }
        tell("the agent's disk is restored from its image")
    }

    private var imaged: Set<String> = []

    // MARK: the oracle

    private mutating func judge() {
        var effects: [String: Int] = [:]
        do {
            let store = try Store(path: "file:/\(centreDisk)/ingest.db?vfs=faulty")
            for text in try store.database.rows(
                "SELECT record.subject FROM counted JOIN record USING (stream, seq)", map: { $0.text(0) })
            { effects[text, default: 0] += 1 }
            let open = try store.database.integer(
                """
                SELECT count(*) FROM stream WHERE applied + rejected + skipped <>
                    (SELECT count(*) FROM record WHERE record.stream=stream.id AND kind>=0)
                """)
            if open != 0 { problem = "the centre's account does not close" }
        } catch {
            problem = "the centre cannot be read: \(error)"
            return
        }
        for (text, fate) in notes.fates.sorted(by: { $0.key < $1.key }) {
            let count = effects[text] ?? 0
            if count > 1 {
                problem = "\(text.suffix(8)) had its effect \(count) times"
                return
            }
            if fate == .accepted, count == 0, !lostWithDisk.contains(text) {
                problem = "\(text.suffix(8)) was accepted and has no effect"
                return
            }
        }
        if let text = effects.keys.first(where: { notes.fates[$0] == nil }) { problem = "\(text) was never scanned" }
    }
}

/// The same numbers from the same seed, everywhere (SplitMix64).
public struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
