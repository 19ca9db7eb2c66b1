public import Glibc

/// A Unix socket's address; a leading `@` means the abstract name space. Nil when the path is too long (107 bytes).
public func unixAddress(_ path: String) -> (sockaddr_un, socklen_t)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = MemoryLayout<sa_family_t>.size + bytes.count + (bytes.first == 0 ? 0 : 1)
    return (address, socklen_t(length))
}

/// Connects to a stream socket by its path; the caller closes the descriptor. Nil with `errno` when nobody answers.
public func connectUnix(_ path: String) -> Int32? {
    guard let (address, length) = unixAddress(path) else {
        errno = ENAMETOOLONG
        return nil
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var copy = address
    let code = withUnsafePointer(to: &copy) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
    }
    guard code == 0 else {
        let reason = errno
        close(descriptor)
        errno = reason
        return nil
    }
    return descriptor
}
