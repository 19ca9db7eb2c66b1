public import Model
import SQLite

extension Store {
    /// Who did what, newest first, before the entry `before`.
    public func auditTrail(before: Int64?, subject: String?, who: String?, limit: Int) throws -> [JSON] {
        try database.rows(
            """
            SELECT id, at, who, what, subject, detail, station, reason FROM audit
            WHERE id<?1 AND (?2 IS NULL OR subject=?2) AND (?3 IS NULL OR who=?3) ORDER BY id DESC LIMIT ?4
            """, .integer(before ?? Int64.max), .text(subject), .text(who), .integer(limit)
        ) { row in
            .object([
                ("id", .int(row.integer(0))), ("at", .int(row.integer(1))), ("who", .string(row.text(2))),
                ("what", .string(row.text(3))), ("subject", .string(row.text(4))),
                ("detail", row.optionalText(5).map(JSON.string)), ("station", row.optionalText(6).map(JSON.string)),
                ("reason", row.optionalText(7).map(JSON.string)),
            ])
        }
    }
}
