public import Drivers
public import Model

/// Sends a line for each scan, with the AIM identifier of Code 128.
public struct BarcodeDevice: SimulatedDevice {
    public var field = Field()

    public init() {}

    public var due: Instant? { nil }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        guard case .scan(let text) = act else { return standard(act, at: now) }
        var reaction = Reaction()
        reaction.send = Array("\(text.hasPrefix("]") ? "" : "]C0")\(text)\r\n".utf8)
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction { Reaction() }
}
