import CXlsxWriter
import Glibc

/// A workbook being written by libxlsxwriter into a file that exists in memory alone. The first error is kept and told
/// at the end: the library must be closed in any case.
struct Workbook {
    /// Excel's limits.
    static let rowLimit = 1_048_576
    static let columnLimit = 16_384
    /// UTF-16 units of a cell.
    static let textLimit = 32_767
    /// From so many rows on each one leaves memory when the next begins.
    static let largeFrom = 10_000

    /// Descriptors that the library has open at once, at most, and a few more.
    private static let descriptors = 10

    private struct Formats {
        var header, text, number, money, day, moment, title: UnsafeMutablePointer<lxw_format>?
    }

    private let book: UnsafeMutablePointer<lxw_workbook>
    private let file: Int32
    private let formats: Formats
    private var failure: SheetError?

    init(isLarge: Bool) throws(SheetError) {
        let file = quai_memory_file()
        guard file >= 0 else { throw .noSpace }
        // The library loses descriptors when it fails for want of one: not begun without all that it takes.
        let spare = (0..<Workbook.descriptors).map { _ in dup(file) }
        for descriptor in spare where descriptor >= 0 { close(descriptor) }
        guard !spare.contains(-1) else {
            close(file)
            throw .noSpace
        }
        var options = lxw_workbook_options()
        options.constant_memory = isLarge ? 1 : 0
        options.use_zip64 = 0
        guard let book = workbook_new_opt("/proc/self/fd/\(file)", &options) else {
            close(file)
            throw .noSpace
        }
        (self.book, self.file) = (book, file)
        func format(_ pattern: String?, bold: Bool = false) -> UnsafeMutablePointer<lxw_format>? {
            let format = workbook_add_format(book)
            if let pattern { format_set_num_format(format, pattern) }
            if bold { format_set_bold(format) }
            format_set_align(format, UInt8(LXW_ALIGN_VERTICAL_TOP.rawValue))
            return format
        }
        let header = format(nil, bold: true)
        format_set_bg_color(header, 0xE8ECF0)
        format_set_bottom(header, UInt8(LXW_BORDER_THIN.rawValue))
        format_set_text_wrap(header)
        formats = Formats(
            // @ is "text": what is typed into such a cell later stays a text too.
            header: header, text: format("@"), number: format("General"), money: format("#,##0.00##"),
            day: format("yyyy-mm-dd"), moment: format("yyyy-mm-dd hh:mm:ss"), title: format(nil, bold: true))
    }

    func describe(_ title: String) {
        withText(title) { text in
            var properties = lxw_doc_properties()
            properties.title = UnsafeMutablePointer(mutating: text)
            workbook_set_properties(book, &properties)
        }
    }

    mutating func addTable(_ sheet: Sheet, rows: ArraySlice<[Sheet.Cell]>, named name: String) {
        guard failure == nil else { return }
        guard let page = workbook_add_worksheet(book, name) else {
            failure = .noSpace
            return
        }
        let columns = sheet.columns
        for (index, column) in columns.enumerated() {
            let at = UInt16(index)
            keep(worksheet_set_column(page, at, at, min(max(column.width, 1), 255), nil))
        }
        worksheet_freeze_panes(page, 1, 0)
        keep(worksheet_autofilter(page, 0, 0, UInt32(rows.count), UInt16(columns.count - 1)))
        worksheet_repeat_rows(page, 0, 0)
        worksheet_set_paper(page, 9)
        if columns.reduce(0, { $0 + $1.width }) > 90 { worksheet_set_landscape(page) }
        worksheet_fit_to_pages(page, 1, 0)
        let heading = String(sheet.title.prefix(100)).split(separator: "&", omittingEmptySubsequences: false)
        withText("&L\(heading.joined(separator: "&&"))") { _ = worksheet_set_header(page, $0) }
        worksheet_set_footer(page, "&R&P / &N")
        for (index, column) in columns.enumerated() {
            write(.text(column.title), as: .text, page, 0, UInt16(index), formats.header)
        }
        for (index, row) in rows.enumerated() {
            for (place, column) in columns.enumerated() {
                write(sheet.cell(row, place), as: column.kind, page, UInt32(index + 1), UInt16(place), nil)
            }
        }
    }

    /// What people read beside the table.
    mutating func addInfo(_ sheet: Sheet) {
        guard failure == nil, let page = workbook_add_worksheet(book, "Info") else { return }
        keep(worksheet_set_column(page, 0, 0, 24, nil))
        keep(worksheet_set_column(page, 1, 1, 60, nil))
        write(.text(sheet.title), as: .text, page, 0, 0, formats.title)
        var row: UInt32 = 2
        for fact in sheet.subtitle {
            write(.text(fact.label), as: .text, page, row, 0, nil)
            write(.text(fact.value), as: .text, page, row, 1, nil)
            row += 1
        }
        row += 1
        for line in sheet.footer {
            write(.text(line), as: .text, page, row, 0, nil)
            row += 1
        }
    }

