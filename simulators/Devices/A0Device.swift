public import Drivers
public import Model

/// An A0 reader: real-time rounds over the chosen antenna (Serial Interface Protocol V3.7).
public struct A0Device: SimulatedDevice {
    static let round: Duration = .milliseconds(40)

    public var field = Field()
    private var pending = Incoming()
    private var antenna: UInt8 = 0
    private var total: UInt32 = 0
    private var ends: Instant?

    public init() {}

    public var due: Instant? { ends }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = A0Frame.take(from: &pending.bytes) {
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
        case A0Frame.Code.setRegion, A0Frame.Code.setPower, A0Frame.Code.beeper:
            reaction.send += A0Frame(frame.command, [A0Frame.Code.success]).bytes
        case A0Frame.Code.inventory: ends = now + A0Device.round
        default: reaction.send += A0Frame(frame.command, [0x41]).bytes
        }
    }

    private mutating func finish(_ now: Instant, _ reaction: inout Reaction) {
        ends = nil
        let tags = field.sightings(at: now).filter { $0.antenna == Int(antenna) + 1 }
        // Raw RSSI 0 is -129 dBm.
        for tag in tags {
            let rssi = UInt8(clamping: tag.rssiDBm + 129)
            reaction.send += A0Frame.tag(tag.tag.bytes, antenna: tag.antenna, rssi: rssi).bytes
        }
        total &+= UInt32(tags.count)
        let sum = (0..<4).map { UInt8(truncatingIfNeeded: total >> (24 - 8 * $0)) }
        reaction.send += A0Frame(A0Frame.Code.inventory, [antenna, 0, UInt8(clamping: tags.count * 25)] + sum).bytes
    }
}
