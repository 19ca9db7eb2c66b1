import Model
import Platform
import Uplink

/// The last scans of all readers, for the page at the depot: what came, and whether it is safe.
final class RecentReads: Sendable {
    /// How many are kept; the oldest go.
    static let limit = 50
    /// Longest text of a scan, and of a name, as shown, in UTF-8 bytes.
    static let textLimit = (scan: 128, name: 64)

    struct Read: Equatable, Sendable {
        /// From 1, within this run.
        var number: Int64 = 0
        /// Unix milliseconds.
        var at: Int64 = 0
        var device: String
        var zone: String
        /// What names its form: `epc-gen2`, `em4100` …, `barcode` or `key`.
        var form: String
        /// A tag's id in hex, or what was scanned or typed.
        var text: String
        /// Why it was not saved; nil for what is safe.
        var refused: String?

        /// Nil for rows that nobody's scan made.
        init?(_ row: Row) {
            switch row {
            case .appeared(let sighting):
                (device, zone, form) = (sighting.device, sighting.zone, sighting.tag.scheme.rawValue)
                text = sighting.tag.hex
            case .barcode(let device, let zone, let barcode):
                (self.device, self.zone, form, text) = (device, zone, "barcode", barcode.text)
            case .key(let device, let zone, let text):
                (self.device, self.zone, form, self.text) = (device, zone, "key", text)
            default: return nil
            }
            text = text.cut(to: RecentReads.textLimit.scan)
            (device, zone) = (device.cut(to: RecentReads.textLimit.name), zone.cut(to: RecentReads.textLimit.name))
        }

        var json: JSON {
            .object([
                ("n", .int(number)), ("at", .int(at)), ("device", .string(device)), ("zone", .string(zone)),
                ("form", .string(form)), ("text", .string(text)), ("refused", refused.map(JSON.string)),
            ])
        }
    }

    private struct State {
        var reads: [Read] = []
        var number: Int64 = 0
    }

    private let state = Locked(State())

    /// What of rows is shown, the newest of them; made before they are handed over, so that the writer's thread has less to do.
    static func shown(_ rows: [Outbox.Entry]) -> [Read] {
        var reads: [Read] = []
        for entry in rows.reversed() where entry.row.isScan {
            if let read = Read(entry.row) { reads.append(read) }
            if reads.count == limit { break }
        }
        return reads.reversed()
    }

    func add(_ reads: [Read], refused: OutboxError?, at wall: Int64) {
        guard !reads.isEmpty else { return }
        state.with { state in
            for read in reads {
                state.number += 1
                var read = read
                (read.number, read.at, read.refused) = (state.number, wall, refused?.code)
                state.reads.append(read)
            }
            state.reads = Array(state.reads.suffix(RecentReads.limit))
        }
    }

    /// Newest first.
    var list: [Read] { state.with { $0.reads.reversed() } }
}
