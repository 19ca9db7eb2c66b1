/// Where a run of a process stands in the life of an outbox: its counter and a random companion.
/// The pair tells a restored or copied file from its original.
public struct Boot: Hashable, Sendable {
    public var counter: UInt64
    public var random: UInt64

    public init(counter: UInt64, random: UInt64) {
        self.counter = counter
        self.random = random
    }
}

public enum Lane: String, Sendable, CaseIterable {
    /// Bulk journal: scans, device states, the call log.
    case bulk = "s"
    /// Urgent: call events, command results.
    case urgent = "c"
}

/// One message of the bulk lane: `[ver, epoch, lane, first, count, boot, codec, crc32c, body, was?]`.
///
/// `boot` is `[counter, random, origin_ms, synced]`: a row was captured at `origin_ms + dt`, Unix milliseconds.
/// The CRC covers the plain body. `was` is `[epoch, first]` for rows that were issued under another key before.
public struct Frame: Equatable, Sendable {
    public static let version: UInt64 = 1
    /// Limits of docs/reference/wire.md; a frame beyond them is refused.
    public static let byteLimit = 16 * 1024
    public static let rowLimit = 500

    /// No journal comes near; sums over journals stay far from overflow.
    public static let sequenceLimit: Int64 = 1 << 48

    public enum Codec: UInt64, Sendable {
        case plain = 0
        case zstd = 1
        case json = 2
    }

    public struct Former: Hashable, Sendable {
        public var epoch: UInt64
        public var first: UInt64

        public init(epoch: UInt64, first: UInt64) {
            self.epoch = epoch
            self.first = first
        }
    }

    public var epoch: UInt64
    public var lane: Lane
    public var first: UInt64
    public var count: Int
    public var boot: Boot
    /// Unix milliseconds of `dt` = 0. Not checked by itself: a frame that is refused would be sent again for ever, so its rows
    /// are, each for the moment it gives (`Bounded.time`).
    public var origin: Int64
    /// False when the agent's clock had never been set when the frame was sent.
    public var synced: Bool
    public var codec: Codec
    public var crc: UInt32
    public var body: [UInt8]
    public var was: Former?

    public init(
        epoch: UInt64, lane: Lane, first: UInt64, count: Int, boot: Boot, origin: Int64, synced: Bool, codec: Codec,
        crc: UInt32, body: [UInt8], was: Former? = nil
    ) {
        self.epoch = epoch
        self.lane = lane
        self.first = first
        self.count = count
        self.boot = boot
        self.origin = origin
        self.synced = synced
        self.codec = codec
        self.crc = crc
        self.body = body
        self.was = was
    }

    public var last: UInt64 { first + UInt64(count) - 1 }
}

public enum FrameError: Error, Equatable, Sendable {
    case malformed(String)
    case version(UInt64)
    case tooLarge(Int)
    case checksum
}

extension Frame {
    /// Joins ready-made rows; sending is concatenation.
    public static func body(of rows: some Collection<[UInt8]>) -> [UInt8] {
        body(of: rows.count, joined: Array(rows.joined()))
    }

    public static func body(of count: Int, joined rows: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(rows.count + 3)
        CBOR.head(4, UInt64(count), into: &out)
        out += rows
        return out
    }

    public var encoded: [UInt8] {
        var items: [CBOR] = [
            .unsigned(Frame.version), .unsigned(epoch), .text(lane.rawValue), .unsigned(first), CBOR(Int64(count)),
            .array([.unsigned(boot.counter), .unsigned(boot.random), CBOR(origin), .bool(synced)]),
            .unsigned(codec.rawValue), .unsigned(UInt64(crc)), .bytes(body),
        ]
        if let was { items.append(.array([.unsigned(was.epoch), .unsigned(was.first)])) }
        return CBOR.array(items).encoded
    }

