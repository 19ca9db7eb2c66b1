import Model
import SQLite

/// Who did what, and who looked at whom: the entries of the ledger that people ask about. Only their numbers are here; the words stay
/// in the ledger, where an erasure reaches them. A ledger is mostly calls: of a million entries a page needs a hundred, without
/// looking at the others.
public struct TrailTable: StoreTable {
    let store: Store

    /// Which entries; nil is all.
    public struct Query: Equatable, Sendable {
        public var who: String?
        public var subject: String?
        /// A room (`delivery`), a kind (`delivery.close`), `reads` for who looked at personal data, `deeds` for all else.
        public var kind: String?
        /// Unix milliseconds, both included.
        public var from: Int64?
        public var to: Int64?

        private static func bounded(_ moment: Int64) -> Int64 {
            min(max(moment, Bounded.times.lowerBound), Bounded.times.upperBound)
        }

        public init(
            who: String? = nil, subject: String? = nil, kind: String? = nil, from: Int64? = nil, to: Int64? = nil
        ) {
            (self.who, self.subject, self.kind) = (who, subject, kind)
            // From anybody: what is added to them must not overflow.
            (self.from, self.to) = (from.map(Query.bounded), to.map(Query.bounded))
        }
    }

    /// Once, however often it is told.
    public func add(_ seq: Int64) throws {
        try database.run("INSERT OR IGNORE INTO trail VALUES (?)", .integer(seq))
    }

    /// Newest first, before the entry `before`.
    public func entries(before: Int64?, subject: String?, who: String?, limit: Int) throws -> [Entry] {
        try entries(Query(who: who, subject: subject), before: before, limit: limit)
    }

    public func entries(_ query: Query, before: Int64?, limit: Int) throws -> [Entry] {
        let (condition, arguments) = try self.condition(query)
        // Of one person, or one thing, by its index of the ledger, from its end; of all by the trail, which is shorter.
        let from = query.who == nil && query.subject == nil ? "trail" : "entry"
        return try database.rows(
            """
            SELECT \(Ledger.columns) FROM trail JOIN entry USING (seq) WHERE \(from).seq<?1 AND \(condition)
            ORDER BY \(from).seq DESC LIMIT ?2
            """, arguments: [.integer(before ?? Int64.max), .integer(limit)] + arguments, map: Ledger.entry)
    }

    /// With what proves each, oldest first after an entry, until `body` says that it is enough.
    public func sealed(_ query: Query, after seq: Int64 = 0, body: (SealedEntry) throws -> Bool) throws {
        let (condition, arguments) = try self.condition(query)
        try database.each(
            """
            SELECT \(Ledger.columns), salt, digest, chain,
                (SELECT chain FROM entry AS before WHERE before.seq=entry.seq - 1)
            FROM trail JOIN entry USING (seq) WHERE seq>?1 AND ?2 IS NULL AND \(condition) ORDER BY seq
            """, arguments: [.integer(seq), .null] + arguments
        ) { row in
            try body(
                SealedEntry(
                    entry: Ledger.entry(row), salt: row.optionalText(10), digest: row.text(11),
                    previous: row.text(13), link: row.text(12)))
        }
    }

    /// SQL and its arguments, from `?3` on.
    private func condition(_ query: Query) throws -> (String, [Value]) {
        var parts: [String] = []
        var arguments: [Value] = []
        func add(_ part: (String) -> String, _ value: Value) {
            arguments.append(value)
            parts.append(part("?\(arguments.count + 2)"))
        }
        if let who = query.who { add({ "who=\($0)" }, .text(who)) }
        if let subject = query.subject { add({ "subject=\($0)" }, .text(subject)) }
        switch query.kind {
        case nil: break
        case "reads": parts.append("kind GLOB 'personal.*'")
        case "deeds": parts.append("kind NOT GLOB 'personal.*'")
        case let kind? where kind.contains("."): add({ "kind=\($0)" }, .text(kind))
        case let room?: add({ "substr(kind, 1, length(\($0)) + 1)=\($0) || '.'" }, .text(room))
        }
        if let from = query.from {
            add({ "seq>=\($0)" }, .integer(try ledger.seq(about: from - Ledger.disorder)))
            add({ "at>=\($0)" }, .integer(from))
        }
        if let to = query.to {
            add({ "seq<=\($0)" }, .integer(try ledger.seq(about: to + Ledger.disorder)))
            add({ "at<=\($0)" }, .integer(to))
        }
        return (parts.isEmpty ? "1=1" : parts.joined(separator: " AND "), arguments)
    }
}

extension Ledger {
    /// By how much moments may run backwards from one entry to the next, in milliseconds: a read is told a little after it happened,
    /// and clocks are set.
    static let disorder: Int64 = 3_600_000

    /// The first entry told at `moment` or later, near enough; without looking at more than a few.
    func seq(about moment: Int64) throws -> Int64 {
        var (low, high) = (try first(), try tip() + 1)
        while low < high {
            let middle = low + (high - low) / 2
            if try database.integer("SELECT at FROM entry WHERE seq=?", .integer(middle)) ?? 0 < moment {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
