import Model
import Platform

/// Tags that somebody is looking for: each read of one is told at once, with how loud it is, a few times a second.
final class Finder: Sendable {
    /// Tags looked for at once; the oldest gives way.
    static let limit = 16
    /// Between two reads that one reader tells.
    static let pause: Duration = .milliseconds(150)
    /// Longest search.
    static let longest: Duration = .seconds(300)

    private struct Search {
        var until: Instant
        var told: [String: Instant] = [:]
    }

    private let searches = Locked<[String: Search]>([:])

    /// 0 seconds: it is found, or given up.
    func look(for tag: String, seconds: Int, at now: Instant) {
        searches.with { searches in
            searches = searches.filter { $0.value.until > now }
            guard seconds > 0 else {
                searches[tag] = nil
                return
            }
            if searches.count >= Finder.limit, let oldest = searches.min(by: { $0.value.until < $1.value.until }) {
                searches[oldest.key] = nil
            }
            searches[tag] = Search(until: now + min(Finder.longest, .seconds(Int64(seconds))))
        }
    }

    /// True when this read is to be told.
    func isWanted(_ tag: TagID, by device: String, at now: Instant) -> Bool {
        searches.with { searches in
            guard !searches.isEmpty, var search = searches[tag.hex], search.until > now else { return false }
            if let last = search.told[device], now - last < Finder.pause { return false }
            search.told[device] = now
            searches[tag.hex] = search
            return true
        }
    }
}
