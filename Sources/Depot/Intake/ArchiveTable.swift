import Model
import SQLite

/// Which records lie in files, and how their rows are taken out. Never a number that may come again as something new: only below a
/// stream's frontier, where no row is ever put in (`Applier`), and the numbers that went are remembered here, so that a row which comes
/// under another key is still known (`RecordTable.isKnown`).
public struct ArchiveTable: StoreTable {
    let store: Store

    /// A file of `archive_file`.
    public struct File: Equatable, Sendable {
        public var name: String
        /// `2026-08`, by UTC, of when they came.
        public var month: String
        public var records: Int64
        public var bytes: Int64
        /// SHA-256 of the file, in hex.
        public var digest: String
        public var at: Int64
        /// When the last of its rows was taken out.
        public var emptied: Int64?

        public init(
            name: String, month: String, records: Int64, bytes: Int64, digest: String, at: Int64, emptied: Int64? = nil
        ) {
            (self.name, self.month, self.records, self.bytes) = (name, month, records, bytes)
            (self.digest, self.at, self.emptied) = (digest, at, emptied)
        }
    }

    /// Numbers of a stream without a hole.
    public struct Stretch: Equatable, Sendable {
        public var stream: Int64
        public var first: Int64
        public var last: Int64
    }

    /// Rows that are looked at, or taken out, at once.
    public static let portion = 2000
    /// Of one file; beyond it the month has another one.
    public static let recordLimit = 5_000_000
    public static let stretchLimit = 4000

    /// Where the file of a stream's next record begins: behind what is archived.
    private static let reached =
        "coalesce((SELECT last FROM archived WHERE archived.stream=stream.id ORDER BY first DESC LIMIT 1), 0)"

    /// When the oldest record came that is in no file, in Unix milliseconds. One look into each stream.
    public func oldest() throws -> Int64? {
        // No record has a row with nothing in it, which would read as 1970.
        try database.first(
            """
            SELECT min((SELECT received FROM record WHERE record.stream=stream.id AND seq>\(ArchiveTable.reached)
                AND seq<=stream.frontier ORDER BY seq LIMIT 1)) FROM stream
            """
        ) { $0.optionalInteger(0) } ?? nil
    }

    /// What is left of a file: which stream it is reading, and behind which number.
    public struct Walk: Sendable {
        /// Came before, in Unix milliseconds.
        public let end: Int64
        public private(set) var stretches: [Stretch] = []
        public fileprivate(set) var records = 0
        fileprivate var stream: (id: Int64, agent: String, epoch: UInt64, frontier: Int64, seq: Int64)?
        fileprivate var badges: Set<String> = []
        public fileprivate(set) var isDone = false

        public init(before end: Int64) { self.end = end }

        fileprivate mutating func take(_ stream: Int64, _ seq: Int64) {
            if let last = stretches.last, last.stream == stream, last.last + 1 == seq {
                stretches[stretches.count - 1].last = seq
            } else {
                stretches.append(Stretch(stream: stream, first: seq, last: seq))
            }
        }
    }

    /// The next records of a file, in the order of streams and numbers; those of people are passed over, and stay where they are.
    public func lines(_ walk: inout Walk) throws -> [RecordLine] {
        if walk.stretches.isEmpty, walk.stream == nil { walk.badges = try store.screens.badges() }
        guard walk.records < ArchiveTable.recordLimit, walk.stretches.count < ArchiveTable.stretchLimit else {
            walk.isDone = true
            return []
        }
        guard let stream = try walk.stream ?? next(after: walk.stretches.last?.stream ?? 0, walk.end) else {
            walk.isDone = true
            return []
        }
        let rows = try database.rows(
            """
            SELECT seq, kind, captured, received, synced, device, zone, subject, body FROM record
            WHERE stream=? AND seq>? AND seq<=? ORDER BY seq LIMIT ?
            """, .integer(stream.id), .integer(stream.seq), .integer(stream.frontier), .integer(ArchiveTable.portion)
        ) { row in
            RecordLine(
                stream: stream.id, agent: stream.agent, epoch: stream.epoch, seq: row.integer(0), kind: row.integer(1),
                captured: row.integer(2), received: row.integer(3), isSynced: row.bool(4), device: row.optionalText(5),
                zone: row.optionalText(6), subject: row.optionalText(7), body: row.blob(8))
        }
        let old = rows.prefix { $0.received < walk.end }
        for line in old { walk.take(stream.id, line.seq) }
        walk.stream = stream
        walk.stream?.seq = old.last?.seq ?? stream.seq
        if old.count < ArchiveTable.portion { walk.stream = nil }
        let told = old.filter { line in !RecordLine.personal.contains { $0.rawValue == line.kind } }
        walk.records += told.count
        return told.map { $0.shows(walk.badges) ? $0.blank : $0 }
    }

    private typealias Start = (id: Int64, agent: String, epoch: UInt64, frontier: Int64, seq: Int64)

