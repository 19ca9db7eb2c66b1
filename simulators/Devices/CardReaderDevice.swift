public import Drivers
public import Model

/// An ACR122U with its CCID interface: one card at a time, which gives its UID (CCID 1.1; PC/SC part 3).
public struct CardReaderDevice: SimulatedDevice {
    public var field = Field()
    private var pending: [UInt8] = []
    private var card: TagID?
    private var leaves: Instant?

    public init() {}

    public var due: Instant? { leaves }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .present(let tags, let duration), .pass(let tags, _, let duration):
            guard let tag = tags.first else { break }
            (card, leaves) = (tag, now + duration)
            reaction.send = [0x50, 0x03]
        case .noise(let bytes): reaction.send = bytes
        case .scan, .antenna, .mishap: break
        }
        reaction.deadline = leaves
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending += bytes
            while let step = CCIDFrame.take(from: &pending) {
                if case .frame(.message(let message)) = step { reaction.send += answer(message) }
            }
        case .tick:
            guard let moment = leaves, now >= moment else { break }
            (card, leaves) = (nil, nil)
            reaction.send = [0x50, 0x02]
        default: break
        }
        reaction.deadline = leaves
        return reaction
    }

    private func answer(_ message: CCIDFrame.Message) -> [UInt8] {
        func reply(_ type: UInt8, _ data: [UInt8], _ status: UInt8 = 0) -> [UInt8] {
            CCIDFrame.Message(type, sequence: message.sequence, extra: [status, 0, 0], data).bytes
        }
        switch message.type {
        case CCIDFrame.Kind.slotStatus: return reply(CCIDFrame.Kind.status, [], card == nil ? 2 : 0)
        case CCIDFrame.Kind.powerOn:
            guard let card else { return reply(CCIDFrame.Kind.data, [], 0x42) }
            // PC/SC part 3: the standard in the historical bytes, 03 is ISO 14443 A, 0B is ISO 15693.
            let standard: UInt8 = card.scheme == .iso15693 ? 0x0B : 0x03
            let atr: [UInt8] = [0x3B, 0x8F, 0x80, 1, 0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, standard, 0, 1, 0, 0, 0, 0]
            return reply(CCIDFrame.Kind.data, atr + [atr.dropFirst().reduce(0, ^)])
        case CCIDFrame.Kind.transfer where message.data.starts(with: [0xFF, 0xCA]):
            return reply(CCIDFrame.Kind.data, card.map { $0.bytes + [0x90, 0] } ?? [0x63, 0])
        case CCIDFrame.Kind.transfer: return reply(CCIDFrame.Kind.data, [0x90, 0])
        default: return reply(CCIDFrame.Kind.status, [], 0x40)
        }
    }
}
