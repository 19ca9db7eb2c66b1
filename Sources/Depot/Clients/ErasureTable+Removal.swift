import Model
import SQLite

/// Takes away what an erasure found, so that no byte of it stays in the file.
extension ErasureTable {
    /// Within a transaction.
    func remove(_ traces: ErasureTraces) throws {
        let calls = traces.calls.sorted()
        try blank(calls: calls)
        try forget(calls: calls)
        for id in traces.commands { try database.run("DELETE FROM command WHERE id=?", .text(id)) }
        for id in calls { try database.run("DELETE FROM command WHERE call=?", .text(id)) }
        for (stream, seq) in traces.records {
            try database.run(
                "UPDATE record SET body=x'80' WHERE stream=? AND seq=?", .integer(stream), .integer(seq))
        }
        for (stream, seq) in traces.letters {
            try database.run("DELETE FROM dead_letter WHERE stream=? AND seq=?", .integer(stream), .integer(seq))
        }
        for (party, key) in traces.numbers {
            try database.run("DELETE FROM party_number WHERE party=? AND key=?", .integer(party), .text(key))
        }
        for id in traces.parties.sorted() {
            try database.run("UPDATE call_note SET party=NULL WHERE party=?", .integer(id))
            try database.run("DELETE FROM party WHERE id=?", .integer(id))
        }
        for id in traces.jobs.sorted() {
            try database.run("DELETE FROM erp_call WHERE job=?", .integer(id))
            try database.run("DELETE FROM erp_job WHERE id=?", .integer(id))
        }
        for passage in traces.passages {
            // `=` compares a number's text with a column of numbers as numbers (sqlite.org/datatype3.html, 4.2).
            let names = PersonalPlace.of(passage.table).keys
            let keys = names.map { "\($0)=?" }.joined(separator: " AND ")
            let which = passage.keys.map { Value.text($0) }
            // Two texts may have become the same.
            if let place = names.firstIndex(of: passage.column), which[place] != .text(passage.text) {
                var same = which
                same[place] = .text(passage.text)
                try database.run("DELETE FROM \(passage.table) WHERE \(keys)", arguments: same)
            }
            try database.run(
                "UPDATE \(passage.table) SET \(passage.column)=? WHERE \(keys)",
                arguments: [.text(passage.text)] + which)
            // A page that still shows the old text does not write it back.
            if passage.table == "call_note" {
                try database.run("UPDATE call_note SET revision=revision + 1 WHERE \(keys)", arguments: which)
            }
        }
        _ = try ledger.erase(mentioning: (traces.forms.union(traces.names)).sorted())
        // Pushes are known by what they were about; what the ERP said may have been anything.
        for seq in traces.entries.sorted() {
            try database.run(
                """
                UPDATE entry SET who='-', station=NULL, reason=NULL, subject='', detail=NULL, salt=NULL
                WHERE seq=? AND salt IS NOT NULL
                """, .integer(seq))
        }
    }

    /// Pages of the search index that are merged in one transaction: others wait no longer.
    private static let mergedPages: Int64 = 500

    /// Words of rows that are gone stay in the index until its parts are merged (sqlite.org/fts5.html, 6.8).
    func mergeSearch() throws {
        guard database.engine == nil else { return }
        // A negative number begins with all parts, a positive one goes on; fewer than two changes: done.
        var pages = -ErasureTable.mergedPages
        while true {
            let before = try database.integer("SELECT total_changes()") ?? 0
            try database.run("INSERT INTO search (search, rank) VALUES ('merge', ?)", .integer(pages))
            let after = try database.integer("SELECT total_changes()") ?? 0
            guard after - before >= 2 else { return }
            pages = ErasureTable.mergedPages
        }
    }

    /// Writes the file anew, without free pages and gaps; false when there was no room for it or no peace.
    func rewriteFile() throws -> Bool {
        if let engine = database.engine { return engine.rewrite() }
        do { try database.execute("VACUUM") } catch { return false }
        // The search index goes by row numbers, which VACUUM keeps where a table has a key, but does not promise to.
        let isMoved =
            try database.integer(
                """
                SELECT 1 FROM product LEFT JOIN search ON search.rowid=product.rowid*4
                WHERE search.ref IS NOT product.gtin LIMIT 1
                """) != nil
            || database.integer(
                """
                SELECT 1 FROM label LEFT JOIN search ON search.rowid=label.rowid*4+3
                WHERE search.ref IS NOT label.subject LIMIT 1
                """) != nil
        guard isMoved else { return true }
        try database.transaction {
            try database.execute(
                """
                DELETE FROM search; UPDATE product SET gtin=gtin; UPDATE party SET name=name;
                UPDATE delivery SET note=note; UPDATE label SET gtin=gtin;
                """)
        }
        return true
    }
}