    /// The next stream with something old enough at its beginning.
    private func next(after stream: Int64, _ end: Int64) throws -> Start? {
        try database.first(
            """
            SELECT id, agent, epoch, frontier, \(ArchiveTable.reached) FROM stream WHERE id>?1
                AND (SELECT received FROM record WHERE record.stream=stream.id AND seq>\(ArchiveTable.reached)
                    AND seq<=stream.frontier ORDER BY seq LIMIT 1)<?2 ORDER BY id LIMIT 1
            """, .integer(stream), .integer(end)
        ) { ($0.integer(0), $0.text(1), $0.word(2), $0.integer(3), $0.integer(4)) }
    }

    // MARK: files

    private static let columns = "SELECT name, month, records, bytes, digest, at, emptied FROM archive_file"

    private static func file(_ row: SQLite.Row) -> File {
        File(
            name: row.text(0), month: row.text(1), records: row.integer(2), bytes: row.integer(3), digest: row.text(4),
            at: row.integer(5), emptied: row.optionalInteger(6))
    }

    /// In the order of their names, which is that of months.
    public func files() throws -> [File] {
        try database.rows(ArchiveTable.columns + " ORDER BY name", map: ArchiveTable.file)
    }

    /// The file whose rows are not all taken out: one at a time.
    public func open() throws -> File? {
        try database.first(
            ArchiveTable.columns + " WHERE emptied IS NULL ORDER BY name LIMIT 1", map: ArchiveTable.file)
    }

    /// Whether a row of it was taken out already.
    public func isBegun(_ name: String) throws -> Bool {
        try database.integer("SELECT 1 FROM archived WHERE file=? AND removed>=first LIMIT 1", .text(name)) != nil
    }

    /// Says that a file has these numbers; it was written and read back. Nothing is taken out by it. Throws where another one has begun
    /// the same.
    public func add(_ file: File, _ stretches: [Stretch], at now: Int64) throws {
        try store.transaction {
            try database.run(
                "INSERT INTO archive_file VALUES (?, ?, ?, ?, ?, ?, NULL)", .text(file.name), .text(file.month),
                .integer(file.records), .integer(file.bytes), .text(file.digest), .integer(now))
            for part in stride(from: 0, to: stretches.count, by: 200) {
                let some = stretches[part..<min(part + 200, stretches.count)]
                try database.run(
                    "INSERT INTO archived VALUES \(some.map { _ in "(?, ?, ?, ?, ?)" }.joined(separator: ", "))",
                    arguments: some.flatMap {
                        [
                            .integer($0.stream), .integer($0.first), .integer($0.last), .integer($0.first - 1),
                            .text(file.name),
                        ]
                    })
            }
            try store.tell(
                Fact(.recordsArchived, file.name, "\(file.records) records, sha256 \(file.digest)"),
                by: Author("edge-ingest"), at: now)
        }
    }

    /// A file that is lost before any of its rows was taken out: they are written again.
    public func withdraw(_ name: String) throws {
        try store.transaction {
            guard try !isBegun(name) else { return }
            try database.run("DELETE FROM archived WHERE file=?", .text(name))
            try database.run("DELETE FROM archive_file WHERE name=? AND emptied IS NULL", .text(name))
        }
    }

    /// Takes the next rows of a file out; false when there are none left. What is of people stays.
    public func remove(_ name: String, at now: Int64) throws -> Bool {
        try store.transaction {
            let next = try database.first(
                "SELECT stream, first, last, removed FROM archived WHERE file=? AND removed<last LIMIT 1", .text(name)
            ) { ($0.integer(0), $0.integer(1), $0.integer(2), $0.integer(3)) }
            guard let (stream, first, last, removed) = next else {
                try database.run(
                    "UPDATE archive_file SET emptied=? WHERE name=? AND emptied IS NULL", .integer(now), .text(name))
                return false
            }
            let end = min(last, removed + Int64(ArchiveTable.portion))
            let kinds = RecordLine.personal.map { String($0.rawValue) }.joined(separator: ", ")
            try database.run(
                "DELETE FROM record WHERE stream=? AND seq>? AND seq<=? AND kind NOT IN (\(kinds))", .integer(stream),
                .integer(removed), .integer(end))
            try database.run(
                "UPDATE archived SET removed=? WHERE stream=? AND first=?", .integer(end), .integer(stream),
                .integer(first))
            return true
        }
    }

    // MARK: what went

    /// Whether this number went into a file: then it was there once.
    func has(stream: Int64, seq: UInt64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM archived WHERE stream=?1 AND first<=?2 AND last>=?2 LIMIT 1", .integer(stream), .integer(seq)
        ) != nil
    }

    /// Of ranges of numbers without a row what is in no file, either.
    func missing(stream: Int64, _ holes: [ClosedRange<UInt64>]) throws -> [ClosedRange<UInt64>] {
        var out: [ClosedRange<UInt64>] = []
        for hole in holes {
            var next = hole.lowerBound
            let went = try database.rows(
                "SELECT first, last FROM archived WHERE stream=? AND first<=? AND last>=? ORDER BY first",
                .integer(stream),
                .integer(hole.upperBound), .integer(hole.lowerBound)
            ) { (first: $0.word(0), last: $0.word(1)) }
            for part in went {
                if part.first > next { out.append(next...part.first - 1) }
                next = max(next, part.last &+ 1)
            }
            if next <= hole.upperBound { out.append(next...hole.upperBound) }
        }
        return out
    }
}
