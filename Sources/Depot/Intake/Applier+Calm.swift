import Model
import SQLite

/// A zone where nothing is open and nobody counts, as the row before has left it: what is read there needs no look at what it says. As
/// long as it goes on so, tags become items many at a time, and a scan costs next to nothing.
struct Calm {
    /// Where the zone's name stands in the texts of the frame.
    fileprivate let zone: Arrival.Texts.Place
    /// No paper and no pallet could be what somebody scans.
    fileprivate let takesScans: Bool
    /// A delivery is expected that what is read may belong to.
    fileprivate let isAwaited: Bool
    /// Not written yet.
    fileprivate var seen: [SeenItem] = []

    /// Whether that was all that the row does.
    mutating func pass(_ row: Arrival.Row, _ origin: Applier.Origin, _ applier: Applier) -> Bool {
        guard row.texts.zone == zone, row.isPlain else { return false }
        switch Model.Row.Kind(rawValue: row.kind) {
        case .barcode, .key:
            guard takesScans else { return false }
            applier.note(stray: origin.place)
        case .appeared:
            let captured = ClockBook.corrected(row.captured, by: origin.clockOffset, at: origin.now)
            guard !isAwaited || !applier.mayKeep(captured, at: origin.now) else { return false }
            seen.append(SeenItem(texts: row.texts, isPresent: true, at: captured))
            applier.note(stray: origin.place)
        case .left:
            let captured = ClockBook.corrected(row.captured, by: origin.clockOffset, at: origin.now)
            seen.append(SeenItem(texts: row.texts, isPresent: false, at: captured))
        default: return false
        }
        return true
    }
}

/// A tag that somebody saw, as `item` has it.
struct SeenItem {
    var texts: Arrival.Texts.Places
    var isPresent: Bool
    var at: Int64
}

extension Applier {
    /// What holds for rows of the same zone after this one, which was allowed and has had its effects.
    func calm(_ row: Arrival.Row, _ bytes: ArrivalBytes) throws -> Calm? {
        guard let quiet, let zone = bytes.text(row.texts.zone), quiet.utf8.elementsEqual(zone),
            doors?.screens.isEmpty == true, store.rules[quiet] == nil, let notes
        else { return nil }
        return Calm(
            zone: row.texts.zone,
            takesScans: notes.isEmpty && names.isEmpty && units.isEmpty && known == (false, false),
            isAwaited: !notes.isEmpty)
    }

    /// Writes what was put off.
    func see(_ calm: inout Calm?, _ bytes: ArrivalBytes) throws {
        guard let seen = calm?.seen, !seen.isEmpty else { return }
        calm?.seen = []
        try store.deliveries.see(seen, bytes, &knownItems)
    }

    /// Whether a stray of that moment may wait for a delivery.
    func mayKeep(_ captured: Int64, at now: Int64) -> Bool {
        keptHere < Applier.keptStrays && now &- captured < StrayTable.strayLife
    }
}

extension DeliveryTable {
    /// So many are tried at once; where one of them was known, the next ones are taken for known so many times.
    private static let together = 16
    private static let patience = 8

    /// Tags that were seen, in order. New ones go in many at a time; what is there already takes a statement each. `known` is
    /// remembered between the calls.
    func see(_ seen: [SeenItem], _ bytes: ArrivalBytes, _ known: inout Int) throws {
        for start in stride(from: 0, to: seen.count, by: DeliveryTable.together) {
            let part = seen[start..<min(start + DeliveryTable.together, seen.count)]
            // Another engine gathers them by itself.
            if database.engine == nil, part.count == DeliveryTable.together {
                if known == 0 {
                    if try insert(part, bytes) { continue }
                    known = DeliveryTable.patience
                } else {
                    known -= 1
                }
            }
            // Also of those that were new just now: a sighting changes nothing where it is the last one already.
            for item in part {
                try see(item.texts, bytes, present: item.isPresent, delivery: nil, at: item.at)
            }
        }
    }

    /// Whether all of them were new.
    private func insert(_ part: ArraySlice<SeenItem>, _ bytes: ArrivalBytes) throws -> Bool {
        let insertion = try store.insertItems.get()
        return try insertion.run(part.count) { _ in
        } each: { statement, row, first in
            let item = part[part.startIndex + row]
            statement.bind(first, utf8: bytes.text(item.texts.subject))
            statement.bind(first + 1, utf8: bytes.text(item.texts.gtin))
            statement.bind(first + 2, utf8: bytes.text(item.texts.serial))
            statement.bind(first + 3, utf8: bytes.text(item.texts.zone))
            statement.bind(first + 4, item.isPresent ? 1 : 0 as Int64)
            statement.bind(first + 5, item.at)
            statement.bind(first + 6, item.at)
        } == part.count
    }
}
