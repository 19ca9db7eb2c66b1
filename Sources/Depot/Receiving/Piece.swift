import Identifiers
public import Model

/// What is known about goods besides their codes: cartons, tags that are not GS1, supplier's references.
public protocol Catalogue {
    /// What a carton's GTIN holds; nil for a piece's own.
    func packaging(_ gtin: String) -> (gtin: String, quantity: Quantity)?
    /// What an article is counted in.
    func measure(_ gtin: String) -> Measure
    /// What a person said that a tag or a text is.
    func label(_ subject: String) -> Label?
    /// The product with this supplier's reference; nil also where it may be one of several.
    func product(reference: String) -> String?
    /// A GTIN of the catalogue, or of a paper.
    func knows(_ gtin: String) -> Bool
}

extension Catalogue {
    public func measure(_ gtin: String) -> Measure { .piece }
}

public struct Label: Equatable, Sendable {
    public var gtin: String
    public var serial: String?
    public var lot: String?

    public init(gtin: String, serial: String? = nil, lot: String? = nil) {
        self.gtin = gtin
        self.serial = serial
        self.lot = lot
    }
}

/// Nothing but the codes themselves.
public struct EmptyCatalogue: Catalogue {
    public init() {}
    public func packaging(_ gtin: String) -> (gtin: String, quantity: Quantity)? { nil }
    public func label(_ subject: String) -> Label? { nil }
    public func product(reference: String) -> String? { nil }
    public func knows(_ gtin: String) -> Bool { false }
}

/// What a read or a scan stands for: so many pieces of a product, or a pallet's label.
public struct Piece: Equatable, Sendable {
    /// `tag:HEX`, `text:…`, `scan:RECORD` (a GTIN alone: every scan is another piece), `sscc:…`.
    public var subject: String
    public var gtin: String?
    public var serial: String?
    public var quantity: Quantity = 1
    public var lot: String?
    /// `YYYY-MM-DD`
    public var expires: String?
    /// A pallet's label; `gtin` and `quantity` then are what it says itself of its content.
    public var sscc: String?
    /// What could not be read of the label, as it was scanned, with the reason.
    public var remark: String?

    /// The label says itself how much it is, in the article's unit.
    private var isMeasured = false

    /// `GTIN/serial` of a piece with a number of its own.
    var identity: String? { gtin.flatMap { gtin in serial.map { "\(gtin)/\($0)" } } }

    /// What one label or one carton may stand for, in the article's unit.
    public static let quantities = Quantity(thousandths: 1)...100_000

    init(
        subject: String, gtin: String?, serial: String?, quantity: Quantity, lot: String?, expires: String? = nil,
        remark: String? = nil
    ) {
        (self.subject, self.gtin, self.serial, self.quantity) = (subject, gtin, serial, quantity)
        (self.lot, self.expires, self.remark) = (lot, expires, remark)
        if subject.hasPrefix("sscc:") { sscc = String(subject.dropFirst(5).prefix { $0 != "/" }) }
    }

    /// Nil for rows that are no goods. `record` makes a scan of a GTIN countable: the same barcode twice is two pieces.
    public init?(_ row: Row, record: @autoclosure () -> String, in catalogue: some Catalogue) {
        switch row {
        case .appeared(let sighting), .moved(let sighting, _):
            self.init(sighting.tag, in: catalogue)
        case .barcode(_, _, let barcode): self.init(barcode, record: record(), in: catalogue)
        // A wedge types what its scanner saw.
        case .key(_, _, let text): self.init(Barcode(text: text), record: record(), in: catalogue)
        default: return nil
        }
    }

    init(_ tag: TagID, in catalogue: some Catalogue) {
        subject = "tag:\(tag.hex)"
        let epc = tag.scheme == .epcGen2 ? try? EPC(tag.bytes) : nil
        (gtin, serial, sscc) = (epc?.gtin, epc?.serial, epc?.sscc)
        if let sscc { subject = "sscc:\(sscc)" }
        if gtin == nil, sscc == nil { take(catalogue.label(subject)) }
        unpack(in: catalogue)
    }

    /// Whoever read it. What the site itself calls so comes before what a text might be read as; what the symbol promises comes
    /// before both.
    init(_ barcode: Barcode, record: String, in catalogue: some Catalogue) {
        let text = barcode.symbology == nil ? ScannedCode.plain(barcode.text) : barcode.text.trimming(" \t")
        subject = "text:\(text)"
        let code = ScannedCode(barcode.text, symbology: barcode.symbology)
        if code?.trust != .promised, let own = Piece.named(text, in: catalogue),
            code?.gtin.map(catalogue.knows) != true || code?.trust == .doubtful
        {
            take(own, record: record)
        } else if let code, code.trust > .doubtful || code.sscc != nil || code.gtin.map(catalogue.knows) == true {
            take(code, record: record, in: catalogue)
        }
        if sscc == nil || gtin != nil { unpack(in: catalogue) }
    }

    /// What a person, a file or the catalogue says that this text is.
    private static func named(_ text: String, in catalogue: some Catalogue) -> Label? {
        catalogue.label("text:\(text)") ?? catalogue.product(reference: text).map { Label(gtin: $0) }
    }

