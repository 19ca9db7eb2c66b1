public import Devices
import Drivers
import Glibc
import Model
import Platform

/// Runs one simulated device behind a loopback port, for one client at a time, on a thread of its own.
public final class DeviceServer: SimulatedLine {
    public let port: UInt16
    private let listener: Int32
    private let acts = Locked<[DeviceAct]>([])
    private let stopping = Locked(false)
    private let wake = Wakeup()

    /// Port 0 takes a free one.
    public init(device: any SimulatedDevice, port: UInt16, name: String) throws {
        guard let (listener, actual) = Sockets.listen(port: port) else { throw PBXServer.PortTaken(port: port) }
        self.listener = listener
        self.port = actual
        startThread("sim-\(name)") { [self] in loop(device) }
    }

    public var address: String { "tcp:127.0.0.1:\(port)" }

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
        var client: Int32?
        var deadline: Instant?
        var mishaps = Mishaps()
        func apply(_ reaction: Reaction) {
            if let next = reaction.deadline { deadline = min(deadline ?? next, next) }
            let bytes = mishaps.spoil(reaction.send)
            guard let client, !bytes.isEmpty else { return }
            _ = bytes.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        while !stopping.with({ $0 }) {
            let due = [deadline, mishaps.due].compactMap(\.self).min()
            let wait = due.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1)) } ?? -1
            let ready = waitFor(
                [
                    (wake.descriptor, Int16(POLLIN)),
                    (mishaps.powerless == nil ? client ?? listener : -1, Int16(POLLIN)),
                ], milliseconds: wait)
            if ready[0] != 0 { wake.drain() }
            let now = Clocks.now
            let todo = acts.with { box in
                let todo = box
                box = []
                return todo
            }
            _ = mishaps.recover(at: now)
            for act in todo {
                guard case .mishap(let mishap) = act else {
                    apply(device.perform(act, at: now))
                    continue
                }
                guard mishaps.befall(mishap, at: now) else { continue }
                // Without power it forgets who was connected.
                (device, deadline) = (new, nil)
                if let old = client { close(old) }
                client = nil
            }
            if ready[1] != 0 {
                if let old = client {
                    var buffer = [UInt8](repeating: 0, count: 65536)
                    let count = read(old, &buffer, buffer.count)
                    if count > 0 {
                        apply(device.handle(.bytes(Array(buffer[..<count])), at: now))
                    } else if count == 0 || errno != EAGAIN {
                        close(old)
                        client = nil
                        apply(device.handle(.closed, at: now))
                    }
                } else if let new = Sockets.accept(listener) {
                    client = new
                    apply(device.handle(.opened, at: now))
                }
            }
            if let due = deadline, now >= due {
                deadline = nil
                apply(device.handle(.tick, at: now))
            }
        }
        if let client { close(client) }
        close(listener)
    }
}

/// A simulated device on a line of its own, whatever that is.
public protocol SimulatedLine: Sendable {
    /// As the agent's configuration writes it.
    var address: String { get }
    func perform(_ act: DeviceAct)
    func stop()
}
