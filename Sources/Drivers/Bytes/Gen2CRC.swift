/// The 16-bit CRC a Gen2 tag sends after PC and EPC: polynomial 1021, start FFFF, final XOR FFFF
/// (ISO/IEC 13239, "CRC-16/GENIBUS"; EPC Gen2 2.0.1 §6.3.1.5).
public enum Gen2CRC {
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes { add(byte, to: &crc) }
        return ~crc
    }

    /// Of the protocol control word and what follows it, as a tag has them.
    public static func checksum(_ control: UInt16, _ bytes: [UInt8]) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        add(UInt8(control >> 8), to: &crc)
        add(UInt8(truncatingIfNeeded: control), to: &crc)
        for byte in bytes { add(byte, to: &crc) }
        return ~crc
    }

    /// Eight steps of the polynomial 1021 at once.
    @inline(__always)
    private static func add(_ byte: UInt8, to crc: inout UInt16) {
        var mix = crc >> 8 ^ UInt16(byte)
        mix ^= mix >> 4
        crc = crc << 8 ^ mix << 12 ^ mix << 5 ^ mix
    }
}
