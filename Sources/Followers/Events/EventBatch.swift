public import Depot
import Model

/// What the ledger has after an entry for other programs: some events at once, and how far they go. Whoever reads asks for the next after
/// that one, so that nothing is kept for anybody.
public struct EventBatch: Sendable {
    /// Entries that are looked at, and the bytes after which it ends: one event more than these at most.
    public static let entryLimit = 2000
    public static let byteLimit = 256 * 1024

    public struct Told: Sendable {
        public var seq: Int64
        public var event: CloudEvent
        /// UTF-8, in the JSON event format.
        public var text: String
    }

    public private(set) var events: [Told] = []
    public private(set) var bytes = 0
    /// The last entry that was looked at.
    public private(set) var last: Int64
    /// Nothing is left of what there was when it was read.
    public private(set) var isWhole = true

    /// After an entry that the ledger has not reached, as after a restore, it begins with what happens from now on. `rfc3339` writes Unix
    /// milliseconds.
    public init(
        after seq: Int64, of ledger: Ledger, instance: String, personal: Bool, atMost entries: Int = entryLimit,
        rfc3339: (Int64) -> String
    ) throws {
        last = min(max(seq, 0), try ledger.tip())
        var count = 0
        try ledger.linked(after: last) { entry, link in
            last = entry.seq
            count += 1
            if let event = CloudEvent(entry, link: link, instance: instance, personal: personal) {
                let text = event.json(time: rfc3339(event.at)).description
                bytes += text.utf8.count
                events.append(Told(seq: entry.seq, event: event, text: text))
            }
            isWhole = count < entries && bytes < EventBatch.byteLimit
            return isWhole
        }
    }
}
