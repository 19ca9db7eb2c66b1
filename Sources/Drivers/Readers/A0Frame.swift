public import Model

/// One frame of the A0 protocol (manual V3.7): Rodinbell, Invelion and relatives. The sum of all its bytes is zero.
// A0 13 01 89 04 30 00 E2 00 30 16 66 13 01 21 15 50 74 EF 45 BF
// 0  1  2  3  4  5     7                                   19 20     head len address command freq|antenna pc epc rssi check
public struct A0Frame: Equatable, Sendable {
    public var address: UInt8
    public var command: UInt8
    public var data: [UInt8]

    public init(_ command: UInt8, _ data: [UInt8] = [], address: UInt8 = 1) {
        self.address = address
        self.command = command
        self.data = data
    }

    public var bytes: [UInt8] {
        let body = [0xA0, UInt8(data.count + 3), address, command] + data
        return body + [0 &- body.reduce(0, &+)]
    }

    public typealias Step = Framed<A0Frame>

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Step? {
        guard let start = bytes.firstIndex(of: 0xA0) else { return drop(bytes.count, &bytes) }
        guard start == 0 else { return drop(start, &bytes) }
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[1])
        guard length >= 3 else { return drop(1, &bytes) }
        guard bytes.count >= length + 2 else { return nil }
        guard bytes[..<(length + 2)].reduce(0, &+) == 0 else { return drop(1, &bytes) }
        let frame = A0Frame(bytes[3], Array(bytes[4..<(length + 1)]), address: bytes[2])
        bytes.removeFirst(length + 2)
        return .frame(frame)
    }

    private static func drop(_ count: Int, _ bytes: inout [UInt8]) -> Step? {
        guard count > 0 else { return nil }
        bytes.removeFirst(count)
        return .noise(count)
    }
}

extension A0Frame {
    public enum Code {
        public static let firmware: UInt8 = 0x72
        public static let setAntenna: UInt8 = 0x74
        public static let setPower: UInt8 = 0x76
        public static let setRegion: UInt8 = 0x78
        public static let beeper: UInt8 = 0x7A
        public static let temperature: UInt8 = 0x7B
        public static let inventory: UInt8 = 0x89
        public static let fastSwitching: UInt8 = 0x8A
        public static let sessionInventory: UInt8 = 0x8B
        public static let read: UInt8 = 0x81
        public static let success: UInt8 = 0x10
    }

    var isInventory: Bool {
        command == Code.inventory || command == Code.fastSwitching || command == Code.sessionInventory
    }

    /// Seven data bytes cannot be a tag: its EPC would be three bytes long, and EPCs come in words.
    public var isRoundEnd: Bool { isInventory && data.count == 7 }

    /// A tag of a real-time round; nil when this frame is none or its length contradicts the protocol control word.
    public var tag: TagRead? {
        guard isInventory, data.count > 4, !isRoundEnd else { return nil }
        let pc = UInt16(data[1]) << 8 | UInt16(data[2])
        let length = Int(pc >> 11) * 2
        // With phase enabled two bytes follow the RSSI.
        guard length > 0, data.count == length + 4 || data.count == length + 6 else { return nil }
        let raw = data[3 + length]
        let antenna = Int(data[0] & 3) + 1 + (raw & 0x80 != 0 ? 4 : 0)
        return TagRead(
            id: TagID(.epcGen2, Array(data[3..<3 + length])), rssiDBm: Double(Int(raw & 0x7F) - 129), antenna: antenna,
            protocolControl: pc)
    }

    /// The tag of a read reply (81): count 2, length 1, PC, EPC, CRC and data, length of the data 1, antenna 1, count 1.
    public var readTag: TagRead? {
        guard command == Code.read, data.count > 10 else { return nil }
        let length = Int(data[2])
        guard data.count == length + 6 else { return nil }
        let pc = UInt16(data[3]) << 8 | UInt16(data[4])
        let epc = Int(pc >> 11) * 2
        let read = Int(data[data.count - 3])
        guard epc > 0, length == 4 + epc + read else { return nil }
        let crc = UInt16(data[5 + epc]) << 8 | UInt16(data[6 + epc])
        return TagRead(
            id: TagID(.epcGen2, Array(data[5..<5 + epc])), antenna: Int(data[data.count - 2] & 3) + 1,
            protocolControl: pc,
            crcIsValid: Gen2CRC.checksum(data[3..<5 + epc]) == crc)
    }

    /// The status of a reply that has one byte; nil for others and for codes that no document lists.
    public var fault: Fault? {
        // These answer with a value: 32 dBm is no error 20.
        guard ![0x63, 0x68, 0x6A, 0x72, 0x75, 0x77, 0x79, 0x7B, 0x7E].contains(command) else { return nil }
        // Fast switching names each faulty antenna, counted from 0, and then its error; the round goes on and ends as usual.
        let names = command == Code.fastSwitching && data.count == 2
        guard names || data.count == 1, let code = data.last else { return nil }
        // 10 is success; what no document lists is told by its number.
        guard let name = A0Frame.errors[code] ?? (names && code != Code.success ? "unknown-error" : nil) else {
            return nil
        }
        let antenna = names ? ", antenna \(Int(data[0]) + 1)" : ""
        return Fault(code: name, text: "the reader reports \(name)\(antenna) (code \(Hex.string([code])))")
    }

    private static let errors: [UInt8: String] = [
        0x11: "command-failed", 0x20: "reset-failed", 0x21: "carrier-failed", 0x22: "antenna-disconnected",
        0x23: "flash-write",
        0x24: "flash-read", 0x25: "power-not-set", 0x31: "inventory-failed", 0x32: "read-failed", 0x33: "write-failed",
        0x34: "lock-failed", 0x35: "kill-failed", 0x36: "no-tag", 0x37: "access-failed", 0x38: "buffer-empty",
        0x40: "access-refused",
        0x41: "parameter", 0x42: "word-count", 0x43: "memory-bank", 0x44: "out-of-range", 0x45: "lock-type",
        0x46: "address",
        0x47: "antenna-number", 0x48: "power-out-of-range", 0x49: "region-unsupported", 0x4A: "baud", 0x4B: "beeper",
        0x4C: "match-length",
        0x4D: "match", 0x4E: "match-failed", 0x4F: "frequency", 0x50: "rn16", 0x51: "drm", 0x52: "pll-unlocked",
        0x53: "rf-chip",
        0x54: "power-not-reached", 0x55: "copyright", 0x56: "spectrum", 0x57: "power-too-low", 0xEE: "unknown-error",
    ]

    /// A tag as a reader reports it.
    public static func tag(_ epc: [UInt8], antenna: Int, rssi: UInt8) -> A0Frame {
        let pc = UInt16(epc.count / 2) << 11
        return A0Frame(Code.inventory, [UInt8(antenna - 1 & 3), UInt8(pc >> 8), UInt8(pc & 0xFF)] + epc + [rssi])
    }
}
