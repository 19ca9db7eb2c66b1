private import CCurl
import Glibc

/// A connection to a collector of syslog: UDP (RFC 5426), TCP with counted octets (RFC 6587, §3.4.1) or the same over TLS (RFC 5425).
/// Used by one thread; it waits, `seconds` at most.
public final class SyslogWire {
    public enum Transport: String, CaseIterable, Sendable { case udp, tcp, tls }

    /// For the connection, and for each message, in seconds.
    public static let seconds = 10

    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    private let transport: Transport
    private var curl: UnsafeMutableRawPointer?
    private var handle: Int32 = -1

    private static let ready: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    /// `authority` is a file of certificates to trust instead of the system's.
    public init(_ transport: Transport, host: String, port: Int, authority: String?) throws(Failure) {
        _ = SyslogWire.ready
        self.transport = transport
        if transport == .udp { try connectUDP(host, port) } else { try connect(host, port, authority) }
    }

    deinit {
        if let curl { curl_easy_cleanup(curl) } else if handle >= 0 { close(handle) }
    }

    private func connect(_ host: String, _ port: Int, _ authority: String?) throws(Failure) {
        guard let curl = curl_easy_init() else { throw Failure(description: "no memory for a connection") }
        self.curl = curl
        // libcurl connects, checks the certificate and the name in it, and leaves the connection to us.
        let scheme = transport == .tls ? "https" : "http"
        let name = host.contains(":") ? "[\(host)]" : host
        _ = "\(scheme)://\(name):\(port)".withCString { ccurl_pointer(curl, CURLOPT_URL, $0) }
        _ = ccurl_long(curl, CURLOPT_CONNECT_ONLY, 1)
        _ = ccurl_long(curl, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_long(curl, CURLOPT_CONNECTTIMEOUT, SyslogWire.seconds)
        // A collector speaks no HTTP.
        _ = ccurl_long(curl, CURLOPT_SSL_ENABLE_ALPN, 0)
        _ = "".withCString { ccurl_pointer(curl, CURLOPT_PROXY, $0) }
        if let authority { _ = authority.withCString { ccurl_pointer(curl, CURLOPT_CAINFO, $0) } }
        let code = curl_easy_perform(curl)
        guard code == CURLE_OK else { throw Failure(description: String(cString: curl_easy_strerror(code))) }
        var found: curl_socket_t = -1
        ccurl_active_socket(curl, &found)
        handle = found
    }

    private func connectUDP(_ host: String, _ port: Int) throws(Failure) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        defer { if list != nil { freeaddrinfo(list) } }
        guard code == 0, let first = list?.pointee else {
            throw Failure(description: String(cString: gai_strerror(code)))
        }
        handle = socket(first.ai_family, first.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), first.ai_protocol)
        guard handle >= 0, Glibc.connect(handle, first.ai_addr, first.ai_addrlen) == 0 else {
            throw Failure(description: String(cString: strerror(errno)))
        }
    }

    /// A whole message. Throws where the other end is gone.
    public func send(_ message: [UInt8]) throws(Failure) {
        guard transport != .udp else {
            guard Glibc.send(handle, message, message.count, 0) == message.count else {
                throw Failure(description: String(cString: strerror(errno)))
            }
            return
        }
        try askWhetherOpen()
        let bytes = Array("\(message.count) ".utf8) + message
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = bytes[sent...].withUnsafeBytes { curl_easy_send(curl, $0.baseAddress, $0.count, &count) }
            switch code {
            case CURLE_OK: sent += count
            case CURLE_AGAIN:
                var place = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
                guard poll(&place, 1, Int32(SyslogWire.seconds * 1000)) > 0 else {
                    throw Failure(description: String(cString: strerror(ETIMEDOUT)))
                }
            default: throw Failure(description: String(cString: curl_easy_strerror(code)))
            }
        }
    }

    /// A collector that went away has closed its end; the kernel would take one more message for it.
    public func askWhetherOpen() throws(Failure) {
        guard transport != .udp else { return }
        // A collector says nothing; what TLS says for itself (tickets, its goodbye) is read, or it would hide the end.
        var (byte, count): (UInt8, Int) = (0, 0)
        switch curl_easy_recv(curl, &byte, 1, &count) {
        case CURLE_AGAIN: return
        case CURLE_OK where count > 0: return
        case CURLE_OK: throw Failure(description: String(cString: strerror(ECONNRESET)))
        case let code: throw Failure(description: String(cString: curl_easy_strerror(code)))
        }
    }

    /// What was sent is with the other end's kernel: syslog itself acknowledges nothing. A datagram is gone when it is sent.
    /// One that has gone meanwhile may not have read it.
    public var isAcknowledged: Bool {
        transport == .udp || ccurl_unacknowledged(handle) == 0 && (try? askWhetherOpen()) != nil
    }
}
