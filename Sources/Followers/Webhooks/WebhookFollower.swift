public import Depot

/// Follows the ledger for webhooks: what one of them is told waits for it, once.
public struct WebhookFollower: Follower, Sendable {
    public static let name = WebhookTable.follower

    public init() {}

    public func follow(_ entry: Entry, in store: Store) throws {
        guard entry.fact.kind == .webhookTested || CloudEvent.scope(of: entry.fact.kind) != nil else { return }
        for hook in try store.webhooks.active() where hook.since < entry.seq && CloudEvent.isTold(entry, to: hook) {
            try WebhookDesk(store).queue(entry, for: hook)
        }
    }

    /// Lets it catch up; where there is no webhook it costs nothing, and the next one begins anew.
    public static func catchUp(_ store: Store) throws {
        if try store.webhooks.isAny() {
            try store.run(WebhookFollower())
        } else if try store.ledger.watermark(of: name) != nil {
            try store.ledger.forget(follower: name)
        }
    }
}
