public import Model

public struct StockTakePush: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var product: String?
        public var gtin: String
        public var lot: String?
        /// What was found.
        public var counted: Quantity
        /// What our own book said when the count began: the difference is what a conflict is solved with.
        public var expected: Quantity
        /// What came in since the count began and is not among the counted (out: negative).
        public var movedSince: Quantity
        /// What the ERP had when the count began; nil where it was not asked. The change is measured against it.
        public var begin: Quantity?
        /// What we have told the ERP since the count began, of receptions and moves (out: negative), and what others book that came or
        /// went: it has it already.
        public var told: Quantity

        public init(
            product: String?, gtin: String, lot: String? = nil, counted: Quantity, expected: Quantity,
            movedSince: Quantity = 0, begin: Quantity? = nil, told: Quantity = 0
        ) {
            self.product = product
            self.gtin = gtin
            self.lot = lot
            self.counted = counted
            self.expected = expected
            self.movedSince = movedSince
            self.begin = begin
            self.told = told
        }

        /// What is there now.
        public var result: Quantity { counted + movedSince }

        /// How much is there that the ERP does not know of (missing: negative), whatever others moved there meanwhile; nil where
        /// its book at the beginning is not known.
        public var change: Quantity? { begin.map { result - ($0 + told) } }
    }

    /// Measured against what the ERP had at the beginning.
    var isByDifference: Bool { lines.contains { $0.begin != nil } }

    public var key: String
    /// The ERP's location: its id, or else what its barcode, code or name says.
    public var location: String
    public var lines: [Line]
    /// A person said that nothing else is there: what was not counted becomes zero.
    public var isComplete: Bool
    /// Codes (`Line.gtin`) of lines that a person allows to be left out: of an article that the ERP does not know, or in
    /// conflict with its book. The outcome's sentence names what was left out.
    public var accepted: [String]

    public init(
        key: String, location: String, lines: [Line], isComplete: Bool = false, accepted: [String] = []
    ) {
        self.key = key
        self.location = location
        self.lines = lines
        self.isComplete = isComplete
        self.accepted = accepted
    }
}

/// What an ERP has of one article, and lot of it, at one place.
public struct ERPStock: Equatable, Sendable {
    public var product: String
    /// 14 digits; nil where the product has none.
    public var gtin: String?
    public var reference: String?
    public var description: String
    /// Lot or serial number.
    public var lot: String?
    /// In the product's own unit.
    public var quantity: Quantity

    public init(
        product: String, gtin: String?, reference: String? = nil, description: String, lot: String? = nil,
        quantity: Quantity
    ) {
        (self.product, self.gtin, self.reference) = (product, gtin, reference)
        (self.description, self.lot, self.quantity) = (description, lot, quantity)
    }
}

/// What went from one place of the ERP to another, absolute.
public struct TransferPush: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var product: String?
        /// 14 digits, or what stands for them.
        public var gtin: String
        public var lot: String?
        public var quantity: Quantity

        public init(product: String?, gtin: String, lot: String? = nil, quantity: Quantity) {
            (self.product, self.gtin, self.lot, self.quantity) = (product, gtin, lot, quantity)
        }
    }

    /// Ours, kept in the ERP with the transfer.
    public var key: String
    /// The ERP's locations: an id, or else what a barcode, code or name says.
    public var from: String
    public var to: String
    public var lines: [Line]

    public init(key: String, from: String, to: String, lines: [Line]) {
        (self.key, self.from, self.to, self.lines) = (key, from, to, lines)
    }
}
