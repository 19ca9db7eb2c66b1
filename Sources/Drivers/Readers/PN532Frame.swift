/// One frame of the PN532 on a serial line (HSU). Source: NXP UM0701-02, section 6.2.1. Both sides speak it: the simulator too.
// 00 00 FF 06 FA D5 03 32 01 06 07 E8 00
// 0     2  3  4  5  6              11 12     preamble start length ~length direction code data checksum postamble
public enum PN532Frame: Equatable, Sendable {
    case ack
    case nack
    /// The chip understood the frame and not what it says (application level error, 7F).
    case error
    /// To the chip.
    case command(UInt8, [UInt8])
    /// From it; its code is one more than the command's.
    case answer(UInt8, [UInt8])

    public enum Code {
        public static let firmware: UInt8 = 0x02
        public static let samConfiguration: UInt8 = 0x14
        public static let rfConfiguration: UInt8 = 0x32
        public static let listPassiveTarget: UInt8 = 0x4A
    }

    /// What wakes a chip that sleeps; it takes the preamble of the next frame for more of the same.
    public static let wakeUp: [UInt8] = [0x55, 0x55] + [UInt8](repeating: 0, count: 14)

    public var bytes: [UInt8] {
        switch self {
        case .ack: return [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00]
        case .nack: return [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00]
        case .error: return PN532Frame.framed([0x7F])
        case .command(let code, let data): return PN532Frame.framed([0xD4, code] + data)
        case .answer(let code, let data): return PN532Frame.framed([0xD5, code] + data)
        }
    }

    private static func framed(_ body: [UInt8]) -> [UInt8] {
        let length = UInt8(truncatingIfNeeded: body.count)
        return [0x00, 0x00, 0xFF, length, 0 &- length] + body + [0 &- body.reduce(0, &+), 0x00]
    }

    /// Frames of up to 255 bytes; the extended form is for commands that we do not use. Nil asks for more bytes; anything
    /// returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<PN532Frame>? {
        guard let start = bytes.firstIndex(of: 0x00) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        guard bytes.count >= 2 else { return nil }
        guard bytes[1] == 0x00 else { return .dropping(1, from: &bytes) }
        guard bytes.count >= 3 else { return nil }
        guard bytes[2] == 0xFF else { return .dropping(1, from: &bytes) }
        guard bytes.count >= 6 else { return nil }
        switch (bytes[3], bytes[4], bytes[5]) {
        case (0x00, 0xFF, 0x00): return accept(.ack, 6, &bytes)
        case (0xFF, 0x00, 0x00): return accept(.nack, 6, &bytes)
        default: break
        }
        let length = Int(bytes[3])
        guard length > 0, bytes[3] &+ bytes[4] == 0 else { return .dropping(1, from: &bytes) }
        let end = 5 + length + 2
        guard bytes.count >= end else { return nil }
        guard bytes[5..<end - 1].reduce(0, &+) == 0, bytes[end - 1] == 0x00 else { return .dropping(1, from: &bytes) }
        switch (bytes[5], length) {
        case (0x7F, 1): return accept(.error, end, &bytes)
        case (0xD4, 2...): return accept(.command(bytes[6], Array(bytes[7..<end - 2])), end, &bytes)
        case (0xD5, 2...): return accept(.answer(bytes[6], Array(bytes[7..<end - 2])), end, &bytes)
        default: return .dropping(1, from: &bytes)
        }
    }

    private static func accept(_ frame: PN532Frame, _ length: Int, _ bytes: inout [UInt8]) -> Framed<PN532Frame>? {
        bytes.removeFirst(length)
        return .frame(frame)
    }
}
