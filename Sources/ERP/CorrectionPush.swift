public import Model

/// What a delivery that was closed, and told to the ERP, turned out to be after it was opened again: the change only.
public struct CorrectionPush: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        /// The receipt's line, where the article was announced.
        public var line: String?
        public var product: String?
        /// 14 digits, or what stands for them.
        public var gtin: String
        /// Lot or serial number.
        public var lot: String?
        /// `YYYY-MM-DD`
        public var expires: String?
        /// What came in more; less: negative, it goes back out of stock. In the product's own unit; never 0.
        public var change: Quantity

        public init(
            line: String?, product: String?, gtin: String, lot: String? = nil, expires: String? = nil, change: Quantity
        ) {
            (self.line, self.product, self.gtin) = (line, product, gtin)
            (self.lot, self.expires, self.change) = (lot, expires, change)
        }
    }

    /// Ours, kept in the ERP with what is created there: `quai/INSTALLATION/correction/17.2`, the second closing of delivery 17.
    public var key: String
    /// The ERP's receipt, as the push of the closing before gave it.
    public var receipt: String
    public var note: String
    /// Why a person opened it again.
    public var reason: String
    /// The ERP's supplier.
    public var supplier: String?
    public var lines: [Line]
    /// What turned out to be damaged since: it goes to the place for that, behind what else changed. Negative: it is whole after all.
    public var damaged: [Line]

    public init(
        key: String, receipt: String, note: String, reason: String, supplier: String? = nil, lines: [Line],
        damaged: [Line] = []
    ) {
        (self.key, self.receipt, self.note, self.reason) = (key, receipt, note, reason)
        (self.supplier, self.lines, self.damaged) = (supplier, lines, damaged)
    }
}
