import Model
import Platform

/// What happens in the agent, for those who watch (`edge-agent tail`): JSON lines, newest last.
final class Feed: Sendable {
    private struct Watcher {
        var lines: [JSON] = []
        var dropped = 0
        var wake: Wakeup
        var raw: Bool
    }

    /// Lines kept for a watcher that does not read; beyond it the oldest are dropped and counted.
    static let limit = 10_000

    private let watchers = Locked<[Int: Watcher]>([:])
    private let counter = Locked(0)

    var isWatched: Bool { watchers.with { !$0.isEmpty } }
    var isWatchedRaw: Bool { watchers.with { $0.values.contains { $0.raw } } }

    func watch(_ wake: Wakeup, raw: Bool) -> Int {
        let id = counter.with { value in
            value += 1
            return value
        }
        watchers.change { $0[id] = Watcher(wake: wake, raw: raw) }
        return id
    }

    func leave(_ id: Int) { watchers.change { $0[id] = nil } }

    func post(raw: Bool = false, _ line: @autoclosure () -> JSON) {
        guard raw ? isWatchedRaw : isWatched else { return }
        let line = line()
        watchers.change { watchers in
            for id in watchers.keys where !raw || watchers[id]!.raw {
                if watchers[id]!.lines.count >= Feed.limit {
                    watchers[id]!.lines.removeFirst()
                    watchers[id]!.dropped += 1
                }
                watchers[id]!.lines.append(line)
                watchers[id]!.wake.signal()
            }
        }
    }

    func take(_ id: Int) -> [JSON] {
        watchers.change { watchers in
            guard var watcher = watchers[id] else { return [] }
            var lines = watcher.lines
            if watcher.dropped > 0 {
                lines.insert(.object([("event", "dropped"), ("lines", .int(Int64(watcher.dropped)))]), at: 0)
            }
            watcher.lines = []
            watcher.dropped = 0
            watchers[id] = watcher
            return lines
        }
    }
}
