public import Depot
import Model

/// Reads files that the other side puts into a folder: each once, whatever dies in between. What is read is moved to `done/`, or to
/// `refused/` with a report beside it.
public actor ExchangeIn {
    /// Largest file, in bytes.
    public static let sizeLimit = 32 << 20
    /// Files of one look, rows of a report, longest name in bytes.
    static let atOnce = 50
    static let nameLimit = 200

    let folder: String
    let files: any ExchangeFiles
    let deeds: any ExchangeDeeds
    /// Reads a file while others write; nil where it cannot be told what it holds.
    let check: @Sendable (_ name: String, _ bytes: [UInt8]) async throws -> (ArrivedKind, CheckedImport)?
    /// A sentence in French.
    let french: @Sendable (Phrase) -> String
    private var looks = FileLooks()

    public init(
        folder: String, files: any ExchangeFiles, deeds: any ExchangeDeeds,
        check: @escaping @Sendable (_ name: String, _ bytes: [UInt8]) async throws -> (ArrivedKind, CheckedImport)?,
        french: @escaping @Sendable (Phrase) -> String
    ) { (self.folder, self.files, self.deeds, self.check, self.french) = (folder, files, deeds, check, french) }

    /// One look. Throws `ExchangeFinding` where the folder cannot be used, and what the database says. How many files were read.
    @discardableResult
    public func pass() async throws -> Int {
        let found: [String: FileLooks.Sight?]
        do throws(FolderFault) {
            for name in ["done", "refused"] { try files.makeFolder("\(folder)/\(name)") }
            found = try files.list(folder)
        } catch { throw ExchangeFinding(error) }
        let now = try await deeds.run { _, now in now }
        // Folders are not looked into, and links and pipes never opened: nobody is sent to another file that way.
        let plain = found.compactMapValues { $0 }.filter {
            !FileLooks.isIgnored($0.key) && $0.key.utf8.count <= ExchangeIn.nameLimit
        }
        var count = 0
        for name in looks.look(plain, at: now).prefix(ExchangeIn.atOnce) {
            guard let sight = plain[name] else { continue }
            do { try await take(name, sight) } catch let fault as FolderFault {
                // One that went away, or may not be read, holds up nobody.
                guard fault.code != 2 else { continue }
                throw ExchangeFinding(fault)
            }
            count += 1
        }
        return count
    }

    private func take(_ name: String, _ sight: FileLooks.Sight) async throws {
        guard sight.size <= ExchangeIn.sizeLimit else {
            return try await refuse(
                name, "size-\(sight.size)-\(sight.changed)",
                "the file has \(sight.size) bytes; at most \(ExchangeIn.sizeLimit) are read")
        }
        let bytes = try files.read("\(folder)/\(name)", limit: ExchangeIn.sizeLimit)
        let digest = Topic.digest(of: bytes)
        let before = try await deeds.run { store, _ in try store.exchange.reading(name, digest) }
        // All of it was taken: the same file put there again says nothing new. One of which something was refused is tried anew.
        if let before, !before.isMoved || before.refused == 0 { return try await put(name, digest) }
        let checked: (ArrivedKind, CheckedImport)?
        do { checked = try await check(name, bytes) } catch let error as ImportError {
            return try await refuse(name, digest, error.phrase)
        }
        guard let (kind, file) = checked else { return try await refuse(name, digest, ArrivedKind.unknown) }
        let (read, french) = (ReadFile(name: name, digest: digest, kind: kind), french)
        var report = file.report
        let who = kind == .parties ? "import" : "exchange"
        let portions = file.portions
        for portion in portions.dropLast() {
            let late = try await deeds.run { store, now in
                try ImportDesk(store).write(portion, of: file, by: who, at: now)
            }
            report.add(late: late)
        }
        let so = report
        try await deeds.run { store, now in
            try ExchangeDesk(store).read(
                read, so, at: now,
                last: {
                    try portions.last.map { try ImportDesk(store).write($0, of: file, by: who, at: now) } ?? []
                }, text: { ExchangeReport.text(bytes, $0, french) })
        }
        try await put(name, digest)
    }

    private func refuse(_ name: String, _ digest: String, _ reason: Phrase) async throws {
        var report = ImportReport()
        report.refused = [.init(line: 1, reason: reason)]
        let (read, so, french) = (ReadFile(name: name, digest: digest, kind: nil), report, french)
        if try await deeds.run({ store, _ in try store.exchange.reading(name, digest)?.isMoved }) != false {
            try await deeds.run { store, now in
                try ExchangeDesk(store).read(read, so, at: now, text: { ExchangeReport.text([], $0, french) })
            }
        }
        try await put(name, digest)
    }

    /// The report first: a file in its last place has it beside it.
    private func put(_ name: String, _ digest: String) async throws {
        guard let reading = try await deeds.run({ store, _ in try store.exchange.reading(name, digest) }) else {
            return
        }
        let place = "\(folder)/\(reading.refused > 0 ? "refused" : "done")"
        let there = try files.list(place)
        // What lies there is kept: the same name again gets a number.
        var new = name
        var number = 2
        while there[new] != nil, number < 10_000 { (new, number) = ("\(name).\(number)", number + 1) }
        if let report = reading.report {
            let path = "\(place)/\(new).report.\(reading.reportForm ?? "txt")"
            try files.write(Array("\u{FEFF}\(report)".utf8), to: path + ".tmp")
            try files.rename(path + ".tmp", to: path)
        }
        try files.rename("\(folder)/\(name)", to: "\(place)/\(new)")
        try await deeds.run { store, now in try ExchangeDesk(store).moved(name, digest, at: now) }
    }
}

/// What is said of a file that was read, in French and English.
enum ExchangeReport {
    static let rowLimit = 5000

    /// Empty where there is nothing to say. Of a table: its own rows as they were, to be mended and put there again, with why behind.
    static func text(_ bytes: [UInt8], _ report: ImportReport, _ french: @escaping @Sendable (Phrase) -> String)
        -> String
    {
        let said = report.refused.prefix(rowLimit)
        guard !said.isEmpty || !report.remarks.isEmpty else { return "" }
        if report.columns != nil, !said.isEmpty {
            let csv = CSV(bytes)
            let rows = Dictionary(csv.rows.map { ($0.line, $0.fields) }) { first, _ in first }
            var out = CSV.line(csv.titles + ["line", "motif", "reason"])
            for refusal in said {
                let fields = (rows[refusal.line] ?? []).prefix(csv.titles.count)
                let padding = Array(repeating: "", count: max(0, csv.titles.count - fields.count))
                out += CSV.line(fields + padding + ["\(refusal.line)", french(refusal.phrase), refusal.reason])
            }
            return out
        }
        var out = "\(report.accepted) lignes importées, \(report.refused.count) refusées / "
        out += "\(report.accepted) rows imported, \(report.refused.count) refused\r\n"
        for refusal in said {
            out += "ligne \(refusal.line) : \(french(refusal.phrase))\r\nline \(refusal.line): \(refusal.reason)\r\n"
        }
        for remark in report.remarks.prefix(rowLimit) {
            out += "(ligne \(remark.line) : \(french(remark.phrase)))\r\n(line \(remark.line): \(remark.reason))\r\n"
        }
        return out
    }
}
