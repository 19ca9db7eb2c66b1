/// Hex text as the product prints and accepts it: upper case on output, either case and spaces on input.
public enum Hex {
    private static let digits: [UInt8] = Array("0123456789ABCDEF".utf8)

    public static func string(_ bytes: [UInt8]) -> String {
        digits.withUnsafeBufferPointer { digits in
            String(unsafeUninitializedCapacity: bytes.count * 2) { out in
                var at = 0
                for byte in bytes {
                    out[at] = digits[Int(byte >> 4)]
                    out[at + 1] = digits[Int(byte & 15)]
                    at += 2
                }
                return at
            }
        }
    }

    public static func string(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The same, behind what is there already.
    public static func put(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) {
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
    }

    /// Nil for anything that is not a hex digit or an odd number of them. White space is skipped.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? { bytes(ascii: text.utf8) }

    public static func bytes(ascii text: some Sequence<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var high: UInt8?
        for character in text {
            if character == 0x20 || (0x09...0x0D).contains(character) { continue }
            guard let value = digit(character) else { return nil }
            if let first = high {
                out.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? out : nil
    }

    /// The value of one hex digit.
    public static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }

    /// Sixteen upper-case digits: how an epoch or a nonce is written in JSON.
    public static func word(_ value: UInt64) -> String {
        string((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
    }

    public static func word(_ text: String) -> UInt64? {
        text.utf8.count == 16 ? UInt64(text, radix: 16) : nil
    }
}
