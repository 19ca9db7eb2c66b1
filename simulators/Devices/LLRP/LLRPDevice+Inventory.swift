import Drivers
import Model

/// ROSpecs at work: one is active at a time, and one of a better priority takes its place (LLRP 1.0.1 §10.2.1).
extension LLRPDevice {
    /// ROSpecEvent and AISpecEvent types.
    private enum Moment {
        static let start: UInt8 = 0
        static let end: UInt8 = 1
        static let preempted: UInt8 = 2
    }

    private var active: LLRPDeviceROSpec? { roSpecs.values.first { $0.state == .active } }

    /// Whose trigger may fire: nobody of its priority or a better one is at work. 0 is the best.
    private func mayStart(_ spec: LLRPDeviceROSpec) -> Bool {
        spec.state == .inactive && active.map { spec.priority < $0.priority } ?? true
    }

    var nextSpecDue: Instant? {
        var moments = roSpecs.values.filter(mayStart).map(\.startsAt)
        if let active { moments += [nextCycle, active.stopsAt, active.partStopsAt] }
        return moments.compactMap(\.self).min()
    }

    /// All that is due: a round of the inventory, ends, beginnings.
    mutating func run(_ now: Instant, _ reaction: inout Reaction) {
        if let moment = nextCycle, now >= moment, let id = active?.id {
            nextCycle = now + LLRPDevice.cycle
            inventory(id, now, &reaction)
        }
        if let spec = active {
            if let moment = spec.stopsAt, now >= moment {
                stop(spec.id, now, &reaction)
            } else if spec.hasEnough || spec.partStopsAt.map({ now >= $0 }) ?? false {
                endPart(spec.id, now, &reaction)
            }
        }
        let waiting = roSpecs.values.filter { $0.startsAt.map { now >= $0 } ?? false }
        for spec in waiting.sorted(by: { ($0.priority, $0.id) < ($1.priority, $1.id) }) where mayStart(spec) {
            begin(spec.id, now, &reaction)
        }
        if active == nil { nextCycle = nil }
    }

    /// START_ROSPEC.
    mutating func start(_ id: UInt32, _ now: Instant, _ reaction: inout Reaction) throws {
        guard let spec = roSpecs[id], spec.state != .disabled else {
            throw LLRPRefusal.field(0, "ROSpec \(id) is disabled")
        }
        guard spec.state == .inactive else { return }
        guard mayStart(spec) else {
            throw LLRPRefusal(401, "ROSpec \(active?.id ?? 0) is at work, whose priority is no worse")
        }
        begin(id, now, &reaction)
    }

    private mutating func begin(_ id: UInt32, _ now: Instant, _ reaction: inout Reaction) {
        if let other = active { stop(other.id, now, for: id, &reaction) }
        roSpecs[id]?.activate(now)
        nextCycle = now + LLRPDevice.cycle
        tell(.roSpec, LLRPPartType.roSpecEvent, [Moment.start] + bigEndian(id) + bigEndian(UInt32(0)), now, &reaction)
    }

    /// Its end, by a trigger, by a client, or by another that takes its place.
    mutating func stop(_ id: UInt32, _ now: Instant, for other: UInt32 = 0, _ reaction: inout Reaction) {
        guard let spec = roSpecs[id], spec.state == .active else { return }
        if (spec.report ?? configuration.report).trigger != 0 { report(id, now, &reaction) }
        roSpecs[id]?.deactivate(now)
        tell(
            .roSpec, LLRPPartType.roSpecEvent,
            [other == 0 ? Moment.end : Moment.preempted] + bigEndian(id) + bigEndian(other), now, &reaction)
    }

    private mutating func endPart(_ id: UInt32, _ now: Instant, _ reaction: inout Reaction) {
        guard let spec = roSpecs[id] else { return }
        if [1, 3, 5].contains((spec.report ?? configuration.report).trigger) { report(id, now, &reaction) }
        tell(
            .aiSpec, LLRPPartType.aiSpecEvent, [0] + bigEndian(id) + bigEndian(UInt16(spec.index + 1)), now, &reaction)
        if roSpecs[id]?.nextPart(now) ?? false { stop(id, now, &reaction) }
    }

    /// Everybody in front of the part's antennas is read once.
    private mutating func inventory(_ id: UInt32, _ now: Instant, _ reaction: inout Reaction) {
        guard let spec = roSpecs[id], let part = spec.part else { return }
        let report = spec.report ?? configuration.report
        for sighting in field.sightings(at: now)
        where part.hears(sighting.antenna) && !pulled.contains(UInt16(clamping: sighting.antenna)) {
            var tag = LLRPDeviceTag(
                epc: sighting.tag.bytes, antenna: sighting.antenna, rssiDBm: sighting.rssiDBm, first: clock(now),
                last: clock(now),
                roSpec: id, specIndex: UInt16(clamping: spec.index + 1), inventory: part.inventoryID, channel: 1)
            guard (part.filters[UInt16(clamping: tag.antenna)] ?? part.filters[0] ?? []).select(tag) else { continue }
            access(&tag)
            roSpecs[id]?.take(tag, at: now, by: report)
            if roSpecs[id]?.wantsReport(report, now) ?? false { self.report(id, now, &reaction) }
        }
        roSpecs[id]?.countRound()
        if roSpecs[id]?.wantsReport(report, now) ?? false { self.report(id, now, &reaction) }
    }

    /// The first enabled AccessSpec that means this tag does its work on it.
    private mutating func access(_ tag: inout LLRPDeviceTag) {
        guard !accessSpecs.isEmpty else { return }
        for spec in accessSpecs.values.sorted(by: { $0.id < $1.id }) where spec.means(tag) {
            (tag.accessSpec, tag.results) = (spec.id, spec.results(on: tag))
            if accessSpecs[spec.id]?.countDown() ?? false { accessSpecs[spec.id] = nil }
            return
        }
    }

    private mutating func report(_ id: UInt32, _ now: Instant, _ reaction: inout Reaction) {
        guard let entries = roSpecs[id]?.takeTags(by: configuration.report, now), !entries.isEmpty else { return }
        // A message each of so many that it stays far below its limit.
        for start in stride(from: 0, to: entries.count, by: 500) {
            let body = entries[start..<min(start + 500, entries.count)].flatMap(\.self)
            deliver(message(LLRPMessage.Kind.report, body), &reaction)
        }
    }
}
