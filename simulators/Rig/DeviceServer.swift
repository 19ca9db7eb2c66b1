public import Devices
import Drivers
import Glibc
import Model
import Platform

/// Runs one simulated device behind a loopback port, for one client at a time, on a thread of its own. A reaction's `restart` ends the
/// client's connection.
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
        var client: Client?
        var deadline: Instant?
        var mishaps = Mishaps()
        func apply(_ reaction: Reaction) {
            if let next = reaction.deadline { deadline = min(deadline ?? next, next) }
            client?.send(mishaps.spoil(reaction.send))
        }
        /// The device learns of its client's end, whoever ended it.
        func drop(_ now: Instant) {
            client?.end()
            client = nil
            apply(device.handle(.closed, at: now))
        }
        while !stopping.with({ $0 }) {
            let due = [deadline, mishaps.due].compactMap(\.self).min()
            let wait = due.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1)) } ?? -1
            let isPowered = mishaps.powerless == nil
            // A device that lets others wait does not look at its door while a client is there.
            let turnsAway = client == nil || device.turnsAway
            let ready = waitFor(
                [
                    (wake.descriptor, Int16(POLLIN)),
                    (isPowered ? client?.descriptor ?? -1 : -1, client?.events ?? 0),
                    (isPowered && turnsAway ? listener : -1, Int16(POLLIN)),
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
                client?.end()
                client = nil
            }
            if ready[1] & Int16(POLLOUT) != 0 { client?.flush() }
            if ready[1] & ~Int16(POLLOUT) != 0, let old = client {
                var buffer = [UInt8](repeating: 0, count: 65536)
                let count = read(old.descriptor, &buffer, buffer.count)
                if count > 0 {
                    let reaction = device.handle(.bytes(Array(buffer[..<count])), at: now)
                    apply(reaction)
                    if reaction.restart != nil { drop(now) }
                } else if count == 0 || errno != EAGAIN {
                    drop(now)
                }
            }
            if ready[2] != 0, let new = Sockets.accept(listener) {
                if client == nil {
                    client = Client(new)
                    apply(device.handle(.opened, at: now))
                } else {
                    var stranger = Client(new)
                    let (told, reaction) = device.turnAway(at: now)
                    stranger.send(told)
                    apply(reaction)
                    stranger.end()
                }
            }
            if let due = deadline, now >= due {
                deadline = nil
                apply(device.handle(.tick, at: now))
            }
            if client?.isLost ?? false { drop(now) }
        }
        client?.end()
        close(listener)
    }

    /// Whoever is connected, and what he has not taken yet.
    private struct Client {
        /// Beyond so many bytes he takes nothing at all, and is given up.
        static let limit = 4 << 20

        let descriptor: Int32
        private var waiting: [UInt8] = []
        private(set) var isLost = false

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        var events: Int16 { Int16(POLLIN) | (waiting.isEmpty ? 0 : Int16(POLLOUT)) }

        mutating func send(_ bytes: [UInt8]) {
            guard !bytes.isEmpty else { return }
            waiting += bytes
            flush()
            if waiting.count > Client.limit { isLost = true }
        }

        mutating func flush() {
            let sent = waiting.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent > 0 { waiting.removeFirst(sent) } else if sent < 0, errno != EAGAIN { isLost = true }
        }

        func end() { close(descriptor) }
    }
}

/// A simulated device on a line of its own, whatever that is.
public protocol SimulatedLine: Sendable {
    /// As the agent's configuration writes it.
    var address: String { get }
    func perform(_ act: DeviceAct)
    func stop()
}
