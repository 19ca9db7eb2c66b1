public import Drivers
public import Model

/// The device's side of a protocol: a session like the product's own, that can also be told what happens to it.
public protocol SimulatedDevice: Session, Sendable {
    /// Who is in front of its antennas.
    var field: Field { get set }
    /// When it wants to be called next.
    var due: Instant? { get }
    mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction
    /// On the network: it learns of a connection and speaks first.
    var isSpokenTo: Bool { get }
    /// Whether it sends a second client away rather than let him wait until the first is gone.
    var turnsAway: Bool { get }
    /// What a second client is told before he is sent away, and what the first hears of it.
    mutating func turnAway(at now: Instant) -> (stranger: [UInt8], reaction: Reaction)
}

extension SimulatedDevice {
    public var isSpokenTo: Bool { false }

    public var turnsAway: Bool { false }

    public mutating func turnAway(at now: Instant) -> (stranger: [UInt8], reaction: Reaction) { ([], Reaction()) }

    /// What every reader does; one that can do more answers for itself and falls back on `standard`.
    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction { standard(act, at: now) }

    mutating func standard(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .present(let tags, let duration): field.enter(tags, from: now, until: now + duration)
        case .pass(let tags, let antennas, let duration):
            field.enter(tags, from: now, until: now + duration, antennas: antennas)
        case .noise(let bytes): reaction.send = bytes
        case .scan, .antenna, .mishap: break
        }
        reaction.deadline = due
        return reaction
    }
}

/// What happens in front of a simulated reader.
public enum DeviceAct: Equatable, Sendable {
    /// Tags come into the field and leave it again.
    case present([TagID], lasting: Duration)
    /// Tags move past the antennas in this order, as on a forklift.
    case pass([TagID], antennas: [Int], lasting: Duration)
    case scan(String)
    /// Bytes that belong to nothing.
    case noise([UInt8])
    /// A cable comes off, or on again.
    case antenna(Int, connected: Bool)
    /// What befalls the line, whoever is on it.
    case mishap(LineMishap)
}

/// Misfortunes of a line and its power.
public enum LineMishap: Equatable, Sendable {
    /// The second half of what is said next is lost.
    case tear
    /// One bit of what is said next is turned.
    case flip
    /// The device loses its power and comes back as it was when new.
    case brownOut(Duration)
    /// The cable is pulled, and put back.
    case unplug(Duration)
}

/// One read as the air gives it.
public struct Sighting: Equatable, Sendable {
    public var tag: TagID
    /// From 1.
    public var antenna: Int
    public var rssiDBm: Int
}

/// Tags that are in the field until a moment; strongest in the middle of their way past an antenna.
public struct Field: Sendable {
    private struct Stay: Sendable {
        var tag: TagID
        var from: Instant
        var until: Instant
        var antennas: [Int]
    }

    /// RSSI right in front of the antenna and at the edge of its field.
    static let strongest = -45
    static let weakest = -72

    private var stays: [Stay] = []

    public init() {}

    mutating func enter(_ tags: [TagID], from: Instant, until: Instant, antennas: [Int] = [1]) {
        stays += tags.map { Stay(tag: $0, from: from, until: until, antennas: antennas.isEmpty ? [1] : antennas) }
    }

    var isEmpty: Bool { stays.isEmpty }

    /// Who is read now: by the antenna in front of which they are, as strongly as they are near it.
    mutating func sightings(at now: Instant) -> [Sighting] {
        stays.removeAll { now >= $0.until }
        return stays.map { stay in
            let length = max(1, (stay.until - stay.from).nanoseconds)
            let parts = Int64(stay.antennas.count)
            let place = min(length - 1, max(0, (now - stay.from).nanoseconds))
            let index = place * parts / length
            // 0 at the edges of the antenna's part, 100 in its middle.
            let inside = (place * parts - index * length) * 200 / length
            let near = Int(inside <= 100 ? inside : 200 - inside)
            return Sighting(
                tag: stay.tag, antenna: stay.antennas[Int(index)],
                rssiDBm: Field.weakest + (Field.strongest - Field.weakest) * near / 100)
        }
    }
}

/// What a device has heard of a command; the rest of one that was cut short is forgotten after a silence, as real
/// readers do.
struct Incoming: Sendable {
    static let patience: Duration = .milliseconds(100)

    var bytes: [UInt8] = []
    private var last = Instant.zero

    mutating func add(_ new: [UInt8], at now: Instant) {
        if now - last > Incoming.patience { bytes = [] }
        last = now
        bytes += new
    }
}
