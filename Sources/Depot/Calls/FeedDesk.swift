public import Model

/// Calls that scripts of exchanges push: one book for each feed, in the value; what came of them in the database before anybody is told.
public struct FeedDesk {
    let store: Store
    /// How the site of a feed writes numbers.
    private let plan: (_ feed: String) -> NumberPlan
    private var books: [String: PushedCalls] = [:]

    public init(_ store: Store, plan: @escaping (_ feed: String) -> NumberPlan) {
        (self.store, self.plan) = (store, plan)
    }

    /// `snapshots` are to be shown, `acks` the ids that the script may forget, `noise` how many lines meant nothing.
    public struct Pushed: Sendable {
        public var snapshots: [CallSnapshot]
        public var acks: [String]
        public var noise: Int
    }

    /// The first time after a start, calls of this feed that ran since `since` are taken up again.
    public mutating func take(_ body: [UInt8], from feed: String, since: Int64, at now: Int64) throws -> Pushed {
        var book = try books[feed] ?? PushedCalls(feed, isLater: store.calls.hasCalls(of: feed), at: now)
        if books[feed] == nil {
            for row in try store.calls.running(since: since) where row.agent == feed {
                book.resume(row.snapshot.told(by: feed))
            }
        }
        let result = book.take(body, at: now)
        let plan = plan(feed)
        let snapshots = result.snapshots.map { plan.placed($0).filed(under: feed) }
        try store.transaction {
            for snapshot in snapshots {
                _ = try store.calls.save(snapshot, agent: feed, key: CallKey.of(snapshot, plan: plan))
            }
        }
        books[feed] = book
        return Pushed(snapshots: snapshots, acks: result.acks, noise: result.noise)
    }
}
