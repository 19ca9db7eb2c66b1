public import Depot
import Model

/// Follows the ledger into files for an ERP without a connector: a closed delivery, a posted count and what was put away become rows
/// of one file, once.
public struct ExchangeFollower: Follower, Sendable {
    public static let name = "exchange"

    /// What the ERP calls a zone.
    public var location: @Sendable (_ zone: String) -> String
    public var form: ExchangeRow.Form
    /// One file each day: which day a moment is of, and when that is over; nil: one file each closing.
    public var day: (@Sendable (_ at: Int64) -> (name: String, end: Int64))?

    public init(
        location: @escaping @Sendable (_ zone: String) -> String, form: ExchangeRow.Form = .csv,
        day: (@Sendable (_ at: Int64) -> (name: String, end: Int64))? = nil
    ) { (self.location, self.form, self.day) = (location, form, day) }

    public func follow(_ entry: Entry, in store: Store) throws {
        switch entry.fact.kind {
        case .deliveryClosed: try closed(entry, store)
        case .takePosted: try posted(entry, store)
        default: break
        }
    }

    private func binding(_ word: String, _ at: Int64) -> ExchangeTable.Binding {
        ExchangeTable.Binding(word: word, form: form, day: day?(at))
    }

    private func closed(_ entry: Entry, _ store: Store) throws {
        guard let id = Int64(entry.fact.subject), let view = try store.deliveries.view(id) else { return }
        let told = try store.exchange.enter(
            delivery: view, source: String(entry.seq), binding: { binding($0, entry.at) }, place: location,
            by: entry.author, at: entry.at)
        guard told else { return }
        let moves = try store.jobs.takeMoves(ofClosed: id, at: entry.at, place: places)
        for (number, move) in moves.enumerated() {
            try enter(move, "\(entry.seq)-\(number + 1)", store, by: entry.author, at: entry.at)
        }
    }

    private func posted(_ entry: Entry, _ store: Store) throws {
        guard let id = Int64(entry.fact.subject), let view = try store.takes.view(id) else { return }
        // What was put away is told before what was counted there.
        try collect(in: store, at: entry.at)
        try store.exchange.enter(
            take: view, place: location(view.zone), source: String(entry.seq), binding("count", entry.at),
            by: entry.author, at: entry.at)
    }

    /// Tells what moved between zones, when it is time or a count needs it. Within a transaction.
    public func collect(in store: Store, at now: Int64) throws {
        for move in try store.jobs.takeMoves(at: now, place: places) {
            try enter(move, "move-\(move.first)-\(move.last)", store, by: Author("edge-ingest"), at: now)
        }
    }

    private func enter(_ move: PutAway, _ source: String, _ store: Store, by author: Author, at now: Int64) throws {
        try store.exchange.enter(
            move: move, source: "\(source)/\(move.from)/\(move.to)", binding("move", now), by: author, at: now)
    }

    private func places(_ from: String, _ to: String) -> (String, String)? { (location(from), location(to)) }
}
