import SQLite

/// A file that the other side put there.
public struct ReadFile: Equatable, Sendable {
    public var name: String
    /// SHA-256 of its bytes, in hex.
    public var digest: String
    /// Nil where nobody could tell.
    public var kind: ArrivedKind?

    public init(name: String, digest: String, kind: ArrivedKind?) {
        (self.name, self.digest, self.kind) = (name, digest, kind)
    }
}

extension ExchangeTable {
    /// What became of a file that was read before.
    public struct Reading: Equatable, Sendable {
        public var accepted: Int64
        public var refused: Int64
        /// Of a file whose report does not lie beside it yet.
        public var report: String?
        public var reportForm: String?
        public var isMoved: Bool
    }

    public func reading(_ name: String, _ digest: String) throws -> Reading? {
        try database.first(
            "SELECT accepted, refused, report, report_form, moved IS NOT NULL FROM exchange_read WHERE name=? AND digest=?",
            .text(name), .text(digest)
        ) {
            Reading(
                accepted: $0.integer(0), refused: $0.integer(1), report: $0.optionalText(2),
                reportForm: $0.optionalText(3), isMoved: $0.bool(4))
        }
    }

    func keep(_ file: ReadFile, _ report: ImportReport, _ text: String, at now: Int64) throws {
        try database.run(
            """
            INSERT INTO exchange_read (name, digest, at, kind, accepted, refused, report, report_form)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT DO UPDATE SET at=?3, kind=?4, accepted=?5, refused=?6, report=?7, report_form=?8, moved=NULL
            """, .text(file.name), .text(file.digest), .integer(now), .text(file.kind?.rawValue),
            .integer(report.accepted), .integer(report.refused.count), .text(text.isEmpty ? nil : text),
            .text(report.columns == nil ? "txt" : "csv"))
    }

    func moved(_ name: String, _ digest: String, at now: Int64) throws {
        try database.run(
            "UPDATE exchange_read SET moved=?, report=NULL WHERE name=? AND digest=?", .integer(now), .text(name),
            .text(digest))
    }

    /// Files read so far, and those of which something was refused.
    public func readCounts() throws -> (read: Int64, refused: Int64) {
        try database.first("SELECT count(*), coalesce(sum(refused>0), 0) FROM exchange_read") {
            ($0.integer(0), $0.integer(1))
        } ?? (0, 0)
    }
}