    /// Reads the envelope, of CBOR or (first byte `[`) of JSON; the body stays as it is.
    public init(decoding bytes: [UInt8]) throws(FrameError) {
        guard bytes.count <= 4 * Frame.byteLimit else { throw .tooLarge(bytes.count) }
        if bytes.first == UInt8(ascii: "[") {
            try self.init(json: bytes)
            return
        }
        let item: CBOR
        do { item = try CBOR(decoding: bytes) } catch { throw .malformed("CBOR: \(error)") }
        guard let items = item.items, let version = items.first?.word else { throw .malformed("not a frame") }
        guard version == Frame.version else { throw .version(version) }
        guard items.count >= 9, let epoch = items[1].word, let lane = items[2].string.flatMap(Lane.init(rawValue:)),
            let first = items[3].word, let count = items[4].integer, let boot = items[5].items, boot.count >= 4,
            let counter = boot[0].word, let random = boot[1].word, let origin = boot[2].integer,
            case .bool(let synced) = boot[3], let codec = items[6].word.flatMap(Codec.init(rawValue:)),
            let crc = items[7].word.flatMap(UInt32.init(exactly:)), let body = items[8].blob
        else { throw .malformed("a field of the frame has another type") }
        var was: Former?
        if items.count > 9, let former = items[9].items, former.count == 2, let epoch = former[0].word,
            let first = former[1].word
        {
            was = Former(epoch: epoch, first: first)
        }
        self.init(
            epoch: epoch, lane: lane, first: first, count: Int(clamping: count),
            boot: Boot(counter: counter, random: random), origin: origin, synced: synced, codec: codec, crc: crc,
            body: body, was: was)
        try check()
    }

    private func check() throws(FrameError) {
        guard (1...Frame.rowLimit).contains(count) else { throw .malformed("1 to \(Frame.rowLimit) rows a frame") }
        let limit = UInt64(Frame.sequenceLimit)
        guard first >= 1, first <= limit, was.map({ $0.first >= 1 && $0.first <= limit }) ?? true else {
            throw .malformed("sequence number out of range")
        }
    }

    /// A row of a plain body, and where it stands there.
    public struct Item: Equatable, Sendable {
        public var item: CBOR
        public var range: Range<Int>
    }

    /// The rows of a plain body; the count must be the envelope's.
    public func rows(plain: [UInt8]) throws(FrameError) -> [Item] {
        var rows: [Item] = []
        rows.reserveCapacity(count)
        try each(plain: plain) { reader throws(CBORError) in
            let start = reader.at
            let item = try reader.item()
            rows.append(Item(item: item, range: start..<reader.at))
        }
        return rows
    }

    /// The same for whoever reads them by itself: `row` is called for each, and leaves the reader behind it.
    public func each(plain: [UInt8], row: (inout CBORReader) throws(CBORError) -> Void) throws(FrameError) {
        guard plain.count <= Frame.byteLimit else { throw .tooLarge(plain.count) }
        guard CRC32C.checksum(plain) == crc else { throw .checksum }
        do throws(CBORError) {
            var reader = CBORReader(plain)
            guard try reader.arrayCount() == count else { throw .unsupported(plain.first ?? 0) }
            for _ in 0..<count { try row(&reader) }
            guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
        } catch { throw .malformed("the body does not hold \(count) rows: \(error)") }
    }

    // `[1, "epoch in hex", "s", first, count, [counter, random, origin, synced], 2, null, [row…]]`
    private init(json bytes: [UInt8]) throws(FrameError) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw .malformed("JSON: \(error)") }
        guard let items = json.list, let version = items.first?.integer else { throw .malformed("not a frame") }
        guard version == Int64(Frame.version) else { throw .version(UInt64(clamping: version)) }
        guard items.count >= 9, let epoch = items[1].text.flatMap(Hex.word),
            let lane = items[2].text.flatMap(Lane.init(rawValue:)), let first = items[3].integer, first > 0,
            let count = items[4].integer, let boot = items[5].list, boot.count >= 4, let counter = boot[0].integer,
            let random = boot[1].integer, let origin = boot[2].integer, let synced = boot[3].truth,
            items[6].integer == Int64(Codec.json.rawValue), let rows = items[8].list
        else { throw .malformed("a field of the JSON frame has another type") }
        let body = CBOR.array(rows.map(CBOR.init(row:))).encoded
        self.init(
            epoch: epoch, lane: lane, first: UInt64(first), count: Int(clamping: count),
            boot: Boot(counter: UInt64(clamping: counter), random: UInt64(clamping: random)), origin: origin,
            synced: synced, codec: .plain, crc: CRC32C.checksum(body), body: body)
        try check()
    }
}

extension CBOR {
    /// A row that came as JSON: `{"hex": "3034…"}` stands for bytes, which JSON lacks.
    fileprivate init(row json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = CBOR(value)
        case .number(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .array(let values): self = .array(values.map(CBOR.init(row:)))
        case .members(let members):
            if let bytes = members.first(where: { $0.name == "hex" })?.value.text.flatMap({ Hex.bytes($0) }) {
                self = .bytes(bytes)
            } else {
                self = .map(members.map { CBOR.Pair(.text($0.name), CBOR(row: $0.value)) })
            }
        }
    }
}
