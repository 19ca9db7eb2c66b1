import Model
import Platform
import Ports
import Uplink

/// What somebody scans, types or decides in the page at the depot: a record like a reader's, saved before it is said to be, each once by
/// its key.
final class LocalScans: Sendable {
    /// Keys remembered with what became of them; a page that got no answer asks again within seconds.
    static let keyLimit = 256
    /// How long the disk may take before nobody knows, in milliseconds.
    static let patience: Int64 = 2000
    /// The device's name in such a record.
    static let device = "page"
    /// Longest scan, in UTF-8 bytes.
    static let textLimit = 1024

    /// What is asked for.
    struct Scan: Equatable, Sendable {
        /// The page's own, 8 to 64 signs.
        var key: String
        var zone: String
        var text: String

        /// `{"key","zone","text"}`; nil for anything else, and for a zone that is none of `zones`.
        init?(_ body: [UInt8], zones: [String]) {
            guard let json = try? JSON(parsing: body), let key = json["key"]?.text, (8...64).contains(key.utf8.count),
                let zone = json["zone"]?.text, zones.contains(zone), let text = json["text"]?.text,
                (1...LocalScans.textLimit).contains(text.utf8.count), text.contains(where: { !$0.isWhitespace })
            else { return nil }
            (self.key, self.zone, self.text) = (key, zone, text)
        }

        var row: Row { .barcode(device: LocalScans.device, zone: zone, Barcode(text: text)) }
    }

    enum Fate: Equatable, Sendable {
        /// Nobody knows yet.
        case pending
        case saved
        /// With the code of the reason.
        case refused(String)
    }

    private struct State {
        var fates: [String: Fate] = [:]
        /// The oldest first.
        var keys: [String] = []
    }

    private let outbox: Outbox
    private let feed: Feed
    private let state = Locked(State())

    init(outbox: Outbox, feed: Feed) { (self.outbox, self.feed) = (outbox, feed) }

    func take(_ scan: Scan) -> Fate { take(scan.key, scan.row) }

    func answer(_ scan: Scan) -> HTTPReply { answer(scan.key, scan.row) }

    /// Saves a row, and says what became of it. The same key asks about the same one; one that was refused is tried again.
    func take(_ key: String, _ row: Row) -> Fate {
        let isNew = state.change { state -> Bool in
            switch state.fates[key] {
            case .pending, .saved: return false
            case .refused: break
            case nil:
                if state.keys.count >= LocalScans.keyLimit { state.fates[state.keys.removeFirst()] = nil }
                state.keys.append(key)
            }
            state.fates[key] = .pending
            return true
        }
        if isNew { save(key, row) }
        let known = state.wait(timeout: LocalScans.patience) { state -> Fate? in
            state.fates[key].flatMap { $0 == .pending ? nil : $0 }
        }
        return known ?? .pending
    }

    private func save(_ key: String, _ row: Row) {
        let entry = Outbox.Entry(row, at: Clocks.now)
        // Never waits for room: a page can ask again, and others are answered by the same thread.
        let isTaken = outbox.offer([entry]) { [self] outcome in
            let wall = Clocks.wall
            switch outcome {
            case .saved(let range):
                feed.reads?.add(RecentReads.shown([entry]), refused: nil, at: wall)
                feed.goods?.add(
                    LocalGoods.goods(in: [entry], skipping: 0), from: range.lowerBound, epoch: outbox.now.epoch)
                feed.post(row.tailLine(seq: range.lowerBound, at: wall))
                settle(key, .saved)
            case .refused(let error):
                feed.reads?.add(RecentReads.shown([entry]), refused: error, at: wall)
                settle(key, .refused(error.code))
            }
        }
        if !isTaken { settle(key, .refused("busy")) }
    }

    private func settle(_ key: String, _ fate: Fate) {
        state.change { if $0.fates[key] != nil { $0.fates[key] = fate } }
    }

    /// 200 once it is saved, 503 with a code where it is not, or not known to be.
    func answer(_ key: String, _ row: Row) -> HTTPReply {
        let (status, json): (Int, JSON) =
            switch take(key, row) {
            case .saved: (200, .object([("saved", true)]))
            case .refused(let code): (503, .object([("saved", false), ("code", .string(code))]))
            case .pending: (503, .object([("code", "unknown")]))
            }
        return HTTPReply(status, type: "application/json", body: json.text8)
    }
}
