/// What one record says, without where it stands in the journal: a row of a bulk frame (docs/reference/wire.cddl).
public enum Row: Equatable, Sendable {
    /// This sequence number will never carry anything; the reason stays on the account.
    case skipped(reason: String)
    case appeared(Sighting)
    case left(Sighting, present: Duration, direction: Direction? = nil)
    /// Present all the while, and now in another zone.
    case moved(Sighting, from: String)
    /// Still there: said again because the site asked for it.
    case still(Sighting)
    case barcode(device: String, zone: String, Barcode)
    case key(device: String, zone: String, text: String)
    case device(name: String, driver: String, state: String, reason: String?)
    case call(device: String, CallSnapshot)
    /// A person decided about a delivery, at the page of the depot.
    case decided(Decided)

    public struct Decided: Equatable, Sendable {
        public var zone: String
        /// A `DepotDecision` as JSON, as it was sealed.
        public var text: String
        public var decision: DepotDecision
        /// The PIN of whoever decided (`DepotDecision.seal`).
        public var proof: [UInt8]

        /// Nil where the text is no decision, or the proof is longer than one.
        public init?(zone: String, text: String, proof: [UInt8]) {
            guard let json = try? JSON(parsing: text), let decision = DepotDecision(json: json),
                proof.count <= DepotDecision.pinLimit + SealedBox.overhead
            else { return nil }
            (self.zone, self.text, self.decision, self.proof) = (zone, text, decision, proof)
        }
    }

    /// Which way a tag went past the antennas of a door.
    public enum Direction: String, Sendable {
        case entry = "in"
        case exit = "out"
    }

    /// A tag in a zone, as one reader saw it.
    public struct Sighting: Equatable, Sendable {
        public var device: String
        public var zone: String
        public var tag: TagID
        /// Tenths of a dBm travel; nil where the reader gives none.
        public var rssiDBm: Double?
        public var antenna: Int?
        /// Reads folded into this one.
        public var reads: Int
        /// TID and user memory, 1 to `TagID.limit` bytes each, where they were read.
        public var tid: [UInt8]?
        public var userMemory: [UInt8]?

        public init(device: String, zone: String, tag: TagID, rssiDBm: Double?, antenna: Int?, reads: Int) {
            self.device = device
            self.zone = zone
            self.tag = tag
            self.rssiDBm = rssiDBm
            self.antenna = antenna
            self.reads = reads
        }
    }
}

public enum RowError: Error, Equatable, Sendable {
    case malformed(String)
    /// A kind this version does not know: kept raw, dead-lettered.
    case unknownKind(Int64)
    /// Captured before 1970 or after 2200, by its own word.
    case badTime(String)
}

extension Row {
    public enum Kind: Int64, Sendable {
        case skipped = 0
        case appeared, left, barcode, key, device, call, moved, still, decided
    }

    /// Longest free text in a row, in UTF-8 bytes; a scanner's line is at most 4 KiB (our limit).
    public static let textLimit = 4096

    public var kind: Kind {
        switch self {
        case .skipped: .skipped
        case .appeared: .appeared
        case .left: .left
        case .moved: .moved
        case .still: .still
        case .barcode: .barcode
        case .key: .key
        case .device: .device
        case .call: .call
        case .decided: .decided
        }
    }

