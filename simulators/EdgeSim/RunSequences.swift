import ArgumentParser
import ERPPeers
import Model
import Platform

/// Random stories of a depot against an ERP's stand-in in this process; `make sequences` for a night.
struct RunSequences: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sequences",
        abstract:
            "Receive, put away, ship, count, correct and crash at random; non-zero when an ERP's stock is not what really lies there.",
        discussion:
            "The story of the first sequence that fails is printed with its seed; --seed N --sequences 1 plays it again."
    )

    @Option(help: "odoo or tryton; both when left out.") var peer: RunERP.Product?
    @Option(help: "How many for each.") var sequences: UInt64 = 1000
    @Option(help: "The first one's seed.") var seed: UInt64 = 1
    @Option(help: "Steps of each.") var steps = 8
    @Option(help: "At the same time.") var jobs = 2

    private struct State {
        var next: UInt64
        var played: UInt64 = 0
        var calls = 0
        var failure: (seed: UInt64, outcome: StockSequence.Outcome)?
        var finished = 0
    }

    func run() throws {
        guard (1...1_000_000_000).contains(sequences), (1...64).contains(jobs), (1...1000).contains(steps),
            seed < UInt64.max / 4
        else { throw Exit.say("--sequences, --jobs or --steps is out of range") }
        var isRight = true
        let peers = peer.map { [$0 == .odoo ? StockSequence.Peer.odoo : .tryton] } ?? StockSequence.Peer.allCases
        for peer in peers { isRight = play(peer) && isRight }
        if !isRight { throw ExitCode(1) }
    }

    private func play(_ peer: StockSequence.Peer) -> Bool {
        let (start, end, steps, jobs) = (Clocks.now, seed + sequences, steps, jobs)
        let state = Locked(State(next: seed))
        for _ in 0..<jobs {
            Task.detached {
                while let seed = state.with({ state -> UInt64? in
                    guard state.next < end, state.failure == nil else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }) {
                    let outcome = await StockSequence.play(peer, seed: seed, steps: steps)
                    state.change { state in
                        state.played += 1
                        state.calls += outcome.calls
                        if outcome.failure != nil, seed < state.failure?.seed ?? .max {
                            state.failure = (seed, outcome)
                        }
                        if state.played % 10_000 == 0 {
                            Terminal.line("\(peer): \(state.played) sequences, \(state.calls) calls")
                        }
                    }
                }
                state.change { $0.finished += 1 }
            }
        }
        let done = state.wait { $0.finished == jobs ? $0 : nil }!
        let seconds = max(0.001, Double((Clocks.now - start).milliseconds) / 1000)
        Terminal.line(
            "\(peer): \(done.played) sequences, \(done.calls) calls in \(Int(seconds)) s, \(Int(Double(done.played) / seconds)) a second"
        )
        guard let failure = done.failure else {
            Terminal.line("\(peer): the books were what really lay there after every step")
            return true
        }
        for line in failure.outcome.story { Terminal.line("  " + line) }
        Terminal.line("\(peer), seed \(failure.seed): \(failure.outcome.failure ?? "")")
        return false
    }
}
