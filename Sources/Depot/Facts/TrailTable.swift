import SQLite

/// Who did what: the entries of the ledger that people ask about. Only their numbers are here; the words stay in the ledger, where an
/// erasure reaches them. A ledger is mostly calls: of a million entries a page needs a hundred, without looking at the others.
public struct TrailTable: StoreTable {
    let store: Store

    /// Once, however often it is told.
    public func add(_ seq: Int64) throws {
        try database.run("INSERT OR IGNORE INTO trail VALUES (?)", .integer(seq))
    }

    /// Newest first, before the entry `before`.
    public func entries(before: Int64?, subject: String?, who: String?, limit: Int) throws -> [Entry] {
        try database.rows(
            """
            SELECT \(Ledger.columns) FROM trail JOIN entry USING (seq) WHERE seq<?1
                AND \(subject == nil ? "?2 IS NULL" : "subject=?2") AND \(who == nil ? "?3 IS NULL" : "who=?3")
            ORDER BY seq DESC LIMIT ?4
            """, .integer(before ?? Int64.max), .text(subject), .text(who), .integer(limit), map: Ledger.entry)
    }
}
