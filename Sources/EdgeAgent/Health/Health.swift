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
        var stages: [String: Int64]
        var stopping = false
    }

    /// How often without a watchdog, in milliseconds.
    static let period: Int64 = 5000

    private let state: Locked<State>
    private let devices: Int

    init(stages: [String]) {
        devices = max(1, stages.count)
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
            guard state.returned == devices else { return false }
            state.finished = number
            return true
        }
        if complete { Supervisor.notify("WATCHDOG=1") }
    }

    func run(beat: (UInt64) -> Void) {
        Supervisor.notify("READY=1")
        let period = min(Supervisor.watchdogPeriod ?? Health.period, Health.period)
        while true {
            let number = state.change { state -> UInt64? in
                guard !state.stopping else { return nil }
                state.number += 1
                state.returned = 0
                return state.number
            }
            guard let number else { break }
            beat(number)
            _ = state.wait(timeout: period) { $0.stopping ? true : nil }
        }
        Supervisor.notify("STOPPING=1")
    }

    func stop() { state.change { $0.stopping = true } }
}
