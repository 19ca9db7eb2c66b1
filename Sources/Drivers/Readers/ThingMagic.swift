import Model

extension Driver {
    /// ThingMagic and JADAK modules. Source: Mercury API 1.35.2, serial_reader_l3.c; SparkFun's library.
    public static let thingmagic = Driver(
        name: "thingmagic", title: "ThingMagic and JADAK M6e, M7e, Micro and Nano modules", kind: .reader,
        line: .serial(baud: 115200),
        hints: [
            .usb(vendor: 0x0403, product: 0x6001, shared: true), .usb(vendor: 0x1A86, product: 0x7523, shared: true),
        ],
        probes: [115200, 9600, 230400, 921600].map {
            Probe(step: 5, baud: $0, send: [0xFF, 0x00, 0x03, 0x1D, 0x0C], wait: .milliseconds(300))
        },
        recognise: frames("a frame of the Mercury protocol", { ThingMagicFrame.take(from: &$0) }) {
            (frame: ThingMagicFrame) in [ThingMagicFrame.Code.version, ThingMagicFrame.Code.stream].contains(frame.op)
        },
        sealing: .frames({ ThingMagicFrame.take(from: &$0) }) { bytes in
            let crc = ThingMagicFrame.checksum(bytes.dropFirst().dropLast(2))
            bytes.replaceSubrange((bytes.count - 2)..., with: crc.bigEndianBytes)
        },
        source: "Mercury API serial protocol (python-mercuryapi); SparkFun Simultaneous RFID library; m5e session logs",
        session: { PolledReader(ThingMagic(settings: $0)) })
}

/// Boots the module where it must, sets region, protocol, antennas and power, then lets it stream for ever.
struct ThingMagic: PolledFamily {
    private typealias Code = ThingMagicFrame.Code

    static let patience: Duration = .milliseconds(300)
    /// A cycle takes a second and says so even without tags.
    static let silence: Duration = .seconds(3)
    static let advice =
        "no answer to the version query at 115200 baud: check the module's power, speed, cable and driver"

    let questions: [ThingMagicFrame]
    private let region: Region?
    private var isReading = false
    /// The module says that it has no region: it may not transmit.
    private(set) var obstacle: String?
    var remark: String? { region == nil ? Region.keepsOwn : nil }
    /// The module refused to stream (older firmware): it is asked for one read after the other.
    private var isSingle = false
    /// Tags of the last single read that are still to be fetched: a frame holds about ten.
    private var left = 0

    init(settings: SessionSettings) {
        region = settings.region
        let antennas = settings.antennas.isEmpty ? [1] : settings.antennas
        var questions = [ThingMagicFrame(Code.version), ThingMagicFrame(Code.start)]
        if let region = region?.thingMagic {
            questions.append(ThingMagicFrame(Code.setRegion, [region]))
        } else {
            questions.append(ThingMagicFrame(Code.getRegion))
        }
        questions.append(ThingMagicFrame(Code.setProtocol, [0, 5]))
        questions.append(ThingMagicFrame(Code.setAntennas, [2] + antennas.flatMap { [UInt8($0), UInt8($0)] }))
        if let power = settings.powerDBm {
            let hundredths = UInt16(clamping: Int((power * 100).rounded()))
            questions.append(ThingMagicFrame(Code.setPower, [UInt8(hundredths >> 8), UInt8(hundredths & 0xFF)]))
        }
        questions.append(ThingMagicFrame(Code.setParameter, [1, 0x0C, 0]))
        questions.append(ThingMagicFrame(Code.temperature))
        self.questions = questions
    }

    static func take(from bytes: inout [UInt8]) -> Framed<ThingMagicFrame>? { ThingMagicFrame.take(from: &bytes) }

    func bytes(of question: ThingMagicFrame) -> [UInt8] { question.bytes }

    /// One that still streams from before talks over our questions: stop it first.
    mutating func greet(_ reaction: inout Reaction) {
        isReading = false
        // It may be another module by now, or have newer firmware: streaming is tried again.
        (isSingle, left) = (false, 0)
        obstacle = nil
        if let region, region != .own, region.thingMagic == nil { reaction.refuseRegion(region) }
        reaction.send += farewell()
    }

    func farewell() -> [UInt8] { ThingMagicFrame(Code.search, [0, 0, 2]).bytes }

