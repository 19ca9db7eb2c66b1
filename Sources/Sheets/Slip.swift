/// A paper that goes with the goods: what was received, and a line to sign on. On A4, or on the 80 mm roll of a receipt printer, where the
/// page is as long as its text.
public struct Slip: Equatable, Sendable {
    public enum Format: String, Sendable, CaseIterable {
        case a4
        case roll80 = "80mm"
    }

    public struct Line: Equatable, Sendable {
        public var quantity: String
        public var text: String

        public init(quantity: String, text: String) { (self.quantity, self.text) = (quantity, text) }
    }

    /// Lines on one paper: a longer one is the reception's own sheet.
    public static let lineLimit = 500

    public var title: String
    /// Label and value.
    public var facts: [(label: String, value: String)]
    public var lines: [Line]
    /// Below the lines: sums, who signed.
    public var notes: [String]
    /// Above the line to sign on.
    public var sign: String

    public init(
        title: String, facts: [(label: String, value: String)], lines: [Line], notes: [String], sign: String
    ) { (self.title, self.facts, self.lines, self.notes, self.sign) = (title, facts, lines, notes, sign) }

    public static func == (a: Self, b: Self) -> Bool {
        a.title == b.title && a.facts.elementsEqual(b.facts, by: ==) && a.lines == b.lines && a.notes == b.notes
            && a.sign == b.sign
    }

    /// Throws where there are too many lines, or no memory.
    public func pdf(_ format: Format) throws(SheetError) -> [UInt8] { try pdf(format, fonts: Paper.Fonts()) }

    func pdf(_ format: Format, fonts: Paper.Fonts) throws(SheetError) -> [UInt8] {
        guard lines.count <= Slip.lineLimit else { throw .rows(lines.count, limit: Slip.lineLimit) }
        let size = format == .a4 ? 10.0 : 8.0
        let step = size * 1.35
        // 72 points are an inch: 80 mm are 226.77, of which a printer leaves 4 mm on each side white.
        let width = format == .a4 ? 595.28 : 226.77
        let margin = format == .a4 ? 56.0 : 11.34
        // Measured first on a paper that nobody sees, because a roll is as long as what stands on it.
        let draft = try Paper(title: title, width: width, height: 841.89, fonts: fonts)
        let rows = rows(on: draft, size: size, width: width - 2 * margin)
        let space = 84.0
        let length = 2 * margin + Double(rows.count) * step + space
        // A page of a PDF is 14 400 points long at most (ISO 32000-1, Annex C); what is longer goes on.
        let height = format == .a4 ? 841.89 : min(14_000, max(length, width))
        let paper = try Paper(title: title, width: width, height: height, fonts: fonts)
        try paper.addPage()
        var y = margin + size
        for row in rows {
            if y > height - margin {
                try paper.addPage()
                y = margin + size
            }
            try paper.text(
                row.text, x: margin + row.indent, y: y, size: size, row.isBold ? paper.bold : paper.regular)
            if let quantity = row.quantity { try paper.text(quantity, x: margin, y: y, size: size, paper.bold) }
            y += step
        }
        if y + space > height - margin / 2 {
            try paper.addPage()
            y = margin + size
        }
        try paper.text(sign, x: margin, y: y + step, size: size, paper.regular)
        try paper.fill(x: margin, y: y + 62, width: width - 2 * margin, height: 0.6, gray: 0)
        return try paper.bytes()
    }

    private struct Row {
        var text: String
        var quantity: String?
        var indent = 0.0
        var isBold = false
    }

    private func rows(on paper: Paper, size: Double, width: Double) -> [Row] {
        let column = 48.0
        func wrapped(_ text: String, _ room: Double, _ face: Typeface) -> [String] {
            face.lines(text, size: size, width: room, limit: 4)
        }
        var rows = wrapped(title, width, paper.bold).map { Row(text: $0, isBold: true) }
        for fact in facts {
            rows += wrapped("\(fact.label) : \(fact.value)", width, paper.regular).map { Row(text: $0) }
        }
        rows.append(Row(text: ""))
        for line in lines {
            for (index, text) in wrapped(line.text, width - column, paper.regular).enumerated() {
                rows.append(Row(text: text, quantity: index == 0 ? line.quantity : nil, indent: column))
            }
        }
        rows.append(Row(text: ""))
        for note in notes { rows += wrapped(note, width, paper.regular).map { Row(text: $0) } }
        return rows
    }
}
