public import Model
import SQLite

/// Data protection: what is removed by number, and what is too old.
extension Store {
    /// What an erasure removed.
    public struct Erased: Equatable, Sendable {
        public var calls = 0
        public var notes = 0
        public var numbers = 0
        public var commands = 0

        public var json: JSON {
            .object([
                ("calls", .int(Int64(calls))), ("notes", .int(Int64(notes))), ("numbers", .int(Int64(numbers))),
                ("commands", .int(Int64(commands))),
            ])
        }
    }

    /// Everything that is kept of these calls but their places in the journal.
    func forget(calls ids: [String]) throws {
        for id in ids {
            for statement in [
                "DELETE FROM call WHERE id=?", "DELETE FROM missed WHERE call=?", "DELETE FROM call_desk WHERE call=?",
                "DELETE FROM call_note WHERE call=?",
            ] { try database.run(statement, .text(id)) }
        }
    }

    /// The journal keeps the numbers of its records, so that none is applied again; what they said is gone.
    private func blank(calls ids: [String]) throws {
        for id in ids { try database.run("UPDATE record SET body=x'80' WHERE kind=6 AND subject=?", .text(id)) }
    }

    /// Removes every call with a number, what was written about them, and the number from the directory. Afterwards it is
    /// in no page of the file; backups are the site's own.
    public func erase(_ number: PhoneNumber, who: String, dryRun: Bool, at now: Int64) throws -> Erased {
        let digits = Set(
            [number.e164, number.dial, number.input].compactMap(\.self).map { $0.filter(\.isWholeNumber) }
        )
        // Shorter ones stand by chance in times and revisions; their calls are found by what is compared.
        .filter { $0.count >= 7 }
        var erased = Erased()
        var ids = Set(try database.rows("SELECT id FROM call WHERE key=?", .text(number.key)) { $0.text(0) })
        var commands: Set<String> = []
        for text in digits {
            ids.formUnion(
                try database.rows("SELECT id FROM call WHERE instr(snapshot, ?)>0", .text(text)) { $0.text(0) })
            commands.formUnion(
                try database.rows(
                    "SELECT id FROM command WHERE instr(body, ?)>0", .text(text)
                ) { $0.text(0) })
        }
        erased.calls = ids.count
        erased.commands = commands.count
        for id in ids where try note(of: id) != nil { erased.notes += 1 }
        erased.numbers = Int(
            try database.integer("SELECT count(*) FROM party_number WHERE key=?", .text(number.key)) ?? 0)
        guard !dryRun else { return erased }
        // What is deleted is overwritten, also in the log of changes.
        try database.execute("PRAGMA secure_delete=ON")
        try database.transaction {
            try blank(calls: ids.sorted())
            try forget(calls: ids.sorted())
            for id in commands { try database.run("DELETE FROM command WHERE id=?", .text(id)) }
            try database.run("DELETE FROM party_number WHERE key=?", .text(number.key))
            for text in digits {
                try database.run("DELETE FROM dead_letter WHERE instr(body, CAST(? AS BLOB))>0", .text(text))
                // Of calls that became part of others only the journal knows.
                try database.run(
                    "UPDATE record SET body=x'80' WHERE kind=6 AND instr(body, CAST(? AS BLOB))>0", .text(text))
            }
            try audit("number.erased", subject: "\(erased.calls) calls, \(erased.numbers) clients", who: who, at: now)
        }
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return erased
    }

    /// Forgets calls that began before `limit`, a few at a time; how many there were.
    public func forgetCalls(before limit: Int64, atMost count: Int = 500) throws -> Int {
        let ids = try database.rows(
            "SELECT id FROM call WHERE started<? ORDER BY started LIMIT ?", .integer(limit), .integer(count)
        ) { $0.text(0) }
        guard !ids.isEmpty else { return 0 }
        try database.transaction {
            try blank(calls: ids)
            try forget(calls: ids)
            try database.run(
                "UPDATE record SET body=x'80' WHERE kind=6 AND captured<? AND body<>x'80'", .integer(limit))
            try database.run("DELETE FROM command WHERE issued<?", .integer(limit))
        }
        return ids.count
    }
}
