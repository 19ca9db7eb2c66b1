extension Sheet {
    /// Rows and columns of a PDF at most: a document stays in memory until it is written.
    public static let paperRowLimit = 20_000
    public static let paperColumnLimit = 64

    /// A4 pages, lying where the columns ask for more than 100 characters: title, subtitle, the table with its header
    /// on each page, footer, page n / m. Texts of more than three lines end in `…`. DejaVu Sans is embedded with the
    /// characters that are used; where it is not installed, Helvetica stands in, and `?` for what Windows-1252 lacks.
    /// Throws when there are too many rows or columns, or none of these, or no memory.
    public func pdf() throws(SheetError) -> [UInt8] { try pdf(fonts: Paper.Fonts()) }

    func pdf(fonts: Paper.Fonts) throws(SheetError) -> [UInt8] {
        guard (1...Sheet.paperColumnLimit).contains(columns.count) else {
            throw .columns(columns.count, limit: Sheet.paperColumnLimit)
        }
        guard rows.count <= Sheet.paperRowLimit else { throw .rows(rows.count, limit: Sheet.paperRowLimit) }
        let isLandscape = columns.reduce(0) { $0 + max($1.width, 1) } > 100
        var layout = PaperLayout(self, on: try Paper(title: title, isLandscape: isLandscape, fonts: fonts))
        return try layout.write()
    }

    /// A cell as people read it.
    func shown(_ cell: Cell, as kind: Column.Kind) -> String {
        let decimals = kind == .money ? 2 : 0
        switch cell {
        case .text(let text): return text
        case .number(let number):
            return kind == .text
                ? String(number) : Decimal(String(number))!.grouped(mark: decimalMark, decimals: decimals)
        case .decimal(let text): return Decimal(text)?.grouped(mark: decimalMark, decimals: decimals) ?? text
        case .moment(let at, let offset):
            let time = CalendarTime(milliseconds: at, offset: offset)
            return "\(time.day)\u{A0}\(time.minute)"
        case .empty: return ""
        }
    }
}
