import Glibc
import Model
public import Platform

/// A very small HTTP server for pages that this machine shows of itself: one thread, few connections, short requests. What it
/// answers is a function of the request.
public final class HTTPServer: Sendable {
    /// Connections at once: what comes beyond it takes the place of the one that has been quiet for longest.
    public static let connectionLimit = 16
    /// For a request to come whole, from its first byte on.
    static let headPatience: Duration = .seconds(10)
    /// Between two requests, and for an answer to be taken.
    static let idlePatience: Duration = .seconds(30)
    /// A refusal is read before the connection goes: bytes that nobody fetched would take it back (RFC 9112 §9.6).
    static let farewell: Duration = .seconds(2)
    /// Until an address that cannot be listened at is tried again, in milliseconds: it may come with its cable.
    static let retry: Int64 = 5000

    /// What has been asked, for metrics.
    public struct Use: Equatable, Sendable {
        public var connections = 0
        public var requests: UInt64 = 0
        /// Not understood, or longer than it may be.
        public var refused: UInt64 = 0
        /// Not whole in time, or an answer that was not taken.
        public var late: UInt64 = 0
        /// Had to make room for others.
        public var displaced: UInt64 = 0
        /// Why nobody can connect.
        public var trouble: String?

        public init() {}
    }

    struct Connection {
        enum Phase { case idle, reading, answering, leaving }

        let descriptor: Int32
        var reader = HTTPRequestReader()
        var outgoing: ArraySlice<UInt8> = []
        var phase = Phase.idle
        /// When it began.
        var since: Instant
        var isLast = false
        var isOver = false

        mutating func enter(_ next: Phase, at now: Instant) {
            if phase != next { (phase, since) = (next, now) }
        }

        func isLate(at now: Instant) -> Bool {
            let patience =
                switch phase {
                case .reading: HTTPServer.headPatience
                case .idle, .answering: HTTPServer.idlePatience
                case .leaving: HTTPServer.farewell
                }
            return now - since >= patience
        }
    }

    private let host: String
    private let port: UInt16
    private let use: Locked<Use>
    private let answer: @Sendable (HTTPRequest) -> HTTPReply
    private let told: @Sendable (String?) -> Void
    private let turned: @Sendable () -> Void
    private let wake = Wakeup()
    private let stopping = Locked(false)

    /// `host` is an address of this machine, in digits. `told` hears why nobody can connect, once, and nil when they can; `turned` is
    /// called with each turn of the loop, a second apart at most.
    public init(
        host: String, port: UInt16, use: Locked<Use>, told: @escaping @Sendable (String?) -> Void,
        turned: @escaping @Sendable () -> Void = {},
        answer: @escaping @Sendable (HTTPRequest) -> HTTPReply
    ) {
        (self.host, self.port, self.use) = (host, port, use)
        (self.told, self.turned, self.answer) = (told, turned, answer)
    }

    public func stop() {
        stopping.change { $0 = true }
        wake.signal()
    }

    /// Until `stop`; on a thread of its own.
    public func run() {
        var isFirst = true
        while !stopping.with({ $0 }) {
            do throws(PortError) {
                let listener = try ListenerPort.listen(
                    host, port, backlog: Int32(HTTPServer.connectionLimit), "\(host):\(port)")
                tell(nil, isFirst)
                isFirst = false
                serve(listener)
                close(listener)
                return
            } catch {
                tell(error.text, isFirst)
                isFirst = false
            }
            _ = stopping.wait(timeout: HTTPServer.retry) { $0 ? true : nil }
        }
    }

    private func tell(_ trouble: String?, _ isFirst: Bool) {
        let isNews = use.with { use -> Bool in
            defer { use.trouble = trouble }
            return use.trouble != trouble
        }
        if isNews || isFirst { told(trouble) }
    }

