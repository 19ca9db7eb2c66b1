import Glibc
import Model
import Platform

/// Sends a numbered beat through every stage (pump → outbox → uplink) and feeds systemd's watchdog only when it has
/// come through: a stage that hangs stops the dog's food, whatever the others do.
final class Health: Sendable {
    private struct State {
        var number: UInt64 = 0
        var finished: UInt64 = 0
        var returned = 0
        /// How many times the present beat has to come back; nil while it is being sent.
        var expected: Int?
        var stages: [String: Int64]
        var stopping = false
    }

    /// How often without a watchdog, in milliseconds.
    static let period: Int64 = 5000

    private let state: Locked<State>

    init(stages: [String]) {
        state = Locked(State(stages: Dictionary(uniqueKeysWithValues: stages.map { ($0, Int64(0)) })))
    }

    /// Unix milliseconds at which each stage last passed a beat on.
    var stages: [String: Int64] { state.with { $0.stages } }

    func passed(_ stage: String, _ number: UInt64) { state.with { $0.stages[stage] = Clocks.wall } }

    func finished(_ number: UInt64) {
        let complete = state.change { state -> Bool in
            state.stages["uplink"] = Clocks.wall
            guard number == state.number else { return false }
            state.returned += 1
            return Health.complete(&state)
        }
        if complete { Supervisor.notify("WATCHDOG=1") }
    }

    /// A device that came later has a stage of its own from now on.
    func join(_ stage: String) { state.with { $0.stages[stage] = Clocks.wall } }

    func leave(_ stage: String) { state.with { $0.stages[stage] = nil } }

    private static func complete(_ state: inout State) -> Bool {
        guard state.finished != state.number, state.expected == state.returned else { return false }
        state.finished = state.number
        return true
    }

    /// `beat` sends a number on its way and says how many times it will come back.
    func run(beat: (UInt64) -> Int) {
        Supervisor.notify("READY=1")
        let period = min(Supervisor.watchdogPeriod ?? Health.period, Health.period)
        while true {
            let number = state.change { state -> UInt64? in
                guard !state.stopping else { return nil }
                state.number += 1
                state.returned = 0
                state.expected = nil
                return state.number
            }
            guard let number else { break }
            let expected = beat(number)
            let complete = state.change { state -> Bool in
                state.expected = expected
                return Health.complete(&state)
            }
            if complete { Supervisor.notify("WATCHDOG=1") }
            _ = state.wait(timeout: period) { $0.stopping ? true : nil }
        }
        Supervisor.notify("STOPPING=1")
    }

    func stop() { state.change { $0.stopping = true } }
}
