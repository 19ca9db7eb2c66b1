public import Model
public import SQLite

/// Every fact, in the order of commits, each chained to the one before. Appended within the transaction of its effect; nobody
/// is called: whoever wants to know follows.
public struct Ledger {
    let database: Database

    public init(_ database: Database) { self.database = database }

    static let columns = "seq, at, who, station, reason, site, kind, subject, detail, salt IS NULL"

    static func entry(_ row: SQLite.Row) -> Entry {
        Entry(
            seq: row.integer(0), at: row.integer(1),
            author: Author(row.text(2), station: row.optionalText(3), reason: row.optionalText(4)),
            site: row.optionalText(5),
            fact: Fact(Fact.Kind(rawValue: row.text(6)), row.text(7), row.optionalText(8)), isErased: row.bool(9))
    }

    // MARK: writing

    /// Longest subject and detail, in characters; what is longer is cut.
    static let textLimit = 2000

    /// `site` where it is known: followers may show it to that site's people only.
    public func tell(_ fact: Fact, by author: Author, site: String? = nil, at now: Int64) throws {
        guard database.inTransaction else {
            return try database.transaction { try tell(fact, by: author, site: site, at: now) }
        }
        let last: (seq: Int64, chain: String)? = try database.first(
            "SELECT seq, chain FROM entry ORDER BY seq DESC LIMIT 1"
        ) { ($0.integer(0), $0.text(1)) }
        var fact = fact
        fact.subject = String(fact.subject.prefix(Ledger.textLimit))
        fact.detail = fact.detail.map { String($0.prefix(Ledger.textLimit)) }
        try write(
            Entry(seq: (last?.seq ?? 0) + 1, at: now, author: author, site: site, fact: fact), after: last?.chain ?? "",
            "INSERT INTO entry (at, who, station, reason, site, kind, subject, detail, salt, digest, chain, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
    }

    @discardableResult
    private func write(_ entry: Entry, after chain: String, _ statement: String) throws -> String {
        var random = SystemRandomNumberGenerator()
        let salt = Hex.word(random.next()) + Hex.word(random.next())
        let digest = entry.digest(salt: salt)
        let link = Topic.digest(of: chain + digest)
        try database.run(
            statement, .integer(entry.at), .text(entry.author.who), .text(entry.author.station),
            .text(entry.author.reason), .text(entry.site), .text(entry.fact.kind.rawValue), .text(entry.fact.subject),
            .text(entry.fact.detail), .text(salt), .text(digest), .text(link), .integer(entry.seq))
        return link
    }

    /// Chains what was written down before there was a chain.
    public func seal() throws {
        guard try database.integer("SELECT 1 FROM entry WHERE chain IS NULL LIMIT 1") != nil else { return }
        try database.transaction {
            var chain = ""
            while true {
                let part = try database.rows(
                    "SELECT \(Ledger.columns) FROM entry WHERE chain IS NULL ORDER BY seq LIMIT 1000", map: Ledger.entry
                )
                guard !part.isEmpty else { return }
                for entry in part {
                    chain = try write(
                        entry, after: chain,
                        "UPDATE entry SET at=?, who=?, station=?, reason=?, site=?, kind=?, subject=?, detail=?, salt=?, digest=?, chain=? WHERE seq=?"
                    )
                }
            }
        }
    }

    /// Takes the content of every entry away that says one of `texts`; their digests stay. How many there were.
    public func erase(mentioning texts: [String]) throws -> Int {
        var count = 0
        for text in texts where !text.isEmpty {
            count += try database.run(
                """
                UPDATE entry SET who='-', station=NULL, reason=NULL, subject='', detail=NULL, salt=NULL
                WHERE salt IS NOT NULL AND (instr(subject, ?1)>0 OR instr(coalesce(detail, ''), ?1)>0
                    OR instr(coalesce(reason, ''), ?1)>0)
                """, .text(text))
        }
        return count
    }

    // MARK: reading

    /// The newest entry's number; 0 when there is none.
    public func tip() throws -> Int64 { try database.integer(Ledger.tipQuestion) ?? 0 }

    static let tipQuestion = "SELECT max(seq) FROM entry"

    /// The oldest entry's number; 1 when there is none.
    public func first() throws -> Int64 { try database.integer("SELECT min(seq) FROM entry") ?? 1 }

    /// The newest entry of each kind and subject after `seq`, at most `limit` of them, oldest first.
    public func changed(since seq: Int64, limit: Int) throws -> [Entry] {
        try database.rows(
            """
            SELECT \(Ledger.columns) FROM entry WHERE seq IN (
                SELECT max(seq) FROM entry WHERE seq>? GROUP BY kind, subject) ORDER BY seq LIMIT ?
            """, .integer(seq), .integer(limit), map: Ledger.entry)
    }

    public func entries(after seq: Int64, limit: Int) throws -> [Entry] {
        try database.rows(
            "SELECT \(Ledger.columns) FROM entry WHERE seq>? ORDER BY seq LIMIT ?", .integer(seq), .integer(limit),
            map: Ledger.entry)
    }

    /// Who did what, newest first, before the entry `before`. Calls have a page of their own, and what was merely read from the
    /// ERP nobody did.
    public func trail(before: Int64?, subject: String?, who: String?, limit: Int) throws -> [Entry] {
        try database.rows(
            """
            SELECT \(Ledger.columns) FROM entry WHERE seq<?1 AND (?2 IS NULL OR subject=?2) AND (?3 IS NULL OR who=?3)
                AND kind NOT IN ('call.ended', 'call.missed', 'delivery.pulled') ORDER BY seq DESC LIMIT ?4
            """, .integer(before ?? Int64.max), .text(subject), .text(who), .integer(limit), map: Ledger.entry)
    }

    /// What a walk along the whole chain found.
    public struct Verdict: Equatable, Sendable {
        public var entries: Int64 = 0
        public var erased: Int64 = 0
        /// The first entry that is not as it was written, or whose predecessor is gone.
        public var broken: Int64?
        /// The last link: whoever keeps it elsewhere knows later that nothing was cut off the end.
        public var tip = ""

        public var json: JSON {
            .object([
                ("entries", .int(entries)), ("erased", .int(erased)), ("broken", broken.map(JSON.int)),
                ("tip", .string(tip)),
            ])
        }
    }

    public func verify() throws -> Verdict {
        var verdict = Verdict()
        try database.each("SELECT \(Ledger.columns), salt, digest, chain FROM entry ORDER BY seq") { row in
            let entry = Ledger.entry(row)
            let (salt, digest, chain) = (row.optionalText(10), row.text(11), row.text(12))
            verdict.entries += 1
            verdict.erased += salt == nil ? 1 : 0
            let isWhole =
                entry.seq == verdict.entries && (salt.map { entry.digest(salt: $0) == digest } ?? true)
                && Topic.digest(of: verdict.tip + digest) == chain
            guard isWhole else {
                verdict.broken = entry.seq
                return false
            }
            verdict.tip = chain
            return true
        }
        return verdict
    }

    /// Whether the chain has this link.
    public func has(link: String) throws -> Bool {
        try database.integer("SELECT 1 FROM entry WHERE chain=? LIMIT 1", .text(link)) != nil
    }

    // MARK: followers

    /// How far a follower has come; nil when it is new.
    public func watermark(of follower: String) throws -> Int64? {
        try database.integer("SELECT seq FROM follower WHERE name=?", .text(follower))
    }

    /// Every follower, and how many entries it has still to read.
    public func followers() throws -> [(name: String, behind: Int64)] {
        let tip = try tip()
        return try database.rows("SELECT name, seq FROM follower ORDER BY name") {
            ($0.text(0), max(0, tip - $0.integer(1)))
        }
    }

    /// It begins anew with what happens from then on.
    public func forget(follower: String) throws {
        try database.run("DELETE FROM follower WHERE name=?", .text(follower))
    }

    public func mark(_ follower: String, at seq: Int64) throws {
        try database.run(
            "INSERT INTO follower VALUES (?1, ?2) ON CONFLICT DO UPDATE SET seq=?2", .text(follower), .integer(seq))
    }
}

extension Store {
    public var ledger: Ledger { Ledger(database) }

    public func tell(_ fact: Fact, by author: Author, site: String? = nil, at now: Int64) throws {
        guard database.inTransaction else {
            return try database.transaction { try tell(fact, by: author, site: site, at: now) }
        }
        try ledger.tell(fact, by: author, site: site, at: now)
    }
}
