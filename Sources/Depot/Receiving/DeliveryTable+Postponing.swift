import Model
import SQLite

extension DeliveryTable {
    /// A delivery of which nothing came and that comes later is expected again, as if nobody had opened it: what was said of it is
    /// taken back, and asked anew when it is here; whoever signed did not sign for goods. False where something came, or none of it comes later.
    func postpone(_ view: DeliveryView, by author: Author, at now: Int64) throws -> Bool {
        let standing = view.decisions.filter { $0.undoneBy == nil && [.later, .never, .signed].contains($0.kind) }
        guard standing.contains(where: { $0.kind == .later }),
            view.lines.allSatisfy({ $0.received == 0 && $0.damaged == 0 && $0.refused == 0 })
        else { return false }
        for decision in standing {
            let undo = try record(
                Decision(
                    at: now, who: author.who, station: author.station, kind: .undo, quantity: Quantity(decision.id)),
                delivery: view.id)
            try database.run(
                "UPDATE decision SET undone_by=? WHERE id=?", .integer(undo), .integer(decision.id))
        }
        try database.run(
            "UPDATE delivery SET status='expected', zone=NULL, opened=NULL, opened_by=NULL WHERE id=?",
            .integer(view.id))
        try store.tell(Fact(.deliveryPostponed, view.id), by: author, at: now)
        return true
    }
}
