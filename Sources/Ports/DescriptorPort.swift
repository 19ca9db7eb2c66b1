import Glibc

/// What a pty and a socket share: a descriptor that reads and writes without waiting.
public class DescriptorPort: Port {
    public let descriptor: Int32
    let label: String

    init(descriptor: Int32, label: String) {
        self.descriptor = descriptor
        self.label = label
    }

    deinit { close(descriptor) }

    public func read() throws(PortError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        throw .gone(count == 0 ? "\(label) closed the connection" : "\(label): \(String(cString: strerror(errno)))")
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { return count }
        if errno == EAGAIN || errno == EINTR { return 0 }
        throw .gone("\(label): \(String(cString: strerror(errno)))")
    }
}

/// A pseudo-terminal: the simulator's end of a line. libserialport refuses these, so it is opened with termios.
public final class PTYPort: DescriptorPort {
    public init(path: String) throws(PortError) {
        if let holder = LineHolder.holder(of: path) { throw .held("\(path) is left alone: \(holder)") }
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENXIO, EIO: throw .missing("\(path) is not there: is the simulator running?")
            case EACCES, EPERM: throw .denied("\(path): no permission")
            case EBUSY: throw .held("\(path) is left alone: another program has it for itself (TIOCEXCL)")
            default: throw .failed("\(path): \(String(cString: strerror(errno)))")
            }
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .held("\(path) is left alone: another program has it locked, perhaps the agent itself")
        }
        guard !LineHolder.isExclusive(descriptor) else {
            close(descriptor)
            throw .held("\(path) is left alone: another program has it for itself (TIOCEXCL)")
        }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else {
            close(descriptor)
            throw .failed("\(path) is not a terminal")
        }
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSANOW, &settings)
        super.init(descriptor: descriptor, label: path)
    }
}

public final class TCPPort: DescriptorPort {
    /// A lost SYN is sent again after a second: a new attempt is no slower.
    static let connectPatience: Int32 = 900

    public init(host: String, port: UInt16) throws(PortError) {
        let label = "\(host):\(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list else { throw .missing("\(label): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(first) }
        var reason = "no address"
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            next = entry.pointee.ai_next
            let descriptor = socket(
                entry.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0
            )
            guard descriptor >= 0 else { continue }
            var answer = connect(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 ? 0 : errno
            if answer == EINPROGRESS {
                var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                answer = poll(&item, 1, TCPPort.connectPatience) == 1 ? TCPPort.pendingError(descriptor) : ETIMEDOUT
            }
            guard answer == 0 else {
                reason = String(cString: strerror(answer))
                close(descriptor)
                continue
            }
            TCPPort.tune(descriptor)
            super.init(descriptor: descriptor, label: label)
            return
        }
        throw .missing("\(label): \(reason)")
    }

    private static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }

    /// A dead peer shows within a minute, without any traffic of the protocol.
    static func tune(_ descriptor: Int32) {
        func set(_ level: Int32, _ name: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }
}
