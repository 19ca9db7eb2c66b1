import ArgumentParser
import Devices
import Glibc
import Model
import Platform
import Rig
import SQLite

/// Real processes, killed and cut off at random while somebody scans; a ledger that knows nothing of the product's code
/// decides whether every accepted scan is in the centre exactly once.
struct Torture: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kill, stop and cut off everything while scanning; exit non-zero when a scan is lost or doubled.")

    @Option(help: "Same seed, same faults.") var seed: UInt64 = 1
    @Option(help: "Faults to inflict.") var cycles = 50
    @Option(help: "Folder; removed when all went well.") var folder: String?
    @Option(help: "Folder with edge-agent and edge-ingest; the default is beside this program.") var binaries: String?

    /// What is being received: each scan is one piece of it.
    static let note = "BL-T"
    private static let gtin = "03608439390616"
    /// MiB of the agent's buffer: small, so that it can be filled.
    private static let budget = 1

    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let base = folder ?? "/tmp/quai-torture-\(getpid())"
        var ledger = Ledger()
        var counts: [String: Int] = [:]
        do {
            let stand = try Stand(folder: base, binaries: binaries ?? Torture.ownFolder)
            defer { stand.stop() }
            stand.agentHost = try TroubledHost(binaries: stand.binaries, path: "\(base)/agent-host")
            stand.ingestHost = try TroubledHost(binaries: stand.binaries, path: "\(base)/ingest-host")
            if stand.agentHost == nil {
                Terminal.line("without libquai-faulty-host.so no clock is wrong and no disk is bad")
            }
            let scanner = try stand.add("gate", "barcode")
            try stand.writeConfiguration(
                readers: [("gate", "barcode", "dock-1")], extra: "[buffer]\nbudget-mib = \(Torture.budget)")
            try Files.write(
                Array(
                    "delivery_note;supplier;gtin;description;quantity\n\(Torture.note);S;\(Torture.gtin);D;1000000\n"
                        .utf8),
                to: "\(base)/deliveries.csv")
            ChildProcess.run(
                "\(stand.binaries)/edge-ingest",
                ["import", "deliveries", "\(base)/deliveries.csv", "--config", "\(base)/ingest.toml"],
                log: "\(base)/ingest.log")
            try stand.startBroker()
            try stand.startIngest()
            try stand.startAgent()
            let tail = Acceptance(socket: stand.controlSocket)
            defer { tail.stop() }
            guard tail.waitAttached(milliseconds: 20_000) else {
                throw Exit.say("the agent does not start; see \(base)/agent.log")
            }
            scanner.perform(.scan(Torture.note))
            // The first fault may be the end of the buffer that has the note: without an open delivery no scan has an effect.
            guard tail.waitFor(Torture.note, milliseconds: 5000), Torture.waitForDelivery(stand) else {
                throw Exit.say("the delivery is not opened")
            }
            var dice = Dice(state: seed)
            for cycle in 1...cycles {
                let fault = try inflict(Scene(stand: stand, scanner: scanner, tail: tail, cycle: cycle), &dice, &ledger)
                counts[fault, default: 0] += 1
                for number in 1...Int.random(in: 1...8, using: &dice) {
                    scan("\(seed)-\(cycle)-\(number)", scanner, tail, &ledger)
                }
                try heal(stand, &dice)
                if cycle % 20 == 0 { Terminal.line("cycle \(cycle): \(ledger.accepted.count) scans accepted") }
            }
            try settle(stand, tail)
            try verdict(stand, ledger, counts, tail.all)
        } catch let code as ExitCode {
            throw code
        } catch { throw Exit.say("\(error)") }
        if folder == nil { Torture.remove(base) }
    }

    private static func waitForDelivery(_ stand: Stand) -> Bool {
        for _ in 0..<400 {
            let status = try? Database(path: stand.database, readOnly: true).text(
                "SELECT status FROM delivery WHERE note=?", .text(Torture.note))
            if status == "open" { return true }
            usleep(50_000)
        }
        return false
    }

    private static var ownFolder: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, 4095)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private static func remove(_ folder: String) {
        if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() }
    }

    // MARK: faults

    /// Every fault by its name, and how often it comes among a hundred.
    private enum Fault: String, CaseIterable {
        case agentKilled = "agent killed"
        case ingestKilled = "ingest killed"
        case brokerKilled = "broker killed"
        case brokerRestarted = "broker restarted"
        case linkCut = "link cut"
        case linkSlow = "link slowed to 256 kbit/s"
        case stopped = "stopped for a while"
        case allKilled = "everything killed"
        case cloned = "buffer copied to a second machine"
        case deleted = "buffer deleted"
        case damaged = "buffer damaged, then salvaged"
        case restored = "centre restored from a backup"
        case clock = "a clock wrong by hours or years"
        case agentDisk = "agent's disk full, read-only or failing"
        case ingestDisk = "centre's disk full, read-only or failing"
        case filled = "buffer filled to the brim"

        var weight: Int {
            switch self {
            case .agentKilled, .ingestKilled: 20
            case .brokerKilled, .linkCut, .stopped, .allKilled: 10
            case .brokerRestarted, .linkSlow, .clock, .agentDisk, .ingestDisk: 5
            case .filled: 1
            case .cloned, .deleted, .damaged, .restored: 2
            }
        }
    }

    private func draw(_ dice: inout Dice) -> Fault {
        let all = Fault.allCases
        var number = Int.random(in: 0..<all.reduce(0) { $0 + $1.weight }, using: &dice)
        return all.first {
            number -= $0.weight
            return number < 0
        }!
    }

    private struct Scene {
        var stand: Stand
        var scanner: any SimulatedLine
        var tail: Acceptance
        var cycle: Int
    }

    private func inflict(_ scene: Scene, _ dice: inout Dice, _ ledger: inout Ledger) throws -> String {
        let (fault, stand) = (draw(&dice), scene.stand)
        switch fault {
        case .agentKilled:
            stand.agent?.killHard()
            try stand.startAgent()
        case .ingestKilled: stand.ingest?.killHard()
        case .brokerKilled: stand.broker?.killHard()
        case .brokerRestarted:
            stand.broker?.terminate()
            try stand.startBroker()
        case .linkCut: stand.proxy.cut()
        case .linkSlow: stand.proxy.shape(.init(bitsPerSecond: 256_000, delay: .milliseconds(100)))
        case .stopped:
            let victim = [stand.agent, stand.ingest, stand.broker].randomElement(using: &dice)!
            victim?.send(SIGSTOP)
            usleep(UInt32.random(in: 1000...200_000, using: &dice))
            victim?.send(SIGCONT)
        case .allKilled:
            stand.agent?.killHard()
            stand.ingest?.killHard()
            stand.broker?.killHard()
            try stand.startAgent()
        case .cloned:
            stand.agent?.killHard()
            let clone = try stand.startClone()
            try stand.startAgent()
            usleep(UInt32.random(in: 100_000...2_000_000, using: &dice))
            clone.killHard()
            // One of the two was told to stop, and it need not be the copy.
            stand.agent?.killHard()
            try stand.startAgent()
        case .deleted:
            stand.agent?.killHard()
            ledger.gone(notIn: stored(stand))
            for suffix in ["", "-wal", "-shm"] { unlink("\(stand.folder)/agent/outbox.db\(suffix)") }
            try stand.startAgent()
        case .damaged:
            stand.agent?.killHard()
            ledger.gone(notIn: stored(stand))
            try damage("\(stand.folder)/agent/outbox.db", &dice)
            try stand.startAgent()
            usleep(300_000)
            stand.agent?.killHard()
            salvage(stand)
            try stand.startAgent()
        case .restored:
            stand.ingest?.killHard()
            let (folder, backup) = ("\(stand.folder)/ingest", "\(stand.folder)/backup")
            if Files.exists(backup), Bool.random(using: &dice) {
                let before = stored(stand)
                ledger.declared += declared(stand)
                ChildProcess.run("rm", ["-rf", folder])
                ChildProcess.run("cp", ["-r", backup, folder])
                ledger.takenBack.formUnion(before.subtracting(stored(stand)))
            } else {
                ChildProcess.run("rm", ["-rf", backup])
                ChildProcess.run("cp", ["-r", folder, backup])
            }
        case .clock:
            let host = [stand.agentHost, stand.ingestHost].randomElement(using: &dice)!
            let hours = [-175_000, -24, -1, 1, 24, 87_000].randomElement(using: &dice)!
            host?.set(clockOff: .seconds(Int64(hours) * 3600))
            if Bool.random(using: &dice) {
                stand.agent?.killHard()
                try stand.startAgent()
            }
        case .agentDisk:
            // Nobody hears a beep meanwhile.
            stand.agentHost?.set(disk: [.full, .readOnly, .broken].randomElement(using: &dice)!)
            if Bool.random(using: &dice) {
                stand.agent?.killHard()
                try stand.startAgent()
            }
            for number in 1...3 { attempt("\(seed)-\(scene.cycle)-bad-\(number)", scene, &ledger, patience: 100) }
            stand.agentHost?.set(disk: .fine)
            if stand.agent?.isRunning != true { try stand.startAgent() }
        case .ingestDisk:
            stand.ingestHost?.set(disk: [.full, .readOnly, .broken].randomElement(using: &dice)!)
            if Bool.random(using: &dice) {
                stand.ingest?.killHard()
                try stand.startIngest()
            }
        case .filled: try fill(scene, &ledger)
        }
        return fault.rawValue
    }

    /// Scans until the buffer takes no more, with nobody to empty it.
    private func fill(_ scene: Scene, _ ledger: inout Ledger) throws {
        scene.stand.proxy.cut()
        guard scene.tail.waitAttached(milliseconds: 20_000) else {
            throw Exit.say("the agent does not answer any more; see \(scene.stand.folder)/agent.log")
        }
        var texts: [String] = []
        for number in 1...400 {
            let batch = (1...100).map { "01\(Torture.gtin)21\(seed)-\(scene.cycle)-full-\(number * 100 + $0)" }
            for text in batch { scene.scanner.perform(.scan("]C1\(text)")) }
            texts += batch
            // The last of a batch that is not safe soon was refused, or not heard: both end it.
            guard scene.tail.waitFor(batch.last!, milliseconds: 2000) else { break }
        }
        usleep(200_000)
        // Whoever scans next waits until there is room.
        scene.stand.proxy.mend()
        for text in texts {
            if scene.tail.isSaved(text) { ledger.accepted.append(text) } else { ledger.doubtful.append(text) }
        }
    }

    /// One scan that nobody repeats.
    private func attempt(_ text: String, _ scene: Scene, _ ledger: inout Ledger, patience: Int64) {
        let unique = "01\(Torture.gtin)21\(text)"
        scene.scanner.perform(.scan("]C1\(unique)"))
        if scene.tail.waitFor(unique, milliseconds: patience) {
            ledger.accepted.append(unique)
        } else {
            ledger.doubtful.append(unique)
        }
    }

    /// Some hundred bytes anywhere but in the first page.
    private func damage(_ path: String, _ dice: inout Dice) throws {
        for file in [path, "\(path)-wal"] {
            guard var bytes = try? Files.read(file, limit: 1 << 30), bytes.count > 16_384 else { continue }
            let at = Int.random(in: 8192..<bytes.count - 600, using: &dice)
            for index in at..<at + Int.random(in: 1...600, using: &dice) {
                bytes[index] = UInt8.random(in: 0...255, using: &dice)
            }
            try Files.write(bytes, to: file)
        }
    }

    private func salvage(_ stand: Stand) {
        let folder = "\(stand.folder)/agent"
        let names = Files.list(folder)
        for name in names
        where name.hasPrefix("outbox.db.damaged-") && !name.hasSuffix("-wal") && !name.hasSuffix("-shm") {
            ChildProcess.run(
                "\(stand.binaries)/edge-agent",
                ["buffer", "salvage", "\(folder)/\(name)", "--apply", "--config", "\(stand.folder)/agent.toml"],
                log: "\(stand.folder)/salvage.log")
            for suffix in ["", "-wal", "-shm"] { unlink("\(folder)/\(name)\(suffix)") }
        }
    }

    private func heal(_ stand: Stand, _ dice: inout Dice) throws {
        usleep(UInt32.random(in: 0...150_000, using: &dice))
        stand.proxy.shape(nil)
        stand.proxy.mend()
        stand.agentHost?.heal()
        stand.ingestHost?.heal()
        if stand.broker?.isRunning != true { try stand.startBroker() }
        if stand.ingest?.isRunning != true { try stand.startIngest() }
        if stand.agent?.isRunning != true { try stand.startAgent() }
    }

    /// Scans until the agent says that it is safe, as a person waits for the beep. A try whose fate is not known is kept
    /// as doubtful, and the next one has a text of its own: then every text may be in the centre at most once.
    private func scan(_ text: String, _ scanner: any SimulatedLine, _ tail: Acceptance, _ ledger: inout Ledger) {
        for attempt in 1...40 {
            let unique = "01\(Torture.gtin)21\(text)-\(attempt)"
            _ = tail.waitAttached(milliseconds: 5000)
            scanner.perform(.scan("]C1\(unique)"))
            if tail.waitFor(unique, milliseconds: 700) {
                ledger.accepted.append(unique)
                return
            }
            ledger.doubtful.append(unique)
        }
    }

    /// Everything healed: all of it must arrive.
    private func settle(_ stand: Stand, _ tail: Acceptance) throws {
        _ = tail.waitAttached(milliseconds: 10_000)
        let start = Clocks.now
        while Clocks.now - start < .seconds(120) {
            if let pending = Torture.pending(stand.controlSocket), pending == 0 { return }
            usleep(100_000)
        }
        throw Exit.say("the agent still holds records 120 s after everything was healed", ExitCode(1))
    }

    private static func pending(_ path: String) -> Int64? {
        Acceptance.ask("buffer", at: path)?["account"]?["pending"]?.integer
    }
}
