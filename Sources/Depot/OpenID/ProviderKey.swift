private import CCrypto
public import Model

/// A public key by which a provider signs (RFC 7517; RFC 7518 §6.2, §6.3; RFC 8037 §2).
public struct ProviderKey: Equatable, Sendable {
    /// Those that are taken (RFC 7518 §3.1, RFC 8037 §3.1). `none`, and secrets that both sides have (HS256), are not among them: who
    /// can check such a signature can make it.
    public enum Algorithm: String, CaseIterable, Sendable {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    enum Material: Equatable, Sendable {
        /// Modulus and exponent, most significant byte first.
        case rsa([UInt8], [UInt8])
        /// `04 x y`, 65 bytes.
        case p256([UInt8])
        /// 32 bytes.
        case ed25519([UInt8])
    }

    /// Bits of an RSA modulus: fewer are guessed, more take seconds.
    static let rsaBits = 2048...8192
    /// Keys of a document; more are passed over.
    static let limit = 50

    /// `kid`.
    public let id: String?
    /// Where the key says what it is for.
    let algorithm: Algorithm?
    let material: Material

    /// Those of a JWK set that can be used here; others, such as keys for encryption, are passed over (RFC 7517 §5).
    public static func all(in document: JSON) -> [ProviderKey] {
        (document["keys"]?.list ?? []).prefix(limit).compactMap(ProviderKey.init)
    }

    /// Nil where it is none of ours.
    init?(_ json: JSON) {
        if let use = json["use"]?.text, use != "sig" { return nil }
        func bytes(_ name: String) -> [UInt8]? { json[name]?.text.flatMap { Base64URL.bytes($0) } }
        switch (json["kty"]?.text, json["crv"]?.text) {
        case ("RSA", _):
            guard let modulus = bytes("n").map({ Array($0.drop { $0 == 0 }) }), let exponent = bytes("e"),
                let first = modulus.first, (1...8).contains(exponent.count), exponent.last.map({ $0 & 1 }) == 1,
                ProviderKey.rsaBits.contains(modulus.count * 8 - first.leadingZeroBitCount)
            else { return nil }
            material = .rsa(modulus, exponent)
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32 else { return nil }
            material = .p256([4] + x + y)
        case ("OKP", "Ed25519"):
            guard let x = bytes("x"), x.count == 32 else { return nil }
            material = .ed25519(x)
        default: return nil
        }
        if let name = json["alg"]?.text {
            guard let algorithm = Algorithm(rawValue: name) else { return nil }
            self.algorithm = algorithm
        } else {
            algorithm = nil
        }
        id = json["kid"]?.text
    }

    /// Whether this key may be used so: the kind of key decides, never the token alone (RFC 8725 §3.1).
    func fits(_ algorithm: Algorithm) -> Bool {
        guard self.algorithm == nil || self.algorithm == algorithm else { return false }
        return switch (material, algorithm) {
        case (.rsa, .rs256), (.rsa, .ps256), (.p256, .es256), (.ed25519, .edDSA): true
        default: false
        }
    }

    /// Whether `signature` of `message` was made by this key's owner.
    func holds(_ signature: [UInt8], of message: [UInt8], by algorithm: Algorithm) -> Bool {
        guard fits(algorithm), let key = publicKey(), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var signature = signature
        if algorithm == .es256 {
            guard let encoded = ProviderKey.encoded(signature) else { return false }
            signature = encoded
        }
        let digest = algorithm == .edDSA ? nil : "SHA256"
        // A salt as long as the digest (RFC 7518 §3.5).
        let padding: [Parameter] =
            algorithm == .ps256 ? [.text("pad-mode", "pss"), .text("saltlen", "digest")] : []
        let isReady = ProviderKey.with(padding) { EVP_DigestVerifyInit_ex(context, nil, digest, nil, nil, key, $0) }
        return isReady == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    // MARK: libcrypto

    /// `EVP_PKEY_PUBLIC_KEY` of openssl/evp.h: domain and other parameters, and the public key.
    private static let selectsPublicKey: Int32 = 0x04 | 0x80 | 0x02

    private enum Parameter {
        case text(String, String)
        case bytes(String, [UInt8])
        /// Most significant byte first.
        case number(String, [UInt8])
    }

    /// Whoever asks frees it. Nil where the numbers are no key, such as a point that is not on its curve.
    private func publicKey() -> OpaquePointer? {
        switch material {
        case .rsa(let modulus, let exponent):
            ProviderKey.key("RSA", [.number("n", modulus), .number("e", exponent)])
        case .p256(let point): ProviderKey.key("EC", [.text("group", "P-256"), .bytes("pub", point)])
        case .ed25519(let bytes): EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count)
        }
    }

    private static func key(_ name: String, _ parameters: [Parameter]) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            with(parameters, { EVP_PKEY_fromdata(context, &key, selectsPublicKey, $0) }) == 1
        else {
            EVP_PKEY_free(key)
            return nil
        }
        return key
    }

    /// `OSSL_PARAM(3)`: a list that ends with an empty one; numbers in the machine's order. What it points at lives while `body` runs.
    private static func with<T>(_ parameters: [Parameter], _ body: (UnsafeMutablePointer<OSSL_PARAM>?) -> T) -> T {
        var kept: [UnsafeMutableRawPointer] = []
        defer { for one in kept { one.deallocate() } }
        func keep(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
            let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 1, alignment: 16)
            copy.copyMemory(from: bytes, byteCount: bytes.count)
            (copy + bytes.count).storeBytes(of: 0, as: UInt8.self)
            kept.append(copy)
            return copy
        }
        var list = parameters.map { parameter -> OSSL_PARAM in
            let (name, kind, bytes): (String, Int32, [UInt8]) =
                switch parameter {
                case .text(let name, let text): (name, OSSL_PARAM_UTF8_STRING, Array(text.utf8))
                case .bytes(let name, let bytes): (name, OSSL_PARAM_OCTET_STRING, bytes)
                case .number(let name, let bytes):
                    (name, OSSL_PARAM_UNSIGNED_INTEGER, 1.littleEndian == 1 ? bytes.reversed() : bytes)
                }
            let key = UnsafePointer(keep(Array(name.utf8)).assumingMemoryBound(to: CChar.self))
            return OSSL_PARAM(
                key: key, data_type: UInt32(kind), data: keep(bytes), data_size: bytes.count, return_size: 0)
        }
        list.append(OSSL_PARAM())
        return list.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }

    /// The 64 bytes `r s` of JWS (RFC 7518 §3.4) as `ECDSA-Sig-Value` (RFC 3279 §2.2.3), which libcrypto reads. Nil for another length.
    static func encoded(_ signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64 else { return nil }
        let body = [signature[..<32], signature[32...]].flatMap { half -> [UInt8] in
            let digits = Array(half.drop { $0 == 0 })
            let number = digits.first.map { $0 & 0x80 == 0 } == true ? digits : [0] + digits
            return [0x02, UInt8(number.count)] + number
        }
        return [0x30, UInt8(body.count)] + body
    }
}