    /// Closes it, whatever happened, and gives the file.
    consuming func finish() throws(SheetError) -> [UInt8] {
        defer { close(file) }
        if let failure {
            // To close one that has no sheet would be the end of the program.
            lxw_workbook_free(book)
            throw failure
        }
        let result = workbook_close(book)
        guard result == LXW_NO_ERROR else { throw .workbook(String(cString: lxw_strerror(result))) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0 else { throw .noSpace }
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress! + done, size - done, off_t(done)) }
            guard count > 0 else { throw .noSpace }
            done += count
        }
        return bytes
    }

    private mutating func write(
        _ cell: Sheet.Cell, as kind: Sheet.Column.Kind, _ page: UnsafeMutablePointer<lxw_worksheet>, _ row: UInt32,
        _ column: UInt16, _ format: UnsafeMutablePointer<lxw_format>?
    ) {
        func number(_ value: Double, _ chosen: UnsafeMutablePointer<lxw_format>?) -> lxw_error {
            worksheet_write_number(page, row, column, value, chosen)
        }
        func text(_ value: String) -> lxw_error {
            withText(value) { worksheet_write_string(page, row, column, $0, format ?? formats.text) }
        }
        let plain = kind == .money ? formats.money : formats.number
        switch cell {
        case .empty: return
        case .number(let value):
            keep(value.magnitude < 1_000_000_000_000_000 ? number(Double(value), plain) : text(String(value)))
        case .decimal(let value):
            keep(Decimal(value)?.double.map { number($0, plain) } ?? text(value))
        case .moment(let at, let offset):
            let time = CalendarTime(milliseconds: at, offset: offset)
            keep(time.serial.map { number($0, formats.moment) } ?? text("\(time.day) \(time.second)"))
        case .text(let value):
            guard !value.isEmpty else { return }
            let day = kind == .date ? CalendarTime(day: value)?.serial : nil
            keep(day.map { number($0, formats.day) } ?? text(value))
        }
    }

    private mutating func keep(_ result: lxw_error) {
        guard result != LXW_NO_ERROR, failure == nil else { return }
        failure = .workbook(String(cString: lxw_strerror(result)))
    }

    /// A text as XML can hold it, within a cell's limit.
    private func withText<Result>(_ text: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        Workbook.clean(text).withCString(body)
    }

    /// Without what XML forbids, cut to the limit, and with `_x0041_` guarded: a spreadsheet would read it as `A`.
    static func clean(_ text: String) -> String {
        let all = Array(text.unicodeScalars.prefix(textLimit + 1))
        var scalars = String.UnicodeScalarView()
        var units = 0
        for (index, scalar) in all.enumerated() {
            if scalar.value < 0x20, scalar != "\n", scalar != "\t" { continue }
            if scalar.value == 0xFFFE || scalar.value == 0xFFFF { continue }
            let tail = all[(index + 1)...].prefix(6)
            let isEscape =
                scalar == "_" && tail.count == 6 && tail.first == "x" && tail.last == "_"
                && tail.dropFirst().dropLast().allSatisfy(\.properties.isASCIIHexDigit)
            units += isEscape ? 7 : UTF16.width(scalar)
            guard units < textLimit || (units == textLimit && index == all.count - 1) else {
                scalars.append("…")
                break
            }
            scalars.append(scalar)
            if isEscape { scalars.append(contentsOf: "x005F_".unicodeScalars) }
        }
        return String(scalars)
    }

    /// A sheet's name: the title without what Excel forbids, at most 31 UTF-16 units, apart from the others.
    static func name(_ title: String, apartFrom names: inout Set<String>) -> String {
        var base = String(title.map { "[]:*?/\\\n\r\t\r\n".contains($0) || $0 == "'" ? " " : $0 })
        base = clean(base).split(separator: " ").joined(separator: " ")
        func cut(_ text: String, _ limit: Int) -> String {
            var text = text
            while text.utf16.count > limit || text.last == " " { text.removeLast() }
            return text
        }
        base = cut(base, 31)
        // Excel keeps this one for itself.
        if base.isEmpty || base.lowercased() == "history" { base = "1" }
        var name = base
        var number = 2
        while !names.insert(name.lowercased()).inserted {
            name = cut(base, 25) + " (\(number))"
            number += 1
        }
        return name
    }
}
