/// What becomes of events that a repository captures.
public struct EPCISDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// Rows that are forgotten at once.
    static let portion = 1000

    /// Before it is sent: whatever happens from here on, the repository is asked before it is sent again.
    public func send(_ ids: [Int64]) throws { try store.transaction { try store.epcis.change(ids, to: .sent) } }

    /// The repository works on it.
    public func begin(_ ids: [Int64], job: String, due: Int64) throws {
        try store.transaction { try store.epcis.change(ids, to: .begun, job: job, due: due) }
    }

    public func settle(_ ids: [Int64]) throws { try store.transaction { try store.epcis.change(ids, to: .done) } }

    /// It did not happen: once more without counting it as a try.
    public func takeBack(_ ids: [Int64], due: Int64) throws {
        try store.transaction { try store.epcis.change(ids, to: .waiting, due: due) }
    }

    /// It was not taken, and is tried again then, or never.
    public func fail(_ ids: [Int64], _ sentence: String, isOver: Bool, due: Int64) throws {
        try store.transaction { try store.epcis.failed(ids, sentence, isOver: isOver, due: due) }
    }

    public func revive() throws -> Int { try store.transaction { try store.epcis.revive() } }

    /// True where there may be more.
    public func forget(before moment: Int64) throws -> Bool {
        try store.transaction { try store.epcis.forget(before: moment, limit: EPCISDesk.portion) } == EPCISDesk.portion
    }
}
