import Glibc
import Model
import NIOSSL
import Platform
import Settings
import Synchronization

/// Where the certificate of the pages lies: `[http] certificate`, `key`, `authority`.
struct CertificateFiles: Sendable, Equatable {
    /// The site's own, then those between it and its authority (PEM, RFC 7468).
    var certificate: String
    /// Its key (PEM, without a passphrase): a path, `file:PATH` or `credential:NAME`.
    var key: String
    /// The root that people install; nil where a known authority signed, or where it closes the chain.
    var authority: String?

    /// Nil without one. `certificate` and `key` stand together.
    init?(_ section: Section) {
        let (certificate, key, authority) = (
            section.string("certificate"), section.string("key"), section.string("authority")
        )
        if certificate != nil, key == nil { section.require("key", "the certificate's, in PEM") }
        if certificate == nil, key != nil || authority != nil { section.require("certificate", "the key's, in PEM") }
        guard let certificate, let key else { return nil }
        (self.certificate, self.key, self.authority) = (certificate, key, authority)
    }

    init(certificate: String, key: String, authority: String? = nil) {
        (self.certificate, self.key, self.authority) = (certificate, key, authority)
    }

    /// Largest file that is read, in bytes: a chain of ten is some 20 kB.
    static let limit = 256 << 10

    /// What the files have now.
    struct Bytes: Sendable, Equatable {
        var certificate: [UInt8]
        var key: [UInt8]
        var authority: [UInt8]?
    }

    func read() throws(CertificatePair.Refusal) -> Bytes {
        Bytes(
            certificate: try CertificateFiles.bytes(certificate), key: try CertificateFiles.keyBytes(key),
            authority: try authority.map(CertificateFiles.bytes))
    }

    private static func bytes(_ path: String) throws(CertificatePair.Refusal) -> [UInt8] {
        do { return try Files.read(path, limit: limit) } catch { throw .init(text: "\(error)") }
    }

    /// As `Files.secret`, and a group may read it: of a key that several services have, as Debian's `ssl-cert` does.
    private static func keyBytes(_ reference: String) throws(CertificatePair.Refusal) -> [UInt8] {
        guard !reference.hasPrefix("credential:") else {
            let folder = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } ?? "/etc/credstore"
            return try bytes("\(folder)/\(reference.dropFirst(11))")
        }
        let path = reference.hasPrefix("file:") ? String(reference.dropFirst(5)) : reference
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & 0o007 != 0 {
            throw .init(text: "\(path): others can read it; chmod 640 \(path)")
        }
        return try bytes(path)
    }
}

/// A certificate and its key, ready for new connections.
struct CertificatePair: Sendable {
    struct Refusal: Error, Equatable, CustomStringConvertible {
        var text: String
        var description: String { text }
    }

    let context: NIOSSLContext
    /// When the first of the chain ends, in Unix milliseconds.
    let ends: Int64
    /// The root to install, in DER.
    let authority: [UInt8]?

    /// Those of Mozilla's *intermediate* set with forward secrecy and authenticated encryption; TLS 1.3's own are not chosen.
    private static let suites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    init(_ files: CertificateFiles, _ bytes: CertificateFiles.Bytes) throws(Refusal) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes.certificate), !chain.isEmpty else {
            throw Refusal(text: "\(files.certificate): there is no certificate in it (PEM)")
        }
        // Without a callback a key with a passphrase would be asked for at the terminal.
        guard
            let key = try? NIOSSLPrivateKey(
                bytes: bytes.key, format: .pem, passphraseCallback: { set in set([UInt8]()) })
        else { throw Refusal(text: "\(files.key): there is no key without a passphrase in it (PEM)") }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = CertificatePair.suites
        configuration.applicationProtocols = ["http/1.1"]
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw Refusal(text: "\(files.key) is not the key of the first certificate in \(files.certificate)")
        }
        ends = chain.map { Int64($0.notValidAfter) * 1000 }.min() ?? 0
        if let bytes = bytes.authority {
            guard let roots = try? NIOSSLCertificate.fromPEMBytes(bytes),
                let root = roots.max(by: { $0.notValidAfter < $1.notValidAfter })
            else { throw Refusal(text: "\(files.authority ?? ""): there is no certificate in it (PEM)") }
            authority = try? root.toDERBytes()
        } else {
            authority = chain.dropFirst().last.flatMap { try? $0.toDERBytes() }.flatMap {
                CertificateEnd.isSelfIssued($0) ? $0 : nil
            }
        }
    }
}

/// The certificate of the pages while the centre runs: new connections get the newest that is good, those that run go on with theirs.
final class PageCertificate: Sendable {
    /// Between two looks at the files, in seconds.
    static let period = Duration.seconds(10)

    enum Look: Equatable, Sendable {
        case same
        /// Half of it is written, perhaps: told when the next look finds the same.
        case unsettled
        case taken(ends: Int64)
        case refused(String)
    }

    private struct State {
        var files: CertificateFiles
        var pair: CertificatePair
        var bytes: CertificateFiles.Bytes
        /// What was last found and not taken; what is wrong with it, and whether that was told.
        var other: (bytes: CertificateFiles.Bytes?, text: String, isTold: Bool)?
    }

    private let state: Mutex<State>

    init(_ files: CertificateFiles) throws(CertificatePair.Refusal) {
        let bytes = try files.read()
        state = Mutex(State(files: files, pair: try CertificatePair(files, bytes), bytes: bytes))
    }

    /// For one more connection.
    var context: NIOSSLContext { state.withLock { $0.pair.context } }
    var ends: Int64 { state.withLock { $0.pair.ends } }
    var authority: [UInt8]? { state.withLock { $0.pair.authority } }
    /// Why what the files have is not taken.
    var refusal: String? { state.withLock { $0.other.flatMap { $0.isTold ? $0.text : nil } } }

    /// Reads the files, or others. `isAsked`: somebody says that they are complete. `now` in Unix milliseconds: an ended one takes no
    /// place of one that holds.
    func look(_ others: CertificateFiles? = nil, isAsked: Bool = false, now: Int64) -> Look {
        let files = others ?? state.withLock { $0.files }
        var read: CertificateFiles.Bytes?
        do throws(CertificatePair.Refusal) {
            let bytes = try files.read()
            read = bytes
            if state.withLock({ $0.bytes == bytes }) {
                state.withLock { ($0.other, $0.files) = (nil, files) }
                return .same
            }
            let pair = try CertificatePair(files, bytes)
            guard pair.ends > now || ends <= now else {
                throw CertificatePair.Refusal(text: "\(files.certificate) has ended, the one in use has not")
            }
            state.withLock { ($0.files, $0.pair, $0.bytes, $0.other) = (files, pair, bytes, nil) }
            return .taken(ends: pair.ends)
        } catch {
            let (read, text) = (read, error.text)
            return state.withLock { state in
                let isKnown = state.other.map { $0.bytes == read && $0.text == text } ?? false
                if isKnown, state.other?.isTold == true, !isAsked { return .same }
                let isTold = isKnown || isAsked
                state.other = (read, text, isTold)
                return isTold ? .refused(text) : .unsettled
            }
        }
    }

    var metrics: String {
        var metrics = Prometheus()
        metrics.add(
            "quai_ingest_http_certificate_end_seconds", "gauge", "When the pages' certificate ends, Unix time.",
            [([], Double(ends / 1000))])
        metrics.add(
            "quai_ingest_http_certificate_refused", "gauge", "1: what its files have now was not taken.",
            [([], refusal == nil ? 0 : 1)])
        return metrics.text
    }
}
