import Model
import SQLite

/// What is told by file, and which files were read.
public struct ExchangeTable: StoreTable {
    let store: Store

    /// Files that are looked at together.
    static let atOnce = 500

    // MARK: what is told

    /// In which file something goes.
    public struct Binding: Sendable {
        /// What a file of one closing is called.
        public var word: String
        public var form: ExchangeRow.Form
        /// One file each day: its day, and when that is over.
        public var day: (name: String, end: Int64)?

        public init(word: String, form: ExchangeRow.Form, day: (name: String, end: Int64)?) {
            (self.word, self.form, self.day) = (word, form, day)
        }
    }

    /// Adds rows to a file, in the transaction in which the ledger is followed: `source` once. Rows get their numbers when they are
    /// written.
    func enter(
        _ rows: [ExchangeRow], source: String, subject: String, title: String, into binding: Binding, by author: Author,
        at now: Int64
    ) throws {
        guard !rows.isEmpty,
            try database.integer("SELECT 1 FROM exchange_entry WHERE source=?", .text(source)) == nil
        else { return }
        let file = try open(binding.day?.name) ?? make(binding, title, by: author, at: now)
        try database.run(
            "INSERT INTO exchange_entry (source, subject, file, at, rows) VALUES (?, ?, ?, ?, ?)", .text(source),
            .text(subject), .integer(file), .integer(now), .text(JSON.array(rows.map(\.json)).description))
        if binding.day != nil { try queue(file, binding, title, by: author, at: now) }
    }

    /// The file of a day, as long as it was not written.
    private func open(_ day: String?) throws -> Int64? {
        guard let day else { return nil }
        return try database.integer(
            """
            SELECT number FROM exchange_file JOIN erp_job ON erp_job.id=job
            WHERE day=? AND staged IS NULL AND state='waiting' AND attempts=0 ORDER BY number DESC LIMIT 1
            """, .text(day))
    }

    private func make(_ binding: Binding, _ title: String, by author: Author, at now: Int64) throws -> Int64 {
        let number = try (database.integer("SELECT max(number) FROM exchange_file") ?? 0) + 1
        let job = try queue(number, binding, title, by: author, at: now)
        let word = binding.day?.name ?? binding.word
        let name = "quai-\(ExchangeTime.padded(number, 6))-\(word).\(binding.form.rawValue)"
        try database.run(
            "INSERT INTO exchange_file (number, job, name, day) VALUES (?, ?, ?, ?)", .integer(number), .integer(job),
            .text(name), .text(binding.day?.name))
        return number
    }

    @discardableResult
    private func queue(_ number: Int64, _ binding: Binding, _ title: String, by author: Author, at now: Int64) throws
        -> Int64
    {
        let entries =
            try database.integer("SELECT count(*) FROM exchange_entry WHERE file=?", .integer(number)) ?? 0
        let payload = JSON.object([
            ("title", .string(binding.day.map { "\($0.name) (\(max(1, entries)))" } ?? title)),
            ("word", .string(binding.word)),
        ])
        try store.jobs.queue(
            .file, subject: String(number), payload: payload, by: author, due: binding.day?.end, at: now)
        return try store.jobs.job(of: .file, subject: String(number))?.id ?? 0
    }

    /// Rows that were told of a subject until now.
    func told(of subject: String) throws -> [ExchangeRow] {
        try database.rows("SELECT rows FROM exchange_entry WHERE subject=? ORDER BY id", .text(subject)) { $0.text(0) }
            .flatMap(ExchangeTable.rows)
    }

    private static func rows(_ text: String) -> [ExchangeRow] {
        ((try? JSON(parsing: text))?.list ?? []).map(ExchangeRow.init(json:))
    }

