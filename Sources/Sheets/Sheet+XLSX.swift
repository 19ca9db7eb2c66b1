extension Sheet {
    /// A workbook (Office Open XML): the rows under a bold, frozen header with a filter; title, subtitle and footer on
    /// a sheet "Info" behind it and in the printed page's header. Numbers and dates are real ones, texts are never
    /// formulas. What is too precise or too early for a spreadsheet stays a text. Longer texts than 32 767 characters
    /// are cut, more rows than 1 048 575 go on in another sheet. Throws when there are no columns or too many, or no
    /// space.
    public func xlsx() throws(SheetError) -> [UInt8] { try xlsx(rowsPerSheet: Workbook.rowLimit - 1) }

    func xlsx(rowsPerSheet: Int) throws(SheetError) -> [UInt8] {
        guard (1...Workbook.columnLimit).contains(columns.count) else {
            throw .columns(columns.count, limit: Workbook.columnLimit)
        }
        var workbook = try Workbook(isLarge: rows.count > Workbook.largeFrom)
        workbook.describe(title)
        var names: Set<String> = ["info"]
        var start = 0
        repeat {
            let end = min(start + rowsPerSheet, rows.count)
            let name = Workbook.name(title, apartFrom: &names)
            workbook.addTable(self, rows: rows[start..<end], named: name)
            start = end
        } while start < rows.count
        if !title.isEmpty || !subtitle.isEmpty || !footer.isEmpty { workbook.addInfo(self) }
        return try workbook.finish()
    }
}
