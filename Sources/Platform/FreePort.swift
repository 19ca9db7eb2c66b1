import Glibc

/// Whether a server could listen there: tells a taken port from other trouble before anything is started. `address` is IPv4 in
/// numbers; of anything else it says yes.
public func isFree(_ port: Int, on address: String) -> Bool {
    guard let number = in_port_t(exactly: port), number > 0 else { return true }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = number.bigEndian
    guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return true }
    let code = withUnsafePointer(to: &target) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return code == 0 || errno != EADDRINUSE
}
