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

    /// `YYYY-MM-DD` of a moment in Unix milliseconds, UTC.
    public static func day(_ milliseconds: Int64) -> String {
        // Days since 0000-03-01 (Howard Hinnant, chrono-compatible low-level date algorithms).
        let days = Int((milliseconds >= 0 ? milliseconds : milliseconds - 86_399_999) / 86_400_000) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(year)-\(two(month))-\(two(day))"
    }
}
