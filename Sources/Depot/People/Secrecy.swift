private import CCrypto
import Model

/// The library's primitives that signing in needs, over bytes.
enum Secrecy {
    /// HMAC (RFC 2104) with the digest of this name, `SHA1` or `SHA256`.
    static func mac(_ digest: String, _ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: 64)
        var length = 0
        EVP_Q_mac(nil, "HMAC", nil, digest, nil, key, key.count, message, message.count, &mac, mac.count, &length)
        return Array(mac.prefix(length))
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        ccrypto_sha256(bytes, bytes.count, &digest)
        return digest
    }

    /// Of the kernel's generator.
    static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// Takes as long wherever the two differ.
    static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Bytes in five bits a sign, without padding.
enum Base32 {
    /// RFC 4648, section 6: what authenticator apps read.
    static let plain: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    /// Crockford's, small: nothing in it is taken for something else when it is read aloud (https://www.crockford.com/base32.html).
    static let spoken: [UInt8] = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func text(_ bytes: [UInt8], _ alphabet: [UInt8] = plain) -> String {
        var out: [UInt8] = []
        var (word, bits) = (UInt32(0), UInt32(0))
        for byte in bytes {
            (word, bits) = (word << 8 | UInt32(byte), bits + 8)
            while bits >= 5 {
                bits -= 5
                out.append(alphabet[Int(word >> bits & 31)])
            }
            word &= (1 << bits) - 1
        }
        if bits > 0 { out.append(alphabet[Int(word << (5 - bits) & 31)]) }
        return String(decoding: out, as: UTF8.self)
    }
}

/// Base64 as WebAuthn's texts carry bytes: RFC 4648, section 5, without padding.
public enum Base64URL {
    private static let signs: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    public static func text(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let three = bytes[start..<min(start + 3, bytes.count)]
            let word = (0..<3).reduce(UInt32(0)) { word, index in
                word << 8 | (index < three.count ? UInt32(three[start + index]) : 0)
            }
            for index in 0...three.count { out.append(signs[Int(word >> UInt32(18 - 6 * index) & 0x3F)]) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil for anything else, bits left over included: one value has one text.
    public static func bytes(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var (word, bits) = (UInt32(0), UInt32(0))
        for sign in text.utf8 {
            let value: UInt8
            switch sign {
            case 0x41...0x5A: value = sign - 0x41
            case 0x61...0x7A: value = sign - 0x61 + 26
            case 0x30...0x39: value = sign - 0x30 + 52
            case 0x2D: value = 62
            case 0x5F: value = 63
            default: return nil
            }
            (word, bits) = (word << 6 | UInt32(value), bits + 6)
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
                word &= (1 << bits) - 1
            }
        }
        return word == 0 && bits < 6 ? out : nil
    }
}
