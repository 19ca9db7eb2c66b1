import Model

extension Driver {
    /// The "UHF RFID Reader Series" of Chafon and many others. Source: user manual V2.20; wabson/chafon-rfid.
    public static let uhfreader = Driver(
        name: "uhfreader", title: "UHFReader 09, 18, 86 and 288 (Chafon and relatives)", kind: .reader,
        line: .serial(baud: 57600),
        hints: [
            .usb(vendor: 0x10C4, product: 0xEA60, shared: true), .usb(vendor: 0x1A86, product: 0x7523, shared: true),
        ],
        probes: [57600, 115200, 9600, 38400, 19200].map {
            Probe(step: 6, baud: $0, send: [0x04, 0xFF, 0x21, 0x19, 0x95], wait: .milliseconds(300))
        },
        // A reader in automatic mode sends EE by itself; two bytes of CRC alone are met in noise now and then.
        recognise: frames("a frame of the UHFReader protocol", { UHFReaderFrame.take(from: &$0) }) {
            (frame: UHFReaderFrame) in [0x01, 0x0F, 0x21, 0xEE].contains(frame.command)
        },
        sealing: .frames({ UHFReaderFrame.take(from: &$0) }) { bytes in
            let crc = UHFReaderFrame.checksum(bytes.dropLast(2))
            bytes.replaceSubrange((bytes.count - 2)..., with: [UInt8(crc & 0xFF), UInt8(crc >> 8)])
        },
        source: "UHF RFID Reader Series user manual V2.20; wabson/chafon-rfid tests",
        session: { PolledReader(UHFReader(settings: $0)) })
}

/// Asks who it is, sets frequencies and power, then one inventory after the other. Automatic reports are taken as they come.
struct UHFReader: PolledFamily {
    static let patience: Duration = .milliseconds(300)
    /// A scan takes two seconds at most as we ask for it; more silence than this means that the answer was lost.
    static let silence: Duration = .seconds(3)
    static let advice = "no answer to the info query at 57600 baud: check the reader's power, cable, speed and driver"

    let questions: [UHFReaderFrame]
    let remark: String?
    private let refused: Region?
    private let antennas: [Int]
    private var layout = UHFReaderFrame.Layout.antennas
    private var antenna = 0

    init(settings: SessionSettings) {
        antennas = settings.antennas.isEmpty ? [1] : settings.antennas
        var questions = [
            UHFReaderFrame(UHFReaderFrame.Code.info),
            // Left in real-time mode by somebody, it takes no other setting (user manual V2.20).
            UHFReaderFrame(UHFReaderFrame.Code.workMode, [0]),
        ]
        remark = settings.region == nil ? Region.keepsOwn : nil
        let channels = settings.region?.uhfReader
        refused = settings.region.flatMap { $0 == .own || channels != nil ? nil : $0 }
        if let channels { questions.append(UHFReaderFrame(UHFReaderFrame.Code.frequency, channels)) }
        if let power = settings.powerDBm {
            questions.append(
                UHFReaderFrame(UHFReaderFrame.Code.power, [UInt8(clamping: min(30, Int(power.rounded())))]))
        }
        self.questions = questions
    }

    static func take(from bytes: inout [UInt8]) -> Framed<UHFReaderFrame>? { UHFReaderFrame.take(from: &bytes) }

    func bytes(of question: UHFReaderFrame) -> [UInt8] { question.bytes }

    mutating func greet(_ reaction: inout Reaction) {
        antenna = 0
        if let refused { reaction.refuseRegion(refused) }
    }

    func farewell() -> [UInt8] { [] }

    /// Small readers take no parameters; larger ones Q 4, session 1, target A, the antenna and two seconds at most.
    mutating func round() -> [UInt8] {
        let port = UInt8(0x80 + antennas[antenna % antennas.count] - 1)
        return UHFReaderFrame(UHFReaderFrame.Code.inventory, layout == .plain ? [] : [4, 1, 0, port, 20]).bytes
    }

    mutating func accept(_ frame: UHFReaderFrame, question: UHFReaderFrame?, _ reaction: inout Reaction) -> FrameMeaning
    {
        for tag in frame.tags(preferred: layout) { reaction.observations.append(.tag(tag)) }
        // Smaller readers know no work mode: then there is none to leave.
        if let fault = frame.fault, frame.command != UHFReaderFrame.Code.workMode {
            reaction.observations.append(.fault(fault))
        }
        if frame.command == UHFReaderFrame.Code.info, frame.status == 0, frame.data.count >= 7 {
            learn(frame, &reaction)
        }
        if frame.endsInventory { antenna += 1 }
        return FrameMeaning(
            answers: question?.command == frame.command,
            isAlive: frame.command == UHFReaderFrame.Code.inventory || frame.command == UHFReaderFrame.Code.automatic,
            endsRound: frame.endsInventory, isReport: frame.command == UHFReaderFrame.Code.automatic)
    }

    /// Version 2, type 1, protocols 1, highest and lowest frequency, power, scan time.
    private mutating func learn(_ frame: UHFReaderFrame, _ reaction: inout Reaction) {
        let type = frame.data[2]
        // 03, 08, 09: small readers without antenna and RSSI. An unknown type gets the larger family's layout.
        layout = [0x03, 0x08, 0x09].contains(type) ? .plain : .antennas
        for (field, text) in [
            ("firmware", "\(frame.data[0]).\(frame.data[1])"), ("type", Hex.string([type])),
            ("power", "\(frame.data[6]) dBm"),
        ] { reaction.observations.append(.identity(Identity(field: field, text: text))) }
    }
}

extension Region {
    /// Highest and lowest channel with the band in their top bits: (high >> 6) << 2 | (low >> 6).
    fileprivate var uhfReader: [UInt8]? {
        switch self {
        case .eu: [0x4E, 0x00]
        case .us: [0x31, 0x80]
        case .kr: [0x1F, 0xC0]
        case .cn900: [0x13, 0x40]
        case .cn800: [0x93, 0x00]
        // Parts of the American band, 902.75 + 0.5 n MHz.
        case .au: [46, 0x80 | 35]
        case .nz: [49, 0x80 | 39]
        case .br: [49, 0x80 | 25]
        case .tw: [49, 0x80 | 39]
        // Of the European one, 865.1 + 0.2 n MHz.
        case .in: [0x40 | 8, 1]
        case .jp, .own: nil
        }
    }
}
