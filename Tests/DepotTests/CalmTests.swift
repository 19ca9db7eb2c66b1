import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is read where nothing is open goes a shorter way, and comes to the same.
struct CalmTests {
    private let folder = TemporaryFolder()

    /// Rows of one frame follow each other without a look where the one before left all calm; alone in its frame each is looked at.
    @Test(arguments: [0, 1, 2, 3, 4, 5]) func rowsTogetherDoWhatTheyDoAlone(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var rows: [[UInt8]] = []
        for _ in 0..<900 {
            rows.append(CalmTests.row(&random).encoded(at: Int64.random(in: 0...3_000_000, using: &random)))
        }
        var told: [[CentreEvent]] = []
        var held: [[String]] = []
        for size in [1, 60] {
            let store = try TestStore.open("\(folder.path)/\(seed)-\(size).db")
            store.rules = ["door": ZoneRule(kind: .exit)]
            // Nothing was ever expected; a delivery is; one was and is closed; one is open in another zone.
            if seed % 4 > 0 {
                let line = Announced.Line(
                    gtin: InventoryTests.breaker, description: "Disjoncteur", quantity: Quantity(3))
                let id = try #require(
                    try store.deliveries.expect(
                        Announced(note: "BL1", supplier: "Rexel", lines: [line]), source: "file"))
                if seed % 4 > 1 { _ = try store.deliveries.open(delivery: id, zone: "far", by: Author("n"), at: 1) }
                if seed % 4 == 2 { _ = try store.deliveries.close(delivery: id, by: Author("n"), at: 2) }
            }
            let applier = Applier(store: store)
            var events: [CentreEvent] = []
            for start in stride(from: 0, to: rows.count, by: 180) {
                let frames = CalmTests.frames(rows, start..<start + 180, of: size)
                events += try applier.apply(frames, at: 4_100_000).events
            }
            told.append(events)
            held.append(try CalmTests.dump(store))
        }
        #expect(told[0] == told[1])
        #expect(held[0] == held[1])
        #expect(held[0].count > 1000)
    }

    /// Tags of two zones, some known; scans; and what no plain row is.
    private static func row(_ random: inout SeededRandom) -> Model.Row {
        let zone =
            Int.random(in: 0..<40, using: &random) == 0
            ? ["door", "far", "hallé"].randomElement(using: &random)! : "hall"
        var tag = InventoryTests.epc(UInt64.random(in: 1...400, using: &random))
        if Int.random(in: 0..<20, using: &random) == 0 {
            tag = TagID(.iso15693, [1, 2, UInt8.random(in: 0...9, using: &random)])
        }
        var sighting = InventoryTests.sighting(tag, zone)
        switch Int.random(in: 0..<60, using: &random) {
        case 0: return .still(sighting)
        case 1: return .moved(sighting, from: "door")
        case 2:
            sighting.tid = [0xE2, 0x80]
            return .appeared(sighting)
        case 3: return .skipped(reason: "missing")
        case 4: return .device(name: "r", driver: "m100", state: "ready", reason: nil)
        case 5: return InventoryTests.scan("café", at: zone)
        case 6: return InventoryTests.scan("BL1", at: zone)
        case 7...20: return .left(sighting, present: .seconds(1))
        case 21: return InventoryTests.scan("(01)03608439390616(21)\(tag.hex)", "]C1", at: zone)
        case 22: return .key(device: "k", zone: zone, text: "1234")
        default: return .appeared(sighting)
        }
    }

    private static func frames(_ rows: [[UInt8]], _ range: Range<Int>, of size: Int) -> [(
        agent: String, payload: [UInt8]
    )] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map { first in
            let part = Array(rows[first..<min(first + size, range.upperBound)])
            return ("a", InventoryTests.frame(part, first: UInt64(first + 1), origin: 1_000_000))
        }
    }

    private static func dump(_ store: Store) throws -> [String] {
        let tables = [
            "record ORDER BY seq", "item ORDER BY epc", "stray ORDER BY zone, subject", "stream", "stream_boot",
            "dead_letter", "movement ORDER BY id",
        ]
        return try tables.flatMap { table in
            let columns = try store.database.columns(of: String(table.prefix { $0 != " " })).map(\.name)
            let text = columns.map { "coalesce(CAST(\($0) AS TEXT), '-')" }.joined(separator: " || '|' || ")
            return try store.database.rows(
                "SELECT \(text.replacing("CAST(body AS TEXT)", with: "hex(body)")) FROM \(table)"
            ) {
                "\(table) \($0.text(0))"
            }
        }
    }

    /// Of a backlog in which nothing is known, of one in which all is, and of one that is half and half.
    @Test func tagsSeenTogetherAreThoseSeenOneByOne() throws {
        var held: [[String]] = []
        for isTogether in [false, true] {
            let store = try TestStore.open("\(folder.path)/seen-\(isTogether).db")
            let tags: [Range<Int>] = [0..<400, 0..<400, 200..<600, 590..<620]
            var rows: [[UInt8]] = []
            for tag in tags.joined() {
                let at = Int64(rows.count * 7919 % 1000)
                rows.append(CalmTests.row(tag, at: "hall").encoded(at: at))
            }
            let applier = Applier(store: store)
            let frames = CalmTests.frames(rows, 0..<rows.count, of: isTogether ? 205 : 1)
            _ = try applier.apply(frames, at: 1_002_000)
            held.append(try CalmTests.dump(store))
        }
        #expect(held[0] == held[1])
    }

    private static func row(_ tag: Int, at zone: String) -> Model.Row {
        let sighting = InventoryTests.sighting(InventoryTests.epc(UInt64(tag)), zone)
        return tag % 3 == 0 ? .left(sighting, present: .seconds(2)) : .appeared(sighting)
    }

    /// What is read where it lies is what is read as a value.
    @Test func aPlainRowSaysWhatTheRowSays() throws {
        var random = SeededRandom(seed: 11)
        var plain = 0
        for _ in 0..<4000 {
            var row = CalmTests.row(&random)
            if case .appeared(var sighting) = row {
                var bytes: [UInt8] = []
                for _ in 0..<12 { bytes.append(UInt8.random(in: 0...255, using: &random)) }
                bytes[0] = 0x30
                // Mostly a partition that there is, and numbers that it has room for.
                let partition = UInt8.random(in: 0...7, using: &random)
                bytes[1] = Bool.random(using: &random) ? partition << 2 : partition << 2 | bytes[1] & 3
                if Bool.random(using: &random) { (bytes[2], bytes[3]) = (0, 0) }
                sighting.tag = TagID(.epcGen2, bytes)
                sighting.rssiDBm = -50.5
                sighting.antenna = 300
                row = .appeared(sighting)
            }
            let body = row.encoded(at: Int64.random(in: -5...70_000, using: &random))
            guard let read = body.withUnsafeBytes({ PlainRow($0, at: 0) }) else { continue }
            plain += 1
            #expect(read.end == body.count && read.kind == row.kind)
            let (dt, decoded) = try Model.Row.decode(CBOR(decoding: body))
            #expect(read.dt == dt && decoded == row)
            var (ours, theirs) = (Arrival.Texts(), Arrival.Texts())
            let (mine, other) = (body.withUnsafeBytes { ours.places(of: read, in: $0) }, theirs.places(of: row))
            #expect(CalmTests.texts(mine, ours) == CalmTests.texts(other, theirs))
            // Any end of it is no row.
            for end in 0..<body.count { #expect(body[..<end].withUnsafeBytes { PlainRow($0, at: 0) } == nil) }
        }
        #expect(plain > 3000)
    }

    private static func texts(_ places: Arrival.Texts.Places, _ texts: Arrival.Texts) -> [String?] {
        var out: [String?] = []
        for place in [places.device, places.zone, places.subject, places.gtin, places.serial] {
            let (start, count) = (Int(place.start), Int(place.count))
            guard count >= 0 else {
                out.append(nil)
                continue
            }
            out.append(String(decoding: texts.bytes[start..<start + count], as: UTF8.self))
        }
        return out
    }
}
