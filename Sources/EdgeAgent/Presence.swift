import Model

/// Fifty sightings become one appearance, silence a departure, another zone a move: a pure fold over what all readers
/// of this agent see, so that two portals over one dock tell of one pallet once.
struct Presence: Sendable {
    /// How one reader's reads are understood.
    struct Rules: Equatable, Sendable {
        /// Where its antennas look, unless `antennaZones` says otherwise.
        var zone: String
        var antennaZones: [Int: String] = [:]
        /// A tag is gone when it was not read in its zone for this long.
        var departure: Duration
        /// Weaker reads are from beyond the door; nil takes all.
        var thresholdDBm: Double?
        /// Reads in the rolling mean, 1 to 8.
        var window = 4
        /// How much stronger another zone must be to take a tag over.
        var handoverDB = 6.0
        /// Antennas from outside to inside; fewer than two tell no direction.
        var entryAntennas: [Int] = []
        /// A tag that stays is told again this often; nil never.
        var repeatEvery: Duration?
        /// It counts stock: what it sees can be counted again, a delivery cannot.
        var countsStock = false

        func zone(of antenna: Int?) -> String { antenna.flatMap { antennaZones[$0] } ?? zone }
    }

    enum Change: Equatable, Sendable {
        case appeared(Place)
        case moved(Place, from: String)
        case still(Place)
        case left(Place, present: Duration, direction: Row.Direction?)
    }

    /// A tag, where it is and who saw it there.
    struct Place: Equatable, Sendable {
        var device: String
        var zone: String
        /// Strongest read with its antenna, and how many there were.
        var read: TagRead
    }

    /// Tags followed at once; beyond it further ones are still reported, each read as an appearance of its own.
    static let limit = 50_000
    /// Tags that are not believed yet, at once; beyond it the oldest half is forgotten.
    static let candidateLimit = 10_000
    /// How often departures are looked for.
    static let sweep: Duration = .milliseconds(100)
    /// A second sighting within this time confirms a tag whose own CRC does not fit.
    static let confirmation: Duration = .seconds(2)
    /// The longest `repeat-within` that a site may set.
    static let longestConfirmation: Duration = .seconds(30)
    /// Once inside, a tag may be this much weaker before its reads stop counting.
    static let hysteresisDB = 3.0
    /// Antennas must see a tag this far apart in time to tell its direction.
    static let passage: Duration = .milliseconds(100)

    private struct Stay {
        var place: Place
        var first: Instant
        var last: Instant
        var told: Instant
        var here: RollingMean
        /// Strength in the zone that may take it over.
        var rival: (zone: String, mean: RollingMean)?
        var outer = Passage()
        var inner = Passage()
    }

    private struct Candidate {
        var last: Instant
        var zone: String
        var mean: RollingMean
    }

    private var rules: [String: Rules]
    /// Room is scarce: who comes and goes is one stay, and who stays is not told again.
    var isSaving = false
    /// How much longer a tag may be silent then.
    static let patience = 10
    private var stays: [TagID: Stay] = [:]
    private var candidates: [TagID: Candidate] = [:]
    private var counts: [String: Int] = [:]
    private var nextSweep: Instant?
    /// Reads that waited for a second one which never came.
    private(set) var suspects: UInt64 = 0

    /// `rules` by device.
    init(rules: [String: Rules]) { self.rules = rules }

    /// A reader that joined later.
    mutating func add(device: String, _ rules: Rules) { self.rules[device] = rules }

    var deadline: Instant? { stays.isEmpty ? nil : nextSweep }

    func count(device: String) -> Int { counts[device] ?? 0 }

    /// Nil while the tag is only still there, or not believed yet.
    mutating func fold(_ read: TagRead, device: String, at now: Instant) -> Change? {
        guard let rules = rules[device] else { return nil }
        let zone = rules.zone(of: read.antenna)
        guard var stay = stays[read.id] else { return arrive(read, device, zone, rules, now) }
        defer { stays[read.id] = stay }
        stay.outer.note(read.antenna, rules.entryAntennas.first, now - stay.first)
        stay.inner.note(read.antenna, rules.entryAntennas.count > 1 ? rules.entryAntennas.last : nil, now - stay.first)
        if zone == stay.place.zone {
            if let rssi = read.rssiDBm { stay.here.add(rssi, window: rules.window) }
            guard Presence.passes(stay.here, rules.thresholdDBm.map { $0 - Presence.hysteresisDB }) else { return nil }
            stay.last = max(stay.last, now)
            stay.place.merge(read, device)
            guard let every = rules.repeatEvery, !isSaving, now - stay.told >= every else { return nil }
            stay.told = now
            return .still(stay.place)
        }
        return handOver(read, device, zone, rules, now, &stay)
    }

    /// To a zone that sees the tag clearly better, or at all when its own has not seen it for half of the departure.
    private mutating func handOver(
        _ read: TagRead, _ device: String, _ zone: String, _ rules: Rules, _ now: Instant, _ stay: inout Stay
    ) -> Change? {
        if stay.rival?.zone != zone { stay.rival = (zone, RollingMean()) }
        if let rssi = read.rssiDBm { stay.rival!.mean.add(rssi, window: rules.window) }
        let mean = stay.rival!.mean
        guard Presence.passes(mean, rules.thresholdDBm) else { return nil }
        let own = self.rules[stay.place.device] ?? rules
        let isSilent = now - stay.last >= own.departure / 2
        let isStronger =
            mean.isFull(rules.window) && mean.value ?? -.infinity >= (stay.here.value ?? .infinity) + rules.handoverDB
        guard isSilent || isStronger else { return nil }
        let from = stay.place.zone
        counts[stay.place.device, default: 1] -= 1
        counts[device, default: 0] += 1
        let passages = (stay.outer, stay.inner)
        stay = Stay(
            place: Place(device: device, zone: zone, read: read), first: stay.first, last: now, told: now, here: mean)
        (stay.outer, stay.inner) = passages
        return .moved(stay.place, from: from)
    }

