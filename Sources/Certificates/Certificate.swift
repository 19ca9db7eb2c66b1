private import CCertificates
import Glibc

/// A certificate (RFC 5280) with what is asked of it. The first of a PEM text counts.
public struct Certificate: Equatable, Sendable {
    public let pem: String
    /// Common names of whom it is for and of who signed it.
    public let name: String
    public let issuer: String
    /// Hex digits.
    public let serial: String
    /// Unix milliseconds.
    public let begin: Int64
    public let end: Int64
    /// SHA-256 of the whole, and of its public key (SubjectPublicKeyInfo).
    public let digest: [UInt8]
    public let key: [UInt8]
    public let isAuthority: Bool

    /// Longest text that is read, in bytes.
    public static let limit = 64 * 1024

    public init?(_ pem: String) {
        guard pem.utf8.count <= Certificate.limit else { return nil }
        var facts = ccertificates_facts()
        guard ccertificates_read(pem, &facts) else { return nil }
        self.pem = pem
        name = Certificate.text(of: facts.name)
        issuer = Certificate.text(of: facts.issuer)
        serial = Certificate.text(of: facts.serial)
        (begin, end, isAuthority) = (facts.begin * 1000, facts.end * 1000, facts.is_authority)
        digest = withUnsafeBytes(of: facts.digest) { Array($0) }
        key = withUnsafeBytes(of: facts.key) { Array($0) }
    }

    public func belongs(to key: PrivateKey) -> Bool { ccertificates_belongs(pem, key.pem) }

    public func isSigned(by authority: Certificate) -> Bool { ccertificates_signed_by(pem, authority.pem) }

    /// Whether it is for a host: a name or an address.
    public func isFor(_ host: String) -> Bool { ccertificates_is_for(pem, host) }

    /// When two thirds of its life are over: then a new one is asked for.
    public var renewal: Int64 { begin + (end - begin) / 3 * 2 }

    static func text<Letters>(of letters: Letters) -> String {
        withUnsafeBytes(of: letters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// A text of C that is ours.
    static func taken(_ text: UnsafeMutablePointer<CChar>?) -> String? {
        defer { free(text) }
        return text.map { String(cString: $0) }
    }
}

/// A key of P-256, in PEM (PKCS#8). It never leaves the machine on which it was made.
public struct PrivateKey: Sendable {
    public let pem: String

    public init(pem: String) { self.pem = pem }

    public static func fresh() throws(CertificateFault) -> PrivateKey {
        guard let pem = Certificate.taken(ccertificates_key()) else { throw CertificateFault.noKey }
        return PrivateKey(pem: pem)
    }

    /// A signing request (PKCS#10, RFC 2986) in PEM; it proves that its sender has the key.
    public func request(named name: String) throws(CertificateFault) -> String {
        guard let pem = Certificate.taken(ccertificates_request(self.pem, name)) else { throw CertificateFault.badKey }
        return pem
    }
}

/// What somebody asks to be signed: its signature is good, and its key is of P-256.
public struct SigningRequest: Sendable {
    /// A request of P-256 has some 400 bytes in PEM.
    public static let limit = 4096

    public let pem: String
    /// The common name that it asks for; nobody has to follow it.
    public let name: String
    /// SHA-256 of its public key (SubjectPublicKeyInfo).
    public let key: [UInt8]

    public init?(_ pem: String) {
        var name = ccertificates_facts().name
        var key = [UInt8](repeating: 0, count: 32)
        guard pem.utf8.count <= SigningRequest.limit,
            withUnsafeMutableBytes(
                of: &name,
                { ccertificates_read_request(pem, $0.baseAddress?.assumingMemoryBound(to: CChar.self), &key) })
        else { return nil }
        self.pem = pem
        self.name = Certificate.text(of: name)
        self.key = key
    }
}

public enum CertificateFault: Error, Equatable, Sendable, CustomStringConvertible {
    case noKey, badKey, notSigned, noList

    public var description: String {
        switch self {
        case .noKey: "no key could be made"
        case .badKey: "the private key cannot be read: a PEM file with a key of P-256 and no password is meant"
        case .notSigned:
            "the certificate could not be signed: the authority's key does not fit its certificate, or a name is wrong"
        case .noList: "the list of revoked certificates could not be signed"
        }
    }
}
