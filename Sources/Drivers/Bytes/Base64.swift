/// Base64 (RFC 4648 §4, and §5 where a text is read), with its padding.
enum Base64 {
    private static let signs: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let three = bytes[start..<min(start + 3, bytes.count)]
            let word = (0..<3).reduce(UInt32(0)) { word, index in
                word << 8 | (index < three.count ? UInt32(three[start + index]) : 0)
            }
            for index in 0..<4 {
                out.append(index <= three.count ? signs[Int(word >> UInt32(18 - 6 * index) & 0x3F)] : 0x3D)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil for what is no base64 of either alphabet; padding may be left out.
    static func bytes(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var (word, bits) = (UInt32(0), 0)
        var body = text.utf8[...]
        while body.last == 0x3D, text.utf8.count - body.count < 2 { body = body.dropLast() }
        guard body.count % 4 != 1 else { return nil }
        for sign in body {
            let value: UInt8
            switch sign {
            case 0x41...0x5A: value = sign - 0x41
            case 0x61...0x7A: value = sign - 0x61 + 26
            case 0x30...0x39: value = sign - 0x30 + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            default: return nil
            }
            (word, bits) = (word << 6 | UInt32(value), bits + 6)
            guard bits >= 8 else { continue }
            bits -= 8
            out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
        return out
    }
}
