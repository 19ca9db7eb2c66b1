internal import CZstd
import Identifiers
public import Model

/// A frame as it came, taken apart: the work that needs no database, so that it can be done while the last one is written.
public struct Arrival: Sendable {
    /// Where things of a row are; what it says is `Content.value`, and not copied along.
    struct Row: Sendable {
        /// Where it stands in the plain body.
        var range: Range<Int>
        /// Unix milliseconds; 0 where the row does not say, or says what is out of range.
        var captured: Int64
        /// The number of its kind as it came; -1 where it has none.
        var kind: Int64
        var texts = Texts.Places()
        /// It was a `PlainRow`: of what it says, what matters where nothing is open stands in `texts`.
        var isPlain = false
    }

    struct Content: Sendable {
        var frame: Frame
        var rows: [Row]
        /// What rows say that were no `PlainRow`, by their places.
        var others: [Int: Result<Model.Row, RowError>] = [:]
        var plain: [UInt8]
        var texts = Texts()

        init(_ frame: Frame, plain: [UInt8]) {
            (self.frame, self.plain, rows) = (frame, plain, [])
            rows.reserveCapacity(frame.count)
        }

        /// What a row says. Of a plain one it is read when somebody asks.
        func value(_ index: Int) -> Result<Model.Row, RowError> {
            if let other = others[index] { return other }
            var reader = CBORReader(plain, at: rows[index].range.lowerBound)
            do throws(RowError) {
                guard let item = try? reader.item() else { throw .malformed("not an item") }
                return .success(try Model.Row.decode(item).row)
            } catch { return .failure(error) }
        }

        /// Gives the bytes where they lie, for as long as `body` takes.
        func withBytes<T>(_ body: (ArrivalBytes) throws -> T) rethrows -> T {
            try plain.withUnsafeBytes { plain in
                try texts.bytes.withUnsafeBytes { try body(ArrivalBytes(plain: plain, texts: $0)) }
            }
        }
    }

    /// What the database gets of the rows beside their bodies, as UTF-8, ready to be bound where it lies.
    struct Texts: Sendable {
        struct Place: Equatable, Sendable {
            var start: Int32 = 0
            /// -1: there is none.
            var count: Int32 = -1
        }

        struct Places: Sendable {
            var device = Place()
            var zone = Place()
            var subject = Place()
            /// Of a tag with a GS1 key.
            var gtin = Place()
            var serial = Place()
        }

        private(set) var bytes: [UInt8] = []
        // A backlog is of few devices and zones: what the row before had stands there already.
        private var device = Place()
        private var zone = Place()

        private mutating func add(_ text: String?) -> Place {
            guard let text else { return Place() }
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            return place(from: start)
        }

        private func place(from start: Int) -> Place {
            Place(start: Int32(start), count: Int32(bytes.count - start))
        }

        /// Where `text` stands already, or stands from now on.
        private mutating func add(_ text: UnsafeRawBufferPointer, unlike last: Place) -> Place {
            if Int(last.count) == text.count {
                let start = Int(last.start)
                if bytes[start..<start + text.count].elementsEqual(text) { return last }
            }
            let start = bytes.count
            bytes.append(contentsOf: text)
            return place(from: start)
        }

        private mutating func places(device: String, zone: String? = nil, subject: String) -> Places {
            self.device = Array(device.utf8).withUnsafeBytes { add($0, unlike: self.device) }
            if let zone { self.zone = Array(zone.utf8).withUnsafeBytes { add($0, unlike: self.zone) } }
            return Places(
                device: self.device, zone: zone == nil ? Place() : self.zone, subject: add(subject))
        }

        mutating func places(of row: PlainRow, in plain: UnsafeRawBufferPointer) -> Places {
            func piece(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: plain[range]) }
            device = add(piece(row.device), unlike: device)
            zone = add(piece(row.zone), unlike: zone)
            var places = Places(device: device, zone: zone)
            let (start, subject) = (bytes.count, piece(row.subject))
            guard let scheme = row.scheme else {
                bytes.append(contentsOf: subject)
                places.subject = place(from: start)
                return places
            }
            Hex.put(subject, into: &bytes)
            places.subject = place(from: start)
            guard scheme == .epcGen2 else { return places }
            let gtin = bytes.count
            if let digits = EPC.putSGTIN96(subject, into: &bytes) {
                places.gtin = Place(start: Int32(gtin), count: 14)
                places.serial = place(from: bytes.count - digits)
            } else {
                name(&places, Array(subject))
            }
            return places
        }

        private mutating func name(_ places: inout Places, _ tag: [UInt8]) {
            let epc = try? EPC(tag)
            (places.gtin, places.serial) = (add(epc?.gtin), add(epc?.serial))
        }

