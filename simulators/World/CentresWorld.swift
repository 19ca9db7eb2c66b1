import Depot
import FaultyDisk
import Model
import PostgreSQL
import SQLite
import Uplink

/// Three centres, one PostgreSQL server with its standby, a broker and two agents on one virtual clock, from one seed: processes are killed and
/// stopped, also between any two statements, and wake up; lines to the server and to the broker are refused, swallow or break; commits are in
/// doubt; the server falls and its standby takes over. Lease, standing by, applier, outbox and the uplink's conversation are the product's own;
/// server, broker and lines are models.
///
/// The oracle: every accepted scan has its effect once (an asynchronous standby may have lost it, and then somebody was told); numbers never go
/// back, and under each one process commits; after everything was healed somebody works within `recovery`, and all arrives within `patience`.
public final class CentresWorld {
    public static let recovery: Duration = .seconds(25)
    public static let patience: Duration = .seconds(150)
    /// Faults come until then, in milliseconds; who was stopped in the midst as it worked stays so for another `frozen`.
    static let (troubled, frozen): (Int64, Int64) = (13_000, 40_000)
    /// Processes that wait within each other: beyond it time passes alone.
    static let depth = 24

    enum Message {
        case frame([UInt8])
        case hello(Hello)
        case urgent(UInt64)
    }

    enum Answer {
        case ack(Ack)
        case presence(Int, lives: Bool)
        case unheard
    }

    struct Travelling<Content> {
        var at: Int64
        var agent: Int
        /// The connection it travels on: what comes after a break is not delivered.
        var connection: Int
        var content: Content
    }

    let seed: UInt64
    var dice: Dice
    var now: Int64 = 1000
    var story: [String] = []
    var problem: String?
    var isFaulty = true
    var faults = 0
    var nextFault: Int64 = 1500

    let serverDisk: Int32
    let standbyDisk: Int32
    /// Its standby may lack the last commits.
    let isAsynchronous: Bool
    private(set) var server: SimulatedServer!
    /// A fate of the next commit.
    var fate: SimulatedServer.Fate?
    /// What happens to the server later, in order of being told.
    var later: [(at: Int64, what: () -> Void)] = []
    var hasLost = false
    private var healed: Int64 = 0
    private var worksAgain = false
    private var waiting = 0
    /// Who is in the midst of something, the outermost first: it goes on only when those within have.
    var within: [CentreProcess] = []

    var processes: [CentreProcess?] = [nil, nil, nil]
    var starts: [Int64] = [1000, 1100, 1200]
    var runs = 0
    /// From each centre's machine.
    var roads: [SimulatedConnection.Road] = [.open, .open, .open]
    var brokerRoads = [true, true, true]
    var brokerUp = true
    var agents: [DockAgent] = []
    var toCentre: [Travelling<Message>] = []
    var toAgent: [Travelling<Answer>] = []
    let notes = World.Notes()

    public convenience init(seed: UInt64) { self.init(seed: seed, mutant: nil) }

    package init(seed: UInt64, mutant: SimulatedServer.Mutant?) {
        self.seed = seed
        dice = Dice(seed: seed)
        isAsynchronous = seed % 5 == 0
        (serverDisk, standbyDisk) = (faulty_new(), faulty_new())
        faulty_copy(World.blank, serverDisk)
        server = SimulatedServer(
            disk: serverDisk, mutant: mutant, now: { [unowned self] in now },
            pass: { [unowned self] in pass(until: $0) },
            after: { [unowned self] in later.append(($0, $1)) })
        server.draw = { [unowned self] in Int.random(in: 0..<100, using: &dice) }
        server.fates = { [unowned self] in
            defer { fate = nil }
            return fate ?? .answered
        }
        do { for name in 0..<2 { agents.append(try DockAgent(name, in: self)) } } catch {
            problem = "no agent: \(error)"
        }
    }