    private mutating func take(_ own: Label, record: String) {
        take(own)
        // Without a number of its own it is a code like a GTIN: each scan is another piece.
        subject = own.serial.map { "item:\(own.gtin)/\($0)" } ?? "scan:\(record)"
    }

    private mutating func take(_ code: ScannedCode, record: String, in catalogue: some Catalogue) {
        gtin = code.gtin
        serial = code.value("21")
        lot = code.value("10")
        expires = code.value("17").flatMap(Piece.date)
        var remarks = code.doubts.map { doubt in
            // The reason shows as a rule what was scanned.
            doubt.reason.contains(doubt.raw.dropFirst(2)) ? doubt.reason : "\(doubt.raw): \(doubt.reason)"
        }
        if let count = code.count.map({ Quantity($0) }) {
            if Piece.quantities.contains(count) { quantity = count } else { remarks.append("\(count): not a quantity") }
        }
        if let pallet = code.sscc {
            (subject, sscc, serial) = ("sscc:\(pallet)", pallet, nil)
            // A label of one pallet names what is on it by (02) and (37).
            if code.value("02") == nil { gtin = nil }
        } else if gtin == nil {
            guard let first = code.references.first else {
                (lot, expires, serial, quantity) = (nil, nil, nil, 1)
                return
            }
            for reference in code.references where gtin == nil {
                gtin = Piece.named(reference, in: catalogue)?.gtin
            }
            // Named once, this reference is known on every label.
            if gtin == nil { (subject, serial) = ("text:\(first)", nil) }
        }
        if let missing = measure(code, in: catalogue) { remarks.append(missing) }
        if let gtin, sscc == nil {
            // One of its kind: scanned twice it is the same piece.
            subject = serial.map { "item:\(gtin)/\($0)" } ?? "scan:\(record)"
        }
        if !remarks.isEmpty { remark = String(remarks.joined(separator: "; ").prefix(Piece.remarkLimit)) }
    }

    /// Cable by the metre, goods by weight: what the label measures. Returns what is to be said where it does not.
    private mutating func measure(_ code: ScannedCode, in catalogue: some Catalogue) -> String? {
        guard let gtin else { return nil }
        let package = catalogue.packaging(gtin)
        let unit = catalogue.measure(package?.gtin ?? gtin)
        // What a supplier's label says of its quantity comes before what it measures besides.
        let said = code.amount.map { [($0.measure ?? unit, $0.quantity)] } ?? []
        let ours = unit.symbol ?? "pieces"
        guard unit.isDivisible else {
            return said.first.map { "\($0.0.text($0.1)): the article is counted in \(ours): \(quantity) counted" }
        }
        for (measure, amount) in said + code.measures where measure.convert(0, to: unit) != nil {
            guard let length = measure.convert(amount, to: unit), Piece.quantities.contains(length) else {
                return
                    "\(measure.text(amount)) cannot be told in \(unit.text(0).dropFirst(2)) with three decimals: \(quantity) counted"
            }
            (quantity, isMeasured) = (length, true)
            return nil
        }
        if let (measure, amount) = said.first {
            return "\(measure.text(amount)) cannot be told in \(ours): \(quantity) counted"
        }
        guard package == nil, code.count == nil else { return nil }
        return "the label does not say how many \(unit.symbol ?? unit.code) it is: \(unit.text(quantity)) counted"
    }

    /// Characters of a remark that are kept.
    static let remarkLimit = 300

    private mutating func take(_ label: Label?) {
        guard let label else { return }
        (gtin, serial, lot) = (label.gtin, label.serial, label.lot)
    }

    private mutating func unpack(in catalogue: some Catalogue) {
        guard let code = gtin, let carton = catalogue.packaging(code) else { return }
        gtin = carton.gtin
        // What a label measures is of all that it stands for.
        guard !isMeasured else { return }
        guard let pieces = quantity.times(carton.quantity) else {
            remark = remark ?? "\(quantity) × \(carton.quantity): not a quantity"
            return
        }
        quantity = pieces
    }

    /// The SSCC of a scanned label.
    static func sscc(in row: Row) -> String? {
        let scan: (text: String, symbology: String?)
        switch row {
        case .barcode(_, _, let barcode): scan = (barcode.text, barcode.symbology)
        case .key(_, _, let text): scan = (text, nil)
        default: return nil
        }
        // Every scan comes by here, and most are too short for 18 digits, whatever stands around them.
        guard scan.text.utf8.count(where: { (0x30...0x39).contains($0) }) >= 18 else { return nil }
        return ScannedCode(scan.text, symbology: scan.symbology)?.sscc
    }

    /// `YYMMDD` of AI (17); day 00 is the month's last (General Specifications 3.4.7), years as in 7.12.
    static func date(_ digits: String) -> String? {
        guard digits.utf8.count == 6, let year = Int(digits.prefix(2)), let month = Int(digits.dropFirst(2).prefix(2)),
            (1...12).contains(month)
        else { return nil }
        let century = year >= 76 ? "19" : "20"
        guard digits.hasSuffix("00") else { return Day.text(century + digits) }
        return Day.text(century + digits.prefix(4) + String(Day.length((century == "19" ? 1900 : 2000) + year, month)))
    }
}
