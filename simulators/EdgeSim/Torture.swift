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

    /// What was scanned, under a text that is never used again.
    private struct Ledger {
        var accepted: [String] = []
        var doubtful: [String] = []
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let base = folder ?? "/tmp/quai-torture-\(getpid())"
        var ledger = Ledger()
        var counts: [String: Int] = [:]
        do {
            let stand = try Stand(folder: base, binaries: binaries ?? Torture.ownFolder)
            defer { stand.stop() }
            let scanner = try stand.add("gate", "barcode")
            try stand.writeConfiguration(readers: [("gate", "barcode", "dock-1")])
            try stand.startBroker()
            try stand.startIngest()
            try stand.startAgent()
            let tail = Acceptance(socket: stand.controlSocket)
            defer { tail.stop() }
            guard tail.waitAttached(milliseconds: 20_000) else {
                throw Exit.say("the agent does not start; see \(base)/agent.log")
            }
            var dice = Dice(state: seed)
            for cycle in 1...cycles {
                let fault = try inflict(stand, &dice)
                counts[fault, default: 0] += 1
                for number in 1...Int.random(in: 1...8, using: &dice) {
                    scan("S\(seed)-\(cycle)-\(number)", scanner, tail, &ledger)
                }
                try heal(stand, &dice)
                if cycle % 20 == 0 { Terminal.line("cycle \(cycle): \(ledger.accepted.count) scans accepted") }
            }
            try settle(stand, tail)
            try verdict(stand, ledger, counts)
        } catch let code as ExitCode {
            throw code
        } catch { throw Exit.say("\(error)") }
        if folder == nil { Torture.remove(base) }
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

    private func inflict(_ stand: Stand, _ dice: inout Dice) throws -> String {
        switch Int.random(in: 0..<8, using: &dice) {
        case 0, 1:
            stand.agent?.killHard()
            try stand.startAgent()
            return "agent killed"
        case 2, 3:
            stand.ingest?.killHard()
            return "ingest killed"
        case 4:
            stand.broker?.killHard()
            return "broker killed"
        case 5:
            stand.proxy.cut()
            return "link cut"
        case 6:
            let victim = [stand.agent, stand.ingest, stand.broker].randomElement(using: &dice)!
            victim?.send(SIGSTOP)
            usleep(UInt32.random(in: 1000...200_000, using: &dice))
            victim?.send(SIGCONT)
            return "stopped for a while"
        default:
            stand.agent?.killHard()
            stand.ingest?.killHard()
            stand.broker?.killHard()
            try stand.startAgent()
            return "everything killed"
        }
    }

    private func heal(_ stand: Stand, _ dice: inout Dice) throws {
        usleep(UInt32.random(in: 0...150_000, using: &dice))
        stand.proxy.mend()
        if stand.broker?.isRunning != true { try stand.startBroker() }
        if stand.ingest?.isRunning != true { try stand.startIngest() }
        if stand.agent?.isRunning != true { try stand.startAgent() }
    }

    /// Scans until the agent says that it is safe, as a person waits for the beep. A try whose fate is not known is kept
    /// as doubtful, and the next one has a text of its own: then every text may be in the centre at most once.
    private func scan(_ text: String, _ scanner: any SimulatedLine, _ tail: Acceptance, _ ledger: inout Ledger) {
        for attempt in 1...40 {
            let unique = "\(text)-\(attempt)"
            _ = tail.waitAttached(milliseconds: 5000)
            scanner.perform(.scan(unique))
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
        while Clocks.now - start < .seconds(90) {
            if let pending = Torture.pending(stand.controlSocket), pending == 0 { return }
            usleep(100_000)
        }
        throw Exit.say("the agent still holds records 90 s after everything was healed", ExitCode(1))
    }

    private static func pending(_ path: String) -> Int64? {
        Acceptance.ask("buffer", at: path)?["account"]?["pending"]?.integer
    }

    // MARK: ledger

    private func verdict(_ stand: Stand, _ ledger: Ledger, _ counts: [String: Int]) throws {
        // Read with SQLite alone: the product's own code has no say here.
        let database = try Database(path: stand.database, readOnly: true)
        var stored: [String: Int] = [:]
        for text in try database.rows("SELECT subject FROM record WHERE kind=3", map: { $0.text(0) }) {
            stored[text, default: 0] += 1
        }
        let lost = ledger.accepted.filter { stored[$0] == nil }
        let twice = stored.filter { $0.value > 1 }.keys.sorted()
        let saved = ledger.doubtful.filter { stored[$0] != nil }
        let known = Set(ledger.accepted).union(ledger.doubtful)
        let invented = stored.keys.filter { !known.contains($0) }
        for (fault, count) in counts.sorted(by: { $0.key < $1.key }) { Terminal.line("\(fault): \(count)") }
        Terminal.line(
            "scans made \(ledger.accepted.count + saved.count) (accepted \(ledger.accepted.count), saved without word \(saved.count)) "
                + "= rows stored \(stored.values.reduce(0, +))")
        Terminal.line(
            "lost \(lost.count), twice \(twice.count), invented \(invented.count); seed \(seed), \(cycles) cycles")
        guard lost.isEmpty, twice.isEmpty, invented.isEmpty else {
            for text in lost.prefix(10) { Terminal.line("lost: \(text)") }
            for text in twice.prefix(10) { Terminal.line("twice: \(text)") }
            throw Exit.say("the promise is broken; the files are in \(stand.folder)", ExitCode(1))
        }
    }
}
