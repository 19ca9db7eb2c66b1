import Logging
import Model
import Platform

extension Fleet {
    /// How long a device may take to say goodbye, in milliseconds.
    static let goodbye: Int64 = 5000

    /// Takes the devices of another configuration: ends those that changed or went, begins those that changed or came, and touches no
    /// other. Waits for goodbyes: call it on a thread of its own.
    func change(to next: AgentConfiguration, _ changes: ConfigurationChanges) {
        let gone = Set(changes.changed + changes.removed)
        let (leaving, pumps) = state.change { state -> ([DevicePump], [DevicePump]) in
            state.configuration = next
            let found = Set(state.attachments.filter { isConfigured($0.value, in: next) }.keys)
            // What was found by itself and is written down now has its own name from here on.
            // Other rules for what is plugged in: all of it is looked at anew.
            let anew = found.union(changes.light.contains("discovery") ? Set(state.taken.keys) : [])
            let names = gone.union(anew.compactMap { state.taken[$0] })
            if changes.light.contains("discovery") { state.parked = [:] }
            for key in anew { (state.taken[key], state.attachments[key], state.absent[key]) = (nil, nil, nil) }
            // Those that leave are still there for whoever asks: until another one has their place, their mailbox is its.
            return (
                state.pumps.filter { names.contains($0.device.name) },
                state.pumps.filter { !names.contains($0.device.name) }
            )
        }
        for pump in leaving { pump.post(.stop) }
        let ids = Set(leaving.map(ObjectIdentifier.init))
        _ = state.wait(timeout: Fleet.goodbye) { $0.running.isDisjoint(with: ids) ? true : nil }
        for name in changes.removed { left(name) }
        let kept = Set(pumps.map(\.device.name))
        let fresh = next.devices.filter { !kept.contains($0.name) }.map { pump($0) }
        let wanted = state.change { state -> [DevicePump] in
            guard !state.stopping else { return [] }
            let staying = state.pumps.filter { !ids.contains(ObjectIdentifier($0)) }
            state.pumps =
                next.devices.compactMap { device in
                    (staying + fresh).first { $0.device.name == device.name }
                } + staying.filter { pump in !next.devices.contains { $0.name == pump.device.name } }
            return fresh
        }
        // Told to stop meanwhile: the next run asks for the end of what is under way.
        guard !state.with({ $0.stopping }) else { return }
        let handed = leaving.map { former in
            (former.device.name, former.handOver(to: wanted.first { $0.device.name == former.device.name }))
        }
        for pump in wanted {
            joined(pump.device.name)
            start(pump, recalled: handed.first { $0.0 == pump.device.name }?.1 ?? [])
        }
        state.change { $0.looks += 1 }
        surroundings.changed()
    }

    /// On a thread of its own, until it was told to stop; where the system has none to give it is asked again each second.
    func start(_ pump: DevicePump, recalled: [Command] = []) {
        let id = ObjectIdentifier(pump)
        let mayRun = state.change { state -> Bool in
            guard !state.stopping else { return false }
            state.running.insert(id)
            return true
        }
        guard mayRun else { return }
        let body: @Sendable () -> Void = { [boot = surroundings.boot, state] in
            pump.run(boot: boot, recalled: recalled)
            state.change { _ = $0.running.remove(id) }
        }
        while !startThread("dev-\(pump.device.name)".prefix(15).description, body) {
            guard state.wait(timeout: 1000, for: { $0.stopping ? true : nil }) == nil else {
                state.change { _ = $0.running.remove(id) }
                return
            }
        }
    }
}
