/// The 16-bit CRC a Gen2 tag sends after PC and EPC: polynomial 1021, start FFFF, final XOR FFFF
/// (ISO/IEC 13239, "CRC-16/GENIBUS"; EPC Gen2 2.0.1 §6.3.1.5).
public enum Gen2CRC {
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return ~crc
    }
}
