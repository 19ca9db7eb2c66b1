import Model

extension Driver {
    /// Readers with an Impinj R2000 or E710. Source: rfid.md §4 (UHF RFID Reader Serial Interface Protocol V3.7).
    public static let a0 = Driver(
        name: "a0", title: "A0 readers: Rodinbell, Invelion and other R2000 and E710 boards", kind: .reader,
        line: .serial(baud: 115200),
        hints: [
            .usb(vendor: 0x1A86, product: 0x7523, shared: true), .usb(vendor: 0x10C4, product: 0xEA60, shared: true),
        ],
        source: "UHF RFID Reader Serial Interface Protocol V3.7; rust-invelion; Rodinbell session logs",
        session: { A0(settings: $0) })
}

/// Firmware, region, power, then for ever: choose an antenna, one real-time round, the next antenna.
struct A0: Session {
    static let patience: Duration = .milliseconds(200)
    /// Neither a tag nor the end of a round for this long: the round is begun again.
    static let silence: Duration = .seconds(2)
    static let restarts = 3

    private let settings: SessionSettings
    private var pending: [UInt8] = []
    private var torn: Instant?
    private var setup: Dialogue<A0Frame>
    private var antenna = 0
    private var round: Instant?
    private var silences = 0

    init(settings: SessionSettings) {
        self.settings = settings
        var questions = [A0Frame(A0Frame.Code.firmware)]
        if let region = settings.region.a0 { questions.append(A0Frame(A0Frame.Code.setRegion, region)) }
        if let power = settings.powerDBm { questions.append(A0Frame(A0Frame.Code.setPower, [UInt8(clamping: Int(power.rounded()))])) }
        setup = Dialogue(questions, patience: A0.patience)
    }

    private var antennas: [Int] { settings.antennas.isEmpty ? [1] : settings.antennas }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, round, antenna, silences) = ([], nil, nil, 0, 0)
            reaction.condition = .starting
            if settings.region.a0 == nil {
                reaction.observations.append(
                    .fault(Fault(code: "region-unsupported", text: "this reader cannot be set to \(settings.region.rawValue)")))
            }
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
        while let step = A0Frame.take(from: &pending) {
            switch step {
            case .frame(let frame): accept(frame, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        if pending.isEmpty { torn = nil } else if torn == nil || pending.count != before { torn = now + .milliseconds(100) }
    }

    private mutating func accept(_ frame: A0Frame, _ now: Instant, _ reaction: inout Reaction) {
        if let tag = frame.tag ?? frame.readTag { reaction.observations.append(.tag(tag)) }
        if frame.isInventory, round != nil {
            round = now + A0.silence
            silences = 0
        }
        if let fault = frame.fault, fault.code != "no-tag" { reaction.observations.append(.fault(fault)) }
        if frame.command == A0Frame.Code.firmware, frame.data.count == 2 {
            reaction.observations.append(.identity(Identity(field: "firmware", text: "\(frame.data[0]).\(frame.data[1])")))
        }
        if let question = setup.current, question.command == frame.command {
            take(setup.answered(at: now), now, &reaction)
        } else if round != nil, frame.isRoundEnd || frame.isInventory && frame.fault != nil {
            antenna = (antenna + 1) % antennas.count
            begin(now, &reaction)
        }
    }

    private mutating func take(_ turn: Dialogue<A0Frame>.Turn, _ now: Instant, _ reaction: inout Reaction) {
        switch turn {
        case .send(let frame): reaction.send += frame.bytes
        case .finished:
            reaction.condition = .ready
            begin(now, &reaction)
        case .unanswered:
            reaction.condition = .failing(
                code: "no-answer",
                text: "no answer to the firmware query at 115200 baud: check the reader's power, the cable and the driver")
            reaction.restart = .seconds(2)
        }
    }

    /// The antenna and its round in one go: the reader takes them in order.
    private mutating func begin(_ now: Instant, _ reaction: inout Reaction) {
        round = now + A0.silence
        reaction.send += A0Frame(A0Frame.Code.setAntenna, [UInt8(antennas[antenna] - 1)]).bytes
        reaction.send += A0Frame(A0Frame.Code.inventory, [0xFF]).bytes
    }

    private mutating func quiet(_ now: Instant, _ reaction: inout Reaction) {
        silences += 1
        guard silences > A0.restarts else { return begin(now, &reaction) }
        round = nil
        reaction.condition = .failing(code: "silent", text: "the reader stopped answering: check its power")
        reaction.restart = .seconds(1)
    }
}

extension Region {
    /// Region byte with first and last frequency index; nil where the protocol has none.
    fileprivate var a0: [UInt8]? {
        switch self {
        case .us: [1, 7, 59]
        case .eu: [2, 0, 6]
        case .cn900: [3, 43, 53]
        case .cn800, .kr: nil
        }
    }
}