    /// What stands in a file: the same whenever it is asked.
    public func content(of number: Int64) throws -> [ExchangeRow] {
        // An installation's number goes before the entry: nobody else's entry is the same.
        let key = try database.text(
            "SELECT key FROM erp_job JOIN exchange_file ON job=erp_job.id WHERE number=?", .integer(number))
        let ours = key?.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        let entries = try database.rows(
            "SELECT source, rows FROM exchange_entry WHERE file=? ORDER BY id", .integer(number)
        ) { ($0.text(0), $0.text(1)) }
        var rows: [ExchangeRow] = []
        for (source, text) in entries {
            for var row in ExchangeTable.rows(text) {
                (row[.file], row[.row]) = (String(number), String(rows.count + 1))
                row[.entry] = "\(ours)/\(source)"
                rows.append(row)
            }
        }
        return rows
    }

    /// The push that tells something; nil where none does.
    public func job(telling subject: String) throws -> ERPJob? {
        try database.integer(
            """
            SELECT job FROM exchange_entry JOIN exchange_file ON number=file WHERE subject=? ORDER BY exchange_entry.id DESC LIMIT 1
            """, .text(subject)
        ).flatMap { try store.jobs.job($0) }
    }

    // MARK: how far they have come

    /// Files with something to do or to wait for, the oldest first.
    public func openFiles() throws -> [ExchangeFile] {
        try files(
            "state IN ('waiting', 'running') OR tidy=1 OR state='dropped' AND staged IS NOT NULL", ExchangeTable.atOnce)
    }

    /// The newest first.
    public func lastFiles(_ limit: Int) throws -> [ExchangeFile] { try files("1", limit, "DESC") }

    public func file(_ number: Int64) throws -> ExchangeFile? { try files("number=\(number)", 1).first }

    private func files(_ condition: String, _ limit: Int, _ order: String = "") throws -> [ExchangeFile] {
        try database.rows(
            """
            SELECT number, name, job, state, due, fault, asked, staged, written, tidy FROM exchange_file
            JOIN erp_job ON erp_job.id=job WHERE \(condition) ORDER BY number \(order) LIMIT \(limit)
            """
        ) { row in
            ExchangeFile(
                number: row.integer(0), name: row.text(1), job: row.integer(2),
                state: ERPJob.State(rawValue: row.text(3)) ?? .dead, due: row.integer(4), fault: row.optionalText(5),
                asked: row.optionalInteger(6), staged: row.optionalInteger(7), written: row.optionalInteger(8),
                isUntidy: row.bool(9))
        }
    }

    func stage(_ file: ExchangeFile, at now: Int64) throws {
        try database.run("UPDATE exchange_file SET staged=? WHERE number=?", .integer(now), .integer(file.number))
        try database.run("UPDATE erp_job SET attempts=attempts + 1 WHERE id=?", .integer(file.job))
    }

    func written(_ file: ExchangeFile, at now: Int64) throws {
        try database.run("UPDATE exchange_file SET written=? WHERE number=?", .integer(now), .integer(file.number))
        try database.run(
            "UPDATE erp_job SET fault='written', sentence=?, remote=? WHERE id=? AND state IN ('waiting', 'running')",
            .text("\(file.name) is written; nobody has taken it yet."), .text(file.name), .integer(file.job))
    }

    /// It is to be written anew, under the same name.
    func unwrite(_ file: ExchangeFile, untidy: Bool = false) throws {
        try database.run(
            "UPDATE exchange_file SET staged=NULL, written=NULL, tidy=? WHERE number=?", .bool(untidy),
            .integer(file.number))
    }

    func set(untidy: Bool, _ file: ExchangeFile) throws {
        try database.run("UPDATE exchange_file SET tidy=? WHERE number=?", .bool(untidy), .integer(file.number))
    }

    func say(_ file: ExchangeFile, fault: String, _ sentence: String) throws {
        try database.run(
            "UPDATE erp_job SET fault=?, sentence=? WHERE id=? AND state IN ('waiting', 'running')", .text(fault),
            .text(sentence), .integer(file.job))
    }
}
