/// What needs somebody, and who has dealt with it.
public struct NoticeDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// False when somebody has dealt with it, it went by itself, or this person does not see it.
    public func settle(_ id: Int64, by person: Person, at now: Int64) throws -> Bool {
        try store.transaction { try store.stock.settle(notice: id, by: person, at: now) }
    }

    /// Which zones are to be counted.
    public func watchCounts(at now: Int64) throws { try store.stock.watchCounts(at: now) }
}
