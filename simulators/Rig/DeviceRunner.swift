public import Devices
import Drivers
import Glibc
import Model
import Platform

/// Runs one simulated device on its pty, on a thread of its own.
public final class DeviceRunner: SimulatedLine {
    public let line: Pseudoterminal
    private let acts = Locked<[DeviceAct]>([])
    private let stopping = Locked(false)
    private let wake = Wakeup()

    public init(device: any SimulatedDevice, link: String?, name: String) throws {
        line = try Pseudoterminal(link: link)
        startThread("sim-\(name)") { [self] in loop(device) }
    }

    public var address: String { "pty:\(line.name)" }

    /// On a line that is there already.
    public init(device: any SimulatedDevice, line path: String, name: String) throws {
        line = try Pseudoterminal(existing: path)
        startThread("sim-\(name)") { [self] in loop(device) }
    }

    public func perform(_ act: DeviceAct) {
        acts.with { $0.append(act) }
        wake.signal()
    }

    public func stop() {
        stopping.with { $0 = true }
        wake.signal()
    }

    private func loop(_ first: any SimulatedDevice) {
        var device = first
        var deadline: Instant?
        while !stopping.with({ $0 }) {
            let wait = deadline.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds)) } ?? -1
            let ready = waitFor(
                [(wake.descriptor, Int16(POLLIN)), (line.descriptor, Int16(POLLIN))], milliseconds: wait)
            if ready[0] != 0 { wake.drain() }
            let now = Clocks.now
            let todo = acts.with { box in
                let todo = box
                box = []
                return todo
            }
            for act in todo { apply(device.perform(act, at: now), &deadline) }
            if ready[1] & Int16(POLLIN) != 0 { apply(device.handle(.bytes(line.read()), at: now), &deadline) }
            if let due = deadline, now >= due {
                deadline = nil
                apply(device.handle(.tick, at: now), &deadline)
            }
        }
    }

    private func apply(_ reaction: Reaction, _ deadline: inout Instant?) {
        if !reaction.send.isEmpty { line.write(reaction.send) }
        if let next = reaction.deadline { deadline = min(deadline ?? next, next) }
    }
}
