/// Base64url without padding (RFC 4648 §5, RFC 7515 §2), strictly: one text for one list of bytes.
enum Base64URL {
    private static let signs: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        var (word, bits) = (UInt32(0), 0)
        for byte in bytes {
            (word, bits) = (word << 8 | UInt32(byte), bits + 8)
            while bits >= 6 {
                bits -= 6
                out.append(signs[Int(word >> UInt32(bits) & 0x3F)])
            }
        }
        if bits > 0 { out.append(signs[Int(word << UInt32(6 - bits) & 0x3F)]) }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil for signs of another alphabet, padding, a length that cannot be, or bits left over.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var out: [UInt8] = []
        var (word, bits) = (UInt32(0), 0)
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
                out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bits < 6 && word & ((1 << UInt32(bits)) - 1) == 0 ? out : nil
    }
}
