public import Depot
import Model

/// One answer of Server-Sent Events (WHATWG HTML §9.2): what the ledger has after an entry, then its end. A browser's
/// `EventSource` asks again by itself and says how far it came, so that no connection is held and nothing is kept for it.
public struct EventStream: Equatable, Sendable {
    /// Entries that one answer looks at, and the bytes after which it ends.
    static let entryLimit = 2000
    static let byteLimit = 256 * 1024
    /// After which a client asks again, in milliseconds.
    static let pause = 2000

    /// UTF-8, `text/event-stream`.
    public private(set) var text = "retry: \(EventStream.pause)\n\n"

    /// `seq`: the entry that the client has, nil begins with what happens from now on. One that the ledger has not reached, as
    /// after a restore, too. `rfc3339` writes Unix milliseconds.
    public init(
        after seq: Int64?, of ledger: Ledger, instance: String, personal: Bool, rfc3339: (Int64) -> String
    ) throws {
        let tip = try ledger.tip()
        var last = min(max(seq ?? tip, 0), tip)
        var (count, bytes) = (0, 0)
        try ledger.linked(after: last) { entry, link in
            last = entry.seq
            count += 1
            if let event = CloudEvent(entry, link: link, instance: instance, personal: personal) {
                let block = "id: \(entry.seq)\ndata: \(event.json(time: rfc3339(event.at)).description)\n\n"
                bytes += block.utf8.count
                text += block
            }
            return count < EventStream.entryLimit && bytes < EventStream.byteLimit
        }
        // Without data it is no event, and moves the client over what is not told.
        text += ": as far as this answer goes\nid: \(last)\n\n"
    }
}
