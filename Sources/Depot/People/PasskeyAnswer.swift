import Model

/// What a browser brings of a passkey (Web Authentication Level 2, W3C Recommendation of 8 April 2021), and the checks of its sections 7.1 and 7.2.
/// No attestation is asked for: who made an authenticator is not ours to judge, so its statement is passed over, whatever its format.
public enum PasskeyAnswer {
    /// Why it was not taken. For the log and tests; people are told that it does not fit.
    public enum Fault: Error, Equatable, Sendable {
        /// Not what section 6 lays out, or larger than the limits.
        case malformed
        /// Another ceremony, or answered for another page than this one.
        case type, origin, site
        /// A challenge that this centre did not make, for another purpose, too old, or used.
        case challenge
        /// Nobody touched it, or it did not see who did.
        case absent, unverified
        /// No algorithm of ours.
        case algorithm
        case signature
        /// It has signed less often than we know of: perhaps there are two of it.
        case counter
    }

    /// What a browser is asked for, the best first: names of COSE.
    public static let algorithms = CredentialKey.algorithms
    /// Largest parts that are read, in bytes.
    public static let clientLimit = 4096
    public static let dataLimit = 8192
    public static let credentialLimit = 1023

    /// The page that asked: its origin's host with port, as the request names it, and the name that passkeys are bound to.
    public struct Site: Equatable, Sendable {
        public let host: String
        /// The host without its port.
        public let id: String
        public let isSecure: Bool

        /// `isSecure`: a proxy, or this machine, speaks https. Browsers have passkeys there, and at localhost, alone.
        public init(host: String, isSecure: Bool) {
            (self.host, self.isSecure) = (host.lowercased(), isSecure)
            let name = self.host
            id = if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") { String(name[..<colon]) } else { name }
        }

        func isOrigin(_ origin: String) -> Bool {
            if origin == "https://\(host)" { return true }
            return !isSecure && origin == "http://\(host)" && (id == "localhost" || id.hasSuffix(".localhost"))
        }
    }

    /// A new passkey, checked. `keyBytes` is the key as it came.
    struct Created: Equatable {
        var credential: [UInt8]
        var key: CredentialKey
        var keyBytes: [UInt8]
        var counter: UInt32
    }

    /// Section 7.1: a passkey was made. `isChallenge` says whether the challenge is ours and fresh.
    static func created(
        client: [UInt8], attestation: [UInt8], at site: Site, isChallenge: ([UInt8]) -> Bool
    ) throws(Fault) -> Created {
        try check(client, type: "webauthn.create", site, isChallenge)
        guard attestation.count <= dataLimit, let statement = try? CBOR(decoding: attestation),
            case .map(let members) = statement,
            let data = members.first(where: { $0.key.string == "authData" })?.value.blob
        else { throw .malformed }
        let authenticator = try AuthenticatorData(data)
        try authenticator.check(site)
        guard let credential = authenticator.credential else { throw .malformed }
        guard let key = CredentialKey(credential.key) else { throw .algorithm }
        return Created(
            credential: credential.id, key: key, keyBytes: credential.key.encoded, counter: authenticator.counter)
    }

    /// Section 7.2: somebody signs in. Returns the counter to keep.
    static func asserted(
        client: [UInt8], data: [UInt8], signature: [UInt8], key: CredentialKey, counter: UInt32, at site: Site,
        isChallenge: ([UInt8]) -> Bool
    ) throws(Fault) -> UInt32 {
        try check(client, type: "webauthn.get", site, isChallenge)
        guard data.count <= dataLimit, signature.count <= dataLimit else { throw .malformed }
        let authenticator = try AuthenticatorData(data)
        try authenticator.check(site)
        guard key.isSigned(data + Secrecy.sha256(client), by: signature) else { throw .signature }
        // Passkeys that are synchronised do not count: both are 0 then (section 6.1.1).
        guard authenticator.counter == 0 && counter == 0 || authenticator.counter > counter else { throw .counter }
        return authenticator.counter
    }

    /// Section 5.8.1: the client data as the browser signed it.
    private static func check(
        _ client: [UInt8], type: String, _ site: Site, _ isChallenge: ([UInt8]) -> Bool
    ) throws(Fault) {
        guard client.count <= clientLimit, let json = try? JSON(parsing: client) else { throw .malformed }
        guard json["type"]?.text == type else { throw .type }
        guard let origin = json["origin"]?.text, site.isOrigin(origin), json["crossOrigin"]?.truth != true else {
            throw .origin
        }
        guard let challenge = json["challenge"]?.text.flatMap(Base64URL.bytes), isChallenge(challenge) else {
            throw .challenge
        }
    }
}

