import Depot
import Identifiers
import Model
import Platform
import SQLite

/// Import, search, receiving and counting against a database of one's own, in this process: what the centre does between a
/// frame and its answer.
struct InventoryBench {
    var folder: String
    var rows: Int

    private static let words = [
        "Disjoncteur", "Interrupteur", "Prise", "Câble", "Réglette", "Boîte", "Coffret", "Contacteur", "Bornier",
        "Gaine",
        "Luminaire", "Détecteur", "Minuterie", "Télérupteur", "Goulotte", "Parafoudre",
    ]

    private static func gtin(_ number: Int) -> String {
        let text = String(number)
        let body = "0360" + String(repeating: "0", count: 9 - text.count) + text
        return body + String(GS1.checkDigit(body))
    }

    func run() throws {
        try Files.makeFolder(folder)
        for count in [10_000, rows] { try catalogue(count) }
        try passing()
        try receiving()
        try counting()
    }

    /// Tags that no delivery and no count wants: what a portal reads all day.
    private func passing() throws {
        let store = try Store(path: "\(folder)/passing.db")
        let applier = Applier(store: store)
        let sent = frames((1...200_000).map { read($0, at: "door") })
        let spent = try time { for frame in sent { _ = try applier.apply([("door", frame)], at: Clocks.wall) } }
        print("apply 200000 tags, each a new item: \(Int(spent)) ms (\(Int(200_000 / spent * 1000))/s)")
    }

    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = Clocks.now
        try body()
        return Double((Clocks.now - start).nanoseconds) / 1e6
    }

    private func catalogue(_ count: Int) throws {
        let store = try Store(path: "\(folder)/catalogue-\(count).db")
        var text = "gtin;description;reference;supplier;minimum\n"
        for number in 0..<count {
            let words = InventoryBench.words
            text +=
                "\(InventoryBench.gtin(number));\(words[number % 16]) \(words[number / 16 % 16]) \(number % 97) A;REF\(number);Rexel;5\n"
        }
        let bytes = Array(text.utf8)
        var accepted = 0
        let dry = try time { accepted = try Import.products(CSV(bytes), into: store, dryRun: true).accepted }
        let real = try time { _ = try Import.products(CSV(bytes), into: store, dryRun: false) }
        print("import \(count) products: \(Int(real)) ms (check alone \(Int(dry)) ms), \(accepted) accepted")
        for query in ["di", "disj 16", "ref\(count / 2)", "cable cof 12", "reglette"] {
            let times = try (0..<30).map { _ in
                try time { _ = try store.index.search(query, kinds: Set(SearchTable.Found.allCases), limit: 30) }
            }.sorted()
            let (median, worst) = (times[times.count / 2], times[times.count - 1])
            print("  search \"\(query)\" among \(count): median \(two(median)) ms, worst \(two(worst)) ms")
        }
    }

    private func two(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    private func frames(_ rows: [[UInt8]], from first: UInt64 = 1) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var next = first
        for start in stride(from: 0, to: rows.count, by: 400) {
            let part = Array(rows[start..<min(start + 400, rows.count)])
            let plain = Frame.body(of: part)
            frames.append(
                Frame(
                    epoch: 1, lane: .bulk, first: next, count: part.count, boot: Boot(counter: 1, random: 1),
                    origin: Clocks.wall, synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
                ).encoded)
            next += UInt64(part.count)
        }
        return frames
    }

    private func read(_ serial: Int, at zone: String) -> [UInt8] {
        let epc = EPC.sgtin96(gtin: "03608439390616", companyDigits: 6, serial: UInt64(serial))!
        return Row.appeared(
            .init(device: "r", zone: zone, tag: TagID(.epcGen2, epc), rssiDBm: -50, antenna: 1, reads: 1)
        ).encoded(at: 0)
    }

    private func receiving() throws {
        let store = try Store(path: "\(folder)/receiving.db")
        store.rules = ["dock": ZoneRule(kind: .dock)]
        let applier = Applier(store: store)
        let pieces = 10_000
        let announced = Announced(
            note: "BL", supplier: "Rexel",
            lines: [.init(gtin: "03608439390616", description: "Disjoncteur", quantity: Quantity(pieces))])
        guard let id = try store.deliveries.expect(announced, source: "file") else { return }
        _ = try store.deliveries.open(delivery: id, zone: "dock", by: Author("bench"), at: Clocks.wall)
        let sent = frames((1...pieces).map { read($0, at: "dock") })
        let spent = try time { for frame in sent { _ = try applier.apply([("dock", frame)], at: Clocks.wall) } }
        var view: DeliveryView?
        let shown = try time { view = try store.deliveries.view(id) }
        let closed = try time {
            _ = try store.transaction { try store.deliveries.close(delivery: id, by: Author("bench"), at: Clocks.wall) }
        }
        print(
            "receive \(pieces) tags of one delivery: \(Int(spent)) ms (\(Int(Double(pieces) / spent * 1000))/s), \(view?.received ?? 0) counted; its page \(two(shown)) ms; closed and booked \(Int(closed)) ms"
        )
    }

    private func counting() throws {
        let store = try Store(path: "\(folder)/counting.db")
        let applier = Applier(store: store)
        guard
            let id = try store.takes.openTake(
                zone: "shelf", sources: [], blind: true, by: Author("bench"), at: Clocks.wall)
        else { return }
        let reads = (0..<20).flatMap { _ in (1...1000).map { read($0, at: "shelf") } }
        let sent = frames(reads)
        let spent = try time { for frame in sent { _ = try applier.apply([("hand", frame)], at: Clocks.wall) } }
        print("count 1000 tags read 20 times each: \(Int(spent)) ms, \(try store.takes.view(id)?.counted ?? 0) counted")
    }
}
