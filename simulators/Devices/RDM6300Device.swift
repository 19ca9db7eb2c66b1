public import Drivers
public import Model

/// Repeats the frame of the tag in its field every 65 ms (data sheet).
public struct RDM6300Device: SimulatedDevice {
    static let period: Duration = .milliseconds(65)

    public var field = Field()
    private var next: Instant?

    public init() {}

    public var due: Instant? { next }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        let reaction = standard(act, at: now)
        guard !field.isEmpty, next == nil else { return reaction }
        next = now
        return handle(.tick, at: now)
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        if let due = next, now >= due {
            for sighting in field.sightings(at: now) { reaction.send += RDM6300Device.frame(sighting.tag.bytes) }
            next = field.isEmpty ? nil : now + RDM6300Device.period
        }
        reaction.deadline = next
        return reaction
    }

    /// STX, ten hex digits, two of checksum, ETX.
    public static func frame(_ id: [UInt8]) -> [UInt8] {
        [0x02] + Array((Hex.string(id) + Hex.string([id.reduce(0, ^)])).utf8) + [0x03]
    }
}
