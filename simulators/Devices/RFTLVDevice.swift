public import Drivers
public import Model

/// A reader whose frames begin with RF: answers the driver's questions and tells of the tags in its field while it reads.
public struct RFTLVDevice: SimulatedDevice {
    static let cycle: Duration = .milliseconds(50)

    public var field = Field()
    private var pending = Incoming()
    private var next: Instant?
    /// Power in dBm, one byte (protocol 4.0.3), or in hundredths, two (4.0.1).
    private let isShort: Bool
    private(set) var power: [UInt8]

    public init(isShort: Bool = false) {
        self.isShort = isShort
        power = isShort ? [0x1E] : [0x0B, 0xB8]
    }

    public var due: Instant? { next }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = RFTLVFrame.take(from: &pending.bytes) {
                if case .frame(let frame) = step, frame.kind == .command { answer(frame, now, &reaction) }
            }
        case .tick:
            guard let moment = next, now >= moment else { break }
            next = now + RFTLVDevice.cycle
            for sighting in field.sightings(at: now) where sighting.antenna == 1 {
                let id = sighting.tag.bytes
                let tag =
                    [0x01, UInt8(id.count)] + id + [0x05, 1, UInt8(bitPattern: Int8(clamping: sighting.rssiDBm))]
                reaction.send += RFTLVFrame(.notice, RFTLVFrame.Code.tag, [0x50, UInt8(tag.count)] + tag).bytes
            }
        default: break
        }
        reaction.deadline = next
        return reaction
    }

    private mutating func answer(_ frame: RFTLVFrame, _ now: Instant, _ reaction: inout Reaction) {
        func reply(_ status: UInt8, _ more: [UInt8] = []) {
            reaction.send += RFTLVFrame(.answer, frame.code, [7, 1, status] + more).bytes
        }
        switch frame.code {
        case RFTLVFrame.Code.version: reply(0, [0x20, 3, 4, 0, 1, 0x21, 1, 5])
        case RFTLVFrame.Code.getParameter: reply(0, [0x26, UInt8(1 + power.count), 1] + power)
        case RFTLVFrame.Code.setParameter:
            let value = frame.parameters.dropFirst(3)
            guard value.count == power.count else { return reply(0x15) }
            power = Array(value)
            reply(0)
        case RFTLVFrame.Code.start:
            next = now + RFTLVDevice.cycle
            reply(0)
        case RFTLVFrame.Code.stop:
            next = nil
            reply(0)
        default: reply(0x17)
        }
    }
}