    private func serve(_ listener: Int32) {
        var connections: [Connection] = []
        /// Without descriptors left, nobody is let in before.
        var closedUntil = Instant.zero
        while !stopping.with({ $0 }) {
            let isOpen = Clocks.now >= closedUntil
            var items: [(Int32, Int16)] = [
                (wake.descriptor, Int16(POLLIN)), (isOpen ? listener : -1, Int16(POLLIN)),
            ]
            items += connections.map { ($0.descriptor, Int16($0.outgoing.isEmpty ? POLLIN : POLLOUT)) }
            let ready = waitFor(items, milliseconds: 1000)
            let now = Clocks.now
            if ready[0] != 0 { wake.drain() }
            for index in connections.indices { advance(&connections[index], ready[index + 2], now) }
            if ready[1] != 0, !admit(from: listener, &connections, now) { closedUntil = now + .seconds(1) }
            for connection in connections where connection.isOver { close(connection.descriptor) }
            connections.removeAll(where: \.isOver)
            use.with { $0.connections = connections.count }
            turned()
        }
        for connection in connections { close(connection.descriptor) }
        use.with { $0.connections = 0 }
    }

    /// False when the system has no room for another one.
    private func admit(from listener: Int32, _ connections: inout [Connection], _ now: Instant) -> Bool {
        for _ in 0..<HTTPServer.connectionLimit {
            guard let descriptor = ListenerPort.accept(listener) else {
                return ![EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno)
            }
            if connections.count(where: { !$0.isOver }) >= HTTPServer.connectionLimit,
                let quiet = connections.indices.filter({ !connections[$0].isOver })
                    .min(by: { connections[$0].since < connections[$1].since })
            {
                connections[quiet].isOver = true
                use.with { $0.displaced += 1 }
            }
            connections.append(Connection(descriptor: descriptor, since: now))
        }
        return true
    }

    // MARK: one connection

    private func advance(_ connection: inout Connection, _ ready: Int16, _ now: Instant) {
        if ready & Int16(POLLOUT | POLLHUP | POLLERR) != 0, !connection.outgoing.isEmpty {
            write(&connection, now)
        } else if ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            read(&connection, now)
        }
        // One answer after the other: what was asked meanwhile waits.
        while !connection.isOver, connection.outgoing.isEmpty, connection.phase != .leaving,
            let reply = reply(&connection, now)
        {
            connection.outgoing = reply[...]
            connection.enter(.answering, at: now)
            write(&connection, now)
        }
        if !connection.isOver, connection.isLate(at: now) {
            connection.isOver = true
            if connection.phase == .reading || connection.phase == .answering { use.with { $0.late += 1 } }
        }
    }

    private func read(_ connection: inout Connection, _ now: Instant) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(connection.descriptor, &buffer, buffer.count)
        if count > 0 {
            if connection.phase != .leaving { connection.reader.take(buffer[..<count]) }
        } else if count == 0 || errno != EAGAIN && errno != EINTR {
            connection.isOver = true
        }
    }

    /// The answer to what has come; nil where that is not whole yet.
    private func reply(_ connection: inout Connection, _ now: Instant) -> [UInt8]? {
        switch connection.reader.next() {
        case .more:
            connection.enter(connection.reader.isIdle ? .idle : .reading, at: now)
            return nil
        case .request(let request):
            use.with { $0.requests += 1 }
            connection.isLast = !request.keepsOpen
            return answer(request).bytes(keepsOpen: request.keepsOpen)
        case .refused(let status):
            use.with { $0.refused += 1 }
            connection.isLast = true
            return HTTPReply(status).bytes(keepsOpen: false)
        }
    }

    private func write(_ connection: inout Connection, _ now: Instant) {
        let count = connection.outgoing.withUnsafeBytes {
            send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 {
            connection.outgoing = connection.outgoing.dropFirst(count)
        } else if count < 0, errno != EAGAIN, errno != EINTR {
            connection.isOver = true
        }
        guard connection.outgoing.isEmpty else { return }
        guard connection.isLast else { return connection.enter(.idle, at: now) }
        shutdown(connection.descriptor, Int32(SHUT_WR))
        connection.enter(.leaving, at: now)
    }
}
