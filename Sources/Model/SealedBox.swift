private import CCrypto

/// What somebody who knows a secret key alone can read: RFC 9180 (HPKE), base mode, one message, with DHKEM(X25519, HKDF-SHA256),
/// HKDF-SHA256 and ChaCha20-Poly1305. A box is the sender's 32 bytes and the text with its tag of 16.
public enum SealedBox {
    /// Of a key, secret or public, in bytes.
    public static let keyLength = 32
    static let overhead = 48

    /// 32 random bytes are a secret key (RFC 7748 §5); nil for another length.
    public static func publicKey(of secret: [UInt8]) -> [UInt8]? {
        guard secret.count == keyLength,
            let key = EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, secret, keyLength)
        else { return nil }
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: keyLength)
        var length = keyLength
        return EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 && length == keyLength ? bytes : nil
    }

    /// `about` is not in the box, and it opens with the very same alone. Nil where the key is none.
    public static func seal(_ text: [UInt8], to key: [UInt8], info: [UInt8], about: [UInt8]) -> [UInt8]? {
        var secret = [UInt8](repeating: 0, count: keyLength)
        guard RAND_bytes(&secret, Int32(keyLength)) == 1, let sender = publicKey(of: secret),
            let shared = agreed(secret, key), let schedule = Schedule(shared, sender: sender, receiver: key, info)
        else { return nil }
        return cipher(text, schedule, about, isSealing: true).map { sender + $0 }
    }

    /// Nil where it was not sealed to this key, or is not about this.
    public static func open(_ box: [UInt8], with secret: [UInt8], info: [UInt8], about: [UInt8]) -> [UInt8]? {
        guard box.count >= overhead, let receiver = publicKey(of: secret) else { return nil }
        let sender = Array(box.prefix(keyLength))
        guard let shared = agreed(secret, sender),
            let schedule = Schedule(shared, sender: sender, receiver: receiver, info)
        else { return nil }
        return cipher(Array(box.dropFirst(keyLength)), schedule, about, isSealing: false)
    }

    /// X25519; nil where the result would be zero (RFC 7748 §6.1), or the other's key is none.
    private static func agreed(_ secret: [UInt8], _ other: [UInt8]) -> [UInt8]? {
        guard other.count == keyLength, let own = EVP_PKEY_new_raw_private_key_ex(nil, "X25519", nil, secret, keyLength)
        else { return nil }
        defer { EVP_PKEY_free(own) }
        guard let peer = EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, other, keyLength) else { return nil }
        defer { EVP_PKEY_free(peer) }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, own, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var bytes = [UInt8](repeating: 0, count: keyLength)
        var length = keyLength
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1,
            EVP_PKEY_derive(context, &bytes, &length) == 1, length == keyLength
        else { return nil }
        return bytes
    }

    /// RFC 9180 §4.1 and §5.1: one message has sequence number 0, so that its nonce is the base nonce.
    private struct Schedule {
        var key: [UInt8]
        var nonce: [UInt8]

        init?(_ shared: [UInt8], sender: [UInt8], receiver: [UInt8], _ info: [UInt8]) {
            let kem = Labels(suite: Array("KEM".utf8) + [0x00, 0x20])
            let hpke = Labels(suite: Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x03])
            guard let first = kem.extract([], "eae_prk", shared),
                let known = kem.expand(first, "shared_secret", sender + receiver, 32),
                let nobody = hpke.extract([], "psk_id_hash", []), let purpose = hpke.extract([], "info_hash", info),
                let secret = hpke.extract(known, "secret", []),
                let key = hpke.expand(secret, "key", [0] + nobody + purpose, 32),
                let nonce = hpke.expand(secret, "base_nonce", [0] + nobody + purpose, 12)
            else { return nil }
            (self.key, self.nonce) = (key, nonce)
        }
    }

    /// LabeledExtract and LabeledExpand (RFC 9180 §4), over HKDF (RFC 5869); no more than one block is ever asked for.
    private struct Labels {
        var suite: [UInt8]

        func extract(_ salt: [UInt8], _ label: String, _ text: [UInt8]) -> [UInt8]? {
            mac(salt.isEmpty ? Array(repeating: 0, count: 32) : salt, "HPKE-v1".utf8 + suite + label.utf8 + text)
        }

        func expand(_ key: [UInt8], _ label: String, _ info: [UInt8], _ length: Int) -> [UInt8]? {
            mac(key, [0, UInt8(length)] + "HPKE-v1".utf8 + suite + label.utf8 + info + [1]).map {
                Array($0.prefix(length))
            }
        }

        private func mac(_ key: [UInt8], _ text: [UInt8]) -> [UInt8]? {
            var out = [UInt8](repeating: 0, count: 32)
            var length = 0
            let made = EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, key, key.count, text, text.count, &out, out.count, &length)
            return made != nil && length == 32 ? out : nil
        }
    }

    private static let tagLength = 16

    private static func cipher(_ text: [UInt8], _ schedule: Schedule, _ about: [UInt8], isSealing: Bool) -> [UInt8]? {
        guard let method = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil) else { return nil }
        defer { EVP_CIPHER_free(method) }
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let direction: Int32 = isSealing ? 1 : 0
        var tag = isSealing ? [UInt8](repeating: 0, count: tagLength) : Array(text.suffix(tagLength))
        let body = isSealing ? text : Array(text.dropLast(tagLength))
        var out = [UInt8](repeating: 0, count: body.count + tagLength)
        // A stream cipher leaves nothing for the end.
        var end = [UInt8](repeating: 0, count: tagLength)
        var (length, rest): (Int32, Int32) = (0, 0)
        guard EVP_CipherInit_ex2(context, method, schedule.key, schedule.nonce, direction, nil) == 1 else { return nil }
        if !isSealing, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) != 1 { return nil }
        guard EVP_CipherUpdate(context, nil, &length, about, Int32(clamping: about.count)) == 1,
            EVP_CipherUpdate(context, &out, &length, body, Int32(clamping: body.count)) == 1,
            EVP_CipherFinal_ex(context, &end, &rest) == 1
        else { return nil }
        guard isSealing else { return Array(out.prefix(Int(length))) }
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1 else { return nil }
        return Array(out.prefix(Int(length))) + tag
    }
}
