import FaultyDisk
import Model
import SQLite
import Uplink

/// An agent in the world of three centres: outbox and conversation of the product, on a disk that does not fail.
final class DockAgent {
    let index: Int
    let disk: Int32
    let outbox: Outbox
    private let writer: Outbox.Writer
    private let builder: FrameBuilder
    private var conversation: Conversation
    /// Both connections.
    private(set) var isLinked = false
    private(set) var connection = 0
    private var backAt: Int64 = 0
    private var nextScan: Int64 = 0
    private var scans = 0
    private var isDue = true
    private unowned let world: CentresWorld

    init(_ index: Int, in world: CentresWorld) throws {
        (self.index, self.world, disk) = (index, world, faulty_new())
        let path = "file:/\(disk)/outbox.db?vfs=faulty"
        let file = try OutboxFile(path: path, random: &world.dice)
        let boot = try file.begin(kernel: "k", origin: 0, synced: true, wall: world.now, random: &world.dice)
        outbox = Outbox(file: file, boot: boot) { _ in }
        writer = Outbox.Writer(file: file, boot: boot, kernel: "k")
        builder = try FrameBuilder(path: path)
        try builder.refresh()
        conversation = Conversation(buffer: outbox.now, nonce: world.dice.next())
    }

    func live() {
        if !isLinked, world.brokerUp, world.now >= backAt {
            (isLinked, connection) = (true, connection + 1)
            take(.up(.urgent))
            take(.up(.bulk))
        }
        if world.isFaulty, world.now >= nextScan {
            nextScan = world.now + world.draw(200...1500)
            scan(Int(world.draw(1...4)))
        }
        guard isDue || conversation.deadline.map({ $0 <= now }) ?? false else { return }
        isDue = false
        commit()
        turn()
    }

    func scan(_ count: Int) {
        isDue = true
        for _ in 0..<count {
            scans += 1
            let text = "01\(World.gtin)21\(world.seed)-\(index)-\(scans)"
            world.notes.fates[text] = .unknown
            let row = Model.Row.barcode(device: "gate", zone: "dock", Barcode(symbology: "]C1", text: text))
            outbox.append([Outbox.Entry(row, at: now)]) { [notes = world.notes] outcome in
                if case .saved = outcome { notes.fates[text] = .accepted } else { notes.fates[text] = .refused }
            }
        }
    }

    private func commit() {
        _ = outbox.turn(writer, at: (now, world.now, true))
        if !outbox.now.account.isClosed { world.problem = "an agent's account does not close: \(outbox.now.account)" }
    }

    private func turn() {
        var (conversation, shell) = (conversation, self)
        conversation.turn(&shell)
        self.conversation = conversation
        if conversation.hasMore { isDue = true }
        if conversation.isStopped { world.problem = "the only machine was stopped" }
    }

    func take(_ event: Conversation.Event) {
        var (conversation, shell) = (conversation, self)
        conversation.take(event, &shell)
        self.conversation = conversation
        isDue = true
    }

    func unlink(for time: Int64) {
        guard isLinked else { return }
        (isLinked, backAt) = (false, world.now + time)
        take(.down(.bulk))
        take(.down(.urgent))
    }
}

extension DockAgent: UplinkShell {
    var now: Instant { .milliseconds(world.now) }
    var wall: Int64 { world.now }
    var buffer: Outbox.Status { outbox.now }
    var isPressed: Bool { false }

    func publish(_ message: Conversation.Message) -> Bool {
        guard isLinked else { return false }
        switch message {
        case .hello(let hello): world.send(.hello(hello), from: index)
        case .frame(let bytes): world.send(.frame(bytes), from: index)
        case .urgent(let message, _, _): world.send(.urgent(message.seq), from: index)
        }
        return true
    }

    func perform(_ step: Conversation.Step) {
        switch step {
        case .subscribe:
            for process in world.processes {
                if let process, process.isConnected { world.announce(process.index, lives: true, to: index) }
            }
        case .forget(let last, let refused):
            outbox.forget(upTo: last, refused: refused)
            commit()
        case .reissue(_, let reason): world.problem = "a buffer that never went back opens an epoch: \(reason)"
        case .part(let reason): world.problem = "stopped: \(reason)"
        case .delivering, .obey, .configure, .status: break
        }
    }

    func frame(epoch: UInt64, from first: UInt64, count: Int) -> Frame? {
        (try? builder.frame(epoch: epoch, from: first, count: min(count, Int(world.draw(1...9))))) ?? nil
    }

    func refresh() { try? builder.refresh() }
    func wrote(_ boot: Boot, seq: UInt64) -> Bool { builder.wrote(boot, seq: seq) }
}
