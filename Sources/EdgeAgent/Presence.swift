import Model

/// Fifty sightings become one appearance, silence becomes a departure: a pure fold over reads of one zone.
struct Presence: Sendable {
    enum Change: Equatable, Sendable {
        case appeared(TagRead)
        case left(TagRead, present: Duration)
    }

    private struct Stay {
        var first: Instant
        var last: Instant
        var read: TagRead
    }

    /// Tags followed at once; beyond it further ones are still reported, each read as an appearance of its own.
    static let limit = 50_000
    /// How often departures are looked for.
    static let sweep: Duration = .milliseconds(100)
    /// A second sighting within this time confirms a tag whose own CRC does not fit.
    static let confirmation: Duration = .seconds(2)

    private let departure: Duration
    private var stays: [TagID: Stay] = [:]
    private var suspects: [TagID: Instant] = [:]
    private var nextSweep: Instant?

    init(departure: Duration) { self.departure = departure }

    var count: Int { stays.count }
    var deadline: Instant? { stays.isEmpty ? nil : nextSweep }

    /// Nil while the tag is only still there.
    mutating func fold(_ read: TagRead, at now: Instant) -> Change? {
        if var stay = stays[read.id] {
            stay.last = max(stay.last, now)
            stay.read.count += read.count
            if let rssi = read.rssiDBm, rssi > stay.read.rssiDBm ?? -.infinity {
                stay.read.rssiDBm = rssi
                stay.read.antenna = read.antenna
            }
            stays[read.id] = stay
            return nil
        }
        if read.crcIsValid == false {
            guard let before = suspects[read.id], now - before <= Presence.confirmation else {
                if suspects.count > 1000 { suspects = suspects.filter { now - $0.value <= Presence.confirmation } }
                suspects[read.id] = now
                return nil
            }
            suspects[read.id] = nil
        }
        if stays.count < Presence.limit { stays[read.id] = Stay(first: now, last: now, read: read) }
        if nextSweep == nil || stays.count == 1 { nextSweep = now + Presence.sweep }
        return .appeared(read)
    }

    /// Who has gone, as of `now`, oldest first.
    mutating func expire(at now: Instant) -> [Change] {
        guard let due = nextSweep, now >= due else { return [] }
        nextSweep = now + Presence.sweep
        let gone = stays.filter { now - $0.value.last >= departure }
        for id in gone.keys { stays[id] = nil }
        return gone.values.sorted { ($0.last, $0.read.id.hex) < ($1.last, $1.read.id.hex) }.map {
            .left($0.read, present: $0.last - $0.first)
        }
    }

    /// The appearance could not be saved: the next sighting is a new one, so that nobody trusts a beep that never was.
    mutating func forget(_ id: TagID) { stays[id] = nil }
}
