import Depot
import Model
import SQLite

/// A process of the centre in the world of three: it stands by, works, and ends when another took over (`CentreDuty`); a thread for the lease
/// and one that writes.
final class CentreProcess {
    let index: Int
    let id: String
    private(set) var epoch: Int64?
    private(set) var isReady = false
    private(set) var isDead = false
    /// Between the next so many calls of the server it is stopped, for so long; or killed.
    var stop: (after: Int, time: Int64)?
    var kill: Int?
    var stoppedUntil: Int64 = 0
    /// By plan, with its next turn.
    var isToldToEnd = false
    /// At the broker.
    var isConnected = false
    var inbox: [(agent: Int, message: CentresWorld.Message)] = []
    private var seat: CentreSeat?
    private var applier: Applier?
    private var lines: [SimulatedConnection] = []
    private var due: Int64 = 0
    private var isAsking = false
    private var isWriting = false
    private unowned let world: CentresWorld

    init(_ index: Int, run: Int, in world: CentresWorld) {
        (self.index, self.world) = (index, world)
        id = "p\(run)"
    }

    var isStopped: Bool { world.now < stoppedUntil }

    private func line(file: String? = nil) throws(SQLiteError) -> SimulatedConnection {
        let line = try SimulatedConnection(
            world.server, file: file, road: { [unowned world, index] in world.roads[index] },
            turn: { [unowned self] () throws(SQLiteError) in try self.turn() })
        lines.append(line)
        return line
    }

    /// What may happen between any two things that it asks of the server.
    private func turn() throws(SQLiteError) {
        if let plan = stop {
            stop = plan.after > 0 ? (plan.after - 1, plan.time) : nil
            if plan.after == 0 {
                stoppedUntil = world.now + plan.time
                world.tell("\(id) is stopped for \(plan.time) ms in the midst")
            }
        }
        if let left = kill {
            kill = left - 1
            if left == 0 { world.fell(index, "in the midst") }
        }
        while !isDead, isStopped, !world.isQuiet { world.pass(until: min(stoppedUntil, world.now + 100)) }
        if isDead { throw SimulatedConnection.lost() }
    }

    /// Its connections go with it.
    func end() {
        isDead = true
        (isReady, isConnected) = (false, false)
        for line in lines { line.close() }
        (seat, applier, lines, inbox) = (nil, nil, [], [])
    }

    /// What is due on its threads.
    func live() {
        guard !isDead, !isStopped else { return }
        world.within.append(self)
        defer { world.within.removeLast() }
        if isToldToEnd {
            isToldToEnd = false
            if let epoch { try? seat?.release(epoch) }
            return world.fell(index, "by plan")
        }
        if !isAsking, world.now >= due {
            isAsking = true
            defer { isAsking = false }
            lease()
            due = world.now + (epoch == nil ? CentreSeat.look : CentreSeat.renewal)
        }
        guard !isDead, !isStopped, isReady, !isWriting, !inbox.isEmpty else { return }
        isWriting = true
        defer { isWriting = false }
        work()
    }

    // MARK: - The lease

    private func lease() {
        do {
            if seat == nil { seat = try CentreSeat(on: line(), id: id, name: "centre-\(index)", version: "1") }
            guard let seat else { return }
            if let epoch {
                let isOurs = try seat.renew(epoch)
                if !isOurs, !isDead { world.fell(index, "for another took over from \(epoch)") }
            } else if case .works(let epoch) = try seat.claim(), !isDead {
                self.epoch = epoch
                world.tell("\(id) works under \(epoch)")
                try begin(epoch)
            }
        } catch {
            // Without a seat, or without tables, it cannot begin: it ends, and systemd begins it anew.
            if !isDead, seat == nil || epoch != nil && !isReady { world.fell(index, "as it begins: \(error)") }
        }
    }

    private func begin(_ epoch: Int64) throws {
        let line = try line(file: "file:/\(world.serverDisk)/ingest.db?vfs=faulty")
        try line.serve(epoch, of: id)
        let applier = Applier(store: try Store(Database(line, path: "simulated")))
        guard !isDead else { return }
        (self.applier, isReady) = (applier, true)
    }

    // MARK: - What agents say

    private func work() {
        var frames: [(agent: String, payload: [UInt8])] = []
        let letters = inbox
        inbox = []
        for letter in letters {
            guard !isDead else { return }
            switch letter.message {
            case .frame(let bytes): frames.append(("dock-\(letter.agent)", bytes))
            case .hello(let hello):
                apply(&frames)
                greet(hello, letter.agent)
            case .urgent(let id):
                answer(letter.agent, Ack(epoch: 0, lane: .urgent, cumulative: 0, selective: [id...id]))
            }
        }
        apply(&frames)
    }

    private func apply(_ frames: inout [(agent: String, payload: [UInt8])]) {
        defer { frames = [] }
        // Where it fails there is no ack: the agents send again.
        guard !isDead, !frames.isEmpty, let applier, let result = try? applier.apply(frames, at: world.now) else {
            return
        }
        for (agent, ack) in result.acks { answer(agent.last?.wholeNumberValue ?? 0, ack) }
        if let refused = result.refused.first { world.problem = "a frame was refused: \(refused.reason)" }
    }

    private func greet(_ hello: Hello, _ agent: Int) {
        guard !isDead, let applier,
            let (ack, lost) = try? applier.greet(hello, agent: "dock-\(agent)", at: world.now)
        else { return }
        if !lost.isEmpty {
            world.tell("\(id) declares lost: \(lost)")
            if !world.hasLost { world.problem = "records were declared lost: \(lost)" }
        }
        answer(agent, ack)
    }

    private func answer(_ agent: Int, _ ack: Ack) {
        guard !isDead, isConnected else { return }
        world.send(.ack(ack), to: agent)
    }
}
