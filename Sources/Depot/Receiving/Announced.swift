/// A delivery as somebody announced it: a file, a message, the ERP, or nobody (blind).
public struct Announced: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        /// 14 digits: of a piece, or of a carton that the catalogue knows.
        public var gtin: String
        public var description: String
        public var quantity: Int
        public var lot: String?
        /// `YYYY-MM-DD`
        public var expires: String?
        public var serials: [String]
        public var erp: String?
        public var erpProduct: String?

        public init(
            gtin: String, description: String = "", quantity: Int, lot: String? = nil, expires: String? = nil,
            serials: [String] = [], erp: String? = nil, erpProduct: String? = nil
        ) {
            (self.gtin, self.description, self.quantity, self.lot) = (gtin, description, quantity, lot)
            (self.expires, self.serials, self.erp, self.erpProduct) = (expires, serials, erp, erpProduct)
        }
    }

    /// A pallet or a carton with a label of its own.
    public struct Unit: Equatable, Sendable {
        /// 18 digits.
        public var sscc: String
        /// What it stands on or in.
        public var parent: String?
        public var contents: [Reception.Content]

        public init(sscc: String, parent: String? = nil, contents: [Reception.Content] = []) {
            (self.sscc, self.parent, self.contents) = (sscc, parent, contents)
        }
    }

    public var note: String
    public var supplier: String
    /// `YYYY-MM-DD`
    public var expectedOn: String?
    public var client: String?
    /// The zone it is to come to.
    public var dock: String?
    public var erp: String?
    public var erpPath: String?
    public var lines: [Line]
    public var units: [Unit]

    public init(
        note: String, supplier: String, expectedOn: String? = nil, client: String? = nil, dock: String? = nil,
        erp: String? = nil, erpPath: String? = nil, lines: [Line] = [], units: [Unit] = []
    ) {
        (self.note, self.supplier, self.expectedOn, self.client) = (note, supplier, expectedOn, client)
        (self.dock, self.erp, self.erpPath, self.lines, self.units) = (dock, erp, erpPath, lines, units)
    }
}
