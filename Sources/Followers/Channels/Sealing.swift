private import CCrypto

/// AES in Galois/Counter mode (NIST SP 800-38D) with a tag of 16 bytes, and what HMAC-SHA256 makes of keys.
enum Sealing {
    static let tagSize = 16
    static let nonceSize = 12

    /// The text in cipher, and its tag behind it. `key` has 16 or 32 bytes.
    static func seal(_ text: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard let cipher = cipher(key), nonce.count == nonceSize, let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        var out = [UInt8](repeating: 0, count: text.count + tagSize)
        var count: Int32 = 0
        var last: Int32 = 0
        var tag = [UInt8](repeating: 0, count: tagSize)
        guard EVP_EncryptInit_ex(context, cipher, nil, key, nonce) == 1,
            EVP_EncryptUpdate(context, &out, &count, text, Int32(text.count)) == 1,
            EVP_EncryptFinal_ex(context, &tag, &last) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagSize), &tag) == 1
        else { return nil }
        out.replaceSubrange(text.count..., with: tag)
        return out
    }

    /// Nil where it was sealed by another key, or changed.
    static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard let cipher = cipher(key), nonce.count == nonceSize, sealed.count >= tagSize,
            let context = EVP_CIPHER_CTX_new()
        else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let text = Array(sealed.dropLast(tagSize))
        var tag = Array(sealed.suffix(tagSize))
        var out = [UInt8](repeating: 0, count: text.count + 1)
        var count: Int32 = 0
        var last: Int32 = 0
        var end = [UInt8](repeating: 0, count: tagSize)
        guard EVP_DecryptInit_ex(context, cipher, nil, key, nonce) == 1,
            EVP_DecryptUpdate(context, &out, &count, text, Int32(text.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagSize), &tag) == 1,
            EVP_DecryptFinal_ex(context, &end, &last) == 1
        else { return nil }
        return Array(out.prefix(text.count))
    }

    private static func cipher(_ key: [UInt8]) -> OpaquePointer? {
        switch key.count {
        case 16: EVP_aes_128_gcm()
        case 32: EVP_aes_256_gcm()
        default: nil
        }
    }

    /// HMAC-SHA256, 32 bytes: with a `1` behind the information it is HKDF's first block (RFC 5869, 2.3).
    static func mac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: 32)
        var length = 0
        EVP_Q_mac(nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &mac, mac.count, &length)
        return mac
    }

    static func random(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in random.next() }
    }

    /// RFC 4648, 4.
    static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }

    /// RFC 4648, 5, without padding, as RFC 7515 wants it.
    static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            String.UnicodeScalarView(
                base64(bytes).unicodeScalars.compactMap { $0 == "=" ? nil : $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }

    /// Padded or not; nil for what is none.
    static func bytes(base64URL text: String) -> [UInt8]? {
        let body = text.utf8.reversed().drop { $0 == 0x3D }.reversed()
        guard body.count % 4 != 1,
            body.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F
            })
        else { return nil }
        let padding = (4 - body.count % 4) % 4
        let input = body.map { $0 == 0x2D ? 0x2B : $0 == 0x5F ? 0x2F : $0 } + [UInt8](repeating: 0x3D, count: padding)
        var bytes = [UInt8](repeating: 0, count: input.count / 4 * 3 + 3)
        let count = Int(EVP_DecodeBlock(&bytes, input, Int32(input.count)))
        return count >= padding ? Array(bytes.prefix(count - padding)) : nil
    }
}
