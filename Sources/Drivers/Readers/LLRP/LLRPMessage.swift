/// One message of the Low Level Reader Protocol (LLRP 1.1 §17.1). Both sides speak it: the simulator too.
// 04 3E 00 00 00 0A 00 00 00 07
// 0     2           6              3 reserved bits, 3 bits version, 10 bits type; length with header; id
public struct LLRPMessage: Equatable, Sendable {
    /// Longest message accepted, in bytes: a report of 20 000 tags fits (our limit).
    public static let limit = 1 << 20

    public var version: UInt8
    public var type: UInt16
    public var id: UInt32
    public var body: [UInt8]

    public init(_ type: UInt16, id: UInt32, version: UInt8 = 1, _ body: [UInt8] = []) {
        self.version = version
        self.type = type
        self.id = id
        self.body = body
    }

    public var bytes: [UInt8] {
        (UInt16(version) << 10 | type).bigEndianBytes + UInt32(10 + body.count).bigEndianBytes + id.bigEndianBytes
            + body
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`. There is no checksum: a message
    /// counts when its header is lawful and, where its body is parameters alone, when those fill it exactly.
    public static func take(from bytes: inout [UInt8]) -> Framed<LLRPMessage>? {
        var start = 0
        while start < bytes.count, !couldBegin(bytes, at: start) { start += 1 }
        if start > 0 { return drop(start, &bytes) }
        guard bytes.count >= 10 else { return nil }
        let length = bytes[2..<6].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= length else { return nil }
        let word = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let message = LLRPMessage(
            word & 0x3FF, id: bytes[6..<10].reduce(0) { $0 << 8 | UInt32($1) }, version: bytes[0] >> 2 & 7,
            Array(bytes[10..<length]))
        guard message.isFilled else { return drop(1, &bytes) }
        bytes.removeFirst(length)
        return .frame(message)
    }

    /// As far as its bytes are here, they are those of a message.
    private static func couldBegin(_ bytes: [UInt8], at start: Int) -> Bool {
        let head = bytes[start]
        guard head & 0xE0 == 0, head >> 2 == 1 || head >> 2 == 2 else { return false }
        guard start + 2 <= bytes.count else { return true }
        guard Kind.all.contains(UInt16(head & 3) << 8 | UInt16(bytes[start + 1])) else { return false }
        guard start + 6 <= bytes.count else { return true }
        let length = bytes[start + 2..<start + 6].reduce(0) { $0 << 8 | Int($1) }
        return (10...limit).contains(length)
    }

    /// Reports and events hold nothing but parameters; lengths that do not add up are a damaged message.
    private var isFilled: Bool {
        switch type {
        case Kind.report, Kind.event, Kind.error: LLRPParameter.fills(body[...])
        default: true
        }
    }

    private static func drop(_ count: Int, _ bytes: inout [UInt8]) -> Framed<LLRPMessage>? {
        bytes.removeFirst(count)
        return .noise(count)
    }
}

extension LLRPMessage {
    /// Message types (LLRP 1.1 §17.1); a reply is the question's number and ten.
    public enum Kind {
        public static let getCapabilities: UInt16 = 1
        public static let getConfig: UInt16 = 2
        public static let setConfig: UInt16 = 3
        public static let closeConnection: UInt16 = 14
        public static let addROSpec: UInt16 = 20
        public static let deleteROSpec: UInt16 = 21
        public static let startROSpec: UInt16 = 22
        public static let stopROSpec: UInt16 = 23
        public static let enableROSpec: UInt16 = 24
        public static let disableROSpec: UInt16 = 25
        public static let getROSpecs: UInt16 = 26
        static let addAccessSpec: UInt16 = 40
        static let deleteAccessSpec: UInt16 = 41
        static let enableAccessSpec: UInt16 = 42
        public static let getSupportedVersion: UInt16 = 46
        public static let setVersion: UInt16 = 47
        public static let getReport: UInt16 = 60
        public static let report: UInt16 = 61
        public static let keepalive: UInt16 = 62
        public static let event: UInt16 = 63
        public static let enableEvents: UInt16 = 64
        public static let keepaliveAck: UInt16 = 72
        public static let error: UInt16 = 100
        public static let custom: UInt16 = 1023

        /// CLOSE_CONNECTION_RESPONSE alone breaks the rule of ten.
        public static let closeConnectionReply: UInt16 = 4

        public static func reply(to type: UInt16) -> UInt16 {
            type == closeConnection ? closeConnectionReply : type == keepalive ? keepaliveAck : type + 10
        }

        static let all: Set<UInt16> = Set(1...4).union(11...14).union(20...26).union(30...36).union(40...44)
            .union(50...54).union([46, 47, 56, 57, 60, 61, 62, 63, 64, 72, 100, 1023])
    }
}