    /// Gives the disks back.
    public func close() {
        for process in processes { process?.end() }
        processes = [nil, nil, nil]
        // What is open on a disk is closed before the disk goes.
        for one in later { one.what() }
        let disks = [serverDisk, standbyDisk] + agents.map(\.disk)
        (later, agents) = ([], [])
        for disk in disks { faulty_free(disk) }
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }
    func draw(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &dice) }
    func tell(_ text: String) { story.append("\(now) ms: \(text)") }

    // MARK: - A run

    public func run() -> World.Outcome {
        while problem == nil, !isQuiet { pass(until: now + 20) }
        if problem == nil { judge() }
        let accepted = notes.fates.values.count { $0 == .accepted }
        return World.Outcome(failure: problem, story: story, accepted: accepted, faults: faults)
    }

    /// Somebody works, and the database knows it.
    private var isAtWork: Bool {
        processes.contains { $0.map { $0.isReady && $0.id == server.rows.lease.holder && !$0.isStopped } ?? false }
    }

    /// All is done: nobody is waited for.
    var isQuiet: Bool {
        worksAgain && toCentre.isEmpty && toAgent.isEmpty && agents.allSatisfy { $0.outbox.now.account.pending == 0 }
            && processes.allSatisfy { $0.map { $0.inbox.isEmpty || $0.isStopped } ?? true }
    }

    /// Time goes by for everybody but whoever waits here: a process that waits for the server, or was stopped.
    func pass(until end: Int64) {
        waiting += 1
        defer { waiting -= 1 }
        guard waiting < CentresWorld.depth else {
            now = max(now, end)
            return
        }
        while now < end, problem == nil {
            now = min(end, now + draw(10...60))
            step()
        }
        now = max(now, end)
    }

    /// Nobody has to wait until it goes on.
    func isOutermost(_ process: CentreProcess) -> Bool {
        within.lastIndex { $0 === process }.map { last in within[..<last].allSatisfy { $0 === process } } ?? true
    }

    private func step() {
        if isFaulty, now >= CentresWorld.troubled {
            healed = now
            heal()
        }
        if isFaulty, now >= nextFault {
            nextFault = now + draw(100...900)
            misfortune()
        }
        if !isFaulty { watch() }
        let due = later.filter { $0.at <= now }
        later.removeAll { $0.at <= now }
        for one in due { one.what() }
        for agent in agents { agent.live() }
        deliver()
        for index in processes.indices { live(index) }
        if problem == nil { problem = server.problem }
    }

    /// Here, and not where a run waits for its end: who is stopped in the midst keeps that from going on, and nobody else.
    private func watch() {
        if !worksAgain, isAtWork {
            worksAgain = true
            tell("somebody works")
            // What comes now shows each agent what is missing.
            for agent in agents { agent.scan(1) }
        }
        if !worksAgain, now - healed > CentresWorld.recovery.milliseconds {
            problem = "nobody works \(CentresWorld.recovery) after everything was healed"
        }
        if now - healed > CentresWorld.patience.milliseconds {
            problem = "not everything is delivered \(CentresWorld.patience) after everything was healed"
        }
    }

    // MARK: - The oracle

    private func judge() {
        for index in processes.indices { fell(index, "at the end", again: 1 << 40) }
        server.endAll()
        var effects: [String: Int] = [:]
        var skipped: Int64 = 0
        do {
            let database = try Database(path: "file:/\(serverDisk)/ingest.db?vfs=faulty")
            for text in try database.rows(
                "SELECT record.subject FROM counted JOIN record USING (stream, seq)", map: { $0.text(0) })
            { effects[text, default: 0] += 1 }
            skipped = try database.integer("SELECT sum(skipped) FROM stream") ?? 0
            let open = try database.integer(
                """
                SELECT count(*) FROM stream WHERE applied + rejected <>
                    (SELECT count(*) FROM record WHERE record.stream=stream.id AND kind>=0)
                """)
            if open != 0 { problem = "the centre's account does not close" }
        } catch { problem = "the tables cannot be read: \(error)" }
        var lost: [String] = []
        for (text, fate) in notes.fates.sorted(by: { $0.key < $1.key }) {
            let count = effects[text] ?? 0
            if count > 1 { problem = "\(text.suffix(8)) had its effect \(count) times" }
            if fate == .accepted, count == 0 { lost.append(text) }
        }
        if !hasLost, skipped > 0 { problem = "\(skipped) records were declared lost" }
        if !hasLost, let text = lost.first { problem = "\(text.suffix(8)) was accepted and has no effect" }
        if hasLost, lost.count != Int(skipped) {
            problem = "\(lost.count) records are lost with the primary, and \(skipped) are said to be"
        }
    }
}