    /// `[dt_ms, kind, …]`; `dt` counts from the frame's boot origin.
    public func encoded(at dt: Int64) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(96)
        encode(into: &out, at: dt)
        return out
    }

    /// The same, behind what is there already.
    public func encode(into out: inout [UInt8], at dt: Int64) {
        CBOR.head(4, UInt64(2 + fieldCount), into: &out)
        CBOR.put(dt, into: &out)
        CBOR.put(kind.rawValue, into: &out)
        switch self {
        case .skipped(let reason): CBOR.put(reason, into: &out)
        case .appeared(let sighting), .still(let sighting):
            sighting.put(into: &out)
            sighting.putMemory(into: &out)
        case .left(let sighting, let present, let direction):
            sighting.put(into: &out)
            CBOR.put(present.milliseconds.clamped(to: 0...Bounded.offsets.upperBound), into: &out)
            if direction != nil || sighting.hasMemory { CBOR.put(direction?.rawValue, into: &out) }
            sighting.putMemory(into: &out)
        case .moved(let sighting, let zone):
            sighting.put(into: &out)
            CBOR.put(zone, into: &out)
            sighting.putMemory(into: &out)
        case .barcode(let device, let zone, let barcode):
            CBOR.put(device, into: &out)
            CBOR.put(zone, into: &out)
            CBOR.put(barcode.symbology, into: &out)
            CBOR.put(barcode.text, into: &out)
        case .key(let device, let zone, let text):
            for text in [device, zone, text] { CBOR.put(text, into: &out) }
        case .device(let name, let driver, let state, let reason):
            for text in [name, driver, state, reason] { CBOR.put(text, into: &out) }
        case .call(let device, let snapshot):
            CBOR.put(device, into: &out)
            CBOR.put(snapshot.json.description, into: &out)
        case .decided(let decided):
            CBOR.put(decided.zone, into: &out)
            CBOR.put(decided.text, into: &out)
            CBOR.head(2, UInt64(decided.proof.count), into: &out)
            out += decided.proof
        }
    }

    private var fieldCount: Int {
        switch self {
        case .skipped: 1
        case .appeared(let sighting), .still(let sighting): sighting.fieldCount
        case .left(let sighting, _, let direction):
            sighting.fieldCount + (direction == nil && !sighting.hasMemory ? 1 : 2)
        case .moved(let sighting, _): sighting.fieldCount + 1
        case .barcode, .device: 4
        case .key, .decided: 3
        case .call: 2
        }
    }

    /// The row and its offset in milliseconds.
    public static func decode(_ item: CBOR) throws(RowError) -> (dt: Int64, row: Row) {
        guard let items = item.items, items.count >= 2, let dt = items[0].integer, let number = items[1].integer else {
            throw .malformed("a row is [dt, kind, …]")
        }
        guard let kind = Kind(rawValue: number) else { throw .unknownKind(number) }
        guard Bounded.offsets.contains(dt) else { throw .badTime("\(dt) ms after the frame's origin") }
        var fields = Fields(items: items, at: 2)
        switch kind {
        case .skipped: return (dt, .skipped(reason: try fields.text()))
        case .appeared:
            var sighting = try Sighting(&fields)
            try sighting.takeMemory(&fields)
            return (dt, .appeared(sighting))
        case .left:
            var sighting = try Sighting(&fields)
            let present = Duration.milliseconds(try fields.integer(in: 0...Bounded.offsets.upperBound))
            let direction = fields.isEmpty ? nil : try fields.optionalText().flatMap(Direction.init)
            try sighting.takeMemory(&fields)
            return (dt, .left(sighting, present: present, direction: direction))
        case .moved:
            var sighting = try Sighting(&fields)
            let zone = try fields.text()
            try sighting.takeMemory(&fields)
            return (dt, .moved(sighting, from: zone))
        case .still:
            var sighting = try Sighting(&fields)
            try sighting.takeMemory(&fields)
            return (dt, .still(sighting))
        case .barcode:
            let (device, zone) = (try fields.text(), try fields.text())
            let symbology = try fields.optionalText()
            return (dt, .barcode(device: device, zone: zone, Barcode(symbology: symbology, text: try fields.text())))
        case .key:
            return (dt, .key(device: try fields.text(), zone: try fields.text(), text: try fields.text()))
        case .device:
            return (
                dt,
                .device(
                    name: try fields.text(), driver: try fields.text(), state: try fields.text(),
                    reason: try fields.optionalText())
            )
        case .call:
            let device = try fields.text()
            let text = try fields.text(limit: 65536)
            guard let json = try? JSON(parsing: text), let snapshot = CallSnapshot(json: json) else {
                throw .malformed("not a call, or one with a number out of range")
            }
            return (dt, .call(device: device, snapshot))
        case .decided:
            let (zone, text) = (try fields.text(), try fields.text())
            guard let proof = try fields.next().blob, let decided = Decided(zone: zone, text: text, proof: proof) else {
                throw .malformed("not a decision, or one with a number out of range")
            }
            return (dt, .decided(decided))
        }
    }

    /// Takes fields in order; those appended by a newer version stay unread.
    fileprivate struct Fields {
        let items: [CBOR]
        var at: Int

        var isEmpty: Bool { at >= items.count }

        mutating func next() throws(RowError) -> CBOR {
            guard at < items.count else { throw .malformed("a field is missing") }
            defer { at += 1 }
            return items[at]
        }

        mutating func text(limit: Int = Row.textLimit) throws(RowError) -> String {
            guard let text = try next().string, text.utf8.count <= limit else { throw .malformed("text expected") }
            return text
        }

        mutating func optionalText() throws(RowError) -> String? {
            if at < items.count, items[at] == .null {
                at += 1
                return nil
            }
            return try text()
        }

        mutating func integer(in range: ClosedRange<Int64>) throws(RowError) -> Int64 {
            guard let value = try next().integer else { throw .malformed("number expected") }
            guard range.contains(value) else { throw .malformed("\(value) is out of range") }
            return value
        }

        /// Nil where a row of an older agent ends here.
        mutating func optionalBytes() throws(RowError) -> [UInt8]? {
            guard at < items.count, items[at] != .null else {
                at += 1
                return nil
            }
            guard let bytes = try next().blob, (1...TagID.limit).contains(bytes.count) else {
                throw .malformed("1 to \(TagID.limit) bytes expected")
            }
            return bytes
        }

        mutating func optionalInteger(in range: ClosedRange<Int64>) throws(RowError) -> Int64? {
            if at < items.count, items[at] == .null {
                at += 1
                return nil
            }
            return try integer(in: range)
        }
    }
}

