public import Model

/// One frame of the ThingMagic serial protocol. The module's side carries a status word, the host's does not.
// FF 28 22 00 00 10 00 1B 01 FF 01 01 C4 11 0E 16 40 … 00 80 30 00 00 … 15 45 E9 4A 56 1D
// 0  1  2  3     5  6     8     10 11 12 13 14                                             head len op status option search flags type record … crc
public struct ThingMagicFrame: Equatable, Sendable {
    public static let dataLimit = 250

    public var op: UInt8
    /// Nil in a command.
    public var status: UInt16?
    public var data: [UInt8]

    public init(_ op: UInt8, status: UInt16? = nil, _ data: [UInt8] = []) {
        self.op = op
        self.status = status
        self.data = data
    }

    public var bytes: [UInt8] {
        let status = status.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []
        let body = [UInt8(data.count), op] + status + data
        let crc = ThingMagicFrame.checksum(body)
        return [0xFF] + body + [UInt8(crc >> 8), UInt8(crc & 0xFF)]
    }

    /// Data nibbles enter at the low end: not the common CRC-CCITT. `FF 00 03 1D 0C` is right.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        func step(_ crc: UInt16, _ nibble: UInt8) -> UInt16 { (crc << 4 | UInt16(nibble)) ^ (crc >> 12) &* 0x1021 }
        return bytes.reduce(0xFFFF) { step(step($0, $1 >> 4), $1 & 0x0F) }
    }

    public typealias Step = Framed<ThingMagicFrame>

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8], isCommand: Bool = false) -> Step? {
        guard let start = bytes.firstIndex(of: 0xFF) else { return drop(bytes.count, &bytes) }
        guard start == 0 else { return drop(start, &bytes) }
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[1])
        guard length <= dataLimit else { return drop(1, &bytes) }
        let head = isCommand ? 3 : 5
        guard bytes.count >= head + length + 2 else { return nil }
        let end = head + length
        guard checksum(bytes[1..<end]) == UInt16(bytes[end]) << 8 | UInt16(bytes[end + 1]) else {
            return drop(1, &bytes)
        }
        let status = isCommand ? nil : UInt16(bytes[3]) << 8 | UInt16(bytes[4])
        let frame = ThingMagicFrame(bytes[2], status: status, Array(bytes[head..<end]))
        bytes.removeFirst(end + 2)
        return .frame(frame)
    }

    private static func drop(_ count: Int, _ bytes: inout [UInt8]) -> Step? {
        guard count > 0 else { return nil }
        bytes.removeFirst(count)
        return .noise(count)
    }
}

extension ThingMagicFrame {
    public enum Code {
        public static let version: UInt8 = 0x03
        public static let start: UInt8 = 0x04
        public static let stream: UInt8 = 0x22
        public static let search: UInt8 = 0x2F
        /// Tags of the last read, and forgetting them.
        public static let fetch: UInt8 = 0x29
        public static let clear: UInt8 = 0x2A
        public static let temperature: UInt8 = 0x72
        public static let setAntennas: UInt8 = 0x91
        public static let setPower: UInt8 = 0x92
        public static let setProtocol: UInt8 = 0x93
        public static let getRegion: UInt8 = 0x67
        public static let setRegion: UInt8 = 0x97
        public static let setParameter: UInt8 = 0x9A
    }

    /// The tag of a stream report; nil for status reports, the end of a stream and everything else.
    public var tag: TagRead? {
        guard op == Code.stream, status == 0, let first = data.first else { return nil }
        var record = data.dropFirst(first == 0x88 ? 1 : 0)
        // Option, search flags 2, metadata flags 2, type.
        let head = Array(record.prefix(6))
        guard head.count == 6, head[0] & 0x10 != 0, head[5] == 1 else { return nil }
        record = record.dropFirst(6)
        let read = ThingMagicFrame.record(&record, flags: Int(head[3]) << 8 | Int(head[4]))
        return record.isEmpty ? read : nil
    }

    /// The tags of a fetched buffer: metadata flags 2, read options 1, count 1, then the records (Mercury API,
    /// serial_reader_l3.c); none unless they fill the frame.
    var fetched: [TagRead] {
        guard op == Code.fetch, status == 0, data.count >= 4 else { return [] }
        var rest = data.dropFirst(4)
        var out: [TagRead] = []
        for _ in 0..<data[3] {
            guard let read = ThingMagicFrame.record(&rest, flags: Int(data[0]) << 8 | Int(data[1])) else { return [] }
            out.append(read)
        }
        return rest.isEmpty ? out : []
    }

