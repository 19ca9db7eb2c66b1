internal import CTLS
import Glibc
import Model
import Platform

/// A TCP connection inside TLS 1.2 or newer, with the server's certificate checked as `TLSTrust` says.
public final class TLSPort: Port {
    /// How long the handshake may take, in milliseconds.
    static let patience: Int64 = 5000
    /// Bytes taken at once; more waits in the socket, which wakes us again.
    static let readLimit = 1 << 18

    private let socket: TCPPort
    private let tls: OpaquePointer
    private let context: OpaquePointer
    private let label: String
    private let trust: TLSTrust

    public var descriptor: Int32 { socket.descriptor }

    public init(host: String, port: UInt16, trust: TLSTrust = TLSTrust()) throws(PortError) {
        let socket = try TCPPort(host: host, port: port)
        guard let context = SSL_CTX_new(TLS_client_method()), let tls = SSL_new(context) else {
            throw .failed("TLS cannot be used")
        }
        self.socket = socket
        self.context = context
        self.tls = tls
        self.trust = trust
        label = "\(host):\(port)"
        _ = quai_tls_minimum(context)
        _ = quai_tls_modes(tls)
        try trust.prepare(context, tls)
        _ = quai_tls_set_host(tls, host)
        SSL_set_fd(tls, socket.descriptor)
        let end = Clocks.now + .milliseconds(TLSPort.patience)
        while true {
            let code = SSL_connect(tls)
            if code == 1 { break }
            guard let events = wanted(code) else { throw .failed("\(label): \(reason())") }
            var item = pollfd(fd: socket.descriptor, events: events, revents: 0)
            let left = Int32(clamping: max(0, (end - Clocks.now).milliseconds))
            guard left > 0, poll(&item, 1, left) == 1 else { throw .missing("\(label): TLS was not answered") }
        }
        if let objection = trust.objection(to: tls, host: host) { throw .failed("\(label): \(objection)") }
    }

    deinit {
        SSL_shutdown(tls)
        SSL_free(tls)
        SSL_CTX_free(context)
    }

    public func read() throws(PortError) -> [UInt8] {
        // What is decrypted must be taken now: the socket does not wake us for it again. A record is at most 16 KiB.
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while out.count < TLSPort.readLimit || SSL_pending(tls) > 0 {
            ERR_clear_error()
            let count = SSL_read(tls, &buffer, Int32(buffer.count))
            if count > 0 {
                out += buffer[..<Int(count)]
                continue
            }
            if wanted(count) != nil || !out.isEmpty { return out }
            throw .gone("\(label): \(reason())")
        }
        return out
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        ERR_clear_error()
        let count = bytes.withUnsafeBytes { SSL_write(tls, $0.baseAddress, Int32($0.count)) }
        if count > 0 { return Int(count) }
        if wanted(count) != nil { return 0 }
        throw .gone("\(label): \(reason())")
    }

    /// What to wait for before the same call is made again; nil when it has failed.
    private func wanted(_ code: Int32) -> Int16? {
        switch SSL_get_error(tls, code) {
        case SSL_ERROR_WANT_READ: Int16(POLLIN)
        case SSL_ERROR_WANT_WRITE: Int16(POLLOUT)
        default: nil
        }
    }

    private func reason() -> String {
        let verdict = SSL_get_verify_result(tls)
        if verdict != X509_V_OK {
            let remedy =
                trust == TLSTrust() ? "; name it with authority or pin in the configuration if it is the right one" : ""
            return "its certificate is refused: \(String(cString: X509_verify_cert_error_string(verdict)))\(remedy)"
        }
        let code = ERR_peek_last_error()
        guard code != 0 else { return "the connection was closed" }
        var buffer = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
