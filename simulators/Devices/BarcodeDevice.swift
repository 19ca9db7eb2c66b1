public import Drivers
public import Model

/// Sends a line for each scan, with the AIM identifier of Code 128.
public struct BarcodeDevice: SimulatedDevice {
    public init() {}

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .scan(let text): reaction.send = Array("\(text.hasPrefix("]") ? "" : "]C0")\(text)\r\n".utf8)
        case .noise(let bytes): reaction.send = bytes
        case .present: break
        }
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction { Reaction() }
}
