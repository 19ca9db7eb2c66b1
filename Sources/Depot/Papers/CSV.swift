/// Rows of a table as text (RFC 4180, and what programs make of it) with the line each began on: imports must say where a
/// mistake is. The separator is what a person says, else what `sep=` in the first line does, else `;`, `,`, tab or `|`, by evidence.
public struct CSV: Sendable {
    public struct Row: Sendable {
        /// From 1.
        public var line: Int
        public var fields: [String]
        /// Why the row cannot be read at all; nil when it can.
        var problem: Phrase?

        init(line: Int, fields: [String], problem: Phrase? = nil) {
            (self.line, self.fields, self.problem) = (line, fields, problem)
            if problem == nil, fields.contains(where: { $0.utf8.count > 4 * CSV.fieldLimit }) {
                self.problem = "a field has more than \(CSV.fieldLimit) characters"
            }
        }

        /// What a cell says, see `Cell.text`; empty where there is no such column or the row is shorter.
        func field(_ index: Int?) -> String { index.flatMap { $0 < fields.count ? Cell.text(fields[$0]) : nil } ?? "" }

        /// Nil where it is empty.
        func filled(_ index: Int?) -> String? {
            let text = field(index)
            return text.isEmpty ? nil : text
        }

        /// Nil also where somebody wrote that there is nothing: `-`, `néant`, `n/a`. For cells that may be empty.
        func given(_ index: Int?) -> String? { filled(index).flatMap { Cell.isNothing($0) ? nil : $0 } }

        /// Nothing but separators and blanks.
        var isEmpty: Bool { fields.allSatisfy { Cell.text($0).isEmpty } }

        /// A sum below the table: one of its cells begins with "total", in one of our users' languages. Asked of rows that name
        /// no article.
        var isTotal: Bool {
            fields.contains { field in
                let word = Cell.folded(Cell.text(field)).prefix { $0.isLetter || $0 == " " }
                return Row.totals.contains { word == $0 || word.hasPrefix("\($0) ") }
            }
        }

        private static let totals = [
            "total", "totaux", "sous total", "subtotal", "sub total", "grand total", "summe", "gesamt", "zwischensumme",
            "totaal", "subtotaal",
        ]
    }

    /// Names of the columns, folded: lower case, without accents, signs as spaces.
    public private(set) var header: [String] = []
    /// As they were written.
    public private(set) var titles: [String] = []
    public private(set) var rows: [Row] = []
    /// Why the file is no table at all; nil when it is one.
    var problem: Phrase?
    /// Read from text with separators: a field too many is one that a separator cut.
    private(set) var isText = true
    /// Worth knowing of how it was read.
    var remarks: [Phrase] = []
    /// How its text was read, and how its numbers are where a person said so; nil of a workbook.
    private(set) var reading: TableReading?
    /// It was read as a person said of the last table like it.
    private(set) var isAsBefore = false
    /// What is to be remembered of how it was read; nil where nobody said anything new.
    private(set) var said: ReadingMemory?
    /// The first rows, the heading among them.
    private var top: ArraySlice<Row> = []

    /// Longest field in characters.
    public static let fieldLimit = 4096
    /// Quotes without an end from which on reading goes on behind them, of a file.
    private static let openQuoteLimit = 64
    /// Rows among which the heading is: letterheads and dates of printing stand above it.
    private static let topLimit = 12

