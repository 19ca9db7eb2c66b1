/// One parameter inside a message: TLV (type and length in front) or TV (type in front, length by type): LLRP 1.1 §17.2
// 00 F0 00 1F …    6 reserved bits, 10 bits type, 2 bytes length with this header
// 81 00 01         top bit set, 7 bits type, then as many bytes as the type has
public struct LLRPParameter: Equatable, Sendable {
    public var type: UInt16
    public var body: ArraySlice<UInt8>

    /// Bytes of content of each TV parameter, by its type (LLRP 1.1 §17.2.7); 0: there is none of this type.
    private static let fixed: [UInt8] = [0, 2, 8, 8, 8, 8, 1, 2, 2, 4, 2, 2, 2, 12, 2, 2, 4, 2, 4, 2, 2]

    /// Where a list of parameters ended.
    enum End: Equatable {
        case complete
        /// A TV of unknown type has no length: what follows it cannot be read, what came before it stands.
        case unknownTV(UInt8)
        /// A length that is too short or too long.
        case malformed
    }

    /// Calls `visit` for each parameter; nothing is copied.
    static func walk(_ bytes: ArraySlice<UInt8>, _ visit: (LLRPParameter) -> Void) -> End {
        let fixed = fixed
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let head = bytes[at]
            let left = bytes.endIndex - at
            if head & 0x80 != 0 {
                let type = Int(head & 0x7F)
                guard type < fixed.count, fixed[type] > 0 else { return .unknownTV(head & 0x7F) }
                let size = Int(fixed[type])
                guard left > size else { return .malformed }
                visit(LLRPParameter(type: UInt16(head & 0x7F), body: bytes[at + 1..<at + 1 + size]))
                at += 1 + size
            } else {
                guard left >= 4 else { return .malformed }
                let type = UInt16(head & 3) << 8 | UInt16(bytes[at + 1])
                let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
                guard head & 0xFC == 0, type >= 128, length >= 4, length <= left else { return .malformed }
                visit(LLRPParameter(type: type, body: bytes[at + 4..<at + length]))
                at += length
            }
        }
        return .complete
    }

    /// The first parameter of a type, directly inside `bytes`.
    static func first(_ type: UInt16, in bytes: ArraySlice<UInt8>) -> LLRPParameter? {
        var found: LLRPParameter?
        _ = walk(bytes) { if $0.type == type, found == nil { found = $0 } }
        return found
    }

    static func fills(_ bytes: ArraySlice<UInt8>) -> Bool { walk(bytes) { _ in } != .malformed }

    /// A TLV parameter as bytes.
    public static func encode(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        type.bigEndianBytes + UInt16(4 + body.count).bigEndianBytes + body
    }
}

extension LLRPParameter {
    /// Parameter types (LLRP 1.1 §17.2).
    public enum Kind {
        static let utc: UInt16 = 128
        static let generalCapabilities: UInt16 = 137
        static let llrpCapabilities: UInt16 = 142
        static let regulatoryCapabilities: UInt16 = 143
        static let band: UInt16 = 144
        static let powerEntry: UInt16 = 145
        static let roSpec: UInt16 = 177
        static let boundary: UInt16 = 178
        static let startTrigger: UInt16 = 179
        static let stopTrigger: UInt16 = 182
        static let aiSpec: UInt16 = 183
        static let aiStop: UInt16 = 184
        static let inventorySpec: UInt16 = 186
        static let accessSpec: UInt16 = 207
        static let accessStop: UInt16 = 208
        static let accessCommand: UInt16 = 209
        static let identification: UInt16 = 218
        static let keepalive: UInt16 = 220
        static let antennaProperties: UInt16 = 221
        static let antennaConfiguration: UInt16 = 222
        static let receiver: UInt16 = 223
        static let transmitter: UInt16 = 224
        static let eventsAndReports: UInt16 = 226
        static let reportSpec: UInt16 = 237
        static let selector: UInt16 = 238
        static let accessReport: UInt16 = 239
        public static let tagReport: UInt16 = 240
        static let epcData: UInt16 = 241
        static let eventSelection: UInt16 = 244
        static let eventState: UInt16 = 245
        public static let eventData: UInt16 = 246
        static let hopping: UInt16 = 247
        static let gpi: UInt16 = 248
        static let roSpecEvent: UInt16 = 249
        static let bufferWarning: UInt16 = 250
        static let bufferOverflow: UInt16 = 251
        static let exception: UInt16 = 252
        static let antennaEvent: UInt16 = 255
        public static let connectionAttempt: UInt16 = 256
        static let connectionClosed: UInt16 = 257
        public static let status: UInt16 = 287
        static let fieldError: UInt16 = 288
        static let parameterError: UInt16 = 289
        static let tagSpec: UInt16 = 338
        static let targetTag: UInt16 = 339
        static let read: UInt16 = 341
        static let memorySelector: UInt16 = 348
        static let readResult: UInt16 = 349
        static let custom: UInt16 = 1023
    }
}
