import Model
import Platform
import Ports
import Uplink

/// What somebody scans or types in the page at the depot: a scan like a reader's, saved before it is said to be, each once by its key.
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

    /// Saves it, and says what became of it. The same key asks about the same scan; one that was refused is tried again.
    func take(_ scan: Scan) -> Fate {
        let isNew = state.change { state -> Bool in
            switch state.fates[scan.key] {
            case .pending, .saved: return false
            case .refused: break
            case nil:
                if state.keys.count >= LocalScans.keyLimit { state.fates[state.keys.removeFirst()] = nil }
                state.keys.append(scan.key)
            }
            state.fates[scan.key] = .pending
            return true
        }
        if isNew { save(scan) }
        let known = state.wait(timeout: LocalScans.patience) { state -> Fate? in
            state.fates[scan.key].flatMap { $0 == .pending ? nil : $0 }
        }
        return known ?? .pending
    }

    private func save(_ scan: Scan) {
        let row = Row.barcode(device: LocalScans.device, zone: scan.zone, Barcode(text: scan.text))
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
                settle(scan.key, .saved)
            case .refused(let error):
                feed.reads?.add(RecentReads.shown([entry]), refused: error, at: wall)
                settle(scan.key, .refused(error.code))
            }
        }
        if !isTaken { settle(scan.key, .refused("busy")) }
    }

    private func settle(_ key: String, _ fate: Fate) {
        state.change { if $0.fates[key] != nil { $0.fates[key] = fate } }
    }

    /// 200 once it is saved, 503 with a code where it is not, or not known to be.
    func answer(_ scan: Scan) -> HTTPReply {
        let (status, json): (Int, JSON) =
            switch take(scan) {
            case .saved: (200, .object([("saved", true)]))
            case .refused(let code): (503, .object([("saved", false), ("code", .string(code))]))
            case .pending: (503, .object([("code", "unknown")]))
            }
        return HTTPReply(status, type: "application/json", body: json.text8)
    }
}
