public import Drivers
public import Model

/// Readers that are asked nothing: they tell of the tags in their field by themselves.
public struct TellingDevice: SimulatedDevice {
    public enum Family: Sendable {
        /// One frame a tag in each round of active mode.
        case chafonCF
        /// One frame when a tag comes.
        case wl134
        /// One frame when a card comes.
        case m7941
    }

    /// One round.
    static let round: Duration = .milliseconds(50)

    public let family: Family
    public var field = Field()
    private var next: Instant?
    /// Told once; they are told again when they come back.
    private var told: Set<TagID> = []

    public init(_ family: Family) { self.family = family }

    public var due: Instant? { next }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        let reaction = standard(act, at: now)
        guard !field.isEmpty, next == nil else { return reaction }
        next = now
        return handle(.tick, at: now)
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        if let due = next, now >= due {
            let sightings = field.sightings(at: now)
            for sighting in sightings where family == .chafonCF || !told.contains(sighting.tag) {
                reaction.send += frame(sighting)
            }
            told = Set(sightings.map(\.tag))
            next = field.isEmpty ? nil : now + TellingDevice.round
        }
        reaction.deadline = next
        return reaction
    }

    /// Empty for a tag that such a reader cannot read.
    private func frame(_ sighting: Sighting) -> [UInt8] {
        let id = sighting.tag.bytes
        switch family {
        case .chafonCF:
            let rssi = UInt16(bitPattern: Int16(clamping: sighting.rssiDBm * 10))
            let head = [
                0, UInt8(rssi >> 8), UInt8(rssi & 0xFF), UInt8(clamping: sighting.antenna), 0,
                UInt8(clamping: id.count),
            ]
            return id.count <= TagID.limit ? ChafonCFFrame(ChafonCFFrame.inventory, head + id).bytes : []
        case .wl134:
            guard id.count == 8 else { return [] }
            let code = id.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return WL134Frame(
                number: code, country: UInt16(truncatingIfNeeded: code >> 38), hasData: code >> 48 & 1 != 0,
                isAnimal: code >> 63 != 0
            ).bytes
        case .m7941:
            // 02 is EM4100, 01 MIFARE, 30 ISO 15693.
            let type: UInt8? =
                switch (sighting.tag.scheme, id.count) {
                case (.iso14443a, 4), (.iso14443a, 7): 0x01
                case (.iso15693, 8): 0x30
                case (_, 5): 0x02
                default: nil
                }
            guard let type else { return [] }
            let body = [UInt8(id.count + 5), type] + id
            return [0x02] + body + [body.reduce(0, ^), 0x03]
        }
    }
}
