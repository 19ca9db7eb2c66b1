public import Drivers
public import Model

/// A four-port reader of the 288 family in answer mode (user manual V2.20).
public struct UHFReaderDevice: SimulatedDevice {
    static let scan: Duration = .milliseconds(60)

    public var field = Field()
    private var pending = Incoming()
    private var antenna: UInt8 = 1
    private var ends: Instant?

    public init() {}

    public var due: Instant? { ends }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = UHFReaderFrame.take(from: &pending.bytes, isCommand: true) {
                if case .frame(let frame) = step { answer(frame, now, &reaction) }
            }
        case .tick: if let ends, now >= ends { finish(now, &reaction) }
        default: break
        }
        reaction.deadline = ends
        return reaction
    }

    private mutating func answer(_ frame: UHFReaderFrame, _ now: Instant, _ reaction: inout Reaction) {
        switch frame.command {
        case UHFReaderFrame.Code.info:
            reaction.send +=
                UHFReaderFrame(frame.command, status: 0, [0, 0x16, 0x0C, 3, 0x4E, 0, 26, 10, 1, 0, 0, 0], address: 0)
                .bytes
        case UHFReaderFrame.Code.frequency, UHFReaderFrame.Code.power, UHFReaderFrame.Code.workMode:
            reaction.send += UHFReaderFrame(frame.command, status: 0, address: 0).bytes
        case UHFReaderFrame.Code.inventory:
            antenna = frame.data.count == 5 ? 1 << (frame.data[3] & 0x03) : 1
            ends = now + UHFReaderDevice.scan
        default: reaction.send += UHFReaderFrame(frame.command, status: 0xFE, address: 0).bytes
        }
    }

    /// At most eight tags a frame: its length is one byte.
    private mutating func finish(_ now: Instant, _ reaction: inout Reaction) {
        ends = nil
        var tags = field.sightings(at: now).filter { 1 << UInt8($0.antenna - 1) == antenna }[...]
        guard !tags.isEmpty else {
            reaction.send += UHFReaderFrame(UHFReaderFrame.Code.inventory, status: 0xFB, address: 0).bytes
            return
        }
        while !tags.isEmpty {
            let part = tags.prefix(8)
            tags = tags.dropFirst(8)
            let list: [UInt8] = part.flatMap { tag -> [UInt8] in
                [UInt8(tag.tag.bytes.count)] + tag.tag.bytes + [UInt8(clamping: tag.rssiDBm + 130)]
            }
            reaction.send +=
                UHFReaderFrame(
                    UHFReaderFrame.Code.inventory, status: tags.isEmpty ? 0x01 : 0x03,
                    [antenna, UInt8(part.count)] + list, address: 0
                ).bytes
        }
    }
}
