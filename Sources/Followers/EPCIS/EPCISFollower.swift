public import Depot
import Model

/// Follows the ledger for EPCIS: a delivery that is closed and a count that is posted become events, once; goods that move become
/// some between two entries, because a single sighting is no fact.
public struct EPCISFollower: Follower, Sendable {
    public static let name = "epcis"
    /// Under which it is kept how far the book's movements were read.
    static let moves = "epcis-moves"
    /// Movements in one transaction, and things in one event.
    static let portion = 500

    let names: EPCISNames
    /// A repository captures them.
    let waits: Bool
    /// What a pallet held is told to be off it when its delivery is closed: from then on the book has the goods and no pallet.
    let unpacks: Bool
    /// Unix milliseconds: when it is told.
    public var now: Int64

    public init(names: EPCISNames, waits: Bool, unpacks: Bool, now: Int64 = 0) {
        (self.names, self.waits, self.unpacks, self.now) = (names, waits, unpacks, now)
    }

    public func follow(_ entry: Entry, in store: Store) throws {
        guard let id = Int64(entry.fact.subject) else { return }
        switch entry.fact.kind {
        case .deliveryClosed:
            guard let view = try store.deliveries.view(id) else { return }
            let zone = try store.deliveries.receivedIn(id) ?? view.dock ?? "dock"
            let events = received(view, try store.stock.held(by: view), in: zone, at: entry.at)
            // Numbers of deliveries that are gone are given again.
            try tell(events, of: "delivery:\(id):\(view.openedAt ?? 0)", in: store)
        case .takePosted:
            guard let view = try store.takes.view(id) else { return }
            try tell(
                counted(view, try store.epcis.counted(take: id), at: entry.at), of: "take:\(id):\(view.openedAt)",
                in: store)
        default: break
        }
    }

    /// What holds now. What was told before of the same subject and holds no more is said to be wrong.
    private func tell(_ events: [EPCISEvent], of subject: String, in store: Store) throws {
        let before = try store.epcis.valid(of: subject)
        let new = events.filter { event in !before.contains { $0.isLike(event) } }
        for event in new { try store.epcis.add(event, of: subject, waits: waits, at: now) }
        for wrong in before where !events.contains(where: { $0.isLike(wrong) }) {
            let instead = new.filter { ($0.kind, $0.step, $0.parent) == (wrong.kind, wrong.step, wrong.parent) }
            try store.epcis.declareWrong(wrong, of: subject, instead: instead.map(\.id), waits: waits, at: now)
        }
    }

    /// Lets it catch up with the ledger and the book.
    public func catchUp(_ store: Store) throws {
        try store.run(self)
        guard var last = try store.ledger.watermark(of: EPCISFollower.moves) else {
            return try store.ledger.mark(EPCISFollower.moves, at: store.stock.lastMovement())
        }
        while true {
            let end = try store.transaction { () -> Int64 in
                let (rows, end) = try store.epcis.moves(after: last, limit: EPCISFollower.portion)
                guard end > last else { return end }
                for event in try moved(rows, { try store.articles.measure(of: $0) }) {
                    try store.epcis.add(event, of: nil, waits: waits, at: now)
                }
                try store.ledger.mark(EPCISFollower.moves, at: end)
                return end
            }
            guard end > last else { return }
            last = end
        }
    }

    /// Where nobody asks for EPCIS any more: should somebody again, it begins anew.
    public static func forget(_ store: Store) throws {
        for name in [name, moves] where try store.ledger.watermark(of: name) != nil {
            try store.ledger.forget(follower: name)
        }
    }
}
