/// What needs somebody, and who has dealt with it.
public struct NoticeDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// False when somebody has dealt with it, or it went by itself.
    public func settle(_ id: Int64, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.stock.settle(notice: id, by: author, at: now) }
    }

    /// Which zones are to be counted.
    public func watchCounts(at now: Int64) throws { try store.stock.watchCounts(at: now) }
}
