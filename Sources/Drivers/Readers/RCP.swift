import Model

extension Driver {
    /// Phychips PR9200 and relatives (RED RCP). Source: rafaneri/phychips-rcp, its codes, regions and recorded packets.
    public static let rcp = Driver(
        name: "rcp", title: "Phychips PR9200 readers and modules (RED RCP)", kind: .reader, line: .serial(baud: 115200),
        recognise: frames("a packet of RED RCP", { RCPFrame.take(from: &$0) }) { (frame: RCPFrame) in
            frame.kind != .command
        },
        sealing: .frames({ RCPFrame.take(from: &$0) }) { bytes in
            let crc = RCPFrame.checksum(bytes.dropFirst().dropLast(2))
            bytes.replaceSubrange((bytes.count - 2)..., with: crc.bigEndianBytes)
        },
        source: "rafaneri/phychips-rcp, its codes, regions and recorded packets",
        session: { PolledReader(RCP(settings: $0)) })
}

/// Identify, set the region, then read automatically for ever; begun again when the reader says that it ended.
struct RCP: PolledFamily {
    private typealias Code = RCPFrame.Code

    /// How long a reader may take to answer (our limit).
    static let patience: Duration = .milliseconds(300)
    /// Nothing comes while no tag is there: reading is begun again, which is answered or refused as running.
    static let silence: Duration = .seconds(3)
    static let advice =
        "no answer to the query of its model at 115200 baud: check the reader's power, the cable and the driver"

    let questions: [RCPFrame]
    let remark: String?
    private let refused: Region?
    private let hasPower: Bool
    /// A refusal names no command: before the first good answer it is one of our stopping.
    private var hasAnswered = false
    private var isReading = false

    init(settings: SessionSettings) {
        var questions = [RCPFrame(.command, Code.info, [0]), RCPFrame(.command, Code.info, [1])]
        if let region = settings.region?.rcp {
            questions.append(RCPFrame(.command, Code.setRegion, [region]))
        } else {
            questions.append(RCPFrame(.command, Code.getRegion))
        }
        self.questions = questions
        remark = settings.region == nil ? Region.keepsOwn : nil
        refused = settings.region.flatMap { $0 == .own || $0.rcp != nil ? nil : $0 }
        hasPower = settings.powerDBm != nil
    }

    static func take(from bytes: inout [UInt8]) -> Framed<RCPFrame>? { RCPFrame.take(from: &bytes) }

    func bytes(of question: RCPFrame) -> [UInt8] { question.bytes }

    /// One left reading by a killed process talks over our questions: stop it first.
    mutating func greet(_ reaction: inout Reaction) {
        (hasAnswered, isReading) = (false, false)
        if let refused { reaction.refuseRegion(refused) }
        if hasPower {
            reaction.observations.append(
                .fault(
                    Fault(
                        code: "power-unsupported",
                        text: "power-dbm is not sent: no public document gives its unit; the reader's own stays")))
        }
        reaction.send += farewell()
    }

    func farewell() -> [UInt8] { RCPFrame(.command, Code.stop).bytes }

    /// Tags of type C, without a limit of tags, time and rounds.
    mutating func round() -> [UInt8] {
        isReading = true
        return RCPFrame(.command, Code.start, [2, 0, 0, 0, 0]).bytes
    }

    mutating func accept(_ frame: RCPFrame, question: RCPFrame?, _ reaction: inout Reaction) -> FrameMeaning {
        switch frame.kind {
        // Ours come back on some lines.
        case .command: return FrameMeaning()
        case .notice:
            if let tag = frame.tag {
                reaction.observations.append(.tag(tag))
                return FrameMeaning(isAlive: true, isReport: true)
            }
            // 1F: automatic reading is over.
            return FrameMeaning(isAlive: true, endsRound: frame.code == Code.start && frame.arguments == [0x1F])
        case .answer: break
        }
        guard frame.code != Code.failure else { return refusal(frame, &reaction) }
        hasAnswered = hasAnswered || frame.code != Code.stop
        if frame.code == Code.info, question?.code == Code.info {
            let text = String(decoding: frame.arguments.prefix { $0 != 0 }, as: UTF8.self)
            let field = question?.arguments == [0] ? "hardware" : "firmware"
            if !text.isEmpty { reaction.observations.append(.identity(Identity(field: field, text: text))) }
        }
        if frame.code == Code.getRegion, let byte = frame.arguments.first {
            let region = Region.allCases.first { $0.rcp == byte }?.rawValue ?? "code \(Hex.string([byte]))"
            reaction.observations.append(.identity(Identity(field: "region", text: region)))
        }
        return FrameMeaning(answers: question?.code == frame.code, isAlive: frame.code == Code.start)
    }

