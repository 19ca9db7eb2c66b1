import Model
import Platform

/// What happens in the agent, for those who watch (`edge-agent tail`): JSON lines, newest last.
final class Feed: Sendable {
    /// What somebody wants to see.
    struct Interest: Sendable {
        /// The bytes on the lines too.
        var raw = false
        /// One device alone; nil all.
        var device: String?
    }

    private struct Watcher {
        var lines: [[UInt8]] = []
        var bytes = 0
        var dropped = 0
        var wake: Wakeup
        var interest: Interest

        mutating func take(_ line: [UInt8]) {
            lines.append(line)
            bytes += line.count
            guard bytes > Feed.limit else { return }
            // Half goes at once: one by one from the front would cost more the longer the list is.
            let keep = lines.count / 2
            dropped += lines.count - keep
            lines = Array(lines.suffix(keep))
            bytes = lines.reduce(0) { $0 + $1.count }
        }
    }

    /// Bytes kept for a watcher that does not read; beyond it the oldest lines are dropped and counted.
    static let limit = 4 << 20

    /// Kept where there is a page to show them: the last scans, and what they are to deliveries.
    let reads: RecentReads?
    let goods: LocalGoods?

    private let watchers = Locked<[Int: Watcher]>([:])
    private let counter = Locked(0)

    init(reads: RecentReads? = nil, goods: LocalGoods? = nil) { (self.reads, self.goods) = (reads, goods) }

    func watch(_ wake: Wakeup, _ interest: Interest) -> Int {
        let id = counter.with { value in
            value += 1
            return value
        }
        watchers.change { $0[id] = Watcher(wake: wake, interest: interest) }
        return id
    }

    var isWatched: Bool { watchers.with { !$0.isEmpty } }

    func leave(_ id: Int) { watchers.change { $0[id] = nil } }

    /// `line` is made only when somebody wants it.
    func post(raw: Bool = false, device: String? = nil, _ line: @autoclosure () -> JSON) {
        func wants(_ watcher: Watcher) -> Bool {
            (!raw || watcher.interest.raw)
                && (watcher.interest.device == nil || device == nil || watcher.interest.device == device)
        }
        guard watchers.with({ $0.values.contains(where: wants) }) else { return }
        let line = line().text8 + [0x0A]
        watchers.change { watchers in
            for (id, watcher) in watchers where wants(watcher) {
                watchers[id]!.take(line)
                watcher.wake.signal()
            }
        }
    }

    func take(_ id: Int) -> [UInt8] {
        watchers.change { watchers in
            guard var watcher = watchers[id] else { return [] }
            var out: [UInt8] = []
            if watcher.dropped > 0 {
                out = JSON.object([("event", "dropped"), ("lines", .int(Int64(watcher.dropped)))]).text8 + [0x0A]
            }
            out += watcher.lines.joined()
            (watcher.lines, watcher.bytes, watcher.dropped) = ([], 0, 0)
            watchers[id] = watcher
            return out
        }
    }
}
