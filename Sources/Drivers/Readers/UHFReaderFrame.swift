public import Model

/// One frame of the UHFReader protocol (user manual V2.20), which has no start byte: a length, and a CRC that decides.
// 13 00 01 03 01 0C 00 00 00 00 00 00 00 00 00 00 03 13 3F 39
// 0  1  2  3  4  5  6                                   18       len address command status count length epc crc
public struct UHFReaderFrame: Equatable, Sendable {
    public var address: UInt8
    public var command: UInt8
    /// Nil in a command.
    public var status: UInt8?
    public var data: [UInt8]

    public init(_ command: UInt8, status: UInt8? = nil, _ data: [UInt8] = [], address: UInt8 = 0xFF) {
        self.address = address
        self.command = command
        self.status = status
        self.data = data
    }

    public var bytes: [UInt8] {
        let body = [address, command] + (status.map { [$0] } ?? []) + data
        let framed = [UInt8(body.count + 2)] + body
        let crc = UHFReaderFrame.checksum(framed)
        return framed + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
    }

    /// Polynomial 8408 (1021 reflected), start FFFF, sent low byte first; over a whole frame it is 0.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x8408 : crc >> 1 }
        }
        return crc
    }

    public typealias Step = Framed<UHFReaderFrame>

    /// A frame of the reader's side, or (`command`) of the host's, which has no status. Nil asks for more bytes.
    public static func take(from bytes: inout [UInt8], isCommand: Bool = false) -> Step? {
        guard let length = bytes.first.map(Int.init) else { return nil }
        guard length >= (isCommand ? 4 : 5) else { return drop(&bytes) }
        guard bytes.count >= length + 1 else {
            // A length may be a damaged frame's remains: a whole good frame further on is not kept waiting for it.
            guard !isCommand, let start = nextFrame(in: bytes) else { return nil }
            bytes.removeFirst(start)
            return .noise(start)
        }
        guard checksum(bytes[...length]) == 0 else { return drop(&bytes) }
        let start = isCommand ? 3 : 4
        let frame = UHFReaderFrame(
            bytes[2], status: isCommand ? nil : bytes[3], Array(bytes[start..<(length - 1)]), address: bytes[1])
        bytes.removeFirst(length + 1)
        return .frame(frame)
    }

    /// Where a whole tag report or info answer begins, behind the first byte.
    private static func nextFrame(in bytes: [UInt8]) -> Int? {
        guard bytes.count > 6 else { return nil }
        return (1..<(bytes.count - 5)).first { start in
            let end = start + Int(bytes[start])
            guard bytes[start] >= 5, end < bytes.count, [0x01, 0x0F, 0x21, 0xEE].contains(bytes[start + 2]) else {
                return false
            }
            return checksum(bytes[start...end]) == 0
        }
    }

    private static func drop(_ bytes: inout [UInt8]) -> Step? {
        bytes.removeFirst()
        return .noise(1)
    }
}

extension UHFReaderFrame {
    public enum Code {
        public static let inventory: UInt8 = 0x01
        public static let info: UInt8 = 0x21
        public static let frequency: UInt8 = 0x22
        public static let power: UInt8 = 0x2F
        public static let workMode: UInt8 = 0x76
        public static let stop: UInt8 = 0x93
        public static let automatic: UInt8 = 0xEE
    }

    /// Which list of tags a family sends.
    public enum Layout: Sendable {
        /// 18 and 09: count, then length and EPC.
        case plain
        /// 288 and 86: antenna, count, then length, EPC, RSSI and perhaps phase and frequency.
        case antennas
    }

    /// The tags of an inventory answer or an automatic report. Both layouts are tried, and one that does not consume the frame
    /// exactly is none; where both do, `preferred` decides.
    public func tags(preferred: Layout) -> [TagRead] {
        switch (command, status) {
        case (Code.inventory, 0x01?), (Code.inventory, 0x02?), (Code.inventory, 0x03?), (Code.inventory, 0x04?):
            let (plain, antennas) = (plainTags, antennaTags)
            switch preferred {
            case .plain: return plain ?? antennas ?? []
            case .antennas: return antennas ?? plain ?? []
            }
        case (Code.automatic, 0x00?):
            return automaticTag(preferred).map { [$0] } ?? []
        default: return []
        }
    }

