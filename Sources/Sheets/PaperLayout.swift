/// Lays a table out on paper, from the top down.
struct PaperLayout {
    private static let margin = 36.0
    private static let size = 8.0
    private static let leading = 10.5
    /// Between a column's text and its edges.
    private static let gap = 4.0
    /// Lines of a cell, of a header's cell, of a title or a fact.
    private static let cellLines = 3
    private static let headerLines = 3
    private static let titleLines = 4
    /// Where a page's rows end; the page's number stands below.
    private var bottom: Double { paper.height - 48 }

    private let sheet: Sheet
    private let paper: Paper
    /// In points; all of them together are as wide as the page, or narrower where little is asked for.
    private let widths: [Double]
    private let header: [[String]]
    private var y = 0.0

    init(_ sheet: Sheet, on paper: Paper) {
        self.sheet = sheet
        self.paper = paper
        let asked = sheet.columns.map { min(max($0.width, 1), 200) }
        let share = min((paper.width - 2 * PaperLayout.margin) / asked.reduce(0, +), 8)
        let widths = asked.map { $0 * share }
        self.widths = widths
        header = sheet.columns.indices.map { index in
            paper.bold.lines(
                sheet.columns[index].title, size: PaperLayout.size, width: max(widths[index] - 2 * PaperLayout.gap, 1),
                limit: PaperLayout.headerLines)
        }
    }

    mutating func write() throws(SheetError) -> [UInt8] {
        try paper.addPage()
        y = PaperLayout.margin
        try writeHeading()
        try writeHeader()
        for row in sheet.rows { try writeRow(row) }
        try writeFooter()
        for page in paper.pages.indices {
            let text = "\(page + 1) / \(paper.pages.count)"
            let x = paper.width - PaperLayout.margin - paper.regular.width(text, size: PaperLayout.size)
            let base = paper.height - 24
            try paper.text(text, x: x, y: base, size: PaperLayout.size, paper.regular, gray: 0.4, page: page)
            let room = x - PaperLayout.margin - 20
            guard page > 0,
                let name = paper.regular.lines(sheet.title, size: PaperLayout.size, width: room, limit: 1).first
            else { continue }
            try paper.text(
                name, x: PaperLayout.margin, y: base, size: PaperLayout.size, paper.regular, gray: 0.4, page: page)
        }
        return try paper.bytes()
    }

    private mutating func writeHeading() throws(SheetError) {
        let room = paper.width - 2 * PaperLayout.margin
        for line in paper.bold.lines(sheet.title, size: 15, width: room, limit: PaperLayout.titleLines) {
            y += 18
            try paper.text(line, x: PaperLayout.margin, y: y - 4, size: 15, paper.bold)
        }
        y += 4
        let widest = sheet.subtitle.map { paper.regular.width($0.label, size: 9) }.max() ?? 0
        let start = min(widest, room / 3) + 10
        for fact in sheet.subtitle {
            let label = paper.regular.lines(fact.label, size: 9, width: room / 3, limit: 1).first ?? ""
            let lines = paper.regular.lines(fact.value, size: 9, width: room - start, limit: PaperLayout.titleLines)
            try breakPage(before: Double(max(lines.count, 1)) * 12)
            try paper.text(label, x: PaperLayout.margin, y: y + 9, size: 9, paper.regular, gray: 0.4)
            for (index, line) in lines.enumerated() {
                try paper.text(
                    line, x: PaperLayout.margin + start, y: y + 9 + Double(index) * 12, size: 9, paper.regular)
            }
            y += Double(max(lines.count, 1)) * 12
        }
        y += 8
        // A header alone at the foot of a page serves nobody.
        try breakPage(before: headerHeight + 4 * PaperLayout.leading)
    }

    private var headerHeight: Double { height(header.map(\.count).max() ?? 1) }

    private func height(_ lines: Int) -> Double { Double(max(lines, 1)) * PaperLayout.leading + 4 }

    private mutating func writeHeader() throws(SheetError) {
        let total = widths.reduce(0, +)
        try paper.fill(x: PaperLayout.margin, y: y, width: total, height: headerHeight, gray: 0.91)
        try writeCells(header, paper.bold, height: headerHeight)
        try paper.fill(x: PaperLayout.margin, y: y - 0.7, width: total, height: 0.7, gray: 0.3)
    }

    private mutating func writeRow(_ row: [Sheet.Cell]) throws(SheetError) {
        let cells = sheet.columns.indices.map { index in
            paper.regular.lines(
                sheet.shown(sheet.cell(row, index), as: sheet.columns[index].kind), size: PaperLayout.size,
                width: max(widths[index] - 2 * PaperLayout.gap, 1), limit: PaperLayout.cellLines)
        }
        let height = height(cells.map(\.count).max() ?? 1)
        if y + height > bottom {
            try paper.addPage()
            y = PaperLayout.margin
            try writeHeader()
        }
        try writeCells(cells, paper.regular, height: height)
        try paper.fill(x: PaperLayout.margin, y: y - 0.4, width: widths.reduce(0, +), height: 0.4, gray: 0.8)
    }

    private mutating func writeCells(_ cells: [[String]], _ typeface: Typeface, height: Double) throws(SheetError) {
        var left = PaperLayout.margin
        for (index, lines) in cells.enumerated() {
            let kind = sheet.columns[index].kind
            let isRight = kind == .number || kind == .money
            for (number, line) in lines.enumerated() {
                let right = left + widths[index] - PaperLayout.gap - typeface.width(line, size: PaperLayout.size)
                try paper.text(
                    line, x: isRight ? right : left + PaperLayout.gap,
                    y: y + 2 + PaperLayout.size + Double(number) * PaperLayout.leading, size: PaperLayout.size, typeface
                )
            }
            left += widths[index]
        }
        y += height
    }

    private mutating func writeFooter() throws(SheetError) {
        y += 8
        let room = paper.width - 2 * PaperLayout.margin
        for text in sheet.footer {
            for line in paper.regular.lines(text, size: 9, width: room, limit: PaperLayout.titleLines) {
                try breakPage(before: 12)
                try paper.text(line, x: PaperLayout.margin, y: y + 9, size: 9, paper.regular)
                y += 12
            }
        }
    }

    private mutating func breakPage(before height: Double) throws(SheetError) {
        guard y + height > bottom else { return }
        try paper.addPage()
        y = PaperLayout.margin
    }
}
