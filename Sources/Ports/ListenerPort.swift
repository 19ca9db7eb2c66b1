import Glibc

/// Waits for a device that connects to us (a reader-initiated LLRP connection): one at a time, the newest wins nothing.
public final class ListenerPort: DescriptorPort {
    public init(host: String, port: UInt16) throws(PortError) {
        let label = "\(host):\(port)"
        super.init(descriptor: try ListenerPort.listen(host, port, backlog: 1, label), label: label)
    }

    static func listen(_ host: String, _ port: UInt16, backlog: Int32, _ label: String) throws(PortError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let entry = list else {
            throw .failed("\(host) is not an address of this machine")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(
            entry.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard descriptor >= 0, bind(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0,
            Glibc.listen(descriptor, backlog) == 0
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .failed("\(label) cannot be listened at: \(reason)")
        }
        return descriptor
    }

    /// Whoever has connected; nil while nobody has.
    public func accept() -> (any Port)? {
        ListenerPort.accept(descriptor).map { ConnectedPort(descriptor: $0, label: label) }
    }

    static func accept(_ listener: Int32) -> Int32? {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return nil }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        TCPPort.tune(client)
        return client
    }

    private final class ConnectedPort: DescriptorPort {}
}
