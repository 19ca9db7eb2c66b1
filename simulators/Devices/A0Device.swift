public import Drivers
public import Model

/// An A0 reader: real-time rounds over the chosen antenna (rfid.md §4).
public struct A0Device: SimulatedDevice {
    static let round: Duration = .milliseconds(40)

    private var field = Field()
    private var pending: [UInt8] = []
    private var antenna: UInt8 = 0
    private var total: UInt32 = 0
    private var ends: Instant?

    public init() {}

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .present(let tags, let duration): field.enter(tags, until: now + duration)
        case .noise(let bytes): reaction.send = bytes
        case .scan: break
        }
        reaction.deadline = ends
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending += bytes
            while let step = A0Frame.take(from: &pending) {
                if case .frame(let frame) = step { answer(frame, now, &reaction) }
            }
        case .tick: if let ends, now >= ends { finish(now, &reaction) }
        default: break
        }
        reaction.deadline = ends
        return reaction
    }

    private mutating func answer(_ frame: A0Frame, _ now: Instant, _ reaction: inout Reaction) {
        switch frame.command {
        case A0Frame.Code.firmware: reaction.send += A0Frame(frame.command, [1, 9]).bytes
        case A0Frame.Code.setAntenna:
            antenna = frame.data.first ?? 0
            reaction.send += A0Frame(frame.command, [A0Frame.Code.success]).bytes
        case A0Frame.Code.setRegion, A0Frame.Code.setPower:
            reaction.send += A0Frame(frame.command, [A0Frame.Code.success]).bytes
        case A0Frame.Code.inventory: ends = now + A0Device.round
        default: reaction.send += A0Frame(frame.command, [0x41]).bytes
        }
    }

    private mutating func finish(_ now: Instant, _ reaction: inout Reaction) {
        ends = nil
        let tags = field.present(at: now)
        for tag in tags { reaction.send += A0Frame.tag(tag.bytes, antenna: Int(antenna) + 1, rssi: 0x4A).bytes }
        total &+= UInt32(tags.count)
        let sum = (0..<4).map { UInt8(truncatingIfNeeded: total >> (24 - 8 * $0)) }
        reaction.send += A0Frame(A0Frame.Code.inventory, [antenna, 0, UInt8(clamping: tags.count * 25)] + sum).bytes
    }
}
