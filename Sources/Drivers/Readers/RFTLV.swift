import Model

extension Driver {
    /// CPH readers, YZ-M40 and relatives, whose frames begin with "RF". Source: UHF RFID Reader Communication Protocol 4.0.1 and
    /// 4.0.3 (CPH); frames of a YZ-M40 that users published.
    public static let rfTLV = Driver(
        name: "rf-tlv", title: "CPH readers, YZ-M40 and other modules whose frames begin with RF", kind: .reader,
        line: .serial(baud: 115200),
        recognise: frames("a frame that begins with RF and whose checksum holds", { RFTLVFrame.take(from: &$0) }) {
            (frame: RFTLVFrame) in frame.kind != .command
        },
        sealing: .frames({ RFTLVFrame.take(from: &$0) }) { bytes in
            bytes[bytes.count - 1] = RFTLVFrame.checksum(bytes.dropLast())
        },
        source: "UHF RFID Reader Communication Protocol 4.0.1 and 4.0.3 (CPH); published frames of a YZ-M40",
        session: { PolledReader(RFTLV(settings: $0)) })
}

/// Asks version and power, sets the power, then lets it read for ever; one that reads by itself is listened to.
struct RFTLV: PolledFamily {
    private typealias Code = RFTLVFrame.Code

    /// How long an answer may take (our limit).
    static let patience: Duration = .milliseconds(300)
    /// Nothing comes while no tag is there: reading is begun again, and that is answered.
    static let silence: Duration = .seconds(3)
    static let advice =
        "no answer to the version query at 115200 baud: check the reader's power, the cable, its address (0) and the driver"

    let questions: [RFTLVFrame]
    let remark: String?
    private let refused: Region?
    private let power: Double?
    /// Its address on a bus, once it has said something.
    private var address: UInt16 = 0
    /// The power is told in dBm (4.0.3), not in hundredths (4.0.1).
    private var isShort = false

    init(settings: SessionSettings) {
        var questions = [RFTLVFrame(.command, Code.version)]
        if settings.powerDBm != nil {
            questions += [
                RFTLVFrame(.command, Code.getParameter, [0x26, 1, 1]), RFTLVFrame(.command, Code.setParameter),
            ]
        }
        self.questions = questions
        power = settings.powerDBm
        remark = settings.region == nil ? Region.keepsOwn : nil
        refused = settings.region == .own ? nil : settings.region
    }

    static func take(from bytes: inout [UInt8]) -> Framed<RFTLVFrame>? { RFTLVFrame.take(from: &bytes) }

    func bytes(of question: RFTLVFrame) -> [UInt8] {
        var frame = question
        frame.address = address
        if frame.code == Code.setParameter, let power {
            let value = isShort ? [UInt8(power.rounded())] : UInt16((power * 100).rounded()).bigEndianBytes
            frame.parameters = [0x26, UInt8(1 + value.count), 1] + value
        }
        return frame.bytes
    }

    /// One that reads by itself talks over our questions: stop it first.
    mutating func greet(_ reaction: inout Reaction) {
        isShort = false
        if let refused { reaction.refuseRegion(refused) }
        reaction.send += farewell()
    }

    func farewell() -> [UInt8] { bytes(of: RFTLVFrame(.command, Code.stop)) }

    mutating func round() -> [UInt8] { bytes(of: RFTLVFrame(.command, Code.start)) }

    mutating func accept(_ frame: RFTLVFrame, question: RFTLVFrame?, _ reaction: inout Reaction) -> FrameMeaning {
        if frame.kind == .notice {
            address = frame.address
            let tags = frame.tags
            reaction.observations += tags.map { .tag($0) }
            return FrameMeaning(isAlive: true, isReport: !tags.isEmpty)
        }
        // Ours come back on some lines; the manual's own answer to 49 is marked as a command.
        guard let status = frame.status else { return FrameMeaning() }
        address = frame.address
        if status != 0, frame.code != Code.stop {
            reaction.observations.append(.fault(RFTLVFrame.fault(status, frame.code)))
        }
        switch frame.code {
        case Code.version where status == 0: learn(frame, &reaction)
        case Code.getParameter: isShort = RFTLVFrame.value(0x26, in: frame.parameters[...])?.count == 2
        default: break
        }
        return FrameMeaning(answers: question?.code == frame.code, isAlive: frame.code == Code.start && status == 0)
    }

    private func learn(_ frame: RFTLVFrame, _ reaction: inout Reaction) {
        if let version = RFTLVFrame.value(0x20, in: frame.parameters[...]), version.count == 3 {
            let text = version.map { "\($0)" }.joined(separator: ".")
            reaction.observations.append(.identity(Identity(field: "firmware", text: text)))
        }
        if let type = RFTLVFrame.value(0x21, in: frame.parameters[...])?.first {
            reaction.observations.append(.identity(Identity(field: "hardware", text: "type \(type)")))
        }
    }
}

