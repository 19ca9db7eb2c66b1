/// Rows of a table as text (RFC 4180, and what programs make of it) with the line each began on: imports must say where a
/// mistake is. The separator is what `sep=` in the first line says, else `;`, `,`, tab or `|`, whichever the header holds most.
public struct CSV: Sendable {
    public struct Row: Sendable {
        /// From 1.
        public var line: Int
        public var fields: [String]
        /// Why the row cannot be read at all; nil when it can.
        var problem: String?

        init(line: Int, fields: [String], problem: String? = nil) {
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

        /// Nothing but separators and blanks.
        var isEmpty: Bool { fields.allSatisfy { Cell.text($0).isEmpty } }

        /// A sum below the table: the first thing it says is "total", in one of the languages of our users.
        var isTotal: Bool {
            guard let first = fields.lazy.map(Cell.text).first(where: { !$0.isEmpty }) else { return false }
            let word = Cell.folded(first).prefix { $0.isLetter || $0 == " " || $0 == "-" }
            return ["total", "sous total", "sous-total", "subtotal", "sub total", "summe", "gesamt", "totaal"].contains
            {
                word == $0 || word.hasPrefix("\($0) ")
            }
        }
    }

    /// Names of the columns, folded: lower case, without accents, signs as spaces.
    public var header: [String]
    /// As they were written.
    public var titles: [String]
    public var rows: [Row]

    /// Longest field in characters.
    public static let fieldLimit = 4096
    /// Quotes without an end from which on reading goes on behind them, of a file.
    private static let openQuoteLimit = 64

    public init(_ bytes: [UInt8]) { self.init(text: PaperText.read(bytes)) }

    init(text: String) {
        var lines = Array(text.unicodeScalars)
        var (start, line) = (0, 1)
        var named: Unicode.Scalar?
        let first = lines.prefix { $0 != "\n" && $0 != "\r" }
        if first.count == 5, String(String.UnicodeScalarView(first.prefix(4))).lowercased() == "sep=" {
            named = first.last
            (start, line) = (min(lines.count, (lines.firstIndex(of: "\n") ?? lines.count) + 1), 2)
        } else if first.count == 4, String(String.UnicodeScalarView(first)).lowercased() == "sep=" {
            // A tab at the end was eaten on its way.
            (named, start, line) = ("\t", min(lines.count, (lines.firstIndex(of: "\n") ?? lines.count) + 1), 2)
        }
        // Files of old Macs end their lines with CR alone.
        if !lines.contains("\n") { lines = lines.map { $0 == "\r" ? "\n" : $0 } }
        var reader = Reader(scalars: lines, separator: named ?? CSV.separator(lines[start...]), at: start, line: line)
        var all = reader.rows(openQuotes: CSV.openQuoteLimit)
        let head = all.firstIndex { !$0.isEmpty } ?? all.endIndex
        let top = head < all.endIndex ? all[head] : Row(line: 1, fields: [])
        all.removeFirst(min(all.count, head + 1))
        titles = top.fields.map { Cell.text($0) }
        header = titles.map(Cell.folded)
        rows = all.filter { $0.problem != nil || !$0.isEmpty }
    }

    /// The one that stands most often in the first line that has any, outside of quotes.
    private static func separator(_ text: ArraySlice<Unicode.Scalar>) -> Unicode.Scalar {
        let candidates: [Unicode.Scalar] = [";", ",", "\t", "|"]
        var counts = [0, 0, 0, 0]
        var quoted = false
        for scalar in text {
            if scalar == "\"" { quoted.toggle() }
            if scalar == "\n", counts.contains(where: { $0 > 0 }) { break }
            if !quoted, let place = candidates.firstIndex(of: scalar) { counts[place] += 1 }
        }
        let most = counts.max() ?? 0
        return most > 0 ? candidates[counts.firstIndex(of: most)!] : ";"
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
                    let reason = "a quote (\") is opened and never closed"
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