    /// A table as text or as a workbook of Excel (XLSX), known by how it begins. `reading`: what a person says of a text.
    public init(_ bytes: [UInt8], reading: TableReading = TableReading()) {
        self.init()
        if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) {
            do throws(XLSX.Fault) {
                let book = try XLSX(bytes)
                take(book.rows)
                (remarks, isText) = (book.remarks, false)
            } catch { problem = error.reason }
        } else if let format = CSV.foreign.first(where: { bytes.starts(with: $0.0) }) {
            problem = format.1
        } else {
            var reading = reading
            let text = PaperText.read(bytes, as: reading.encoding)
            reading.encoding = reading.encoding ?? PaperText.encoding(bytes)
            self.init(text: text, reading: reading)
        }
    }

    /// Read as a person says now; else as they said of the last table of this kind with these headings, unless they want it read anew.
    public init(_ bytes: [UInt8], _ kind: String, _ options: Import.Options, in store: Store?) throws {
        let found = CSV(bytes)
        let isSaid = options.reading != TableReading()
        // By its headings as they are found in it: the same whatever anybody says of it.
        let headings = found.signature
        let before = isSaid || options.isFresh ? nil : try store?.papers.reading(kind, headings: headings)
        self = isSaid || before != nil ? CSV(bytes, reading: before ?? options.reading) : found
        guard reading != nil else { return }
        isAsBefore = before != nil
        if isSaid || options.isFresh { said = ReadingMemory(headings: headings, reading: options.reading) }
    }

    private init() {}

    /// How files begin that people send instead of a table.
    private static let foreign: [([UInt8], Phrase)] = [
        (
            [0xD0, 0xCF, 0x11, 0xE0],
            "it is a workbook of an old Excel (.xls), or one with a password: save it as .xlsx or CSV without one"
        ),
        (Array("%PDF".utf8), "it is a PDF, which has no table: ask for CSV, XLSX, DESADV or UBL"),
    ]

    init(text: String, reading: TableReading = TableReading()) {
        var lines = Array(text.unicodeScalars)
        var (start, line) = (0, 1)
        var named: Unicode.Scalar?
        // Excel writes the line with quotes around it, at times; a tab at its end may have been eaten on its way.
        let first = lines.prefix { $0 != "\n" && $0 != "\r" }.filter { $0 != "\"" }
        if (4...5).contains(first.count), String(String.UnicodeScalarView(first.prefix(4))).lowercased() == "sep=" {
            named = first.count == 5 ? first.last : "\t"
            (start, line) = (min(lines.count, (lines.firstIndex(of: "\n") ?? lines.count) + 1), 2)
        }
        // Files of old Macs end their lines with CR alone.
        if !lines.contains("\n") { lines = lines.map { $0 == "\r" ? "\n" : $0 } }
        let separator = reading.separator?.scalar ?? named ?? CSV.separator(lines[start...])
        self.reading = reading
        self.reading?.separator = TableReading.Separator(separator)
        var reader = Reader(scalars: lines, separator: separator, at: start, line: line)
        take(reader.rows(openQuotes: CSV.openQuoteLimit))
    }

    /// The heading is the one of the first rows that has most of the names that we know; the first where none has two.
    private mutating func take(_ all: [Row]) {
        let all = all.filter { $0.problem != nil || !$0.isEmpty }
        top = all.prefix(CSV.topLimit)
        if all.isEmpty { problem = "the file is empty" }
        let known = top.map { row in row.fields.count { Columns.known.contains(Cell.folded(Cell.text($0))) } }
        let most = known.max() ?? 0
        guard most < 2 else { return head(at: known.firstIndex(of: most) ?? 0, rows: all[...]) }
        let likely = top.map { row in
            row.fields.count { field in
                ["gtin", "quantity", "delivery_note"].contains { Columns.score($0, Cell.text(field)) > 0 }
            }
        }
        head(at: likely.firstIndex { $0 >= 2 } ?? 0, rows: all[...])
    }

    private mutating func head(at place: Int, rows all: ArraySlice<Row>) {
        let head = place < top.count ? top[place] : Row(line: 1, fields: [])
        titles = head.fields.map { Cell.text($0) }
        header = titles.map(Cell.folded)
        // Files that were put together have their heading again.
        let again = header.count { Columns.known.contains($0) } >= 2 ? header : []
        rows = all.dropFirst(place + 1).filter {
            again.isEmpty || $0.fields.count != again.count || $0.fields.map { Cell.folded(Cell.text($0)) } != again
        }
    }

    /// The heading is the first row that has these names, where the one that was taken has not.
    func headed(by names: some Collection<String>) -> CSV {
        let names = names.map(Cell.folded)
        func has(_ fields: [String]) -> Bool {
            names.allSatisfy { name in fields.contains { Cell.folded($0) == name } }
        }
        guard !names.isEmpty, !has(titles), let place = top.firstIndex(where: { has($0.fields) }) else { return self }
        var csv = self
        let below = rows.drop { $0.line <= (top.last?.line ?? 0) }
        csv.head(at: place, rows: top + below)
        return csv
    }

    /// What tells the headings of one program from those of another, of each row that may be the heading.
    var signatures: [String] { top.map { CSV.signature($0.fields) } }
    var signature: String { CSV.signature(titles) }

    private static func signature(_ titles: [String]) -> String {
        String(titles.map { Cell.folded(Cell.text($0)) }.joined(separator: "|").prefix(2000))
    }

    /// The one by which most names that we know are told apart in one of the first lines; else the one that stands most often
    /// in the first line that has any, outside of quotes.
    private static func separator(_ text: ArraySlice<Unicode.Scalar>) -> Unicode.Scalar {
        let candidates: [Unicode.Scalar] = [";", ",", "\t", "|"]
        var best = (count: 1, separator: nil as Unicode.Scalar?)
        let lines = text.prefix(16 * fieldLimit).split(separator: "\n", maxSplits: topLimit).prefix(topLimit)
        for line in lines {
            for candidate in candidates where line.contains(candidate) {
                let cells = line.split(separator: candidate).map { cell in
                    Cell.folded(Cell.text(String(String.UnicodeScalarView(cell.filter { $0 != "\"" }))))
                }
                let count = Set(cells).intersection(Columns.known).count
                if count > best.count { best = (count, candidate) }
            }
        }
        if let separator = best.separator { return separator }
        var counts = [0, 0, 0, 0]
        var quoted = false
        for scalar in text {
            if scalar == "\"" { quoted.toggle() }
            if scalar == "\n", counts.contains(where: { $0 > 0 }) { break }
            if !quoted, let place = candidates.firstIndex(of: scalar) { counts[place] += 1 }
        }
        let most = counts.max() ?? 0
        return counts.firstIndex(of: most).flatMap { most > 0 ? candidates[$0] : nil } ?? ";"
    }

    /// The column of the first of several names that the header has, folded as the header is.
    public func column(_ names: [String]) -> Int? { names.lazy.compactMap { header.firstIndex(of: $0) }.first }

    /// A line as Excel in France opens it: `;` between fields, quotes where needed. A field that a spreadsheet would run
    /// as a formula is defused with an apostrophe.
    public static func line(_ fields: [String]) -> String {
        fields.map { field in
            var field = field
            if let first = field.first, "=+-@\t\r".contains(first), Double(field) == nil { field = "'" + field }
            return field.unicodeScalars.contains(where: { ";\"\r\n".unicodeScalars.contains($0) })
                ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
        }.joined(separator: ";") + "\r\n"
    }
}

