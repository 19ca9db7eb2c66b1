/// The character set of Windows in western Europe: ISO 8859-1 with printable characters from 80 to 9F.
public enum Windows1252 {
    private static let high: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    public static func character(_ byte: UInt8) -> Character {
        Character((0x80..<0xA0).contains(byte) ? Unicode.Scalar(high[Int(byte) - 0x80])! : Unicode.Scalar(byte))
    }

    /// UTF-8 where it is; any other line is Windows-1252 (ours: AMI names no encoding, and neither do files).
    public static func text(_ bytes: ArraySlice<UInt8>) -> String {
        // As most lines are; a check that knows only this is far cheaper.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(bytes.map(character))
    }
}
