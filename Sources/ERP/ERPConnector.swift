public import Model

/// What Quai asks of an ERP, whichever it is. Every push is safe to repeat: it reads the state, does what is missing and
/// reads the result, so that a crash between any two calls is mended by pushing again.
public protocol ERPConnector: Sendable {
    /// Finds out which server it is and signs in: one to three calls, remembered.
    func probe() async throws(ERPFault) -> ERPVersion
    /// Products that can lie in stock, with or without a GTIN, a page at a time, in a stable order. `cursor` is what the last page gave; nil begins.
    func products(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPProduct>
    /// Clients and suppliers with their numbers, a page at a time.
    func parties(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPParty>
    /// Receipts that are announced and not done, with their lines.
    func openReceipts() async throws(ERPFault) -> [ERPReceipt]
    /// Who has this number, in this order: equal E.164, national form, last nine digits (`isGuess`).
    func parties(e164: String, national: String) async throws(ERPFault) -> [ERPParty]
    /// What a client card shows of a party. A section that the server does not have or does not allow is absent.
    func card(of party: String) async throws(ERPFault) -> ERPCard
    func push(_ reception: ReceptionPush, dry: Bool) async throws(ERPFault) -> PushOutcome
    func push(_ take: StockTakePush, dry: Bool) async throws(ERPFault) -> PushOutcome
    /// What the ERP has at a place and below it, an entry for each article and lot: read when a count begins.
    func stock(at location: String) async throws(ERPFault) -> [ERPStock]
    /// Goods put away or moved: an internal transfer between two places of the ERP.
    func push(_ transfer: TransferPush, dry: Bool) async throws(ERPFault) -> PushOutcome
    /// A delivery that was opened again after it was told: more goods come in, less go out again.
    func push(_ correction: CorrectionPush, dry: Bool) async throws(ERPFault) -> PushOutcome
    func push(_ call: CallPush, dry: Bool) async throws(ERPFault) -> PushOutcome
    /// A client that somebody entered here.
    func push(_ party: PartyPush, dry: Bool) async throws(ERPFault) -> PushOutcome
}

extension ERPConnector {
    public func push(_ correction: CorrectionPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        throw ERPFault(.unsupported, "This ERP takes no corrections of a receipt: correct it there.")
    }
}

public struct ERPPage<Element: Sendable>: Sendable {
    public var items: [Element]
    /// Nil: that was all.
    public var next: String?

    public init(items: [Element], next: String?) {
        self.items = items
        self.next = next
    }
}

extension ERPPage: Equatable where Element: Equatable {}

public struct ERPVersion: Equatable, Sendable {
    /// `odoo` or `tryton`
    public var product: String
    /// As the server says it: `17.0`, `8.2`.
    public var series: String
    /// The door in use: `jsonrpc`, `json2`, `session`, `rest`.
    public var door: String
    /// What is worth knowing: modules that are missing, rights that are.
    public var remarks: [String]

    public init(product: String, series: String, door: String, remarks: [String] = []) {
        self.product = product
        self.series = series
        self.door = door
        self.remarks = remarks
    }
}

public enum Tracking: String, Equatable, Sendable { case none, lot, serial }

/// Identities of the ERP are texts here: they are its numbers, and nobody counts with them.
public struct ERPProduct: Equatable, Sendable {
    public struct Packaging: Equatable, Sendable {
        /// 14 digits.
        public var gtin: String
        public var quantity: Quantity

        public init(gtin: String, quantity: Quantity) {
            self.gtin = gtin
            self.quantity = quantity
        }
    }

    public var id: String
    /// 14 digits each, of one piece. Empty for an article without a GTIN.
    public var gtins: [String]
    /// The ERP's own code of it: `default_code` of Odoo.
    public var reference: String?
    /// Other codes that are scanned: internal barcodes that are no GTIN.
    public var codes: [String]
    public var description: String
    public var unit: String?
    public var tracking: Tracking
    public var packagings: [Packaging]

    public init(
        id: String, gtins: [String], reference: String? = nil, description: String, unit: String? = nil,
        tracking: Tracking = .none, packagings: [Packaging] = [], codes: [String] = []
    ) {
        self.id = id
        self.gtins = gtins
        self.reference = reference
        self.codes = codes
        self.description = description
        self.unit = unit
        self.tracking = tracking
        self.packagings = packagings
    }
}

public struct ERPParty: Equatable, Sendable {
    public var id: String
    public var company: String
    public var name: String
    /// The party's own code there, where it has one.
    public var code: String?
    /// As typed there.
    public var numbers: [String]
    /// Found by the last digits alone.
    public var isGuess: Bool
    /// Where a person sees it in the ERP, below the server's address: `/web#id=5&model=res.partner`.
    public var path: String?

    public init(
        id: String, company: String, name: String, code: String? = nil, numbers: [String] = [], isGuess: Bool = false,
        path: String? = nil
    ) {
        self.id = id
        self.company = company
        self.name = name
        self.code = code
        self.numbers = numbers
        self.isGuess = isGuess
        self.path = path
    }
}

public struct ERPReceipt: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        /// Odoo: the `stock.move`; Tryton: the incoming move.
        public var id: String
        public var product: String
        /// 14 digits; nil where the product has none.
        public var gtin: String?
        public var description: String
        /// In the product's own unit.
        public var quantity: Quantity
        public var tracking: Tracking
        /// The ERP's own code of the product.
        public var reference: String?
        /// Other codes that are scanned: internal barcodes that are no GTIN.
        public var codes: [String]

        public init(
            id: String, product: String, gtin: String?, description: String, quantity: Quantity,
            tracking: Tracking = .none, reference: String? = nil, codes: [String] = []
        ) {
            self.id = id
            self.product = product
            self.gtin = gtin
            self.reference = reference
            self.codes = codes
            self.description = description
            self.quantity = quantity
            self.tracking = tracking
        }
    }