    /// A report of automatic mode. EPCs come in words of 16 bits, so a report of 288 without phase has an odd number of data
    /// bytes and one of 18 and 09, the EPC alone, an even number; only the form with phase needs a closer look.
    private func automaticTag(_ preferred: Layout) -> TagRead? {
        if data.count >= 3 {
            let length = Int(data[1] & 0x3F)
            // Bit 6: four bytes of phase and three of frequency follow the RSSI.
            let hasPhase = data[1] & 0x40 != 0
            let isLarge =
                length > 0 && data.count == length + 3 + (hasPhase ? 7 : 0)
                && (!hasPhase || preferred == .antennas || length >= 4 && data[0].nonzeroBitCount == 1)
            if isLarge {
                return TagRead(
                    id: TagID(.epcGen2, Array(data[2..<2 + length])), antenna: UHFReaderFrame.antenna(data[0]))
            }
        }
        guard data.count >= 2, data.count.isMultiple(of: 2), data.count <= TagID.limit else { return nil }
        return TagRead(id: TagID(.epcGen2, data))
    }

    private var plainTags: [TagRead]? {
        guard let count = data.first else { return nil }
        var rest = data.dropFirst()
        var out: [TagRead] = []
        for _ in 0..<count {
            guard let length = rest.first.map(Int.init), length > 0, length <= TagID.limit, rest.count > length else {
                return nil
            }
            out.append(TagRead(id: TagID(.epcGen2, Array(rest.dropFirst().prefix(length)))))
            rest = rest.dropFirst(length + 1)
        }
        return rest.isEmpty ? out : nil
    }

    private var antennaTags: [TagRead]? {
        guard data.count >= 2 else { return nil }
        var rest = data.dropFirst(2)
        var out: [TagRead] = []
        for _ in 0..<data[1] {
            guard let head = rest.first else { return nil }
            let length = Int(head & 0x3F)
            // Bit 6: four bytes of phase and three of frequency follow the RSSI.
            let extra = head & 0x40 != 0 ? 7 : 0
            guard length > 0, rest.count >= 2 + length + extra else { return nil }
            // Bit 7: the tag's own number follows its EPC, twelve bytes of the length.
            let epc = head & 0x80 != 0 && length > 12 ? length - 12 : length
            out.append(
                TagRead(
                    id: TagID(.epcGen2, Array(rest.dropFirst().prefix(epc))),
                    antenna: UHFReaderFrame.antenna(data[0])))
            rest = rest.dropFirst(2 + length + extra)
        }
        return rest.isEmpty ? out : nil
    }

    /// A bit mask on readers of up to four ports.
    private static func antenna(_ mask: UInt8) -> Int? {
        mask.nonzeroBitCount == 1 && mask <= 8 ? mask.trailingZeroBitCount + 1 : nil
    }

    /// What a status that is no success means; nil for success, an empty field and the end of a scan.
    public var fault: Fault? {
        switch status {
        case 0x05?, 0x0C?: Fault(code: "access-refused", text: "the tag wants another password")
        case 0xF8?:
            Fault(code: "antenna-disconnected", text: "the reader reports a faulty antenna: check it and its cable")
        case 0xF9?: Fault(code: "command-failed", text: "the reader could not carry out the command")
        case 0xFA?: Fault(code: "weak-link", text: "the link to the tag is too weak")
        case 0xFC?:
            Fault(code: "tag-refused", text: "the tag refused, code \(data.first.map { Hex.string([$0]) } ?? "-")")
        case 0xFD?: Fault(code: "wrong-length", text: "the reader says the command has a wrong length")
        case 0xFE?: Fault(code: "illegal-command", text: "the reader does not know the command, or its CRC was damaged")
        case 0xFF?: Fault(code: "parameter", text: "the reader does not accept a parameter")
        default: nil
        }
    }

    /// No more frames of this inventory follow.
    public var endsInventory: Bool { command == Code.inventory && status != 0x03 }
}
