public import Drivers
public import Model

/// Repeats the frame of the tag in its field every 65 ms (rfid.md §1).
public struct RDM6300Device: SimulatedDevice {
    static let period: Duration = .milliseconds(65)
    private var field = Field()

    public init() {}

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .present(let tags, let duration):
            field.enter(tags, until: now + duration)
            reaction = handle(.tick, at: now)
        case .noise(let bytes): reaction.send = bytes
        case .scan: break
        }
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        guard case .tick = stimulus else { return reaction }
        for tag in field.present(at: now) { reaction.send += RDM6300Device.frame(tag.bytes) }
        if !field.isEmpty { reaction.deadline = now + RDM6300Device.period }
        return reaction
    }

    /// STX, ten hex digits, two of checksum, ETX.
    public static func frame(_ id: [UInt8]) -> [UInt8] {
        [0x02] + Array((Hex.string(id) + Hex.string([id.reduce(0, ^)])).utf8) + [0x03]
    }
}
