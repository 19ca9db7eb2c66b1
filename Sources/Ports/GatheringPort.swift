internal import CPlatform
import Drivers
import Glibc

/// Listens, and carries every connection that comes in as one line (`GatheredLine`).
public final class GatheringPort: Port {
    /// Connections at once; what comes beyond it is closed at once, and counted as overrun.
    static let limit = 1024

    public let descriptor: Int32
    private let listener: Int32
    private var sockets: [Int: Int32] = [:]
    private var numbers = 0
    private var outgoing = GatheredLine()
    public private(set) var overruns: UInt64 = 0

    public init(host: String, port: UInt16) throws(PortError) {
        listener = try ListenerPort.listen(host, port, backlog: 64, "\(host):\(port)")
        descriptor = cplatform_either(listener, -1)
    }

    deinit {
        for socket in sockets.values { close(socket) }
        close(listener)
        close(descriptor)
    }

    public func read() throws(PortError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let socket = ListenerPort.accept(listener) {
            guard sockets.count < GatheringPort.limit else {
                close(socket)
                overruns += 1
                continue
            }
            numbers += 1
            sockets[numbers] = socket
            cplatform_with(descriptor, socket)
            bytes += GatheredLine.encode(.opened(numbers))
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        for (id, socket) in sockets.sorted(by: { $0.key < $1.key }) {
            let count = Glibc.read(socket, &buffer, buffer.count)
            if count > 0 {
                bytes += GatheredLine.encode(.bytes(id, Array(buffer[..<count])))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                drop(id, &bytes)
            }
        }
        return bytes
    }

    private func drop(_ id: Int, _ bytes: inout [UInt8]) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        cplatform_without(descriptor, socket)
        close(socket)
        bytes += GatheredLine.encode(.closed(id))
    }

    /// Commands are short: a peer that does not take one at once is stuck, and loses its connection.
    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        for event in outgoing.take(Array(bytes)).events {
            switch event {
            case .bytes(let id, let piece):
                guard let socket = sockets[id] else { continue }
                let sent = piece.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                // Its end wakes the next read.
                if sent < piece.count { shutdown(socket, Int32(SHUT_RDWR)) }
            case .closed(let id):
                if let socket = sockets[id] { shutdown(socket, Int32(SHUT_RDWR)) }
            case .opened: break
            }
        }
        return bytes.count
    }
}
