public import Drivers
public import Model

/// A TSL handheld: answers questions line by line; the trigger is pulled when tags or a barcode are put before it.
public struct TSLDevice: SimulatedDevice {
    public var field = Field()
    private var pending = Incoming()

    public init() {}

    public var due: Instant? { nil }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = standard(act, at: now)
        switch act {
        case .present, .pass:
            var lines = ["CS: .iv"]
            for sighting in field.sightings(at: now) {
                lines += ["RI: \(sighting.rssiDBm)", "EP: \(sighting.tag.hex)"]
            }
            reaction.send += TSLDevice.text(lines + ["OK:"])
        case .scan(let text): reaction.send += TSLDevice.text(["CS: .bc", "BC: \(text)", "OK:"])
        case .noise, .antenna, .mishap: break
        }
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        guard case .bytes(let bytes) = stimulus else { return reaction }
        pending.add(bytes, at: now)
        while let end = pending.bytes.firstIndex(of: 0x0A) {
            // What stands before the dot was meant for somebody else.
            let text = String(decoding: pending.bytes[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            let line = text.lastIndex(of: ".").map { String(text[$0...]) } ?? text
            pending.bytes.removeFirst(end + 1)
            var answer = ["CS: \(line)"]
            switch line.prefix(3) {
            case ".vr": answer += ["MF: TSL", "US: 1153-EU-1B-000123", "PV: 2.3", "OK:"]
            case ".bl": answer += ["BP: 86%", "OK:"]
            case ".iv", ".al", ".ab": answer += ["OK:"]
            default: answer += ["ME: Unknown command", "ER: 001"]
            }
            reaction.send += TSLDevice.text(answer)
        }
        return reaction
    }

    private static func text(_ lines: [String]) -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
