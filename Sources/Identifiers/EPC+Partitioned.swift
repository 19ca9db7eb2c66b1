import Model

extension EPC {
    /// How the number behind company prefix and second field is written.
    enum Tail {
        /// A number of so many bits.
        case number(Int)
        /// A decimal text of so many bits with a leading 1 that keeps its zeros (GDTI-113, SGCN-96).
        case markedDecimal(Int)
        /// So many characters of seven bits.
        case text(Int)
        case none
    }

    struct Partitioned {
        var name: String
        var bits: Int
        var second: [Int]
        /// Digits of the second field for partition 0; nil where it is bounded by its bits only (GIAI, CPI).
        var digits: Int?
        var tail: Tail

        /// The family: `sgtin` of `sgtin-96`.
        var family: String { String(name.prefix { $0 != "-" }) }
    }

    /// Company prefix bits by partition; its digits are 12 less the partition (TDS 1.13 §14.3).
    static let companyBits = [40, 37, 34, 30, 27, 24, 20]

    private static let sgtin = [4, 7, 10, 14, 17, 20, 24]
    private static let sscc = [18, 21, 24, 28, 31, 34, 38]
    private static let sgln = [1, 4, 7, 11, 14, 17, 21]
    private static let grai = [4, 7, 10, 14, 17, 20, 24]

    static let partitioned: [UInt8: Partitioned] = [
        0x30: .init(name: "sgtin-96", bits: 96, second: sgtin, digits: 1, tail: .number(38)),
        0x36: .init(name: "sgtin-198", bits: 198, second: sgtin, digits: 1, tail: .text(20)),
        0x31: .init(name: "sscc-96", bits: 96, second: sscc, digits: 5, tail: .none),
        0x32: .init(name: "sgln-96", bits: 96, second: sgln, digits: 0, tail: .number(41)),
        0x39: .init(name: "sgln-195", bits: 195, second: sgln, digits: 0, tail: .text(20)),
        0x33: .init(name: "grai-96", bits: 96, second: grai, digits: 0, tail: .number(38)),
        0x37: .init(name: "grai-170", bits: 170, second: grai, digits: 0, tail: .text(16)),
        0x34: .init(name: "giai-96", bits: 96, second: [42, 45, 48, 52, 55, 58, 62], digits: nil, tail: .none),
        0x38: .init(
            name: "giai-202", bits: 202, second: [148, 151, 154, 158, 161, 164, 168], digits: nil, tail: .none),
        0x2C: .init(name: "gdti-96", bits: 96, second: sgln, digits: 0, tail: .number(41)),
        0x3A: .init(name: "gdti-113", bits: 113, second: sgln, digits: 0, tail: .markedDecimal(58)),
        0x3E: .init(name: "gdti-174", bits: 174, second: sgln, digits: 0, tail: .text(17)),
        0x2D: .init(name: "gsrn-96", bits: 96, second: sscc, digits: 5, tail: .none),
        0x2E: .init(name: "gsrnp-96", bits: 96, second: sscc, digits: 5, tail: .none),
        0x3F: .init(name: "sgcn-96", bits: 96, second: sgln, digits: 0, tail: .markedDecimal(41)),
        0x3C: .init(
            name: "cpi-96", bits: 96, second: [11, 14, 17, 21, 24, 27, 31], digits: nil,
            tail: .number(31)),
    ]

    static func decode(_ scheme: Partitioned, _ bytes: [UInt8]) throws(Unreadable) -> EPC {
        let words = (scheme.bits + 15) / 16
        guard bytes.count == words * 2 || bytes.count == (scheme.bits + 7) / 8 else {
            throw Unreadable("\(scheme.name.uppercased()) has \(words * 2) bytes, not \(bytes.count)")
        }
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(3)
        let partition = Int(try bits.number(3))
        guard partition < 7 else { throw Unreadable("partition 7 is not allowed") }
        let company = try bits.decimal(companyBits[partition], digits: 12 - partition, "company prefix")
        let second = try second(scheme, partition, &bits)
        // Shorter prefixes leave more bits than the key may have characters (TDS 2.1 §6.3; GS1 General Specifications 3.9).
        if scheme.digits == nil, (company + second).count > 30 {
            throw Unreadable(
                "\(scheme.family.uppercased()) has \((company + second).count) characters; at most 30 are allowed")
        }
        let tail = try tail(scheme, &bits)
        try bits.endInZeros()
        let family = scheme.family
        return EPC(
            bytes, scheme.name,
            .parts(filter: filter, family: family, tail.map { [company, second, $0] } ?? [company, second]),
            elements(family, company, second, tail))
    }

    private static func second(_ scheme: Partitioned, _ partition: Int, _ bits: inout EPCBits) throws(Unreadable)
        -> String
    {
        let count = scheme.second[partition]
        if let digits = scheme.digits { return try bits.decimal(count, digits: digits + partition, "second field") }
        if scheme.bits > 96 { return try bits.text7(count / 7) }
        // GIAI-96 and CPI-96: a number without leading zeros, as many digits as its bits can always hold.
        let value = try bits.number(count)
        if scheme.family == "cpi", String(value).count > 3 + partition {
            throw Unreadable("the part reference has more than \(3 + partition) digits")
        }
        return String(value)
    }

    private static func tail(_ scheme: Partitioned, _ bits: inout EPCBits) throws(Unreadable) -> String? {
        switch scheme.tail {
        case .number(let count): return String(try bits.number(count))
        case .text(let count): return try bits.text7(count)
        case .none: return nil
        case .markedDecimal(let count):
            let text = String(try bits.number(count))
            guard text.count > 1, text.first == "1" else { throw Unreadable("the serial number lacks its leading 1") }
            return String(text.dropFirst())
        }
    }

    /// The GS1 keys with their check digits.
    private static func elements(_ family: String, _ company: String, _ second: String, _ tail: String?)
        -> [Element]
    {
        func checked(_ digits: String) -> String { digits + String(GS1.checkDigit(digits)) }
        let rotated = String(second.prefix(1)) + company + second.dropFirst()
        let tail = tail ?? ""
        switch family {
        case "sgtin": return [Element("01", checked(rotated)), Element("21", tail)]
        case "sscc": return [Element("00", checked(rotated))]
        case "sgln":
            let gln = Element("414", checked(company + second))
            // An extension of 0 says that there is none.
            if tail == "0" { return [gln] }
            return [gln, Element("254", tail)]
        case "grai": return [Element("8003", "0" + checked(company + second) + tail)]
        case "giai": return [Element("8004", company + second)]
        case "gdti": return [Element("253", checked(company + second) + tail)]
        case "gsrn": return [Element("8018", checked(company + second))]
        case "gsrnp": return [Element("8017", checked(company + second))]
        case "sgcn": return [Element("255", checked(company + second) + tail)]
        case "cpi": return [Element("8010", company + second), Element("8011", tail)]
        default: return []
        }
    }
}
