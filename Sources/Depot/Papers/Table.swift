/// A table whose columns are known: by their names, by what a person says now, or said of the last table like it.
struct Table {
    let csv: CSV
    let columns: Columns
    private(set) var report = ImportReport()
    /// What is to be remembered; nil where nobody said anything new.
    let memory: ColumnMemory?
    private let orders: [String: Cell.DayOrder]

    /// `days`: fields that hold days. Throws where it is no table, or the map names what is not there.
    init(
        _ csv: CSV, _ kind: String, _ options: Import.Options, days: [String] = [], in store: Store?
    ) throws {
        var (csv, map) = (csv, options.map)
        var remembered: [String: String] = [:]
        if map.isEmpty, let store {
            for signature in csv.signatures where remembered.isEmpty {
                remembered = try store.papers.columnMap(kind, headings: signature)
            }
            map = remembered
        }
        csv = csv.headed(by: map.values.filter { !$0.isEmpty })
        let fields = Columns.fields(kind) ?? []
        columns = try Columns(csv, fields, map: map)
        self.csv = csv
        report.columns = TableColumns(
            headings: csv.titles.prefix(TableColumns.limit).map { String($0.prefix(64)) },
            samples: csv.titles.indices.prefix(TableColumns.limit).map { place in
                let cells = csv.rows.prefix(50).compactMap { $0.filled(place).map { String($0.prefix(24)) } }
                return cells.prefix(3).joined(separator: ", ")
            },
            fields: fields.map { [columns] field in
                .init(name: field.name, heading: columns[field.name].map { String(csv.titles[$0].prefix(64)) })
            }, reading: Table.reading(csv, columns), isAsBefore: csv.isAsBefore)
        memory =
            options.map.isEmpty && csv.said == nil
            ? nil : ColumnMemory(kind: kind, headings: csv.signature, map: options.map, reading: csv.said)
        orders = Dictionary(
            uniqueKeysWithValues: Set(days).map { [columns] field in
                (field, Cell.dayOrder(csv.rows.lazy.compactMap { $0.filled(columns[field]) }))
            })
        for remark in csv.remarks { report.remarks.append(.init(line: 1, reason: remark)) }
        if !remembered.isEmpty {
            let pairs = remembered.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { pair -> Phrase in
                "\(Phrase(stringLiteral: pair.key)) is \"\(pair.value)\""
            }
            report.remarks.append(
                .init(line: 1, reason: "columns as they were named for such a file before: \(Phrase.list(pairs))"))
        }
        for column in columns.likely {
            let reason: Phrase =
                "the column \"\(column.heading.prefix(64))\" is taken for \(Phrase(stringLiteral: column.field)), by its name"
            report.remarks.append(.init(line: 1, reason: reason))
        }
        if let guessed = columns.guessed {
            let reason: Phrase = "the column \"\(guessed)\" is taken for the GTIN: its check digits hold"
            report.remarks.append(.init(line: 1, reason: reason))
        }
    }

    /// The sign before decimals, as a person said it; what was only found decides nothing.
    var decimal: TableReading.DecimalSign? { csv.reading?.decimal }

    /// How it was read, with the sign before decimals that its amounts have.
    private static func reading(_ csv: CSV, _ columns: Columns) -> TableReading? {
        guard var reading = csv.reading else { return nil }
        let places = ["quantity", "minimum", "carton_quantity"].compactMap { columns[$0] }
        reading.decimal =
            reading.decimal
            ?? Cell.decimalSign(
                among: csv.rows.prefix(2000).lazy.flatMap { row in places.compactMap { row.filled($0) } })
        return reading
    }

    /// Throws where one of these fields has no column.
    func require(_ fields: [String]) throws(ImportError) {
        guard var shown = report.columns, fields.contains(where: { columns[$0] == nil }) else { return }
        for index in shown.fields.indices where fields.contains(shown.fields[index].name) {
            let field = shown.fields[index].name
            guard columns[field] == nil else { continue }
            shown.fields[index].isMissing = true
            shown.fields[index].proposal = columns.proposal(field, csv)
        }
        throw .missingColumns(shown)
    }

    /// A day in a column, in that column's order; `.failure` with the reason where it is none.
    func day(_ row: CSV.Row, _ field: String, month: Bool = false) -> Result<String?, Import.Fault> {
        guard let text = row.given(columns[field]) else { return .success(nil) }
        let order = orders[field] ?? .dayFirst
        if let day = Cell.day(text, order, month: month) { return .success(day) }
        let shown = "\"\(text.prefix(40))\""
        return .failure(
            Import.Fault(
                reason: order == .mixed && Cell.day(text) != nil
                    ? "\(shown) has two meanings: some dates of this column have the month first; write 2027-03-31"
                    : "\(shown) is not a date such as 2027-03-31 or 31/03/2027"))
    }
}