/// Section 6.1.
///
///     rpIdHash                         flags  counter  aaguid  length  credential  COSE key  extensions
///     0                                32     33       37      53      55
struct AuthenticatorData: Equatable {
    var site: [UInt8]
    var flags: UInt8
    var counter: UInt32
    /// Where one was made.
    var credential: (id: [UInt8], key: CBOR)? { attested.map { ($0.id, $0.key) } }
    private var attested: Attested?

    private struct Attested: Equatable {
        var id: [UInt8]
        var key: CBOR
    }

    private static let (isPresent, isVerified, hasCredential, hasExtensions) = (
        UInt8(0x01), UInt8(0x04), UInt8(0x40), UInt8(0x80)
    )

    init(_ bytes: [UInt8]) throws(PasskeyAnswer.Fault) {
        guard bytes.count >= 37, bytes.count <= PasskeyAnswer.dataLimit else { throw .malformed }
        site = Array(bytes[..<32])
        flags = bytes[32]
        counter = bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) }
        var rest = bytes[37...]
        if flags & AuthenticatorData.hasCredential != 0 {
            guard rest.count >= 18 else { throw .malformed }
            let length = Int(bytes[53]) << 8 | Int(bytes[54])
            guard (1...PasskeyAnswer.credentialLimit).contains(length), rest.count >= 18 + length else {
                throw .malformed
            }
            let id = Array(bytes[55..<55 + length])
            var reader = CBORReader(Array(bytes[(55 + length)...]))
            guard let key = try? reader.item() else { throw .malformed }
            attested = Attested(id: id, key: key)
            rest = bytes.suffix(reader.remaining)
        }
        // What extensions say is not asked for, and not read.
        guard rest.isEmpty || flags & AuthenticatorData.hasExtensions != 0 else { throw .malformed }
    }

    func check(_ page: PasskeyAnswer.Site) throws(PasskeyAnswer.Fault) {
        guard Secrecy.isSame(site, Secrecy.sha256(Array(page.id.utf8))) else { throw .site }
        guard flags & AuthenticatorData.isPresent != 0 else { throw .absent }
        guard flags & AuthenticatorData.isVerified != 0 else { throw .unverified }
    }
}

/// Challenges that are their own memory: 16 random bytes, when it ends, and a MAC over both and the purpose. So strangers who ask for
/// many fill nothing; of those that were answered rightly, each is taken once.
public struct PasskeyChallenges: Sendable {
    /// In milliseconds.
    public static let life: Int64 = 300_000
    /// Answered ones that are remembered until they end; beyond it none is taken.
    public static let limit = 1000

    private let key = Secrecy.random(32)
    private var used: [[UInt8]: Int64] = [:]

    public init() {}

    /// For whom it is: `sign-in`, or the number of a person who makes a passkey.
    public func make(for purpose: String, at now: Int64) -> [UInt8] {
        let end = now + PasskeyChallenges.life
        let head = Secrecy.random(16) + (0..<8).map { UInt8(truncatingIfNeeded: end >> (56 - 8 * Int64($0))) }
        return head + mac(head, purpose)
    }

    /// Ours, for this purpose, in time, and not taken before.
    public func isOpen(_ challenge: [UInt8], for purpose: String, at now: Int64) -> Bool {
        let taken = used.lazy.filter { $0.value >= now }.count
        guard challenge.count == 40, taken < PasskeyChallenges.limit, used[challenge] == nil else { return false }
        let head = Array(challenge.prefix(24))
        let end = head.suffix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return Secrecy.isSame(Array(challenge.suffix(16)), mac(head, purpose)) && now <= end
    }

    /// It was answered rightly: never again. False where it was taken meanwhile.
    public mutating func take(_ challenge: [UInt8], at now: Int64) -> Bool {
        used = used.filter { $0.value >= now }
        return used.updateValue(now + PasskeyChallenges.life, forKey: challenge) == nil
    }

    private func mac(_ head: [UInt8], _ purpose: String) -> [UInt8] {
        Array(Secrecy.mac("SHA256", key, head + Array(purpose.utf8)).prefix(16))
    }
}
