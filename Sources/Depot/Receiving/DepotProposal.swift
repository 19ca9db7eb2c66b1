public import Model
import SQLite

/// What somebody decided at a depot and the centre did not do: a person says what becomes of it.
public struct DepotProposal: Equatable, Sendable {
    /// Why it was not done.
    public enum Why: String, CaseIterable, Sendable {
        /// The name, or its PIN, is not right; which of them is not said.
        case refused
        /// Too many wrong PINs lately.
        case locked
        /// They may not do this here.
        case forbidden
        /// Its PIN cannot be read here: it was sealed to another key.
        case unread
        case closed
        /// There is no such delivery any more.
        case gone
        /// The one that it was about is gone, and its number was given to this one.
        case another
        /// Somebody else decided about the same after it.
        case overtaken
        /// Questions are left that somebody must answer before it is closed.
        case undecided
        case unsigned
        /// It cannot be so, such as more damaged than received.
        case impossible
    }

    public var id: Int64
    public var agent: String
    public var zone: String
    /// When it was decided, by the centre's clock, in Unix milliseconds.
    public var at: Int64
    public var decision: DepotDecision
    public var why: Why

    /// `who` is the name that was typed: nobody has shown that it is theirs.
    static let shape = Shape<DepotProposal>(
        "DepotProposal",
        [
            .integer("id", \.id), .text("agent", \.agent), .text("zone", \.zone), .moment("at", \.at),
            .text("who", \.decision.name), .word("kind", \.decision.kind), .word("why", \.why),
            .text("gtin", ifAny: \.decision.gtin), .quantity("quantity", ifAny: \.decision.quantity),
            .text("reason", ifAny: \.decision.reason), .word("short", ifAny: \.decision.short),
            .word("extra", ifAny: \.decision.extra), .mark("ignoresUnknown", \.decision.ignoresUnknown),
        ])
}

struct DepotDecisionTable: StoreTable {
    let store: Store

    enum State: String { case done, proposed, accepted, refused }

    func has(agent: String, key: String) throws -> Bool {
        try database.integer("SELECT 1 FROM depot_decision WHERE agent=? AND key=?", .text(agent), .text(key)) != nil
    }

    func add(
        _ decided: Model.Row.Decided, agent: String, _ state: State, _ why: DepotProposal.Why?, at: Int64,
        received: Int64
    ) throws {
        try database.run(
            """
            INSERT INTO depot_decision (agent, key, delivery, at, received, zone, text, state, why)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .text(agent), .text(decided.decision.key), .integer(decided.decision.delivery), .integer(at),
            .integer(received), .text(decided.zone), .text(decided.text), .text(state.rawValue), .text(why?.rawValue))
    }

    /// A delivery's that wait for somebody, the oldest first; 100 at most.
    func proposals(delivery id: Int64) throws -> [DepotProposal] {
        try database.rows(
            """
            SELECT id, agent, zone, at, text, why FROM depot_decision WHERE delivery=? AND state='proposed'
            ORDER BY id LIMIT 100
            """, .integer(id)
        ) { row -> DepotProposal? in
            guard let json = try? JSON(parsing: row.text(4)), let decision = DepotDecision(json: json) else {
                return nil
            }
            return DepotProposal(
                id: row.integer(0), agent: row.text(1), zone: row.text(2), at: row.integer(3), decision: decision,
                why: row.optionalText(5).flatMap(DepotProposal.Why.init) ?? .impossible)
        }.compactMap(\.self)
    }

    func settle(_ number: Int64, _ state: State, by author: Author, at now: Int64) throws {
        try database.run(
            "UPDATE depot_decision SET state=?, settled=?, settled_by=? WHERE id=?", .text(state.rawValue),
            .integer(now),
            .text(author.who), .integer(number))
    }
}

extension Store {
    var depotDecisions: DepotDecisionTable { DepotDecisionTable(store: self) }
}
