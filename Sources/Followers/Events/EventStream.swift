public import Depot
import Model

/// One answer of Server-Sent Events (WHATWG HTML §9.2): what the ledger has after an entry, then its end. A browser's
/// `EventSource` asks again by itself and says how far it came, so that no connection is held and nothing is kept for it.
public struct EventStream: Equatable, Sendable {
    /// After which a client asks again, in milliseconds.
    static let pause = 2000

    /// UTF-8, `text/event-stream`.
    public private(set) var text = "retry: \(EventStream.pause)\n\n"

    /// `seq`: the entry that the client has, nil begins with what happens from now on.
    public init(
        after seq: Int64?, of ledger: Ledger, instance: String, personal: Bool, rfc3339: (Int64) -> String
    ) throws {
        let batch = try EventBatch(
            after: seq ?? .max, of: ledger, instance: instance, personal: personal, rfc3339: rfc3339)
        for told in batch.events { text += "id: \(told.seq)\ndata: \(told.text)\n\n" }
        // Without data it is no event, and moves the client over what is not told.
        text += ": as far as this answer goes\nid: \(batch.last)\n\n"
    }
}
