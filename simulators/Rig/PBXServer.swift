public import Devices
import Glibc
import Model
import Platform

/// Serves a simulated Asterisk on a loopback port, on a thread of its own.
public final class PBXServer: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let calls = Locked<[AsteriskPBX.Inbound]>([])
    private let stopping = Locked(false)
    private let wake = Wakeup()

    public struct PortTaken: Error, CustomStringConvertible {
        public var port: UInt16
        public var description: String { "port \(port) on 127.0.0.1 is taken" }
    }

    public init(pbx: AsteriskPBX, port: UInt16) throws {
        guard let (listener, actual) = Sockets.listen(port: port) else { throw PortTaken(port: port) }
        self.listener = listener
        self.port = actual
        startThread("sim-pbx") { [self] in loop(pbx) }
    }

    public func call(_ inbound: AsteriskPBX.Inbound) {
        calls.with { $0.append(inbound) }
        wake.signal()
    }

    public func stop() {
        stopping.with { $0 = true }
        wake.signal()
    }

    private func loop(_ first: AsteriskPBX) {
        var pbx = first
        var clients: [Int32] = []
        while !stopping.with({ $0 }) {
            let wait = pbx.deadline.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1)) } ?? -1
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
            if ready[1] != 0, let client = Sockets.accept(listener) {
                clients.append(client)
                pbx.connect(Int(client))
            }
            let new = calls.with { box in
                let new = box
                box = []
                return new
            }
            for call in new { pbx.call(call, at: now) }
            pbx.tick(at: now)
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