extension Row.Sighting {
    fileprivate var fieldCount: Int { hasMemory ? 9 : 7 }

    fileprivate var hasMemory: Bool { tid != nil || userMemory != nil }

    /// Last of all in a row, so that an older centre leaves it unread; absent where nothing was read.
    fileprivate func putMemory(into out: inout [UInt8]) {
        guard hasMemory else { return }
        for bytes in [tid, userMemory] {
            guard let bytes, !bytes.isEmpty else {
                CBOR.put(String?.none, into: &out)
                continue
            }
            let kept = bytes.prefix(TagID.limit)
            CBOR.head(2, UInt64(kept.count), into: &out)
            out += kept
        }
    }

    fileprivate mutating func takeMemory(_ fields: inout Row.Fields) throws(RowError) {
        tid = try fields.optionalBytes()
        userMemory = try fields.optionalBytes()
    }

    fileprivate func put(into out: inout [UInt8]) {
        CBOR.put(device, into: &out)
        CBOR.put(zone, into: &out)
        CBOR.put(Int64(TagID.Scheme.allCases.firstIndex(of: tag.scheme) ?? 0), into: &out)
        CBOR.head(2, UInt64(tag.bytes.count), into: &out)
        out += tag.bytes
        CBOR.put(rssiDBm.flatMap(Row.Sighting.tenths), into: &out)
        CBOR.put(antenna.map { Int64($0).clamped(to: Bounded.antennas) }, into: &out)
        CBOR.put(Int64(reads).clamped(to: Bounded.counts), into: &out)
    }

    /// Nil where a reader gave what no receiver measures.
    private static func tenths(_ dBm: Double) -> Int64? {
        guard let value = Int64(exactly: (dBm * 10).rounded()), Bounded.tenthsOfdBm.contains(value) else { return nil }
        return value
    }

    fileprivate init(_ fields: inout Row.Fields) throws(RowError) {
        let (device, zone) = (try fields.text(), try fields.text())
        let scheme = try fields.integer(in: 0...Int64(TagID.Scheme.allCases.count - 1))
        guard let id = try fields.next().blob, !id.isEmpty, id.count <= TagID.limit else {
            throw .malformed("a tag id is 1 to \(TagID.limit) bytes")
        }
        let rssi = try fields.optionalInteger(in: Bounded.tenthsOfdBm)
        let antenna = try fields.optionalInteger(in: Bounded.antennas)
        let reads = try fields.integer(in: Bounded.counts)
        self.init(
            device: device, zone: zone, tag: TagID(TagID.Scheme.allCases[Int(scheme)], id),
            rssiDBm: rssi.map { Double($0) / 10 }, antenna: antenna.map { Int(clamping: $0) },
            reads: Int(clamping: reads))
    }
}
