import Depot
import FaultyDisk
public import Model
import SQLite
import Uplink

/// One agent, one broker and one or two instances of the centre on one virtual clock, from one seed, with everything that
/// can fail in between: processes die between any two operations of their disk, power goes and takes what was not
/// synced, disks answer with errors or are full, images are restored, connections break, messages are lost, doubled and
/// late. Outbox, frames, the uplink's conversation, applier and both databases are the product's own; line, broker and disk
/// are models.
///
/// The oracle: every accepted scan and every decision made at the depot has its effect in the centre's inventory, once; both accounts close; no call is sent stale or
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
        case presence(Int, lives: Bool)
        case unheard
    }

    struct Travelling {
        var at: Instant
        var message: Message
        /// The connection it travels on: what comes after a break is not delivered.
        var connection: Int
    }

    /// What has become of a scan, as the person at the reader knows it.
    enum Fate { case accepted, refused, unknown }

    final class Notes: @unchecked Sendable {
        // Written by the outbox's turn, which the world calls: one thread.
        var fates: [String: Fate] = [:]
    }

    let seed: UInt64
    var dice: Dice
    public internal(set) var now = Instant.milliseconds(1000)
    var story: [String] = []
    var faults = 0

    let agentDisk: Int32
    let centreDisk: Int32
    let image: Int32
    var hasImage = false
    /// Accepted when the image was taken.
    var imaged: Set<String> = []
    var agent: Agent?
    var agentBack: Instant?
    var centres: [Applier?] = []
    var stores: [Store?] = []
    var centreBack: [Instant?] = []
    var connection = 0
    /// The urgent connection stands; without it the other one does not either.
    var linked = false
    var bulkLinked = false
    /// Since when a call could be sent at once.
    var heardSince = Instant.zero
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
    static let blank: Int32 = {
        faulty_register()
        let disk = faulty_new()
        let store = try! Store(path: "file:/\(disk)/ingest.db?vfs=faulty")
        _ = try! Import.deliveries(
            CSV(Array("delivery_note;supplier;gtin;description;quantity\nBL-1;S;\(gtin);D;1000000\n".utf8)),
            into: store,
            dryRun: false, now: 0)
        _ = try! store.deliveries.open(delivery: 1, zone: "dock", by: Author("simulation"), at: 0)
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

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }

    mutating func tell(_ text: String) { story.append("\(now.milliseconds) ms: \(text)") }

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
        return agent.outbox.now.account.pending == 0 && agent.conversation.lane.messages.isEmpty && toCentre.isEmpty
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
        converse()
    }

    // MARK: the oracle

    private mutating func judge() {
        var effects: [String: Int] = [:]
        do {
            let store = try Store(path: "file:/\(centreDisk)/ingest.db?vfs=faulty")
            for text in try store.database.rows(
                "SELECT record.subject FROM counted JOIN record USING (stream, seq)", map: { $0.text(0) })
            { effects[text, default: 0] += 1 }
            // What was decided is done once, or somebody is asked once.
            for (key, count) in try store.database.rows(
                """
                SELECT key, (state='proposed') + (SELECT count(*) FROM decision WHERE decision.reason=depot_decision.key)
                FROM depot_decision
                """, map: { ($0.text(0), Int($0.integer(1))) })
            { effects[key, default: 0] += count }
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
