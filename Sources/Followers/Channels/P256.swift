private import CCrypto

/// A key of the curve P-256 (FIPS 186-5, `prime256v1`), as Web Push needs one: to agree on a secret, and to sign.
struct P256: ~Copyable {
    private let key: OpaquePointer
    /// 65 bytes: 4, x, y.
    let publicKey: [UInt8]

    /// Of 32 bytes; nil where they are no private key: zero, or beyond the curve's order.
    init?(secret: [UInt8]) {
        guard secret.count == 32, let publicKey = P256.point(secret), let key = P256.key(publicKey, secret) else {
            return nil
        }
        (self.key, self.publicKey) = (key, publicKey)
    }

    deinit { EVP_PKEY_free(key) }

    /// A new one, of the system's random numbers.
    static func random() -> P256? {
        var secret = [UInt8](repeating: 0, count: 32)
        guard RAND_priv_bytes(&secret, Int32(secret.count)) == 1 else { return nil }
        return P256(secret: secret)
    }

    /// What both ends alone can know (ECDH, 32 bytes); nil where the other's 65 bytes are no point of the curve.
    func agree(with other: [UInt8]) -> [UInt8]? {
        guard let peer = P256.key(other, nil) else { return nil }
        defer { EVP_PKEY_free(peer) }
        guard let context = EVP_PKEY_CTX_new(key, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var shared = [UInt8](repeating: 0, count: 32)
        var count = shared.count
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1,
            EVP_PKEY_derive(context, &shared, &count) == 1, count == 32
        else { return nil }
        return shared
    }

    /// ES256 (RFC 7518, 3.4): r and s, 32 bytes each.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var der = [UInt8](repeating: 0, count: 80)
        var count = der.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, &der, &count, message, message.count) == 1
        else { return nil }
        return P256.parts(Array(der.prefix(count)))
    }

    /// `30 LL 02 LL r 02 LL s`: whole numbers with a sign, of 33 bytes at most.
    static func parts(_ der: [UInt8]) -> [UInt8]? {
        guard der.count > 8, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var rest = der[2...]
        var out: [UInt8] = []
        for _ in 0..<2 {
            guard rest.count > 2, rest.first == 0x02 else { return nil }
            let count = Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard (1...33).contains(count), count <= rest.count else { return nil }
            let digits = rest.prefix(count).drop { $0 == 0 }
            guard digits.count <= 32 else { return nil }
            out += [UInt8](repeating: 0, count: 32 - digits.count) + digits
            rest = rest.dropFirst(count)
        }
        return rest.isEmpty ? out : nil
    }

    private static func point(_ secret: [UInt8]) -> [UInt8]? {
        guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        defer { EC_GROUP_free(group) }
        guard let number = BN_bin2bn(secret, Int32(secret.count), nil) else { return nil }
        defer { BN_clear_free(number) }
        guard BN_is_zero(number) == 0, let order = EC_GROUP_get0_order(group), BN_cmp(number, order) < 0,
            let point = EC_POINT_new(group)
        else { return nil }
        defer { EC_POINT_free(point) }
        var bytes = [UInt8](repeating: 0, count: 65)
        guard EC_POINT_mul(group, point, number, nil, nil, nil) == 1,
            EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil) == bytes.count
        else { return nil }
        return bytes
    }

    /// Whoever asks frees it. A point beside the curve is refused by the library (SEC 1, 2.3.4).
    private static func key(_ point: [UInt8], _ secret: [UInt8]?) -> OpaquePointer? {
        guard point.count == 65, point[0] == 4 else { return nil }
        return ccrypto_p256(point, point.count, secret ?? [], secret?.count ?? 0)
    }
}
