/// What people do with stock takes.
public struct CountingDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// Nil when the zone is being counted already.
    public func open(
        zone: String, sources: [String], blind: Bool, by author: Author, at now: Int64
    ) throws -> Int64? {
        try store.transaction {
            try store.takes.openTake(zone: zone, sources: sources, blind: blind, by: author, at: now)
        }
    }

    /// What a scan means from now on; false when it is not being counted.
    public func set(_ mode: Reception.Mode, on id: Int64, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.takes.setMode(mode, take: id, by: author, at: now) }
    }

    /// Throws `DecisionError` with what is wrong; then nothing has changed.
    public func decide(_ decision: Decision, on id: Int64) throws {
        try store.transaction { try store.takes.decide(decision, take: id) }
    }

    /// To review and back, or given up; false when it is not at a point where it can be.
    public func change(_ id: Int64, to status: StockTakeView.Status, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.takes.change(take: id, to: status, by: author, at: now) }
    }

    /// Books what was counted; with `complete` what was not seen is not there. False when somebody else did.
    public func post(_ id: Int64, complete: Bool, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.takes.post(take: id, complete: complete, by: author, at: now) }
            != nil
    }
}