    private static func record(_ record: inout ArraySlice<UInt8>, flags: Int) -> TagRead? {
        func take(_ count: Int) -> [UInt8]? {
            guard record.count >= count else { return nil }
            defer { record = record.dropFirst(count) }
            return Array(record.prefix(count))
        }
        func word(_ bytes: [UInt8]) -> Int { Int(bytes[0]) << 8 | Int(bytes[1]) }
        var read = TagRead(id: TagID(.epcGen2, []))
        // In the order of their flags; the length of each is fixed but for embedded data.
        for (flag, count) in [
            (0x0001, 1), (0x0002, 1), (0x0004, 1), (0x0008, 3), (0x0010, 4), (0x0020, 2), (0x0040, 1), (0x0080, 2),
            (0x0100, 1), (0x0200, 1), (0x0400, 1), (0x0800, 1), (0x1000, 2),
        ]
        where flags & flag != 0 {
            guard let field = take(count) else { return nil }
            switch flag {
            case 0x0001: read.count = max(1, Int(field[0]))
            case 0x0002: read.rssiDBm = Double(Int8(bitPattern: field[0]))
            case 0x0004: read.antenna = Int(field[0] >> 4)
            case 0x0080:
                // A length in bits; its top bit marks a failed read, whose error code is the content.
                guard take(((word(field) & 0x7FFF) + 7) / 8) != nil else { return nil }
            default: break
            }
        }
        guard flags & 0x2000 == 0, let length = take(2).map(word), length % 8 == 0, length >= 32,
            let all = take(length / 8)
        else { return nil }
        let pc = UInt16(all[0]) << 8 | UInt16(all[1])
        var start = 2
        if pc & 0x0200 != 0, all.count >= 6 { start += all[2] & 0x80 != 0 ? 4 : 2 }
        guard all.count > start + 2 else { return nil }
        read.protocolControl = pc
        read.id.bytes = Array(all[start..<all.count - 2])
        let crc = UInt16(all[all.count - 2]) << 8 | UInt16(all[all.count - 1])
        read.crcIsValid = Gen2CRC.checksum(all[..<(all.count - 2)]) == crc
        return read.id.bytes.count <= TagID.limit ? read : nil
    }

    /// What a status that is no success means; 0400 is a cycle without tags.
    public var fault: Fault? {
        guard let status, status != 0, status != 0x0400 else { return nil }
        let hex = Hex.string([UInt8(status >> 8), UInt8(status & 0xFF)])
        switch status {
        case 0x0503: return Fault(code: "antenna-disconnected", text: "an antenna is not connected (0503)")
        case 0x0504:
            return Fault(code: "over-temperature", text: "the reader is too hot and pauses until it has cooled (0504)")
        case 0x0505:
            return Fault(code: "return-loss", text: "too much power comes back: check the antenna and its cable (0505)")
        case 0x010B: return Fault(code: "region-unsupported", text: "this module does not support the region (010B)")
        case 0x0100, 0x0101, 0x0105:
            return Fault(code: "command-refused", text: "the module refused command \(Hex.string([op])) (\(hex))")
        default: return Fault(code: "reader-error", text: "the module reports \(hex)")
        }
    }

    /// A stream report with the given fields, as a module sends it.
    public static func report(_ epc: [UInt8], antenna: Int, rssi: Int8) -> ThingMagicFrame {
        ThingMagicFrame(
            Code.stream, status: 0, [0x10, 0x00, 0x1B, 0x00, 0x07, 0x01] + fields(epc, antenna: antenna, rssi: rssi))
    }

    /// A fetched buffer with count, RSSI and antenna of each tag, as a module sends it.
    public static func fetched(_ tags: [(epc: [UInt8], antenna: Int, rssi: Int8)]) -> ThingMagicFrame {
        ThingMagicFrame(
            Code.fetch, status: 0,
            [0x00, 0x07, 0x00, UInt8(truncatingIfNeeded: tags.count)]
                + tags.flatMap { fields($0.epc, antenna: $0.antenna, rssi: $0.rssi) })
    }

    private static func fields(_ epc: [UInt8], antenna: Int, rssi: Int8) -> [UInt8] {
        let pc = UInt16(epc.count / 2) << 11
        let words = [UInt8(pc >> 8), UInt8(pc & 0xFF)] + epc
        let crc = Gen2CRC.checksum(words)
        let bits = (words.count + 2) * 8
        return [1, UInt8(bitPattern: rssi), UInt8(antenna << 4 | antenna), UInt8(bits >> 8), UInt8(bits & 0xFF)] + words
            + [UInt8(crc >> 8), UInt8(crc & 0xFF)]
    }
}