    public var id: String
    /// The ERP's own name of it: `WH/IN/00001`, shipment number.
    public var name: String
    /// What else it answers to, where the ERP knows: its order, the supplier's note or reference.
    public var references: [String]
    public var supplier: String
    /// `YYYY-MM-DD`
    public var expectedOn: String?
    public var lines: [Line]
    public var path: String?

    public init(
        id: String, name: String, references: [String] = [], supplier: String, expectedOn: String? = nil, lines: [Line],
        path: String? = nil
    ) {
        self.id = id
        self.name = name
        self.references = references
        self.supplier = supplier
        self.expectedOn = expectedOn
        self.lines = lines
        self.path = path
    }
}

/// What was received, absolute: "this line got 50", never "one more".
public struct ReceptionPush: Equatable, Sendable {
    public struct Lot: Equatable, Sendable {
        public var number: String
        public var quantity: Quantity
        /// `YYYY-MM-DD`
        public var expires: String?
        /// How much of it is damaged; where none says so, the line's damaged are of its only lot.
        public var damaged: Quantity

        public init(number: String, quantity: Quantity, expires: String? = nil, damaged: Quantity = 0) {
            self.damaged = damaged
            self.number = number
            self.quantity = quantity
            self.expires = expires
        }
    }

    public struct Line: Equatable, Sendable {
        /// The receipt's line; nil for what nobody ordered.
        public var line: String?
        /// The ERP's product where it is known.
        public var product: String?
        /// 14 digits, or what stands for them where there are none: `#` and the product's reference.
        public var gtin: String
        /// What came, damaged pieces among it, in the product's own unit.
        public var quantity: Quantity
        /// How much of it is damaged: received, and scrapped at once.
        public var damaged: Quantity
        /// Lots or serial numbers (quantity 1); their sum is the quantity where the product is tracked.
        public var lots: [Lot]

        public init(
            line: String?, product: String?, gtin: String, quantity: Quantity, lots: [Lot] = [], damaged: Quantity = 0
        ) {
            self.damaged = damaged
            self.line = line
            self.product = product
            self.gtin = gtin
            self.quantity = quantity
            self.lots = lots
        }
    }

    /// Ours: `quai/INSTALLATION/reception/17`. Kept in the ERP with what is created there.
    public var key: String
    /// The ERP's receipt; nil creates one (a blind reception).
    public var receipt: String?
    public var note: String
    /// The ERP's supplier, for a receipt that is created.
    public var supplier: String?
    public var lines: [Line]
    /// What is missing is still to come; false gives it up.
    public var backorder: Bool
    /// Warnings that a person has accepted, by name (Tryton).
    public var accepted: [String]

    public init(
        key: String, receipt: String?, note: String, supplier: String? = nil, lines: [Line], backorder: Bool = true,
        accepted: [String] = []
    ) {
        self.key = key
        self.receipt = receipt
        self.note = note
        self.supplier = supplier
        self.lines = lines
        self.backorder = backorder
        self.accepted = accepted
    }
}

public struct CallPush: Equatable, Sendable {
    public var key: String
    /// The ERP's party.
    public var party: String
    /// One line: "Incoming call, 3 min, answered by Bruno".
    public var subject: String
    /// What was written about it; may be empty.
    public var note: String
    /// A call back to do on this day, `YYYY-MM-DD`: an activity where the ERP has them, a note otherwise.
    public var callBackOn: String?
    /// Who is to call back, as they are called here.
    public var person: String?
    /// The keys under which a call back was told that is done now.
    public var closes: [String]
    /// The keys under which a call back was told that was done since, and is open again.
    public var reopens: [String]

    public init(
        key: String, party: String, subject: String, note: String, callBackOn: String? = nil, person: String? = nil,
        closes: [String] = [], reopens: [String] = []
    ) {
        self.key = key
        self.party = party
        self.subject = subject
        self.note = note
        self.callBackOn = callBackOn
        self.person = person
        self.closes = closes
        self.reopens = reopens
    }
}

public struct PartyPush: Equatable, Sendable {
    public var key: String
    public var company: String
    public var name: String
    /// E.164 where it is a telephone number.
    public var numbers: [String]

    public init(key: String, company: String, name: String, numbers: [String]) {
        self.key = key
        self.company = company
        self.name = name
        self.numbers = numbers
    }
}

public enum PushOutcome: Equatable, Sendable {
    /// The ERP has it, as read back: its record's id, and a sentence for people.
    case done(id: String, String)
    /// A dry run: what would have been sent.
    case planned([ERPRequest])
}

/// A client's affairs. Every section is optional: nil where the server lacks the module or the right.
public struct ERPCard: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public var name: String
        public var state: String
        /// `YYYY-MM-DD`
        public var date: String?
        /// Decimal text with its currency, `1234.50 EUR`: only for those who may see money.
        public var amount: String?
        public var path: String?

        public init(name: String, state: String, date: String? = nil, amount: String? = nil, path: String? = nil) {
            self.name = name
            self.state = state
            self.date = date
            self.amount = amount
            self.path = path
        }
    }

    public var orders: [Entry]?
    public var invoices: [Entry]?
    public var tickets: [Entry]?
    /// Decimal text: what the party owes.
    public var balance: String?

    public init(orders: [Entry]? = nil, invoices: [Entry]? = nil, tickets: [Entry]? = nil, balance: String? = nil) {
        self.orders = orders
        self.invoices = invoices
        self.tickets = tickets
        self.balance = balance
    }
}
