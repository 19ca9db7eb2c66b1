private import CCrypto

/// Whom a copy is sealed to: a recipient of age, `age1…`, an X25519 public key. Whoever has the secret key alone can read it, with `age -d`
/// (C2SP, age v1: <https://c2sp.org/age@v1>).
public struct AgeRecipient: Equatable, Sendable {
    let key: [UInt8]

    /// Bech32 (BIP-173) of 32 bytes under the prefix `age`; nil for anything else.
    public init?(_ text: String) {
        guard let found = AgeRecipient.bech32(text), found.prefix == "age", found.bytes.count == 32 else { return nil }
        key = found.bytes
    }

    // MARK: Bech32

    private static let letters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    static func bech32(_ text: String) -> (prefix: String, bytes: [UInt8])? {
        let characters = Array(text.utf8)
        guard (8...90).contains(characters.count), let mark = characters.lastIndex(of: UInt8(ascii: "1")), mark > 0
        else { return nil }
        let prefix = characters[..<mark]
        guard prefix.allSatisfy({ (97...122).contains($0) }) else { return nil }
        var values: [UInt8] = []
        for character in characters[(mark + 1)...] {
            guard let value = letters.firstIndex(of: character) else { return nil }
            values.append(UInt8(value))
        }
        guard values.count >= 6, check(prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } + values) == 1 else {
            return nil
        }
        var (bytes, room, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for value in values.dropLast(6) {
            room = (room << 5 | UInt32(value)) & 0xFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: room >> UInt32(bits)))
            }
        }
        // What is left over is less than a letter, and nothing.
        guard bits < 5, room & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return (String(decoding: prefix, as: UTF8.self), bytes)
    }

    private static func check(_ values: [UInt8]) -> UInt32 {
        let parts: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        return values.reduce(1) { sum, value in
            let mixed = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            return parts.enumerated().reduce(mixed) { (sum >> 25) >> UInt32($1.offset) & 1 == 1 ? $0 ^ $1.element : $0 }
        }
    }
}

/// A stream that is sealed, piece by piece: what it takes of memory does not grow with it.
///
/// ```
/// age-encryption.org/v1\n
/// -> X25519 SHARE\n          the sender's key of this file, base64 without padding
/// BODY\n                     the file's key, wrapped
/// --- MAC\n                  HMAC-SHA-256 of all before it, "---" included
/// nonce (16), then pieces of 64 KiB with a tag of 16 each
/// ```
public struct AgeSeal {
    /// Bytes of a piece.
    public static let piece = 64 << 10
    private static let begin = "age-encryption.org/v1\n"

    /// What stands before the first piece.
    public let head: [UInt8]
    private let key: [UInt8]
    private var counter: UInt64 = 0

    /// Whether these are the first bytes of a file of age's.
    public static func begins(_ bytes: some Sequence<UInt8>) -> Bool {
        Array(bytes.prefix(begin.utf8.count)) == Array(begin.utf8)
    }

    /// Nil where the recipient's key is none, or there is no randomness.
    public init?(to recipient: AgeRecipient) {
        guard let file = AgeSeal.random(16), let secret = AgeSeal.random(32), let nonce = AgeSeal.random(16),
            let (share, shared) = AgeSeal.agree(secret, recipient.key),
            let wrap = AgeSeal.derive(shared, salt: share + recipient.key, "age-encryption.org/v1/X25519"),
            let body = AgeSeal.seal(file, wrap, [UInt8](repeating: 0, count: 12)),
            let macKey = AgeSeal.derive(file, salt: [], "header"),
            let key = AgeSeal.derive(file, salt: nonce, "payload")
        else { return nil }
        let lines = "\(AgeSeal.begin)-> X25519 \(AgeSeal.base64(share))\n\(AgeSeal.base64(body))\n---"
        guard let mac = AgeSeal.mac(macKey, Array(lines.utf8)) else { return nil }
        head = Array("\(lines) \(AgeSeal.base64(mac))\n".utf8) + nonce
        self.key = key
    }

    /// The next piece; all but the last are whole, and the last one is empty only where there is no other.
    public mutating func seal(_ bytes: [UInt8], isLast: Bool) -> [UInt8]? {
        precondition(isLast || bytes.count == AgeSeal.piece, "a piece that is not the last is whole")
        let count = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        counter += 1
        return AgeSeal.seal(bytes, key, [0, 0, 0] + count + [isLast ? 1 : 0])
    }

    // MARK: what libcrypto does

    private static func random(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return RAND_bytes(&bytes, Int32(count)) == 1 ? bytes : nil
    }

    /// X25519 (RFC 7748): the public key of a secret one, and what it has in common with another's.
    private static func agree(_ secret: [UInt8], _ other: [UInt8]) -> (share: [UInt8], shared: [UInt8])? {
        guard let own = EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, secret, secret.count) else { return nil }
        defer { EVP_PKEY_free(own) }
        guard let peer = EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, other, other.count) else { return nil }
        defer { EVP_PKEY_free(peer) }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, own, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var (share, shared) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
        var (length, sharedLength) = (32, 32)
        guard EVP_PKEY_get_raw_public_key(own, &share, &length) == 1, EVP_PKEY_derive_init(context) == 1,
            EVP_PKEY_derive_set_peer(context, peer) == 1, EVP_PKEY_derive(context, &shared, &sharedLength) == 1,
            length == 32, sharedLength == 32
        else { return nil }
        return (share, shared)
    }

    /// HKDF-SHA-256 (RFC 5869), of one block.
    private static func derive(_ secret: [UInt8], salt: [UInt8], _ info: String) -> [UInt8]? {
        mac(salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt, secret).flatMap { mac($0, Array(info.utf8) + [1]) }
    }

    private static func mac(_ key: [UInt8], _ text: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: 32)
        var length = 0
        let made = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, text, text.count, &out, out.count, &length)
        return made != nil && length == 32 ? out : nil
    }

    /// ChaCha20-Poly1305 (RFC 8439), the tag behind the text.
    private static func seal(_ text: [UInt8], _ key: [UInt8], _ nonce: [UInt8]) -> [UInt8]? {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        var (out, tag) = ([UInt8](repeating: 0, count: text.count + 16), [UInt8](repeating: 0, count: 16))
        // A stream cipher leaves nothing for the end.
        var (end, length, rest): ([UInt8], Int32, Int32) = ([UInt8](repeating: 0, count: 16), 0, 0)
        guard EVP_EncryptInit_ex2(context, EVP_chacha20_poly1305(), key, nonce, nil) == 1,
            EVP_EncryptUpdate(context, &out, &length, text, Int32(clamping: text.count)) == 1,
            EVP_EncryptFinal_ex(context, &end, &rest) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
        else { return nil }
        return Array(out.prefix(Int(length))) + tag
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var out = [UInt8](repeating: 0, count: bytes.count / 3 * 4 + 5)
        let count = Int(EVP_EncodeBlock(&out, bytes, Int32(bytes.count)))
        return String(decoding: out.prefix(count).filter { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }
}
