import Model
import SQLite

/// Scans that pages brought, each once.
struct PageScanTable: StoreTable {
    let store: Store

    /// What a scan of this key was answered; nil where none has come.
    func answer(_ key: String) throws -> JSON? {
        try database.first("SELECT answer FROM page_scan WHERE key=?", .text(key)) { try? JSON(parsing: $0.text(0)) }
            ?? nil
    }

    func keep(_ scan: PageScan, seq: UInt64, sender: Int64, at: Int64, received: Int64, answer: JSON) throws {
        try database.run(
            "INSERT INTO page_scan VALUES (?, ?, ?, ?, ?, ?, ?, ?)", .text(scan.key), .integer(seq),
            .integer(scan.person ?? sender), .integer(sender), .text(scan.zone), .integer(at), .integer(received),
            .text(answer.description))
    }

    /// Of scans that came before; a few at a time. How many there were.
    func forget(before moment: Int64, atMost count: Int64) throws -> Int64 {
        Int64(
            try database.run(
                "DELETE FROM page_scan WHERE key IN (SELECT key FROM page_scan WHERE received<? ORDER BY received LIMIT ?)",
                .integer(moment), .integer(count)))
    }

    /// The name of a person who can scan; nil for one that there is not.
    func name(person: Int64) throws -> String? {
        try database.first("SELECT name FROM user WHERE id=?", .integer(person)) { $0.text(0) }
    }

    func note(delivery: Int64) throws -> String? {
        try database.first("SELECT note FROM delivery WHERE id=?", .integer(delivery)) { $0.text(0) }
    }

    /// What the catalogue calls an article, else the paper.
    func description(gtin: String, delivery: Int64?) throws -> String? {
        try database.first(
            """
            SELECT coalesce((SELECT description FROM product WHERE gtin=?1 AND description<>''),
                (SELECT description FROM delivery_line WHERE delivery=?2 AND gtin=?1 AND description<>'' LIMIT 1))
            """, .text(gtin), .integer(delivery ?? 0)
        ) { $0.optionalText(0) } ?? nil
    }
}

extension Store {
    var pageScans: PageScanTable { PageScanTable(store: self) }
}
