/// A sortable identifier: 48 bits of Unix milliseconds, 80 random bits, 26 characters of Crockford's base 32.
public enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    public static func make(at milliseconds: Int64, using random: inout some RandomNumberGenerator) -> String {
        var bits: [UInt8] = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
        for _ in 0..<10 { bits.append(UInt8.random(in: .min ... .max, using: &random)) }
        var out: [UInt8] = []
        // 128 bits in 26 groups of five, the first of which holds only three.
        for group in 0..<26 {
            var value = 0
            for bit in 0..<5 {
                let index = group * 5 + bit - 2
                let set = index >= 0 && bits[index / 8] >> UInt8(7 - index % 8) & 1 == 1
                value = value << 1 | (set ? 1 : 0)
            }
            out.append(alphabet[value])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
