/// Where a device is, as configuration writes it.
public enum PortAddress: Equatable, Sendable {
    case serial(path: String)
    case pty(path: String)
    case tcp(host: String, port: UInt16)

    /// `/dev/…`, `pty:PATH`, `tcp:HOST:PORT`; IPv6 hosts in brackets.
    public init?(_ text: String) {
        if text.hasPrefix("/dev/") {
            self = .serial(path: text)
        } else if text.hasPrefix("pty:"), text.count > 4 {
            self = .pty(path: String(text.dropFirst(4)))
        } else if text.hasPrefix("tcp:"), let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        {
            var host = text.dropFirst(4)
            guard colon > host.startIndex else { return nil }
            host = host[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { return nil }
            self = .tcp(host: String(host), port: port)
        } else {
            return nil
        }
    }

    public static let forms = "/dev/serial/by-id/…, pty:PATH or tcp:HOST:PORT"

    /// Opens it. `baud` concerns serial lines. May wait for a TCP connection for at most 5 s: call it on the pump's thread.
    public func open(baud: Int) throws(PortError) -> any Port {
        switch self {
        case .serial(let path): try SerialPort(path: path, baud: baud)
        case .pty(let path): try PTYPort(path: path)
        case .tcp(let host, let port): try TCPPort(host: host, port: port)
        }
    }
}

extension PortAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .serial(let path): path
        case .pty(let path): "pty:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
