/// Files that people bring: a checked one is written, portion by portion.
public struct ImportDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// One of the file's `portions`. Returns what could not be written any more.
    public func write(
        _ portion: Range<Int>, of file: CheckedImport, by who: String, at now: Int64
    ) throws -> [ImportReport.Late] { try file.write(portion, into: store, by: who, now: now) }

    /// All of it is written: the fact says how much. `kind` is a word, as `products`.
    public func finish(_ kind: String, _ report: ImportReport, by author: Author, at now: Int64) throws {
        try store.transaction {
            try store.tell(
                Fact(imported: kind, accepted: report.accepted, refused: report.refused.count), by: author, at: now)
        }
    }
}
