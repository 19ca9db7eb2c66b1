/// Labels on A4 sheets as office printers take them: what an article is called, its code as QR and as Code 128.
public struct LabelSheet: Sendable {
    /// Columns and rows of labels without margins between them.
    public enum Format: String, Sendable, CaseIterable {
        /// 70 × 37 mm.
        case small = "3x8"
        /// 52.5 × 29.7 mm.
        case smallest = "4x10"
        /// 105 × 57 mm.
        case large = "2x5"

        var columns: Int { self == .small ? 3 : self == .smallest ? 4 : 2 }
        var rows: Int { self == .small ? 8 : self == .smallest ? 10 : 5 }
        /// In millimetres.
        var height: Double { self == .small ? 37 : self == .smallest ? 29.7 : 57 }
        public var perPage: Int { columns * rows }
    }

    public struct Label: Equatable, Sendable {
        public var title: String
        /// What people read below the symbols.
        public var code: String
        /// What the QR code holds.
        public var text: String
        /// What the Code 128 holds; nil: there is none.
        public var bars: String?
        /// The bars are GS1 element strings.
        public var isGS1: Bool

        public init(title: String, code: String, text: String, bars: String?, isGS1: Bool = false) {
            (self.title, self.code, self.text, self.bars, self.isGS1) = (title, code, text, bars, isGS1)
        }
    }

    /// Of one file (our limit).
    public static let limit = 1000

    public var title: String
    public var format: Format
    public var labels: [Label]
    /// Places of the first sheet that are used already.
    public var skip: Int

    public init(title: String, format: Format = .small, labels: [Label], skip: Int = 0) {
        (self.title, self.format, self.labels) = (title, format, labels)
        self.skip = max(0, skip) % format.perPage
    }

    /// Throws where there are too many, or no memory.
    public func pdf() throws(SheetError) -> [UInt8] { try pdf(fonts: Paper.Fonts()) }

    private static let millimetre = 72 / 25.4

    func pdf(fonts: Paper.Fonts) throws(SheetError) -> [UInt8] {
        guard (1...LabelSheet.limit).contains(labels.count) else {
            throw .rows(labels.count, limit: LabelSheet.limit)
        }
        let paper = try Paper(title: title, isLandscape: false, fonts: fonts)
        let width = paper.width / Double(format.columns)
        let height = format.height * LabelSheet.millimetre
        let top = (paper.height - height * Double(format.rows)) / 2
        for (index, label) in labels.enumerated() {
            let place = (index + skip) % format.perPage
            if index == 0 || place == 0 { try paper.addPage() }
            let (row, column) = place.quotientAndRemainder(dividingBy: format.columns)
            try Place(
                x: Double(column) * width, y: top + Double(row) * height, width: width, height: height, paper: paper
            ).draw(label)
        }
        return try paper.bytes()
    }

    /// One label on the sheet, in points.
    ///
    /// ```
    /// ▓▓▓▓▓  Vis à bois 6 × 40
    /// ▓▓▓▓▓  VIS-6x40
    /// ▓▓▓▓▓
    /// ‖|‖||‖‖|‖||‖|‖||‖‖|‖||
    /// ```
    private struct Place {
        var x: Double
        var y: Double
        var width: Double
        var height: Double
        var paper: Paper

        /// Printers leave two millimetres of an edge, and labels slip by one.
        private var margin: Double { 3 * LabelSheet.millimetre }
        /// Narrower bars are not read (General Specifications 5.12.3 begins at 0.25 mm; ours is what 300 dpi prints in two dots).
        private static let leastModule = 0.17 * LabelSheet.millimetre
        private static let mostModule = 0.4 * LabelSheet.millimetre

        func draw(_ label: Label) throws(SheetError) {
            let inner = width - 2 * margin
            let bars = label.bars.flatMap { Code128($0, isGS1: label.isGS1) }
            let module = bars.map {
                min(Place.mostModule, inner / Double($0.length + 2 * Code128.quietZone))
            }
            let hasBars = module.map { $0 >= Place.leastModule } ?? false
            let barHeight = hasBars ? 0.24 * height : 0
            let side = min(height - 2 * margin - barHeight - (hasBars ? 2 : 0), inner / 2)
            try drawQR(label.text, side: side)
            let left = x + margin + side + 4
            let room = x + width - margin - left
            let size = min(11, max(6, height / 12))
            var base = y + margin + size
            for line in paper.regular.lines(label.title, size: size, width: room, limit: 3) {
                try paper.text(line, x: left, y: base, size: size, paper.regular)
                base += size * 1.2
            }
            for line in paper.bold.lines(label.code, size: size, width: room, limit: 3) {
                try paper.text(line, x: left, y: base, size: size, paper.bold)
                base += size * 1.2
            }
            guard hasBars, let bars, let module else { return }
            let start = x + (width - Double(bars.length) * module) / 2
            var at = start
            var shapes: [(x: Double, y: Double, width: Double, height: Double)] = []
            for (index, count) in bars.widths.enumerated() {
                let wide = Double(count) * module
                if index % 2 == 0 { shapes.append((at, y + height - margin - barHeight, wide, barHeight)) }
                at += wide
            }
            try paper.fill(shapes)
        }

        private func drawQR(_ text: String, side: Double) throws(SheetError) {
            guard let code = QRCode(text) else { return }
            // The margin of the label is its quiet zone above and to the left.
            let module = side / Double(code.size + QRCode.quietZone)
            var shapes: [(x: Double, y: Double, width: Double, height: Double)] = []
            for row in 0..<code.size {
                var column = 0
                while column < code.size {
                    let run = (column..<code.size).prefix { code[row, $0] }.count
                    if run > 0 {
                        shapes.append(
                            (
                                x + margin + Double(column) * module, y + margin + Double(row) * module,
                                Double(run) * module, module
                            ))
                    }
                    column += max(1, run)
                }
            }
            try paper.fill(shapes)
        }
    }
}
