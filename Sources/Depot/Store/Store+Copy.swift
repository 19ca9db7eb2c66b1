import SQLite

extension Store {
    /// The form in which this program keeps its database.
    public static var newestForm: Int { Schema.steps.count }

    /// The form that this file has.
    public func form() throws -> Int {
        try database.engine?.form() ?? Int(try database.integer("PRAGMA user_version") ?? 0)
    }

    /// What a database file holds, as far as two files can be compared by it.
    public struct Condition: Equatable, Sendable {
        /// The step that it is brought to.
        public var form: Int
        /// What SQLite finds wrong with it.
        public var damage: [String]
        /// The chain of facts; nil where it is older than the chain, or newer than this program.
        public var ledger: Ledger.Verdict?
        /// What came from each agent in each of its epochs: `agent/epoch applied rejected skipped frontier`.
        public var accounts: [String]

        /// Why this program cannot go on with it; nil when it can. A sentence for people.
        public var problem: String? {
            if form == 0 { return "it is no database of edge-ingest" }
            if form > Store.newestForm {
                return
                    "it was written by a newer version of edge-ingest (form \(form), this one knows \(Store.newestForm)): "
                    + "install that one"
            }
            if let first = damage.first { return "it is damaged: \(first)" }
            return ledger?.broken.map { "the trail is not as it was written, from entry \($0) on" }
        }
    }

    /// Reads a file from beginning to end, and changes nothing.
    public static func condition(of path: String) throws -> Condition {
        let store = try Store(reading: path)
        let database = store.database
        let tables = try database.tables()
        guard tables.isSuperset(of: ["agent", "stream", "record"]) else {
            return Condition(form: 0, damage: [], accounts: [])
        }
        var condition = Condition(form: try store.form(), damage: try database.damage(), accounts: [])
        guard condition.form <= newestForm, condition.damage.isEmpty else { return condition }
        condition.accounts = try database.rows(
            "SELECT agent, epoch, applied, rejected, skipped, frontier FROM stream ORDER BY agent, epoch"
        ) { "\($0.text(0))/\($0.word(1)) \($0.word(2)) \($0.word(3)) \($0.word(4)) \($0.word(5))" }
        let isChained =
            try tables.contains("entry")
            && database.columns(of: "entry").contains { $0.name == "chain" }
            && database.integer("SELECT 1 FROM entry WHERE chain IS NULL LIMIT 1") == nil
        if isChained { condition.ledger = try store.ledger.verify() }
        return condition
    }

    /// Copies a database that others go on writing, as it is at one moment, into a new file.
    public static func copy(_ path: String, to target: String) throws {
        try Store(reading: path).database.copy(to: target)
    }
}
