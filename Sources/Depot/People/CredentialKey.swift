private import CCrypto
import Model

/// The public key of a passkey as COSE writes it (RFC 9053): ES256 on P-256, EdDSA on Ed25519 or RS256.
enum CredentialKey: Equatable, Sendable {
    case es256(x: [UInt8], y: [UInt8])
    case eddsa([UInt8])
    case rs256(modulus: [UInt8], exponent: [UInt8])

    /// As `pubKeyCredParams` asks for them, the best first (IANA, COSE Algorithms).
    static let algorithms: [Int64] = [-7, -8, -257]

    /// Nil for another algorithm or curve, or a key that is none. A modulus has 2048 to 4096 bits.
    init?(_ cose: CBOR) {
        guard case .map(let pairs) = cose else { return nil }
        func member(_ name: Int64) -> CBOR? { pairs.first { $0.key.integer == name }?.value }
        switch (member(1)?.integer, member(3)?.integer, member(-1)) {
        case (2, -7, .some(.unsigned(1))):
            guard let x = member(-2)?.blob, let y = member(-3)?.blob, x.count == 32, y.count == 32 else { return nil }
            self = .es256(x: x, y: y)
        case (1, -8, .some(.unsigned(6))):
            guard let x = member(-2)?.blob, x.count == 32 else { return nil }
            self = .eddsa(x)
        case (3, -257, .some(.bytes(let modulus))):
            guard let exponent = member(-2)?.blob, (256...512).contains(modulus.count), (1...8).contains(exponent.count)
            else { return nil }
            self = .rs256(modulus: modulus, exponent: exponent)
        default: return nil
        }
    }

    /// Whether this key's owner signed the message. False for a key that the library does not take, such as a point beside the curve.
    func isSigned(_ message: [UInt8], by signature: [UInt8]) -> Bool {
        guard let key = opened(), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        let digest: OpaquePointer? = if case .eddsa = self { nil } else { EVP_sha256() }
        return EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// Whoever asks frees it.
    private func opened() -> OpaquePointer? {
        switch self {
        case .eddsa(let x): EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count)
        case .es256(let x, let y):
            // An uncompressed point (SEC 1, 2.3.3).
            CredentialKey.made(
                "EC",
                [("group", CredentialKey.text, Array("prime256v1".utf8)), ("pub", CredentialKey.octets, [4] + x + y)])
        case .rs256(let modulus, let exponent):
            // As the machine has numbers: the smallest byte first.
            CredentialKey.made(
                "RSA",
                [
                    ("n", CredentialKey.number, Array(modulus.reversed())),
                    ("e", CredentialKey.number, Array(exponent.reversed())),
                ])
        }
    }

    // OSSL_PARAM's types (openssl/core.h).
    private static let number = UInt32(2)
    private static let text = UInt32(4)
    private static let octets = UInt32(5)
    // EVP_PKEY_PUBLIC_KEY of openssl/evp.h, a macro that Swift does not see.
    private static let publicKey = Int32(0x86)

    private static func made(_ type: String, _ parts: [(name: String, type: UInt32, value: [UInt8])]) -> OpaquePointer?
    {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_fromdata_init(context) == 1 else { return nil }
        // The library reads them while it is called: until then they stay where they are.
        var (names, values): ([UnsafeMutablePointer<CChar>], [UnsafeMutableRawBufferPointer]) = ([], [])
        defer {
            for name in names { name.deallocate() }
            for value in values { value.deallocate() }
        }
        var parameters: [OSSL_PARAM] = parts.map { part in
            let name = UnsafeMutablePointer<CChar>.allocate(capacity: part.name.utf8.count + 1)
            name.initialize(repeating: 0, count: part.name.utf8.count + 1)
            for (index, byte) in part.name.utf8.enumerated() { name[index] = CChar(bitPattern: byte) }
            let value = UnsafeMutableRawBufferPointer.allocate(byteCount: part.value.count, alignment: 8)
            value.copyBytes(from: part.value)
            names.append(name)
            values.append(value)
            return OSSL_PARAM(
                key: name, data_type: part.type, data: value.baseAddress, data_size: part.value.count, return_size: 0)
        }
        parameters.append(OSSL_PARAM())
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata(context, &key, publicKey, &parameters) == 1 else { return nil }
        return key
    }
}
