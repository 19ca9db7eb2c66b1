import Model

extension Driver {
    /// 125 kHz EM4100 modules on a serial line. Source: data sheets of RDM6300 and of ID Innovations' ID-12LA.
    public static let rdm6300 = Driver(
        name: "rdm6300", title: "RDM6300 and ID-xx 125 kHz readers", kind: .reader, line: .serial(baud: 9600),
        hints: [.usb(vendor: 0x1A86, product: 0x7523, shared: true)],
        // A clone repeats itself every 1.6 s at most: its card must not leave and come between two frames.
        departure: RDM6300.confirmation,
        recognise: { bytes in
            var rest = bytes
            while let step = RDM6300.Frame.take(from: &rest) {
                if case .frame = step { return .certain("a tag frame with a good checksum") }
            }
            return .none
        },
        sealing: Sealing(
            take: { bytes in
                guard let step = RDM6300.Frame.take(from: &bytes) else { return nil }
                if case .frame = step { return true }
                return false
            },
            seal: { bytes in
                // The exclusive or stands behind the ten digits: two digits, or one byte in the 13-byte form.
                let sum = (Hex.bytes(ascii: bytes[1..<11]) ?? []).reduce(0, ^)
                if bytes.count == 13 {
                    bytes[11] = sum
                } else {
                    bytes.replaceSubrange(11..<13, with: Array(Hex.string([sum]).utf8))
                }
            }),
        source: "RDM6300 and ID-2LA/12LA/20LA data sheets, ASCII format",
        session: { RDM6300(settings: $0) })
}

/// The reader pushes a frame while a tag is in its field; there is nothing to ask.
struct RDM6300: Session {
    /// A metal bench, a motor or a long cable makes frames with a good checksum: two equal ones within this time are
    /// a tag, from a module that repeats itself (observed: every 65 ms; clones every 1.0 to 1.6 s, esphome/issues 3610).
    static let confirmation: Duration = .seconds(3)

    private let confirmation: Duration
    /// The last frame that stands alone, and until when its second is awaited.
    private var last: (id: [UInt8], at: Instant)?
    private var lone: (id: [UInt8], until: Instant)?

    private var pending: [UInt8] = []
    private var torn: Instant?

    init(settings: SessionSettings) { confirmation = settings.repeatWithin ?? RDM6300.confirmation }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened: reaction.condition = .ready
        case .bytes(let bytes):
            pending += bytes
            drain(now, &reaction)
        case .tick:
            if let waiting = lone, now >= waiting.until {
                lone = nil
                reaction.observations.append(readOnce)
            }
            // The rest of this frame never came: its first byte was noise, what follows may begin another.
            guard let torn, now >= torn, !pending.isEmpty else { break }
            pending.removeFirst()
            reaction.noise += 1
            drain(now, &reaction)
        case .closing, .closed: (pending, torn, lone) = ([], nil, nil)
        case .descriptor, .command, .recall, .accepted: break
        }
        reaction.deadline = [torn, lone?.until].compactMap(\.self).min()
        return reaction
    }

    /// A card that was read once and not again in time.
    private var readOnce: Observation {
        .fault(
            Fault(
                code: "read-once",
                text: "a card was read once and not again within \(confirmation): it is held back as noise "
                    + "(repeat-within sets the time)"))
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        while let step = Frame.take(from: &pending) {
            switch step {
            case .frame(let frame):
                var read = TagRead(id: TagID(.em4100, frame.id))
                read.confirmation = frame.repeats ? confirmation : nil
                if frame.repeats { note(frame.id, now) }
                reaction.observations.append(.tag(read))
            case .noise(let count): reaction.noise += count
            }
        }
        torn = pending.isEmpty ? nil : now + Frame.patience
    }

    /// An id that has come twice in time is believed; until it has been away as long, its next frame is no lone one.
    private mutating func note(_ id: [UInt8], _ now: Instant) {
        let isRepeat = last.map { $0.id == id && now - $0.at <= confirmation } ?? false
        last = (id, now)
        lone = isRepeat ? nil : (id, now + confirmation)
    }
}

extension RDM6300 {
    // 02 '0' 'C' '0' '0' '0' '6' '2' '1' 'A' '5' '8' 'E' 03         RDM6300, 14 bytes
    // 02 …ten hex digits of id…                  '6' 'C' 0D 0A 03   ID-xx, 16 bytes
    // 02 …ten hex digits of id…                  01 03              clones: one binary checksum byte, 13 bytes
    // 0  1                                       11 12 13
    struct Frame: Equatable {
        /// Version byte, then the 32-bit number, most significant first.
        var id: [UInt8]
        /// Modules with the 14- and 13-byte forms repeat the frame while the tag stays; the 16-byte form comes once.
        var repeats: Bool

        enum Step: Equatable {
            case frame(Frame)
            case noise(Int)
        }

        /// A frame takes 15 ms at 9600 baud; one that is still torn after this was cut short.
        static let patience: Duration = .milliseconds(100)

        /// Nil asks for more bytes; anything returned has been removed from `bytes`.
        static func take(from bytes: inout [UInt8]) -> Step? {
            guard let start = bytes.firstIndex(of: 0x02) else { return drop(bytes.count, from: &bytes) }
            guard start == 0 else { return drop(start, from: &bytes) }
            for at in 1..<min(11, bytes.count) where Hex.digit(bytes[at]) == nil { return drop(1, from: &bytes) }
            guard bytes.count >= 13 else { return nil }
            let id = Hex.bytes(ascii: bytes[1..<11])!
            let sum = id.reduce(0, ^)
            // Decided by position: a binary checksum may be any value, 02, 03, 0A, 0D and hex digits included.
            if let high = Hex.digit(bytes[11]), let low = Hex.digit(bytes[12]) {
                guard high << 4 | low == sum else { return drop(1, from: &bytes) }
                guard bytes.count >= 14 else { return nil }
                if bytes[13] == 0x03 { return accept(id, length: 14, from: &bytes) }
                guard bytes[13] == 0x0D else { return drop(1, from: &bytes) }
                guard bytes.count >= 16 else { return nil }
                guard bytes[14] == 0x0A, bytes[15] == 0x03 else { return drop(1, from: &bytes) }
                return accept(id, length: 16, from: &bytes)
            }
            guard bytes[12] == 0x03, bytes[11] == sum else { return drop(1, from: &bytes) }
            return accept(id, length: 13, from: &bytes)
        }

        private static func accept(_ id: [UInt8], length: Int, from bytes: inout [UInt8]) -> Step? {
            // An all-zero id passes its own checksum; it is what a shorted line sends.
            guard id.contains(where: { $0 != 0 }) else { return drop(length, from: &bytes) }
            bytes.removeFirst(length)
            return .frame(Frame(id: id, repeats: length != 16))
        }

        private static func drop(_ count: Int, from bytes: inout [UInt8]) -> Step? {
            guard count > 0 else { return nil }
            bytes.removeFirst(count)
            return .noise(count)
        }
    }
}
