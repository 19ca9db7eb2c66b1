import Model

/// A scan, or a tag that came or went, read where it lies: in the very form in which an agent writes it (`Model.Row.encode`), of ASCII alone
/// and without a tag's memory. Whatever this takes `Model.Row.decode` takes as well; what it does not take is read by that.
///
/// ```
/// 86 dt 03 device zone symbology|null text          85 dt 04 device zone text
/// 89 dt 01 device zone scheme id rssi|null antenna|null reads          8A dt 02 … present
/// ```
struct PlainRow {
    var dt: Int64 = 0
    var kind: Model.Row.Kind
    var device: Range<Int>
    var zone: Range<Int>
    /// Text of a scan, or a tag's bytes.
    var subject: Range<Int>
    /// Of a tag.
    var scheme: TagID.Scheme?
    /// Where the next row begins.
    var end = 0

    private static let heads: [(head: UInt8, kind: Model.Row.Kind)] = [
        (0x86, .barcode), (0x85, .key), (0x89, .appeared), (0x8A, .left),
    ]

    init?(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        var reader = Reader(bytes: bytes, at: start)
        guard let head = reader.byte(), let kind = PlainRow.heads.first(where: { $0.head == head })?.kind,
            let dt = reader.integer(in: Bounded.offsets), reader.byte() == UInt8(kind.rawValue),
            let device = reader.text(), let zone = reader.text()
        else { return nil }
        (self.kind, self.device, self.zone, self.dt) = (kind, device, zone, dt)
        switch kind {
        case .barcode:
            guard reader.isNull() || reader.text() != nil, let text = reader.text() else { return nil }
            subject = text
        case .key:
            guard let text = reader.text() else { return nil }
            subject = text
        default:
            let schemes = TagID.Scheme.allCases
            guard let scheme = reader.integer(in: 0...Int64(schemes.count - 1)),
                let id = reader.span(2, limit: TagID.limit),
                !id.isEmpty, reader.isNull() || reader.integer(in: Bounded.tenthsOfdBm) != nil,
                reader.isNull() || reader.integer(in: Bounded.antennas) != nil,
                reader.integer(in: Bounded.counts) != nil,
                kind == .appeared || reader.integer(in: 0...Bounded.offsets.upperBound) != nil
            else { return nil }
            (subject, self.scheme) = (id, schemes[Int(scheme)])
        }
        end = reader.at
    }

    /// Items of CBOR (RFC 8949, 3) where they lie.
    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var at: Int

        mutating func byte() -> UInt8? {
            guard at < bytes.count else { return nil }
            defer { at += 1 }
            return bytes[at]
        }

        mutating func isNull() -> Bool {
            guard at < bytes.count, bytes[at] == 0xF6 else { return false }
            at += 1
            return true
        }

        /// Major type and argument.
        private mutating func head() -> (major: UInt8, value: UInt64)? {
            guard let initial = byte() else { return nil }
            let small = initial & 0x1F
            guard small >= 24 else { return (initial >> 5, UInt64(small)) }
            guard small <= 27 else { return nil }
            let count = 1 << Int(small - 24)
            guard count <= bytes.count - at else { return nil }
            var value: UInt64 = 0
            for place in at..<at + count { value = value << 8 | UInt64(bytes[place]) }
            at += count
            return (initial >> 5, value)
        }

        mutating func integer(in range: ClosedRange<Int64>) -> Int64? {
            guard let (major, argument) = head(), major < 2, let value = Int64(exactly: argument) else { return nil }
            let number = major == 0 ? value : -1 - value
            return range.contains(number) ? number : nil
        }

        /// Where a string of that major type stands.
        mutating func span(_ major: UInt8, limit: Int) -> Range<Int>? {
            guard let (found, count) = head(), found == major, count <= UInt64(min(limit, bytes.count - at)) else {
                return nil
            }
            defer { at += Int(count) }
            return at..<at + Int(count)
        }

        /// ASCII, which needs no further look.
        mutating func text() -> Range<Int>? {
            guard let span = span(3, limit: Model.Row.textLimit) else { return nil }
            var all: UInt8 = 0
            for place in span { all |= bytes[place] }
            return all < 0x80 ? span : nil
        }
    }
}
