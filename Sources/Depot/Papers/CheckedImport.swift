import SQLite

/// A file that was read whole and is ready to be written, in portions: nobody else who writes waits for all of it. A row that
/// is written again changes nothing, so that a file whose import was cut short is completed by importing it once more.
public struct CheckedImport: Sendable {
    /// What one row, or one delivery with all of its lines, becomes.
    enum Row: Sendable {
        case delivery(Announced, source: String, isAddition: Bool)
        case product(ProductView)
        case code(String, gtin: String)
        case label(Label, subject: String)
        case party(name: String, company: String, reference: String?, numbers: [PhoneNumber])

        func isOf(_ note: String, _ supplier: String) -> Bool {
            guard case .delivery(let delivery, _, _) = self else { return false }
            return delivery.note == note && Again.isSame(delivery.supplier, supplier)
        }

        /// Rows of the file, as far as time is concerned.
        var weight: Int {
            if case .delivery(let delivery, _, _) = self { max(1, delivery.lines.count) } else { 1 }
        }
    }

    /// Rows of one transaction: some 20 ms, the index for searching included. A longer delivery is one portion by itself.
    static let portionLimit = 1000

    public let report: ImportReport
    let rows: [Row]
    /// What a person said of its columns: kept for the next file like it.
    let memory: ColumnMemory?

    init(_ report: ImportReport, _ rows: [Row], memory: ColumnMemory? = nil) {
        (self.report, self.rows, self.memory) = (report, rows, memory)
    }

    /// Which rows go together. No delivery is in two.
    public var portions: [Range<Int>] {
        var portions: [Range<Int>] = []
        var (start, weight) = (0, 0)
        for (index, row) in rows.enumerated() {
            if index > start, weight + row.weight > CheckedImport.portionLimit {
                portions.append(start..<index)
                (start, weight) = (index, 0)
            }
            weight += row.weight
        }
        if start < rows.count { portions.append(start..<rows.count) }
        return portions
    }

    /// One of `portions`, in a transaction of its own. Returns what could not be written any more: somebody began or closed a
    /// delivery while the file was read.
    @discardableResult
    public func write(_ portion: Range<Int>, into store: Store, by who: String, now: Int64) throws
        -> [ImportReport.Late]
    {
        try store.transaction {
            var late: [ImportReport.Late] = []
            if portion.lowerBound == 0, let memory { try store.papers.remember(memory) }
            var products: [ProductView] = []
            for row in rows[portion] {
                switch row {
                case .delivery(let delivery, let source, let isAddition):
                    let isWritten =
                        try isAddition
                        ? store.papers.extend(delivery, by: Author(who), at: now)
                        : store.deliveries.expect(delivery, source: source) != nil
                    guard !isWritten else { continue }
                    let status =
                        try store.deliveries.status(note: delivery.note, of: delivery.supplier, source: source)
                        ?? "closed"
                    let reason: Phrase =
                        isAddition && status != "closed"
                        ? "these lines were added to delivery \(delivery.note) before"
                        : Again.late(delivery.note, status: status)
                    late.append(.init(reason: reason, lines: delivery.lines.count))
                case .product(let product): products.append(product)
                case .code(let code, let gtin): try store.articles.add(code: code, to: gtin)
                case .label(let label, let subject):
                    try store.articles.save(label, subject: subject, by: Author(who), at: now)
                case .party(let name, let company, let reference, let numbers):
                    try store.parties.add(
                        name: name, company: company, reference: reference, numbers: numbers,
                        replacing: !numbers.isEmpty,
                        by: who, at: now)
                }
            }
            try store.articles.save(products)
            return late
        }
    }

    /// Writes all of it, unless it was only to be checked.
    public func finish(into store: Store, dryRun: Bool, by who: String, now: Int64) throws -> ImportReport {
        guard !dryRun else { return report }
        var report = report
        for portion in portions { report.add(late: try write(portion, into: store, by: who, now: now)) }
        return report
    }
}
