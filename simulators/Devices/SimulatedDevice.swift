public import Drivers
public import Model

/// The device's side of a protocol: a session like the product's own, that can also be told what happens to it.
public protocol SimulatedDevice: Session, Sendable {
    mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction
}

/// What happens in front of a simulated reader.
public enum DeviceAct: Equatable, Sendable {
    /// Tags come into the field and leave it again.
    case present([TagID], lasting: Duration)
    case scan(String)
    /// Bytes that belong to nothing.
    case noise([UInt8])
}

/// Tags that are in the field until a moment.
struct Field: Sendable {
    private var tags: [(id: TagID, until: Instant)] = []

    mutating func enter(_ ids: [TagID], until: Instant) { tags += ids.map { ($0, until) } }

    mutating func present(at now: Instant) -> [TagID] {
        tags.removeAll { now >= $0.until }
        return tags.map(\.id)
    }

    var isEmpty: Bool { tags.isEmpty }
}
