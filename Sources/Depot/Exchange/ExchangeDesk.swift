import Model

/// What becomes of files, each step in a transaction: a crash between any two leaves what can be gone on from.
public struct ExchangeDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    private static let author = Author("edge-ingest")

    // MARK: files that go out

    public func stage(_ file: ExchangeFile, at now: Int64) throws { try change(file) { try $0.stage(file, at: now) } }

    public func confirm(_ file: ExchangeFile, at now: Int64) throws {
        try change(file) { try $0.written(file, at: now) }
    }

    public func again(_ file: ExchangeFile) throws { try change(file) { try $0.unwrite(file) } }

    /// What lies there of it is gone.
    public func tidied(_ file: ExchangeFile) throws { try change(file) { try $0.set(untidy: false, file) } }

    /// A file that was given up is not there any more.
    public func withdrawn(_ file: ExchangeFile, at now: Int64) throws {
        try change(file) { table in
            try table.unwrite(file)
            try store.stock.settle(notice: .exchangeLate, subject: file.name, at: now)
        }
    }

    /// The other side has it. `isTidy`: nothing of it is left to be put away.
    public func done(_ file: ExchangeFile, isTidy: Bool, at now: Int64) throws {
        try change(file) { table in
            guard let job = try store.jobs.job(file.job), job.state == .waiting || job.state == .running else { return }
            try JobDesk(store).finish(job, remote: file.name, sentence: "It was taken.", at: now)
            try table.set(untidy: !isTidy, file)
            try store.stock.settle(notice: .exchangeLate, subject: file.name, at: now)
        }
    }

    /// The other side says why it does not take it: a person decides.
    public func refused(_ file: ExchangeFile, _ sentence: String, at now: Int64) throws {
        try change(file) { table in
            guard let job = try store.jobs.job(file.job), job.state == .waiting || job.state == .running else { return }
            try table.unwrite(file, untidy: true)
            try store.jobs.fail(job: job.id, fault: "refused", sentence: sentence, due: nil, at: now)
            try store.stock.settle(notice: .exchangeLate, subject: file.name, at: now)
        }
    }

    /// Nobody took it for `hours`.
    public func late(_ file: ExchangeFile, hours: Int64, at now: Int64) throws {
        try change(file) { table in
            let sentence = "\(file.name) lies there for \(hours) h, and nobody has taken it."
            try table.say(file, fault: "late", sentence)
            try store.stock.notice(
                .exchangeLate, subject: file.name,
                data: .object([("file", .string(file.name)), ("hours", .int(hours)), ("job", .int(file.job))]), at: now)
        }
    }

    /// It could not be written: tried again.
    public func failed(_ file: ExchangeFile, _ sentence: String, due: Int64, at now: Int64) throws {
        try change(file) { _ in
            guard file.state == .waiting || file.state == .running else { return }
            try store.jobs.fail(job: file.job, fault: "folder", sentence: sentence, due: due, at: now)
        }
    }

    private func change(_ file: ExchangeFile, _ body: (ExchangeTable) throws -> Void) throws {
        try store.transaction {
            guard try store.exchange.file(file.number) != nil else { return }
            try body(store.exchange)
        }
    }

    /// The folder is not the one of before, and a person says that it is right: what nobody acknowledged is written there again.
    /// How many files that are.
    public func adopt(_ path: String, by author: Author, at now: Int64) throws -> Int {
        try store.transaction {
            let files = try store.exchange.openFiles().filter { $0.staged != nil && $0.state == .waiting }
            for file in files { try store.exchange.unwrite(file) }
            try store.jobs.remember("exchange-out", "", at: now)
            try store.tell(Fact(.exchangeFolder, path, "\(files.count) files again"), by: author, at: now)
            return files.count
        }
    }

    // MARK: folders

    /// Something is wrong with a folder, or all is well again (nil).
    public func folder(_ path: String, _ problem: String?, at now: Int64) throws {
        try store.transaction {
            guard let problem else { return try store.stock.settle(notice: .exchangeFolder, subject: path, at: now) }
            try store.stock.notice(
                .exchangeFolder, subject: path, data: .object([("sentence", .string(problem))]), at: now)
        }
    }

    // MARK: files that come in

    /// A file was read: with the last of its rows, in one transaction.
    public func read(
        _ file: ReadFile, _ report: ImportReport, at now: Int64, last: () throws -> [ImportReport.Late] = { [] },
        text: (ImportReport) -> String
    ) throws {
        try store.transaction {
            var report = report
            report.add(late: try last())
            try store.exchange.keep(file, report, text(report), at: now)
            if let kind = file.kind {
                try store.tell(
                    Fact(imported: kind.rawValue, accepted: report.accepted, refused: report.refused.count),
                    by: Author("exchange"), at: now)
            }
            guard !report.refused.isEmpty else {
                return try store.stock.settle(notice: .exchangeRefused, subject: file.name, at: now)
            }
            let count = report.refused.count
            try store.tell(
                Fact(.exchangeRefused, file.name, "\(count): \(report.refused[0].reason)"), by: Author("exchange"),
                at: now)
            try store.stock.notice(
                .exchangeRefused, subject: file.name,
                data: .object([
                    ("file", .string(file.name)), ("accepted", .int(Int64(report.accepted))),
                    ("refused", .int(Int64(count))),
                    ("sentence", .string(report.refused[0].reason)),
                ]), at: now)
        }
    }

    public func moved(_ name: String, _ digest: String, at now: Int64) throws {
        try store.transaction { try store.exchange.moved(name, digest, at: now) }
    }
}
