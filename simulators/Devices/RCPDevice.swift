public import Drivers
public import Model

/// A PR9200: answers the driver's questions and tells of the tags in its field while it reads automatically.
public struct RCPDevice: SimulatedDevice {
    static let cycle: Duration = .milliseconds(50)

    public var field = Field()
    private var pending = Incoming()
    private var next: Instant?
    private var region: UInt8 = 0x11

    public init() {}

    public var due: Instant? { next }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = RCPFrame.take(from: &pending.bytes) {
                if case .frame(let frame) = step, frame.kind == .command { answer(frame, now, &reaction) }
            }
        case .tick:
            guard let moment = next, now >= moment else { break }
            next = now + RCPDevice.cycle
            for sighting in field.sightings(at: now) where sighting.antenna == 1 {
                let id = sighting.tag.bytes
                let pc = UInt16(truncatingIfNeeded: (id.count + 1) / 2) << 11
                reaction.send += RCPFrame(.notice, RCPFrame.Code.tag, [UInt8(pc >> 8), UInt8(pc & 0xFF)] + id).bytes
            }
        default: break
        }
        reaction.deadline = next
        return reaction
    }

    private mutating func answer(_ frame: RCPFrame, _ now: Instant, _ reaction: inout Reaction) {
        func reply(_ arguments: [UInt8]) { reaction.send += RCPFrame(.answer, frame.code, arguments).bytes }
        func refuse(_ code: UInt8) { reaction.send += RCPFrame(.answer, RCPFrame.Code.failure, [code]).bytes }
        switch frame.code {
        case RCPFrame.Code.info:
            let text = frame.arguments == [0] ? "PRM92X" : "PR9200_v1.5.3"
            reply(Array(text.utf8) + [UInt8](repeating: 0, count: (frame.arguments == [0] ? 10 : 30) - text.utf8.count))
        case RCPFrame.Code.getRegion: reply([region])
        case RCPFrame.Code.setRegion:
            region = frame.arguments.first ?? region
            reply([0])
        case RCPFrame.Code.start:
            guard next == nil else { return refuse(0x0B) }
            next = now + RCPDevice.cycle
            reply([0])
        case RCPFrame.Code.stop:
            guard next != nil else { return refuse(0x0C) }
            next = nil
            reply([0])
        default: refuse(0x17)
        }
    }
}
