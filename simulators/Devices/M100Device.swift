public import Drivers
public import Model

/// An M100 module: answers what the driver asks and reports the tags in its field while it polls (protocol V2.1).
public struct M100Device: SimulatedDevice {
    /// One inventory round.
    static let round: Duration = .milliseconds(50)

    public var field = Field()
    private var pending = Incoming()
    private var polling = false
    private var region: UInt8 = 1
    private var power: [UInt8] = [0x07, 0xD0]
    private var next: Instant?

    public init() {}

    public var due: Instant? { next }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = M100Frame.take(from: &pending.bytes) {
                if case .frame(let frame) = step, frame.kind == .command { answer(frame, &reaction) }
            }
        case .tick:
            if let due = next, now >= due {
                next = nil
                inventory(now, &reaction)
            }
        default: break
        }
        if next == nil, polling { next = now + M100Device.round }
        reaction.deadline = next
        return reaction
    }

    private mutating func answer(_ frame: M100Frame, _ reaction: inout Reaction) {
        func reply(_ parameters: [UInt8]) {
            reaction.send += M100Frame(.response, frame.command, parameters, form: frame.form).bytes
        }
        switch (frame.command, frame.parameters.first) {
        case (M100Frame.Code.info, 0?): reply([0] + Array("M100 26dBm V1.0".utf8))
        case (M100Frame.Code.info, 1?): reply([1] + Array("V2.3.5".utf8))
        case (M100Frame.Code.setRegion, let value?):
            region = value
            reply([0])
        case (M100Frame.Code.getRegion, _): reply([region])
        case (M100Frame.Code.setPower, _) where frame.parameters.count == 2:
            power = frame.parameters
            reply([0])
        case (M100Frame.Code.getPower, _): reply(power)
        case (M100Frame.Code.multiPoll, _): polling = true
        case (M100Frame.Code.stopPoll, _):
            (polling, next) = (false, nil)
            reply([0])
        default: reaction.send += M100Frame(.response, M100Frame.Code.error, [0x17], form: frame.form).bytes
        }
    }

    private mutating func inventory(_ now: Instant, _ reaction: inout Reaction) {
        let tags = field.sightings(at: now).filter { $0.antenna == 1 }
        guard !tags.isEmpty else {
            reaction.send += M100Frame(.response, M100Frame.Code.error, [0x15]).bytes
            return
        }
        for tag in tags {
            reaction.send += M100Frame.notice(epc: tag.tag.bytes, rssi: Int8(clamping: tag.rssiDBm)).bytes
        }
    }
}
