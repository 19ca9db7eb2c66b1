import ArgumentParser
import Model
import Platform
import World

/// Runs seeds of the simulated world until one fails; `make simulate SEEDS=1000000` for a night.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quai-simulate",
        abstract:
            "Simulate the road of scans under every fault, seed after seed; the story of one that fails is printed.")

    @Option(help: "How many.") var seeds: UInt64 = 10_000
    @Option(help: "The first.") var from: UInt64 = 1
    @Option(help: "Threads.") var jobs = 2
    @Flag(help: "Three centres on a failing PostgreSQL, in place of one agent's disk and one database.")
    var centres = false
    @Flag(help: "Print the story of the first seed, whatever it shows.") var story = false

    func run() throws {
        if story {
            let outcome = Simulate.outcome(of: from, centres: centres)
            for line in outcome.story { Terminal.line(line) }
            return Terminal.line(outcome.failure ?? "all is well")
        }
        let start = Clocks.now
        let state = Locked(State(next: from))
        let (end, isOfCentres) = (from + seeds, centres)
        for _ in 0..<jobs {
            startThread("simulate") {
                while let seed = state.with({ $0.take(before: end) }) {
                    let outcome = Simulate.outcome(of: seed, centres: isOfCentres)
                    state.change { $0.note(seed, outcome) }
                }
                state.change { $0.finished += 1 }
            }
        }
        let done = state.wait { $0.finished == jobs ? $0 : nil }!
        for (seed, outcome) in done.failed.sorted(by: { $0.0 < $1.0 }) {
            Terminal.line("seed \(seed): \(outcome.failure ?? "")")
            for line in outcome.story { Terminal.line("    \(line)") }
        }
        let seconds = Double((Clocks.now - start).milliseconds) / 1000
        Terminal.line(
            "\(done.run) seeds from \(from), \(done.accepted) scans accepted, \(done.faults) faults, \(done.failed.count) failed, \(seconds) s"
        )
        if !done.failed.isEmpty { throw ExitCode(1) }
    }

    private static func outcome(of seed: UInt64, centres: Bool) -> World.Outcome {
        if centres {
            let world = CentresWorld(seed: seed)
            defer { world.close() }
            return world.run()
        }
        var world = World(seed: seed)
        defer { world.close() }
        return world.run()
    }

    private struct State {
        var next: UInt64
        var run = 0
        var accepted = 0
        var faults = 0
        var finished = 0
        var failed: [(UInt64, World.Outcome)] = []

        mutating func take(before end: UInt64) -> UInt64? {
            // A few stories are enough.
            guard next < end, failed.count < 3 else { return nil }
            defer { next += 1 }
            return next
        }

        mutating func note(_ seed: UInt64, _ outcome: World.Outcome) {
            run += 1
            accepted += outcome.accepted
            faults += outcome.faults
            if outcome.failure != nil { failed.append((seed, outcome)) }
        }
    }
}
