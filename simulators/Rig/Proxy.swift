import Glibc
import Platform

/// A link that can be cut: forwards loopback connections to another port while it is whole.
public final class Proxy: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let target: UInt16
    private let whole = Locked(true)
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

    public func stop() {
        stopping.with { $0 = true }
        wake.signal()
    }

    private func loop() {
        var pairs: [(Int32, Int32)] = []
        func drop(_ index: Int) {
            close(pairs[index].0)
            close(pairs[index].1)
            pairs.remove(at: index)
        }
        while !stopping.with({ $0 }) {
            let items = pairs.flatMap { [($0.0, Int16(POLLIN)), ($0.1, Int16(POLLIN))] }
            let ready = waitFor(
                [(wake.descriptor, Int16(POLLIN)), (listener, Int16(POLLIN))] + items, milliseconds: 1000)
            if ready[0] != 0 { wake.drain() }
            let isWhole = whole.with { $0 }
            for index in pairs.indices.reversed() {
                let (a, b) = pairs[index]
                let alive =
                    isWhole && (ready[2 + index * 2] == 0 || forward(a, b))
                    && (ready[3 + index * 2] == 0 || forward(b, a))
                if !alive { drop(index) }
            }
            if ready[1] != 0, let client = Sockets.accept(listener) {
                if isWhole, let server = Sockets.connect(port: target) {
                    pairs.append((client, server))
                } else {
                    close(client)
                }
            }
        }
        for index in pairs.indices.reversed() { drop(index) }
        close(listener)
    }

    private func forward(_ from: Int32, _ to: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(from, &buffer, buffer.count)
        if count < 0 { return errno == EAGAIN }
        guard count > 0 else { return false }
        var sent = 0
        while sent < count {
            let written = buffer.withUnsafeBytes { send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL)) }
            if written < 0, errno == EAGAIN {
                _ = waitFor([(to, Int16(POLLOUT))], milliseconds: 1000)
                continue
            }
            guard written > 0 else { return false }
            sent += written
        }
        return true
    }
}
