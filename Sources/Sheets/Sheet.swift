/// A table that leaves the program: the same value as CSV for machines, XLSX for spreadsheets, PDF for paper.
public struct Sheet: Equatable, Sendable {
    /// A line under the title: what it says, and its value.
    public struct Fact: Equatable, Sendable {
        public var label: String
        public var value: String

        public init(_ label: String, _ value: String) { (self.label, self.value) = (label, value) }
    }

    public struct Column: Equatable, Sendable {
        public enum Kind: Sendable {
            case text
            /// Right-aligned; thousands apart on paper.
            case number
            /// Moments, and texts of the form `YYYY-MM-DD`.
            case date
            /// As numbers, with two decimals or more.
            case money
        }

        public var title: String
        public var kind: Kind
        /// In characters of the body's font. Paper gives each column its share of the page.
        public var width: Double

        public init(_ title: String, _ kind: Kind = .text, width: Double = 12) {
            (self.title, self.kind, self.width) = (title, kind, width)
        }
    }

    public enum Cell: Equatable, Sendable {
        /// Never a formula, never a number: a GTIN keeps its zeros.
        case text(String)
        case number(Int)
        /// Digits with an optional sign and decimal point (`-12.50`); anything else is a text.
        case decimal(String)
        /// Milliseconds since 1970, and the zone's offset from UTC in seconds at that moment.
        case moment(Int64, offset: Int)
        case empty

        /// A moment as CSV has it, `2026-11-18T12:06:40+01:00`; a text where it is none.
        public init(moment text: String) {
            self = CalendarTime.read(text).map { .moment($0.milliseconds, offset: $0.offset) } ?? .text(text)
        }
    }

    /// A moment as CSV has it: ISO 8601, local with the zone's offset in seconds at that moment.
    public static func written(_ milliseconds: Int64, offset: Int) -> String {
        CalendarTime.written(milliseconds, offset: offset)
    }

    public var title: String
    public var subtitle: [Fact]
    public var columns: [Column]
    /// Shorter than the columns: the rest is empty. Longer: the rest is left out.
    public var rows: [[Cell]]
    public var footer: [String]
    /// Of numbers in CSV and PDF. XLSX leaves it to the spreadsheet.
    public var decimalMark: Character = ","

    public init(
        title: String, subtitle: [(label: String, value: String)] = [], columns: [Column], rows: [[Cell]],
        footer: [String] = []
    ) {
        self.title = title
        self.subtitle = subtitle.map { Fact($0.label, $0.value) }
        (self.columns, self.rows, self.footer) = (columns, rows, footer)
    }

    func cell(_ row: [Cell], _ column: Int) -> Cell { column < row.count ? row[column] : .empty }
}
