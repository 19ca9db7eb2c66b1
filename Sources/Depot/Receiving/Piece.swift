import Identifiers
public import Model

/// What is known about goods besides their codes: cartons, tags that are not GS1, supplier's references.
public protocol Catalogue {
    /// What a carton's GTIN holds; nil for a piece's own.
    func packaging(_ gtin: String) -> (gtin: String, quantity: Int)?
    /// What a person said that a tag or a text is.
    func label(_ subject: String) -> Label?
    /// The product with this supplier's reference.
    func product(reference: String) -> String?
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
    public func packaging(_ gtin: String) -> (gtin: String, quantity: Int)? { nil }
    public func label(_ subject: String) -> Label? { nil }
    public func product(reference: String) -> String? { nil }
}

/// What a read or a scan stands for: so many pieces of a product, or a pallet's label.
public struct Piece: Equatable, Sendable {
    /// `tag:HEX`, `text:…`, `scan:RECORD` (a GTIN alone: every scan is another piece), `sscc:…`.
    public var subject: String
    public var gtin: String?
    public var serial: String?
    public var quantity = 1
    public var lot: String?
    /// `YYYY-MM-DD`
    public var expires: String?
    public var sscc: String?

    /// `GTIN/serial` of a piece with a number of its own.
    var identity: String? { gtin.flatMap { gtin in serial.map { "\(gtin)/\($0)" } } }

    /// Pieces that one label or one carton may stand for.
    public static let quantities = 1...100_000

    init(
        subject: String, gtin: String?, serial: String?, quantity: Int, lot: String?, expires: String? = nil
    ) {
        (self.subject, self.gtin, self.serial, self.quantity) = (subject, gtin, serial, quantity)
        (self.lot, self.expires) = (lot, expires)
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
        if gtin == nil, sscc == nil { take(catalogue.label(subject)) }
        unpack(in: catalogue)
    }

    init(_ barcode: Barcode, record: String, in catalogue: some Catalogue) {
        let text = barcode.text.trimming(" \t")
        let data = barcode.symbology.flatMap { try? ElementString($0 + barcode.text) }
        if let code = data?.sscc {
            (subject, sscc) = ("sscc:\(code)", code)
            return
        }
        gtin = GS1.gtin14(text) ?? data?.gtin
        serial = data?.value("21")
        lot = data?.value("10")
        expires = data?.value("17").flatMap(Piece.date)
        if let count = data.flatMap({ $0.value("37") ?? $0.value("30") }).flatMap({ Int($0) }),
            Piece.quantities.contains(count)
        {
            quantity = count
        }
        if let gtin, let serial {
            // One of its kind: scanned twice it is the same piece.
            subject = "item:\(gtin)/\(serial)"
        } else if gtin != nil {
            subject = "scan:\(record)"
        } else {
            subject = "text:\(text)"
            take(catalogue.label(subject))
            if gtin == nil, let product = catalogue.product(reference: text) {
                (gtin, subject) = (product, "scan:\(record)")
            }
        }
        unpack(in: catalogue)
    }

    private mutating func take(_ label: Label?) {
        guard let label else { return }
        (gtin, serial, lot) = (label.gtin, label.serial, label.lot)
    }

    private mutating func unpack(in catalogue: some Catalogue) {
        guard let code = gtin, let carton = catalogue.packaging(code) else { return }
        gtin = carton.gtin
        quantity *= carton.quantity
    }

    /// The SSCC of a scanned label.
    static func sscc(in row: Row) -> String? {
        guard case .barcode(_, _, let barcode) = row, let symbology = barcode.symbology else { return nil }
        return (try? ElementString(symbology + barcode.text))?.sscc
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
