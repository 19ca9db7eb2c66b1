private import CCertificates

/// The site's own authority: who signs certificates of the broker, of the pages, of the centre and of agents, and takes them back.
public struct Authority: Sendable {
    /// Whom a certificate is for.
    public enum Use: String, Sendable { case server, client }

    public struct Revoked: Equatable, Sendable {
        /// Hex digits.
        public var serial: String
        /// Unix milliseconds.
        public var at: Int64

        public init(serial: String, at: Int64) { (self.serial, self.at) = (serial, at) }
    }

    /// Lives in days. Browsers take no server's certificate of more than 825 days, also from an authority of a site's own
    /// (https://support.apple.com/103769); agents renew theirs at two thirds.
    public static let life: Int64 = 3650
    public static let serverLife: Int64 = 820
    public static let clientLife: Int64 = 397
    static let day: Int64 = 86_400_000
    /// A clock that is a little behind ours still finds it valid, in milliseconds.
    static let lead: Int64 = 3_600_000

    public let certificate: Certificate
    let key: PrivateKey

    /// Nil where the key is not the certificate's, or where the certificate may sign nothing.
    public init?(certificate: Certificate, key: PrivateKey) {
        guard certificate.isAuthority, certificate.belongs(to: key) else { return nil }
        (self.certificate, self.key) = (certificate, key)
    }

    /// A new one that signs itself.
    public static func fresh(
        named name: String, at now: Int64
    ) throws(CertificateFault) -> (authority: Authority, key: PrivateKey) {
        let key = try PrivateKey.fresh()
        let pem = try signed(
            issuer: nil, issuerKey: nil, request: nil, key: key, name: name, use: "authority", others: [], at: now,
            days: life)
        guard let certificate = Certificate(pem), let authority = Authority(certificate: certificate, key: key) else {
            throw CertificateFault.notSigned
        }
        return (authority, key)
    }

    /// For whoever asked; the name is ours to give. Never longer than the authority itself lives.
    public func sign(
        _ request: SigningRequest, as name: String, _ use: Use, hosts: [String] = [], at now: Int64
    ) throws(CertificateFault) -> Certificate {
        let days = use == .server ? Authority.serverLife : Authority.clientLife
        let pem = try Authority.signed(
            issuer: certificate, issuerKey: key, request: request, key: nil, name: name, use: use.rawValue,
            others: hosts,
            at: now, days: days)
        guard let made = Certificate(pem) else { throw CertificateFault.notSigned }
        return made
    }

    /// The list of revoked certificates (RFC 5280 §5) in PEM. It counts as long as the authority does: a broker that finds an old list refuses
    /// everybody, and no new one is fetched by anybody.
    public func list(of revoked: [Revoked], at now: Int64) throws(CertificateFault) -> String {
        let serials = revoked.map(\.serial)
        let moments = revoked.map { $0.at / 1000 }
        // C wants an array of texts; they lie in one text with an end behind each.
        var bytes: [CChar] = []
        var starts: [Int] = []
        for serial in serials {
            starts.append(bytes.count)
            bytes += serial.utf8.map { CChar(bitPattern: $0) } + [0]
        }
        let text = bytes.withUnsafeBufferPointer { buffer in
            let places = starts.map { start in buffer.baseAddress.map { $0 + start } }
            return Certificate.taken(
                ccertificates_revoked(
                    certificate.pem, key.pem, places, moments, places.count, now / 1000,
                    (now - Authority.lead) / 1000, certificate.end / 1000))
        }
        guard let text else { throw CertificateFault.noList }
        return text
    }

    /// Names and addresses as a certificate carries them (subjectAltName, RFC 5280 §4.2.1.6).
    static func alternatives(_ hosts: [String]) -> String? {
        var seen: Set<String> = []
        let parts = hosts.filter { seen.insert($0).inserted }.map { isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }

    static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    }

    private static func signed(
        issuer: Certificate?, issuerKey: PrivateKey?, request: SigningRequest?, key: PrivateKey?, name: String,
        use: String, others: [String], at now: Int64, days: Int64
    ) throws(CertificateFault) -> String {
        var generator = SystemRandomNumberGenerator()
        var serial = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        // Positive, and of one length (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x3F | 0x40
        let end = min(now + days * day, issuer?.end ?? .max)
        let text = with(issuer?.pem, issuerKey?.pem, request?.pem, key?.pem, alternatives(others)) { texts in
            name.withCString { name in
                use.withCString { use in
                    serial.withUnsafeBufferPointer { serial in
                        var order = ccertificates_order()
                        (order.issuer, order.issuer_key, order.request) = (texts[0], texts[1], texts[2])
                        (order.key, order.others, order.name, order.use) = (texts[3], texts[4], name, use)
                        (order.begin, order.end) = ((now - lead) / 1000, end / 1000)
                        (order.serial, order.serials) = (serial.baseAddress, serial.count)
                        return Certificate.taken(ccertificates_sign(&order))
                    }
                }
            }
        }
        guard let text else { throw CertificateFault.notSigned }
        return text
    }

    /// Texts of C while `body` runs; nil stays nil.
    private static func with<T>(_ texts: String?..., body: ([UnsafePointer<CChar>?]) -> T) -> T {
        func open(_ rest: ArraySlice<String?>, _ held: [UnsafePointer<CChar>?]) -> T {
            guard let first = rest.first else { return body(held) }
            guard let text = first else { return open(rest.dropFirst(), held + [nil]) }
            return text.withCString { open(rest.dropFirst(), held + [$0]) }
        }
        return open(texts[...], [])
    }
}