extension CSV {
    /// From scalars to rows.
    private struct Reader {
        let scalars: [Unicode.Scalar]
        let separator: Unicode.Scalar
        var at: Int
        var line: Int

        mutating func rows(openQuotes limit: Int) -> [Row] {
            var rows: [Row] = []
            var open = 0
            while at < scalars.count {
                let (start, startLine) = (at, line)
                guard let fields = row() else {
                    // A quote that does not end well is its own row's fault: the next line is read again.
                    if at >= scalars.count { open += 1 }
                    let reason: Phrase = "a quote (\") is opened and never closed"
                    rows.append(Row(line: startLine, fields: [], problem: reason))
                    guard open < limit else { break }
                    at = (scalars[start...].firstIndex(of: "\n") ?? scalars.count - 1) + 1
                    line = startLine + 1
                    continue
                }
                if fields != [""] { rows.append(Row(line: startLine, fields: fields)) }
            }
            return rows
        }

        /// Nil where a quote is open at the end of the file, or what it holds over several lines does not end a field: it took the
        /// rows behind it for its own.
        private mutating func row() -> [String]? {
            let first = line
            var fields: [String] = []
            var field = String.UnicodeScalarView()
            var quoted = false
            while at < scalars.count {
                let scalar = scalars[at]
                at += 1
                if scalar == "\n" { line += 1 }
                if quoted {
                    guard scalar == "\"" else {
                        field.append(scalar)
                        continue
                    }
                    if at < scalars.count, scalars[at] == "\"" {
                        field.append("\"")
                        at += 1
                    } else {
                        quoted = false
                        guard line == first || endsField else { return nil }
                    }
                } else if scalar == "\"", field.isEmpty || field.elementsEqual(["="]) {
                    // `="0123"` is how a spreadsheet is told to leave a number alone.
                    field = String.UnicodeScalarView()
                    quoted = true
                } else if scalar == separator {
                    fields.append(String(field))
                    field = String.UnicodeScalarView()
                } else if scalar == "\n" {
                    fields.append(String(field))
                    return fields
                } else if scalar != "\r" {
                    field.append(scalar)
                }
            }
            guard !quoted else { return nil }
            fields.append(String(field))
            return fields
        }

        /// Behind a quote: a separator or the end of the line.
        private var endsField: Bool {
            let next = scalars[at...].first { $0 != " " && $0 != "\r" }
            return next == nil || next == separator || next == "\n"
        }
    }
}
