public import Model

/// One frame of the BB…7E protocol and of its AA…DD twin (user protocol V2.1). Both sides speak it: the simulator too.
// BB 02 22 00 11 C9 34 00 30 75 1F EB 70 5C 59 04 E3 D5 0D 70 3A 76 EF 7E
// 0  1  2  3     5  6     8                                   20    22 23   head type cmd len rssi pc epc crc sum tail
public struct M100Frame: Equatable, Sendable {
    public enum Form: Equatable, Sendable {
        case bb, aa
        var head: UInt8 { self == .bb ? 0xBB : 0xAA }
        var tail: UInt8 { self == .bb ? 0x7E : 0xDD }
    }

    public enum Kind: UInt8, Sendable {
        case command = 0
        case response = 1
        case notice = 2
    }

    /// Longest parameter field accepted, in bytes (our limit).
    public static let parameterLimit = 0x0200

    public var form: Form
    public var kind: Kind
    public var command: UInt8
    public var parameters: [UInt8]

    public init(_ kind: Kind = .command, _ command: UInt8, _ parameters: [UInt8] = [], form: Form = .bb) {
        self.form = form
        self.kind = kind
        self.command = command
        self.parameters = parameters
    }

    public var bytes: [UInt8] {
        let inner =
            [kind.rawValue, command, UInt8(parameters.count >> 8), UInt8(parameters.count & 0xFF)] + parameters
        return [form.head] + inner + [inner.reduce(0, &+), form.tail]
    }

    public typealias Step = Framed<M100Frame>

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Step? {
        guard let start = bytes.firstIndex(where: { $0 == 0xBB || $0 == 0xAA }) else {
            return drop(bytes.count, &bytes)
        }
        guard start == 0 else { return drop(start, &bytes) }
        guard bytes.count >= 2 else { return nil }
        guard let kind = Kind(rawValue: bytes[1]) else { return drop(1, &bytes) }
        guard bytes.count >= 5 else { return nil }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        guard length <= parameterLimit else { return drop(1, &bytes) }
        guard bytes.count >= 7 + length else { return nil }
        let form: Form = bytes[0] == 0xBB ? .bb : .aa
        guard bytes[6 + length] == form.tail, bytes[1..<5 + length].reduce(0, &+) == bytes[5 + length] else {
            return drop(1, &bytes)
        }
        let frame = M100Frame(kind, bytes[2], Array(bytes[5..<5 + length]), form: form)
        bytes.removeFirst(7 + length)
        return .frame(frame)
    }

    private static func drop(_ count: Int, _ bytes: inout [UInt8]) -> Step? {
        guard count > 0 else { return nil }
        bytes.removeFirst(count)
        return .noise(count)
    }
}

extension M100Frame {
    /// Command codes (Communication user protocol V2.1).
    public enum Code {
        public static let info: UInt8 = 0x03
        public static let setRegion: UInt8 = 0x07
        public static let getRegion: UInt8 = 0x08
        public static let singlePoll: UInt8 = 0x22
        public static let multiPoll: UInt8 = 0x27
        public static let stopPoll: UInt8 = 0x28
        public static let setPower: UInt8 = 0xB6
        public static let getPower: UInt8 = 0xB7
        public static let error: UInt8 = 0xFF
    }

    /// What an inventory notice says; nil when this frame is not one.
    public var tag: TagRead? {
        guard kind == .notice, command == Code.singlePoll || command == Code.multiPoll, parameters.count > 5 else {
            return nil
        }
        let pc = UInt16(parameters[1]) << 8 | UInt16(parameters[2])
        let epc = Array(parameters[3..<parameters.count - 2])
        let crc = UInt16(parameters[parameters.count - 2]) << 8 | UInt16(parameters[parameters.count - 1])
        // The PC counts 16-bit words; where the frame holds another length, the tag's CRC cannot fit either.
        let fits = epc.count == Int(pc >> 11) * 2 && Gen2CRC.checksum(parameters[1..<parameters.count - 2]) == crc
        guard epc.count <= TagID.limit else { return nil }
        return TagRead(
            id: TagID(.epcGen2, epc), rssiDBm: Double(Int8(bitPattern: parameters[0])), protocolControl: pc,
            crcIsValid: fits)
    }

    /// A notice as a module sends it.
    public static func notice(epc: [UInt8], rssi: Int8, form: Form = .bb) -> M100Frame {
        let pc = UInt16(epc.count / 2) << 11
        let words = [UInt8(pc >> 8), UInt8(pc & 0xFF)] + epc
        let crc = Gen2CRC.checksum(words)
        return M100Frame(
            .notice, Code.singlePoll, [UInt8(bitPattern: rssi)] + words + [UInt8(crc >> 8), UInt8(crc & 0xFF)],
            form: form)
    }
}
