public import Drivers
public import Model

/// A vendor's program that prints what its reader sees, one JSON object a line.
public struct ExecDevice: SimulatedDevice {
    static let period: Duration = .milliseconds(100)

    public var field = Field()
    private var next: Instant?

    public init() {}

    public var due: Instant? { next }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = standard(act, at: now)
        if case .scan(let text) = act {
            reaction.send += Observation.barcode(Barcode(text: text)).json.text8 + [0x0A]
        }
        if !field.isEmpty, next == nil { next = now }
        reaction.deadline = next
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        if let due = next, now >= due {
            for sighting in field.sightings(at: now) {
                let read = TagRead(
                    id: sighting.tag, rssiDBm: Double(sighting.rssiDBm), antenna: sighting.antenna)
                reaction.send += Observation.tag(read).json.text8 + [0x0A]
            }
            next = field.isEmpty ? nil : now + ExecDevice.period
        }
        reaction.deadline = next
        return reaction
    }
}
