public import Depot

/// Follows the ledger into the trail that people read. Calls have a page of their own, and what was merely read from the ERP nobody did.
public struct AuditFollower: Follower {
    public static let name = "audit"

    public init() {}

    static func isShown(_ kind: Fact.Kind) -> Bool {
        switch kind {
        // That a push died is told by itself.
        case .callEnded, .callMissed, .deliveriesPulled, .deliveriesExpected, .pushNoticed, .reportMade: false
        default: true
        }
    }

    public func follow(_ entry: Entry, in store: Store) throws {
        if AuditFollower.isShown(entry.fact.kind) { try store.trail.add(entry.seq) }
    }
}
