/// One message of the chip-card interface protocol (CCID 1.1 §6). Both sides speak it: the PC/SC port and
/// the simulator too.
// 80 09 00 00 00 00 07 00 00 00 04 A1 B2 C3 D4 E5 80 90 00
// 0  1           5  6  7  8  9  10                            type, length LE, slot, sequence, status, error, chain, data
// 50 03                                                       interrupt: slot 0 changed, a card is there
public enum CCIDFrame: Equatable, Sendable {
    case message(Message)
    /// Bit 0 of slot 0's pair: a card is there; bit 1: that has changed.
    case slotChange(UInt8)

    public struct Message: Equatable, Sendable {
        public var type: UInt8
        public var slot: UInt8 = 0
        public var sequence: UInt8
        /// Three bytes by type; in a reply status, error and chaining.
        public var extra: [UInt8] = [0, 0, 0]
        public var data: [UInt8]

        public init(_ type: UInt8, sequence: UInt8, extra: [UInt8] = [0, 0, 0], _ data: [UInt8] = []) {
            self.type = type
            self.sequence = sequence
            self.extra = extra
            self.data = data
        }

        public var bytes: [UInt8] {
            [type] + UInt32(data.count).bigEndianBytes.reversed() + [slot, sequence] + extra + data
        }
    }

    public enum Kind {
        public static let powerOn: UInt8 = 0x62
        public static let powerOff: UInt8 = 0x63
        public static let slotStatus: UInt8 = 0x65
        public static let transfer: UInt8 = 0x6F
        public static let escape: UInt8 = 0x6B
        public static let data: UInt8 = 0x80
        public static let status: UInt8 = 0x81
        public static let escapeReply: UInt8 = 0x83
        static let slotChange: UInt8 = 0x50
        static let messages: Set<UInt8> = [
            0x61, 0x62, 0x63, 0x65, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x80, 0x81, 0x82, 0x83,
        ]
    }

    /// Longest data accepted; an ACR122U's longest message is 271 bytes in all, extended APDUs are never asked for.
    public static let limit = 1024

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<CCIDFrame>? {
        var start = 0
        while start < bytes.count, !Kind.messages.contains(bytes[start]), bytes[start] != Kind.slotChange { start += 1 }
        guard start == 0 else { return drop(start, &bytes) }
        guard let type = bytes.first else { return nil }
        if type == Kind.slotChange {
            guard bytes.count >= 2 else { return nil }
            // One slot has two bits.
            guard bytes[1] <= 3 else { return drop(1, &bytes) }
            defer { bytes.removeFirst(2) }
            return .frame(.slotChange(bytes[1]))
        }
        guard bytes.count >= 10 else { return nil }
        let length = bytes[1..<5].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit, bytes[5] <= 7 else { return drop(1, &bytes) }
        guard bytes.count >= 10 + length else { return nil }
        var message = Message(type, sequence: bytes[6], extra: Array(bytes[7..<10]), Array(bytes[10..<10 + length]))
        message.slot = bytes[5]
        bytes.removeFirst(10 + length)
        return .frame(.message(message))
    }

    private static func drop(_ count: Int, _ bytes: inout [UInt8]) -> Framed<CCIDFrame>? {
        bytes.removeFirst(count)
        return .noise(count)
    }
}