    private func refusal(_ frame: RCPFrame, _ reaction: inout Reaction) -> FrameMeaning {
        guard hasAnswered else { return FrameMeaning() }
        // 0B comes where reading is begun while it runs (recorded).
        if isReading, frame.arguments == [0x0B] { return FrameMeaning(isAlive: true) }
        reaction.observations.append(
            .fault(Fault(code: "command-refused", text: "the reader refused with code \(Hex.string(frame.arguments))")))
        return FrameMeaning(answers: !isReading)
    }
}

extension Region {
    /// Region byte (phychips-rcp, region.ts): Korea, US wide, Europe, Japan, China, Brazil.
    fileprivate var rcp: UInt8? {
        switch self {
        case .kr: 0x11
        case .us: 0x21
        case .eu: 0x31
        case .jp: 0x41
        case .cn900: 0x52
        case .br: 0x61
        case .cn800, .au, .nz, .tw, .in, .own: nil
        }
    }
}

/// One packet of RED RCP, either side's.
// BB 02 22 00 0E 30 00 E2 00 00 16 60 16 01 55 15 80 75 3D 7E 5C 46
// 0  1  2  3     5     7                                   19 20      preamble kind code length PC EPC end CRC
public struct RCPFrame: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
        case command, answer, notice
    }

    public enum Code {
        public static let info: UInt8 = 0x03
        public static let getRegion: UInt8 = 0x06
        public static let setRegion: UInt8 = 0x07
        public static let tag: UInt8 = 0x22
        public static let start: UInt8 = 0x36
        public static let stop: UInt8 = 0x37
        public static let failure: UInt8 = 0xFF
    }

    /// Longest arguments accepted, in bytes (our limit).
    public static let limit = 512

    public var kind: Kind
    public var code: UInt8
    public var arguments: [UInt8]

    public init(_ kind: Kind, _ code: UInt8, _ arguments: [UInt8] = []) {
        (self.kind, self.code, self.arguments) = (kind, code, arguments)
    }

    /// CRC-16 with 1021, from FFFF, from the kind to the end mark: `00 37 00 00 7E` gives F391.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0xFFFF) { crc, byte in
            (0..<8).reduce(crc ^ UInt16(byte) << 8) { crc, _ in crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
    }

    public var bytes: [UInt8] {
        let body = [kind.rawValue, code] + UInt16(arguments.count).bigEndianBytes + arguments + [0x7E]
        return [0xBB] + body + RCPFrame.checksum(body).bigEndianBytes
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<RCPFrame>? {
        guard let start = bytes.firstIndex(of: 0xBB) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        guard bytes.count >= 5 else { return nil }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        guard let kind = Kind(rawValue: bytes[1]), length <= limit else { return .dropping(1, from: &bytes) }
        guard bytes.count >= length + 8 else { return nil }
        let end = 5 + length
        guard bytes[end] == 0x7E,
            checksum(bytes[1...end]) == UInt16(bytes[end + 1]) << 8 | UInt16(bytes[end + 2])
        else { return .dropping(1, from: &bytes) }
        let frame = RCPFrame(kind, bytes[2], Array(bytes[5..<end]))
        bytes.removeFirst(length + 8)
        return .frame(frame)
    }

    /// PC, then as many words as it says.
    var tag: TagRead? {
        guard kind == .notice, code == Code.tag, arguments.count > 2 else { return nil }
        let pc = UInt16(arguments[0]) << 8 | UInt16(arguments[1])
        let epc = arguments.dropFirst(2).prefix(Int(pc >> 11) * 2)
        guard (1...TagID.limit).contains(epc.count) else { return nil }
        return TagRead(id: TagID(.epcGen2, Array(epc)), protocolControl: pc)
    }
}
