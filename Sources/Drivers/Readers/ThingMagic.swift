import Model

extension Driver {
    /// ThingMagic and JADAK modules. Source: rfid.md §3 (Mercury serial protocol as in python-mercuryapi and SparkFun's library).
    public static let thingmagic = Driver(
        name: "thingmagic", title: "ThingMagic and JADAK M6e, M7e, Micro and Nano modules", kind: .reader, line: .serial(baud: 115200),
        hints: [
            .usb(vendor: 0x0403, product: 0x6001, shared: true), .usb(vendor: 0x1A86, product: 0x7523, shared: true),
        ],
        source: "Mercury API serial protocol (python-mercuryapi); SparkFun Simultaneous RFID library; m5e session logs",
        session: { ThingMagic(settings: $0) })
}

/// Boots the module where it must, sets region, protocol, antennas and power, then lets it stream for ever.
struct ThingMagic: Session {
    static let patience: Duration = .milliseconds(300)
    /// A cycle takes a second and says so even without tags.
    static let silence: Duration = .seconds(3)
    static let restarts = 3

    private var pending: [UInt8] = []
    private var torn: Instant?
    private var setup: Dialogue<ThingMagicFrame>
    private let region: UInt8?
    private var stream: Instant?
    private var silences = 0

    init(settings: SessionSettings) {
        typealias Code = ThingMagicFrame.Code
        region = settings.region.thingMagic
        let antennas = settings.antennas.isEmpty ? [1] : settings.antennas
        var questions = [ThingMagicFrame(Code.version), ThingMagicFrame(Code.start)]
        if let region { questions.append(ThingMagicFrame(Code.setRegion, [region])) }
        questions.append(ThingMagicFrame(Code.setProtocol, [0, 5]))
        questions.append(ThingMagicFrame(Code.setAntennas, [2] + antennas.flatMap { [UInt8($0), UInt8($0)] }))
        if let power = settings.powerDBm {
            let hundredths = UInt16(clamping: Int((power * 100).rounded()))
            questions.append(ThingMagicFrame(Code.setPower, [UInt8(hundredths >> 8), UInt8(hundredths & 0xFF)]))
        }
        questions.append(ThingMagicFrame(Code.setParameter, [1, 0x0C, 0]))
        setup = Dialogue(questions, patience: ThingMagic.patience)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, stream, silences) = ([], nil, nil, 0)
            reaction.condition = .starting
            if region == nil {
                reaction.observations.append(.fault(Fault(code: "region-unsupported", text: "this module has no setting for the configured region")))
            }
            // One that still streams from before talks over our questions.
            reaction.send += ThingMagic.stop
            take(setup.begin(at: now), now, &reaction)
        case .bytes(let bytes):
            pending += bytes
            drain(now, &reaction)
        case .tick:
            if let torn, now >= torn, !pending.isEmpty {
                pending.removeFirst()
                reaction.noise += 1
                self.torn = nil
                drain(now, &reaction)
            }
            if let turn = setup.overdue(at: now) { take(turn, now, &reaction) }
            if let stream, now >= stream { quiet(now, &reaction) }
        case .closing:
            reaction.send += ThingMagic.stop
            stream = nil
        case .closed: (pending, torn, stream) = ([], nil, nil)
        case .command, .recall: break
        }
        reaction.deadline = [torn, setup.due, stream].compactMap(\.self).min()
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        let before = pending.count
        while let step = ThingMagicFrame.take(from: &pending) {
            switch step {
            case .frame(let frame): accept(frame, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        if pending.isEmpty { torn = nil } else if torn == nil || pending.count != before { torn = now + .milliseconds(100) }
    }

    private mutating func accept(_ frame: ThingMagicFrame, _ now: Instant, _ reaction: inout Reaction) {
        if let tag = frame.tag { reaction.observations.append(.tag(tag)) }
        if frame.op == ThingMagicFrame.Code.stream, stream != nil {
            silences = 0
            stream = now + ThingMagic.silence
        }
        // An application that runs already refuses to be started: that is as good.
        let isExpected = frame.op == ThingMagicFrame.Code.start || frame.op == ThingMagicFrame.Code.search
        if let fault = frame.fault, !isExpected { reaction.observations.append(.fault(fault)) }
        if frame.op == ThingMagicFrame.Code.version, frame.status == 0, frame.data.count >= 16 { learn(frame.data, &reaction) }
        if frame.op == ThingMagicFrame.Code.temperature, frame.status == 0, let degrees = frame.data.first {
            reaction.observations.append(.identity(Identity(field: "temperature", text: "\(Int8(bitPattern: degrees)) °C")))
        }
        if setup.current?.op == frame.op { take(setup.answered(at: now), now, &reaction) }
    }

    /// Boot loader 4, hardware 4, date 4, firmware 4.
    private func learn(_ data: [UInt8], _ reaction: inout Reaction) {
        let names: [UInt8: String] = [0x18: "M6e", 0x19: "M6e-i", 0x20: "Micro", 0x30: "Nano", 0x38: "M7e", 0x80: "M3e"]
        reaction.observations.append(
            .identity(Identity(field: "hardware", text: names[data[4]] ?? "type \(Hex.string([data[4]]))")))
        reaction.observations.append(
            .identity(Identity(field: "firmware", text: data[12..<16].map { Hex.string([$0]) }.joined(separator: "."))))
    }

    private mutating func take(_ turn: Dialogue<ThingMagicFrame>.Turn, _ now: Instant, _ reaction: inout Reaction) {
        switch turn {
        case .send(let frame): reaction.send += frame.bytes
        case .finished:
            reaction.condition = .ready
            read(now, &reaction)
        case .unanswered:
            reaction.condition = .failing(
                code: "no-answer",
                text: "no answer to the version query at 115200 baud: check the module's power, speed, cable and driver")
            reaction.restart = .seconds(2)
        }
    }

    /// Endless search, one cycle a second, with count, RSSI and antenna (rfid.md §3, start frame).
    private mutating func read(_ now: Instant, _ reaction: inout Reaction) {
        stream = now + ThingMagic.silence
        let start: [UInt8] = [0, 0, 1, 0x22, 0, 0, 5, 7, 0x22, 0x10, 0, 0x1B, 0x03, 0xE8, 0x00, 0x07]
        reaction.send += ThingMagicFrame(ThingMagicFrame.Code.search, start).bytes
    }

    private static let stop = ThingMagicFrame(ThingMagicFrame.Code.search, [0, 0, 2]).bytes

    private mutating func quiet(_ now: Instant, _ reaction: inout Reaction) {
        silences += 1
        guard silences > ThingMagic.restarts else { return read(now, &reaction) }
        stream = nil
        reaction.condition = .failing(code: "silent", text: "the module stopped answering: check its power")
        reaction.restart = .seconds(1)
    }
}

extension Region {
    /// Region byte; in Europe 08, because 02 listens before it talks.
    fileprivate var thingMagic: UInt8? {
        switch self {
        case .us: 1
        case .eu: 8
        case .kr: 9
        case .cn900: 6
        case .cn800: nil
        }
    }
}
