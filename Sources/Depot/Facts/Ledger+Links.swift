import SQLite

extension Ledger {
    /// Entries after `seq` with their links, oldest first, until `body` says that it is enough.
    public func linked(after seq: Int64, body: (Entry, String) throws -> Bool) throws {
        try database.each("SELECT \(Ledger.columns), chain FROM entry WHERE seq>? ORDER BY seq", .integer(seq)) {
            try body(Ledger.entry($0), $0.optionalText(10) ?? "")
        }
    }

    /// After which entry `since` begins: an entry's number is that entry, and so is an event's `id` (`42-9f2c41d7a0b35e68`) where it is of this
    /// chain: after a backup was restored numbers come again, and it begins with what happens from then on. A date or time (`2026-11-28`,
    /// `2026-11-28T06:00:00Z`, `…+01:00`) is the one before the first that was told then or later. Nil for another form.
    public func start(since text: String) throws -> Int64? {
        if let seq = Int64(text) { return seq >= 0 ? seq : nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, parts[1].utf8.count == 16, let seq = Int64(parts[0]), seq > 0 {
            let link = try database.text("SELECT chain FROM entry WHERE seq=?", .integer(seq))
            return try link.map { $0.hasPrefix(parts[1]) } ?? true ? seq : tip()
        }
        let isDate = text.utf8.count >= 10 && text.utf8.dropFirst(4).first == UInt8(ascii: "-")
        // A row only where there is a value: an empty one would read as 0.
        guard isDate,
            let seconds = try database.integer(
                "SELECT s FROM (SELECT CAST(strftime('%s', ?) AS INTEGER) AS s) WHERE s IS NOT NULL", .text(text))
        else { return nil }
        // From a little before it, not from the beginning.
        let first = try database.integer(
            "SELECT seq FROM entry WHERE seq>=? AND at>=? ORDER BY seq LIMIT 1",
            .integer(try seq(about: seconds * 1000 - Ledger.disorder)), .integer(seconds * 1000))
        return try first.map { $0 - 1 } ?? tip()
    }
}
