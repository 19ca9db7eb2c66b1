import Glibc
import Model
import Platform

/// A line that can be cut, and made slow and long: forwards loopback connections to another port while it is whole.
public final class Proxy: Sendable {
    /// A thin line: all connections share it in each direction, first come first served.
    public struct Shape: Sendable {
        public var bitsPerSecond: Int
        /// One way.
        public var delay: Duration
        /// What may queue before the line, as time: a sender beyond it is not read.
        public var queue: Duration

        public init(bitsPerSecond: Int, delay: Duration, queue: Duration = .milliseconds(100)) {
            self.bitsPerSecond = bitsPerSecond
            self.delay = delay
            self.queue = queue
        }
    }

    public let port: UInt16
    private let listener: Int32
    private let target: UInt16
    private let whole = Locked(true)
    private let shape = Locked<Shape?>(nil)
    private let stopping = Locked(false)
    private let wake = Wakeup()

    public init(to target: UInt16) {
        let (listener, port) = Sockets.listen(port: 0)!
        self.listener = listener
        self.port = port
        self.target = target
        startThread("sim-proxy") { [self] in loop() }
    }

    /// Drops every connection and refuses new ones until it is mended.
    public func cut() {
        whole.with { $0 = false }
        wake.signal()
    }

    public func mend() {
        whole.with { $0 = true }
        wake.signal()
    }

    /// Nil makes it as fast as this machine again.
    public func shape(_ new: Shape?) {
        shape.with { $0 = new }
        wake.signal()
    }

    public func stop() {
        stopping.with { $0 = true }
        wake.signal()
    }

    /// One connection in one direction.
    private struct Flow {
        var from: Int32
        var to: Int32
        /// What is on its way, with the moment it arrives.
        var pieces: [(at: Instant, bytes: [UInt8])] = []
        var ended = false
    }

    /// As much as a packet carries.
    private static let packet = 1448

    private func loop() {
        // Flows 2n and 2n+1 are the two directions of connection n.
        var flows: [Flow] = []
        // When the line has sent what it was given, in each direction.
        var free = [Instant.zero, Instant.zero]
        while !stopping.with({ $0 }) {
            let now = Clocks.now
            let shape = shape.with { $0 }
            func mayRead(_ index: Int) -> Bool {
                guard let shape else { return flows[index].pieces.isEmpty }
                return !flows[index].ended && free[index % 2] - now < shape.queue
            }
            var due = now + .seconds(1)
            var items: [(Int32, Int16)] = [(wake.descriptor, Int16(POLLIN)), (listener, Int16(POLLIN))]
            for (index, flow) in flows.enumerated() {
                items.append((mayRead(index) ? flow.from : -1, Int16(POLLIN)))
                items.append((flow.pieces.first.map { $0.at <= now } ?? false ? flow.to : -1, Int16(POLLOUT)))
                if let first = flow.pieces.first, first.at > now { due = min(due, first.at) }
                if let shape, free[index % 2] - now >= shape.queue {
                    due = min(due, now + (free[index % 2] - now - shape.queue))
                }
            }
            let ready = waitFor(items, milliseconds: Int32(clamping: (due - now).nanoseconds / 1_000_000 + 1))
            if ready[0] != 0 { wake.drain() }
            let after = Clocks.now
            var dead: Set<Int> = whole.with { $0 } ? [] : Set(flows.indices.map { $0 / 2 })
            for index in flows.indices where !dead.contains(index / 2) {
                if ready[2 + index * 2] != 0 { take(&flows[index], &free[index % 2], shape, after) }
                if !give(&flows[index], after) || flows[index].ended && flows[index].pieces.isEmpty {
                    dead.insert(index / 2)
                }
            }
            for connection in dead.sorted(by: >) {
                close(flows[connection * 2].from)
                close(flows[connection * 2].to)
                flows.removeSubrange(connection * 2...connection * 2 + 1)
            }
            if ready[1] != 0, let client = Sockets.accept(listener) {
                if whole.with({ $0 }), let server = Sockets.connect(port: target) {
                    Sockets.hurry(server)
                    flows.append(Flow(from: client, to: server))
                    flows.append(Flow(from: server, to: client))
                } else {
                    close(client)
                }
            }
        }
        for index in stride(from: 0, to: flows.count, by: 2) {
            close(flows[index].from)
            close(flows[index].to)
        }
        close(listener)
    }

    private func take(_ flow: inout Flow, _ free: inout Instant, _ shape: Shape?, _ now: Instant) {
        var buffer = [UInt8](repeating: 0, count: shape == nil ? 65536 : Proxy.packet)
        let count = read(flow.from, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { flow.ended = true }
            return
        }
        var at = now
        if let shape {
            free = max(free, now) + .nanoseconds(Int64(count) * 8_000_000_000 / Int64(shape.bitsPerSecond))
            at = free + shape.delay
        }
        flow.pieces.append((at, Array(buffer[..<count])))
    }

    /// Hands on what has arrived; false when nobody takes it any more.
    private func give(_ flow: inout Flow, _ now: Instant) -> Bool {
        while let piece = flow.pieces.first, piece.at <= now {
            let sent = piece.bytes.withUnsafeBytes { send(flow.to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 { return errno == EAGAIN }
            if sent < piece.bytes.count {
                flow.pieces[0].bytes.removeFirst(sent)
                return true
            }
            flow.pieces.removeFirst()
        }
        return true
    }
}
