import Model

/// A reader that sends a frame for each tag by itself: nothing is asked and nothing is set.
protocol ListeningFamily {
    associatedtype Frame: Equatable & Sendable

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    static func take(from bytes: inout [UInt8]) -> Framed<Frame>?
    static func observation(of frame: Frame) -> Observation?
}

/// Resynchronising frames of one such reader.
struct ListeningReader<Family: ListeningFamily>: Session {
    /// A frame that is still torn after this was cut short: its first byte was noise (our limit; 30 bytes at 9600 take 32 ms).
    static var gap: Duration { .milliseconds(100) }

    private var pending: [UInt8] = []
    private var torn: Instant?

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn) = ([], nil)
            reaction.condition = .ready
        case .bytes(let bytes):
            pending += bytes
            drain(now, &reaction)
        case .tick:
            guard let torn, now >= torn, !pending.isEmpty else { break }
            pending.removeFirst()
            reaction.noise += 1
            drain(now, &reaction)
        case .closing, .closed: (pending, torn) = ([], nil)
        case .descriptor, .command, .recall, .accepted: break
        }
        reaction.deadline = torn
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        while let step = Family.take(from: &pending) {
            switch step {
            case .frame(let frame): if let seen = Family.observation(of: frame) { reaction.observations.append(seen) }
            case .noise(let count): reaction.noise += count
            }
        }
        torn = pending.isEmpty ? nil : now + ListeningReader.gap
    }
}

extension Framed {
    /// So many bytes off the front, as noise; nil for none.
    static func dropping(_ count: Int, from bytes: inout [UInt8]) -> Framed? {
        guard count > 0 else { return nil }
        bytes.removeFirst(count)
        return .noise(count)
    }
}
