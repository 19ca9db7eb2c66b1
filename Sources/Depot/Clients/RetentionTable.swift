import Model
import SQLite

/// Forgets what was kept for long enough, a few at a time.
public struct RetentionTable: StoreTable {
    let store: Store

    /// Rows in one transaction.
    public static let portion = 500

    /// How many there were, and whether there may be more.
    public struct Pass: Equatable, Sendable {
        public var forgotten = 0
        public var isDone = true
    }

    /// What was before `limit`, in Unix milliseconds.
    public func forget(_ kind: Retention, before limit: Int64) throws -> Pass {
        switch kind {
        case .calls: return pass(try store.erasure.forgetCalls(before: limit, atMost: RetentionTable.portion))
        case .notes: return try store.transaction { try notes(before: limit) }
        case .cardViews: return try store.transaction { try entries(kind, "kind GLOB 'personal.*'", before: limit) }
        case .trail: return try store.transaction { try entries(kind, "kind NOT GLOB 'personal.*'", before: limit) }
        case .reads: return try store.transaction { try reads(before: limit) }
        case .photos: return try store.transaction { try pictures("kind<>'signed'", "", before: limit) }
        case .signatures:
            return try store.transaction { try pictures("kind='signed'", ", reason='-'", before: limit) }
        case .inbox:
            return pass(
                try database.run(
                    "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE at<? ORDER BY at LIMIT ?)",
                    .integer(limit), .integer(RetentionTable.portion)))
        case .pageScans:
            return pass(
                Int(try store.pageScans.forget(before: limit, atMost: Int64(RetentionTable.portion))))
        }
    }

    private func pass(_ count: Int) -> Pass { Pass(forgotten: count, isDone: count < RetentionTable.portion) }

    /// A note that the ERP is still to be told waits until it was.
    private func notes(before limit: Int64) throws -> Pass {
        let calls = try database.rows(
            """
            SELECT call FROM call_note WHERE at<? AND NOT EXISTS (SELECT 1 FROM erp_job WHERE kind='call'
                AND subject=call_note.call AND state IN ('waiting', 'running', 'dead')) LIMIT ?
            """, .integer(limit), .integer(RetentionTable.portion)
        ) { $0.text(0) }
        for call in calls {
            try database.run("DELETE FROM call_note WHERE call=?", .text(call))
            try database.run("DELETE FROM erp_job WHERE kind='call' AND subject=?", .text(call))
        }
        if !calls.isEmpty { try database.run("DELETE FROM erp_call WHERE job NOT IN (SELECT id FROM erp_job)") }
        return pass(calls.count)
    }

    /// Content and salt go, digest and link stay: the chain is whole. How far it came is remembered, so that years are not walked again.
    private func entries(_ kind: Retention, _ condition: String, before limit: Int64) throws -> Pass {
        let name = "retention \(kind.rawValue)"
        let start = try ledger.watermark(of: name) ?? 0
        // Moments may run backwards a little: what is near the limit goes an hour later.
        let end = min(
            try ledger.seq(about: limit - Ledger.disorder), start + Int64(RetentionTable.portion) + 1)
        guard end > start + 1 else { return Pass() }
        let count = try database.run(
            """
            UPDATE entry SET who='-', station=NULL, reason=NULL, subject='', detail=NULL, salt=NULL
            WHERE seq>? AND seq<? AND salt IS NOT NULL AND \(condition)
            """, .integer(start), .integer(end))
        try ledger.mark(name, at: end - 1)
        return Pass(forgotten: count, isDone: false)
    }

    /// Stream by stream, in the order of their numbers, up to the first that is younger.
    private func reads(before limit: Int64) throws -> Pass {
        for stream in try database.rows("SELECT id FROM stream ORDER BY id", map: { $0.integer(0) }) {
            let name = "retention reads/\(stream)"
            let start = try ledger.watermark(of: name) ?? 0
            let rows = try database.rows(
                "SELECT seq, received<? FROM record WHERE stream=? AND seq>? ORDER BY seq LIMIT ?", .integer(limit),
                .integer(stream), .integer(start), .integer(RetentionTable.portion)
            ) { (seq: $0.integer(0), isOld: $0.bool(1)) }
            let old = rows.prefix { $0.isOld }
            guard let last = old.last?.seq else { continue }
            // Calls go by their own age.
            let count = try database.run(
                "UPDATE record SET body=x'80', subject=NULL WHERE stream=? AND seq>? AND seq<=? AND kind<>6",
                .integer(stream), .integer(start), .integer(last))
            try ledger.mark(name, at: last)
            return Pass(forgotten: count, isDone: false)
        }
        return Pass()
    }

    private func pictures(_ which: String, _ also: String, before limit: Int64) throws -> Pass {
        let found = try database.rows(
            """
            SELECT id, photo FROM decision WHERE at<? AND \(which) AND (photo IS NOT NULL\(also.isEmpty ? "" : " OR reason<>'-'"))
            LIMIT 100
            """, .integer(limit)
        ) { (id: $0.integer(0), photo: $0.optionalInteger(1)) }
        for one in found {
            try database.run("UPDATE decision SET photo=NULL\(also) WHERE id=?", .integer(one.id))
            try database.run(
                "DELETE FROM photo WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM decision WHERE photo=?1)",
                .integer(one.photo))
        }
        return Pass(forgotten: found.count, isDone: found.count < 100)
    }
}

extension Store {
    public var retention: RetentionTable { RetentionTable(store: self) }
}