/// One frame, either side's; parameters are tag, length, value, and may nest.
// 52 46 02 00 00 80 00 19 50 17 01 0C E2 00 00 17 02 17 01 99 23 90 21 7D 05 01 C3 06 04 3D 00 00 00 4C
// 0     2  3     5  6     8                                                                          33   RF kind address code length parameters sum
public struct RFTLVFrame: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        case command, answer, notice
    }

    public enum Code {
        public static let start: UInt8 = 0x21
        public static let stop: UInt8 = 0x23
        public static let version: UInt8 = 0x40
        public static let setParameter: UInt8 = 0x48
        public static let getParameter: UInt8 = 0x49
        public static let tag: UInt8 = 0x80
    }

    /// Longest parameters accepted, in bytes: a dozen tags (our limit).
    public static let limit = 1024

    public var kind: Kind
    public var address: UInt16
    public var code: UInt8
    public var parameters: [UInt8]

    public init(_ kind: Kind, _ code: UInt8, _ parameters: [UInt8] = [], address: UInt16 = 0) {
        (self.kind, self.code, self.parameters, self.address) = (kind, code, parameters, address)
    }

    /// What makes the sum of all bytes nothing (protocol 4.0.1 §2).
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }

    public var bytes: [UInt8] {
        let body =
            [0x52, 0x46, kind.rawValue] + address.bigEndianBytes + [code] + UInt16(parameters.count).bigEndianBytes
            + parameters
        return body + [RFTLVFrame.checksum(body)]
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<RFTLVFrame>? {
        guard let start = bytes.firstIndex(of: 0x52) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        guard bytes.count >= 2 else { return nil }
        guard bytes[1] == 0x46 else { return .dropping(1, from: &bytes) }
        guard bytes.count >= 8 else { return nil }
        let length = Int(bytes[6]) << 8 | Int(bytes[7])
        guard let kind = Kind(rawValue: bytes[2]), length <= limit else { return .dropping(1, from: &bytes) }
        guard bytes.count >= 9 + length else { return nil }
        guard bytes[..<(9 + length)].reduce(0, &+) == 0 else { return .dropping(1, from: &bytes) }
        let frame = RFTLVFrame(
            kind, bytes[5], Array(bytes[8..<8 + length]), address: UInt16(bytes[3]) << 8 | UInt16(bytes[4]))
        bytes.removeFirst(9 + length)
        return .frame(frame)
    }
}

extension RFTLVFrame {
    /// False where a length runs over the end; what came before it was visited.
    @discardableResult
    static func walk(_ bytes: ArraySlice<UInt8>, _ visit: (UInt8, ArraySlice<UInt8>) -> Void) -> Bool {
        var rest = bytes
        while rest.count >= 2 {
            let (tag, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
            guard rest.count >= 2 + length else { return false }
            visit(tag, rest.dropFirst(2).prefix(length))
            rest = rest.dropFirst(2 + length)
        }
        return rest.isEmpty
    }

    static func value(_ tag: UInt8, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        walk(bytes) { if $0 == tag, found == nil { found = $1 } }
        return found
    }

    /// Of an answer: 0 is good.
    var status: UInt8? {
        guard parameters.starts(with: [0x07, 0x01]), parameters.count >= 3 else { return nil }
        return parameters[2]
    }

    /// Those of a notice: read now (80), or kept while nobody listened (81).
    var tags: [TagRead] {
        guard code == Code.tag || code == Code.tag + 1 else { return [] }
        var tags: [TagRead] = []
        RFTLVFrame.walk(parameters[...]) { tag, value in
            guard tag == 0x50, let read = RFTLVFrame.tag(value) else { return }
            tags.append(read)
        }
        return tags
    }

    private static func tag(_ bytes: ArraySlice<UInt8>) -> TagRead? {
        var read = TagRead(id: TagID(.epcGen2, []))
        walk(bytes) { tag, value in
            switch tag {
            case 0x01: read.id = TagID(.epcGen2, Array(value))
            case 0x02: read.userMemory = TagRead.memory(Array(value))
            case 0x04: read.tid = TagRead.memory(Array(value))
            // Some models give a number of their own (26, 99): no receiver measures that in dBm.
            case 0x05:
                let dBm = value.first.map { Double(Int8(bitPattern: $0)) }
                read.rssiDBm = dBm.flatMap { (-95 ... -15).contains($0) ? $0 : nil }
            case 0x0A: read.antenna = value.last.flatMap { (1...32).contains($0) ? Int($0) : nil }
            default: break
            }
        }
        return (1...TagID.limit).contains(read.id.bytes.count) ? read : nil
    }

    /// Status codes (protocol 4.0.1 §5.1).
    static func fault(_ status: UInt8, _ code: UInt8) -> Fault {
        let names: [UInt8: String] = [
            0x14: "parameter not supported", 0x15: "wrong length", 0x16: "wrong value", 0x17: "command not supported",
            0x18: "another address", 0x20: "wrong checksum", 0x21: "internal error", 0x22: "flash error",
            0xFF: "internal error",
        ]
        return Fault(
            code: "command-refused",
            text: "command \(Hex.string([code])): \(names[status] ?? "status \(Hex.string([status]))")")
    }
}