    private mutating func arrive(
        _ read: TagRead, _ device: String, _ zone: String, _ rules: Rules, _ now: Instant
    ) -> Change? {
        var before = candidates[read.id]
        let confirmation = read.crcIsValid == false ? Presence.confirmation : read.confirmation
        if let old = before, old.zone != zone || now - old.last > max(Presence.confirmation, confirmation ?? .zero) {
            before = nil
        }
        var mean = before?.mean ?? RollingMean()
        if let rssi = read.rssiDBm { mean.add(rssi, window: rules.window) }
        let isConfirmed = confirmation.map { limit in before.map { now - $0.last <= limit } ?? false } ?? true
        guard isConfirmed, Presence.passes(mean, rules.thresholdDBm) else {
            if !isConfirmed { suspects += 1 }
            makeRoom(now)
            candidates[read.id] = Candidate(last: now, zone: zone, mean: mean)
            return nil
        }
        candidates[read.id] = nil
        var stay = Stay(
            place: Place(device: device, zone: zone, read: read), first: now, last: now, told: now, here: mean)
        stay.outer.note(read.antenna, rules.entryAntennas.first, .zero)
        stay.inner.note(read.antenna, rules.entryAntennas.count > 1 ? rules.entryAntennas.last : nil, .zero)
        if stays.count < Presence.limit {
            stays[read.id] = stay
            counts[device, default: 0] += 1
        }
        if nextSweep == nil || stays.count == 1 { nextSweep = now + Presence.sweep }
        return .appeared(stay.place)
    }

    private mutating func makeRoom(_ now: Instant) {
        guard candidates.count >= Presence.candidateLimit else { return }
        candidates = candidates.filter { now - $0.value.last <= Presence.longestConfirmation }
        guard candidates.count >= Presence.candidateLimit else { return }
        let old = candidates.sorted { $0.value.last < $1.value.last }.prefix(Presence.candidateLimit / 2)
        for (id, _) in old { candidates[id] = nil }
    }

    private static func passes(_ mean: RollingMean, _ threshold: Double?) -> Bool {
        // A reader that gives no strength cannot be held to one.
        guard let threshold, let value = mean.value else { return true }
        return value >= threshold
    }

    /// Who has gone, as of `now`, oldest first.
    mutating func expire(at now: Instant) -> [Change] {
        guard let due = nextSweep, now >= due else { return [] }
        nextSweep = now + Presence.sweep
        var gone: [Stay] = []
        let factor = isSaving ? Presence.patience : 1
        for (id, stay) in stays where now - stay.last >= (rules[stay.place.device]?.departure ?? .zero) * factor {
            gone.append(stay)
            stays[id] = nil
            counts[stay.place.device, default: 1] -= 1
        }
        return gone.sorted { ($0.last, $0.place.read.id.hex) < ($1.last, $1.place.read.id.hex) }.map { stay in
            .left(
                stay.place, present: stay.last - stay.first,
                direction: Passage.direction(outer: stay.outer, inner: stay.inner))
        }
    }

    /// The appearance could not be saved: the next sighting is a new one, so that nobody trusts a beep that never was.
    mutating func forget(_ id: TagID) {
        guard let stay = stays.removeValue(forKey: id) else { return }
        counts[stay.place.device, default: 1] -= 1
    }
}

extension Presence.Place {
    fileprivate mutating func merge(_ read: TagRead, _ device: String) {
        self.read.count += read.count
        // A weak sighting often fails to give its memory; what a former one gave stands.
        if let tid = read.tid { self.read.tid = tid }
        if let user = read.userMemory { self.read.userMemory = user }
        guard let rssi = read.rssiDBm, rssi > self.read.rssiDBm ?? -.infinity else { return }
        self.read.rssiDBm = rssi
        self.read.antenna = read.antenna
    }
}

/// The mean of the last few strengths, without an allocation for each tag.
struct RollingMean: Equatable, Sendable {
    private var values = SIMD8<Float>(repeating: 0)
    private var count = 0
    private var next = 0

    mutating func add(_ value: Double, window: Int) {
        let size = min(8, max(1, window))
        values[next % size] = Float(value)
        next = (next + 1) % size
        count = min(size, count + 1)
    }

    var value: Double? { count == 0 ? nil : (0..<count).reduce(0) { $0 + Double(values[$1]) } / Double(count) }

    func isFull(_ window: Int) -> Bool { count >= min(8, max(1, window)) }
}

/// When one antenna of a door saw a tag, on average.
struct Passage: Equatable, Sendable {
    private var reads: Int64 = 0
    private var milliseconds: Int64 = 0

    mutating func note(_ antenna: Int?, _ mine: Int?, _ time: Duration) {
        guard let antenna, antenna == mine else { return }
        reads += 1
        milliseconds += time.milliseconds
    }

    /// Nil when only one side saw it, or both at the same time.
    static func direction(outer: Passage, inner: Passage) -> Row.Direction? {
        guard outer.reads > 0, inner.reads > 0 else { return nil }
        let difference = inner.milliseconds / inner.reads - outer.milliseconds / outer.reads
        guard abs(difference) >= Presence.passage.milliseconds else { return nil }
        return difference > 0 ? .entry : .exit
    }
}
