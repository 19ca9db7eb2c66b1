import Model
import SQLite

/// What grows, row by row for files: a portion at a time in the order of a key, so that no file needs more memory than a short one, and
/// nobody who writes waits for its reader.
public struct ExportTable: StoreTable {
    let store: Store

    /// Which rows: from a moment on, until before another one, in Unix milliseconds; of one site, or of all.
    public struct Range: Equatable, Sendable {
        public var from: Int64
        public var to: Int64
        public var site: String?

        public init(from: Int64 = .min, to: Int64 = .max, site: String? = nil) {
            (self.from, self.to, self.site) = (from, to, site)
        }

        func covers(_ moment: Int64) -> Bool { from <= moment && moment < to }
    }

    static let portion = 2000

    /// A moment as people write it (`2026-11-28`, `2026-11-28T06:00:00Z`, `…+01:00`), in Unix milliseconds; nil for another form.
    public func moment(_ text: String) throws -> Int64? {
        guard text.utf8.count >= 10, text.utf8.dropFirst(4).first == UInt8(ascii: "-") else { return nil }
        return try database.integer(
            "SELECT s FROM (SELECT CAST(strftime('%s', ?) AS INTEGER) AS s) WHERE s IS NOT NULL", .text(text)
        ).map { $0 * 1000 }
    }

    /// Records by when they came, stream by stream; those of people are none of them. What lies in files is there alone.
    public func records(_ range: Range, _ body: (RecordLine) throws -> Void) throws {
        let badges = try store.screens.badges()
        let streams = try database.rows(
            """
            SELECT stream.id, stream.agent, stream.epoch FROM stream LEFT JOIN agent ON agent.name=stream.agent
            WHERE ?1 IS NULL OR agent.site=?1 ORDER BY stream.id
            """, .text(range.site)
        ) { (id: $0.integer(0), agent: $0.text(1), epoch: $0.word(2)) }
        for stream in streams {
            var last: Int64 = 0
            while true {
                let rows = try database.rows(
                    """
                    SELECT seq, kind, captured, received, synced, device, zone, subject, body FROM record
                    WHERE stream=? AND seq>? ORDER BY seq LIMIT ?
                    """, .integer(stream.id), .integer(last), .integer(ExportTable.portion)
                ) { row in
                    RecordLine(
                        stream: stream.id, agent: stream.agent, epoch: stream.epoch, seq: row.integer(0),
                        kind: row.integer(1), captured: row.integer(2), received: row.integer(3), isSynced: row.bool(4),
                        device: row.optionalText(5), zone: row.optionalText(6), subject: row.optionalText(7),
                        body: row.blob(8))
                }
                for line in rows
                where range.covers(line.received) && !RecordLine.personal.contains(where: { $0.rawValue == line.kind })
                {
                    try body(line.shows(badges) ? line.blank : line)
                }
                guard rows.count == ExportTable.portion, let end = rows.last?.seq else { break }
                last = end
            }
        }
    }

    /// Calls that are over, by when they began.
    public func calls(_ range: Range, _ body: (CallRow, _ site: String?) throws -> Void) throws {
        var (started, id) = (range.from, "")
        while true {
            let rows = try store.calls.page(
                after: started, id, before: range.to, site: range.site, limit: ExportTable.portion)
            for row in rows where row.call != nil { try body(row.call!, row.site) }
            guard rows.count == ExportTable.portion, let last = rows.last else { return }
            (started, id) = (last.started, last.id)
        }
    }

    /// Facts by when they were told, oldest first.
    public func facts(_ range: Range, _ body: (Entry, _ link: String) throws -> Void) throws {
        var seq = range.from > 0 ? try ledger.seq(about: range.from - Ledger.disorder) - 1 : 0
        let end = range.to == .max ? Int64.max : try ledger.seq(about: range.to + Ledger.disorder)
        while true {
            let rows = try database.rows(
                "SELECT \(Ledger.columns), chain FROM entry WHERE seq>? AND seq<=? ORDER BY seq LIMIT ?", .integer(seq),
                .integer(end), .integer(ExportTable.portion)
            ) { (entry: Ledger.entry($0), link: $0.optionalText(10) ?? "") }
            for (entry, link) in rows where range.covers(entry.at) && (range.site == nil || entry.site == range.site) {
                try body(entry, link)
            }
            guard rows.count == ExportTable.portion, let last = rows.last?.entry.seq else { return }
            seq = last
        }
    }
}

extension Store {
    public var export: ExportTable { ExportTable(store: self) }
}
