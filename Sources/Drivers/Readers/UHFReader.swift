import Model

extension Driver {
    /// The "UHF RFID Reader Series" of Chafon and many others. Source: rfid.md §5 (user manual V2.20; chafon-rfid).
    public static let uhfreader = Driver(
        name: "uhfreader", title: "UHFReader 09, 18, 86 and 288 (Chafon and relatives)", kind: .reader, line: .serial(baud: 57600),
        hints: [.usb(vendor: 0x10C4, product: 0xEA60, shared: true), .usb(vendor: 0x1A86, product: 0x7523, shared: true)],
        source: "UHF RFID Reader Series user manual V2.20; wabson/chafon-rfid tests",
        session: { UHFReader(settings: $0) })
}

/// Asks who it is, sets frequencies and power, then one inventory after the other. Automatic reports are taken as they come.
struct UHFReader: Session {
    static let patience: Duration = .milliseconds(300)
    /// A scan takes two seconds at most as we ask for it; more silence than this means that the answer was lost.
    static let silence: Duration = .seconds(3)
    static let restarts = 3
    /// Bytes within a frame come less than 15 ms apart; a slow bridge may need longer.
    static let gap: Duration = .milliseconds(100)

    private let settings: SessionSettings
    private var pending: [UInt8] = []
    private var torn: Instant?
    private var setup: Dialogue<UHFReaderFrame>
    private var layout = UHFReaderFrame.Layout.antennas
    private var antenna = 0
    private var round: Instant?
    private var silences = 0

    init(settings: SessionSettings) {
        self.settings = settings
        var questions = [
            UHFReaderFrame(UHFReaderFrame.Code.info), UHFReaderFrame(UHFReaderFrame.Code.frequency, settings.region.uhfReader),
        ]
        if let power = settings.powerDBm {
            questions.append(UHFReaderFrame(UHFReaderFrame.Code.power, [UInt8(clamping: min(30, Int(power.rounded())))]))
        }
        setup = Dialogue(questions, patience: UHFReader.patience)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, round, antenna, silences) = ([], nil, nil, 0, 0)
            reaction.condition = .starting
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
            if let round, now >= round { quiet(now, &reaction) }
        case .closing, .closed:
            (pending, torn, round) = ([], nil, nil)
        case .command, .recall: break
        }
        reaction.deadline = [torn, setup.due, round].compactMap(\.self).min()
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        let before = pending.count
        while let step = UHFReaderFrame.take(from: &pending) {
            switch step {
            case .frame(let frame): accept(frame, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        if pending.isEmpty { torn = nil } else if torn == nil || pending.count != before { torn = now + UHFReader.gap }
    }

    private mutating func accept(_ frame: UHFReaderFrame, _ now: Instant, _ reaction: inout Reaction) {
        for tag in frame.tags(preferred: layout) { reaction.observations.append(.tag(tag)) }
        if let fault = frame.fault { reaction.observations.append(.fault(fault)) }
        if frame.command == UHFReaderFrame.Code.info, frame.status == 0, frame.data.count >= 7 { learn(frame, &reaction) }
        if let question = setup.current, question.command == frame.command {
            take(setup.answered(at: now), now, &reaction)
        } else if round != nil, frame.command == UHFReaderFrame.Code.inventory || frame.command == UHFReaderFrame.Code.automatic {
            silences = 0
            round = now + UHFReader.silence
            if frame.endsInventory {
                antenna += 1
                ask(now, &reaction)
            }
        }
    }

    /// Version 2, type 1, protocols 1, highest and lowest frequency, power, scan time.
    private mutating func learn(_ frame: UHFReaderFrame, _ reaction: inout Reaction) {
        let type = frame.data[2]
        // 03, 08, 09: small readers without antenna and RSSI. An unknown type gets the larger family's layout.
        layout = [0x03, 0x08, 0x09].contains(type) ? .plain : .antennas
        reaction.observations.append(.identity(Identity(field: "firmware", text: "\(frame.data[0]).\(frame.data[1])")))
        reaction.observations.append(.identity(Identity(field: "type", text: Hex.string([type]))))
        reaction.observations.append(.identity(Identity(field: "power", text: "\(frame.data[6]) dBm")))
    }

    private mutating func take(_ turn: Dialogue<UHFReaderFrame>.Turn, _ now: Instant, _ reaction: inout Reaction) {
        switch turn {
        case .send(let frame): reaction.send += frame.bytes
        case .finished:
            reaction.condition = .ready
            ask(now, &reaction)
        case .unanswered:
            reaction.condition = .failing(
                code: "no-answer", text: "no answer to the info query at 57600 baud: check the reader's power, cable, speed and driver")
            reaction.restart = .seconds(2)
        }
    }

    /// Small readers take no parameters; larger ones Q 4, session 1, target A, the antenna and two seconds at most.
    private mutating func ask(_ now: Instant, _ reaction: inout Reaction) {
        round = now + UHFReader.silence
        let antennas = settings.antennas.isEmpty ? [1] : settings.antennas
        let port = UInt8(0x80 + (antennas[antenna % antennas.count] - 1))
        reaction.send += UHFReaderFrame(UHFReaderFrame.Code.inventory, layout == .plain ? [] : [4, 1, 0, port, 20]).bytes
    }

    private mutating func quiet(_ now: Instant, _ reaction: inout Reaction) {
        silences += 1
        guard silences > UHFReader.restarts else { return ask(now, &reaction) }
        round = nil
        reaction.condition = .failing(code: "silent", text: "the reader stopped answering: check its power")
        reaction.restart = .seconds(1)
    }
}

extension Region {
    /// Highest and lowest channel with the band in their top bits: (high >> 6) << 2 | (low >> 6).
    fileprivate var uhfReader: [UInt8] {
        switch self {
        case .eu: [0x4E, 0x00]
        case .us: [0x31, 0x80]
        case .kr: [0x1F, 0xC0]
        case .cn900: [0x13, 0x40]
        case .cn800: [0x93, 0x00]
        }
    }
}
