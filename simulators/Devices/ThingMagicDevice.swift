public import Drivers
public import Model

/// An M7e: answers its set-up and streams the tags in its field (Mercury API); or a module that refuses to stream and is read by
/// single reads.
public struct ThingMagicDevice: SimulatedDevice {
    static let cycle: Duration = .milliseconds(50)

    public var field = Field()
    private var pending = Incoming()
    private var next: Instant?
    /// Endless search (2F) is refused with 0101, as older firmware does.
    private let refusesStreaming: Bool
    /// A single read ends at `next`; its tags wait to be fetched.
    private var isSingle = false
    private var buffer: [Sighting] = []

    public init(refusesStreaming: Bool = false) { self.refusesStreaming = refusesStreaming }

    public var due: Instant? { next }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = ThingMagicFrame.take(from: &pending.bytes, isCommand: true) {
                if case .frame(let frame) = step { answer(frame, now, &reaction) }
            }
        case .tick:
            guard let due = next, now >= due else { break }
            if isSingle {
                (isSingle, next) = (false, nil)
                // What one answer holds.
                buffer = Array(field.sightings(at: now).prefix(8))
                let found: ThingMagicFrame =
                    buffer.isEmpty
                    ? ThingMagicFrame(ThingMagicFrame.Code.stream, status: 0x0400)
                    : ThingMagicFrame(ThingMagicFrame.Code.stream, status: 0, [0, 0, 3, UInt8(buffer.count)])
                reaction.send += found.bytes
                break
            }
            next = now + ThingMagicDevice.cycle
            let tags = field.sightings(at: now)
            for tag in tags {
                let frame = ThingMagicFrame.report(
                    tag.tag.bytes, antenna: tag.antenna, rssi: Int8(clamping: tag.rssiDBm))
                reaction.send += frame.bytes
            }
            if tags.isEmpty { reaction.send += ThingMagicFrame(ThingMagicFrame.Code.stream, status: 0x0400).bytes }
        default: break
        }
        reaction.deadline = next
        return reaction
    }

    private mutating func answer(_ frame: ThingMagicFrame, _ now: Instant, _ reaction: inout Reaction) {
        switch frame.op {
        case ThingMagicFrame.Code.version:
            let version: [UInt8] = [0x20, 0x10, 0, 0, 0x38, 0, 0, 1, 0x20, 0x23, 0x05, 0x01, 2, 1, 0, 7, 0, 0, 0, 0x10]
            reaction.send += ThingMagicFrame(frame.op, status: 0, version).bytes
        case ThingMagicFrame.Code.start: reaction.send += ThingMagicFrame(frame.op, status: 0x0101).bytes
        case ThingMagicFrame.Code.search where refusesStreaming:
            reaction.send += ThingMagicFrame(frame.op, status: 0x0101).bytes
        case ThingMagicFrame.Code.stream:
            // Option, search flags, then the time in ms.
            let time = frame.data.suffix(2).reduce(0) { $0 << 8 | Int64($1) }
            (isSingle, next) = (true, now + .milliseconds(time))
        case ThingMagicFrame.Code.clear:
            buffer = []
            reaction.send += ThingMagicFrame(frame.op, status: 0).bytes
        case ThingMagicFrame.Code.fetch:
            reaction.send +=
                ThingMagicFrame.fetched(buffer.map { ($0.tag.bytes, $0.antenna, Int8(clamping: $0.rssiDBm)) })
                .bytes
        case ThingMagicFrame.Code.search:
            next = frame.data.dropFirst(2).first == 1 ? now + ThingMagicDevice.cycle : nil
            reaction.send += ThingMagicFrame(frame.op, status: 0, next == nil ? [2] : []).bytes
        case ThingMagicFrame.Code.temperature: reaction.send += ThingMagicFrame(frame.op, status: 0, [31]).bytes
        default: reaction.send += ThingMagicFrame(frame.op, status: 0).bytes
        }
    }
}
