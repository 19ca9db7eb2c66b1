public import Devices
import Glibc
import Model
import Platform

/// Serves a simulated telephone exchange on a loopback port, on a thread of its own.
public final class PBXServer: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let scripts = Locked<[Exchange.Script]>([])
    private let stories = Locked<[Exchange.Story]>([])
    private let orders = Locked<[Order]>([])
    private let heard = Locked(0)
    private let stopping = Locked(false)
    private let wake = Wakeup()

    public struct PortTaken: Error, CustomStringConvertible {
        public var port: UInt16
        public var description: String { "port \(port) on 127.0.0.1 is taken" }
    }

    /// What can befall an exchange or its line.
    public enum Order: Sendable {
        /// Everybody is thrown out, and nobody comes in for so long; calls go on.
        case cut(Duration)
    }

    public init(exchange: Exchange, port: UInt16) throws {
        guard let (listener, actual) = Sockets.listen(port: port) else { throw PortTaken(port: port) }
        self.listener = listener
        self.port = actual
        startThread("sim-pbx") { [self] in loop(exchange) }
    }

    public func call(_ script: Exchange.Script) {
        scripts.with { $0.append(script) }
        wake.signal()
    }

    public func order(_ order: Order) {
        orders.with { $0.append(order) }
        wake.signal()
    }

    /// Waits until somebody listens to it.
    public func waitForClient(milliseconds: Int64) -> Bool {
        heard.wait(timeout: milliseconds) { $0 > 0 ? true : nil } ?? false
    }

    /// What the telephones saw, call by call.
    public var ledger: [Exchange.Story] { stories.with { $0 } }

    public func stop() {
        stopping.with { $0 = true }
        wake.signal()
    }

    private func loop(_ first: Exchange) {
        var pbx = first
        var barred: Instant?
        var clients: [Int32] = []
        while !stopping.with({ $0 }) {
            let wait =
                [pbx.deadline, barred].compactMap(\.self).min().map {
                    Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1))
                } ?? -1
            let ready = waitFor(
                [(wake.descriptor, Int16(POLLIN)), (listener, Int16(POLLIN))] + clients.map { ($0, Int16(POLLIN)) },
                milliseconds: wait)
            if ready[0] != 0 { wake.drain() }
            let now = Clocks.now
            for (index, client) in clients.enumerated().reversed() where ready[index + 2] != 0 {
                var buffer = [UInt8](repeating: 0, count: 65536)
                let count = read(client, &buffer, buffer.count)
                if count > 0 {
                    pbx.receive(Array(buffer[..<count]), on: Int(client), at: now)
                } else if count == 0 || errno != EAGAIN {
                    pbx.disconnect(Int(client))
                    close(client)
                    clients.remove(at: index)
                }
            }
            if let moment = barred, now >= moment { barred = nil }
            if ready[1] != 0, let client = Sockets.accept(listener) {
                if barred == nil {
                    clients.append(client)
                    pbx.connect(Int(client), at: now)
                } else {
                    close(client)
                }
            }
            for case .cut(let time) in orders.change({ box in
                defer { box = [] }
                return box
            }) {
                for client in clients {
                    pbx.disconnect(Int(client))
                    close(client)
                }
                clients = []
                barred = now + time
            }
            let new = scripts.with { box in
                let new = box
                box = []
                return new
            }
            for script in new { pbx.call(script, at: now) }
            pbx.tick(at: now)
            let ledger = pbx.ledger
            stories.with { $0 = ledger }
            let count = clients.count
            heard.change { $0 = count }
            let output = pbx.takeOutput()
            for (client, bytes) in output.bytes {
                _ = bytes.withUnsafeBytes { send(Int32(client), $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            for client in output.closing {
                pbx.disconnect(client)
                close(Int32(client))
                clients.removeAll { $0 == Int32(client) }
            }
        }
        for client in clients { close(client) }
        close(listener)
    }
}
