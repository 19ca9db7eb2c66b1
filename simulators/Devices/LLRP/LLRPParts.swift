/// Types of parameters as this reader's side writes and reads them (LLRP 1.0.1 §16.2).
enum LLRPPartType {
    static let utc: UInt16 = 128
    static let generalCapabilities: UInt16 = 137
    static let sensitivityEntry: UInt16 = 139
    static let airProtocols: UInt16 = 140
    static let gpio: UInt16 = 141
    static let llrpCapabilities: UInt16 = 142
    static let regulatory: UInt16 = 143
    static let band: UInt16 = 144
    static let powerEntry: UInt16 = 145
    static let frequencies: UInt16 = 146
    static let hopTable: UInt16 = 147
    static let fixedTable: UInt16 = 148
    static let sensitivityRange: UInt16 = 149
    static let roSpec: UInt16 = 177
    static let boundary: UInt16 = 178
    static let startTrigger: UInt16 = 179
    static let periodic: UInt16 = 180
    static let gpiTrigger: UInt16 = 181
    static let stopTrigger: UInt16 = 182
    static let aiSpec: UInt16 = 183
    static let aiStop: UInt16 = 184
    static let tagObservation: UInt16 = 185
    static let inventory: UInt16 = 186
    static let surveySpec: UInt16 = 187
    static let accessSpec: UInt16 = 207
    static let accessStop: UInt16 = 208
    static let accessCommand: UInt16 = 209
    static let identification: UInt16 = 218
    static let output: UInt16 = 219
    static let keepalive: UInt16 = 220
    static let antennaProperties: UInt16 = 221
    static let antennaConfiguration: UInt16 = 222
    static let receiver: UInt16 = 223
    static let transmitter: UInt16 = 224
    static let input: UInt16 = 225
    static let eventsAndReports: UInt16 = 226
    static let stateValue: UInt16 = 217
    static let reportSpec: UInt16 = 237
    static let selector: UInt16 = 238
    static let accessReport: UInt16 = 239
    static let tagReport: UInt16 = 240
    static let epcData: UInt16 = 241
    static let eventSelection: UInt16 = 244
    static let eventState: UInt16 = 245
    static let eventData: UInt16 = 246
    static let roSpecEvent: UInt16 = 249
    static let bufferOverflow: UInt16 = 251
    static let aiSpecEvent: UInt16 = 254
    static let antennaEvent: UInt16 = 255
    static let connectionAttempt: UInt16 = 256
    static let connectionClosed: UInt16 = 257
    static let status: UInt16 = 287
    static let fieldError: UInt16 = 288
    static let parameterError: UInt16 = 289
    static let gen2Capabilities: UInt16 = 327
    static let modeTable: UInt16 = 328
    static let modeEntry: UInt16 = 329
    static let inventoryCommand: UInt16 = 330
    static let filter: UInt16 = 331
    static let filterMask: UInt16 = 332
    static let filterAction: UInt16 = 334
    static let rfControl: UInt16 = 335
    static let singulation: UInt16 = 336
    static let tagSpec: UInt16 = 338
    static let targetTag: UInt16 = 339
    static let read: UInt16 = 341
    static let memorySelector: UInt16 = 348
    static let custom: UInt16 = 1023
}

/// One parameter that a client sent; clients send none without a length (TV).
struct LLRPPart {
    var type: UInt16
    var body: ArraySlice<UInt8>
    /// With its header.
    var whole: ArraySlice<UInt8>
}

/// Fields front to back, most significant byte first. The driver reads with other code on purpose: two that share a
/// mistake would agree.
struct LLRPFields {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw LLRPRefusal.short }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func u8() throws -> UInt8 { try take(1).first ?? 0 }
    mutating func u16() throws -> UInt16 { try take(2).reduce(0) { $0 << 8 | UInt16($1) } }
    mutating func u32() throws -> UInt32 { try take(4).reduce(0) { $0 << 8 | UInt32($1) } }

    /// The parameters from here to the end.
    func parts() throws -> [LLRPPart] {
        var parts: [LLRPPart] = []
        var left = rest
        while !left.isEmpty {
            var fields = LLRPFields(left)
            let word = try fields.u16()
            let length = Int(try fields.u16())
            guard word & 0xFC00 == 0, word >= 128, length >= 4, length <= left.count else {
                throw LLRPRefusal(100, "a parameter's type or length is not one")
            }
            let whole = left.prefix(length)
            parts.append(LLRPPart(type: word, body: whole.dropFirst(4), whole: whole))
            left = left.dropFirst(length)
        }
        return parts
    }
}

extension [LLRPPart] {
    func first(_ type: UInt16) -> LLRPPart? { first { $0.type == type } }

    /// The one that must be there.
    func required(_ type: UInt16, _ name: String) throws -> LLRPPart {
        guard let part = first(type) else { throw LLRPRefusal.parameter(type, 203, "\(name) is missing") }
        return part
    }
}

/// Why a message is not obeyed: LLRPStatus (LLRP 1.0.1 §14.2), with the place of the error.
struct LLRPRefusal: Error {
    var code: UInt16
    var text: String
    var place: [UInt8] = []

    init(_ code: UInt16, _ text: String, place: [UInt8] = []) {
        (self.code, self.text, self.place) = (code, text, place)
    }

    static let short = LLRPRefusal(101, "the message ends inside a field")

    /// A field of the message itself, counted from 0; 300 is an invalid value, 301 one out of range.
    static func field(_ number: UInt16, _ text: String, code: UInt16 = 300) -> LLRPRefusal {
        LLRPRefusal(101, text, place: llrpPart(LLRPPartType.fieldError, bigEndian(number) + bigEndian(code)))
    }

    /// Something in a parameter of the message.
    static func parameter(_ type: UInt16, _ code: UInt16, _ text: String) -> LLRPRefusal {
        LLRPRefusal(100, text, place: llrpPart(LLRPPartType.parameterError, bigEndian(type) + bigEndian(code)))
    }

    var status: [UInt8] {
        llrpPart(LLRPPartType.status, bigEndian(code) + bigEndian(UInt16(text.utf8.count)) + Array(text.utf8) + place)
    }

    static let none = LLRPRefusal(0, "").status
}

/// A parameter with its length.
func llrpPart(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
    bigEndian(type) + bigEndian(UInt16(4 + body.count)) + body
}

/// Bits, the most significant of each byte first.
func llrpBits(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [Bool] {
    (0..<count).map { bytes[bytes.startIndex + $0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 }
}

/// Most significant byte first.
func bigEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian, Array.init)
}
