public import Model

/// What an EPC's bits say under the GS1 Tag Data Standard (rfid.md §12). Unknown or malformed is an error with a
/// reason, never a guess.
public struct EPC: Equatable, Sendable {
    public var hex: String
    public var scheme: String
    public var tagURI: String
    public var pureIdentity: String
    public var gtin: String?
    public var serial: String?
    public var sscc: String?
    public var digitalLink: String

    public struct Unreadable: Error, Equatable, Sendable {
        public var reason: String

        init(reason: String) { self.reason = reason }
    }

    /// Company prefix bits and digits by partition (rfid.md 12.1).
    private static let companyBits = [40, 37, 34, 30, 27, 24, 20]

    public init(_ bytes: [UInt8]) throws(Unreadable) {
        guard let header = bytes.first else { throw Unreadable(reason: "empty") }
        switch header {
        case 0x30: try self.init(sgtin: Bits(bytes))
        case 0x31: try self.init(sscc: Bits(bytes))
        default: throw Unreadable(reason: "header \(Hex.string([header])) is not an EPC scheme this version reads")
        }
    }

    private init(sgtin bits: Bits) throws(Unreadable) {
        guard bits.bytes.count == 12 else { throw Unreadable(reason: "an SGTIN-96 has 12 bytes, not \(bits.bytes.count)") }
        let (filter, company, item) = try EPC.parts(bits, itemBits: [4, 7, 10, 14, 17, 20, 24], itemDigits: 1)
        let serial = String(bits.value(58, 38))
        let digits = String(item.prefix(1)) + company + item.dropFirst()
        hex = Hex.string(bits.bytes)
        scheme = "sgtin-96"
        tagURI = "urn:epc:tag:sgtin-96:\(filter).\(company).\(item).\(serial)"
        pureIdentity = "urn:epc:id:sgtin:\(company).\(item).\(serial)"
        let gtin = digits + String(GS1.checkDigit(digits))
        self.gtin = gtin
        self.serial = serial
        digitalLink = "https://id.gs1.org/01/\(gtin)/21/\(serial)"
    }

    private init(sscc bits: Bits) throws(Unreadable) {
        guard bits.bytes.count == 12 else { throw Unreadable(reason: "an SSCC-96 has 12 bytes, not \(bits.bytes.count)") }
        let (filter, company, reference) = try EPC.parts(bits, itemBits: [18, 21, 24, 28, 31, 34, 38], itemDigits: 5)
        guard bits.value(72, 24) == 0 else { throw Unreadable(reason: "the last 24 bits of an SSCC-96 are zero") }
        let digits = String(reference.prefix(1)) + company + reference.dropFirst()
        hex = Hex.string(bits.bytes)
        scheme = "sscc-96"
        tagURI = "urn:epc:tag:sscc-96:\(filter).\(company).\(reference)"
        pureIdentity = "urn:epc:id:sscc:\(company).\(reference)"
        let sscc = digits + String(GS1.checkDigit(digits))
        self.sscc = sscc
        digitalLink = "https://id.gs1.org/00/\(sscc)"
    }

    /// Filter, company prefix and second field; `itemDigits` is the second field's length for partition 0.
    private static func parts(_ bits: Bits, itemBits: [Int], itemDigits: Int) throws(Unreadable) -> (UInt64, String, String) {
        let filter = bits.value(8, 3)
        let partition = Int(bits.value(11, 3))
        guard partition < 7 else { throw Unreadable(reason: "partition 7 is not allowed") }
        let company = bits.value(14, companyBits[partition])
        let item = bits.value(14 + companyBits[partition], itemBits[partition])
        guard let companyText = padded(company, 12 - partition) else {
            throw Unreadable(reason: "the company prefix has more than \(12 - partition) digits")
        }
        guard let itemText = padded(item, itemDigits + partition) else {
            throw Unreadable(reason: "the second field has more than \(itemDigits + partition) digits")
        }
        return (filter, companyText, itemText)
    }

    private static func padded(_ value: UInt64, _ digits: Int) -> String? {
        let text = String(value)
        return text.count <= digits ? String(repeating: "0", count: digits - text.count) + text : nil
    }

    private struct Bits {
        var bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func value(_ start: Int, _ count: Int) -> UInt64 {
            (start..<start + count).reduce(0) { $0 << 1 | UInt64(bytes[$1 / 8] >> UInt8(7 - $1 % 8) & 1) }
        }
    }

    /// SGTIN-96 from its parts, as label printers write it; nil where a part does not fit.
    public static func sgtin96(gtin: String, companyDigits: Int, serial: UInt64, filter: UInt64 = 1) -> [UInt8]? {
        let digits = gtin.compactMap(\.wholeNumberValue)
        guard GS1.isGTIN(gtin), digits.count == 14, (6...12).contains(companyDigits), serial < 1 << 38 else { return nil }
        let partition = 12 - companyDigits
        let company = digits[1..<1 + companyDigits].reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        let item = ([digits[0]] + digits[(1 + companyDigits)..<13]).reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        var bits: [Bool] = []
        for (value, count) in [
            (0x30, 8), (filter, 3), (UInt64(partition), 3), (company, companyBits[partition]), (item, 44 - companyBits[partition]),
            (serial, 38),
        ] as [(UInt64, Int)] {
            for index in (0..<count).reversed() { bits.append(value >> UInt64(index) & 1 == 1) }
        }
        return stride(from: 0, to: 96, by: 8).map { start in bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) } }
    }
}

/// GS1 keys in digits.
public enum GS1 {
    /// From the right, weights 3, 1, 3, 1 … (GS1 General Specifications 7.9).
    public static func checkDigit(_ digits: String) -> Int {
        let sum = digits.reversed().enumerated().reduce(0) { $0 + ($1.element.wholeNumberValue ?? 0) * ($1.offset % 2 == 0 ? 3 : 1) }
        return (10 - sum % 10) % 10
    }

    /// 8, 12, 13 or 14 digits with a right check digit.
    public static func isGTIN(_ text: String) -> Bool {
        [8, 12, 13, 14].contains(text.count) && text.allSatisfy { $0.isASCII && $0.isWholeNumber }
            && text.last?.wholeNumberValue == checkDigit(String(text.dropLast()))
    }

    /// Fourteen digits, padded with zeros; nil when it is not a GTIN.
    public static func gtin14(_ text: String) -> String? {
        isGTIN(text) ? String(repeating: "0", count: 14 - text.count) + text : nil
    }

    /// The GTIN a scan carries: an EAN or UPC, or AI (01) in front of a GS1 element string.
    public static func gtin(in barcode: Barcode) -> String? {
        if let direct = gtin14(barcode.text) { return direct }
        let isGS1 = ["]C1", "]d2", "]Q3", "]e0", "]J1"].contains(barcode.symbology ?? "")
        var text = barcode.text[...]
        if text.first == "\u{1D}" { text = text.dropFirst() }
        guard isGS1, text.hasPrefix("01"), text.count >= 16 else { return nil }
        return gtin14(String(text.dropFirst(2).prefix(14)))
    }
}