    /// Endless search, one cycle a second, with count, RSSI and antenna (Mercury API, serial_reader_l3.c).
    mutating func round() -> [UInt8] {
        isReading = true
        if isSingle { return ThingMagicFrame(Code.clear).bytes }
        return ThingMagicFrame(Code.search, [0, 0, 1, 0x22, 0, 0, 5, 7, 0x22, 0x10, 0, 0x1B, 0x03, 0xE8, 0x00, 0x07])
            .bytes
    }

    mutating func accept(_ frame: ThingMagicFrame, question: ThingMagicFrame?, _ reaction: inout Reaction)
        -> FrameMeaning
    {
        if let tag = frame.tag { reaction.observations.append(.tag(tag)) }
        // An application that runs already refuses to be started, and one that rests to be stopped, which is as good. A
        // search that is refused while reading is not.
        let isExpected =
            frame.op == Code.start && frame.status == 0x0101 || frame.op == Code.search && !isReading
        if let fault = frame.fault, !isExpected { reaction.observations.append(.fault(fault)) }
        if frame.op == Code.getRegion, frame.status == 0, let byte = frame.data.first, byte == 0 {
            obstacle = "the module has no region and keeps none without power: \(Region.remedy)"
        }
        if frame.op == Code.version, frame.status == 0, frame.data.count >= 16 { learn(frame.data, &reaction) }
        if frame.op == Code.temperature, frame.status == 0, let degrees = frame.data.first {
            reaction.observations.append(
                .identity(Identity(field: "temperature", text: "\(Int8(bitPattern: degrees)) °C")))
        }
        if frame.op == Code.search, isReading, [0x0100, 0x0101, 0x0105].contains(frame.status), !isSingle {
            isSingle = true
            return FrameMeaning(endsRound: true)
        }
        if isSingle, isReading { return single(frame, &reaction) }
        return FrameMeaning(answers: question?.op == frame.op, isAlive: frame.op == Code.stream)
    }

    /// Forget what was read, read for a quarter of a second, fetch what there is. A refusal starts no new round: the
    /// supervision does, slowly.
    private mutating func single(_ frame: ThingMagicFrame, _ reaction: inout Reaction) -> FrameMeaning {
        switch (frame.op, frame.status) {
        case (Code.clear, _):
            reaction.send += ThingMagicFrame(Code.stream, [0, 0, 3, 0, 250]).bytes
            return FrameMeaning()
        case (Code.stream, 0x0400?): return FrameMeaning(isAlive: true, endsRound: true)
        case (Code.stream, 0?):
            // Option, search flags, then the count.
            guard let count = frame.data.last, count > 0 else { return FrameMeaning(isAlive: true, endsRound: true) }
            left = Int(count)
            reaction.send += ThingMagicFrame(Code.fetch, [0, 7, 0]).bytes
            return FrameMeaning(isAlive: true)
        case (Code.fetch, _):
            let tags = frame.fetched
            reaction.observations += tags.map { .tag($0) }
            left -= tags.count
            guard !tags.isEmpty, left > 0 else { return FrameMeaning(isAlive: true, endsRound: true) }
            reaction.send += ThingMagicFrame(Code.fetch, [0, 7, 0]).bytes
            return FrameMeaning(isAlive: true)
        default: return FrameMeaning()
        }
    }

    /// Boot loader 4, hardware 4, date 4, firmware 4.
    private func learn(_ data: [UInt8], _ reaction: inout Reaction) {
        let names: [UInt8: String] = [
            0x18: "M6e", 0x19: "M6e-i", 0x20: "Micro", 0x30: "Nano", 0x38: "M7e", 0x80: "M3e",
        ]
        let hardware = names[data[4]] ?? "type \(Hex.string([data[4]]))"
        let firmware = data[12..<16].map { Hex.string([$0]) }.joined(separator: ".")
        for (field, text) in [("hardware", hardware), ("firmware", firmware)] {
            reaction.observations.append(.identity(Identity(field: field, text: text)))
        }
    }
}

extension Region {
    /// Region byte (Mercury API 1.37, c/src/api/tmr_region.h: AU 11, NZ 12, TW 19); in Europe 08, because 02 listens before it
    /// talks. New Zealand is marked experimental there; Brazil has none of its own.
    fileprivate var thingMagic: UInt8? {
        switch self {
        case .us: 1
        case .eu: 8
        case .kr: 9
        case .cn900: 6
        case .in: 4
        case .jp: 5
        case .au: 0x0B
        case .nz: 0x0C
        case .tw: 0x13
        case .cn800, .br, .own: nil
        }
    }
}
