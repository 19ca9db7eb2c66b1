public import Devices
import Drivers
import Glibc
import Model
import Platform

/// Runs one simulated device on its pty, on a thread of its own.
public final class DeviceRunner: SimulatedLine {
    public let address: String
    private let link: String?
    private let first: Locked<Pseudoterminal?>
    private let acts = Locked<[DeviceAct]>([])
    private let stopping = Locked(false)
    private let wake = Wakeup()

    public convenience init(device: any SimulatedDevice, link: String?, name: String) throws {
        self.init(device: device, on: try Pseudoterminal(link: link), link: link, name: name)
    }

    /// On a line that is there already.
    public convenience init(device: any SimulatedDevice, line path: String, name: String) throws {
        self.init(device: device, on: try Pseudoterminal(existing: path), link: nil, name: name)
    }

    private init(device: any SimulatedDevice, on line: Pseudoterminal, link: String?, name: String) {
        address = "pty:\(line.name)"
        self.link = link
        first = Locked(line)
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

    private func loop(_ new: any SimulatedDevice) {
        var device = new
        var line = first.with { $0.take() }
        var deadline: Instant?
        var mishaps = Mishaps()
        func apply(_ reaction: Reaction) {
            if let next = reaction.deadline { deadline = min(deadline ?? next, next) }
            let bytes = mishaps.spoil(reaction.send)
            if !bytes.isEmpty { line?.write(bytes) }
        }
        while !stopping.with({ $0 }) {
            let due = [deadline, mishaps.due].compactMap(\.self).min()
            let wait = due.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1)) } ?? -1
            let ready = waitFor(
                [(wake.descriptor, Int16(POLLIN)), (line?.descriptor ?? -1, Int16(POLLIN))], milliseconds: wait)
            if ready[0] != 0 { wake.drain() }
            let now = Clocks.now
            if mishaps.recover(at: now) { line = try? Pseudoterminal(link: link) }
            let todo = acts.with { box in
                let todo = box
                box = []
                return todo
            }
            for act in todo {
                guard case .mishap(let mishap) = act else {
                    apply(device.perform(act, at: now))
                    continue
                }
                if mishaps.befall(mishap, at: now) { (device, deadline) = (new, nil) }
                if mishaps.unplugged != nil, link != nil { line = nil }
            }
            if ready[1] & Int16(POLLIN) != 0, let bytes = line?.read(), mishaps.powerless == nil {
                apply(device.handle(.bytes(bytes), at: now))
            }
            if let due = deadline, now >= due {
                deadline = nil
                apply(device.handle(.tick, at: now))
            }
        }
    }
}
