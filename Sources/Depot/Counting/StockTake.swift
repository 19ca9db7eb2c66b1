public import Model

/// A zone being counted, as far as counting needs it.
public struct StockTake: Equatable, Sendable {
    public var id: Int64
    public var zone: String
    public var mode: Reception.Mode
    private(set) var subjects: [String: Reception.Counted] = [:]
    /// Pieces with a number of their own, however they were read: `GTIN/serial`.
    private var identities: Set<String> = []

    init(id: Int64, zone: String, mode: Reception.Mode) { (self.id, self.zone, self.mode) = (id, zone, mode) }

    /// What a read does to it: nil when it is counted already. A pallet counts what its label says; one that says nothing is asked
    /// about.
    public enum Change: Equatable, Sendable {
        case count(Piece)
        case remove(subject: String)
    }

    public func decide(_ piece: Piece) -> Change? {
        if mode == .add {
            if let identity = piece.identity, identities.contains(identity) { return nil }
            return subjects[piece.subject] == nil ? .count(piece) : nil
        }
        if subjects[piece.subject] != nil { return .remove(subject: piece.subject) }
        guard let gtin = piece.gtin, piece.subject.hasPrefix("scan:") else { return nil }
        return subjects.filter {
            $0.key.hasPrefix("scan:") && $0.value.gtin == gtin && $0.value.quantity == piece.quantity
        }.keys.max().map { .remove(subject: $0) }
    }

    mutating func apply(_ piece: Piece) {
        subjects[piece.subject] = Reception.Counted(gtin: piece.gtin, serial: piece.serial, quantity: piece.quantity)
        if let identity = piece.identity { identities.insert(identity) }
    }

    mutating func remove(_ subject: String) {
        guard let counted = subjects.removeValue(forKey: subject) else { return }
        if let gtin = counted.gtin, let serial = counted.serial { identities.remove("\(gtin)/\(serial)") }
    }
}

/// A stock take as people see it.
public struct StockTakeView: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var gtin: String
        public var description: String
        /// In the book when the count began.
        public var expected: Quantity
        public var counted: Quantity
        /// Came in since and is not among the counted; what was counted and left since is negative.
        public var moved: Quantity
        /// In the book now.
        public var book: Quantity
        public var measure: Measure
        /// What the ERP has there as far as we know; nil where it was not asked.
        public var erp: Quantity?
        /// Counted of an article that has lots or serial numbers, without one: not told to the ERP as long as it is so.
        public var unlotted: Quantity?

        public var result: Quantity { counted + moved }
        public var difference: Quantity { result - book }

        public init(
            gtin: String, description: String, measure: Measure = .piece, expected: Quantity, counted: Quantity,
            moved: Quantity, book: Quantity
        ) {
            (self.gtin, self.description, self.measure, self.expected) = (gtin, description, measure, expected)
            (self.counted, self.moved, self.book) = (counted, moved, book)
        }
    }

    public enum Status: String, Sendable, CaseIterable { case counting, review, posted, cancelled }

    public var id: Int64
    public var zone: String
    public var sources: [String]
    public var isBlind: Bool
    public var status: Status
    public var mode: Reception.Mode
    public var openedAt: Int64
    public var openedBy: String
    public var closedAt: Int64?
    public var closedBy: String?
    /// A person said that everything was counted: what was not seen is not there.
    public var isComplete: Bool
    public var lines: [Line] = []
    public var unknown: [DeliveryView.Stray] = []
    /// What could not be read of labels that are counted.
    public var remarks: [DeliveryView.Remark] = []
    public var decisions: [Decision] = []

    /// Pieces, and what is measured each once.
    public var counted: Int {
        lines.reduce(0) { $0 + ($1.measure.isDivisible ? ($1.counted == 0 ? 0 : 1) : $1.counted.ceiling) }
    }
    public var differences: Int { lines.count { $0.difference != 0 } }

    /// A person who counts blind is not told what is expected.
    public var showsBook: Bool { !isBlind || status != .counting }

    /// In a list: the sums.
    public static let summaryShape = Shape<StockTakeView>(
        "StockTakeSummary",
        [
            .integer("id", \.id), .text("zone", \.zone), .texts("sources", \.sources), .truth("blind", \.isBlind),
            .word("status", \.status), .word("mode", \.mode), .moment("openedAt", \.openedAt),
            .text("openedBy", \.openedBy), .moment("closedAt", ifAny: \.closedAt),
            .text("closedBy", ifAny: \.closedBy), .truth("complete", \.isComplete), .count("counted", \.counted),
            .count("unknown", \.unknown.count),
            .count("differences", ifAny: { $0.showsBook ? $0.differences : nil }),
        ])

    /// With its lines.
    public static let shape = Shape<StockTakeView>(
        "StockTake",
        summaryShape.fields + [
            .list("lines", of: shownLine) { take in
                take.lines.filter { take.showsBook || $0.counted != 0 }.map { ($0, take.showsBook) }
            },
            .list("unknownTags", of: DeliveryView.Stray.shape, \.unknown),
            .list("remarks", of: DeliveryView.Remark.shape, \.remarks),
            .list("decisions", of: Decision.shape, \.decisions),
        ])

    private static let shownLine = Shape<(line: Line, showsBook: Bool)>(
        "StockTakeLine",
        [
            .text("gtin") { $0.line.gtin }, .text("description") { $0.line.description },
            .unit("unit") { $0.line.measure },
            .quantity("expected", ifAny: { $0.showsBook ? $0.line.expected : nil }),
            .quantity("counted") { $0.line.counted },
            .quantity("moved") { $0.line.moved }, .quantity("result") { $0.line.result },
            .quantity("book", ifAny: { $0.showsBook ? $0.line.book : nil }),
            .quantity("difference", ifAny: { $0.showsBook ? $0.line.difference : nil }),
            .quantity("erp", ifAny: { $0.showsBook ? $0.line.erp : nil }),
            .quantity("unlotted", ifAny: { $0.line.unlotted }),
        ])

    public var summary: JSON { StockTakeView.summaryShape.json(self) }

    public var json: JSON { StockTakeView.shape.json(self) }

    /// What happened to a product in the zone since the count began.
    struct Moved {
        var gtin: String
        /// In positive, out negative.
        var quantity: Quantity
        /// Whether this very piece is among the counted; nil where pieces are not told apart.
        var isCounted: Bool?
        /// The tagged piece.
        var subject: String?
    }

    /// What came since the count began and is not among the counted, less what was counted and has gone.
    static func movedSince(_ moves: [Moved]) -> [String: Quantity] {
        var sums: [String: Quantity] = [:]
        // A tagged piece may come and go and come: where it ended tells.
        var last: [String: Moved] = [:]
        for move in moves { if let subject = move.subject { last[subject] = move } }
        for move in moves.filter({ $0.subject == nil }) + last.values {
            switch (move.quantity > 0, move.isCounted) {
            // Counted where it lies now, or gone before it could be counted: the count is right as it is.
            case (true, true?), (false, false?): break
            case (true, _), (false, _): sums[move.gtin, default: 0] += move.quantity
            }
        }
        return sums
    }
}