        mutating func places(of row: Model.Row) -> Places {
            switch row {
            case .appeared(let sighting), .moved(let sighting, _), .still(let sighting), .left(let sighting, _, _):
                var places = places(device: sighting.device, zone: sighting.zone, subject: sighting.tag.hex)
                if sighting.tag.scheme == .epcGen2 { name(&places, sighting.tag.bytes) }
                return places
            case .barcode(let device, let zone, let barcode):
                return places(device: device, zone: zone, subject: barcode.text)
            case .key(let device, let zone, let text): return places(device: device, zone: zone, subject: text)
            case .device(let name, _, let state, _): return places(device: name, subject: state)
            case .call(let device, let snapshot): return places(device: device, subject: snapshot.call)
            case .decided(let decided):
                return places(device: "page", zone: decided.zone, subject: "delivery:\(decided.decision.delivery)")
            case .skipped(let reason): return Places(subject: add(reason))
            }
        }
    }

    public let agent: String
    let content: Result<Content, FrameError>
    /// Who made the decisions among its rows, by their places; one that nobody looked at is proposed.
    public var standings: [Int: DepotDesk.Standing] = [:]

    /// When it came, in Unix nanoseconds; 0 where nobody wants to know.
    public var received: Int64 = 0

    /// Of a frame that could not be read none.
    var rowCount: Int { if case .success(let content) = content { content.rows.count } else { 0 } }

    /// The journal that its rows are of; nil where it could not be read.
    public var epoch: UInt64? { if case .success(let content) = content { content.frame.epoch } else { nil } }

    /// Of its rows with these numbers those that somebody wants to know of, at most `limit`: number, kind, and when it was captured by its
    /// agent's clock, in Unix milliseconds.
    public func rows(
        in range: ClosedRange<UInt64>, atMost limit: Int, where isWanted: (UInt64) -> Bool
    ) -> [(seq: UInt64, kind: Int64, captured: Int64)] {
        guard case .success(let content) = content else { return [] }
        var rows: [(seq: UInt64, kind: Int64, captured: Int64)] = []
        for (index, row) in content.rows.enumerated() where rows.count < limit {
            let seq = content.frame.first + UInt64(index)
            if range.contains(seq), row.captured > 0, isWanted(seq) { rows.append((seq, row.kind, row.captured)) }
        }
        return rows
    }

    /// Decisions among its rows, by their places.
    public var decisions: [(row: Int, decided: Model.Row.Decided)] {
        guard case .success(let content) = content, !content.others.isEmpty else { return [] }
        return content.others.compactMap { index, value in
            if case .success(.decided(let decided)) = value { (index, decided) } else { nil }
        }.sorted { $0.0 < $1.0 }
    }

    public init(agent: String, payload: [UInt8]) {
        self.agent = agent
        content = Arrival.read(payload)
    }

    private static func read(_ payload: [UInt8]) -> Result<Content, FrameError> {
        do throws(FrameError) {
            let frame = try Frame(decoding: payload)
            var content = Content(frame, plain: try plain(frame))
            let plain = content.plain
            try frame.each(plain: plain) { reader throws(CBORError) in
                let start = reader.at
                if let row = plain.withUnsafeBytes({ add(at: start, of: $0, to: &content) }) {
                    reader.skip(to: row)
                } else {
                    let item = try reader.item()
                    add(item, start..<reader.at, to: &content)
                }
            }
            return .success(content)
        } catch { return .failure(error) }
    }

    /// Where the next row begins; nil, and nothing is added, where this one is not plain.
    private static func add(at start: Int, of plain: UnsafeRawBufferPointer, to content: inout Content) -> Int? {
        guard let row = PlainRow(plain, at: start), let captured = Bounded.time(content.frame.origin, plus: row.dt)
        else {
            return nil
        }
        content.rows.append(
            Row(
                range: start..<row.end, captured: captured, kind: row.kind.rawValue,
                texts: content.texts.places(of: row, in: plain), isPlain: true))
        return row.end
    }

    private static func add(_ item: CBOR, _ range: Range<Int>, to content: inout Content) {
        let fields = item.items ?? []
        let origin = content.frame.origin
        let captured = fields.first?.integer.flatMap { Bounded.time(origin, plus: $0) }
        var places = Texts.Places()
        let value: Result<Model.Row, RowError>
        do throws(RowError) {
            let row = try Model.Row.decode(item).row
            // A number without a record has no moment that anybody reads.
            var isSkipped = false
            if case .skipped = row { isSkipped = true }
            guard captured != nil || isSkipped else {
                throw .badTime("\(fields.first?.integer ?? 0) ms after \(origin)")
            }
            value = .success(row)
            places = content.texts.places(of: row)
        } catch { value = .failure(error) }
        content.others[content.rows.count] = value
        content.rows.append(
            Row(
                range: range, captured: captured ?? 0, kind: fields.count > 1 ? fields[1].integer ?? -1 : -1,
                texts: places))
    }

    /// The plain body, bounded whatever the compressed one claims.
    private static func plain(_ frame: Frame) throws(FrameError) -> [UInt8] {
        guard frame.codec == .zstd else { return frame.body }
        var out = [UInt8](repeating: 0, count: Frame.byteLimit)
        let size = ZSTD_decompress(&out, out.count, frame.body, frame.body.count)
        guard ZSTD_isError(size) == 0 else { throw .malformed("zstd: \(String(cString: ZSTD_getErrorName(size)))") }
        return Array(out[..<size])
    }
}

/// The bytes of a frame, where they lie while it is applied.
struct ArrivalBytes {
    let plain: UnsafeRawBufferPointer
    let texts: UnsafeRawBufferPointer

    func body(_ row: Arrival.Row) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: plain[row.range])
    }

    func text(_ place: Arrival.Texts.Place) -> UnsafeRawBufferPointer? {
        guard place.count >= 0 else { return nil }
        let start = Int(place.start)
        return UnsafeRawBufferPointer(rebasing: texts[start..<start + Int(place.count)])
    }
}
