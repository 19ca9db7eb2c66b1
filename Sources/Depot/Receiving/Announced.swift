public import Model

/// A delivery as somebody announced it: a file, a message, the ERP, or nobody (blind).
public struct Announced: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        /// 14 digits: of a piece, or of a carton that the catalogue knows.
        public var gtin: String
        public var description: String
        public var quantity: Quantity
        /// The paper's unit, where nobody had named the article's: it becomes that.
        public var measure: Measure?
        public var lot: String?
        /// `YYYY-MM-DD`
        public var expires: String?
        public var serials: [String]
        public var erp: String?
        public var erpProduct: String?

        public init(
            gtin: String, description: String = "", quantity: Quantity, measure: Measure? = nil, lot: String? = nil,
            expires: String? = nil, serials: [String] = [], erp: String? = nil, erpProduct: String? = nil
        ) {
            (self.gtin, self.description, self.quantity, self.lot) = (gtin, description, quantity, lot)
            self.measure = measure
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

    /// What the paper says beside its lines: who takes part, when what was, which other papers it belongs to.
    public struct Detail: Equatable, Hashable, Sendable {
        public enum Kind: String, CaseIterable, Sendable {
            case party, date, reference
        }

        public var kind: Kind
        /// What of it: a word such as `buyer` or `order`, else the paper's own code.
        public var code: String
        /// A day is `YYYY-MM-DD`.
        public var value: String

        public init(kind: Kind, code: String, value: String) {
            (self.kind, self.code, self.value) = (kind, code, value)
        }
    }

    /// Details that are kept of one paper, and characters of each.
    static let detailLimit = 100
    static let detailLength = 256

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
    public var details: [Detail] = []
    /// What else it is called: a scan of any of these opens it.
    public var names: [String] = []

    public init(
        note: String, supplier: String, expectedOn: String? = nil, client: String? = nil, dock: String? = nil,
        erp: String? = nil, erpPath: String? = nil, lines: [Line] = [], units: [Unit] = []
    ) {
        (self.note, self.supplier, self.expectedOn, self.client) = (note, supplier, expectedOn, client)
        (self.dock, self.erp, self.erpPath, self.lines, self.units) = (dock, erp, erpPath, lines, units)
    }
}

extension Announced {
    /// Keeps a detail once; without a value it is none.
    mutating func add(_ kind: Detail.Kind, _ code: String, _ value: String) {
        let value = String(value.trimming(" \t\r\n").prefix(Announced.detailLength))
        let detail = Detail(kind: kind, code: String(code.prefix(64)), value: value)
        guard !value.isEmpty, details.count < Announced.detailLimit, !details.contains(detail) else { return }
        details.append(detail)
    }

    /// The same for the same lines of the same note (FNV-1a, 64 bits).
    var fingerprint: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0x1F) &* 0x100_0000_01B3
        }
        add(note)
        for line in lines {
            for text in [line.gtin, "\(line.quantity)", line.lot ?? "", line.expires ?? ""] + line.serials { add(text) }
        }
        for unit in units { add(unit.sscc) }
        return String(hash, radix: 16)
    }
}
