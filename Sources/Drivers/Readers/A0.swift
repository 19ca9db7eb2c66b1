import Model

extension Driver {
    /// Readers with an Impinj R2000 or E710. Source: UHF RFID Reader Serial Interface Protocol V3.7.
    public static let a0 = Driver(
        name: "a0", title: "A0 readers: Rodinbell, Invelion and other R2000 and E710 boards", kind: .reader,
        line: .serial(baud: 115200),
        hints: [
            .usb(vendor: 0x1A86, product: 0x7523, shared: true), .usb(vendor: 0x10C4, product: 0xEA60, shared: true),
        ],
        // Address 01, then the address that all answer to.
        probes: [
            Probe(step: 4, baud: 115200, send: [0xA0, 0x03, 0x01, 0x72, 0xEA], wait: .milliseconds(200)),
            Probe(step: 4, baud: 115200, send: [0xA0, 0x03, 0xFF, 0x72, 0xEC], wait: .milliseconds(200)),
            // The other speed it can be set to (command 71).
            Probe(step: 9, baud: 38400, send: [0xA0, 0x03, 0xFF, 0x72, 0xEC], wait: .milliseconds(200)),
        ],
        // Questions have the same form as answers: only the shape of an answer tells them from an echo.
        recognise: frames("a frame of the A0 protocol", { A0Frame.take(from: &$0) }) { (frame: A0Frame) in
            frame.command == A0Frame.Code.firmware && frame.data.count == 2 || frame.tag != nil || frame.isRoundEnd
        },
        sealing: .frames({ A0Frame.take(from: &$0) }) { bytes in
            bytes[bytes.count - 1] = 0 &- bytes.dropLast().reduce(0, &+)
        },
        source: "UHF RFID Reader Serial Interface Protocol V3.7; rust-invelion; Rodinbell session logs",
        session: { PolledReader(A0(settings: $0)) })
}

/// Firmware, region, power, then for ever: choose an antenna, one real-time round, the next antenna.
struct A0: PolledFamily {
    static let patience: Duration = .milliseconds(200)
    static let silence: Duration = .seconds(2)
    static let advice =
        "no answer to the firmware query at 115200 baud: check the reader's power, the cable and the driver"

    let questions: [A0Frame]
    let remark: String?
    private let region: Region?
    private let antennas: [Int]
    private var antenna = 0
    /// Where the reader answers: 01 from the factory; at the next try FF, which all answer to.
    private var address: UInt8 = 0xFF
    private var isKnown = false

    init(settings: SessionSettings) {
        region = settings.region
        antennas = settings.antennas.isEmpty ? [1] : settings.antennas
        var questions = [A0Frame(A0Frame.Code.firmware)]
        remark = settings.region == nil ? Region.keepsOwn : nil
        if let region = settings.region?.a0 { questions.append(A0Frame(A0Frame.Code.setRegion, region)) }
        if let power = settings.powerDBm {
            questions.append(A0Frame(A0Frame.Code.setPower, [UInt8(clamping: Int(power.rounded()))]))
        }
        // The reader's own beep comes before anything is safe: it stays quiet.
        questions.append(A0Frame(A0Frame.Code.beeper, [0]))
        self.questions = questions
    }

    static func take(from bytes: inout [UInt8]) -> Framed<A0Frame>? { A0Frame.take(from: &bytes) }

    func bytes(of question: A0Frame) -> [UInt8] {
        var frame = question
        frame.address = address
        return frame.bytes
    }

    mutating func greet(_ reaction: inout Reaction) {
        antenna = 0
        if !isKnown { address = address == 1 ? 0xFF : 1 }
        if let region, region != .own, region.a0 == nil { reaction.refuseRegion(region) }
    }

    func farewell() -> [UInt8] { [] }

    /// The antenna and its round in one go: the reader takes them in order.
    mutating func round() -> [UInt8] {
        let port = antennas[antenna % antennas.count]
        return bytes(of: A0Frame(A0Frame.Code.setAntenna, [UInt8(port - 1)]))
            + bytes(of: A0Frame(A0Frame.Code.inventory, [0xFF]))
    }

    mutating func accept(_ frame: A0Frame, question: A0Frame?, _ reaction: inout Reaction) -> FrameMeaning {
        if let tag = frame.tag ?? frame.readTag { reaction.observations.append(.tag(tag)) }
        let fault = frame.fault
        if let fault, fault.code != "no-tag" { reaction.observations.append(.fault(fault)) }
        if frame.command == A0Frame.Code.firmware, frame.data.count == 2 {
            (address, isKnown) = (frame.address, true)
            reaction.observations.append(
                .identity(Identity(field: "firmware", text: "\(frame.data[0]).\(frame.data[1])")))
        }
        let ends = frame.isRoundEnd || frame.isInventory && frame.data.count == 1 && fault != nil
        if ends { antenna += 1 }
        // An echo of the firmware question has no data, one of an inventory a single byte.
        let isAnswer = frame.command != A0Frame.Code.firmware || frame.data.count == 2
        return FrameMeaning(
            answers: isAnswer && question?.command == frame.command,
            isAlive: frame.isInventory && (frame.data.count > 1 || fault != nil), endsRound: ends)
    }
}

extension Region {
    /// Region byte with first and last frequency index; nil where the protocol has none. Index 0 is 865.0 MHz, 7 is 902.0, in
    /// steps of 0.5 MHz (V3.7, frequency table): channels whose whole width lies in the country's band.
    fileprivate var a0: [UInt8]? {
        switch self {
        case .us: [1, 7, 59]
        case .eu: [2, 0, 6]
        case .cn900: [3, 43, 53]
        case .au: [1, 44, 54]
        case .nz: [1, 47, 58]
        case .br: [1, 34, 58]
        case .tw: [1, 48, 58]
        case .in: [2, 1, 3]
        case .cn800, .kr, .jp, .own: nil
        }
    }
}
